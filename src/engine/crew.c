/* crew.c - threads behind a start signal. */
#include "engine/crew.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"

typedef struct member {
    ps_crew *crew;
    pthread_t thread;
    unsigned index;
} member;

struct ps_crew {
    pthread_mutex_t lock;
    pthread_cond_t start, finished;
    ps_crew_task *task;
    void *context;
    unsigned count;
    unsigned waiting; /* members that reached the start for the first time */
    unsigned working; /* members that have not finished this round */
    uint64_t round;   /* counts the start signals */
    bool ending;
    member members[];
};

static void *member_main(void *argument) {
    member *self = argument;
    ps_crew *crew = self->crew;
    uint64_t round = 0;
    pthread_mutex_lock(&crew->lock);
    crew->waiting++;
    pthread_cond_signal(&crew->finished);
    for (;;) {
        while (crew->round == round && !crew->ending)
            pthread_cond_wait(&crew->start, &crew->lock);
        if (crew->ending)
            break;
        round = crew->round;
        pthread_mutex_unlock(&crew->lock);
        crew->task(self->index, crew->context);
        pthread_mutex_lock(&crew->lock);
        if (--crew->working == 0)
            pthread_cond_signal(&crew->finished);
    }
    pthread_mutex_unlock(&crew->lock);
    return NULL;
}

/* Starts the members with signals blocked, but for those that a thread brings on itself: these end the program or reach
 * its handler wherever they arise. The count says how many members there are. */
static int start_members(ps_crew *crew, unsigned wanted) {
    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    sigset_t blocked, before;
    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        sigdelset(&blocked, own[i]);
    pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int failure = 0;
    while (crew->count < wanted) {
        member *next = &crew->members[crew->count];
        *next = (member){.crew = crew, .index = crew->count};
        failure = pthread_create(&next->thread, NULL, member_main, next);
        if (failure != 0)
            break;
        crew->count++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

parsum_status ps_crew_create(unsigned wanted, ps_crew_task *task, void *context, ps_crew **crew,
                             unsigned *created, parsum_error *error) {
    ps_crew *made = calloc(1, sizeof *made + wanted * sizeof made->members[0]);
    if (made == NULL)
        return ps_fail_memory(error, "the list of threads");
    made->task = task;
    made->context = context;
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->start, NULL);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&made->finished, &attributes);
    pthread_condattr_destroy(&attributes);

    const int failure = start_members(made, wanted);
    if (made->count == 0) {
        ps_crew_destroy(made);
        return ps_fail(error, PARSUM_FAILED, "no thread could be started (%s); raise the limit on processes",
                       strerror(failure));
    }
    pthread_mutex_lock(&made->lock);
    while (made->waiting < made->count)
        pthread_cond_wait(&made->finished, &made->lock);
    pthread_mutex_unlock(&made->lock);
    *created = made->count;
    *crew = made;
    return PARSUM_OK;
}

void ps_crew_notice(const ps_monitor *monitor, const char *what, unsigned created, unsigned wanted) {
    if (created < wanted)
        ps_monitor_notice(monitor, "only %u of %u threads could be started for %s; going on with them",
                          created, wanted, what);
}

void ps_crew_run(ps_crew *crew, ps_crew_poll *poll, void *poll_context) {
    pthread_mutex_lock(&crew->lock);
    crew->round++;
    crew->working = crew->count;
    pthread_cond_broadcast(&crew->start);
    while (crew->working > 0) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += PS_POLL_MILLISECONDS * 1000000L;
        if (until.tv_nsec >= 1000000000L) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000L;
        }
        pthread_cond_timedwait(&crew->finished, &crew->lock, &until);
        if (crew->working > 0 && poll != NULL) {
            pthread_mutex_unlock(&crew->lock);
            poll(poll_context);
            pthread_mutex_lock(&crew->lock);
        }
    }
    pthread_mutex_unlock(&crew->lock);
}

typedef struct monitored_run {
    const ps_monitor *monitor;
    ps_queue *queue;
    bool cancelled;
} monitored_run;

static void poll_monitor(void *context) {
    monitored_run *run = context;
    run->cancelled = ps_monitor_poll(run->monitor, run->queue) || run->cancelled;
}

bool ps_crew_run_monitored(ps_crew *crew, const ps_monitor *monitor, ps_queue *queue) {
    monitored_run run = {.monitor = monitor, .queue = queue};
    ps_crew_run(crew, poll_monitor, &run);
    return run.cancelled;
}

void ps_crew_destroy(ps_crew *crew) {
    if (crew == NULL)
        return;
    pthread_mutex_lock(&crew->lock);
    crew->ending = true;
    pthread_cond_broadcast(&crew->start);
    pthread_mutex_unlock(&crew->lock);
    for (unsigned i = 0; i < crew->count; i++)
        pthread_join(crew->members[i].thread, NULL);
    pthread_cond_destroy(&crew->start);
    pthread_cond_destroy(&crew->finished);
    pthread_mutex_destroy(&crew->lock);
    free(crew);
}
