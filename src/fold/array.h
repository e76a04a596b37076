/* array.h - folds of numbers in memory: what the CPU paths give for array blocks, and how a block is made fit for them.
 *
 * Pure; no locks, no allocation: callable in a thread or in a forked child. */
#ifndef PS_ARRAY_H
#define PS_ARRAY_H

#include "exact/partial.h"
#include "source/source.h"

/* The most numbers that one call of a path sums. Every lane bound rests on it: at most 2^31 additions of terms below 2^32
 * to a 64-bit lane stay below 2^63. */
#define PS_ARRAY_COUNT_MAX (UINT64_C(1) << 31)

/* A CPU path: adds count <= PS_ARRAY_COUNT_MAX integers of type, contiguous and in this machine's byte order, at any
 * address, to partial, as needs (a mask of PS_NEED_) says; what needs leaves out stays as it is, the count is added
 * always. With PS_NEED_PRODUCTS, right is the second operand and sums of products go to partial->squares; else right is
 * NULL. */
typedef void ps_array_function(parsum_type type, const unsigned char *left, const unsigned char *right,
                               uint64_t count, unsigned needs, ps_integer_partial *partial);

ps_array_function ps_array_portable;
ps_array_function ps_array_avx2;
ps_array_function ps_array_avx512;
ps_array_function ps_array_avx512ifma;

/* Folds an array block of integers by path: straight where it is contiguous and in this machine's byte order, else
 * gathered piece by piece into a small buffer on the stack. */
void ps_array_fold(ps_array_function *path, const ps_block *block, unsigned needs,
                   ps_integer_partial *partial);

/* Copies numbers from .. from+count-1 of operand 0 or 1 of block to buffer, contiguous and in this machine's byte order. */
void ps_array_gather(const ps_array_block *block, int operand, uint64_t from, uint64_t count, void *buffer);

/* Whether operand lies in memory as ps_array_function wants it. */
bool ps_array_is_plain(const ps_array_block *block, int operand);

#endif
