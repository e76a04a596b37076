/* isolation.c - a worker that writes through a bad pointer, as a thread and as a process, and what it takes with it. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "engine/child.h"
#include "study/apart.h"
#include "study/rows.h"
#include "study/workers.h"

enum { WORKERS = PS_STUDY_NEIGHBOURS + 1, BAD = 1, PAGE_BYTES = 4096, NEIGHBOUR_COUNT = 1000000 };

/* One program with three workers. */
typedef struct isolation_run {
    ps_study_way way;
    char *forbidden;       /* a page that nobody may touch */
    atomic_uint beginning; /* workers at work */
    atomic_bool over;      /* the program knows that its bad worker has ended */
    ps_study_isolation_seen *seen;
} isolation_run;

static void rest(void) {
    nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
}

/* The bad worker strikes when all are at work; its neighbours still have work to do when that is over. */
static void isolation_task(unsigned index, void *context) {
    static const atomic_bool never = false;
    isolation_run *run = context;
    atomic_fetch_add(&run->beginning, 1);
    while (atomic_load(&run->beginning) < WORKERS)
        rest();
    if (index == BAD) {
        *(volatile char *)run->forbidden = 1;
        return;
    }
    while (!atomic_load(&run->over))
        rest();
    if (ps_study_count_up(NEIGHBOUR_COUNT, &never) == NEIGHBOUR_COUNT)
        atomic_fetch_add(&run->seen->ways[run->way].finished, 1);
}

/* A crash here is no news: no core file, nor a program of the system that collects them. */
static void leave_no_core(void) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
#ifdef __linux__
    prctl(PR_SET_DUMPABLE, 0);
#endif
}

/* The program: it begins its workers and learns how each ended, if it lives to see that. */
static void program(void *context) {
    isolation_run *run = context;
    ps_study_workers workers;
    leave_no_core();
    ps_study_workers_start(&workers, run->way, WORKERS, isolation_task, run);
    if (workers.count < WORKERS)
        _exit(1);
    run->seen->ways[run->way].worker_status = ps_study_worker_wait(&workers, BAD);
    atomic_store(&run->over, true);
    for (unsigned i = 0, neighbour = 0; i < WORKERS; i++) {
        if (i != BAD)
            run->seen->ways[run->way].neighbour_status[neighbour++] = ps_study_worker_wait(&workers, i);
    }
    ps_study_workers_end(&workers);
}

static void measure_way(ps_study_way way, isolation_run *run, ps_study_isolation_seen *seen) {
    *run = (isolation_run){.way = way, .forbidden = run->forbidden, .seen = seen};
    seen->ways[way].worker_status = -1;
    for (unsigned i = 0; i < PS_STUDY_NEIGHBOURS; i++)
        seen->ways[way].neighbour_status[i] = -1;
    const pid_t child = ps_study_fork(program, run);
    seen->ways[way].program_status = child < 0 ? -1 : ps_study_wait(child);
    if (child < 0 || (WIFEXITED(seen->ways[way].program_status) && seen->ways[way].worker_status == -1))
        snprintf(seen->why_not, sizeof seen->why_not, "the program with the workers could not be started");
}

void ps_study_measure_isolation(const ps_study_request *request, void *context) {
    ps_study_isolation_seen *seen = context;
    isolation_run *run = ps_study_share(sizeof *run);
    char *forbidden = mmap(NULL, PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)request;
    if (run == NULL || forbidden == MAP_FAILED) {
        snprintf(seen->why_not, sizeof seen->why_not, "there is no memory to share");
        return;
    }
    for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++) {
        run->forbidden = forbidden;
        measure_way((ps_study_way)way, run, seen);
    }
}

/* For a table's cell. */
static const char *short_end(int status, char text[PS_STUDY_NAME_SIZE]) {
    if (status == -1)
        snprintf(text, PS_STUDY_NAME_SIZE, "with its program");
    else if (WIFSIGNALED(status))
        snprintf(text, PS_STUDY_NAME_SIZE, "signal %d", WTERMSIG(status));
    else
        snprintf(text, PS_STUDY_NAME_SIZE, "status %d", WEXITSTATUS(status));
    return text;
}

static void say(const ps_study_isolation_seen *seen, char *text, size_t size) {
    char end[PS_STUDY_NAME_SIZE];
    const unsigned by_threads = atomic_load(&seen->ways[PS_STUDY_THREADS].finished);
    const unsigned by_processes = atomic_load(&seen->ways[PS_STUDY_PROCESSES].finished);
    const int threads_end = seen->ways[PS_STUDY_THREADS].program_status;
    const int processes_end = seen->ways[PS_STUDY_PROCESSES].program_status;
    ps_child_describe_end(threads_end, end, sizeof end);
    if (threads_end != 0)
        ps_study_append(
            text, size,
            "The thread with the bad pointer took its whole program with it, which %s: %u of its %d "
            "neighbours finished; ",
            end, by_threads, PS_STUDY_NEIGHBOURS);
    else
        ps_study_append(text, size, "The thread with the bad pointer did its program no harm; ");
    ps_child_describe_end(seen->ways[PS_STUDY_PROCESSES].worker_status, end, sizeof end);
    if (processes_end == 0 && by_processes == PS_STUDY_NEIGHBOURS)
        ps_study_append(text, size,
                        "the process with the bad pointer %s alone, its program was told so, and all %d "
                        "neighbours finished.",
                        end, PS_STUDY_NEIGHBOURS);
    else
        ps_study_append(text, size,
                        "of the process with the bad pointer, which %s, %u of %d neighbours finished.", end,
                        by_processes, PS_STUDY_NEIGHBOURS);
}

void ps_study_tell_isolation(const ps_study *study, const void *context, ps_study_row *row) {
    const ps_study_isolation_seen *seen = context;
    char end[PS_STUDY_NAME_SIZE];
    (void)study;
    snprintf(
        row->method, sizeof row->method,
        "A program of its own starts %d workers; one of them writes to a page that nobody may touch, the "
        "others still have work to do. The ends are those that the system reports for the program and its "
        "processes.",
        WORKERS);
    if (seen->why_not[0] != '\0') {
        snprintf(row->error, sizeof row->error, "%s", seen->why_not);
        return;
    }
    for (unsigned i = PS_STUDY_THREADS; i < PS_STUDY_WAYS; i++) {
        const ps_study_way way = (ps_study_way)i;
        ps_study_value *finished =
            ps_study_add_number(row, way, "finished", "neighbours that finished", PS_STUDY_NUMBER,
                                atomic_load(&seen->ways[way].finished));
        finished->charted = true;
        finished->of = PS_STUDY_NEIGHBOURS;
        ps_study_add_number(row, way, "neighbours", NULL, PS_STUDY_NUMBER, PS_STUDY_NEIGHBOURS);
        ps_study_add_text(row, way, "worker", "end of the bad worker",
                          short_end(seen->ways[way].worker_status, end));
        ps_study_add_text(row, way, "program", "end of its program",
                          short_end(seen->ways[way].program_status, end));
        ps_study_add_number(row, way, "program_status", NULL, PS_STUDY_NUMBER,
                            seen->ways[way].program_status);
        ps_study_add_number(row, way, "worker_status", NULL, PS_STUDY_NUMBER, seen->ways[way].worker_status);
    }
    say(seen, row->sentence, sizeof row->sentence);
}
