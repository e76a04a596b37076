/* program.c - from kernel files to a built program. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "opencl/kernel_files.h"
#include "opencl/opencl.h"

/* No option may change from run to run: drivers cache what they built by it. -w: a driver that compiles vectors for a
 * narrower CPU warns of their ABI, and some print that to stderr. */
#define BUILD_OPTIONS "-cl-std=CL1.2 -w"

/* Not every compiler for a CPU tells a kernel that it is one. */
static const char *build_options(const ps_opencl_device *device) {
    return strcmp(device->info.type, "cpu") == 0 ? BUILD_OPTIONS " -DPS_DEVICE_IS_CPU" : BUILD_OPTIONS;
}

/* Reads a whole file into memory that the caller frees. */
static parsum_status read_file(const char *path, char **text, parsum_error *error) {
    enum { SIZE_MAX_BYTES = 1 << 20 };
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return ps_fail(error, PARSUM_USAGE, "the kernel file '%s' cannot be read: %s", path, strerror(errno));
    char *read = calloc(1, SIZE_MAX_BYTES + 1);
    const size_t length = read == NULL ? 0 : fread(read, 1, SIZE_MAX_BYTES, file);
    const bool failed = ferror(file) != 0;
    fclose(file);
    if (read == NULL)
        return ps_fail_memory(error, "a kernel file");
    if (failed || length == SIZE_MAX_BYTES) {
        free(read);
        return ps_fail(error, PARSUM_USAGE, "'%s' is no kernel file: it cannot be read or is over 1 MiB",
                       path);
    }
    *text = read;
    return PARSUM_OK;
}

/* The text of the embedded kernel file called name; NULL where there is none. */
static const char *embedded_text(const char *name) {
    for (size_t i = 0; i < PS_KERNEL_FILE_COUNT; i++) {
        if (strcmp(ps_kernel_files[i].name, name) == 0)
            return ps_kernel_files[i].text;
    }
    return NULL;
}

/* The text of one file, headed by a #line, so that build logs speak of the file's own lines. The caller frees it. */
static parsum_status load_source(const char *kernel_dir, const char *name, char **source,
                                 parsum_error *error) {
    const char *text = embedded_text(name);
    char *from_disk = NULL;
    if (kernel_dir != NULL) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", kernel_dir, name);
        const parsum_status status = read_file(path, &from_disk, error);
        if (status != PARSUM_OK)
            return status;
        text = from_disk;
    }
    if (text == NULL)
        return ps_fail(error, PARSUM_FAILED, "the kernel file %s was not built in; please report this", name);
    const size_t size = strlen(text) + strlen(name) + 32;
    *source = malloc(size);
    if (*source != NULL)
        snprintf(*source, size, "#line 1 \"%s\"\n%s\n", name, text);
    free(from_disk);
    return *source != NULL ? PARSUM_OK : ps_fail_memory(error, "the kernels");
}

static parsum_status fail_build(cl_program program, const ps_opencl_device *device, cl_int code,
                                parsum_error *error) {
    size_t size = 0;
    clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, 0, NULL, &size);
    char *log = calloc(1, size + 1);
    if (log != NULL && size > 0)
        clGetProgramBuildInfo(program, device->id, CL_PROGRAM_BUILD_LOG, size, log, NULL);
    ps_fail(error, PARSUM_FAILED, "the kernels do not build on %s (%s): %s (%d)\n%.7000s", device->info.name,
            device->info.platform, ps_opencl_error_name(code), (int)code, log == NULL ? "" : log);
    free(log);
    return PARSUM_FAILED;
}

parsum_status ps_opencl_program_build(cl_context context, const ps_opencl_device *device,
                                      const char *kernel_dir, const char *const *names, size_t name_count,
                                      cl_program *program, parsum_error *error) {
    char *sources[PS_PROGRAM_FILES_MAX] = {NULL};
    cl_program made = NULL;
    cl_int code = CL_SUCCESS;
    parsum_status status = PARSUM_OK;
    for (size_t i = 0; i < name_count && status == PARSUM_OK; i++)
        status = load_source(kernel_dir, names[i], &sources[i], error);
    if (status != PARSUM_OK)
        goto out;
    made = clCreateProgramWithSource(context, (cl_uint)name_count, (const char **)sources, NULL, &code);
    if (made == NULL) {
        status = ps_opencl_fail(error, "clCreateProgramWithSource", device->info.name, code);
        goto out;
    }
    code = clBuildProgram(made, 1, &device->id, build_options(device), NULL, NULL);
    if (code != CL_SUCCESS) {
        status = fail_build(made, device, code, error);
        goto out;
    }
    *program = made;
    made = NULL;
out:
    if (made != NULL)
        clReleaseProgram(made);
    for (size_t i = 0; i < name_count; i++)
        free(sources[i]);
    return status;
}
