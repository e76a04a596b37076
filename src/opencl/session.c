/* session.c - an open OpenCL device: its context, the grid of its launches, and the parts for each kind of block. */
#include <stdlib.h>
#include <string.h>

#include "base/device.h"
#include "base/error.h"
#include "opencl/session_parts.h"

bool ps_session_succeeded(ps_session *session, cl_int code, const char *call, parsum_error *error) {
    if (code == CL_SUCCESS)
        return true;
    session->failure = code;
    ps_opencl_fail(error, call, session->device.info.name, code);
    return false;
}

/* The most work-items that a group may have at all. */
static parsum_status find_item_maximum(ps_session *session, parsum_error *error) {
    size_t items[8] = {0};
    const cl_int code =
        clGetDeviceInfo(session->device.id, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof items, items, NULL);
    session->work_group_maximum = items[0];
    return ps_session_succeeded(session, code, "clGetDeviceInfo", error) ? PARSUM_OK : PARSUM_FAILED;
}

parsum_status ps_session_add_kernel(ps_session *session, cl_program program, const char *name,
                                    size_t local_bytes_an_item, cl_kernel *kernel, parsum_error *error) {
    cl_ulong local_bytes = 0;
    size_t size = 0;
    cl_int code;
    *kernel = clCreateKernel(program, name, &code);
    if (!ps_session_succeeded(session, code, "clCreateKernel", error))
        return PARSUM_FAILED;
    code =
        clGetDeviceInfo(session->device.id, CL_DEVICE_LOCAL_MEM_SIZE, sizeof local_bytes, &local_bytes, NULL);
    if (!ps_session_succeeded(session, code, "clGetDeviceInfo", error))
        return PARSUM_FAILED;
    code = clGetKernelWorkGroupInfo(*kernel, session->device.id, CL_KERNEL_WORK_GROUP_SIZE, sizeof size,
                                    &size, NULL);
    if (!ps_session_succeeded(session, code, "clGetKernelWorkGroupInfo", error))
        return PARSUM_FAILED;
    if (local_bytes / local_bytes_an_item < size)
        size = local_bytes / local_bytes_an_item;
    if (size < session->work_group_maximum)
        session->work_group_maximum = size;
    return PARSUM_OK;
}

/* The grid is the same for every launch: drivers compile again for each new one. A CPU runs a group on one core, one
 * item after another; a GPU needs many items to hide its latencies. */
static parsum_status choose_grid(ps_session *session, size_t asked, parsum_error *error) {
    const size_t maximum = session->work_group_maximum > 0 ? session->work_group_maximum : 1;
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

static bool has_kind(const ps_session *session, ps_block_kind kind) {
    return session->block_kinds & 1u << kind;
}

static parsum_status open_device(ps_session *session, const ps_session_plan *plan, parsum_error *error) {
    cl_int code;
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)session->device.platform, 0};
    session->context = clCreateContext(properties, 1, &session->device.id, NULL, NULL, &code);
    if (!ps_session_succeeded(session, code, "clCreateContext", error))
        return PARSUM_FAILED;
    session->queue =
        clCreateCommandQueue(session->context, session->device.id, CL_QUEUE_PROFILING_ENABLE, &code);
    if (!ps_session_succeeded(session, code, "clCreateCommandQueue", error))
        return PARSUM_FAILED;
    parsum_status status = find_item_maximum(session, error);
    if (status == PARSUM_OK && has_kind(session, PS_BLOCK_RANGE))
        status = ps_range_part_build(session, plan->kernel_dir, error);
    if (status == PARSUM_OK && has_kind(session, PS_BLOCK_ARRAY))
        status = ps_array_part_build(session, plan, error);
    if (status == PARSUM_OK)
        status = choose_grid(session, plan->work_group_size, error);
    if (status == PARSUM_OK && has_kind(session, PS_BLOCK_RANGE))
        status = ps_range_part_allocate(session, error);
    if (status == PARSUM_OK && has_kind(session, PS_BLOCK_ARRAY))
        status = ps_array_part_allocate(session, error);
    return status;
}

parsum_status ps_session_open(const ps_opencl_device *device, const ps_session_plan *plan,
                              ps_session **session, parsum_error *error) {
    ps_session *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "an OpenCL device");
    made->device = *device;
    if (!ps_device_copy(&made->device.info, &device->info)) {
        free(made);
        return ps_fail_memory(error, "an OpenCL device");
    }
    made->block_kinds = plan->block_kinds != 0 ? plan->block_kinds : 1u << PS_BLOCK_RANGE;
    made->latest_kind = has_kind(made, PS_BLOCK_ARRAY) ? PS_BLOCK_ARRAY : PS_BLOCK_RANGE;
    const parsum_status status = open_device(made, plan, error);
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
    ps_array_part_close(session);
    ps_range_part_close(session);
    if (session->queue != NULL)
        clReleaseCommandQueue(session->queue);
    if (session->context != NULL)
        clReleaseContext(session->context);
    ps_device_free(&session->device.info);
    free(session);
}

parsum_status ps_session_self_test(ps_session *session, unsigned needs, parsum_error *error) {
    /* What can go wrong lies within a group and between groups: a few show it, in little time even on a simulator. */
    enum { GROUPS = 3 };
    parsum_status status = PARSUM_OK;
    ps_session_limit_groups(session, GROUPS);
    if (has_kind(session, PS_BLOCK_RANGE) && !(needs & PS_NEED_PRODUCTS))
        status = ps_session_test_ranges(session, needs, error);
    if (status == PARSUM_OK && has_kind(session, PS_BLOCK_ARRAY))
        status = ps_session_test_arrays(session, needs, error);
    ps_session_limit_groups(session, 0);
    ps_session_reset_seconds(session);
    return status;
}

uint64_t ps_session_want(const ps_session *session) {
    return session->latest_kind == PS_BLOCK_ARRAY ? ps_array_part_want(&session->arrays)
                                                  : session->ranges.want[session->ranges.latest];
}

/* What drivers say where a buffer or a launch does not fit. */
static bool is_want_of_memory(cl_int code) {
    return code == CL_MEM_OBJECT_ALLOCATION_FAILURE || code == CL_OUT_OF_RESOURCES ||
           code == CL_OUT_OF_HOST_MEMORY || code == CL_INVALID_BUFFER_SIZE;
}

size_t ps_session_halve(ps_session *session) {
    return is_want_of_memory(session->failure) ? ps_array_part_halve(session) : 0;
}

ps_session_seconds ps_session_get_seconds(const ps_session *session) {
    return session->arrays.seconds;
}

void ps_session_reset_seconds(ps_session *session) {
    session->arrays.seconds = (ps_session_seconds){0};
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
