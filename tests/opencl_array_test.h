/* opencl_array_test.h - blocks of numbers in memory, and whether a device sums them rightly. */
#ifndef PS_TEST_OPENCL_ARRAY_TEST_H
#define PS_TEST_OPENCL_ARRAY_TEST_H

#include "opencl_test.h"

enum { INTEGERS = 8, KERNEL_NEEDS = 4 };

extern const parsum_type integers[INTEGERS];

/* Needs that choose each kernel. */
extern const unsigned kernel_needs[KERNEL_NEEDS];

/* The sums of block, number by number; those of a few numbers by GMP alone, the others' through 128 bits. */
void expect_block(const ps_block *block, test_moments *moments);

bool is_right(const ps_integer_partial *found, const test_moments *moments, unsigned needs);

/* The session sums block as it should. */
void assert_sums(const ps_block *block, unsigned needs);

enum { NOISE, LEAST, GREATEST, ALL_ONES, HOSTILE, FILLS };

/* Fills bytes at to with numbers of size bytes. */
void fill(unsigned char *to, size_t bytes, size_t size, unsigned how, test_random *random);

/* A plain block of count numbers that begins shift bytes into memory; the second operand, where needs asks for one, shift
 * bytes beyond an address that is aligned to other numbers of bytes than the first. */
ps_block plain_block(parsum_type type, uint64_t count, size_t shift, unsigned needs, unsigned how,
                     test_random *random);

parsum_status try_arrays(size_t device, size_t work_group_size, const char *kernel_dir);

#endif
