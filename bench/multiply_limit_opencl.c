/* Prints as JSON how many squares a second each OpenCL device can multiply at most: the limit for devices that are
 * not the CPU (for those, multiply_limit counts the instructions themselves).
 *
 * multiply_limit_opencl [--all] [--runs=N] [--run-seconds=S]      --all: CPU devices too
 */
#define CL_TARGET_OPENCL_VERSION 120
#include "machine.h"

#include <CL/cl.h>

#include <getopt.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PLATFORMS = 16, MAX_DEVICES = 16, MAX_RUNS = 1000, CHAINS = 8 };

/* x -> low(x) * low(x) + x is one wide multiply-add on a GPU, has no closed form, and leaves nothing to drop: the
 * upper half of every product reaches the result. Eight chains hide the latency. An honest fold pays one wide
 * multiplication and at least one addition an element too, so it cannot be faster. */
static const char kernel_source[] =
    "#define ONE(x) x = (ulong)(uint)x * (uint)x + x;\n"
    "__kernel void multiply(__global ulong *out, uint passes) {\n"
    "  ulong s = get_global_id(0);\n"
    "  ulong a = s + 3, b = s + 5, c = s + 7, d = s + 11, e = s + 13, f = s + 17, g = s + 19, h = s + 23;\n"
    "  for (uint i = 0; i < passes; i++) {\n"
    "    ONE(a) ONE(b) ONE(c) ONE(d) ONE(e) ONE(f) ONE(g) ONE(h)\n"
    "  }\n"
    "  out[s] = a + b + c + d + e + f + g + h;\n"
    "}\n";

static uint64_t expected_of_item(uint64_t item, uint32_t passes) {
    static const uint64_t starts[CHAINS] = {3, 5, 7, 11, 13, 17, 19, 23};
    uint64_t sum = 0;
    for (int i = 0; i < CHAINS; i++) {
        uint64_t x = item + starts[i];
        for (uint32_t pass = 0; pass < passes; pass++)
            x = (uint64_t)(uint32_t)x * (uint32_t)x + x;
        sum += x;
    }
    return sum;
}

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_string(const char *name, const char *text) {
    printf("\"%s\":\"", name);
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else if ((unsigned char)*text >= 32)
            putchar(*text);
    printf("\",");
}

typedef struct launch {
    cl_command_queue queue;
    cl_kernel kernel;
    size_t items;
} launch;

/* The seconds of one launch; negative: the OpenCL error. */
static double launch_seconds(launch *l, cl_uint passes) {
    double begin = now_seconds();
    cl_int error = clSetKernelArg(l->kernel, 1, sizeof passes, &passes);
    if (!error)
        error = clEnqueueNDRangeKernel(l->queue, l->kernel, 1, NULL, &l->items, NULL, 0, NULL, NULL);
    if (!error)
        error = clFinish(l->queue);
    return error ? (double)error : now_seconds() - begin;
}

