/* test_fork.c - the fork engine among workers that crash, are killed, stopped, cannot be had, or lose their parent.
 *
 * The folds are of the test: they misbehave on chosen blocks and remember in a shared mapping how often. */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "engine_support.h"
#include "run/context.h"

/* What a misbehaving fold does. */
typedef enum misdeed_kind {
    NO_MISDEED,
    CRASH, /* a real segmentation fault */
    ABORT,
    EXIT_0, /* as if all were well */
    EXIT_3,
    KILL_ITSELF,
    LOSE_FILES, /* closes everything and goes on */
    LIE,        /* says that the block is done, which it never will be */
    SPEAK,      /* says something that was never agreed on */
    MISDEEDS
} misdeed_kind;

enum { PIDS_MAX = 64, CHUNK = 1000, BLOCKS = 20, CHOSEN = 7 };

/* In a mapping that all processes share. */
typedef struct control {
    misdeed_kind misdeed;
    bool after_folding;           /* rather than before it: the partial is complete but not marked */
    atomic_uint misdeeds[BLOCKS]; /* how often each block will still be misbehaved on */
    atomic_uint tries[BLOCKS];    /* folds of each block */
    atomic_uint rests;            /* how many folds will still rest before they work */
    atomic_uint resting;          /* folds that have begun to rest */
    atomic_long rest_ms;
    atomic_uint pid_count; /* processes that folded, in the order they began */
    _Atomic pid_t pids[PIDS_MAX];
} control;

static control *shared;
static char *forbidden; /* a page that cannot be written */

static const parsum_range whole = {-500, (ps_int128)CHUNK *BLOCKS - 500, 1};

/* Sends number to the process that began to fold as the index-th. One that is not known is 0, which kill takes for the
 * whole group: this process, and what runs it. */
static void kill_folder(unsigned index, int number) {
    const pid_t pid = atomic_load(&shared->pids[index]);
    if (pid > 0)
        kill(pid, number);
}

static void note_pid(void) {
    const pid_t own = getpid();
    for (unsigned i = 0; i < atomic_load(&shared->pid_count) && i < PIDS_MAX; i++) {
        if (atomic_load(&shared->pids[i]) == own)
            return;
    }
    const unsigned place = atomic_fetch_add(&shared->pid_count, 1);
    if (place < PIDS_MAX)
        atomic_store(&shared->pids[place], own);
}

