/* float_slices.cl - tiles of floats in vectors of doubles, by verified slicing.
 *
 * Slicing. Let M = 1.5 * 2^k, u = 2^(k-52), rounding to nearest, and y = x + M, rounded, with the sign and exponent of M, so
 * that it lies from 2^k to 2^(k+1), where neighbours are u apart. Then
 *  - the bits of y are those of M plus q/u, where q = y - M is exact: a multiple of u of at most 2^(k-1) = 2^51 * u;
 *  - r = x - q is exact and at most u/2 in magnitude: where x is a multiple of u, x + M is one too, of at most 54 bits of which
 *    the sum in the binade needs 53, and r is 0. Else x's own unit v is below u, r is a multiple of v, and |r| <= |x| (where q
 *    is 0, r is x; else |x| >= u/2 >= |r|), so r has no more bits than x.
 * r is sliced in the same way with k - 52: |r| <= u/2 = 2^((k-52)-1), so its sum keeps the exponent and need not be looked at.
 * A tile is kept where every first y had its exponent and every last remainder was 0: that is all it takes, whatever the
 * window was chosen by. Infinities and NaNs lose the exponent. No remainder is flushed to 0 wrongly: the host has these
 * kernels only on devices that keep subnormals (float_part.c), and the self-test sees to it that they do.
 *
 * Lanes hold sums of bits modulo 2^64; of at most 4095 addends the slice's sum is below 4095 * 2^51 < 2^63 in magnitude. */

#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#pragma OPENCL FP_CONTRACT OFF

#define FLOAT_INLINE static __attribute__((always_inline))

/* From the largest first slice to the least last unit: far from the ends, so that with it no M, y or q is subnormal or
 * overflows, and an error of a product that is sliced is exact (slice_products). */
#define FLOAT_K_MAX 1000
#define FLOAT_UNIT_MIN (-900)

/* Binades above the largest number of the tile that the window was made for. */
#define FLOAT_MARGIN 2

/* The first slice has M = 1.5 * 2^k. */
typedef struct float_window {
    int k;
    int slices;
    uint known;
} float_window;

static float_window no_window(void) {
    float_window none = {0, 0, 0u};
    return none;
}

static ulong lane_or(ulong8 v) {
    ulong lanes[8];
    ulong bits = 0UL;
    vstore8(v, 0, lanes);
    for (uint lane = 0; lane < 8; lane++)
        bits |= lanes[lane];
    return bits;
}

FLOAT_INLINE double8 load_doubles(__global const uchar *numbers, uint size, ulong at) {
    if (size == 4u)
        return convert_double8(vload8(at, (__global const float *)numbers));
    return vload8(at, (__global const double *)numbers);
}

static ulong shifter_bits(int k) {
    return (ulong)(k + 1023) << 52 | 1UL << 51;
}

/* The least t for which all numbers of the tile are below 2^t in magnitude; 4096: they are all 0, or not all finite. */
FLOAT_INLINE int tile_top(const float_work *work, __global const uchar *numbers, uint size, ulong first,
                          uint steps) {
    long8 largest = (long8)(0L);
    for (uint s = 0u; s < steps; s++) {
        const long8 bits = as_long8(load_doubles(numbers, size, first + s * work->step));
        largest = max(largest, bits & LONG_MAX);
    }
    const int exponent = (int)(lane_max(as_ulong8(largest)) >> 52);
    return exponent == 0 || exponent == 2047 ? 4096 : exponent - 1022;
}

/* A window for the tile of that top, of slices many slices, whose sums the digits hold. */
FLOAT_INLINE float_window window_for(int top, int slices, int base) {
    float_window window;
    window.k = top + 1;
    window.slices = slices;
    window.known = top < 4096 && window.k <= FLOAT_K_MAX && window.k - 52 * slices >= FLOAT_UNIT_MIN &&
                           window.k - 52 * slices >= base &&
                           window.k - 52 - base <= PS_FLOAT_NUMBER_POSITION_MAX
                       ? 1u
                       : 0u;
    return window;
}

/* Adds what lanes of so many addends hold, slice s of the window, to the digits. |sum| < 2^63; its upper part and the last
 * digit keep the sign, the latter within 2^31. window_for has seen to it that the three digits are there. */
FLOAT_INLINE void add_slice(ulong8 lanes, uint addends, int k, int s, int base, __local ulong *digits) {
    const ulong sum = lane_sum(lanes) - addends * shifter_bits(k - 52 * s);
    const uint position = (uint)(k - 52 * (s + 1) - base), digit = position / 32u, shift = position % 32u;
    const long upper = as_long(sum) >> (32u - shift);
    digits[digit] += sum << shift & LOW_HALF;
    digits[digit + 1u] += as_ulong(upper) & LOW_HALF;
    digits[digit + 2u] += as_ulong(upper >> 32);
}

