/* fold.h - turning one block into one partial, on the CPU, by the best path the machine has.
 *
 * The table of paths (ISAs) is here; a new instruction set is one new file and one line in it. Folds are pure,
 * take no locks and no memory, and may run in a thread or in a forked child. */
#ifndef PS_FOLD_H
#define PS_FOLD_H

#include "exact/partial.h"
#include "fold/array.h"
#include "fold/float_array.h"
#include "fold/progression.h"
#include "source/source.h"

/* A CPU path: one function per kind of block, compiled for one instruction set. */
typedef struct ps_isa {
    const char *name;
    bool (*available)(void);
    ps_progression_function *progression;
    ps_array_function *array;
    ps_float_function *floats;
} ps_isa;

/* Adds block to partial. needs: a mask of PS_NEED_; sums that it leaves out stay zero. */
typedef void ps_fold_function(const ps_isa *isa, const ps_block *block, unsigned needs, ps_partial *partial);

ps_fold_function ps_fold_block;

/* The path called name, or the best available where name is NULL. PARSUM_USAGE: unknown, or not on this machine. */
parsum_status ps_isa_find(const char *name, const ps_isa **isa, parsum_error *error);

/* Row index of the table of paths, best last; NULL beyond the last. For tests, which run all that are available. */
const ps_isa *ps_isa_at(size_t index);

#endif
