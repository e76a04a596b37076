/* float_emulated.h - a path of eight lanes in plain C, with the loops that AVX-512 has. */
#ifndef PS_TEST_FLOAT_EMULATED_H
#define PS_TEST_FLOAT_EMULATED_H

#include "fold/float_array.h"
#include "fold/float_piece.h"

ps_float_function test_float_emulated;
extern const ps_float_loops test_float_loops_emulated;

#endif
