/* wide.c - 256-bit two's complement integers. Owns their arithmetic and decimal form, knows nothing of sums. */
#include "exact/wide.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LIMBS = 4 };

ps_wide ps_wide_from_int128(ps_int128 value) {
    const uint64_t sign = value < 0 ? UINT64_MAX : 0;
    return (ps_wide){{(uint64_t)value, (uint64_t)((ps_uint128)value >> 64), sign, sign}};
}

void ps_wide_add(ps_wide *total, const ps_wide *term) {
    uint64_t carry = 0;
    for (int i = 0; i < LIMBS; i++) {
        const ps_uint128 sum = (ps_uint128)total->limb[i] + term->limb[i] + carry;
        total->limb[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
}

ps_wide ps_wide_negated(const ps_wide *value) {
    const ps_wide one = {{1, 0, 0, 0}};
    ps_wide result = {{~value->limb[0], ~value->limb[1], ~value->limb[2], ~value->limb[3]}};
    ps_wide_add(&result, &one);
    return result;
}

void ps_wide_subtract(ps_wide *total, const ps_wide *term) {
    const ps_wide negated = ps_wide_negated(term);
    ps_wide_add(total, &negated);
}

void ps_wide_add_at(ps_wide *total, ps_uint128 value, unsigned bit) {
    const unsigned word = bit / 64;
    const unsigned shift = bit % 64;
    const uint64_t low = (uint64_t)value;
    const uint64_t high = (uint64_t)(value >> 64);
    /* value << shift spans three limbs; they fit from limb word on, since bit <= 128 gives word <= 2 and the bound
     * of the header keeps what would lie beyond limb 3 at zero. */
    const uint64_t part[3] = {low << shift, shift ? (high << shift) | (low >> (64 - shift)) : high,
                              shift ? high >> (64 - shift) : 0};
    ps_wide term = {{0, 0, 0, 0}};
    for (unsigned i = 0; i < 3 && word + i < LIMBS; i++)
        term.limb[word + i] = part[i];
    ps_wide_add(total, &term);
}

bool ps_wide_equal(const ps_wide *left, const ps_wide *right) {
    return memcmp(left->limb, right->limb, sizeof left->limb) == 0;
}

bool ps_wide_is_negative(const ps_wide *value) {
    return value->limb[LIMBS - 1] >> 63;
}

/* Division by 10^18. That is the largest power of ten below 2^60, so that remainder * 2^64 + limb stays below 2^124. */
uint64_t ps_wide_take_digits(ps_wide *magnitude) {
    const uint64_t divisor = UINT64_C(1000000000000000000);
    uint64_t remainder = 0;
    for (int i = LIMBS - 1; i >= 0; i--) {
        const ps_uint128 dividend = (ps_uint128)remainder << 64 | magnitude->limb[i];
        magnitude->limb[i] = (uint64_t)(dividend / divisor);
        remainder = (uint64_t)(dividend % divisor);
    }
    return remainder;
}

void ps_wide_to_text(const ps_wide *value, char *text) {
    enum { GROUPS = 5 }; /* 5 * 18 digits >= 77 */
    const bool negative = ps_wide_is_negative(value);
    ps_wide magnitude = negative ? ps_wide_negated(value) : *value;
    uint64_t group[GROUPS];
    int top = 0;
    for (int i = 0; i < GROUPS; i++) {
        group[i] = ps_wide_take_digits(&magnitude);
        if (group[i] != 0)
            top = i;
    }
    size_t used = (size_t)snprintf(text, PS_WIDE_TEXT_SIZE, "%s%" PRIu64, negative ? "-" : "", group[top]);
    for (int i = top - 1; i >= 0; i--)
        used += (size_t)snprintf(text + used, PS_WIDE_TEXT_SIZE - used, "%018" PRIu64, group[i]);
}
