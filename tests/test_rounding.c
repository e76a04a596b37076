/* test_rounding.c - correct rounding of fractions and roots against MPFR and against halfway cases whose answer is known
 * by construction; the shortest decimals of doubles against strtod. */
#include "support.h"

#include <locale.h>
#include <math.h>
#include <mpfr.h>

#include "exact/rounding.h"

typedef struct fraction {
    mpz_t numerator, denominator;
} fraction;

static void fraction_init(fraction *value) {
    mpz_inits(value->numerator, value->denominator, NULL);
}

static void fraction_clear(fraction *value) {
    mpz_clears(value->numerator, value->denominator, NULL);
}

/* mantissa * 2^exponent + nudge * 2^-far, as numerator over denominator * common. */
static void fraction_set(fraction *value, uint64_t mantissa, long exponent, int nudge, unsigned long far,
                         unsigned long common) {
    const unsigned long below = far > (unsigned long)labs(exponent) ? far : (unsigned long)labs(exponent);
    mpz_set_ui(value->numerator, mantissa);
    mpz_mul_2exp(value->numerator, value->numerator, (mp_bitcnt_t)((long)below + exponent));
    mpz_mul_ui(value->numerator, value->numerator, common);
    mpz_set_ui(value->denominator, common);
    mpz_mul_2exp(value->denominator, value->denominator, below);
    if (nudge > 0)
        mpz_add_ui(value->numerator, value->numerator, 1);
    if (nudge < 0)
        mpz_sub_ui(value->numerator, value->numerator, 1);
}

static void fraction_square(fraction *value) {
    mpz_mul(value->numerator, value->numerator, value->numerator);
    mpz_mul(value->denominator, value->denominator, value->denominator);
}

/* The nearest double by MPFR. The quotient is rounded to odd at a precision so high that neither it nor its root can
 * meet a halfway point that the exact value does not meet. */
static double nearest_by_mpfr(const fraction *value, bool root) {
    const mpfr_prec_t precision =
        (mpfr_prec_t)(2 * (mpz_sizeinbase(value->numerator, 2) + mpz_sizeinbase(value->denominator, 2)) +
                      256);
    const mpfr_exp_t emin = mpfr_get_emin(), emax = mpfr_get_emax();
    mpfr_t above, below, quotient, rounded;
    mpz_t mantissa;
    mpfr_inits2(precision, above, below, quotient, (mpfr_ptr)0);
    mpfr_init2(rounded, DBL_MANT_DIG);
    mpz_init(mantissa);
    mpfr_set_z(above, value->numerator, MPFR_RNDZ);
    mpfr_set_z(below, value->denominator, MPFR_RNDZ);
    if (mpfr_div(quotient, above, below, MPFR_RNDZ) != 0) {
        mpfr_get_z_2exp(mantissa, quotient);
        if (mpz_even_p(mantissa) && mpfr_sgn(quotient) > 0)
            mpfr_nextabove(quotient);
        else if (mpz_even_p(mantissa))
            mpfr_nextbelow(quotient);
    }
    int ternary = root ? mpfr_sqrt(rounded, quotient, MPFR_RNDN) : mpfr_set(rounded, quotient, MPFR_RNDN);
    /* The range of doubles, subnormals included. */
    mpfr_set_emin(-1073);
    mpfr_set_emax(1024);
    ternary = mpfr_check_range(rounded, ternary, MPFR_RNDN);
    mpfr_subnormalize(rounded, ternary, MPFR_RNDN);
    const double result = mpfr_get_d(rounded, MPFR_RNDN);
    mpfr_set_emin(emin);
    mpfr_set_emax(emax);
    mpfr_clears(above, below, quotient, rounded, (mpfr_ptr)0);
    mpz_clear(mantissa);
    return result;
}

/* Whether rounded, or its square, is value itself. */
static bool is_exactly(double rounded, const fraction *value, bool root) {
    mpq_t left, right;
    if (isinf(rounded))
        return false;
    mpq_inits(left, right, NULL);
    mpq_set_d(left, rounded);
    if (root)
        mpq_mul(left, left, left);
    mpz_set(mpq_numref(right), value->numerator);
    mpz_set(mpq_denref(right), value->denominator);
    mpq_canonicalize(right);
    const bool equal = mpq_equal(left, right);
    mpq_clears(left, right, NULL);
    return equal;
}

