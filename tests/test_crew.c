/* test_crew.c - the crew: every member does every round once, callbacks stay on the caller's thread, signals stay out. */
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "engine/crew.h"
#include "engine_support.h"

enum { MEMBERS_MAX = 64 };

/* What members leave for the test to see. Those of one round write to places of their own. */
typedef struct crew_record {
    atomic_uint calls[MEMBERS_MAX];
    atomic_uint total;
    pthread_t thread[MEMBERS_MAX];
    sigset_t mask[MEMBERS_MAX];
    atomic_uint at_work;
    atomic_uint polls;
    pthread_t poll_thread;
    bool poll_without_work; /* poll was called while no member was at work */
    unsigned polls_wanted;
} crew_record;

static ps_crew *create(unsigned wanted, ps_crew_task *task, crew_record *record) {
    ps_crew *crew = NULL;
    unsigned created = 0;
    parsum_error error;
    assert_int_equal(ps_crew_create(wanted, task, record, &crew, &created, &error), PARSUM_OK);
    assert_int_equal(created, wanted);
    return crew;
}

static void note_call(unsigned index, void *context) {
    crew_record *record = context;
    record->thread[index] = pthread_self();
    pthread_sigmask(SIG_SETMASK, NULL, &record->mask[index]);
    atomic_fetch_add(&record->calls[index], 1);
    atomic_fetch_add(&record->total, 1);
}

static void test_every_member_does_every_round_once(void **state) {
    static const unsigned sizes[] = {1, 2, 3, 7, 16};
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        crew_record record = {0};
        ps_crew *crew = create(sizes[s], note_call, &record);
        for (unsigned round = 1; round <= 400; round++) {
            ps_crew_run(crew, NULL, NULL);
            /* All of it is done and seen as soon as run returns. */
            assert_int_equal(atomic_load(&record.total), round * sizes[s]);
            for (unsigned i = 0; i < sizes[s]; i++)
                assert_int_equal(atomic_load(&record.calls[i]), round);
        }
        for (unsigned i = 0; i < sizes[s]; i++) {
            assert_false(pthread_equal(record.thread[i], pthread_self()));
            for (unsigned j = 0; j < i; j++)
                assert_false(pthread_equal(record.thread[i], record.thread[j]));
        }
        ps_crew_destroy(crew);
        assert_int_equal(atomic_load(&record.total), 400 * sizes[s]);
    }
}

static void test_nobody_begins_before_the_start(void **state) {
    crew_record record = {0};
    (void)state;
    ps_crew *crew = create(5, note_call, &record);
    test_sleep_ms(20);
    assert_int_equal(atomic_load(&record.total), 0);
    ps_crew_run(crew, NULL, NULL);
    test_sleep_ms(20);
    assert_int_equal(atomic_load(&record.total), 5);
    ps_crew_destroy(crew);
    crew = create(5, note_call, &record);
    ps_crew_destroy(crew);
    assert_int_equal(atomic_load(&record.total), 5);
    ps_crew_destroy(NULL);
}

/* Works until it was polled often enough; the last index takes a little longer than the others. */
static void work_until_polled(unsigned index, void *context) {
    crew_record *record = context;
    atomic_fetch_add(&record->at_work, 1);
    const double limit = ps_clock_seconds() + 30;
    while (atomic_load(&record->polls) < record->polls_wanted + index && ps_clock_seconds() < limit)
        sched_yield();
    atomic_fetch_sub(&record->at_work, 1);
}

static void count_poll(void *context) {
    crew_record *record = context;
    record->poll_thread = pthread_self();
    atomic_fetch_add(&record->polls, 1);
}

static void test_poll_is_called_on_the_callers_thread(void **state) {
    crew_record record = {.polls_wanted = 4};
    (void)state;
    ps_crew *crew = create(3, work_until_polled, &record);
    const double start = ps_clock_seconds();
    ps_crew_run(crew, count_poll, &record);
    const double seconds = ps_clock_seconds() - start;
    const unsigned polls = atomic_load(&record.polls);
    assert_true(polls >= 6); /* else run returned before its members were done */
    assert_int_equal(atomic_load(&record.at_work), 0);
    assert_true(pthread_equal(record.poll_thread, pthread_self()));
    /* Never more often than the interval that engine.h names: a poll may ask a slow callback. */
    assert_true(polls * PS_POLL_MILLISECONDS * 0.9e-3 <= seconds);
    test_sleep_ms(2 * PS_POLL_MILLISECONDS);
    assert_int_equal(atomic_load(&record.polls), polls);
    ps_crew_destroy(crew);
}

static void test_a_round_that_is_quick_is_not_held_up(void **state) {
    crew_record record = {0};
    (void)state;
    ps_crew *crew = create(2, note_call, &record);
    const double start = ps_clock_seconds();
    for (unsigned i = 0; i < 400; i++)
        ps_crew_run(crew, count_poll, &record);
    /* 400 rounds that each waited for the next poll would take twenty seconds. */
    assert_true(ps_clock_seconds() - start < 10);
    ps_crew_destroy(crew);
}

static volatile sig_atomic_t handled;
static pthread_t handled_by;

static void note_signal(int number) {
    handled = number;
    handled_by = pthread_self();
}

