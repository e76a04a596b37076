/* ranges.c - integer ranges through the library's calls. */
#include "base/clock.h"
#include "base/error.h"
#include "run/reduce.h"

static parsum_status with_source(parsum_context *context, const parsum_range *ranges, size_t range_count,
                                 bool by_reference, parsum_result **result, parsum_error *error) {
    const double start = ps_clock_seconds();
    static const parsum_range no_range = {0, 0, 1};
    const parsum_range *some = range_count > 0 ? ranges : &no_range;
    ps_source *source = NULL;
    if (context->options.statistics == PARSUM_MASK(PARSUM_DOT))
        return ps_fail(error, PARSUM_USAGE, "dot takes two arrays, not ranges");
    parsum_status status = ps_context_check_process(context, error);
    if (status == PARSUM_OK)
        status = ps_source_ranges(ranges, range_count, &source, error);
    if (status == PARSUM_OK)
        status = by_reference
                     ? ps_reduce_by_reference(context, start, source, some, range_count, result, error)
                     : ps_reduce(context, start, source, some, range_count, result, error);
    ps_source_destroy(source);
    return status;
}

parsum_status parsum_reduce_ranges(parsum_context *context, const parsum_range *ranges, size_t range_count,
                                   parsum_result **result, parsum_error *error) {
    return with_source(context, ranges, range_count, false, result, error);
}

parsum_status parsum_reference_ranges(parsum_context *context, const parsum_range *ranges, size_t range_count,
                                      parsum_result **result, parsum_error *error) {
    return with_source(context, ranges, range_count, true, result, error);
}
