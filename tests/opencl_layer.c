/* opencl_layer.c - faults of OpenCL drivers on demand: a layer that ocl-icd puts between a program and every driver where
 * OPENCL_LAYERS names it. It owns the faults, and counts calls; it knows nothing of parsum. Its settings are environment
 * variables:
 *
 *   PARSUM_LAYER_CALL      the function that fails, or "any"
 *   PARSUM_LAYER_DEVICE    only calls for devices whose name contains this (such calls alone are counted then)
 *   PARSUM_LAYER_PHASE     only calls of this phase (likewise): setup, work or end
 *   PARSUM_LAYER_AT        the first of its calls that fails, from 1 (default 1)
 *   PARSUM_LAYER_COUNT     how many fail from there on; 0: all, of later phases too (default 1)
 *   PARSUM_LAYER_CODE      the error that they return (default -5; 0: they are only delayed)
 *   PARSUM_LAYER_DELAY_MS  how long such a call takes before that
 *   PARSUM_LAYER_BEGUN     a file that is made before the first call is delayed
 *   PARSUM_LAYER_OTHERS_WAIT  if set, work for other devices waits until the first call has failed
 *   PARSUM_LAYER_STATUS    what events say of their command after such a failure of clWaitForEvents
 *   PARSUM_LAYER_MEMORY    clCreateBuffer of more bytes than this fails with PARSUM_LAYER_CODE
 *   PARSUM_LAYER_CORRUPT   from this clEnqueueReadBuffer (of PHASE and DEVICE) on, from 1, what is read has one wrong bit, in its
 *   PARSUM_LAYER_WORD      64-bit word of this number, counted round and round
 *   PARSUM_LAYER_TYPE      devices say that they are of this type, gpu or accelerator, with memory of their own
 *   PARSUM_LAYER_COMMAND_NS  how long each command took, by its event
 *   PARSUM_LAYER_LOG       a file that gets, as the program ends, the numbers of calls of each function in setup, work and end,
 *                          of those that PARSUM_LAYER_CALL and PARSUM_LAYER_DEVICE are about ("matching"), and of those
 *                          that failed ("failed")
 *
 * Work is what other threads do than the first that uses OpenCL; what that thread does before is the setup, and after it the
 * end. How many calls a setup makes may depend on how fast its launches are; what work makes need not.
 *
 * What only gives back or waits is done although it returns an error: after a real failure nothing runs any more, either. */
#define CL_TARGET_OPENCL_VERSION 120
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl_layer.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PUBLIC __attribute__((visibility("default")))

#define CALLS(X)                 \
    X(clGetPlatformIDs)          \
    X(clGetPlatformInfo)         \
    X(clGetDeviceIDs)            \
    X(clGetDeviceInfo)           \
    X(clCreateContext)           \
    X(clCreateCommandQueue)      \
    X(clCreateProgramWithSource) \
    X(clBuildProgram)            \
    X(clGetProgramBuildInfo)     \
    X(clCreateKernel)            \
    X(clGetKernelWorkGroupInfo)  \
    X(clCreateBuffer)            \
    X(clSetKernelArg)            \
    X(clEnqueueNDRangeKernel)    \
    X(clEnqueueReadBuffer)       \
    X(clEnqueueWriteBuffer)      \
    X(clEnqueueMapBuffer)        \
    X(clEnqueueUnmapMemObject)   \
    X(clFlush)                   \
    X(clFinish)                  \
    X(clWaitForEvents)           \
    X(clGetEventInfo)            \
    X(clGetEventProfilingInfo)   \
    X(clReleaseEvent)            \
    X(clReleaseMemObject)        \
    X(clReleaseKernel)           \
    X(clReleaseProgram)          \
    X(clReleaseCommandQueue)     \
    X(clReleaseContext)

#define NUMBER(name) CALL_##name,
#define NAME(name) #name,
enum { CALLS(NUMBER) CALL_KINDS };
static const char *const call_names[CALL_KINDS] = {CALLS(NAME)};

enum { SETUP, WORK, END, PHASES };
static const char *const phase_names[PHASES] = {"setup", "work", "end"};

static cl_icd_dispatch target; /* what lies below this layer */
static pthread_t first_thread;
static atomic_bool any_work;
static atomic_uint calls[CALL_KINDS][PHASES], matching_calls[PHASES], turns, failed_calls, reads;
static atomic_bool wait_failed;

