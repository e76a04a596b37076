/* fork_worker.h - one child process of the fork engine: its life, its slots in the shared mapping, its socket.
 *
 * Protocol: the parent writes a block into a slot and sends the slot's number; the child folds it into the slot's
 * partial, sets the done mark, and sends the number back. Either side reads the end of the socket when the other is
 * gone. For the fork engine alone. */
#ifndef PS_FORK_WORKER_H
#define PS_FORK_WORKER_H

#include <stdatomic.h>
#include <sys/types.h>

#include "engine/engine.h"

/* Blocks a worker may hold: one in work and one waiting, so that it never idles while the parent answers. */
enum { PS_FORK_SLOTS = 2 };

/* Lies in the shared mapping; the partial follows, aligned to a cache line. */
typedef struct ps_fork_slot {
    ps_block block;
    atomic_uint done; /* set by the child after all of the partial is written */
} ps_fork_slot;

typedef struct ps_fork_mapping {
    char *base; /* NULL: none */
    size_t size_bytes;
    size_t slot_stride_bytes;
} ps_fork_mapping;

typedef struct ps_fork_child {
    pid_t pid;
    int socket; /* the parent's end */
} ps_fork_child;

parsum_status ps_fork_mapping_create(const ps_job *job, ps_fork_mapping *mapping, parsum_error *error);
void ps_fork_mapping_destroy(ps_fork_mapping *mapping);

ps_fork_slot *ps_fork_slot_at(const ps_fork_mapping *mapping, unsigned worker, unsigned slot);
ps_partial *ps_fork_slot_partial(ps_fork_slot *slot);

/* Forks worker index and waits until it is ready. in_child runs in the child first, to close inherited files. */
parsum_status ps_fork_child_start(const ps_job *job, const ps_fork_mapping *mapping, unsigned index,
                                  void (*in_child)(void *), void *context, ps_fork_child *child,
                                  parsum_error *error);

/* Whether the child has ended, whatever its socket says: another process may hold that open. */
bool ps_fork_child_is_dead(const ps_fork_child *child);

/* Kills the child if it still lives, waits for it, closes the socket, and writes what became of it, such as
 * "was killed by signal 9 (Killed)". */
void ps_fork_child_reap(ps_fork_child *child, char *cause, size_t cause_size);

/* The same, without a word. A child that was never started is allowed. */
void ps_fork_child_kill(ps_fork_child *child);

#endif
