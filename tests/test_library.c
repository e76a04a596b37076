/* test_library.c - what a user of the public header relies on beyond right sums: who owns what, threads, and manners. No
 * OpenCL driver is offered to the library here. */
#include "parsum.h" /* first: it needs nothing before it */

#include <dirent.h>
#include <fcntl.h>
#include <fenv.h>
#include <pthread.h>
#include <stdatomic.h>

#include "engine_support.h"

#define TOP ((ps_int128)1 << 64)

static const char *const engine_names[] = {"serial", "pthread", "fork"};
static const parsum_range hundred = {1, 101, 1};

static parsum_options options_of(const char *name) {
    parsum_options options;
    parsum_options_init(&options);
    options.engine = name;
    options.workers = 2;
    return options;
}

static parsum_context *create(const parsum_options *options) {
    parsum_context *context = NULL;
    parsum_error error;
    if (parsum_context_create(options, &context, &error) != PARSUM_OK)
        fail_msg("%s", error.message);
    assert_non_null(context);
    return context;
}

static parsum_result *reduce(parsum_context *context, const parsum_range *ranges, size_t count) {
    parsum_result *result = NULL;
    parsum_error error;
    if (parsum_reduce_ranges(context, ranges, count, &result, &error) != PARSUM_OK)
        fail_msg("%s", error.message);
    assert_non_null(result);
    return result;
}

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
    for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
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

/* ---- threads */

typedef struct caller {
    const char *engine;
    unsigned calls;
    ps_int128 first;
    char expected[100];
    bool right;
} caller;

static void *call_often(void *argument) {
    caller *own = argument;
    parsum_options options = options_of(own->engine);
    parsum_context *context = NULL;
    options.chunk = 77;
    own->right = parsum_context_create(&options, &context, NULL) == PARSUM_OK;
    for (unsigned i = 0; i < own->calls && own->right; i++) {
        const parsum_range range = {own->first, own->first + 1000, 1};
        parsum_result *result = NULL;
        own->right = parsum_reduce_ranges(context, &range, 1, &result, NULL) == PARSUM_OK &&
                     strcmp(result->values[0].text, own->expected) == 0;
        parsum_result_destroy(result);
        if (i % 5 == 4) { /* engines are opened while those of others are at work */
            parsum_context_destroy(context);
            context = NULL;
            own->right = own->right && parsum_context_create(&options, &context, NULL) == PARSUM_OK;
        }
    }
    parsum_context_destroy(context);
    return NULL;
}

static void test_contexts_of_several_threads_at_once(void **state) {
    caller callers[6];
    pthread_t threads[COUNT_OF(callers)];
    (void)state;
    for (size_t i = 0; i < COUNT_OF(callers); i++) {
        callers[i] =
            (caller){.engine = engine_names[i % 3], .calls = 40, .first = (ps_int128)(i + 1) << (10 * i)};
        test_moments moments;
        test_moments_init(&moments);
        test_moments_add(&moments, callers[i].first, 1, 1000);
        mpz_get_str(callers[i].expected, 10, moments.squares);
        test_moments_clear(&moments);
    }
    for (size_t i = 0; i < COUNT_OF(callers); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &callers[i]), 0);
    for (size_t i = 0; i < COUNT_OF(callers); i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < COUNT_OF(callers); i++) {
        if (!callers[i].right)
            fail_msg("thread %zu, engine %s", i, callers[i].engine);
    }
    assert_false(test_has_child());
}

static void test_contexts_in_turn(void **state) {
    parsum_context *contexts[COUNT_OF(engine_names)];
    (void)state;
    for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
        const parsum_options options = options_of(engine_names[e]);
        contexts[e] = create(&options);
    }
    for (unsigned i = 0; i < 60; i++) {
        parsum_result *result = reduce(contexts[i % 3], &hundred, 1);
        assert_string_equal(result->engine.name, engine_names[i % 3]);
        assert_string_equal(result->values[0].text, "338350");
        parsum_result_destroy(result);
    }
    for (size_t e = 0; e < COUNT_OF(engine_names); e++)
        parsum_context_destroy(contexts[(e + 1) % 3]);
    assert_false(test_has_child());
}

/* ---- manners */

static int yes(void *user) {
    (void)user;
    return 1;
}

/* All sorts of calls, those that fail too. Asserts nothing, as stdout may be a pipe at the time; returns how many calls
 * ended otherwise than they should. */
