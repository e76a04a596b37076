/* reference_float.c - the reference for floats: every number cut into 32-bit pieces, each added to the bin of its place.
 *
 * A bin is a signed 64-bit sum of pieces below 2^32; bins are carried before 2^31 pieces can have reached one. */
#include <math.h>
#include <string.h>

#include "run/reference_list.h"

enum { PIECE_BITS = 32, LOWEST_BIT = -2176, LEAST_BIT = -1074 /* of a double */ };

static void carry(ps_reference_bins *bins) {
    for (size_t i = 0; i + 1 < PS_REFERENCE_BINS; i++) {
        const int64_t low = bins->bin[i] & (int64_t)UINT32_MAX;
        bins->bin[i + 1] += (bins->bin[i] - low) / (INT64_C(1) << PIECE_BITS);
        bins->bin[i] = low;
    }
    bins->added = 0;
}

/* bins += magnitude * 2^bit, with its sign. A magnitude below 2^106 shifted by less than 32 bits has five pieces. */
static void add_bits(ps_reference_bins *bins, ps_uint128 magnitude, int bit, bool negative) {
    const unsigned place = (unsigned)(bit - LOWEST_BIT);
    const unsigned shift = place % PIECE_BITS;
    size_t index = place / PIECE_BITS;
    ps_uint128 low = magnitude & (((ps_uint128)1 << 64) - 1), high = magnitude >> 64;
    low <<= shift;
    high = (high << shift) + (low >> 64);
    low &= ((ps_uint128)1 << 64) - 1;
    while (low != 0 || high != 0) {
        const int64_t piece = (int64_t)(low & UINT32_MAX);
        bins->bin[index++] += negative ? -piece : piece;
        low = (low >> PIECE_BITS) | (high & UINT32_MAX) << PIECE_BITS;
        high >>= PIECE_BITS;
    }
    if (++bins->added == UINT64_C(1) << 30)
        carry(bins);
}

/* value = mantissa * 2^*bit, mantissa below 2^53; finite. */
static uint64_t split(double value, int *bit) {
    const double mantissa = frexp(fabs(value), bit);
    *bit -= 53;
    const uint64_t whole = (uint64_t)ldexp(mantissa, 53);
    if (*bit >= LEAST_BIT)
        return whole;
    /* A subnormal, whose last bits are zeros that frexp has shifted in. */
    const int zeros = LEAST_BIT - *bit;
    *bit = LEAST_BIT;
    return whole >> zeros;
}

static unsigned special_of(double value) {
    return isnan(value)    ? PS_TERM_NAN
           : !isinf(value) ? 0
           : value > 0     ? PS_TERM_PLUS_INFINITY
                           : PS_TERM_MINUS_INFINITY;
}

static void add_number(ps_reference_floats *floats, double value, unsigned needs) {
    const unsigned special = special_of(value);
    const bool infinite = (special & (PS_TERM_PLUS_INFINITY | PS_TERM_MINUS_INFINITY)) != 0;
    if (special == 0 && value != 0) {
        int bit;
        const uint64_t mantissa = split(value, &bit);
        add_bits(&floats->sum, mantissa, bit, value < 0);
        add_bits(&floats->magnitudes, mantissa, bit, false);
        if (needs & PS_NEED_SQUARES)
            add_bits(&floats->squares, (ps_uint128)mantissa * mantissa, 2 * bit, false);
    }
    floats->sum_specials |= special;
    floats->square_specials |= infinite ? PS_TERM_PLUS_INFINITY : special;
    if (isnan(value))
        floats->nan = true;
    else if (!floats->any || value < floats->minimum)
        floats->minimum = value;
    if (!isnan(value) && (!floats->any || value > floats->maximum))
        floats->maximum = value;
    floats->any = floats->any || !isnan(value);
}

void ps_reference_floats_add_number(ps_reference_floats *floats, double value, unsigned needs) {
    if (needs & PS_SKIP_NAN && isnan(value)) {
        floats->skipped_nan++;
        return;
    }
    add_number(floats, value, needs);
    floats->count++;
}

static void add_product(ps_reference_floats *floats, double left, double right) {
    const unsigned specials = special_of(left) | special_of(right);
    if (specials != 0) {
        floats->square_specials |= special_of(left * right);
        return;
    }
    if (left == 0 || right == 0)
        return;
    int left_bit, right_bit;
    const uint64_t a = split(left, &left_bit), b = split(right, &right_bit);
    add_bits(&floats->squares, (ps_uint128)a * b, left_bit + right_bit, (left < 0) != (right < 0));
}

static double number_at(const unsigned char *data, parsum_type type, bool swapped) {
    unsigned char bytes[8] = {0};
    const size_t size = parsum_type_size(type);
    float narrow;
    double wide;
    for (size_t i = 0; i < size; i++)
        bytes[i] = data[swapped ? size - 1 - i : i];
    memcpy(&narrow, bytes, sizeof narrow);
    memcpy(&wide, bytes, sizeof wide);
    return type == PARSUM_F32 ? (double)narrow : wide;
}

void ps_reference_floats_add(ps_reference_floats *floats, const ps_block *block, unsigned needs) {
    const ps_array_block *array = &block->array;
    for (uint64_t i = 0; i < block->count; i++) {
        const double value =
            number_at(array->data[0] + (int64_t)i * array->stride_bytes[0], array->type, array->swapped[0]);
        if (needs & PS_NEED_PRODUCTS) {
            add_product(floats, value,
                        number_at(array->data[1] + (int64_t)i * array->stride_bytes[1], array->type,
                                  array->swapped[1]));
            floats->count++;
        } else {
            ps_reference_floats_add_number(floats, value, needs);
        }
    }
}

/* Two 32-bit bins make a limb of two's complement; the last carry is the sign. */
static void to_binary(const ps_reference_bins *bins, ps_binary *binary) {
    ps_reference_bins whole = *bins;
    carry(&whole);
    for (size_t i = 0; i < PS_BINARY_LIMBS; i++)
        binary->limb[i] = (uint64_t)whole.bin[2 * i] + ((uint64_t)whole.bin[2 * i + 1] << PIECE_BITS);
}

void ps_reference_floats_deposit(const ps_reference_floats *floats, unsigned needs, ps_partial *partial) {
    ps_float_partial own;
    ps_float_clear(&own.head);
    own.head.count = floats->count;
    own.head.skipped_nan = floats->skipped_nan;
    if (needs & PS_NEED_SUM) {
        to_binary(&floats->sum, &own.sum.finite);
        own.sum.specials = floats->sum_specials;
    }
    if (needs & PS_NEED_MAGNITUDES) {
        to_binary(&floats->magnitudes, &own.magnitudes.finite);
        own.magnitudes.specials = floats->square_specials;
    }
    if (needs & (PS_NEED_SQUARES | PS_NEED_PRODUCTS)) {
        to_binary(&floats->squares, &own.squares.finite);
        own.squares.specials = floats->square_specials;
    }
    own.minimum = floats->nan ? NAN : floats->minimum + 0.0;
    own.maximum = floats->nan ? NAN : floats->maximum + 0.0;
    ps_kinds[PS_KIND_FLOAT].merge(partial, &own.head);
}
