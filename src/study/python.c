/* python.c - the counting task in Python's threading and multiprocessing: what the interpreter's lock does. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/child.h"
#include "study/apart.h"
#include "study/rows.h"

enum { PYTHON_RUNS_MAX = 5, NOT_FOUND = 127 };
static const double enough_seconds = 1;

typedef struct python_call {
    const ps_study_request *request;
    int output[2];
    int guard[2]; /* ends when this process does, whatever becomes of Python's own process */
} python_call;

/* In the child that becomes Python. */
static void become_python(void *context) {
    const python_call *call = context;
    char tasks[24], count[24], enough[24], most[24], guard[24];
    const struct itimerval off = {{0, 0}, {0, 0}};
    snprintf(tasks, sizeof tasks, "%u", call->request->tasks);
    snprintf(count, sizeof count, "%llu", (unsigned long long)call->request->count);
    snprintf(enough, sizeof enough, "%g", enough_seconds);
    snprintf(most, sizeof most, "%d", PYTHON_RUNS_MAX);
    snprintf(guard, sizeof guard, "%d", call->guard[0]);
    /* The timer that watches the parent would outlive the handler. That the parent's end is the child's stays. */
    setitimer(ITIMER_REAL, &off, NULL);
    close(call->guard[1]);
    close(call->output[0]);
    dup2(call->output[1], STDOUT_FILENO);
    if (call->output[1] != STDOUT_FILENO)
        close(call->output[1]);
    /* Not from the user's folders or variables, and nothing is written: -I, -B. */
    execlp("python3", "python3", "-IBc", ps_study_python_script, tasks, count, enough, most, guard,
           (char *)NULL);
    _exit(errno == ENOENT ? NOT_FOUND : 126);
}

static ps_study_counting *counting_of(ps_study_python_seen *seen, const char *name) {
    static const char *const names[PS_STUDY_WAYS] = {"serial", "thread", "process"};
    for (unsigned way = 0; way < PS_STUDY_WAYS; way++) {
        if (strcmp(name, names[way]) == 0)
            return &seen->ways[way];
    }
    return NULL;
}

static void read_line(ps_study_python_seen *seen, unsigned tasks, char *line) {
    char name[16] = "";
    int rest = 0;
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "%15s %n", name, &rest) < 1)
        return;
    if (strcmp(name, "python") == 0) {
        snprintf(seen->version, sizeof seen->version, "%s", line + rest);
        return;
    }
    ps_study_counting *counting = counting_of(seen, name);
    double wall, cpu;
    int why = 0;
    if (counting == NULL)
        return;
    if (sscanf(line + rest, "refused %u %n", &counting->started, &why) == 1 && why > 0) {
        snprintf(counting->refusal, sizeof counting->refusal, "%s", line + rest + why);
    } else if (sscanf(line + rest, "%lf %lf", &wall, &cpu) == 2 && counting->run_count < PS_STUDY_RUNS_MAX) {
        counting->started = tasks;
        counting->wall_seconds[counting->run_count] = wall;
        counting->cpu_seconds[counting->run_count++] = cpu;
    }
}

static void check_end(int status, ps_study_python_seen *seen) {
    char end[PS_STUDY_NAME_SIZE];
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND && seen->version[0] == '\0') {
        snprintf(seen->why_not, sizeof seen->why_not, "there is no python3 on PATH");
    } else if (status != 0) {
        ps_child_describe_end(status, end, sizeof end);
        snprintf(seen->why_not, sizeof seen->why_not, "python3 %s", end);
    } else if (ps_study_counting_seconds(&seen->ways[PS_STUDY_SERIAL]) <= 0 &&
               seen->ways[PS_STUDY_THREADS].refusal[0] == '\0') {
        snprintf(seen->why_not, sizeof seen->why_not, "python3 told no times");
    }
}

