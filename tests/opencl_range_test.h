/* opencl_range_test.h - blocks of ranges, and whether a device sums them rightly. */
#ifndef PS_TEST_OPENCL_RANGE_TEST_H
#define PS_TEST_OPENCL_RANGE_TEST_H

#include "opencl_test.h"

#define TOP ((ps_int128)1 << 64)
#define BOTTOM (-((ps_int128)1 << 63))
#define NARROW ((ps_int128)1 << 32)

/* Needs that choose each of the kernels. */
extern const unsigned both_kernels[2];

parsum_status try_session(size_t device, size_t work_group_size, const char *kernel_dir);

ps_block block_of(ps_int128 first, uint64_t step, uint64_t count);
parsum_range range_of(const ps_block *block);

/* By brute force in GMP, and what is too long for that by the plain loop. */
void expect_block(const ps_block *block, ps_integer_partial *expected);

bool is_right(const ps_integer_partial *found, const ps_integer_partial *expected, unsigned needs);

/* Whether the session sums block as it should; the two sums of squares go to what, where it does not. */
bool sums_rightly(const ps_block *block, unsigned needs, char *what, size_t size);
void assert_block(ps_int128 first, uint64_t step, uint64_t count, unsigned needs);

/* Blocks that kernels are most likely to get wrong, for a grid of so many work-items; false at the end. */
bool hostile_block(unsigned index, uint64_t items, ps_block *block);
void assert_hostile_blocks(void);

#endif
