/* float_tries.h - part of float_template.h: one pass over doubles by windows chosen before they were looked at, which finds on the
 * way whether they fit.
 *
 * Values alone have two or three slices. Those but the last are taken as ever; what they leave of a value is added up as a double,
 * exactly where the window holds it so (ps_float_window_holds_rests), which the exponents found on the way say in the end.
 *
 * Products, squares too, have three slices, k being that of the first. p = a * b, rounded, and its error e are as in sum_slices.
 * With 2^(k-50) <= |p| < 2^(k-1) for each of them,
 *  - p fits the first slice. |e| is at most half a unit of p, 2^(k-55), and fits the second;
 *  - p is a multiple of 2^(k-102), and so of the second slice's unit, 2^(k-104): nothing remains of it;
 *  - with 2^i <= |a| < 2^(i+1) and 2^j <= |b| < 2^(j+1), |p| <= 2^(i+j+2), so i + j >= k - 52. a is a multiple of 2^(i-52), b of
 *    2^(j-52), a * b of 2^(i+j-104), and so of the third slice's unit, 2^(k-156), as p is: e is one too, and nothing remains of
 *    it. The window has that unit at least 2^-1022, so e is 0 or normal, and exact.
 * The bits of doubles without their sign are in their order, as unsigned integers, and a NaN's are above all of those: products
 * that are zeros, infinities or NaNs, and so factors that are, are out of the bounds. What the loop makes of such pieces is
 * dropped. Roots are from 2^((k-51)/2) to 2^((k-1)/2). Nothing keeps the factors of products from either end of the doubles:
 * only paths whose PS_PRODUCT_ERROR can take any try them.
 *
 * Values with squares have two slices, with v for k, where k + 1 <= 2v <= k + 52:
 *  - |a| >= 2^(v-1) would make p >= 2^(2v-2) >= 2^(k-1); so |a| fits the first slice;
 *  - v is from -432 to 537, as k is from -866 to 1022: no M overflows, and no unit is below 2^-1022;
 *  - a is a multiple of 2^(i-52), where 2i - 104 >= k - 156 >= 2v - 208, and so of the second slice's unit, 2^(v-104).
 * a is the sum of its slices, so that magnitudes sum up to the slices of all, less twice those of what is negative: at most
 * 2 * PS_FLOAT_PIECE * 2^51 < 2^63. */

/* The sum of lanes of what slices left, in units of 2^unit, those of the slice behind them: integers, as each is a multiple of
 * 2^8 of them, which come to at most PS_FLOAT_PIECE * 2^51 < 2^62. */
INLINE int64_t rest_sum(ps_doubles rest, int unit) {
    const ps_doubles scaled = rest * doubles_of(broadcast((uint64_t)(1023 - unit) << 52));
    double lane[PS_LANES];
    int64_t total = 0;
    memcpy(lane, &scaled, sizeof lane);
    for (int i = 0; i < PS_LANES; i++)
        total += (int64_t)lane[i];
    return total;
}

