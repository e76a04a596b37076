/* select.c - which devices a selector names: types, P:D, or part of "platform/device". */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "opencl/opencl.h"

/* In the order in which "auto" prefers them. */
static const struct {
    const char *name;
    cl_device_type bit;
} types[] = {
    {"gpu", CL_DEVICE_TYPE_GPU},
    {"accelerator", CL_DEVICE_TYPE_ACCELERATOR},
    {"cpu", CL_DEVICE_TYPE_CPU},
};
enum { TYPE_COUNT = sizeof types / sizeof types[0] };

static const char install_hint[] =
    "install an OpenCL driver: pocl-opencl-icd runs on any CPU, and a GPU's vendor has its own "
    "(nvidia-opencl-icd, intel-opencl-icd, mesa-opencl-icd, rocm-opencl-runtime)";

static parsum_status fail_listing(const ps_opencl_device *devices, size_t count, parsum_error *error,
                                  const char *what, const char *selector) {
    char list[4096] = "";
    size_t used = 0;
    for (size_t i = 0; i < count && used < sizeof list; i++) {
        const parsum_device *info = &devices[i].info;
        used += (size_t)snprintf(list + used, sizeof list - used, "\n  --device=%-6s %-4s %s (%s)",
                                 info->selector, info->type, info->name, info->platform);
    }
    const bool wants_gpu = strncmp(selector, "gpu", 3) == 0;
    return ps_fail(error, PARSUM_NO_DEVICE, "%s '%s'; the devices here are:%s%s%s", what, selector, list,
                   wants_gpu ? "\nTo use a GPU, " : "\nName one of them",
                   wants_gpu ? install_hint : ", by its number or by a part of its name that no other has.");
}

/* Whether selector is name, or name:N; *number is N, or 0. */
static bool is_type(const char *selector, const char *name, unsigned long *number) {
    const size_t length = strlen(name);
    if (strncasecmp(selector, name, length) != 0)
        return false;
    *number = 0;
    if (selector[length] == '\0')
        return true;
    if (selector[length] != ':' || !isdigit((unsigned char)selector[length + 1]))
        return false;
    char *end;
    *number = strtoul(selector + length + 1, &end, 10);
    return *end == '\0';
}

static size_t select_all_by_type(const ps_opencl_device *devices, size_t count, size_t *chosen) {
    size_t used = 0;
    for (size_t t = 0; t <= TYPE_COUNT; t++) {
        const char *name = t < TYPE_COUNT ? types[t].name : "other";
        for (size_t i = 0; i < count; i++) {
            if (strcmp(devices[i].info.type, name) == 0)
                chosen[used++] = i;
        }
    }
    return used;
}

/* P:D, digits both. */
static bool is_position(const char *selector) {
    const size_t first = strspn(selector, "0123456789");
    if (first == 0 || selector[first] != ':')
        return false;
    const size_t second = strspn(selector + first + 1, "0123456789");
    return second > 0 && selector[first + 1 + second] == '\0';
}

static bool contains_ignoring_case(const char *text, const char *part) {
    for (; *text != '\0'; text++) {
        if (strncasecmp(text, part, strlen(part)) == 0)
            return true;
    }
    return false;
}

/* Fills chosen with every device whose name is selector or, where there is none, whose "platform/device" contains it. */
static size_t select_by_name(const ps_opencl_device *devices, size_t count, const char *selector,
                             size_t *chosen) {
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(devices[i].info.name, selector) == 0)
            chosen[used++] = i;
    }
    if (used > 0)
        return used;
    for (size_t i = 0; i < count; i++) {
        char full[1024];
        snprintf(full, sizeof full, "%s/%s", devices[i].info.platform, devices[i].info.name);
        if (contains_ignoring_case(full, selector))
            chosen[used++] = i;
    }
    return used;
}

parsum_status ps_opencl_select(const ps_opencl_device *devices, size_t count, const char *selector,
                               size_t *chosen, size_t *chosen_count, parsum_error *error) {
    if (selector == NULL)
        selector = "auto";
    if (selector[0] == '\0')
        return ps_fail(error, PARSUM_USAGE, "the device '' has no name; 'auto' is the best there is");
    if (count == 0)
        return ps_fail(error, PARSUM_NO_DEVICE, "there is no OpenCL device here; %s", install_hint);
    if (strcasecmp(selector, "auto") == 0 || strcasecmp(selector, "all") == 0) {
        *chosen_count = select_all_by_type(devices, count, chosen);
        return PARSUM_OK;
    }
    for (size_t t = 0; t < TYPE_COUNT; t++) {
        unsigned long number;
        if (!is_type(selector, types[t].name, &number))
            continue;
        for (size_t i = 0; i < count; i++) {
            if (devices[i].types & types[t].bit && number-- == 0) {
                chosen[0] = i;
                *chosen_count = 1;
                return PARSUM_OK;
            }
        }
        return fail_listing(devices, count, error, "no OpenCL device is", selector);
    }
    if (is_position(selector)) {
        for (size_t i = 0; i < count; i++) {
            if (strcmp(devices[i].info.selector, selector) == 0) {
                chosen[0] = i;
                *chosen_count = 1;
                return PARSUM_OK;
            }
        }
        return fail_listing(devices, count, error, "no OpenCL device is", selector);
    }
    const size_t matching = select_by_name(devices, count, selector, chosen);
    if (matching > 1)
        return fail_listing(devices, count, error, "several OpenCL devices match", selector);
    if (matching == 0)
        return fail_listing(devices, count, error, "no OpenCL device matches", selector);
    *chosen_count = 1;
    return PARSUM_OK;
}