static struct {
    const char *call, *device, *phase;
    unsigned at, count, delay_ms, corrupt_from, word;
    bool others_wait;
    cl_int code, status;
    size_t memory_bytes;
    cl_device_type type; /* 0: the device's own */
    cl_ulong command_ns; /* 0: what events say */
} settings;

static long setting(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text != NULL ? strtol(text, NULL, 0) : otherwise;
}

static cl_device_type type_setting(void) {
    const char *name = getenv("PARSUM_LAYER_TYPE");
    return name == NULL ? 0 : strcmp(name, "gpu") == 0 ? CL_DEVICE_TYPE_GPU : CL_DEVICE_TYPE_ACCELERATOR;
}

/* ---- whose call it is */

static bool is_chosen(cl_device_id device) {
    char name[256] = "";
    if (settings.device == NULL)
        return true;
    return device != NULL &&
           target.clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof name - 1, name, NULL) == CL_SUCCESS &&
           strstr(name, settings.device) != NULL;
}

/* Every context of the program has one device. */
static cl_device_id of_context(cl_context context) {
    cl_device_id devices[16] = {NULL};
    target.clGetContextInfo(context, CL_CONTEXT_DEVICES, sizeof devices, devices, NULL);
    return devices[0];
}

#define OF_OBJECT(function, type, get, property)                              \
    static cl_device_id function(type object) {                               \
        cl_context context = NULL;                                            \
        target.get(object, property, sizeof context, (void *)&context, NULL); \
        return context != NULL ? of_context(context) : NULL;                  \
    }
OF_OBJECT(of_queue, cl_command_queue, clGetCommandQueueInfo, CL_QUEUE_CONTEXT)
OF_OBJECT(of_program, cl_program, clGetProgramInfo, CL_PROGRAM_CONTEXT)
OF_OBJECT(of_kernel, cl_kernel, clGetKernelInfo, CL_KERNEL_CONTEXT)
OF_OBJECT(of_memory, cl_mem, clGetMemObjectInfo, CL_MEM_CONTEXT)
OF_OBJECT(of_event, cl_event, clGetEventInfo, CL_EVENT_CONTEXT)

/* ---- phases */

static int phase_now(void) {
    if (pthread_equal(pthread_self(), first_thread))
        return atomic_load(&any_work) ? END : SETUP;
    atomic_store(&any_work, true);
    return WORK;
}

static bool is_of_phase(int phase) {
    return settings.phase == NULL || strcmp(settings.phase, phase_names[phase]) == 0;
}

/* ---- the fault of a call */

static void pause_for(unsigned milliseconds) {
    const struct timespec time = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
    nanosleep(&time, NULL);
}

static void say_begun(void) {
    const char *path = getenv("PARSUM_LAYER_BEGUN");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    if (file != NULL)
        fclose(file);
}

/* Whether a call that is about to be made is one of those that fail. */
static bool is_its_turn(int phase) {
    atomic_fetch_add(&matching_calls[phase], 1);
    if (settings.count == 0 && atomic_load(&failed_calls) > 0)
        return true;
    if (!is_of_phase(phase))
        return false;
    const unsigned number = atomic_fetch_add(&turns, 1) + 1;
    return number >= settings.at && (settings.count == 0 || number < settings.at + settings.count);
}

/* Counts a call, and delays it where that is wanted. Returns its error; CL_SUCCESS: none. */
static cl_int fault_of(int call, cl_device_id device) {
    const bool any = settings.call != NULL && strcmp(settings.call, "any") == 0;
    const int phase = phase_now();
    atomic_fetch_add(&calls[call][phase], 1);
    if (settings.call == NULL)
        return CL_SUCCESS;
    if (!is_chosen(device)) {
        while (settings.others_wait && phase == WORK && atomic_load(&failed_calls) == 0)
            pause_for(1);
        return CL_SUCCESS;
    }
    if ((!any && strcmp(settings.call, call_names[call]) != 0) || !is_its_turn(phase))
        return CL_SUCCESS;
    if (atomic_fetch_add(&failed_calls, 1) == 0)
        say_begun();
    pause_for(settings.delay_ms);
    return settings.code;
}

