/* test_decimal.c - sums of decimals against GMP integers: deposits, numbers, merges, carries, and every bound from both
 * sides. */
#include "decimal_model.h"

/* ----------------------------------------------------------------------------------------------------- numbers */

/* number is element, which counts 10^-1024: limbs of 18 digits from 10^-1026 up. */
static void assert_number(const ps_number *number, const mpz_t element) {
    mpz_t rest, limb, base;
    mpz_inits(rest, limb, base, NULL);
    mpz_ui_pow_ui(base, 10, 18);
    mpz_mul_ui(rest, element, 100);
    assert_int_equal(number->negative, mpz_sgn(element) < 0);
    mpz_abs(rest, rest);
    for (size_t i = 0; i < PS_NUMBER_LIMBS; i++) {
        mpz_tdiv_qr(rest, limb, rest, base);
        assert_true(number->limb[i] == mpz_get_ui(limb));
    }
    assert_int_equal(mpz_sgn(rest), 0);
    mpz_clears(rest, limb, base, NULL);
}

static void numbers_from_digits(void **state) {
    (void)state;
    test_random random = test_random_start(1);
    char digits[3000];
    mpz_t element;
    mpz_init(element);
    for (int i = 0; i < 3000; i++) {
        const model_text text = model_random_text(&random);
        const size_t count = strlen(text.digits);
        const size_t before = test_random_below(&random, 300), after = test_random_below(&random, 300);
        memset(digits, '0', sizeof digits);
        memcpy(digits + before, text.digits, count);
        ps_number number;
        memset(&number, 0xa5, sizeof number);
        assert_true(ps_number_from_digits(&number, digits, before + count + after,
                                          text.exponent - (int64_t)after, text.negative));
        model_set_text(element, &text);
        assert_number(&number, element);
    }
    mpz_clear(element);
}

static bool accepts(const char *digits, int64_t exponent) {
    ps_number number;
    return ps_number_from_digits(&number, digits, strlen(digits), exponent, false);
}

static void numbers_at_their_bounds(void **state) {
    (void)state;
    assert_true(accepts("1", 1023));
    assert_true(accepts("9", 1023));
    assert_false(accepts("1", 1024));
    assert_true(accepts("10", 1022));
    assert_false(accepts("10", 1023));
    assert_true(accepts("00001", 1023));
    assert_true(accepts("1", -1024));
    assert_false(accepts("1", -1025));
    assert_true(accepts("10", -1025));
    assert_false(accepts("101", -1025));
    assert_true(accepts("1000", -1027));
    assert_false(accepts("1000", -1028));
    /* Zero lies anywhere, digits do not, and no exponent wraps. */
    const int64_t far[] = {1024, -1025, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN};
    for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
        assert_true(accepts("", far[i]));
        assert_true(accepts("0", far[i]));
        assert_true(accepts("00000000000000000000", far[i]));
        assert_false(accepts("1", far[i]));
        assert_false(accepts("100000000000000000001", far[i]));
    }
    static char digits[2050];
    memset(digits, '9', 2048);
    assert_true(accepts(digits, -1024));
    assert_false(accepts(digits, -1025));
    assert_false(accepts(digits, -1023));
    digits[2048] = '9';
    assert_false(accepts(digits, -1024));
    assert_false(accepts(digits, -1025));
    digits[2048] = '0';
    assert_true(accepts(digits, -1025));
}

static void zero_is_not_negative(void **state) {
    (void)state;
    ps_number zero, minus;
    assert_true(ps_number_from_digits(&zero, "0", 1, 0, false));
    assert_true(ps_number_from_digits(&minus, "000", 3, -5000, true));
    assert_false(minus.negative);
    assert_int_equal(ps_number_compare(&zero, &minus), 0);
}

static int sign_of(int order) {
    return (order > 0) - (order < 0);
}

static void numbers_compare(void **state) {
    (void)state;
    test_random random = test_random_start(2);
    mpz_t left, right;
    mpz_inits(left, right, NULL);
    for (int i = 0; i < 5000; i++) {
        const model_text text = model_random_text(&random);
        model_text other = i % 2 == 0 ? text : model_random_text(&random);
        /* Of numbers alike, one digit or the sign may differ. */
        other.digits[test_random_below(&random, strlen(other.digits))] = '5';
        other.negative = test_random_below(&random, 2);
        const ps_number a = model_number(&text), b = model_number(&other);
        model_set_text(left, &text);
        model_set_text(right, &other);
        assert_int_equal(sign_of(ps_number_compare(&a, &b)), sign_of(mpz_cmp(left, right)));
        assert_int_equal(sign_of(ps_number_compare(&b, &a)), sign_of(mpz_cmp(right, left)));
        assert_int_equal(ps_number_compare(&a, &a), 0);
    }
    mpz_clears(left, right, NULL);
}

