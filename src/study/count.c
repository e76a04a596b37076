/* count.c - the counting task, serially, in threads and in processes. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "run/result.h"
#include "study/apart.h"
#include "study/rows.h"
#include "study/workers.h"

/* Shared by all tasks. */
typedef struct counting_tasks {
    uint64_t count;
    atomic_bool stop;
    uint64_t reached[]; /* by each task */
} counting_tasks;

uint64_t ps_study_count_up(uint64_t count, const atomic_bool *stop) {
    enum { LOOK_EVERY = 1 << 22 };
    uint64_t reached = 0;
    while (reached < count && !atomic_load_explicit(stop, memory_order_relaxed)) {
        const uint64_t end = count - reached > LOOK_EVERY ? reached + LOOK_EVERY : count;
        while (reached < end) {
            reached++;
            /* As far as the compiler knows this may change the number: every step has to be taken. */
            __asm__ volatile("" : "+r"(reached));
        }
    }
    return reached;
}

static void count_task(unsigned index, void *context) {
    counting_tasks *tasks = context;
    tasks->reached[index] = ps_study_count_up(tasks->count, &tasks->stop);
}

/* Of this process, its threads, and the children that it waited for. */
static double cpu_seconds(void) {
    static const int whose[] = {RUSAGE_SELF, RUSAGE_CHILDREN};
    double seconds = 0;
    for (size_t i = 0; i < 2; i++) {
        struct rusage used;
        getrusage(whose[i], &used);
        seconds += (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                   1e-6 * (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
    }
    return seconds;
}

/* Does all tasks that way. False: not all could be started, or not all came to their end. */
static bool do_tasks(ps_study_way way, unsigned task_count, counting_tasks *tasks,
                     ps_study_counting *counting) {
    if (way == PS_STUDY_SERIAL) {
        for (counting->started = 0; counting->started < task_count; counting->started++)
            count_task(counting->started, tasks);
    } else {
        ps_study_workers workers;
        ps_study_workers_start(&workers, way, task_count, count_task, tasks);
        counting->started = workers.count;
        snprintf(counting->refusal, sizeof counting->refusal, "%s", workers.refusal);
        if (workers.refusal[0] != '\0')
            atomic_store(&tasks->stop, true);
        ps_study_workers_end(&workers);
    }
    for (unsigned i = 0; i < task_count && counting->refusal[0] == '\0'; i++) {
        if (tasks->reached[i] != tasks->count)
            snprintf(counting->refusal, sizeof counting->refusal,
                     "task %u ended before it had counted to the end", i);
    }
    return counting->refusal[0] == '\0';
}

static void count_once(ps_study_way way, const ps_study_request *request, ps_study_counting *counting) {
    const size_t size = sizeof(counting_tasks) + request->tasks * sizeof(uint64_t);
    counting_tasks *tasks = ps_study_share(size);
    if (tasks == NULL) {
        snprintf(counting->refusal, sizeof counting->refusal, "out of memory for what they count to");
        return;
    }
    tasks->count = request->count;
    const double wall_start = ps_clock_seconds(), cpu_start = cpu_seconds();
    if (do_tasks(way, request->tasks, tasks, counting)) {
        counting->wall_seconds[counting->run_count] = ps_clock_seconds() - wall_start;
        counting->cpu_seconds[counting->run_count] = cpu_seconds() - cpu_start;
        counting->run_count++;
    }
    ps_study_unshare(tasks, size);
}

bool ps_study_try_tasks(const ps_study_request *request, ps_study_counting *ways) {
    enum { MANY = 64 };
    bool all = true;
    for (unsigned i = PS_STUDY_THREADS; i < PS_STUDY_WAYS && request->tasks > MANY; i++) {
        ways[i].started =
            ps_study_workers_try((ps_study_way)i, request->tasks, ways[i].refusal, sizeof ways[i].refusal);
        all = all && ways[i].refusal[0] == '\0';
    }
    return all;
}

void ps_study_measure_count(const ps_study_request *request, void *context) {
    /* Short runs are repeated, in turns, so that what disturbs one way disturbs the others, too. */
    enum { RUNS_MIN = 3 };
    static const double enough_seconds = 0.4, long_seconds = 0.5;
    ps_study_count_seen *seen = context;
    ps_study_try_tasks(request, seen->ways);
    const double start = ps_clock_seconds();
    for (unsigned run = 0; run < PS_STUDY_RUNS_MAX; run++) {
        bool any = false;
        /* What may be refused comes first: so many tasks one after another may take long, and be compared with nothing. */
        for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++) {
            if (seen->ways[way].refusal[0] == '\0')
                count_once((ps_study_way)way, request, &seen->ways[way]);
            any = any || seen->ways[way].refusal[0] == '\0';
        }
        if (!any)
            return;
        count_once(PS_STUDY_SERIAL, request, &seen->ways[PS_STUDY_SERIAL]);
        const double elapsed_seconds = ps_clock_seconds() - start;
        if ((run == 0 && elapsed_seconds > long_seconds) ||
            (run + 1 >= RUNS_MIN && elapsed_seconds > enough_seconds))
            return;
    }
}

double ps_study_counting_seconds(const ps_study_counting *counting) {
    if (counting->refusal[0] != '\0' || counting->run_count == 0)
        return 0;
    return ps_median(counting->wall_seconds, counting->run_count);
}

double ps_study_counting_cpus(const ps_study_counting *counting) {
    const double seconds = ps_study_counting_seconds(counting);
    return seconds > 0 ? ps_median(counting->cpu_seconds, counting->run_count) / seconds : 0;
}

bool ps_study_counting_gains(const ps_study_counting *ways, ps_study_way way) {
    return ps_study_counting_speedup(ways, way) >= PS_STUDY_GAIN &&
           ps_study_counting_cpus(&ways[way]) >= PS_STUDY_GAIN;
}

double ps_study_counting_speedup(const ps_study_counting *ways, ps_study_way way) {
    const double serial = ps_study_counting_seconds(&ways[PS_STUDY_SERIAL]);
    const double seconds = ps_study_counting_seconds(&ways[way]);
    return seconds > 0 ? serial / seconds : 0;
}

void ps_study_tell_counting(const ps_study_counting *ways, ps_study_row *row) {
    for (unsigned i = 0; i < PS_STUDY_WAYS; i++) {
        const ps_study_way way = (ps_study_way)i;
        const ps_study_counting *counting = &ways[way];
        if (counting->refusal[0] != '\0') {
            ps_study_add_number(row, way, "started", "started", PS_STUDY_NUMBER, counting->started);
            ps_study_add_text(row, way, "refusal", NULL, counting->refusal);
            continue;
        }
        if (counting->run_count == 0)
            continue;
        ps_study_add_number(row, way, "wall", "wall time", PS_STUDY_SECONDS,
                            ps_study_counting_seconds(counting))
            ->charted = true;
        ps_study_add_number(row, way, "cpu", "CPU time", PS_STUDY_SECONDS,
                            ps_median(counting->cpu_seconds, counting->run_count));
        ps_study_add_number(row, way, "cpus", "CPUs in use", PS_STUDY_RATIO,
                            ps_study_counting_cpus(counting));
        if (ps_study_counting_speedup(ways, way) > 0)
            ps_study_add_number(row, way, "speedup", "speedup", PS_STUDY_RATIO,
                                ps_study_counting_speedup(ways, way));
        ps_study_add_number(row, way, "started", NULL, PS_STUDY_NUMBER, counting->started);
        ps_study_add_list(row, way, "samples", PS_STUDY_SECONDS, counting->wall_seconds, counting->run_count);
    }
}

void ps_study_tell_refusals(const ps_study_counting *ways, unsigned tasks, char *text, size_t size) {
    static const char *const names[] = {"task", "thread", "process"};
    static const char *const many[] = {"tasks", "threads", "processes"};
    for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++) {
        if (ways[way].refusal[0] == '\0')
            continue;
        if (ways[way].started == 0)
            ps_study_append(text, size, "%u %s are not to be had (%s). ", tasks, many[way],
                            ways[way].refusal);
        else if (ways[way].started < tasks)
            ps_study_append(text, size, "After %u of %u a further %s could not be started (%s). ",
                            ways[way].started, tasks, names[way], ways[way].refusal);
        else
            ps_study_append(text, size, "Of the %s, %s. ", many[way], ways[way].refusal);
    }
    ps_study_append(text, size,
                    "So many tasks at once are more than this system gives: try a smaller --tasks.");
}

