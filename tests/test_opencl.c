/* test_opencl.c - the OpenCL engine on every device of the environment that it runs in (tests/cli/with_opencl.py), or on the one
 * that PARSUM_TEST_DEVICE names: through the public interface, on all devices at once, and beside what else a process has: signal
 * handlers, other threads, children. */
#include <pthread.h>
#include <semaphore.h>

#include "opencl_range_test.h"

/* ---- the handlers of signals; first, as drivers are still untouched */

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

/* Listing, opening, running, failing and closing, on every device. */
static void test_signal_handlers_are_as_before(void **state) {
    static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, SIGALRM};
    struct sigaction before[NSIG], after, own = {.sa_handler = some_handler, .sa_flags = SA_RESTART};
    struct sigaction original[COUNT_OF(taken)];
    parsum_device *devices = NULL;
    size_t count = 0;
    (void)state;
    sigemptyset(&own.sa_mask);
    sigaddset(&own.sa_mask, SIGUSR2);
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        sigaction(taken[i], &own, &original[i]);
    for (int number = 1; number < NSIG; number++)
        sigaction(number, NULL, &before[number]);

    parsum_status status = parsum_device_list(&devices, &count, &error);
    parsum_device_list_destroy(devices, count);
    char wrong_selector[] = "there is no such device";
    for (size_t d = 0; d < chosen_count && status == PARSUM_OK; d++) {
        parsum_options options = options_of(listed[chosen[d]].info.selector);
        if (!small)
            status = parsum_device_self_test(&options, &error);
        if (status == PARSUM_OK)
            status = parsum_context_create(&options, &context, &error);
        if (status == PARSUM_OK)
            status = parsum_reduce_ranges(context, &hundred, 1, &result, &error);
        tidy(NULL);
        if (status != PARSUM_OK)
            break;
        options.device = wrong_selector;
        if (parsum_device_self_test(&options, NULL) != PARSUM_NO_DEVICE)
            status = PARSUM_FAILED;
        if (small)
            continue;
        options.device = listed[chosen[d]].info.selector;
        options.kernel_dir = "/nowhere";
        parsum_context_create(&options, &context, &error);
        if (parsum_reduce_ranges(context, &hundred, 1, &result, NULL) != PARSUM_USAGE)
            status = PARSUM_FAILED;
        tidy(NULL);
    }

    char changed[512] = "";
    for (int number = 1; number < NSIG; number++) {
        if (sigaction(number, NULL, &after) == 0 && !same_action(&before[number], &after)) {
            const size_t used = strlen(changed);
            snprintf(changed + used, sizeof changed - used, " %d (%s)", number, strsignal(number));
            sigaction(number, &before[number], NULL);
        }
    }
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        sigaction(taken[i], &original[i], NULL);
    assert_ok(status);
    if (changed[0] != '\0')
        fail_msg("a driver's handlers are left behind for the signals%s", changed);
}

static void drivers_handler(int number) {
    (void)number;
}

static sem_t other_saved, other_may_restore;

static void *save_and_restore(void *argument) {
    ps_signals signals;
    ps_signals_save(&signals);
    sem_post(&other_saved);
    sem_wait(&other_may_restore);
    ps_signals_restore(&signals);
    return argument;
}

/* A thread begins to call a driver while another is still in one, which has its own handlers in place: those are not the
 * caller's, and must not be what stays. The second thread may be made to wait for the first. */
static void test_handlers_of_overlapping_calls(void **state) {
    const struct sigaction own = {.sa_handler = some_handler}, drivers = {.sa_handler = drivers_handler};
    struct sigaction original, after;
    struct timespec limit;
    ps_signals outer, inner;
    pthread_t thread;
    (void)state;
    sem_init(&other_saved, 0, 0);
    sem_init(&other_may_restore, 0, 0);
    sigaction(SIGTERM, &own, &original);
    ps_signals_save(&outer);
    sigaction(SIGTERM, &drivers, NULL);
    assert_int_equal(pthread_create(&thread, NULL, save_and_restore, NULL), 0);
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 1;
    sem_timedwait(&other_saved, &limit);
    ps_signals_restore(&outer);
    sem_post(&other_may_restore);
    pthread_join(thread, NULL);
    sigaction(SIGTERM, NULL, &after);
    sigaction(SIGTERM, &own, NULL);
    const bool overlapping = after.sa_handler == some_handler;
    /* One call within another, as opening a device lists them first. */
    ps_signals_save(&outer);
    sigaction(SIGTERM, &drivers, NULL);
    ps_signals_save(&inner);
    ps_signals_restore(&inner);
    ps_signals_restore(&outer);
    sigaction(SIGTERM, NULL, &after);
    sigaction(SIGTERM, &original, NULL);
    assert_true(after.sa_handler == some_handler);
    assert_true(overlapping);
}

