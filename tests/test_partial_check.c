/* test_partial_check.c - the laws that the sums of a list keep, each from both sides and alone: what no list has is refused,
 * whichever statistics are asked for beside it. */
#include "decimal_model.h"

#include "exact/partial_codec.h"

enum { MOMENTS = PS_NEED_SUM | PS_NEED_SQUARES, SIZES = PS_NEED_SUM | PS_NEED_MAGNITUDES };

static ps_wide wide(ps_int128 value) {
    return ps_wide_from_int128(value);
}

/* value * factor, both below 2^64. */
static ps_wide product(uint64_t value, uint64_t factor) {
    ps_wide total = {{0, 0, 0, 0}};
    ps_wide_add_at(&total, (ps_uint128)value * factor, 0);
    return total;
}

/* Integers whose fields that needs does not ask for are zero. */
static bool is_consistent(uint64_t count, ps_wide sum, ps_wide squares, ps_wide magnitudes, unsigned needs) {
    ps_integer_partial partial;
    ps_kinds[PS_KIND_INTEGER].clear(&partial.head);
    partial.head.count = count;
    if (needs & PS_NEED_SUM)
        partial.sum = sum;
    if (needs & (PS_NEED_SQUARES | PS_NEED_PRODUCTS))
        partial.squares = squares;
    if (needs & PS_NEED_MAGNITUDES)
        partial.magnitudes = magnitudes;
    return ps_partial_is_consistent(&partial.head, needs);
}

/* Among count elements, the one place where the square of the sum is as large as it can be: all of them are one number. */
static void square_of_the_sum(void **state) {
    (void)state;
    static const uint64_t counts[] = {
        1, 2, 7, UINT32_MAX, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX - 1, UINT64_MAX};
    static const uint64_t elements[] = {1, 3, UINT32_MAX};
    const ps_wide zero = wide(0), one = wide(1), minus_one = wide(-1);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        for (size_t j = 0; j < sizeof elements / sizeof elements[0]; j++) {
            const ps_wide sum = product(counts[i], elements[j]), opposite = ps_wide_negated(&sum);
            ps_wide squares = product(counts[i], elements[j] * elements[j]), less = squares, larger = sum;
            ps_wide_add(&less, &minus_one);
            ps_wide_add(&larger, &one);
            assert_true(is_consistent(counts[i], sum, squares, zero, MOMENTS));
            assert_true(is_consistent(counts[i], opposite, squares, zero, MOMENTS));
            assert_false(is_consistent(counts[i], sum, less, zero, MOMENTS));
            assert_false(is_consistent(counts[i], opposite, less, zero, MOMENTS));
            assert_false(is_consistent(counts[i], larger, squares, zero, MOMENTS));
            /* With the sum of magnitudes beside it, which does allow it. */
            assert_true(is_consistent(counts[i], sum, squares, sum, MOMENTS | PS_NEED_MAGNITUDES));
            assert_false(is_consistent(counts[i], sum, less, sum, MOMENTS | PS_NEED_MAGNITUDES));
        }
    }
}

static void magnitude_of_the_sum(void **state) {
    (void)state;
    static const ps_int128 sums[] = {0, 1, -1, INT64_MAX, -(ps_int128)UINT64_MAX};
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        const ps_int128 size = sums[i] < 0 ? -sums[i] : sums[i];
        assert_true(is_consistent(5, wide(sums[i]), wide(0), wide(size), SIZES));
        assert_true(is_consistent(5, wide(sums[i]), wide(0), wide(size + 1), SIZES));
        assert_false(is_consistent(5, wide(sums[i]), wide(0), wide(size - 1), SIZES));
        assert_false(
            is_consistent(5, wide(sums[i]), wide(1) /* too few, too */, wide(size - 1), SIZES | MOMENTS));
    }
}

/* No sum of squares or of magnitudes is negative, whatever else is asked for; a sum, and one of products, may be. */
static void signs(void **state) {
    (void)state;
    const ps_wide zero = wide(0), minus_one = wide(-1), nine = wide(9);
    for (unsigned needs = 0; needs < 16; needs++) {
        assert_true(is_consistent(2, zero, zero, zero, needs));
        assert_int_equal(is_consistent(2, zero, minus_one, nine, needs), !(needs & PS_NEED_SQUARES));
        assert_int_equal(is_consistent(2, zero, nine, minus_one, needs), !(needs & PS_NEED_MAGNITUDES));
        assert_true(is_consistent(2, minus_one, nine, nine, needs));
    }
    assert_true(is_consistent(2, zero, minus_one, zero, PS_NEED_PRODUCTS));
    assert_true(is_consistent(2, zero, nine, zero, PS_NEED_PRODUCTS));
}

/* Of no elements all sums are zero. */
static void nothing(void **state) {
    (void)state;
    const ps_wide zero = wide(0), one = wide(1), minus_one = wide(-1);
    for (unsigned needs = 0; needs < 16; needs++) {
        assert_true(is_consistent(0, zero, zero, zero, needs));
        assert_int_equal(is_consistent(0, one, zero, zero, needs), !(needs & PS_NEED_SUM));
        assert_int_equal(is_consistent(0, minus_one, zero, zero, needs), !(needs & PS_NEED_SUM));
        assert_int_equal(is_consistent(0, zero, one, zero, needs), !(needs & PS_NEED_SQUARES));
        assert_int_equal(is_consistent(0, zero, zero, one, needs), !(needs & PS_NEED_MAGNITUDES));
    }
    assert_false(is_consistent(0, zero, one, zero, PS_NEED_PRODUCTS));
    assert_false(is_consistent(0, zero, minus_one, zero, PS_NEED_PRODUCTS));
}

/* Fractions whose denominators differ: the sum of one list beside the squares and magnitudes of another, of one number each. */
static bool are_consistent_decimals(const char *of_sum, const char *of_others) {
    enum { EXPONENT = -20 };
    ps_decimal_partial partial;
    ps_number number;
    ps_decimal_clear(&partial.head);
    assert_true(ps_number_from_digits(&number, of_sum, strlen(of_sum), EXPONENT, false));
    ps_decimal_add_number(&partial, &number, PS_NEED_SUM);
    assert_true(ps_number_from_digits(&number, of_others, strlen(of_others), EXPONENT, true));
    ps_decimal_add_number(&partial, &number, PS_NEED_SQUARES | PS_NEED_MAGNITUDES);
    partial.head.count = 1;
    return ps_partial_is_consistent(&partial.head, MOMENTS | PS_NEED_MAGNITUDES);
}

static void fractions(void **state) {
    (void)state;
    static const char *const ascending[] = {"1",
                                            "2",
                                            "99999999999999999999",
                                            "100000000000000000000",
                                            "100000000000000000001",
                                            "70000000000000000000000000000000000000000"};
    for (int sum = 0; sum < 6; sum++) {
        for (int others = 0; others < 6; others++)
            assert_int_equal(are_consistent_decimals(ascending[sum], ascending[others]), sum <= others);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(square_of_the_sum),
        cmocka_unit_test(magnitude_of_the_sum),
        cmocka_unit_test(signs),
        cmocka_unit_test(nothing),
        cmocka_unit_test(fractions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
