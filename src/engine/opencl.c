/* opencl.c - the OpenCL engine: one host thread a device, all pulling from the same queue. Arrays are summed two blocks at a
 * time, so that one is on its way while another is computed; ranges, which have no way to go, one by one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/device.h"
#include "base/error.h"
#include "engine/crew.h"
#include "engine/engine.h"
#include "opencl/array_kernels.h"
#include "opencl/session.h"

typedef struct device_worker {
    ps_session *session;                   /* NULL once the device is lost */
    ps_block in_flight[PS_SESSION_BLOCKS]; /* oldest first */
    unsigned flying;
    bool failed;         /* in this round */
    unsigned halvings;   /* in this round, of launches that did not fit the device's memory */
    size_t launch_bytes; /* since then, at most */
    parsum_error error;
} device_worker;

typedef struct opencl_state {
    ps_engine_state base;
    device_worker *workers;
    ps_crew *crew;
    ps_queue *queue; /* of the run in progress */
    char *partials;
} opencl_state;

static ps_partial *partial_of(const opencl_state *engine, unsigned index) {
    return (ps_partial *)(engine->partials + index * ps_partial_stride(engine->base.job->kind));
}

static void give_back(opencl_state *engine, device_worker *worker, const ps_block *block, bool tried) {
    if (ps_queue_return(engine->queue, block, tried))
        return;
    worker->failed = true;
    ps_fail_memory(&worker->error, "a block to be redone");
}

/* Whatever the device did not finish goes back to be redone. */
static void give_all_back(opencl_state *engine, device_worker *worker) {
    for (unsigned i = 0; i < worker->flying; i++)
        give_back(engine, worker, &worker->in_flight[i], false);
    worker->flying = 0;
}

/* Where all that an array lacked was memory, the device itself redoes it in shorter launches. */
static void fail_array(opencl_state *engine, device_worker *worker) {
    const size_t launch_bytes = ps_session_halve(worker->session);
    if (launch_bytes > 0) {
        worker->halvings++;
        worker->launch_bytes = launch_bytes;
    } else {
        worker->failed = true;
    }
    give_all_back(engine, worker);
}

static void finish_oldest(opencl_state *engine, unsigned index) {
    device_worker *worker = &engine->workers[index];
    const ps_kind *kind = engine->base.job->kind;
    if (ps_session_collect(worker->session, kind, partial_of(engine, index), &worker->error) != PARSUM_OK) {
        fail_array(engine, worker);
        return;
    }
    ps_queue_done(engine->queue, &worker->in_flight[0]);
    worker->flying--;
    memmove(worker->in_flight, worker->in_flight + 1, worker->flying * sizeof worker->in_flight[0]);
}

/* A block that was checked and came back from a lost device is not checked again: its numbers must be looked at once. Its
 * attempts say so. */
static void start_array(opencl_state *engine, unsigned index, const ps_block *block) {
    device_worker *worker = &engine->workers[index];
    const ps_job *job = engine->base.job;
    ps_block *kept = &worker->in_flight[worker->flying++];
    *kept = *block;
    if (ps_session_submit(worker->session, block, job->needs, &worker->error) != PARSUM_OK) {
        fail_array(engine, worker);
        return;
    }
    if (job->check != NULL && kept->attempts == 0)
        job->check(job->check_context, index, block);
    kept->attempts++;
}

static void fold_range(opencl_state *engine, unsigned index, const ps_block *block) {
    device_worker *worker = &engine->workers[index];
    const ps_job *job = engine->base.job;
    ps_integer_partial part;
    ps_kinds[PS_KIND_INTEGER].clear(&part.head);
    if (ps_session_fold(worker->session, block, job->needs & ~(unsigned)PS_SKIP_NAN, &part, &worker->error) !=
        PARSUM_OK) {
        worker->failed = true;
        give_back(engine, worker, block, true);
        give_all_back(engine, worker);
        return;
    }
    if (job->check != NULL && block->attempts == 0)
        job->check(job->check_context, index, block);
    job->kind->merge_integers(partial_of(engine, index), &part);
    ps_queue_done(engine->queue, block);
}

static void work(unsigned index, void *context) {
    opencl_state *engine = context;
    device_worker *worker = &engine->workers[index];
    ps_block block;
    bool more = worker->session != NULL;
    while (!worker->failed && (more || worker->flying > 0)) {
        if (!more || worker->flying == PS_SESSION_BLOCKS) {
            const unsigned halvings = worker->halvings;
            finish_oldest(engine, index);
            more = more || worker->halvings > halvings; /* its blocks are in the queue again */
            continue;
        }
        more = ps_queue_pull(engine->queue, ps_session_want(worker->session), &block);
        if (more && block.kind == PS_BLOCK_ARRAY)
            start_array(engine, index, &block);
        else if (more)
            fold_range(engine, index, &block);
    }
}

