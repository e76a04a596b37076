/* array_template.h - sums of integers of 32 and 64 bits in memory, one body for all vector instruction sets.
 *
 * The including file defines, before it includes this:
 *   PS_PATH                      the function's name, of type ps_array_function
 *   PS_LANES                     64-bit lanes of a vector, two or more
 *   ps_vector                    an unsigned vector of them (GNU vector extension)
 *   PS_MULTIPLY_LOW32(a, b)      product of the low 32 bits of each lane, 64 bits
 *   PS_MULTIPLY_SIGNED32(a, b)   the same of signed numbers
 *   PS_ABSOLUTE32(a), PS_ABSOLUTE64(a)         magnitudes of signed numbers of 32 or 64 bits; of the least one modulo 2^32
 *                                              or 2^64, that is right as an unsigned number
 *   PS_LEAST32(a, b), PS_GREATEST32(a, b)      of signed numbers of 32 bits; and so for 64
 *   PS_KEEP(vector)              an empty asm statement that reads and writes a vector register
 *   PS_NARROW                    a ps_array_function for types of 8 and 16 bits, which need instructions of their own; not
 *                                defined where array_narrow_avx2.h has them
 * and, where the machine multiplies 52 bits and adds (AVX-512 IFMA):
 *   PS_MULTIPLY_ADD52_LOW(t,a,b), PS_MULTIPLY_ADD52_HIGH(t,a,b)   t + the low or high 52 bits of the 104-bit product
 *
 * Signed numbers are summed as x + 2^31 or x + 2^63, which are unsigned, and the sum is set right at the end. */
#include <stdbool.h>
#include <string.h>

#include "fold/array_sums.h"

/* A stride is what one turn of a loop takes: four vectors. Those of one operand come from two places, its first and its
 * second half: memory feeds two streams faster than one. */
enum { VECTORS = 4, VECTOR_BYTES = 8 * PS_LANES, STRIDE_BYTES = VECTORS * VECTOR_BYTES };
enum { HALF_STRIDE_BYTES = STRIDE_BYTES / 2 };

/* How far ahead of a stream memory is asked for: loops of many instructions see too few loads ahead themselves. */
enum { PREFETCH_BYTES = 1024, CACHE_LINE_BYTES = 64 };

/* Unrolled, and vectors never indexed by lane: arrays of them stay in registers. */
#define FOR_VECTORS(k) _Pragma("GCC unroll 4") for (int k = 0; k < VECTORS; k++)

/* A sum of unsigned 64-bit terms in each lane: modulo 2^64, and of their high halves apart. The sum of the low halves is
 * total - 2^32 * high modulo 2^64, and it is that residue itself because it is below 2^64. So is the sum of the high
 * halves: count <= 2^31 and no loop adds more than two terms for a number, or pair of numbers, to a lane: at most 2^32
 * terms, each half at most 2^32-1. */
typedef struct split_sum {
    ps_vector total;
    ps_vector high;
} split_sum;

_Static_assert(2 * PS_ARRAY_COUNT_MAX <= UINT64_MAX / UINT32_MAX, "a lane holds all halves of a call");

static PS_ALWAYS_INLINE ps_vector broadcast(uint64_t value) {
    return value - (ps_vector){0};
}

static PS_ALWAYS_INLINE ps_vector load(const unsigned char *address) {
    ps_vector vector;
    memcpy(&vector, address, sizeof vector);
    return vector;
}

/* Asks for what lies ahead of length_bytes of a stream. Beyond the numbers' end that does nothing wrong: a prefetch
 * raises no fault. */
static PS_ALWAYS_INLINE void prefetch(const unsigned char *stream, unsigned length_bytes) {
    _Pragma("GCC unroll 4") for (unsigned line = 0; line < length_bytes; line += CACHE_LINE_BYTES)
        __builtin_prefetch((const void *)((uintptr_t)stream + PREFETCH_BYTES + line));
}

/* Vector k of stride number turn, of strides in all. */
static PS_ALWAYS_INLINE ps_vector load_of_stride(const unsigned char *numbers, uint64_t strides,
                                                 uint64_t turn, int k) {
    const uint64_t half = k % 2 == 0 ? turn : strides + turn;
    return load(numbers + half * HALF_STRIDE_BYTES + k / 2 * VECTOR_BYTES);
}

static PS_ALWAYS_INLINE void prefetch_stride(const unsigned char *numbers, uint64_t strides, uint64_t turn) {
    prefetch(numbers + turn * HALF_STRIDE_BYTES, HALF_STRIDE_BYTES);
    prefetch(numbers + (strides + turn) * HALF_STRIDE_BYTES, HALF_STRIDE_BYTES);
}