/* Terms that are one double each, in two or three slices: values, magnitudes, and products of floats, whose significands of 24 bits
 * make one of 48 with an exponent far from the ends. */
FLOAT_INLINE uint slice_values(const float_work *work, uint term, uint size, int slices, ulong first,
                               uint steps, int k, int base, __local ulong *digits) {
    const double8 m0 = as_double8((ulong8)(shifter_bits(k))), m1 = as_double8((ulong8)(shifter_bits(k - 52)));
    const double8 m2 = as_double8((ulong8)(shifter_bits(k - 104)));
    ulong8 lanes0 = (ulong8)(0UL), lanes1 = (ulong8)(0UL), lanes2 = (ulong8)(0UL);
    ulong8 changed = (ulong8)(0UL), remainder = (ulong8)(0UL);
    for (uint s = 0u; s < steps; s++) {
        const ulong at = first + s * work->step;
        double8 x = load_doubles(work->left, size, at);
        if (term == FLOAT_MAGNITUDE)
            x = fabs(x);
        if (term == FLOAT_SQUARE)
            x = x * x;
        if (term == FLOAT_PRODUCT)
            x = x * load_doubles(work->right, size, at);
        const double8 y0 = x + m0;
        const double8 r = x - (y0 - m0);
        const double8 y1 = r + m1;
        double8 last = r - (y1 - m1);
        lanes0 += as_ulong8(y0);
        lanes1 += as_ulong8(y1);
        if (slices == 3) {
            const double8 y2 = last + m2;
            lanes2 += as_ulong8(y2);
            last -= y2 - m2;
        }
        changed |= as_ulong8(y0) ^ as_ulong8(m0);
        remainder |= as_ulong8(last);
    }
    /* A remainder of 0 may have a sign. */
    if (lane_or(changed) >> 52 != 0UL || lane_or(remainder) << 1 != 0UL)
        return 0u;
    add_slice(lanes0, 8u * steps, k, 0, base, digits);
    add_slice(lanes1, 8u * steps, k, 1, base, digits);
    if (slices == 3)
        add_slice(lanes2, 8u * steps, k, 2, base, digits);
    return 1u;
}

/* Products of doubles, p and its error e, in three slices: p takes the first two, e the last two.
 *  - Where p is not 0 and nothing remains of it, it is a multiple of the second slice's unit, at least 2^(FLOAT_UNIT_MIN+52) =
 *    2^-848. So e = a * b - p is a multiple of 2^-1006 (a product is one of 2^-105 times its own binade's least number), of at
 *    most 53 bits: fma gives it exactly, and no subnormal is near.
 *  - Where p is 0 though neither factor is, the product is lost: such a tile is not kept.
 *  - |p| <= 2^(k-1), as its sum kept the exponent, or a rounding above it. |e| is at most half a unit of p, 2^(k-54): below
 *    2^((k-52)-1), so the second slice takes it.
 * Two addends an element go to the second slice: 2 * 8 * FLOAT_TILE = 4080. */
FLOAT_INLINE uint slice_products(const float_work *work, uint term, ulong first, uint steps, int k, int base,
                                 __local ulong *digits) {
    const double8 m0 = as_double8((ulong8)(shifter_bits(k))), m1 = as_double8((ulong8)(shifter_bits(k - 52)));
    const double8 m2 = as_double8((ulong8)(shifter_bits(k - 104)));
    ulong8 lanes0 = (ulong8)(0UL), lanes1 = (ulong8)(0UL), lanes2 = (ulong8)(0UL);
    ulong8 changed = (ulong8)(0UL), remainder = (ulong8)(0UL);
    long8 lost = (long8)(0L);
    for (uint s = 0u; s < steps; s++) {
        const ulong at = first + s * work->step;
        const double8 a = load_doubles(work->left, 8u, at);
        double8 b = a;
        if (term == FLOAT_PRODUCT)
            b = load_doubles(work->right, 8u, at);
        const double8 p = a * b;
        const double8 e = fma(a, b, -p);
        const double8 y0 = p + m0;
        const double8 r = p - (y0 - m0);
        const double8 y1 = r + m1;
        const double8 z1 = e + m1;
        const double8 t = e - (z1 - m1);
        const double8 z2 = t + m2;
        lanes0 += as_ulong8(y0);
        lanes1 += as_ulong8(y1) + as_ulong8(z1);
        lanes2 += as_ulong8(z2);
        changed |= as_ulong8(y0) ^ as_ulong8(m0);
        remainder |= as_ulong8(r - (y1 - m1)) | as_ulong8(t - (z2 - m2));
        if (term == FLOAT_PRODUCT)
            lost |= (p == 0.0) & (a != 0.0) & (b != 0.0);
        else
            lost |= (p == 0.0) & (a != 0.0);
    }
    if (lane_or(changed) >> 52 != 0UL || lane_or(remainder) << 1 != 0UL || lane_or(as_ulong8(lost)) != 0UL)
        return 0u;
    add_slice(lanes0, 8u * steps, k, 0, base, digits);
    add_slice(lanes1, 16u * steps, k, 1, base, digits);
    add_slice(lanes2, 8u * steps, k, 2, base, digits);
    return 1u;
}

