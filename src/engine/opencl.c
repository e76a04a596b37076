/* opencl.c - the OpenCL engine: one host thread a device, all pulling from the same queue. */
#include <stdio.h>
#include <stdlib.h>

#include "base/device.h"
#include "base/error.h"
#include "engine/crew.h"
#include "engine/engine.h"
#include "opencl/session.h"

typedef struct device_worker {
    ps_session *session; /* NULL once the device is lost */
    bool failed;         /* in this round */
    parsum_error error;
} device_worker;

typedef struct opencl_state {
    ps_engine_state base;
    device_worker *workers;
    ps_crew *crew;
    ps_queue *queue; /* of the run in progress */
    char *partials;
} opencl_state;

static void work(unsigned index, void *context) {
    opencl_state *engine = context;
    device_worker *worker = &engine->workers[index];
    const ps_job *job = engine->base.job;
    char *partial = engine->partials + index * ps_partial_stride(job->kind);
    ps_block block;
    while (worker->session != NULL &&
           ps_queue_pull(engine->queue, ps_session_want(worker->session), &block)) {
        if (ps_session_fold(worker->session, &block, job->needs, (ps_integer_partial *)partial,
                            &worker->error) != PARSUM_OK) {
            worker->failed = true;
            if (!ps_queue_return(engine->queue, &block, true))
                ps_fail_memory(&worker->error, "a block to be redone");
            return;
        }
        ps_queue_done(engine->queue, &block);
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
                ps_monitor_notice(&engine->base.job->monitor, "%.*s; its block is redone by another device",
                                  ps_error_line_length(&worker->error), worker->error.message);
        }
        *alive += worker->session != NULL;
    }
    return any_failed;
}

static parsum_status opencl_run(ps_engine_state *state, ps_queue *queue, char *partials,
                                parsum_error *error) {
    opencl_state *engine = (opencl_state *)state;
    engine->queue = queue;
    engine->partials = partials;
    for (;;) {
        unsigned alive;
        if (ps_crew_run_monitored(engine->crew, &state->job->monitor, queue))
            return ps_fail(error, PARSUM_CANCELLED, "cancelled");
        if (!drop_failed(engine, error, &alive))
            return PARSUM_OK;
        if (alive == 0)
            return PARSUM_FAILED;
    }
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
    parsum_status status = ps_session_open(device, job->work_group_size, job->kernel_dir, &made, error);
    if (status == PARSUM_OK)
        status = ps_session_self_test(made, job->needs, error);
    if (status == PARSUM_OK)
        status = ps_session_calibrate(made, job->needs, error);
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
    const parsum_status status = ps_opencl_list(devices, count, error);
    if (status != PARSUM_OK)
        return status;
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
    parsum_status status = choose(job, &devices, &count, &chosen, &chosen_count, error);
    if (status == PARSUM_OK)
        status = open_chosen(made, devices, chosen, chosen_count, error);
    unsigned created = 0;
    if (status == PARSUM_OK)
        status = ps_crew_create(made->base.workers, work, made, &made->crew, &created, error);
    if (status == PARSUM_OK && created < made->base.workers)
        status = ps_fail(error, PARSUM_FAILED, "only %u of %u host threads could be started", created,
                         made->base.workers);
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
    /* Every kernel: what a sum of squares alone needs, and everything. */
    static const unsigned needs[] = {PS_NEED_SQUARES,
                                     PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES};
    const ps_job job = {.device = options->device,
                        .device_by_choice = true,
                        .work_group_size = options->work_group_size,
                        .kernel_dir = options->kernel_dir};
    ps_opencl_device *devices = NULL;
    size_t count = 0, chosen_count = 0;
    size_t *chosen = NULL;
    ps_signals signals;
    ps_signals_save(&signals);
    parsum_status status = choose(&job, &devices, &count, &chosen, &chosen_count, error);
    for (size_t i = 0; i < chosen_count && status == PARSUM_OK; i++) {
        ps_session *session = NULL;
        status = ps_session_open(&devices[chosen[i]], job.work_group_size, job.kernel_dir, &session, error);
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
    .open = opencl_open,
    .run = opencl_run,
    .close = opencl_close,
};
