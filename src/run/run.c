/* run.c - the flow of one call: source, engine, partials, merge, finish, verify, result. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/parse_ahead.h"
#include "exact/statistics.h"
#include "run/reduce.h"
#include "run/result.h"
#include "run/verify.h"

/* What a run works with. */
typedef struct run_state {
    parsum_context *context;
    ps_source *source;
    ps_queue *queue;
    char *partials; /* one a worker */
    ps_partial *total;
} run_state;

/* Merges the workers' partials, in any order: merging is exact. */
static void merge_all(const ps_job *job, const char *partials, unsigned workers, ps_partial *total) {
    job->kind->clear(total);
    for (unsigned i = 0; i < workers; i++)
        job->kind->merge(total, (const ps_partial *)(partials + i * ps_partial_stride(job->kind)));
}

/* What a source has summed up itself while it cut. */
static void add_rest(const run_state *run) {
    if (run->source->rest != NULL)
        run->context->job.kind->merge(run->total, run->source->rest);
}

/* Every element must have been folded exactly once. What a block of text holds only its fold can tell. */
static parsum_status check_counts(const run_state *run, parsum_error *error) {
    const uint64_t done = ps_queue_done_count(run->queue), total = run->source->total_count;
    const uint64_t wanted = total == PS_COUNT_UNKNOWN ? done : total;
    const ps_partial *const own = run->source->rest;
    const uint64_t rest = own != NULL ? own->count + own->skipped_nan : 0;
    const uint64_t folded = run->total->count + run->total->skipped_nan - rest;
    const bool text = run->source->block_kinds & 1u << PS_BLOCK_TEXT;
    if (ps_queue_is_complete(run->queue) && done == wanted && (text || folded == done))
        return PARSUM_OK;
    return ps_fail(error, PARSUM_FAILED,
                   "the engine %s folded %llu of %llu elements, so there is no answer; please report this",
                   run->context->engine->engine->name, (unsigned long long)(text ? done : folded),
                   (unsigned long long)wanted);
}

/* What the source and the folds say of a run that the engine has ended well; *again: that it has to be run anew. */
static parsum_status judge(const run_state *run, bool *again, parsum_error *error) {
    ps_source *source = run->source;
    const ps_fault *fault = &run->total->fault;
    if (fault->code == PS_FAULT_OPEN_QUOTE && source->operations->cut_carefully != NULL &&
        source->operations->cut_carefully(source)) {
        *again = true;
        return PARSUM_OK;
    }
    /* A file that shrinks may show any fault. */
    if (source->failure.status == PARSUM_OK && source->operations->check != NULL)
        source->operations->check(source);
    if (fault->code != PS_FAULT_NONE && source->failure.status == PARSUM_OK)
        return source->operations->describe_fault(source, fault, error);
    if (source->failure.status != PARSUM_OK) {
        if (error != NULL)
            *error = source->failure;
        return source->failure.status;
    }
    return check_counts(run, error);
}

/* One run: from the start signal to the last partial merged. */
static parsum_status run_once(const run_state *run, double *seconds, parsum_error *error) {
    ps_engine_state *engine = run->context->engine;
    const ps_job *job = &run->context->job;
    bool again = true;
    while (again) {
        again = false;
        ps_queue_rewind(run->queue);
        for (unsigned i = 0; i < engine->workers; i++)
            job->kind->clear((ps_partial *)(run->partials + i * ps_partial_stride(job->kind)));
        const double start = ps_clock_seconds();
        parsum_status status = engine->engine->run(engine, run->queue, run->partials, error);
        if (status != PARSUM_OK)
            return status;
        merge_all(job, run->partials, engine->workers, run->total);
        add_rest(run);
        *seconds = ps_clock_seconds() - start;
        status = judge(run, &again, error);
        if (status != PARSUM_OK)
            return status;
    }
    return PARSUM_OK;
}

/* Warm-ups and timed runs. All must end with the same sums. */
static parsum_status run_all(const run_state *run, double *samples, parsum_error *error) {
    const ps_job *job = &run->context->job;
    const unsigned warmup = run->context->options.warmup, runs = run->context->options.runs;
    ps_partial *first = NULL;
    parsum_status status = PARSUM_OK;
    for (unsigned i = 0; i < warmup + runs && status == PARSUM_OK; i++) {
        double seconds = 0;
        status = run_once(run, &seconds, error);
        if (status == PARSUM_OK && first != NULL)
            status = ps_verify_compare(run->total, first, job->needs, "first run", error);
        if (i >= warmup)
            samples[i - warmup] = seconds;
        if (i > 0 || warmup + runs == 1 || status != PARSUM_OK)
            continue;
        first = ps_partial_create(job->kind);
        if (first == NULL)
            return ps_fail_memory(error, "the partial results");
        memcpy(first, run->total, job->kind->size_bytes);
    }
    free(first);
    return status;
}

parsum_status ps_run_source(parsum_context *context, ps_source *source, ps_partial *total, double *samples,
                            parsum_error *error) {
    run_state run = {.context = context, .source = source, .total = total};
    const ps_job *job = &context->job;
    parsum_status status = ps_queue_create(source, job->chunk, context->engine->workers, &run.queue, error);
    if (status == PARSUM_OK) {
        run.partials = ps_partials_allocate(job->kind, context->engine->workers);
        status = run.partials != NULL ? run_all(&run, samples, error)
                                      : ps_fail_memory(error, "the partial results");
    }
    free(run.partials);
    ps_queue_destroy(run.queue);
    return status;
}

