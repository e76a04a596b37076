/* scaling.c - a sum of squares by libparsum's own engines, with more and more workers. */
#include <stdio.h>
#include <string.h>

#include "base/cpus.h"
#include "run/result.h"
#include "study/rows.h"

enum { RUNS = 5 };
static const double wanted_seconds =
    0.08; /* of one worker: long enough to be timed, short enough to be repeated */

static const char *const engines[PS_STUDY_WAYS] = {"serial", "pthread", "fork"};

size_t ps_study_choose_points(unsigned last, unsigned cpus, unsigned *points) {
    size_t count = 0;
    for (unsigned workers = 1; workers <= last && count < PS_STUDY_POINTS; workers++) {
        const bool power = (workers & (workers - 1)) == 0;
        if (workers <= 8 || power || workers == cpus || workers == last)
            points[count++] = workers;
    }
    return count;
}

/* Sums once with that engine. False: why_not says why there is no time; it may be that fewer workers came than were asked
 * for. */
static bool sum_once(const ps_study_request *request, ps_study_way way, unsigned workers, uint64_t elements,
                     ps_study_scaling_seen *seen, double *seconds, char *why_not, size_t size) {
    const parsum_range range = {.first = 1, .end = (parsum_int128)elements + 1, .step = 1};
    parsum_options options;
    parsum_context *context = NULL;
    parsum_result *result = NULL;
    parsum_error error;
    parsum_options_init(&options);
    options.engine = engines[way];
    options.workers = workers;
    options.isa = request->isa;
    options.verify = PARSUM_VERIFY_CLOSED_FORM;
    bool done = parsum_context_create(&options, &context, &error) == PARSUM_OK &&
                parsum_reduce_ranges(context, &range, 1, &result, &error) == PARSUM_OK;
    if (!done) {
        snprintf(why_not, size, "%.*s", (int)size - 1, error.message);
    } else if (result->engine.workers < workers) {
        snprintf(why_not, size, "only %u of %u could be started", result->engine.workers, workers);
        done = false;
    } else {
        *seconds = result->seconds.compute;
        snprintf(seen->sum, sizeof seen->sum, "%s", result->values[0].text);
        snprintf(seen->isa, sizeof seen->isa, "%s", result->engine.isa != NULL ? result->engine.isa : "");
    }
    parsum_result_destroy(result);
    parsum_context_destroy(context);
    return done;
}

/* The seconds of every run: of the serial one, and of each point. */
typedef struct scaling_samples {
    double serial[RUNS], points[PS_STUDY_WAYS][PS_STUDY_POINTS][RUNS];
} scaling_samples;

/* One run of everything, in turns, so that what disturbs one way disturbs the others, too. What is refused once is not
 * tried again. */
static bool run_all(const ps_study_request *request, unsigned run, ps_study_scaling_seen *seen,
                    scaling_samples *samples) {
    const uint64_t elements = (uint64_t)seen->elements;
    if (!sum_once(request, PS_STUDY_SERIAL, 1, elements, seen, &samples->serial[run], seen->why_not,
                  sizeof seen->why_not))
        return false;
    for (size_t point = 0; point < seen->point_count; point++) {
        for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++) {
            char *const refusal = seen->ways[way].refusal;
            if (point < seen->ways[way].count &&
                !sum_once(request, (ps_study_way)way, seen->workers[point], elements, seen,
                          &samples->points[way][point][run], refusal, sizeof seen->ways[way].refusal))
                seen->ways[way].count = point;
        }
    }
    return true;
}

/* So many elements that one worker takes the wanted time. */
static bool choose_elements(const ps_study_request *request, ps_study_scaling_seen *seen) {
    static const double least = 1e6, most = 1e12, tried = 1e8;
    double seconds = 0;
    if (!sum_once(request, PS_STUDY_SERIAL, 1, (uint64_t)tried, seen, &seconds, seen->why_not,
                  sizeof seen->why_not))
        return false;
    const double elements = tried * wanted_seconds / seconds;
    seen->elements = (double)(uint64_t)(elements < least ? least : elements > most ? most : elements);
    return true;
}