/* With term and slices constant. What is left is added up by turns, so that one addition need not wait for the one before. */
INLINE bool try_value_slices(const ps_float_piece *piece, ps_float_term term, int k, int slices,
                             int64_t *sums) {
    const ps_float_window window = {k, slices};
    ps_vector lanes[PS_FLOAT_SLICES_MAX];
    ps_doubles shifters[PS_FLOAT_SLICES_MAX];
    ps_doubles rest = doubles_of(broadcast(0)), next_rest = rest;
    exponents found = no_exponents();
    start_slices(k, slices - 1, shifters, lanes);
#define ADD_VECTOR(offset)                                                           \
    do {                                                                             \
        ps_doubles left_over = load(PARSUM_F64, piece->left + (offset), 0);          \
        __builtin_prefetch(piece->left + (offset) + 2048);                           \
        scan_vector(&found, PARSUM_F64, piece->left + (offset));                     \
        if (term == PS_TERM_MAGNITUDE)                                               \
            left_over = doubles_of(bits_of(left_over) & broadcast(UINT64_MAX >> 1)); \
        FOR_SLICES(s, 0, slices - 1) {                                               \
            const ps_doubles y = left_over + shifters[s];                            \
            lanes[s] += bits_of(y);                                                  \
            left_over -= y - shifters[s];                                            \
        }                                                                            \
        left_over += rest;                                                           \
        rest = next_rest;                                                            \
        next_rest = left_over;                                                       \
    } while (0)
    FOR_PIECE(piece, ADD_VECTOR);
#undef ADD_VECTOR
    if (!ps_float_window_holds_rests(window, ps_float_span_of(PARSUM_F64, scanned_doubles(&found))))
        return false;
    FOR_SLICES(s, 0, slices - 1)
    sums[s] = slice_sum(lanes[s], piece->vectors * PS_LANES, k, s);
    const int unit = k - PS_FLOAT_SLICE_BITS * slices;
    sums[slices - 1] = rest_sum(rest, unit) + rest_sum(next_rest, unit);
    return true;
}

static bool try_values(const ps_float_piece *piece, ps_float_term term, ps_float_window window,
                       int64_t *sums) {
    _Static_assert(PS_FLOAT_TRIED_SLICES_MAX == 3, "there is an instance for each number of slices");
    if (window.slices == 3)
        return term == PS_TERM_VALUE ? try_value_slices(piece, PS_TERM_VALUE, window.k, 3, sums)
                                     : try_value_slices(piece, PS_TERM_MAGNITUDE, window.k, 3, sums);
    return term == PS_TERM_VALUE ? try_value_slices(piece, PS_TERM_VALUE, window.k, 2, sums)
                                 : try_value_slices(piece, PS_TERM_MAGNITUDE, window.k, 2, sums);
}

/* The least and the largest |p| in each lane, as far as the high 32 bits go. */
typedef struct product_bounds {
    ps_vector most, least;
} product_bounds;

INLINE product_bounds no_products(void) {
    return (product_bounds){broadcast(0), broadcast(UINT64_MAX)};
}

INLINE bool products_fit(const product_bounds *bounds, int k) {
    uint64_t most[PS_LANES], least[PS_LANES];
    bool fit = true;
    memcpy(most, &bounds->most, sizeof most);
    memcpy(least, &bounds->least, sizeof least);
    for (int lane = 0; lane < PS_LANES; lane++)
        fit = fit && most[lane] >> 32 < (uint64_t)(k - 1 + 1023) << 20 &&
              least[lane] >> 32 >= (uint64_t)(k - 50 + 1023) << 20;
    return fit;
}

INLINE void add_tried_term(ps_doubles a, ps_doubles b, ps_float_term term, const ps_doubles *shifters,
                           ps_vector *lanes, product_bounds *bounds) {
    const ps_vector p = bits_of(a * b);
    const ps_vector magnitude = term == PS_TERM_SQUARE ? p : p & broadcast(UINT64_MAX >> 1);
    bounds->most = PS_HIGH_MAXIMUM(bounds->most, magnitude);
    bounds->least = PS_HIGH_MINIMUM(bounds->least, magnitude);
    add_term(a, b, term, true, shifters, PS_FLOAT_PRODUCT_SLICES, lanes);
}

/* Two addends a number for the slice in the middle. */
INLINE void product_sums(const ps_vector *lanes, uint64_t count, int k, int64_t *sums) {
    FOR_SLICES(s, 0, PS_FLOAT_PRODUCT_SLICES)
    sums[s] = slice_sum(lanes[s], count << (s == 1), k, s);
}

