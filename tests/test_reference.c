/* test_reference.c - the two references against brute force in GMP and against the formulas: what verification rests on
 * must itself be right up to the last element of the range. */
#include "support.h"

#include "exact/reference.h"

#define TWO_63 ((ps_int128)1 << 63)
#define TWO_64 ((ps_int128)1 << 64)

enum { ALL_NEEDS = PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES };

static uint64_t count_of(const parsum_range *range) {
    return range->end <= range->first ? 0 : (uint64_t)((range->end - range->first - 1) / range->step + 1);
}

static void reference_of(const parsum_range *range, unsigned needs, ps_integer_partial *partial) {
    ps_reference reference;
    memset(&reference, 0, sizeof reference);
    ps_reference_add(&reference, range, 0, count_of(range), needs);
    ps_reference_to_partial(&reference, partial);
}

/* Both references of range, for every mask of needs, against brute force. */
static void assert_right(const parsum_range *range) {
    test_moments moments;
    ps_integer_partial partial;
    test_moments_init(&moments);
    test_moments_add_range(&moments, range);
    for (unsigned needs = 0; needs <= ALL_NEEDS; needs++) {
        reference_of(range, needs, &partial);
        test_assert_moments(&partial, &moments, needs);
        assert_int_equal(partial.head.kind, PS_KIND_INTEGER);
        assert_int_equal(partial.head.version, PS_PARTIAL_VERSION);
        const ps_wide zero = {{0, 0, 0, 0}};
        if (needs == PS_NEED_SUM)
            assert_true(ps_wide_equal(&partial.squares, &zero));
        if (needs == PS_NEED_SQUARES)
            assert_true(ps_wide_equal(&partial.sum, &zero) && ps_wide_equal(&partial.magnitudes, &zero));
    }
    ps_closed_form(range, 1, &partial);
    test_assert_moments(&partial, &moments, ALL_NEEDS);
    test_moments_clear(&moments);
}