/* Says which devices were short of memory in this round. */
static void report_halvings(opencl_state *engine) {
    for (unsigned i = 0; i < engine->base.workers; i++) {
        device_worker *worker = &engine->workers[i];
        if (worker->halvings > 0 && worker->session != NULL)
            ps_monitor_notice(&engine->base.job->monitor,
                              "%s was out of memory, so its chunks were halved %u times, to %zu KiB",
                              ps_session_device(worker->session)->name, worker->halvings,
                              worker->launch_bytes >> 10);
        worker->halvings = 0;
    }
}

/* Closes the devices that failed in this round and says so. Returns whether there were any. */
static bool drop_failed(opencl_state *engine, parsum_error *error, unsigned *alive) {
    bool any_failed = false;
    *alive = 0;
    for (unsigned i = 0; i < engine->base.workers; i++) {
        device_worker *worker = &engine->workers[i];
        if (worker->failed) {
            any_failed = true;
            worker->failed = false;
            ps_session_close(worker->session);
            worker->session = NULL;
            if (error != NULL)
                *error = worker->error;
            if (engine->base.workers > 1)
                ps_monitor_notice(&engine->base.job->monitor, "%.*s; its blocks are redone by another device",
                                  ps_error_line_length(&worker->error), worker->error.message);
        }
        *alive += worker->session != NULL;
    }
    return any_failed;
}

/* Rounds until one in which no device fails. */
static parsum_status run_rounds(opencl_state *engine, parsum_error *error) {
    for (;;) {
        unsigned alive;
        if (ps_crew_run_monitored(engine->crew, &engine->base.job->monitor, engine->queue))
            return ps_fail(error, PARSUM_CANCELLED, "cancelled");
        report_halvings(engine);
        if (!drop_failed(engine, error, &alive))
            return PARSUM_OK;
        if (alive == 0)
            return PARSUM_FAILED;
    }
}

static parsum_status opencl_run(ps_engine_state *state, ps_queue *queue, char *partials,
                                parsum_error *error) {
    opencl_state *engine = (opencl_state *)state;
    engine->queue = queue;
    engine->partials = partials;
    for (unsigned i = 0; i < state->workers; i++) {
        if (engine->workers[i].session != NULL)
            ps_session_reset_seconds(engine->workers[i].session);
    }
    const parsum_status status = run_rounds(engine, error);
    state->transfer_seconds = 0;
    for (unsigned i = 0; i < state->workers && status == PARSUM_OK; i++) {
        if (engine->workers[i].session == NULL)
            continue;
        const double seconds = ps_session_get_seconds(engine->workers[i].session).transfer;
        state->transfer_seconds = seconds > state->transfer_seconds ? seconds : state->transfer_seconds;
    }
    return status;
}

static void opencl_close(ps_engine_state *state) {
    opencl_state *engine = (opencl_state *)state;
    ps_crew_destroy(engine->crew);
    for (unsigned i = 0; i < state->workers && engine->workers != NULL; i++)
        ps_session_close(engine->workers[i].session);
    for (size_t i = 0; i < state->device_count; i++)
        ps_device_free(&state->devices[i]);
    free(state->devices);
    free(engine->workers);
    free(engine);
}

/* A device that builds, passes its self-test and knows the size of its launches. */
static parsum_status open_session(const ps_job *job, const ps_opencl_device *device, ps_session **session,
                                  parsum_error *error) {
    ps_session *made = NULL;
    /* Text comes as arrays: parse_ahead.h. */
    const bool text = job->block_kinds & 1u << PS_BLOCK_TEXT;
    const unsigned needs = job->needs & ~(unsigned)PS_SKIP_NAN;
    const ps_session_plan plan = {.block_kinds = job->block_kinds | (text ? 1u << PS_BLOCK_ARRAY : 0),
                                  .types = job->types,
                                  .needs = needs,
                                  .work_group_size = job->work_group_size,
                                  .kernel_dir = job->kernel_dir,
                                  .no_fp64 = job->no_fp64,
                                  .float_path = job->isa != NULL ? job->isa->floats : NULL};
    parsum_status status = ps_session_open(device, &plan, &made, error);
    if (status == PARSUM_OK)
        status = ps_session_self_test(made, needs, error);
    if (status == PARSUM_OK)
        status = ps_session_calibrate(made, needs, error);
    if (status != PARSUM_OK) {
        ps_session_close(made);
        return status;
    }
    *session = made;
    return PARSUM_OK;
}