void ps_study_measure_scaling(const ps_study_request *request, void *context) {
    static scaling_samples samples;
    ps_study_scaling_seen *seen = context;
    if (!choose_elements(request, seen))
        return;
    seen->point_count = ps_study_choose_points(request->workers, ps_usable_cpus(), seen->workers);
    for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++)
        seen->ways[way].count = seen->point_count;
    for (unsigned run = 0; run < RUNS; run++) {
        if (!run_all(request, run, seen, &samples))
            return;
    }
    seen->serial_seconds = ps_median(samples.serial, RUNS);
    for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++) {
        for (size_t point = 0; point < seen->ways[way].count; point++)
            seen->ways[way].seconds[point] = ps_median(samples.points[way][point], RUNS);
    }
}

static double speedup(const ps_study_scaling_seen *seen, ps_study_way way, size_t point) {
    return seen->ways[way].seconds[point] > 0 ? seen->serial_seconds / seen->ways[way].seconds[point] : 0;
}

/* The point of the greatest speedup. */
static size_t best_point(const ps_study_scaling_seen *seen, ps_study_way way) {
    size_t best = 0;
    for (size_t i = 1; i < seen->ways[way].count; i++)
        best = speedup(seen, way, i) > speedup(seen, way, best) ? i : best;
    return best;
}

/* What the workers beyond the CPUs brought, where there were some. */
static void say_beyond(const ps_study *study, const ps_study_scaling_seen *seen, char *text, size_t size) {
    size_t within = 0, last = seen->point_count - 1;
    while (within < last && seen->workers[within + 1] <= study->cpus)
        within++;
    if (within == last || seen->ways[PS_STUDY_THREADS].count <= last ||
        seen->ways[PS_STUDY_PROCESSES].count <= last)
        return;
    const double threads = speedup(seen, PS_STUDY_THREADS, last) / speedup(seen, PS_STUDY_THREADS, within);
    const double processes =
        speedup(seen, PS_STUDY_PROCESSES, last) / speedup(seen, PS_STUDY_PROCESSES, within);
    if (threads < PS_STUDY_GAIN && processes < PS_STUDY_GAIN)
        ps_study_append(text, size, " More workers than the %u CPU%s bring no more (with %u: %.2f and %.2f).",
                        study->cpus, study->cpus == 1 ? "" : "s", seen->workers[last],
                        speedup(seen, PS_STUDY_THREADS, last), speedup(seen, PS_STUDY_PROCESSES, last));
    else
        ps_study_append(text, size, " Even %u workers, more than the %u CPU%s, bring more (%.2f and %.2f).",
                        seen->workers[last], study->cpus, study->cpus == 1 ? "" : "s",
                        speedup(seen, PS_STUDY_THREADS, last), speedup(seen, PS_STUDY_PROCESSES, last));
}

static void say(const ps_study *study, const ps_study_scaling_seen *seen, char *text, size_t size) {
    const size_t thread_point = best_point(seen, PS_STUDY_THREADS);
    const size_t process_point = best_point(seen, PS_STUDY_PROCESSES);
    const double threads = speedup(seen, PS_STUDY_THREADS, thread_point);
    const double processes = speedup(seen, PS_STUDY_PROCESSES, process_point);
    const double best = threads > processes ? threads : processes;
    const bool gains = best >= PS_STUDY_GAIN && study->cpus > 1;
    char thread_text[PS_STUDY_NAME_SIZE], process_text[PS_STUDY_NAME_SIZE];
    ps_study_workers_text(PS_STUDY_THREADS, seen->workers[thread_point], thread_text);
    ps_study_workers_text(PS_STUDY_PROCESSES, seen->workers[process_point], process_text);
    if (!gains && seen->workers[seen->point_count - 1] == 1)
        ps_study_append(
            text, size,
            "One worker alone has nobody to share with: the thread is %.2f and the process %.2f times "
            "as fast as the program itself.",
            threads, processes);
    else if (!gains)
        ps_study_append(
            text, size,
            "%s: of up to %u workers the best are %s (%.2f times as fast as one after another) and "
            "%s (%.2f times).",
            study->cpus == 1 ? "There is 1 CPU, so more workers speed nothing up"
                             : "More workers do not speed it up here, the CPUs being busy",
            seen->workers[seen->point_count - 1], thread_text, threads, process_text, processes);
    else
        ps_study_append(
            text, size,
            "%s sum %.2f times and %s %.2f times as fast as one worker alone; the sum is the same, to "
            "the last bit.",
            thread_text, threads, process_text, processes);
    if (gains)
        say_beyond(study, seen, text, size);
    ps_study_doubt(study, best, text, size);
    for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++) {
        if (seen->ways[way].refusal[0] != '\0')
            ps_study_append(text, size, " From %u %s on there is no time: %s.",
                            seen->workers[seen->ways[way].count],
                            way == PS_STUDY_THREADS ? "threads" : "processes", seen->ways[way].refusal);
    }
}

