/* float_state.h - a fold of floats under way, shared by what adds its pieces: with a scan before (float_piece.c), or on trial
 * (float_trial.c). */
#ifndef PS_FLOAT_STATE_H
#define PS_FLOAT_STATE_H

#include "fold/float_fallback.h"
#include "fold/float_piece.h"

/* Sums of slices in the units of the window they were made with. A piece adds less than 2^63, and there are fewer than 2^64
 * pieces, so 127 bits and a sign hold them. */
typedef struct ps_slice_sums {
    ps_int128 slice[PS_FLOAT_SLICES_MAX];
} ps_slice_sums;

/* What was found of a piece: of its two operands, or twice of the one. */
typedef struct ps_float_scans {
    ps_float_scan left, right;
} ps_float_scans;

/* A fold under way. Windows stay from piece to piece while they fit: lanes are cleared for every piece, and each is tested
 * before it is sliced, or on the way, so that only the sums of slices live longer than a piece. */
typedef struct ps_float_state {
    const ps_float_loops *loops;
    parsum_type type;
    size_t size_bytes;       /* of a number */
    unsigned vector_numbers; /* numbers in a vector */
    unsigned needs;
    ps_float_partial *partial;
    ps_float_window window, product_window; /* of values and magnitudes; of squares or products */
    ps_slice_sums sum, magnitudes, products;
    const unsigned char *next_left,
        *next_right;   /* the piece to come, where the loop shall scan it; else NULL */
    unsigned untried;  /* pieces to come that are not tried (float_trial.c), as one failed */
    bool fell_back;    /* at the last piece: its windows did not hold what it has */
    bool next_scanned; /* what the loop found of it: */
    ps_float_scans next_scan;
    ps_float_fallback fallback;
    unsigned char
        buffer[2][PS_FLOAT_PIECE * sizeof(double)]; /* pieces that are no whole vectors, or had specials */
} ps_float_state;

/* The finite numbers of a piece, followed by zeros up to a whole vector. stream_bytes: of a whole piece in two streams, how far
 * the second half is from the first; 0: the numbers lie one behind the other. */
typedef struct ps_float_operands {
    const unsigned char *left, *right;
    uint64_t count;
    size_t stream_bytes;
} ps_float_operands;

static inline uint64_t ps_float_vectors_of(const ps_float_state *fold, uint64_t count) {
    return (count + fold->vector_numbers - 1) / fold->vector_numbers;
}

/* From the first half of the vectors to the second. */
static inline size_t ps_float_gap_of(const ps_float_state *fold, const ps_float_operands *list) {
    const size_t vector_bytes = fold->vector_numbers * fold->size_bytes;
    return list->stream_bytes > 0 ? list->stream_bytes
                                  : ps_float_vectors_of(fold, list->count) / 2 * vector_bytes;
}

static inline void ps_slice_sums_add(ps_slice_sums *total, const int64_t *sums, int slices) {
    for (int s = 0; s < slices; s++)
        total->slice[s] += sums[s];
}

static inline ps_float_piece ps_float_piece_of(const ps_float_state *fold, const ps_float_operands *list) {
    return (ps_float_piece){.type = fold->type,
                            .left = list->left,
                            .right = list->right,
                            .gap_bytes = ps_float_gap_of(fold, list),
                            .vectors = ps_float_vectors_of(fold, list->count)};
}

/* A NaN among the extremes stays: no comparison with it holds. */
static inline void ps_float_include_extremes(ps_float_partial *partial, double minimum, double maximum) {
    if (partial->head.count == 0 || minimum < partial->minimum)
        partial->minimum = minimum;
    if (partial->head.count == 0 || maximum > partial->maximum)
        partial->maximum = maximum;
}

/* Whether the next piece, if it is whole, is tried by the windows there are: without a scan. */
bool ps_float_is_tried(const ps_float_state *fold);
/* Adds a whole piece if it is tried, and fits; else false, and nothing is added. */
bool ps_float_try_piece(ps_float_state *fold, const ps_float_operands *list);

#endif
