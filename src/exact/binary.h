/* binary.h - exact sums of doubles, of their squares and products: two's complement fixed point in 64-bit limbs.
 *
 * Bounds. The least bit of a product of doubles is 2^-2148; a sum of 2^64 squares of the largest double stays below 2^2112.
 * 34 limbs below 2^0 and 34 above hold both, and a sign. Plain bytes, no pointers; functions are pure, allocate nothing
 * (but those that take mpz_t) and may run in a forked child. Source: Kulisch's long accumulator; Neal, "Fast exact summation
 * using small and large superaccumulators" (2015). */
#ifndef PS_BINARY_H
#define PS_BINARY_H

#include "exact/partial.h"
#include "exact/rounding.h"

enum { PS_BINARY_LIMBS = 68, PS_BINARY_LOWEST_BIT = -34 * 64 };

/* Limb 0 counts 2^PS_BINARY_LOWEST_BIT; two's complement, so equal sums are equal bytes. */
typedef struct ps_binary {
    uint64_t limb[PS_BINARY_LIMBS];
} ps_binary;

typedef struct ps_binary_sum {
    ps_binary finite;  /* of the finite terms */
    uint64_t specials; /* a mask of PS_TERM_: the others */
} ps_binary_sum;

/* Floats and doubles. */
typedef struct ps_float_partial {
    ps_partial head;
    ps_binary_sum sum;
    ps_binary_sum squares; /* or products */
    ps_binary_sum magnitudes;
    double minimum, maximum; /* where head.count > 0; a NaN where one was among the numbers, never -0 */
} ps_float_partial;

/* total += value * 2^bit, where all of value's bits lie from 2^PS_BINARY_LOWEST_BIT up and the sum stays in its bounds. */
void ps_binary_add_at(ps_binary *total, ps_int128 value, int bit);
/* total += value; value is finite. */
void ps_binary_add_double(ps_binary *total, double value);
/* total += left * right, exactly; both are finite. */
void ps_binary_add_product(ps_binary *total, double left, double right);
void ps_binary_add(ps_binary *total, const ps_binary *term);
bool ps_binary_is_negative(const ps_binary *value);
/* |value|; that of the least value of all is its own bytes, read without a sign. */
ps_binary ps_binary_magnitude(const ps_binary *value);

/* The nearest double, ties to even; beyond the largest an infinity. Needs no memory and no rounding mode. */
ps_rounded ps_binary_round(const ps_binary *total);
/* Likewise with the specials: a NaN, or an infinity, where terms demand it. */
ps_rounded ps_binary_sum_round(const ps_binary_sum *sum);

/* Adds one number (its square, its magnitude, its being an extreme, as needs says) and counts it. The slow path, right for
 * every double. */
void ps_float_add(ps_float_partial *partial, double value, unsigned needs);
/* Adds the product of one pair and counts it. A term 0 * infinity is a NaN. */
void ps_float_add_product(ps_float_partial *partial, double left, double right);

/* The operations of the kind PS_KIND_FLOAT (partial.h). exact_value is that of the finite terms; of an extreme that is not
 * finite it is 0. */
void ps_float_clear(ps_partial *partial);
void ps_float_merge(ps_partial *into, const ps_partial *from);
void ps_float_exact_value(const ps_partial *partial, ps_field field, mpz_t numerator, mpz_t denominator);
unsigned ps_float_specials(const ps_partial *partial, ps_field field);
ps_rounded ps_float_round(const ps_partial *partial, ps_field field);

#endif
