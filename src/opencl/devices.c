/* devices.c - the OpenCL devices of this machine: listing and describing them. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/device.h"
#include "base/error.h"
#include "opencl/opencl.h"

static const cl_int no_platform = -1001; /* CL_PLATFORM_NOT_FOUND_KHR, of the loader */

/* Takes blanks off both ends of text, in place: some drivers pad their names. */
static char *trimmed(char *text) {
    const size_t start = strspn(text, " \t\n");
    memmove(text, text + start, strlen(text + start) + 1);
    size_t length = strlen(text);
    while (length > 0 && strchr(" \t\n", text[length - 1]) != NULL)
        text[--length] = '\0';
    return text;
}

/* A string property, owned by the caller; "unknown" where the driver does not say. NULL: out of memory. */
static char *device_text(cl_device_id device, cl_device_info property) {
    size_t size = 0;
    if (clGetDeviceInfo(device, property, 0, NULL, &size) != CL_SUCCESS || size == 0)
        return strdup("unknown");
    char *text = calloc(1, size + 1);
    if (text != NULL && clGetDeviceInfo(device, property, size, text, NULL) != CL_SUCCESS)
        strcpy(text, "");
    return text == NULL ? NULL : trimmed(text);
}

static char *platform_text(cl_platform_id platform, cl_platform_info property) {
    size_t size = 0;
    if (clGetPlatformInfo(platform, property, 0, NULL, &size) != CL_SUCCESS || size == 0)
        return strdup("unknown");
    char *text = calloc(1, size + 1);
    if (text != NULL && clGetPlatformInfo(platform, property, size, text, NULL) != CL_SUCCESS)
        strcpy(text, "");
    return text == NULL ? NULL : trimmed(text);
}

/* The first that applies: simulators claim every type. */
static const char *type_name(cl_device_type types) {
    return types & CL_DEVICE_TYPE_GPU           ? "gpu"
           : types & CL_DEVICE_TYPE_ACCELERATOR ? "accelerator"
           : types & CL_DEVICE_TYPE_CPU         ? "cpu"
                                                : "other";
}

static bool describe(ps_opencl_device *device, unsigned platform_index, unsigned device_index) {
    parsum_device *info = &device->info;
    cl_uint units = 0;
    cl_ulong memory = 0;
    cl_device_fp_config fp64 = 0;
    clGetDeviceInfo(device->id, CL_DEVICE_TYPE, sizeof device->types, &device->types, NULL);
    clGetDeviceInfo(device->id, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
    clGetDeviceInfo(device->id, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof memory, &memory, NULL);
    if (clGetDeviceInfo(device->id, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof fp64, &fp64, NULL) != CL_SUCCESS)
        fp64 = 0;
    snprintf(info->selector, sizeof info->selector, "%u:%u", platform_index, device_index);
    info->type = type_name(device->types);
    info->compute_units = units;
    info->memory_bytes = memory;
    info->fp64 = fp64 != 0;
    info->name = device_text(device->id, CL_DEVICE_NAME);
    info->driver = device_text(device->id, CL_DRIVER_VERSION);
    info->platform = platform_text(device->platform, CL_PLATFORM_NAME);
    return info->name != NULL && info->driver != NULL && info->platform != NULL;
}

/* A platform that cannot list its devices has none; the others still count. */
static void note_failure(cl_platform_id platform, cl_int code, parsum_error *failure) {
    char *name = platform_text(platform, CL_PLATFORM_NAME);
    ps_fail(failure, PARSUM_NO_DEVICE,
            "the OpenCL platform %s cannot list its devices: clGetDeviceIDs failed: %s (%d)",
            name != NULL ? name : "unknown", ps_opencl_error_name(code), (int)code);
    free(name);
}

/* Appends the devices of one platform. False: out of memory. */
static bool append_platform(cl_platform_id platform, unsigned platform_index, ps_opencl_device **devices,
                            size_t *count, parsum_error *failure) {
    cl_uint found = 0;
    cl_int code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &found);
    if (code != CL_SUCCESS && code != CL_DEVICE_NOT_FOUND)
        note_failure(platform, code, failure);
    if (code != CL_SUCCESS || found == 0)
        return true;
    cl_device_id *ids = calloc(found, sizeof *ids);
    ps_opencl_device *grown = ids ? realloc(*devices, (*count + found) * sizeof *grown) : NULL;
    bool kept = grown != NULL;
    if (kept) {
        *devices = grown;
        code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, found, ids, NULL);
        if (code != CL_SUCCESS) {
            note_failure(platform, code, failure);
            found = 0;
        }
        for (cl_uint i = 0; i < found && kept; i++) {
            ps_opencl_device *device = &grown[(*count)++];
            *device = (ps_opencl_device){.platform = platform, .id = ids[i]};
            kept = describe(device, platform_index, i);
        }
    }
    free(ids);
    return kept;
}

