/* float_piece.c - cutting a list into pieces, and for each: the windows there are, where they may serve; else the specials apart,
 * the exponents, then slices or the fallback. Owns the sums of slices between pieces. */
#include "fold/float_state.h"

static void add_to(ps_slice_sums *total, const ps_slice_sums *sums, int sign) {
    for (int s = 0; s < PS_FLOAT_SLICES_MAX; s++)
        total->slice[s] += sums->slice[s] * sign;
}

/* Adds the sums to total, and clears them. */
static void deposit(ps_slice_sums *sums, int k, ps_binary *total) {
    for (int s = 0; s < PS_FLOAT_SLICES_MAX; s++) {
        if (sums->slice[s] != 0)
            ps_binary_add_at(total, sums->slice[s], k - PS_FLOAT_SLICE_BITS * (s + 1));
        sums->slice[s] = 0;
    }
}

enum { FACTOR_TOP_MAX = 1023 };

static void deposit_values(ps_float_state *fold) {
    deposit(&fold->sum, fold->window.k, &fold->partial->sum.finite);
    deposit(&fold->magnitudes, fold->window.k, &fold->partial->magnitudes.finite);
}

static void deposit_products(ps_float_state *fold) {
    deposit(&fold->products, fold->product_window.k, &fold->partial->squares.finite);
}

/* Adds what the terms of list sum up to by slices to total. */
static void sum_slices(ps_float_state *fold, const ps_float_operands *list, ps_float_term term,
                       ps_float_window window, ps_slice_sums *total) {
    ps_float_piece piece = ps_float_piece_of(fold, list);
    if (list->count == PS_FLOAT_PIECE) {
        piece.next_left = fold->next_left;
        piece.next_right = fold->next_right;
    }
    ps_float_slices slices;
    fold->loops->sum(&piece, term, window, &slices);
    ps_slice_sums_add(total, slices.sum, window.slices);
    if (piece.next_left != NULL) {
        fold->next_scanned = true;
        fold->next_scan.left = slices.next_left;
        fold->next_scan.right = piece.next_right != NULL ? slices.next_right : slices.next_left;
    }
}

/* Where count numbers lie with zeros up to a whole vector: in place, or copied to the buffer of operand. */
static const unsigned char *in_vectors(ps_float_state *fold, int operand, const unsigned char *data,
                                       uint64_t count) {
    if (count % fold->vector_numbers == 0)
        return data;
    unsigned char *buffer = fold->buffer[operand];
    const size_t used = count * fold->size_bytes;
    memmove(buffer, data, used);
    memset(buffer + used, 0,
           ps_float_vectors_of(fold, count) * fold->vector_numbers * fold->size_bytes - used);
    return buffer;
}

static void to_vectors(ps_float_state *fold, ps_float_operands *list) {
    list->left = in_vectors(fold, 0, list->left, list->count);
    if (list->right != NULL)
        list->right = in_vectors(fold, 1, list->right, list->count);
}

/* Of both halves. */
static ps_float_scan scan_operand(const ps_float_state *fold, const ps_float_operands *list,
                                  const unsigned char *numbers) {
    const uint64_t vectors = ps_float_vectors_of(fold, list->count), half = vectors / 2;
    const ps_float_scan one = fold->loops->scan(fold->type, numbers, half);
    const ps_float_scan other =
        fold->loops->scan(fold->type, numbers + ps_float_gap_of(fold, list), vectors - half);
    return (ps_float_scan){one.largest > other.largest ? one.largest : other.largest,
                           one.least < other.least ? one.least : other.least};
}

static ps_float_scans scan(const ps_float_state *fold, const ps_float_operands *list) {
    ps_float_scans found;
    found.left = scan_operand(fold, list, list->left);
    found.right = list->right == NULL ? found.left : scan_operand(fold, list, list->right);
    return found;
}

