/* Prints as JSON how long a call of the library takes on a short list of doubles that is in the cache: what a program
 * pays that sums many short lists. Each row is one way of calling, with its whole cycle from empty to answer, checked.
 *
 * small_lists [--runs=N]
 */
#include <parsum.h>

#include "machine.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_COUNT = 10000, MAX_RUNS = 1000 };

__extension__ typedef __int128 int128;

/* Sums values[0 .. count-1]; false: the library cannot do it. */
typedef bool sum_call(const double *values, size_t count, double *sum);

static parsum_error failure; /* of the last call that said no */

#ifdef HAVE_PARSUM_ACCUMULATOR_ADD_ARRAY
static bool sum_by_accumulator(const double *values, size_t count, double *sum) {
    parsum_accumulator *accumulator;
    if (parsum_accumulator_create(&accumulator, &failure) != PARSUM_OK)
        return false;
    parsum_accumulator_add_array(accumulator, values, count);
    *sum = parsum_accumulator_round(accumulator);
    parsum_accumulator_destroy(accumulator);
    return true;
}
#endif

#ifdef HAVE_PARSUM_REDUCE_ARRAY
static parsum_context *serial_context; /* made once and kept, as a program would */

static bool sum_by_context(const double *values, size_t count, double *sum) {
    if (serial_context == NULL) {
        parsum_options options;
        parsum_options_init(&options);
        options.engine = "serial";
        options.statistics = PARSUM_MASK(PARSUM_SUM);
        if (parsum_context_create(&options, &serial_context, &failure) != PARSUM_OK)
            return false;
    }
    parsum_array array = {.data = values, .type = PARSUM_F64, .count = count};
    parsum_result *result;
    if (parsum_reduce_array(serial_context, &array, &result, &failure) != PARSUM_OK)
        return false;
    *sum = result->values[0].number;
    parsum_result_destroy(result);
    return true;
}
#endif

static const struct {
    const char *name;
    sum_call *sum;
} calls[] = {
#ifdef HAVE_PARSUM_ACCUMULATOR_ADD_ARRAY
    {"accumulator: create, add_array, round, destroy", sum_by_accumulator},
#endif
#ifdef HAVE_PARSUM_REDUCE_ARRAY
    {"reduce_array, serial, in a kept context", sum_by_context},
#endif
};

/* Doubles m * 2^-60 with m of 53 random bits and a random sign: uniform data of all bits. Returns the double nearest to
 * their sum: that of all m is below 2^53 * MAX_COUNT < 2^67, exact in 128 bits, and is rounded once when converted. */
static double fill(double *values, size_t count) {
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15);
    int128 sum = 0;
    for (size_t i = 0; i < count; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        int64_t mantissa = (int64_t)(state >> 11) * (state & 1 ? -1 : 1);
        sum += mantissa;
        values[i] = (double)mantissa * 0x1p-60;
    }
    return (double)sum * 0x1p-60;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_row(size_t index, const double *values, size_t count, double expected, int run_count) {
    double seconds[MAX_RUNS], sum = 0;
    size_t calls_a_run = 1 + 1000000 / (count + 1000);
    bool right = true;
    printf("{\"call\":\"%s\",\"count\":%zu,", calls[index].name, count);
    for (int run = -1; run < run_count; run++) { /* run -1 is the warm-up */
        double begin = now_seconds();
        for (size_t i = 0; i < calls_a_run; i++) {
            if (!calls[index].sum(values, count, &sum)) {
                printf("\"status\":%d}", (int)failure.status);
                return;
            }
            right = right && sum == expected;
        }
        if (run >= 0)
            seconds[run] = (now_seconds() - begin) / (double)calls_a_run;
    }
    qsort(seconds, (size_t)run_count, sizeof *seconds, compare_doubles);
    printf("\"right\":%s,\"answer\":%.17g,\"expected\":%.17g,\"best_seconds\":%.4g,\"median_seconds\":%.4g}",
           right ? "true" : "false", sum, expected, seconds[0], seconds[run_count / 2]);
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"runs", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
    int run_count = 20, option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option != 'r')
            return 2;
        run_count = atoi(optarg);
    }
    if (optind < argc || run_count < 1 || run_count > MAX_RUNS) {
        fprintf(stderr, "usage: small_lists [--runs=N]\n");
        return 2;
    }
    static double values[MAX_COUNT];
    static const size_t counts[] = {100, MAX_COUNT};
    const char *separator = "";
    printf("{\"rows\":[");
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        double expected = fill(values, counts[i]);
        for (size_t call = 0; call < sizeof calls / sizeof calls[0]; call++) {
            printf("%s\n ", separator);
            print_row(call, values, counts[i], expected, run_count);
            separator = ",";
        }
    }
    printf("]}\n");
#ifdef HAVE_PARSUM_REDUCE_ARRAY
    parsum_context_destroy(serial_context);
#endif
    return fflush(stdout) == 0 ? 0 : 1;
}