static void assert_rounds(const fraction *value, bool root, double expected) {
    const ps_rounded rounded = root ? ps_round_root(value->numerator, value->denominator)
                                    : ps_round_fraction(value->numerator, value->denominator);
    const char *what = root ? "root" : "fraction";
    if (memcmp(&rounded.value, &expected, sizeof expected) != 0)
        fail_msg("%s: is %a, must be %a", what, rounded.value, expected);
    if (rounded.exact != is_exactly(rounded.value, value, root))
        fail_msg("%s: %a says that it is%s exact", what, rounded.value, rounded.exact ? "" : " not");
}

static void assert_rounds_as_mpfr(const fraction *value, bool root) {
    assert_rounds(value, root, nearest_by_mpfr(value, root));
}

static void zeros_and_small(void **state) {
    (void)state;
    fraction value;
    fraction_init(&value);
    for (int numerator = 0; numerator <= 300; numerator++) {
        for (unsigned denominator = 1; denominator <= 40; denominator++) {
            mpz_set_si(value.numerator, numerator);
            mpz_set_ui(value.denominator, denominator);
            assert_rounds(&value, false, (double)numerator / denominator);
            assert_rounds_as_mpfr(&value, true);
            if (numerator > 0) {
                mpz_set_si(value.numerator, -numerator);
                assert_rounds(&value, false, -(double)numerator / denominator);
            }
        }
    }
    fraction_clear(&value);
}

/* A random number of a random width; often 2^k-1, 2^k, 2^k+1. */
static void set_random(mpz_t value, test_random *random, unsigned long bits_most) {
    const unsigned long bits = test_random_below(random, bits_most) + 1;
    mpz_set_ui(value, 0);
    if (test_random_below(random, 3) == 0) {
        mpz_setbit(value, bits);
        if (test_random_below(random, 2) == 0)
            mpz_sub_ui(value, value, 1);
        else
            mpz_add_ui(value, value, test_random_below(random, 2));
        return;
    }
    for (unsigned long at = 0; at < bits; at += 64) {
        mpz_mul_2exp(value, value, 64);
        mpz_add_ui(value, value, test_random_bits(random));
    }
    mpz_fdiv_r_2exp(value, value, bits);
    mpz_setbit(value, bits - 1);
}

static void random_fractions_and_roots(void **state) {
    (void)state;
    static const unsigned long widths[] = {8, 64, 130, 400, 2600};
    test_random random = test_random_start(1);
    fraction value;
    fraction_init(&value);
    for (int i = 0; i < 30000; i++) {
        set_random(value.numerator, &random, widths[test_random_below(&random, 5)]);
        set_random(value.denominator, &random, widths[test_random_below(&random, 5)]);
        assert_rounds_as_mpfr(&value, true);
        if (test_random_bits(&random) & 1)
            mpz_neg(value.numerator, value.numerator);
        assert_rounds_as_mpfr(&value, false);
    }
    fraction_clear(&value);
}

/* Around the point halfway between the doubles low and high, which are neighbours: that point itself, and beside it by
 * what is far below. Also as squares, whose roots are they. */
static void assert_halfway(double low, double high, test_random *random) {
    static const unsigned long far[] = {1200, 1300, 2200, 5000};
    static const unsigned long common[] = {1, 3, 1000000007};
    int exponent;
    const double unit = isinf(high) ? ldexp(1, 971) : high - low;
    frexp(unit, &exponent); /* unit = 2^(exponent-1) */
    const uint64_t mantissa = (uint64_t)(low / unit);
    const double even = mantissa % 2 == 0 ? low : high;
    fraction value;
    fraction_init(&value);
    for (int nudge = -1; nudge <= 1; nudge++) {
        const double expected = nudge == 0 ? even : nudge < 0 ? low : high;
        fraction_set(&value, 2 * mantissa + 1, exponent - 2, nudge, far[test_random_below(random, 4)],
                     common[test_random_below(random, 3)]);
        assert_rounds(&value, false, expected);
        mpz_neg(value.numerator, value.numerator);
        assert_rounds(&value, false, -expected);
        fraction_square(&value);
        assert_rounds(&value, true, expected);
    }
    fraction_clear(&value);
}

