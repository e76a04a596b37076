/* test_engines.c - the engines of every machine, by the public interface and by their table: the same exact answers over
 * workers, chunks and calls; verification, repetition, cancellation and progress; what is refused. */
#include <limits.h>
#include <mpfr.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "engine_support.h"
#include "engines/engines.h"
#include "run/context.h"
#include "run/verify.h"

#define TOP ((ps_int128)1 << 64)
#define BOTTOM (-((ps_int128)1 << 63))
#define NARROW ((ps_int128)1 << 32)

static const char *const engine_names[] = {"serial", "pthread", "fork"};
static const unsigned worker_counts[] = {1, 2, 3, 7};
static const uint64_t chunks[] = {1, 5, 1000, 0};
#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* ---- the cases, and their statistics by brute force */

enum { RANGES_MAX = 6 };

typedef struct test_case {
    parsum_range ranges[RANGES_MAX];
    size_t count;
} test_case;

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

enum { RANDOM_CASES = 12, CASES = COUNT_OF(cases) + RANDOM_CASES };

static test_case random_cases[RANDOM_CASES];
static test_moments moments[CASES];

static const test_case *case_at(size_t index) {
    return index < COUNT_OF(cases) ? &cases[index] : &random_cases[index - COUNT_OF(cases)];
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

static int prepare_cases(void **state) {
    test_random random = test_random_start(1);
    (void)state;
    for (size_t c = 0; c < RANDOM_CASES; c++) {
        random_cases[c].count = 1 + test_random_below(&random, RANGES_MAX);
        for (size_t r = 0; r < random_cases[c].count; r++)
            random_cases[c].ranges[r] = random_range(&random);
    }
    for (size_t c = 0; c < CASES; c++) {
        test_moments_init(&moments[c]);
        for (size_t r = 0; r < case_at(c)->count; r++)
            test_moments_add_range(&moments[c], &case_at(c)->ranges[r]);
    }
    return 0;
}

static int forget_cases(void **state) {
    (void)state;
    for (size_t c = 0; c < CASES; c++)
        test_moments_clear(&moments[c]);
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

/* The values of exactly the statistics asked for, in the order of their enum. */
static void assert_values(const parsum_result *result, const test_moments *of, uint32_t statistics) {
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

static parsum_context *context;
static parsum_result *result;
static ps_engine_state *engine;
static parsum_error error;

static parsum_options options_of(const char *name, unsigned workers, uint64_t chunk, uint32_t statistics) {
    parsum_options options;
    parsum_options_init(&options);
    options.engine = name;
    options.workers = workers;
    options.chunk = chunk;
    options.statistics = statistics;
    return options;
}

static int tidy(void **state) {
    (void)state;
    parsum_result_destroy(result);
    parsum_context_destroy(context);
    if (engine != NULL)
        engine->engine->close(engine);
    result = NULL;
    context = NULL;
    engine = NULL;
    return 0;
}

static void forget(void) {
    tidy(NULL);
}

static void create(const parsum_options *options) {
    forget();
    const parsum_status status = parsum_context_create(options, &context, &error);
    if (status != PARSUM_OK)
        fail_msg("status %d: %s", (int)status, error.message);
}

static void reduce(const parsum_range *ranges, size_t count) {
    parsum_result_destroy(result);
    result = NULL;
    const parsum_status status = parsum_reduce_ranges(context, ranges, count, &result, &error);
    if (status != PARSUM_OK)
        fail_msg("status %d: %s", (int)status, error.message);
}

/* The call fails and gives no result; the error speaks of it. */
static void assert_reduce_fails(const parsum_range *ranges, size_t count, parsum_status expected) {
    parsum_result *const untouched = (parsum_result *)&error;
    parsum_result *given = untouched;
    memset(&error, 0, sizeof error);
    const parsum_status status = parsum_reduce_ranges(context, ranges, count, &given, &error);
    if (status != expected)
        fail_msg("status %d instead of %d: %s", (int)status, (int)expected, error.message);
    assert_int_equal(error.status, expected);
    assert_ptr_equal(given, untouched);
    assert_true(strlen(error.message) > 0);
    /* The error may be left out. */
    assert_int_equal(parsum_reduce_ranges(context, ranges, count, &given, NULL), expected);
}

/* ---- right answers */

static void test_all_statistics_of_all_engines(void **state) {
    static const char *const isas[] = {NULL, "portable"};
    (void)state;
    for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
        for (size_t w = 0; w < COUNT_OF(worker_counts); w++) {
            for (size_t k = 0; k < COUNT_OF(chunks); k++) {
                parsum_options options =
                    options_of(engine_names[e], worker_counts[w], chunks[k], PARSUM_MASK_ALL);
                options.isa = isas[(w + k) % 2];
                create(&options);
                for (size_t c = 0; c < CASES; c++) {
                    reduce(case_at(c)->ranges, case_at(c)->count);
                    assert_values(result, &moments[c], PARSUM_MASK_ALL);
                    assert_string_equal(result->engine.name, engine_names[e]);
                    assert_int_equal(result->engine.workers, e == 0 ? 1 : worker_counts[w]);
                    assert_true(result->verified.ok);
                    assert_int_equal(result->verified.method, PARSUM_VERIFY_REFERENCE);
                }
            }
        }
    }
    forget();
    assert_false(test_has_child());
}

/* Each alone, and some together: what is asked for chooses between loops. */
static void test_any_set_of_statistics(void **state) {
    test_random random = test_random_start(2);
    (void)state;
    for (unsigned set = 0; set < PARSUM_DOT + 6; set++) {
        const uint32_t statistics =
            set < PARSUM_DOT ? PARSUM_MASK(set) : 1 + (uint32_t)test_random_below(&random, PARSUM_MASK_ALL);
        for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
            const parsum_options options = options_of(engine_names[e], 2, 37, statistics);
            create(&options);
            for (size_t c = 0; c < CASES; c++) {
                reduce(case_at(c)->ranges, case_at(c)->count);
                assert_values(result, &moments[c], statistics);
            }
        }
    }
}

static void test_the_reference_row(void **state) {
    (void)state;
    for (unsigned set = 0; set <= PARSUM_DOT; set++) {
        const uint32_t statistics = set < PARSUM_DOT ? PARSUM_MASK(set) : PARSUM_MASK_ALL;
        parsum_options options = options_of("serial", 3, 0, statistics);
        options.runs = 3;
        create(&options);
        for (size_t c = 0; c < CASES; c++) {
            const test_case *one = case_at(c);
            parsum_result_destroy(result);
            result = NULL;
            assert_int_equal(parsum_reference_ranges(context, one->ranges, one->count, &result, &error),
                             PARSUM_OK);
            assert_values(result, &moments[c], statistics);
            assert_string_equal(result->engine.name, "reference");
            assert_int_equal(result->engine.workers, 1);
            assert_null(result->engine.isa);
            assert_int_equal(result->verified.method, PARSUM_VERIFY_CLOSED_FORM);
            assert_true(result->verified.ok);
            assert_int_equal(result->sample_count, 3);
        }
    }
}

/* By the table: the very bytes of the merged partial. */
static void test_bytes_are_equal_over_engines_workers_and_chunks(void **state) {
    static const ps_engine *const engines[] = {&ps_engine_serial, &ps_engine_pthread, &ps_engine_fork};
    static const unsigned masks[] = {0,
                                     PS_NEED_SUM,
                                     PS_NEED_SQUARES,
                                     PS_NEED_EXTREMES,
                                     PS_NEED_MAGNITUDES | PS_NEED_SQUARES,
                                     TEST_NEED_ALL};
    (void)state;
    for (size_t n = 0; n < COUNT_OF(masks); n++) {
        const unsigned needs = masks[n];
        ps_integer_partial first[CASES], total;
        for (size_t e = 0; e < COUNT_OF(engines); e++) {
            for (size_t w = 0; w < COUNT_OF(worker_counts); w++) {
                for (size_t k = 0; k < COUNT_OF(chunks); k++) {
                    ps_job job = test_job(worker_counts[w], chunks[k], needs);
                    assert_int_equal(engines[e]->open(&job, &engine, &error), PARSUM_OK);
                    assert_ptr_equal(engine->engine, engines[e]);
                    for (size_t c = 0; c < CASES; c++) {
                        const test_case *one = case_at(c);
                        assert_int_equal(test_engine_run(engine, one->ranges, one->count, &total, &error),
                                         PARSUM_OK);
                        test_assert_moments(&total, &moments[c], needs);
                        if (e + w + k == 0)
                            first[c] = total;
                        assert_memory_equal(&total, &first[c], sizeof total);
                    }
                    engine->engine->close(engine);
                    engine = NULL;
                }
            }
        }
        assert_false(test_has_child());
    }
}

/* Ranges long enough for guided blocks of several sizes, and for what folds do only with many elements: magnitudes
 * beyond 2^32 summed as offsets from a base, which needs some thousand of them and a step that is not too large. */
static void test_long_ranges(void **state) {
    static const ps_int128 step_most = (ps_int128)1 << 20;
    const parsum_range ranges[] = {
        {-3000000, 7000001, 3},
        {NARROW, NARROW + 4095, 1},
        {NARROW, NARROW + 4096, 1},
        {NARROW + 77, NARROW + 77 + 20000, 1},
        {NARROW - 10000, NARROW + 10000, 1},
        {-NARROW - 9000, -NARROW + 9000, 1},
        {TOP - 9001, TOP, 1},
        {BOTTOM, BOTTOM + 30000, 3},
        {TOP - 12345 * step_most, TOP, step_most},
        {BOTTOM, BOTTOM + 9000 * step_most, step_most},
        {-6000 * step_most, 6000 * step_most + 1, step_most},
        {NARROW * 5 + 3, NARROW * 5 + 9000 * step_most, step_most + 1},
        {TOP - 5000 * (step_most - 1), TOP, step_most - 1},
    };
    static const uint64_t long_chunks[] = {0, 4096, 4097};
    test_moments of;
    (void)state;
    for (size_t r = 0; r < COUNT_OF(ranges); r++) {
        test_moments_init(&of);
        test_moments_add_range(&of, &ranges[r]);
        for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
            for (size_t k = 0; k < COUNT_OF(long_chunks); k++) {
                for (unsigned set = 0; set < 3; set++) {
                    static const uint32_t sets[] = {PARSUM_MASK_ALL, PARSUM_MASK(PARSUM_SUMSQ),
                                                    PARSUM_MASK(PARSUM_SUM)};
                    const parsum_options options =
                        options_of(engine_names[e], worker_counts[e + k % 2], long_chunks[k], sets[set]);
                    create(&options);
                    reduce(&ranges[r], 1);
                    assert_values(result, &of, sets[set]);
                }
            }
        }
        test_moments_clear(&of);
    }
}