void ps_study_measure_python(const ps_study_request *request, void *context) {
    ps_study_python_seen *seen = context;
    python_call call = {.request = request};
    char line[512];
    /* What the system does not give this program it gives Python no more. */
    if (!ps_study_try_tasks(request, seen->ways))
        return;
    if (pipe(call.output) != 0 || pipe(call.guard) != 0) {
        snprintf(seen->why_not, sizeof seen->why_not, "there is no pipe (%s)", strerror(errno));
        return;
    }
    const pid_t child = ps_study_fork(become_python, &call);
    if (child < 0) {
        snprintf(seen->why_not, sizeof seen->why_not, "no process could be started (%s)", strerror(errno));
        return;
    }
    close(call.output[1]);
    close(call.guard[0]);
    FILE *output = fdopen(call.output[0], "r");
    while (output != NULL && fgets(line, sizeof line, output) != NULL)
        read_line(seen, request->tasks, line);
    check_end(ps_study_wait(child), seen);
}

static void say(const ps_study *study, const ps_study_counting *ways, char *text, size_t size) {
    const double threads = ps_study_counting_speedup(ways, PS_STUDY_THREADS);
    const double processes = ps_study_counting_speedup(ways, PS_STUDY_PROCESSES);
    const bool by_threads = ps_study_counting_gains(ways, PS_STUDY_THREADS);
    const bool by_processes = ps_study_counting_gains(ways, PS_STUDY_PROCESSES);
    char thread_text[PS_STUDY_NAME_SIZE], process_text[PS_STUDY_NAME_SIZE];
    ps_study_workers_text(PS_STUDY_THREADS, study->request.tasks, thread_text);
    ps_study_workers_text(PS_STUDY_PROCESSES, study->request.tasks, process_text);
    if (!by_threads && by_processes)
        ps_study_append(
            text, size,
            "Python's threads take turns under the interpreter's lock: %s are %.2f times as fast as "
            "one task after another, while %s, each with an interpreter of its own, are %.2f times as "
            "fast.",
            thread_text, threads, process_text, processes);
    else if (by_threads)
        ps_study_append(
            text, size,
            "This Python's threads do run at once: %s are %.2f times and %s %.2f times as fast as one "
            "task after another.",
            thread_text, threads, process_text, processes);
    else if (study->cpus == 1)
        ps_study_append(
            text, size,
            "There is 1 CPU, so nothing speeds up, with or without the interpreter's lock: %s are "
            "%.2f times and %s %.2f times as fast as one task after another.",
            thread_text, threads, process_text, processes);
    else if (!ps_study_say_busy(study, ways, text, size))
        ps_study_append(text, size,
                        "%s are %.2f times and %s %.2f times as fast as one task after another: the lock's "
                        "effect does not show where processes gain nothing either.",
                        thread_text, threads, process_text, processes);
}

void ps_study_tell_python(const ps_study *study, const void *context, ps_study_row *row) {
    const ps_study_python_seen *seen = context;
    const unsigned runs = seen->ways[PS_STUDY_SERIAL].run_count;
    snprintf(
        row->method, sizeof row->method,
        "The same tasks in Python%s%s: one after another, in threading.Thread, in multiprocessing.Process "
        "(by fork), timed by Python itself.",
        seen->version[0] != '\0' ? ", " : "", seen->version);
    if (runs > 0)
        ps_study_append(row->method, sizeof row->method, " The median of %u run%s.", runs,
                        runs == 1 ? "" : "s");
    if (seen->why_not[0] != '\0') {
        snprintf(row->error, sizeof row->error, "%s", seen->why_not);
        return;
    }
    ps_study_tell_counting(seen->ways, row);
    const ps_study_counting *threads = &seen->ways[PS_STUDY_THREADS];
    const ps_study_counting *processes = &seen->ways[PS_STUDY_PROCESSES];
    if (threads->refusal[0] != '\0' || processes->refusal[0] != '\0')
        ps_study_tell_refusals(seen->ways, study->request.tasks, row->sentence, sizeof row->sentence);
    else
        say(study, seen->ways, row->sentence, sizeof row->sentence);
}
