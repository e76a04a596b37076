/* test_statistics.c - every statistic against its definition in exact rationals of GMP: the variance is the sum of the
 * squared distances from the mean, and a rounded value lies within half a unit of what it stands for. */
#include "support.h"

#include <limits.h>
#include <malloc.h>
#include <math.h>

#include "exact/statistics.h"

/* How many texts there is memory for. */
static int texts_left = INT_MAX;

/* In the place of libc's. */
char *strdup(const char *text) {
    char *const copy = texts_left-- > 0 ? malloc(strlen(text) + 1) : NULL;
    return copy == NULL ? NULL : strcpy(copy, text);
}

/* A list of integers as distinct values, each so many times over: huge counts cost nothing. */
enum { VALUES_MAX = 6 };
typedef struct list {
    size_t size;
    ps_int128 value[VALUES_MAX];
    uint64_t times[VALUES_MAX];
} list;

/* What the definitions give. */
typedef struct expected {
    uint64_t count;
    mpz_t sum, squares, magnitudes;
    ps_int128 minimum, maximum;
    mpq_t mean, variance, population_variance, square_of_norm;
} expected;

static void expected_init(expected *sums) {
    memset(sums, 0, sizeof *sums);
    mpz_inits(sums->sum, sums->squares, sums->magnitudes, NULL);
    mpq_inits(sums->mean, sums->variance, sums->population_variance, sums->square_of_norm, NULL);
}

static void expected_clear(expected *sums) {
    mpz_clears(sums->sum, sums->squares, sums->magnitudes, NULL);
    mpq_clears(sums->mean, sums->variance, sums->population_variance, sums->square_of_norm, NULL);
}

/* target = mean of the squared distances from the mean, divided by n - less; there are more than less elements. */
static void set_variance(mpq_t target, const list *elements, const expected *sums, uint64_t less) {
    mpq_t distance, weight;
    mpq_inits(distance, weight, NULL);
    mpq_set_ui(target, 0, 1);
    for (size_t i = 0; i < elements->size; i++) {
        test_set_int128(mpq_numref(distance), elements->value[i]);
        mpz_set_ui(mpq_denref(distance), 1);
        mpq_sub(distance, distance, sums->mean);
        mpq_mul(distance, distance, distance);
        mpq_set_ui(weight, elements->times[i], 1);
        mpq_mul(distance, distance, weight);
        mpq_add(target, target, distance);
    }
    mpq_set_ui(weight, sums->count - less, 1);
    mpq_div(target, target, weight);
    mpq_clears(distance, weight, NULL);
}

static void expected_from(expected *sums, const list *elements) {
    mpz_t value, part;
    mpz_inits(value, part, NULL);
    for (size_t i = 0; i < elements->size; i++) {
        test_set_int128(value, elements->value[i]);
        mpz_addmul_ui(sums->sum, value, elements->times[i]);
        mpz_mul(part, value, value);
        mpz_addmul_ui(sums->squares, part, elements->times[i]);
        mpz_abs(part, value);
        mpz_addmul_ui(sums->magnitudes, part, elements->times[i]);
        if (i == 0 || elements->value[i] < sums->minimum)
            sums->minimum = elements->value[i];
        if (i == 0 || elements->value[i] > sums->maximum)
            sums->maximum = elements->value[i];
        sums->count += elements->times[i];
    }
    mpq_set_z(sums->square_of_norm, sums->squares);
    if (sums->count > 0) {
        mpq_t count;
        mpq_init(count);
        mpq_set_z(sums->mean, sums->sum);
        mpq_set_ui(count, sums->count, 1);
        mpq_div(sums->mean, sums->mean, count);
        mpq_clear(count);
        set_variance(sums->population_variance, elements, sums, 0);
    }
    if (sums->count > 1)
        set_variance(sums->variance, elements, sums, 1);
    mpz_clears(value, part, NULL);
}

static ps_integer_partial partial_of(const expected *sums) {
    ps_integer_partial partial;
    ps_kinds[PS_KIND_INTEGER].clear(&partial.head);
    partial.head.count = sums->count;
    partial.sum = test_wide_from(sums->sum);
    partial.squares = test_wide_from(sums->squares);
    partial.magnitudes = test_wide_from(sums->magnitudes);
    partial.minimum = sums->minimum;
    partial.maximum = sums->maximum;
    return partial;
}

