/* opencl_driver.c - an OpenCL driver that misbehaves, for tests of what lists drivers. It has one platform and no device; how
 * it misbehaves PARSUM_TEST_DRIVER says:
 *
 *   load-abort, list-abort, list-crash, list-exit   while it is loaded, or asked for its platforms
 *   load-hang, list-hang, devices-hang              it never answers; with later-hang, from the third question for platforms on
 *   devices-abort                                   while it is asked for its devices
 *   devices-fail                                    it cannot list them: CL_OUT_OF_HOST_MEMORY
 *   list-slow                                       it takes a second each time
 *   anything else                                   not at all */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl_icd.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

struct _cl_platform_id {
    cl_icd_dispatch *dispatch;
};

static cl_icd_dispatch dispatch;
static struct _cl_platform_id platform = {&dispatch};

static int is(const char *behaviour) {
    const char *wanted = getenv("PARSUM_TEST_DRIVER");
    return wanted != NULL && strcmp(wanted, behaviour) == 0;
}

static void hang_where(const char *behaviour) {
    while (is(behaviour))
        pause();
}

static cl_int CL_API_CALL get_device_ids(cl_platform_id of, cl_device_type type, cl_uint room,
                                         cl_device_id *devices, cl_uint *count) {
    (void)of, (void)type, (void)room, (void)devices;
    if (is("devices-abort"))
        abort();
    hang_where("devices-hang");
    if (count != NULL)
        *count = 0;
    return is("devices-fail") ? CL_OUT_OF_HOST_MEMORY : CL_DEVICE_NOT_FOUND;
}

static cl_int CL_API_CALL get_platform_info(cl_platform_id of, cl_platform_info property, size_t size,
                                            void *value, size_t *written) {
    (void)of;
    const char *text = property == CL_PLATFORM_EXTENSIONS       ? "cl_khr_icd"
                       : property == CL_PLATFORM_ICD_SUFFIX_KHR ? "PSTEST"
                       : property == CL_PLATFORM_VERSION        ? "OpenCL 1.2 test"
                       : property == CL_PLATFORM_PROFILE        ? "FULL_PROFILE"
                                                                : "Misbehaving Driver";
    if (value != NULL && size <= strlen(text))
        return CL_INVALID_VALUE;
    if (value != NULL)
        strcpy(value, text);
    if (written != NULL)
        *written = strlen(text) + 1;
    return CL_SUCCESS;
}

static cl_int CL_API_CALL get_platforms(cl_uint room, cl_platform_id *platforms, cl_uint *count) {
    static unsigned questions;
    if (is("list-abort"))
        abort();
    if (is("list-crash"))
        raise(SIGSEGV);
    if (is("list-exit"))
        exit(0);
    hang_where("list-hang");
    if (is("list-slow"))
        sleep(1);
    if (++questions > 2)
        hang_where("later-hang");
    dispatch.clGetPlatformInfo = get_platform_info;
    dispatch.clGetDeviceIDs = get_device_ids;
    if (room > 0 && platforms != NULL)
        platforms[0] = &platform;
    if (count != NULL)
        *count = 1;
    return CL_SUCCESS;
}

/* The loader asks for these names; within this library they would mean the loader's own. */
PUBLIC CL_API_ENTRY cl_int CL_API_CALL clGetPlatformInfo(cl_platform_id of, cl_platform_info property,
                                                         size_t size, void *value, size_t *written) {
    return get_platform_info(of, property, size, value, written);
}

PUBLIC CL_API_ENTRY void *CL_API_CALL clGetExtensionFunctionAddress(const char *name) {
    return strcmp(name, "clIcdGetPlatformIDsKHR") == 0 ? (void *)get_platforms
           : strcmp(name, "clGetPlatformInfo") == 0    ? (void *)get_platform_info
                                                       : NULL;
}

__attribute__((constructor)) static void load(void) {
    if (is("load-abort"))
        abort();
    hang_where("load-hang");
}
