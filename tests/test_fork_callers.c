/* test_fork_callers.c - the fork engine beside its caller's own signals, children, threads and other engines. */
#include <pthread.h>
#include <semaphore.h>

#include "fork_test.h"

/* ---- a caller with ways of its own */

static void reap_all(int number) {
    const int kept = errno;
    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = kept;
}

/* A caller that ignores or reaps its children takes their statuses away; the answer stays right, and nothing hangs. */
static void test_callers_that_reap_all_children(void **state) {
    const struct sigaction actions[] = {{.sa_handler = SIG_IGN},
                                        {.sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT},
                                        {.sa_handler = reap_all},
                                        {.sa_handler = reap_all, .sa_flags = SA_RESTART}};
    struct sigaction before;
    (void)state;
    sigaction(SIGCHLD, NULL, &before);
    for (size_t a = 0; a < sizeof actions / sizeof actions[0]; a++) {
        fork_trial *trial = fork_prepare(2);
        fork_shared->misdeed = KILL_ITSELF;
        atomic_store(&fork_shared->misdeeds[CHOSEN], 2);
        sigaction(SIGCHLD, &actions[a], NULL);
        fork_assert_opened(trial);
        fork_assert_right_run(trial);
        assert_int_equal(trial->notices.count, 2);
        atomic_store(&fork_shared->misdeeds[CHOSEN], UINT32_MAX);
        ps_integer_partial total;
        assert_int_equal(fork_run_range(trial, &whole, &total), PARSUM_FAILED);
        fork_assert_clean_close(trial);
        sigaction(SIGCHLD, &before, NULL);
    }
}

static void ignore(int number) {
    (void)number;
}

/* A timer interrupts the parent's system calls all the time, without SA_RESTART. */
static void test_interrupted_system_calls(void **state) {
    struct sigaction action = {.sa_handler = ignore}, before;
    const struct timespec interval = {.tv_nsec = 200000};
    const struct itimerspec often = {interval, interval};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    timer_t timer;
    (void)state;
    sigaction(SIGUSR1, &action, &before);
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    timer_settime(timer, 0, &often, NULL);
    for (int i = 0; i < 5; i++) {
        fork_trial *trial = fork_prepare(3);
        fork_shared->misdeed = KILL_ITSELF;
        atomic_store(&fork_shared->misdeeds[CHOSEN], 2);
        fork_assert_opened(trial);
        fork_assert_right_run(trial);
        assert_int_equal(trial->notices.count, 2);
        fork_close_engine(trial);
    }
    timer_delete(timer);
    sigaction(SIGUSR1, &before, NULL);
    assert_false(test_has_child());
}

/* What the terminal sends to the whole group is the parent's to answer: workers leave SIGINT alone, and a handler of the
 * parent never runs in them. */
static void test_workers_do_not_run_the_callers_handlers(void **state) {
    static const int numbers[] = {SIGTERM, SIGHUP, SIGQUIT};
    struct sigaction action = {.sa_handler = ignore}, before;
    (void)state;
    for (size_t n = 0; n < sizeof numbers / sizeof numbers[0]; n++) {
        fork_trial *trial = fork_prepare(2);
        atomic_store(&fork_shared->rests, 2);
        atomic_store(&fork_shared->rest_ms, 20);
        sigaction(numbers[n], &action, &before);
        fork_assert_opened(trial);
        fork_assert_right_run(trial);
        fork_kill_folders(SIGINT);
        test_sleep_ms(10);
        fork_assert_right_run(trial);
        assert_int_equal(trial->notices.count, 0);
        fork_kill_folders(numbers[n]);
        for (unsigned i = 0; i < 2; i++)
            test_await_death(atomic_load(&fork_shared->pids[i]));
        fork_assert_right_run(trial);
        assert_int_equal(trial->notices.count, 2);
        fork_assert_clean_close(trial);
        sigaction(numbers[n], &before, NULL);
    }
}

