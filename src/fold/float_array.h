/* float_array.h - folds of floats and doubles in memory, exactly: what the CPU paths give, and how a block is made fit for
 * them.
 *
 * Pure; no locks, no allocation: callable in a thread or in a forked child. The rounding mode must be to nearest and
 * subnormals kept (ps_float_environment_enter). */
#ifndef PS_FLOAT_ARRAY_H
#define PS_FLOAT_ARRAY_H

#include "exact/binary.h"
#include "source/source.h"

/* A CPU path: adds count numbers of type (PARSUM_F32 or PARSUM_F64), contiguous and in this machine's byte order, at any
 * address, to partial, as needs (a mask of PS_NEED_) says; the count is added always. With PS_NEED_PRODUCTS, right is the
 * second operand and sums of products go to partial->squares; else right is NULL. Exact for every input. */
typedef void ps_float_function(parsum_type type, const unsigned char *left, const unsigned char *right,
                               uint64_t count, unsigned needs, ps_float_partial *partial);

ps_float_function ps_float_portable;
ps_float_function ps_float_avx2; /* AVX2 and FMA */
ps_float_function ps_float_avx512;

/* Folds an array block of floats by path; gathers where it is strided or swapped (array.h). skip_nan: NaNs are counted in
 * head.skipped_nan and are no elements. */
void ps_float_fold(ps_float_function *path, const ps_block *block, unsigned needs, bool skip_nan,
                   ps_float_partial *partial);

/* The floating-point environment that folds need: rounding to nearest, no flushing of subnormals. enter sets it and returns
 * the caller's; leave sets that back. */
typedef struct ps_float_environment {
    uint64_t saved;
} ps_float_environment;
ps_float_environment ps_float_environment_enter(void);
void ps_float_environment_leave(ps_float_environment environment);

#endif
