/* queue.h - the blocks of one run: workers pull them, hand back those that a dead worker left undone.
 *
 * Blocks are cut from the source as they are asked for. Without a fixed chunk each is a share of what is left, so that
 * workers finish together (guided self-scheduling, Polychronopoulos and Kuck 1987). All functions are thread-safe; none
 * may be called in a forked child. */
#ifndef PS_QUEUE_H
#define PS_QUEUE_H

#include <stdatomic.h>

#include "source/source.h"

typedef struct ps_queue ps_queue;

/* How long the caller's thread waits between two polls of the caller's callbacks. */
enum { PS_POLL_MILLISECONDS = 50 };

/* chunk: elements a block at most; 0: guided by pullers, the number of workers that share the queue. */
parsum_status ps_queue_create(ps_source *source, uint64_t chunk, unsigned pullers, ps_queue **queue,
                              parsum_error *error);
void ps_queue_destroy(ps_queue *queue);

/* Starts again from the first element. No worker may be pulling. */
void ps_queue_rewind(ps_queue *queue);

/* Takes the next block, where no chunk is fixed of at most want elements (0: no wish). False: nothing left to take, or stopped. */
bool ps_queue_pull(ps_queue *queue, uint64_t want, ps_block *block);

/* Reports a block as folded: it counts as progress, and its source may use its memory again. */
void ps_queue_done(ps_queue *queue, const ps_block *block);

/* Hands a block back, to be pulled again; its attempts are counted up where tried. False: out of memory. */
bool ps_queue_return(ps_queue *queue, const ps_block *block, bool tried);

/* No new blocks are cut; those handed back are still given out. */
void ps_queue_end(ps_queue *queue);

/* After this every pull answers false. */
void ps_queue_stop(ps_queue *queue);

/* Whether it is time to poll the caller's callbacks; if so, the next time is PS_POLL_MILLISECONDS later. For the caller's
 * thread. */
bool ps_queue_poll_due(ps_queue *queue);

/* Whether every block that was cut has been done. */
bool ps_queue_is_complete(ps_queue *queue);

parsum_progress ps_queue_progress(ps_queue *queue);
uint64_t ps_queue_done_count(ps_queue *queue);
uint64_t ps_queue_total_count(const ps_queue *queue);

#endif
