/* test_binary.c - the long accumulator against exact sums in MPFR and GMP: every bit of it, and its nearest double. */
#include "float_support.h"

#include "exact/binary.h"

/* The value of all limbs, by GMP. */
static void set_value(mpfr_t target, const ps_binary *value) {
    mpz_t integer;
    mpz_init(integer);
    mpz_import(integer, PS_BINARY_LIMBS, -1, sizeof value->limb[0], 0, 0, value->limb);
    if (mpz_tstbit(integer, 64 * PS_BINARY_LIMBS - 1)) {
        mpz_t modulus;
        mpz_init(modulus);
        mpz_setbit(modulus, 64 * PS_BINARY_LIMBS);
        mpz_sub(integer, integer, modulus);
        mpz_clear(modulus);
    }
    test_exact(mpfr_set_z_2exp(target, integer, PS_BINARY_LOWEST_BIT, MPFR_RNDN));
    mpz_clear(integer);
}

static void assert_rounds(const ps_binary *total, const mpfr_t expected) {
    const ps_rounded rounded = ps_binary_round(total);
    test_assert_double(rounded.value, test_nearest(expected), "rounding");
    assert_int_equal(rounded.exact, test_is_exactly(expected, rounded.value));
}

static void assert_is(const ps_binary *total, const mpfr_t expected) {
    mpfr_t value;
    mpfr_init2(value, TEST_EXACT_BITS);
    set_value(value, total);
    if (mpfr_cmp(value, expected) != 0)
        fail_msg("the sum is %a, must be %a, or differs in lower bits", mpfr_get_d(value, MPFR_RNDN),
                 mpfr_get_d(expected, MPFR_RNDN));
    mpfr_clear(value);
    assert_rounds(total, expected);
}

static ps_binary negated(const ps_binary *value) {
    ps_binary result;
    unsigned carry = 1;
    for (int i = 0; i < PS_BINARY_LIMBS; i++) {
        result.limb[i] = ~value->limb[i] + carry;
        carry = carry && result.limb[i] == 0;
    }
    return result;
}

static void assert_zero(const ps_binary *total) {
    const ps_binary zero = {{0}};
    assert_memory_equal(total, &zero, sizeof zero);
    const ps_rounded rounded = ps_binary_round(total);
    test_assert_double(rounded.value, 0.0, "the sum zero");
    assert_true(rounded.exact);
}

/* Running sums of doubles and products; often a term comes again with the other sign, beside others. */
static void random_sums(void **state) {
    (void)state;
    enum { TERMS = 24 };
    test_random random = test_random_start(1);
    mpfr_t expected;
    mpfr_init2(expected, TEST_EXACT_BITS);
    for (int i = 0; i < 3000; i++) {
        double left[TERMS], right[TERMS];
        ps_binary total = {{0}};
        mpfr_set_zero(expected, 1);
        const uint64_t mode = test_random_below(&random, 3); /* doubles, products, both */
        for (int j = 0; j < TERMS; j++) {
            left[j] = test_random_double(&random);
            right[j] = mode == 0 || (mode == 2 && j % 2) ? 1 : test_random_double(&random);
            if (j > 0 && test_random_below(&random, 3) == 0) {
                const uint64_t again = test_random_below(&random, (uint64_t)j);
                left[j] = -left[again];
                right[j] = right[again];
            }
            if (right[j] == 1)
                ps_binary_add_double(&total, left[j]);
            else
                ps_binary_add_product(&total, left[j], right[j]);
            test_add_product(expected, left[j], right[j]);
            assert_is(&total, expected);
        }
        for (int j = TERMS - 1; j >= 0; j--)
            ps_binary_add_product(&total, -left[j], right[j]);
        assert_zero(&total);
    }
    mpfr_clear(expected);
}

