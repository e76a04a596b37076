/* float_fallback.c - exact sums of any finite floats and doubles, in integers. */
#include "fold/float_fallback.h"

#include "fold/float_piece.h"

enum {
    SIGNIFICAND_BITS = 52,   /* stored ones */
    EXPONENTS = 2048,        /* half of the bins */
    EXPONENT_OFFSET = -1075, /* a double of biased exponent e > 0 counts 2^(e - 1075) */
    DIGIT_BITS = 32,
    FEW = 256 /* values for which clearing and reading the bins costs more than they do */
};

static const uint64_t significand_mask = (UINT64_C(1) << SIGNIFICAND_BITS) - 1;
static const uint64_t implicit_bit = UINT64_C(1) << SIGNIFICAND_BITS;

static inline uint64_t bits_at(parsum_type type, const unsigned char *numbers, uint64_t index) {
    const double number = ps_float_at(type, numbers, index);
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

void ps_float_fallback_start(ps_float_fallback *fallback, unsigned needs) {
    fallback->needs = needs;
    fallback->value_count = 0;
    fallback->product_count = 0;
}

/* A bin's sum is below 2^53 * PS_FLOAT_FALLBACK_ROOM = 2^79: 2^15 carries of 2^64, which 16 bits count. Subnormals, whose unit
 * is that of exponent 1, go to its bins. Where there are none, zeros alone go to the bins of exponent 0, as if they had the
 * implicit bit; those are never read. */
static inline __attribute__((always_inline)) void add_to_bin(ps_float_fallback *fallback, uint64_t bits,
                                                             bool subnormals) {
    uint64_t bin = bits >> SIGNIFICAND_BITS, significand = (bits & significand_mask) | implicit_bit;
    if (subnormals && __builtin_expect(bin % EXPONENTS == 0, false)) {
        significand ^= implicit_bit;
        bin++;
    }
    if (__builtin_expect(__builtin_add_overflow(fallback->bins[bin], significand, &fallback->bins[bin]),
                         false))
        fallback->carries[bin]++;
}

/* What lies as far ahead as the next piece (float_piece.h) begins is fetched while this one is worked on, each line once: as many
 * requests as numbers took longer than adding those. Beyond the list's end a request has no effect. */
static inline __attribute__((always_inline)) void add_to_bins(ps_float_fallback *fallback, parsum_type type,
                                                              const unsigned char *numbers, uint64_t count,
                                                              bool subnormals) {
    enum { LINE_BYTES = 64, AHEAD_BYTES = PS_FLOAT_PIECE * sizeof(double) };
    const uint64_t size = type == PARSUM_F32 ? sizeof(float) : sizeof(double), in_line = LINE_BYTES / size;
    uint64_t i = 0;
    for (; i + in_line <= count; i += in_line) {
        __builtin_prefetch((const void *)((uintptr_t)numbers + AHEAD_BYTES + i * size));
        _Pragma("GCC unroll 16") for (uint64_t j = 0; j < in_line; j++)
            add_to_bin(fallback, bits_at(type, numbers, i + j), subnormals);
    }
    for (; i < count; i++)
        add_to_bin(fallback, bits_at(type, numbers, i), subnormals);
}

static void add_one_by_one(ps_float_fallback *fallback, parsum_type type, const unsigned char *numbers,
                           uint64_t count, ps_float_partial *partial) {
    for (uint64_t i = 0; i < count; i++) {
        const double value = ps_float_at(type, numbers, i);
        if (fallback->needs & PS_NEED_SUM)
            ps_binary_add_double(&partial->sum.finite, value);
        if (fallback->needs & PS_NEED_MAGNITUDES)
            ps_binary_add_double(&partial->magnitudes.finite, __builtin_fabs(value));
    }
}

static ps_int128 bin_sum(const ps_float_fallback *fallback, unsigned bin) {
    return (ps_int128)fallback->carries[bin] << 64 | fallback->bins[bin];
}

/* Neighbouring exponents are gathered before they are added: 32 sums below 2^79 of either sign, shifted by up to 31 bits, stay
 * below 2^(79 + 32) together; both signs at most double that, below 2^127. */
static void finish_values(ps_float_fallback *fallback, ps_float_partial *partial) {
    enum { GROUP = 32 };
    fallback->bins[0] = fallback->bins[EXPONENTS] = 0; /* of zeros */
    fallback->carries[0] = fallback->carries[EXPONENTS] = 0;
    for (unsigned from = 0; from < EXPONENTS; from += GROUP) {
        ps_int128 sum = 0, magnitudes = 0;
        for (unsigned i = GROUP; i-- > 0;) {
            const ps_int128 plus = bin_sum(fallback, from + i),
                            minus = bin_sum(fallback, EXPONENTS + from + i);
            sum = 2 * sum + plus - minus;
            magnitudes = 2 * magnitudes + plus + minus;
        }
        if (magnitudes == 0)
            continue;
        const int bit = (int)from + EXPONENT_OFFSET;
        if (fallback->needs & PS_NEED_SUM)
            ps_binary_add_at(&partial->sum.finite, sum, bit);
        if (fallback->needs & PS_NEED_MAGNITUDES)
            ps_binary_add_at(&partial->magnitudes.finite, magnitudes, bit);
    }
    fallback->value_count = 0;
}

void ps_float_fallback_add(ps_float_fallback *fallback, parsum_type type, const unsigned char *numbers,
                           uint64_t count, bool subnormals, ps_float_partial *partial) {
    if (fallback->value_count == 0 && count <= FEW) {
        add_one_by_one(fallback, type, numbers, count, partial);
        return;
    }
    if (fallback->value_count + count > PS_FLOAT_FALLBACK_ROOM)
        finish_values(fallback, partial);
    if (fallback->value_count == 0) {
        memset(fallback->bins, 0, sizeof fallback->bins);
        memset(fallback->carries, 0, sizeof fallback->carries);
    }
    fallback->value_count += (uint32_t)count;
    if (type == PARSUM_F32)
        add_to_bins(fallback, PARSUM_F32, numbers, count, false); /* doubles are none of them */
    else if (subnormals)
        add_to_bins(fallback, PARSUM_F64, numbers, count, true);
    else
        add_to_bins(fallback, PARSUM_F64, numbers, count, false);
}

/* A finite double as integer * 2^exponent, without its sign. */
typedef struct parts {
    uint64_t integer;
    int exponent;
} parts;

static inline parts parts_of(uint64_t bits) {
    const int biased = (int)(bits >> SIGNIFICAND_BITS) % EXPONENTS;
    if (biased == 0)
        return (parts){bits & significand_mask, 1 + EXPONENT_OFFSET};
    return (parts){(bits & significand_mask) | implicit_bit, biased + EXPONENT_OFFSET};
}

/* A product is below 2^106, shifted by up to 31 bits below 2^137: five digits, each below 2^32 in magnitude. So a digit is at
 * most 2^32 * PS_FLOAT_FALLBACK_ROOM = 2^58. The lowest is that of 2^-2148, 28 bits up; the fifth of the highest, of
 * 2^(2 * 971), has number (1942 + 2176) / 32 + 4 = 132 of 136. */
static inline __attribute__((always_inline)) void add_products(ps_float_fallback *fallback, parsum_type type,
                                                               const unsigned char *left,
                                                               const unsigned char *right, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t a = bits_at(type, left, i), b = bits_at(type, right, i);
        const parts of_a = parts_of(a), of_b = parts_of(b);
        const ps_uint128 product = (ps_uint128)of_a.integer * of_b.integer;
        const unsigned position = (unsigned)(of_a.exponent + of_b.exponent - PS_BINARY_LOWEST_BIT);
        const unsigned shift = position % DIGIT_BITS;
        const ps_uint128 upper = product >> (DIGIT_BITS - shift);
        const int64_t sign = (int64_t)(a ^ b) >> 63; /* 0 or -1: x ^ sign - sign is x or -x */
        int64_t *digit = fallback->digits + position / DIGIT_BITS;
        digit[0] += ((int64_t)(uint32_t)((uint64_t)product << shift) ^ sign) - sign;
        digit[1] += ((int64_t)(uint32_t)upper ^ sign) - sign;
        digit[2] += ((int64_t)(uint32_t)(upper >> 32) ^ sign) - sign;
        digit[3] += ((int64_t)(uint32_t)(upper >> 64) ^ sign) - sign;
        digit[4] += ((int64_t)(upper >> 96) ^ sign) - sign;
    }
}

