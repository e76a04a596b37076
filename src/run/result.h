/* result.h - making and filling a parsum_result. */
#ifndef PS_RESULT_H
#define PS_RESULT_H

#include "engine/engine.h"

/* A result that describes the input, with room for the samples of runs. Free with parsum_result_destroy. */
parsum_status ps_result_create(const ps_source *source, unsigned runs, parsum_result **result,
                               parsum_error *error);

/* Copies what the open engine says of itself. */
parsum_status ps_result_describe_engine(const ps_engine_state *engine, parsum_result *result,
                                        parsum_error *error);

/* The middle of count >= 1 samples, or the mean of the two middle ones; the first sample where memory runs out. */
double ps_median(const double *samples, size_t count);

#endif