/* A call that does nothing where it fails. */
#define CALL(name, device, parameters, arguments)                   \
    static cl_int CL_API_CALL layer_##name parameters {             \
        const cl_int fault = fault_of(CALL_##name, device);         \
        return fault != CL_SUCCESS ? fault : target.name arguments; \
    }

/* One that does its work all the same. */
#define CALL_DONE(name, device, parameters, arguments)      \
    static cl_int CL_API_CALL layer_##name parameters {     \
        const cl_int fault = fault_of(CALL_##name, device); \
        const cl_int code = target.name arguments;          \
        return fault != CL_SUCCESS ? fault : code;          \
    }

/* One that makes something. */
#define CALL_MAKING(type, name, device, parameters, arguments) \
    static type CL_API_CALL layer_##name parameters {          \
        const cl_int fault = fault_of(CALL_##name, device);    \
        if (fault == CL_SUCCESS)                               \
            return target.name arguments;                      \
        if (code != NULL)                                      \
            *code = fault;                                     \
        return NULL;                                           \
    }

CALL(clGetPlatformIDs, NULL, (cl_uint room, cl_platform_id *platforms, cl_uint *count),
     (room, platforms, count))
CALL(clGetPlatformInfo, NULL,
     (cl_platform_id platform, cl_platform_info property, size_t size, void *value, size_t *written),
     (platform, property, size, value, written))
CALL(clGetDeviceIDs, NULL,
     (cl_platform_id platform, cl_device_type type, cl_uint room, cl_device_id *devices, cl_uint *count),
     (platform, type, room, devices, count))
CALL_MAKING(cl_context, clCreateContext, devices[0],
            (const cl_context_properties *properties, cl_uint count, const cl_device_id *devices,
             void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user, cl_int *code),
            (properties, count, devices, notify, user, code))
CALL_MAKING(cl_command_queue, clCreateCommandQueue, device,
            (cl_context context, cl_device_id device, cl_command_queue_properties properties, cl_int *code),
            (context, device, properties, code))
CALL_MAKING(cl_program, clCreateProgramWithSource, of_context(context),
            (cl_context context, cl_uint count, const char **sources, const size_t *lengths, cl_int *code),
            (context, count, sources, lengths, code))
CALL(clBuildProgram, of_program(program),
     (cl_program program, cl_uint count, const cl_device_id *devices, const char *options,
      void(CL_CALLBACK *notify)(cl_program, void *), void *user),
     (program, count, devices, options, notify, user))
CALL(clGetProgramBuildInfo, device,
     (cl_program program, cl_device_id device, cl_program_build_info property, size_t size, void *value,
      size_t *written),
     (program, device, property, size, value, written))
CALL_MAKING(cl_kernel, clCreateKernel, of_program(program),
            (cl_program program, const char *name, cl_int *code), (program, name, code))
CALL(clGetKernelWorkGroupInfo, device,
     (cl_kernel kernel, cl_device_id device, cl_kernel_work_group_info property, size_t size, void *value,
      size_t *written),
     (kernel, device, property, size, value, written))
CALL(clSetKernelArg, of_kernel(kernel), (cl_kernel kernel, cl_uint index, size_t size, const void *value),
     (kernel, index, size, value))
CALL(clEnqueueNDRangeKernel, of_queue(queue),
     (cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset,
      const size_t *global, const size_t *local, cl_uint count, const cl_event *events, cl_event *event),
     (queue, kernel, dimensions, offset, global, local, count, events, event))
CALL(clEnqueueWriteBuffer, of_queue(queue),
     (cl_command_queue queue, cl_mem memory, cl_bool blocking, size_t offset, size_t size, const void *data,
      cl_uint count, const cl_event *events, cl_event *event),
     (queue, memory, blocking, offset, size, data, count, events, event))
CALL_MAKING(void *, clEnqueueMapBuffer, of_queue(queue),
            (cl_command_queue queue, cl_mem memory, cl_bool blocking, cl_map_flags flags, size_t offset,
             size_t size, cl_uint count, const cl_event *events, cl_event *event, cl_int *code),
            (queue, memory, blocking, flags, offset, size, count, events, event, code))
