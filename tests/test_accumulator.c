/* test_accumulator.c - the public accumulator: right for every double, the same bytes however a list comes, and nothing but its own
 * bytes is read back. */
#include "parsum.h" /* first: it needs nothing before it */

#include "float_support.h"

enum { SIZE = PARSUM_ACCUMULATOR_SIZE_BYTES };

static parsum_accumulator *create(void) {
    parsum_accumulator *accumulator = NULL;
    assert_int_equal(parsum_accumulator_create(&accumulator, NULL), PARSUM_OK);
    assert_non_null(accumulator);
    return accumulator;
}

static void assert_equal_bytes(const parsum_accumulator *left, const parsum_accumulator *right) {
    unsigned char left_bytes[SIZE], right_bytes[SIZE];
    parsum_accumulator_serialise(left, left_bytes);
    parsum_accumulator_serialise(right, right_bytes);
    assert_memory_equal(left_bytes, right_bytes, SIZE);
}

static parsum_accumulator *copy(const parsum_accumulator *accumulator) {
    unsigned char bytes[SIZE];
    parsum_accumulator *made = NULL;
    parsum_error error;
    parsum_accumulator_serialise(accumulator, bytes);
    if (parsum_accumulator_deserialise(bytes, SIZE, &made, &error) != PARSUM_OK)
        fail_msg("%s", error.message);
    return made;
}

static void merge(parsum_accumulator *into, const parsum_accumulator *from) {
    assert_int_equal(parsum_accumulator_merge(into, from, NULL), PARSUM_OK);
}

static void empty(void **state) {
    (void)state;
    parsum_accumulator *accumulator = create(), *other = create();
    test_assert_double(parsum_accumulator_round(accumulator), 0.0, "the sum of nothing");
    assert_int_equal(parsum_accumulator_count(accumulator), 0);
    parsum_accumulator_add_array(accumulator, NULL, 0);
    assert_equal_bytes(accumulator, other);
    parsum_accumulator_add(accumulator, -0.0);
    test_assert_double(parsum_accumulator_round(accumulator), 0.0, "the sum of -0");
    assert_int_equal(parsum_accumulator_count(accumulator), 1);
    parsum_accumulator_destroy(accumulator);
    parsum_accumulator_destroy(other);
    parsum_accumulator_destroy(NULL);
}

/* Running sums against MPFR; one by one, as an array, in parts that are merged, through bytes and in other environments: all
 * the same. */
static void random_sums(void **state) {
    (void)state;
    enum { TERMS = 60 };
    test_random random = test_random_start(1);
    mpfr_t expected;
    mpfr_init2(expected, TEST_EXACT_BITS);
    for (int i = 0; i < 2000; i++) {
        double terms[TERMS];
        parsum_accumulator *single = create(), *array = create(), *parts = create();
        mpfr_set_zero(expected, 1);
        for (int j = 0; j < TERMS; j++) {
            terms[j] = j > 0 && test_random_below(&random, 3) == 0
                           ? -terms[test_random_below(&random, (uint64_t)j)]
                           : test_random_double(&random);
            parsum_accumulator_add(single, terms[j]);
            test_add_double(expected, terms[j]);
            test_assert_double(parsum_accumulator_round(single), test_nearest(expected), "running sum");
        }
        assert_int_equal(parsum_accumulator_count(single), TERMS);
        const test_environment *environment = &test_environments[(size_t)i % TEST_ENVIRONMENT_COUNT];
        test_environment_enter(environment);
        parsum_accumulator_add_array(array, terms, TERMS);
        const double rounded = parsum_accumulator_round(array);
        test_environment_leave();
        test_assert_double(rounded, test_nearest(expected), environment->name);
        assert_equal_bytes(array, single);
        for (size_t done = 0; done < TERMS;) {
            const size_t now = 1 + test_random_below(&random, TERMS - done);
            parsum_accumulator *part = create();
            parsum_accumulator_add_array(part, terms + done, now);
            parsum_accumulator *copied = copy(part);
            assert_equal_bytes(copied, part);
            merge(parts, done % 2 ? copied : part);
            parsum_accumulator_destroy(part);
            parsum_accumulator_destroy(copied);
            done += now;
        }
        assert_equal_bytes(parts, single);
        for (int j = 0; j < TERMS; j++)
            parsum_accumulator_add(single, -terms[j]);
        test_assert_double(parsum_accumulator_round(single), 0.0, "back to zero");
        parsum_accumulator_destroy(single);
        parsum_accumulator_destroy(array);
        parsum_accumulator_destroy(parts);
    }
    mpfr_clear(expected);
}