static atomic_bool churning;

static void *churn(void *context) {
    void *blocks[64] = {NULL};
    (void)context;
    while (atomic_load(&churning)) {
        for (size_t i = 0; i < 64; i++) {
            free(blocks[i]);
            blocks[i] = malloc(16 << (i % 8));
        }
        fflush(NULL);
    }
    for (size_t i = 0; i < 64; i++)
        free(blocks[i]);
    return NULL;
}

/* Threads that hold the locks of malloc and stdio most of the time: a child that took one would wait for ever. */
static void test_fork_beside_busy_threads(void **state) {
    pthread_t threads[3];
    (void)state;
    atomic_store(&churning, true);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, churn, NULL), 0);
    for (int i = 0; i < 10; i++) {
        fork_trial *trial = fork_prepare(3);
        fork_shared->misdeed = KILL_ITSELF;
        atomic_store(&fork_shared->misdeeds[CHOSEN], 3);
        fork_assert_opened(trial);
        fork_assert_right_run(trial);
        assert_int_equal(trial->notices.count, 3);
        fork_close_engine(trial);
    }
    atomic_store(&churning, false);
    for (size_t i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    assert_false(test_has_child());
}

/* ---- several engines */

static void test_two_engines_end_in_any_order(void **state) {
    (void)state;
    for (int order = 0; order < 2; order++) {
        fork_trial *first = fork_prepare_at(&fork_trials[0], 2),
                   *second = fork_prepare_at(&fork_trials[1], 3);
        fork_assert_opened(first);
        fork_assert_opened(second);
        for (int i = 0; i < 2; i++) {
            /* The workers of the second have inherited the first one's sockets: the first still notices a death. */
            fork_shared->misdeed = KILL_ITSELF;
            atomic_store(&fork_shared->misdeeds[CHOSEN], 1);
            fork_assert_right_run(i == order ? first : second);
            fork_assert_right_run(i == order ? second : first);
        }
        assert_int_equal(first->notices.count + second->notices.count, 2);
        fork_close_engine(order == 0 ? first : second);
        atomic_store(&fork_shared->misdeeds[CHOSEN], 1);
        fork_assert_right_run(order == 0 ? second : first);
        fork_assert_clean_close(order == 0 ? second : first);
    }
}

static sem_t about_to_fork, may_fork;
static _Thread_local bool forks_slowly;

/* Runs before every fork, on the thread that forks. Not for ever: the library may well let one thread wait for another. */
static void before_fork(void) {
    struct timespec limit;
    if (!forks_slowly)
        return;
    forks_slowly = false;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 2;
    sem_post(&about_to_fork);
    sem_timedwait(&may_fork, &limit);
}

static sem_t opened, may_end;

static void *open_slowly(void *context) {
    forks_slowly = true;
    const parsum_status status = fork_open_engine(context);
    sem_post(&opened);
    sem_wait(&may_end); /* a worker may end with the thread that started it */
    return status == PARSUM_OK ? context : NULL;
}

/* One thread is in the middle of starting a worker while another starts one too, which then inherits files that were
 * never meant for it. The death of the first one's worker must still be noticed. */
static void test_engines_opened_by_two_threads_at_once(void **state) {
    fork_trial *quick = fork_prepare_at(&fork_trials[0], 2), *slow = fork_prepare_at(&fork_trials[1], 1);
    pthread_t thread;
    void *outcome;
    (void)state;
    sem_init(&about_to_fork, 0, 0);
    sem_init(&may_fork, 0, 0);
    sem_init(&opened, 0, 0);
    sem_init(&may_end, 0, 0);
    assert_int_equal(pthread_create(&thread, NULL, open_slowly, slow), 0);
    sem_wait(&about_to_fork);
    const parsum_status status = fork_open_engine(quick);
    sem_post(&may_fork);
    sem_wait(&opened);
    fork_shared->misdeed = KILL_ITSELF;
    atomic_store(&fork_shared->misdeeds[CHOSEN], 1);
    ps_integer_partial total;
    slow->deadline = ps_clock_seconds() + 3;
    const parsum_status slow_status = test_engine_run(slow->engine, &whole, 1, &total, &slow->error);
    sem_post(&may_end);
    pthread_join(thread, &outcome);
    assert_non_null(outcome);
    assert_int_equal(status, PARSUM_OK);
    if (slow_status == PARSUM_CANCELLED)
        fail_msg("the death of a worker was never noticed");
    assert_int_equal(slow_status, PARSUM_OK);
    assert_true(fork_is_total_of(&whole, &total));
    fork_close_engine(slow);
    fork_assert_clean_close(quick);
}

