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
 * window was chosen by; or where the bits of its numbers say as much (fit_window). Infinities and NaNs lose the exponent. No
 * remainder is flushed to 0 wrongly: the host has these kernels only on devices that keep subnormals (float_part.c), and the
 * self-test sees to it that they do.
 *
 * Lanes hold sums of bits modulo 2^64; of at most 4095 addends a lane's sum is below 4095 * 2^51 < 2^63 in magnitude.
 *
 * Doubles themselves, or their magnitudes, are not taken by the last slice, but in wide windows. They are added up as what the
 * others left: with w the unit of the last of these, |r| <= w/2, and a lane has 4 * FLOAT_PAIRS_MAX(8) = 2044 < 2^11 of them,
 * so that any part of their sum is below 2^10 * w. Where all are multiples of 2^-43 * w, it is one of less than 2^53 times
 * that: nothing is rounded. So such a window is FLOAT_REST_BITS of 43 bits and 52 for each slice before. */

#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#pragma OPENCL FP_CONTRACT OFF

/* From the largest first slice to the least last unit: far from the ends, so that with it no M, y or q is subnormal or
 * overflows, and an error of a product that is sliced is exact (slice_products). */
#define FLOAT_K_MAX 1000
#define FLOAT_UNIT_MIN (-900)

/* Binades above the largest number of the tile that the window was made for. */
#define FLOAT_MARGIN 2

/* Bits below the unit of the last slice but one that remainders are added up in, as doubles. */
#define FLOAT_REST_BITS 43

/* Tiles that the fast loop of products is not tried on, after one that it did not serve. */
#define FLOAT_CAREFUL_TILES 15u

/* The first slice has M = 1.5 * 2^k. */
typedef struct float_window {
    int k;
    int slices;
    uint known;
    uint wide;    /* the numbers were too far apart, but where they end in zeros: all slices are full */
    uint careful; /* tiles to come of products of doubles that the fast loop is not tried on */
} float_window;

static float_window no_window(void) {
    float_window none = {0, 0, 0u, 0u, 0u};
    return none;
}

static ulong lane_or(ulong4 v) {
    ulong lanes[4];
    ulong bits = 0UL;
    vstore4(v, 0, lanes);
    for (uint lane = 0; lane < 4; lane++)
        bits |= lanes[lane];
    return bits;
}

/* Half vector at: four numbers. So many fill a register of a CPU, and the sums of a loop then fit in its registers. */
FLOAT_INLINE double4 load_doubles(__global const uchar *numbers, uint size, ulong at) {
    if (size == 4u)
        return convert_double4(vload4(at, (__global const float *)numbers));
    return vload4(at, (__global const double *)numbers);
}

static ulong shifter_bits(int k) {
    return (ulong)(k + 1023) << 52 | 1UL << 51;
}

/* A window for terms below 2^top, of slices many slices, whose sums the digits hold. */
FLOAT_INLINE void set_window(float_window *window, int top, int slices, int base) {
    window->k = top + 1;
    window->slices = slices;
    window->known = window->k <= FLOAT_K_MAX && window->k - 52 * slices >= FLOAT_UNIT_MIN &&
                            window->k - 52 * slices >= base &&
                            window->k - 52 - base <= PS_FLOAT_NUMBER_POSITION_MAX
                        ? 1u
                        : 0u;
}

/* Adds the sums of four lanes, in units of 2^unit, to the digits. Each is below 2^63 in magnitude; together they are
 * high * 2^32 + low with low < 2^34 and |high| <= 2^33. The three digits change by less than 2^32, 2^33 and 2^33; set_window
 * has seen to it that they are there. */
FLOAT_INLINE void add_sums(long4 sums, int unit, int base, __local ulong *digits) {
    const uint position = (uint)(unit - base), digit = position / 32u, shift = position % 32u;
    const ulong low = lane_sum4(as_ulong4(sums) & LOW_HALF);
    const ulong high = lane_sum4(as_ulong4(sums >> 32)) + (low >> 32);
    const ulong lower = (low & LOW_HALF) << shift, middle = (high & LOW_HALF) << shift;
    digits[digit] += lower & LOW_HALF;
    digits[digit + 1u] += (lower >> 32) + (middle & LOW_HALF);
    digits[digit + 2u] += (middle >> 32) + (as_ulong(as_long(high) >> 32) << shift);
}