/* ---- the engine */

static void test_the_public_interface(void **state) {
    const parsum_range ranges[] = {{-3, 4, 1}, {9, 9, 2}, {TOP - 5, TOP, 4}};
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        const parsum_device *device = &listed[chosen[d]].info;
        parsum_options options = options_of(device->selector);
        options.chunk = small ? 0 : 1;
        create(&options);
        reduce(ranges, 3);
        parsum_context_destroy(context);
        context = NULL;
        assert_string_equal(result->engine.name, "opencl");
        assert_null(result->engine.isa);
        assert_int_equal(result->engine.workers, 1);
        assert_int_equal(result->engine.device_count, 1);
        assert_string_equal(result->engine.devices[0].selector, device->selector);
        assert_string_equal(result->engine.devices[0].name, device->name);
        assert_string_equal(result->engine.devices[0].platform, device->platform);
        assert_string_equal(result->engine.devices[0].driver, device->driver);
        assert_string_equal(result->engine.devices[0].type, device->type);
        assert_string_equal(result->values[PARSUM_COUNT].text, "9");
        assert_string_equal(result->values[PARSUM_SUM].text, "36893488147419103226");
        assert_string_equal(result->values[PARSUM_MIN].text, "-3");
        assert_string_equal(result->values[PARSUM_MAX].text, "18446744073709551615");
        assert_true(result->verified.ok);
    }
}

static void test_an_empty_range(void **state) {
    const parsum_range nothing = {5, 1, 1};
    (void)state;
    if (small)
        skip();
    for (size_t d = 0; d < chosen_count; d++) {
        const parsum_options options = options_of(listed[chosen[d]].info.selector);
        create(&options);
        reduce(&nothing, 1);
        assert_string_equal(result->values[PARSUM_COUNT].text, "0");
        assert_null(result->values[PARSUM_MIN].text);
        reduce(NULL, 0);
        assert_string_equal(result->values[PARSUM_SUM].text, "0");
    }
}

/* One run over range by all workers of the open engine, which must be right; returns how many workers folded a block. */
static unsigned count_workers_in_a_run(const parsum_range *range, const test_moments *moments) {
    const ps_kind *kind = engine->job->kind;
    const size_t stride = ps_partial_stride(kind);
    ps_source *source = NULL;
    ps_queue *queue = NULL;
    unsigned workers = 0;
    assert_ok(ps_source_ranges(range, 1, &source, &error));
    assert_ok(ps_queue_create(source, engine->job->chunk, engine->workers, &queue, &error));
    char *partials = aligned_alloc(64, stride * engine->workers);
    for (unsigned i = 0; i < engine->workers; i++)
        kind->clear((ps_partial *)(partials + i * stride));
    assert_ok(engine->engine->run(engine, queue, partials, &error));
    ps_integer_partial total;
    kind->clear(&total.head);
    for (unsigned i = 0; i < engine->workers; i++) {
        const ps_partial *partial = (ps_partial *)(partials + i * stride);
        workers += partial->count > 0;
        kind->merge(&total.head, partial);
    }
    test_assert_moments(&total, moments, TEST_NEED_ALL);
    free(partials);
    ps_queue_destroy(queue);
    source->operations->destroy(source);
    return workers;
}

/* All devices pull from one queue. On a busy machine one may come too late for a run: but not for every run. */
static void test_all_devices_share_a_queue(void **state) {
    const parsum_range range = {-500, 300000, 3};
    unsigned most = 0;
    (void)state;
    if (small || getenv("PARSUM_TEST_DEVICE") != NULL)
        skip();
    ps_job job = test_job(1, 250, TEST_NEED_ALL);
    job.device = "all";
    job.device_by_choice = true;
    assert_ok(ps_engine_opencl.open(&job, &engine, &error));
    assert_int_equal(engine->workers, listed_count);
    assert_int_equal(engine->device_count, listed_count);
    test_moments moments;
    test_moments_init(&moments);
    test_moments_add_range(&moments, &range);
    for (unsigned i = 0; i < 100 && most < listed_count; i++) {
        const unsigned workers = count_workers_in_a_run(&range, &moments);
        most = workers > most ? workers : most;
    }
    assert_int_equal(most, listed_count);
    test_moments_clear(&moments);
}

static unsigned polls_left;

static int run_out_of_polls(void *user) {
    (void)user;
    return polls_left-- == 0;
}

static int yes(void *user) {
    (void)user;
    return 1;
}

