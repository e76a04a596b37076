/* test_fork.c - the fork engine among workers that crash, are killed or stopped, or cannot be had. */
#include "fork_test.h"

/* ---- workers that end by themselves */

static void test_a_worker_that_dies_once_is_replaced(void **state) {
    static const char *const causes[MISDEEDS] = {
        [CRASH] = "killed by signal 11",      [ABORT] = "killed by signal 6",
        [EXIT_0] = "ended with status 0",     [EXIT_3] = "ended with status 3",
        [KILL_ITSELF] = "killed by signal 9", [LOSE_FILES] = "ended with status 0",
        [LIE] = "killed by signal 9",         [SPEAK] = "killed by signal 9"};
    static const unsigned workers[] = {1, 2, 3, 7};
    (void)state;
    for (misdeed_kind misdeed = CRASH; misdeed < MISDEEDS; misdeed++) {
        for (size_t w = 0; w < sizeof workers / sizeof workers[0]; w++) {
            for (int after = 0; after < 2; after++) {
                fork_trial *trial = fork_prepare(workers[w]);
                fork_shared->misdeed = misdeed;
                fork_shared->after_folding = after;
                atomic_store(&fork_shared->misdeeds[CHOSEN], 1);
                fork_assert_opened(trial);
                assert_int_equal(trial->engine->workers, workers[w]);
                fork_assert_right_run(trial);
                assert_int_equal(atomic_load(&fork_shared->misdeeds[CHOSEN]), 0);
                assert_int_equal(trial->notices.count, 1);
                if (test_notices_with(&trial->notices, causes[misdeed]) != 1 ||
                    test_notices_with(&trial->notices, "redone") != 1)
                    fail_msg("misdeed %d: %s", (int)misdeed, trial->notices.text[0]);
                assert_int_equal(atomic_load(&fork_shared->tries[CHOSEN]), 2);
                /* The engine is as good as new. */
                fork_assert_right_run(trial);
                assert_int_equal(trial->notices.count, 1);
                fork_assert_clean_close(trial);
            }
        }
    }
}

/* The block of every position, so that first, last and waiting ones are among them. */
static void test_any_block_may_be_the_one(void **state) {
    (void)state;
    for (unsigned block = 0; block < BLOCKS; block++) {
        for (unsigned times = 1; times <= 3; times++) {
            fork_trial *trial = fork_prepare(2);
            fork_shared->misdeed = KILL_ITSELF;
            atomic_store(&fork_shared->misdeeds[block], times);
            fork_assert_opened(trial);
            fork_assert_right_run(trial);
            assert_int_equal(trial->notices.count, times);
            assert_int_equal(atomic_load(&fork_shared->tries[block]), times + 1);
            fork_assert_clean_close(trial);
        }
    }
}

/* Every block kills three workers before it lets itself be folded. A block that waited behind a deadly one did not kill
 * and is not blamed, else it would have no tries left when it is its turn. */
static void test_every_block_may_be_redone_three_times(void **state) {
    (void)state;
    for (unsigned workers = 1; workers <= 3; workers++) {
        fork_trial *trial = fork_prepare(workers);
        fork_shared->misdeed = KILL_ITSELF;
        for (unsigned block = 0; block < BLOCKS; block++)
            atomic_store(&fork_shared->misdeeds[block], 3);
        fork_assert_opened(trial);
        fork_assert_right_run(trial);
        assert_int_equal(trial->notices.count, 3 * BLOCKS);
        for (unsigned block = 0; block < BLOCKS; block++)
            assert_int_equal(atomic_load(&fork_shared->tries[block]), 4);
        fork_assert_clean_close(trial);
    }
}

static void test_a_block_that_always_kills_ends_the_run(void **state) {
    static const misdeed_kind misdeeds[] = {CRASH, EXIT_0, KILL_ITSELF, LOSE_FILES, LIE};
    (void)state;
    for (size_t m = 0; m < sizeof misdeeds / sizeof misdeeds[0]; m++) {
        for (unsigned workers = 1; workers <= 3; workers++) {
            ps_integer_partial total;
            fork_trial *trial = fork_prepare(workers);
            fork_shared->misdeed = misdeeds[m];
            atomic_store(&fork_shared->misdeeds[CHOSEN], UINT32_MAX);
            fork_assert_opened(trial);
            assert_int_equal(fork_run_range(trial, &whole, &total), PARSUM_FAILED);
            assert_int_equal(trial->error.status, PARSUM_FAILED);
            assert_non_null(strstr(trial->error.message, "4 times"));
            assert_int_equal(atomic_load(&fork_shared->tries[CHOSEN]), 4);
            assert_int_equal(trial->notices.count, 3);
            fork_assert_clean_close(trial);
        }
    }
}

/* ---- workers that are ended by others */

