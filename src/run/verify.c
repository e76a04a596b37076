/* verify.c - the reference on all workers, and the comparison of sums. Shares neither folds nor queue with engines. */
#include "run/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/crew.h"
#include "exact/reference.h"

/* Up to here the reference takes a second or so a core. */
static const uint64_t reference_count_max = UINT64_C(1000000000);

static const char *const verify_names[] = {
    [PARSUM_VERIFY_AUTO] = "auto",
    [PARSUM_VERIFY_REFERENCE] = "reference",
    [PARSUM_VERIFY_CLOSED_FORM] = "closed-form",
    [PARSUM_VERIFY_NONE] = "none",
};

const char *parsum_verify_name(parsum_verify verify) {
    return (size_t)verify < sizeof verify_names / sizeof verify_names[0] ? verify_names[verify] : NULL;
}

parsum_verify ps_verify_choose(parsum_verify asked, bool ranges, uint64_t count, bool on_device) {
    if (asked != PARSUM_VERIFY_AUTO)
        return asked;
    if (!ranges)
        return on_device ? PARSUM_VERIFY_REFERENCE : PARSUM_VERIFY_NONE;
    return count <= reference_count_max ? PARSUM_VERIFY_REFERENCE : PARSUM_VERIFY_CLOSED_FORM;
}

typedef struct reference_work {
    const parsum_range *ranges;
    size_t range_count;
    unsigned needs;
    unsigned worker_count;
    ps_reference *totals; /* one a worker */
    const ps_monitor *monitor;
    _Atomic uint64_t done;
    uint64_t total;
    atomic_bool stopped;
} reference_work;

/* Worker index takes its even share of every range, in pieces, so that a stop is prompt. */
static void add_share(unsigned index, void *context) {
    const uint64_t piece = UINT64_C(1) << 24;
    reference_work *work = context;
    ps_reference own;
    memset(&own, 0, sizeof own);
    for (size_t r = 0; r < work->range_count; r++) {
        const uint64_t count = ps_range_count(&work->ranges[r]);
        const uint64_t end = (uint64_t)((ps_uint128)count * (index + 1) / work->worker_count);
        for (uint64_t at = (uint64_t)((ps_uint128)count * index / work->worker_count); at < end;) {
            if (atomic_load(&work->stopped))
                return;
            const uint64_t part = end - at < piece ? end - at : piece;
            ps_reference_add(&own, &work->ranges[r], at, part, work->needs);
            at += part;
            atomic_fetch_add(&work->done, part);
        }
    }
    work->totals[index] = own;
}

static void poll_reference(void *context) {
    reference_work *work = context;
    const ps_monitor *monitor = work->monitor;
    const parsum_progress progress = {atomic_load(&work->done), work->total, "elements"};
    if (monitor->progress != NULL)
        monitor->progress(&progress, monitor->user);
    if (monitor->cancelled != NULL && monitor->cancelled(monitor->user))
        atomic_store(&work->stopped, true);
}

parsum_status ps_verify_reference(const parsum_range *ranges, size_t range_count, unsigned needs,
                                  unsigned workers, const ps_monitor *monitor, ps_integer_partial *partial,
                                  unsigned *used, parsum_error *error) {
    reference_work work = {.ranges = ranges, .range_count = range_count, .needs = needs, .monitor = monitor};
    for (size_t r = 0; r < range_count; r++)
        work.total += ps_range_count(&ranges[r]);
    work.totals = calloc(workers, sizeof *work.totals);
    if (work.totals == NULL)
        return ps_fail_memory(error, "the reference");
    ps_crew *crew = NULL;
    const parsum_status status = ps_crew_create(workers, add_share, &work, &crew, &work.worker_count, error);
    if (status != PARSUM_OK) {
        free(work.totals);
        return status;
    }
    ps_crew_notice(monitor, "the verification", work.worker_count, workers);
    ps_crew_run(crew, poll_reference, &work);
    ps_crew_destroy(crew);
    for (unsigned i = 1; i < work.worker_count; i++)
        ps_reference_merge(&work.totals[0], &work.totals[i]);
    ps_reference_to_partial(&work.totals[0], partial);
    free(work.totals);
    *used = work.worker_count;
    if (atomic_load(&work.stopped))
        return ps_fail(error, PARSUM_CANCELLED, "cancelled");
    return PARSUM_OK;
}