/* Adds what lanes of so many addends each hold, slice s of the window. */
FLOAT_INLINE void add_slice(ulong4 lanes, uint addends, int k, int s, int base, __local ulong *digits) {
    add_sums(as_long4(lanes - addends * shifter_bits(k - 52 * s)), k - 52 * (s + 1), base, digits);
}

/* What lanes hold while a tile is sliced. */
typedef struct slice_lanes {
    double4 m0, m1, m2;
    ulong4 sum0, sum1, sum2;
    ulong4 changed, remainder, lost;
    uint8 least;
} slice_lanes;

FLOAT_INLINE slice_lanes start_slices(int k) {
    slice_lanes lanes;
    lanes.m0 = as_double4((ulong4)(shifter_bits(k)));
    lanes.m1 = as_double4((ulong4)(shifter_bits(k - 52)));
    lanes.m2 = as_double4((ulong4)(shifter_bits(k - 104)));
    lanes.sum0 = lanes.sum1 = lanes.sum2 = (ulong4)(0UL);
    lanes.changed = lanes.remainder = lanes.lost = (ulong4)(0UL);
    lanes.least = (uint8)(UINT_MAX);
    return lanes;
}

/* Adds two or three slices of one addend a number. */
FLOAT_INLINE void add_slices(const slice_lanes *lanes, int slices, const float_tile *tile, int k, int base,
                             __local ulong *digits) {
    add_slice(lanes->sum0, halves_of(tile), k, 0, base, digits);
    add_slice(lanes->sum1, halves_of(tile), k, 1, base, digits);
    if (slices == 3)
        add_slice(lanes->sum2, halves_of(tile), k, 2, base, digits);
}

/* Whether the tile is kept. A remainder of 0 may have a sign. */
FLOAT_INLINE bool is_kept(const slice_lanes *lanes) {
    return lane_or(lanes->changed >> 52 | (lanes->remainder | lanes->lost) << 1) == 0UL;
}

/* The terms of half vector at that are one double each. */
FLOAT_INLINE double4 load_term(const float_work *work, uint term, uint size, ulong at) {
    const double4 x = load_doubles(work->left, size, at);
    if (term == FLOAT_MAGNITUDE)
        return fabs(x);
    if (term == FLOAT_SQUARE)
        return x * x;
    if (term == FLOAT_PRODUCT)
        return x * load_doubles(work->right, size, at);
    return x;
}

/* x in two or three slices. What is left of it after the last is looked at as bits: they differ from those of what the slice
 * took by no more than the sign where nothing is left, a zero. */
FLOAT_INLINE void slice_value(slice_lanes *lanes, int slices, double4 x) {
    const double4 y0 = x + lanes->m0;
    double4 rest = x - (y0 - lanes->m0);
    const double4 y1 = rest + lanes->m1;
    double4 taken = y1 - lanes->m1;
    lanes->sum0 += as_ulong4(y0);
    lanes->sum1 += as_ulong4(y1);
    lanes->changed |= as_ulong4(y0) ^ as_ulong4(lanes->m0);
    if (slices == 3) {
        rest -= taken;
        const double4 y2 = rest + lanes->m2;
        lanes->sum2 += as_ulong4(y2);
        taken = y2 - lanes->m2;
    }
    lanes->remainder |= as_ulong4(rest) ^ as_ulong4(taken);
}

/* Terms that are one double each, in two or three slices: values, magnitudes, and products of floats, whose significands of 24
 * bits make one of 48 with an exponent far from the ends. */
FLOAT_INLINE uint slice_values(const float_work *work, uint term, uint size, int slices,
                               const float_tile *tile, int k, int base, __local ulong *digits) {
    slice_lanes lanes = start_slices(k);
#define ADD_VECTOR(at) slice_value(&lanes, slices, load_term(work, term, size, (at)))
    FOR_TILE_HALVES(work, tile, ADD_VECTOR);
#undef ADD_VECTOR
    if (!is_kept(&lanes))
        return 0u;
    add_slices(&lanes, slices, tile, k, base, digits);
    return 1u;
}