/* ---- repetition: folds of the test's own are put into the context */

static atomic_uint folds;
static unsigned wrong_fold; /* the number of the fold that adds one too many; 0: none */

static void counting_fold(const ps_isa *isa, const ps_block *block, unsigned needs, ps_partial *partial) {
    ps_fold_block(isa, block, needs, partial);
    if (atomic_fetch_add(&folds, 1) + 1 == wrong_fold)
        ps_wide_add_at(&((ps_integer_partial *)partial)->squares, 1, 0);
}

static const parsum_range hundred = {1, 101, 1};

static void test_runs_and_warm_ups(void **state) {
    static const struct { unsigned warmup, runs; } numbers[] = {{0, 1}, {0, 2}, {3, 1}, {2, 5}};
    (void)state;
    for (size_t e = 0; e < 2; e++) {
        for (size_t n = 0; n < COUNT_OF(numbers); n++) {
            parsum_options options = options_of(engine_names[e], 2, 10, PARSUM_MASK(PARSUM_SUMSQ));
            options.warmup = numbers[n].warmup;
            options.runs = numbers[n].runs;
            create(&options);
            context->job.fold = counting_fold;
            atomic_store(&folds, 0);
            wrong_fold = 0;
            reduce(&hundred, 1);
            assert_string_equal(result->values[0].text, "338350");
            assert_int_equal(atomic_load(&folds), 10 * (numbers[n].warmup + numbers[n].runs));
            assert_int_equal(result->sample_count, numbers[n].runs);
            double least = result->samples[0], most = result->samples[0];
            for (size_t i = 0; i < result->sample_count; i++) {
                assert_true(result->samples[i] > 0);
                least = result->samples[i] < least ? result->samples[i] : least;
                most = result->samples[i] > most ? result->samples[i] : most;
            }
            assert_true(result->seconds.compute >= least && result->seconds.compute <= most);
            assert_true(result->seconds.wall >= result->seconds.compute);
        }
    }
}

