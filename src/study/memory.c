/* memory.c - the memory of a thread and of a process, by the kernel's proportional set size. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "report/units.h"
#include "study/apart.h"
#include "study/rows.h"
#include "study/workers.h"

enum { WORKERS = 8 };

/* What all workers are to do next: each does it, counts itself, and waits for the next. */
typedef enum memory_phase { REST, WRITE, END } memory_phase;
typedef struct memory_run {
    atomic_int phase;
    atomic_uint arrived;
    atomic_uint refused; /* workers that got no memory to write to */
    pid_t processes[WORKERS];
} memory_run;

static void rest(void) {
    nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
}

static void memory_task(unsigned index, void *context) {
    memory_run *run = context;
    run->processes[index] = getpid();
    atomic_fetch_add(&run->arrived, 1);
    while (atomic_load(&run->phase) == REST)
        rest();
    char *own =
        mmap(NULL, PS_STUDY_PRIVATE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (own == MAP_FAILED)
        atomic_fetch_add(&run->refused, 1);
    else
        memset(own, 1 + (int)index, PS_STUDY_PRIVATE_BYTES);
    atomic_fetch_add(&run->arrived, 1);
    while (atomic_load(&run->phase) != END)
        rest();
    /* A process gives it back by its end, a thread has to. */
    if (own != MAP_FAILED)
        munmap(own, PS_STUDY_PRIVATE_BYTES);
}

/* The bytes that a line of smaps_rollup tells, 0 where it is not there. */
static double bytes_of(const char *line, const char *name) {
    return line != NULL ? 1024 * strtod(line + strlen(name), NULL) : 0;
}

/* Adds the proportional set size of a process, in bytes, but for pages of files: those cost a worker nothing more, and the
 * share of them that counts changes whenever any other program maps the same libraries. False: why_not says why it cannot be
 * read. */
static bool add_set_size(pid_t process, double *bytes, char *why_not, size_t size) {
    char path[64], text[2048];
    snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", (long)process);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    const int failure = errno;
    if (file >= 0)
        close(file);
    text[length < 0 ? 0 : length] = '\0';
    static const char whole[] = "\nPss:", files[] = "\nPss_File:";
    const char *line = strstr(text, whole);
    if (line == NULL) {
        snprintf(why_not, size, "the system does not tell a process's proportional set size in %s (%s)", path,
                 length < 0 ? strerror(failure) : "there is no line Pss");
        return false;
    }
    *bytes += bytes_of(line, whole) - bytes_of(strstr(text, files), files);
    return true;
}

/* Of the whole family: pages that a child shares with its parent count for less in the parent, too. */
static bool read_family(const memory_run *run, unsigned children, double *bytes, char *why_not, size_t size) {
    *bytes = 0;
    bool read = add_set_size(getppid(), bytes, why_not, size) && add_set_size(getpid(), bytes, why_not, size);
    for (unsigned i = 0; i < children && read; i++)
        read = add_set_size(run->processes[i], bytes, why_not, size);
    return read;
}

static void wait_for(const memory_run *run, unsigned arrived) {
    while (atomic_load(&run->arrived) < arrived)
        rest();
}

static bool measure_way(ps_study_way way, memory_run *run, ps_study_memory_seen *seen) {
    double before, untouched = 0, written = 0;
    ps_study_workers workers;
    char *const why_not = seen->why_not;
    const size_t size = sizeof seen->why_not;
    if (!read_family(run, 0, &before, why_not, size))
        return false;
    ps_study_workers_start(&workers, way, WORKERS, memory_task, run);
    const unsigned children = way == PS_STUDY_PROCESSES ? workers.count : 0;
    wait_for(run, workers.count);
    bool read = read_family(run, children, &untouched, why_not, size);
    atomic_store(&run->phase, WRITE);
    wait_for(run, 2 * workers.count);
    read = read && read_family(run, children, &written, why_not, size);
    atomic_store(&run->phase, END);
    ps_study_workers_end(&workers);
    if (workers.count == 0 || atomic_load(&run->refused) > 0) {
        snprintf(why_not, size, "%s could not be had (%s)",
                 workers.count == 0 ? "a worker" : "the memory to write to",
                 workers.count == 0 ? workers.refusal : strerror(ENOMEM));
        return false;
    }
    seen->ways[way].workers = workers.count;
    seen->ways[way].untouched_bytes = (untouched - before) / workers.count;
    seen->ways[way].written_bytes = (written - before) / workers.count;
    return read;
}

void ps_study_measure_memory(const ps_study_request *request, void *context) {
    ps_study_memory_seen *seen = context;
    (void)request;
    for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS && seen->why_not[0] == '\0'; way++) {
        memory_run *run = ps_study_share(sizeof *run);
        if (run == NULL)
            snprintf(seen->why_not, sizeof seen->why_not, "there is no memory to share");
        else
            measure_way((ps_study_way)way, run, seen);
        ps_study_unshare(run, sizeof *run);
    }
}

