/* array_part.c - arrays on an open OpenCL device: blocks in flight, cut into launches, and what comes back from them.
 *
 * Launches finish in the order in which they were started. Each has a slot, with buffers of its own; where all are busy, the
 * oldest is waited for. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "exact/decimal.h"
#include "fold/array.h"
#include "opencl/float_part.h"
#include "opencl/session_parts.h"

/* What is gathered or copied for one launch: long enough to be worth its calls, short enough that three launches overlap
 * early and that pinned memory stays small. */
enum { STAGING_MOST = 32 << 20 };
/* Of memory that is not copied: some milliseconds at the speed of memory, so that a stop is prompt and results and checks
 * of blocks overlap. */
enum { WRAPPED_MOST = 256 << 20 };
_Static_assert(STAGING_MOST <= PS_ARRAY_LAUNCH_MAX && WRAPPED_MOST <= PS_ARRAY_LAUNCH_MAX,
               "a launch has no more numbers than bytes, which is what the kernels' bounds rest on");
/* The first launch of a device that is not known yet: a tenth of a second at 10 MB a second. */
static const size_t first_launch_bytes = (size_t)1 << 20;
/* However slow the device is, and however little memory it has. */
static const size_t least_launch_bytes = (size_t)1 << 12;

static bool is_float(parsum_type type) {
    return PS_ARRAY_FLOATS & 1u << type;
}

/* What the device is like decides how numbers reach it. */
static parsum_status choose_transfers(ps_session *session, parsum_error *error) {
    ps_array_part *part = &session->arrays;
    cl_bool unified = CL_FALSE;
    cl_ulong most = 0;
    cl_int code =
        clGetDeviceInfo(session->device.id, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof unified, &unified, NULL);
    if (code == CL_SUCCESS)
        code = clGetDeviceInfo(session->device.id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof most, &most, NULL);
    if (!ps_session_succeeded(session, code, "clGetDeviceInfo", error))
        return PARSUM_FAILED;
    const char *type = session->device.info.type;
    part->copying = !unified && strcmp(type, "cpu") != 0;
    part->interleaved = strcmp(type, "gpu") == 0;
    part->staging_bytes = most / 4 < STAGING_MOST ? most / 4 : STAGING_MOST;
    /* Half of the limit leaves room for the page that a block begins in. */
    part->wrapped_bytes = most / 2 < WRAPPED_MOST ? most / 2 : WRAPPED_MOST;
    part->launch_bytes = first_launch_bytes;
    part->latest_size = sizeof(uint64_t);
    part->transfers =
        clCreateCommandQueue(session->context, session->device.id, CL_QUEUE_PROFILING_ENABLE, &code);
    return ps_session_succeeded(session, code, "clCreateCommandQueue", error) ? PARSUM_OK : PARSUM_FAILED;
}

/* The most that a group of any kernel built returns. */
static size_t bins_maximum(const ps_array_part *part) {
    size_t most = 1;
    for (size_t i = 0; i < PS_ARRAY_KERNELS_MAX; i++) {
        if (part->kernels[i] != NULL && ps_array_kernel_at(i)->bins > most)
            most = ps_array_kernel_at(i)->bins;
    }
    return most;
}

parsum_status ps_array_part_allocate(ps_session *session, parsum_error *error) {
    ps_array_part *part = &session->arrays;
    const parsum_status status = choose_transfers(session, error);
    if (status != PARSUM_OK)
        return status;
    const size_t bins_size = session->group_count * bins_maximum(part) * sizeof(cl_ulong);
    for (unsigned i = 0; i < PS_ARRAY_SLOTS; i++) {
        ps_array_slot *slot = &part->slots[i];
        cl_int code;
        slot->host_bins = malloc(bins_size);
        if (slot->host_bins == NULL)
            return ps_fail_memory(error, "a device's results");
        slot->bins = clCreateBuffer(session->context, CL_MEM_WRITE_ONLY, bins_size, NULL, &code);
        if (!ps_session_succeeded(session, code, "clCreateBuffer", error))
            return PARSUM_FAILED;
    }
    return PARSUM_OK;
}

/* ---- launches in flight */

static void release_event(cl_event *event) {
    if (*event != NULL)
        clReleaseEvent(*event);
    *event = NULL;
}