/* Which of two that both gained is ahead. */
static void say_who_is_ahead(double threads, double processes, char *text, size_t size) {
    const double lead = threads > processes ? threads / processes : processes / threads;
    if (lead < PS_STUDY_GAIN)
        ps_study_append(text, size, "; for work that shares nothing, one is as good as the other.");
    else
        ps_study_append(text, size, "; the %s are %.2f times as fast as the %s.",
                        threads > processes ? "threads" : "processes", lead,
                        threads > processes ? "processes" : "threads");
}

bool ps_study_say_busy(const ps_study *study, const ps_study_counting *ways, char *text, size_t size) {
    const double cpus = ps_study_counting_cpus(&ways[PS_STUDY_SERIAL]);
    if (cpus >= 1 / PS_STUDY_GAIN)
        return false;
    ps_study_append(text, size,
                    "Of the %u CPUs this program got too little to tell (%.2f of one for one task after "
                    "another): they were busy with something else meanwhile, so measure again.",
                    study->cpus, cpus);
    return true;
}

static void say_speedups(const ps_study *study, const ps_study_counting *ways, char *text, size_t size) {
    const unsigned tasks = study->request.tasks;
    const double threads = ps_study_counting_speedup(ways, PS_STUDY_THREADS);
    const double processes = ps_study_counting_speedup(ways, PS_STUDY_PROCESSES);
    const bool by_threads = ps_study_counting_gains(ways, PS_STUDY_THREADS);
    const bool by_processes = ps_study_counting_gains(ways, PS_STUDY_PROCESSES);
    if (by_threads && by_processes) {
        ps_study_append(text, size,
                        "On %u CPU%s, %u threads are %.2f times and %u processes %.2f times as fast as one "
                        "task after another",
                        study->cpus, study->cpus == 1 ? "" : "s", tasks, threads, tasks, processes);
        say_who_is_ahead(threads, processes, text, size);
        ps_study_doubt(study, threads > processes ? threads : processes, text, size);
    } else if (by_threads || by_processes) {
        ps_study_append(text, size,
                        "The %s speed the tasks up (%.2f times as fast as one after another), the %s do not "
                        "(%.2f times).",
                        by_threads ? "threads" : "processes", by_threads ? threads : processes,
                        by_threads ? "processes" : "threads", by_threads ? processes : threads);
    } else if (tasks == 1) {
        ps_study_append(text, size,
                        "One task cannot be shared out: a thread runs it %.2f times and a process %.2f times "
                        "as fast as the program itself.",
                        threads, processes);
    } else if (study->cpus == 1) {
        ps_study_append(text, size,
                        "There is 1 CPU, so neither threads (%.2f times as fast as one task after another) "
                        "nor processes (%.2f times) speed anything up: they take turns.",
                        threads, processes);
    } else if (ps_study_say_busy(study, ways, text, size)) {
        return;
    } else {
        ps_study_append(text, size,
                        "There are %u CPUs, and yet neither threads (%.2f times as fast as one task after "
                        "another) nor processes (%.2f times) speed anything up: the tasks are too short to "
                        "pay for starting workers, or the CPUs are busy with something else.",
                        study->cpus, threads, processes);
    }
}

