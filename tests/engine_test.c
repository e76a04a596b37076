/* engine_test.c - the cases, their statistics by brute force, and the one context of a test. */
#include "engine_test.h"

#include <mpfr.h>

/* ---- the cases, and their statistics by brute force */

static const test_case cases[] = {
    {{{0, 0, 0}}, 0}, /* no range at all */
    {{{5, 1, 1}}, 1},
    {{{0, 1, 1}}, 1},
    {{{-1, 0, 1}}, 1},
    {{{TOP - 1, TOP, 1}}, 1},
    {{{BOTTOM, BOTTOM + 1, 1}}, 1},
    {{{1, 101, 1}}, 1},
    {{{-7, 9, 1}}, 1},
    {{{-1000, 1000, 7}}, 1},
    {{{BOTTOM, BOTTOM + 40, 1}}, 1},
    {{{TOP - 50, TOP, 1}}, 1},
    {{{NARROW - 21, NARROW + 19, 1}}, 1},
    {{{-NARROW - 40, -NARROW + 60, 3}}, 1},
    {{{BOTTOM, TOP, TOP / 64 - 1}}, 1}, /* both limits, both signs, both widths */
    {{{BOTTOM, TOP, TOP - 1}}, 1},
    {{{BOTTOM, TOP, TOP}}, 1}, /* a step beyond 64 bits */
    {{{7, (ps_int128)1 << 100, (ps_int128)1 << 100}}, 1},
    {{{0, 3, 1}, {9, 9, 1}, {-5, 0, 2}, {TOP - 3, TOP, 1}, {0, 3, 1}, {BOTTOM, 2 - TOP / 2, 1}}, 6},
    {{{9, 1, 1}, {-3, -3, 5}}, 2},
    {{{-((ps_int128)1 << 52), ((ps_int128)1 << 52) + 1, ((ps_int128)1 << 47) - 1}}, 1},
};

_Static_assert(COUNT_OF(cases) == CHOSEN_CASES, "every case has its moments");

static test_case random_cases[RANDOM_CASES];
test_moments test_case_moments[CASES];

const test_case *test_case_at(size_t index) {
    return index < CHOSEN_CASES ? &cases[index] : &random_cases[index - CHOSEN_CASES];
}

static parsum_range random_range(test_random *random) {
    parsum_range range;
    ps_int128 first = (ps_int128)test_random_hostile(random);
    if (test_random_below(random, 2) == 0)
        first = -(ps_int128)((uint64_t)first >> 1) - 1;
    const ps_int128 step = (ps_int128)test_random_hostile(random) + 1;
    const ps_int128 room = (TOP - 1 - first) / step + 1;
    ps_int128 count = (ps_int128)test_random_below(random, 120);
    if (count > room)
        count = room;
    range.first = first;
    range.step = step;
    range.end = first + (count > 0 ? (count - 1) * step + 1 + (ps_int128)test_random_below(random, 3) : 0);
    if (range.end > first + count * step)
        range.end = first + count * step;
    return range;
}

int test_cases_prepare(void **state) {
    test_random random = test_random_start(1);
    (void)state;
    for (size_t c = 0; c < RANDOM_CASES; c++) {
        random_cases[c].count = 1 + test_random_below(&random, RANGES_MAX);
        for (size_t r = 0; r < random_cases[c].count; r++)
            random_cases[c].ranges[r] = random_range(&random);
    }
    for (size_t c = 0; c < CASES; c++) {
        test_moments_init(&test_case_moments[c]);
        for (size_t r = 0; r < test_case_at(c)->count; r++)
            test_moments_add_range(&test_case_moments[c], &test_case_at(c)->ranges[r]);
    }
    return 0;
}

int test_cases_forget(void **state) {
    (void)state;
    for (size_t c = 0; c < CASES; c++)
        test_moments_clear(&test_case_moments[c]);
    mpfr_free_cache();
    return 0;
}

/* Sets an exact fraction of which statistic is the value, or the square root where *root; false: there is no value. */
static bool set_fraction(mpq_t fraction, const test_moments *of, parsum_statistic statistic, bool *root) {
    mpz_t *numerator = (mpz_t *)mpq_numref(fraction), *denominator = (mpz_t *)mpq_denref(fraction);
    const uint64_t less = statistic == PARSUM_VAR || statistic == PARSUM_SD;
    const bool spread = less || statistic == PARSUM_PVAR || statistic == PARSUM_PSD;
    *root = statistic == PARSUM_SD || statistic == PARSUM_PSD || statistic == PARSUM_NORM2;
    mpz_set_ui(*denominator, 1);
    if (spread) {
        if (of->count <= less)
            return false;
        mpz_mul_ui(*numerator, of->squares, of->count);
        mpz_submul(*numerator, of->sum, of->sum);
        mpz_set_ui(*denominator, of->count);
        mpz_mul_ui(*denominator, *denominator, of->count - less);
    } else if (statistic == PARSUM_MEAN) {
        if (of->count == 0)
            return false;
        mpz_set(*numerator, of->sum);
        mpz_set_ui(*denominator, of->count);
    } else {
        mpz_set(*numerator, of->squares); /* norm2 */
    }
    mpq_canonicalize(fraction);
    return true;
}