/* Writes words to every socket of this process: the child has no other than its own. */
static void say(const unsigned char *words, size_t count) {
    for (int fd = 3; fd < 256; fd++)
        send(fd, words, count, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void misbehave(misdeed_kind misdeed) {
    switch (misdeed) {
    case CRASH:
        *(volatile char *)forbidden = 1;
        break;
    case ABORT:
        abort();
    case EXIT_0:
        _exit(0);
    case EXIT_3:
        _exit(3);
    case KILL_ITSELF:
        kill(getpid(), SIGKILL);
        break;
    case LOSE_FILES:
        for (int fd = 3; fd < 256; fd++)
            close(fd);
        break;
    case LIE:
        say((const unsigned char[]){0, 1}, 2);
        for (;;)
            pause();
    case SPEAK:
        say((const unsigned char[]){'?'}, 1);
        break;
    case NO_MISDEED:
    case MISDEEDS:
        break;
    }
}

static bool takes_one(atomic_uint *counter) {
    unsigned left = atomic_load(counter);
    while (left > 0) {
        if (atomic_compare_exchange_weak(counter, &left, left - 1))
            return true;
    }
    return false;
}

static void fold(const ps_isa *isa, const ps_block *block, unsigned needs, ps_partial *partial) {
    note_pid();
    const unsigned index = (unsigned)((block->range.first - whole.first) / CHUNK);
    atomic_fetch_add(&shared->tries[index], 1);
    if (takes_one(&shared->rests)) {
        atomic_fetch_add(&shared->resting, 1);
        test_sleep_ms(atomic_load(&shared->rest_ms));
    }
    const bool bad = takes_one(&shared->misdeeds[index]);
    if (bad && !shared->after_folding)
        misbehave(shared->misdeed);
    ps_fold_block(isa, block, needs, partial);
    if (bad && shared->after_folding)
        misbehave(shared->misdeed);
}

/* ---- what a test sees of a run */

typedef struct fork_trial {
    ps_job job;
    test_notices notices;
    double deadline;                   /* a run that is not over by then is cancelled: it hangs */
    void (*poll)(struct fork_trial *); /* called on the caller's thread while the run goes on */
    unsigned phase;
    ps_engine_state *engine;
    parsum_error error;
} fork_trial;

static void trial_notice(const char *sentence, void *user) {
    test_notices_add(sentence, &((fork_trial *)user)->notices);
}

static void trial_progress(const parsum_progress *progress, void *user) {
    fork_trial *trial = user;
    (void)progress;
    if (trial->poll != NULL)
        trial->poll(trial);
}

static int trial_cancelled(void *user) {
    return ps_clock_seconds() > ((fork_trial *)user)->deadline;
}

/* Not on the stack, which a failed assertion leaves: the teardown closes what is still open. */
static fork_trial trials[2];

/* A trial with nothing wrong yet; the shared control starts anew. */
static fork_trial *prepare_at(fork_trial *trial, unsigned workers) {
    memset(shared, 0, sizeof *shared);
    memset(trial, 0, sizeof *trial);
    trial->job = test_job(workers, CHUNK, TEST_NEED_ALL);
    trial->job.fold = fold;
    trial->job.monitor = (ps_monitor){trial_notice, trial_progress, trial_cancelled, trial};
    return trial;
}

static fork_trial *prepare(unsigned workers) {
    return prepare_at(&trials[0], workers);
}

static parsum_status open_engine(fork_trial *trial) {
    return ps_engine_fork.open(&trial->job, &trial->engine, &trial->error);
}

static void close_engine(fork_trial *trial) {
    trial->engine->engine->close(trial->engine);
    trial->engine = NULL;
}

static parsum_status run_range(fork_trial *trial, const parsum_range *range, ps_integer_partial *total) {
    trial->deadline = ps_clock_seconds() + 20;
    return test_engine_run(trial->engine, range, 1, total, &trial->error);
}

/* Whether total is that of range, by brute force. For subprocesses too. */
static bool is_total_of(const parsum_range *range, const ps_integer_partial *total) {
    test_moments moments;
    test_moments_init(&moments);
    test_moments_add_range(&moments, range);
    const ps_wide sum = test_wide_from(moments.sum), squares = test_wide_from(moments.squares);
    const ps_wide magnitudes = test_wide_from(moments.magnitudes);
    const bool right = total->head.count == moments.count && memcmp(&total->sum, &sum, sizeof sum) == 0 &&
                       memcmp(&total->squares, &squares, sizeof squares) == 0 &&
                       memcmp(&total->magnitudes, &magnitudes, sizeof magnitudes) == 0 &&
                       total->minimum == range->first && total->maximum == range->end - 1;
    test_moments_clear(&moments);
    return right;
}

static void assert_right_run(fork_trial *trial) {
    ps_integer_partial total;
    const parsum_status status = run_range(trial, &whole, &total);
    if (status != PARSUM_OK)
        fail_msg("status %d: %s", (int)status, trial->error.message);
    assert_true(is_total_of(&whole, &total));
}

static void assert_opened(fork_trial *trial) {
    const parsum_status status = open_engine(trial);
    if (status != PARSUM_OK)
        fail_msg("status %d: %s", (int)status, trial->error.message);
}

/* Closes the engine; nothing of it is left, neither a process nor a zombie. */
static void assert_clean_close(fork_trial *trial) {
    close_engine(trial);
    assert_false(test_has_child());
}

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
                fork_trial *trial = prepare(workers[w]);
                shared->misdeed = misdeed;
                shared->after_folding = after;
                atomic_store(&shared->misdeeds[CHOSEN], 1);
                assert_opened(trial);
                assert_int_equal(trial->engine->workers, workers[w]);
                assert_right_run(trial);
                assert_int_equal(atomic_load(&shared->misdeeds[CHOSEN]), 0);
                assert_int_equal(trial->notices.count, 1);
                if (test_notices_with(&trial->notices, causes[misdeed]) != 1 ||
                    test_notices_with(&trial->notices, "redone") != 1)
                    fail_msg("misdeed %d: %s", (int)misdeed, trial->notices.text[0]);
                assert_int_equal(atomic_load(&shared->tries[CHOSEN]), 2);
                /* The engine is as good as new. */
                assert_right_run(trial);
                assert_int_equal(trial->notices.count, 1);
                assert_clean_close(trial);
            }
        }
    }
}

