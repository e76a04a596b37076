/* float_piece.h - how the CPU paths' loops and the exact sums meet: a list is folded in pieces that stay in the first-level
 * cache while several loops pass over them.
 *
 * A pass finds the piece's exponents first, unless it is tried by the windows of those before it (float_tries.h). Where a window
 * (float_window.h) fits them, the loops sum slices, exactly; else the piece goes to the fallback (float_fallback.h). */
#ifndef PS_FLOAT_PIECE_H
#define PS_FLOAT_PIECE_H

#include "exact/binary.h"
#include "fold/float_window.h"

enum {
    PS_FLOAT_PIECE = 1536,         /* numbers: 12 KiB of doubles, and as much of the next piece */
    PS_FLOAT_TRIED_SLICES_MAX = 3, /* of doubles that are tried alone */
    PS_FLOAT_VALUE_SLICES =
        2, /* of doubles that are tried with their squares, and of these: what most lists need */
    PS_FLOAT_PRODUCT_SLICES = 3, /* of products or squares that are tried */
    PS_FLOAT_LANES_MAX =
        8 /* twice as many divide PS_FLOAT_PIECE, so that only a list's last piece fills no whole vectors */
};

/* What is summed up. */
typedef enum ps_float_term {
    PS_TERM_VALUE,
    PS_TERM_MAGNITUDE,
    PS_TERM_SQUARE,
    PS_TERM_PRODUCT
} ps_float_term;

/* Vectors of numbers of type in memory, at any address. The first vectors / 2 of them begin at left, the others gap_bytes
 * further: the halves lie in two streams through memory, which is read faster so, or one behind the other. right: the other
 * factors, where products are summed. next: as many vectors of the piece to come, in halves likewise, which are scanned on
 * the way, so that memory is read while slices are computed; NULL: none. */
typedef struct ps_float_piece {
    parsum_type type;
    const unsigned char *left, *right;
    const unsigned char *next_left, *next_right;
    size_t gap_bytes;
    uint64_t vectors; /* of ps_float_vector_numbers each; at most PS_FLOAT_PIECE numbers */
} ps_float_piece;

typedef struct ps_float_slices {
    int64_t sum[PS_FLOAT_SLICES_MAX];    /* of each slice of the window, in its units */
    ps_float_scan next_left, next_right; /* where they were asked for */
} ps_float_slices;

/* Sums of slices in their units; the least and the largest, neither of them a zero. */
typedef struct ps_float_moments {
    int64_t values[PS_FLOAT_VALUE_SLICES], magnitudes[PS_FLOAT_VALUE_SLICES],
        squares[PS_FLOAT_PRODUCT_SLICES];
    double minimum, maximum;
} ps_float_moments;

/* A path's loops. Each expects rounding to nearest and no flushing of subnormals. */
typedef struct ps_float_loops {
    unsigned lanes; /* doubles in a vector */
    /* Passes over vectors of numbers. */
    ps_float_scan (*scan)(parsum_type type, const unsigned char *numbers, uint64_t vectors);
    /* The least and the largest of vectors > 0, without NaNs; a zero may have either sign. */
    void (*extremes)(parsum_type type, const unsigned char *numbers, uint64_t vectors, double *minimum,
                     double *maximum);
    /* Sums the terms of a piece that fits window. */
    void (*sum)(const ps_float_piece *piece, ps_float_term term, ps_float_window window,
                ps_float_slices *slices);
    /* Sum pieces of doubles by windows they need not fit: whether they do. If not, what is found means nothing. Faster than
     * finding it out before. try_values: the sums of the slices of values or magnitudes, by a window of 2 slices to
     * PS_FLOAT_TRIED_SLICES_MAX. try_squares and try_products: of those of squares or products, by a window at k; NULL: the
     * path has no such loop. try_moments: of those of squares, and of those of values by a window at v, with k + 1 <= 2v <=
     * k + 52. No piece is empty. */
    bool (*try_values)(const ps_float_piece *piece, ps_float_term term, ps_float_window window,
                       int64_t *sums);
    bool (*try_squares)(const ps_float_piece *piece, int k, int64_t *sums);
    bool (*try_products)(const ps_float_piece *piece, int k, int64_t *sums);
    bool (*try_moments)(const ps_float_piece *piece, int v, int k, ps_float_moments *moments);
} ps_float_loops;

/* Numbers of type in a vector: floats are half as long as doubles. */
static inline unsigned ps_float_vector_numbers(const ps_float_loops *loops, parsum_type type) {
    return type == PARSUM_F32 ? 2 * loops->lanes : loops->lanes;
}

extern const ps_float_loops ps_float_loops_portable, ps_float_loops_avx2, ps_float_loops_avx512;

/* What ps_float_function does (float_array.h), by loops. */
void ps_float_add_numbers(const ps_float_loops *loops, parsum_type type, const unsigned char *left,
                          const unsigned char *right, uint64_t count, unsigned needs,
                          ps_float_partial *partial);

#endif