static unsigned use_the_library(void) {
    static const char *const all_names[] = {"serial", "pthread", "fork", "auto", "wrong", "opencl"};
    static const parsum_status expected[] = {PARSUM_OK, PARSUM_OK,       PARSUM_OK,
                                             PARSUM_OK, PARSUM_MISMATCH, PARSUM_NO_DEVICE};
    const parsum_range beyond = {TOP, TOP + 1, 1}, endless = {0, TOP / 4, 1};
    unsigned surprises = 0;
    for (size_t e = 0; e < COUNT_OF(all_names); e++) {
        parsum_options options = options_of(all_names[e]);
        parsum_context *context = NULL;
        parsum_result *result = NULL;
        parsum_error error;
        options.statistics = PARSUM_MASK_ALL;
        surprises += parsum_context_create(&options, &context, &error) != PARSUM_OK;
        surprises += parsum_reduce_ranges(context, &hundred, 1, &result, &error) != expected[e];
        parsum_result_destroy(result);
        result = NULL;
        surprises += parsum_reduce_ranges(context, &beyond, 1, &result, &error) != PARSUM_USAGE;
        surprises += parsum_reference_ranges(context, &hundred, 1, &result, &error) != PARSUM_OK;
        parsum_result_destroy(result);
        parsum_context_destroy(context);
        if (e < 3) {
            result = NULL;
            options.cancelled = yes;
            surprises += parsum_context_create(&options, &context, NULL) != PARSUM_OK;
            surprises += parsum_reduce_ranges(context, &endless, 1, &result, NULL) != PARSUM_CANCELLED;
            parsum_context_destroy(context);
        }
    }
    parsum_options bad = options_of("frok");
    parsum_context *none = NULL;
    parsum_range range;
    surprises += parsum_context_create(&bad, &none, NULL) != PARSUM_USAGE;
    surprises += parsum_range_parse("nonsense", &range, NULL) != PARSUM_USAGE;
    parsum_device *devices = NULL;
    size_t count;
    surprises += parsum_device_list(&devices, &count, NULL) != PARSUM_OK;
    parsum_device_list_destroy(devices, count);
    return surprises;
}