static void add_points(const ps_study_scaling_seen *seen, ps_study_way way, ps_study_row *row) {
    double workers[PS_STUDY_POINTS], speedups[PS_STUDY_POINTS];
    const size_t count = seen->ways[way].count, best = best_point(seen, way);
    for (size_t i = 0; i < count; i++) {
        workers[i] = seen->workers[i];
        speedups[i] = speedup(seen, way, i);
    }
    ps_study_add_number(row, way, "best", "best time", PS_STUDY_SECONDS, seen->ways[way].seconds[best]);
    ps_study_add_number(row, way, "best_workers", "with workers", PS_STUDY_NUMBER, seen->workers[best]);
    ps_study_add_number(row, way, "best_speedup", "speedup", PS_STUDY_RATIO, speedup(seen, way, best));
    ps_study_add_list(row, way, "workers", PS_STUDY_NUMBER, workers, count);
    ps_study_add_list(row, way, "seconds", PS_STUDY_SECONDS, seen->ways[way].seconds, count);
    ps_study_add_list(row, way, "speedup", PS_STUDY_RATIO, speedups, count)->charted = true;
    ps_study_add_text(row, way, "engine", NULL, engines[way]);
}

void ps_study_tell_scaling(const ps_study *study, const void *context, ps_study_row *row) {
    const ps_study_scaling_seen *seen = context;
    snprintf(
        row->method, sizeof row->method,
        "The sum of squares of 1 to %.0f (%s) by libparsum's engines serial, pthread and fork%s%s, each "
        "answer verified; from the start signal to the last partial sum merged, with all workers waiting at "
        "the start: the median of %d runs.",
        seen->elements, seen->sum, seen->isa[0] != '\0' ? " on the CPU path " : "", seen->isa, RUNS);
    const char *why_not = seen->why_not;
    for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS && why_not[0] == '\0'; way++) {
        if (seen->ways[way].count == 0)
            why_not = seen->ways[way].refusal;
    }
    if (why_not[0] != '\0') {
        snprintf(row->error, sizeof row->error, "%s", why_not);
        return;
    }
    ps_study_add_number(row, PS_STUDY_SERIAL, "seconds", "best time", PS_STUDY_SECONDS, seen->serial_seconds);
    ps_study_add_number(row, PS_STUDY_SERIAL, "workers", "with workers", PS_STUDY_NUMBER, 1);
    ps_study_add_number(row, PS_STUDY_SERIAL, "speedup", "speedup", PS_STUDY_RATIO, 1);
    ps_study_add_number(row, PS_STUDY_SERIAL, "rate", "elements", PS_STUDY_RATE,
                        seen->elements / seen->serial_seconds);
    ps_study_add_number(row, PS_STUDY_SERIAL, "elements", NULL, PS_STUDY_NUMBER, seen->elements);
    ps_study_add_text(row, PS_STUDY_SERIAL, "sumsq", NULL, seen->sum);
    add_points(seen, PS_STUDY_THREADS, row);
    add_points(seen, PS_STUDY_PROCESSES, row);
    say(study, seen, row->sentence, sizeof row->sentence);
}
