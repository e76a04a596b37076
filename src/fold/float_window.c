/* float_window.c - from the largest and least exponents of a piece to the slices it needs. Integers only. */
#include "fold/float_window.h"

enum {
    EXPONENT_SHIFT = 21,      /* of the high half of t */
    EXPONENT_SPECIAL = 0x7ff, /* the biased exponent of infinities and NaNs */
    K_MAX = 1022,
    UNIT_LEAST = -1022,
    ROOM = 3 /* binades above the largest term; the least ones shrink by more from piece to piece */
};

bool ps_float_scan_is_zero(ps_float_scan scan) {
    /* A subnormal may have a high half of 0 too; its t - 1 is not all ones. */
    return scan.largest == 0 && scan.least == UINT32_MAX;
}

bool ps_float_scan_has_specials(ps_float_scan scan) {
    return scan.largest >> EXPONENT_SHIFT == EXPONENT_SPECIAL;
}

bool ps_float_scan_has_subnormals(ps_float_scan scan) {
    return scan.least >> EXPONENT_SHIFT == 0;
}

ps_float_span ps_float_span_of(parsum_type type, ps_float_scan scan) {
    /* t - 1 has the exponent of t, or, below a power of two, the one before: a lower bound of the least exponent. */
    const int largest = (int)(scan.largest >> EXPONENT_SHIFT), least = (int)(scan.least >> EXPONENT_SHIFT);
    ps_float_span span;
    /* Biased exponents: a double with B > 0 is below 2^(B-1022), and with B = 0 below 2^-1022. */
    span.top = largest - 1022;
    if (type == PARSUM_F32) {
        /* A normal float is a multiple of 2^(B-1023-23), and every float one of 2^-149. */
        span.bottom = least - 1046 > -149 ? least - 1046 : -149;
    } else {
        /* A double is a multiple of 2^(B-1023-52), of 2^-1074 where B = 0. */
        span.bottom = (least > 0 ? least : 1) - 1075;
    }
    return span;
}

ps_float_span ps_float_span_of_products(ps_float_span left, ps_float_span right) {
    return (ps_float_span){left.top + right.top, left.bottom + right.bottom};
}

bool ps_float_window_fit(ps_float_window *window, ps_float_span span) {
    /* k >= top + 1 holds the largest term, k <= bottom + 52 * slices the least unit. top >= bottom, so the difference is
     * positive; rounded up. */
    const int least = span.top + 1;
    const int slices = (least - span.bottom + PS_FLOAT_SLICE_BITS - 1) / PS_FLOAT_SLICE_BITS;
    if (slices > PS_FLOAT_SLICES_MAX)
        return false;
    const int bits = slices * PS_FLOAT_SLICE_BITS;
    const int low = least > UNIT_LEAST + bits ? least : UNIT_LEAST + bits;
    const int high = span.bottom + bits < K_MAX ? span.bottom + bits : K_MAX;
    if (low > high)
        return false;
    if (window->slices == 0 || window->k < low || window->k > high)
        window->k = low + (high - low < 2 * ROOM ? (high - low) / 2 : ROOM);
    window->slices = slices;
    return true;
}

bool ps_float_window_holds_rests(ps_float_window window, ps_float_span span) {
    const int unit = window.k - PS_FLOAT_SLICE_BITS * (window.slices - 1) - PS_FLOAT_REST_BITS;
    return span.top <= window.k - 1 && span.bottom >= unit;
}
