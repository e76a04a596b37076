/* session.c - an open OpenCL device: launches of the range kernels, and what comes back from them. */
#include "opencl/session.h"

#include <stdlib.h>
#include <string.h>

#include "../kernels/range_bins.h"
#include "base/clock.h"
#include "base/device.h"
#include "base/error.h"

/* Display watchdogs end launches of some hundred milliseconds; a stop should not wait longer than this either. */
static const double launch_seconds = 0.1;
/* The first launch of a device that is not known yet: a tenth of a second even at 40,000 elements a second. */
static const uint64_t first_want = UINT64_C(1) << 12;

static const size_t local_bytes_an_item = PS_BINS * sizeof(cl_ulong);

static const char *const kernel_names[PS_KERNELS] = {
    [PS_KERNEL_NARROW] = "range_narrow",
    [PS_KERNEL_MOMENTS] = "range_moments",
};

struct ps_session {
    ps_opencl_device device; /* the description belongs to the session */
    cl_context context;
    cl_command_queue queue;
    cl_program program;
    cl_kernel kernels[PS_KERNELS];
    cl_mem bins;
    uint64_t *host_bins;
    size_t work_group_size, group_count;
    size_t active_groups;      /* of the next launch: group_count, or fewer in a self-test */
    uint64_t want[PS_KERNELS]; /* elements of the next launch */
    ps_kernel_index latest;
};

/* One call's outcome: false fills error. */
static bool succeeded(const ps_session *session, cl_int code, const char *call, parsum_error *error) {
    if (code != CL_SUCCESS)
        ps_opencl_fail(error, call, session->device.info.name, code);
    return code == CL_SUCCESS;
}

/* The most work-items a group of any of the kernels may have on this device. */
static parsum_status find_work_group_maximum(const ps_session *session, size_t *maximum,
                                             parsum_error *error) {
    cl_ulong local_bytes = 0;
    size_t items[8] = {0};
    size_t most = 0;
    cl_int code =
        clGetDeviceInfo(session->device.id, CL_DEVICE_LOCAL_MEM_SIZE, sizeof local_bytes, &local_bytes, NULL);
    if (code == CL_SUCCESS)
        code = clGetDeviceInfo(session->device.id, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof items, items, NULL);
    if (!succeeded(session, code, "clGetDeviceInfo", error))
        return PARSUM_FAILED;
    most = items[0];
    if (local_bytes / local_bytes_an_item < most)
        most = local_bytes / local_bytes_an_item;
    for (int k = 0; k < PS_KERNELS; k++) {
        size_t size = 0;
        code = clGetKernelWorkGroupInfo(session->kernels[k], session->device.id, CL_KERNEL_WORK_GROUP_SIZE,
                                        sizeof size, &size, NULL);
        if (!succeeded(session, code, "clGetKernelWorkGroupInfo", error))
            return PARSUM_FAILED;
        most = size < most ? size : most;
    }
    *maximum = most > 0 ? most : 1;
    return PARSUM_OK;
}

/* The grid is the same for every launch: drivers compile again for each new one. A CPU runs a group on one core, one
 * item after another; a GPU needs many items to hide its latencies. */
static parsum_status choose_grid(ps_session *session, size_t asked, parsum_error *error) {
    size_t maximum = 0;
    const parsum_status status = find_work_group_maximum(session, &maximum, error);
    if (status != PARSUM_OK)
        return status;
    if (asked > maximum)
        return ps_fail(error, PARSUM_USAGE, "--work-group-size=%zu is above the maximum of %s, which is %zu",
                       asked, session->device.info.name, maximum);
    const bool is_gpu = strcmp(session->device.info.type, "gpu") == 0;
    const size_t preferred = is_gpu ? 256 : 16;
    const size_t units = session->device.info.compute_units > 0 ? session->device.info.compute_units : 1;
    session->work_group_size = asked > 0 ? asked : preferred < maximum ? preferred : maximum;
    const size_t items = units * (is_gpu ? 2048 : 64);
    const size_t groups = items / session->work_group_size;
    session->group_count = groups < units ? units : groups;
    session->active_groups = session->group_count;
    return PARSUM_OK;
}

static parsum_status open_device(ps_session *session, size_t work_group_size, const char *kernel_dir,
                                 parsum_error *error) {
    cl_int code;
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)session->device.platform, 0};
    session->context = clCreateContext(properties, 1, &session->device.id, NULL, NULL, &code);
    if (!succeeded(session, code, "clCreateContext", error))
        return PARSUM_FAILED;
    session->queue = clCreateCommandQueue(session->context, session->device.id, 0, &code);
    if (!succeeded(session, code, "clCreateCommandQueue", error))
        return PARSUM_FAILED;
    parsum_status status =
        ps_opencl_program_build(session->context, &session->device, kernel_dir, &session->program, error);
    if (status != PARSUM_OK)
        return status;
    for (int k = 0; k < PS_KERNELS; k++) {
        session->kernels[k] = clCreateKernel(session->program, kernel_names[k], &code);
        if (!succeeded(session, code, "clCreateKernel", error))
            return PARSUM_FAILED;
        session->want[k] = first_want;
    }
    status = choose_grid(session, work_group_size, error);
    if (status != PARSUM_OK)
        return status;
    const size_t bins_size = session->group_count * PS_BINS * sizeof(cl_ulong);
    session->host_bins = malloc(bins_size);
    if (session->host_bins == NULL)
        return ps_fail_memory(error, "a device's results");
    session->bins = clCreateBuffer(session->context, CL_MEM_WRITE_ONLY, bins_size, NULL, &code);
    return succeeded(session, code, "clCreateBuffer", error) ? PARSUM_OK : PARSUM_FAILED;
}