/* The block of every position, so that first, last and waiting ones are among them. */
static void test_any_block_may_be_the_one(void **state) {
    (void)state;
    for (unsigned block = 0; block < BLOCKS; block++) {
        for (unsigned times = 1; times <= 3; times++) {
            fork_trial *trial = prepare(2);
            shared->misdeed = KILL_ITSELF;
            atomic_store(&shared->misdeeds[block], times);
            assert_opened(trial);
            assert_right_run(trial);
            assert_int_equal(trial->notices.count, times);
            assert_int_equal(atomic_load(&shared->tries[block]), times + 1);
            assert_clean_close(trial);
        }
    }
}

/* Every block kills three workers before it lets itself be folded. A block that waited behind a deadly one did not kill
 * and is not blamed, else it would have no tries left when it is its turn. */
static void test_every_block_may_be_redone_three_times(void **state) {
    (void)state;
    for (unsigned workers = 1; workers <= 3; workers++) {
        fork_trial *trial = prepare(workers);
        shared->misdeed = KILL_ITSELF;
        for (unsigned block = 0; block < BLOCKS; block++)
            atomic_store(&shared->misdeeds[block], 3);
        assert_opened(trial);
        assert_right_run(trial);
        assert_int_equal(trial->notices.count, 3 * BLOCKS);
        for (unsigned block = 0; block < BLOCKS; block++)
            assert_int_equal(atomic_load(&shared->tries[block]), 4);
        assert_clean_close(trial);
    }
}

static void test_a_block_that_always_kills_ends_the_run(void **state) {
    static const misdeed_kind misdeeds[] = {CRASH, EXIT_0, KILL_ITSELF, LOSE_FILES, LIE};
    (void)state;
    for (size_t m = 0; m < sizeof misdeeds / sizeof misdeeds[0]; m++) {
        for (unsigned workers = 1; workers <= 3; workers++) {
            ps_integer_partial total;
            fork_trial *trial = prepare(workers);
            shared->misdeed = misdeeds[m];
            atomic_store(&shared->misdeeds[CHOSEN], UINT32_MAX);
            assert_opened(trial);
            assert_int_equal(run_range(trial, &whole, &total), PARSUM_FAILED);
            assert_int_equal(trial->error.status, PARSUM_FAILED);
            assert_non_null(strstr(trial->error.message, "4 times"));
            assert_int_equal(atomic_load(&shared->tries[CHOSEN]), 4);
            assert_int_equal(trial->notices.count, 3);
            assert_clean_close(trial);
        }
    }
}

/* ---- workers that are ended by others */

static void kill_folders(int number) {
    for (unsigned i = 0; i < atomic_load(&shared->pid_count) && i < PIDS_MAX; i++)
        kill_folder(i, number);
}

static void test_workers_killed_between_runs(void **state) {
    (void)state;
    for (unsigned workers = 1; workers <= 4; workers++) {
        for (unsigned killed = 1; killed <= workers; killed++) {
            fork_trial *trial = prepare(workers);
            /* Every worker folds at least once, so that its process is known. */
            atomic_store(&shared->rests, workers);
            atomic_store(&shared->rest_ms, 20);
            assert_opened(trial);
            assert_right_run(trial);
            assert_int_equal(atomic_load(&shared->pid_count), workers);
            for (unsigned i = 0; i < killed; i++) {
                kill_folder(i, SIGKILL);
                test_await_death(atomic_load(&shared->pids[i]));
            }
            assert_right_run(trial);
            assert_int_equal(trial->notices.count, killed);
            assert_int_equal(test_notices_with(&trial->notices, "signal 9"), killed);
            assert_clean_close(trial);
        }
    }
}

