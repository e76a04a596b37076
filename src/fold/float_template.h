/* float_template.h - passes over floats and doubles: exponents, extremes and exact slices, one body for all instruction
 * sets.
 *
 * The including file defines, before it includes this:
 *   PS_PATH, PS_LOOPS              the names of the function, of type ps_float_function, and of its ps_float_loops
 *   PS_LANES                       doubles in a vector
 *   ps_vector, ps_doubles          vectors of so many 64-bit unsigned integers, and doubles (GNU vector extension), or
 *                                  uint64_t and double for one lane
 *   ps_floats                      a vector of so many floats
 *   PS_WIDEN(floats)               each as a double
 *   PS_HIGH_MAXIMUM(a, b), PS_HIGH_MINIMUM(a, b)   the larger and the lesser of each lane as far as the high 32 bits go; the low
 *                                  ones may be anything
 *   ps_words                       a vector of twice as many 32-bit unsigned integers: the bits of floats
 *   PS_WORD_MAXIMUM(a, b), PS_WORD_MINIMUM(a, b)   the larger and the lesser of each of them
 *   PS_GREATER(a, b), PS_LESSER(a, b)   the larger and the lesser double of each lane; of NaNs and of zeros either
 *   PS_ADD_NEGATIVE(total, numbers, values)   total, plus values in the lanes where the highest bit of numbers is set; all three
 *                                  are ps_vectors
 *   PS_PRODUCT_ERROR(a, b, p)      a * b - p, where p is a * b rounded, the difference is a double, and both factors are normal
 *                                  and below 2^1023; else anything
 *   PS_PRODUCT_ERROR_OF_ANY        where it is so for all finite factors, else not defined
 *
 * Compiled without contraction: a contracted p - q would count what PS_PRODUCT_ERROR gives twice. */
#include <string.h>

#include "fold/float_array.h"
#include "fold/float_piece.h"

#define INLINE static inline __attribute__((always_inline))

/* The slices from .. to-1, which are constants. The loop is unrolled, so that arrays of vectors stay in registers; that its
 * count is that of the unrolling is what clang needs. */
#define FOR_SLICES(s, from, to) \
    _Pragma("GCC unroll 6") for (int s = 0; s < PS_FLOAT_SLICES_MAX; s++) if (s >= (from) && s < (to))

_Static_assert(PS_FLOAT_SLICES_MAX == 6, "FOR_SLICES and sum_terms know so many");
_Static_assert(PS_FLOAT_PIECE % (2 * PS_LANES) == 0 && PS_LANES <= PS_FLOAT_LANES_MAX,
               "pieces are whole vectors");
/* Two addends a product; all lanes together. */
_Static_assert(2 * PS_FLOAT_PIECE <= PS_FLOAT_ADDENDS_MAX, "lanes would overflow");
/* Two doubles a lane, by turns. */
_Static_assert(PS_FLOAT_PIECE / 2 <= PS_FLOAT_RESTS_MAX, "sums of what slices leave would be rounded");

INLINE ps_vector bits_of(ps_doubles doubles) {
    ps_vector bits;
    memcpy(&bits, &doubles, sizeof bits);
    return bits;
}

INLINE ps_doubles doubles_of(ps_vector bits) {
    ps_doubles doubles;
    memcpy(&doubles, &bits, sizeof doubles);
    return doubles;
}

INLINE ps_vector broadcast(uint64_t value) {
    uint64_t lanes[PS_LANES];
    ps_vector vector;
    for (int lane = 0; lane < PS_LANES; lane++)
        lanes[lane] = value;
    memcpy(&vector, lanes, sizeof vector);
    return vector;
}

/* Floats are widened to two vectors of doubles, so that a vector of either type is as long in memory. */
#define HALVES(type) ((type) == PARSUM_F32 ? 2 : 1)

/* Half of a vector, or all of it, widened: number index of the halves. */
INLINE ps_doubles load(parsum_type type, const unsigned char *numbers, uint64_t index) {
    ps_doubles doubles;
    if (type == PARSUM_F32) {
        ps_floats floats;
        memcpy(&floats, numbers + index * sizeof floats, sizeof floats);
        doubles = PS_WIDEN(floats);
    } else {
        memcpy(&doubles, numbers + index * sizeof doubles, sizeof doubles);
    }
    return doubles;
}

/* What a scan has found so far in each lane: of a list of doubles, or of floats, whose bits need no widening for it. */
typedef struct exponents {
    ps_vector largest, least;
    ps_words largest_words, least_words;
} exponents;

INLINE ps_words words_of(ps_vector bits) {
    ps_words words;
    memcpy(&words, &bits, sizeof words);
    return words;
}