/* A run, the warm-up too, that ends otherwise than the first is an error, also where nothing else verifies. */
static void test_all_runs_must_agree(void **state) {
    (void)state;
    for (unsigned wrong = 1; wrong <= 5; wrong++) {
        parsum_options options = options_of("serial", 1, 100, PARSUM_MASK(PARSUM_SUMSQ));
        options.warmup = 2;
        options.runs = 3;
        options.verify = PARSUM_VERIFY_NONE;
        create(&options);
        context->job.fold = counting_fold;
        wrong_fold = wrong;
        atomic_store(&folds, 0);
        parsum_result *none = NULL;
        assert_int_equal(parsum_reduce_ranges(context, &hundred, 1, &none, &error), PARSUM_MISMATCH);
        assert_null(none);
        assert_non_null(strstr(error.message, "338350"));
        assert_non_null(strstr(error.message, "338351"));
        wrong_fold = 0;
        reduce(&hundred, 1);
        assert_string_equal(result->values[0].text, "338350");
    }
}

static double patience; /* seconds, by the clock of ps_clock_seconds */

static int out_of_patience(void *user) {
    (void)user;
    return ps_clock_seconds() > patience;
}

/* As many as the type holds: too many, or too many to wait for, but never a result without a run. */
static void test_as_many_warm_ups_as_can_be_written(void **state) {
    static const unsigned warmups[] = {UINT_MAX, UINT_MAX - 1};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(warmups); i++) {
        for (int reference = 0; reference < 2; reference++) {
            parsum_options options = options_of("serial", 1, 0, PARSUM_MASK(PARSUM_SUMSQ));
            options.warmup = warmups[i];
            options.runs = 1 + (unsigned)i;
            options.verify = PARSUM_VERIFY_NONE;
            options.cancelled = out_of_patience;
            patience = ps_clock_seconds() + 0.2;
            parsum_status status = parsum_context_create(&options, &context, &error);
            if (status == PARSUM_OK) {
                status = (reference ? parsum_reference_ranges : parsum_reduce_ranges)(context, &hundred, 1,
                                                                                      &result, &error);
                if (status == PARSUM_OK)
                    fail_msg("no run was made, and the answer is %s", result->values[0].text);
                assert_int_equal(status, PARSUM_CANCELLED);
            } else {
                assert_int_equal(status, PARSUM_USAGE);
            }
            forget();
        }
    }
}

