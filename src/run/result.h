/* result.h - making and filling a parsum_result. */
#ifndef PS_RESULT_H
#define PS_RESULT_H

#include "engine/engine.h"

/* A result that describes the input, with room for the samples of runs. Free with parsum_result_destroy. */
parsum_status ps_result_create(const ps_source *source, unsigned runs, parsum_result **result,
                               parsum_error *error);

/* A result with these names as its sources, and one sample. */
parsum_status ps_result_create_for(const char *const *names, size_t name_count, parsum_result **result,
                                   parsum_error *error);

/* Fills in statistics (a mask) from total, of kind, its counts, and a copy of total itself. */
parsum_status ps_result_finish(uint32_t statistics, bool exact_digits, const ps_partial *total,
                               const ps_kind *kind, parsum_result *result, parsum_error *error);

/* Moves what part says of its engine to result. */
void ps_result_take_engine(parsum_result *result, parsum_result *part);

/* Copies what the open engine says of itself. */
parsum_status ps_result_describe_engine(const ps_engine_state *engine, parsum_result *result,
                                        parsum_error *error);

/* The middle of count >= 1 samples, or the mean of the two middle ones; the first sample where memory runs out. */
double ps_median(const double *samples, size_t count);

#endif
