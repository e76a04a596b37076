/* isa_emulated.h - the path of AVX-512 IFMA in plain C, so that its algorithm is tested on every machine, and the bounds
 * inside of it, so that they are tested at all. Not thread-safe: what the bins held is kept in globals. */
#ifndef PS_TEST_ISA_EMULATED_H
#define PS_TEST_ISA_EMULATED_H

#include "fold/progression.h"

ps_progression_function test_progression_emulated;

/* squares_a_burst, BURST52 and STRIDE of the template. */
uint64_t test_emulated_squares_a_burst(uint64_t maximum);
uint64_t test_emulated_burst52(void);
uint64_t test_emulated_stride(void);

/* The most that a lane of 52-bit products held since these were last set, and whether one went beyond 64 bits. */
extern uint64_t test_emulated_lane_maximum;
extern bool test_emulated_lane_overflow;

#endif
