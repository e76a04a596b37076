/* engine.c - the table of engines, and what they share. */
#include "engine/engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const ps_engine *const engines[] = {&ps_engine_serial, &ps_engine_pthread, &ps_engine_fork,
                                           &ps_engine_opencl,
#ifdef PS_TEST_ENGINES
                                           PS_TEST_ENGINES
#endif
};
enum { ENGINE_COUNT = sizeof engines / sizeof engines[0] };

const ps_engine *ps_engine_find(const char *name) {
    for (size_t i = 0; i < ENGINE_COUNT; i++) {
        if (strcmp(engines[i]->name, name) == 0)
            return engines[i];
    }
    return NULL;
}

const char *parsum_engine_name(size_t index) {
    for (size_t i = 0; i < ENGINE_COUNT; i++) {
        if (!engines[i]->hidden && index-- == 0)
            return engines[i]->name;
    }
    return NULL;
}

enum { CACHE_LINE_BYTES = 64 };

size_t ps_partial_stride(const ps_kind *kind) {
    return (kind->size_bytes + CACHE_LINE_BYTES - 1) / CACHE_LINE_BYTES * CACHE_LINE_BYTES;
}

char *ps_partials_allocate(const ps_kind *kind, unsigned count) {
    return aligned_alloc(CACHE_LINE_BYTES, count * ps_partial_stride(kind));
}

ps_partial *ps_partial_create(const ps_kind *kind) {
    ps_partial *partial = (ps_partial *)ps_partials_allocate(kind, 1);
    if (partial != NULL)
        kind->clear(partial);
    return partial;
}

void ps_job_fold(const ps_job *job, unsigned worker, const ps_block *block, ps_queue *queue,
                 ps_partial *partial) {
    job->fold(job->isa, block, job->needs, partial);
    if (job->check != NULL)
        job->check(job->check_context, worker, block);
    ps_queue_done(queue, block);
    if (partial->fault.code != PS_FAULT_NONE)
        ps_queue_end(queue);
}

bool ps_monitor_poll(const ps_monitor *monitor, ps_queue *queue) {
    if (!ps_queue_poll_due(queue))
        return false;
    if (monitor->progress != NULL) {
        const parsum_progress progress = ps_queue_progress(queue);
        monitor->progress(&progress, monitor->user);
    }
    if (monitor->cancelled == NULL || !monitor->cancelled(monitor->user))
        return false;
    ps_queue_stop(queue);
    return true;
}

void ps_monitor_notice(const ps_monitor *monitor, const char *format, ...) {
    if (monitor->notice == NULL)
        return;
    char sentence[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    monitor->notice(sentence, monitor->user);
}