/* One context, many calls of all sizes, failures among them. */
static void test_a_context_serves_many_calls(void **state) {
    const parsum_range beyond = {TOP, TOP + 1, 1};
    (void)state;
    for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
        const parsum_options options = options_of(engine_names[e], 3, 7, PARSUM_MASK_ALL);
        create(&options);
        for (unsigned call = 0; call < 150; call++) {
            const size_t c = (call * 7) % CASES;
            reduce(case_at(c)->ranges, case_at(c)->count);
            assert_values(result, &moments[c], PARSUM_MASK_ALL);
            if (call % 10 == 0)
                assert_reduce_fails(&beyond, 1, PARSUM_USAGE);
        }
    }
}

/* ---- verification */

static void assert_mismatch(const char *name, uint32_t statistics, parsum_verify verify, size_t c,
                            const char *found, const char *expected) {
    parsum_options options = options_of(name, 2, 0, statistics);
    options.verify = verify;
    create(&options);
    assert_reduce_fails(case_at(c)->ranges, case_at(c)->count, PARSUM_MISMATCH);
    if (strstr(error.message, found) == NULL || strstr(error.message, expected) == NULL)
        fail_msg("%s and %s are not in: %s", found, expected, error.message);
}

static void test_verification_catches_a_wrong_engine(void **state) {
    static const parsum_verify methods[] = {PARSUM_VERIFY_AUTO, PARSUM_VERIFY_REFERENCE,
                                            PARSUM_VERIFY_CLOSED_FORM};
    (void)state;
    for (size_t m = 0; m < COUNT_OF(methods); m++) {
        for (size_t c = m; c < CASES; c += COUNT_OF(methods)) {
            mpz_t wrong;
            mpz_init(wrong);
            const struct {
                parsum_statistic statistic;
                mpz_t *right;
            } sums[] = {{PARSUM_SUM, &moments[c].sum},     {PARSUM_SUMSQ, &moments[c].squares},
                        {PARSUM_MEAN, &moments[c].sum},    {PARSUM_SUMABS, &moments[c].magnitudes},
                        {PARSUM_MIN, &moments[c].minimum}, {PARSUM_MAX, &moments[c].maximum}};
            for (size_t s = 0; s < COUNT_OF(sums); s++) {
                if (moments[c].count == 0 && s >= 4)
                    continue; /* there is no minimum to be wrong */
                char found[128], expected[128];
                mpz_add_ui(wrong, *sums[s].right, 1);
                gmp_snprintf(found, sizeof found, "%Zd", wrong);
                gmp_snprintf(expected, sizeof expected, "%Zd", *sums[s].right);
                assert_mismatch("wrong", PARSUM_MASK(sums[s].statistic), methods[m], c, found, expected);
            }
            mpz_clear(wrong);
        }
    }
}

