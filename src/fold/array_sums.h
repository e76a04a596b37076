/* array_sums.h - what the CPU paths for arrays share among themselves: the sums of one call, and how they reach a partial.
 *
 * Pure; no locks, no allocation. */
#ifndef PS_ARRAY_SUMS_H
#define PS_ARRAY_SUMS_H

#include "fold/array.h"

#define PS_ALWAYS_INLINE inline __attribute__((always_inline))

/* Sums of at most PS_ARRAY_COUNT_MAX = 2^31 numbers from -2^63 to 2^64-1: sum and magnitudes stay below 2^95, squares and
 * products below 2^159. A path may fill more than was asked for. */
typedef struct ps_array_sums {
    ps_int128 sum;
    ps_uint128 magnitudes;
    ps_wide squares; /* or products */
    ps_int128 minimum;
    ps_int128 maximum;
} ps_array_sums;

enum { PS_ARRAY_NEEDS_ALL = PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES };

/* Calls fold(mask, ...) with a constant mask that holds needs, a fold that is always inlined: the statistics that are asked
 * for alone and the variance have loops of their own, all other masks share the loop that gathers everything. */
#define PS_ARRAY_FOR_NEEDS(needs, fold, ...)              \
    switch (needs) {                                      \
    case PS_NEED_SUM:                                     \
        fold(PS_NEED_SUM, __VA_ARGS__);                   \
        break;                                            \
    case PS_NEED_SQUARES:                                 \
        fold(PS_NEED_SQUARES, __VA_ARGS__);               \
        break;                                            \
    case PS_NEED_SUM | PS_NEED_SQUARES:                   \
        fold(PS_NEED_SUM | PS_NEED_SQUARES, __VA_ARGS__); \
        break;                                            \
    case PS_NEED_MAGNITUDES:                              \
        fold(PS_NEED_MAGNITUDES, __VA_ARGS__);            \
        break;                                            \
    case PS_NEED_EXTREMES:                                \
        fold(PS_NEED_EXTREMES, __VA_ARGS__);              \
        break;                                            \
    case PS_NEED_PRODUCTS:                                \
        fold(PS_NEED_PRODUCTS, __VA_ARGS__);              \
        break;                                            \
    default:                                              \
        fold(PS_ARRAY_NEEDS_ALL, __VA_ARGS__);            \
    }

/* Adds count >= 1 numbers with these sums to partial, as needs says. */
void ps_array_deposit(const ps_array_sums *sums, uint64_t count, unsigned needs, ps_integer_partial *partial);

/* Sets the extremes from vectors of the least and the greatest, both vector_bytes long, of signed integers of size_bytes.
 * Unsigned types are compared as x - 2^(bits-1), which the vectors then hold. */
void ps_array_set_extremes(const void *least, const void *greatest, size_t vector_bytes, size_t size_bytes,
                           bool is_signed, ps_array_sums *sums);

#endif
