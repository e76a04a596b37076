/* test_float_statistics.c - every statistic of floats against its definition in MPFR, exact up to the one rounding at the end;
 * what is not finite; and that no floating-point environment of the caller changes an answer. */
#include "float_sums.h"

#include "exact/binary.h"
#include "exact/statistics.h"

enum {
    NEEDS = PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES,
    TERMS_MOST = 40,
    STATISTICS = PARSUM_DOT /* all but dot */
};

static void fold(ps_float_partial *partial, const double *terms, size_t count) {
    ps_kinds[PS_KIND_FLOAT].clear(&partial->head);
    for (size_t i = 0; i < count; i++)
        ps_float_add(partial, terms[i], NEEDS);
}

static void finish(const ps_float_partial *partial, bool exact_digits, parsum_value *values) {
    assert_int_equal(ps_statistics_finish(PARSUM_MASK_ALL, &partial->head, exact_digits, values), STATISTICS);
    for (unsigned i = 0; i < STATISTICS; i++)
        assert_int_equal(values[i].statistic, i);
}

static void assert_text_of(const parsum_value *value, double expected) {
    char text[PS_DOUBLE_TEXT_SIZE];
    ps_double_to_text(expected, text);
    assert_string_equal(value->text, text);
}

static void assert_values(const parsum_value *values, const test_float_sums *sums) {
    for (unsigned i = PARSUM_SUM; i < STATISTICS; i++) {
        const parsum_value *value = &values[i];
        const char *name = parsum_statistic_name((parsum_statistic)i);
        mpfr_t expected;
        assert_true(value->floating);
        if (test_has_none(i, sums->count * sums->times)) {
            assert_null(value->text);
            continue;
        }
        mpfr_init2(expected, TEST_EXACT_BITS);
        test_set_statistic(expected, sums, i);
        test_assert_double(value->number, test_nearest(expected), name);
        if (value->exact != test_is_exactly(expected, value->number))
            fail_msg("%s: %a says that it is%s exact", name, value->number, value->exact ? "" : " not");
        assert_text_of(value, value->number);
        mpfr_clear(expected);
    }
}

/* text is value in decimal, in full, and could not be shorter. */
static void assert_full_text(const char *text, const mpfr_t value) {
    mpfr_t read;
    const char *point = strchr(text, '.');
    mpfr_init2(read, TEST_EXACT_BITS);
    assert_int_equal(strspn(text, "-0123456789."), strlen(text));
    mpfr_set_str(read, text, 10, MPFR_RNDN);
    assert_true(mpfr_equal_p(read, value));
    if (point != NULL)
        assert_true(text[strlen(text) - 1] >= '1');
    if (point == NULL || point - text > 1 + (*text == '-'))
        assert_true(text[*text == '-'] != '0' || strcmp(text, "0") == 0);
    mpfr_clear(read);
}

static void assert_full_values(const parsum_value *values, const parsum_value *rounded,
                               const test_float_sums *sums) {
    for (unsigned i = PARSUM_SUM; i < STATISTICS; i++) {
        if (i == PARSUM_SUM || i == PARSUM_SUMSQ || i == PARSUM_SUMABS) {
            mpfr_t expected;
            mpfr_init2(expected, TEST_EXACT_BITS);
            test_set_statistic(expected, sums, i);
            assert_true(values[i].exact);
            assert_false(values[i].floating);
            assert_full_text(values[i].text, expected);
            mpfr_clear(expected);
        } else if (rounded[i].text == NULL) {
            assert_null(values[i].text);
        } else {
            assert_string_equal(values[i].text, rounded[i].text);
            assert_int_equal(values[i].exact, rounded[i].exact);
        }
    }
}

static void assert_list(const double *terms, size_t count, unsigned doublings) {
    ps_float_partial partial;
    test_float_sums sums;
    parsum_value values[STATISTICS], full[STATISTICS];
    fold(&partial, terms, count);
    for (unsigned i = 0; i < doublings; i++)
        ps_kinds[PS_KIND_FLOAT].merge(&partial.head, &partial.head);
    test_float_sums_init(&sums, terms, count, UINT64_C(1) << doublings);
    finish(&partial, false, values);
    finish(&partial, true, full);
    assert_int_equal(strtoull(values[PARSUM_COUNT].text, NULL, 10), count << doublings);
    assert_values(values, &sums);
    assert_full_values(full, values, &sums);
    ps_values_destroy(values, STATISTICS);
    ps_values_destroy(full, STATISTICS);
    test_float_sums_clear(&sums);
}

static void random_lists(void **state) {
    (void)state;
    test_random random = test_random_start(1);
    for (int i = 0; i < 1200; i++) {
        double terms[TERMS_MOST];
        const size_t count = test_random_below(&random, i % 4 == 0 ? 3 : TERMS_MOST + 1);
        const double centre = test_random_double(&random);
        for (size_t j = 0; j < count; j++) {
            terms[j] = test_random_double(&random);
            if (i % 3 == 1) /* neighbours: all but the last bits cancel */
                terms[j] = centre == DBL_MAX || centre == -DBL_MAX || test_random_below(&random, 2)
                               ? centre
                               : test_double_beside(centre, 1);
            if (i % 3 == 2) /* so small that squares, variances and means leave the range */
                terms[j] = test_double_of(test_bits_of(terms[j]) & UINT64_C(0x800000000000000f));
        }
        assert_list(terms, count, i % 5 == 0 ? (unsigned)test_random_below(&random, 58) : 0);
    }
}

