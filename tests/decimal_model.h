/* decimal_model.h - sums of decimals by GMP integers, for tests: elements, sums and extremes count 10^-1024, squares
 * 10^-2048. It shares no arithmetic with the library. */
#ifndef PS_DECIMAL_MODEL_H
#define PS_DECIMAL_MODEL_H

#include "support.h"

#include "exact/decimal.h"

enum {
    MODEL_PLACES = 1024,
    MODEL_ALL_NEEDS = PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES
};

/* A number as text has it; digits end with a NUL. */
typedef struct model_text {
    char digits[2100];
    int exponent;
    bool negative;
} model_text;

/* A random number in bounds: mostly short, sometimes of all places; random digits, nines, or ones far apart. */
static inline model_text model_random_text(test_random *random) {
    model_text text;
    const uint64_t longest = test_random_below(random, 16) == 0 ? 2048 : 60;
    const size_t count = 1 + (size_t)test_random_below(random, longest);
    const uint64_t pattern = test_random_below(random, 4);
    for (size_t i = 0; i < count; i++) {
        const char digit = (char)('0' + test_random_below(random, 10));
        const bool end = i == 0 || i == count - 1;
        text.digits[i] = pattern == 0 ? '9' : pattern == 1 ? (end ? '1' : '0') : digit;
    }
    text.digits[count] = '\0';
    const int lowest = -1024, highest = 1024 - (int)count;
    text.exponent = lowest + (int)test_random_below(random, (uint64_t)(highest - lowest + 1));
    if (test_random_below(random, 3) == 0)
        text.exponent = test_random_below(random, 2) ? highest : lowest;
    else if (count < 30 && test_random_below(random, 2))
        text.exponent = -(int)test_random_below(random, 12);
    text.negative = test_random_below(random, 2);
    return text;
}

static inline void model_scale(mpz_t value, int exponent) {
    mpz_t power;
    mpz_init(power);
    mpz_ui_pow_ui(power, 10, (unsigned long)(exponent < 0 ? -exponent : exponent));
    if (exponent < 0) {
        assert_true(mpz_divisible_p(value, power));
        mpz_divexact(value, value, power);
    } else {
        mpz_mul(value, value, power);
    }
    mpz_clear(power);
}

static inline void model_set_text(mpz_t element, const model_text *text) {
    mpz_set_str(element, text->digits, 10);
    model_scale(element, text->exponent + MODEL_PLACES);
    if (text->negative)
        mpz_neg(element, element);
}

static inline ps_number model_number(const model_text *text) {
    ps_number number;
    memset(&number, 0xa5, sizeof number);
    assert_true(
        ps_number_from_digits(&number, text->digits, strlen(text->digits), text->exponent, text->negative));
    return number;
}

/* Adds element so many times. */
static inline void model_add(test_moments *moments, const mpz_t element, uint64_t times) {
    mpz_t part;
    mpz_init(part);
    mpz_addmul_ui(moments->sum, element, times);
    mpz_mul(part, element, element);
    mpz_addmul_ui(moments->squares, part, times);
    mpz_abs(part, element);
    mpz_addmul_ui(moments->magnitudes, part, times);
    if (moments->count == 0 || mpz_cmp(element, moments->minimum) < 0)
        mpz_set(moments->minimum, element);
    if (moments->count == 0 || mpz_cmp(element, moments->maximum) > 0)
        mpz_set(moments->maximum, element);
    moments->count += times;
    mpz_clear(part);
}

static inline ps_decimal_partial model_cleared(void) {
    ps_decimal_partial partial;
    memset(&partial, 0xa5, sizeof partial);
    ps_kinds[PS_KIND_DECIMAL].clear(&partial.head);
    return partial;
}

/* total is expected, which counts 10^-places: an integer as one, and every limb in its bounds. */
static inline void model_assert_field(const ps_decimal_partial *partial, ps_field field, const mpz_t expected,
                                      int places, const char *what) {
    mpz_t numerator, denominator, unit;
    mpz_inits(numerator, denominator, unit, NULL);
    mpz_set_ui(numerator, 77);
    ps_kinds[PS_KIND_DECIMAL].exact_value(&partial->head, field, numerator, denominator);
    assert_true(mpz_sgn(denominator) > 0);
    mpz_ui_pow_ui(unit, 10, (unsigned long)places);
    if (mpz_divisible_p(expected, unit))
        assert_int_equal(mpz_cmp_ui(denominator, 1), 0);
    mpz_mul(numerator, numerator, unit);
    mpz_mul(denominator, denominator, expected);
    if (mpz_cmp(numerator, denominator) != 0)
        fail_msg("%s is wrong: off by %s units", what,
                 (mpz_sub(numerator, numerator, denominator), mpz_get_str(NULL, 10, numerator)));
    mpz_clears(numerator, denominator, unit, NULL);
}

static inline void model_assert_limbs(const ps_decimal *total) {
    for (size_t i = 0; i < PS_DECIMAL_LIMBS; i++)
        assert_true(llabs(total->limb[i]) < INT64_C(1000000000000000000));
}

static inline void model_assert(const ps_decimal_partial *partial, const test_moments *moments) {
    assert_int_equal(partial->head.kind, PS_KIND_DECIMAL);
    assert_int_equal(partial->head.version, PS_PARTIAL_VERSION);
    assert_int_equal(partial->head.count, moments->count);
    model_assert_limbs(&partial->sum);
    model_assert_limbs(&partial->squares);
    model_assert_limbs(&partial->magnitudes);
    model_assert_field(partial, PS_FIELD_SUM, moments->sum, MODEL_PLACES, "sum");
    model_assert_field(partial, PS_FIELD_SQUARES, moments->squares, 2 * MODEL_PLACES, "sum of squares");
    model_assert_field(partial, PS_FIELD_MAGNITUDES, moments->magnitudes, MODEL_PLACES, "sum of magnitudes");
    if (moments->count > 0) {
        model_assert_field(partial, PS_FIELD_MINIMUM, moments->minimum, MODEL_PLACES, "minimum");
        model_assert_field(partial, PS_FIELD_MAXIMUM, moments->maximum, MODEL_PLACES, "maximum");
    }
}

#endif
