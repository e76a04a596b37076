/* null.c - an engine that takes blocks and does nothing with them but count. */
#include <stdlib.h>

#include "base/error.h"
#include "engines.h"

static parsum_status null_open(const ps_job *job, ps_engine_state **state, parsum_error *error) {
    ps_engine_state *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "the null engine");
    *made = (ps_engine_state){.engine = &ps_engine_null, .job = job, .workers = 1};
    *state = made;
    return PARSUM_OK;
}

static parsum_status null_run(ps_engine_state *state, ps_queue *queue, char *partials, parsum_error *error) {
    ps_block block;
    (void)state;
    (void)error;
    while (ps_queue_pull(queue, 0, &block)) {
        ((ps_partial *)partials)->count += block.count;
        ps_queue_done(queue, &block);
    }
    return PARSUM_OK;
}

static void null_close(ps_engine_state *state) {
    free(state);
}

const ps_engine ps_engine_null = {
    .name = "null",
    .hidden = true,
    .open = null_open,
    .run = null_run,
    .close = null_close,
};
