/* rounding.h - the nearest double of an exact fraction or of its square root, ties to even (IEEE 754-2019, 4.3.1).
 *
 * Rounded once, from the exact value: the quotient or root is taken to at least 64 bits in integers, what is left is a
 * sticky bit. Subnormals and overflow to infinity follow IEEE. Pure, thread-safe; memory is GMP's. The caller's rounding mode
 * and flushing of subnormals change nothing. */
#ifndef PS_ROUNDING_H
#define PS_ROUNDING_H

#include <gmp.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define PS_DOUBLE_INFINITY ((double)INFINITY)
#define PS_DOUBLE_NAN ((double)NAN) /* the only one that results hold */

enum { PS_LEAST_EXPONENT = -1074 }; /* of the smallest subnormal, 2^-1074 */

/* A correctly rounded double, and whether it is the exact value itself. */
typedef struct ps_rounded {
    double value;
    bool exact;
} ps_rounded;

/* The number (integer + fraction) * 2^exponent, with its sign. fraction in [0, 1): half is its first bit, below_half says that
 * another one is set. integer has 53 bits or, where exponent is PS_LEAST_EXPONENT, at most 53. */
typedef struct ps_significand {
    bool negative;
    bool half, below_half;
    int exponent;
    uint64_t integer;
} ps_significand;

/* Its nearest double. A zero keeps the sign: it stands for what is too small. Needs no memory. */
ps_rounded ps_round_significand(const ps_significand *kept);

/* The nearest double to numerator/denominator; denominator > 0. */
ps_rounded ps_round_fraction(const mpz_t numerator, const mpz_t denominator);

/* The nearest double to the square root of numerator/denominator; numerator >= 0, denominator > 0. */
ps_rounded ps_round_root(const mpz_t numerator, const mpz_t denominator);

/* numerator/denominator in decimal, in full, without trailing zeros or a point that nothing follows; the denominator is a
 * product of twos and fives. The text is malloc's; NULL: out of memory. */
char *ps_fraction_to_text(const mpz_t numerator, const mpz_t denominator);

/* 17 significant digits, sign, point, zeros or exponent, and terminator. */
enum { PS_DOUBLE_TEXT_SIZE = 32 };

/* The shortest decimal that reads back to value, without ".0"; "nan", "inf", "-inf". Exponents from 10^16 up and below
 * 10^-4, as Python's repr writes them. */
void ps_double_to_text(double value, char *text);

#endif