/* Through PS_KEEP the compiler cannot see: it would add the terms of a stride up first, and run out of registers. */
static PS_ALWAYS_INLINE void split_add(split_sum *sum, ps_vector term) {
    sum->total += term;
    PS_KEEP(sum->total);
    sum->high += term >> 32;
    PS_KEEP(sum->high);
}

static PS_ALWAYS_INLINE ps_uint128 across_lanes(ps_vector vector) {
    uint64_t lanes[PS_LANES];
    ps_uint128 total = 0;
    memcpy(lanes, &vector, sizeof vector);
    for (int lane = 0; lane < PS_LANES; lane++)
        total += lanes[lane];
    return total;
}

/* The sum of all terms: below 2^32 * 2^64 a lane. */
static PS_ALWAYS_INLINE ps_uint128 split_value(const split_sum *sum) {
    return across_lanes(sum->total - (sum->high << 32)) + (across_lanes(sum->high) << 32);
}

/* The sum of all halves of all terms, each for itself: of numbers of 32 bits, two in a term. */
static PS_ALWAYS_INLINE ps_uint128 split_halves(const split_sum *sum) {
    return across_lanes(sum->total - (sum->high << 32)) + across_lanes(sum->high);
}

#ifdef PS_MULTIPLY_ADD52_LOW

/* Sums of squares of u = h * 2^52 + l with h < 2^12: u^2 = l*l + 2 * l*h * 2^52 + h*h * 2^104; h*h < 2^24 has no high
 * part. Every part of a product is below 2^52, so that 2^12 of them fit a lane, (2^52-1) * 2^12 < 2^64; a stride brings
 * four to each. */
enum { LL_LOW, LL_HIGH, LH_LOW, LH_HIGH, HH, BINS };
enum { BURST52 = 1 << 12, SQUARES_STRIDES = BURST52 / VECTORS };
typedef struct squares64 {
    ps_vector bin[BINS];
} squares64;

static PS_ALWAYS_INLINE squares64 squares64_zero(void) {
    const ps_vector zero = broadcast(0);
    return (squares64){{zero, zero, zero, zero, zero}};
}

static PS_ALWAYS_INLINE void squares64_add(squares64 *squares, ps_vector u) {
    const ps_vector h = u >> 52;
    /* The instruction reads the low 52 bits of its factors: l without a mask. */
    squares->bin[LL_LOW] = PS_MULTIPLY_ADD52_LOW(squares->bin[LL_LOW], u, u);
    squares->bin[LL_HIGH] = PS_MULTIPLY_ADD52_HIGH(squares->bin[LL_HIGH], u, u);
    squares->bin[LH_LOW] = PS_MULTIPLY_ADD52_LOW(squares->bin[LH_LOW], u, h);
    squares->bin[LH_HIGH] = PS_MULTIPLY_ADD52_HIGH(squares->bin[LH_HIGH], u, h);
    squares->bin[HH] = PS_MULTIPLY_ADD52_LOW(squares->bin[HH], h, h);
}

static PS_ALWAYS_INLINE void squares64_add_pair(squares64 *squares, bool at_most_2_63, ps_vector u,
                                                ps_vector v) {
    (void)at_most_2_63;
    squares64_add(squares, u);
    squares64_add(squares, v);
}

static PS_ALWAYS_INLINE void squares64_flush(const squares64 *squares, ps_wide *total) {
    static const unsigned bit[BINS] = {0, 52, 53, 105, 104};
    _Pragma("GCC unroll 5") for (int b = 0; b < BINS; b++)
        ps_wide_add_at(total, across_lanes(squares->bin[b]), bit[b]);
}

#else

/* Sums of squares of u = h * 2^32 + l: u^2 = l*l + l*h * 2^33 + h*h * 2^64. */
enum { LL, LH, HH, PRODUCTS };
#define SQUARES_STRIDES UINT64_MAX
typedef struct squares64 {
    split_sum product[PRODUCTS];
} squares64;

static PS_ALWAYS_INLINE squares64 squares64_zero(void) {
    const split_sum zero = {broadcast(0), broadcast(0)};
    return (squares64){{zero, zero, zero}};
}

/* Squares of u and v. at_most_2_63: magnitudes of signed numbers, whose h is at most 2^31, and that only where l is 0:
 * l*h <= (2^32-1) * (2^31-1) < 2^63 and h*h <= 2^62, so that two of either are one term. */
