/* test_float_tries.c - pieces of doubles that are sliced before it is known whether they fit: the bounds of that, each from
 * both sides, and lists of pieces some of which do not. */
#include "float_lists.h"

/* A square root near the bounds between which squares are kept, 2^(k-50) and 2^(k-1), or out of them by much. One of the two
 * bounds is the square of a double. */
static double tried_odd_one(int k, uint64_t kind) {
    const double bound = k % 2 == 0 ? ldexp(1, (k - 50) / 2) : ldexp(1, (k - 1) / 2);
    const double others[] = {bound,
                             test_double_beside(bound, -1),
                             test_double_beside(bound, 1),
                             0,
                             -0.0,
                             0x1p-1074,
                             0x1p1023,
                             (double)INFINITY,
                             (double)NAN};
    return others[kind % (sizeof others / sizeof others[0])];
}

/* Square roots of full significands, of squares well within those bounds. */
static double tried_root(test_random *random, int k) {
    const double root = test_random_double(random, k / 2 - 3 - (int)test_random_below(random, 20));
    return test_random_below(random, 2) ? -root : root;
}

static ps_float_piece piece_of(const test_float_path *path, const double *list, uint64_t count) {
    const uint64_t vectors = count / path->loops->lanes;
    return (ps_float_piece){.type = PARSUM_F64,
                            .left = (const unsigned char *)list,
                            .gap_bytes = vectors / 2 * path->loops->lanes * sizeof(double),
                            .vectors = vectors};
}

static void add_slices(const int64_t *sums, int slices, int k, ps_binary *total) {
    for (int s = 0; s < slices; s++)
        ps_binary_add_at(total, sums[s], k - PS_FLOAT_SLICE_BITS * (s + 1));
}

static void assert_squares(const int64_t *sums, int k, const ps_float_partial *expected) {
    ps_binary squares = {{0}};
    add_slices(sums, PS_FLOAT_PRODUCT_SLICES, k, &squares);
    assert_memory_equal(&squares, &expected->squares.finite, sizeof squares);
}

static void assert_moments(const ps_float_moments *found, int v, int k, const ps_float_partial *expected) {
    ps_binary sum = {{0}}, magnitudes = {{0}};
    add_slices(found->values, PS_FLOAT_VALUE_SLICES, v, &sum);
    add_slices(found->magnitudes, PS_FLOAT_VALUE_SLICES, v, &magnitudes);
    assert_memory_equal(&sum, &expected->sum.finite, sizeof sum);
    assert_memory_equal(&magnitudes, &expected->magnitudes.finite, sizeof magnitudes);
    assert_squares(found->squares, k, expected);
    assert_true(found->minimum == expected->minimum && found->maximum == expected->maximum);
}

static void tried_pieces_at_their_bounds(void **state) {
    (void)state;
    static double list[PS_FLOAT_PIECE];
    test_random random = test_random_start(18);
    const int least_k = -1022 + PS_FLOAT_SLICE_BITS * PS_FLOAT_PRODUCT_SLICES;
    for (unsigned i = 0; i < 900; i++) {
        const int k = i % 9 == 0   ? 1022
                      : i % 9 == 1 ? least_k + (int)(i / 9 % 2)
                                   : least_k + (int)test_random_below(&random, (uint64_t)(1023 - least_k));
        const int least_v = (k + 2 + 2048) / 2 - 1024,
                  most_v = (k + 52 + 2048) / 2 - 1024; /* rounded up; down */
        const int v = i % 3 == 0 ? least_v : i % 3 == 1 ? most_v : (least_v + most_v) / 2;
        const uint64_t count =
            i % 2 == 0 ? PS_FLOAT_PIECE : PS_FLOAT_LANES_MAX * (1 + test_random_below(&random, 9));
        const double odd = tried_odd_one(k, i), square = odd * odd;
        const bool alone = i % 4 == 0; /* nothing odd */
        const bool fits = alone || (square >= ldexp(1, k - 50) && square < ldexp(1, k - 1));
        for (uint64_t j = 0; j < count; j++)
            list[j] = i % 8 == 1 ? odd : tried_root(&random, k);
        if (!alone)
            list[test_random_below(&random, count)] = odd;
        ps_float_partial expected;
        ps_float_clear(&expected.head);
        for (uint64_t j = 0; j < count; j++)
            ps_float_add(&expected, list[j], TEST_ALL_NEEDS);
        for (const test_float_path *path = test_float_paths(); path->name != NULL; path++) {
            const ps_float_piece piece = piece_of(path, list, count);
            int64_t squares[PS_FLOAT_PRODUCT_SLICES];
            ps_float_moments moments;
            assert_int_equal(path->loops->try_squares(&piece, k, squares), fits);
            assert_int_equal(path->loops->try_moments(&piece, v, k, &moments), fits);
            if (!fits)
                continue;
            assert_squares(squares, k, &expected);
            assert_moments(&moments, v, k, &expected);
        }
    }
}