parsum_status ps_session_open(const ps_opencl_device *device, size_t work_group_size, const char *kernel_dir,
                              ps_session **session, parsum_error *error) {
    ps_session *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "an OpenCL device");
    made->device = *device;
    if (!ps_device_copy(&made->device.info, &device->info)) {
        free(made);
        return ps_fail_memory(error, "an OpenCL device");
    }
    const parsum_status status = open_device(made, work_group_size, kernel_dir, error);
    if (status != PARSUM_OK) {
        ps_session_close(made);
        return status;
    }
    *session = made;
    return PARSUM_OK;
}

void ps_session_close(ps_session *session) {
    if (session == NULL)
        return;
    if (session->bins != NULL)
        clReleaseMemObject(session->bins);
    for (int k = 0; k < PS_KERNELS; k++) {
        if (session->kernels[k] != NULL)
            clReleaseKernel(session->kernels[k]);
    }
    if (session->program != NULL)
        clReleaseProgram(session->program);
    if (session->queue != NULL)
        clReleaseCommandQueue(session->queue);
    if (session->context != NULL)
        clReleaseContext(session->context);
    free(session->host_bins);
    ps_device_free(&session->device.info);
    free(session);
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
            total += session->host_bins[group * PS_BINS + bin];
        if (bin < PS_BIN_FIRST_SQUARE)
            result->sums.sum += total << bits[bin];
        else
            ps_wide_add_at(&result->sums.squares, total, bits[bin]);
    }
    for (size_t group = 0; group < session->active_groups; group++) {
        const uint64_t *bins = session->host_bins + group * PS_BINS;
        result->least = bins[PS_BIN_LEAST] < result->least ? bins[PS_BIN_LEAST] : result->least;
        result->greatest =
            bins[PS_BIN_GREATEST] > result->greatest ? bins[PS_BIN_GREATEST] : result->greatest;
    }
}

/* One launch; progression->count <= PS_PROGRESSION_COUNT_MAX. */
static parsum_status launch(ps_session *session, ps_kernel_index index, const ps_progression *progression,
                            launch_result *result, parsum_error *error) {
    cl_kernel kernel = session->kernels[index];
    const cl_ulong arguments[] = {progression->first, progression->step, progression->count,
                                  products_a_burst(ps_progression_last(progression))};
    const cl_uint scalar_count = sizeof arguments / sizeof arguments[0];
    cl_int code = CL_SUCCESS;
    for (cl_uint i = 0; i < scalar_count && code == CL_SUCCESS; i++)
        code = clSetKernelArg(kernel, i, sizeof arguments[i], &arguments[i]);
    if (code == CL_SUCCESS)
        code = clSetKernelArg(kernel, scalar_count, sizeof session->bins, &session->bins);
    if (code == CL_SUCCESS)
        code = clSetKernelArg(kernel, scalar_count + 1, session->work_group_size * local_bytes_an_item, NULL);
    if (!succeeded(session, code, "clSetKernelArg", error))
        return PARSUM_FAILED;
    const size_t global_size = session->work_group_size * session->active_groups;
    code = clEnqueueNDRangeKernel(session->queue, kernel, 1, NULL, &global_size, &session->work_group_size, 0,
                                  NULL, NULL);
    if (!succeeded(session, code, "clEnqueueNDRangeKernel", error))
        return PARSUM_FAILED;
    const size_t bins_size = session->active_groups * PS_BINS * sizeof(cl_ulong);
    code = clEnqueueReadBuffer(session->queue, session->bins, CL_TRUE, 0, bins_size, session->host_bins, 0,
                               NULL, NULL);
    if (!succeeded(session, code, "clEnqueueReadBuffer", error))
        return PARSUM_FAILED;
    gather(session, result);
    return PARSUM_OK;
}

/* Moves the size of launches towards launch_seconds, by at most a factor of eight, on the evidence of one launch. */
static void adapt(ps_session *session, ps_kernel_index index, uint64_t count, double seconds) {
    uint64_t *want = &session->want[index];
    if (count < *want && seconds < launch_seconds)
        return; /* the rest of a range says little */
    const double factor = seconds > 0 ? launch_seconds / seconds : 8;
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
    session->latest = index;
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
        ps_progression part = ps_progression_take_offsets(&rest, session->want[PS_KERNEL_NARROW], &base);
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
        if (part.count > session->want[PS_KERNEL_MOMENTS])
            part.count = session->want[PS_KERNEL_MOMENTS];
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
    const double long_enough_seconds = launch_seconds / 10;
    for (int i = 0; i < 8; i++) {
        const ps_block block = {
            .kind = PS_BLOCK_RANGE, .count = ps_session_want(session), .range = {.first = 1, .step = 1}};
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

uint64_t ps_session_want(const ps_session *session) {
    return session->want[session->latest];
}

size_t ps_session_work_items(const ps_session *session) {
    return session->work_group_size * session->active_groups;
}

void ps_session_limit_groups(ps_session *session, size_t most) {
    session->active_groups = most > 0 && most < session->group_count ? most : session->group_count;
}

const parsum_device *ps_session_device(const ps_session *session) {
    return &session->device.info;
}
