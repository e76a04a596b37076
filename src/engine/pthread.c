/* pthread.c - a crew of threads, each pulling blocks from the queue into a partial of its own. */
#include <stdlib.h>

#include "base/error.h"
#include "engine/crew.h"
#include "engine/engine.h"

typedef struct pthread_state {
    ps_engine_state base;
    ps_crew *crew;
    ps_queue *queue; /* of the run in progress */
    char *partials;
} pthread_state;

static void work(unsigned index, void *context) {
    pthread_state *engine = context;
    const ps_job *job = engine->base.job;
    ps_partial *partial = (ps_partial *)(engine->partials + index * ps_partial_stride(job->kind));
    ps_block block;
    while (ps_queue_pull(engine->queue, 0, &block))
        ps_job_fold(job, index, &block, engine->queue, partial);
}

static parsum_status pthread_open(const ps_job *job, ps_engine_state **state, parsum_error *error) {
    pthread_state *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "the pthread engine");
    made->base = (ps_engine_state){.engine = &ps_engine_pthread, .job = job, .isa = job->isa->name};
    const parsum_status status =
        ps_crew_create(job->workers, work, made, &made->crew, &made->base.workers, error);
    if (status != PARSUM_OK) {
        free(made);
        return status;
    }
    ps_crew_notice(&job->monitor, "the engine pthread", made->base.workers, job->workers);
    *state = &made->base;
    return PARSUM_OK;
}

static parsum_status pthread_run(ps_engine_state *state, ps_queue *queue, char *partials,
                                 parsum_error *error) {
    pthread_state *engine = (pthread_state *)state;
    engine->queue = queue;
    engine->partials = partials;
    const bool cancelled = ps_crew_run_monitored(engine->crew, &state->job->monitor, queue);
    return cancelled ? ps_fail(error, PARSUM_CANCELLED, "cancelled") : PARSUM_OK;
}

static void pthread_close(ps_engine_state *state) {
    pthread_state *engine = (pthread_state *)state;
    ps_crew_destroy(engine->crew);
    free(engine);
}

const ps_engine ps_engine_pthread = {
    .name = "pthread",
    .open = pthread_open,
    .run = pthread_run,
    .close = pthread_close,
};
