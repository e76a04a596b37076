/* test_wide.c - 256-bit integers against GMP, at the edges of limbs and of the range that totals may have. */
#include "support.h"

/* One of every shape of 256 bits: zero, ones, a single bit and its neighbours, hostile limbs; of either sign. */
static void set_hostile(mpz_t value, test_random *random) {
    const unsigned width = (unsigned)test_random_below(random, 255);
    mpz_set_ui(value, 0);
    switch (test_random_below(random, 4)) {
    case 0:
        mpz_setbit(value, width);
        mpz_sub_ui(value, value, 1);
        break;
    case 1:
        mpz_setbit(value, width);
        break;
    case 2:
        for (int limb = 0; limb < 4; limb++) {
            mpz_t part;
            mpz_init_set_ui(part, test_random_hostile(random));
            mpz_mul_2exp(part, part, (mp_bitcnt_t)limb * 64);
            mpz_add(value, value, part);
            mpz_clear(part);
        }
        mpz_fdiv_r_2exp(value, value, 254);
        break;
    default:
        break;
    }
    if (test_random_bits(random) & 1)
        mpz_neg(value, value);
}

static void from_int128(void **state) {
    (void)state;
    const ps_int128 highest = (ps_int128)(~(ps_uint128)0 >> 1);
    const ps_int128 values[] = {
        0,        1,       -1,          INT64_MAX,    INT64_MIN,          UINT64_MAX,
        -highest, highest, highest - 1, -highest - 1, (ps_int128)1 << 64, -((ps_int128)1 << 64)};
    mpz_t expected;
    mpz_init(expected);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        const ps_wide wide = ps_wide_from_int128(values[i]);
        test_set_int128(expected, values[i]);
        test_assert_wide(&wide, expected, "from_int128");
        assert_int_equal(ps_wide_is_negative(&wide), values[i] < 0);
    }
    mpz_clear(expected);
}

/* actual is expected modulo 2^256: 2^254 twice is 2^255, whose pattern is that of -2^255. */
static void assert_wraps(const ps_wide *actual, const mpz_t expected, const char *what) {
    mpz_t shown;
    mpz_init(shown);
    const ps_wide wrapped = test_wide_from(expected);
    test_set_wide(shown, &wrapped);
    test_assert_wide(actual, shown, what);
    assert_int_equal(ps_wide_is_negative(actual), mpz_sgn(shown) < 0);
    mpz_clear(shown);
}

static void add_subtract_negate(void **state) {
    (void)state;
    test_random random = test_random_start(1);
    mpz_t left, right, expected;
    mpz_inits(left, right, expected, NULL);
    for (int i = 0; i < 200000; i++) {
        set_hostile(left, &random);
        set_hostile(right, &random);
        const ps_wide term = test_wide_from(right);
        ps_wide total = test_wide_from(left);
        ps_wide_add(&total, &term);
        mpz_add(expected, left, right);
        assert_wraps(&total, expected, "add");

        total = test_wide_from(left);
        ps_wide_subtract(&total, &term);
        mpz_sub(expected, left, right);
        assert_wraps(&total, expected, "subtract");

        const ps_wide negated = ps_wide_negated(&term);
        mpz_neg(expected, right);
        test_assert_wide(&negated, expected, "negated");

        assert_int_equal(ps_wide_equal(&term, &negated), mpz_sgn(right) == 0);
        ps_wide again = test_wide_from(right);
        assert_true(ps_wide_equal(&term, &again));
        /* Each limb counts. */
        again.limb[i % 4] ^= UINT64_C(1) << (i % 64);
        assert_false(ps_wide_equal(&term, &again));
    }
    mpz_clears(left, right, expected, NULL);
}

/* Carries must run through every limb: the totals below are all ones, minus one, and such. */
static void add_at_every_bit(void **state) {
    (void)state;
    test_random random = test_random_start(2);
    mpz_t total, value, expected;
    mpz_inits(total, value, expected, NULL);
    for (unsigned bit = 0; bit <= 128; bit++) {
        for (int i = 0; i < 400; i++) {
            ps_uint128 term = (ps_uint128)test_random_hostile(&random) << 64 | test_random_hostile(&random);
            if (i == 0)
                term = ~(ps_uint128)0;
            if (i == 1)
                term = (ps_uint128)1 << 127;
            if (i == 2)
                term = 0;
            set_hostile(total, &random);
            if (i < 8)
                mpz_set_si(total, i % 2 == 0 ? -1 : 0);
            ps_wide sum = test_wide_from(total);
            ps_wide_add_at(&sum, term, bit);

            const uint64_t words[2] = {(uint64_t)term, (uint64_t)(term >> 64)};
            mpz_import(value, 2, -1, sizeof words[0], 0, 0, words);
            mpz_mul_2exp(value, value, bit);
            mpz_add(expected, total, value);
            assert_wraps(&sum, expected, "add_at");
        }
    }
    mpz_clears(total, value, expected, NULL);
}

/* value and its neighbours, of both signs. */
static void assert_texts_around(const mpz_t value) {
    char text[PS_WIDE_TEXT_SIZE + 1];
    mpz_t near;
    mpz_init(near);
    for (int sign = -1; sign <= 1; sign += 2) {
        for (long offset = -2; offset <= 2; offset++) {
            if (offset < 0)
                mpz_sub_ui(near, value, (unsigned long)-offset);
            else
                mpz_add_ui(near, value, (unsigned long)offset);
            mpz_mul_si(near, near, sign);
            const ps_wide wide = test_wide_from(near);
            char *expected = mpz_get_str(NULL, 10, near);
            memset(text, '#', sizeof text);
            ps_wide_to_text(&wide, text);
            assert_int_equal(text[PS_WIDE_TEXT_SIZE], '#');
            assert_string_equal(text, expected);
            free(expected);
        }
    }
    mpz_clear(near);
}

static void text_around_powers(void **state) {
    (void)state;
    mpz_t value;
    mpz_init(value);
    assert_texts_around(value);
    for (unsigned long bit = 0; bit <= 254; bit++) {
        mpz_set_ui(value, 0);
        mpz_setbit(value, bit);
        assert_texts_around(value);
    }
    /* Groups of 18 digits: zeros within and at the end of groups. */
    for (unsigned long digits = 1; digits <= 75; digits++) {
        mpz_ui_pow_ui(value, 10, digits);
        assert_texts_around(value);
        mpz_mul_ui(value, value, 7);
        assert_texts_around(value);
    }
    mpz_clear(value);
}

static void text_of_random(void **state) {
    (void)state;
    test_random random = test_random_start(3);
    mpz_t value;
    mpz_init(value);
    for (int i = 0; i < 20000; i++) {
        set_hostile(value, &random);
        assert_texts_around(value);
    }
    mpz_clear(value);
}

/* The pattern that has no opposite. */
static void text_of_lowest(void **state) {
    (void)state;
    char text[PS_WIDE_TEXT_SIZE];
    const ps_wide lowest = {{0, 0, 0, UINT64_C(1) << 63}};
    ps_wide_to_text(&lowest, text);
    assert_string_equal(text,
                        "-57896044618658097711785492504343953926634992332820282019728792003956564819968");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_int128),      cmocka_unit_test(add_subtract_negate),
        cmocka_unit_test(add_at_every_bit), cmocka_unit_test(text_around_powers),
        cmocka_unit_test(text_of_random),   cmocka_unit_test(text_of_lowest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
