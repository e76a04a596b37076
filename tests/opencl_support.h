/* opencl_support.h - what the tests of the OpenCL engine share: the devices to be tested, a session at a time, and kernels
 * from disk, with faults planted in them.
 *
 * PARSUM_TEST_DEVICE selects the device; PARSUM_TEST_SMALL=1: a simulator some 10,000 times slower than a device. What runs
 * there is small, and chosen for what the simulator checks: every kernel, odd work-groups, every call. */
#ifndef PS_TEST_OPENCL_SUPPORT_H
#define PS_TEST_OPENCL_SUPPORT_H

#include <limits.h>

#include "engine_support.h"
#include "opencl/kernel_files.h"
#include "opencl/session.h"

static bool small;
static ps_opencl_device *listed;
static size_t listed_count;
static size_t *chosen; /* indices into listed of the devices to be tested */
static size_t chosen_count;

/* ---- a session at a time; what a failed assertion leaves open is closed by the teardown */

static ps_session *session;
static parsum_error error;

static inline void close_session(void) {
    ps_session_close(session);
    session = NULL;
}

static inline void assert_ok(parsum_status status) {
    if (status != PARSUM_OK)
        fail_msg("status %d: %s", (int)status, error.message);
}

/* Drivers replace signal handlers; a session leaves it to its caller to put them back. */
static inline parsum_status try_plan(size_t device, const ps_session_plan *plan) {
    ps_signals signals;
    close_session();
    ps_signals_save(&signals);
    const parsum_status status = ps_session_open(&listed[device], plan, &session, &error);
    ps_signals_restore(&signals);
    if (small && status == PARSUM_OK)
        ps_session_limit_groups(session, 2);
    return status;
}

/* ---- kernels from disk: broken ones and wrong ones */

static char folder[PATH_MAX]; /* of kernels */

static inline void write_kernel(const char *name, const char *text) {
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    fclose(file);
}

static inline void restore_kernels(void) {
    for (size_t i = 0; i < PS_KERNEL_FILE_COUNT; i++)
        write_kernel(ps_kernel_files[i].name, ps_kernel_files[i].text);
}

/* Writes kernel file name with the only place of from replaced by to. */
static inline void plant(const char *name, const char *from, const char *to) {
    unsigned places = 0;
    for (size_t i = 0; i < PS_KERNEL_FILE_COUNT; i++) {
        const char *text = ps_kernel_files[i].text, *place = strstr(text, from);
        if (place == NULL || strcmp(ps_kernel_files[i].name, name) != 0)
            continue;
        places++;
        assert_null(strstr(place + 1, from));
        char *changed = malloc(strlen(text) + strlen(to) + 1);
        memcpy(changed, text, (size_t)(place - text));
        strcpy(changed + (place - text), to);
        strcat(changed, place + strlen(from));
        write_kernel(ps_kernel_files[i].name, changed);
        free(changed);
    }
    if (places != 1)
        fail_msg("%s has %u places of: %s", name, places, from);
}

/* Each planted fault is compiled, which takes its time: all are in the long run, else every third one, by the seed. */
static inline bool is_left_out(size_t fault) {
    return getenv("PARSUM_TEST_LONG") == NULL && (fault + test_seed()) % 3 != 0;
}

/* ---- setting up */

static inline int find_devices(void **state) {
    const char *selector = getenv("PARSUM_TEST_DEVICE");
    (void)state;
    small = getenv("PARSUM_TEST_SMALL") != NULL;
    const char *temporary = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/parsum-kernels-XXXXXX", temporary != NULL ? temporary : "/tmp");
    if (mkdtemp(folder) == NULL)
        return -1;
    parsum_status status = ps_opencl_list(&listed, &listed_count, &error);
    chosen = calloc(listed_count + 1, sizeof *chosen);
    if (status == PARSUM_OK)
        status = ps_opencl_select(listed, listed_count, selector != NULL ? selector : "all", chosen,
                                  &chosen_count, &error);
    if (status == PARSUM_OK && selector != NULL && strcmp(selector, "auto") == 0)
        chosen_count = 1;
    for (size_t i = 0; i < chosen_count; i++)
        printf("device %s: %s (%s)\n", listed[chosen[i]].info.selector, listed[chosen[i]].info.name,
               listed[chosen[i]].info.platform);
    if (status != PARSUM_OK)
        fprintf(stderr, "%s\n", error.message);
    return status == PARSUM_OK ? 0 : -1;
}

static inline int forget_devices(void **state) {
    (void)state;
    for (size_t i = 0; i < PS_KERNEL_FILE_COUNT; i++) {
        char path[PATH_MAX + 64];
        snprintf(path, sizeof path, "%s/%s", folder, ps_kernel_files[i].name);
        unlink(path);
    }
    rmdir(folder);
    free(chosen);
    ps_opencl_list_destroy(listed, listed_count);
    return 0;
}

/* A hang guard of its own: drivers compile for seconds. */
static inline int guard(void **state) {
    test_guard(state);
    alarm(300);
    return 0;
}

#endif
