/* context.h - what a parsum_context holds: checked options, and the engine that stays open between calls. */
#ifndef PS_CONTEXT_H
#define PS_CONTEXT_H

#include <sys/types.h>

#include "engine/engine.h"

struct parsum_context {
    pid_t process;          /* that made it: its workers and devices are of no use to another */
    parsum_options options; /* strings are copies owned by the context */
    char *owned[4];         /* those copies */
    ps_job job;
    ps_engine_state *engine;     /* NULL until the first reduction, and after a failed one */
    struct ps_verify_pass *pass; /* of a list that is checked as it passes; else NULL */
};

/* PARSUM_FAILED where a process that was forked meanwhile uses the context of its parent. */
parsum_status ps_context_check_process(const parsum_context *context, parsum_error *error);

/* PARSUM_USAGE where the source passes but once and the context runs more often. */
parsum_status ps_context_check_runs(const parsum_context *context, const ps_source *source,
                                    parsum_error *error);

/* Sets the job to what source holds; an open engine that does not suit it is closed. */
void ps_context_use_source(parsum_context *context, const ps_source *source);

/* The same, and opens the engine that the options name, or that "auto" finds for such a source, where none is open. */
parsum_status ps_context_open_engine(parsum_context *context, const ps_source *source, parsum_error *error);
/* In a process that was forked meanwhile the engine is only forgotten: its workers serve the parent. */
void ps_context_close_engine(parsum_context *context);

#endif