static void test_cancellation(void **state) {
    const parsum_range endless = {0, TOP / 4, 1};
    (void)state;
    if (small)
        skip();
    for (size_t d = 0; d < chosen_count; d++) {
        parsum_options options = options_of(listed[chosen[d]].info.selector);
        options.cancelled = run_out_of_polls;
        create(&options);
        polls_left = 5;
        const double start = ps_clock_seconds();
        assert_int_equal(parsum_reduce_ranges(context, &endless, 1, &result, &error), PARSUM_CANCELLED);
        assert_null(result);
        assert_true(ps_clock_seconds() - start < 30);
        polls_left = UINT_MAX;
        reduce(&hundred, 1);
        assert_string_equal(result->values[PARSUM_SUMSQ].text, "338350");
        options.cancelled = yes;
        create(&options);
        assert_int_equal(parsum_reduce_ranges(context, &endless, 1, &result, NULL), PARSUM_CANCELLED);
    }
}

typedef struct caller {
    const char *selector;
    bool right;
} caller;

static void *open_and_sum(void *argument) {
    caller *own = argument;
    own->right = true;
    for (int i = 0; i < 3 && own->right; i++) {
        const parsum_options options = options_of(own->selector);
        parsum_context *mine = NULL;
        parsum_result *outcome = NULL;
        own->right = parsum_context_create(&options, &mine, NULL) == PARSUM_OK &&
                     parsum_reduce_ranges(mine, &hundred, 1, &outcome, NULL) == PARSUM_OK &&
                     strcmp(outcome->values[PARSUM_SUMSQ].text, "338350") == 0;
        parsum_result_destroy(outcome);
        parsum_context_destroy(mine);
    }
    return NULL;
}

/* Different contexts of different threads, on one device and on several; the caller's signal handlers survive that. */
static void test_contexts_of_two_threads_at_once(void **state) {
    struct sigaction own = {.sa_handler = some_handler}, original[NSIG], after;
    static const int taken[] = {SIGINT, SIGTERM, SIGSEGV, SIGBUS};
    caller callers[2];
    pthread_t threads[2];
    (void)state;
    if (small)
        skip();
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        sigaction(taken[i], &own, &original[taken[i]]);
    for (size_t i = 0; i < 2; i++) {
        callers[i].selector = listed[chosen[i % chosen_count]].info.selector;
        if (pthread_create(&threads[i], NULL, open_and_sum, &callers[i]) != 0)
            fail();
    }
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    int changed = 0;
    for (size_t i = 0; i < COUNT_OF(taken); i++) {
        sigaction(taken[i], NULL, &after);
        if (after.sa_handler != some_handler)
            changed = taken[i];
        sigaction(taken[i], &original[taken[i]], NULL);
    }
    assert_true(callers[0].right && callers[1].right);
    if (changed != 0)
        fail_msg("the handler of signal %d is another one now", changed);
}

static int stop_after_deadline(void *user) {
    return ps_clock_seconds() > *(const double *)user;
}

/* Worker processes started while drivers, their threads and sessions are alive. */
static void test_fork_beside_opencl(void **state) {
    const parsum_range range = {-1000, 200000, 1};
    double deadline = 0;
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        assert_ok(try_session(chosen[d], small ? 7 : 0, NULL));
        assert_block(1, 1, 30, TEST_NEED_ALL);
        for (int i = 0; i < 3; i++) {
            ps_job job = test_job(3, 1000, TEST_NEED_ALL);
            job.monitor.cancelled = stop_after_deadline;
            job.monitor.user = &deadline;
            assert_ok(ps_engine_fork.open(&job, &engine, &error));
            assert_int_equal(engine->workers, 3);
            ps_integer_partial total;
            deadline = ps_clock_seconds() + 20;
            assert_ok(test_engine_run(engine, &range, 1, &total, &error));
            test_moments moments;
            test_moments_init(&moments);
            test_moments_add_range(&moments, &range);
            test_assert_moments(&total, &moments, TEST_NEED_ALL);
            test_moments_clear(&moments);
            assert_block(1, 1, 30, TEST_NEED_ALL); /* the device is none the worse */
            engine->engine->close(engine);
            engine = NULL;
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_signal_handlers_are_as_before),
        TEST(test_handlers_of_overlapping_calls),
        TEST(test_the_public_interface),
        TEST(test_an_empty_range),
        TEST(test_all_devices_share_a_queue),
        TEST(test_cancellation),
        TEST(test_contexts_of_two_threads_at_once),
        TEST(test_fork_beside_opencl),
    };
    return cmocka_run_group_tests(tests, find_devices, forget_devices);
}