/* 128-bit integers of both signs at every bit at which they lie in the accumulator, on top of zero, ones and random bits. */
static void add_at_every_bit(void **state) {
    (void)state;
    test_random random = test_random_start(2);
    mpfr_t expected, term;
    mpz_t integer;
    mpz_init(integer);
    mpfr_inits2(TEST_EXACT_BITS, expected, term, (mpfr_ptr)0);
    for (int bit = PS_BINARY_LOWEST_BIT; bit <= 34 * 64 - 130; bit++) {
        for (int i = 0; i < 6; i++) {
            const ps_int128 value =
                (ps_int128)((ps_uint128)test_random_hostile(&random) << 64 | test_random_hostile(&random));
            ps_binary total;
            for (int j = 0; j < PS_BINARY_LIMBS; j++)
                total.limb[j] = i < 2 ? 0 : i < 4 ? UINT64_MAX : test_random_hostile(&random);
            /* Small enough to add to. */
            total.limb[PS_BINARY_LIMBS - 1] = i % 2 ? UINT64_MAX << 61 : UINT64_MAX >> 3;
            total.limb[PS_BINARY_LIMBS - 1] = i < 2 ? 0 : total.limb[PS_BINARY_LIMBS - 1];
            set_value(expected, &total);
            test_set_int128(integer, value);
            test_exact(mpfr_set_z_2exp(term, integer, bit, MPFR_RNDN));
            test_exact(mpfr_add(expected, expected, term, MPFR_RNDN));
            ps_binary_add_at(&total, value, bit);
            assert_is(&total, expected);
        }
    }
    mpfr_clears(expected, term, (mpfr_ptr)0);
    mpz_clear(integer);
}

/* Any one bit as the highest, alone, on top of ones, and with the opposite sign: the whole width of the limbs, of which files may
 * hold more than sums of doubles reach. */
static void every_highest_bit(void **state) {
    (void)state;
    enum { SIGN_BIT = 64 * PS_BINARY_LIMBS - 1 };
    mpfr_t expected;
    mpfr_init2(expected, TEST_EXACT_BITS);
    for (int bit = 0; bit < SIGN_BIT; bit++) {
        for (int ones = 0; ones <= 1; ones++) {
            ps_binary total = {{0}};
            for (int i = 0; i < bit / 64 && ones; i++)
                total.limb[i] = UINT64_MAX;
            total.limb[bit / 64] = UINT64_C(1) << bit % 64;
            total.limb[bit / 64] |= ones ? total.limb[bit / 64] - 1 : 0;
            const ps_binary opposite = negated(&total);
            set_value(expected, &total);
            assert_rounds(&total, expected);
            mpfr_neg(expected, expected, MPFR_RNDN);
            assert_rounds(&opposite, expected);
        }
    }
    mpfr_clear(expected);
}

/* The point halfway between low >= 0 and the next double, itself and with one bit more or less anywhere below. */
static void assert_halfway(double low, test_random *random) {
    const double high = test_double_beside(low, 1);
    const double even = test_bits_of(low) % 2 == 0 ? low : high;
    int exponent;
    frexp(isinf(high) ? low - test_double_beside(low, -1) : high - low, &exponent);
    const int half_at = exponent - 2; /* the gap is 2^(exponent-1) */
    const int room = half_at - PS_BINARY_LOWEST_BIT;
    for (int i = 0; i < 6; i++) {
        ps_binary total = {{0}};
        const int nudge = i % 3 - 1;
        const int far = i < 3 ? room : 1 + (int)test_random_below(random, (uint64_t)room);
        ps_binary_add_double(&total, low);
        ps_binary_add_at(&total, 1, half_at);
        ps_binary_add_at(&total, nudge, half_at - far);
        const ps_binary opposite = negated(&total);
        const double nearest = nudge < 0 ? low : nudge > 0 ? high : even;
        test_assert_double(ps_binary_round(&total).value, nearest, "halfway");
        test_assert_double(ps_binary_round(&opposite).value, -nearest, "halfway, negative");
        assert_false(ps_binary_round(&total).exact || ps_binary_round(&opposite).exact);
    }
}