INLINE exponents no_exponents(void) {
    return (exponents){broadcast(0), broadcast(UINT64_MAX), words_of(broadcast(0)),
                       words_of(broadcast(UINT64_MAX))};
}

INLINE void scan_vector(exponents *found, parsum_type type, const unsigned char *vector) {
    ps_vector bits;
    memcpy(&bits, vector, sizeof bits);
    if (type == PARSUM_F32) {
        const ps_words words = words_of(bits), twice = words + words;
        found->largest_words = PS_WORD_MAXIMUM(found->largest_words, twice);
        found->least_words = PS_WORD_MINIMUM(found->least_words, twice - 1);
    } else {
        const ps_vector twice = bits + bits;
        found->largest = PS_HIGH_MAXIMUM(found->largest, twice);
        found->least = PS_HIGH_MINIMUM(found->least, twice - 1);
    }
}

/* The bits of a float, without the sign and times 2, as those of the same double. */
INLINE uint64_t widened_twice(uint32_t twice) {
    const uint32_t bits = twice >> 1;
    float narrow;
    memcpy(&narrow, &bits, sizeof narrow);
    const double wide = narrow;
    uint64_t wide_bits;
    memcpy(&wide_bits, &wide, sizeof wide_bits);
    return wide_bits << 1;
}

INLINE ps_float_scan scanned_doubles(const exponents *found) {
    uint64_t largest[PS_LANES], least[PS_LANES];
    memcpy(largest, &found->largest, sizeof largest);
    memcpy(least, &found->least, sizeof least);
    ps_float_scan scan = {0, UINT32_MAX};
    for (int lane = 0; lane < PS_LANES; lane++) {
        const uint32_t high = (uint32_t)(largest[lane] >> 32), low = (uint32_t)(least[lane] >> 32);
        scan.largest = high > scan.largest ? high : scan.largest;
        scan.least = low < scan.least ? low : scan.least;
    }
    return scan;
}

/* Widening keeps the order, so that the ends may be looked for first. */
INLINE ps_float_scan scanned_floats(const exponents *found) {
    uint32_t largest[2 * PS_LANES], least[2 * PS_LANES], most = 0, fewest = UINT32_MAX;
    memcpy(largest, &found->largest_words, sizeof largest);
    memcpy(least, &found->least_words, sizeof least);
    for (int lane = 0; lane < 2 * PS_LANES; lane++) {
        most = largest[lane] > most ? largest[lane] : most;
        fewest = least[lane] < fewest ? least[lane] : fewest;
    }
    return (ps_float_scan){(uint32_t)(widened_twice(most) >> 32),
                           (uint32_t)((widened_twice(fewest + 1) - 1) >> 32)};
}

INLINE ps_float_scan scanned(const exponents *found, parsum_type type) {
    return type == PARSUM_F32 ? scanned_floats(found) : scanned_doubles(found);
}

INLINE ps_float_scan scan_numbers(parsum_type type, const unsigned char *numbers, uint64_t vectors) {
    exponents found = no_exponents();
    _Pragma("GCC unroll 4") for (uint64_t i = 0; i < vectors; i++)
        scan_vector(&found, type, numbers + i * sizeof(ps_vector));
    return scanned(&found, type);
}

static ps_float_scan scan(parsum_type type, const unsigned char *numbers, uint64_t vectors) {
    if (type == PARSUM_F32)
        return scan_numbers(PARSUM_F32, numbers, vectors);
    return scan_numbers(PARSUM_F64, numbers, vectors);
}

INLINE double least_of(ps_doubles doubles) {
    double lanes[PS_LANES];
    memcpy(lanes, &doubles, sizeof lanes);
    for (int lane = 1; lane < PS_LANES; lane++)
        lanes[0] = lanes[lane] < lanes[0] ? lanes[lane] : lanes[0];
    return lanes[0];
}

INLINE double greatest_of(ps_doubles doubles) {
    double lanes[PS_LANES];
    memcpy(lanes, &doubles, sizeof lanes);
    for (int lane = 1; lane < PS_LANES; lane++)
        lanes[0] = lanes[lane] > lanes[0] ? lanes[lane] : lanes[0];
    return lanes[0];
}

INLINE void extremes_of(parsum_type type, const unsigned char *numbers, uint64_t halves, double *minimum,
                        double *maximum) {
    ps_doubles least = load(type, numbers, 0), most = least;
    _Pragma("GCC unroll 4") for (uint64_t i = 1; i < halves; i++) {
        const ps_doubles values = load(type, numbers, i);
        least = PS_LESSER(least, values);
        most = PS_GREATER(most, values);
    }
    *minimum = least_of(least);
    *maximum = greatest_of(most);
}

