/* float_lists.h - lists of floats and doubles that break things, the CPU paths of this machine, and what lists sum up to:
 * number by number through the exact accumulator, and in MPFR. */
#ifndef PS_TEST_FLOAT_LISTS_H
#define PS_TEST_FLOAT_LISTS_H

#include "support.h"

#include <math.h>
#include <mpfr.h>

#include "float_emulated.h"

enum { TEST_ALL_NEEDS = PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES };

typedef struct test_float_path {
    const char *name;
    ps_float_function *path;
    const ps_float_loops *loops;
} test_float_path;

/* The paths that run on this machine and the emulated one, and a row without a name after the last. */
static inline const test_float_path *test_float_paths(void) {
    static test_float_path paths[5] = {{"portable", ps_float_portable, &ps_float_loops_portable},
                                       {"emulated", test_float_emulated, &test_float_loops_emulated}};
#if defined(__x86_64__)
    size_t count = 2;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        paths[count++] = (test_float_path){"avx2", ps_float_avx2, &ps_float_loops_avx2};
    if (__builtin_cpu_supports("avx512f"))
        paths[count++] = (test_float_path){"avx512", ps_float_avx512, &ps_float_loops_avx512};
#endif
    return paths;
}

static inline double test_double(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* A double from 2^exponent up, below the next power of two, of either sign: all its 53 bits random, or sometimes all ones or
 * zeros but the last. */
static inline double test_random_double(test_random *random, int exponent) {
    const uint64_t ones = (UINT64_C(1) << 52) - 1;
    const uint64_t bits = test_random_bits(random), kind = test_random_below(random, 8);
    const uint64_t significand = kind == 0 ? ones : kind == 1 ? 1 : kind == 2 ? 0 : bits & ones;
    return test_double((bits & UINT64_C(1) << 63) | (uint64_t)(exponent + 1023) << 52 | significand);
}

static inline size_t test_size(parsum_type type) {
    return type == PARSUM_F32 ? sizeof(float) : sizeof(double);
}

/* Stores value, rounded where type is PARSUM_F32, at index of list. */
static inline void test_store(parsum_type type, void *list, uint64_t index, double value) {
    const float narrow = (float)value;
    if (type == PARSUM_F32)
        memcpy((char *)list + index * sizeof narrow, &narrow, sizeof narrow);
    else
        memcpy((char *)list + index * sizeof value, &value, sizeof value);
}

static inline double test_load(parsum_type type, const void *list, uint64_t index) {
    float narrow;
    double wide;
    if (type == PARSUM_F32) {
        memcpy(&narrow, (const char *)list + index * sizeof narrow, sizeof narrow);
        return (double)narrow;
    }
    memcpy(&wide, (const char *)list + index * sizeof wide, sizeof wide);
    return wide;
}

/* Number by number. */
static inline void test_add_slowly(parsum_type type, const void *left, const void *right, uint64_t count,
                                   unsigned needs, ps_float_partial *partial) {
    for (uint64_t i = 0; i < count; i++) {
        if (right != NULL)
            ps_float_add_product(partial, test_load(type, left, i), test_load(type, right, i));
        else
            ps_float_add(partial, test_load(type, left, i), needs);
    }
}

/* That every path gives the same bytes as adding number by number. what: said where one does not. */
static inline void test_assert_paths(parsum_type type, const void *left, const void *right, uint64_t count,
                                     unsigned needs, const char *what) {
    ps_float_partial expected, partial;
    ps_float_clear(&expected.head);
    test_add_slowly(type, left, right, count, needs, &expected);
    for (const test_float_path *path = test_float_paths(); path->name != NULL; path++) {
        ps_float_clear(&partial.head);
        path->path(type, left, right, count, needs, &partial);
        if (memcmp(&partial, &expected, sizeof partial) != 0)
            fail_msg("%s: wrong sums of %llu numbers, type %d, needs %u: %s", path->name,
                     (unsigned long long)count, (int)type, needs, what);
    }
}

/* Bits in which every sum here is exact: from 2^-2148 to 2^2112. */
enum { TEST_MPFR_BITS = 4400 };

static inline void test_assert_mpfr(const ps_float_partial *partial, ps_field field, const mpfr_t expected) {
    mpz_t numerator, denominator;
    mpfr_t value;
    mpz_inits(numerator, denominator, NULL);
    mpfr_init2(value, TEST_MPFR_BITS);
    ps_float_exact_value(&partial->head, field, numerator, denominator);
    assert_int_equal(mpfr_set_z(value, numerator, MPFR_RNDN), 0);
    assert_int_equal(mpfr_div_z(value, value, denominator, MPFR_RNDN), 0);
    if (!mpfr_equal_p(value, expected))
        fail_msg("field %d is %g, must be %g", (int)field, mpfr_get_d(value, MPFR_RNDN),
                 mpfr_get_d(expected, MPFR_RNDN));
    mpfr_clear(value);
    mpz_clears(numerator, denominator, NULL);
}

/* Every path against MPFR: sums, squares and magnitudes, or products, of finite numbers. */
static inline void test_assert_paths_mpfr(parsum_type type, const void *left, const void *right,
                                          uint64_t count) {
    mpfr_t sum, squares, magnitudes, a, b;
    mpfr_inits2(TEST_MPFR_BITS, sum, squares, magnitudes, a, b, NULL);
    mpfr_set_zero(sum, 1);
    mpfr_set_zero(squares, 1);
    mpfr_set_zero(magnitudes, 1);
    for (uint64_t i = 0; i < count; i++) {
        mpfr_set_d(a, test_load(type, left, i), MPFR_RNDN);
        mpfr_set_d(b, test_load(type, right != NULL ? right : left, i), MPFR_RNDN);
        assert_int_equal(mpfr_add(sum, sum, a, MPFR_RNDN), 0);
        assert_int_equal(mpfr_mul(b, a, b, MPFR_RNDN), 0);
        assert_int_equal(mpfr_add(squares, squares, b, MPFR_RNDN), 0);
        mpfr_abs(a, a, MPFR_RNDN);
        assert_int_equal(mpfr_add(magnitudes, magnitudes, a, MPFR_RNDN), 0);
    }
    for (const test_float_path *path = test_float_paths(); path->name != NULL; path++) {
        ps_float_partial partial;
        ps_float_clear(&partial.head);
        path->path(type, left, right, count, right != NULL ? PS_NEED_PRODUCTS : TEST_ALL_NEEDS, &partial);
        assert_int_equal(partial.head.count, count);
        test_assert_mpfr(&partial, PS_FIELD_SQUARES, squares);
        if (right == NULL) {
            test_assert_mpfr(&partial, PS_FIELD_SUM, sum);
            test_assert_mpfr(&partial, PS_FIELD_MAGNITUDES, magnitudes);
        }
    }
    mpfr_clears(sum, squares, magnitudes, a, b, NULL);
}

/* Kinds of lists; each is a way to choose exponents. */
enum { TEST_LIST_KINDS = 10 };

/* Fills list with finite numbers of a random kind. */
static inline void test_random_list(test_random *random, parsum_type type, void *list, uint64_t count) {
    const int lowest = type == PARSUM_F32 ? -149 : -1074, highest = type == PARSUM_F32 ? 127 : 1023;
    const int normal = type == PARSUM_F32 ? -126 : -1022;
    const uint64_t kind = test_random_below(random, TEST_LIST_KINDS);
    /* Spans up to and beyond those of two to six slices, anywhere. */
    int span = (int)test_random_below(random, kind < 3 ? 60 : 280);
    if (span > highest - normal)
        span = highest - normal;
    const int from = normal + (int)test_random_below(random, (uint64_t)(highest - normal - span + 1));
    for (uint64_t i = 0; i < count; i++) {
        double value = test_random_double(random, from + (int)test_random_below(random, (uint64_t)span + 1));
        if (kind == 5) /* every exponent */
            value = test_random_double(
                random, normal + (int)test_random_below(random, (uint64_t)(highest - normal + 1)));
        else if (kind == 6) /* the lower end, and a few far from it */
            value = test_random_below(random, 50) == 0
                        ? value
                        : ldexp(test_random_double(random, 0), lowest + (int)test_random_below(random, 60));
        else if (kind == 7) /* the upper end */
            value = test_random_double(random, highest - (int)test_random_below(random, 3));
        else if (kind == 8) /* integers, which cancel */
            value = (double)((int64_t)test_random_below(random, 2001) - 1000);
        if (kind == 9 && i % 2 == 1) /* all of them cancel */
            value = -test_load(type, list, i - 1);
        if (kind % 3 == 1 && test_random_below(random, 4) == 0)
            value = value > 0 ? 0.0 : -0.0;
        if (type == PARSUM_F32 && fabs(value) > (double)FLT_MAX)
            value = value > 0 ? (double)FLT_MAX : (double)-FLT_MAX;
        test_store(type, list, i, kind == 2 ? fabs(value) : kind == 4 ? -fabs(value) : value);
    }
}

#endif
