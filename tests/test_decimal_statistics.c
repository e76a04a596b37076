/* test_decimal_statistics.c - every statistic of decimals: answers written out, and its definition in GMP's rationals. */
#include "decimal_model.h"

#include <mpfr.h>

#include "exact/statistics.h"

static void add_text(ps_decimal_partial *partial, const char *digits, int exponent, bool negative) {
    ps_number number;
    assert_true(ps_number_from_digits(&number, digits, strlen(digits), exponent, negative));
    ps_decimal_add_number(partial, &number, MODEL_ALL_NEEDS);
}

static void assert_text(const ps_decimal_partial *partial, parsum_statistic statistic, const char *text) {
    parsum_value value;
    assert_int_equal(ps_statistics_finish(PARSUM_MASK(statistic), &partial->head, false, &value), 1);
    if (text == NULL)
        assert_null(value.text);
    else
        assert_string_equal(value.text, text);
    ps_values_destroy(&value, 1);
}

static void known_answers(void **state) {
    (void)state;
    ps_decimal_partial tenths = model_cleared();
    assert_text(&tenths, PARSUM_SUM, "0");
    assert_text(&tenths, PARSUM_MEAN, NULL);
    assert_text(&tenths, PARSUM_MIN, NULL);
    add_text(&tenths, "1", -1, false);
    add_text(&tenths, "20", -2, false);
    static const char *const answers[PARSUM_DOT] = {"2",      "0.3",
                                                    "0.05",   "0.3",
                                                    "0.1",    "0.2",
                                                    "0.15",   "0.005",
                                                    "0.0025", "0.07071067811865475",
                                                    "0.05",   "0.22360679774997896"};
    for (unsigned i = 0; i < PARSUM_DOT; i++)
        assert_text(&tenths, (parsum_statistic)i, answers[i]);

    ps_decimal_partial cents = model_cleared();
    for (int i = 0; i < 1000000; i++)
        add_text(&cents, "1", -2, false);
    assert_text(&cents, PARSUM_SUM, "10000");
    assert_text(&cents, PARSUM_SUMSQ, "100");
    assert_text(&cents, PARSUM_MEAN, "0.01");
    assert_text(&cents, PARSUM_VAR, "0");
    assert_text(&cents, PARSUM_NORM2, "10");

    /* A total far below its terms, and one beyond the doubles. */
    ps_decimal_partial far = model_cleared();
    add_text(&far, "1", 1000, true);
    add_text(&far, "1", -20, true);
    add_text(&far, "1", 1000, false);
    assert_text(&far, PARSUM_SUM, "-0.00000000000000000001");
    assert_text(&far, PARSUM_PVAR, "inf");
    assert_text(&far, PARSUM_NORM2, "inf");
}

/* The double nearest to exact, or to its root. 4000 bits hold every tie, and nothing else comes so near to one. */
static double nearest(const mpq_t exact, bool root) {
    mpfr_t value;
    mpfr_init2(value, 4000);
    mpfr_set_q(value, exact, MPFR_RNDN);
    if (root)
        mpfr_sqrt(value, value, MPFR_RNDN);
    const double result = mpfr_get_d(value, MPFR_RNDN);
    mpfr_clear(value);
    return result;
}

static void assert_nearest(const ps_decimal_partial *partial, parsum_statistic statistic, const mpq_t exact,
                           bool root) {
    parsum_value value;
    assert_int_equal(ps_statistics_finish(PARSUM_MASK(statistic), &partial->head, false, &value), 1);
    assert_true(value.floating);
    const double expected = nearest(exact, root);
    if (value.number != expected)
        fail_msg("%s: is %a, must be %a", parsum_statistic_name(statistic), value.number, expected);
    bool is_exact = false;
    if (expected <= DBL_MAX && expected >= -DBL_MAX) {
        mpq_t number;
        mpq_init(number);
        mpq_set_d(number, expected);
        if (root)
            mpq_mul(number, number, number);
        is_exact = mpq_equal(number, exact) != 0;
        mpq_clear(number);
    }
    assert_int_equal(value.exact, is_exact);
    ps_values_destroy(&value, 1);
}

/* target = the squared distances of elements from mean, divided by divisor. */
static void set_variance(mpq_t target, mpq_t *elements, uint64_t count, const mpq_t mean, uint64_t divisor) {
    mpq_t distance;
    mpq_init(distance);
    mpq_set_ui(target, 0, 1);
    for (uint64_t i = 0; i < count; i++) {
        mpq_sub(distance, elements[i], mean);
        mpq_mul(distance, distance, distance);
        mpq_add(target, target, distance);
    }
    mpq_set_ui(distance, divisor, 1);
    mpq_div(target, target, distance);
    mpq_clear(distance);
}

static void statistics_by_definition(void **state) {
    (void)state;
    enum { COUNT_MAX = 12 };
    test_random random = test_random_start(3);
    mpq_t element[COUNT_MAX], mean, variance, squares, term;
    mpz_t unit;
    mpz_init(unit);
    mpz_ui_pow_ui(unit, 10, MODEL_PLACES);
    mpq_inits(mean, variance, squares, term, NULL);
    for (int i = 0; i < COUNT_MAX; i++)
        mpq_init(element[i]);
    for (int i = 0; i < 300; i++) {
        const uint64_t count = 2 + test_random_below(&random, COUNT_MAX - 1);
        const bool small = i % 4 != 0;
        ps_decimal_partial partial = model_cleared();
        mpq_set_ui(mean, 0, 1);
        mpq_set_ui(squares, 0, 1);
        for (uint64_t j = 0; j < count; j++) {
            model_text text = model_random_text(&random);
            if (small) { /* Prices: several digits, two places. */
                text.digits[strnlen(text.digits, 7)] = '\0';
                text.exponent = -2;
            }
            const ps_number number = model_number(&text);
            ps_decimal_add_number(&partial, &number, MODEL_ALL_NEEDS);
            model_set_text(mpq_numref(element[j]), &text);
            mpz_set(mpq_denref(element[j]), unit);
            mpq_canonicalize(element[j]);
            mpq_add(mean, mean, element[j]);
            mpq_mul(term, element[j], element[j]);
            mpq_add(squares, squares, term);
        }
        mpq_set_ui(term, count, 1);
        mpq_div(mean, mean, term);
        assert_nearest(&partial, PARSUM_MEAN, mean, false);
        assert_nearest(&partial, PARSUM_NORM2, squares, true);
        set_variance(variance, element, count, mean, count - 1);
        assert_nearest(&partial, PARSUM_VAR, variance, false);
        assert_nearest(&partial, PARSUM_SD, variance, true);
        set_variance(variance, element, count, mean, count);
        assert_nearest(&partial, PARSUM_PVAR, variance, false);
        assert_nearest(&partial, PARSUM_PSD, variance, true);
    }
    for (int i = 0; i < COUNT_MAX; i++)
        mpq_clear(element[i]);
    mpq_clears(mean, variance, squares, term, NULL);
    mpz_clear(unit);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(statistics_by_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