/* Lists whose answers lie at an end: of the range, of the subnormals, at a half. */
static void chosen_lists(void **state) {
    (void)state;
    static const struct {
        size_t count;
        double terms[4];
    } lists[] = {
        {0, {0}},
        {1, {-0.0}},
        {2, {-0.0, 0.0}},
        {1, {DBL_MAX}},
        {2, {DBL_MAX, DBL_MAX}},
        {2, {DBL_MAX, -DBL_MAX}},
        {3, {DBL_MAX, DBL_MAX, -DBL_MAX}},
        {2, {DBL_MAX, 0x1p970}},
        {3, {DBL_MAX, 0x1p970, -DBL_TRUE_MIN}},
        {1, {DBL_TRUE_MIN}},
        {2, {DBL_TRUE_MIN, 0}},
        {3, {-DBL_TRUE_MIN, 0, 0}},
        {4, {-DBL_TRUE_MIN, -DBL_TRUE_MIN, 0, 0}},
        {4, {-DBL_TRUE_MIN, -DBL_TRUE_MIN, -DBL_TRUE_MIN, 0}},
        {2, {1, 0x1p-53}},
        {3, {1, 0x1p-53, DBL_TRUE_MIN}},
        {3, {1, 0x1p-53, -DBL_TRUE_MIN}},
        {2, {3, 4}},
        {4, {0.1, 0.2, 0.3, -0.6}},
        {4, {1e16, 1, -1e16, 1}},
    };
    for (size_t i = 0; i < TEST_COUNT_OF(lists); i++)
        assert_list(lists[i].terms, lists[i].count, 0);
}

/* The contract on numbers that are not finite, and on signs of zero, as texts in the order of `all`. */
static void specials(void **state) {
    (void)state;
    static const struct {
        size_t count;
        double terms[3];
        const char *texts;
    } rows[] = {
        {1, {NAN}, "1 nan nan nan nan nan nan none nan none nan nan"},
        {2, {1, -NAN}, "2 nan nan nan nan nan nan nan nan nan nan nan"},
        {1, {INFINITY}, "1 inf inf inf inf inf inf none nan none nan inf"},
        {1, {-INFINITY}, "1 -inf inf inf -inf -inf -inf none nan none nan inf"},
        {2, {-INFINITY, 3}, "2 -inf inf inf -inf 3 -inf nan nan nan nan inf"},
        {2, {INFINITY, 3}, "2 inf inf inf 3 inf inf nan nan nan nan inf"},
        {2, {INFINITY, -INFINITY}, "2 nan inf inf -inf inf nan nan nan nan nan inf"},
        {3, {INFINITY, -INFINITY, NAN}, "3 nan nan nan nan nan nan nan nan nan nan nan"},
        {2, {-0.0, -0.0}, "2 0 0 0 0 0 0 0 0 0 0 0"},
        {3, {-DBL_TRUE_MIN, 0, 0}, "3 -5e-324 0 5e-324 -5e-324 0 -0 0 0 5e-324 0 5e-324"},
        {2,
         {-DBL_MAX, -DBL_MAX},
         "2 -inf inf inf -1.7976931348623157e+308 -1.7976931348623157e+308 -1.7976931348623157e+308 0 0 0 0 "
         "inf"},
        {0, {0}, "0 0 0 0 none none none none none none none 0"},
    };
    for (size_t i = 0; i < TEST_COUNT_OF(rows); i++) {
        for (int exact_digits = 0; exact_digits <= (i < 8); exact_digits++) {
            ps_float_partial partial;
            parsum_value values[STATISTICS];
            char texts[512] = "";
            fold(&partial, rows[i].terms, rows[i].count);
            finish(&partial, exact_digits, values);
            for (unsigned j = 0; j < STATISTICS; j++) {
                strcat(texts, j > 0 ? " " : "");
                strcat(texts, values[j].text != NULL ? values[j].text : "none");
                assert_int_equal(values[j].floating, j != PARSUM_COUNT);
                if (i < 8)
                    assert_true(values[j].exact);
            }
            assert_string_equal(texts, rows[i].texts);
            ps_values_destroy(values, STATISTICS);
        }
    }
}

/* full: with all digits; NULL: too many to write out. */
static void assert_dot(const double *left, const double *right, size_t count, const char *rounded,
                       const char *full) {
    for (int exact_digits = 0; exact_digits < 2; exact_digits++) {
        ps_float_partial partial;
        parsum_value value;
        ps_kinds[PS_KIND_FLOAT].clear(&partial.head);
        for (size_t i = 0; i < count; i++)
            ps_float_add_product(&partial, left[i], right[i]);
        assert_int_equal(ps_statistics_finish(PARSUM_MASK(PARSUM_DOT), &partial.head, exact_digits, &value),
                         1);
        if (!exact_digits || full != NULL)
            assert_string_equal(value.text, exact_digits ? full : rounded);
        ps_values_destroy(&value, 1);
    }
}

