/* test_engine_runs.c - what a context makes of an engine's runs: warm-ups, repetition, verification. */
#include <limits.h>
#include <stdatomic.h>

#include "engine_test.h"
#include "run/context.h"
#include "run/verify.h"

/* ---- repetition: folds of the test's own are put into the context */

static atomic_uint folds;
static unsigned wrong_fold; /* the number of the fold that adds one too many; 0: none */

static void counting_fold(const ps_isa *isa, const ps_block *block, unsigned needs, ps_partial *partial) {
    ps_fold_block(isa, block, needs, partial);
    if (atomic_fetch_add(&folds, 1) + 1 == wrong_fold)
        ps_wide_add_at(&((ps_integer_partial *)partial)->squares, 1, 0);
}

static void test_runs_and_warm_ups(void **state) {
    static const struct { unsigned warmup, runs; } numbers[] = {{0, 1}, {0, 2}, {3, 1}, {2, 5}};
    (void)state;
    for (size_t e = 0; e < 2; e++) {
        for (size_t n = 0; n < COUNT_OF(numbers); n++) {
            parsum_options options = test_options_of(engine_names[e], 2, 10, PARSUM_MASK(PARSUM_SUMSQ));
            options.warmup = numbers[n].warmup;
            options.runs = numbers[n].runs;
            test_create(&options);
            test_context->job.fold = counting_fold;
            atomic_store(&folds, 0);
            wrong_fold = 0;
            test_reduce(&hundred, 1);
            assert_string_equal(test_result->values[0].text, "338350");
            assert_int_equal(atomic_load(&folds), 10 * (numbers[n].warmup + numbers[n].runs));
            assert_int_equal(test_result->sample_count, numbers[n].runs);
            double least = test_result->samples[0], most = test_result->samples[0];
            for (size_t i = 0; i < test_result->sample_count; i++) {
                assert_true(test_result->samples[i] > 0);
                least = test_result->samples[i] < least ? test_result->samples[i] : least;
                most = test_result->samples[i] > most ? test_result->samples[i] : most;
            }
            assert_true(test_result->seconds.compute >= least && test_result->seconds.compute <= most);
            assert_true(test_result->seconds.wall >= test_result->seconds.compute);
        }
    }
}

/* A run, the warm-up too, that ends otherwise than the first is an error, also where nothing else verifies. */
static void test_all_runs_must_agree(void **state) {
    (void)state;
    for (unsigned wrong = 1; wrong <= 5; wrong++) {
        parsum_options options = test_options_of("serial", 1, 100, PARSUM_MASK(PARSUM_SUMSQ));
        options.warmup = 2;
        options.runs = 3;
        options.verify = PARSUM_VERIFY_NONE;
        test_create(&options);
        test_context->job.fold = counting_fold;
        wrong_fold = wrong;
        atomic_store(&folds, 0);
        parsum_result *none = NULL;
        assert_int_equal(parsum_reduce_ranges(test_context, &hundred, 1, &none, &test_error),
                         PARSUM_MISMATCH);
        assert_null(none);
        assert_non_null(strstr(test_error.message, "338350"));
        assert_non_null(strstr(test_error.message, "338351"));
        wrong_fold = 0;
        test_reduce(&hundred, 1);
        assert_string_equal(test_result->values[0].text, "338350");
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
            parsum_options options = test_options_of("serial", 1, 0, PARSUM_MASK(PARSUM_SUMSQ));
            options.warmup = warmups[i];
            options.runs = 1 + (unsigned)i;
            options.verify = PARSUM_VERIFY_NONE;
            options.cancelled = out_of_patience;
            patience = ps_clock_seconds() + 0.2;
            parsum_status status = parsum_context_create(&options, &test_context, &test_error);
            if (status == PARSUM_OK) {
                status = (reference ? parsum_reference_ranges : parsum_reduce_ranges)(
                    test_context, &hundred, 1, &test_result, &test_error);
                if (status == PARSUM_OK)
                    fail_msg("no run was made, and the answer is %s", test_result->values[0].text);
                assert_int_equal(status, PARSUM_CANCELLED);
            } else {
                assert_int_equal(status, PARSUM_USAGE);
            }
            test_forget();
        }
    }
}

/* ---- verification */

