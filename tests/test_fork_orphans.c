/* test_fork_orphans.c - the fork engine's workers when their parent dies, at work, at rest or without a word. */
#include <pthread.h>

#include "fork_test.h"

/* Runs until it is killed. */
static int run_for_ever(void *context) {
    fork_trial *trial = context;
    ps_integer_partial total;
    TEST_CHECK(fork_open_engine(trial) == PARSUM_OK);
    trial->deadline = ps_clock_seconds() + 50;
    test_engine_run(trial->engine, &whole, 1, &total, NULL);
    return 0;
}

static void *run_in_a_thread(void *context) {
    run_for_ever(context);
    return NULL;
}

/* The same where it is not the first thread that started the workers. */
static int run_for_ever_in_a_thread(void *context) {
    pthread_t thread;
    TEST_CHECK(pthread_create(&thread, NULL, run_in_a_thread, context) == 0);
    pthread_join(thread, NULL);
    return 0;
}

/* Waits for ever with idle workers. */
static int hold_for_ever(void *context) {
    fork_trial *trial = context;
    ps_integer_partial total;
    TEST_CHECK(fork_open_engine(trial) == PARSUM_OK);
    TEST_CHECK(fork_run_range(trial, &whole, &total) == PARSUM_OK);
    atomic_store(&fork_shared->resting, UINT32_MAX);
    test_sleep_ms(50000);
    return 0;
}

/* Leaves without closing anything. */
static int just_leave(void *context) {
    fork_trial *trial = context;
    ps_integer_partial total;
    TEST_CHECK(fork_open_engine(trial) == PARSUM_OK);
    TEST_CHECK(fork_run_range(trial, &whole, &total) == PARSUM_OK);
    return 0;
}

static void assert_no_orphans(int (*function)(void *), long rest_ms, bool stop_one) {
    fork_trial *trial = fork_prepare(3);
    atomic_store(&fork_shared->rests, 3);
    atomic_store(&fork_shared->rest_ms, rest_ms);
    fflush(NULL);
    const pid_t parent = fork();
    if (parent == 0) {
        alarm(60);
        _exit(function(trial));
    }
    assert_true(parent > 0);
    const double limit = ps_clock_seconds() + 20;
    while (atomic_load(&fork_shared->resting) < 3 && ps_clock_seconds() < limit)
        test_sleep_ms(1);
    assert_true(atomic_load(&fork_shared->resting) >= 3);
    assert_int_equal(atomic_load(&fork_shared->pid_count), 3);
    if (stop_one)
        fork_kill_folder(1, SIGSTOP);
    if (function != just_leave) {
        for (unsigned i = 0; i < 3; i++)
            assert_false(test_process_gone(atomic_load(&fork_shared->pids[i])));
        kill(parent, SIGKILL);
    }
    waitpid(parent, NULL, 0);
    assert_true(test_all_gone((const pid_t *)fork_shared->pids, 3));
}

static void test_no_orphans_when_the_parent_is_killed_at_work(void **state) {
    (void)state;
    assert_no_orphans(run_for_ever, 30000, false);
    assert_no_orphans(run_for_ever, 30000, true);
    /* The thread sanitizer holds back signals in the child of a process with threads. */
#ifndef __SANITIZE_THREAD__
    assert_no_orphans(run_for_ever_in_a_thread, 30000, false);
#else
    (void)run_for_ever_in_a_thread;
#endif
}

static void test_no_orphans_when_the_parent_is_killed_at_rest(void **state) {
    (void)state;
    assert_no_orphans(hold_for_ever, 20, false);
    assert_no_orphans(hold_for_ever, 20, true);
}

static void test_no_orphans_when_the_parent_just_leaves(void **state) {
    (void)state;
    assert_no_orphans(just_leave, 20, false);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_no_orphans_when_the_parent_is_killed_at_work),
        TEST(test_no_orphans_when_the_parent_is_killed_at_rest),
        TEST(test_no_orphans_when_the_parent_just_leaves),
    };
    return cmocka_run_group_tests(tests, fork_group_setup, NULL);
}