static PS_ALWAYS_INLINE void squares64_add_pair(squares64 *squares, bool at_most_2_63, ps_vector u,
                                                ps_vector v) {
    const ps_vector u_high = u >> 32, v_high = v >> 32;
    const ps_vector lh = PS_MULTIPLY_LOW32(u, u_high), hh = PS_MULTIPLY_LOW32(u_high, u_high);
    split_add(&squares->product[LL], PS_MULTIPLY_LOW32(u, u));
    split_add(&squares->product[LL], PS_MULTIPLY_LOW32(v, v));
    if (at_most_2_63) {
        split_add(&squares->product[LH], lh + PS_MULTIPLY_LOW32(v, v_high));
        split_add(&squares->product[HH], hh + PS_MULTIPLY_LOW32(v_high, v_high));
    } else {
        split_add(&squares->product[LH], lh);
        split_add(&squares->product[HH], hh);
        split_add(&squares->product[LH], PS_MULTIPLY_LOW32(v, v_high));
        split_add(&squares->product[HH], PS_MULTIPLY_LOW32(v_high, v_high));
    }
}

static PS_ALWAYS_INLINE void squares64_flush(const squares64 *squares, ps_wide *total) {
    static const unsigned bit[PRODUCTS] = {0, 33, 64};
    _Pragma("GCC unroll 3") for (int p = 0; p < PRODUCTS; p++)
        ps_wide_add_at(total, split_value(&squares->product[p]), bit[p]);
}

#endif

/* Squares of two numbers of 32 bits in each lane. Those of magnitudes of signed numbers are at most 2^62: two are one term. */
static PS_ALWAYS_INLINE void squares32_add(split_sum *squares, bool at_most_2_31, ps_vector u) {
    const ps_vector low = PS_MULTIPLY_LOW32(u, u), high = PS_MULTIPLY_LOW32(u >> 32, u >> 32);
    if (at_most_2_31) {
        split_add(squares, low + high);
    } else {
        split_add(squares, low);
        split_add(squares, high);
    }
}

#define LEAST(bits, a, b) ((bits) == 64 ? PS_LEAST64(a, b) : PS_LEAST32(a, b))
#define GREATEST(bits, a, b) ((bits) == 64 ? PS_GREATEST64(a, b) : PS_GREATEST32(a, b))

/* What one loop gathers. */
typedef struct vector_sums {
    split_sum sum, magnitudes, squares32;
    squares64 squares;
    ps_vector least, greatest;
} vector_sums;

/* Turns the sign bits over: of signed numbers that is x + 2^(bits-1); of unsigned ones x - 2^(bits-1), whose signed order
 * is that of x. */
static PS_ALWAYS_INLINE ps_vector turn_signs(unsigned bits, ps_vector x) {
    return x ^ broadcast(bits == 64 ? UINT64_C(1) << 63 : UINT64_C(0x8000000080000000));
}

/* Adds what needs asks for of x, but for squares of 64 bits, and returns its magnitudes. Numbers of 32 bits lie two in a
 * 64-bit lane, where a split sum takes them at once: one is the high half and one the low half of its terms. */
static PS_ALWAYS_INLINE ps_vector add_vector(vector_sums *sums, unsigned needs, unsigned bits, bool is_signed,
                                             ps_vector x) {
    const ps_vector turned = turn_signs(bits, x);
    const ps_vector ordered = is_signed ? x : turned;
    ps_vector u = x;
    if (is_signed)
        u = bits == 64 ? PS_ABSOLUTE64(x) : PS_ABSOLUTE32(x);
    if (needs & PS_NEED_SUM)
        split_add(&sums->sum, is_signed ? turned : x);
    if (needs & PS_NEED_EXTREMES) {
        sums->least = LEAST(bits, sums->least, ordered);
        sums->greatest = GREATEST(bits, sums->greatest, ordered);
    }
    if (needs & PS_NEED_MAGNITUDES)
        split_add(&sums->magnitudes, u);
    if (needs & PS_NEED_SQUARES && bits == 32)
        squares32_add(&sums->squares32, is_signed, u);
    return u;
}

/* Turns what lanes hold into the sums of count numbers; squares of 64 bits were flushed. */
static PS_ALWAYS_INLINE void finish(const vector_sums *lanes, unsigned needs, unsigned bits, bool is_signed,
                                    uint64_t count, ps_array_sums *sums) {
    const ps_int128 bias = is_signed ? (ps_int128)count << (bits - 1) : 0;
    sums->sum = (ps_int128)(bits == 64 ? split_value(&lanes->sum) : split_halves(&lanes->sum)) - bias;
    sums->magnitudes = bits == 64 ? split_value(&lanes->magnitudes) : split_halves(&lanes->magnitudes);
    if (bits == 32)
        ps_wide_add_at(&sums->squares, split_value(&lanes->squares32), 0);
    if (needs & PS_NEED_EXTREMES) {
        /* Copies: what has an address does not stay in registers. */
        const ps_vector least = lanes->least, greatest = lanes->greatest;
        ps_array_set_extremes(&least, &greatest, sizeof least, bits / 8, is_signed, sums);
    }
}