static void release_launch(ps_session *session, ps_array_slot *slot) {
    for (int operand = 0; operand < 2; operand++)
        ps_array_operand_finish(session, &slot->operands[operand]);
    release_event(&slot->computed);
    release_event(&slot->read);
}

/* Nothing is in flight afterwards, and no memory is read any more, whatever has failed. */
static void abandon(ps_session *session) {
    ps_array_part *part = &session->arrays;
    if (part->transfers != NULL)
        clFinish(part->transfers);
    clFinish(session->queue);
    for (unsigned i = 0; i < PS_ARRAY_SLOTS; i++)
        release_launch(session, &part->slots[i]);
    part->busy_slots = 0;
    part->flying = 0;
}

void ps_array_part_close(ps_session *session) {
    ps_array_part *part = &session->arrays;
    if (session->queue != NULL)
        abandon(session);
    for (unsigned i = 0; i < PS_ARRAY_SLOTS; i++) {
        ps_array_slot *slot = &part->slots[i];
        for (int operand = 0; operand < 2; operand++)
            ps_array_operand_close(session, &slot->operands[operand]);
        if (slot->bins != NULL)
            clReleaseMemObject(slot->bins);
        free(slot->host_bins);
    }
    for (size_t i = 0; i < PS_ARRAY_KERNELS_MAX; i++) {
        if (part->kernels[i] != NULL)
            clReleaseKernel(part->kernels[i]);
    }
    if (part->program != NULL)
        clReleaseProgram(part->program);
    if (part->transfers != NULL)
        clReleaseCommandQueue(part->transfers);
}

/* Moves the size of launches towards PS_LAUNCH_SECONDS, by at most a factor of eight, on the evidence of one launch. Other
 * limits keep fast devices far below it. */
static void adapt(ps_array_part *part, const ps_array_slot *slot, double seconds) {
    const size_t size = parsum_type_size(slot->type), bytes = slot->count * size;
    const size_t most = part->copying ? part->staging_bytes : part->wrapped_bytes;
    if (seconds <= 0 || (bytes + size <= part->launch_bytes && seconds < PS_LAUNCH_SECONDS))
        return; /* the rest of a block says little */
    const double factor = PS_LAUNCH_SECONDS / seconds;
    const double next = (double)bytes * (factor > 8 ? 8 : factor);
    part->launch_bytes = next < (double)least_launch_bytes ? least_launch_bytes
                         : next > (double)most             ? most
                                                           : (size_t)next;
}

/* Why waiting for slot failed: the first of its commands that ended badly says more than code, of the wait, does. */
static cl_int failure_of(const ps_array_slot *slot, cl_int code) {
    const cl_event events[] = {slot->operands[0].copied, slot->operands[1].copied, slot->computed,
                               slot->read};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        cl_int status = 0;
        if (events[i] != NULL &&
            clGetEventInfo(events[i], CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL) ==
                CL_SUCCESS &&
            status < 0 && status != CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST)
            return status;
    }
    return code;
}

/* Waits for the oldest launch and adds what it found to its block's sums. */
static parsum_status retire(ps_session *session, parsum_error *error) {
    ps_array_part *part = &session->arrays;
    ps_array_slot *slot = &part->slots[part->oldest_slot];
    const cl_int code = clWaitForEvents(1, &slot->read);
    if (!ps_session_succeeded(session, code == CL_SUCCESS ? code : failure_of(slot, code), "clWaitForEvents",
                              error))
        return PARSUM_FAILED;
    const double seconds = ps_session_event_seconds(slot->computed);
    part->seconds.compute += seconds;
    adapt(part, slot, seconds);
    release_launch(session, slot);
    ps_array_flight *flight = &part->flights[slot->flight];
    const ps_array_bins result = {slot->host_bins, slot->groups, slot->count, slot->type};
    if (is_float(slot->type))
        ps_float_part_deposit(session, slot, flight->needs, &flight->floats);
    else
        slot->kernel->deposit(&result, flight->needs, &flight->partial);
    flight->launches--;
    part->oldest_slot = (part->oldest_slot + 1) % PS_ARRAY_SLOTS;
    part->busy_slots--;
    return PARSUM_OK;
}

/* ---- one launch */

