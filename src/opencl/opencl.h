/* opencl.h - what the OpenCL engine stands on: devices and their choice, programs, errors. OpenCL 1.2 throughout.
 *
 * Nothing here may be called in a forked child. Drivers install signal handlers as they start; every call that may start
 * one is wrapped in ps_signals_save and ps_signals_restore. */
#ifndef PS_OPENCL_H
#define PS_OPENCL_H

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <signal.h>

#include "parsum.h"

typedef struct ps_opencl_device {
    cl_platform_id platform;
    cl_device_id id;
    cl_device_type types; /* a set of bits: a device may claim several */
    parsum_device info;
} ps_opencl_device;

/* All devices of all platforms, in the order of the loader. None is success with count 0, but PARSUM_NO_DEVICE where a
 * platform could not say which it has. Where others could, that is success, and error holds the sentence about it, else
 * none. */
parsum_status ps_opencl_list(ps_opencl_device **devices, size_t *count, parsum_error *error);
void ps_opencl_list_destroy(ps_opencl_device *devices, size_t count);

/* Writes the indices into devices that selector (NULL: "auto") names to chosen, which has count places, best first;
 * *chosen_count of them. "auto" names every device, to be tried in this order; "all" means them all together; every
 * other selector names one. PARSUM_NO_DEVICE: nothing or several match; the message lists what there is. */
parsum_status ps_opencl_select(const ps_opencl_device *devices, size_t count, const char *selector,
                               size_t *chosen, size_t *chosen_count, parsum_error *error);

/* The name of an OpenCL error code, such as "CL_OUT_OF_RESOURCES". */
const char *ps_opencl_error_name(cl_int code);

/* PARSUM_FAILED with the call's name, the device's and the code's. */
parsum_status ps_opencl_fail(parsum_error *error, const char *call, const char *device, cl_int code);

/* The most kernel files that a program is made of. */
enum { PS_PROGRAM_FILES_MAX = 20 };

/* Builds the program of the kernel files named, in that order, for device, from kernel_dir where not NULL. On a build
 * failure the message holds the compiler's log, with the files' own names and line numbers. */
parsum_status ps_opencl_program_build(cl_context context, const ps_opencl_device *device,
                                      const char *kernel_dir, const char *const *names, size_t name_count,
                                      cl_program *program, parsum_error *error);

/* The handlers of all signals but the real-time ones: drivers replace many (Intel's CPU runtime 16 of them). */
enum { PS_SIGNALS_SAVED = 31 };
typedef struct ps_signals {
    struct sigaction action[PS_SIGNALS_SAVED];
} ps_signals;
void ps_signals_save(ps_signals *signals);
void ps_signals_restore(const ps_signals *signals);

#endif
