/* Prints as JSON how many bytes a second this machine reads of one file in the page cache, mapped, and of a buffer in
 * memory of the same size (--buffer): what no reduction of that file can exceed. Every vector is read.
 *
 * read_limit [--threads=N] [--runs=N] [--buffer] FILE
 */
#include "machine.h"
#include "multiply_loops.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MAX_THREADS = 256, MAX_RUNS = 1000 };

typedef struct reader {
    pthread_t thread;
    pthread_barrier_t *start;
    const uint64_t *words;
    size_t word_count;
    int cpu;
    double begin_seconds, end_seconds;
    uint64_t sum;
} reader;

static void *read_once(void *argument) {
    reader *self = argument;
    pin_to(self->cpu);
    pthread_barrier_wait(self->start);
    self->begin_seconds = now_seconds();
    self->sum = read_all(self->words, self->word_count);
    self->end_seconds = now_seconds();
    return NULL;
}

/* Reads all words once, in one contiguous part a thread; the time from the first start to the last end. */
static double read_seconds(const uint64_t *words, size_t word_count, int thread_count, uint64_t *sum) {
    static reader readers[MAX_THREADS];
    pthread_barrier_t start;
    double begin = 0, end = 0;
    pthread_barrier_init(&start, NULL, (unsigned)thread_count);
    for (int i = 0; i < thread_count; i++) {
        size_t from = word_count / (size_t)thread_count * (size_t)i;
        size_t to = i + 1 == thread_count ? word_count : from + word_count / (size_t)thread_count;
        readers[i] =
            (reader){.start = &start, .words = words + from, .word_count = to - from, .cpu = allowed_cpu(i)};
        if (pthread_create(&readers[i].thread, NULL, read_once, &readers[i]) != 0) {
            fprintf(stderr, "read_limit: cannot start thread %d of %d\n", i + 1, thread_count);
            exit(1);
        }
    }
    *sum = 0;
    for (int i = 0; i < thread_count; i++) {
        pthread_join(readers[i].thread, NULL);
        if (i == 0 || readers[i].begin_seconds < begin)
            begin = readers[i].begin_seconds;
        if (i == 0 || readers[i].end_seconds > end)
            end = readers[i].end_seconds;
        *sum += readers[i].sum;
    }
    pthread_barrier_destroy(&start);
    return end > begin ? end - begin : 1e-9;
}

/* Prints the rates of run_count readings after a warm-up, which also maps the pages. All must find the same sum. */
static int print_rates(const char *name, const uint64_t *words, size_t word_count, int thread_count,
                       int run_count) {
    uint64_t expected, sum;
    int right = 1;
    read_seconds(words, word_count, thread_count, &expected);
    printf("\"%s\":{\"samples\":[", name);
    for (int i = 0; i < run_count; i++) {
        double seconds = read_seconds(words, word_count, thread_count, &sum);
        right = right && sum == expected;
        printf("%s%.6g", i ? "," : "", (double)(word_count * sizeof *words) / seconds);
    }
    printf("],\"right\":%s}", right ? "true" : "false");
    return right;
}

static int fail(const char *what) {
    fprintf(stderr, "read_limit: %s: %s\n", what, strerror(errno));
    return 1;
}

/* The same of a copy in large pages, which costs fewer look-ups of addresses than the page cache's small ones. */
static int measure_buffer(const uint64_t *words, size_t word_count, int thread_count, int run_count) {
    size_t size_bytes = word_count * sizeof *words;
    uint64_t *buffer = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (buffer == MAP_FAILED)
        return fail("the buffer") == 0;
    madvise(buffer, size_bytes, MADV_HUGEPAGE);
    memcpy(buffer, words, size_bytes); /* gives every page memory of its own */
    printf(",");
    int right = print_rates("buffer_bytes_per_second", buffer, word_count, thread_count, run_count);
    munmap(buffer, size_bytes);
    return right;
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"threads", required_argument, NULL, 't'},
                                            {"runs", required_argument, NULL, 'r'},
                                            {"buffer", no_argument, NULL, 'b'},
                                            {NULL, 0, NULL, 0}};
    int thread_count = 2, run_count = 5, with_buffer = 0, option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 't')
            thread_count = atoi(optarg);
        else if (option == 'r')
            run_count = atoi(optarg);
        else if (option == 'b')
            with_buffer = 1;
        else
            return 2;
    }
    if (optind + 1 != argc || thread_count < 1 || thread_count > MAX_THREADS || run_count < 1 ||
        run_count > MAX_RUNS) {
        fprintf(stderr, "usage: read_limit [--threads=N] [--runs=N] [--buffer] FILE\n");
        return 2;
    }

    const char *path = argv[optind];
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &status) != 0)
        return fail(path);
    size_t word_count = (size_t)status.st_size / sizeof(uint64_t), size_bytes = word_count * sizeof(uint64_t);
    if (word_count == 0) {
        fprintf(stderr, "read_limit: %s: nothing to read\n", path);
        return 1;
    }
    uint64_t *mapped = mmap(NULL, size_bytes, PROT_READ, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED)
        return fail(path);
    printf("{\"threads\":%d,\"bytes\":%zu,", thread_count, size_bytes);
    int right = print_rates("mapped_bytes_per_second", mapped, word_count, thread_count, run_count);
    if (with_buffer)
        right = measure_buffer(mapped, word_count, thread_count, run_count) && right;
    printf("}\n");
    return fflush(stdout) == 0 && right ? 0 : 1;
}