static cl_int set_arguments(const ps_session *session, const ps_array_slot *slot, cl_kernel kernel) {
    /* A kernel of one operand does not read the second. */
    const ps_array_operand *left = &slot->operands[0];
    const ps_array_operand *right = slot->operands[1].buffer != NULL ? &slot->operands[1] : left;
    const cl_ulong count = slot->count;
    const cl_ulong bias =
        is_float(slot->type) ? ps_float_part_argument(slot->bases) : ps_array_bias(slot->type);
    const cl_uint size = (cl_uint)parsum_type_size(slot->type), interleaved = session->arrays.interleaved;
    const struct {
        size_t size;
        const void *value;
    } arguments[] = {
        {sizeof left->buffer, &left->buffer},
        {sizeof left->offset, &left->offset},
        {sizeof right->buffer, &right->buffer},
        {sizeof right->offset, &right->offset},
        {sizeof count, &count},
        {sizeof size, &size},
        {sizeof bias, &bias},
        {sizeof interleaved, &interleaved},
        {sizeof slot->bins, &slot->bins},
        {session->work_group_size * slot->kernel->bins * sizeof(cl_ulong), NULL},
    };
    cl_int code = CL_SUCCESS;
    for (cl_uint i = 0; i < sizeof arguments / sizeof arguments[0] && code == CL_SUCCESS; i++)
        code = clSetKernelArg(kernel, i, arguments[i].size, arguments[i].value);
    return code;
}

/* Starts the kernel after the copies that it waits for, and the way back of its bins. */
static parsum_status enqueue(ps_session *session, ps_array_slot *slot, parsum_error *error) {
    cl_kernel kernel = session->arrays.kernels[ps_array_kernel_index(slot->kernel)];
    cl_event copies[2];
    cl_uint copy_count = 0;
    for (int operand = 0; operand < 2; operand++) {
        if (slot->operands[operand].copied != NULL)
            copies[copy_count++] = slot->operands[operand].copied;
    }
    if (!ps_session_succeeded(session, set_arguments(session, slot, kernel), "clSetKernelArg", error))
        return PARSUM_FAILED;
    if (copy_count > 0 &&
        !ps_session_succeeded(session, clFlush(session->arrays.transfers), "clFlush", error))
        return PARSUM_FAILED;
    const size_t global_size = session->work_group_size * slot->groups;
    cl_int code =
        clEnqueueNDRangeKernel(session->queue, kernel, 1, NULL, &global_size, &session->work_group_size,
                               copy_count, copy_count > 0 ? copies : NULL, &slot->computed);
    if (!ps_session_succeeded(session, code, "clEnqueueNDRangeKernel", error))
        return PARSUM_FAILED;
    const size_t bins_size = slot->groups * slot->kernel->bins * sizeof(cl_ulong);
    code = clEnqueueReadBuffer(session->queue, slot->bins, CL_FALSE, 0, bins_size, slot->host_bins, 0, NULL,
                               &slot->read);
    if (!ps_session_succeeded(session, code, "clEnqueueReadBuffer", error))
        return PARSUM_FAILED;
    return ps_session_succeeded(session, clFlush(session->queue), "clFlush", error) ? PARSUM_OK
                                                                                    : PARSUM_FAILED;
}

static parsum_status launch(ps_session *session, const ps_array_kernel *kernel, const ps_block *piece,
                            unsigned flight, parsum_error *error) {
    ps_array_part *part = &session->arrays;
    parsum_status status = PARSUM_OK;
    if (part->busy_slots == PS_ARRAY_SLOTS)
        status = retire(session, error);
    ps_array_slot *slot = &part->slots[(part->oldest_slot + part->busy_slots) % PS_ARRAY_SLOTS];
    slot->kernel = kernel;
    slot->type = piece->array.type;
    slot->count = piece->count;
    slot->groups = session->active_groups;
    slot->flight = flight;
    slot->piece = *piece;
    if (is_float(slot->type))
        slot->bases = ps_float_part_bases(piece);
    for (int operand = 0; operand < 2 && piece->array.data[operand] != NULL && status == PARSUM_OK; operand++)
        status = ps_array_operand_prepare(session, slot, piece, operand, error);
    if (status == PARSUM_OK)
        status = enqueue(session, slot, error);
    if (status == PARSUM_OK) {
        part->busy_slots++;
        part->flights[flight].launches++;
    }
    return status;
}