/* Numbers of 32 or 64 bits; strides >= 1. */
static PS_ALWAYS_INLINE void fold_vectors(unsigned needs, unsigned bits, bool is_signed,
                                          const unsigned char *numbers, uint64_t strides,
                                          ps_array_sums *sums) {
    const bool want_squares64 = needs & PS_NEED_SQUARES && bits == 64;
    const uint64_t burst = want_squares64 ? SQUARES_STRIDES : UINT64_MAX;
    const split_sum zero = {broadcast(0), broadcast(0)};
    vector_sums lanes = {.sum = zero, .magnitudes = zero, .squares32 = zero};
    lanes.least = lanes.greatest = is_signed ? load(numbers) : turn_signs(bits, load(numbers));
    for (uint64_t done = 0; done < strides;) {
        const uint64_t until = strides - done < burst ? strides : done + burst;
        lanes.squares = squares64_zero();
        for (; done < until; done++) {
            prefetch_stride(numbers, strides, done);
            _Pragma("GCC unroll 2") for (int k = 0; k < VECTORS; k += 2) {
                const ps_vector x = load_of_stride(numbers, strides, done, k);
                const ps_vector u = add_vector(&lanes, needs, bits, is_signed, x);
                const ps_vector y = load_of_stride(numbers, strides, done, k + 1);
                const ps_vector v = add_vector(&lanes, needs, bits, is_signed, y);
                if (want_squares64)
                    squares64_add_pair(&lanes.squares, is_signed, u, v);
            }
        }
        if (want_squares64)
            squares64_flush(&lanes.squares, &sums->squares);
    }
    finish(&lanes, needs, bits, is_signed, strides * (STRIDE_BYTES * 8 / bits), sums);
}

/* Products of 32 bits. Signed ones lie between -2^62 and 2^62 and are summed as p + 2^63. */
static PS_ALWAYS_INLINE void products32(bool is_signed, const unsigned char *left, const unsigned char *right,
                                        uint64_t strides, ps_array_sums *sums) {
    const ps_vector sign = broadcast(UINT64_C(1) << 63);
    split_sum products = {broadcast(0), broadcast(0)};
    for (uint64_t at = 0; at < strides * STRIDE_BYTES; at += STRIDE_BYTES) {
        prefetch(left + at, STRIDE_BYTES);
        prefetch(right + at, STRIDE_BYTES);
        FOR_VECTORS(k) {
            const ps_vector x = load(left + at + (uint64_t)k * VECTOR_BYTES);
            const ps_vector y = load(right + at + (uint64_t)k * VECTOR_BYTES);
            if (is_signed) {
                split_add(&products, PS_MULTIPLY_SIGNED32(x, y) ^ sign);
                split_add(&products, PS_MULTIPLY_SIGNED32(x >> 32, y >> 32) ^ sign);
            } else {
                split_add(&products, PS_MULTIPLY_LOW32(x, y));
                split_add(&products, PS_MULTIPLY_LOW32(x >> 32, y >> 32));
            }
        }
    }
    const ps_int128 bias = is_signed ? (ps_int128)(strides * (STRIDE_BYTES / 4)) << 63 : 0;
    sums->squares = ps_wide_from_int128((ps_int128)split_value(&products) - bias);
}

/* Products of 64 bits of u = h * 2^32 + l and v alike: u*v = l*l' + (l*h' + h*l') * 2^32 + h*h' * 2^64. Signed ones by
 * u = x + 2^63, v = y + 2^63: x*y = u*v - 2^63 * (u + v) + 2^126. */
