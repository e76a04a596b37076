/* result.c - making, filling and freeing a parsum_result. */
#include "run/result.h"

#include <stdlib.h>
#include <string.h>

#include "base/device.h"
#include "base/error.h"
#include "exact/statistics.h"

parsum_status ps_result_describe_engine(const ps_engine_state *engine, parsum_result *result,
                                        parsum_error *error) {
    result->engine.name = engine->engine->name;
    result->engine.workers = engine->workers;
    result->engine.isa = engine->isa;
    result->engine.devices = calloc(engine->device_count + 1, sizeof *result->engine.devices);
    if (result->engine.devices == NULL)
        return ps_fail_memory(error, "the result");
    for (size_t i = 0; i < engine->device_count; i++) {
        if (!ps_device_copy(&result->engine.devices[i], &engine->devices[i]))
            return ps_fail_memory(error, "the result");
        result->engine.device_count++;
    }
    return PARSUM_OK;
}

parsum_status ps_result_create(const ps_source *source, unsigned runs, parsum_result **result,
                               parsum_error *error) {
    parsum_result *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "the result");
    made->input.kind = source->input_kind;
    made->input.type = ps_kinds[source->partial_kind].type_name;
    made->input.count = source->total_count;
    made->samples = calloc(runs, sizeof *made->samples);
    made->sample_count = runs;
    made->input.sources = calloc(source->name_count + 1, sizeof *made->input.sources);
    bool copied = made->samples != NULL && made->input.sources != NULL;
    for (size_t i = 0; i < source->name_count && copied; i++) {
        made->input.sources[i] = strdup(source->names[i]);
        copied = made->input.sources[i] != NULL;
        made->input.source_count += copied;
    }
    if (!copied) {
        parsum_result_destroy(made);
        return ps_fail_memory(error, "the result");
    }
    *result = made;
    return PARSUM_OK;
}

static int compare_doubles(const void *left, const void *right) {
    const double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double ps_median(const double *samples, size_t count) {
    double *sorted = malloc(count * sizeof *sorted);
    if (sorted == NULL)
        return samples[0];
    memcpy(sorted, samples, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_doubles);
    const double middle = count % 2 ? sorted[count / 2] : 0.5 * (sorted[count / 2 - 1] + sorted[count / 2]);
    free(sorted);
    return middle;
}

void parsum_result_destroy(parsum_result *result) {
    if (result == NULL)
        return;
    for (size_t i = 0; i < result->input.source_count; i++)
        free(result->input.sources[i]);
    free(result->input.sources);
    for (size_t i = 0; i < result->engine.device_count; i++)
        ps_device_free(&result->engine.devices[i]);
    free(result->engine.devices);
    ps_values_destroy(result->values, result->value_count);
    free(result->samples);
    free(result);
}