/* Whether values of those words fit a window: where all are at most 2^(k-1) in magnitude, every first y lies from 2^k to
 * 2^(k+1), and multiples of its last unit leave nothing. y may be rounded up to 2^(k+1): that is u above the last double before
 * it and next in bits, too, so that its bits are still those of M plus q/u. */
FLOAT_INLINE bool fit_window(const word_span *words, uint size, int k, int unit) {
    const float_span span = span_of_words(words, size);
    return span.zeros || (span.known && span.top <= k - 1 && span.bottom >= unit);
}

/* Floats or their magnitudes in one slice, kept by what they are instead of by what remains. */
FLOAT_INLINE uint slice_floats(const float_work *work, uint term, const float_tile *tile, int k, int base,
                               __local ulong *digits) {
    const double4 m0 = as_double4((ulong4)(shifter_bits(k)));
    ulong4 even = (ulong4)(0UL), odd = (ulong4)(0UL);
    word_span words = no_words();
#define ADD_VECTOR(at)                                                        \
    do {                                                                      \
        ASK_AHEAD(work, (at));                                                \
        span_floats(&words, vload8((at), (__global const uint *)work->left)); \
        even += as_ulong4(load_term(work, term, 4u, 2UL * (at)) + m0);        \
        odd += as_ulong4(load_term(work, term, 4u, 2UL * (at) + 1UL) + m0);   \
    } while (0)
    FOR_TILE(work, tile, ADD_VECTOR);
#undef ADD_VECTOR
    if (!fit_window(&words, 4u, k, k - 52))
        return 0u;
    add_slice(even + odd, halves_of(tile), k, 0, base, digits);
    return 1u;
}

/* The last unit of a window for doubles of two or three slices, of which the last are remainders. */
FLOAT_INLINE int rest_unit(int k, int slices) {
    return k - 52 * (slices - 1) - FLOAT_REST_BITS;
}

/* Doubles or their magnitudes in two or three slices, likewise. Remainders are added up by turns, so that one addition need not
 * wait for the one before. */
FLOAT_INLINE uint slice_doubles(const float_work *work, uint term, int slices, const float_tile *tile, int k,
                                int base, __local ulong *digits) {
    slice_lanes lanes = start_slices(k);
    double4 rest = (double4)(0.0), next_rest = (double4)(0.0);
    word_span words = no_words();
#define ADD_VECTOR(at)                                     \
    do {                                                   \
        const double4 x = load_term(work, term, 8u, (at)); \
        const double4 y0 = x + lanes.m0;                   \
        double4 left_over = x - (y0 - lanes.m0);           \
        span_doubles(&words, as_ulong4(x));                \
        lanes.sum0 += as_ulong4(y0);                       \
        if (slices == 3) {                                 \
            const double4 y1 = left_over + lanes.m1;       \
            lanes.sum1 += as_ulong4(y1);                   \
            left_over -= y1 - lanes.m1;                    \
        }                                                  \
        left_over += rest;                                 \
        rest = next_rest;                                  \
        next_rest = left_over;                             \
    } while (0)
    FOR_TILE_HALVES(work, tile, ADD_VECTOR);
#undef ADD_VECTOR
    const int unit = rest_unit(k, slices);
    if (!fit_window(&words, 8u, k, unit))
        return 0u;
    /* 2^-unit: a normal number, as unit lies from FLOAT_UNIT_MIN to FLOAT_K_MAX. What it makes of a sum is an integer. */
    const double4 scale = as_double4((ulong4)((ulong)(1023 - unit) << 52));
    add_slice(lanes.sum0, halves_of(tile), k, 0, base, digits);
    if (slices == 3)
        add_slice(lanes.sum1, halves_of(tile), k, 1, base, digits);
    add_sums(convert_long4((rest + next_rest) * scale), unit, base, digits);
    return 1u;
}