/* The sign of (left + right) / 2 - exact or, where root, of its square less exact. left and right are not negative there. */
static int compare_midpoint(double left, double right, const mpq_t exact, bool root) {
    mpq_t middle, other;
    mpq_inits(middle, other, NULL);
    mpq_set_d(middle, left);
    mpq_set_d(other, right);
    mpq_add(middle, middle, other);
    mpq_div_2exp(middle, middle, 1);
    if (root)
        mpq_mul(middle, middle, middle);
    const int order = mpq_cmp(middle, exact);
    mpq_clears(middle, other, NULL);
    return order;
}

/* number is the double nearest to exact, or to its root, ties to even, and the value says rightly whether it is exact. */
static void assert_nearest(const parsum_value *value, const mpq_t exact, bool root) {
    const double number = value->number;
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    const bool even = bits % 2 == 0;
    assert_true(value->floating);
    assert_true(isfinite(number));
    assert_true(!signbit(number) || number < 0);
    const int above = compare_midpoint(number, test_double_beside(number, 1), exact, root);
    if (above < 0 || (above == 0 && !even))
        fail_msg("%s: %a is too small", parsum_statistic_name(value->statistic), number);
    if (number != 0 || !root) {
        const int below = compare_midpoint(number, test_double_beside(number, -1), exact, root);
        if (below > 0 || (below == 0 && !even))
            fail_msg("%s: %a is too large", parsum_statistic_name(value->statistic), number);
    }
    assert_int_equal(value->exact, compare_midpoint(number, number, exact, root) == 0);
    assert_true(strtod(value->text, NULL) == number);
}

static void assert_integer(const parsum_value *value, const mpz_t exact) {
    char *text = mpz_get_str(NULL, 10, exact);
    assert_false(value->floating);
    assert_true(value->exact);
    assert_string_equal(value->text, text);
    free(text);
}

static void assert_small(const parsum_value *value, ps_int128 exact) {
    mpz_t number;
    mpz_init(number);
    test_set_int128(number, exact);
    assert_integer(value, number);
    mpz_clear(number);
}

static void assert_none(const parsum_value *value, bool floating) {
    assert_null(value->text);
    assert_int_equal(value->floating, floating);
}

static void assert_value(const parsum_value *value, const expected *sums) {
    const bool some = sums->count > 0, several = sums->count > 1;
    switch (value->statistic) {
    case PARSUM_DOT:
        fail();
        break;
    case PARSUM_COUNT:
        assert_small(value, sums->count);
        break;
    case PARSUM_SUM:
        assert_integer(value, sums->sum);
        break;
    case PARSUM_SUMSQ:
        assert_integer(value, sums->squares);
        break;
    case PARSUM_SUMABS:
        assert_integer(value, sums->magnitudes);
        break;
    case PARSUM_MIN:
        some ? assert_small(value, sums->minimum) : assert_none(value, false);
        break;
    case PARSUM_MAX:
        some ? assert_small(value, sums->maximum) : assert_none(value, false);
        break;
    case PARSUM_MEAN:
        some ? assert_nearest(value, sums->mean, false) : assert_none(value, true);
        break;
    case PARSUM_VAR:
        several ? assert_nearest(value, sums->variance, false) : assert_none(value, true);
        break;
    case PARSUM_PVAR:
        some ? assert_nearest(value, sums->population_variance, false) : assert_none(value, true);
        break;
    case PARSUM_SD:
        several ? assert_nearest(value, sums->variance, true) : assert_none(value, true);
        break;
    case PARSUM_PSD:
        some ? assert_nearest(value, sums->population_variance, true) : assert_none(value, true);
        break;
    case PARSUM_NORM2:
        assert_nearest(value, sums->square_of_norm, true);
        break;
    }
}