static PS_ALWAYS_INLINE void products64(bool is_signed, const unsigned char *left, const unsigned char *right,
                                        uint64_t strides, ps_array_sums *sums) {
    const ps_vector sign = broadcast(UINT64_C(1) << 63);
    const ps_vector zero = broadcast(0);
    split_sum low = {zero, zero}, cross = {zero, zero}, high = {zero, zero}, factors = {zero, zero};
    for (uint64_t at = 0; at < strides * STRIDE_BYTES; at += STRIDE_BYTES) {
        prefetch(left + at, STRIDE_BYTES);
        prefetch(right + at, STRIDE_BYTES);
        FOR_VECTORS(k) {
            ps_vector u = load(left + at + (uint64_t)k * VECTOR_BYTES);
            ps_vector v = load(right + at + (uint64_t)k * VECTOR_BYTES);
            if (is_signed) {
                u ^= sign;
                v ^= sign;
                split_add(&factors, u);
                split_add(&factors, v);
            }
            const ps_vector u_high = u >> 32;
            const ps_vector v_high = v >> 32;
            split_add(&low, PS_MULTIPLY_LOW32(u, v));
            split_add(&cross, PS_MULTIPLY_LOW32(u, v_high));
            split_add(&cross, PS_MULTIPLY_LOW32(u_high, v));
            split_add(&high, PS_MULTIPLY_LOW32(u_high, v_high));
        }
    }
    ps_wide_add_at(&sums->squares, split_value(&low), 0);
    ps_wide_add_at(&sums->squares, split_value(&cross), 32);
    ps_wide_add_at(&sums->squares, split_value(&high), 64);
    if (is_signed) {
        ps_wide bias = {{0, 0, 0, 0}};
        ps_wide_add_at(&bias, split_value(&factors), 63);
        ps_wide_subtract(&sums->squares, &bias);
        ps_wide_add_at(&sums->squares, strides * (STRIDE_BYTES / 8), 126);
    }
}

static PS_ALWAYS_INLINE void fold_products(unsigned bits, bool is_signed, const unsigned char *left,
                                           const unsigned char *right, uint64_t strides,
                                           ps_array_sums *sums) {
    if (bits == 32)
        products32(is_signed, left, right, strides, sums);
    else
        products64(is_signed, left, right, strides, sums);
}

/* One loop for mask. Magnitudes of unsigned numbers are the numbers. */
static PS_ALWAYS_INLINE void fold_mask(unsigned mask, unsigned bits, bool is_signed,
                                       const unsigned char *left, const unsigned char *right,
                                       uint64_t strides, ps_array_sums *sums) {
    if (mask & PS_NEED_PRODUCTS) {
        fold_products(bits, is_signed, left, right, strides, sums);
    } else if (is_signed || !(mask & PS_NEED_MAGNITUDES)) {
        fold_vectors(mask, bits, is_signed, left, strides, sums);
    } else {
        fold_vectors((mask & ~(unsigned)PS_NEED_MAGNITUDES) | PS_NEED_SUM, bits, is_signed, left, strides,
                     sums);
        sums->magnitudes = (ps_uint128)sums->sum;
    }
}

#define DEFINE_FOLD(name, bits, is_signed)                                                  \
    static void name(unsigned needs, const unsigned char *left, const unsigned char *right, \
                     uint64_t strides, ps_array_sums *sums) {                               \
        PS_ARRAY_FOR_NEEDS(needs, fold_mask, bits, is_signed, left, right, strides, sums)   \
    }

DEFINE_FOLD(fold_i32, 32, true)
DEFINE_FOLD(fold_i64, 64, true)
DEFINE_FOLD(fold_u32, 32, false)
DEFINE_FOLD(fold_u64, 64, false)

#ifndef PS_NARROW
#include "fold/array_narrow_avx2.h"
#endif

typedef void fold_function(unsigned needs, const unsigned char *left, const unsigned char *right,
                           uint64_t strides, ps_array_sums *sums);

void PS_PATH(parsum_type type, const unsigned char *left, const unsigned char *right, uint64_t count,
             unsigned needs, ps_integer_partial *partial) {
    static fold_function *const fold[PARSUM_TYPE_COUNT] = {
        [PARSUM_I32] = fold_i32, [PARSUM_I64] = fold_i64, [PARSUM_U32] = fold_u32, [PARSUM_U64] = fold_u64,
#ifndef PS_NARROW
        [PARSUM_I8] = fold_i8,   [PARSUM_I16] = fold_i16, [PARSUM_U8] = fold_u8,   [PARSUM_U16] = fold_u16,
#endif
    };
    const size_t size_bytes = parsum_type_size(type);
#ifdef PS_NARROW
    if (size_bytes < 4) {
        PS_NARROW(type, left, right, count, needs, partial);
        return;
    }
#endif
    const uint64_t strides = count * size_bytes / STRIDE_BYTES;
    const uint64_t done_bytes = strides * STRIDE_BYTES;
    const uint64_t done = done_bytes / size_bytes;
    if (strides > 0) {
        ps_array_sums sums;
        memset(&sums, 0, sizeof sums);
        fold[type](needs, left, right, strides, &sums);
        ps_array_deposit(&sums, done, needs, partial);
    }
    ps_array_portable(type, left + done_bytes, right == NULL ? NULL : right + done_bytes, count - done, needs,
                      partial);
}
