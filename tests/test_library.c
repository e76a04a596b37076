/* test_library.c - what a user of the public header relies on beyond right sums: what it begins with, who owns what, no
 * device, errors. */
#include "parsum.h" /* first: it needs nothing before it */

#include "library_test.h"

/* ---- defaults, names, nothing at all */

static void test_defaults(void **state) {
    parsum_options options;
    (void)state;
    memset(&options, 0xff, sizeof options);
    parsum_options_init(&options);
    assert_string_equal(options.engine, "auto");
    assert_null(options.device);
    assert_int_equal(options.workers, 0);
    assert_int_equal(options.chunk, 0);
    assert_int_equal(options.work_group_size, 0);
    assert_null(options.isa);
    assert_null(options.kernel_dir);
    assert_int_equal(options.statistics, PARSUM_MASK(PARSUM_SUMSQ));
    assert_int_equal(options.verify, PARSUM_VERIFY_AUTO);
    assert_int_equal(options.runs, 1);
    assert_int_equal(options.warmup, 0);
    assert_true(options.notice == NULL && options.progress == NULL && options.cancelled == NULL);
    assert_null(options.user);
}

static void test_names(void **state) {
    static const char *const statistics[] = {"count", "sum",  "sumsq", "sumabs", "min",   "max", "mean",
                                             "var",   "pvar", "sd",    "psd",    "norm2", "dot"};
    static const char *const no_statistics[] = {"", "Sum", "sums", "su", "all", "reference"};
    static const char *const methods[] = {"auto", "reference", "closed-form", "none"};
    (void)state;
    assert_int_equal(COUNT_OF(statistics), PARSUM_STATISTIC_COUNT);
    for (unsigned s = 0; s < PARSUM_STATISTIC_COUNT; s++) {
        parsum_statistic found = PARSUM_NORM2;
        assert_string_equal(parsum_statistic_name(s), statistics[s]);
        assert_true(parsum_statistic_find(statistics[s], &found));
        assert_int_equal(found, s);
    }
    assert_null(parsum_statistic_name(PARSUM_STATISTIC_COUNT));
    assert_null(parsum_statistic_name((parsum_statistic)UINT32_MAX));
    for (size_t i = 0; i < COUNT_OF(no_statistics); i++) {
        parsum_statistic found = PARSUM_VAR;
        assert_false(parsum_statistic_find(no_statistics[i], &found));
        assert_int_equal(found, PARSUM_VAR);
    }
    for (unsigned m = 0; m < COUNT_OF(methods); m++)
        assert_string_equal(parsum_verify_name(m), methods[m]);
    assert_null(parsum_verify_name(COUNT_OF(methods)));
    assert_null(parsum_verify_name((parsum_verify)UINT32_MAX));
}

static void test_nothing_may_be_destroyed(void **state) {
    (void)state;
    parsum_context_destroy(NULL);
    parsum_result_destroy(NULL);
    parsum_device_list_destroy(NULL, 0);
    /* A context that was never used. */
    const parsum_options options = options_of("fork");
    parsum_context_destroy(create(&options));
    assert_false(test_has_child());
}

static void test_cpu_paths(void **state) {
    static const char *const paths[] = {"portable", "avx2", "avx512", "avx512ifma"};
    const char *best = NULL, *last = NULL;
    parsum_error error;
    (void)state;
    assert_int_equal(parsum_isa_select(NULL, &best, &error), PARSUM_OK);
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        const char *name = "untouched";
        const parsum_status status = parsum_isa_select(paths[i], &name, &error);
        if (status == PARSUM_OK) {
            assert_string_equal(name, paths[i]);
            last = paths[i];
        } else {
            assert_int_equal(status, PARSUM_USAGE);
            assert_non_null(strstr(error.message, paths[i]));
            assert_string_equal(name, "untouched");
        }
    }
    assert_string_equal(best, last);
    assert_int_equal(parsum_isa_select("none", &best, NULL), PARSUM_USAGE);
    assert_string_equal(best, last);
}

