/* binary.c - the long accumulator of doubles: adding, merging and rounding it. Owns the arithmetic of its limbs, knows nothing
 * of statistics. Only integer operations: neither the rounding mode nor the flushing of subnormals can change a bit. */
#include "exact/binary.h"

#include <string.h>

/* integer * 2^exponent; |integer| < 2^53, and exponent from -1074 to 971. */
typedef struct float_parts {
    int64_t integer;
    int exponent;
} float_parts;

static float_parts split(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    const int biased = (int)(bits >> 52 & 0x7ff);
    /* These have no implicit bit, and the exponent of the least normal doubles. */
    const bool subnormal = biased == 0;
    const int64_t magnitude = (int64_t)((bits & ((UINT64_C(1) << 52) - 1)) | (uint64_t)!subnormal << 52);
    return (float_parts){bits >> 63 ? -magnitude : magnitude, biased + subnormal - 1075};
}

/* limb[from...] += -1, 0 or 1: all that a term's limbs above its last part, which are copies of its sign, and the carry into
 * them come to. At the top it wraps around, as two's complement does. */
static void propagate(ps_binary *total, unsigned from, bool negative, bool carry) {
    if (carry && !negative) {
        while (from < PS_BINARY_LIMBS && ++total->limb[from] == 0)
            from++;
    } else if (!carry && negative) {
        while (from < PS_BINARY_LIMBS && total->limb[from]-- == 0)
            from++;
    }
}

void ps_binary_add_at(ps_binary *total, ps_int128 value, int bit) {
    const unsigned position = (unsigned)(bit - PS_BINARY_LOWEST_BIT);
    const unsigned word = position / 64, shift = position % 64;
    const uint64_t low = (uint64_t)value, high = (uint64_t)((ps_uint128)value >> 64);
    const uint64_t sign = value < 0 ? UINT64_MAX : 0;
    /* value << shift has at most 191 bits: three limbs. */
    const uint64_t part[3] = {low << shift, shift ? high << shift | low >> (64 - shift) : high,
                              shift ? sign << shift | high >> (64 - shift) : sign};
    uint64_t carry = 0;
    unsigned at = word;
    /* Limbs beyond the top would hold the sign alone: the sum stays in its bounds. */
    for (unsigned i = 0; i < 3 && at < PS_BINARY_LIMBS; i++, at++) {
        const ps_uint128 sum = (ps_uint128)total->limb[at] + part[i] + carry;
        total->limb[at] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    propagate(total, at, sign != 0, carry != 0);
}

/* Two limbs hold |integer| < 2^53 shifted by at most 63 bits: below 2^116, and its sign. The highest of them is number
 * (971 + 2176) / 64 + 1 = 50. */
void ps_binary_add_double(ps_binary *total, double value) {
    const float_parts term = split(value);
    const unsigned position = (unsigned)(term.exponent - PS_BINARY_LOWEST_BIT);
    const unsigned word = position / 64;
    const ps_uint128 part = (ps_uint128)(ps_int128)term.integer << position % 64;
    const ps_uint128 low = (ps_uint128)total->limb[word] + (uint64_t)part;
    const ps_uint128 high =
        (ps_uint128)total->limb[word + 1] + (uint64_t)(part >> 64) + (uint64_t)(low >> 64);
    total->limb[word] = (uint64_t)low;
    total->limb[word + 1] = (uint64_t)high;
    propagate(total, word + 2, term.integer < 0, high >> 64 != 0);
}

/* The product of two significands is below 2^106, its exponent at least -2148. */
void ps_binary_add_product(ps_binary *total, double left, double right) {
    const float_parts a = split(left), b = split(right);
    ps_binary_add_at(total, (ps_int128)a.integer * b.integer, a.exponent + b.exponent);
}

void ps_binary_add(ps_binary *total, const ps_binary *term) {
    uint64_t carry = 0;
    for (int i = 0; i < PS_BINARY_LIMBS; i++) {
        const ps_uint128 sum = (ps_uint128)total->limb[i] + term->limb[i] + carry;
        total->limb[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
}

bool ps_binary_is_negative(const ps_binary *value) {
    return value->limb[PS_BINARY_LIMBS - 1] >> 63;
}

ps_binary ps_binary_magnitude(const ps_binary *value) {
    ps_binary result = *value;
    if (!ps_binary_is_negative(value))
        return result;
    bool carry = true; /* -x = ~x + 1 */
    for (int i = 0; i < PS_BINARY_LIMBS; i++) {
        result.limb[i] = ~result.limb[i] + carry;
        carry = carry && result.limb[i] == 0;
    }
    return result;
}

/* The number of the highest bit that is set, or -1. */
static int highest_bit(const ps_binary *magnitude) {
    for (int i = PS_BINARY_LIMBS - 1; i >= 0; i--) {
        if (magnitude->limb[i] != 0)
            return 64 * i + 63 - __builtin_clzll(magnitude->limb[i]);
    }
    return -1;
}

/* The 64 bits from number bit up. */
static uint64_t bits_from(const ps_binary *magnitude, int bit) {
    const int word = bit / 64, shift = bit % 64;
    const uint64_t low = magnitude->limb[word] >> shift;
    if (shift == 0 || word + 1 == PS_BINARY_LIMBS)
        return low;
    return low | magnitude->limb[word + 1] << (64 - shift);
}

/* Whether a bit below number bit is set. */
static bool any_below(const ps_binary *magnitude, int bit) {
    for (int i = 0; i < bit / 64; i++) {
        if (magnitude->limb[i] != 0)
            return true;
    }
    return (magnitude->limb[bit / 64] & ((UINT64_C(1) << bit % 64) - 1)) != 0;
}

ps_rounded ps_binary_round(const ps_binary *total) {
    enum {
        LEAST_UNIT = PS_LEAST_EXPONENT - PS_BINARY_LOWEST_BIT
    }; /* 1102, so there is a bit below every unit */
    const ps_binary magnitude = ps_binary_magnitude(total);
    const int highest = highest_bit(&magnitude);
    if (highest < 0)
        return (ps_rounded){0.0, true};
    /* With the unit 52 below the highest bit, the significand has 53 bits; with the least unit as many or fewer. */
    const int unit = highest - 52 > LEAST_UNIT ? highest - 52 : LEAST_UNIT;
    const ps_significand kept = {.negative = ps_binary_is_negative(total),
                                 .integer = bits_from(&magnitude, unit),
                                 .exponent = unit + PS_BINARY_LOWEST_BIT,
                                 .half = bits_from(&magnitude, unit - 1) & 1,
                                 .below_half = any_below(&magnitude, unit - 1)};
    return ps_round_significand(&kept);
}

ps_rounded ps_binary_sum_round(const ps_binary_sum *sum) {
    if (sum->specials == 0)
        return ps_binary_round(&sum->finite);
    if (sum->specials == PS_TERM_PLUS_INFINITY)
        return (ps_rounded){PS_DOUBLE_INFINITY, true};
    if (sum->specials == PS_TERM_MINUS_INFINITY)
        return (ps_rounded){-PS_DOUBLE_INFINITY, true};
    return (ps_rounded){PS_DOUBLE_NAN, true};
}
