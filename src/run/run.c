/* run.c - the flow of one call: source, engine, partials, merge, finish, verify, result. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "exact/reference.h"
#include "exact/statistics.h"
#include "run/context.h"
#include "run/result.h"
#include "run/verify.h"

/* The integer partial that a run ends with, and room for one a worker. */
typedef struct run_buffers {
    char *partials;
    ps_integer_partial total;
} run_buffers;

/* Merges the workers' partials, in any order: merging is exact. */
static void merge_all(const ps_job *job, const char *partials, unsigned workers, ps_partial *total) {
    job->kind->clear(total);
    for (unsigned i = 0; i < workers; i++)
        job->kind->merge(total, (const ps_partial *)(partials + i * ps_partial_stride(job->kind)));
}

/* One run: from the start signal to the last partial merged. Every element must have been folded exactly once. */
static parsum_status run_once(parsum_context *context, ps_queue *queue, run_buffers *buffers, double *seconds,
                              parsum_error *error) {
    ps_engine_state *engine = context->engine;
    const ps_job *job = &context->job;
    ps_queue_rewind(queue);
    for (unsigned i = 0; i < engine->workers; i++)
        job->kind->clear((ps_partial *)(buffers->partials + i * ps_partial_stride(job->kind)));
    const double start = ps_clock_seconds();
    const parsum_status status = engine->engine->run(engine, queue, buffers->partials, error);
    if (status != PARSUM_OK)
        return status;
    merge_all(job, buffers->partials, engine->workers, &buffers->total.head);
    *seconds = ps_clock_seconds() - start;
    if (buffers->total.head.count != ps_queue_total_count(queue))
        return ps_fail(
            error, PARSUM_FAILED,
            "the engine %s folded %llu of %llu elements, so there is no answer; please report this",
            engine->engine->name, (unsigned long long)buffers->total.head.count,
            (unsigned long long)ps_queue_total_count(queue));
    return PARSUM_OK;
}

/* Warm-ups and timed runs. All must end with the same bytes. */
static parsum_status run_all(parsum_context *context, ps_queue *queue, run_buffers *buffers, double *samples,
                             parsum_error *error) {
    ps_integer_partial first;
    const unsigned warmup = context->options.warmup;
    for (unsigned i = 0; i < warmup + context->options.runs; i++) {
        double seconds = 0;
        parsum_status status = run_once(context, queue, buffers, &seconds, error);
        if (status == PARSUM_OK && i > 0)
            status = ps_verify_compare(&buffers->total, &first, context->job.needs, "first run", error);
        if (status != PARSUM_OK)
            return status;
        first = buffers->total;
        if (i >= warmup)
            samples[i - warmup] = seconds;
    }
    return PARSUM_OK;
}

static parsum_status finish(const parsum_context *context, const ps_integer_partial *total,
                            parsum_result *result, parsum_error *error) {
    result->input.count = total->head.count;
    result->value_count = ps_statistics_finish(context->options.statistics, &total->head, result->values);
    result->seconds.compute = ps_median(result->samples, result->sample_count);
    return result->value_count > 0 ? PARSUM_OK : ps_fail_memory(error, "the result");
}

static parsum_status verify(const parsum_context *context, const parsum_range *ranges, size_t range_count,
                            const ps_integer_partial *total, parsum_result *result, parsum_error *error) {
    const ps_job *job = &context->job;
    const double start = ps_clock_seconds();
    ps_integer_partial expected;
    parsum_status status = PARSUM_OK;
    result->verified.method = ps_verify_choose(context->options.verify, total->head.count);
    if (result->verified.method == PARSUM_VERIFY_NONE)
        return PARSUM_OK;
    if (result->verified.method == PARSUM_VERIFY_REFERENCE) {
        status = ps_verify_reference(ranges, range_count, job->needs, job->workers, &job->monitor, &expected,
                                     &result->verified.workers, error);
    } else {
        ps_closed_form(ranges, range_count, &expected);
        result->verified.workers = 1;
    }
    if (status == PARSUM_OK)
        status = ps_verify_compare(total, &expected, job->needs, parsum_verify_name(result->verified.method),
                                   error);
    result->verified.ok = status == PARSUM_OK;
    result->verified.seconds = ps_clock_seconds() - start;
    return status;
}

