/* queue.c - the queue of blocks. Owns cutting, order and progress; knows nothing of sums or engines. */
#include "source/queue.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/error.h"

/* Guided blocks: a worker's share of what is left, halved, between these. The most is some milliseconds of the fastest
 * path and less than a second of the slowest, so that a stop is prompt. */
static const uint64_t guided_least = UINT64_C(1) << 16;
static const uint64_t guided_most = UINT64_C(1) << 25;

struct ps_queue {
    pthread_mutex_t lock;
    ps_source *source;
    uint64_t chunk;
    unsigned pullers;
    uint64_t cut_count; /* elements cut from the source so far */
    ps_block *returned; /* blocks to be redone, before any new one */
    size_t returned_count, returned_capacity;
    atomic_bool stopped, ended;
    double next_poll_seconds; /* of the monotonic clock; the caller's thread alone touches it */
    _Atomic uint64_t done_count;
};

parsum_status ps_queue_create(ps_source *source, uint64_t chunk, unsigned pullers, ps_queue **queue,
                              parsum_error *error) {
    ps_queue *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "the queue of blocks");
    pthread_mutex_init(&made->lock, NULL);
    made->source = source;
    made->chunk = chunk;
    made->pullers = pullers > 0 ? pullers : 1;
    ps_queue_rewind(made);
    *queue = made;
    return PARSUM_OK;
}

void ps_queue_destroy(ps_queue *queue) {
    if (queue == NULL)
        return;
    pthread_mutex_destroy(&queue->lock);
    free(queue->returned);
    free(queue);
}

void ps_queue_rewind(ps_queue *queue) {
    queue->source->operations->rewind(queue->source);
    queue->cut_count = 0;
    queue->returned_count = 0;
    atomic_store(&queue->stopped, false);
    atomic_store(&queue->ended, false);
    atomic_store(&queue->done_count, 0);
}

/* A fixed chunk is the caller's word; else a share of what is left, but no more than the puller wants. */
static uint64_t block_size(const ps_queue *queue, uint64_t want) {
    if (queue->chunk > 0)
        return queue->chunk;
    const uint64_t most = want > 0 ? want : guided_most;
    if (queue->source->total_count == PS_COUNT_UNKNOWN)
        return most;
    const uint64_t left = queue->source->total_count - queue->cut_count;
    const uint64_t share = queue->pullers > 1 ? left / (2 * (uint64_t)queue->pullers) : left;
    const uint64_t size = share < guided_least ? guided_least : share;
    return size < most ? size : most;
}

/* The latest returned block, or as much of it as is wanted. Where the source uses a block's memory again once it is done, its
 * parts cannot be done one by one. */
static void take_returned(ps_queue *queue, uint64_t want, ps_block *block) {
    ps_block *latest = &queue->returned[queue->returned_count - 1];
    const bool whole = queue->chunk > 0 || want == 0 || latest->count <= want ||
                       latest->kind == PS_BLOCK_TEXT || queue->source->operations->release != NULL;
    *block = ps_block_take(latest, whole ? latest->count : want);
    if (whole)
        queue->returned_count--;
}

bool ps_queue_pull(ps_queue *queue, uint64_t want, ps_block *block) {
    if (atomic_load(&queue->stopped))
        return false;
    bool pulled = true;
    pthread_mutex_lock(&queue->lock);
    if (queue->returned_count > 0) {
        take_returned(queue, want, block);
    } else if (atomic_load(&queue->ended)) {
        pulled = false;
    } else {
        pulled = queue->source->operations->next(queue->source, block_size(queue, want), block);
        if (pulled)
            queue->cut_count += block->count;
    }
    pthread_mutex_unlock(&queue->lock);
    return pulled;
}

void ps_queue_done(ps_queue *queue, const ps_block *block) {
    const ps_source_operations *operations = queue->source->operations;
    atomic_fetch_add(&queue->done_count, block->count);
    if (operations->release == NULL)
        return;
    pthread_mutex_lock(&queue->lock);
    operations->release(queue->source, block);
    pthread_mutex_unlock(&queue->lock);
}

bool ps_queue_return(ps_queue *queue, const ps_block *block, bool tried) {
    bool kept = true;
    pthread_mutex_lock(&queue->lock);
    if (queue->returned_count == queue->returned_capacity) {
        const size_t capacity = queue->returned_capacity * 2 + 8;
        ps_block *grown = realloc(queue->returned, capacity * sizeof *grown);
        kept = grown != NULL;
        if (kept) {
            queue->returned = grown;
            queue->returned_capacity = capacity;
        }
    }
    if (kept) {
        queue->returned[queue->returned_count] = *block;
        queue->returned[queue->returned_count++].attempts += tried;
    }
    pthread_mutex_unlock(&queue->lock);
    return kept;
}

bool ps_queue_poll_due(ps_queue *queue) {
    const double now = ps_clock_seconds();
    if (now < queue->next_poll_seconds)
        return false;
    queue->next_poll_seconds = now + 1e-3 * PS_POLL_MILLISECONDS;
    return true;
}

void ps_queue_end(ps_queue *queue) {
    atomic_store(&queue->ended, true);
}

bool ps_queue_is_complete(ps_queue *queue) {
    return atomic_load(&queue->done_count) == queue->cut_count;
}

parsum_progress ps_queue_progress(ps_queue *queue) {
    const unsigned text = 1u << PS_BLOCK_TEXT, kinds = queue->source->block_kinds;
    const uint64_t total = queue->source->total_count;
    return (parsum_progress){.done = atomic_load(&queue->done_count),
                             .total = total == PS_COUNT_UNKNOWN ? 0 : total,
                             .unit = kinds == text  ? "bytes"
                                     : kinds & text ? "units"
                                                    : "elements"};
}

void ps_queue_stop(ps_queue *queue) {
    atomic_store(&queue->stopped, true);
}

uint64_t ps_queue_done_count(ps_queue *queue) {
    return atomic_load(&queue->done_count);
}

uint64_t ps_queue_total_count(const ps_queue *queue) {
    return queue->source->total_count;
}
