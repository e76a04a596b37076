/* test_decimal_partial.c - partials of decimals: bins deposited, and partials and integers merged, against GMP integers. */
#include "decimal_model.h"

static ps_uint128 random_uint128(test_random *random) {
    return (ps_uint128)test_random_hostile(random) << 64 | test_random_hostile(random);
}

/* target += value * 10^exponent, in units of 10^-places. */
static void add_scaled(mpz_t target, const ps_wide *value, int exponent, int places) {
    mpz_t term;
    mpz_init(term);
    test_set_wide(term, value);
    model_scale(term, exponent + places);
    mpz_add(target, target, term);
    mpz_clear(term);
}

/* minimum and maximum count 10^exponent; those of elements that moments does not count yet. */
static void add_extremes(test_moments *moments, ps_int128 minimum, ps_int128 maximum, int exponent) {
    mpz_t element;
    mpz_init(element);
    test_set_int128(element, minimum);
    model_scale(element, exponent + MODEL_PLACES);
    if (moments->count == 0 || mpz_cmp(element, moments->minimum) < 0)
        mpz_set(moments->minimum, element);
    test_set_int128(element, maximum);
    model_scale(element, exponent + MODEL_PLACES);
    if (moments->count == 0 || mpz_cmp(element, moments->maximum) > 0)
        mpz_set(moments->maximum, element);
    mpz_clear(element);
}

/* ------------------------------------------------------------------------------------------------------ deposits */

static void deposit(ps_decimal_partial *partial, test_moments *moments, const ps_decimal_bin *bin,
                    int exponent) {
    ps_decimal_deposit(partial, bin, exponent, MODEL_ALL_NEEDS);
    if (bin->count == 0)
        return;
    const ps_wide sum = ps_wide_from_int128(bin->sum);
    const ps_wide magnitudes = {{(uint64_t)bin->magnitudes, (uint64_t)(bin->magnitudes >> 64), 0, 0}};
    add_scaled(moments->sum, &sum, exponent, MODEL_PLACES);
    add_scaled(moments->squares, &bin->squares, 2 * exponent, 2 * MODEL_PLACES);
    add_scaled(moments->magnitudes, &magnitudes, exponent, MODEL_PLACES);
    add_extremes(moments, bin->minimum, bin->maximum, exponent);
    moments->count += bin->count;
}

/* 1, every fourth time, or 1 .. most. */
static uint64_t random_count(test_random *random, uint64_t most) {
    return 1 + (test_random_below(random, 4) == 0 ? 0 : test_random_below(random, most));
}

/* Any bin in its bounds. */
static ps_decimal_bin random_bin(test_random *random) {
    const ps_uint128 sum = random_uint128(random) >> 2;
    ps_decimal_bin bin = {.count = random_count(random, UINT64_C(1) << 62),
                          .sum = test_random_below(random, 2) ? (ps_int128)sum : -(ps_int128)sum,
                          .magnitudes = random_uint128(random) >> 2,
                          .minimum = test_random_hostile(random),
                          .maximum = test_random_hostile(random)};
    for (int i = 0; i < 3; i++)
        bin.squares.limb[i] = test_random_hostile(random) >> (i == 2 ? 2 : 0);
    if (test_random_below(random, 2))
        bin.minimum = -bin.minimum;
    if (test_random_below(random, 2))
        bin.maximum = -bin.maximum;
    return bin;
}

static void bins_of_every_exponent(void **state) {
    (void)state;
    test_random random = test_random_start(1);
    ps_decimal_partial partial = model_cleared();
    test_moments moments;
    test_moments_init(&moments);
    for (int exponent = -1024; exponent <= 1004; exponent++) {
        /* The extremes of an empty bin mean nothing. */
        const ps_decimal_bin none = {.minimum = INT64_MIN, .maximum = INT64_MAX};
        const ps_decimal_bin bin = random_bin(&random);
        deposit(&partial, &moments, &none, exponent);
        deposit(&partial, &moments, &bin, exponent);
        if (exponent % 8 == 0)
            model_assert(&partial, &moments);
        if (exponent % 64 == 0) { /* Extremes of their own, not those of the far exponents. */
            partial = model_cleared();
            test_moments_clear(&moments);
            test_moments_init(&moments);
        }
    }
    test_moments_clear(&moments);
}