static void test_workers_killed_between_runs(void **state) {
    (void)state;
    for (unsigned workers = 1; workers <= 4; workers++) {
        for (unsigned killed = 1; killed <= workers; killed++) {
            fork_trial *trial = fork_prepare(workers);
            /* Every worker folds at least once, so that its process is known. */
            atomic_store(&fork_shared->rests, workers);
            atomic_store(&fork_shared->rest_ms, 20);
            fork_assert_opened(trial);
            fork_assert_right_run(trial);
            assert_int_equal(atomic_load(&fork_shared->pid_count), workers);
            for (unsigned i = 0; i < killed; i++) {
                fork_kill_folder(i, SIGKILL);
                test_await_death(atomic_load(&fork_shared->pids[i]));
            }
            fork_assert_right_run(trial);
            assert_int_equal(trial->notices.count, killed);
            assert_int_equal(test_notices_with(&trial->notices, "signal 9"), killed);
            fork_assert_clean_close(trial);
        }
    }
}

static void kill_all_at_work(fork_trial *trial) {
    if (trial->phase == 0 && atomic_load(&fork_shared->resting) >= trial->job.workers) {
        trial->phase = 1;
        fork_kill_folders(SIGKILL);
    }
}

static void test_all_workers_killed_at_once_in_the_middle(void **state) {
    (void)state;
    for (unsigned workers = 1; workers <= 5; workers++) {
        fork_trial *trial = fork_prepare(workers);
        trial->poll = kill_all_at_work;
        atomic_store(&fork_shared->rests, workers);
        atomic_store(&fork_shared->rest_ms, 30000);
        fork_assert_opened(trial);
        fork_assert_right_run(trial);
        assert_int_equal(trial->notices.count, workers);
        assert_int_equal(test_notices_with(&trial->notices, "redone"), workers);
        fork_assert_clean_close(trial);
    }
}

static void stop_one_and_continue_it(fork_trial *trial) {
    if (trial->phase == 0 && atomic_load(&fork_shared->resting) >= trial->job.workers)
        fork_kill_folder(0, SIGSTOP);
    if (trial->phase > 0 || atomic_load(&fork_shared->resting) >= trial->job.workers)
        trial->phase++;
    if (trial->phase == 6)
        fork_kill_folder(0, SIGCONT);
}

static void test_a_worker_stopped_and_continued(void **state) {
    (void)state;
    fork_trial *trial = fork_prepare(3);
    trial->poll = stop_one_and_continue_it;
    atomic_store(&fork_shared->rests, 3);
    atomic_store(&fork_shared->rest_ms, 100);
    fork_assert_opened(trial);
    fork_assert_right_run(trial);
    assert_true(trial->phase >= 6); /* the run waited for it */
    assert_int_equal(trial->notices.count, 0);
    fork_assert_clean_close(trial);
}

/* ---- ending */

static void cancel_when_all_rest(fork_trial *trial) {
    if (atomic_load(&fork_shared->resting) >= trial->job.workers)
        trial->deadline = 0;
}

static void test_a_cancelled_run_waits_for_no_block(void **state) {
    (void)state;
    for (unsigned workers = 1; workers <= 3; workers++) {
        ps_integer_partial total;
        fork_trial *trial = fork_prepare(workers);
        trial->poll = cancel_when_all_rest;
        atomic_store(&fork_shared->rests, UINT32_MAX);
        atomic_store(&fork_shared->rest_ms, 30000);
        fork_assert_opened(trial);
        const double start = ps_clock_seconds();
        assert_int_equal(fork_run_range(trial, &whole, &total), PARSUM_CANCELLED);
        fork_assert_clean_close(trial);
        assert_true(ps_clock_seconds() - start < 10);
    }
}

static void test_closing_ends_workers_that_are_stopped(void **state) {
    (void)state;
    fork_trial *trial = fork_prepare(3);
    atomic_store(&fork_shared->rests, 3);
    atomic_store(&fork_shared->rest_ms, 20);
    fork_assert_opened(trial);
    fork_assert_right_run(trial);
    fork_kill_folders(SIGSTOP);
    fork_assert_clean_close(trial);
    const unsigned pids = atomic_load(&fork_shared->pid_count);
    assert_int_equal(pids, 3);
    for (unsigned i = 0; i < pids; i++)
        assert_int_equal(kill(atomic_load(&fork_shared->pids[i]), 0), -1);
}

static void test_many_workers_and_few_blocks(void **state) {
    const parsum_range few = {-2, 1, 1};
    const parsum_range none = {5, 5, 1};
    (void)state;
    for (unsigned workers = 1; workers <= 40; workers += 13) {
        ps_integer_partial total;
        fork_trial *trial = fork_prepare(workers);
        trial->job.chunk = 1;
        fork_assert_opened(trial);
        assert_int_equal(fork_run_range(trial, &few, &total), PARSUM_OK);
        assert_true(fork_is_total_of(&few, &total));
        assert_int_equal(fork_run_range(trial, &none, &total), PARSUM_OK);
        assert_int_equal(total.head.count, 0);
        assert_int_equal(fork_run_range(trial, &few, &total), PARSUM_OK);
        assert_true(fork_is_total_of(&few, &total));
        assert_int_equal(trial->notices.count, 0);
        fork_assert_clean_close(trial);
    }
}

