/* array_emulated.h - the template of the array paths with eight lanes in plain C, with and without the 52-bit instructions,
 * so that what AVX-512 computes is tested on every machine. Types of 8 and 16 bits are left to the portable path. Not
 * thread-safe: what the bins held is kept in globals. */
#ifndef PS_TEST_ARRAY_EMULATED_H
#define PS_TEST_ARRAY_EMULATED_H

#include "fold/array.h"

ps_array_function test_array_emulated;
ps_array_function test_array_emulated_ifma;

/* STRIDE_BYTES of the template, and BURST52: terms that a lane takes between flushes. */
uint64_t test_array_stride_bytes(void);
uint64_t test_array_burst52(void);

/* The most that a lane of 52-bit products held since these were last set, and whether one went beyond 64 bits. */
extern uint64_t test_array_lane_maximum;
extern bool test_array_lane_overflow;

#endif