parsum_status parsum_reduce_ranges(parsum_context *context, const parsum_range *ranges, size_t range_count,
                                   parsum_result **result, parsum_error *error) {
    const double start = ps_clock_seconds();
    ps_source *source = NULL;
    ps_queue *queue = NULL;
    parsum_result *made = NULL;
    run_buffers buffers = {0};
    parsum_status status = ps_source_ranges(ranges, range_count, &source, error);
    if (status == PARSUM_OK)
        status = ps_result_create(source, context->options.runs, &made, error);
    if (status == PARSUM_OK)
        status = ps_context_open_engine(context, error);
    if (status != PARSUM_OK)
        goto out;
    status = ps_result_describe_engine(context->engine, made, error);
    if (status == PARSUM_OK)
        status = ps_queue_create(source, context->job.chunk, context->engine->workers, &queue, error);
    if (status != PARSUM_OK)
        goto out;
    buffers.partials = aligned_alloc(64, context->engine->workers * ps_partial_stride(context->job.kind));
    if (buffers.partials == NULL) {
        status = ps_fail_memory(error, "the partial results");
        goto out;
    }
    made->seconds.setup = ps_clock_seconds() - start;
    status = run_all(context, queue, &buffers, made->samples, error);
    if (status != PARSUM_OK) {
        ps_context_close_engine(context);
        goto out;
    }
    status = finish(context, &buffers.total, made, error);
    if (status == PARSUM_OK)
        status = verify(context, ranges, range_count, &buffers.total, made, error);
    if (status != PARSUM_OK) {
        ps_context_close_engine(context);
        goto out;
    }
    made->seconds.wall = ps_clock_seconds() - start;
    *result = made;
    made = NULL;
out:
    parsum_result_destroy(made);
    free(buffers.partials);
    ps_queue_destroy(queue);
    if (source != NULL)
        source->operations->destroy(source);
    return status;
}

parsum_status parsum_reference_ranges(parsum_context *context, const parsum_range *ranges, size_t range_count,
                                      parsum_result **result, parsum_error *error) {
    const double start = ps_clock_seconds();
    const ps_job *job = &context->job;
    const unsigned warmup = context->options.warmup;
    ps_source *source = NULL;
    parsum_result *made = NULL;
    ps_integer_partial total, expected;
    parsum_status status = ps_source_ranges(ranges, range_count, &source, error);
    if (status == PARSUM_OK)
        status = ps_result_create(source, context->options.runs, &made, error);
    if (status != PARSUM_OK)
        goto out;
    made->engine.name = "reference";
    made->seconds.setup = ps_clock_seconds() - start;
    for (unsigned i = 0; i < warmup + context->options.runs; i++) {
        const double run_start = ps_clock_seconds();
        status = ps_verify_reference(ranges, range_count, job->needs, 1, &job->monitor, &total,
                                     &made->engine.workers, error);
        if (status != PARSUM_OK)
            goto out;
        if (i >= warmup)
            made->samples[i - warmup] = ps_clock_seconds() - run_start;
    }
    status = finish(context, &total, made, error);
    if (status != PARSUM_OK)
        goto out;
    ps_closed_form(ranges, range_count, &expected);
    made->verified.method = PARSUM_VERIFY_CLOSED_FORM;
    made->verified.workers = 1;
    status = ps_verify_compare(&total, &expected, job->needs, parsum_verify_name(PARSUM_VERIFY_CLOSED_FORM),
                               error);
    made->verified.ok = status == PARSUM_OK;
    if (status != PARSUM_OK)
        goto out;
    made->seconds.wall = ps_clock_seconds() - start;
    *result = made;
    made = NULL;
out:
    parsum_result_destroy(made);
    if (source != NULL)
        source->operations->destroy(source);
    return status;
}
