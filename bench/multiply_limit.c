/* Prints as JSON how many squares a second this machine can multiply at most, for each instruction that a fold
 * may square with, and how many bytes a second it can read. A fold that claims more squares than the best
 * instruction allows did not multiply every element.
 *
 * multiply_limit [--threads=N] [--runs=N] [--run-seconds=S] [--read-bytes=N]   (--read-bytes=0: no reading)
 */
#include "machine.h"
#include "multiply_loops.h"

#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { MAX_THREADS = 1024, MAX_RUNS = 1000 };

typedef struct shared_work {
    pthread_barrier_t start;
    const multiply_loop *loop; /* NULL: read `words` */
    uint64_t pass_count;
    const uint64_t *words;
    size_t word_count;
    int thread_count;
} shared_work;

typedef struct worker {
    pthread_t thread;
    shared_work *work;
    int index, cpu;
    double begin_seconds, end_seconds;
    uint64_t sum;
} worker;

static void *work_once(void *argument) {
    worker *self = argument;
    shared_work *work = self->work;
    pin_to(self->cpu);
    pthread_barrier_wait(&work->start);
    self->begin_seconds = now_seconds();
    if (work->loop) {
        work->loop->run(work->pass_count);
    } else {
        size_t from = work->word_count / (size_t)work->thread_count * (size_t)self->index;
        size_t to = self->index + 1 == work->thread_count
                        ? work->word_count
                        : from + work->word_count / (size_t)work->thread_count;
        self->sum = read_all(work->words + from, to - from);
    }
    self->end_seconds = now_seconds();
    return NULL;
}

/* Runs the work on all threads; the time from the first start to the last end. */
static double run_seconds(shared_work *work, uint64_t *sum) {
    static worker workers[MAX_THREADS];
    double begin = 0, end = 0;
    pthread_barrier_init(&work->start, NULL, (unsigned)work->thread_count);
    for (int i = 0; i < work->thread_count; i++) {
        workers[i] = (worker){.work = work, .index = i, .cpu = allowed_cpu(i)};
        if (pthread_create(&workers[i].thread, NULL, work_once, &workers[i]) != 0) {
            fprintf(stderr, "multiply_limit: cannot start thread %d of %d\n", i + 1, work->thread_count);
            exit(1);
        }
    }
    *sum = 0;
    for (int i = 0; i < work->thread_count; i++) {
        pthread_join(workers[i].thread, NULL);
        if (i == 0 || workers[i].begin_seconds < begin)
            begin = workers[i].begin_seconds;
        if (i == 0 || workers[i].end_seconds > end)
            end = workers[i].end_seconds;
        *sum += workers[i].sum;
    }
    pthread_barrier_destroy(&work->start);
    return end > begin ? end - begin : 1e-9;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Prints `"best":..., "median":..., "samples":[...]` of rates, which it sorts. */
static void print_rates(const char *unit, double *rates, int count) {
    printf("\"%s\":{\"samples\":[", unit);
    for (int i = 0; i < count; i++)
        printf("%s%.6g", i ? "," : "", rates[i]);
    qsort(rates, (size_t)count, sizeof *rates, compare_doubles);
    double median = count % 2 ? rates[count / 2] : 0.5 * (rates[count / 2 - 1] + rates[count / 2]);
    printf("],\"best\":%.6g,\"median\":%.6g}", rates[count - 1], median);
}

static void measure_loop(const multiply_loop *loop, int thread_count, int run_count, double seconds_a_run) {
    shared_work work = {.loop = loop, .pass_count = 1000, .thread_count = thread_count};
    uint64_t sum;
    double rates[MAX_RUNS];
    /* Also the warm-up: clocks and the vector units need some milliseconds to come up. */
    double seconds = run_seconds(&work, &sum);
    while (seconds < 0.25 * seconds_a_run) {
        work.pass_count *= seconds < 0.02 * seconds_a_run ? 10 : 2;
        seconds = run_seconds(&work, &sum);
    }
    work.pass_count = (uint64_t)((double)work.pass_count * seconds_a_run / seconds) + 1;
    for (int i = 0; i < run_count; i++) {
        double squares = (double)work.pass_count * loop->squares_per_pass * thread_count;
        rates[i] = squares / run_seconds(&work, &sum);
    }
    printf("\"available\":true,");
    print_rates("squares_per_second", rates, run_count);
}

static void measure_reading(size_t byte_count, int thread_count, int run_count) {
    uint64_t *words = mmap(NULL, byte_count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (words == MAP_FAILED) {
        printf("\"error\":\"no memory for %zu bytes\"", byte_count);
        return;
    }
    madvise(words, byte_count, MADV_HUGEPAGE);
    size_t word_count = byte_count / sizeof *words;
    uint64_t expected = 0;
    for (size_t i = 0; i < word_count; i++) /* writing gives every page its own memory */
        expected += words[i] = i * 0x9e3779b97f4a7c15u;
    shared_work work = {.words = words, .word_count = word_count, .thread_count = thread_count};
    double rates[MAX_RUNS];
    int right = 1;
    for (int i = -1; i < run_count; i++) { /* run -1 is the warm-up */
        uint64_t sum;
        double seconds = run_seconds(&work, &sum);
        right = right && sum == expected;
        if (i >= 0)
            rates[i] = (double)byte_count / seconds;
    }
    munmap(words, byte_count);
    printf("\"bytes\":%zu,\"right\":%s,", byte_count, right ? "true" : "false");
    print_rates("bytes_per_second", rates, run_count);
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"threads", required_argument, NULL, 't'},
                                            {"runs", required_argument, NULL, 'r'},
                                            {"run-seconds", required_argument, NULL, 's'},
                                            {"read-bytes", required_argument, NULL, 'b'},
                                            {NULL, 0, NULL, 0}};
    int thread_count = 2, run_count = 5, option;
    double seconds_a_run = 0.05;
    long long read_bytes = 1LL << 30;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 't')
            thread_count = atoi(optarg);
        else if (option == 'r')
            run_count = atoi(optarg);
        else if (option == 's')
            seconds_a_run = atof(optarg);
        else if (option == 'b')
            read_bytes = atoll(optarg);
        else
            return 2;
    }
    if (optind < argc || thread_count < 1 || thread_count > MAX_THREADS || run_count < 1 ||
        run_count > MAX_RUNS || !(seconds_a_run > 0) || seconds_a_run > 60 || read_bytes < 0) {
        fprintf(stderr,
                "usage: multiply_limit [--threads=N] [--runs=N] [--run-seconds=S] [--read-bytes=N]\n");
        return 2;
    }

    printf("{\"threads\":%d,\"loops\":[", thread_count);
    for (size_t i = 0; i < multiply_loop_count; i++) {
        const multiply_loop *loop = &multiply_loops[i];
        printf("%s\n {\"name\":\"%s\",\"instruction\":\"%s\",\"square_bits\":%u,", i ? "," : "", loop->name,
               loop->instruction, loop->square_bits);
        if (loop->available())
            measure_loop(loop, thread_count, run_count, seconds_a_run);
        else
            printf("\"available\":false");
        printf("}");
    }
    printf("],\n \"read\":");
    if (read_bytes >= 4096) {
        printf("{");
        measure_reading((size_t)read_bytes, thread_count, run_count);
        printf("}");
    } else {
        printf("null");
    }
    printf("}\n");
    return fflush(stdout) == 0 ? 0 : 1;
}