static void extremes(parsum_type type, const unsigned char *numbers, uint64_t vectors, double *minimum,
                     double *maximum) {
    if (type == PARSUM_F32)
        extremes_of(PARSUM_F32, numbers, 2 * vectors, minimum, maximum);
    else
        extremes_of(PARSUM_F64, numbers, vectors, minimum, maximum);
}

/* The bits of M of slice s: 1.5 * 2^(k-52s). */
INLINE uint64_t shifter_bits(int k, int s) {
    return (uint64_t)(k - PS_FLOAT_SLICE_BITS * s + 1023) << 52 | UINT64_C(1) << 51;
}

/* Adds slices from .. to-1 of term to lanes. */
INLINE void add_slices(ps_doubles term, const ps_doubles *shifters, int from, int to, ps_vector *lanes) {
    FOR_SLICES(s, from, to) {
        const ps_doubles y = term + shifters[s];
        lanes[s] += bits_of(y);
        if (s + 1 < to)
            term -= y - shifters[s];
    }
}

/* The memory that comes next: scanned, and what lies 2 KiB further on its way into the cache; or fetched only, for the scan that
 * follows. Fetching beyond the list's end has no effect. */
INLINE void look_ahead(parsum_type type, const unsigned char *now, const unsigned char *next, bool scan_next,
                       size_t offset, exponents *found) {
    const size_t number_bytes = type == PARSUM_F32 ? sizeof(float) : sizeof(double);
    if (scan_next) {
        __builtin_prefetch(next + offset + 2048);
        scan_vector(found, type, next + offset);
    } else {
        __builtin_prefetch(now + offset + PS_FLOAT_PIECE * number_bytes);
    }
}

/* Adds the slices of the term that a, and b where it is a product, make. */
INLINE void add_term(ps_doubles a, ps_doubles b, ps_float_term term, bool two, const ps_doubles *shifters,
                     int slices, ps_vector *lanes) {
    if (term == PS_TERM_VALUE) {
        add_slices(a, shifters, 0, slices, lanes);
    } else if (term == PS_TERM_MAGNITUDE) {
        add_slices(doubles_of(bits_of(a) & broadcast(UINT64_MAX >> 1)), shifters, 0, slices, lanes);
    } else {
        const ps_doubles p = a * b;
        add_slices(p, shifters, 0, slices - two, lanes);
        if (two)
            add_slices(PS_PRODUCT_ERROR(a, b, p), shifters, 1, slices, lanes);
    }
}

INLINE void start_slices(int k, int slices, ps_doubles *shifters, ps_vector *lanes) {
    FOR_SLICES(s, 0, slices) {
        lanes[s] = broadcast(0);
        shifters[s] = doubles_of(broadcast(shifter_bits(k, s)));
    }
}

INLINE uint64_t total_of(ps_vector lanes) {
    uint64_t lane[PS_LANES], total = 0;
    memcpy(lane, &lanes, sizeof lane);
    for (int i = 0; i < PS_LANES; i++)
        total += lane[i];
    return total;
}

/* The sum of slice s, in its units, of so many addends in all lanes. */
INLINE int64_t slice_sum(ps_vector lanes, uint64_t addends, int k, int s) {
    return (int64_t)(total_of(lanes) - addends * shifter_bits(k, s));
}

/* Runs add(offset) for every vector of a piece, by turns of its two halves. */
#define FOR_PIECE(piece, add)                                   \
    do {                                                        \
        const uint64_t half = (piece)->vectors / 2;             \
        for (uint64_t i = 0; i < half; i++) {                   \
            add(i * sizeof(ps_vector));                         \
            add(i * sizeof(ps_vector) + (piece)->gap_bytes);    \
        }                                                       \
        if ((piece)->vectors % 2 != 0)                          \
            add(half * sizeof(ps_vector) + (piece)->gap_bytes); \
    } while (0)

/* Inlined with constants, but for the piece and k. Values, magnitudes and products of floats are one double each (a product of
 * two significands of 24 bits has 48, and its exponent is far from the ends). A product of doubles is two: p, rounded, and its
 * error e. With span (top, bottom) of the products and n slices, n >= 3:
 *  - |p| <= 2^top, a power of two, as the product is; so p fits the first slice. p is a multiple of 2^(bottom+52): it is at
 *    least 2^(bottom+104) where it is not 0, by the bounds from which bottom is made (float_window.c), and 53 bits long. That is a
 *    multiple of the unit of slice n-2, 2^52 times the last one's, which divides 2^bottom: p needs the first n-1 slices.
 *  - e is exact: a multiple of 2^bottom >= 2^-1022, and at most half a unit of p in magnitude, so that it has 53 bits. |e| <=
 *    2^(top-54) fits the second slice, which takes 2^(k-53) >= 2^(top-52): e needs the last n-1 slices.
 * No more than two slices would mean top + 1 - bottom <= 104; but top >= bottom + 106, as every factor's top is 53 above its
 * bottom or more. */