/* -------------------------------------------------------------------------------------------------------- sums */

static void add_text(ps_decimal_partial *partial, test_moments *moments, const model_text *text) {
    mpz_t element;
    mpz_init(element);
    const ps_number number = model_number(text);
    ps_decimal_add_number(partial, &number, MODEL_ALL_NEEDS);
    model_set_text(element, text);
    model_add(moments, element, 1);
    mpz_clear(element);
}

static void numbers_add_up(void **state) {
    (void)state;
    test_random random = test_random_start(3);
    for (int i = 0; i < 200; i++) {
        ps_decimal_partial partial = model_cleared();
        test_moments moments;
        test_moments_init(&moments);
        model_assert(&partial, &moments);
        const uint64_t count = 1 + test_random_below(&random, 20);
        for (uint64_t j = 0; j < count; j++) {
            const model_text text = model_random_text(&random);
            add_text(&partial, &moments, &text);
            model_assert(&partial, &moments);
        }
        test_moments_clear(&moments);
    }
}

/* Each power of ten alone: the least digit that a limb can begin or end with. */
static void powers_of_ten_add_up(void **state) {
    (void)state;
    for (int exponent = -1024; exponent <= 1023; exponent++) {
        ps_decimal_partial partial = model_cleared();
        test_moments moments;
        test_moments_init(&moments);
        const model_text text = {.digits = "1", .exponent = exponent, .negative = exponent % 2 != 0};
        add_text(&partial, &moments, &text);
        model_assert(&partial, &moments);
        test_moments_clear(&moments);
    }
}

/* All digits nine, and one more at the last place: up through every limb, down again, and below zero. */
static void carries_run_through(void **state) {
    (void)state;
    for (int sign = 0; sign < 2; sign++) {
        for (int exponent = -1024; exponent <= -1000; exponent++) {
            ps_decimal_partial partial = model_cleared();
            test_moments moments;
            test_moments_init(&moments);
            model_text nines = {.exponent = exponent, .negative = sign};
            const size_t count = (size_t)(1023 - exponent - (exponent + 1024) * 40);
            memset(nines.digits, '9', count);
            const model_text one = {.digits = "1", .exponent = exponent, .negative = sign};
            model_text minus_one = one, minus_nines = nines;
            minus_one.negative = minus_nines.negative = !sign;
            const model_text *const steps[] = {&nines,       &one,       &minus_one, &minus_nines, &minus_one,
                                               &minus_nines, &minus_one, &one,       &one,         &nines};
            for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
                add_text(&partial, &moments, steps[i]);
                model_assert(&partial, &moments);
            }
            /* Back at zero: no limb is left over. */
            const ps_decimal zero = {{0}};
            assert_memory_equal(&partial.sum, &zero, sizeof zero);
            test_moments_clear(&moments);
        }
    }
}

static void add_at_every_place(void **state) {
    (void)state;
    test_random random = test_random_start(4);
    mpz_t expected, term;
    mpz_inits(expected, term, NULL);
    ps_decimal_partial partial = model_cleared();
    const ps_uint128 ones = ~(ps_uint128)0;
    /* 2^128 < 10^39. */
    for (int exponent = -2048; exponent <= 2068 - 39; exponent++) {
        const ps_uint128 hostile =
            (ps_uint128)test_random_hostile(&random) << 64 | test_random_hostile(&random);
        const ps_uint128 values[] = {ones, 1, 0, hostile, ones};
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
            const bool negative = test_random_below(&random, 2);
            ps_decimal_add_at(&partial.sum, values[i], negative, exponent);
            const uint64_t words[2] = {(uint64_t)values[i], (uint64_t)(values[i] >> 64)};
            mpz_import(term, 2, -1, sizeof words[0], 0, 0, words);
            model_scale(term, exponent + 2048);
            (negative ? mpz_sub : mpz_add)(expected, expected, term);
        }
        if (exponent % 8 == 0)
            model_assert_field(&partial, PS_FIELD_SUM, expected, 2048, "add_at");
    }
    /* The first place and, of a value that ends in zeros, the last; zero lies anywhere. */
    for (int sign = 0; sign < 2; sign++) {
        ps_decimal_add_at(&partial.sum, 9, sign, 2067);
        ps_decimal_add_at(&partial.sum, 10000000, sign, -2055);
        ps_decimal_add_at(&partial.sum, 0, sign, 1000000);
        ps_decimal_add_at(&partial.sum, 0, sign, -1000000);
        mpz_set_ui(term, 9);
        model_scale(term, 2067 + 2048);
        mpz_add_ui(term, term, 1);
        (sign ? mpz_sub : mpz_add)(expected, expected, term);
        model_assert_limbs(&partial.sum);
        model_assert_field(&partial, PS_FIELD_SUM, expected, 2048, "add_at at its bounds");
    }
    mpz_clears(expected, term, NULL);
}