static void halfway(void **state) {
    (void)state;
    test_random random = test_random_start(3);
    const double edges[] = {0, DBL_TRUE_MIN, 2 * DBL_TRUE_MIN, DBL_MIN, 1, 0x1p53 - 1, 0x1p53, DBL_MAX};
    for (size_t i = 0; i < TEST_COUNT_OF(edges); i++) {
        assert_halfway(edges[i], &random);
        assert_halfway(edges[i] == 0 ? 0 : test_double_beside(edges[i], -1), &random);
    }
    for (int i = 0; i < 20000; i++)
        assert_halfway(fabs(test_random_double(&random)), &random);
}

/* What is left is one unit in the last place of what went, or the least bit of all. */
static void cancellation_to_one_ulp(void **state) {
    (void)state;
    test_random random = test_random_start(4);
    for (int i = 0; i < 5000; i++) {
        const double large = test_random_double(&random), other = test_random_double(&random);
        if (large == 0 || isinf(test_double_beside(large, large > 0 ? 1 : -1)))
            continue;
        const double above = test_double_beside(large, large > 0 ? 1 : -1);
        ps_binary total = {{0}};
        ps_binary_add_double(&total, above);
        ps_binary_add_product(&total, other, other);
        ps_binary_add_double(&total, -large);
        ps_binary_add_product(&total, -other, other);
        test_assert_double(ps_binary_round(&total).value, above - large, "one ulp");
        assert_true(ps_binary_round(&total).exact);
    }
    ps_binary total = {{0}};
    ps_binary_add_product(&total, DBL_MAX, DBL_MAX);
    ps_binary_add_product(&total, -DBL_TRUE_MIN, DBL_TRUE_MIN);
    ps_binary_add_product(&total, -DBL_MAX, DBL_MAX);
    test_assert_double(ps_binary_round(&total).value, -0.0, "the least bit");
    assert_false(ps_binary_round(&total).exact);
}

/* The bounds of the header from both sides: 2^64 of the largest and of the smallest products, of both signs, by doubling. */
static void extreme_products(void **state) {
    (void)state;
    const double extremes[] = {DBL_MAX, -DBL_MAX, DBL_TRUE_MIN, -DBL_TRUE_MIN};
    mpfr_t expected;
    mpfr_init2(expected, TEST_EXACT_BITS);
    for (int i = 0; i < 4; i++) {
        ps_binary total = {{0}};
        mpfr_set_zero(expected, 1);
        ps_binary_add_product(&total, extremes[i], fabs(extremes[i]));
        test_add_product(expected, extremes[i], fabs(extremes[i]));
        for (int k = 0; k <= 64; k++) {
            ps_binary opposite = negated(&total);
            assert_is(&total, expected);
            assert_int_equal(ps_binary_is_negative(&total), extremes[i] < 0);
            ps_binary_add(&opposite, &total);
            assert_zero(&opposite);
            ps_binary_add(&total, &total);
            test_exact(mpfr_mul_2ui(expected, expected, 1, MPFR_RNDN));
        }
    }
    mpfr_clear(expected);
}

/* The largest double and half a unit in its last place: an infinity from there on. */
static void overflow_boundary(void **state) {
    (void)state;
    const int bits[] = {970, 969, 0, -1074, -2148, PS_BINARY_LOWEST_BIT};
    for (int sign = -1; sign <= 1; sign += 2) {
        ps_binary total = {{0}};
        ps_binary_add_double(&total, sign * DBL_MAX);
        test_assert_double(ps_binary_round(&total).value, sign * DBL_MAX, "the largest");
        assert_true(ps_binary_round(&total).exact);
        ps_binary_add_double(&total, sign * 0x1p970);
        test_assert_double(ps_binary_round(&total).value, sign * INFINITY, "half an ulp above");
        assert_false(ps_binary_round(&total).exact);
        for (size_t i = 0; i < TEST_COUNT_OF(bits); i++) {
            ps_binary below = total, above = total;
            ps_binary_add_at(&below, -sign, bits[i]);
            ps_binary_add_at(&above, sign, bits[i]);
            test_assert_double(ps_binary_round(&below).value, sign * DBL_MAX, "less than half an ulp");
            test_assert_double(ps_binary_round(&above).value, sign * INFINITY, "more than half an ulp");
            assert_int_equal(ps_binary_round(&below).exact, bits[i] == 970);
        }
    }
}

