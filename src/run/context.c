/* context.c - options checked and kept, engines chosen and opened. */
#include "run/context.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/cpus.h"
#include "base/error.h"
#include "exact/statistics.h"
#include "run/verify.h"

enum { WORKERS_MAX = 4096, RUNS_MAX = 1000000 };

void parsum_options_init(parsum_options *options) {
    *options = (parsum_options){
        .engine = "auto", .statistics = PARSUM_MASK(PARSUM_SUMSQ), .verify = PARSUM_VERIFY_AUTO, .runs = 1};
}

static bool is_auto(const char *text) {
    return text == NULL || strcasecmp(text, "auto") == 0;
}

static parsum_status check_options(const parsum_options *options, parsum_error *error) {
    const char *engine = options->engine;
    if (!is_auto(engine) && ps_engine_find(engine) == NULL)
        return ps_fail(error, PARSUM_USAGE,
                       "'%s' is no engine; the engines are auto, serial, pthread, fork and opencl", engine);
    if (options->device != NULL && !is_auto(engine) && strcmp(engine, ps_engine_opencl.name) != 0)
        return ps_fail(error, PARSUM_USAGE,
                       "the device '%s' goes with the engine opencl, not '%s'; leave one of the two out",
                       options->device, engine);
    if (options->device != NULL && options->device[0] == '\0')
        return ps_fail(error, PARSUM_USAGE, "the device '' has no name; 'auto' is the best there is");
    if (options->workers > WORKERS_MAX)
        return ps_fail(error, PARSUM_USAGE, "%u workers are too many; the most is %d", options->workers,
                       WORKERS_MAX);
    if (options->runs < 1 || options->runs > RUNS_MAX || options->warmup > RUNS_MAX)
        return ps_fail(error, PARSUM_USAGE,
                       "%u runs and %u before them are out of bounds; 1 to %d and 0 to %d are in",
                       options->runs, options->warmup, RUNS_MAX, RUNS_MAX);
    if (options->statistics == 0 || options->statistics & ~(PARSUM_MASK_ALL | PARSUM_MASK(PARSUM_DOT)))
        return ps_fail(error, PARSUM_USAGE, "the mask of statistics is empty or has an unknown bit");
    if (options->statistics & PARSUM_MASK(PARSUM_DOT) && options->statistics != PARSUM_MASK(PARSUM_DOT))
        return ps_fail(error, PARSUM_USAGE, "dot goes with no other statistic; ask for it alone");
    if (parsum_verify_name(options->verify) == NULL)
        return ps_fail(error, PARSUM_USAGE, "%d is no way to verify", (int)options->verify);
    return PARSUM_OK;
}

/* Copies the strings of options; false: out of memory. */
static bool own_strings(parsum_context *context) {
    const char **const strings[] = {&context->options.engine, &context->options.device, &context->options.isa,
                                    &context->options.kernel_dir};
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        if (*strings[i] == NULL)
            continue;
        context->owned[i] = strdup(*strings[i]);
        if (context->owned[i] == NULL)
            return false;
        *strings[i] = context->owned[i];
    }
    return true;
}

parsum_status parsum_context_create(const parsum_options *options, parsum_context **context,
                                    parsum_error *error) {
    const ps_isa *isa = NULL;
    parsum_status status = check_options(options, error);
    if (status == PARSUM_OK)
        status = ps_isa_find(options->isa, &isa, error);
    if (status != PARSUM_OK)
        return status;
    parsum_context *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "a context");
    made->process = getpid();
    made->options = *options;
    if (!own_strings(made)) {
        parsum_context_destroy(made);
        return ps_fail_memory(error, "a context");
    }
    made->job = (ps_job){
        .kind = &ps_kinds[PS_KIND_INTEGER],
        .needs = ps_statistics_needs(options->statistics) | (options->skip_nan ? PS_SKIP_NAN : 0),
        .fold = ps_fold_block,
        .isa = isa,
        .workers = options->workers > 0 ? options->workers : ps_usable_cpus(),
        .chunk = options->chunk,
        .device = made->options.device,
        .device_by_choice = !is_auto(made->options.device),
        .work_group_size = options->work_group_size,
        .kernel_dir = made->options.kernel_dir,
        .no_fp64 = options->no_fp64,
        .monitor = {options->notice, options->progress, options->cancelled, options->user},
    };
    *context = made;
    return PARSUM_OK;
}

void parsum_context_destroy(parsum_context *context) {
    if (context == NULL)
        return;
    ps_context_close_engine(context);
    ps_verify_pass_destroy(context->pass);
    for (size_t i = 0; i < sizeof context->owned / sizeof context->owned[0]; i++)
        free(context->owned[i]);
    free(context);
}

parsum_status ps_context_check_process(const parsum_context *context, parsum_error *error) {
    if (context->process == getpid())
        return PARSUM_OK;
    return ps_fail(
        error, PARSUM_FAILED,
        "the context belongs to process %ld, of which this one is a fork: its workers are not here; create a "
        "context in this process",
        (long)context->process);
}

void ps_context_close_engine(parsum_context *context) {
    if (context->engine != NULL && context->process == getpid())
        context->engine->engine->close(context->engine);
    context->engine = NULL;
}

/* "auto" for a range: the best device, or threads where none can be used. What the user
 * named is never replaced. */
static parsum_status open_best(parsum_context *context, parsum_error *error) {
    const ps_job *job = &context->job;
    parsum_error refusal = {0};
    const parsum_status status = ps_engine_opencl.open(job, &context->engine, &refusal);
    if (status == PARSUM_OK)
        return status;
    if (job->device_by_choice || status == PARSUM_USAGE) {
        if (error != NULL)
            *error = refusal;
        return status;
    }
    ps_monitor_notice(&job->monitor, "using the engine pthread: %.*s", ps_error_line_length(&refusal),
                      refusal.message);
    return ps_engine_pthread.open(job, &context->engine, error);
}

parsum_status ps_context_check_runs(const parsum_context *context, const ps_source *source,
                                    parsum_error *error) {
    const unsigned runs = context->options.runs + context->options.warmup;
    if (runs > 1 && !source->can_rewind)
        return ps_fail(error, PARSUM_USAGE,
                       "a pipe passes but once, so that it cannot be run %u times; save it to a file", runs);
    return PARSUM_OK;
}

void ps_context_use_source(parsum_context *context, const ps_source *source) {
    ps_job *job = &context->job;
    const ps_kind *kind = &ps_kinds[source->partial_kind];
    const bool forked_before = context->engine != NULL && context->engine->engine == &ps_engine_fork;
    if (job->kind != kind || job->block_kinds != source->block_kinds || job->types != source->types ||
        (forked_before && source->in_parent_memory))
        ps_context_close_engine(context);
    job->kind = kind;
    job->block_kinds = source->block_kinds;
    job->types = source->types;
}

parsum_status ps_context_open_engine(parsum_context *context, const ps_source *source, parsum_error *error) {
    ps_context_use_source(context, source);
    if (context->engine != NULL)
        return PARSUM_OK;
    const char *name = context->options.engine;
    /* A range is computed, so it goes to a device; a list lies in this memory, which a CPU reads faster than a bus carries
     * it. */
    const bool computed = source->block_kinds == 1u << PS_BLOCK_RANGE;
    if (is_auto(name))
        return computed ? open_best(context, error)
                        : ps_engine_pthread.open(&context->job, &context->engine, error);
    return ps_engine_find(name)->open(&context->job, &context->engine, error);
}
