/* test_text_doubles.c - text whose numbers are rounded to doubles, against strtod for each number and the plain sum of doubles for
 * all of them. */
#include "text_model.h"

#include <fenv.h>
#include <math.h>

static void fold_doubles(ps_float_partial *partial, const ps_text_format *format, const char *text,
                         unsigned needs) {
    ps_block block = {.kind = PS_BLOCK_TEXT, .count = strlen(text)};
    block.text = (ps_text_block){.data = text, .format = format, .line = 1};
    ps_kinds[PS_KIND_FLOAT].clear(&partial->head);
    ps_text_fold_doubles(&block, ps_float_portable, needs, partial);
    assert_int_equal(partial->head.fault.code, PS_FAULT_NONE);
}

/* One number, alone and behind others, is what strtod makes of it. */
static void assert_number(const char *text) {
    static ps_float_partial partial;
    char padded[2000];
    const double expected = strtod(text, NULL);
    fold_doubles(&partial, &list, text, NEEDS_ALL);
    assert_int_equal(partial.head.count, 1);
    assert_true(partial.minimum == expected && partial.maximum == expected);
    /* With bytes enough behind it, the fast path takes what it can. */
    snprintf(padded, sizeof padded, "%s\n%80s", text, "0");
    fold_doubles(&partial, &list, padded, NEEDS_ALL);
    assert_int_equal(partial.head.count, 2);
    assert_true(expected < 0 ? partial.minimum == expected : partial.maximum == expected);
    assert_true(ps_float_round(&partial.head, PS_FIELD_SUM).value == expected);
}

static void chosen_numbers(void **state) {
    (void)state;
    static const char *const numbers[] = {"0",
                                          "-0",
                                          "0.000",
                                          "00",
                                          "-0e5",
                                          "1",
                                          "-1",
                                          "0.1",
                                          "5e-324",
                                          "2.4703282292062327e-324",
                                          "2.4703282292062328e-324",
                                          "1.7976931348623157e308",
                                          "1.7976931348623158e308",
                                          "9007199254740991",
                                          "9007199254740992",
                                          "9007199254740993",
                                          "9007199254740993.0",
                                          "9007199254740995",
                                          "18446744073709551615",
                                          "00000000000000000000000000001.5",
                                          "1e22",
                                          "1e23",
                                          "123456789012345678901234567890e-10",
                                          "0.00000000000000000000000000000000000000000000000000000000000001"};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        assert_number(numbers[i]);
}

/* The caller's rounding mode, which strtod goes by, is not that of the numbers. */
static void callers_rounding_modes(void **state) {
    (void)state;
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO, FE_TONEAREST};
    static const char *const numbers[] = {"0.1",
                                          "-0.1",
                                          "9007199254740993",
                                          "9007199254740995",
                                          "123456789012345678901234567890e-10",
                                          "-123456789012345678901234567890123e-50",
                                          "2.4703282292062328e-324",
                                          "1.7976931348623158e308"};
    static ps_float_partial partial;
    for (size_t m = 0; m < sizeof modes / sizeof modes[0]; m++) {
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
            const double expected = strtod(numbers[i], NULL);
            fesetround(modes[m]);
            fold_doubles(&partial, &list, numbers[i], NEEDS_ALL);
            const int after = fegetround();
            fesetround(FE_TONEAREST);
            assert_true(partial.minimum == expected);
            assert_int_equal(after, modes[m]);
        }
    }
}

/* Every power of ten that the fast path knows, and those beyond it. */
static void powers_of_ten(void **state) {
    (void)state;
    test_random random = test_random_start(1);
    char text[100];
    for (int exponent = -30; exponent <= 30; exponent++) {
        for (int i = 0; i < 20; i++) {
            const unsigned long long mantissa =
                test_random_bits(&random) >> (i < 4 ? 10 + (unsigned)i : 12 + (unsigned)i);
            snprintf(text, sizeof text, "%s%llue%d", i % 2 ? "-" : "",
                     i == 0   ? 3
                     : i == 1 ? 1ULL << 53
                              : mantissa | 1,
                     exponent);
            assert_number(text);
        }
    }
}

/* Halfway between two doubles, and a digit far behind that is not zero, near and beyond what is kept of them. */
static void halves(void **state) {
    (void)state;
    char text[1500];
    for (int zeros = 0; zeros <= 900; zeros += zeros < 760 ? 40 : 1) {
        for (int last = 0; last <= 1; last++) {
            snprintf(text, sizeof text, "9007199254740993.%0*d", zeros + 1, last);
            assert_number(text);
            snprintf(text, sizeof text, "-9007199254740993%0*de-%d", zeros + 1, last, zeros + 1);
            assert_number(text);
        }
    }
}