static parsum_status list_platforms(ps_opencl_device **devices, size_t *count, parsum_error *error) {
    parsum_error failure = {0};
    cl_uint found = 0;
    cl_int code = clGetPlatformIDs(0, NULL, &found);
    if (code == no_platform || (code == CL_SUCCESS && found == 0))
        return PARSUM_OK;
    if (code != CL_SUCCESS)
        return ps_opencl_fail(error, "clGetPlatformIDs", "this machine", code);
    cl_platform_id *platforms = calloc(found, sizeof *platforms);
    if (platforms == NULL)
        return ps_fail_memory(error, "the list of OpenCL platforms");
    code = clGetPlatformIDs(found, platforms, NULL);
    bool kept = true;
    for (cl_uint i = 0; i < found && kept && code == CL_SUCCESS; i++)
        kept = append_platform(platforms[i], i, devices, count, &failure);
    free(platforms);
    if (code != CL_SUCCESS)
        return ps_opencl_fail(error, "clGetPlatformIDs", "this machine", code);
    if (!kept)
        return ps_fail_memory(error, "the list of OpenCL devices");
    return ps_fail(error, *count > 0 ? PARSUM_OK : failure.status, "%s", failure.message);
}

/* A fork of a process that has used OpenCL has the driver's locks and none of its threads: there it would hang. */
static parsum_status check_process(parsum_error *error) {
    static _Atomic pid_t user;
    pid_t first = 0;
    if (atomic_compare_exchange_strong(&user, &first, getpid()) || first == getpid())
        return PARSUM_OK;
    return ps_fail(
        error, PARSUM_FAILED,
        "process %ld has used OpenCL and then forked this one, in which drivers hang; use another engine, or "
        "execute a program anew",
        (long)first);
}

parsum_status ps_opencl_list(ps_opencl_device **devices, size_t *count, parsum_error *error) {
    ps_opencl_device *listed = NULL;
    size_t listed_count = 0;
    ps_signals signals;
    parsum_status status = check_process(error);
    if (status != PARSUM_OK)
        return status;
    ps_fail(error, PARSUM_OK, "%s", "");
    ps_signals_save(&signals);
    status = list_platforms(&listed, &listed_count, error);
    ps_signals_restore(&signals);
    if (status != PARSUM_OK) {
        ps_opencl_list_destroy(listed, listed_count);
        return status;
    }
    *devices = listed;
    *count = listed_count;
    return PARSUM_OK;
}

void ps_opencl_list_destroy(ps_opencl_device *devices, size_t count) {
    for (size_t i = 0; i < count; i++)
        ps_device_free(&devices[i].info);
    free(devices);
}

parsum_status parsum_device_list(parsum_device **devices, size_t *count, parsum_error *error) {
    ps_opencl_device *listed = NULL;
    size_t listed_count = 0;
    const parsum_status status = ps_opencl_list(&listed, &listed_count, error);
    if (status != PARSUM_OK)
        return status;
    parsum_device *copies = calloc(listed_count + 1, sizeof *copies);
    bool copied = copies != NULL;
    for (size_t i = 0; i < listed_count && copied; i++)
        copied = ps_device_copy(&copies[i], &listed[i].info);
    if (copied) {
        *devices = copies;
        *count = listed_count;
    } else {
        parsum_device_list_destroy(copies, copies == NULL ? 0 : listed_count);
    }
    ps_opencl_list_destroy(listed, listed_count);
    return copied ? PARSUM_OK : ps_fail_memory(error, "the list of OpenCL devices");
}

void parsum_device_list_destroy(parsum_device *devices, size_t count) {
    for (size_t i = 0; i < count; i++)
        ps_device_free(&devices[i]);
    free(devices);
}