CALL_DONE(clEnqueueUnmapMemObject, of_queue(queue),
          (cl_command_queue queue, cl_mem memory, void *address, cl_uint count, const cl_event *events,
           cl_event *event),
          (queue, memory, address, count, events, event))
CALL_DONE(clFlush, of_queue(queue), (cl_command_queue queue), (queue))
CALL_DONE(clFinish, of_queue(queue), (cl_command_queue queue), (queue))
CALL_DONE(clReleaseEvent, of_event(event), (cl_event event), (event))
CALL_DONE(clReleaseMemObject, of_memory(memory), (cl_mem memory), (memory))
CALL_DONE(clReleaseKernel, of_kernel(kernel), (cl_kernel kernel), (kernel))
CALL_DONE(clReleaseProgram, of_program(program), (cl_program program), (program))
CALL_DONE(clReleaseCommandQueue, of_queue(queue), (cl_command_queue queue), (queue))
CALL_DONE(clReleaseContext, of_context(context), (cl_context context), (context))

static cl_int CL_API_CALL layer_clGetDeviceInfo(cl_device_id device, cl_device_info property, size_t size,
                                                void *value, size_t *written) {
    const cl_int fault = fault_of(CALL_clGetDeviceInfo, device);
    if (fault != CL_SUCCESS)
        return fault;
    const cl_int code = target.clGetDeviceInfo(device, property, size, value, written);
    if (code == CL_SUCCESS && settings.type != 0 && value != NULL) {
        if (property == CL_DEVICE_TYPE)
            memcpy(value, &settings.type, sizeof settings.type);
        else if (property == CL_DEVICE_HOST_UNIFIED_MEMORY)
            memset(value, CL_FALSE, sizeof(cl_bool));
    }
    return code;
}

static cl_int CL_API_CALL layer_clGetEventProfilingInfo(cl_event event, cl_profiling_info property,
                                                        size_t size, void *value, size_t *written) {
    const cl_int fault = fault_of(CALL_clGetEventProfilingInfo, of_event(event));
    if (fault != CL_SUCCESS)
        return fault;
    const cl_int code = target.clGetEventProfilingInfo(event, property, size, value, written);
    const cl_ulong time_ns = property == CL_PROFILING_COMMAND_END ? settings.command_ns : 0;
    if (code == CL_SUCCESS && settings.command_ns > 0 && value != NULL)
        memcpy(value, &time_ns, sizeof time_ns);
    return code;
}

static cl_mem CL_API_CALL layer_clCreateBuffer(cl_context context, cl_mem_flags flags, size_t size,
                                               void *host, cl_int *code) {
    cl_int fault = fault_of(CALL_clCreateBuffer, of_context(context));
    if (settings.memory_bytes > 0 && size > settings.memory_bytes && is_chosen(of_context(context)))
        fault = settings.code;
    if (fault == CL_SUCCESS)
        return target.clCreateBuffer(context, flags, size, host, code);
    if (code != NULL)
        *code = fault;
    return NULL;
}

/* A read that is to be corrupted is waited for, since it must lie there first. */
static cl_int CL_API_CALL layer_clEnqueueReadBuffer(cl_command_queue queue, cl_mem memory, cl_bool blocking,
                                                    size_t offset, size_t size, void *data, cl_uint count,
                                                    const cl_event *events, cl_event *event) {
    const cl_int fault = fault_of(CALL_clEnqueueReadBuffer, of_queue(queue));
    if (fault != CL_SUCCESS)
        return fault;
    bool corrupt = false;
    if (settings.corrupt_from > 0 && size >= sizeof(uint64_t) && is_of_phase(phase_now()) &&
        is_chosen(of_queue(queue)))
        corrupt = atomic_fetch_add(&reads, 1) + 1 >= settings.corrupt_from;
    const cl_int code = target.clEnqueueReadBuffer(queue, memory, corrupt ? CL_TRUE : blocking, offset, size,
                                                   data, count, events, event);
    if (corrupt && code == CL_SUCCESS)
        ((unsigned char *)data)[settings.word % (size / sizeof(uint64_t)) * sizeof(uint64_t)] ^= 1;
    return code;
}

