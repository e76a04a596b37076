/* test_engines.c - the engines of every machine, by the public interface and by their table: the same exact answers over
 * workers, chunks and calls; what is refused. */
#include <limits.h>

#include "engine_test.h"
#include "engines/engines.h"
#include "run/context.h"

static const unsigned worker_counts[] = {1, 2, 3, 7};
static const uint64_t chunks[] = {1, 5, 1000, 0};

/* ---- right answers */

static void test_all_statistics_of_all_engines(void **state) {
    static const char *const isas[] = {NULL, "portable"};
    (void)state;
    for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
        for (size_t w = 0; w < COUNT_OF(worker_counts); w++) {
            for (size_t k = 0; k < COUNT_OF(chunks); k++) {
                parsum_options options =
                    test_options_of(engine_names[e], worker_counts[w], chunks[k], PARSUM_MASK_ALL);
                options.isa = isas[(w + k) % 2];
                test_create(&options);
                for (size_t c = 0; c < CASES; c++) {
                    test_reduce(test_case_at(c)->ranges, test_case_at(c)->count);
                    test_assert_values(test_result, &test_case_moments[c], PARSUM_MASK_ALL);
                    assert_string_equal(test_result->engine.name, engine_names[e]);
                    assert_int_equal(test_result->engine.workers, e == 0 ? 1 : worker_counts[w]);
                    assert_true(test_result->verified.ok);
                    assert_int_equal(test_result->verified.method, PARSUM_VERIFY_REFERENCE);
                }
            }
        }
    }
    test_forget();
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
            const parsum_options options = test_options_of(engine_names[e], 2, 37, statistics);
            test_create(&options);
            for (size_t c = 0; c < CASES; c++) {
                test_reduce(test_case_at(c)->ranges, test_case_at(c)->count);
                test_assert_values(test_result, &test_case_moments[c], statistics);
            }
        }
    }
}

static void test_the_reference_row(void **state) {
    (void)state;
    for (unsigned set = 0; set <= PARSUM_DOT; set++) {
        const uint32_t statistics = set < PARSUM_DOT ? PARSUM_MASK(set) : PARSUM_MASK_ALL;
        parsum_options options = test_options_of("serial", 3, 0, statistics);
        options.runs = 3;
        test_create(&options);
        for (size_t c = 0; c < CASES; c++) {
            const test_case *one = test_case_at(c);
            parsum_result_destroy(test_result);
            test_result = NULL;
            assert_int_equal(
                parsum_reference_ranges(test_context, one->ranges, one->count, &test_result, &test_error),
                PARSUM_OK);
            test_assert_values(test_result, &test_case_moments[c], statistics);
            assert_string_equal(test_result->engine.name, "reference");
            assert_int_equal(test_result->engine.workers, 1);
            assert_null(test_result->engine.isa);
            assert_int_equal(test_result->verified.method, PARSUM_VERIFY_CLOSED_FORM);
            assert_true(test_result->verified.ok);
            assert_int_equal(test_result->sample_count, 3);
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
                    assert_int_equal(engines[e]->open(&job, &test_engine, &test_error), PARSUM_OK);
                    assert_ptr_equal(test_engine->engine, engines[e]);
                    for (size_t c = 0; c < CASES; c++) {
                        const test_case *one = test_case_at(c);
                        assert_int_equal(
                            test_engine_run(test_engine, one->ranges, one->count, &total, &test_error),
                            PARSUM_OK);
                        test_assert_moments(&total, &test_case_moments[c], needs);
                        if (e + w + k == 0)
                            first[c] = total;
                        assert_memory_equal(&total, &first[c], sizeof total);
                    }
                    test_engine->engine->close(test_engine);
                    test_engine = NULL;
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
                        test_options_of(engine_names[e], worker_counts[e + k % 2], long_chunks[k], sets[set]);
                    test_create(&options);
                    test_reduce(&ranges[r], 1);
                    test_assert_values(test_result, &of, sets[set]);
                }
            }
        }
        test_moments_clear(&of);
    }
}

