/* workers.c - starting and joining threads, forking and waiting for processes. */
#include "study/workers.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/types.h>

#include "base/clock.h"
#include "study/apart.h"
#include "study/room.h"

struct ps_study_worker {
    ps_study_task *task;
    void *context;
    unsigned index;
    bool waited;
    pid_t process;
    pthread_t thread;
};

static void *work(void *argument) {
    struct ps_study_worker *worker = argument;
    worker->task(worker->index, worker->context);
    return NULL;
}

static void work_as_process(void *argument) {
    work(argument);
}

/* Starts one worker; 0, or the number of the error. */
static int start(struct ps_study_worker *worker, ps_study_way way) {
    if (way == PS_STUDY_THREADS)
        return pthread_create(&worker->thread, NULL, work, worker);
    worker->process = ps_study_fork(work_as_process, worker);
    return worker->process < 0 ? errno : 0;
}

/* Starts them within that time; 0: it may take as long as it likes. */
static void start_within(ps_study_workers *workers, ps_study_way way, unsigned wanted, ps_study_task *task,
                         void *context, double limit_seconds) {
    enum { LOOK_EVERY = 256 };
    const double begin = ps_clock_seconds();
    *workers = (ps_study_workers){.way = way, .list = calloc(wanted, sizeof *workers->list)};
    if (workers->list == NULL) {
        snprintf(workers->refusal, sizeof workers->refusal, "out of memory for a list of them");
        return;
    }
    for (unsigned i = 0; i < wanted; i++) {
        const char *reason = i % LOOK_EVERY == LOOK_EVERY - 1 ? ps_study_room_is_short() : NULL;
        if (limit_seconds > 0 && ps_clock_seconds() - begin > limit_seconds)
            reason = "to start so many takes too long";
        if (reason != NULL) {
            snprintf(workers->refusal, sizeof workers->refusal, "%s", reason);
            return;
        }
        workers->list[i] = (struct ps_study_worker){.task = task, .context = context, .index = i};
        const int failure = start(&workers->list[i], way);
        if (failure != 0) {
            snprintf(workers->refusal, sizeof workers->refusal, "%s", strerror(failure));
            return;
        }
        workers->count++;
    }
}

void ps_study_workers_start(ps_study_workers *workers, ps_study_way way, unsigned wanted, ps_study_task *task,
                            void *context) {
    start_within(workers, way, wanted, task, context, 0);
}

int ps_study_worker_wait(ps_study_workers *workers, unsigned index) {
    struct ps_study_worker *worker = &workers->list[index];
    worker->waited = true;
    if (workers->way == PS_STUDY_PROCESSES)
        return ps_study_wait(worker->process);
    pthread_join(worker->thread, NULL);
    return 0;
}

bool ps_study_workers_end(ps_study_workers *workers) {
    bool well = true;
    for (unsigned i = 0; i < workers->count; i++) {
        if (!workers->list[i].waited)
            well = ps_study_worker_wait(workers, i) == 0 && well;
    }
    free(workers->list);
    workers->list = NULL;
    return well;
}

typedef struct trial {
    ps_study_way way;
    sem_t end;
} trial;

/* Waits, for nothing but its end. The timer by which a process watches its parent would wake thousands of them all the time;
 * on Linux they end with it all the same. */
static void wait_task(unsigned index, void *context) {
    const struct itimerval off = {{0, 0}, {0, 0}};
    trial *run = context;
    (void)index;
    if (run->way == PS_STUDY_PROCESSES)
        setitimer(ITIMER_REAL, &off, NULL);
    while (sem_wait(&run->end) != 0 && errno == EINTR)
        continue;
}

unsigned ps_study_workers_try(ps_study_way way, unsigned wanted, char *refusal, size_t size) {
    static const double limit_seconds = 3; /* their ends take about as long */
    ps_study_workers workers;
    if (!ps_study_room_for(wanted, refusal, size))
        return 0;
    trial *run = ps_study_share(sizeof *run);
    if (run == NULL) {
        snprintf(refusal, size, "there is no memory to share");
        return 0;
    }
    run->way = way;
    sem_init(&run->end, 1, 0);
    start_within(&workers, way, wanted, wait_task, run, limit_seconds);
    snprintf(refusal, size, "%s", workers.refusal);
    for (unsigned i = 0; i < workers.count; i++)
        sem_post(&run->end);
    ps_study_workers_end(&workers);
    ps_study_unshare(run, sizeof *run);
    return workers.count;
}