static void dot(void **state) {
    (void)state;
    assert_dot(NULL, NULL, 0, "0", "0");
    assert_dot((double[]){0.1, 2}, (double[]){0.5, 3}, 2, "6.05",
               "6.05000000000000000277555756156289135105907917022705078125");
    assert_dot((double[]){INFINITY, 1}, (double[]){0, 1}, 2, "nan", "nan");
    assert_dot((double[]){INFINITY, 1}, (double[]){-2, 1}, 2, "-inf", "-inf");
    assert_dot((double[]){INFINITY, INFINITY}, (double[]){-2, 1}, 2, "nan", "nan");
    assert_dot((double[]){-0x1p600, 1}, (double[]){0x1p500, 1}, 1, "-inf",
               "-135829852904938584927735142835926677860349384693174454974851966972781309275424184872053920"
               "832075605922985782629538473834750387255432349299711555483428006287218857634994063903317828"
               "641441646807307668371605262231765127984357721299565533552860322030803807757597323201989850"
               "94884004069116123084147875437183658467465148948790552744165376");
    assert_dot((double[]){-DBL_TRUE_MIN, 0}, (double[]){0.25, 0}, 2, "-0", NULL);
}

/* Statistics of the NIST's data sets NumAcc1 to 4, whose numbers are decimals: as near to the certified values as doubles of
 * those decimals let them be. */
static void numerical_accuracy(void **state) {
    (void)state;
    enum { COUNT = 1001 };
    static const struct {
        size_t count;
        double first, odd, even;
        double mean, deviation;
    } rows[] = {
        {3, 10000001, 10000003, 10000002, 10000002, 1},
        {COUNT, 1.2, 1.1, 1.3, 1.2, 0.1},
        {COUNT, 1000000.2, 1000000.1, 1000000.3, 1000000.2, 0.1},
        {COUNT, 10000000.2, 10000000.1, 10000000.3, 10000000.2, 0.1},
    };
    for (size_t i = 0; i < TEST_COUNT_OF(rows); i++) {
        double terms[COUNT];
        ps_float_partial partial;
        parsum_value values[STATISTICS];
        for (size_t j = 0; j < rows[i].count; j++)
            terms[j] = j == 0 ? rows[i].first : j % 2 ? rows[i].odd : rows[i].even;
        assert_list(terms, rows[i].count, 0);
        fold(&partial, terms, rows[i].count);
        finish(&partial, false, values);
        /* Every number is off by half a unit in the last place at most, so the mean is, too, and its rounding adds as much; the
         * distances from the mean are off by two halves, and so is their root mean square. */
        const double unit = test_double_beside(rows[i].first, 1) - rows[i].first;
        assert_true(fabs(values[PARSUM_MEAN].number - rows[i].mean) <= unit);
        assert_true(fabs(values[PARSUM_SD].number - rows[i].deviation) <= 1.01 * unit);
        if (i == 0) {
            assert_string_equal(values[PARSUM_MEAN].text, "10000002");
            assert_string_equal(values[PARSUM_SD].text, "1");
        }
        ps_values_destroy(values, STATISTICS);
    }
}

/* Statistics, their texts and roundings of fractions are the same in every environment, which is as it was afterwards. */
static void any_environment(void **state) {
    (void)state;
    test_random random = test_random_start(2);
    for (int i = 0; i < 400; i++) {
        double terms[8];
        ps_float_partial partial;
        parsum_value expected[STATISTICS];
        for (int j = 0; j < 8; j++) {
            terms[j] = test_random_double(&random);
            if (i % 2) /* answers among the subnormals */
                terms[j] = test_double_of(test_bits_of(terms[j]) & UINT64_C(0x800fffffffffffff));
        }
        fold(&partial, terms, 8);
        finish(&partial, false, expected);
        for (size_t e = 1; e < TEST_ENVIRONMENT_COUNT; e++) {
            parsum_value values[STATISTICS];
            test_environment_enter(&test_environments[e]);
            const size_t count = ps_statistics_finish(PARSUM_MASK_ALL, &partial.head, false, values);
            const bool held = test_environment_holds(&test_environments[e]);
            test_environment_leave();
            assert_true(held);
            assert_int_equal(count, STATISTICS);
            for (unsigned j = 0; j < STATISTICS; j++) {
                if (strcmp(values[j].text, expected[j].text) != 0)
                    fail_msg("%s, %s: is %s, must be %s", test_environments[e].name,
                             parsum_statistic_name((parsum_statistic)j), values[j].text, expected[j].text);
                test_assert_double(values[j].number, expected[j].number, test_environments[e].name);
                assert_int_equal(values[j].exact, expected[j].exact);
            }
            ps_values_destroy(values, count);
        }
        ps_values_destroy(expected, STATISTICS);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_lists),    cmocka_unit_test(chosen_lists),
        cmocka_unit_test(specials),        cmocka_unit_test(dot),
        cmocka_unit_test(any_environment), cmocka_unit_test(numerical_accuracy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