/* Factors of the product 1.x * 2^exponent, anywhere in the range of doubles: one of them may be subnormal, or near the largest. */
static void factors_of(test_random *random, int exponent, double *left, double *right) {
    const int low = exponent - 1022 > -1074 ? exponent - 1022 : -1074, high = exponent - low;
    const uint64_t end = test_random_below(random, 4);
    const int own = end == 0   ? low
                    : end == 1 ? high
                               : low + (int)test_random_below(random, (uint64_t)(high - low + 1));
    *left = ldexp(test_random_double(random, 0), own);
    *right = ldexp(test_random_double(random, 0), exponent - own);
    *left = test_random_below(random, 2) ? -*left : *left;
    *right = test_random_below(random, 2) ? -*right : *right;
}

/* A pair whose product is at one of the bounds, beside it, or out of them by much. */
static void odd_factors(test_random *random, int k, uint64_t kind, double *left, double *right) {
    const double least = ldexp(1, k - 50), above = ldexp(1, k - 1);
    const double products[] = {least,
                               test_double_beside(least, -1),
                               test_double_beside(least, 1),
                               above,
                               test_double_beside(above, -1),
                               0,
                               0x1p-1074,
                               (double)INFINITY,
                               (double)NAN};
    const int shift = (int)test_random_below(random, 41) - 20;
    *left = ldexp(products[kind % (sizeof products / sizeof products[0])], k > 0 ? -20 : 20);
    *left = ldexp(*left, shift);
    *right = ldexp(test_random_below(random, 2) ? -1 : 1, (k > 0 ? 20 : -20) - shift);
}

static void tried_products_at_their_bounds(void **state) {
    (void)state;
    static double left[PS_FLOAT_PIECE], right[PS_FLOAT_PIECE];
    test_random random = test_random_start(23);
    const int least_k = -1022 + PS_FLOAT_SLICE_BITS * PS_FLOAT_PRODUCT_SLICES;
    unsigned kept = 0, dropped = 0;
    for (unsigned i = 0; i < 900; i++) {
        const int k = i % 5 == 0   ? 1022
                      : i % 5 == 1 ? least_k
                                   : least_k + (int)test_random_below(&random, (uint64_t)(1023 - least_k));
        const uint64_t count =
            i % 2 == 0 ? PS_FLOAT_PIECE : PS_FLOAT_LANES_MAX * (1 + test_random_below(&random, 9));
        const uint64_t odd = i % 4 == 0 ? count : test_random_below(&random, count); /* count: none */
        bool fits = true;
        ps_float_partial expected;
        ps_float_clear(&expected.head);
        for (uint64_t j = 0; j < count; j++) {
            if (j == odd)
                odd_factors(&random, k, i / 4, &left[j], &right[j]);
            else
                factors_of(&random, k - 4 - (int)test_random_below(&random, 40), &left[j], &right[j]);
            const double p = fabs(left[j] * right[j]);
            fits = fits && p >= ldexp(1, k - 50) && p < ldexp(1, k - 1);
            ps_float_add_product(&expected, left[j], right[j]);
        }
        assert_true(fits || odd < count);
        for (const test_float_path *path = test_float_paths(); path->name != NULL; path++) {
            ps_float_piece piece = piece_of(path, left, count);
            int64_t products[PS_FLOAT_PRODUCT_SLICES];
            if (path->loops->try_products == NULL)
                continue;
            piece.right = (const unsigned char *)right;
            assert_int_equal(path->loops->try_products(&piece, k, products), fits);
            if (fits)
                assert_squares(products, k, &expected);
            kept += fits;
            dropped += !fits;
        }
        test_assert_paths(PARSUM_F64, left, right, count, PS_NEED_PRODUCTS, "factors of any size");
    }
    assert_true(kept > 300 && dropped > 300);
}

/* Where doubles' shares of the last slice end, at best. */
static int rest_unit(ps_float_window window) {
    return window.k - PS_FLOAT_SLICE_BITS * (window.slices - 1) - PS_FLOAT_REST_BITS;
}