/* So many equal numbers that the fast digits are emptied, one number more and one less: sums are count * value. */
static void many_equal(void **state) {
    (void)state;
    enum { MANY = 5 * (1 << 11) + 1 };
    /* The last two are shifted furthest, with all bits set: they fill a digit fastest. */
    static const double values[] = {
        DBL_MAX, -DBL_MAX, -DBL_TRUE_MIN, 1, 0x1.fffffffffffffp51, -0x1.fffffffffffffp51};
    double *terms = malloc(MANY * sizeof *terms);
    assert_non_null(terms);
    for (size_t v = 0; v < TEST_COUNT_OF(values); v++) {
        mpfr_t expected;
        mpfr_init2(expected, TEST_EXACT_BITS);
        for (int i = 0; i < MANY; i++)
            terms[i] = values[v];
        for (int less = 0; less <= 2; less++) {
            parsum_accumulator *single = create(), *array = create(), *opposite = create();
            const int count = (MANY - less) / (less == 2 ? 2 : 1);
            for (int i = 0; i < count; i++)
                parsum_accumulator_add(single, values[v]);
            parsum_accumulator_add_array(array, terms, 5);
            parsum_accumulator_add_array(array, terms, (size_t)count - 5);
            assert_int_equal(parsum_accumulator_count(single), count);
            assert_equal_bytes(single, array);
            /* All but one taken off again by merging; what is left is one number, exactly. */
            for (int i = 1; i < count; i++)
                parsum_accumulator_add(opposite, -values[v]);
            merge(opposite, array);
            test_assert_double(parsum_accumulator_round(opposite), values[v], "what is left");
            mpfr_set_d(expected, values[v], MPFR_RNDN);
            test_exact(mpfr_mul_ui(expected, expected, (unsigned long)count, MPFR_RNDN));
            test_assert_double(parsum_accumulator_round(single), test_nearest(expected), "many");
            parsum_accumulator_destroy(single);
            parsum_accumulator_destroy(array);
            parsum_accumulator_destroy(opposite);
        }
        mpfr_clear(expected);
    }
    free(terms);
}

/* Merged into itself up to 2^63 numbers, then refused; the largest sums there are come back to zero. */
static void bound_of_the_count(void **state) {
    (void)state;
    parsum_accumulator *positive = create(), *negative = create(), *one = create();
    parsum_error error;
    parsum_accumulator_add(positive, DBL_MAX);
    parsum_accumulator_add(negative, -DBL_MAX);
    parsum_accumulator_add(one, DBL_MAX);
    for (int k = 1; k < 64; k++) {
        merge(positive, positive);
        assert_int_equal(parsum_accumulator_count(positive), UINT64_C(1) << k);
        if (k < 63)
            merge(negative, negative);
    }
    assert_int_equal(parsum_accumulator_merge(positive, positive, &error), PARSUM_USAGE);
    assert_non_null(strstr(error.message, "9223372036854775808"));
    test_assert_double(parsum_accumulator_round(positive), INFINITY, "beyond the range");
    merge(positive, negative); /* 2^63 + 2^62 numbers, the sum 2^62 of the largest */
    parsum_accumulator *copied = copy(positive);
    assert_equal_bytes(copied, positive);
    parsum_accumulator_destroy(copied);
    assert_int_equal(parsum_accumulator_merge(positive, negative, &error), PARSUM_USAGE);
    for (int k = 0; k < 62; k++)
        merge(one, one);
    assert_int_equal(parsum_accumulator_count(one), UINT64_C(1) << 62);
    merge(one, negative);
    test_assert_double(parsum_accumulator_round(one), 0.0, "the largest sums cancel");
    parsum_accumulator_destroy(positive);
    parsum_accumulator_destroy(negative);
    parsum_accumulator_destroy(one);
}

static void specials(void **state) {
    (void)state;
    static const struct {
        double terms[3];
        double expected;
    } rows[] = {
        {{1, INFINITY, -DBL_MAX}, INFINITY},
        {{-INFINITY, 1, -INFINITY}, -INFINITY},
        {{INFINITY, 1, -INFINITY}, NAN},
        {{1, NAN, INFINITY}, NAN},
        {{-NAN, 0, 1}, NAN},
        {{DBL_MAX, DBL_MAX, -DBL_MAX}, DBL_MAX},
    };
    for (size_t i = 0; i < TEST_COUNT_OF(rows); i++) {
        parsum_accumulator *whole = create(), *merged = create();
        parsum_accumulator_add_array(whole, rows[i].terms, 3);
        test_assert_double(parsum_accumulator_round(whole), rows[i].expected, "specials");
        for (int j = 2; j >= 0; j--) {
            parsum_accumulator *part = create();
            parsum_accumulator_add(part, rows[i].terms[j]);
            merge(merged, part);
            parsum_accumulator_destroy(part);
        }
        parsum_accumulator *copied = copy(merged);
        assert_equal_bytes(merged, whole);
        test_assert_double(parsum_accumulator_round(copied), rows[i].expected, "specials as bytes");
        parsum_accumulator_destroy(whole);
        parsum_accumulator_destroy(merged);
        parsum_accumulator_destroy(copied);
    }
}

