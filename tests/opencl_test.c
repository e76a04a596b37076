/* opencl_test.c - finding the devices, the one session and the one context of a test, and kernels written to disk. */
#include "opencl_test.h"

bool small;
ps_opencl_device *listed;
size_t listed_count;
size_t *chosen;
size_t chosen_count;

parsum_error error;
ps_session *session;
parsum_context *context;
parsum_result *result;
ps_engine_state *engine;

static unsigned char *memory;
static size_t memory_bytes;

void close_session(void) {
    ps_session_close(session);
    session = NULL;
}

int tidy(void **state) {
    (void)state;
    close_session();
    parsum_result_destroy(result);
    parsum_context_destroy(context);
    if (engine != NULL)
        engine->engine->close(engine);
    free(memory);
    result = NULL;
    context = NULL;
    engine = NULL;
    memory = NULL;
    memory_bytes = 0;
    return 0;
}

void assert_ok(parsum_status status) {
    if (status != PARSUM_OK)
        fail_msg("status %d: %s", (int)status, error.message);
}

parsum_status try_plan(size_t device, const ps_session_plan *plan) {
    ps_signals signals;
    close_session();
    ps_signals_save(&signals);
    const parsum_status status = ps_session_open(&listed[device], plan, &session, &error);
    ps_signals_restore(&signals);
    if (small && status == PARSUM_OK)
        ps_session_limit_groups(session, 2);
    return status;
}

unsigned char *memory_of(size_t bytes) {
    if (bytes > memory_bytes) {
        free(memory);
        memory_bytes = bytes;
        memory = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);
        assert_non_null(memory);
    }
    return memory;
}

/* ---- the public interface */

parsum_options options_of(const char *selector) {
    parsum_options options;
    parsum_options_init(&options);
    options.engine = "opencl";
    options.device = selector;
    options.statistics = PARSUM_MASK_ALL;
    if (small)
        options.work_group_size = 7;
    return options;
}

void create(const parsum_options *options) {
    tidy(NULL);
    assert_ok(parsum_context_create(options, &context, &error));
}

void reduce(const parsum_range *ranges, size_t count) {
    parsum_result_destroy(result);
    result = NULL;
    assert_ok(parsum_reduce_ranges(context, ranges, count, &result, &error));
}

/* ---- kernels from disk: broken ones and wrong ones */

char folder[PATH_MAX];

void write_kernel(const char *name, const char *text) {
    char path[PATH_MAX + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    fclose(file);
}

void restore_kernels(void) {
    for (size_t i = 0; i < PS_KERNEL_FILE_COUNT; i++)
        write_kernel(ps_kernel_files[i].name, ps_kernel_files[i].text);
}

void plant(const char *name, const char *from, const char *to) {
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

bool is_left_out(size_t fault) {
    return getenv("PARSUM_TEST_LONG") == NULL && (fault + test_seed()) % 3 != 0;
}

/* ---- setting up */

int find_devices(void **state) {
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

int forget_devices(void **state) {
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

int guard(void **state) {
    test_guard(state);
    alarm(300);
    return 0;
}
