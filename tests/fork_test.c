/* fork_test.c - the fold that misbehaves, and runs of the engine over it. */
#include "fork_test.h"

#include <sys/mman.h>
#include <sys/socket.h>

fork_control *fork_shared;
static char *forbidden; /* a page that cannot be written */

void fork_kill_folder(unsigned index, int number) {
    const pid_t pid = atomic_load(&fork_shared->pids[index]);
    if (pid > 0)
        kill(pid, number);
}

void fork_kill_folders(int number) {
    for (unsigned i = 0; i < atomic_load(&fork_shared->pid_count) && i < PIDS_MAX; i++)
        fork_kill_folder(i, number);
}

static void note_pid(void) {
    const pid_t own = getpid();
    for (unsigned i = 0; i < atomic_load(&fork_shared->pid_count) && i < PIDS_MAX; i++) {
        if (atomic_load(&fork_shared->pids[i]) == own)
            return;
    }
    const unsigned place = atomic_fetch_add(&fork_shared->pid_count, 1);
    if (place < PIDS_MAX)
        atomic_store(&fork_shared->pids[place], own);
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
    atomic_fetch_add(&fork_shared->tries[index], 1);
    if (takes_one(&fork_shared->rests)) {
        atomic_fetch_add(&fork_shared->resting, 1);
        test_sleep_ms(atomic_load(&fork_shared->rest_ms));
    }
    const bool bad = takes_one(&fork_shared->misdeeds[index]);
    if (bad && !fork_shared->after_folding)
        misbehave(fork_shared->misdeed);
    ps_fold_block(isa, block, needs, partial);
    if (bad && fork_shared->after_folding)
        misbehave(fork_shared->misdeed);
}

/* ---- what a test sees of a run */

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

fork_trial fork_trials[2];

fork_trial *fork_prepare_at(fork_trial *trial, unsigned workers) {
    memset(fork_shared, 0, sizeof *fork_shared);
    memset(trial, 0, sizeof *trial);
    trial->job = test_job(workers, CHUNK, TEST_NEED_ALL);
    trial->job.fold = fold;
    trial->job.monitor = (ps_monitor){trial_notice, trial_progress, trial_cancelled, trial};
    return trial;
}

fork_trial *fork_prepare(unsigned workers) {
    return fork_prepare_at(&fork_trials[0], workers);
}

parsum_status fork_open_engine(fork_trial *trial) {
    return ps_engine_fork.open(&trial->job, &trial->engine, &trial->error);
}

void fork_close_engine(fork_trial *trial) {
    trial->engine->engine->close(trial->engine);
    trial->engine = NULL;
}

parsum_status fork_run_range(fork_trial *trial, const parsum_range *range, ps_integer_partial *total) {
    trial->deadline = ps_clock_seconds() + 20;
    return test_engine_run(trial->engine, range, 1, total, &trial->error);
}

bool fork_is_total_of(const parsum_range *range, const ps_integer_partial *total) {
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

void fork_assert_right_run(fork_trial *trial) {
    ps_integer_partial total;
    const parsum_status status = fork_run_range(trial, &whole, &total);
    if (status != PARSUM_OK)
        fail_msg("status %d: %s", (int)status, trial->error.message);
    assert_true(fork_is_total_of(&whole, &total));
}

void fork_assert_opened(fork_trial *trial) {
    const parsum_status status = fork_open_engine(trial);
    if (status != PARSUM_OK)
        fail_msg("status %d: %s", (int)status, trial->error.message);
}

void fork_assert_clean_close(fork_trial *trial) {
    fork_close_engine(trial);
    assert_false(test_has_child());
}

int fork_tidy(void **state) {
    (void)state;
    signal(SIGCHLD, SIG_DFL);
    for (size_t i = 0; i < sizeof fork_trials / sizeof fork_trials[0]; i++) {
        if (fork_trials[i].engine != NULL)
            fork_close_engine(&fork_trials[i]);
    }
    return 0;
}

int fork_group_setup(void **state) {
    (void)state;
    fork_shared = mmap(NULL, sizeof *fork_shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    forbidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return fork_shared == MAP_FAILED || forbidden == MAP_FAILED ? -1 : 0;
}