/* Opens the devices that were chosen: for "auto" the first of them that works, else all of them. */
static parsum_status open_chosen(opencl_state *engine, const ps_opencl_device *devices, const size_t *chosen,
                                 size_t chosen_count, parsum_error *error) {
    const ps_job *job = engine->base.job;
    const bool any_will_do = !job->device_by_choice;
    engine->workers = calloc(chosen_count, sizeof *engine->workers);
    engine->base.devices = calloc(chosen_count, sizeof *engine->base.devices);
    if (engine->workers == NULL || engine->base.devices == NULL)
        return ps_fail_memory(error, "the list of devices");
    parsum_error failure = {0};
    for (size_t i = 0; i < chosen_count; i++) {
        const ps_opencl_device *device = &devices[chosen[i]];
        ps_session *session = NULL;
        const parsum_status status = open_session(job, device, &session, &failure);
        if (status != PARSUM_OK) {
            if (!any_will_do || i + 1 == chosen_count || status == PARSUM_USAGE) {
                if (error != NULL)
                    *error = failure;
                return status;
            }
            ps_monitor_notice(&job->monitor, "%.*s; trying the next device", ps_error_line_length(&failure),
                              failure.message);
            continue;
        }
        engine->workers[engine->base.workers++].session = session;
        if (!ps_device_copy(&engine->base.devices[engine->base.device_count], &device->info))
            return ps_fail_memory(error, "the list of devices");
        engine->base.device_count++;
        if (any_will_do)
            break;
    }
    return PARSUM_OK;
}

/* Finds the devices that the job's selector names. The caller destroys devices and frees chosen. */
static parsum_status choose(const ps_job *job, ps_opencl_device **devices, size_t *count, size_t **chosen,
                            size_t *chosen_count, parsum_error *error) {
    parsum_error failure = {0};
    const parsum_status status = ps_opencl_list(devices, count, &failure);
    if (status != PARSUM_OK)
        return ps_fail(error, status, "%s", failure.message);
    if (failure.message[0] != '\0')
        ps_monitor_notice(&job->monitor, "%s", failure.message);
    *chosen = calloc(*count + 1, sizeof **chosen);
    if (*chosen == NULL)
        return ps_fail_memory(error, "the list of devices");
    return ps_opencl_select(*devices, *count, job->device, *chosen, chosen_count, error);
}

static parsum_status opencl_open(const ps_job *job, ps_engine_state **state, parsum_error *error) {
    opencl_state *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "the OpenCL engine");
    made->base = (ps_engine_state){.engine = &ps_engine_opencl, .job = job};
    ps_opencl_device *devices = NULL;
    size_t count = 0, chosen_count = 0;
    size_t *chosen = NULL;
    ps_signals signals;
    ps_signals_save(&signals);
    /* Threads inherit it: the crew's, and those that drivers start for kernels that slice floats. */
    const ps_float_environment environment = ps_float_environment_enter();
    parsum_status status = choose(job, &devices, &count, &chosen, &chosen_count, error);
    if (status == PARSUM_OK)
        status = open_chosen(made, devices, chosen, chosen_count, error);
    unsigned created = 0;
    if (status == PARSUM_OK)
        status = ps_crew_create(made->base.workers, work, made, &made->crew, &created, error);
    if (status == PARSUM_OK && created < made->base.workers)
        status = ps_fail(error, PARSUM_FAILED, "only %u of %u host threads could be started", created,
                         made->base.workers);
    ps_float_environment_leave(environment);
    ps_signals_restore(&signals);
    free(chosen);
    ps_opencl_list_destroy(devices, count);
    if (status == PARSUM_OK)
        *state = &made->base;
    else
        opencl_close(&made->base);
    return status;
}

parsum_status parsum_device_self_test(const parsum_options *options, parsum_error *error) {
    /* Every kernel: of ranges, what a sum of squares alone needs, and everything; of arrays, each in turn. */
    static const unsigned needs[] = {PS_NEED_SQUARES, PS_NEED_SUM,
                                     PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES,
                                     PS_NEED_PRODUCTS};
    const ps_session_plan plan = {.block_kinds = 1u << PS_BLOCK_RANGE | 1u << PS_BLOCK_ARRAY,
                                  .types = PS_ARRAY_INTEGERS | PS_ARRAY_FLOATS,
                                  .every_need = true,
                                  .work_group_size = options->work_group_size,
                                  .kernel_dir = options->kernel_dir,
                                  .no_fp64 = options->no_fp64};
    const ps_job job = {.device = options->device, .device_by_choice = true};
    ps_opencl_device *devices = NULL;
    size_t count = 0, chosen_count = 0;
    size_t *chosen = NULL;
    ps_signals signals;
    ps_signals_save(&signals);
    parsum_status status = choose(&job, &devices, &count, &chosen, &chosen_count, error);
    for (size_t i = 0; i < chosen_count && status == PARSUM_OK; i++) {
        ps_session *session = NULL;
        status = ps_session_open(&devices[chosen[i]], &plan, &session, error);
        for (size_t k = 0; k < sizeof needs / sizeof needs[0] && status == PARSUM_OK; k++)
            status = ps_session_self_test(session, needs[k], error);
        ps_session_close(session);
    }
    ps_signals_restore(&signals);
    free(chosen);
    ps_opencl_list_destroy(devices, count);
    return status;
}

const ps_engine ps_engine_opencl = {
    .name = "opencl",
    .takes_no_text = true,
    .open = opencl_open,
    .run = opencl_run,
    .close = opencl_close,
};
