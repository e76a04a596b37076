/* library_test.c - contexts and results of the public interface, and a loader without drivers. */
#include "library_test.h"

const char *const engine_names[] = {"serial", "pthread", "fork"};

parsum_options options_of(const char *name) {
    parsum_options options;
    parsum_options_init(&options);
    options.engine = name;
    options.workers = 2;
    return options;
}

parsum_context *create(const parsum_options *options) {
    parsum_context *context = NULL;
    parsum_error error;
    if (parsum_context_create(options, &context, &error) != PARSUM_OK)
        fail_msg("%s", error.message);
    assert_non_null(context);
    return context;
}

parsum_result *reduce(parsum_context *context, const parsum_range *ranges, size_t count) {
    parsum_result *result = NULL;
    parsum_error error;
    if (parsum_reduce_ranges(context, ranges, count, &result, &error) != PARSUM_OK)
        fail_msg("%s", error.message);
    assert_non_null(result);
    return result;
}

static char no_vendors[] = "/tmp/parsum-no-vendors-XXXXXX";

int hide_drivers(void **state) {
    (void)state;
    if (mkdtemp(no_vendors) == NULL)
        return -1;
    return setenv("OCL_ICD_VENDORS", no_vendors, 1);
}

int show_drivers(void **state) {
    (void)state;
    return rmdir(no_vendors);
}