static void chosen_ranges(void **state) {
    (void)state;
    const parsum_range ranges[] = {
        {0, 0, 1},
        {5, -5, 3},
        {0, 1, 1},
        {-1, 0, 1},
        {1, 2, 1},
        {-1, 2, 1},
        {-10, 11, 1},
        {-10, 11, 3},
        {-9, 11, 3},
        {-8, 11, 3},
        {-7, 0, 7},
        {-7, 1, 7},
        {-1, 6, 7},
        {-1, 7, 7},
        {-100, -50, 1},
        {1, 1000, 1},
        {-TWO_63, -TWO_63 + 1, 1},
        {-TWO_63, -TWO_63 + 300, 1},
        {TWO_64 - 1, TWO_64, 1},
        {TWO_64 - 300, TWO_64, 1},
        {-TWO_63, TWO_64, TWO_64},
        {-TWO_63, TWO_64, TWO_64 - 1},
        {-TWO_63, TWO_64, TWO_63},
        {-TWO_63, TWO_64, TWO_63 - 1},
        {-TWO_63, TWO_64, TWO_64 + TWO_63 - 1},
        {-TWO_63, TWO_64, (ps_int128)1 << 100},
        {0, TWO_64, TWO_64 - 1},
        {-1, TWO_64, TWO_64},
        {-TWO_63, TWO_64, TWO_64 / 1000},
        {((ps_int128)1 << 32) - 100, ((ps_int128)1 << 32) + 100, 1},
        {-((ps_int128)1 << 32) - 100, 100 - ((ps_int128)1 << 32), 3},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        assert_right(&ranges[i]);
}

static void random_ranges(void **state) {
    (void)state;
    test_random random = test_random_start(1);
    for (int i = 0; i < 1500; i++) {
        parsum_range range;
        const ps_int128 bound = TWO_64 + TWO_63 - 1;
        const uint64_t count = 1 + test_random_below(&random, 200);
        range.step = (ps_int128)test_random_hostile(&random);
        if (range.step < 1 || range.step > bound / (ps_int128)count)
            range.step = 1 + bound / (ps_int128)count / 2;
        const ps_int128 span = (ps_int128)(count - 1) * range.step;
        /* Near the lower end, zero or the upper end, as far as the span allows. */
        const ps_int128 near[] = {-TWO_63, -span / 2, TWO_64 - 1 - span};
        range.first = near[test_random_below(&random, 3)];
        range.first += (ps_int128)(test_random_hostile(&random) >> 2) - (TWO_63 >> 1);
        if (range.first > TWO_64 - 1 - span)
            range.first = TWO_64 - 1 - span;
        if (range.first < -TWO_63)
            range.first = -TWO_63;
        range.end = range.first + span + 1;
        assert_right(&range);
    }
}

/* The loop widens its sums after blocks of 2^(128-2k) squares of numbers below 2^k. Blocks one shorter, full, one longer
 * and two, of the largest numbers below 2^k and of those that end at 2^k: none may overflow 128 bits. */
static void block_bounds(void **state) {
    (void)state;
    for (unsigned k = 56; k <= 64; k++) {
        const uint64_t block = UINT64_C(1) << (128 - 2 * k);
        const ps_int128 power = (ps_int128)1 << k;
        const uint64_t counts[] = {block - 1, block, block + 1, 2 * block, 2 * block + 1};
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            const ps_int128 count = counts[i];
            const parsum_range ranges[] = {{power - count, power, 1},
                                           {power - count + 1, power + 1, 1},
                                           {1 - power, 1 - power + count, 1}};
            for (size_t j = 0; j < 3; j++) {
                test_moments moments;
                ps_integer_partial partial;
                if (count == 0 || ranges[j].first < -TWO_63 || ranges[j].end > TWO_64)
                    continue;
                test_moments_init(&moments);
                test_moments_add_range(&moments, &ranges[j]);
                reference_of(&ranges[j], ALL_NEEDS, &partial);
                test_assert_moments(&partial, &moments, ALL_NEEDS);
                reference_of(&ranges[j], PS_NEED_SQUARES, &partial);
                test_assert_moments(&partial, &moments, PS_NEED_SQUARES);
                test_moments_clear(&moments);
            }
        }
        /* The bound is tight: what a full block sums fits 128 bits, what twice as many would sum does not. */
        mpz_t full, limit;
        mpz_inits(full, limit, NULL);
        test_set_int128(full, power - 1);
        mpz_mul(full, full, full);
        mpz_mul_ui(full, full, block);
        mpz_setbit(limit, 128);
        assert_true(mpz_cmp(full, limit) < 0);
        mpz_mul_ui(full, full, 2);
        assert_true(mpz_cmp(full, limit) >= 0);
        mpz_clears(full, limit, NULL);
    }
}

/* sum(i^2) = n(n-1)(2n-1)/6 for i from 0 to n-1, of some millions of elements and, by the closed form, of 2^64-1. */
static void against_formula(void **state) {
    (void)state;
    static const uint64_t counts[] = {1, 2, 1000, 5000000, UINT64_C(100000000000), UINT64_MAX};
    mpz_t n, sum, squares;
    mpz_inits(n, sum, squares, NULL);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        const parsum_range range = {0, counts[i], 1};
        ps_integer_partial partial;
        mpz_set_ui(n, counts[i]);
        mpz_sub_ui(sum, n, 1);
        mpz_mul(sum, sum, n);
        mpz_mul_2exp(squares, n, 1);
        mpz_sub_ui(squares, squares, 1);
        mpz_mul(squares, squares, sum);
        mpz_divexact_ui(squares, squares, 6);
        mpz_divexact_ui(sum, sum, 2);
        for (int way = 0; way < 2; way++) {
            if (way == 0)
                ps_closed_form(&range, 1, &partial);
            else if (counts[i] > 10000000)
                continue;
            else
                reference_of(&range, ALL_NEEDS, &partial);
            assert_int_equal(partial.head.count, counts[i]);
            test_assert_wide(&partial.sum, sum, "sum");
            test_assert_wide(&partial.magnitudes, sum, "sum of magnitudes");
            test_assert_wide(&partial.squares, squares, "sum of squares");
            assert_true(partial.minimum == 0 && partial.maximum == (ps_int128)counts[i] - 1);
        }
    }
    mpz_clears(n, sum, squares, NULL);
}