/* Signals sent to the process reach the caller's threads only; those that a thread brings on itself stay deliverable. */
static void test_members_block_signals(void **state) {
    static const int blocked[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,  SIGALRM, SIGCHLD,
                                  SIGUSR1, SIGUSR2, SIGPIPE, SIGWINCH, SIGTSTP, SIGIO};
    static const int open[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    crew_record record = {.polls_wanted = 2};
    sigset_t before, after;
    (void)state;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    ps_crew *crew = create(3, note_call, &record);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int number = 1; number < NSIG; number++)
        assert_int_equal(sigismember(&after, number), sigismember(&before, number));
    ps_crew_run(crew, NULL, NULL);
    ps_crew_destroy(crew);
    for (unsigned i = 0; i < 3; i++) {
        for (size_t s = 0; s < sizeof blocked / sizeof blocked[0]; s++)
            assert_int_equal(sigismember(&record.mask[i], blocked[s]), 1);
        for (size_t s = 0; s < sizeof open / sizeof open[0]; s++)
            assert_int_equal(sigismember(&record.mask[i], open[s]), 0);
    }
}

static void send_term(void *context) {
    count_poll(context);
    kill(getpid(), SIGTERM);
}

static void test_a_signal_to_the_process_is_handled_by_the_caller(void **state) {
    crew_record record = {.polls_wanted = 4};
    struct sigaction action = {.sa_handler = note_signal}, before;
    (void)state;
    handled = 0;
    sigaction(SIGTERM, &action, &before);
    ps_crew *crew = create(4, work_until_polled, &record);
    ps_crew_run(crew, send_term, &record);
    ps_crew_destroy(crew);
    sigaction(SIGTERM, &before, NULL);
    assert_int_equal(handled, SIGTERM);
    assert_true(pthread_equal(handled_by, pthread_self()));
}

static unsigned count_threads(void) {
    unsigned count = 0;
    DIR *folder = opendir("/proc/self/task");
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(folder);
    return count;
}

static void test_no_thread_is_left(void **state) {
    crew_record record = {0};
    (void)state;
    const unsigned before = count_threads();
    for (unsigned i = 0; i < 100; i++) {
        ps_crew *crew = create(1 + i % 8, note_call, &record);
        if (i % 3 != 0)
            ps_crew_run(crew, NULL, NULL);
        ps_crew_destroy(crew);
    }
    /* A joined thread may stay listed for a moment while the kernel ends it. */
    for (unsigned i = 0; i < 1000 && count_threads() > before; i++)
        test_sleep_ms(1);
    assert_int_equal(count_threads(), before);
}

static void *run_own_crew(void *context) {
    crew_record *record = context;
    ps_crew *crew = NULL;
    unsigned created = 0;
    if (ps_crew_create(3, note_call, record, &crew, &created, NULL) != PARSUM_OK || created != 3)
        return NULL;
    for (unsigned i = 0; i < 200; i++)
        ps_crew_run(crew, count_poll, record);
    ps_crew_destroy(crew);
    return NULL;
}

static void test_two_crews_at_once(void **state) {
    crew_record records[2] = {{.polls_wanted = 0}, {.polls_wanted = 0}};
    pthread_t threads[2];
    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_own_crew, &records[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 2; i++)
        assert_int_equal(atomic_load(&records[i].total), 600);
}

static int create_under_a_limit(void *context) {
    crew_record record = {0};
    const rlim_t limit = *(const rlim_t *)context;
    ps_crew *crew = NULL;
    unsigned created = 0;
    parsum_error error = {0};
    if (!test_limit_processes(limit))
        return TEST_CANNOT;
    const parsum_status status = ps_crew_create(MEMBERS_MAX, note_call, &record, &crew, &created, &error);
    if (limit == 1) {
        TEST_CHECK(status == PARSUM_FAILED && error.status == PARSUM_FAILED && crew == NULL);
        TEST_CHECK(strstr(error.message, "limit") != NULL);
        return 0;
    }
    TEST_CHECK(status == PARSUM_OK && created >= 1 && created < limit);
    for (unsigned round = 1; round <= 20; round++) {
        ps_crew_run(crew, NULL, NULL);
        TEST_CHECK(atomic_load(&record.total) == round * created);
    }
    ps_crew_destroy(crew);
    return 0;
}

static void test_fewer_threads_than_wanted(void **state) {
    rlim_t limits[] = {1, 12};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const int status = test_in_subprocess(create_under_a_limit, &limits[i]);
        if (WIFEXITED(status) && WEXITSTATUS(status) == TEST_CANNOT)
            skip();
        assert_int_equal(status, 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_every_member_does_every_round_once, test_guard),
        cmocka_unit_test_setup(test_nobody_begins_before_the_start, test_guard),
        cmocka_unit_test_setup(test_poll_is_called_on_the_callers_thread, test_guard),
        cmocka_unit_test_setup(test_a_round_that_is_quick_is_not_held_up, test_guard),
        cmocka_unit_test_setup(test_members_block_signals, test_guard),
        cmocka_unit_test_setup(test_a_signal_to_the_process_is_handled_by_the_caller, test_guard),
        cmocka_unit_test_setup(test_no_thread_is_left, test_guard),
        cmocka_unit_test_setup(test_two_crews_at_once, test_guard),
        cmocka_unit_test_setup(test_fewer_threads_than_wanted, test_guard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