/* A double must be the nearest to the exact value: 2,000 bits are far more than a root of such a fraction can have in
 * common with the middle of two doubles, so rounding twice does no harm. */
static void assert_double(const parsum_value *value, const test_moments *of) {
    mpq_t fraction, square;
    mpfr_t exact;
    bool root;
    mpq_inits(fraction, square, NULL);
    mpfr_init2(exact, 2000);
    if (!set_fraction(fraction, of, value->statistic, &root)) {
        assert_null(value->text);
    } else {
        mpfr_set_q(exact, fraction, MPFR_RNDN);
        if (root)
            mpfr_sqrt(exact, exact, MPFR_RNDN);
        assert_non_null(value->text);
        assert_true(value->floating);
        assert_true(value->number == mpfr_get_d(exact, MPFR_RNDN));
        assert_true(strtod(value->text, NULL) == value->number);
        mpq_set_d(square, value->number);
        if (root)
            mpq_mul(square, square, square);
        assert_int_equal(value->exact, mpq_equal(square, fraction) != 0);
    }
    mpq_clears(fraction, square, NULL);
    mpfr_clear(exact);
}

static void assert_integer(const parsum_value *value, const mpz_t expected) {
    char *text = mpz_get_str(NULL, 10, expected);
    assert_non_null(value->text);
    assert_string_equal(value->text, text);
    assert_true(value->exact);
    assert_false(value->floating);
    free(text);
}

static void assert_value(const parsum_value *value, const test_moments *of) {
    mpz_t count;
    switch (value->statistic) {
    case PARSUM_COUNT:
        mpz_init_set_ui(count, of->count);
        assert_integer(value, count);
        mpz_clear(count);
        break;
    case PARSUM_SUM:
        assert_integer(value, of->sum);
        break;
    case PARSUM_SUMSQ:
        assert_integer(value, of->squares);
        break;
    case PARSUM_SUMABS:
        assert_integer(value, of->magnitudes);
        break;
    case PARSUM_MIN:
    case PARSUM_MAX:
        if (of->count == 0)
            assert_null(value->text);
        else
            assert_integer(value, value->statistic == PARSUM_MIN ? of->minimum : of->maximum);
        break;
    default:
        assert_double(value, of);
    }
}

void test_assert_values(const parsum_result *result, const test_moments *of, uint32_t statistics) {
    size_t used = 0;
    for (unsigned s = 0; s < PARSUM_DOT; s++) {
        if (!(statistics & PARSUM_MASK(s)))
            continue;
        assert_true(used < result->value_count);
        assert_int_equal(result->values[used].statistic, s);
        assert_value(&result->values[used++], of);
    }
    assert_int_equal(result->value_count, used);
    assert_int_equal(result->input.count, of->count);
}

/* ---- contexts; what a failed assertion leaves open is closed by the teardown */

parsum_context *test_context;
parsum_result *test_result;
ps_engine_state *test_engine;
parsum_error test_error;

parsum_options test_options_of(const char *name, unsigned workers, uint64_t chunk, uint32_t statistics) {
    parsum_options options;
    parsum_options_init(&options);
    options.engine = name;
    options.workers = workers;
    options.chunk = chunk;
    options.statistics = statistics;
    return options;
}

int test_tidy(void **state) {
    (void)state;
    parsum_result_destroy(test_result);
    parsum_context_destroy(test_context);
    if (test_engine != NULL)
        test_engine->engine->close(test_engine);
    test_result = NULL;
    test_context = NULL;
    test_engine = NULL;
    return 0;
}

void test_forget(void) {
    test_tidy(NULL);
}

void test_create(const parsum_options *options) {
    test_forget();
    const parsum_status status = parsum_context_create(options, &test_context, &test_error);
    if (status != PARSUM_OK)
        fail_msg("status %d: %s", (int)status, test_error.message);
}

void test_reduce(const parsum_range *ranges, size_t count) {
    parsum_result_destroy(test_result);
    test_result = NULL;
    const parsum_status status = parsum_reduce_ranges(test_context, ranges, count, &test_result, &test_error);
    if (status != PARSUM_OK)
        fail_msg("status %d: %s", (int)status, test_error.message);
}

void test_assert_reduce_fails(const parsum_range *ranges, size_t count, parsum_status expected) {
    parsum_result *const untouched = (parsum_result *)&test_error;
    parsum_result *given = untouched;
    memset(&test_error, 0, sizeof test_error);
    const parsum_status status = parsum_reduce_ranges(test_context, ranges, count, &given, &test_error);
    if (status != expected)
        fail_msg("status %d instead of %d: %s", (int)status, (int)expected, test_error.message);
    assert_int_equal(test_error.status, expected);
    assert_ptr_equal(given, untouched);
    assert_true(strlen(test_error.message) > 0);
    /* The error may be left out. */
    assert_int_equal(parsum_reduce_ranges(test_context, ranges, count, &given, NULL), expected);
}
