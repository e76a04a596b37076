/* float_spans.cl - what the bits of a tile's numbers say, in vectors of integers: which powers of two they lie between, and
 * the least and the greatest. */

#define FLOAT_INLINE static __attribute__((always_inline))

/* On a CPU, memory is asked for ahead: instructions that wait for their numbers fill the queues of a loop of so many. An
 * address beyond the list's end has no effect. (OpenCL's own prefetch is a call of a function where it is more than nothing.) */
#if defined(PS_DEVICE_IS_CPU) && defined(__clang__)
#define ASK_AHEAD(work, vector) \
    __builtin_prefetch((const void *)((size_t)(work)->left + (vector)*8UL * (work)->size + 1024UL))
#else
#define ASK_AHEAD(work, vector)
#endif

/* FOR_TILE by half vectors. */
#define FOR_TILE_HALVES(work, tile, add)                                                                   \
    do {                                                                                                   \
        for (uint s = 0u; s < (tile)->pairs; s++) {                                                        \
            const ulong one = (tile)->first + s * (work)->step, other = (tile)->second + s * (work)->step; \
            ASK_AHEAD(work, one);                                                                          \
            ASK_AHEAD(work, other);                                                                        \
            add(2UL * one);                                                                                \
            add(2UL * one + 1UL);                                                                          \
            add(2UL * other);                                                                              \
            add(2UL * other + 1UL);                                                                        \
        }                                                                                                  \
        if ((tile)->pairs == 0u) {                                                                         \
            add(2UL * (tile)->first);                                                                      \
            add(2UL * (tile)->first + 1UL);                                                                \
        }                                                                                                  \
    } while (0)

/* The half vectors of a tile. */
static uint halves_of(const float_tile *tile) {
    return tile->pairs == 0u ? 2u : 4u * tile->pairs;
}

/* What is known of the finite numbers of a tile: all are below 2^top in magnitude and multiples of 2^bottom. */
typedef struct float_span {
    int top, bottom;
    bool known; /* there are numbers but zeros, and all are finite */
    bool zeros; /* there are none but zeros */
} float_span;

/* Of words t = bits * 2, without the sign: the largest, and the least t - 1, by which zeros drop out. So that one instruction
 * compares them, doubles are looked at by their high words, whatever that makes of the low ones. t - 1 may have the exponent
 * before that of t, which is below it all the more. */
typedef struct word_span {
    uint8 largest, least;
} word_span;

static word_span no_words(void) {
    word_span none;
    none.largest = (uint8)(0u);
    none.least = (uint8)(UINT_MAX);
    return none;
}

FLOAT_INLINE void span_floats(word_span *words, uint8 bits) {
    const uint8 twice = bits + bits;
    words->largest = max(words->largest, twice);
    words->least = min(words->least, twice - 1u);
}

FLOAT_INLINE void span_doubles(word_span *words, ulong4 bits) {
    const ulong4 twice = bits + bits;
    words->largest = max(words->largest, as_uint8(twice));
    words->least = min(words->least, as_uint8(twice - 1UL));
}

FLOAT_INLINE float_span span_of_words(const word_span *words, uint size) {
    const uint8 largest = words->largest, least = words->least;
    const uint4 high_most = size == 4u ? max(largest.even, largest.odd) : largest.odd;
    const uint4 high_least = size == 4u ? min(least.even, least.odd) : least.odd;
    const uint most = max(max(high_most.x, high_most.y), max(high_most.z, high_most.w));
    const uint fewest = min(min(high_least.x, high_least.y), min(high_least.z, high_least.w));
    const int field = (int)(most >> (size == 4u ? 24 : 21)), special = size == 4u ? 255 : 2047;
    const int least_field = max((int)(fewest >> (size == 4u ? 24 : 21)), 1);
    float_span span;
    span.top = field - (size == 4u ? 126 : 1022);
    span.bottom = least_field - (size == 4u ? 150 : 1075);
    /* A subnormal double may have a high word of 0; its t - 1 has not one of all ones. */
    span.zeros = most == 0u && fewest == UINT_MAX;
    span.known = field != special && !span.zeros;
    return span;
}

FLOAT_INLINE float_span span_of_tile(const float_work *work, __global const uchar *numbers, uint size,
                                     const float_tile *tile) {
    word_span words = no_words();
#define ADD_FLOATS(at) span_floats(&words, vload8((at), (__global const uint *)numbers))
#define ADD_DOUBLES(at) span_doubles(&words, vload4((at), (__global const ulong *)numbers))
    if (size == 4u)
        FOR_TILE(work, tile, ADD_FLOATS);
    else
        FOR_TILE_HALVES(work, tile, ADD_DOUBLES);
#undef ADD_FLOATS
#undef ADD_DOUBLES
    return span_of_words(&words, size);
}

static void extremes_of_floats(const float_work *work, const float_tile *tile, __local ulong *extremes) {
    int8 least = (int8)(INT_MAX), greatest = (int8)(INT_MIN);
#define ADD_VECTOR(at)                                                    \
    do {                                                                  \
        const int8 bits = vload8((at), (__global const int *)work->left); \
        const int8 key = bits ^ (bits >> 31 & INT_MAX);                   \
        least = min(least, key);                                          \
        greatest = max(greatest, key);                                    \
    } while (0)
    FOR_TILE(work, tile, ADD_VECTOR);
#undef ADD_VECTOR
    extremes[0] = min(extremes[0], lane_min(convert_ulong8(as_uint8(least) ^ 0x80000000u)));
    extremes[1] = max(extremes[1], lane_max(convert_ulong8(as_uint8(greatest) ^ 0x80000000u)));
}

static void extremes_of_doubles(const float_work *work, const float_tile *tile, __local ulong *extremes) {
    long4 least = (long4)(LONG_MAX), greatest = (long4)(LONG_MIN);
#define ADD_VECTOR(at)                                                      \
    do {                                                                    \
        const long4 bits = vload4((at), (__global const long *)work->left); \
        const long4 key = bits ^ (bits >> 63 & LONG_MAX);                   \
        least = min(least, key);                                            \
        greatest = max(greatest, key);                                      \
    } while (0)
    FOR_TILE_HALVES(work, tile, ADD_VECTOR);
#undef ADD_VECTOR
    extremes[0] = min(extremes[0], lane_min4(as_ulong4(least) ^ FLOAT_SIGN));
    extremes[1] = max(extremes[1], lane_max4(as_ulong4(greatest) ^ FLOAT_SIGN));
}

/* As signed integers, positive numbers are in order, and negative ones once all bits but the sign are turned over; the sign
 * turned over makes of those unsigned integers in that order, -0 just below 0: keys. */
static void add_extremes(const float_work *work, const float_tile *tile, __local ulong *extremes) {
    if (work->size == 4u)
        extremes_of_floats(work, tile, extremes);
    else
        extremes_of_doubles(work, tile, extremes);
}
