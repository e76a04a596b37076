/* wrong.c - an engine whose every sum is one too large. */
#include <stdlib.h>

#include "base/error.h"
#include "engines.h"

static parsum_status wrong_open(const ps_job *job, ps_engine_state **state, parsum_error *error) {
    ps_engine_state *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "the wrong engine");
    *made = (ps_engine_state){.engine = &ps_engine_wrong, .job = job, .workers = 1, .isa = job->isa->name};
    *state = made;
    return PARSUM_OK;
}

static parsum_status wrong_run(ps_engine_state *state, ps_queue *queue, char *partials, parsum_error *error) {
    ps_integer_partial *partial = (ps_integer_partial *)partials;
    ps_block block;
    (void)error;
    while (ps_queue_pull(queue, 0, &block)) {
        state->job->fold(state->job->isa, &block, state->job->needs, &partial->head);
        ps_queue_done(queue, &block);
    }
    ps_wide_add_at(&partial->sum, 1, 0);
    ps_wide_add_at(&partial->squares, 1, 0);
    ps_wide_add_at(&partial->magnitudes, 1, 0);
    partial->minimum++;
    partial->maximum++;
    return PARSUM_OK;
}

static void wrong_close(ps_engine_state *state) {
    free(state);
}

const ps_engine ps_engine_wrong = {
    .name = "wrong",
    .hidden = true,
    .open = wrong_open,
    .run = wrong_run,
    .close = wrong_close,
};