static void amount(double bytes, char text[UNITS_SIZE]) {
    units_bytes(bytes > 0 ? (uint64_t)bytes : 0, text);
}

static void say(const ps_study_memory_seen *seen, char *text, size_t size) {
    const double thread = seen->ways[PS_STUDY_THREADS].untouched_bytes;
    const double process = seen->ways[PS_STUDY_PROCESSES].untouched_bytes;
    const double thread_written = seen->ways[PS_STUDY_THREADS].written_bytes;
    const double process_written = seen->ways[PS_STUDY_PROCESSES].written_bytes;
    char thread_text[UNITS_SIZE], process_text[UNITS_SIZE], private_text[UNITS_SIZE];
    amount(thread, thread_text);
    amount(process, process_text);
    amount(PS_STUDY_PRIVATE_BYTES, private_text);
    if (thread > 0 && process >= PS_STUDY_GAIN * thread)
        ps_study_append(text, size, "An idle process costs %s, %.1f times as much as an idle thread (%s); ",
                        process_text, process / thread, thread_text);
    else if (process > 0 && thread >= PS_STUDY_GAIN * process)
        ps_study_append(text, size, "An idle thread costs %s, %.1f times as much as an idle process (%s); ",
                        thread_text, thread / process, process_text);
    else
        ps_study_append(text, size, "An idle thread and an idle process cost about the same (%s and %s); ",
                        thread_text, process_text);
    amount(thread_written, thread_text);
    amount(process_written, process_text);
    const double more = process_written / thread_written;
    ps_study_append(text, size, "after each wrote %s of its own it is %s a thread and %s a process%s.",
                    private_text, thread_text, process_text,
                    more < PS_STUDY_GAIN && more > 1 / PS_STUDY_GAIN
                        ? ", as good as the same: the data outweighs what holds it"
                        : "");
}

void ps_study_tell_memory(const ps_study *study, const void *context, ps_study_row *row) {
    const ps_study_memory_seen *seen = context;
    char private_text[UNITS_SIZE];
    (void)study;
    amount(PS_STUDY_PRIVATE_BYTES, private_text);
    snprintf(
        row->method, sizeof row->method,
        "The proportional set size (Pss less Pss_File in /proc/PID/smaps_rollup) that %d waiting workers add "
        "to the program and its processes together, divided by %d; then again after each has written %s "
        "that no other uses. What the kernel needs for its own (stacks, page tables) is not in it.",
        WORKERS, WORKERS, private_text);
    if (seen->why_not[0] != '\0') {
        snprintf(row->error, sizeof row->error, "%s", seen->why_not);
        return;
    }
    for (unsigned i = PS_STUDY_THREADS; i < PS_STUDY_WAYS; i++) {
        const ps_study_way way = (ps_study_way)i;
        ps_study_add_number(row, way, "untouched", "idle", PS_STUDY_BYTES, seen->ways[way].untouched_bytes)
            ->charted = true;
        ps_study_add_number(row, way, "written", "after writing", PS_STUDY_BYTES,
                            seen->ways[way].written_bytes)
            ->charted = true;
        ps_study_add_number(row, way, "workers", NULL, PS_STUDY_NUMBER, seen->ways[way].workers);
    }
    say(seen, row->sentence, sizeof row->sentence);
}