/* ---- what the system refuses */

static int open_without_processes(void *context) {
    fork_trial *trial = context;
    if (!test_limit_processes(1))
        return TEST_CANNOT;
    TEST_CHECK(fork_open_engine(trial) == PARSUM_FAILED);
    TEST_CHECK(trial->error.status == PARSUM_FAILED && strstr(trial->error.message, "limit") != NULL);
    TEST_CHECK(!test_has_child());
    return 0;
}

static int open_with_few_processes(void *context) {
    fork_trial *trial = context;
    ps_integer_partial total;
    if (!test_limit_processes(4))
        return TEST_CANNOT;
    TEST_CHECK(fork_open_engine(trial) == PARSUM_OK);
    TEST_CHECK(trial->engine->workers >= 1 && trial->engine->workers < 4);
    TEST_CHECK(trial->notices.count == 1);
    TEST_CHECK(fork_run_range(trial, &whole, &total) == PARSUM_OK && fork_is_total_of(&whole, &total));
    fork_close_engine(trial);
    TEST_CHECK(!test_has_child());
    return 0;
}

/* No worker can be replaced: those left finish, and the last one's death ends the run. */
static int lose_workers_for_good(void *context) {
    fork_trial *trial = context;
    ps_integer_partial total;
    TEST_CHECK(fork_open_engine(trial) == PARSUM_OK && trial->engine->workers == 3);
    if (!test_limit_processes(1))
        return TEST_CANNOT;
    for (unsigned lost = 1; lost <= 2; lost++) {
        atomic_store(&fork_shared->misdeeds[CHOSEN], 1);
        TEST_CHECK(fork_run_range(trial, &whole, &total) == PARSUM_OK && fork_is_total_of(&whole, &total));
        TEST_CHECK(test_notices_with(&trial->notices, "is not replaced") == lost);
    }
    TEST_CHECK(fork_run_range(trial, &whole, &total) == PARSUM_OK && fork_is_total_of(&whole, &total));
    atomic_store(&fork_shared->misdeeds[CHOSEN], 1);
    TEST_CHECK(fork_run_range(trial, &whole, &total) == PARSUM_FAILED);
    fork_close_engine(trial);
    TEST_CHECK(!test_has_child());
    return 0;
}

/* Files run out: each worker takes a socket. */
static int open_with_few_files(void *context) {
    fork_trial *trial = context;
    ps_integer_partial total;
    const struct rlimit limit = {16, 16};
    TEST_CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    TEST_CHECK(fork_open_engine(trial) == PARSUM_OK);
    TEST_CHECK(trial->engine->workers >= 1 && trial->engine->workers < 16);
    TEST_CHECK(trial->notices.count == 1);
    TEST_CHECK(fork_run_range(trial, &whole, &total) == PARSUM_OK && fork_is_total_of(&whole, &total));
    fork_close_engine(trial);
    TEST_CHECK(!test_has_child());
    return 0;
}

static void assert_subprocess(int (*function)(void *), unsigned workers) {
    fork_trial *trial = fork_prepare(workers);
    fork_shared->misdeed = KILL_ITSELF;
    const int status = test_in_subprocess(function, trial);
    if (WIFEXITED(status) && WEXITSTATUS(status) == TEST_CANNOT)
        skip();
    assert_int_equal(status, 0);
    assert_true(test_all_gone((const pid_t *)fork_shared->pids, atomic_load(&fork_shared->pid_count)));
}

static void test_no_process_is_to_be_had(void **state) {
    (void)state;
    assert_subprocess(open_without_processes, 3);
}

static void test_few_processes_are_to_be_had(void **state) {
    (void)state;
    assert_subprocess(open_with_few_processes, 30);
}

static void test_no_process_is_to_be_had_any_more(void **state) {
    (void)state;
    assert_subprocess(lose_workers_for_good, 3);
}

static void test_few_files_are_to_be_had(void **state) {
    (void)state;
    assert_subprocess(open_with_few_files, 100);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_a_worker_that_dies_once_is_replaced),
        TEST(test_any_block_may_be_the_one),
        TEST(test_a_block_that_always_kills_ends_the_run),
        TEST(test_every_block_may_be_redone_three_times),
        TEST(test_workers_killed_between_runs),
        TEST(test_all_workers_killed_at_once_in_the_middle),
        TEST(test_a_worker_stopped_and_continued),
        TEST(test_a_cancelled_run_waits_for_no_block),
        TEST(test_closing_ends_workers_that_are_stopped),
        TEST(test_many_workers_and_few_blocks),
        TEST(test_no_process_is_to_be_had),
        TEST(test_few_processes_are_to_be_had),
        TEST(test_no_process_is_to_be_had_any_more),
        TEST(test_few_files_are_to_be_had),
    };
    return cmocka_run_group_tests(tests, fork_group_setup, NULL);
}
