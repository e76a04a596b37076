/* visibility.c - a variable that one worker writes: who else sees it? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "study/apart.h"
#include "study/rows.h"
#include "study/workers.h"

enum { OTHERS = 3, WRITER = 0 };

/* An ordinary variable of the program, as every worker finds it by its name. */
static _Atomic uint64_t ordinary;

typedef struct visibility_run {
    uint64_t mark; /* what the writer writes: another one each time */
    _Atomic uint64_t shared;
    atomic_bool written;
    atomic_uint ordinary_seen, shared_seen;
} visibility_run;

static void visibility_task(unsigned index, void *context) {
    visibility_run *run = context;
    if (index == WRITER) {
        atomic_store(&ordinary, run->mark);
        atomic_store(&run->shared, run->mark);
        atomic_store(&run->written, true);
        return;
    }
    while (!atomic_load(&run->written))
        nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
    if (atomic_load(&ordinary) == run->mark)
        atomic_fetch_add(&run->ordinary_seen, 1);
    if (atomic_load(&run->shared) == run->mark)
        atomic_fetch_add(&run->shared_seen, 1);
}

static void measure_way(ps_study_way way, visibility_run *run, ps_study_visibility_seen *seen) {
    ps_study_workers workers;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    run->mark = (uint64_t)now.tv_nsec << 32 | (uint64_t)getpid() << 1 | 1;
    atomic_store(&ordinary, 0);
    ps_study_workers_start(&workers, way, OTHERS + 1, visibility_task, run);
    const bool writer_was_there = workers.count > WRITER;
    const unsigned started = workers.count;
    if (!ps_study_workers_end(&workers) || !writer_was_there || started < 2) {
        snprintf(seen->why_not, sizeof seen->why_not, "the workers could not be had (%s)",
                 workers.refusal[0] != '\0' ? workers.refusal : "one of them died");
        return;
    }
    seen->ways[way].others = started - 1;
    seen->ways[way].ordinary_seen = atomic_load(&run->ordinary_seen);
    seen->ways[way].shared_seen = atomic_load(&run->shared_seen);
}

void ps_study_measure_visibility(const ps_study_request *request, void *context) {
    ps_study_visibility_seen *seen = context;
    (void)request;
    for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++) {
        visibility_run *run = ps_study_share(sizeof *run);
        if (run == NULL)
            snprintf(seen->why_not, sizeof seen->why_not, "there is no memory to share");
        else
            measure_way((ps_study_way)way, run, seen);
        ps_study_unshare(run, sizeof *run);
    }
}

/* "all 3 other threads see" and so on. */
static void who_sees(ps_study_way way, unsigned seen, unsigned others, char text[PS_STUDY_NAME_SIZE]) {
    static const char *const names[] = {"worker", "thread", "process"};
    static const char *const many[] = {"workers", "threads", "processes"};
    if (seen == others)
        snprintf(text, PS_STUDY_NAME_SIZE, "all %u other %s see it", others, many[way]);
    else if (seen == 0)
        snprintf(text, PS_STUDY_NAME_SIZE, "no other %s sees it", names[way]);
    else
        snprintf(text, PS_STUDY_NAME_SIZE, "%u of %u other %s see it", seen, others, many[way]);
}

static void say(const ps_study_visibility_seen *seen, char *text, size_t size) {
    char threads[PS_STUDY_NAME_SIZE], processes[PS_STUDY_NAME_SIZE], shared[PS_STUDY_NAME_SIZE];
    const unsigned others = seen->ways[PS_STUDY_PROCESSES].others;
    who_sees(PS_STUDY_THREADS, seen->ways[PS_STUDY_THREADS].ordinary_seen,
             seen->ways[PS_STUDY_THREADS].others, threads);
    who_sees(PS_STUDY_PROCESSES, seen->ways[PS_STUDY_PROCESSES].ordinary_seen, others, processes);
    who_sees(PS_STUDY_PROCESSES, seen->ways[PS_STUDY_PROCESSES].shared_seen, others, shared);
    ps_study_append(
        text, size,
        "When a thread writes a variable, %s; when a process writes it, %s%s. In memory that they share, %s.",
        threads, processes,
        seen->ways[PS_STUDY_PROCESSES].ordinary_seen == 0 ? ": each process has its own copy" : "", shared);
}

void ps_study_tell_visibility(const ps_study *study, const void *context, ps_study_row *row) {
    const ps_study_visibility_seen *seen = context;
    (void)study;
    snprintf(row->method, sizeof row->method,
             "One worker writes a number, different each time, to a variable of the program and to a mapping "
             "that was shared before the workers began; %d others look at both when it has done so.",
             OTHERS);
    if (seen->why_not[0] != '\0') {
        snprintf(row->error, sizeof row->error, "%s", seen->why_not);
        return;
    }
    for (unsigned i = PS_STUDY_THREADS; i < PS_STUDY_WAYS; i++) {
        const ps_study_way way = (ps_study_way)i;
        ps_study_value *value = ps_study_add_number(row, way, "seen", "see the variable", PS_STUDY_NUMBER,
                                                    seen->ways[way].ordinary_seen);
        value->charted = true;
        value->of = seen->ways[way].others;
        value = ps_study_add_number(row, way, "seen_in_shared_memory", "see it in shared memory",
                                    PS_STUDY_NUMBER, seen->ways[way].shared_seen);
        value->charted = true;
        value->of = seen->ways[way].others;
        ps_study_add_number(row, way, "others", NULL, PS_STUDY_NUMBER, seen->ways[way].others);
    }
    say(seen, row->sentence, sizeof row->sentence);
}