/* 2^62 of the largest integers, of either sign, at the ends of the exponents: as many numbers, added one by one. */
static void bins_at_their_bounds(void **state) {
    (void)state;
    const ps_uint128 largest = UINT64_MAX, sum = largest << 62;
    ps_decimal_bin bin = {.count = UINT64_C(1) << 62, .magnitudes = sum};
    ps_wide_add_at(&bin.squares, largest * largest, 62);
    const int exponents[] = {-1024, -1023, 0, 1003, 1004};
    for (size_t i = 0; i < 2 * sizeof exponents / sizeof exponents[0]; i++) {
        const bool negative = i % 2;
        const int exponent = exponents[i / 2];
        bin.sum = negative ? -(ps_int128)sum : (ps_int128)sum;
        bin.minimum = bin.maximum = negative ? -(ps_int128)largest : (ps_int128)largest;
        ps_decimal_partial partial = model_cleared();
        test_moments moments;
        mpz_t element;
        test_moments_init(&moments);
        mpz_init(element);
        test_set_int128(element, bin.minimum);
        model_scale(element, exponent + MODEL_PLACES);
        for (int times = 0; times < 3; times++) {
            ps_decimal_deposit(&partial, &bin, exponent, MODEL_ALL_NEEDS);
            model_add(&moments, element, bin.count);
            model_assert(&partial, &moments);
        }
        test_moments_clear(&moments);
        mpz_clear(element);
    }
}

/* -------------------------------------------------------------------------------------------------------- merges */

static ps_integer_partial random_integers(test_random *random) {
    ps_integer_partial partial;
    ps_kinds[PS_KIND_INTEGER].clear(&partial.head);
    if (test_random_below(random, 4) == 0)
        return partial;
    partial.head.count = random_count(random, UINT64_MAX / 64);
    partial.head.missing = test_random_below(random, 1000);
    ps_wide *const totals[] = {&partial.sum, &partial.squares, &partial.magnitudes};
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++)
            totals[i]->limb[j] = test_random_hostile(random);
        /* Near to 2^192, of either sign; a square is not negative, but a product may be. */
        if (i < 2 && test_random_below(random, 2))
            *totals[i] = ps_wide_negated(totals[i]);
    }
    partial.minimum = (ps_int128)test_random_hostile(random) - ((ps_int128)1 << 63);
    partial.maximum = test_random_hostile(random);
    if (partial.maximum < partial.minimum)
        partial.maximum = partial.minimum;
    return partial;
}

static void add_integers(test_moments *moments, const ps_integer_partial *integers) {
    add_scaled(moments->sum, &integers->sum, 0, MODEL_PLACES);
    add_scaled(moments->squares, &integers->squares, 0, 2 * MODEL_PLACES);
    add_scaled(moments->magnitudes, &integers->magnitudes, 0, MODEL_PLACES);
    if (integers->head.count > 0)
        add_extremes(moments, integers->minimum, integers->maximum, 0);
    moments->count += integers->head.count;
}

/* Numbers, bins, integers and other partials in any order and grouping: one list. */
static void merged_in_any_order(void **state) {
    (void)state;
    enum { PARTS = 6 };
    const ps_kind *kind = &ps_kinds[PS_KIND_DECIMAL];
    test_random random = test_random_start(2);
    for (int i = 0; i < 300; i++) {
        ps_decimal_partial part[PARTS], total = model_cleared();
        test_moments moments;
        uint64_t missing = 0;
        test_moments_init(&moments);
        for (int j = 0; j < PARTS; j++) {
            part[j] = model_cleared();
            for (uint64_t steps = test_random_below(&random, 4); steps > 0; steps--) {
                if (test_random_below(&random, 3) == 0) {
                    const ps_integer_partial integers = random_integers(&random);
                    kind->merge_integers(&part[j].head, &integers);
                    add_integers(&moments, &integers);
                    missing += integers.head.missing;
                } else if (test_random_below(&random, 2)) {
                    ps_decimal_bin bin = random_bin(&random);
                    bin.count = (bin.count + 63) / 64; /* so that no count wraps */
                    deposit(&part[j], &moments, &bin, (int)test_random_below(&random, 2029) - 1024);
                } else {
                    const model_text text = model_random_text(&random);
                    const ps_number number = model_number(&text);
                    ps_decimal_add_number(&part[j], &number, MODEL_ALL_NEEDS);
                    mpz_t element;
                    mpz_init(element);
                    model_set_text(element, &text);
                    model_add(&moments, element, 1);
                    mpz_clear(element);
                }
            }
        }
        for (int j = PARTS - 1; j > 0; j--)
            kind->merge(&part[test_random_below(&random, (uint64_t)j)].head, &part[j].head);
        kind->merge(&total.head, &part[0].head);
        model_assert(&total, &moments);
        assert_int_equal(total.head.missing, missing);
        test_moments_clear(&moments);
    }
}

