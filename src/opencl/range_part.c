/* range_part.c - ranges on an open OpenCL device: launches of the range kernels, and what comes back from them. */
#include <stdlib.h>
#include <string.h>

#include "../kernels/range_bins.h"
#include "base/clock.h"
#include "base/error.h"
#include "opencl/session_parts.h"

/* The first launch of a device that is not known yet: a tenth of a second even at 40,000 elements a second. */
static const uint64_t first_want = UINT64_C(1) << 12;

static const size_t local_bytes_an_item = PS_BINS * sizeof(cl_ulong);

static const char *const files[] = {"range_bins.h", "reduction.cl", "lanes.cl", "range.cl"};

static const char *const kernel_names[PS_KERNELS] = {
    [PS_KERNEL_NARROW] = "range_narrow",
    [PS_KERNEL_MOMENTS] = "range_moments",
};

parsum_status ps_range_part_build(ps_session *session, const char *kernel_dir, parsum_error *error) {
    ps_range_part *part = &session->ranges;
    parsum_status status = ps_opencl_program_build(session->context, &session->device, kernel_dir, files,
                                                   sizeof files / sizeof files[0], &part->program, error);
    for (int k = 0; k < PS_KERNELS && status == PARSUM_OK; k++) {
        status = ps_session_add_kernel(session, part->program, kernel_names[k], local_bytes_an_item,
                                       &part->kernels[k], error);
        part->want[k] = first_want;
    }
    return status;
}

parsum_status ps_range_part_allocate(ps_session *session, parsum_error *error) {
    ps_range_part *part = &session->ranges;
    const size_t bins_size = session->group_count * PS_BINS * sizeof(cl_ulong);
    cl_int code;
    part->host_bins = malloc(bins_size);
    if (part->host_bins == NULL)
        return ps_fail_memory(error, "a device's results");
    part->bins = clCreateBuffer(session->context, CL_MEM_WRITE_ONLY, bins_size, NULL, &code);
    return ps_session_succeeded(session, code, "clCreateBuffer", error) ? PARSUM_OK : PARSUM_FAILED;
}

void ps_range_part_close(ps_session *session) {
    ps_range_part *part = &session->ranges;
    if (part->bins != NULL)
        clReleaseMemObject(part->bins);
    for (int k = 0; k < PS_KERNELS; k++) {
        if (part->kernels[k] != NULL)
            clReleaseKernel(part->kernels[k]);
    }
    if (part->program != NULL)
        clReleaseProgram(part->program);
    free(part->host_bins);
}

/* Products of numbers up to largest that fit 64 bits together, at most 2^10: a work-item splits its sums into halves only
 * so often. */
static cl_ulong products_a_burst(uint64_t largest) {
    const ps_uint128 square = (ps_uint128)largest * largest;
    cl_ulong burst = 1;
    while (burst < 1024 && square * (burst * 2) <= UINT64_MAX)
        burst *= 2;
    return burst;
}

/* What one launch found. */
typedef struct launch_result {
    ps_progression_sums sums;
    uint64_t least, greatest; /* of the kernel that looks for them */
} launch_result;

/* Adds up what the groups returned. A bin is below 2^63 in a whole launch (range.cl), so 128 bits hold any number of
 * groups. */
static void gather(const ps_session *session, launch_result *result) {
    static const unsigned bits[] = PS_BIN_BITS;
    *result = (launch_result){.least = UINT64_MAX};
    for (unsigned bin = 0; bin < sizeof bits / sizeof bits[0]; bin++) {
        ps_uint128 total = 0;
        for (size_t group = 0; group < session->active_groups; group++)
            total += session->ranges.host_bins[group * PS_BINS + bin];
        if (bin < PS_BIN_FIRST_SQUARE)
            result->sums.sum += total << bits[bin];
        else
            ps_wide_add_at(&result->sums.squares, total, bits[bin]);
    }
    for (size_t group = 0; group < session->active_groups; group++) {
        const uint64_t *bins = session->ranges.host_bins + group * PS_BINS;
        result->least = bins[PS_BIN_LEAST] < result->least ? bins[PS_BIN_LEAST] : result->least;
        result->greatest =
            bins[PS_BIN_GREATEST] > result->greatest ? bins[PS_BIN_GREATEST] : result->greatest;
    }
}

