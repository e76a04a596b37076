/* array_portable.c - the path in plain C, for any 64-bit machine; the other paths leave it what fills no vector.
 *
 * Bounds. count <= 2^31 per call. A 64-bit counter that takes at most 2^31 terms below 2^32 stays below 2^63. Terms of up
 * to 64 bits are summed twice: modulo 2^64, and their high halves apart, floor(term / 2^32). The sum of the low halves is
 * the first minus 2^32 times the second, modulo 2^64; it is below 2^63, so that residue is it. */
#include <string.h>

#include "fold/array_sums.h"

/* A sum of terms of up to 64 bits, as above. */
typedef struct split_sum {
    uint64_t total; /* modulo 2^64 */
    uint64_t high;  /* of floor(term / 2^32); of signed terms modulo 2^64 */
} split_sum;

static inline void split_add(split_sum *sum, uint64_t term, bool is_signed) {
    sum->total += term;
    sum->high += is_signed ? (uint64_t)((int64_t)term >> 32) : term >> 32;
}

/* High halves of signed terms lie between -2^31 and 2^31-1, so that 2^31 of them stay above -2^63. */
static ps_int128 split_value(const split_sum *sum, bool is_signed) {
    const uint64_t low = sum->total - (sum->high << 32);
    const ps_int128 high = is_signed ? (ps_int128)(int64_t)sum->high : (ps_int128)sum->high;
    return low + high * ((ps_int128)1 << 32);
}

typedef int64_t read_number(const unsigned char *numbers, uint64_t index);

/* Types of up to 32 bits: numbers between -2^31 and 2^32-1, whose sums fit 64 bits. A product of two is below 2^64 where
 * they are unsigned, else between -2^62 and 2^62. */
static PS_ALWAYS_INLINE void fold_small(unsigned needs, read_number *read, bool is_signed,
                                        const unsigned char *left, const unsigned char *right, uint64_t count,
                                        ps_array_sums *sums) {
    int64_t sum = 0, minimum = read(left, 0), maximum = minimum;
    uint64_t magnitudes = 0;
    split_sum products = {0, 0};
    for (uint64_t i = 0; i < count; i++) {
        const int64_t x = read(left, i);
        const uint64_t magnitude = (uint64_t)(x < 0 ? -x : x);
        if (needs & PS_NEED_SUM)
            sum += x;
        if (needs & PS_NEED_MAGNITUDES)
            magnitudes += magnitude;
        if (needs & PS_NEED_SQUARES)
            split_add(&products, magnitude * magnitude, false);
        if (needs & PS_NEED_PRODUCTS)
            split_add(&products, (uint64_t)x * (uint64_t)read(right, i), is_signed);
        if (needs & PS_NEED_EXTREMES) {
            minimum = x < minimum ? x : minimum;
            maximum = x > maximum ? x : maximum;
        }
    }
    const ps_int128 product_sum = split_value(&products, is_signed && needs & PS_NEED_PRODUCTS);
    *sums = (ps_array_sums){sum, magnitudes, ps_wide_from_int128(product_sum), minimum, maximum};
}

/* A sum of 128-bit terms in three words. */
typedef struct long_sum {
    ps_uint128 low;
    int64_t top; /* carries out of low less the number of negative terms: at most 2^31 of either */
} long_sum;

static inline void long_add(long_sum *sum, ps_uint128 term, bool is_negative) {
    sum->low += term;
    sum->top += (sum->low < term) - is_negative;
}

static ps_wide long_value(const long_sum *sum) {
    return (ps_wide){
        {(uint64_t)sum->low, (uint64_t)(sum->low >> 64), (uint64_t)sum->top, sum->top < 0 ? UINT64_MAX : 0}};
}

static inline uint64_t read_u64(const unsigned char *numbers, uint64_t index) {
    uint64_t number;
    memcpy(&number, numbers + index * sizeof number, sizeof number);
    return number;
}

/* Types of 64 bits. Extremes are compared with the sign bit turned over where the type is unsigned: unsigned order is then
 * signed order, x - 2^63. */
