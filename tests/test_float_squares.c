/* test_float_squares.c - squares of doubles that are sliced before it is known whether they fit: the bounds of that, each from
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

static void tried_squares_at_their_bounds(void **state) {
    (void)state;
    static double list[PS_FLOAT_PIECE];
    test_random random = test_random_start(18);
    const int least_k = -1022 + PS_FLOAT_SLICE_BITS * PS_FLOAT_SLICES_TRIED;
    for (unsigned i = 0; i < 900; i++) {
        const int k = i % 9 == 0   ? 1022
                      : i % 9 == 1 ? least_k + (int)(i / 9 % 2)
                                   : least_k + (int)test_random_below(&random, (uint64_t)(1023 - least_k));
        const uint64_t count =
            i % 2 == 0 ? PS_FLOAT_PIECE : PS_FLOAT_LANES_MAX * (1 + test_random_below(&random, 9));
        const double odd = tried_odd_one(k, i), square = odd * odd;
        const bool alone = i % 4 == 0; /* nothing odd */
        const bool fits = alone || (square >= ldexp(1, k - 50) && square < ldexp(1, k - 1));
        for (uint64_t j = 0; j < count; j++)
            list[j] = tried_root(&random, k);
        if (!alone)
            list[test_random_below(&random, count)] = odd;
        ps_float_partial expected;
        ps_float_clear(&expected.head);
        for (uint64_t j = 0; j < count; j++)
            ps_float_add(&expected, list[j], PS_NEED_SQUARES);
        for (const test_float_path *path = test_float_paths(); path->name != NULL; path++) {
            const uint64_t vectors = count / path->loops->lanes;
            const ps_float_piece piece = {.type = PARSUM_F64,
                                          .left = (unsigned char *)list,
                                          .gap_bytes = vectors / 2 * path->loops->lanes * sizeof(double),
                                          .vectors = vectors};
            ps_float_slices result;
            ps_binary sum = {{0}};
            assert_int_equal(path->loops->try_squares(&piece, k, &result), fits);
            if (!fits)
                continue;
            for (int s = 0; s < PS_FLOAT_SLICES_TRIED; s++)
                ps_binary_add_at(&sum, result.sum[s], k - PS_FLOAT_SLICE_BITS * (s + 1));
            assert_memory_equal(&sum, &expected.squares.finite, sizeof sum);
        }
    }
}

/* Pieces that are tried, some of which are not kept, and a few that follow those. */
static void tried_squares_through_paths(void **state) {
    (void)state;
    enum { PIECES = 50 };
    static double list[PIECES * PS_FLOAT_PIECE + 7];
    const uint64_t count = sizeof list / sizeof list[0];
    test_random random = test_random_start(19);
    for (unsigned i = 0; i < 27; i++) {
        for (uint64_t j = 0; j < count; j++)
            list[j] = tried_root(&random, 20 + (int)(i / 9));
        for (unsigned n = 0; n < 1 + i % 3; n++)
            list[test_random_below(&random, count)] = tried_odd_one(20 + (int)(i / 9), i);
        test_assert_paths(PARSUM_F64, list, NULL, count, PS_NEED_SQUARES, "tried squares");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tried_squares_at_their_bounds),
        cmocka_unit_test(tried_squares_through_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
