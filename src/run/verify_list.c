/* verify_list.c - the reference over a list: as its blocks pass, or by going through it once more. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/error.h"
#include "engine/crew.h"
#include "run/reference_list.h"
#include "run/verify.h"

struct ps_verify_pass {
    unsigned needs;
    unsigned workers;
    ps_reference_list references[]; /* one a worker */
};

parsum_status ps_verify_pass_create(unsigned workers, const ps_job *job, ps_verify_pass **pass,
                                    parsum_error *error) {
    ps_verify_pass *made = calloc(1, sizeof *made + workers * sizeof made->references[0]);
    if (made == NULL)
        return ps_fail_memory(error, "the reference");
    made->needs = job->needs;
    made->workers = workers;
    for (unsigned i = 0; i < workers; i++)
        ps_reference_list_init(&made->references[i]);
    *pass = made;
    return PARSUM_OK;
}

void ps_verify_pass_destroy(ps_verify_pass *pass) {
    if (pass == NULL)
        return;
    for (unsigned i = 0; i < pass->workers; i++)
        ps_reference_list_clear(&pass->references[i]);
    free(pass);
}

void ps_verify_pass_block(void *pass, unsigned worker, const ps_block *block) {
    ps_verify_pass *own = pass;
    ps_reference_list_add(&own->references[worker], block, own->needs);
}

/* Going through the source: its blocks are dealt by a lock of its own, not by the engines' queue. */
typedef struct second_pass {
    pthread_mutex_t lock;
    ps_source *source;
    ps_verify_pass *references;
    const ps_monitor *monitor;
    _Atomic uint64_t done;
    atomic_bool stopped;
} second_pass;

static bool take_block(second_pass *pass, ps_block *block) {
    const uint64_t want = UINT64_C(1) << 18;
    pthread_mutex_lock(&pass->lock);
    const bool taken =
        !atomic_load(&pass->stopped) && pass->source->operations->next(pass->source, want, block);
    pthread_mutex_unlock(&pass->lock);
    return taken;
}

static void add_blocks(unsigned index, void *context) {
    second_pass *pass = context;
    ps_block block;
    while (take_block(pass, &block)) {
        ps_verify_pass_block(pass->references, index, &block);
        atomic_fetch_add(&pass->done, block.count);
        if (pass->source->operations->release == NULL)
            continue;
        pthread_mutex_lock(&pass->lock);
        pass->source->operations->release(pass->source, &block);
        pthread_mutex_unlock(&pass->lock);
    }
}

static void poll_pass(void *context) {
    second_pass *pass = context;
    const ps_monitor *monitor = pass->monitor;
    const uint64_t total = pass->source->total_count;
    const parsum_progress progress = {atomic_load(&pass->done), total == PS_COUNT_UNKNOWN ? 0 : total,
                                      "units"};
    if (monitor->progress != NULL)
        monitor->progress(&progress, monitor->user);
    if (monitor->cancelled != NULL && monitor->cancelled(monitor->user))
        atomic_store(&pass->stopped, true);
}

static parsum_status go_through(ps_source *source, const ps_job *job, ps_verify_pass *references,
                                unsigned *used, parsum_error *error) {
    second_pass pass = {.lock = PTHREAD_MUTEX_INITIALIZER,
                        .source = source,
                        .references = references,
                        .monitor = &job->monitor};
    ps_crew *crew = NULL;
    source->operations->rewind(source);
    const parsum_status status = ps_crew_create(job->workers, add_blocks, &pass, &crew, used, error);
    if (status != PARSUM_OK)
        return status;
    ps_crew_notice(&job->monitor, "the verification", *used, job->workers);
    ps_crew_run(crew, poll_pass, &pass);
    ps_crew_destroy(crew);
    pthread_mutex_destroy(&pass.lock);
    if (atomic_load(&pass.stopped))
        return ps_fail(error, PARSUM_CANCELLED, "cancelled");
    if (source->failure.status == PARSUM_OK && source->operations->check != NULL)
        source->operations->check(source);
    if (source->failure.status != PARSUM_OK && error != NULL)
        *error = source->failure;
    return source->failure.status;
}

parsum_status ps_verify_list(ps_source *source, const ps_job *job, ps_verify_pass *pass, ps_partial *partial,
                             unsigned *used, parsum_error *error) {
    ps_verify_pass *own = NULL;
    parsum_status status = PARSUM_OK;
    if (pass == NULL) {
        status = ps_verify_pass_create(job->workers, job, &own, error);
        if (status == PARSUM_OK)
            status = go_through(source, job, own, used, error);
    } else {
        *used = pass->workers;
    }
    const ps_verify_pass *whole = pass != NULL ? pass : own;
    for (unsigned i = 0; status == PARSUM_OK && i < whole->workers; i++) {
        if (whole->references[i].text.incomplete)
            status = ps_fail_memory(error, "the reference");
    }
    if (status == PARSUM_OK) {
        job->kind->clear(partial);
        for (unsigned i = 0; i < whole->workers; i++)
            ps_reference_list_deposit(&whole->references[i], job->needs, partial);
        /* What the source has summed up never was in a block. */
        if (pass != NULL && source->rest != NULL)
            job->kind->merge(partial, source->rest);
    }
    ps_verify_pass_destroy(own);
    return status;
}