/* With term and size constant. A window is kept while it fits. For a tile that it does not fit it is made anew; of doubles that
 * span more than two slices, with three: from then on, as such tiles seldom come alone. */
FLOAT_INLINE uint slice_sized(const float_work *work, uint term, uint size, ulong first, uint steps,
                              float_window *window, __local ulong *digits) {
    const uint factors = term == FLOAT_SQUARE || term == FLOAT_PRODUCT ? 2u : 1u;
    const int base = factors == 2u ? work->product_base : work->base;
    const int least = factors == 2u && size == 8u ? 3 : 2, most = size == 8u ? 3 : 2;
    uint done = 0u;
    for (int attempt = window->known != 0u ? 0 : 1; attempt <= 1 + most - least && done == 0u; attempt++) {
        if (attempt > 0) {
            int top = tile_top(work, work->left, size, first, steps) + FLOAT_MARGIN;
            if (term == FLOAT_SQUARE)
                top *= 2;
            if (term == FLOAT_PRODUCT)
                top += tile_top(work, work->right, size, first, steps) + FLOAT_MARGIN;
            *window = window_for(top, least + attempt - 1, base);
        }
        if (window->known == 0u)
            continue;
        if (least == 3)
            done = slice_products(work, term, first, steps, window->k, base, digits);
        else if (size == 8u && window->slices == 3)
            done = slice_values(work, term, size, 3, first, steps, window->k, base, digits);
        else
            done = slice_values(work, term, size, 2, first, steps, window->k, base, digits);
    }
    window->known = done;
    return done;
}

/* Adds a tile's terms to the digits. Returns whether it could; if not, nothing is added. */
FLOAT_INLINE uint slice_tile(const float_work *work, uint term, ulong first, uint steps, float_window *window,
                             __local ulong *digits) {
    if (work->size == 4u)
        return slice_sized(work, term, 4u, first, steps, window, digits);
    return slice_sized(work, term, 8u, first, steps, window, digits);
}

static void extremes_of_floats(const float_work *work, ulong first, uint steps, __local ulong *extremes) {
    int8 least = (int8)(INT_MAX), greatest = (int8)(INT_MIN);
    for (uint s = 0u; s < steps; s++) {
        const int8 bits = vload8(first + s * work->step, (__global const int *)work->left);
        const int8 key = bits ^ (bits >> 31 & INT_MAX);
        least = min(least, key);
        greatest = max(greatest, key);
    }
    extremes[0] = min(extremes[0], lane_min(convert_ulong8(as_uint8(least) ^ 0x80000000u)));
    extremes[1] = max(extremes[1], lane_max(convert_ulong8(as_uint8(greatest) ^ 0x80000000u)));
}

static void extremes_of_doubles(const float_work *work, ulong first, uint steps, __local ulong *extremes) {
    long8 least = (long8)(LONG_MAX), greatest = (long8)(LONG_MIN);
    for (uint s = 0u; s < steps; s++) {
        const long8 bits = vload8(first + s * work->step, (__global const long *)work->left);
        const long8 key = bits ^ (bits >> 63 & LONG_MAX);
        least = min(least, key);
        greatest = max(greatest, key);
    }
    extremes[0] = min(extremes[0], lane_min(as_ulong8(least) ^ FLOAT_SIGN));
    extremes[1] = max(extremes[1], lane_max(as_ulong8(greatest) ^ FLOAT_SIGN));
}

/* As signed integers, positive numbers are in order, and negative ones once all bits but the sign are turned over; the sign
 * turned over makes a key (float_key) of those. */
static void add_fast_extremes(const float_work *work, ulong first, uint steps, __local ulong *extremes) {
    if (work->size == 4u)
        extremes_of_floats(work, first, steps, extremes);
    else
        extremes_of_doubles(work, first, steps, extremes);
}