/* Every statistic of elements, for the mask of statistics; in enum order. */
static void assert_statistics(const list *elements, uint32_t mask) {
    expected sums;
    parsum_value values[PARSUM_DOT];
    expected_init(&sums);
    expected_from(&sums, elements);
    const ps_integer_partial partial = partial_of(&sums);
    const size_t count = ps_statistics_finish(mask, &partial.head, false, values);
    size_t at = 0;
    for (unsigned i = 0; i < PARSUM_DOT; i++) {
        if (!(mask & PARSUM_MASK(i)))
            continue;
        assert_true(at < count);
        assert_int_equal(values[at].statistic, i);
        assert_value(&values[at++], &sums);
    }
    assert_int_equal(at, count);
    ps_values_destroy(values, count);
    expected_clear(&sums);
}

static ps_int128 random_element(test_random *random) {
    const uint64_t bits = test_random_hostile(random);
    if (test_random_below(random, 3) == 0)
        return -(ps_int128)(bits >> 1) - 1;
    return bits;
}

static void random_lists(void **state) {
    (void)state;
    test_random random = test_random_start(1);
    for (int i = 0; i < 6000; i++) {
        list elements = {.size = test_random_below(&random, VALUES_MAX + 1)};
        for (size_t j = 0; j < elements.size; j++) {
            elements.value[j] = random_element(&random);
            /* Few of each, or so many that the count comes near to 2^64. */
            elements.times[j] =
                i % 3 == 0 ? test_random_bits(&random) / VALUES_MAX : 1 + test_random_below(&random, 3);
        }
        const uint32_t mask = (uint32_t)test_random_bits(&random) & PARSUM_MASK_ALL;
        assert_statistics(&elements, i % 2 == 0 ? PARSUM_MASK_ALL : mask);
    }
}

/* Lists whose answers have something: none, zero variance, exact roots, halves, the ends of the bounds. */
static void chosen_lists(void **state) {
    (void)state;
    const ps_int128 lowest = INT64_MIN, highest = UINT64_MAX;
    const uint64_t most = UINT64_MAX;
    const list lists[] = {
        {0, {0}, {0}},
        {1, {0}, {1}},
        {1, {-7}, {1}},
        {1, {lowest}, {1}},
        {1, {highest}, {most}},
        {1, {lowest}, {most}},
        {2, {0, 1}, {1, 1}},
        {2, {0, 2}, {1, 1}},
        {2, {3, 4}, {1, 1}},
        {2, {lowest, highest}, {1, 1}},
        {2, {lowest, highest}, {most / 2, most / 2}},
        {2, {0, highest}, {most - 1, 1}},
        {2, {highest - 1, highest}, {1, most - 1}},
        {3, {-1, 0, 1}, {1, 1, 1}},
        {3, {1, 2, 3}, {5, 5, 5}},
        {4, {10, 20, 30, 40}, {1, 1, 1, 1}},
        {2, {((ps_int128)1 << 53) + 1, ((ps_int128)1 << 53) + 1}, {1, 1}},
        {1, {((ps_int128)1 << 53) + 1}, {3}},
        {1, {((ps_int128)1 << 53) + 3}, {3}},
    };
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        assert_statistics(&lists[i], PARSUM_MASK_ALL);
}

/* A few answers written out, so that the definitions above are not believed alone. */
static void known_answers(void **state) {
    (void)state;
    static const char *const texts[PARSUM_DOT] = {"8",   "40",
                                                  "232", "40",
                                                  "2",   "9",
                                                  "5",   "4.571428571428571",
                                                  "4",   "2.138089935299395",
                                                  "2",   "15.231546211727817"};
    const list elements = {5, {2, 4, 5, 7, 9}, {1, 3, 2, 1, 1}};
    expected sums;
    parsum_value values[PARSUM_DOT];
    expected_init(&sums);
    expected_from(&sums, &elements);
    const ps_integer_partial partial = partial_of(&sums);
    assert_int_equal(ps_statistics_finish(PARSUM_MASK_ALL, &partial.head, false, values), PARSUM_DOT);
    for (unsigned i = 0; i < PARSUM_DOT; i++)
        assert_string_equal(values[i].text, texts[i]);
    ps_values_destroy(values, PARSUM_DOT);
    expected_clear(&sums);
}