/* One launch; progression->count <= PS_PROGRESSION_COUNT_MAX. */
static parsum_status launch(ps_session *session, ps_kernel_index index, const ps_progression *progression,
                            launch_result *result, parsum_error *error) {
    cl_kernel kernel = session->ranges.kernels[index];
    const cl_ulong arguments[] = {progression->first, progression->step, progression->count,
                                  products_a_burst(ps_progression_last(progression))};
    const cl_uint scalar_count = sizeof arguments / sizeof arguments[0];
    cl_int code = CL_SUCCESS;
    for (cl_uint i = 0; i < scalar_count && code == CL_SUCCESS; i++)
        code = clSetKernelArg(kernel, i, sizeof arguments[i], &arguments[i]);
    if (code == CL_SUCCESS)
        code = clSetKernelArg(kernel, scalar_count, sizeof session->ranges.bins, &session->ranges.bins);
    if (code == CL_SUCCESS)
        code = clSetKernelArg(kernel, scalar_count + 1, session->work_group_size * local_bytes_an_item, NULL);
    if (!ps_session_succeeded(session, code, "clSetKernelArg", error))
        return PARSUM_FAILED;
    const size_t global_size = session->work_group_size * session->active_groups;
    code = clEnqueueNDRangeKernel(session->queue, kernel, 1, NULL, &global_size, &session->work_group_size, 0,
                                  NULL, NULL);
    if (!ps_session_succeeded(session, code, "clEnqueueNDRangeKernel", error))
        return PARSUM_FAILED;
    const size_t bins_size = session->active_groups * PS_BINS * sizeof(cl_ulong);
    code = clEnqueueReadBuffer(session->queue, session->ranges.bins, CL_TRUE, 0, bins_size,
                               session->ranges.host_bins, 0, NULL, NULL);
    if (!ps_session_succeeded(session, code, "clEnqueueReadBuffer", error))
        return PARSUM_FAILED;
    gather(session, result);
    return PARSUM_OK;
}

/* Moves the size of launches towards PS_LAUNCH_SECONDS, by at most a factor of eight, on the evidence of one launch. */
static void adapt(ps_session *session, ps_kernel_index index, uint64_t count, double seconds) {
    uint64_t *want = &session->ranges.want[index];
    if (count < *want && seconds < PS_LAUNCH_SECONDS)
        return; /* the rest of a range says little */
    const double factor = seconds > 0 ? PS_LAUNCH_SECONDS / seconds : 8;
    const double next = (double)count * (factor > 8 ? 8 : factor);
    *want = next < (double)first_want                 ? first_want
            : next > (double)PS_PROGRESSION_COUNT_MAX ? PS_PROGRESSION_COUNT_MAX
                                                      : (uint64_t)next;
}

/* One timed launch, from which the next ones take their size. */
static parsum_status launch_and_adapt(ps_session *session, ps_kernel_index index,
                                      const ps_progression *progression, launch_result *result,
                                      parsum_error *error) {
    const double start = ps_clock_seconds();
    session->ranges.latest = index;
    const parsum_status status = launch(session, index, progression, result, error);
    if (status == PARSUM_OK)
        adapt(session, index, progression->count, ps_clock_seconds() - start);
    return status;
}

