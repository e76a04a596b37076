/* decimal.h - exact sums of decimal numbers: fixed point in limbs of 10^18 from 10^-2048 up.
 *
 * Plain bytes, no pointers; functions are pure, allocate nothing (but those that take mpz_t) and may run in a forked
 * child.
 *
 * Bounds. Digits of a number lie between 10^-1024 and 10^1024 (exclusive above), so its square reaches from 10^-2048 to
 * 10^2048, and 2^64 < 10^20 of them stay below 10^2068. */
#ifndef PS_DECIMAL_H
#define PS_DECIMAL_H

#include "exact/partial.h"

enum {
    PS_DECIMAL_LIMB_DIGITS = 18,
    PS_DECIMAL_PLACES = 2052,     /* decimal places of limb 0: 114 * 18, at least 2048 */
    PS_DECIMAL_LIMBS = 114 + 115, /* 115 * 18 = 2070 digits before the point */
    PS_NUMBER_PLACES = 1026,      /* the same for one number: 57 * 18, at least 1024 */
    PS_NUMBER_LIMBS = 57 + 57,
    PS_NUMBER_EXPONENT_MAX = 1024 /* digits of a number lie below 10^1024 and from 10^-1024 up */
};

/* A sum: limbs from the least significant, each a signed share of its power. Every function leaves |limb| < 10^18; the
 * limbs need not have one sign, so equal sums may differ in bytes: compare values. */
typedef struct ps_decimal {
    int64_t limb[PS_DECIMAL_LIMBS];
} ps_decimal;

/* One number: sign and magnitude, limbs from the least significant, each below 10^18. Zero is not negative. */
typedef struct ps_number {
    uint64_t limb[PS_NUMBER_LIMBS];
    bool negative;
} ps_number;

/* Sums of numbers from text, and of integers that stand in one list with them. */
typedef struct ps_decimal_partial {
    ps_partial head;
    ps_decimal sum;
    ps_decimal squares;
    ps_decimal magnitudes;
    ps_number minimum; /* where head.count > 0 */
    ps_number maximum;
} ps_decimal_partial;

/* Sums of integers that share a power of ten: what a fold gathers before it deposits. sum and magnitudes hold at most
 * 2^62 numbers below 2^64. */
typedef struct ps_decimal_bin {
    uint64_t count;
    ps_int128 sum;
    ps_uint128 magnitudes;
    ps_wide squares;
    ps_int128 minimum, maximum; /* where count > 0 */
} ps_decimal_bin;

/* total += value * 10^exponent, where all its digits lie between 10^-2048 and 10^2068. */
void ps_decimal_add_at(ps_decimal *total, ps_uint128 value, bool negative, int exponent);

/* Adds what needs asks for of bin, whose integers count 10^exponent, to partial, and its count.
 * -1024 <= exponent <= 1004. */
void ps_decimal_deposit(ps_decimal_partial *partial, const ps_decimal_bin *bin, int exponent, unsigned needs);

/* Makes a number of count decimal digits ('0' to '9', no point) that count 10^exponent. False: a digit other than zero
 * lies beyond 10^1024 or below 10^-1024. Leading and trailing zeros are allowed, in any number. */
bool ps_number_from_digits(ps_number *number, const char *digits, uint64_t count, int64_t exponent,
                           bool negative);

/* Adds one number to what needs asks for, its square included, and counts it. The slow path. */
void ps_decimal_add_number(ps_decimal_partial *partial, const ps_number *number, unsigned needs);

/* Adds the totals of integers that count 10^exponent, -1024 <= exponent <= 1004, to into. */
void ps_decimal_merge_scaled(ps_decimal_partial *into, const ps_integer_partial *from, int exponent);

/* < 0, 0, > 0 as left is below, equal to or above right. */
int ps_number_compare(const ps_number *left, const ps_number *right);

/* The operations of the kind PS_KIND_DECIMAL (partial.h). */
void ps_decimal_clear(ps_partial *partial);
void ps_decimal_merge(ps_partial *into, const ps_partial *from);
void ps_decimal_merge_integers(ps_partial *into, const ps_integer_partial *from);
void ps_decimal_exact_value(const ps_partial *partial, ps_field field, mpz_t numerator, mpz_t denominator);

#endif