/* It is the verification that catches it, and nothing else; and what the engine has right passes. */
static void test_what_is_not_verified_is_not_caught(void **state) {
    (void)state;
    parsum_options options = options_of("wrong", 1, 0, PARSUM_MASK(PARSUM_SUMSQ));
    options.verify = PARSUM_VERIFY_NONE;
    create(&options);
    reduce(&hundred, 1);
    assert_string_equal(result->values[0].text, "338351");
    assert_false(result->verified.ok);
    assert_int_equal(result->verified.method, PARSUM_VERIFY_NONE);
    assert_int_equal(result->verified.workers, 0);
    options = options_of("wrong", 1, 0, PARSUM_MASK(PARSUM_COUNT));
    create(&options);
    reduce(&hundred, 1);
    assert_string_equal(result->values[0].text, "100");
    assert_true(result->verified.ok);
}

static void test_an_engine_that_folds_nothing(void **state) {
    (void)state;
    parsum_options options = options_of("null", 1, 0, PARSUM_MASK(PARSUM_COUNT));
    create(&options);
    reduce(&hundred, 1);
    assert_string_equal(result->values[0].text, "100");
    assert_mismatch("null", PARSUM_MASK(PARSUM_SUM), PARSUM_VERIFY_AUTO, 6, "has 0", "5050");
    /* Hidden engines are found by name and not offered. */
    for (size_t i = 0; parsum_engine_name(i) != NULL; i++)
        assert_string_not_equal(parsum_engine_name(i), "null");
}

/* Takes the blocks and loses every second one. */
static parsum_status run_carelessly(ps_engine_state *state, ps_queue *queue, char *partials,
                                    parsum_error *failure) {
    ps_block block;
    (void)failure;
    for (unsigned i = 0; ps_queue_pull(queue, 0, &block); i++) {
        if (i % 2 == 0)
            state->job->fold(state->job->isa, &block, state->job->needs, (ps_partial *)partials);
    }
    return PARSUM_OK;
}

/* A lost block is noticed without verification, by the count. */
static void test_a_lost_block_is_noticed(void **state) {
    parsum_options options = options_of("serial", 1, 10, PARSUM_MASK(PARSUM_SUM));
    (void)state;
    options.verify = PARSUM_VERIFY_NONE;
    create(&options);
    reduce(&hundred, 1);
    static ps_engine careless; /* the teardown still needs it */
    careless = ps_engine_serial;
    careless.run = run_carelessly;
    context->engine->engine = &careless;
    parsum_result *none = NULL;
    assert_int_equal(parsum_reduce_ranges(context, &hundred, 1, &none, &error), PARSUM_FAILED);
    assert_null(none);
    assert_non_null(strstr(error.message, "50 of 100"));
    reduce(&hundred, 1); /* the engine is opened anew */
    assert_string_equal(result->values[0].text, "5050");
}

static void test_how_it_was_verified(void **state) {
    static const parsum_verify methods[] = {PARSUM_VERIFY_REFERENCE, PARSUM_VERIFY_CLOSED_FORM};
    (void)state;
    for (size_t m = 0; m < COUNT_OF(methods); m++) {
        parsum_options options = options_of("pthread", 3, 0, PARSUM_MASK_ALL);
        options.verify = methods[m];
        create(&options);
        for (size_t c = 0; c < CASES; c++) {
            reduce(case_at(c)->ranges, case_at(c)->count);
            assert_int_equal(result->verified.method, methods[m]);
            assert_true(result->verified.ok);
            assert_int_equal(result->verified.workers, methods[m] == PARSUM_VERIFY_REFERENCE ? 3 : 1);
            assert_true(result->verified.seconds >= 0);
        }
    }
    assert_int_equal(ps_verify_choose(PARSUM_VERIFY_AUTO, true, 0, false), PARSUM_VERIFY_REFERENCE);
    assert_int_equal(ps_verify_choose(PARSUM_VERIFY_AUTO, true, 1000000000, false), PARSUM_VERIFY_REFERENCE);
    assert_int_equal(ps_verify_choose(PARSUM_VERIFY_AUTO, true, 1000000001, false),
                     PARSUM_VERIFY_CLOSED_FORM);
    assert_int_equal(ps_verify_choose(PARSUM_VERIFY_AUTO, true, UINT64_MAX, false),
                     PARSUM_VERIFY_CLOSED_FORM);
    assert_int_equal(ps_verify_choose(PARSUM_VERIFY_REFERENCE, true, UINT64_MAX, false),
                     PARSUM_VERIFY_REFERENCE);
    /* The null engine takes no time for a count that the reference would take a second for. */
    const parsum_range long_range = {0, (ps_int128)1000000001 * 1000, 1000};
    const parsum_options options = options_of("null", 1, 0, PARSUM_MASK(PARSUM_COUNT));
    create(&options);
    reduce(&long_range, 1);
    assert_string_equal(result->values[0].text, "1000000001");
    assert_int_equal(result->verified.method, PARSUM_VERIFY_CLOSED_FORM);
}

