/* reduce.h - the flow of one call, whatever the source: engine, partials, merge, finish, verify, result. */
#ifndef PS_REDUCE_H
#define PS_REDUCE_H

#include "run/context.h"

/* Reduces source, which stays the caller's. start: when the call began, for what setting up took. ranges: what the source was made of where it is ranges alone, for the closed
 * form; else NULL. */
parsum_status ps_reduce(parsum_context *context, double start, ps_source *source, const parsum_range *ranges,
                        size_t range_count, parsum_result **result, parsum_error *error);

/* The same by the reference alone, on one thread. */
parsum_status ps_reduce_by_reference(parsum_context *context, double start, ps_source *source,
                                     const parsum_range *ranges, size_t range_count, parsum_result **result,
                                     parsum_error *error);

/* One or more timed runs of source through the open engine, into total; samples has room for each. For callers that merge
 * several calls: parsum_stream. */
parsum_status ps_run_source(parsum_context *context, ps_source *source, ps_partial *total, double *samples,
                            parsum_error *error);

/* The statistics of total and what the report says of it. */
parsum_status ps_reduce_finish(const parsum_context *context, const ps_partial *total, parsum_result *result,
                               parsum_error *error);

#endif
