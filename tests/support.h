/* support.h - what every test includes: cmocka with the headers it needs before it, seeded random numbers, and the exact
 * moments of integers by brute force in GMP. It shares no arithmetic with the library.
 *
 * A failing assertion leaves the test by longjmp, so what a failed test allocated is not freed. Functions here that
 * assert may only be called on the test's own thread. */
#ifndef PS_TEST_SUPPORT_H
#define PS_TEST_SUPPORT_H

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <gmp.h>

#include "exact/partial.h"
#include "parsum.h"

/* The seed of this run: PARSUM_TEST_SEED of the environment, else the clock. Printed at the first call. */
static inline uint64_t test_seed(void) {
    static uint64_t seed;
    static bool known;
    if (!known) {
        const char *given = getenv("PARSUM_TEST_SEED");
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        seed = given != NULL ? strtoull(given, NULL, 0)
                             : (uint64_t)now.tv_sec * 1000000007u + (uint64_t)now.tv_nsec;
        known = true;
        printf("PARSUM_TEST_SEED=%llu\n", (unsigned long long)seed);
        fflush(stdout);
    }
    return seed;
}

/* A stream of random numbers (splitmix64). Every test starts its own, so that it can be repeated alone; a thread has its
 * own stream, of another number. */
typedef struct test_random {
    uint64_t state;
} test_random;

static inline test_random test_random_start(uint64_t stream) {
    return (test_random){test_seed() ^ stream * UINT64_C(0xd1342543de82ef95)};
}

/* 64 random bits. */
static inline uint64_t test_random_bits(test_random *random) {
    uint64_t mixed = random->state += UINT64_C(0x9e3779b97f4a7c15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
    return mixed ^ mixed >> 31;
}

/* 0 .. bound-1; bound >= 1. */
static inline uint64_t test_random_below(test_random *random, uint64_t bound) {
    return (uint64_t)((ps_uint128)test_random_bits(random) * bound >> 64);
}

/* A number that breaks things more often than a random one: of any width from 0 to 64 bits, and often 2^k, 2^k-1, 2^k+1
 * or all ones on top of zeros. */
static inline uint64_t test_random_hostile(test_random *random) {
    const unsigned width = (unsigned)test_random_below(random, 65);
    const uint64_t ones = width == 0 ? 0 : UINT64_MAX >> (64 - width);
    switch (test_random_below(random, 6)) {
    case 0:
        return ones;
    case 1:
        return ones + 1; /* of 64 bits: 0 */
    case 2:
        return ones + 2;
    case 3:
        return ~ones;
    default:
        return test_random_bits(random) & ones;
    }
}

/* The double next above value (direction 1) or next below it (-1); above the largest is infinity. */
static inline double test_double_beside(double value, int direction) {
    uint64_t bits;
    if (value == 0)
        return direction * DBL_TRUE_MIN;
    memcpy(&bits, &value, sizeof bits);
    bits += (value > 0) == (direction > 0) ? 1 : UINT64_MAX;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline void test_set_int128(mpz_t target, ps_int128 value) {
    const ps_uint128 magnitude = value < 0 ? -(ps_uint128)value : (ps_uint128)value;
    const uint64_t words[2] = {(uint64_t)magnitude, (uint64_t)(magnitude >> 64)};
    mpz_import(target, 2, -1, sizeof words[0], 0, 0, words);
    if (value < 0)
        mpz_neg(target, target);
}

static inline void test_set_wide(mpz_t target, const ps_wide *value) {
    mpz_import(target, 4, -1, sizeof value->limb[0], 0, 0, value->limb);
    if (mpz_tstbit(target, 255)) {
        mpz_t modulus;
        mpz_init(modulus);
        mpz_setbit(modulus, 256);
        mpz_sub(target, target, modulus);
        mpz_clear(modulus);
    }
}

/* value modulo 2^256. */
static inline ps_wide test_wide_from(const mpz_t value) {
    ps_wide wide = {{0, 0, 0, 0}};
    mpz_t residue;
    mpz_init(residue);
    mpz_fdiv_r_2exp(residue, value, 256);
    mpz_export(wide.limb, NULL, -1, sizeof wide.limb[0], 0, 0, residue);
    mpz_clear(residue);
    return wide;
}

/* what: said where the two differ. */
static inline void test_assert_wide(const ps_wide *actual, const mpz_t expected, const char *what) {
    mpz_t value;
    mpz_init(value);
    test_set_wide(value, actual);
    if (mpz_cmp(value, expected) != 0)
        fail_msg("%s: is %s, must be %s", what, mpz_get_str(NULL, 10, value),
                 mpz_get_str(NULL, 10, expected));
    mpz_clear(value);
}

/* The exact moments of a list of integers. minimum and maximum have meaning where count > 0. */
typedef struct test_moments {
    uint64_t count;
    mpz_t sum, squares, magnitudes, minimum, maximum;
} test_moments;

static inline void test_moments_init(test_moments *moments) {
    moments->count = 0;
    mpz_inits(moments->sum, moments->squares, moments->magnitudes, moments->minimum, moments->maximum, NULL);
}

static inline void test_moments_clear(test_moments *moments) {
    mpz_clears(moments->sum, moments->squares, moments->magnitudes, moments->minimum, moments->maximum, NULL);
}

/* Adds first, first+step, ..., count elements, one by one. */
static inline void test_moments_add(test_moments *moments, ps_int128 first, ps_int128 step, uint64_t count) {
    mpz_t element, increment;
    mpz_inits(element, increment, NULL);
    test_set_int128(element, first);
    test_set_int128(increment, step);
    for (uint64_t i = 0; i < count; i++) {
        mpz_add(moments->sum, moments->sum, element);
        mpz_addmul(moments->squares, element, element);
        if (mpz_sgn(element) < 0)
            mpz_sub(moments->magnitudes, moments->magnitudes, element);
        else
            mpz_add(moments->magnitudes, moments->magnitudes, element);
        if (moments->count == 0 || mpz_cmp(element, moments->minimum) < 0)
            mpz_set(moments->minimum, element);
        if (moments->count == 0 || mpz_cmp(element, moments->maximum) > 0)
            mpz_set(moments->maximum, element);
        moments->count++;
        mpz_add(element, element, increment);
    }
    mpz_clears(element, increment, NULL);
}

/* Adds every element of range, found by stepping and not by a formula for their count. */
static inline void test_moments_add_range(test_moments *moments, const parsum_range *range) {
    for (ps_int128 element = range->first; element < range->end; element += range->step)
        test_moments_add(moments, element, 0, 1);
}

/* Asserts that partial holds the moments that needs (a mask of PS_NEED_) names, and their count. */
static inline void test_assert_moments(const ps_integer_partial *partial, const test_moments *moments,
                                       unsigned needs) {
    assert_int_equal(partial->head.count, moments->count);
    if (needs & PS_NEED_SUM)
        test_assert_wide(&partial->sum, moments->sum, "sum");
    if (needs & PS_NEED_SQUARES)
        test_assert_wide(&partial->squares, moments->squares, "sum of squares");
    if (needs & PS_NEED_MAGNITUDES)
        test_assert_wide(&partial->magnitudes, moments->magnitudes, "sum of magnitudes");
    if (needs & PS_NEED_EXTREMES && moments->count > 0) {
        const ps_wide minimum = ps_wide_from_int128(partial->minimum);
        const ps_wide maximum = ps_wide_from_int128(partial->maximum);
        test_assert_wide(&minimum, moments->minimum, "minimum");
        test_assert_wide(&maximum, moments->maximum, "maximum");
    }
}

#endif