/* Products of doubles, p and its error e, in three slices: p takes the first two, e the last two.
 *  - Where p is not 0 and nothing remains of it, it is a multiple of the second slice's unit, at least 2^(FLOAT_UNIT_MIN+52) =
 *    2^-848. So e = a * b - p is a multiple of 2^-1006 (a product is one of 2^-105 times its own binade's least number), of at
 *    most 53 bits: fma gives it exactly, and no subnormal is near.
 *  - Where p is 0 though neither factor is, the product is lost: such a tile is not kept.
 *  - |p| <= 2^(k-1), as its sum kept the exponent, or a rounding above it. |e| is at most half a unit of p, 2^(k-54): below
 *    2^((k-52)-1), so the second slice takes it.
 * The careful loop looks at every remainder. The fast one looks at the least |p| alone, which is to be 2^(k-50) or more:
 *  - p is a multiple of 2^(k-102), and so of the second slice's unit, 2^(k-104): nothing remains of it. It is not 0.
 *  - With 2^i <= |a| < 2^(i+1) and 2^j <= |b| < 2^(j+1), |p| <= 2^(i+j+2), so i + j >= k - 52. a is a multiple of 2^(i-52) and b
 *    of 2^(j-52), a * b of 2^(i+j-104), and so of the third slice's unit, 2^(k-156), as p is: e is one too, and nothing remains.
 * Two addends an element go to the second slice: 8 * FLOAT_PAIRS_MAX(8) = 4088 a lane. */
FLOAT_INLINE void slice_product(slice_lanes *lanes, bool square, bool careful, double4 a, double4 b) {
    const double4 p = a * b;
    const double4 e = fma(a, b, -p);
    const double4 y0 = p + lanes->m0;
    const double4 r = p - (y0 - lanes->m0);
    const double4 y1 = r + lanes->m1;
    const double4 z1 = e + lanes->m1;
    const double4 t = e - (z1 - lanes->m1);
    const double4 z2 = t + lanes->m2;
    lanes->sum0 += as_ulong4(y0);
    lanes->sum1 += as_ulong4(y1) + as_ulong4(z1);
    lanes->sum2 += as_ulong4(z2);
    lanes->changed |= square ? as_ulong4(y0) : as_ulong4(y0) ^ as_ulong4(lanes->m0);
    if (careful) {
        /* Bits of a factor whose product is 0; but for its sign, which is_kept does not look at either. */
        const ulong4 without_product = as_ulong4(p == 0.0) & as_ulong4(a);
        lanes->remainder |=
            (as_ulong4(r) ^ as_ulong4(y1 - lanes->m1)) | (as_ulong4(t) ^ as_ulong4(z2 - lanes->m2));
        lanes->lost |= square ? without_product : without_product & as_ulong4(b != 0.0);
    } else {
        lanes->least = min(lanes->least, as_uint8(square ? as_ulong4(p) : as_ulong4(p) + as_ulong4(p)));
    }
}

/* Whether the high words of all products, times 2 but for squares, are those of 2^exponent or more. */
FLOAT_INLINE bool is_each_from(uint8 least, int exponent, bool square) {
    const uint bound = (uint)(exponent + 1023) << (square ? 20 : 21);
    return min(min(least.s1, least.s3), min(least.s5, least.s7)) >= bound;
}

FLOAT_INLINE uint slice_products(const float_work *work, uint term, bool careful, const float_tile *tile,
                                 int k, int base, __local ulong *digits) {
    const bool square = term == FLOAT_SQUARE;
    slice_lanes lanes = start_slices(k);
#define ADD_SQUARE(at)                                        \
    do {                                                      \
        const double4 x = load_doubles(work->left, 8u, (at)); \
        slice_product(&lanes, true, careful, x, x);           \
    } while (0)
#define ADD_PRODUCT(at)                                                       \
    slice_product(&lanes, false, careful, load_doubles(work->left, 8u, (at)), \
                  load_doubles(work->right, 8u, (at)))
    if (square)
        FOR_TILE_HALVES(work, tile, ADD_SQUARE);
    else
        FOR_TILE_HALVES(work, tile, ADD_PRODUCT);
#undef ADD_SQUARE
#undef ADD_PRODUCT
    /* A square takes y0 upwards from M, so where its exponent is another, it is larger, and has a bit that M's has not. */
    if (square)
        lanes.changed ^= as_ulong4(lanes.m0);
    if (!is_kept(&lanes) || (!careful && !is_each_from(lanes.least, k - 50, square)))
        return 0u;
    add_slice(lanes.sum0, halves_of(tile), k, 0, base, digits);
    add_slice(lanes.sum1, 2u * halves_of(tile), k, 1, base, digits);
    add_slice(lanes.sum2, halves_of(tile), k, 2, base, digits);
    return 1u;
}