static void specials(void **state) {
    (void)state;
    const double expected[8] = {
        [0] = 1.5,
        [PS_TERM_NAN] = NAN,
        [PS_TERM_PLUS_INFINITY] = INFINITY,
        [PS_TERM_PLUS_INFINITY | PS_TERM_NAN] = NAN,
        [PS_TERM_MINUS_INFINITY] = -INFINITY,
        [PS_TERM_MINUS_INFINITY | PS_TERM_NAN] = NAN,
        [PS_TERM_MINUS_INFINITY | PS_TERM_PLUS_INFINITY] = NAN,
        [PS_TERM_MINUS_INFINITY | PS_TERM_PLUS_INFINITY | PS_TERM_NAN] = NAN,
    };
    for (unsigned mask = 0; mask < 8; mask++) {
        ps_binary_sum sum = {.specials = mask};
        ps_binary_add_double(&sum.finite, 1.5);
        test_assert_double(ps_binary_sum_round(&sum).value, expected[mask], "specials");
        assert_true(ps_binary_sum_round(&sum).exact);
    }
}

/* Sums made and rounded in every environment are those of the default one. */
static void any_environment(void **state) {
    (void)state;
    enum { TERMS = 8 };
    test_random random = test_random_start(5);
    for (int i = 0; i < 500; i++) {
        double terms[TERMS];
        ps_float_partial expected, actual;
        const double smallest = test_double_of(test_random_bits(&random) >> 12);
        for (int j = 0; j < TERMS; j++)
            terms[j] = j < 2 || i % 2 ? test_random_double(&random) : j % 2 ? smallest : -smallest / 2;
        for (size_t e = 0; e < TEST_ENVIRONMENT_COUNT; e++) {
            ps_float_partial *partial = e == 0 ? &expected : &actual;
            ps_rounded rounded, expected_rounded;
            test_environment_enter(&test_environments[e]);
            ps_float_clear(&partial->head);
            for (int j = 0; j < TERMS; j++)
                ps_float_add(partial, terms[j],
                             PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES);
            rounded = ps_binary_round(&partial->sum.finite);
            test_environment_leave();
            assert_memory_equal(partial, &expected, sizeof expected);
            expected_rounded = ps_binary_round(&expected.sum.finite);
            assert_memory_equal(&rounded.value, &expected_rounded.value, sizeof rounded.value);
            assert_int_equal(rounded.exact, expected_rounded.exact);
        }
    }
}

/* The environments of these tests really are what they say, or the tests of them could not fail. */
static void environments_bite(void **state) {
    (void)state;
    volatile double one = 1, three = 3, least = DBL_MIN, two = 2;
    double third[TEST_ENVIRONMENT_COUNT], half[TEST_ENVIRONMENT_COUNT];
    for (size_t e = 0; e < TEST_ENVIRONMENT_COUNT; e++) {
        test_environment_enter(&test_environments[e]);
        third[e] = one / three;
        half[e] = least / two;
        assert_true(test_environment_holds(&test_environments[e]));
        test_environment_leave();
    }
    assert_true(third[1] > third[0] && third[2] == third[0] && third[3] == third[0]);
    assert_true(half[0] == DBL_MIN / 2);
#if defined(__x86_64__)
    assert_true(half[4] == 0 && half[5] == 0);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_sums),
        cmocka_unit_test(add_at_every_bit),
        cmocka_unit_test(every_highest_bit),
        cmocka_unit_test(halfway),
        cmocka_unit_test(cancellation_to_one_ulp),
        cmocka_unit_test(extreme_products),
        cmocka_unit_test(overflow_boundary),
        cmocka_unit_test(specials),
        cmocka_unit_test(environments_bite),
        cmocka_unit_test(any_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