static void kill_all_at_work(fork_trial *trial) {
    if (trial->phase == 0 && atomic_load(&shared->resting) >= trial->job.workers) {
        trial->phase = 1;
        kill_folders(SIGKILL);
    }
}

static void test_all_workers_killed_at_once_in_the_middle(void **state) {
    (void)state;
    for (unsigned workers = 1; workers <= 5; workers++) {
        fork_trial *trial = prepare(workers);
        trial->poll = kill_all_at_work;
        atomic_store(&shared->rests, workers);
        atomic_store(&shared->rest_ms, 30000);
        assert_opened(trial);
        assert_right_run(trial);
        assert_int_equal(trial->notices.count, workers);
        assert_int_equal(test_notices_with(&trial->notices, "redone"), workers);
        assert_clean_close(trial);
    }
}

static void stop_one_and_continue_it(fork_trial *trial) {
    if (trial->phase == 0 && atomic_load(&shared->resting) >= trial->job.workers)
        kill_folder(0, SIGSTOP);
    if (trial->phase > 0 || atomic_load(&shared->resting) >= trial->job.workers)
        trial->phase++;
    if (trial->phase == 6)
        kill_folder(0, SIGCONT);
}

static void test_a_worker_stopped_and_continued(void **state) {
    (void)state;
    fork_trial *trial = prepare(3);
    trial->poll = stop_one_and_continue_it;
    atomic_store(&shared->rests, 3);
    atomic_store(&shared->rest_ms, 100);
    assert_opened(trial);
    assert_right_run(trial);
    assert_true(trial->phase >= 6); /* the run waited for it */
    assert_int_equal(trial->notices.count, 0);
    assert_clean_close(trial);
}

/* ---- ending */

static void cancel_when_all_rest(fork_trial *trial) {
    if (atomic_load(&shared->resting) >= trial->job.workers)
        trial->deadline = 0;
}

static void test_a_cancelled_run_waits_for_no_block(void **state) {
    (void)state;
    for (unsigned workers = 1; workers <= 3; workers++) {
        ps_integer_partial total;
        fork_trial *trial = prepare(workers);
        trial->poll = cancel_when_all_rest;
        atomic_store(&shared->rests, UINT32_MAX);
        atomic_store(&shared->rest_ms, 30000);
        assert_opened(trial);
        const double start = ps_clock_seconds();
        assert_int_equal(run_range(trial, &whole, &total), PARSUM_CANCELLED);
        assert_clean_close(trial);
        assert_true(ps_clock_seconds() - start < 10);
    }
}

static void test_closing_ends_workers_that_are_stopped(void **state) {
    (void)state;
    fork_trial *trial = prepare(3);
    atomic_store(&shared->rests, 3);
    atomic_store(&shared->rest_ms, 20);
    assert_opened(trial);
    assert_right_run(trial);
    kill_folders(SIGSTOP);
    assert_clean_close(trial);
    const unsigned pids = atomic_load(&shared->pid_count);
    assert_int_equal(pids, 3);
    for (unsigned i = 0; i < pids; i++)
        assert_int_equal(kill(atomic_load(&shared->pids[i]), 0), -1);
}

