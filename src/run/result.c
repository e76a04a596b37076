/* result.c - making, filling and freeing a parsum_result. */
#include "run/result.h"

#include <stdlib.h>
#include <string.h>

#include "base/device.h"
#include "base/error.h"
#include "exact/partial_codec.h"
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

static parsum_status create(char *const *names, size_t name_count, unsigned runs, parsum_result **result,
                            parsum_error *error) {
    parsum_result *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "the result");
    made->samples = calloc(runs, sizeof *made->samples);
    made->sample_count = runs;
    made->input.sources = calloc(name_count + 1, sizeof *made->input.sources);
    bool copied = made->samples != NULL && made->input.sources != NULL;
    for (size_t i = 0; i < name_count && copied; i++) {
        made->input.sources[i] = strdup(names[i]);
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

parsum_status ps_result_create(const ps_source *source, unsigned runs, parsum_result **result,
                               parsum_error *error) {
    const parsum_status status = create(source->names, source->name_count, runs, result, error);
    if (status != PARSUM_OK)
        return status;
    (*result)->input.kind = source->input_kind;
    (*result)->input.type = source->type_name;
    return PARSUM_OK;
}

parsum_status ps_result_create_for(const char *const *names, size_t name_count, parsum_result **result,
                                   parsum_error *error) {
    return create((char *const *)names, name_count, 1, result, error);
}

parsum_status ps_result_finish(uint32_t statistics, bool exact_digits, const ps_partial *total,
                               const ps_kind *kind, parsum_result *result, parsum_error *error) {
    /* A device may have answered anything, and where nothing verified it, a root of a negative number must not be taken. */
    if (!ps_partial_is_consistent(total, ps_statistics_needs(statistics)))
        return ps_fail(
            error, PARSUM_FAILED,
            "the sums found belong to no list of numbers, so there is no answer; use another engine or "
            "device, or --verify=reference to see what differs");
    result->input.count = total->count;
    result->input.missing = total->missing;
    result->input.skipped_nan = total->skipped_nan;
    result->value_count = ps_statistics_finish(statistics, total, exact_digits, result->values);
    result->partial = ps_partial_create(kind);
    if (result->value_count == 0 || result->partial == NULL)
        return ps_fail_memory(error, "the result");
    memcpy(result->partial, total, kind->size_bytes);
    return PARSUM_OK;
}

void ps_result_take_engine(parsum_result *result, parsum_result *part) {
    for (size_t i = 0; i < result->engine.device_count; i++)
        ps_device_free(&result->engine.devices[i]);
    free(result->engine.devices);
    result->engine = part->engine;
    part->engine.devices = NULL;
    part->engine.device_count = 0;
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
    free(result->partial);
    free(result);
}
