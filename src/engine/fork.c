/* fork.c - worker processes. The parent deals blocks out; a child folds each into a slot of a shared mapping and marks
 * it done; the parent takes over what is marked and redoes what a dead child left.
 *
 * A child calls nothing but the fold, read and write on its socket, and _exit: no memory, no stdio, no locks and no
 * OpenCL, whatever the parent has used before. The socket also tells each side that the other is gone. */
#include "engine/fork_worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/engine.h"

/* Besides the first try, a block is redone so many times before the run is given up. */
enum { REDO_MAX = 3 };

typedef struct fork_worker {
    ps_fork_child child;           /* pid 0: there is none */
    ps_block dealt[PS_FORK_SLOTS]; /* what each slot was given */
    unsigned order[PS_FORK_SLOTS]; /* outstanding slots, the one in work first */
    unsigned outstanding;
} fork_worker;

typedef struct fork_state {
    ps_engine_state base;
    ps_fork_mapping mapping;
    fork_worker *workers;
    struct pollfd *polled;
} fork_state;

/* Closes the parent's ends that a new child inherited from its elder siblings. */
static void close_sibling_sockets(void *context) {
    fork_state *engine = context;
    for (unsigned i = 0; i < engine->base.workers; i++) {
        if (engine->workers[i].child.pid > 0)
            close(engine->workers[i].child.socket);
    }
}

static parsum_status start_worker(fork_state *engine, unsigned index, parsum_error *error) {
    fork_worker *worker = &engine->workers[index];
    worker->outstanding = 0;
    return ps_fork_child_start(engine->base.job, &engine->mapping, index, close_sibling_sockets, engine,
                               &worker->child, error);
}

/* Merges the finished slot into the worker's partial. */
static void take_result(fork_state *engine, unsigned index, unsigned slot_index, ps_queue *queue,
                        char *partials) {
    fork_worker *worker = &engine->workers[index];
    const ps_job *job = engine->base.job;
    ps_fork_slot *slot = ps_fork_slot_at(&engine->mapping, index, slot_index);
    const ps_partial *part = ps_fork_slot_partial(slot);
    job->kind->merge((ps_partial *)(partials + index * ps_partial_stride(job->kind)), part);
    if (job->check != NULL)
        job->check(job->check_context, index, &worker->dealt[slot_index]);
    ps_queue_done(queue, &worker->dealt[slot_index]);
    if (part->fault.code != PS_FAULT_NONE)
        ps_queue_end(queue);
    worker->outstanding--;
    for (unsigned i = 0; i < worker->outstanding; i++)
        worker->order[i] = worker->order[i + 1];
}

static unsigned char find_free_slot(const fork_worker *worker) {
    bool used[PS_FORK_SLOTS] = {false};
    for (unsigned i = 0; i < worker->outstanding; i++)
        used[worker->order[i]] = true;
    unsigned char slot = 0;
    while (used[slot])
        slot++;
    return slot;
}

/* Tells the worker that a slot is filled. One that lives and cannot be told would wait for ever: it is ended. Of one that is
 * dead its socket tells next. */
static bool tell(const fork_worker *worker, unsigned char slot) {
    ssize_t sent;
    do
        sent = send(worker->child.socket, &slot, 1, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent != 1 && errno != EPIPE && errno != ECONNRESET)
        kill(worker->child.pid, SIGKILL);
    return sent == 1;
}

/* Fills the worker's free slots from the queue. */
static void deal(fork_state *engine, unsigned index, ps_queue *queue) {
    fork_worker *worker = &engine->workers[index];
    while (worker->child.pid > 0 && worker->outstanding < PS_FORK_SLOTS) {
        const unsigned char free_slot = find_free_slot(worker);
        if (!ps_queue_pull(queue, 0, &worker->dealt[free_slot]))
            return;
        ps_fork_slot *slot = ps_fork_slot_at(&engine->mapping, index, free_slot);
        slot->block = worker->dealt[free_slot];
        atomic_store(&slot->done, 0);
        worker->order[worker->outstanding++] = free_slot;
        if (!tell(worker, free_slot))
            return;
    }
}

static bool any_alive(const fork_state *engine) {
    for (unsigned i = 0; i < engine->base.workers; i++) {
        if (engine->workers[i].child.pid > 0)
            return true;
    }
    return false;
}

/* A worker died: its unfinished blocks go back to the queue and a new worker takes its place. Only the block in work
 * can have killed it, so only that one counts the attempt. Where no new process is to be had, the others go on. */