static void test_many_workers_and_few_blocks(void **state) {
    const parsum_range few = {-2, 1, 1};
    const parsum_range none = {5, 5, 1};
    (void)state;
    for (unsigned workers = 1; workers <= 40; workers += 13) {
        ps_integer_partial total;
        fork_trial *trial = prepare(workers);
        trial->job.chunk = 1;
        assert_opened(trial);
        assert_int_equal(run_range(trial, &few, &total), PARSUM_OK);
        assert_true(is_total_of(&few, &total));
        assert_int_equal(run_range(trial, &none, &total), PARSUM_OK);
        assert_int_equal(total.head.count, 0);
        assert_int_equal(run_range(trial, &few, &total), PARSUM_OK);
        assert_true(is_total_of(&few, &total));
        assert_int_equal(trial->notices.count, 0);
        assert_clean_close(trial);
    }
}

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
        fork_trial *trial = prepare(2);
        shared->misdeed = KILL_ITSELF;
        atomic_store(&shared->misdeeds[CHOSEN], 2);
        sigaction(SIGCHLD, &actions[a], NULL);
        assert_opened(trial);
        assert_right_run(trial);
        assert_int_equal(trial->notices.count, 2);
        atomic_store(&shared->misdeeds[CHOSEN], UINT32_MAX);
        ps_integer_partial total;
        assert_int_equal(run_range(trial, &whole, &total), PARSUM_FAILED);
        assert_clean_close(trial);
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
        fork_trial *trial = prepare(3);
        shared->misdeed = KILL_ITSELF;
        atomic_store(&shared->misdeeds[CHOSEN], 2);
        assert_opened(trial);
        assert_right_run(trial);
        assert_int_equal(trial->notices.count, 2);
        close_engine(trial);
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
        fork_trial *trial = prepare(2);
        atomic_store(&shared->rests, 2);
        atomic_store(&shared->rest_ms, 20);
        sigaction(numbers[n], &action, &before);
        assert_opened(trial);
        assert_right_run(trial);
        kill_folders(SIGINT);
        test_sleep_ms(10);
        assert_right_run(trial);
        assert_int_equal(trial->notices.count, 0);
        kill_folders(numbers[n]);
        for (unsigned i = 0; i < 2; i++)
            test_await_death(atomic_load(&shared->pids[i]));
        assert_right_run(trial);
        assert_int_equal(trial->notices.count, 2);
        assert_clean_close(trial);
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
        fork_trial *trial = prepare(3);
        shared->misdeed = KILL_ITSELF;
        atomic_store(&shared->misdeeds[CHOSEN], 3);
        assert_opened(trial);
        assert_right_run(trial);
        assert_int_equal(trial->notices.count, 3);
        close_engine(trial);
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
        fork_trial *first = prepare_at(&trials[0], 2), *second = prepare_at(&trials[1], 3);
        assert_opened(first);
        assert_opened(second);
        for (int i = 0; i < 2; i++) {
            /* The workers of the second have inherited the first one's sockets: the first still notices a death. */
            shared->misdeed = KILL_ITSELF;
            atomic_store(&shared->misdeeds[CHOSEN], 1);
            assert_right_run(i == order ? first : second);
            assert_right_run(i == order ? second : first);
        }
        assert_int_equal(first->notices.count + second->notices.count, 2);
        close_engine(order == 0 ? first : second);
        atomic_store(&shared->misdeeds[CHOSEN], 1);
        assert_right_run(order == 0 ? second : first);
        assert_clean_close(order == 0 ? second : first);
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
    const parsum_status status = open_engine(context);
    sem_post(&opened);
    sem_wait(&may_end); /* a worker may end with the thread that started it */
    return status == PARSUM_OK ? context : NULL;
}

/* One thread is in the middle of starting a worker while another starts one too, which then inherits files that were
 * never meant for it. The death of the first one's worker must still be noticed. */
static void test_engines_opened_by_two_threads_at_once(void **state) {
    fork_trial *quick = prepare_at(&trials[0], 2), *slow = prepare_at(&trials[1], 1);
    pthread_t thread;
    void *outcome;
    (void)state;
    sem_init(&about_to_fork, 0, 0);
    sem_init(&may_fork, 0, 0);
    sem_init(&opened, 0, 0);
    sem_init(&may_end, 0, 0);
    assert_int_equal(pthread_create(&thread, NULL, open_slowly, slow), 0);
    sem_wait(&about_to_fork);
    const parsum_status status = open_engine(quick);
    sem_post(&may_fork);
    sem_wait(&opened);
    shared->misdeed = KILL_ITSELF;
    atomic_store(&shared->misdeeds[CHOSEN], 1);
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
    assert_true(is_total_of(&whole, &total));
    close_engine(slow);
    assert_clean_close(quick);
}

/* A process of the caller's own, forked in the middle of a worker's start, holds that worker's end of the socket open: it
 * never reads as ended, and the worker's death must be noticed all the same. */