static PS_ALWAYS_INLINE void fold_large(unsigned needs, bool is_signed, const unsigned char *left,
                                        const unsigned char *right, uint64_t count, ps_array_sums *sums) {
    const uint64_t order_bias = is_signed ? 0 : UINT64_C(1) << 63;
    split_sum sum = {0, 0}, magnitudes = {0, 0};
    long_sum products = {0, 0};
    int64_t minimum = (int64_t)(read_u64(left, 0) ^ order_bias), maximum = minimum;
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t x = read_u64(left, i);
        const uint64_t magnitude = is_signed && (int64_t)x < 0 ? -x : x;
        if (needs & PS_NEED_SUM)
            split_add(&sum, x, is_signed);
        if (needs & PS_NEED_MAGNITUDES)
            split_add(&magnitudes, magnitude, false);
        if (needs & PS_NEED_SQUARES)
            long_add(&products, (ps_uint128)magnitude * magnitude, false);
        if (needs & PS_NEED_PRODUCTS) {
            const uint64_t y = read_u64(right, i);
            const ps_int128 signed_product = (ps_int128)(int64_t)x * (int64_t)y;
            long_add(&products, is_signed ? (ps_uint128)signed_product : (ps_uint128)x * y,
                     is_signed && signed_product < 0);
        }
        if (needs & PS_NEED_EXTREMES) {
            const int64_t ordered = (int64_t)(x ^ order_bias);
            minimum = ordered < minimum ? ordered : minimum;
            maximum = ordered > maximum ? ordered : maximum;
        }
    }
    *sums = (ps_array_sums){.sum = split_value(&sum, is_signed),
                            .magnitudes = (ps_uint128)split_value(&magnitudes, false),
                            .squares = long_value(&products),
                            .minimum = minimum + (ps_int128)order_bias,
                            .maximum = maximum + (ps_int128)order_bias};
}

/* read_NAME, and fold_NAME with a loop for every mask of needs that has one. */
#define DEFINE_SMALL(name, element, is_signed)                                                     \
    static inline int64_t read_##name(const unsigned char *numbers, uint64_t index) {              \
        element number;                                                                            \
        memcpy(&number, numbers + index * sizeof number, sizeof number);                           \
        return number;                                                                             \
    }                                                                                              \
    static void fold_##name(unsigned needs, const unsigned char *left, const unsigned char *right, \
                            uint64_t count, ps_array_sums *sums) {                                 \
        PS_ARRAY_FOR_NEEDS(needs, fold_small, read_##name, is_signed, left, right, count, sums)    \
    }

DEFINE_SMALL(i8, int8_t, true)
DEFINE_SMALL(i16, int16_t, true)
DEFINE_SMALL(i32, int32_t, true)
DEFINE_SMALL(u8, uint8_t, false)
DEFINE_SMALL(u16, uint16_t, false)
DEFINE_SMALL(u32, uint32_t, false)

static void fold_i64(unsigned needs, const unsigned char *left, const unsigned char *right, uint64_t count,
                     ps_array_sums *sums) {
    PS_ARRAY_FOR_NEEDS(needs, fold_large, true, left, right, count, sums)
}

static void fold_u64(unsigned needs, const unsigned char *left, const unsigned char *right, uint64_t count,
                     ps_array_sums *sums) {
    PS_ARRAY_FOR_NEEDS(needs, fold_large, false, left, right, count, sums)
}

void ps_array_portable(parsum_type type, const unsigned char *left, const unsigned char *right,
                       uint64_t count, unsigned needs, ps_integer_partial *partial) {
    static void (*const fold[])(unsigned, const unsigned char *, const unsigned char *, uint64_t,
                                ps_array_sums *) = {
        [PARSUM_I8] = fold_i8, [PARSUM_I16] = fold_i16, [PARSUM_I32] = fold_i32, [PARSUM_I64] = fold_i64,
        [PARSUM_U8] = fold_u8, [PARSUM_U16] = fold_u16, [PARSUM_U32] = fold_u32, [PARSUM_U64] = fold_u64,
    };
    ps_array_sums sums;
    if (count == 0)
        return;
    fold[type](needs, left, right, count, &sums);
    ps_array_deposit(&sums, count, needs, partial);
}