static void assert_refused(const unsigned char *bytes, size_t size_bytes, const char *reason) {
    parsum_accumulator *untouched = NULL;
    parsum_error error = {PARSUM_OK, ""};
    assert_int_equal(parsum_accumulator_deserialise(bytes, size_bytes, &untouched, &error), PARSUM_BAD_INPUT);
    assert_null(untouched);
    assert_int_equal(error.status, PARSUM_BAD_INPUT);
    if (strstr(error.message, reason) == NULL)
        fail_msg("'%s' does not say '%s'", error.message, reason);
    assert_int_equal(parsum_accumulator_deserialise(bytes, size_bytes, &untouched, NULL), PARSUM_BAD_INPUT);
}

/* Puts the right checksum, by a table, under bytes that were changed. */
static void sign_bytes(unsigned char *bytes) {
    uint32_t table[256], remainder = UINT32_MAX;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] & 1 ? table[i] >> 1 ^ 0xedb88320u : table[i] >> 1;
    }
    for (int i = 0; i < SIZE - 4; i++)
        remainder = table[(remainder ^ bytes[i]) & 0xff] ^ remainder >> 8;
    for (int i = 0; i < 4; i++)
        bytes[SIZE - 4 + i] = (unsigned char)(~remainder >> 8 * i);
}

static void damaged_bytes(void **state) {
    (void)state;
    unsigned char bytes[SIZE + 1] = {0}, changed[SIZE];
    parsum_accumulator *accumulator = create(), *again = NULL;
    parsum_accumulator_add(accumulator, 0.1);
    parsum_accumulator_add(accumulator, -DBL_MAX);
    parsum_accumulator_serialise(accumulator, bytes);
    for (size_t size = 0; size < SIZE; size++)
        assert_refused(bytes, size, size < 8 ? "no serialised accumulator" : "has 572 bytes");
    assert_refused(bytes, SIZE + 1, "has 572 bytes");
    for (int bit = 0; bit < 8 * SIZE; bit++) {
        memcpy(changed, bytes, SIZE);
        changed[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_refused(changed, SIZE, bit < 64 ? "no serialised accumulator" : "checksum");
    }
    /* Rightly signed, but what no sum of doubles is. */
    static const struct {
        int at;
        unsigned char value;
        const char *reason;
    } rows[] = {
        {8, 2, "version 2"},               /* version */
        {12, 8, "no sum"},                 /* an unknown special */
        {15, 1, "no sum"},                 /* likewise, in its highest byte */
        {24, 1, "no sum"},                 /* the lowest limb, below every double */
        {24 + 8 * 17 + 1, 0x20, "no sum"}, /* 2^-1075 */
        {24 + 8 * 51, 0xfe, "no sum"},     /* beyond 2^64 of the largest */
        {24 + 8 * 67 + 7, 0x7f, "no sum"}, /* the sign alone */
    };
    for (size_t i = 0; i < TEST_COUNT_OF(rows); i++) {
        memcpy(changed, bytes, SIZE);
        changed[rows[i].at] = rows[i].value;
        sign_bytes(changed);
        assert_refused(changed, SIZE, rows[i].reason);
    }
    memcpy(changed, bytes, SIZE);
    changed[16] = 0; /* a sum of no numbers */
    sign_bytes(changed);
    assert_refused(changed, SIZE, "no sum");
    memcpy(changed, bytes, SIZE);
    changed[24 + 8 * 17 + 1] |= 0x40; /* 2^-1074 may be there */
    sign_bytes(changed);
    assert_int_equal(parsum_accumulator_deserialise(changed, SIZE, &again, NULL), PARSUM_OK);
    parsum_accumulator_destroy(again);
    parsum_accumulator_destroy(accumulator);
}

/* The form of the bytes does not change from version to version by accident. */
static void known_bytes(void **state) {
    (void)state;
    unsigned char bytes[SIZE], expected[SIZE] = {'p', 'a', 'r', 's', 'u', 'm', 0x1a, 'a', 1};
    parsum_accumulator *accumulator = create();
    parsum_accumulator_add(accumulator, -258);
    parsum_accumulator_add(accumulator, INFINITY);
    parsum_accumulator_add(accumulator, 0.5);
    parsum_accumulator_serialise(accumulator, bytes);
    expected[12] = 2; /* plus infinity */
    expected[16] = 3; /* numbers */
    memset(expected + 24 + 8 * 34, 0xff, 8 * 34);
    expected[24 + 8 * 34 - 1] = 0x80;                               /* a half */
    expected[24 + 8 * 34] = 0xfe, expected[24 + 8 * 34 + 1] = 0xfe; /* -258 */
    sign_bytes(expected);
    assert_memory_equal(bytes, expected, SIZE);
    parsum_accumulator_destroy(accumulator);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty),         cmocka_unit_test(random_sums),        cmocka_unit_test(many_equal),
        cmocka_unit_test(specials),      cmocka_unit_test(bound_of_the_count), cmocka_unit_test(known_bytes),
        cmocka_unit_test(damaged_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