/* With term constant. */
INLINE bool try_terms(const ps_float_piece *piece, ps_float_term term, int k, int64_t *sums) {
    ps_vector lanes[PS_FLOAT_SLICES_MAX];
    ps_doubles shifters[PS_FLOAT_SLICES_MAX];
    product_bounds bounds = no_products();
    start_slices(k, PS_FLOAT_PRODUCT_SLICES, shifters, lanes);
#define ADD_VECTOR(offset)                                                                              \
    do {                                                                                                \
        const ps_doubles a = load(PARSUM_F64, piece->left + (offset), 0);                               \
        const ps_doubles b = term == PS_TERM_SQUARE ? a : load(PARSUM_F64, piece->right + (offset), 0); \
        __builtin_prefetch(piece->left + (offset) + 2048);                                              \
        if (term != PS_TERM_SQUARE)                                                                     \
            __builtin_prefetch(piece->right + (offset) + 2048);                                         \
        add_tried_term(a, b, term, shifters, lanes, &bounds);                                           \
    } while (0)
    FOR_PIECE(piece, ADD_VECTOR);
#undef ADD_VECTOR
    product_sums(lanes, piece->vectors * PS_LANES, k, sums);
    return products_fit(&bounds, k);
}

static bool try_squares(const ps_float_piece *piece, int k, int64_t *sums) {
    return try_terms(piece, PS_TERM_SQUARE, k, sums);
}

#ifdef PS_PRODUCT_ERROR_OF_ANY
static bool try_products(const ps_float_piece *piece, int k, int64_t *sums) {
    return try_terms(piece, PS_TERM_PRODUCT, k, sums);
}
#else
#define try_products NULL
#endif

static bool try_moments(const ps_float_piece *piece, int v, int k, ps_float_moments *moments) {
    ps_vector squares[PS_FLOAT_SLICES_MAX], values[PS_FLOAT_SLICES_MAX], negatives[PS_FLOAT_SLICES_MAX];
    ps_doubles square_shifters[PS_FLOAT_SLICES_MAX], shifters[PS_FLOAT_SLICES_MAX];
    ps_vector below = broadcast(0);
    ps_doubles least = load(PARSUM_F64, piece->left, 0), most = least;
    product_bounds bounds = no_products();
    start_slices(k, PS_FLOAT_PRODUCT_SLICES, square_shifters, squares);
    start_slices(v, PS_FLOAT_VALUE_SLICES, shifters, values);
    start_slices(v, PS_FLOAT_VALUE_SLICES, shifters, negatives);
#define ADD_VECTOR(offset)                                                       \
    do {                                                                         \
        const ps_doubles a = load(PARSUM_F64, piece->left + (offset), 0);        \
        const ps_doubles y0 = a + shifters[0];                                   \
        const ps_doubles y1 = a - (y0 - shifters[0]) + shifters[1];              \
        __builtin_prefetch(piece->left + (offset) + 2048);                       \
        below = PS_ADD_NEGATIVE(below, bits_of(a), broadcast(1));                \
        values[0] += bits_of(y0);                                                \
        values[1] += bits_of(y1);                                                \
        negatives[0] = PS_ADD_NEGATIVE(negatives[0], bits_of(a), bits_of(y0));   \
        negatives[1] = PS_ADD_NEGATIVE(negatives[1], bits_of(a), bits_of(y1));   \
        least = PS_LESSER(least, a);                                             \
        most = PS_GREATER(most, a);                                              \
        add_tried_term(a, a, PS_TERM_SQUARE, square_shifters, squares, &bounds); \
    } while (0)
    FOR_PIECE(piece, ADD_VECTOR);
#undef ADD_VECTOR
    const uint64_t count = piece->vectors * PS_LANES, count_below = total_of(below);
    product_sums(squares, count, k, moments->squares);
    FOR_SLICES(s, 0, PS_FLOAT_VALUE_SLICES) {
        moments->values[s] = slice_sum(values[s], count, v, s);
        moments->magnitudes[s] = moments->values[s] - 2 * slice_sum(negatives[s], count_below, v, s);
    }
    moments->minimum = least_of(least);
    moments->maximum = greatest_of(most);
    return products_fit(&bounds, k);
}