static void random_numbers(void **state) {
    (void)state;
    test_random random = test_random_start(2);
    for (int i = 0; i < 5000; i++) {
        char whole[40], fraction[40], text[120];
        random_digits(&random, whole, 1 + (int)test_random_below(&random, 25));
        random_digits(&random, fraction, (int)test_random_below(&random, 25));
        snprintf(text, sizeof text, "%s%s.%se%d", i % 2 ? "-" : "", whole, fraction,
                 (int)test_random_below(&random, 640) - 335);
        if (isfinite(strtod(text, NULL)))
            assert_number(text);
    }
}

/* More numbers than are gathered at once: count and sum are those of the doubles one by one. */
static void many_numbers(void **state) {
    (void)state;
    static ps_float_partial partial, expected;
    static char text[60000];
    test_random random = test_random_start(3);
    const int counts[] = {1, 511, 512, 513, 1024, 1500};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        size_t used = 0;
        ps_kinds[PS_KIND_FLOAT].clear(&expected.head);
        for (int j = 0; j < counts[i]; j++) {
            const double number = (double)(int64_t)test_random_bits(&random) / 1e12;
            used += (size_t)snprintf(text + used, sizeof text - used, "%.17g\n", number);
            ps_float_add(&expected, number, NEEDS_ALL);
        }
        fold_doubles(&partial, &list, text, NEEDS_ALL);
        assert_int_equal(partial.head.count, counts[i]);
        assert_memory_equal(&partial.sum, &expected.sum, sizeof partial.sum);
        assert_memory_equal(&partial.squares, &expected.squares, sizeof partial.squares);
        assert_true(partial.minimum == expected.minimum && partial.maximum == expected.maximum);
    }
}

/* What was not asked for stays as it was: a partial's bytes are the same whichever engine made it. */
static void only_what_is_asked_for(void **state) {
    (void)state;
    static const unsigned all_needs[] = {0, PS_NEED_SUM, PS_NEED_SQUARES, PS_NEED_MAGNITUDES,
                                         PS_NEED_EXTREMES};
    static ps_float_partial partial, expected;
    for (size_t i = 0; i < sizeof all_needs / sizeof all_needs[0]; i++) {
        for (unsigned skip = 0; skip <= PS_SKIP_NAN; skip += PS_SKIP_NAN) {
            ps_kinds[PS_KIND_FLOAT].clear(&expected.head);
            ps_float_add(&expected, 1.5, all_needs[i]);
            ps_float_add(&expected, -2.5, all_needs[i]);
            fold_doubles(&partial, &list, "1.5\n-2.5\n", all_needs[i] | skip);
            assert_memory_equal(&partial, &expected, sizeof partial);
        }
    }
}

static void assert_specials(const char *text, unsigned needs, uint64_t specials, uint64_t count,
                            uint64_t skipped) {
    static ps_float_partial partial;
    const ps_text_format *const formats[] = {&list, &third_of_csv};
    static const char *const rows[] = {"%s", "a,,%s", "a,, \t%s ", "a,,\"%s\"", "a,,\" %s\t\" "};
    char row[100];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(row, sizeof row, rows[i], text);
        fold_doubles(&partial, formats[i > 0], row, needs);
        assert_int_equal(partial.sum.specials, specials);
        assert_int_equal(partial.head.count, count);
        assert_int_equal(partial.head.skipped_nan, skipped);
    }
}

static void specials(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t specials;
    } words[] = {{"nan", PS_TERM_NAN},
                 {"+NaN", PS_TERM_NAN},
                 {"-nan", PS_TERM_NAN},
                 {"inf", PS_TERM_PLUS_INFINITY},
                 {"+Inf", PS_TERM_PLUS_INFINITY},
                 {"-INF", PS_TERM_MINUS_INFINITY},
                 {"1e309", PS_TERM_PLUS_INFINITY},
                 {"-1e400", PS_TERM_MINUS_INFINITY},
                 {"1e999999999999999999999", PS_TERM_PLUS_INFINITY},
                 {"-infinity", PS_TERM_MINUS_INFINITY}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const bool nan = words[i].specials == PS_TERM_NAN;
        assert_specials(words[i].text, PS_NEED_SUM, words[i].specials, 1, 0);
        assert_specials(words[i].text, PS_NEED_SUM | PS_SKIP_NAN, nan ? 0 : words[i].specials, !nan, nan);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chosen_numbers), cmocka_unit_test(callers_rounding_modes),
        cmocka_unit_test(powers_of_ten),  cmocka_unit_test(halves),
        cmocka_unit_test(random_numbers), cmocka_unit_test(many_numbers),
        cmocka_unit_test(specials),       cmocka_unit_test(only_what_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