static void test_a_foreign_process_holds_a_workers_socket(void **state) {
    fork_trial *trial = prepare(1);
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
    shared->misdeed = KILL_ITSELF;
    atomic_store(&shared->misdeeds[CHOSEN], 1);
    trial->deadline = ps_clock_seconds() + 5;
    const parsum_status status = test_engine_run(trial->engine, &whole, 1, &total, &trial->error);
    kill(foreign, SIGKILL);
    waitpid(foreign, NULL, 0);
    sem_post(&may_end);
    pthread_join(thread, &outcome);
    assert_non_null(outcome);
    assert_int_equal(status, PARSUM_OK);
    assert_true(is_total_of(&whole, &total));
    assert_int_equal(test_notices_with(&trial->notices, "signal 9"), 1);
    assert_clean_close(trial);
}

static void *open_and_run(void *context) {
    fork_trial *trial = context;
    ps_integer_partial total;
    if (open_engine(trial) != PARSUM_OK || run_range(trial, &whole, &total) != PARSUM_OK)
        return NULL;
    return context;
}

/* A context may be used by one thread after another: workers outlive the thread that started them. */
static void test_workers_outlive_the_thread_that_started_them(void **state) {
    pthread_t thread;
    void *outcome;
    (void)state;
    fork_trial *trial = prepare(2);
    atomic_store(&shared->rests, 2);
    atomic_store(&shared->rest_ms, 20);
    assert_int_equal(pthread_create(&thread, NULL, open_and_run, trial), 0);
    pthread_join(thread, &outcome);
    assert_non_null(outcome);
    test_sleep_ms(50);
    assert_right_run(trial);
    if (trial->notices.count > 0)
        fail_msg("%s", trial->notices.text[0]);
    assert_clean_close(trial);
}

/* ---- what the system refuses */

enum { CANNOT = 77 };

static int open_without_processes(void *context) {
    fork_trial *trial = context;
    if (!test_limit_processes(1))
        return CANNOT;
    TEST_CHECK(open_engine(trial) == PARSUM_FAILED);
    TEST_CHECK(trial->error.status == PARSUM_FAILED && strstr(trial->error.message, "limit") != NULL);
    TEST_CHECK(!test_has_child());
    return 0;
}

static int open_with_few_processes(void *context) {
    fork_trial *trial = context;
    ps_integer_partial total;
    if (!test_limit_processes(4))
        return CANNOT;
    TEST_CHECK(open_engine(trial) == PARSUM_OK);
    TEST_CHECK(trial->engine->workers >= 1 && trial->engine->workers < 4);
    TEST_CHECK(trial->notices.count == 1);
    TEST_CHECK(run_range(trial, &whole, &total) == PARSUM_OK && is_total_of(&whole, &total));
    close_engine(trial);
    TEST_CHECK(!test_has_child());
    return 0;
}

/* No worker can be replaced: those left finish, and the last one's death ends the run. */
static int lose_workers_for_good(void *context) {
    fork_trial *trial = context;
    ps_integer_partial total;
    TEST_CHECK(open_engine(trial) == PARSUM_OK && trial->engine->workers == 3);
    if (!test_limit_processes(1))
        return CANNOT;
    for (unsigned lost = 1; lost <= 2; lost++) {
        atomic_store(&shared->misdeeds[CHOSEN], 1);
        TEST_CHECK(run_range(trial, &whole, &total) == PARSUM_OK && is_total_of(&whole, &total));
        TEST_CHECK(test_notices_with(&trial->notices, "is not replaced") == lost);
    }
    TEST_CHECK(run_range(trial, &whole, &total) == PARSUM_OK && is_total_of(&whole, &total));
    atomic_store(&shared->misdeeds[CHOSEN], 1);
    TEST_CHECK(run_range(trial, &whole, &total) == PARSUM_FAILED);
    close_engine(trial);
    TEST_CHECK(!test_has_child());
    return 0;
}

/* Files run out: each worker takes a socket. */
static int open_with_few_files(void *context) {
    fork_trial *trial = context;
    ps_integer_partial total;
    const struct rlimit limit = {16, 16};
    TEST_CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    TEST_CHECK(open_engine(trial) == PARSUM_OK);
    TEST_CHECK(trial->engine->workers >= 1 && trial->engine->workers < 16);
    TEST_CHECK(trial->notices.count == 1);
    TEST_CHECK(run_range(trial, &whole, &total) == PARSUM_OK && is_total_of(&whole, &total));
    close_engine(trial);
    TEST_CHECK(!test_has_child());
    return 0;
}

