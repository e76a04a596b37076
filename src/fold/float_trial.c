/* float_trial.c - whole pieces of doubles that are tried by the windows of those before them. */
#include "fold/float_state.h"

enum { UNTRIED_PIECES = 16 }; /* after one that did not fit */

/* Adds what is asked for of a piece, if it fits the windows. */
typedef bool trial(ps_float_state *fold, const ps_float_piece *piece);

static bool try_values(ps_float_state *fold, const ps_float_piece *piece) {
    const bool magnitudes = fold->needs == PS_NEED_MAGNITUDES;
    int64_t sums[PS_FLOAT_TRIED_SLICES_MAX];
    if (!fold->loops->try_values(piece, magnitudes ? PS_TERM_MAGNITUDE : PS_TERM_VALUE, fold->window, sums))
        return false;
    ps_slice_sums_add(magnitudes ? &fold->magnitudes : &fold->sum, sums, fold->window.slices);
    return true;
}

static bool try_products(ps_float_state *fold, const ps_float_piece *piece) {
    int64_t sums[PS_FLOAT_PRODUCT_SLICES];
    const int k = fold->product_window.k;
    if (!(piece->right != NULL ? fold->loops->try_products : fold->loops->try_squares)(piece, k, sums))
        return false;
    ps_slice_sums_add(&fold->products, sums, PS_FLOAT_PRODUCT_SLICES);
    return true;
}

static bool try_moments(ps_float_state *fold, const ps_float_piece *piece) {
    ps_float_moments moments;
    if (!fold->loops->try_moments(piece, fold->window.k, fold->product_window.k, &moments))
        return false;
    ps_slice_sums_add(&fold->sum, moments.values, PS_FLOAT_VALUE_SLICES);
    ps_slice_sums_add(&fold->products, moments.squares, PS_FLOAT_PRODUCT_SLICES);
    if (fold->needs & PS_NEED_MAGNITUDES)
        ps_slice_sums_add(&fold->magnitudes, moments.magnitudes, PS_FLOAT_VALUE_SLICES);
    if (fold->needs & PS_NEED_EXTREMES)
        ps_float_include_extremes(fold->partial, moments.minimum, moments.maximum);
    return true;
}

/* The bounds are those that the loops ask for (float_tries.h). NULL: none suits the windows, or what is asked for. */
static trial *next_trial(const ps_float_state *fold) {
    const unsigned needs = fold->needs, several = PS_NEED_SUM | PS_NEED_SQUARES;
    const int v = fold->window.k, k = fold->product_window.k;
    const bool has_values = fold->window.slices >= 2 && fold->window.slices <= PS_FLOAT_TRIED_SLICES_MAX;
    const bool has_products = fold->product_window.slices == PS_FLOAT_PRODUCT_SLICES;
    if (fold->untried > 0 || fold->type != PARSUM_F64)
        return NULL;
    if (needs == PS_NEED_SUM || needs == PS_NEED_MAGNITUDES)
        return has_values ? try_values : NULL;
    if (!has_products)
        return NULL;
    if (needs & PS_NEED_PRODUCTS)
        return fold->loops->try_products != NULL ? try_products : NULL;
    if (needs == PS_NEED_SQUARES)
        return try_products;
    const bool near = k + 1 <= 2 * v && 2 * v <= k + 52, two = fold->window.slices == PS_FLOAT_VALUE_SLICES;
    return near && two && (needs & several) == several ? try_moments : NULL;
}

bool ps_float_is_tried(const ps_float_state *fold) {
    return next_trial(fold) != NULL;
}

bool ps_float_try_piece(ps_float_state *fold, const ps_float_operands *list) {
    trial *const tried = next_trial(fold);
    if (tried == NULL) {
        fold->untried -= fold->untried > 0;
        return false;
    }
    const ps_float_piece piece = ps_float_piece_of(fold, list);
    if (!tried(fold, &piece)) {
        fold->untried = UNTRIED_PIECES;
        return false;
    }
    fold->partial->head.count += list->count;
    fold->next_scanned = false;
    return true;
}
