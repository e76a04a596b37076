/* serial.c - one worker, the caller's own thread: the baseline of speedups. */
#include <stdlib.h>

#include "base/error.h"
#include "engine/engine.h"

static parsum_status serial_open(const ps_job *job, ps_engine_state **state, parsum_error *error) {
    ps_engine_state *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "the serial engine");
    *made = (ps_engine_state){.engine = &ps_engine_serial, .job = job, .workers = 1, .isa = job->isa->name};
    *state = made;
    return PARSUM_OK;
}

static parsum_status serial_run(ps_engine_state *state, ps_queue *queue, char *partials,
                                parsum_error *error) {
    const ps_job *job = state->job;
    ps_block block;
    while (ps_queue_pull(queue, 0, &block)) {
        ps_job_fold(job, 0, &block, queue, (ps_partial *)partials);
        if (ps_monitor_poll(&job->monitor, queue))
            return ps_fail(error, PARSUM_CANCELLED, "cancelled");
    }
    return PARSUM_OK;
}

static void serial_close(ps_engine_state *state) {
    free(state);
}

const ps_engine ps_engine_serial = {
    .name = "serial",
    .open = serial_open,
    .run = serial_run,
    .close = serial_close,
};