/* The whole of a range in one piece and in windows that partition it, added to several references and merged. */
static void windows(void **state) {
    (void)state;
    enum { PARTS = 5 };
    test_random random = test_random_start(2);
    for (int i = 0; i < 3000; i++) {
        const uint64_t count = test_random_below(&random, 400);
        const ps_int128 step = 1 + (ps_int128)(test_random_hostile(&random) >> 10);
        const ps_int128 first = (ps_int128)(test_random_hostile(&random) >> 1) - (TWO_63 >> 1) - 200 * step;
        const parsum_range range = {first < -TWO_63 ? -TWO_63 : first,
                                    (first < -TWO_63 ? -TWO_63 : first) + (ps_int128)count * step, step};
        const unsigned needs = (unsigned)test_random_below(&random, ALL_NEEDS + 1);
        ps_integer_partial whole, merged;
        ps_reference part[PARTS];
        memset(part, 0, sizeof part);
        for (uint64_t from = 0; from < count;) {
            const uint64_t length = 1 + test_random_below(&random, count - from);
            ps_reference_add(&part[test_random_below(&random, PARTS)], &range, from, length, needs);
            from += length;
        }
        /* A window of nothing. */
        ps_reference_add(&part[0], &range, count, 0, needs);
        for (int j = 1; j < PARTS; j++)
            ps_reference_merge(&part[0], &part[j]);
        ps_reference_to_partial(&part[0], &merged);
        reference_of(&range, needs, &whole);
        if (needs & PS_NEED_EXTREMES)
            assert_memory_equal(&merged, &whole, sizeof whole);
        assert_int_equal(merged.head.count, count);
        assert_true(ps_wide_equal(&merged.sum, &whole.sum));
        assert_true(ps_wide_equal(&merged.squares, &whole.squares));
        assert_true(ps_wide_equal(&merged.magnitudes, &whole.magnitudes));
    }
}

/* A window deep inside the longest range there is. */
static void window_far_inside(void **state) {
    (void)state;
    const parsum_range range = {-TWO_63, TWO_63 - 1, 1};
    const uint64_t count = count_of(&range);
    const uint64_t from[] = {0, 1, (UINT64_C(1) << 63) - 50, UINT64_C(1) << 63, count - 100};
    for (size_t i = 0; i < sizeof from / sizeof from[0]; i++) {
        ps_reference reference;
        ps_integer_partial partial;
        test_moments moments;
        test_moments_init(&moments);
        test_moments_add(&moments, -TWO_63 + (ps_int128)from[i], 1, 100);
        memset(&reference, 0, sizeof reference);
        ps_reference_add(&reference, &range, from[i], 100, ALL_NEEDS);
        ps_reference_to_partial(&reference, &partial);
        test_assert_moments(&partial, &moments, ALL_NEEDS);
        test_moments_clear(&moments);
    }
}

/* Carries from one word of 128 bits to the next, on the way to 2^192. */
static void totals_carry(void **state) {
    (void)state;
    const parsum_range top = {TWO_64 - 1, TWO_64, 1}, bottom = {-TWO_63, -TWO_63 + 1, 1};
    ps_reference reference;
    ps_integer_partial partial;
    mpz_t expected, part;
    mpz_inits(expected, part, NULL);
    memset(&reference, 0, sizeof reference);
    ps_reference_add(&reference, &top, 0, 1, ALL_NEEDS);
    ps_reference_add(&reference, &bottom, 0, 1, ALL_NEEDS);
    for (unsigned doublings = 0; doublings <= 62; doublings++) {
        ps_reference_to_partial(&reference, &partial);
        test_set_int128(expected, TWO_64 - 1 - TWO_63);
        mpz_mul_2exp(expected, expected, doublings);
        test_assert_wide(&partial.sum, expected, "sum");
        test_set_int128(expected, TWO_64 - 1 + TWO_63);
        mpz_mul_2exp(expected, expected, doublings);
        test_assert_wide(&partial.magnitudes, expected, "sum of magnitudes");
        test_set_int128(expected, TWO_64 - 1);
        mpz_mul(expected, expected, expected);
        mpz_set_ui(part, 0);
        mpz_setbit(part, 126);
        mpz_add(expected, expected, part);
        mpz_mul_2exp(expected, expected, doublings);
        test_assert_wide(&partial.squares, expected, "sum of squares");
        const ps_reference other = reference;
        ps_reference_merge(&reference, &other);
    }
    mpz_clears(expected, part, NULL);
}