INLINE void sum_slices(const ps_float_piece *piece, parsum_type type, ps_float_term term, bool scan_next,
                       int k, int slices, ps_float_slices *result) {
    const bool two = type == PARSUM_F64 && (term == PS_TERM_SQUARE || term == PS_TERM_PRODUCT);
    exponents next_left = no_exponents(), next_right = no_exponents();
    ps_vector lanes[PS_FLOAT_SLICES_MAX];
    ps_doubles shifters[PS_FLOAT_SLICES_MAX];
    start_slices(k, slices, shifters, lanes);
#define ADD_VECTOR(offset)                                                                                \
    do {                                                                                                  \
        look_ahead(type, piece->left, piece->next_left, scan_next, offset, &next_left);                   \
        if (term == PS_TERM_PRODUCT)                                                                      \
            look_ahead(type, piece->right, piece->next_right, scan_next, offset, &next_right);            \
        for (uint64_t part = 0; part < HALVES(type); part++) {                                            \
            const ps_doubles a = load(type, piece->left + (offset), part);                                \
            const ps_doubles b = term == PS_TERM_PRODUCT ? load(type, piece->right + (offset), part) : a; \
            add_term(a, b, term, two, shifters, slices, lanes);                                           \
        }                                                                                                 \
    } while (0)
    FOR_PIECE(piece, ADD_VECTOR);
#undef ADD_VECTOR
    FOR_SLICES(s, 0, slices) {
        const bool both = two && s > 0 && s + 1 < slices;
        result->sum[s] = slice_sum(lanes[s], piece->vectors * HALVES(type) * PS_LANES << both, k, s);
    }
    if (scan_next) {
        result->next_left = scanned(&next_left, type);
        result->next_right = scanned(&next_right, type);
    }
}

/* One instance for each number of slices, that there can be. */
#define SLICES_CASE(n)                                                     \
    case n:                                                                \
        if (n >= least)                                                    \
            sum_slices(piece, type, term, scan_next, window.k, n, slices); \
        break;

INLINE void sum_terms(const ps_float_piece *piece, parsum_type type, ps_float_term term, bool scan_next,
                      ps_float_window window, ps_float_slices *slices) {
    /* Doubles have 53 bits, and their products 106. */
    const int least = type == PARSUM_F32 ? 1 : term == PS_TERM_SQUARE || term == PS_TERM_PRODUCT ? 3 : 2;
    switch (window.slices) {
        SLICES_CASE(1)
        SLICES_CASE(2)
        SLICES_CASE(3)
        SLICES_CASE(4)
        SLICES_CASE(5)
        SLICES_CASE(6)
    }
}

#define TERM_CASE(name)                                          \
    case name:                                                   \
        if (piece->next_left != NULL)                            \
            sum_terms(piece, type, name, true, window, slices);  \
        else                                                     \
            sum_terms(piece, type, name, false, window, slices); \
        break;

INLINE void sum_type(const ps_float_piece *piece, parsum_type type, ps_float_term term,
                     ps_float_window window, ps_float_slices *slices) {
    switch (term) {
        TERM_CASE(PS_TERM_VALUE)
        TERM_CASE(PS_TERM_MAGNITUDE)
        TERM_CASE(PS_TERM_SQUARE)
        TERM_CASE(PS_TERM_PRODUCT)
    }
}

static void sum(const ps_float_piece *piece, ps_float_term term, ps_float_window window,
                ps_float_slices *slices) {
    if (piece->type == PARSUM_F32)
        sum_type(piece, PARSUM_F32, term, window, slices);
    else
        sum_type(piece, PARSUM_F64, term, window, slices);
}

#include "fold/float_tries.h"

const ps_float_loops PS_LOOPS = {PS_LANES,   scan,        extremes,     sum,
                                 try_values, try_squares, try_products, try_moments};

void PS_PATH(parsum_type type, const unsigned char *left, const unsigned char *right, uint64_t count,
             unsigned needs, ps_float_partial *partial) {
    ps_float_add_numbers(&PS_LOOPS, type, left, right, count, needs, partial);
}
