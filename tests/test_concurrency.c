/* test_concurrency.c - contexts of several threads at once on every engine and input, and contexts in a process that was forked from
 * theirs. */
#include <pthread.h>

#include "fault_scenarios.h"

/* ---- several threads */

enum { THREADS = 4 };

typedef struct caller {
    size_t first; /* scenario to begin with, so that different ones meet */
    const fault_scenario *wrong;
    fault_run run;
} caller;

static void *run_all_scenarios(void *argument) {
    caller *own = argument;
    for (size_t i = 0; i < fault_scenario_count && own->wrong == NULL; i++) {
        const fault_scenario *scenario = &fault_scenarios[(own->first + i) % fault_scenario_count];
        fault_scenario_run(scenario, NULL, &own->run);
        if (!own->run.right || own->run.notices.count > 0)
            own->wrong = scenario;
    }
    return NULL;
}

static void test_every_scenario_beside_others(void **state) {
    enum { ROUNDS = 3 };
    static caller callers[THREADS];
    pthread_t threads[THREADS];
    (void)state;
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < THREADS; i++) {
            callers[i] = (caller){.first = i * fault_scenario_count / THREADS + round};
            assert_int_equal(pthread_create(&threads[i], NULL, run_all_scenarios, &callers[i]), 0);
        }
        for (size_t i = 0; i < THREADS; i++)
            pthread_join(threads[i], NULL);
        for (size_t i = 0; i < THREADS; i++) {
            if (callers[i].wrong != NULL)
                fail_msg("%s: status %d, %s; %u notices, %s", callers[i].wrong->name,
                         (int)callers[i].run.status, callers[i].run.error.message,
                         callers[i].run.notices.count, callers[i].run.notices.text[0]);
        }
    }
    assert_true(fault_files_are_whole());
    assert_false(test_has_child());
}

/* ---- a process forked from the one that made the context */

static const parsum_range hundred = {1, 101, 1};
static const double halves[] = {0.5, 1.5, 2.0};

typedef struct forked {
    parsum_context *context;
    parsum_stream *stream;
} forked;

static parsum_status create(const char *engine, void *notices, parsum_context **context) {
    parsum_options options;
    parsum_options_init(&options);
    options.engine = engine;
    options.workers = 2;
    options.verify = PARSUM_VERIFY_NONE;
    options.statistics = PARSUM_MASK(PARSUM_SUM);
    if (notices != NULL)
        options.notice = test_notices_add;
    options.user = notices;
    return parsum_context_create(&options, context, NULL);
}

static bool is_right(parsum_context *context) {
    parsum_result *result = NULL;
    const bool right = parsum_reduce_ranges(context, &hundred, 1, &result, NULL) == PARSUM_OK &&
                       strcmp(result->values[0].text, "5050") == 0;
    parsum_result_destroy(result);
    return right;
}

static bool is_refusal(parsum_status status, const parsum_error *error) {
    return status == PARSUM_FAILED && error->status == PARSUM_FAILED &&
           strstr(error->message, "create a context in this process") != NULL;
}

/* In the child: every way to use the parent's context is refused; contexts of its own are right. */
static int use_after_fork(void *given) {
    const forked *parents = given;
    const parsum_array array = {.data = halves, .type = PARSUM_F64, .count = 3};
    const char *const inputs[] = {"1:101"};
    parsum_result *result = NULL;
    parsum_stream *stream = NULL;
    parsum_context *own = NULL;
    parsum_error error = {0};
    TEST_CHECK(is_refusal(parsum_reduce_ranges(parents->context, &hundred, 1, &result, &error), &error));
    TEST_CHECK(is_refusal(parsum_reference_ranges(parents->context, &hundred, 1, &result, &error), &error));
    TEST_CHECK(is_refusal(parsum_reduce_array(parents->context, &array, &result, &error), &error));
    TEST_CHECK(is_refusal(parsum_reduce_inputs(parents->context, inputs, 1, NULL, &result, &error), &error));
    TEST_CHECK(
        is_refusal(parsum_reference_inputs(parents->context, inputs, 1, NULL, &result, &error), &error));
    TEST_CHECK(is_refusal(parsum_stream_open(parents->context, PARSUM_F64, &stream, &error), &error));
    TEST_CHECK(result == NULL && stream == NULL);
    if (parents->stream != NULL) {
        TEST_CHECK(is_refusal(parsum_stream_feed(parents->stream, halves, 3, &error), &error));
        TEST_CHECK(is_refusal(parsum_stream_finish(parents->stream, &result, &error), &error));
    }
    parsum_context_destroy(parents->context);
    TEST_CHECK(create("serial", NULL, &own) == PARSUM_OK && is_right(own));
    parsum_context_destroy(own);
    TEST_CHECK(create("fork", NULL, &own) == PARSUM_OK && is_right(own));
    parsum_context_destroy(own);
    TEST_CHECK(!test_has_child());
    return 0;
}