/* ---- callbacks */

typedef struct witness {
    pthread_t caller;
    bool elsewhere; /* a callback came on another thread than the caller's */
    uint64_t done, total;
    bool fell, beyond; /* progress went back, or past the total */
    unsigned progress_calls, cancelled_calls;
    unsigned cancel_at; /* the call of cancelled that says yes; 0: none */
} witness;

static void see_progress(const parsum_progress *progress, void *user) {
    const uint64_t done = progress->done, total = progress->total;
    witness *seen = user;
    seen->elsewhere |= !pthread_equal(seen->caller, pthread_self());
    seen->progress_calls++;
    seen->fell |= done < seen->done;
    seen->beyond |= done > total;
    seen->done = done;
    seen->total = total;
}

static int see_cancelled(void *user) {
    witness *seen = user;
    seen->elsewhere |= !pthread_equal(seen->caller, pthread_self());
    seen->cancelled_calls++;
    return seen->cancel_at > 0 && seen->cancelled_calls >= seen->cancel_at;
}

static void watch(parsum_options *options, witness *seen) {
    memset(seen, 0, sizeof *seen);
    seen->caller = pthread_self();
    options->progress = see_progress;
    options->cancelled = see_cancelled;
    options->user = seen;
}

static void slow_fold(const ps_isa *isa, const ps_block *block, unsigned needs, ps_partial *partial) {
    ps_fold_block(isa, block, needs, partial);
    test_sleep_ms(10);
}

static void test_progress(void **state) {
    (void)state;
    for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
        witness seen;
        parsum_options options = options_of(engine_names[e], 2, 1, PARSUM_MASK(PARSUM_SUMSQ));
        options.verify = PARSUM_VERIFY_NONE;
        watch(&options, &seen);
        create(&options);
        context->job.fold = slow_fold;
        reduce(&hundred, 1);
        assert_string_equal(result->values[0].text, "338350");
        /* At least half a second of work, and fifty milliseconds between two calls. */
        assert_true(seen.progress_calls >= 4);
        assert_false(seen.elsewhere);
        assert_false(seen.fell);
        assert_false(seen.beyond);
        assert_int_equal(seen.total, 100);
        assert_true(seen.done >= 50);
    }
}

/* About twenty times a second, as the header says: a callback may be slow, blocks are not. */
static void test_callbacks_are_not_called_for_every_block(void **state) {
    const parsum_range range = {0, 100000, 1};
    (void)state;
    for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
        witness seen;
        parsum_options options = options_of(engine_names[e], 2, 1, PARSUM_MASK(PARSUM_SUMSQ));
        options.verify = PARSUM_VERIFY_NONE;
        watch(&options, &seen);
        create(&options);
        reduce(&range, 1);
        const double most = 5 + 40 * result->seconds.compute;
        if (seen.progress_calls > most || seen.cancelled_calls > most)
            fail_msg("%s: %u calls of progress and %u of cancelled in %.3f s", engine_names[e],
                     seen.progress_calls, seen.cancelled_calls, result->seconds.compute);
    }
}

/* More than can be summed in the time of a test, in blocks of usual size. */
static const parsum_range endless = {0, (ps_int128)1 << 62, 1};

static void test_cancellation(void **state) {
    (void)state;
    for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
        for (unsigned at = 1; at <= 3; at++) {
            witness seen;
            parsum_options options = options_of(engine_names[e], 2, 0, PARSUM_MASK_ALL);
            watch(&options, &seen);
            create(&options);
            seen.cancel_at = at;
            const double start = ps_clock_seconds();
            assert_reduce_fails(&endless, 1, PARSUM_CANCELLED);
            assert_true(ps_clock_seconds() - start < 10);
            assert_false(seen.elsewhere);
            assert_false(test_has_child());
            /* The context is as good as new. */
            seen.cancel_at = 0;
            reduce(&hundred, 1);
            assert_values(result, &moments[6], PARSUM_MASK_ALL);
        }
    }
}

static _Atomic uint64_t *folded_count; /* in a mapping that processes share */

