/* reference_run.c - one call by the reference loop alone: the baseline of comparisons. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"
#include "run/reduce.h"
#include "run/result.h"
#include "run/verify.h"

/* One pass of the reference over everything. */
static parsum_status reference_once(parsum_context *context, ps_source *source, const parsum_range *ranges,
                                    size_t range_count, ps_partial *total, unsigned *workers,
                                    parsum_error *error) {
    ps_job job = context->job;
    job.workers = 1;
    if (ranges != NULL)
        return ps_verify_reference(ranges, range_count, job.needs, 1, &job.monitor,
                                   (ps_integer_partial *)total, workers, error);
    return ps_verify_list(source, &job, NULL, total, workers, error);
}

/* The closed form checks the reference of ranges; a list's reference has nothing else to be checked by. */
static parsum_status check_closed_form(const parsum_context *context, const parsum_range *ranges,
                                       size_t range_count, const ps_partial *total, parsum_result *result,
                                       parsum_error *error) {
    ps_integer_partial expected;
    result->verified.method = PARSUM_VERIFY_NONE;
    if (ranges == NULL)
        return PARSUM_OK;
    ps_closed_form(ranges, range_count, &expected);
    result->verified.method = PARSUM_VERIFY_CLOSED_FORM;
    result->verified.workers = 1;
    const parsum_status status = ps_verify_compare(total, &expected.head, context->job.needs,
                                                   parsum_verify_name(PARSUM_VERIFY_CLOSED_FORM), error);
    result->verified.ok = status == PARSUM_OK;
    return status;
}

parsum_status ps_reduce_by_reference(parsum_context *context, double start, ps_source *source,
                                     const parsum_range *ranges, size_t range_count, parsum_result **result,
                                     parsum_error *error) {
    const unsigned warmup = context->options.warmup;
    parsum_result *made = NULL;
    parsum_status status = ps_context_check_runs(context, source, error);
    if (status != PARSUM_OK)
        return status;
    ps_context_use_source(context, source);
    ps_partial *total = ps_partial_create(context->job.kind);
    status = total != NULL ? ps_result_create(source, context->options.runs, &made, error)
                           : ps_fail_memory(error, "the reference");
    if (status != PARSUM_OK)
        goto out;
    made->engine.name = "reference";
    made->seconds.setup = ps_clock_seconds() - start;
    for (unsigned i = 0; i < warmup + context->options.runs; i++) {
        const double run_start = ps_clock_seconds();
        status = reference_once(context, source, ranges, range_count, total, &made->engine.workers, error);
        if (status != PARSUM_OK)
            goto out;
        if (i >= warmup)
            made->samples[i - warmup] = ps_clock_seconds() - run_start;
    }
    status = ps_reduce_finish(context, total, made, error);
    if (status == PARSUM_OK)
        status = check_closed_form(context, ranges, range_count, total, made, error);
    if (status != PARSUM_OK)
        goto out;
    made->seconds.wall = ps_clock_seconds() - start;
    *result = made;
    made = NULL;
out:
    parsum_result_destroy(made);
    free(total);
    return status;
}
