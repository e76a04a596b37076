/* load_program.c - a program that uses the library again and again: load_program ENGINE TIMES CONTEXTS FILE.
 *
 * Reduces a range, an array, a stream and FILE, the text of the integers below 1000, TIMES times, with a new context each time
 * (CONTEXTS 1) or one for all (0). Prints a tenth of the way and at the end what this process holds: bytes of memory, open
 * descriptors, mappings, children. Fails where an answer is wrong. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "parsum.h"

enum { NUMBERS = 1000, SUM = NUMBERS * (NUMBERS - 1) / 2 };

static void require(bool holds, const char *what, const parsum_error *error) {
    if (holds)
        return;
    fprintf(stderr, "%s: %s\n", what, error->message);
    exit(EXIT_FAILURE);
}

static void take(parsum_status status, parsum_result **result, const char *what, const parsum_error *error) {
    require(status == PARSUM_OK && atoi((*result)->values[0].text) == SUM, what, error);
    parsum_result_destroy(*result);
}

static void reduce_all(parsum_context *context, const char *path) {
    static int64_t numbers[NUMBERS];
    const parsum_range range = {0, NUMBERS, 1};
    const parsum_array array = {numbers, PARSUM_I64, NUMBERS, 0};
    parsum_error error = {0};
    parsum_result *result = NULL;
    parsum_stream *stream;
    for (int i = 0; i < NUMBERS; i++)
        numbers[i] = i;
    take(parsum_reduce_ranges(context, &range, 1, &result, &error), &result, "range", &error);
    take(parsum_reduce_array(context, &array, &result, &error), &result, "array", &error);
    take(parsum_reduce_inputs(context, &path, 1, NULL, &result, &error), &result, "file", &error);
    require(parsum_stream_open(context, PARSUM_I64, &stream, &error) == PARSUM_OK, "stream", &error);
    require(parsum_stream_feed(stream, numbers, NUMBERS, &error) == PARSUM_OK, "feed", &error);
    take(parsum_stream_finish(stream, &result, &error), &result, "stream", &error);
}

static parsum_context *create(const char *engine) {
    parsum_options options;
    parsum_context *context = NULL;
    parsum_error error = {0};
    parsum_options_init(&options);
    options.engine = engine;
    options.workers = 2;
    options.statistics = PARSUM_MASK(PARSUM_SUM);
    require(parsum_context_create(&options, &context, &error) == PARSUM_OK, "context", &error);
    return context;
}

static unsigned long lines_of(const char *path) {
    FILE *const file = fopen(path, "r");
    unsigned long lines = 0;
    for (int byte; file != NULL && (byte = fgetc(file)) != EOF;)
        lines += byte == '\n';
    if (file != NULL)
        fclose(file);
    return lines;
}

static unsigned long entries_of(const char *path) {
    DIR *const folder = opendir(path);
    unsigned long entries = 0;
    while (folder != NULL && readdir(folder) != NULL)
        entries++;
    if (folder != NULL)
        closedir(folder);
    return entries;
}

static unsigned long resident_bytes(void) {
    FILE *const file = fopen("/proc/self/statm", "r");
    unsigned long all = 0, resident = 0;
    if (file == NULL || fscanf(file, "%lu %lu", &all, &resident) != 2)
        exit(EXIT_FAILURE);
    fclose(file);
    return resident * (unsigned long)sysconf(_SC_PAGESIZE);
}

static void print_held(void) {
    char children[64], path[64];
    unsigned long count = 0;
    snprintf(path, sizeof path, "/proc/self/task/%ld/children", (long)getpid());
    FILE *const file = fopen(path, "r");
    while (file != NULL && fscanf(file, "%63s", children) == 1)
        count++;
    if (file != NULL)
        fclose(file);
    printf("%lu %lu %lu %lu\n", resident_bytes(), entries_of("/proc/self/fd"), lines_of("/proc/self/maps"),
           count);
    fflush(stdout);
}

int main(int argument_count, char **arguments) {
    if (argument_count != 5)
        return EXIT_FAILURE;
    const int times = atoi(arguments[2]);
    const bool contexts = atoi(arguments[3]) != 0;
    parsum_context *kept = contexts ? NULL : create(arguments[1]);
    for (int i = 1; i <= times; i++) {
        parsum_context *const context = contexts ? create(arguments[1]) : kept;
        reduce_all(context, arguments[4]);
        if (contexts)
            parsum_context_destroy(context);
        if (i == times / 10 || i == times)
            print_held();
    }
    parsum_context_destroy(kept);
    return EXIT_SUCCESS;
}