static void test_ranges_from_text(void **state) {
    parsum_range range = {7, 8, 9};
    parsum_error error;
    (void)state;
    assert_int_equal(parsum_range_parse("1:x", &range, &error), PARSUM_USAGE);
    assert_int_equal(error.status, PARSUM_USAGE);
    assert_non_null(strstr(error.message, "1:x"));
    assert_int_equal(parsum_range_parse("18446744073709551616:18446744073709551617", &range, NULL),
                     PARSUM_USAGE);
    assert_true(range.first == 7 && range.end == 8 && range.step == 9);
    assert_int_equal(parsum_range_parse("-9223372036854775808:18446744073709551616:3", &range, NULL),
                     PARSUM_OK);
    assert_true(range.first == -(TOP / 2) && range.end == TOP && range.step == 3);
}

/* ---- who owns what */

static void test_a_result_outlives_its_context(void **state) {
    const parsum_range ranges[] = {{-3, 4, 1}, {9, 9, 2}, {TOP - 5, TOP, 4}};
    (void)state;
    for (size_t e = 0; e < ENGINES; e++) {
        parsum_options options = options_of(engine_names[e]);
        options.statistics = PARSUM_MASK_ALL;
        options.runs = 3;
        parsum_context *context = create(&options);
        parsum_result *result = reduce(context, ranges, 3);
        parsum_result *other = reduce(context, &hundred, 1);
        parsum_context_destroy(context);
        parsum_result_destroy(other);
        assert_string_equal(result->input.kind, "range");
        assert_string_equal(result->input.type, "integer");
        assert_int_equal(result->input.count, 9);
        assert_int_equal(result->input.missing, 0);
        assert_int_equal(result->input.skipped_nan, 0);
        assert_int_equal(result->input.source_count, 3);
        assert_string_equal(result->input.sources[0], "-3:4");
        assert_string_equal(result->input.sources[1], "9:9:2");
        assert_string_equal(result->input.sources[2], "18446744073709551611:18446744073709551616:4");
        assert_string_equal(result->engine.name, engine_names[e]);
        assert_non_null(result->engine.isa);
        assert_int_equal(result->engine.device_count, 0);
        assert_int_equal(result->value_count, PARSUM_DOT);
        assert_string_equal(result->values[PARSUM_COUNT].text, "9");
        assert_string_equal(result->values[PARSUM_SUM].text, "36893488147419103226");
        assert_string_equal(result->values[PARSUM_MIN].text, "-3");
        assert_string_equal(result->values[PARSUM_MAX].text, "18446744073709551615");
        assert_int_equal(result->sample_count, 3);
        assert_true(result->seconds.setup >= 0 && result->seconds.transfer == 0);
        assert_true(result->seconds.wall >= result->seconds.setup);
        parsum_result_destroy(result);
    }
}

static void test_options_are_copied(void **state) {
    (void)state;
    char *engine = strdup("fork"), *isa = strdup("portable"), *kernel_dir = strdup("/nowhere");
    parsum_options *options = malloc(sizeof *options);
    parsum_options_init(options);
    options->engine = engine;
    options->isa = isa;
    options->kernel_dir = kernel_dir;
    options->workers = 3;
    options->statistics = PARSUM_MASK(PARSUM_SUM);
    parsum_context *context = create(options);
    memset(options, 0xff, sizeof *options);
    memset(engine, '?', strlen(engine));
    memset(isa, '?', strlen(isa));
    memset(kernel_dir, '?', strlen(kernel_dir));
    free(options);
    free(engine);
    free(isa);
    free(kernel_dir);
    for (int i = 0; i < 2; i++) {
        parsum_result *result = reduce(context, &hundred, 1);
        assert_string_equal(result->engine.name, "fork");
        assert_string_equal(result->engine.isa, "portable");
        assert_int_equal(result->engine.workers, 3);
        assert_string_equal(result->values[0].text, "5050");
        parsum_result_destroy(result);
    }
    parsum_context_destroy(context);
}

/* The caller's ranges are only read, and may go as soon as the call is over. */
static void test_ranges_are_only_read(void **state) {
    parsum_range *ranges = malloc(2 * sizeof *ranges);
    (void)state;
    ranges[0] = hundred;
    ranges[1] = (parsum_range){0, 5, 2};
    parsum_range kept[2];
    memcpy(kept, ranges, sizeof kept);
    const parsum_options options = options_of("pthread");
    parsum_context *context = create(&options);
    parsum_result *result = reduce(context, ranges, 2);
    assert_memory_equal(kept, ranges, sizeof kept);
    free(ranges);
    assert_string_equal(result->input.sources[1], "0:5:2");
    parsum_result_destroy(result);
    parsum_context_destroy(context);
}

/* ---- no device */

