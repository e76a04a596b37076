/* engine.h - what every engine is: a row of operations that turns a queue of blocks into partials.
 *
 * An engine folds blocks until the queue is empty. It neither merges across workers nor finishes nor prints. A new
 * engine is one new file and one line in engine.c. */
#ifndef PS_ENGINE_H
#define PS_ENGINE_H

#include "exact/partial.h"
#include "fold/fold.h"
#include "parsum.h"
#include "source/queue.h"

/* The caller's callbacks, called on the caller's thread while workers work. */
typedef struct ps_monitor {
    void (*notice)(const char *sentence, void *user);
    void (*progress)(const parsum_progress *progress, void *user);
    int (*cancelled)(void *user);
    void *user;
} ps_monitor;

/* Reports progress and asks for cancellation, where that is due; where the caller cancels, stops the queue and returns
 * true. */
bool ps_monitor_poll(const ps_monitor *monitor, ps_queue *queue);

/* Sends one formatted sentence to the caller. */
void ps_monitor_notice(const ps_monitor *monitor, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What is to be done, the same for all engines. Constant while an engine is open; strings outlive it. */
typedef struct ps_job {
    const ps_kind *kind; /* of the partials to fill */
    /* What may come, so that devices build and test no more: masks of 1 << PS_BLOCK_ (0: ranges alone) and, of arrays, of
     * 1 << PARSUM_ (0: all integers). */
    unsigned block_kinds, types;
    unsigned needs; /* mask of PS_NEED_ */
    ps_fold_function *fold;
    const ps_isa *isa;
    unsigned workers;
    uint64_t chunk;
    const char *device;
    bool
        device_by_choice; /* the user named the device: a failed self-test is not answered by another device */
    size_t work_group_size;
    const char *kernel_dir;
    bool no_fp64; /* floats in integers alone, as on a device without doubles */
    ps_monitor monitor;
    /* Called once for each block of a list by the process's own worker while its data is still there, to check the answer
     * by; not again where a lost device's block is redone. NULL: not wanted. */
    void (*check)(void *context, unsigned worker, const ps_block *block);
    void *check_context;
} ps_job;

typedef struct ps_engine ps_engine;

/* The open engine: engines embed it as their first member. */
typedef struct ps_engine_state {
    const ps_engine *engine;
    const ps_job *job;
    unsigned workers;       /* how many partials run fills: at least one, at most what the job asked for */
    const char *isa;        /* NULL where the CPU paths are not used */
    parsum_device *devices; /* copies, owned by the engine */
    size_t device_count;
    double transfer_seconds; /* of the latest run: how long the slowest device's numbers took to reach it */
} ps_engine_state;

struct ps_engine {
    const char *name;
    bool hidden;        /* for tests: not offered by name */
    bool takes_no_text; /* it is given arrays of numbers instead (parse_ahead.h) */
    /* Starts workers or devices; on return they wait for work, or the error says why this engine cannot be used here. job
     * outlives the state. */
    parsum_status (*open)(const ps_job *job, ps_engine_state **state, parsum_error *error);
    /* Folds all blocks of queue into partials, state->workers of them, ps_partial_stride apart, cleared by the caller.
     * After a failure the state can only be closed. */
    parsum_status (*run)(ps_engine_state *state, ps_queue *queue, char *partials, parsum_error *error);
    /* Ends workers, by force where a run failed, and waits for them. */
    void (*close)(ps_engine_state *state);
};

/* Bytes from one worker's partial to the next: whole cache lines, so that workers do not share one. */
size_t ps_partial_stride(const ps_kind *kind);

/* Room for count partials so far apart, or one cleared partial; to be freed. NULL: out of memory. */
char *ps_partials_allocate(const ps_kind *kind, unsigned count);
ps_partial *ps_partial_create(const ps_kind *kind);

/* Folds block into worker's partial, has it checked, and reports it to the queue; where the block is damaged, no new ones are cut. */
void ps_job_fold(const ps_job *job, unsigned worker, const ps_block *block, ps_queue *queue,
                 ps_partial *partial);

/* The engine called name, NULL where there is none. */
const ps_engine *ps_engine_find(const char *name);

extern const ps_engine ps_engine_serial;
extern const ps_engine ps_engine_pthread;
extern const ps_engine ps_engine_fork;
extern const ps_engine ps_engine_opencl;

#endif
