/* float_fallback.h - exact sums of any finite floats and doubles, whatever their exponents: integers only.
 *
 * Values and magnitudes go to one bin per sign and exponent (the large superaccumulator of Neal, "Fast exact summation using
 * small and large superaccumulators", 2015; here a carry is counted where his counts additions); products to digits of 32
 * bits. Plain memory of the caller's, cleared only when first used. */
#ifndef PS_FLOAT_FALLBACK_H
#define PS_FLOAT_FALLBACK_H

#include <string.h>

#include "exact/binary.h"
#include "parsum.h"

enum {
    PS_FLOAT_BINS = 4096, /* number: the sign and the biased exponent, as in the bits of a double */
    PS_FLOAT_DIGITS = 2 * PS_BINARY_LIMBS
};

/* Number index of numbers of type (PARSUM_F32 or PARSUM_F64), at any address. */
static inline double ps_float_at(parsum_type type, const unsigned char *numbers, uint64_t index) {
    double wide;
    float narrow;
    if (type == PARSUM_F32) {
        memcpy(&narrow, numbers + index * sizeof narrow, sizeof narrow);
        return (double)narrow;
    }
    memcpy(&wide, numbers + index * sizeof wide, sizeof wide);
    return wide;
}

/* Numbers that may be added before sums are read: see the bounds in float_fallback.c. */
#define PS_FLOAT_FALLBACK_ROOM (UINT32_C(1) << 26)

typedef struct ps_float_fallback {
    unsigned needs;                      /* a mask of PS_NEED_: which sums there are */
    uint32_t value_count, product_count; /* since bins and digits were cleared; 0: they are not cleared yet */
    uint64_t bins[PS_FLOAT_BINS];        /* sums of significands modulo 2^64 */
    uint16_t carries[PS_FLOAT_BINS];
    int64_t digits[PS_FLOAT_DIGITS]; /* digit 0 counts 2^PS_BINARY_LOWEST_BIT */
} ps_float_fallback;

/* Nothing is added yet. */
void ps_float_fallback_start(ps_float_fallback *fallback, unsigned needs);

/* Adds count <= PS_FLOAT_FALLBACK_ROOM finite numbers of type to what needs names of their sum and magnitudes; to partial
 * where there is no more room, or count is small. subnormals: whether there may be subnormal doubles. */
void ps_float_fallback_add(ps_float_fallback *fallback, parsum_type type, const unsigned char *numbers,
                           uint64_t count, bool subnormals, ps_float_partial *partial);

/* Likewise their products, or squares where left is right. */
void ps_float_fallback_add_products(ps_float_fallback *fallback, parsum_type type, const unsigned char *left,
                                    const unsigned char *right, uint64_t count, ps_float_partial *partial);

/* Adds all there is to partial, and starts again. */
void ps_float_fallback_finish(ps_float_fallback *fallback, ps_float_partial *partial);

#endif
