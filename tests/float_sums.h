/* float_sums.h - the exact sums of a list of finite numbers, and every statistic by its definition from them, in MPFR, exact up
 * to the one rounding at the end. It shares no arithmetic with the library. */
#ifndef PS_TEST_FLOAT_SUMS_H
#define PS_TEST_FLOAT_SUMS_H

#include "float_support.h"

/* The exact sums of a list of finite numbers, each counted times times. */
typedef struct test_float_sums {
    size_t count;
    uint64_t times;
    mpfr_t sum, squares, magnitudes;
    double minimum, maximum;
} test_float_sums;

static inline void test_float_sums_init(test_float_sums *sums, const double *terms, size_t count,
                                        uint64_t times) {
    *sums = (test_float_sums){.count = count, .times = times, .minimum = INFINITY, .maximum = -INFINITY};
    mpfr_inits2(TEST_EXACT_BITS, sums->sum, sums->squares, sums->magnitudes, (mpfr_ptr)0);
    mpfr_set_zero(sums->sum, 1);
    mpfr_set_zero(sums->squares, 1);
    mpfr_set_zero(sums->magnitudes, 1);
    for (size_t i = 0; i < count; i++) {
        test_add_double(sums->sum, terms[i]);
        test_add_product(sums->squares, terms[i], terms[i]);
        test_add_double(sums->magnitudes, fabs(terms[i]));
        sums->minimum = terms[i] < sums->minimum ? terms[i] : sums->minimum;
        sums->maximum = terms[i] > sums->maximum ? terms[i] : sums->maximum;
    }
    test_exact(mpfr_mul_ui(sums->sum, sums->sum, times, MPFR_RNDN));
    test_exact(mpfr_mul_ui(sums->squares, sums->squares, times, MPFR_RNDN));
    test_exact(mpfr_mul_ui(sums->magnitudes, sums->magnitudes, times, MPFR_RNDN));
}

static inline void test_float_sums_clear(test_float_sums *sums) {
    mpfr_clears(sums->sum, sums->squares, sums->magnitudes, (mpfr_ptr)0);
}

/* target = (n * sum(x^2) - sum(x)^2) / (n * (n - less)), sticky. */
static inline void test_set_variance(mpfr_t target, const test_float_sums *sums, uint64_t less) {
    mpfr_t square, divisor;
    const uint64_t count = sums->count * sums->times;
    mpfr_inits2(TEST_EXACT_BITS, square, divisor, (mpfr_ptr)0);
    test_exact(mpfr_sqr(square, sums->sum, MPFR_RNDN));
    test_exact(mpfr_mul_ui(target, sums->squares, count, MPFR_RNDN));
    test_exact(mpfr_sub(target, target, square, MPFR_RNDN));
    test_exact(mpfr_set_ui(divisor, count, MPFR_RNDN));
    test_exact(mpfr_mul_ui(divisor, divisor, count - less, MPFR_RNDN));
    test_make_sticky(target, mpfr_div(target, target, divisor, MPFR_RNDZ));
    mpfr_clears(square, divisor, (mpfr_ptr)0);
}

/* The exact or sticky value of statistic; enough elements for it. */
static inline void test_set_statistic(mpfr_t target, const test_float_sums *sums, unsigned statistic) {
    switch (statistic) {
    case PARSUM_SUM:
        mpfr_set(target, sums->sum, MPFR_RNDN);
        break;
    case PARSUM_SUMSQ:
    case PARSUM_NORM2:
        mpfr_set(target, sums->squares, MPFR_RNDN);
        break;
    case PARSUM_SUMABS:
        mpfr_set(target, sums->magnitudes, MPFR_RNDN);
        break;
    case PARSUM_MIN:
        mpfr_set_d(target, sums->minimum, MPFR_RNDN);
        break;
    case PARSUM_MAX:
        mpfr_set_d(target, sums->maximum, MPFR_RNDN);
        break;
    case PARSUM_MEAN:
        test_make_sticky(target, mpfr_div_ui(target, sums->sum, sums->count * sums->times, MPFR_RNDZ));
        break;
    default:
        test_set_variance(target, sums, statistic == PARSUM_VAR || statistic == PARSUM_SD);
    }
    /* A sticky value is on the right side of the square of every double and of every point halfway, too. */
    if (statistic == PARSUM_NORM2 || statistic == PARSUM_SD || statistic == PARSUM_PSD)
        test_make_sticky(target, mpfr_sqrt(target, target, MPFR_RNDZ));
}

static inline bool test_has_none(unsigned statistic, uint64_t count) {
    if (statistic == PARSUM_VAR || statistic == PARSUM_SD)
        return count < 2;
    return count < 1 && (statistic == PARSUM_MIN || statistic == PARSUM_MAX || statistic == PARSUM_MEAN ||
                         statistic == PARSUM_PVAR || statistic == PARSUM_PSD);
}

#endif