void ps_study_tell_count(const ps_study *study, const void *context, ps_study_row *row) {
    const ps_study_count_seen *seen = context;
    const ps_study_counting *ways = seen->ways;
    const unsigned tasks = study->request.tasks, runs = ways[PS_STUDY_SERIAL].run_count;
    snprintf(
        row->method, sizeof row->method,
        "%u task%s counting to %llu by a loop of single steps: one after another, in as many threads, in as "
        "many processes. Wall time from the first start to the last end, CPU time of all of them; CPUs in "
        "use: CPU time by wall time.",
        tasks, tasks == 1 ? "" : "s, each", (unsigned long long)study->request.count);
    if (runs > 0)
        ps_study_append(row->method, sizeof row->method, " The median of %u run%s.", runs,
                        runs == 1 ? "" : "s");
    ps_study_tell_counting(ways, row);
    if (ways[PS_STUDY_SERIAL].refusal[0] != '\0')
        snprintf(row->error, sizeof row->error, "%s", ways[PS_STUDY_SERIAL].refusal);
    else if (ways[PS_STUDY_THREADS].refusal[0] != '\0' || ways[PS_STUDY_PROCESSES].refusal[0] != '\0')
        ps_study_tell_refusals(ways, tasks, row->sentence, sizeof row->sentence);
    else
        say_speedups(study, ways, row->sentence, sizeof row->sentence);
}
