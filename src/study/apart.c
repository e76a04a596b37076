/* apart.c - a process for one row: its beginning, its end, and what it would leave behind. */
#include "study/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "base/clock.h"
#include "base/error.h"
#include "engine/child.h"
#include "study/rows.h"

typedef struct apart_call {
    const ps_study_request *request;
    void (*measure)(const ps_study_request *request, void *seen);
    void *seen;
} apart_call;

void *ps_study_share(size_t size_bytes) {
    void *shared =
        mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return shared == MAP_FAILED ? NULL : shared;
}

void ps_study_unshare(void *shared, size_t size_bytes) {
    if (shared != NULL)
        munmap(shared, size_bytes);
}

pid_t ps_study_fork(void (*function)(void *context), void *context) {
    const pid_t parent = getpid();
    const pid_t child = fork();
    if (child != 0)
        return child;
    ps_child_begin(parent, true);
    function(context);
    _exit(0);
}

int ps_study_wait(pid_t child) {
    int status = 0;
    pid_t waited;
    do
        waited = waitpid(child, &status, 0);
    while (waited < 0 && errno == EINTR);
    return waited == child ? status : -1;
}

/* Where memory runs out, the process to go is this one, not another of the machine. */
static void offer_to_end_first(void) {
    const int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return;
    (void)!write(file, "1000", 4);
    close(file);
}

static void measure_apart(void *context) {
    const apart_call *call = context;
    offer_to_end_first();
    call->measure(call->request, call->seen);
}

static void rest(void) {
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

/* Ends a row's process. Its own children end with it; they become children of this process, which is their subreaper, and
 * are waited for, for a short time: children that the program had before it began are not the study's to wait for. */
static void end_family(pid_t child) {
    enum { RESTS = 100 };
    kill(child, SIGKILL);
    ps_study_wait(child);
    for (int rests = 0; rests < RESTS;) {
        const pid_t waited = waitpid(-1, NULL, WNOHANG);
        if (waited < 0 && errno == ECHILD)
            return;
        if (waited <= 0) {
            rest();
            rests++;
        }
    }
}

static parsum_status check_end(int status, parsum_error *error) {
    char end[128];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return PARSUM_OK;
    ps_child_describe_end(status, end, sizeof end);
    return ps_fail(error, PARSUM_FAILED, "the process that measured this %s", end);
}

parsum_status ps_study_run_apart(const ps_study_request *request,
                                 void (*measure)(const ps_study_request *request, void *seen), void *seen,
                                 double limit_seconds, parsum_error *error) {
    apart_call call = {request, measure, seen};
    const double start = ps_clock_seconds();
#ifdef __linux__
    prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
    const pid_t child = ps_study_fork(measure_apart, &call);
    if (child < 0)
        return ps_fail(error, PARSUM_FAILED, "no process could be started to measure this (%s)",
                       strerror(errno));
    for (;;) {
        int status;
        const pid_t waited = waitpid(child, &status, WNOHANG);
        if (waited == child)
            return check_end(status, error);
        if (request->cancelled != NULL && request->cancelled(request->user)) {
            end_family(child);
            return ps_fail(error, PARSUM_CANCELLED, "cancelled");
        }
        if (limit_seconds > 0 && ps_clock_seconds() - start > limit_seconds) {
            end_family(child);
            return ps_fail(error, PARSUM_FAILED, "measuring this did not end within %.0f seconds",
                           limit_seconds);
        }
        rest();
    }
}