/* One context, many calls of all sizes, failures among them. */
static void test_a_context_serves_many_calls(void **state) {
    const parsum_range beyond = {TOP, TOP + 1, 1};
    (void)state;
    for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
        const parsum_options options = test_options_of(engine_names[e], 3, 7, PARSUM_MASK_ALL);
        test_create(&options);
        for (unsigned call = 0; call < 150; call++) {
            const size_t c = (call * 7) % CASES;
            test_reduce(test_case_at(c)->ranges, test_case_at(c)->count);
            test_assert_values(test_result, &test_case_moments[c], PARSUM_MASK_ALL);
            if (call % 10 == 0)
                test_assert_reduce_fails(&beyond, 1, PARSUM_USAGE);
        }
    }
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
        const parsum_options options = test_options_of(engine_names[e], 2, 0, PARSUM_MASK_ALL);
        test_create(&options);
        for (size_t i = 0; i < COUNT_OF(refused); i++) {
            test_assert_reduce_fails(refused[i].ranges, refused[i].count, PARSUM_USAGE);
            if (strstr(test_error.message, refused[i].named) == NULL)
                fail_msg("%s is not in: %s", refused[i].named, test_error.message);
            parsum_result *none = NULL;
            assert_int_equal(parsum_reference_ranges(test_context, refused[i].ranges, refused[i].count, &none,
                                                     &test_error),
                             PARSUM_USAGE);
            assert_null(none);
        }
        /* Nothing was started for them. */
        assert_null(test_context->engine);
    }
}

static void assert_refused(const parsum_options *options, const char *named) {
    parsum_context *const untouched = (parsum_context *)&test_error;
    parsum_context *given = untouched;
    memset(&test_error, 0, sizeof test_error);
    const parsum_status status = parsum_context_create(options, &given, &test_error);
    if (status == PARSUM_OK)
        parsum_context_destroy(given);
    assert_int_equal(status, PARSUM_USAGE);
    assert_int_equal(test_error.status, PARSUM_USAGE);
    assert_ptr_equal(given, untouched);
    if (strstr(test_error.message, named) == NULL)
        fail_msg("%s is not in: %s", named, test_error.message);
    assert_int_equal(parsum_context_create(options, &given, NULL), PARSUM_USAGE);
}

static void test_options_that_have_no_meaning(void **state) {
    static const char *const bad_engines[] = {"", "fork ", "frok", "serial,fork", "pthreads", "reference"};
    static const char *const bad_isas[] = {"", "sse9", "AVX2 "};
    parsum_options options;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad_engines); i++) {
        options = test_options_of(bad_engines[i], 0, 0, PARSUM_MASK_ALL);
        assert_refused(&options, bad_engines[i]);
        assert_refused(&options, "pthread");
    }
    for (size_t i = 0; i < COUNT_OF(bad_isas); i++) {
        options = test_options_of("serial", 0, 0, PARSUM_MASK_ALL);
        options.isa = bad_isas[i];
        assert_refused(&options, bad_isas[i]);
    }
    for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
        options = test_options_of(engine_names[e], 0, 0, PARSUM_MASK_ALL);
        options.device = "gpu:1";
        assert_refused(&options, "gpu:1");
        assert_refused(&options, engine_names[e]);
    }
    options = test_options_of("serial", 4097, 0, PARSUM_MASK_ALL);
    assert_refused(&options, "4097");
    options = test_options_of("serial", UINT_MAX, 0, PARSUM_MASK_ALL);
    assert_refused(&options, "4294967295");
    options = test_options_of("serial", 1, 0, 0);
    assert_refused(&options, "statistics");
    options = test_options_of("serial", 1, 0, PARSUM_MASK(PARSUM_SUM) | PARSUM_MASK(PARSUM_STATISTIC_COUNT));
    assert_refused(&options, "statistics");
    options = test_options_of("serial", 1, 0, PARSUM_MASK_ALL);
    options.runs = 0;
    assert_refused(&options, "0 runs");
    options = test_options_of("serial", 1, 0, PARSUM_MASK_ALL);
    options.verify = (parsum_verify)99;
    assert_refused(&options, "99");
    options = test_options_of("opencl", 1, 0, PARSUM_MASK_ALL);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_all_statistics_of_all_engines),
        TEST(test_any_set_of_statistics),
        TEST(test_the_reference_row),
        TEST(test_bytes_are_equal_over_engines_workers_and_chunks),
        TEST(test_long_ranges),
        TEST(test_a_context_serves_many_calls),
        TEST(test_ranges_beyond_the_limits),
        TEST(test_options_that_have_no_meaning),
        TEST(test_the_table_of_engines),
    };
    return cmocka_run_group_tests(tests, test_cases_prepare, test_cases_forget);
}