static void assert_mismatch(const char *name, uint32_t statistics, parsum_verify verify, size_t c,
                            const char *found, const char *expected) {
    parsum_options options = test_options_of(name, 2, 0, statistics);
    options.verify = verify;
    test_create(&options);
    test_assert_reduce_fails(test_case_at(c)->ranges, test_case_at(c)->count, PARSUM_MISMATCH);
    if (strstr(test_error.message, found) == NULL || strstr(test_error.message, expected) == NULL)
        fail_msg("%s and %s are not in: %s", found, expected, test_error.message);
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
            } sums[] = {{PARSUM_SUM, &test_case_moments[c].sum},
                        {PARSUM_SUMSQ, &test_case_moments[c].squares},
                        {PARSUM_MEAN, &test_case_moments[c].sum},
                        {PARSUM_SUMABS, &test_case_moments[c].magnitudes},
                        {PARSUM_MIN, &test_case_moments[c].minimum},
                        {PARSUM_MAX, &test_case_moments[c].maximum}};
            for (size_t s = 0; s < COUNT_OF(sums); s++) {
                if (test_case_moments[c].count == 0 && s >= 4)
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
    parsum_options options = test_options_of("wrong", 1, 0, PARSUM_MASK(PARSUM_SUMSQ));
    options.verify = PARSUM_VERIFY_NONE;
    test_create(&options);
    test_reduce(&hundred, 1);
    assert_string_equal(test_result->values[0].text, "338351");
    assert_false(test_result->verified.ok);
    assert_int_equal(test_result->verified.method, PARSUM_VERIFY_NONE);
    assert_int_equal(test_result->verified.workers, 0);
    options = test_options_of("wrong", 1, 0, PARSUM_MASK(PARSUM_COUNT));
    test_create(&options);
    test_reduce(&hundred, 1);
    assert_string_equal(test_result->values[0].text, "100");
    assert_true(test_result->verified.ok);
}

static void test_an_engine_that_folds_nothing(void **state) {
    (void)state;
    parsum_options options = test_options_of("null", 1, 0, PARSUM_MASK(PARSUM_COUNT));
    test_create(&options);
    test_reduce(&hundred, 1);
    assert_string_equal(test_result->values[0].text, "100");
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
    parsum_options options = test_options_of("serial", 1, 10, PARSUM_MASK(PARSUM_SUM));
    (void)state;
    options.verify = PARSUM_VERIFY_NONE;
    test_create(&options);
    test_reduce(&hundred, 1);
    static ps_engine careless; /* the teardown still needs it */
    careless = ps_engine_serial;
    careless.run = run_carelessly;
    test_context->engine->engine = &careless;
    parsum_result *none = NULL;
    assert_int_equal(parsum_reduce_ranges(test_context, &hundred, 1, &none, &test_error), PARSUM_FAILED);
    assert_null(none);
    assert_non_null(strstr(test_error.message, "50 of 100"));
    test_reduce(&hundred, 1); /* the engine is opened anew */
    assert_string_equal(test_result->values[0].text, "5050");
}

static void test_how_it_was_verified(void **state) {
    static const parsum_verify methods[] = {PARSUM_VERIFY_REFERENCE, PARSUM_VERIFY_CLOSED_FORM};
    (void)state;
    for (size_t m = 0; m < COUNT_OF(methods); m++) {
        parsum_options options = test_options_of("pthread", 3, 0, PARSUM_MASK_ALL);
        options.verify = methods[m];
        test_create(&options);
        for (size_t c = 0; c < CASES; c++) {
            test_reduce(test_case_at(c)->ranges, test_case_at(c)->count);
            assert_int_equal(test_result->verified.method, methods[m]);
            assert_true(test_result->verified.ok);
            assert_int_equal(test_result->verified.workers, methods[m] == PARSUM_VERIFY_REFERENCE ? 3 : 1);
            assert_true(test_result->verified.seconds >= 0);
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
    const parsum_options options = test_options_of("null", 1, 0, PARSUM_MASK(PARSUM_COUNT));
    test_create(&options);
    test_reduce(&long_range, 1);
    assert_string_equal(test_result->values[0].text, "1000000001");
    assert_int_equal(test_result->verified.method, PARSUM_VERIFY_CLOSED_FORM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_runs_and_warm_ups),
        TEST(test_all_runs_must_agree),
        TEST(test_as_many_warm_ups_as_can_be_written),
        TEST(test_verification_catches_a_wrong_engine),
        TEST(test_what_is_not_verified_is_not_caught),
        TEST(test_an_engine_that_folds_nothing),
        TEST(test_a_lost_block_is_noticed),
        TEST(test_how_it_was_verified),
    };
    return cmocka_run_group_tests(tests, test_cases_prepare, test_cases_forget);
}