parsum_status ps_reduce_finish(const parsum_context *context, const ps_partial *total, parsum_result *result,
                               parsum_error *error) {
    result->seconds.compute = ps_median(result->samples, result->sample_count);
    return ps_result_finish(context->options.statistics, context->options.exact_digits, total,
                            context->job.kind, result, error);
}

/* The source as the engine can take it: *parsed is NULL where that is source itself. */
static parsum_status parse_for_engine(parsum_context *context, ps_source *source, ps_source **parsed,
                                      parsum_error *error) {
    *parsed = NULL;
    if (!context->engine->engine->takes_no_text || !(source->block_kinds & 1u << PS_BLOCK_TEXT))
        return PARSUM_OK;
    return ps_parse_ahead_create(source, &context->job, parsed, error);
}

static parsum_status verify(parsum_context *context, ps_source *source, const parsum_range *ranges,
                            size_t range_count, const ps_partial *total, parsum_result *result,
                            parsum_error *error) {
    const ps_job *job = &context->job;
    const double start = ps_clock_seconds();
    result->verified.method = ps_verify_choose(context->options.verify, ranges != NULL, total->count,
                                               context->engine->device_count > 0);
    if (result->verified.method == PARSUM_VERIFY_NONE)
        return PARSUM_OK;
    ps_partial *expected = ps_partial_create(job->kind);
    if (expected == NULL)
        return ps_fail_memory(error, "the reference");
    parsum_status status = PARSUM_OK;
    if (result->verified.method == PARSUM_VERIFY_CLOSED_FORM) {
        ps_closed_form(ranges, range_count, (ps_integer_partial *)expected);
        result->verified.workers = 1;
    } else if (ranges != NULL) {
        status = ps_verify_reference(ranges, range_count, job->needs, job->workers, &job->monitor,
                                     (ps_integer_partial *)expected, &result->verified.workers, error);
    } else {
        status = ps_verify_list(source, job, context->pass, expected, &result->verified.workers, error);
    }
    if (status == PARSUM_OK)
        status = ps_verify_compare(total, expected, job->needs, parsum_verify_name(result->verified.method),
                                   error);
    free(expected);
    result->verified.ok = status == PARSUM_OK;
    result->verified.seconds = ps_clock_seconds() - start;
    return status;
}

/* A list that passes but once is checked as its blocks pass. */
static parsum_status prepare_pass(parsum_context *context, const ps_source *source, parsum_error *error) {
    context->job.check = NULL;
    ps_verify_pass_destroy(context->pass);
    context->pass = NULL;
    const bool ranges = source->block_kinds == 1u << PS_BLOCK_RANGE;
    if (ranges || source->can_rewind ||
        ps_verify_choose(context->options.verify, false, 0, context->engine->device_count > 0) !=
            PARSUM_VERIFY_REFERENCE)
        return PARSUM_OK;
    const parsum_status status =
        ps_verify_pass_create(context->engine->workers, &context->job, &context->pass, error);
    if (status == PARSUM_OK) {
        context->job.check = ps_verify_pass_block;
        context->job.check_context = context->pass;
    }
    return status;
}

/* What can be told before any work. */
static parsum_status check_source(const parsum_context *context, const ps_source *source, bool ranges,
                                  parsum_error *error) {
    const parsum_status status = ps_context_check_runs(context, source, error);
    if (status != PARSUM_OK)
        return status;
    if (context->options.verify == PARSUM_VERIFY_CLOSED_FORM && !ranges)
        return ps_fail(error, PARSUM_USAGE,
                       "only ranges have a closed form; verify a list by the reference, or not");
    return PARSUM_OK;
}

parsum_status ps_reduce(parsum_context *context, double start, ps_source *source, const parsum_range *ranges,
                        size_t range_count, parsum_result **result, parsum_error *error) {
    parsum_result *made = NULL;
    ps_partial *total = NULL;
    ps_source *parsed = NULL;
    parsum_status status = check_source(context, source, ranges != NULL, error);
    if (status == PARSUM_OK)
        status = ps_result_create(source, context->options.runs, &made, error);
    if (status == PARSUM_OK)
        status = ps_context_open_engine(context, source, error);
    if (status == PARSUM_OK)
        status = prepare_pass(context, source, error);
    if (status == PARSUM_OK)
        status = ps_result_describe_engine(context->engine, made, error);
    if (status == PARSUM_OK)
        status = parse_for_engine(context, source, &parsed, error);
    if (status != PARSUM_OK)
        goto out;
    total = ps_partial_create(context->job.kind);
    if (total == NULL) {
        status = ps_fail_memory(error, "the partial results");
        goto out;
    }
    made->seconds.setup = ps_clock_seconds() - start;
    status = ps_run_source(context, parsed != NULL ? parsed : source, total, made->samples, error);
    if (parsed != NULL)
        made->seconds.parse = ps_parse_ahead_seconds(parsed);
    made->seconds.transfer = context->engine->transfer_seconds;
    if (status == PARSUM_OK)
        status = verify(context, parsed != NULL && context->pass != NULL ? parsed : source, ranges,
                        range_count, total, made, error);
    if (status == PARSUM_OK)
        status = ps_reduce_finish(context, total, made, error);
    if (status != PARSUM_OK) {
        ps_context_close_engine(context);
        goto out;
    }
    made->seconds.wall = ps_clock_seconds() - start;
    *result = made;
    made = NULL;
out:
    ps_source_destroy(parsed);
    parsum_result_destroy(made);
    free(total);
    return status;
}
