/* rows.h - what each row of the study measures, and how it is told. One file a row: NAME.c.
 *
 * ps_study_measure_NAME runs in a process of its own (apart.h) and fills its struct, which lies in shared memory and is all
 * zero before. ps_study_tell_NAME turns that into values and a sentence; it is chosen by what was seen, and nothing is
 * measured any more, so that a test can make up what was seen. */
#ifndef PS_STUDY_ROWS_H
#define PS_STUDY_ROWS_H

#include <stdatomic.h>

#include "study/study.h"

enum { PS_STUDY_RUNS_MAX = 15, PS_STUDY_NAME_SIZE = 96 };

/* A speedup from here on is one; below it is what a busy machine does to two equal times. */
#define PS_STUDY_GAIN 1.15

typedef void ps_study_measure(const ps_study_request *request, void *seen);
typedef void ps_study_tell(const ps_study *study, const void *seen, ps_study_row *row);

/* One way of counting. Where refusal is not empty, nothing was timed, and started says how many workers there were. */
typedef struct ps_study_counting {
    unsigned started;
    char refusal[160];
    unsigned run_count;
    double wall_seconds[PS_STUDY_RUNS_MAX], cpu_seconds[PS_STUDY_RUNS_MAX];
} ps_study_counting;

/* count: the tasks one after another, in threads, in processes. */
typedef struct ps_study_count_seen {
    ps_study_counting ways[PS_STUDY_WAYS];
} ps_study_count_seen;
ps_study_measure ps_study_measure_count;
ps_study_tell ps_study_tell_count;

/* Counts to count, one by one, and returns what it reached: less where stop was set meanwhile. */
uint64_t ps_study_count_up(uint64_t count, const atomic_bool *stop);

/* While thousands count, starting further ones takes as long as their counting. So whether the system gives so many threads and
 * processes is found out before; false: not all, and the refusals say why. Few are not tried. */
bool ps_study_try_tasks(const ps_study_request *request, ps_study_counting *ways);

/* The values of both counting rows. */
void ps_study_tell_counting(const ps_study_counting *ways, ps_study_row *row);
/* Which of the two ways were refused some of the tasks, and why. */
void ps_study_tell_refusals(const ps_study_counting *ways, unsigned tasks, char *text, size_t size);
/* Wall seconds of the median run; how much sooner a way is done than one task after another (0: not timed). */
double ps_study_counting_seconds(const ps_study_counting *counting);
double ps_study_counting_speedup(const ps_study_counting *ways, ps_study_way way);
/* How many CPUs worked on average; whether a way is faster because several did, not because a busy machine was less so. */
double ps_study_counting_cpus(const ps_study_counting *counting);
bool ps_study_counting_gains(const ps_study_counting *ways, ps_study_way way);
/* Says, and returns true, where one task after another got less than a CPU: then no speedup can be trusted. */
bool ps_study_say_busy(const ps_study *study, const ps_study_counting *ways, char *text, size_t size);

/* count_python: the same in Python's threading and multiprocessing. */
typedef struct ps_study_python_seen {
    char why_not[320]; /* "": it was measured */
    char version[PS_STUDY_NAME_SIZE];
    ps_study_counting ways[PS_STUDY_WAYS];
} ps_study_python_seen;
ps_study_measure ps_study_measure_python;
ps_study_tell ps_study_tell_python;
extern const char ps_study_python_script[];

/* create: beginning and ending a thread and a process that do nothing. Seconds of the middle and the best round. */
typedef struct ps_study_create_seen {
    struct {
        double median_seconds, best_seconds;
        unsigned rounds;
        char refusal[160];
    } ways[PS_STUDY_WAYS];
} ps_study_create_seen;
ps_study_measure ps_study_measure_create;
ps_study_tell ps_study_tell_create;

/* memory: the proportional set size that each worker adds, idle and after it wrote to memory of its own. */
enum { PS_STUDY_PRIVATE_BYTES = 8 << 20 };
typedef struct ps_study_memory_seen {
    char why_not[320];
    struct {
        unsigned workers;
        double untouched_bytes, written_bytes; /* a worker */
    } ways[PS_STUDY_WAYS];
} ps_study_memory_seen;
ps_study_measure ps_study_measure_memory;
ps_study_tell ps_study_tell_memory;

/* handback: from a worker that has its result to a waiting parent that has it. Seconds of the middle round. */
enum { PS_STUDY_SHARED, PS_STUDY_PIPE, PS_STUDY_JOIN, PS_STUDY_HANDS };
typedef struct ps_study_handback_seen {
    char why_not[320];
    unsigned rounds;
    double median_seconds[PS_STUDY_WAYS][PS_STUDY_HANDS]; /* 0: that way has no such thing */
} ps_study_handback_seen;
ps_study_measure ps_study_measure_handback;
ps_study_tell ps_study_tell_handback;

/* isolation: one worker writes through a bad pointer; what becomes of it, its neighbours, and the program. Statuses are
 * those of waitpid; -1: nobody was there to see one. */
enum { PS_STUDY_NEIGHBOURS = 2 };
typedef struct ps_study_isolation_seen {
    char why_not[320];
    struct {
        int program_status, worker_status, neighbour_status[PS_STUDY_NEIGHBOURS];
        atomic_uint finished; /* neighbours that came to the end of their work */
    } ways[PS_STUDY_WAYS];
} ps_study_isolation_seen;
ps_study_measure ps_study_measure_isolation;
ps_study_tell ps_study_tell_isolation;

/* visibility: a variable that one worker writes, as the others read it. */
typedef struct ps_study_visibility_seen {
    char why_not[320];
    struct {
        unsigned others, ordinary_seen, shared_seen;
    } ways[PS_STUDY_WAYS];
} ps_study_visibility_seen;
ps_study_measure ps_study_measure_visibility;
ps_study_tell ps_study_tell_visibility;

/* scaling: a real sum by libparsum's engines, with more and more workers. */
typedef struct ps_study_scaling_seen {
    char why_not[320];
    char sum[64], isa[PS_STUDY_NAME_SIZE];
    double elements, serial_seconds;
    size_t point_count;
    unsigned workers[PS_STUDY_POINTS]; /* that were asked for */
    struct {
        size_t count; /* of points; fewer than point_count where refusal says why */
        double seconds[PS_STUDY_POINTS];
        char refusal[320];
    } ways[PS_STUDY_WAYS];
} ps_study_scaling_seen;
/* The numbers of workers up to last: 1 to 8, then the powers of two, the number of CPUs, and last. Returns how many there are, at
 * most PS_STUDY_POINTS. */
size_t ps_study_choose_points(unsigned last, unsigned cpus, unsigned *points);
ps_study_measure ps_study_measure_scaling;
ps_study_tell ps_study_tell_scaling;

/* Appends a warning where a speedup is more than all CPUs together could give. */
void ps_study_doubt(const ps_study *study, double speedup, char *text, size_t size);

/* "12 threads", "1 process". */
const char *ps_study_workers_text(ps_study_way way, double count, char text[PS_STUDY_NAME_SIZE]);

#endif