/* A significand of full length down to 2^unit, of which the slices but the last leave almost all that they can. */
static double largest_rest(test_random *random, ps_float_window window, int unit) {
    const double half = ldexp(1, window.k - PS_FLOAT_SLICE_BITS * (window.slices - 1) - 1);
    return ldexp(1, unit + 52) + half - ldexp(1 + (double)test_random_below(random, 1000), unit);
}

enum {
    FITS_LEAST, /* all have the least unit there may be */
    TOO_FINE,   /* all have half of that */
    FITS_LARGEST,
    TOO_LARGE,
    ONE_NAN,
    ONE_INFINITY,
    ONE_SUBNORMAL,
    ONLY_ZEROS,
    FITS,
    VALUE_KINDS
};

static double value_of_kind(test_random *random, ps_float_window window, unsigned kind, bool odd) {
    /* From 2^53 units up: the least power of two there may be is taken for one of the binade before. */
    const int unit = rest_unit(window), room = window.k - 1 - (unit + 53);
    const double others[VALUE_KINDS] = {[FITS_LARGEST] = test_double_beside(ldexp(1, window.k - 1), -1),
                                        [TOO_LARGE] = ldexp(1, window.k - 1),
                                        [ONE_NAN] = (double)NAN,
                                        [ONE_INFINITY] = (double)INFINITY,
                                        [ONE_SUBNORMAL] = 0x1p-1074};
    if (kind == FITS_LEAST || kind == TOO_FINE)
        return largest_rest(random, window, unit - (kind == TOO_FINE));
    if (kind == ONLY_ZEROS)
        return 0;
    if (odd && kind != FITS)
        return others[kind];
    return test_random_double(random, unit + 53 + (int)test_random_below(random, (uint64_t)room));
}

static void tried_values_at_their_bounds(void **state) {
    (void)state;
    static double list[PS_FLOAT_PIECE];
    test_random random = test_random_start(21);
    for (unsigned i = 0; i < 100 * VALUE_KINDS; i++) {
        const int slices = 2 + (int)(i / VALUE_KINDS % 2), least = -1022 + PS_FLOAT_SLICE_BITS * slices;
        const int random_k = least + (int)test_random_below(&random, (uint64_t)(1022 - least + 1));
        const unsigned kind = i % VALUE_KINDS, end = i / VALUE_KINDS % 5, signs = i / VALUE_KINDS % 3;
        const ps_float_window window = {end == 0 ? 1022 : end == 1 ? least : random_k, slices};
        const bool fits = kind == FITS_LEAST || kind == FITS_LARGEST || kind == ONLY_ZEROS || kind == FITS;
        const uint64_t count = i / VALUE_KINDS % 4 < 3
                                   ? PS_FLOAT_PIECE
                                   : PS_FLOAT_LANES_MAX * (1 + test_random_below(&random, 9));
        const uint64_t odd = test_random_below(&random, count);
        ps_float_partial expected;
        ps_float_clear(&expected.head);
        for (uint64_t j = 0; j < count; j++) {
            const double value = value_of_kind(&random, window, kind, j == odd);
            list[j] = signs == 0 || (signs == 1 && test_random_below(&random, 2)) ? -value : value;
            ps_float_add(&expected, list[j], TEST_ALL_NEEDS);
        }
        for (const test_float_path *path = test_float_paths(); path->name != NULL; path++) {
            const ps_float_piece piece = piece_of(path, list, count);
            int64_t sums[PS_FLOAT_TRIED_SLICES_MAX + 1];
            ps_binary sum = {{0}}, magnitudes = {{0}};
            sums[slices] = 12345; /* not theirs */
            assert_int_equal(path->loops->try_values(&piece, PS_TERM_VALUE, window, sums), fits);
            if (fits) {
                add_slices(sums, slices, window.k, &sum);
                assert_memory_equal(&sum, &expected.sum.finite, sizeof sum);
            }
            assert_int_equal(path->loops->try_values(&piece, PS_TERM_MAGNITUDE, window, sums), fits);
            if (fits) {
                add_slices(sums, slices, window.k, &magnitudes);
                assert_memory_equal(&magnitudes, &expected.magnitudes.finite, sizeof magnitudes);
            }
            assert_int_equal(sums[slices], 12345);
        }
    }
}

