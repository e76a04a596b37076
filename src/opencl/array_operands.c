/* array_operands.c - how numbers in the host's memory reach a device: read where they lie, or through buffers of its own.
 *
 * A device that reads the host's memory is given the block's own memory, unless that is strided, in the other byte order or
 * not aligned to its numbers: such numbers are gathered in host memory first. Other devices get all numbers by way of pinned
 * host memory; a queue of its own copies one launch's numbers while another launch is computed. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "fold/array.h"
#include "opencl/session_parts.h"

/* Host memory is handed over from the start of a page on: drivers copy what is not aligned (128 bytes for one, a page for
 * others). No page is smaller than this, and so what lies between there and the block is in the block's first page and can be
 * read; nobody reads it but the driver. Sizes are whole cache lines for the same reason. */
enum { PAGE_BYTES = 4096, LINE_BYTES = 64 };

/* Whether the device can read operand of block as it lies in memory. */
static bool can_wrap(const ps_session *session, const ps_array_block *array, int operand) {
    return !session->arrays.copying && ps_array_is_plain(array, operand) &&
           (uintptr_t)array->data[operand] % parsum_type_size(array->type) == 0;
}

uint64_t ps_array_piece_count(const ps_session *session, const ps_block *block) {
    const ps_array_part *part = &session->arrays;
    const ps_array_block *array = &block->array;
    const size_t size = parsum_type_size(array->type);
    uint64_t bytes = part->wrapped_bytes;
    for (int operand = 0; operand < 2 && array->data[operand] != NULL; operand++) {
        if (!can_wrap(session, array, operand) && part->staging_bytes < bytes)
            bytes = part->staging_bytes;
    }
    if (part->launch_bytes < bytes)
        bytes = part->launch_bytes;
    const uint64_t most = bytes / size;
    return block->count < most ? block->count : most;
}

void ps_array_operand_release_staging(ps_session *session, ps_array_operand *operand) {
    if (operand->pinned != NULL) {
        if (operand->staging != NULL)
            clEnqueueUnmapMemObject(session->arrays.transfers, operand->pinned, operand->staging, 0, NULL,
                                    NULL);
        clFinish(session->arrays.transfers);
        clReleaseMemObject(operand->pinned);
    } else {
        free(operand->staging);
    }
    if (operand->copy != NULL)
        clReleaseMemObject(operand->copy);
    operand->staging = NULL;
    operand->pinned = operand->copy = NULL;
    operand->staging_bytes = 0;
}

/* Memory of bytes that is kept for the launches to come. A device with memory of its own copies from pinned memory while it
 * computes. */
static parsum_status allocate_staging(ps_session *session, ps_array_operand *operand, size_t bytes,
                                      parsum_error *error) {
    cl_int code;
    if (!session->arrays.copying) {
        operand->staging = aligned_alloc(PAGE_BYTES, bytes);
        session->failure = operand->staging != NULL ? CL_SUCCESS : CL_OUT_OF_HOST_MEMORY;
        return operand->staging != NULL ? PARSUM_OK : ps_fail_memory(error, "numbers for a device");
    }
    operand->copy = clCreateBuffer(session->context, CL_MEM_READ_ONLY, bytes, NULL, &code);
    if (!ps_session_succeeded(session, code, "clCreateBuffer", error))
        return PARSUM_FAILED;
    operand->pinned =
        clCreateBuffer(session->context, CL_MEM_READ_ONLY | CL_MEM_ALLOC_HOST_PTR, bytes, NULL, &code);
    if (!ps_session_succeeded(session, code, "clCreateBuffer", error))
        return PARSUM_FAILED;
    void *mapped = clEnqueueMapBuffer(session->arrays.transfers, operand->pinned, CL_TRUE, CL_MAP_WRITE, 0,
                                      bytes, 0, NULL, NULL, &code);
    if (!ps_session_succeeded(session, code, "clEnqueueMapBuffer", error))
        return PARSUM_FAILED;
    operand->staging = mapped;
    return PARSUM_OK;
}