/* What a statistic does not need may hold anything. */
static void needs_are_enough(void **state) {
    (void)state;
    const list elements = {3, {-5, 11, 1000003}, {2, 3, 4}};
    expected sums;
    expected_init(&sums);
    expected_from(&sums, &elements);
    for (unsigned i = 0; i < PARSUM_DOT; i++) {
        const unsigned needs = ps_statistics_needs(PARSUM_MASK(i));
        ps_integer_partial partial = partial_of(&sums);
        const ps_wide other = {{77, 1, 0, 0}};
        parsum_value value;
        if (!(needs & PS_NEED_SUM))
            partial.sum = other;
        if (!(needs & PS_NEED_SQUARES))
            partial.squares = other;
        if (!(needs & PS_NEED_MAGNITUDES))
            partial.magnitudes = other;
        if (!(needs & PS_NEED_EXTREMES))
            partial.minimum = partial.maximum = 77;
        assert_int_equal(ps_statistics_finish(PARSUM_MASK(i), &partial.head, false, &value), 1);
        assert_value(&value, &sums);
        ps_values_destroy(&value, 1);
        for (unsigned j = 0; j < PARSUM_DOT; j++)
            assert_int_equal(ps_statistics_needs(PARSUM_MASK(i) | PARSUM_MASK(j)),
                             needs | ps_statistics_needs(PARSUM_MASK(j)));
    }
    assert_int_equal(ps_statistics_needs(PARSUM_MASK(PARSUM_COUNT)), 0);
    assert_int_equal(ps_statistics_needs(UINT32_MAX << PARSUM_STATISTIC_COUNT), 0);
    assert_int_equal(ps_statistics_needs(PARSUM_MASK(PARSUM_SUMSQ)), PS_NEED_SQUARES);
    expected_clear(&sums);
}

/* Without memory for the text of a value there are no values; and nothing is left allocated, whether there was or not. */
static void memory(void **state) {
    (void)state;
    enum { TEXTS = 7 }; /* the count's, and the six of rounded values */
    const list elements = {2, {3, 4}, {1, 1}};
    size_t used_bytes = 0;
    expected sums;
    expected_init(&sums);
    expected_from(&sums, &elements);
    const ps_integer_partial partial = partial_of(&sums);
    for (int round = 0; round < 1000; round++) {
        parsum_value values[PARSUM_DOT];
        texts_left = round % (TEXTS + 1);
        const size_t count = ps_statistics_finish(PARSUM_MASK_ALL, &partial.head, false, values);
        assert_int_equal(count, round % (TEXTS + 1) == TEXTS ? PARSUM_DOT : 0);
        ps_values_destroy(values, count);
        /* After some rounds the allocator has what it keeps. */
        if (round == 100)
            used_bytes = mallinfo2().uordblks;
    }
    texts_left = INT_MAX;
    assert_int_equal(mallinfo2().uordblks, used_bytes);
    expected_clear(&sums);
}

static void names(void **state) {
    (void)state;
    static const char *const in_order[] = {"count", "sum",  "sumsq", "sumabs", "min",   "max", "mean",
                                           "var",   "pvar", "sd",    "psd",    "norm2", "dot"};
    for (unsigned i = 0; i < PARSUM_STATISTIC_COUNT; i++) {
        parsum_statistic found = PARSUM_STATISTIC_COUNT;
        assert_string_equal(parsum_statistic_name((parsum_statistic)i), in_order[i]);
        assert_true(parsum_statistic_find(in_order[i], &found));
        assert_int_equal(found, i);
    }
    parsum_statistic untouched = PARSUM_MEAN;
    assert_null(parsum_statistic_name((parsum_statistic)PARSUM_STATISTIC_COUNT));
    assert_false(parsum_statistic_find("", &untouched));
    assert_false(parsum_statistic_find("Sum", &untouched));
    assert_false(parsum_statistic_find("sums", &untouched));
    assert_int_equal(untouched, PARSUM_MEAN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_lists),     cmocka_unit_test(chosen_lists), cmocka_unit_test(known_answers),
        cmocka_unit_test(needs_are_enough), cmocka_unit_test(memory),       cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