static void test_without_any_device(void **state) {
    test_notices notices = {0};
    parsum_error error;
    parsum_result *result = NULL;
    parsum_device *devices = (parsum_device *)&error;
    size_t count = 9;
    (void)state;
    parsum_options options = options_of("auto");
    options.notice = test_notices_add;
    options.user = &notices;
    parsum_context *context = create(&options);
    result = reduce(context, &hundred, 1);
    assert_string_equal(result->engine.name, "pthread");
    assert_string_equal(result->values[0].text, "338350");
    assert_int_equal(notices.count, 1);
    assert_int_equal(test_notices_with(&notices, "using the engine pthread"), 1);
    assert_null(strchr(notices.text[0], '\n'));
    parsum_result_destroy(result);
    result = reduce(context, &hundred, 1); /* said once, when the engine is opened */
    assert_int_equal(notices.count, 1);
    parsum_result_destroy(result);
    parsum_context_destroy(context);
    result = NULL;

    static const char *const selectors[] = {"gpu", "all", "cpu", "0:0", "anything"};
    for (size_t i = 0; i < COUNT_OF(selectors); i++) {
        for (int named = 0; named < 2; named++) {
            /* What was asked for is never replaced by something else. */
            options = options_of(named ? "opencl" : "auto");
            options.device = selectors[i];
            context = create(&options);
            assert_int_equal(parsum_reduce_ranges(context, &hundred, 1, &result, &error), PARSUM_NO_DEVICE);
            assert_null(result);
            assert_int_equal(error.status, PARSUM_NO_DEVICE);
            assert_non_null(strstr(error.message, "pocl-opencl-icd"));
            parsum_context_destroy(context);
            assert_int_equal(parsum_device_self_test(&options, &error), PARSUM_NO_DEVICE);
        }
    }
    options = options_of("opencl");
    context = create(&options);
    assert_int_equal(parsum_reduce_ranges(context, &hundred, 1, &result, NULL), PARSUM_NO_DEVICE);
    parsum_context_destroy(context);

    assert_int_equal(parsum_device_list(&devices, &count, &error), PARSUM_OK);
    assert_int_equal(count, 0);
    parsum_device_list_destroy(devices, count);
}

/* ---- errors */

/* What fails says so in one sentence that ends without a newline, with the status beside it. */
static void test_errors(void **state) {
    static const char *const bad[] = {"frok", "opencl"};
    const parsum_range beyond = {TOP, TOP + 1, 1};
    parsum_error error;
    parsum_context *context = NULL;
    parsum_result *result = NULL;
    (void)state;
    parsum_options options = options_of(bad[0]);
    memset(&error, '?', sizeof error);
    assert_int_equal(parsum_context_create(&options, &context, &error), PARSUM_USAGE);
    assert_int_equal(error.status, PARSUM_USAGE);
    assert_true(strlen(error.message) < 300 && strchr(error.message, '\n') == NULL);
    options = options_of("serial");
    context = create(&options);
    memset(&error, '?', sizeof error);
    assert_int_equal(parsum_reduce_ranges(context, &beyond, 1, &result, &error), PARSUM_USAGE);
    assert_int_equal(error.status, PARSUM_USAGE);
    assert_true(strlen(error.message) < 300 && strchr(error.message, '\n') == NULL);
    parsum_context_destroy(context);
    /* An engine name of any length is quoted without harm. */
    char *name = malloc(100001);
    memset(name, 'x', 100000);
    name[100000] = '\0';
    options = options_of(name);
    assert_int_equal(parsum_context_create(&options, &context, &error), PARSUM_USAGE);
    assert_true(strlen(error.message) < sizeof error.message);
    free(name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_defaults, test_guard),
        cmocka_unit_test_setup(test_names, test_guard),
        cmocka_unit_test_setup(test_nothing_may_be_destroyed, test_guard),
        cmocka_unit_test_setup(test_cpu_paths, test_guard),
        cmocka_unit_test_setup(test_ranges_from_text, test_guard),
        cmocka_unit_test_setup(test_a_result_outlives_its_context, test_guard),
        cmocka_unit_test_setup(test_options_are_copied, test_guard),
        cmocka_unit_test_setup(test_ranges_are_only_read, test_guard),
        cmocka_unit_test_setup(test_without_any_device, test_guard),
        cmocka_unit_test_setup(test_errors, test_guard),
    };
    return cmocka_run_group_tests(tests, hide_drivers, show_drivers);
}