static void closed_form_of_several(void **state) {
    (void)state;
    test_random random = test_random_start(3);
    for (int i = 0; i < 2000; i++) {
        enum { RANGES = 4 };
        parsum_range ranges[RANGES];
        test_moments moments;
        ps_integer_partial partial;
        test_moments_init(&moments);
        for (int j = 0; j < RANGES; j++) {
            ranges[j].first = (ps_int128)(test_random_hostile(&random) >> 1) - (TWO_63 >> 1);
            ranges[j].step = 1 + (ps_int128)(test_random_hostile(&random) >> 8);
            ranges[j].end = ranges[j].first + ranges[j].step * (ps_int128)test_random_below(&random, 30) -
                            (ps_int128)test_random_below(&random, 3);
            test_moments_add_range(&moments, &ranges[j]);
        }
        ps_closed_form(ranges, RANGES, &partial);
        test_assert_moments(&partial, &moments, ALL_NEEDS);
        ps_closed_form(ranges, 0, &partial);
        assert_int_equal(partial.head.count, 0);
        test_moments_clear(&moments);
    }
}

/* Elements one by one, as of lists: their moments, and the sums of products with factors of any sign. */
static void single_elements(void **state) {
    (void)state;
    test_random random = test_random_start(4);
    mpz_t element, factor, products;
    mpz_inits(element, factor, products, NULL);
    for (int i = 0; i < 300; i++) {
        ps_reference elements, pairs;
        ps_integer_partial partial;
        test_moments moments;
        /* All above zero, of any sign, all below zero. */
        const ps_int128 least[] = {1, -(TWO_63 >> 1), -TWO_63};
        test_moments_init(&moments);
        memset(&elements, 0, sizeof elements);
        memset(&pairs, 0, sizeof pairs);
        mpz_set_ui(products, 0);
        for (uint64_t j = 0, count = test_random_below(&random, 20); j < count; j++) {
            const ps_int128 one =
                least[i % 3] + (ps_int128)(test_random_hostile(&random) >> (i % 3 == 2 ? 2 : 1));
            const ps_int128 other = (int64_t)test_random_hostile(&random);
            ps_reference_add_element(&elements, one, 0, ALL_NEEDS);
            ps_reference_add_element(&pairs, one, other, PS_NEED_PRODUCTS);
            test_moments_add(&moments, one, 0, 1);
            test_set_int128(element, one);
            test_set_int128(factor, other);
            mpz_addmul(products, element, factor);
        }
        ps_reference_to_partial(&elements, &partial);
        test_assert_moments(&partial, &moments, ALL_NEEDS);
        ps_reference_to_partial(&pairs, &partial);
        assert_int_equal(partial.head.count, elements.count);
        test_assert_wide(&partial.squares, products, "sum of products");
        test_moments_clear(&moments);
    }
    mpz_clears(element, factor, products, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chosen_ranges),   cmocka_unit_test(random_ranges),
        cmocka_unit_test(block_bounds),    cmocka_unit_test(against_formula),
        cmocka_unit_test(windows),         cmocka_unit_test(window_far_inside),
        cmocka_unit_test(totals_carry),    cmocka_unit_test(closed_form_of_several),
        cmocka_unit_test(single_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