static void test_the_library_prints_nothing(void **state) {
    char text[4096];
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
    fflush(NULL);
    const int kept[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    const unsigned surprises = use_the_library();
    fflush(NULL);
    dup2(kept[0], STDOUT_FILENO);
    dup2(kept[1], STDERR_FILENO);
    const ssize_t length = read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    close(ends[1]);
    close(kept[0]);
    close(kept[1]);
    if (length > 0)
        fail_msg("printed: %.*s", (int)length, text);
    assert_int_equal(length, -1); /* and the pipe was open, so it would have held what was printed */
    assert_int_equal(surprises, 0);
}

static void some_handler(int number) {
    (void)number;
}

static bool same_action(const struct sigaction *left, const struct sigaction *right) {
    if (left->sa_handler != right->sa_handler || left->sa_flags != right->sa_flags)
        return false;
    for (int number = 1; number < NSIG; number++) {
        if (sigismember(&left->sa_mask, number) != sigismember(&right->sa_mask, number))
            return false;
    }
    return true;
}

static void test_signals_are_left_alone(void **state) {
    static const int taken[] = {SIGINT, SIGTERM, SIGCHLD, SIGUSR1, SIGALRM, SIGPIPE, SIGHUP};
    struct sigaction before[NSIG], after, own = {.sa_handler = some_handler, .sa_flags = SA_RESTART};
    struct sigaction original[COUNT_OF(taken)];
    sigset_t mask_before, mask_after;
    (void)state;
    sigemptyset(&own.sa_mask);
    sigaddset(&own.sa_mask, SIGUSR2);
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        sigaction(taken[i], &own, &original[i]);
    for (int number = 1; number < NSIG; number++)
        sigaction(number, NULL, &before[number]);
    pthread_sigmask(SIG_SETMASK, NULL, &mask_before);
    const unsigned surprises = use_the_library();
    pthread_sigmask(SIG_SETMASK, NULL, &mask_after);
    int changed = 0;
    for (int number = 1; number < NSIG; number++) {
        if (sigaction(number, NULL, &after) == 0 && !same_action(&before[number], &after))
            changed = number;
        if (sigismember(&mask_before, number) != sigismember(&mask_after, number))
            changed = number;
    }
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        sigaction(taken[i], &original[i], NULL);
    assert_int_equal(changed, 0);
    assert_int_equal(surprises, 0);
}

static unsigned count_entries(const char *path) {
    unsigned count = 0;
    DIR *folder = opendir(path);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static void test_nothing_is_left_open(void **state) {
    (void)state;
    assert_int_equal(use_the_library(), 0); /* what libraries open once and keep is open now */
    const unsigned files = count_entries("/proc/self/fd"), threads = count_entries("/proc/self/task");
    for (int i = 0; i < 5; i++)
        assert_int_equal(use_the_library(), 0);
    assert_int_equal(count_entries("/proc/self/fd"), files);
    for (int i = 0; i < 1000 && count_entries("/proc/self/task") > threads; i++)
        test_sleep_ms(1); /* the kernel may still be ending a thread that is joined */
    assert_int_equal(count_entries("/proc/self/task"), threads);
    assert_false(test_has_child());
}

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

/* A folder without drivers, so that the loader finds none. */
static char no_vendors[] = "/tmp/parsum-no-vendors-XXXXXX";

static int hide_drivers(void **state) {
    (void)state;
    if (mkdtemp(no_vendors) == NULL)
        return -1;
    return setenv("OCL_ICD_VENDORS", no_vendors, 1);
}

static int show_drivers(void **state) {
    (void)state;
    return rmdir(no_vendors);
}

/* Workers inherit the rounding mode of the thread that makes them; answers do not. */
static void test_rounding_mode_of_the_caller(void **state) {
    static const int modes[] = {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO, FE_TONEAREST};
    static const char *const engines[] = {"serial", "pthread", "fork"};
    double numbers[5000];
    char expected[64] = "";
    (void)state;
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        numbers[i] = 1.0 / (double)(i + 3) * (i % 2 ? -1 : 1);
    const parsum_array array = {.data = numbers, .type = PARSUM_F64, .count = COUNT_OF(numbers)};
    for (size_t e = 0; e < COUNT_OF(engines); e++) {
        for (size_t m = 0; m < COUNT_OF(modes); m++) {
            parsum_options options;
            parsum_context *context = NULL;
            parsum_result *result = NULL;
            parsum_options_init(&options);
            options.engine = engines[e];
            options.statistics = PARSUM_MASK(PARSUM_SUM);
            fesetround(modes[m]);
            const parsum_status created = parsum_context_create(&options, &context, NULL);
            const parsum_status reduced = parsum_reduce_array(context, &array, &result, NULL);
            const int mode_after = fegetround();
            fesetround(FE_TONEAREST);
            assert_int_equal(created, PARSUM_OK);
            assert_int_equal(reduced, PARSUM_OK);
            assert_int_equal(mode_after, modes[m]);
            if (expected[0] == '\0')
                snprintf(expected, sizeof expected, "%s", result->values[0].text);
            assert_string_equal(result->values[0].text, expected);
            parsum_result_destroy(result);
            parsum_context_destroy(context);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_defaults, test_guard),
        cmocka_unit_test_setup(test_names, test_guard),
        cmocka_unit_test_setup(test_rounding_mode_of_the_caller, test_guard),
        cmocka_unit_test_setup(test_nothing_may_be_destroyed, test_guard),
        cmocka_unit_test_setup(test_cpu_paths, test_guard),
        cmocka_unit_test_setup(test_ranges_from_text, test_guard),
        cmocka_unit_test_setup(test_a_result_outlives_its_context, test_guard),
        cmocka_unit_test_setup(test_options_are_copied, test_guard),
        cmocka_unit_test_setup(test_ranges_are_only_read, test_guard),
        cmocka_unit_test_setup(test_without_any_device, test_guard),
        cmocka_unit_test_setup(test_contexts_of_several_threads_at_once, test_guard),
        cmocka_unit_test_setup(test_contexts_in_turn, test_guard),
        cmocka_unit_test_setup(test_the_library_prints_nothing, test_guard),
        cmocka_unit_test_setup(test_signals_are_left_alone, test_guard),
        cmocka_unit_test_setup(test_nothing_is_left_open, test_guard),
        cmocka_unit_test_setup(test_errors, test_guard),
    };
    return cmocka_run_group_tests(tests, hide_drivers, show_drivers);
}
