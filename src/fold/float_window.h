/* float_window.h - where exact slices of floating-point terms lie, and when a piece of them fits: integers only.
 *
 * Slicing. For a term t and M = 1.5 * 2^k let u = 2^(k-52), the unit in the last place of doubles from 2^k to 2^(k+1).
 * Suppose |t| <= 2^(k-1), and rounding to nearest. Then y = t + M lies from 2^k to 2^(k+1), so that
 *  - y is t + M rounded to a multiple of u: with q = y - M, t - q is at most u/2 in magnitude;
 *  - the bits of y, as an integer, are those of M plus q/u exactly: in a binade neighbouring doubles are u apart and have
 *    neighbouring bits, and 2^(k+1), where y may end, is u above the last of them and next in bits too. So bits are what
 *    64-bit lanes sum up, modulo 2^64;
 *  - q = y - M is exact: a multiple of u of at most 2^(k-1) = 2^51 * u;
 *  - r = t - q is exact: where t is a multiple of u, it is 0. Else t's own unit v is below u, r is a multiple of v, and
 *    |r| <= |t| (where |t| < u/2, q is 0 and r is t; else |r| <= u/2 <= |t|), so r has no more bits than t.
 * As |r| <= u/2 = 2^((k-52)-1), r is sliced in the same way with k - 52, and so on: slice s, from 0, has k - 52s and the unit
 * 2^(k-52(s+1)). What remains after n slices is at most half the last unit and a multiple of every power of two that divides
 * t and the last unit: where the last unit divides t, nothing remains.
 *
 * Lanes. A slice's q is at most 2^51 of its units, so the sum of n of them is known from its value modulo 2^64 where n * 2^51 <
 * 2^63: for n <= 4095, over all lanes together. */
#ifndef PS_FLOAT_WINDOW_H
#define PS_FLOAT_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

#include "parsum.h"

enum {
    PS_FLOAT_SLICES_MAX = 6,
    PS_FLOAT_SLICE_BITS = 52,
    PS_FLOAT_ADDENDS_MAX = 4095, /* to the lanes of one slice, between clearing and reading them */
    PS_FLOAT_REST_BITS = 44,     /* below the unit of slices, where what they leave is a sum of doubles */
    PS_FLOAT_RESTS_MAX = 1023    /* of those to one double */
};

/* What a pass over numbers, widened to doubles, finds of t = bits * 2 (without the sign): the high 32 bits of the largest t,
 * and of the least t - 1 modulo 2^64. So zeros drop out of the latter, and all that is said of exponents is in the upper 11
 * bits. */
typedef struct ps_float_scan {
    uint32_t largest;
    uint32_t least;
} ps_float_scan;

/* Whether all numbers are zeros. */
bool ps_float_scan_is_zero(ps_float_scan scan);
/* Whether there is a NaN or an infinity. */
bool ps_float_scan_has_specials(ps_float_scan scan);
/* Whether there may be a subnormal double; zeros are none. */
bool ps_float_scan_has_subnormals(ps_float_scan scan);

/* Every term is at most 2^top in magnitude and a multiple of 2^bottom. */
typedef struct ps_float_span {
    int top;
    int bottom;
} ps_float_span;

/* That of finite numbers of type (PARSUM_F32 or PARSUM_F64), not all of them zero. */
ps_float_span ps_float_span_of(parsum_type type, ps_float_scan scan);
/* That of products; of squares, where both are the same. */
ps_float_span ps_float_span_of_products(ps_float_span left, ps_float_span right);

/* Slices of terms: slices of them, of which the first has M = 1.5 * 2^k. slices 0: none yet. */
typedef struct ps_float_window {
    int k;
    int slices;
} ps_float_window;

/* Sets window so that terms of span fit with as few slices as can be; keeps its k, if it has one, where that does. False: no
 * window fits. True promises, with u the last slice's unit:
 *  - 2^top <= 2^(k-1) and u <= 2^bottom, so that nothing remains of any term;
 *  - k <= 1022, so that neither M nor y overflows;
 *  - u >= 2^-1022, so that M, y, every q and every remainder is 0 or a normal double: subnormals never matter. */
bool ps_float_window_fit(ps_float_window *window, ps_float_span span);

/* Whether terms of span fit window, of two slices or more, where what those but the last leave is added up as doubles. With w
 * the unit of the last but one, that is at most w/2 a term, so that any part of a sum of PS_FLOAT_RESTS_MAX < 2^10 is below
 * 2^9 * w in magnitude. True promises that all are multiples of 2^-44 * w: so is every such sum, of less than 2^53 times
 * that, and none is rounded. */
bool ps_float_window_holds_rests(ps_float_window window, ps_float_span span);

#endif