/* 2^64-1 times 2^64-1, and as many times the lowest integer: the bounds of integer totals. */
static void integers_at_their_bounds(void **state) {
    (void)state;
    const ps_int128 elements[] = {UINT64_MAX, INT64_MIN, 0, -1};
    for (size_t i = 0; i < sizeof elements / sizeof elements[0]; i++) {
        test_moments moments, integer_moments;
        mpz_t element;
        mpz_init(element);
        test_moments_init(&moments);
        test_moments_init(&integer_moments);
        test_set_int128(element, elements[i]);
        model_add(&integer_moments, element, UINT64_MAX);
        model_scale(element, MODEL_PLACES);
        model_add(&moments, element, UINT64_MAX);
        ps_integer_partial integers;
        ps_kinds[PS_KIND_INTEGER].clear(&integers.head);
        integers.head.count = UINT64_MAX;
        integers.sum = test_wide_from(integer_moments.sum);
        integers.squares = test_wide_from(integer_moments.squares);
        integers.magnitudes = test_wide_from(integer_moments.magnitudes);
        integers.minimum = integers.maximum = elements[i];
        ps_decimal_partial partial = model_cleared();
        ps_kinds[PS_KIND_DECIMAL].merge_integers(&partial.head, &integers);
        model_assert(&partial, &moments);
        test_moments_clear(&moments);
        test_moments_clear(&integer_moments);
        mpz_clear(element);
    }
}

/* The zeros of an empty partial are no elements, and faults travel with heads. */
static void heads_merge(void **state) {
    (void)state;
    const ps_kind *kind = &ps_kinds[PS_KIND_DECIMAL];
    assert_string_equal(kind->type_name, "decimal");
    assert_int_equal(kind->size_bytes, sizeof(ps_decimal_partial));
    for (int negative = 0; negative < 2; negative++) {
        const model_text text = {.digits = "25", .exponent = -1, .negative = negative};
        const ps_number number = model_number(&text);
        ps_decimal_partial one = model_cleared(), empty = model_cleared(), none = model_cleared();
        ps_integer_partial no_integers;
        ps_kinds[PS_KIND_INTEGER].clear(&no_integers.head);
        ps_decimal_add_number(&one, &number, MODEL_ALL_NEEDS);
        const ps_decimal_partial before = one;
        kind->merge(&one.head, &empty.head);
        kind->merge_integers(&one.head, &no_integers);
        assert_memory_equal(&one, &before, sizeof one);
        empty.head.missing = 3;
        empty.head.fault = (ps_fault){.code = PS_FAULT_NO_NUMBER, .input = 1, .offset = 5};
        no_integers.head.skipped_nan = 2;
        no_integers.head.fault = (ps_fault){.code = PS_FAULT_TOO_FEW_FIELDS, .input = 1, .offset = 4};
        kind->merge(&none.head, &empty.head);
        kind->merge(&none.head, &one.head);
        kind->merge_integers(&none.head, &no_integers);
        assert_int_equal(none.head.kind, PS_KIND_DECIMAL);
        assert_int_equal(none.head.count, 1);
        assert_int_equal(none.head.missing, 3);
        assert_int_equal(none.head.skipped_nan, 2);
        assert_int_equal(none.head.fault.code, PS_FAULT_TOO_FEW_FIELDS);
        assert_int_equal(ps_number_compare(&none.minimum, &number), 0);
        assert_int_equal(ps_number_compare(&none.maximum, &number), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bins_of_every_exponent),
        cmocka_unit_test(bins_at_their_bounds),
        cmocka_unit_test(merged_in_any_order),
        cmocka_unit_test(integers_at_their_bounds),
        cmocka_unit_test(heads_merge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