/* Pieces that are tried, some of which are not kept, and a few that follow those. */
static void tried_pieces_through_paths(void **state) {
    (void)state;
    enum { PIECES = 50 };
    static const unsigned needs[] = {PS_NEED_SUM,
                                     PS_NEED_MAGNITUDES,
                                     PS_NEED_SQUARES,
                                     PS_NEED_SUM | PS_NEED_SQUARES,
                                     PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES,
                                     TEST_ALL_NEEDS};
    static double list[PIECES * PS_FLOAT_PIECE + 7], factors[2][PIECES * PS_FLOAT_PIECE + 7];
    const uint64_t count = sizeof list / sizeof list[0];
    test_random random = test_random_start(19);
    for (unsigned i = 0; i < 27; i++) {
        for (uint64_t j = 0; j < count; j++)
            list[j] = tried_root(&random, 20 + (int)(i / 9));
        /* The extremes lie in a piece that is tried, and within its window. */
        const double extreme = ldexp(1.25, (20 + (int)(i / 9)) / 2 - 2);
        list[(PIECES - 5) * PS_FLOAT_PIECE + i] = extreme;
        list[(PIECES - 4) * PS_FLOAT_PIECE + i] = -extreme;
        for (unsigned n = 0; n < 1 + i % 3; n++)
            list[test_random_below(&random, count)] = tried_odd_one(20 + (int)(i / 9), i);
        for (size_t n = 0; n < sizeof needs / sizeof needs[0]; n++)
            test_assert_paths(PARSUM_F64, list, NULL, count, needs[n], "tried pieces");
        /* Products of numbers some of which are too large or too small to be split into halves. */
        const int shift = (int)(i % 3) * 500 - 500;
        for (uint64_t j = 0; j < count; j++) {
            factors[0][j] = ldexp(list[j], shift);
            factors[1][j] = ldexp(tried_root(&random, 20), -shift);
        }
        test_assert_paths(PARSUM_F64, factors[0], factors[1], count, PS_NEED_PRODUCTS, "tried products");
    }
}

/* Numbers that shrink, so that the window of values stays and that of squares does not, and then have lower bits than the
 * former holds; some of them with two slices and some with three. */
static void windows_far_apart(void **state) {
    (void)state;
    enum { LARGE = 3, ALIKE = 20, PIECES = 30 }; /* ALIKE: more than are not tried after one that failed */
    static const unsigned needs[] = {PS_NEED_SUM, PS_NEED_MAGNITUDES, TEST_ALL_NEEDS};
    static double list[PIECES * PS_FLOAT_PIECE];
    test_random random = test_random_start(20);
    for (int scale = 0; scale < 60; scale += 3) {
        for (uint64_t j = 0; j < sizeof list / sizeof list[0]; j++) {
            const uint64_t piece = j / PS_FLOAT_PIECE;
            const int exponent = piece < LARGE           ? scale
                                 : piece < LARGE + ALIKE ? 0
                                                         : -(int)test_random_below(&random, 22);
            list[j] = test_random_double(&random, exponent);
        }
        for (size_t n = 0; n < sizeof needs / sizeof needs[0]; n++)
            test_assert_paths(PARSUM_F64, list, NULL, sizeof list / sizeof list[0], needs[n], "windows");
    }
}

/* Behind as many wide pieces as are not tried after one that failed, whose window has up to six slices: pieces that need few. */
static void windows_of_many_slices(void **state) {
    (void)state;
    enum { WIDE = 1 + 16, PIECES = WIDE + 2 };
    static double list[PIECES * PS_FLOAT_PIECE];
    test_random random = test_random_start(22);
    for (int span = 20; span < 270; span += 10) {
        for (uint64_t j = 0; j < sizeof list / sizeof list[0]; j++) {
            /* A piece has as much of each half of the list. */
            const bool wide = j / (PS_FLOAT_PIECE / 2) % PIECES < WIDE;
            list[j] = test_random_double(&random, wide ? -(int)(j % (uint64_t)span) : -(int)(j % 9));
        }
        test_assert_paths(PARSUM_F64, list, NULL, sizeof list / sizeof list[0], PS_NEED_SUM, "many slices");
        test_assert_paths(PARSUM_F64, list, NULL, sizeof list / sizeof list[0], PS_NEED_MAGNITUDES, "many");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tried_pieces_at_their_bounds),
        cmocka_unit_test(tried_products_at_their_bounds),
        cmocka_unit_test(tried_values_at_their_bounds),
        cmocka_unit_test(tried_pieces_through_paths),
        cmocka_unit_test(windows_far_apart),
        cmocka_unit_test(windows_of_many_slices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