/* Brings two streams together, for what takes numbers one behind the other. */
static void join_streams(ps_float_state *fold, ps_float_operands *list) {
    const size_t half_bytes = list->count / 2 * fold->size_bytes;
    if (list->stream_bytes == 0)
        return;
    memcpy(fold->buffer[0], list->left, half_bytes);
    memcpy(fold->buffer[0] + half_bytes, list->left + list->stream_bytes, half_bytes);
    list->left = fold->buffer[0];
    if (list->right != NULL) {
        memcpy(fold->buffer[1], list->right, half_bytes);
        memcpy(fold->buffer[1] + half_bytes, list->right + list->stream_bytes, half_bytes);
        list->right = fold->buffer[1];
    }
    list->stream_bytes = 0;
}

static bool has_specials(ps_float_scans found) {
    return ps_float_scan_has_specials(found.left) || ps_float_scan_has_specials(found.right);
}

/* Adds the numbers, or pairs, that are not finite by the slow rules, and moves the others to the buffers. */
static void take_specials(ps_float_state *fold, ps_float_operands *list) {
    const size_t size_bytes = fold->size_bytes;
    uint64_t kept = 0;
    join_streams(fold, list);
    for (uint64_t i = 0; i < list->count; i++) {
        const double left = ps_float_at(fold->type, list->left, i);
        const double right = list->right != NULL ? ps_float_at(fold->type, list->right, i) : 0;
        if (__builtin_isfinite(left) && __builtin_isfinite(right)) {
            /* The piece may lie in the buffer already: numbers only move down. */
            memmove(fold->buffer[0] + kept * size_bytes, list->left + i * size_bytes, size_bytes);
            if (list->right != NULL)
                memmove(fold->buffer[1] + kept * size_bytes, list->right + i * size_bytes, size_bytes);
            kept++;
        } else if (list->right != NULL) {
            ps_float_add_product(fold->partial, left, right);
        } else {
            ps_float_add(fold->partial, left, fold->needs);
        }
    }
    list->count = kept;
    list->left = fold->buffer[0];
    if (list->right != NULL)
        list->right = fold->buffer[1];
    to_vectors(fold, list);
}

static void widen_extremes(const ps_float_state *fold, const unsigned char *numbers, uint64_t vectors,
                           double *minimum, double *maximum) {
    double least, most;
    if (vectors == 0)
        return;
    fold->loops->extremes(fold->type, numbers, vectors, &least, &most);
    *minimum = least < *minimum ? least : *minimum;
    *maximum = most > *maximum ? most : *maximum;
}

/* The extremes of finite numbers, count > 0, none of which is -0. */
static void find_extremes(const ps_float_state *fold, const ps_float_operands *list, double *minimum,
                          double *maximum) {
    const uint64_t vectors = list->count / fold->vector_numbers, half = vectors / 2;
    /* Zeros that fill up the last vector are no numbers. */
    const size_t half_bytes = half * fold->vector_numbers * fold->size_bytes;
    const size_t gap_bytes = list->stream_bytes > 0 ? list->stream_bytes : half_bytes;
    *minimum = *maximum = ps_float_at(fold->type, list->left, 0);
    widen_extremes(fold, list->left, half, minimum, maximum);
    widen_extremes(fold, list->left + gap_bytes, vectors - half, minimum, maximum);
    for (uint64_t i = vectors * fold->vector_numbers; i < list->count; i++) {
        const double value = ps_float_at(fold->type, list->left, i);
        *minimum = value < *minimum ? value : *minimum;
        *maximum = value > *maximum ? value : *maximum;
    }
    *minimum += 0.0; /* -0 + 0 is 0 */
    *maximum += 0.0;
}

