/* test_partial.c - the laws of merging: whatever the order and the grouping, the same bytes. */
#include "support.h"

static const ps_kind *const kind = &ps_kinds[PS_KIND_INTEGER];

static ps_integer_partial cleared(void) {
    ps_integer_partial partial;
    memset(&partial, 0xa5, sizeof partial);
    kind->clear(&partial.head);
    return partial;
}

static ps_integer_partial merged(const ps_integer_partial *left, const ps_integer_partial *right) {
    ps_integer_partial total = *left;
    kind->merge(&total.head, &right->head);
    return total;
}

/* Both bytes equal: partials are compared, sent and saved as bytes. */
static void assert_same(const ps_integer_partial *left, const ps_integer_partial *right) {
    assert_memory_equal(left, right, sizeof *left);
}

static ps_wide random_wide(test_random *random) {
    ps_wide wide;
    for (int i = 0; i < 4; i++)
        wide.limb[i] = test_random_hostile(random);
    /* 2^192 and its negative are the bound of totals. */
    wide.limb[3] = test_random_bits(random) & 1 ? 0 : UINT64_MAX;
    return wide;
}

/* Any partial; a quarter of them empty, some of those with missing elements. */
static ps_integer_partial random_partial(test_random *random) {
    ps_integer_partial partial = cleared();
    if (test_random_below(random, 8) == 0)
        partial.head.missing = test_random_below(random, 100);
    if (test_random_below(random, 4) == 0)
        return partial;
    partial.head.count = 1 + test_random_below(random, UINT64_MAX / 8);
    partial.head.missing = test_random_below(random, 1000);
    partial.head.skipped_nan = test_random_below(random, 1000);
    partial.sum = random_wide(random);
    partial.squares = random_wide(random);
    partial.magnitudes = random_wide(random);
    partial.minimum = (ps_int128)test_random_hostile(random) - ((ps_int128)1 << 63);
    partial.maximum = partial.minimum + (ps_int128)test_random_hostile(random);
    return partial;
}

static void clear_leaves_nothing(void **state) {
    (void)state;
    const ps_integer_partial partial = cleared();
    ps_integer_partial expected;
    memset(&expected, 0, sizeof expected);
    expected.head.kind = PS_KIND_INTEGER;
    expected.head.version = PS_PARTIAL_VERSION;
    assert_same(&partial, &expected);
    assert_int_equal(kind->size_bytes, sizeof expected);
    assert_string_equal(kind->type_name, "integer");
}

/* No bytes between or behind the fields, whose values nobody sets. */
static void fields_fill_the_partial(void **state) {
    (void)state;
    const ps_integer_partial *none = NULL;
    assert_int_equal(sizeof(ps_integer_partial),
                     sizeof none->head + 3 * sizeof(ps_wide) + sizeof none->minimum + sizeof none->maximum);
    assert_int_equal(sizeof none->head,
                     2 * sizeof(uint32_t) + 3 * sizeof(uint64_t) + sizeof none->head.fault);
    assert_int_equal(sizeof none->head.fault,
                     2 * sizeof(uint32_t) + 4 * sizeof(uint64_t) + sizeof none->head.fault.field);
}

static void laws(void **state) {
    (void)state;
    test_random random = test_random_start(1);
    const ps_integer_partial empty = cleared();
    for (int i = 0; i < 100000; i++) {
        const ps_integer_partial a = random_partial(&random);
        const ps_integer_partial b = random_partial(&random);
        const ps_integer_partial c = random_partial(&random);
        const ps_integer_partial ab = merged(&a, &b), ba = merged(&b, &a), bc = merged(&b, &c);
        const ps_integer_partial left = merged(&ab, &c), right = merged(&a, &bc);
        const ps_integer_partial first = merged(&empty, &a), last = merged(&a, &empty);
        assert_same(&ab, &ba);
        assert_same(&left, &right);
        assert_same(&first, &a);
        assert_same(&last, &a);
    }
}

static void merge_adds(void **state) {
    (void)state;
    test_random random = test_random_start(2);
    mpz_t left, right;
    mpz_inits(left, right, NULL);
    for (int i = 0; i < 20000; i++) {
        const ps_integer_partial a = random_partial(&random), b = random_partial(&random);
        const ps_integer_partial sum = merged(&a, &b);
        const ps_wide *const terms[][3] = {{&a.sum, &b.sum, &sum.sum},
                                           {&a.squares, &b.squares, &sum.squares},
                                           {&a.magnitudes, &b.magnitudes, &sum.magnitudes}};
        for (size_t j = 0; j < 3; j++) {
            test_set_wide(left, terms[j][0]);
            test_set_wide(right, terms[j][1]);
            mpz_add(left, left, right);
            test_assert_wide(terms[j][2], left, "merged");
        }
        assert_int_equal(sum.head.kind, PS_KIND_INTEGER);
        assert_int_equal(sum.head.version, PS_PARTIAL_VERSION);
        assert_int_equal(sum.head.count, a.head.count + b.head.count);
        assert_int_equal(sum.head.missing, a.head.missing + b.head.missing);
        assert_int_equal(sum.head.skipped_nan, a.head.skipped_nan + b.head.skipped_nan);
    }
    mpz_clears(left, right, NULL);
}

static ps_integer_partial of_one(ps_int128 element) {
    ps_integer_partial partial = cleared();
    partial.head.count = 1;
    partial.minimum = partial.maximum = element;
    return partial;
}

/* The zeros of an empty partial are no elements: neither a negative maximum nor a positive minimum may meet them. */
static void extremes_ignore_the_empty(void **state) {
    (void)state;
    const ps_int128 elements[] = {INT64_MIN, -1, 0, 1, INT64_MAX, UINT64_MAX};
    const size_t count = sizeof elements / sizeof elements[0];
    const ps_integer_partial empty = cleared();
    for (size_t i = 0; i < count; i++) {
        const ps_integer_partial one = of_one(elements[i]);
        const ps_integer_partial before = merged(&empty, &one), after = merged(&one, &empty);
        assert_true(before.minimum == elements[i] && before.maximum == elements[i]);
        assert_true(after.minimum == elements[i] && after.maximum == elements[i]);
        for (size_t j = 0; j < count; j++) {
            const ps_integer_partial other = of_one(elements[j]);
            const ps_integer_partial both = merged(&one, &other);
            assert_true(both.minimum == elements[i < j ? i : j]);
            assert_true(both.maximum == elements[i < j ? j : i]);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clear_leaves_nothing),
        cmocka_unit_test(fields_fill_the_partial),
        cmocka_unit_test(laws),
        cmocka_unit_test(merge_adds),
        cmocka_unit_test(extremes_ignore_the_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
