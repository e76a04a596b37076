/* float_part.h - launches over floats: where their digits begin, and what comes back. For array_part.c. */
#ifndef PS_FLOAT_PART_H
#define PS_FLOAT_PART_H

#include "opencl/session_parts.h"

/* The kernel file before the others of floats: slices in doubles, or integers alone where the device has no doubles that keep
 * subnormals, or none are wanted. */
const char *ps_float_part_file(const ps_session *session, bool no_fp64);

/* The bases of the digits of a launch over piece, by a sample of its numbers. Whatever they are, the sum is right. */
ps_float_bases ps_float_part_bases(const ps_block *piece);

/* Both as the kernels' argument. */
uint64_t ps_float_part_argument(ps_float_bases bases);

/* Adds what slot's launch found to partial, and on the CPU the numbers that it left out: those in no vector, and those of
 * work-groups that met numbers which the digits do not hold. */
void ps_float_part_deposit(const ps_session *session, const ps_array_slot *slot, unsigned needs,
                           ps_float_partial *partial);

/* The self-test of numbers of type (PARSUM_F32 or PARSUM_F64). */
parsum_status ps_float_part_test(ps_session *session, parsum_type type, unsigned needs, parsum_error *error);

#endif