/* sign: of all numbers but zeros, or 0 where that is not known. */
static void add_values(ps_float_state *fold, ps_float_operands *list, ps_float_scan found, int sign) {
    const bool want_sum = fold->needs & PS_NEED_SUM, want_magnitudes = fold->needs & PS_NEED_MAGNITUDES;
    ps_float_window window = fold->window;
    ps_slice_sums sums = {{0}};
    if (!ps_float_window_fit(&window, ps_float_span_of(fold->type, found))) {
        fold->fell_back = true;
        join_streams(fold, list);
        ps_float_fallback_add(&fold->fallback, fold->type, list->left, list->count,
                              ps_float_scan_has_subnormals(found), fold->partial);
        return;
    }
    if (window.k != fold->window.k)
        deposit_values(fold);
    fold->window = window;
    if (want_sum) {
        sum_slices(fold, list, PS_TERM_VALUE, window, &sums);
        add_to(&fold->sum, &sums, 1);
    }
    if (want_magnitudes && want_sum && sign != 0)
        add_to(&fold->magnitudes, &sums, sign);
    else if (want_magnitudes)
        sum_slices(fold, list, PS_TERM_MAGNITUDE, window, &fold->magnitudes);
}

/* Whether products of numbers with that scan may be sliced: of doubles, the loops need normal factors that can be split
 * (float_portable.c), and of subnormals the bounds of float_template.h do not hold. */
static bool suits_products(const ps_float_state *fold, ps_float_scan scan, ps_float_span span) {
    return fold->type == PARSUM_F32 || (!ps_float_scan_has_subnormals(scan) && span.top <= FACTOR_TOP_MAX);
}

/* Adds products, or squares where there is no second operand. */
static void add_products(ps_float_state *fold, ps_float_operands *list, ps_float_scans found) {
    const ps_float_span left = ps_float_span_of(fold->type, found.left);
    const ps_float_span right = ps_float_span_of(fold->type, found.right);
    const bool squares = list->right == NULL;
    ps_float_window window = fold->product_window;
    if (!suits_products(fold, found.left, left) || !suits_products(fold, found.right, right) ||
        !ps_float_window_fit(&window, ps_float_span_of_products(left, right))) {
        fold->fell_back = true;
        join_streams(fold, list);
        ps_float_fallback_add_products(&fold->fallback, fold->type, list->left,
                                       squares ? list->left : list->right, list->count, fold->partial);
        return;
    }
    if (window.k != fold->product_window.k)
        deposit_products(fold);
    fold->product_window = window;
    sum_slices(fold, list, squares ? PS_TERM_SQUARE : PS_TERM_PRODUCT, window, &fold->products);
}

/* The sign of all numbers but zeros, 0 where there are both; keeps the extremes where they are needed. */
static int add_extremes(ps_float_state *fold, const ps_float_operands *list) {
    double minimum, maximum;
    find_extremes(fold, list, &minimum, &maximum);
    if (fold->needs & PS_NEED_EXTREMES)
        ps_float_include_extremes(fold->partial, minimum, maximum);
    return minimum >= 0 ? 1 : maximum <= 0 ? -1 : 0;
}

static void add_piece(ps_float_state *fold, ps_float_operands *list) {
    const unsigned needs = fold->needs, both = PS_NEED_SUM | PS_NEED_MAGNITUDES;
    ps_float_scans found = fold->next_scan;
    int sign = 0;
    to_vectors(fold, list);
    if (!fold->next_scanned)
        found = scan(fold, list);
    fold->next_scanned = false;
    if (has_specials(found)) {
        take_specials(fold, list);
        found = scan(fold, list);
    }
    if (list->count == 0)
        return;
    if (needs & PS_NEED_EXTREMES || (needs & both) == both)
        sign = add_extremes(fold, list);
    fold->partial->head.count += list->count;
    /* Zeros add nothing; nor do pairs one side of which is all zeros. */
    if (ps_float_scan_is_zero(found.left) || ps_float_scan_is_zero(found.right))
        return;
    if (needs & both)
        add_values(fold, list, found.left, sign);
    if (needs & (PS_NEED_SQUARES | PS_NEED_PRODUCTS))
        add_products(fold, list, found);
}