static void halfway(void **state) {
    (void)state;
    test_random random = test_random_start(2);
    const double edges[] = {0,
                            DBL_TRUE_MIN,
                            2 * DBL_TRUE_MIN,
                            3 * DBL_TRUE_MIN,
                            test_double_beside(DBL_MIN, -1),
                            DBL_MIN,
                            test_double_beside(DBL_MIN, 1),
                            test_double_beside(1, -1),
                            1,
                            test_double_beside(1, 1),
                            0x1p53 - 1,
                            0x1p53,
                            test_double_beside(DBL_MAX, -1),
                            DBL_MAX};
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++)
        assert_halfway(edges[i], test_double_beside(edges[i], 1), &random);
    for (int i = 0; i < 3000; i++) {
        /* Bit patterns of positive finite doubles in order; a fifth of them subnormal. */
        const uint64_t most = i % 5 == 0 ? UINT64_C(1) << 52 : UINT64_C(0x7ff0000000000000);
        const uint64_t bits = test_random_below(&random, most);
        double low;
        memcpy(&low, &bits, sizeof low);
        assert_halfway(low, test_double_beside(low, 1), &random);
    }
}

/* Doubles are their own nearest, exactly; so are they as roots of their squares. */
static void exact_doubles(void **state) {
    (void)state;
    test_random random = test_random_start(3);
    fraction value;
    fraction_init(&value);
    for (int i = 0; i < 5000; i++) {
        const long exponent = (long)test_random_below(&random, 2046) - 1074;
        const uint64_t mantissa = test_random_hostile(&random) >> 11;
        const double number = ldexp((double)mantissa, (int)exponent);
        if (isinf(number))
            continue;
        fraction_set(&value, mantissa, exponent, 0, 0, 1 + test_random_below(&random, 1000));
        assert_rounds(&value, false, number);
        fraction_square(&value);
        assert_rounds(&value, true, number);
    }
    fraction_clear(&value);
}

/* The significant digits of text without sign, point and zeros at the ends, as a number; *exponent: of the last. */
static uint64_t digits_of(const char *text, long *exponent) {
    uint64_t digits = 0;
    bool point = false;
    *exponent = 0;
    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text == '.')
            point = true;
        if (*text < '0' || *text > '9')
            continue;
        digits = digits * 10 + (uint64_t)(*text - '0');
        *exponent -= point;
    }
    if (*text == 'e')
        *exponent += strtol(text + 1, NULL, 10);
    for (; digits != 0 && digits % 10 == 0; digits /= 10)
        ++*exponent;
    return digits;
}

/* The double that digits * 10^exponent reads as. */
static double with_exponent(uint64_t digits, long exponent) {
    char text[64];
    snprintf(text, sizeof text, "%llue%ld", (unsigned long long)digits, exponent);
    return strtod(text, NULL);
}

/* text reads back to value, and no string of fewer digits does: if one did, then one of the two neighbours of value
 * with so many digits would. Of its own length it is the nearest, where the nearest reads back. */
static void assert_shortest(double value) {
    char text[PS_DOUBLE_TEXT_SIZE + 1];
    char *end;
    long exponent;
    memset(text, '#', sizeof text);
    ps_double_to_text(value, text);
    assert_int_equal(text[PS_DOUBLE_TEXT_SIZE], '#');
    const double read = strtod(text, &end);
    if (*end != '\0' || memcmp(&read, &value, sizeof value) != 0)
        fail_msg("%a: the text '%s' does not read back", value, text);
    const uint64_t digits = digits_of(text, &exponent);
    char nearest[PS_DOUBLE_TEXT_SIZE];
    long nearest_exponent;
    int length = 1;
    for (uint64_t left = digits / 10; left > 0; left /= 10)
        length++;
    snprintf(nearest, sizeof nearest, "%.*e", length - 1, value);
    if (strtod(nearest, NULL) == value && digits_of(nearest, &nearest_exponent) != digits)
        fail_msg("%a: the text '%s' is not the nearest of its length, %s", value, text, nearest);
    if (digits < 10)
        return;
    const uint64_t fewer = digits / 10;
    if (with_exponent(fewer, exponent + 1) == fabs(value) ||
        with_exponent(fewer + 1, exponent + 1) == fabs(value))
        fail_msg("%a: the text '%s' is not the shortest", value, text);
}

