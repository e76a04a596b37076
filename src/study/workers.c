/* workers.c - starting and joining threads, forking and waiting for processes. */
#include "study/workers.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "study/apart.h"

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

/* The number behind "name" in a file of such lines, or of one number; 0 where there is none. */
static double number_in_file(const char *path, const char *name) {
    char line[256];
    double number = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    while (number == 0 && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0)
            sscanf(line + strlen(name), "%lf", &number);
    }
    fclose(file);
    return number;
}

/* Whether less than an eighth of the memory is left, of the machine or of the container. Where that cannot be known, there
 * is enough. */
static bool memory_is_short(void) {
    const double total = number_in_file("/proc/meminfo", "MemTotal:");
    const double available = number_in_file("/proc/meminfo", "MemAvailable:");
    const double limit = number_in_file("/sys/fs/cgroup/memory.max", "");
    const double used = number_in_file("/sys/fs/cgroup/memory.current", "");
    return (total > 0 && available < total / 8) || (limit > 0 && limit - used < limit / 8);
}

/* Starts one worker; 0, or the number of the error. */
static int start(struct ps_study_worker *worker, ps_study_way way) {
    if (way == PS_STUDY_THREADS)
        return pthread_create(&worker->thread, NULL, work, worker);
    worker->process = ps_study_fork(work_as_process, worker);
    return worker->process < 0 ? errno : 0;
}

void ps_study_workers_start(ps_study_workers *workers, ps_study_way way, unsigned wanted, ps_study_task *task,
                            void *context) {
    enum { LOOK_EVERY = 256 };
    *workers = (ps_study_workers){.way = way, .list = calloc(wanted, sizeof *workers->list)};
    if (workers->list == NULL) {
        snprintf(workers->refusal, sizeof workers->refusal, "out of memory for a list of them");
        return;
    }
    for (unsigned i = 0; i < wanted; i++) {
        if (i % LOOK_EVERY == LOOK_EVERY - 1 && memory_is_short()) {
            snprintf(workers->refusal, sizeof workers->refusal, "memory runs short");
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