static cl_int CL_API_CALL layer_clWaitForEvents(cl_uint count, const cl_event *events) {
    const cl_int fault = fault_of(CALL_clWaitForEvents, count > 0 ? of_event(events[0]) : NULL);
    const cl_int code = target.clWaitForEvents(count, events);
    if (fault != CL_SUCCESS)
        atomic_store(&wait_failed, true);
    return fault != CL_SUCCESS ? fault : code;
}

static cl_int CL_API_CALL layer_clGetEventInfo(cl_event event, cl_event_info property, size_t size,
                                               void *value, size_t *written) {
    const cl_int fault = fault_of(CALL_clGetEventInfo, of_event(event));
    if (fault != CL_SUCCESS)
        return fault;
    const cl_int code = target.clGetEventInfo(event, property, size, value, written);
    if (code == CL_SUCCESS && property == CL_EVENT_COMMAND_EXECUTION_STATUS && settings.status != 0 &&
        value != NULL && atomic_exchange(&wait_failed, false))
        memcpy(value, &settings.status, sizeof settings.status);
    return code;
}

/* ---- what the loader calls */

PUBLIC CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info property, size_t size, void *value,
                                                      size_t *written) {
    static const char name[] = "parsum faults";
    const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    const size_t wanted = property == CL_LAYER_API_VERSION ? sizeof version : sizeof name;
    if ((property != CL_LAYER_API_VERSION && property != CL_LAYER_NAME) || (value != NULL && size < wanted))
        return CL_INVALID_VALUE;
    if (value != NULL)
        memcpy(value, property == CL_LAYER_API_VERSION ? (const void *)&version : name, wanted);
    if (written != NULL)
        *written = wanted;
    return CL_SUCCESS;
}

PUBLIC CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint entries, const cl_icd_dispatch *below,
                                                   cl_uint *own_entries, const cl_icd_dispatch **own) {
    static cl_icd_dispatch dispatch;
    const size_t most = sizeof dispatch / sizeof(void *);
    if (below == NULL || own_entries == NULL || own == NULL)
        return CL_INVALID_VALUE;
    memcpy(&target, below, (entries < most ? entries : most) * sizeof(void *));
    settings.call = getenv("PARSUM_LAYER_CALL");
    settings.device = getenv("PARSUM_LAYER_DEVICE");
    settings.phase = getenv("PARSUM_LAYER_PHASE");
    settings.at = (unsigned)setting("PARSUM_LAYER_AT", 1);
    settings.count = (unsigned)setting("PARSUM_LAYER_COUNT", 1);
    settings.code = (cl_int)setting("PARSUM_LAYER_CODE", CL_OUT_OF_RESOURCES);
    settings.delay_ms = (unsigned)setting("PARSUM_LAYER_DELAY_MS", 0);
    settings.others_wait = getenv("PARSUM_LAYER_OTHERS_WAIT") != NULL;
    settings.status = (cl_int)setting("PARSUM_LAYER_STATUS", 0);
    settings.memory_bytes = (size_t)setting("PARSUM_LAYER_MEMORY", 0);
    settings.corrupt_from = (unsigned)setting("PARSUM_LAYER_CORRUPT", 0);
    settings.word = (unsigned)setting("PARSUM_LAYER_WORD", 0);
    settings.type = type_setting();
    settings.command_ns = (cl_ulong)setting("PARSUM_LAYER_COMMAND_NS", 0);
    first_thread = pthread_self();
    dispatch = target;
#define REPLACE(name) dispatch.name = layer_##name;
    CALLS(REPLACE)
    *own_entries = (cl_uint)(entries < most ? entries : most);
    *own = &dispatch;
    return CL_SUCCESS;
}

static void write_counts(FILE *file, const char *name, atomic_uint counts[PHASES]) {
    fprintf(file, "%s %u %u %u\n", name, atomic_load(&counts[SETUP]), atomic_load(&counts[WORK]),
            atomic_load(&counts[END]));
}

__attribute__((destructor)) static void write_log(void) {
    const char *path = getenv("PARSUM_LAYER_LOG");
    FILE *file = path != NULL ? fopen(path, "w") : NULL;
    if (file == NULL)
        return;
    for (int call = 0; call < CALL_KINDS; call++)
        write_counts(file, call_names[call], calls[call]);
    write_counts(file, "matching", matching_calls);
    fprintf(file, "failed %u\n", atomic_load(&failed_calls));
    fclose(file);
}