/* ---- blocks */

/* Cuts block into launches. */
static parsum_status launch_all(ps_session *session, const ps_array_kernel *kernel, ps_block rest,
                                unsigned flight, parsum_error *error) {
    while (rest.count > 0) {
        const ps_block piece = ps_block_take(&rest, ps_array_piece_count(session, &rest));
        const parsum_status status = launch(session, kernel, &piece, flight, error);
        if (status != PARSUM_OK)
            return status;
    }
    return PARSUM_OK;
}

parsum_status ps_session_submit(ps_session *session, const ps_block *block, unsigned needs,
                                parsum_error *error) {
    ps_array_part *part = &session->arrays;
    const ps_array_kernel *kernel = ps_array_kernel_find(block->array.type, needs & ~(unsigned)PS_SKIP_NAN);
    parsum_status status = PARSUM_OK;
    session->failure = CL_SUCCESS;
    if (part->flying == PS_SESSION_BLOCKS || kernel == NULL ||
        part->kernels[ps_array_kernel_index(kernel)] == NULL)
        status =
            ps_fail(error, PARSUM_FAILED, "%s is not prepared for numbers of the type %s; please report this",
                    session->device.info.name, parsum_type_name(block->array.type));
    if (status == PARSUM_OK) {
        const unsigned flight = (part->oldest_flight + part->flying) % PS_SESSION_BLOCKS;
        part->flights[flight].needs = needs;
        part->flights[flight].launches = 0;
        part->flights[flight].exponent = block->array.exponent;
        part->flights[flight].type = block->array.type;
        ps_kinds[PS_KIND_INTEGER].clear(&part->flights[flight].partial.head);
        ps_kinds[PS_KIND_FLOAT].clear(&part->flights[flight].floats.head);
        part->latest_size = parsum_type_size(block->array.type);
        session->latest_kind = PS_BLOCK_ARRAY;
        part->flying++;
        status = launch_all(session, kernel, *block, flight, error);
    }
    if (status != PARSUM_OK)
        abandon(session);
    return status;
}

parsum_status ps_session_collect(ps_session *session, const ps_kind *kind, ps_partial *partial,
                                 parsum_error *error) {
    ps_array_part *part = &session->arrays;
    ps_array_flight *flight = &part->flights[part->oldest_flight];
    session->failure = CL_SUCCESS;
    while (flight->launches > 0) {
        const parsum_status status = retire(session, error);
        if (status != PARSUM_OK) {
            abandon(session);
            return status;
        }
    }
    if (is_float(flight->type))
        kind->merge(partial, &flight->floats.head);
    else if (flight->exponent != 0)
        ps_decimal_merge_scaled((ps_decimal_partial *)partial, &flight->partial, flight->exponent);
    else
        kind->merge_integers(partial, &flight->partial);
    part->oldest_flight = (part->oldest_flight + 1) % PS_SESSION_BLOCKS;
    part->flying--;
    return PARSUM_OK;
}

size_t ps_array_part_halve(ps_session *session) {
    ps_array_part *part = &session->arrays;
    const size_t half = part->launch_bytes / 2;
    if (half < least_launch_bytes)
        return 0;
    part->launch_bytes = half;
    part->staging_bytes = part->staging_bytes < half ? part->staging_bytes : half;
    part->wrapped_bytes = part->wrapped_bytes < half ? part->wrapped_bytes : half;
    for (unsigned i = 0; i < PS_ARRAY_SLOTS; i++) {
        for (int operand = 0; operand < 2; operand++)
            ps_array_operand_release_staging(session, &part->slots[i].operands[operand]);
    }
    return half;
}

uint64_t ps_array_part_want(const ps_array_part *part) {
    const size_t most = part->copying ? part->staging_bytes : part->wrapped_bytes;
    const size_t bytes = part->launch_bytes < most ? part->launch_bytes : most;
    return bytes / part->latest_size;
}

void ps_session_copy_arrays(ps_session *session, size_t staging_bytes, bool interleaved) {
    session->arrays.copying = true;
    session->arrays.interleaved = interleaved;
    if (staging_bytes > 0)
        session->arrays.staging_bytes = staging_bytes;
}