/* Sees to it that bytes, at most what a launch may read, fit in the operand's memory. It grows by doubling, so that a short
 * list needs little. */
static parsum_status require_staging(ps_session *session, ps_array_operand *operand, size_t bytes,
                                     parsum_error *error) {
    if (bytes <= operand->staging_bytes)
        return PARSUM_OK;
    size_t room = PAGE_BYTES;
    while (room < bytes)
        room *= 2;
    ps_array_operand_release_staging(session, operand);
    const parsum_status status = allocate_staging(session, operand, room, error);
    if (status == PARSUM_OK)
        operand->staging_bytes = room;
    return status;
}

static parsum_status wrap(ps_session *session, ps_array_operand *operand, const void *data, size_t bytes,
                          parsum_error *error) {
    const uintptr_t address = (uintptr_t)data;
    const size_t before = address % PAGE_BYTES;
    const size_t whole = (before + bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
    cl_int code;
    /* The device only reads it: the pages may be write-protected. */
    operand->wrapped = clCreateBuffer(session->context, CL_MEM_READ_ONLY | CL_MEM_USE_HOST_PTR, whole,
                                      (void *)(address - before), &code);
    operand->buffer = operand->wrapped;
    operand->offset = before;
    return ps_session_succeeded(session, code, "clCreateBuffer", error) ? PARSUM_OK : PARSUM_FAILED;
}

static parsum_status copy(ps_session *session, ps_array_operand *operand, size_t bytes, parsum_error *error) {
    const cl_int code = clEnqueueWriteBuffer(session->arrays.transfers, operand->copy, CL_FALSE, 0, bytes,
                                             operand->staging, 0, NULL, &operand->copied);
    operand->buffer = operand->copy;
    operand->offset = 0;
    return ps_session_succeeded(session, code, "clEnqueueWriteBuffer", error) ? PARSUM_OK : PARSUM_FAILED;
}

parsum_status ps_array_operand_prepare(ps_session *session, ps_array_slot *slot, const ps_block *piece,
                                       int index, parsum_error *error) {
    ps_array_operand *operand = &slot->operands[index];
    const ps_array_block *array = &piece->array;
    const size_t bytes = piece->count * parsum_type_size(array->type);
    if (can_wrap(session, array, index))
        return wrap(session, operand, array->data[index], bytes, error);
    const parsum_status status = require_staging(session, operand, bytes, error);
    if (status != PARSUM_OK)
        return status;
    const double start = ps_clock_seconds();
    if (ps_array_is_plain(array, index))
        memcpy(operand->staging, array->data[index], bytes);
    else
        ps_array_gather(array, index, 0, piece->count, operand->staging);
    session->arrays.seconds.transfer += ps_clock_seconds() - start;
    return session->arrays.copying ? copy(session, operand, bytes, error)
                                   : wrap(session, operand, operand->staging, bytes, error);
}

double ps_session_event_seconds(cl_event event) {
    cl_ulong start = 0, end = 0;
    if (clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof start, &start, NULL) !=
            CL_SUCCESS ||
        clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL) != CL_SUCCESS ||
        end < start)
        return 0;
    return 1e-9 * (double)(end - start);
}

void ps_array_operand_finish(ps_session *session, ps_array_operand *operand) {
    if (operand->copied != NULL) {
        session->arrays.seconds.transfer += ps_session_event_seconds(operand->copied);
        clReleaseEvent(operand->copied);
    }
    if (operand->wrapped != NULL)
        clReleaseMemObject(operand->wrapped);
    operand->copied = NULL;
    operand->wrapped = NULL;
    operand->buffer = NULL;
}

void ps_array_operand_close(ps_session *session, ps_array_operand *operand) {
    ps_array_operand_finish(session, operand);
    ps_array_operand_release_staging(session, operand);
}