/* Sums nothing, in no time: what is to be cancelled comes after it. */
static void instant_fold(const ps_isa *isa, const ps_block *block, unsigned needs, ps_partial *partial) {
    (void)isa;
    (void)needs;
    partial->count += block->count;
    atomic_fetch_add(folded_count, block->count);
}

static const parsum_range seconds_to_verify = {0, 4000000000, 1};

/* Yes, some time after the last block was folded: the verification has begun by then. */
static int cancel_the_verification(void *user) {
    double *folded_at = user;
    if (*folded_at == 0 && atomic_load(folded_count) == (uint64_t)seconds_to_verify.end)
        *folded_at = ps_clock_seconds();
    return *folded_at > 0 && ps_clock_seconds() > *folded_at + 0.2;
}

/* "All workers gone" holds for the engine's workers too where it is the verification that is cancelled. */
static void test_cancellation_while_verifying(void **state) {
    double folded_at = 0;
    (void)state;
    folded_count =
        mmap(NULL, sizeof *folded_count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(folded_count, MAP_FAILED);
    parsum_options options = options_of("fork", 2, UINT64_C(1) << 24, PARSUM_MASK_ALL);
    options.verify = PARSUM_VERIFY_REFERENCE;
    options.cancelled = cancel_the_verification;
    options.user = &folded_at;
    create(&options);
    context->job.fold = instant_fold;
    assert_int_equal(parsum_reduce_ranges(context, &seconds_to_verify, 1, &result, &error), PARSUM_CANCELLED);
    assert_null(result);
    assert_false(test_has_child());
    munmap(folded_count, sizeof *folded_count);
}

static void test_cancellation_of_the_reference_row(void **state) {
    witness seen;
    (void)state;
    parsum_options options = options_of("serial", 1, 0, PARSUM_MASK_ALL);
    watch(&options, &seen);
    create(&options);
    seen.cancel_at = 2;
    assert_int_equal(parsum_reference_ranges(context, &endless, 1, &result, &error), PARSUM_CANCELLED);
    assert_null(result);
    assert_false(seen.elsewhere);
}

/* ---- what is refused */

static void test_ranges_beyond_the_limits(void **state) {
    static const struct {
        parsum_range ranges[3];
        size_t count;
        const char *named; /* what the message must quote */
    } refused[] = {
        {{{TOP, TOP + 1, 1}}, 1, "18446744073709551616"},
        {{{0, TOP + 1, TOP}}, 1, "18446744073709551616"},
        {{{BOTTOM - 1, 0, 1}}, 1, "-9223372036854775809"},
        {{{1, 2, 1}, {BOTTOM - 1, BOTTOM, 1}}, 2, "-9223372036854775809"},
        {{{0, 10, 0}}, 1, "0"},
        {{{0, 10, -3}}, 1, "-3"},
        {{{10, 0, -1}}, 1, "-1"},
        {{{0, TOP, 1}}, 1, "2^64"},
        {{{BOTTOM, TOP, 1}}, 1, "2^64"},
        {{{0, TOP / 2, 1}, {0, TOP / 2, 1}}, 2, "2^64"},
        {{{0, TOP - 1, 1}, {5, 5, 1}, {7, 8, 1}}, 3, "2^64"},
        {{{0, ((ps_int128)1 << 100) + 1, (ps_int128)1 << 99}}, 1, "2^100"},
        {{{-((ps_int128)1 << 126) - ((ps_int128)1 << 126), 0, 1}}, 1, "2^100"},
    };
    (void)state;
    for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
        const parsum_options options = options_of(engine_names[e], 2, 0, PARSUM_MASK_ALL);
        create(&options);
        for (size_t i = 0; i < COUNT_OF(refused); i++) {
            assert_reduce_fails(refused[i].ranges, refused[i].count, PARSUM_USAGE);
            if (strstr(error.message, refused[i].named) == NULL)
                fail_msg("%s is not in: %s", refused[i].named, error.message);
            parsum_result *none = NULL;
            assert_int_equal(
                parsum_reference_ranges(context, refused[i].ranges, refused[i].count, &none, &error),
                PARSUM_USAGE);
            assert_null(none);
        }
        /* Nothing was started for them. */
        assert_null(context->engine);
    }
}

