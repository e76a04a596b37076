/* fork_test.h - what the tests of the fork engine share: folds that misbehave on chosen blocks and remember in a shared
 * mapping how often, and what a test sees of a run over them. */
#ifndef PS_TEST_FORK_TEST_H
#define PS_TEST_FORK_TEST_H

#include <stdatomic.h>

#include "engine_support.h"

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
typedef struct fork_control {
    misdeed_kind misdeed;
    bool after_folding;           /* rather than before it: the partial is complete but not marked */
    atomic_uint misdeeds[BLOCKS]; /* how often each block will still be misbehaved on */
    atomic_uint tries[BLOCKS];    /* folds of each block */
    atomic_uint rests;            /* how many folds will still rest before they work */
    atomic_uint resting;          /* folds that have begun to rest */
    atomic_long rest_ms;
    atomic_uint pid_count; /* processes that folded, in the order they began */
    _Atomic pid_t pids[PIDS_MAX];
} fork_control;

extern fork_control *fork_shared;

static const parsum_range whole = {-500, (ps_int128)CHUNK *BLOCKS - 500, 1};

/* Maps the shared control, and a page for folds to crash on; for the group of tests. */
int fork_group_setup(void **state);

/* Sends number to the process that began to fold as the index-th. One that is not known is 0, which kill takes for the
 * whole group: this process, and what runs it. */
void fork_kill_folder(unsigned index, int number);
void fork_kill_folders(int number);

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

/* Not on the stack, which a failed assertion leaves: the teardown closes what is still open. */
extern fork_trial fork_trials[2];

/* A trial with nothing wrong yet; the shared control starts anew. */
fork_trial *fork_prepare_at(fork_trial *trial, unsigned workers);
fork_trial *fork_prepare(unsigned workers);

parsum_status fork_open_engine(fork_trial *trial);
void fork_close_engine(fork_trial *trial);
parsum_status fork_run_range(fork_trial *trial, const parsum_range *range, ps_integer_partial *total);

/* Whether total is that of range, by brute force. For subprocesses too. */
bool fork_is_total_of(const parsum_range *range, const ps_integer_partial *total);

void fork_assert_right_run(fork_trial *trial);
void fork_assert_opened(fork_trial *trial);

/* Closes the engine; nothing of it is left, neither a process nor a zombie. */
void fork_assert_clean_close(fork_trial *trial);

/* Whatever an assertion that failed has left behind. */
int fork_tidy(void **state);

#define TEST(function) cmocka_unit_test_setup_teardown(function, test_guard, fork_tidy)

#endif