static void random_texts(void **state) {
    (void)state;
    test_random random = test_random_start(4);
    for (int i = 0; i < 100000; i++) {
        uint64_t bits = test_random_bits(&random);
        double value;
        if (i % 4 == 0) { /* from 10^-5 to 10^17, where the forms change */
            value = with_exponent(bits >> 11, i % 23 - 21);
        } else if (i % 4 == 1) { /* few digits */
            value = with_exponent(bits % 100000, i % 40 - 20);
        } else {
            memcpy(&value, &bits, sizeof value);
            if (isnan(value) || isinf(value))
                continue;
        }
        assert_shortest(value);
    }
}

/* Where the gap below is half the gap above, the nearest decimal of a length may fail and another succeed. */
static void powers_of_two_texts(void **state) {
    (void)state;
    for (int exponent = -1074; exponent <= 1023; exponent++) {
        const double power = ldexp(1, exponent);
        assert_shortest(test_double_beside(power, -1) == 0 ? power : test_double_beside(power, -1));
        assert_shortest(test_double_beside(power, 1));
        assert_shortest(power);
        assert_shortest(-power);
    }
    char text[PS_DOUBLE_TEXT_SIZE];
    ps_double_to_text(0x1p-24, text);
    assert_string_equal(text, "5.960464477539063e-08");
    ps_double_to_text(-0x1p-44, text);
    assert_string_equal(text, "-5.684341886080802e-14");
}

/* Enters a locale whose decimal point is a comma, made for the test; false where the machine cannot make one. */
static bool enter_comma_locale(void) {
    char folder[] = "/tmp/parsum-locale-XXXXXX", command[256];
    if (mkdtemp(folder) == NULL || setenv("LOCPATH", folder, 1) != 0)
        return false;
    snprintf(command, sizeof command,
             "cd %s && printf 'LC_NUMERIC\ndecimal_point \"<U002C>\"\nthousands_sep \"\"\n"
             "grouping -1\nEND LC_NUMERIC\n' >source && localedef -c -i ./source -f ANSI_X3.4-1968 ./comma "
             "2>/dev/null",
             folder);
    /* Its exit status counts the categories that are not there, too. */
    const bool entered = system(command) != -1 && setlocale(LC_NUMERIC, "comma") != NULL;
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) == 0 && entered;
}

/* The library's caller may have set any locale: the text is the same. */
static void comma_locale(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } rows[] = {{1.5, "1.5"}, {0.1, "0.1"}, {-12345.678, "-12345.678"}, {1.25e20, "1.25e+20"}, {1, "1"}};
    if (!enter_comma_locale())
        skip();
    assert_string_equal(localeconv()->decimal_point, ",");
    char texts[5][PS_DOUBLE_TEXT_SIZE];
    for (int i = 0; i < 5; i++)
        ps_double_to_text(rows[i].value, texts[i]);
    assert_string_equal(localeconv()->decimal_point, ",");
    setlocale(LC_NUMERIC, "C");
    for (int i = 0; i < 5; i++)
        assert_string_equal(texts[i], rows[i].text);
}

static void forms(void **state) {
    (void)state;
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {-1, "-1"},
        {10, "10"},
        {100, "100"},
        {1.5, "1.5"},
        {-0.1, "-0.1"},
        {123456789, "123456789"},
        {1e15, "1000000000000000"},
        {9999999999999998, "9999999999999998"},
        {999999999999999.9, "999999999999999.9"},
        {1e16, "1e+16"},
        {-1e16, "-1e+16"},
        {10000000000000002, "1.0000000000000002e+16"},
        {123456789012345680, "1.2345678901234568e+17"},
        {1e22, "1e+22"},
        {1e100, "1e+100"},
        {0.001, "0.001"},
        {0.0001, "0.0001"},
        {-0.00012345, "-0.00012345"},
        {0.00012345678901234567, "0.00012345678901234567"},
        {0.000099999999999999991, "9.999999999999999e-05"},
        {0.00001, "1e-05"},
        {1.25e-10, "1.25e-10"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {DBL_TRUE_MIN, "5e-324"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {-DBL_MAX, "-1.7976931348623157e+308"},
        {NAN, "nan"},
        {-NAN, "nan"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[PS_DOUBLE_TEXT_SIZE];
        ps_double_to_text(rows[i].value, text);
        assert_string_equal(text, rows[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zeros_and_small), cmocka_unit_test(random_fractions_and_roots),
        cmocka_unit_test(halfway),         cmocka_unit_test(exact_doubles),
        cmocka_unit_test(random_texts),    cmocka_unit_test(powers_of_two_texts),
        cmocka_unit_test(forms),           cmocka_unit_test(comma_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