/* Whether one loop alone passes over a piece that is not tried. With more of them, each fetches the next piece, and a scan
 * begins it. */
static bool takes_one_loop(unsigned needs) {
    return needs == PS_NEED_SUM || needs == PS_NEED_MAGNITUDES || needs == PS_NEED_SQUARES ||
           needs == PS_NEED_PRODUCTS;
}

static const unsigned char *ahead(const unsigned char *numbers, size_t bytes) {
    return numbers != NULL ? numbers + bytes : NULL;
}

/* Adds whole many pieces, the first halves of which begin at left, one behind the other, and the second halves behind all of
 * those; stops behind one that fell back, as the fallback is faster with one stream. Returns how many are done. */
static uint64_t add_streams(ps_float_state *fold, const unsigned char *left, const unsigned char *right,
                            uint64_t whole) {
    const size_t half_bytes = PS_FLOAT_PIECE / 2 * fold->size_bytes;
    uint64_t done = 0;
    for (; done < whole && !fold->fell_back; done++) {
        ps_float_operands list = {ahead(left, done * half_bytes), ahead(right, done * half_bytes),
                                  PS_FLOAT_PIECE, whole * half_bytes};
        if (ps_float_try_piece(fold, &list))
            continue;
        const bool scan_next = takes_one_loop(fold->needs) && done + 1 < whole && !ps_float_is_tried(fold);
        fold->next_left = scan_next ? ahead(list.left, half_bytes) : NULL;
        fold->next_right = scan_next ? ahead(list.right, half_bytes) : NULL;
        add_piece(fold, &list);
    }
    fold->next_left = fold->next_right = NULL;
    return done;
}

/* Adds the numbers with the indices from .. to-1, piece by piece. */
static void add_run(ps_float_state *fold, const unsigned char *left, const unsigned char *right,
                    uint64_t from, uint64_t to) {
    while (from < to) {
        const size_t offset = from * fold->size_bytes;
        ps_float_operands list = {ahead(left, offset), ahead(right, offset),
                                  to - from < PS_FLOAT_PIECE ? to - from : PS_FLOAT_PIECE, 0};
        from += list.count;
        if (list.count < PS_FLOAT_PIECE || !ps_float_try_piece(fold, &list))
            add_piece(fold, &list);
    }
}

void ps_float_add_numbers(const ps_float_loops *loops, parsum_type type, const unsigned char *left,
                          const unsigned char *right, uint64_t count, unsigned needs,
                          ps_float_partial *partial) {
    /* The buffers and the fallback's bins are not cleared: a short list shall not pay for them. */
    ps_float_state fold;
    fold.loops = loops;
    fold.type = type;
    fold.size_bytes = type == PARSUM_F32 ? sizeof(float) : sizeof(double);
    fold.vector_numbers = ps_float_vector_numbers(loops, type);
    fold.needs = needs;
    fold.partial = partial;
    fold.window = fold.product_window = (ps_float_window){0, 0};
    fold.sum = fold.magnitudes = fold.products = (ps_slice_sums){{0}};
    fold.untried = 0;
    fold.fell_back = fold.next_scanned = false;
    fold.next_scan = (ps_float_scans){{0, 0}, {0, 0}};
    ps_float_fallback_start(&fold.fallback, needs);
    const unsigned char *const right_from = needs & PS_NEED_PRODUCTS ? right : NULL;
    const uint64_t whole = count / PS_FLOAT_PIECE, half_count = PS_FLOAT_PIECE / 2;
    const uint64_t done = add_streams(&fold, left, right_from, whole), second = (whole + done) * half_count;
    add_run(&fold, left, right_from, done * half_count, whole * half_count);
    add_run(&fold, left, right_from, second, count);
    deposit_values(&fold);
    deposit_products(&fold);
    ps_float_fallback_finish(&fold.fallback, partial);
}