static void measure(cl_device_id device, int run_count, double seconds_a_run) {
    launch l = {0};
    cl_context context = NULL;
    cl_program program = NULL;
    cl_mem out = NULL;
    cl_int error;
    cl_uint compute_units = 1;
    uint64_t *results = NULL;
    double rates[MAX_RUNS], seconds = -1;

    clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof compute_units, &compute_units, NULL);
    l.items = (size_t)compute_units * 2048;
    context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    if (!error)
        l.queue = clCreateCommandQueue(context, device, 0, &error);
    if (!error) {
        const char *source = kernel_source;
        program = clCreateProgramWithSource(context, 1, &source, NULL, &error);
    }
    if (!error)
        error = clBuildProgram(program, 1, &device, "", NULL, NULL);
    if (!error)
        l.kernel = clCreateKernel(program, "multiply", &error);
    if (!error)
        out = clCreateBuffer(context, CL_MEM_READ_WRITE, l.items * sizeof *results, NULL, &error);
    if (!error)
        error = clSetKernelArg(l.kernel, 0, sizeof out, &out);
    results = malloc(l.items * sizeof *results);
    if (error || !results)
        goto out;

    cl_uint passes = 64;
    launch_seconds(&l, passes); /* warm-up: some drivers compile at the first launch */
    while ((seconds = launch_seconds(&l, passes)) >= 0 && seconds < 0.5 * seconds_a_run &&
           passes < (1u << 26))
        passes *= seconds < 0.05 * seconds_a_run ? 8 : 2;
    for (int i = 0; i < run_count && seconds >= 0; i++) {
        seconds = launch_seconds(&l, passes);
        rates[i] = (double)l.items * CHAINS * passes / seconds;
    }
    if (seconds < 0) {
        error = (cl_int)seconds;
        goto out;
    }
    error = clEnqueueReadBuffer(l.queue, out, CL_TRUE, 0, l.items * sizeof *results, results, 0, NULL, NULL);
    if (error)
        goto out;
    int right = results[0] == expected_of_item(0, passes) &&
                results[l.items - 1] == expected_of_item(l.items - 1, passes);
    printf("\"right\":%s,\"squares_per_second\":{\"samples\":[", right ? "true" : "false");
    for (int i = 0; i < run_count; i++)
        printf("%s%.6g", i ? "," : "", rates[i]);
    qsort(rates, (size_t)run_count, sizeof *rates, compare_doubles);
    printf("],\"best\":%.6g,\"median\":%.6g}", rates[run_count - 1],
           0.5 * (rates[run_count / 2] + rates[(run_count - 1) / 2]));

out:
    if (error || !results)
        printf("\"error\":\"OpenCL error %d\"", (int)error);
    free(results);
    if (out)
        clReleaseMemObject(out);
    if (l.kernel)
        clReleaseKernel(l.kernel);
    if (program)
        clReleaseProgram(program);
    if (l.queue)
        clReleaseCommandQueue(l.queue);
    if (context)
        clReleaseContext(context);
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"all", no_argument, NULL, 'a'},
                                            {"runs", required_argument, NULL, 'r'},
                                            {"run-seconds", required_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    int all = 0, run_count = 5, option;
    double seconds_a_run = 0.05;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'a')
            all = 1;
        else if (option == 'r')
            run_count = atoi(optarg);
        else if (option == 's')
            seconds_a_run = atof(optarg);
        else
            return 2;
    }
    if (optind < argc || run_count < 1 || run_count > MAX_RUNS || !(seconds_a_run > 0) ||
        seconds_a_run > 10) {
        fprintf(stderr, "usage: multiply_limit_opencl [--all] [--runs=N] [--run-seconds=S]\n");
        return 2;
    }

    cl_platform_id platforms[MAX_PLATFORMS];
    cl_uint platform_count = 0;
    if (clGetPlatformIDs(MAX_PLATFORMS, platforms, &platform_count) != CL_SUCCESS)
        platform_count = 0;
    if (platform_count > MAX_PLATFORMS)
        platform_count = MAX_PLATFORMS;
    printf("{\"devices\":[");
    int printed = 0;
    for (cl_uint p = 0; p < platform_count; p++) {
        cl_device_id devices[MAX_DEVICES];
        cl_uint device_count = 0;
        if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, MAX_DEVICES, devices, &device_count) !=
            CL_SUCCESS)
            continue;
        for (cl_uint d = 0; d < device_count && d < MAX_DEVICES; d++) {
            cl_device_type type = 0;
            char platform[256] = "", name[256] = "", driver[256] = "";
            clGetDeviceInfo(devices[d], CL_DEVICE_TYPE, sizeof type, &type, NULL);
            if ((type & CL_DEVICE_TYPE_CPU) && !all)
                continue;
            clGetPlatformInfo(platforms[p], CL_PLATFORM_NAME, sizeof platform, platform, NULL);
            clGetDeviceInfo(devices[d], CL_DEVICE_NAME, sizeof name, name, NULL);
            clGetDeviceInfo(devices[d], CL_DRIVER_VERSION, sizeof driver, driver, NULL);
            printf("%s\n {", printed++ ? "," : "");
            print_string("platform", platform);
            print_string("name", name);
            print_string("driver", driver);
            measure(devices[d], run_count, seconds_a_run);
            printf("}");
        }
    }
    printf("]}\n");
    return fflush(stdout) == 0 ? 0 : 1;
}
