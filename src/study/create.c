/* create.c - the time to begin and end a thread and a process that do nothing. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "report/units.h"
#include "run/result.h"
#include "study/apart.h"
#include "study/rows.h"

enum { ROUNDS_MAX = 1000 };
static const double enough_seconds = 0.4;

static void *do_nothing(void *argument) {
    return argument;
}

/* Each begins one and waits for its end; 0, or the number of the error. */
static int thread_once(void) {
    pthread_t thread;
    const int failure = pthread_create(&thread, NULL, do_nothing, NULL);
    if (failure == 0)
        pthread_join(thread, NULL);
    return failure;
}

static int process_once(void) {
    const pid_t child = fork();
    if (child == 0)
        _exit(0);
    if (child < 0)
        return errno;
    return ps_study_wait(child) == 0 ? 0 : ECHILD;
}

void ps_study_measure_create(const ps_study_request *request, void *context) {
    static double seconds[PS_STUDY_WAYS][ROUNDS_MAX];
    ps_study_create_seen *seen = context;
    (void)request;
    const double start = ps_clock_seconds();
    /* In turns, so that what disturbs one disturbs the other, too. The first round is not counted: it meets cold caches. */
    for (unsigned round = 0; round <= ROUNDS_MAX && ps_clock_seconds() - start < enough_seconds; round++) {
        for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++) {
            const double before = ps_clock_seconds();
            const int failure = way == PS_STUDY_THREADS ? thread_once() : process_once();
            const double taken = ps_clock_seconds() - before;
            if (failure != 0)
                snprintf(seen->ways[way].refusal, sizeof seen->ways[way].refusal, "%s", strerror(failure));
            else if (round > 0)
                seconds[way][seen->ways[way].rounds++] = taken;
        }
    }
    for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++) {
        const unsigned rounds = seen->ways[way].rounds;
        double best = seconds[way][0];
        for (unsigned i = 1; i < rounds; i++)
            best = seconds[way][i] < best ? seconds[way][i] : best;
        seen->ways[way].best_seconds = best;
        seen->ways[way].median_seconds = rounds > 0 ? ps_median(seconds[way], rounds) : 0;
    }
}

static void say(double thread, double process, char *text, size_t size) {
    char thread_time[UNITS_SIZE], process_time[UNITS_SIZE];
    units_seconds(thread, thread_time);
    units_seconds(process, process_time);
    if (process >= PS_STUDY_GAIN * thread)
        snprintf(text, size,
                 "A process takes %s to begin and end, %.1f times as long as a thread with its %s.",
                 process_time, process / thread, thread_time);
    else if (thread >= PS_STUDY_GAIN * process)
        snprintf(text, size,
                 "A thread takes %s to begin and end, %.1f times as long as a process with its %s.",
                 thread_time, thread / process, process_time);
    else
        snprintf(text, size, "A thread and a process take about as long to begin and end: %s and %s.",
                 thread_time, process_time);
}

void ps_study_tell_create(const ps_study *study, const void *context, ps_study_row *row) {
    const ps_study_create_seen *seen = context;
    (void)study;
    snprintf(
        row->method, sizeof row->method,
        "A thread that does nothing is created and joined, a process that does nothing is forked and "
        "waited for, in turns, up to %d times each within %.1f s; the median. The forking process is small: "
        "one with much memory in use pays more.",
        ROUNDS_MAX, enough_seconds);
    for (unsigned i = PS_STUDY_THREADS; i < PS_STUDY_WAYS; i++) {
        const ps_study_way way = (ps_study_way)i;
        if (seen->ways[way].rounds == 0) {
            snprintf(row->error, sizeof row->error, "no %s could be started (%s)",
                     way == PS_STUDY_THREADS ? "thread" : "process", seen->ways[way].refusal);
            return;
        }
        ps_study_add_number(row, way, "median", "median", PS_STUDY_SECONDS, seen->ways[way].median_seconds)
            ->charted = true;
        ps_study_add_number(row, way, "best", "best", PS_STUDY_SECONDS, seen->ways[way].best_seconds);
        ps_study_add_number(row, way, "rounds", "rounds", PS_STUDY_NUMBER, seen->ways[way].rounds);
    }
    say(seen->ways[PS_STUDY_THREADS].median_seconds, seen->ways[PS_STUDY_PROCESSES].median_seconds,
        row->sentence, sizeof row->sentence);
}