static void assert_subprocess(int (*function)(void *), unsigned workers) {
    fork_trial *trial = prepare(workers);
    shared->misdeed = KILL_ITSELF;
    const int status = test_in_subprocess(function, trial);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT)
        skip();
    assert_int_equal(status, 0);
    assert_true(test_all_gone((const pid_t *)shared->pids, atomic_load(&shared->pid_count)));
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

/* ---- a parent that dies */

/* Runs until it is killed. */
static int run_for_ever(void *context) {
    fork_trial *trial = context;
    ps_integer_partial total;
    TEST_CHECK(open_engine(trial) == PARSUM_OK);
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
    TEST_CHECK(open_engine(trial) == PARSUM_OK);
    TEST_CHECK(run_range(trial, &whole, &total) == PARSUM_OK);
    atomic_store(&shared->resting, UINT32_MAX);
    test_sleep_ms(50000);
    return 0;
}

/* Leaves without closing anything. */
static int just_leave(void *context) {
    fork_trial *trial = context;
    ps_integer_partial total;
    TEST_CHECK(open_engine(trial) == PARSUM_OK);
    TEST_CHECK(run_range(trial, &whole, &total) == PARSUM_OK);
    return 0;
}

static void assert_no_orphans(int (*function)(void *), long rest_ms, bool stop_one) {
    fork_trial *trial = prepare(3);
    atomic_store(&shared->rests, 3);
    atomic_store(&shared->rest_ms, rest_ms);
    fflush(NULL);
    const pid_t parent = fork();
    if (parent == 0) {
        alarm(60);
        _exit(function(trial));
    }
    assert_true(parent > 0);
    const double limit = ps_clock_seconds() + 20;
    while (atomic_load(&shared->resting) < 3 && ps_clock_seconds() < limit)
        test_sleep_ms(1);
    assert_true(atomic_load(&shared->resting) >= 3);
    assert_int_equal(atomic_load(&shared->pid_count), 3);
    if (stop_one)
        kill_folder(1, SIGSTOP);
    if (function != just_leave) {
        for (unsigned i = 0; i < 3; i++)
            assert_false(test_process_gone(atomic_load(&shared->pids[i])));
        kill(parent, SIGKILL);
    }
    waitpid(parent, NULL, 0);
    assert_true(test_all_gone((const pid_t *)shared->pids, 3));
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

/* Whatever an assertion that failed has left behind. */
static int tidy(void **state) {
    (void)state;
    signal(SIGCHLD, SIG_DFL);
    for (size_t i = 0; i < sizeof trials / sizeof trials[0]; i++) {
        if (trials[i].engine != NULL)
            close_engine(&trials[i]);
    }
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_worker_that_dies_once_is_replaced, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_any_block_may_be_the_one, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_a_block_that_always_kills_ends_the_run, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_every_block_may_be_redone_three_times, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_workers_killed_between_runs, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_all_workers_killed_at_once_in_the_middle, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_a_worker_stopped_and_continued, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_a_cancelled_run_waits_for_no_block, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_closing_ends_workers_that_are_stopped, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_many_workers_and_few_blocks, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_callers_that_reap_all_children, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_interrupted_system_calls, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_workers_do_not_run_the_callers_handlers, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_fork_beside_busy_threads, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_two_engines_end_in_any_order, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_engines_opened_by_two_threads_at_once, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_a_foreign_process_holds_a_workers_socket, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_workers_outlive_the_thread_that_started_them, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_no_process_is_to_be_had, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_few_processes_are_to_be_had, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_no_process_is_to_be_had_any_more, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_few_files_are_to_be_had, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_no_orphans_when_the_parent_is_killed_at_work, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_no_orphans_when_the_parent_is_killed_at_rest, test_guard, tidy),
        cmocka_unit_test_setup_teardown(test_no_orphans_when_the_parent_just_leaves, test_guard, tidy),
    };
    pthread_atfork(before_fork, NULL, NULL);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    forbidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || forbidden == MAP_FAILED)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