/* A process of the caller's own, forked in the middle of a worker's start, holds that worker's end of the socket open: it
 * never reads as ended, and the worker's death must be noticed all the same. */
static void test_a_foreign_process_holds_a_workers_socket(void **state) {
    fork_trial *trial = fork_prepare(1);
    pthread_t thread;
    void *outcome;
    ps_integer_partial total;
    (void)state;
    sem_init(&about_to_fork, 0, 0);
    sem_init(&may_fork, 0, 0);
    sem_init(&opened, 0, 0);
    sem_init(&may_end, 0, 0);
    assert_int_equal(pthread_create(&thread, NULL, open_slowly, trial), 0);
    sem_wait(&about_to_fork);
    const pid_t foreign = fork();
    if (foreign == 0) {
        for (;;)
            pause();
    }
    assert_true(foreign > 0);
    sem_post(&may_fork);
    sem_wait(&opened);
    fork_shared->misdeed = KILL_ITSELF;
    atomic_store(&fork_shared->misdeeds[CHOSEN], 1);
    trial->deadline = ps_clock_seconds() + 5;
    const parsum_status status = test_engine_run(trial->engine, &whole, 1, &total, &trial->error);
    kill(foreign, SIGKILL);
    waitpid(foreign, NULL, 0);
    sem_post(&may_end);
    pthread_join(thread, &outcome);
    assert_non_null(outcome);
    assert_int_equal(status, PARSUM_OK);
    assert_true(fork_is_total_of(&whole, &total));
    assert_int_equal(test_notices_with(&trial->notices, "signal 9"), 1);
    fork_assert_clean_close(trial);
}

static void *open_and_run(void *context) {
    fork_trial *trial = context;
    ps_integer_partial total;
    if (fork_open_engine(trial) != PARSUM_OK || fork_run_range(trial, &whole, &total) != PARSUM_OK)
        return NULL;
    return context;
}

/* A context may be used by one thread after another: workers outlive the thread that started them. */
static void test_workers_outlive_the_thread_that_started_them(void **state) {
    pthread_t thread;
    void *outcome;
    (void)state;
    fork_trial *trial = fork_prepare(2);
    atomic_store(&fork_shared->rests, 2);
    atomic_store(&fork_shared->rest_ms, 20);
    assert_int_equal(pthread_create(&thread, NULL, open_and_run, trial), 0);
    pthread_join(thread, &outcome);
    assert_non_null(outcome);
    test_sleep_ms(50);
    fork_assert_right_run(trial);
    if (trial->notices.count > 0)
        fail_msg("%s", trial->notices.text[0]);
    fork_assert_clean_close(trial);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_callers_that_reap_all_children),
        TEST(test_interrupted_system_calls),
        TEST(test_workers_do_not_run_the_callers_handlers),
        TEST(test_fork_beside_busy_threads),
        TEST(test_two_engines_end_in_any_order),
        TEST(test_engines_opened_by_two_threads_at_once),
        TEST(test_a_foreign_process_holds_a_workers_socket),
        TEST(test_workers_outlive_the_thread_that_started_them),
    };
    pthread_atfork(before_fork, NULL, NULL);
    return cmocka_run_group_tests(tests, fork_group_setup, NULL);
}