/* Sums alone, of a progression that is narrow or whose offsets are. */
static parsum_status fold_narrow(ps_session *session, ps_progression rest, unsigned needs,
                                 ps_integer_partial *partial, parsum_error *error) {
    const bool by_offsets = ps_progression_suits_offsets(&rest);
    const ps_progression whole = rest;
    ps_progression_sums sums;
    memset(&sums, 0, sizeof sums);
    while (rest.count > 0) {
        uint64_t base;
        launch_result result;
        ps_progression part =
            ps_progression_take_offsets(&rest, session->ranges.want[PS_KERNEL_NARROW], &base);
        if (!by_offsets) {
            part.first = base;
            base = 0;
        }
        const parsum_status status = launch_and_adapt(session, PS_KERNEL_NARROW, &part, &result, error);
        if (status != PARSUM_OK)
            return status;
        ps_progression_add_rebased(&result.sums, base, part.count, needs, &sums);
    }
    ps_progression_deposit(&whole, &sums, whole.first, ps_progression_last(&whole), needs, partial);
    return PARSUM_OK;
}

/* Sums and extremes, of any progression. */
static parsum_status fold_moments(ps_session *session, ps_progression rest, unsigned needs,
                                  ps_integer_partial *partial, parsum_error *error) {
    while (rest.count > 0) {
        ps_progression part = rest;
        launch_result result;
        if (part.count > session->ranges.want[PS_KERNEL_MOMENTS])
            part.count = session->ranges.want[PS_KERNEL_MOMENTS];
        const parsum_status status = launch_and_adapt(session, PS_KERNEL_MOMENTS, &part, &result, error);
        if (status != PARSUM_OK)
            return status;
        ps_progression_deposit(&part, &result.sums, result.least, result.greatest, needs, partial);
        rest.first += part.count * part.step;
        rest.count -= part.count;
    }
    return PARSUM_OK;
}

static parsum_status fold_progression(ps_session *session, const ps_progression *progression, unsigned needs,
                                      ps_integer_partial *partial, parsum_error *error) {
    const bool narrow =
        ps_progression_last(progression) <= UINT32_MAX || ps_progression_suits_offsets(progression);
    if (narrow && !(needs & PS_NEED_EXTREMES))
        return fold_narrow(session, *progression, needs, partial, error);
    return fold_moments(session, *progression, needs, partial, error);
}

parsum_status ps_session_fold(ps_session *session, const ps_block *block, unsigned needs,
                              ps_integer_partial *partial, parsum_error *error) {
    ps_integer_partial part;
    ps_kinds[PS_KIND_INTEGER].clear(&part.head);
    session->latest_kind = PS_BLOCK_RANGE;
    ps_range_block rest = block->range;
    for (uint64_t left = block->count; left > 0;) {
        const uint64_t count = left < PS_PROGRESSION_COUNT_MAX ? left : PS_PROGRESSION_COUNT_MAX;
        ps_progression pieces[PS_PROGRESSIONS_MAX];
        const size_t piece_count = ps_progression_split(&rest, count, pieces);
        for (size_t i = 0; i < piece_count; i++) {
            const parsum_status status = fold_progression(session, &pieces[i], needs, &part, error);
            if (status != PARSUM_OK)
                return status;
        }
        rest.first += (ps_int128)count * rest.step;
        left -= count;
    }
    ps_kinds[PS_KIND_INTEGER].merge(&partial->head, &part.head);
    return PARSUM_OK;
}

parsum_status ps_session_calibrate(ps_session *session, unsigned needs, parsum_error *error) {
    /* Enough growth for the fastest device: each launch may be eight times the one before. */
    if (!(session->block_kinds & 1u << PS_BLOCK_RANGE))
        return PARSUM_OK;
    const double long_enough_seconds = PS_LAUNCH_SECONDS / 10;
    for (int i = 0; i < 8; i++) {
        const ps_block block = {.kind = PS_BLOCK_RANGE,
                                .count = session->ranges.want[session->ranges.latest],
                                .range = {.first = 1, .step = 1}};
        ps_integer_partial ignored;
        ps_kinds[PS_KIND_INTEGER].clear(&ignored.head);
        const double start = ps_clock_seconds();
        const parsum_status status = ps_session_fold(session, &block, needs, &ignored, error);
        if (status != PARSUM_OK)
            return status;
        if (ps_clock_seconds() - start > long_enough_seconds)
            break;
    }
    return PARSUM_OK;
}