static parsum_status replace_worker(fork_state *engine, unsigned index, ps_queue *queue,
                                    parsum_error *error) {
    fork_worker *worker = &engine->workers[index];
    const ps_monitor *monitor = &engine->base.job->monitor;
    const pid_t pid = worker->child.pid;
    char cause[128];
    ps_fork_child_reap(&worker->child, cause, sizeof cause);
    for (unsigned i = worker->outstanding; i-- > 0;) {
        const ps_block *block = &worker->dealt[worker->order[i]];
        if (i == 0 && block->attempts >= REDO_MAX)
            return ps_fail(
                error, PARSUM_FAILED,
                "worker %u (process %ld) %s; its block was tried %u times and could not be finished, "
                "so there is no answer: try --engine=pthread",
                index, (long)pid, cause, REDO_MAX + 1);
        if (!ps_queue_return(queue, block, i == 0))
            return ps_fail_memory(error, "a block to be redone");
    }
    ps_monitor_notice(monitor, "worker %u (process %ld) %s; %s", index, (long)pid, cause,
                      worker->outstanding > 0 ? "its block is redone" : "it had no block in work");
    parsum_error refusal;
    const parsum_status status = start_worker(engine, index, &refusal);
    if (status == PARSUM_OK)
        return status;
    if (!any_alive(engine))
        return ps_fail(error, status, "%s", refusal.message);
    ps_monitor_notice(monitor, "worker %u is not replaced: %s", index, refusal.message);
    return PARSUM_OK;
}

/* Reads what a worker says: slot numbers of finished blocks, or the end of its socket. */
static parsum_status hear(fork_state *engine, unsigned index, ps_queue *queue, char *partials,
                          parsum_error *error) {
    fork_worker *worker = &engine->workers[index];
    unsigned char said[PS_FORK_SLOTS];
    const ssize_t length = recv(worker->child.socket, said, sizeof said, MSG_DONTWAIT);
    if (length < 0 && (errno == EINTR || errno == EAGAIN))
        return PARSUM_OK;
    bool sane = length > 0;
    for (ssize_t i = 0; i < length; i++) {
        /* Both the word and the mark, written last, are required; children work in the order they were dealt. */
        if (worker->outstanding == 0 || said[i] != worker->order[0] ||
            atomic_load(&ps_fork_slot_at(&engine->mapping, index, said[i])->done) == 0) {
            sane = false;
            break;
        }
        take_result(engine, index, said[i], queue, partials);
    }
    return sane ? PARSUM_OK : replace_worker(engine, index, queue, error);
}

static bool any_outstanding(const fork_state *engine) {
    for (unsigned i = 0; i < engine->base.workers; i++) {
        if (engine->workers[i].outstanding > 0)
            return true;
    }
    return false;
}

static parsum_status fork_run(ps_engine_state *state, ps_queue *queue, char *partials, parsum_error *error) {
    fork_state *engine = (fork_state *)state;
    const ps_monitor *monitor = &state->job->monitor;
    for (;;) {
        for (unsigned i = 0; i < state->workers; i++)
            deal(engine, i, queue);
        if (!any_outstanding(engine))
            return PARSUM_OK;
        for (unsigned i = 0; i < state->workers; i++)
            engine->polled[i] = (struct pollfd){.fd = engine->workers[i].child.socket, .events = POLLIN};
        const int ready = poll(engine->polled, state->workers, PS_POLL_MILLISECONDS);
        if (ps_monitor_poll(monitor, queue))
            return ps_fail(error, PARSUM_CANCELLED, "cancelled");
        for (unsigned i = 0; i < state->workers; i++) {
            parsum_status status = PARSUM_OK;
            if (engine->polled[i].revents != 0)
                status = hear(engine, i, queue, partials, error);
            else if (ready == 0 && engine->workers[i].child.pid > 0 &&
                     ps_fork_child_is_dead(&engine->workers[i].child))
                status = replace_worker(engine, i, queue, error);
            if (status != PARSUM_OK)
                return status;
        }
    }
}

static void fork_close(ps_engine_state *state) {
    fork_state *engine = (fork_state *)state;
    if (engine->workers != NULL) {
        /* All results are taken over by now: what a child still does is of no use. */
        for (unsigned i = 0; i < state->workers; i++)
            ps_fork_child_kill(&engine->workers[i].child);
    }
    ps_fork_mapping_destroy(&engine->mapping);
    free(engine->workers);
    free(engine->polled);
    free(engine);
}

static parsum_status fork_open(const ps_job *job, ps_engine_state **state, parsum_error *error) {
    fork_state *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "the fork engine");
    made->base = (ps_engine_state){.engine = &ps_engine_fork, .job = job, .isa = job->isa->name};
    made->workers = calloc(job->workers, sizeof *made->workers);
    made->polled = calloc(job->workers, sizeof *made->polled);
    parsum_status status = made->workers == NULL || made->polled == NULL
                               ? ps_fail_memory(error, "the list of workers")
                               : ps_fork_mapping_create(job, &made->mapping, error);
    if (status != PARSUM_OK)
        goto out;
    parsum_error refusal = {0};
    while (made->base.workers < job->workers) {
        status = start_worker(made, made->base.workers, &refusal);
        if (status != PARSUM_OK)
            break;
        made->base.workers++;
    }
    if (made->base.workers == 0) {
        if (error != NULL)
            *error = refusal;
        goto out;
    }
    if (made->base.workers < job->workers)
        ps_monitor_notice(&job->monitor, "only %u of %u processes could be started; going on with them (%s)",
                          made->base.workers, job->workers, refusal.message);
    *state = &made->base;
    return PARSUM_OK;
out:
    fork_close(&made->base);
    return status;
}

const ps_engine ps_engine_fork = {
    .name = "fork",
    .open = fork_open,
    .run = fork_run,
    .close = fork_close,
};