static void finish_products(ps_float_fallback *fallback, ps_float_partial *partial) {
    for (int i = 0; i < PS_FLOAT_DIGITS; i++) {
        if (fallback->digits[i] != 0)
            ps_binary_add_at(&partial->squares.finite, fallback->digits[i],
                             PS_BINARY_LOWEST_BIT + DIGIT_BITS * i);
    }
    fallback->product_count = 0;
}

void ps_float_fallback_add_products(ps_float_fallback *fallback, parsum_type type, const unsigned char *left,
                                    const unsigned char *right, uint64_t count, ps_float_partial *partial) {
    if (fallback->product_count + count > PS_FLOAT_FALLBACK_ROOM)
        finish_products(fallback, partial);
    if (fallback->product_count == 0)
        memset(fallback->digits, 0, sizeof fallback->digits);
    fallback->product_count += (uint32_t)count;
    if (type == PARSUM_F32)
        add_products(fallback, PARSUM_F32, left, right, count);
    else
        add_products(fallback, PARSUM_F64, left, right, count);
}

void ps_float_fallback_finish(ps_float_fallback *fallback, ps_float_partial *partial) {
    if (fallback->value_count > 0)
        finish_values(fallback, partial);
    if (fallback->product_count > 0)
        finish_products(fallback, partial);
}
