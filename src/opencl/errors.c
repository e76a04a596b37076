/* errors.c - names of OpenCL's error codes, and the signal handlers that drivers replace. */
#include <pthread.h>

#include "base/error.h"
#include "opencl/opencl.h"

#define NAME(code) \
    { code, #code }

static const struct {
    cl_int code;
    const char *name;
} names[] = {
    NAME(CL_SUCCESS),
    NAME(CL_DEVICE_NOT_FOUND),
    NAME(CL_DEVICE_NOT_AVAILABLE),
    NAME(CL_COMPILER_NOT_AVAILABLE),
    NAME(CL_MEM_OBJECT_ALLOCATION_FAILURE),
    NAME(CL_OUT_OF_RESOURCES),
    NAME(CL_OUT_OF_HOST_MEMORY),
    NAME(CL_PROFILING_INFO_NOT_AVAILABLE),
    NAME(CL_MEM_COPY_OVERLAP),
    NAME(CL_BUILD_PROGRAM_FAILURE),
    NAME(CL_MAP_FAILURE),
    NAME(CL_MISALIGNED_SUB_BUFFER_OFFSET),
    NAME(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST),
    NAME(CL_COMPILE_PROGRAM_FAILURE),
    NAME(CL_LINKER_NOT_AVAILABLE),
    NAME(CL_LINK_PROGRAM_FAILURE),
    NAME(CL_DEVICE_PARTITION_FAILED),
    NAME(CL_KERNEL_ARG_INFO_NOT_AVAILABLE),
    NAME(CL_INVALID_VALUE),
    NAME(CL_INVALID_DEVICE_TYPE),
    NAME(CL_INVALID_PLATFORM),
    NAME(CL_INVALID_DEVICE),
    NAME(CL_INVALID_CONTEXT),
    NAME(CL_INVALID_QUEUE_PROPERTIES),
    NAME(CL_INVALID_COMMAND_QUEUE),
    NAME(CL_INVALID_HOST_PTR),
    NAME(CL_INVALID_MEM_OBJECT),
    NAME(CL_INVALID_BINARY),
    NAME(CL_INVALID_BUILD_OPTIONS),
    NAME(CL_INVALID_PROGRAM),
    NAME(CL_INVALID_PROGRAM_EXECUTABLE),
    NAME(CL_INVALID_KERNEL_NAME),
    NAME(CL_INVALID_KERNEL_DEFINITION),
    NAME(CL_INVALID_KERNEL),
    NAME(CL_INVALID_ARG_INDEX),
    NAME(CL_INVALID_ARG_VALUE),
    NAME(CL_INVALID_ARG_SIZE),
    NAME(CL_INVALID_KERNEL_ARGS),
    NAME(CL_INVALID_WORK_DIMENSION),
    NAME(CL_INVALID_WORK_GROUP_SIZE),
    NAME(CL_INVALID_WORK_ITEM_SIZE),
    NAME(CL_INVALID_GLOBAL_OFFSET),
    NAME(CL_INVALID_EVENT_WAIT_LIST),
    NAME(CL_INVALID_EVENT),
    NAME(CL_INVALID_OPERATION),
    NAME(CL_INVALID_BUFFER_SIZE),
    NAME(CL_INVALID_GLOBAL_WORK_SIZE),
    NAME(CL_INVALID_PROPERTY),
    NAME(CL_INVALID_COMPILER_OPTIONS),
    NAME(CL_INVALID_LINKER_OPTIONS),
    {-1001, "CL_PLATFORM_NOT_FOUND_KHR"},
};

const char *ps_opencl_error_name(cl_int code) {
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i].code == code)
            return names[i].name;
    }
    return "an unknown code";
}

parsum_status ps_opencl_fail(parsum_error *error, const char *call, const char *device, cl_int code) {
    return ps_fail(error, PARSUM_FAILED,
                   "%s failed on %s: %s (%d); try another --device, or --engine=pthread", call, device,
                   ps_opencl_error_name(code), (int)code);
}

/* What was in place before the first of the calls in progress, which may overlap: what a later one would find may be a
 * driver's. */
static pthread_mutex_t calls_lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned calls_in_progress;
static ps_signals before_calls;

void ps_signals_save(ps_signals *signals) {
    pthread_mutex_lock(&calls_lock);
    for (int i = 0; i < PS_SIGNALS_SAVED && calls_in_progress == 0; i++)
        sigaction(i + 1, NULL, &before_calls.action[i]);
    calls_in_progress++;
    *signals = before_calls;
    pthread_mutex_unlock(&calls_lock);
}

void ps_signals_restore(const ps_signals *signals) {
    pthread_mutex_lock(&calls_lock);
    calls_in_progress--;
    for (int i = 0; i < PS_SIGNALS_SAVED; i++) {
        struct sigaction now;
        /* Those that nobody can set (SIGKILL, SIGSTOP) cannot have changed. */
        if (sigaction(i + 1, NULL, &now) == 0 &&
            (now.sa_handler != signals->action[i].sa_handler || now.sa_flags != signals->action[i].sa_flags))
            sigaction(i + 1, &signals->action[i], NULL);
    }
    pthread_mutex_unlock(&calls_lock);
}