static void assert_refused(const parsum_options *options, const char *named) {
    parsum_context *const untouched = (parsum_context *)&error;
    parsum_context *given = untouched;
    memset(&error, 0, sizeof error);
    const parsum_status status = parsum_context_create(options, &given, &error);
    if (status == PARSUM_OK)
        parsum_context_destroy(given);
    assert_int_equal(status, PARSUM_USAGE);
    assert_int_equal(error.status, PARSUM_USAGE);
    assert_ptr_equal(given, untouched);
    if (strstr(error.message, named) == NULL)
        fail_msg("%s is not in: %s", named, error.message);
    assert_int_equal(parsum_context_create(options, &given, NULL), PARSUM_USAGE);
}

static void test_options_that_have_no_meaning(void **state) {
    static const char *const bad_engines[] = {"", "fork ", "frok", "serial,fork", "pthreads", "reference"};
    static const char *const bad_isas[] = {"", "sse9", "AVX2 "};
    parsum_options options;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_engines); i++) {
        options = options_of(bad_engines[i], 0, 0, PARSUM_MASK_ALL);
        assert_refused(&options, bad_engines[i]);
        assert_refused(&options, "pthread");
    }
    for (size_t i = 0; i < COUNT_OF(bad_isas); i++) {
        options = options_of("serial", 0, 0, PARSUM_MASK_ALL);
        options.isa = bad_isas[i];
        assert_refused(&options, bad_isas[i]);
    }
    for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
        options = options_of(engine_names[e], 0, 0, PARSUM_MASK_ALL);
        options.device = "gpu:1";
        assert_refused(&options, "gpu:1");
        assert_refused(&options, engine_names[e]);
    }
    options = options_of("serial", 4097, 0, PARSUM_MASK_ALL);
    assert_refused(&options, "4097");
    options = options_of("serial", UINT_MAX, 0, PARSUM_MASK_ALL);
    assert_refused(&options, "4294967295");
    options = options_of("serial", 1, 0, 0);
    assert_refused(&options, "statistics");
    options = options_of("serial", 1, 0, PARSUM_MASK(PARSUM_SUM) | PARSUM_MASK(PARSUM_STATISTIC_COUNT));
    assert_refused(&options, "statistics");
    options = options_of("serial", 1, 0, PARSUM_MASK_ALL);
    options.runs = 0;
    assert_refused(&options, "0 runs");
    options = options_of("serial", 1, 0, PARSUM_MASK_ALL);
    options.verify = (parsum_verify)99;
    assert_refused(&options, "99");
    options = options_of("opencl", 1, 0, PARSUM_MASK_ALL);
    options.device = "";
    assert_refused(&options, "''");
}

static void test_the_table_of_engines(void **state) {
    static const char *const offered[] = {"serial", "pthread", "fork", "opencl"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(offered); i++) {
        assert_string_equal(parsum_engine_name(i), offered[i]);
        assert_string_equal(ps_engine_find(offered[i])->name, offered[i]);
    }
    assert_null(parsum_engine_name(COUNT_OF(offered)));
    assert_null(parsum_engine_name(SIZE_MAX));
    assert_ptr_equal(ps_engine_find("null"), &ps_engine_null);
    assert_ptr_equal(ps_engine_find("wrong"), &ps_engine_wrong);
    assert_null(ps_engine_find("auto"));
    assert_null(ps_engine_find(""));
    /* Whole cache lines for every worker. */
    assert_int_equal(ps_partial_stride(&ps_kinds[PS_KIND_INTEGER]) % 64, 0);
    assert_true(ps_partial_stride(&ps_kinds[PS_KIND_INTEGER]) >= sizeof(ps_integer_partial));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, test_guard, tidy)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_all_statistics_of_all_engines),
        TEST(test_any_set_of_statistics),
        TEST(test_the_reference_row),
        TEST(test_bytes_are_equal_over_engines_workers_and_chunks),
        TEST(test_long_ranges),
        TEST(test_runs_and_warm_ups),
        TEST(test_all_runs_must_agree),
        TEST(test_as_many_warm_ups_as_can_be_written),
        TEST(test_a_context_serves_many_calls),
        TEST(test_verification_catches_a_wrong_engine),
        TEST(test_what_is_not_verified_is_not_caught),
        TEST(test_an_engine_that_folds_nothing),
        TEST(test_a_lost_block_is_noticed),
        TEST(test_how_it_was_verified),
        TEST(test_progress),
        TEST(test_callbacks_are_not_called_for_every_block),
        TEST(test_cancellation),
        TEST(test_cancellation_while_verifying),
        TEST(test_cancellation_of_the_reference_row),
        TEST(test_ranges_beyond_the_limits),
        TEST(test_options_that_have_no_meaning),
        TEST(test_the_table_of_engines),
    };
    return cmocka_run_group_tests(tests, prepare_cases, forget_cases);
}