/* By the fast loop, where it serves. */
FLOAT_INLINE uint slice_products_either(const float_work *work, uint term, const float_tile *tile,
                                        float_window *window, int base, __local ulong *digits) {
    if (window->careful == 0u && slice_products(work, term, false, tile, window->k, base, digits) != 0u)
        return 1u;
    window->careful = window->careful > 0u ? window->careful - 1u : FLOAT_CAREFUL_TILES;
    return slice_products(work, term, true, tile, window->k, base, digits);
}

/* Slices the tile with the window there is. */
FLOAT_INLINE uint slice_by_window(const float_work *work, uint term, uint size, const float_tile *tile,
                                  float_window *window, int base, __local ulong *digits) {
    const bool square_or_product = term == FLOAT_SQUARE || term == FLOAT_PRODUCT;
    if (window->known == 0u)
        return 0u;
    if (size == 8u && square_or_product)
        return slice_products_either(work, term, tile, window, base, digits);
    if (size == 8u && window->slices == 3 && window->wide != 0u)
        return slice_values(work, term, size, 3, tile, window->k, base, digits);
    if (size == 8u && window->slices == 3)
        return slice_doubles(work, term, 3, tile, window->k, base, digits);
    if (size == 8u)
        return slice_doubles(work, term, 2, tile, window->k, base, digits);
    if (size == 4u && !square_or_product && window->slices == 1)
        return slice_floats(work, term, tile, window->k, base, digits);
    return slice_values(work, term, size, 2, tile, window->k, base, digits);
}

/* With term and size constant. A window is kept while it fits; for a tile that it does not fit it is made anew, with as many
 * slices as the numbers may need. Those that end in zeros may need fewer, so that no span is too wide to be tried. */
FLOAT_INLINE uint slice_sized(const float_work *work, uint term, uint size, const float_tile *tile,
                              float_window *window, __local ulong *digits) {
    const bool square_or_product = term == FLOAT_SQUARE || term == FLOAT_PRODUCT;
    const int base = square_or_product ? work->product_base : work->base;
    const int least = square_or_product ? (size == 8u ? 3 : 2) : (size == 8u ? 2 : 1),
              most = size == 8u ? 3 : 2;
    bool fresh = window->known == 0u;
    for (uint attempt = 0u; attempt < 2u; attempt++) {
        if (fresh) {
            const float_span span = span_of_tile(work, work->left, size, tile);
            const int spare = size == 8u && !square_or_product ? 52 - FLOAT_REST_BITS : 0;
            const int needed = (span.top + FLOAT_MARGIN + 1 - span.bottom + spare + 51) / 52;
            int top = span.top + FLOAT_MARGIN;
            bool known = span.known, zeros = span.zeros;
            if (term == FLOAT_SQUARE)
                top *= 2;
            if (term == FLOAT_PRODUCT) {
                const float_span other = span_of_tile(work, work->right, size, tile);
                top += other.top + FLOAT_MARGIN;
                zeros = (span.zeros && (other.known || other.zeros)) || (span.known && other.zeros);
                known = known && other.known;
            }
            if (zeros)
                return 1u;
            set_window(window, top, clamp(needed, least, most), base);
            window->known = known ? window->known : 0u;
            window->wide = needed > most ? 1u : 0u;
            window->careful = 0u;
        }
        if (slice_by_window(work, term, size, tile, window, base, digits) != 0u)
            return 1u;
        if (fresh)
            break;
        fresh = true;
    }
    window->known = 0u;
    return 0u;
}

/* Adds a tile's terms to the digits. Returns whether it could; if not, nothing is added. */
FLOAT_INLINE uint slice_tile(const float_work *work, uint term, const float_tile *tile, float_window *window,
                             __local ulong *digits) {
    if (work->size == 4u)
        return slice_sized(work, term, 4u, tile, window, digits);
    return slice_sized(work, term, 8u, tile, window, digits);
}