static void test_a_context_after_a_fork(void **state) {
    static const char *const engines[] = {"serial", "pthread", "fork"};
    (void)state;
    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++) {
        for (int used = 0; used < 2; used++) {
            static test_notices notices;
            forked parents = {NULL, NULL};
            notices.count = 0;
            assert_int_equal(create(engines[i], &notices, &parents.context), PARSUM_OK);
            assert_true(!used || is_right(parents.context));
            assert_int_equal(test_in_subprocess(use_after_fork, &parents), 0);
            /* The child's end has cost the parent no worker. */
            for (int run = 0; run < 3; run++)
                assert_true(is_right(parents.context));
            assert_int_equal(notices.count, 0);
            parsum_context_destroy(parents.context);
        }
    }
    assert_false(test_has_child());
}

static void test_a_stream_after_a_fork(void **state) {
    forked parents = {NULL, NULL};
    parsum_result *result = NULL;
    (void)state;
    assert_int_equal(create("pthread", NULL, &parents.context), PARSUM_OK);
    assert_int_equal(parsum_stream_open(parents.context, PARSUM_F64, &parents.stream, NULL), PARSUM_OK);
    assert_int_equal(parsum_stream_feed(parents.stream, halves, 3, NULL), PARSUM_OK);
    assert_int_equal(test_in_subprocess(use_after_fork, &parents), 0);
    assert_int_equal(parsum_stream_feed(parents.stream, halves, 3, NULL), PARSUM_OK);
    assert_int_equal(parsum_stream_finish(parents.stream, &result, NULL), PARSUM_OK);
    assert_string_equal(result->values[0].text, "8");
    parsum_result_destroy(result);
    parsum_context_destroy(parents.context);
}

/* In the child of a process that has used OpenCL: refused by name, and not taken by "auto". */
static int use_opencl_after_fork(void *given) {
    parsum_device *devices = NULL;
    parsum_context *own = NULL;
    parsum_result *result = NULL;
    parsum_error error = {0};
    size_t count = 0;
    test_notices *notices = given;
    TEST_CHECK(parsum_device_list(&devices, &count, &error) == PARSUM_FAILED && devices == NULL);
    TEST_CHECK(error.status == PARSUM_FAILED && strstr(error.message, "OpenCL") != NULL);
    TEST_CHECK(create("opencl", NULL, &own) == PARSUM_OK);
    TEST_CHECK(parsum_reduce_ranges(own, &hundred, 1, &result, NULL) == PARSUM_FAILED && result == NULL);
    parsum_context_destroy(own);
    TEST_CHECK(create("auto", notices, &own) == PARSUM_OK && is_right(own));
    TEST_CHECK(test_notices_with(notices, "using the engine pthread: process") == 1);
    parsum_context_destroy(own);
    return 0;
}

/* Whether there is a device does not matter: a driver has been loaded. */
static void test_opencl_after_a_fork(void **state) {
    static test_notices notices;
    parsum_device *devices = NULL;
    size_t count = 0;
    (void)state;
    setenv("OCL_ICD_VENDORS", "/nonexistent", 1);
    assert_int_equal(parsum_device_list(&devices, &count, NULL), PARSUM_OK);
    parsum_device_list_destroy(devices, count);
    assert_int_equal(test_in_subprocess(use_opencl_after_fork, &notices), 0);
    assert_int_equal(parsum_device_list(&devices, &count, NULL), PARSUM_OK);
    parsum_device_list_destroy(devices, count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_every_scenario_beside_others, test_guard),
        cmocka_unit_test_setup(test_a_context_after_a_fork, test_guard),
        cmocka_unit_test_setup(test_a_stream_after_a_fork, test_guard),
        cmocka_unit_test_setup(test_opencl_after_a_fork, test_guard),
    };
    return cmocka_run_group_tests(tests, fault_files_make, fault_files_remove);
}