/* Only what is asked for is touched. */
static void needs_choose(void **state) {
    (void)state;
    const ps_decimal_partial empty = model_cleared();
    const model_text text = {.digits = "12345678901234567890123456789", .exponent = -11, .negative = true};
    const ps_number number = model_number(&text);
    const ps_decimal_bin bin = {2, -7, 9, {{65, 0, 0, 0}}, -8, 1};
    for (unsigned needs = 0; needs <= MODEL_ALL_NEEDS; needs++) {
        for (int deposit = 0; deposit < 2; deposit++) {
            ps_decimal_partial partial = model_cleared();
            if (deposit)
                ps_decimal_deposit(&partial, &bin, -3, needs);
            else
                ps_decimal_add_number(&partial, &number, needs);
            assert_int_equal(partial.head.count, deposit ? 2 : 1);
            const struct {
                unsigned need;
                const void *field, *cleared;
                size_t size;
            } fields[] = {
                {PS_NEED_SUM, &partial.sum, &empty.sum, sizeof empty.sum},
                {PS_NEED_SQUARES, &partial.squares, &empty.squares, sizeof empty.squares},
                {PS_NEED_MAGNITUDES, &partial.magnitudes, &empty.magnitudes, sizeof empty.magnitudes},
                {PS_NEED_EXTREMES, &partial.minimum, &empty.minimum, sizeof empty.minimum},
                {PS_NEED_EXTREMES, &partial.maximum, &empty.maximum, sizeof empty.maximum},
            };
            for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
                const bool touched = memcmp(fields[i].field, fields[i].cleared, fields[i].size) != 0;
                assert_int_equal(touched, (needs & fields[i].need) != 0);
            }
        }
    }
}

/* Up and down: sums that cancel to the last digit leave nothing, whatever the order. */
static void alternating_signs_cancel(void **state) {
    (void)state;
    enum { NUMBERS = 50 };
    test_random random = test_random_start(5);
    const ps_decimal zero = {{0}};
    for (int i = 0; i < 100; i++) {
        ps_decimal_partial partial = model_cleared();
        ps_number number[NUMBERS];
        for (int j = 0; j < NUMBERS; j++) {
            const model_text text = model_random_text(&random);
            number[j] = model_number(&text);
            ps_decimal_add_number(&partial, &number[j], PS_NEED_SUM);
        }
        for (int j = 0; j < NUMBERS; j++) {
            ps_number opposite = number[(j * 7 + i) % NUMBERS];
            opposite.negative = !opposite.negative;
            ps_decimal_add_number(&partial, &opposite, PS_NEED_SUM);
        }
        assert_memory_equal(&partial.sum, &zero, sizeof zero);
    }
}

/* 2^64-1 of the largest or the smallest number, of either sign: the bound of every total. */
static void most_of_the_largest(void **state) {
    (void)state;
    for (int which = 0; which < 4; which++) {
        model_text text = {.digits = "1", .exponent = -1024, .negative = which % 2};
        if (which < 2)
            memset(text.digits, '9', 2048);
        mpz_t element;
        mpz_init(element);
        model_set_text(element, &text);
        const ps_number number = model_number(&text);
        ps_decimal_partial partial = model_cleared(), one = model_cleared();
        ps_decimal_add_number(&one, &number, MODEL_ALL_NEEDS);
        for (int bit = 0; bit < 64; bit++) {
            ps_decimal_merge(&partial.head, &partial.head);
            if (bit % 2)
                ps_decimal_merge(&partial.head, &one.head);
            else
                ps_decimal_add_number(&partial, &number, MODEL_ALL_NEEDS);
        }
        test_moments moments;
        test_moments_init(&moments);
        model_add(&moments, element, UINT64_MAX);
        model_assert(&partial, &moments);
        test_moments_clear(&moments);
        mpz_clear(element);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_from_digits),  cmocka_unit_test(numbers_at_their_bounds),
        cmocka_unit_test(zero_is_not_negative), cmocka_unit_test(numbers_compare),
        cmocka_unit_test(numbers_add_up),       cmocka_unit_test(powers_of_ten_add_up),
        cmocka_unit_test(carries_run_through),  cmocka_unit_test(add_at_every_place),
        cmocka_unit_test(needs_choose),         cmocka_unit_test(alternating_signs_cancel),
        cmocka_unit_test(most_of_the_largest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
