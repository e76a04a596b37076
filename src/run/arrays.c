/* arrays.c - numbers in the caller's memory: one call, or a stream of pieces. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "run/reduce.h"
#include "run/result.h"

static parsum_status check_type(parsum_type type, parsum_error *error) {
    if (parsum_type_name(type) == NULL)
        return ps_fail(error, PARSUM_USAGE, "%d is no type of numbers; parsum.h lists them", (int)type);
    return PARSUM_OK;
}

static int64_t stride_of(const parsum_array *array) {
    return array->stride_bytes != 0 ? (int64_t)array->stride_bytes : (int64_t)parsum_type_size(array->type);
}

/* left alone, or with right where that is not NULL. */
static parsum_status reduce(parsum_context *context, const parsum_array *left, const parsum_array *right,
                            parsum_result **result, parsum_error *error) {
    const double start = ps_clock_seconds();
    ps_array_block block = {.data = {left->data}, .stride_bytes = {stride_of(left)}, .type = left->type};
    ps_source *source = NULL;
    parsum_status status = ps_context_check_process(context, error);
    if (status == PARSUM_OK)
        status = check_type(left->type, error);
    if (status != PARSUM_OK)
        return status;
    if (right != NULL) {
        block.data[1] = right->data;
        block.stride_bytes[1] = stride_of(right);
    }
    status = ps_source_array(&block, left->count, &source, error);
    if (status == PARSUM_OK)
        status = ps_reduce(context, start, source, NULL, 0, result, error);
    ps_source_destroy(source);
    return status;
}

parsum_status parsum_reduce_array(parsum_context *context, const parsum_array *array, parsum_result **result,
                                  parsum_error *error) {
    if (context->options.statistics == PARSUM_MASK(PARSUM_DOT))
        return ps_fail(error, PARSUM_USAGE, "dot takes two arrays: parsum_reduce_dot");
    return reduce(context, array, NULL, result, error);
}

parsum_status parsum_reduce_dot(parsum_context *context, const parsum_array *left, const parsum_array *right,
                                parsum_result **result, parsum_error *error) {
    if (context->options.statistics != PARSUM_MASK(PARSUM_DOT))
        return ps_fail(error, PARSUM_USAGE, "the context of a dot product has the statistic dot alone");
    if (left->type != right->type)
        return ps_fail(error, PARSUM_USAGE, "a dot product takes two arrays of one type");
    if (left->count != right->count)
        return ps_fail(error, PARSUM_BAD_INPUT,
                       "the arrays have %llu and %llu numbers; a dot product takes two of one length",
                       (unsigned long long)left->count, (unsigned long long)right->count);
    return reduce(context, left, right, result, error);
}

struct parsum_stream {
    parsum_context *context;
    parsum_type type;
    ps_partial *total;     /* of all pieces so far */
    parsum_result *result; /* times add up in it */
    double start;
    parsum_error failure; /* status PARSUM_OK: none */
};

static void stream_destroy(parsum_stream *stream) {
    free(stream->total);
    parsum_result_destroy(stream->result);
    free(stream);
}

parsum_status parsum_stream_open(parsum_context *context, parsum_type type, parsum_stream **stream,
                                 parsum_error *error) {
    const ps_array_block none = {.data = {NULL}, .stride_bytes = {1}, .type = type};
    ps_source *source = NULL;
    parsum_status status = ps_context_check_process(context, error);
    if (status == PARSUM_OK)
        status = check_type(type, error);
    if (status == PARSUM_OK && context->options.runs + context->options.warmup > 1)
        status = ps_fail(error, PARSUM_USAGE, "a stream passes but once: runs is 1 and warmup 0");
    if (status == PARSUM_OK && context->options.statistics == PARSUM_MASK(PARSUM_DOT))
        status = ps_fail(error, PARSUM_USAGE, "dot takes two arrays: parsum_reduce_dot");
    if (status == PARSUM_OK && context->options.verify == PARSUM_VERIFY_CLOSED_FORM)
        status = ps_fail(error, PARSUM_USAGE, "only ranges have a closed form");
    if (status != PARSUM_OK)
        return status;
    parsum_stream *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "a stream");
    made->context = context;
    made->type = type;
    made->start = ps_clock_seconds();
    status = ps_source_array(&none, 0, &source, error);
    if (status == PARSUM_OK)
        status = ps_result_create(source, 1, &made->result, error);
    if (status == PARSUM_OK) {
        ps_context_use_source(context, source);
        made->total = ps_partial_create(context->job.kind);
        if (made->total == NULL)
            status = ps_fail_memory(error, "a stream");
    }
    ps_source_destroy(source);
    if (status == PARSUM_OK)
        *stream = made;
    else
        stream_destroy(made);
    return status;
}

parsum_status parsum_stream_feed(parsum_stream *stream, const void *numbers, uint64_t count,
                                 parsum_error *error) {
    const parsum_array array = {.data = numbers, .type = stream->type, .count = count};
    parsum_result *part = NULL;
    parsum_status status = stream->failure.status;
    if (status == PARSUM_OK && count > 0) {
        status = parsum_reduce_array(stream->context, &array, &part, &stream->failure);
        stream->failure.status = status;
    }
    if (status != PARSUM_OK) {
        if (error != NULL)
            *error = stream->failure;
        return status;
    }
    if (part == NULL)
        return PARSUM_OK;
    stream->context->job.kind->merge(stream->total, part->partial);
    parsum_result *all = stream->result;
    all->samples[0] += part->samples[0];
    all->seconds.setup += part->seconds.setup;
    all->verified = part->verified;
    ps_result_take_engine(all, part);
    parsum_result_destroy(part);
    return PARSUM_OK;
}

parsum_status parsum_stream_finish(parsum_stream *stream, parsum_result **result, parsum_error *error) {
    parsum_status status = stream->failure.status;
    if (status != PARSUM_OK && error != NULL)
        *error = stream->failure;
    if (status == PARSUM_OK && result != NULL) {
        parsum_result *all = stream->result;
        status = ps_reduce_finish(stream->context, stream->total, all, error);
        if (all->engine.name == NULL) { /* nothing was fed */
            all->engine.name = "none";
            all->verified.method = PARSUM_VERIFY_NONE;
        }
        all->seconds.wall = ps_clock_seconds() - stream->start;
        if (status == PARSUM_OK) {
            *result = all;
            stream->result = NULL;
        }
    }
    stream_destroy(stream);
    return status;
}
