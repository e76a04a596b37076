/* float_support.h - what tests of floats share: random doubles that break things, exact sums in MPFR that are rounded once, and
 * the floating-point environments that a caller may have set. It shares no arithmetic with the library. */
#ifndef PS_TEST_FLOAT_SUPPORT_H
#define PS_TEST_FLOAT_SUPPORT_H

#include "support.h"

#include <fenv.h>
#include <math.h>
#include <mpfr.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#define TEST_COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

static inline uint64_t test_bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double test_double_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Equal bit by bit, but any NaN for any other. */
static inline void test_assert_double(double actual, double expected, const char *what) {
    if (!(isnan(actual) && isnan(expected)) && test_bits_of(actual) != test_bits_of(expected))
        fail_msg("%s: is %a, must be %a", what, actual, expected);
}

/* A finite double: of any exponent, a subnormal, of few bits, near 1, or at an end of its binade or of the range. */
static inline double test_random_double(test_random *random) {
    static const double edges[] = {
        0, DBL_TRUE_MIN, DBL_MIN - DBL_TRUE_MIN, DBL_MIN, 1, 0x1p53 - 1, 0x1p53, 0x1p970, 0x1p1023, DBL_MAX};
    const uint64_t bits = test_random_bits(random), sign = bits & UINT64_C(1) << 63;
    const uint64_t mantissa = test_random_hostile(random) >> 12;
    switch (test_random_below(random, 8)) {
    case 0:
        return test_double_of(sign | test_bits_of(edges[test_random_below(random, TEST_COUNT_OF(edges))]));
    case 1:
        return test_double_of(sign | mantissa); /* subnormal */
    case 2:
        return test_double_of(sign | test_random_below(random, 2047) << 52 | mantissa);
    case 3:
        return test_double_of(sign | (1000 + test_random_below(random, 46)) << 52 | mantissa);
    default:
        return test_double_of(sign | test_random_below(random, 2047) << 52 | bits >> 12);
    }
}

/* Sums, squares and products of doubles, n * sum(x^2) and sum(x)^2 all fit: each operation is asserted to be exact. */
enum { TEST_EXACT_BITS = 5000 };

static inline void test_exact(int ternary) {
    if (ternary != 0)
        fail_msg("the reference is not exact");
}

static inline void test_add_double(mpfr_t sum, double value) {
    test_exact(mpfr_add_d(sum, sum, value, MPFR_RNDN));
}

/* sum += left * right */
static inline void test_add_product(mpfr_t sum, double left, double right) {
    mpfr_t product;
    mpfr_init2(product, 106);
    test_exact(mpfr_set_d(product, left, MPFR_RNDN));
    test_exact(mpfr_mul_d(product, product, right, MPFR_RNDN));
    test_exact(mpfr_add(sum, sum, product, MPFR_RNDN));
    mpfr_clear(product);
}

/* Where value was cut off towards zero (ternary != 0), adds a bit below all of its own: it then lies on the same side as what
 * it stands for of every number with fewer bits, and rounds as that does. */
static inline void test_make_sticky(mpfr_t value, int ternary) {
    if (ternary == 0)
        return;
    mpfr_prec_round(value, mpfr_get_prec(value) + 1, MPFR_RNDZ);
    mpfr_sgn(value) < 0 ? mpfr_nextbelow(value) : mpfr_nextabove(value);
}

/* The double nearest to value, that is itself exact or sticky; an exact zero is +0. */
static inline double test_nearest(const mpfr_t value) {
    return mpfr_zero_p(value) ? 0 : mpfr_get_d(value, MPFR_RNDN);
}

static inline bool test_is_exactly(const mpfr_t value, double number) {
    return !isinf(number) && mpfr_cmp_d(value, number) == 0;
}

/* What a caller may have set. Results are taken inside and asserted on outside. */
typedef struct test_environment {
    const char *name;
    int rounding;
    bool flushes; /* subnormal operands and results to zero; only where the machine can */
} test_environment;

static const test_environment test_environments[] = {
    {"to nearest", FE_TONEAREST, false}, {"upward", FE_UPWARD, false},
    {"downward", FE_DOWNWARD, false},    {"toward zero", FE_TOWARDZERO, false},
    {"flushing", FE_TONEAREST, true},    {"downward and flushing", FE_DOWNWARD, true},
};
#define TEST_ENVIRONMENT_COUNT TEST_COUNT_OF(test_environments)

static inline void test_environment_enter(const test_environment *environment) {
    fesetround(environment->rounding);
#if defined(__x86_64__)
    if (environment->flushes)
        _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
}

/* Whether the environment is still set. */
static inline bool test_environment_holds(const test_environment *environment) {
    bool holds = fegetround() == environment->rounding;
#if defined(__x86_64__)
    holds = holds && (_mm_getcsr() & 0x8040) == (environment->flushes ? 0x8040u : 0u);
#endif
    return holds;
}

static inline void test_environment_leave(void) {
    fesetenv(FE_DFL_ENV);
}

#endif
