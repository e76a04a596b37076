/* engine_support.h - what the tests of engines share: an engine run over ranges, what it says, the processes it leaves.
 *
 * Functions here assert nothing, so they may be called anywhere, in subprocesses of a test too. */
#ifndef PS_TEST_ENGINE_SUPPORT_H
#define PS_TEST_ENGINE_SUPPORT_H

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "support.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

enum {
    TEST_NEED_ALL = PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES,
    TEST_NOTICES_MAX = 32
};

/* The notices of an engine; texts beyond the last place are only counted. */
typedef struct test_notices {
    unsigned count;
    char text[TEST_NOTICES_MAX][1024];
} test_notices;

static inline void test_notices_add(const char *sentence, void *user) {
    test_notices *notices = user;
    if (notices->count < TEST_NOTICES_MAX)
        snprintf(notices->text[notices->count], sizeof notices->text[0], "%s", sentence);
    notices->count++;
}

/* How many of the notices kept have part in them. */
static inline unsigned test_notices_with(const test_notices *notices, const char *part) {
    unsigned found = 0;
    for (unsigned i = 0; i < notices->count && i < TEST_NOTICES_MAX; i++)
        found += strstr(notices->text[i], part) != NULL;
    return found;
}

/* A job of integers on the best CPU path, without callbacks. */
static inline ps_job test_job(unsigned workers, uint64_t chunk, unsigned needs) {
    ps_job job = {.kind = &ps_kinds[PS_KIND_INTEGER],
                  .needs = needs,
                  .fold = ps_fold_block,
                  .workers = workers,
                  .chunk = chunk};
    ps_isa_find(NULL, &job.isa, NULL);
    return job;
}

/* One run of an open engine over a source, in blocks of chunk elements (0: as the engine likes); total is what the workers found
 * together, as they left it on failure. */
static inline parsum_status test_engine_run_source(ps_engine_state *engine, ps_source *source, uint64_t chunk,
                                                   ps_partial *total, parsum_error *error) {
    const ps_kind *kind = engine->job->kind;
    const size_t stride = ps_partial_stride(kind);
    ps_queue *queue = NULL;
    parsum_status status = ps_queue_create(source, chunk, engine->workers, &queue, error);
    if (status != PARSUM_OK)
        return status;
    char *partials = ps_partials_allocate(kind, engine->workers);
    for (unsigned i = 0; i < engine->workers; i++)
        kind->clear((ps_partial *)(partials + i * stride));
    status = engine->engine->run(engine, queue, partials, error);
    kind->clear(total);
    for (unsigned i = 0; i < engine->workers; i++)
        kind->merge(total, (ps_partial *)(partials + i * stride));
    free(partials);
    ps_queue_destroy(queue);
    return status;
}

/* The same over all of ranges. */
static inline parsum_status test_engine_run(ps_engine_state *engine, const parsum_range *ranges,
                                            size_t range_count, ps_integer_partial *total,
                                            parsum_error *error) {
    ps_source *source = NULL;
    parsum_status status = ps_source_ranges(ranges, range_count, &source, error);
    if (status == PARSUM_OK)
        status = test_engine_run_source(engine, source, engine->job->chunk, &total->head, error);
    ps_source_destroy(source);
    return status;
}

/* Whether this process has a child, dead or alive. */
static inline bool test_has_child(void) {
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

/* Whether a process that need not be a child of this one is gone, or waits only to be reaped. */
static inline bool test_process_gone(pid_t pid) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return true;
    const size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    const char *name_end = strrchr(text, ')');
    return name_end == NULL || name_end[2] == 'Z' || name_end[2] == 'X';
}

/* Waits until a child of this process has died, without reaping it. */
static inline void test_await_death(pid_t pid) {
    siginfo_t info;
    while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        ;
}

/* All of it, whatever signals arrive. */
static inline void test_sleep_ms(long milliseconds) {
    struct timespec left = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

/* Whether all of pids are gone, within some seconds. */
static inline bool test_all_gone(const pid_t *pids, size_t count) {
    const double limit = ps_clock_seconds() + 10;
    for (size_t i = 0; i < count; i++) {
        while (!test_process_gone(pids[i])) {
            if (ps_clock_seconds() > limit)
                return false;
            test_sleep_ms(2);
        }
    }
    return true;
}

/* The wait status of function in a process of its own, for what cannot be undone. It must not assert. */
static inline int test_in_subprocess(int (*function)(void *context), void *context) {
    int status = -1;
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        alarm(60);
        _exit(function(context));
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* In a subprocess, instead of an assertion: says what does not hold and ends the function with 1. */
#define TEST_CHECK(condition)                                                             \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
            return 1;                                                                     \
        }                                                                                 \
    } while (0)

/* What such a function ends with where the machine does not let it try. */
enum { TEST_CANNOT = 77 };

/* Limits this process and all it starts to count processes and threads. Limits do not bind the superuser, so it becomes
 * a user that owns nothing else. False: that cannot be had here. */
static inline bool test_limit_processes(rlim_t count) {
    enum { NOBODY_ELSE = 54321 };
    const struct rlimit limit = {count, count};
    if (getuid() == 0 && (setgid(NOBODY_ELSE) != 0 || setuid(NOBODY_ELSE) != 0))
        return false;
    return setrlimit(RLIMIT_NPROC, &limit) == 0;
}

/* Setup of every test: one that hangs is ended by SIGALRM. No core files of processes that are crashed on purpose. */
static inline int test_guard(void **state) {
    const struct rlimit none = {0, 0};
    (void)state;
    setrlimit(RLIMIT_CORE, &none);
    alarm(250);
    return 0;
}

#endif
