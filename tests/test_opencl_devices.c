/* test_opencl_devices.c - which devices a selector chooses, what is said of errors, and what is done where chosen devices fail: on
 * all devices of the environment that it runs in (tests/cli/with_opencl.py). */
#include "opencl_test.h"

/* ---- choosing devices; these are made up */

static ps_opencl_device made_up(cl_device_type types, const char *type, const char *selector,
                                const char *platform, const char *name) {
    ps_opencl_device device = {.types = types};
    device.info.type = type;
    device.info.name = (char *)name;
    device.info.platform = (char *)platform;
    device.info.driver = (char *)"1";
    snprintf(device.info.selector, sizeof device.info.selector, "%s", selector);
    return device;
}

enum { MADE_UP = 6, NOTHING = -1 };

/* Asserts that selector chooses the one device, or, where it is NOTHING, that it chooses none and all are listed. */
static void assert_selects(const ps_opencl_device *devices, size_t count, const char *selector,
                           int expected) {
    size_t indices[MADE_UP + 1], found = 99;
    memset(&error, 0, sizeof error);
    const parsum_status status = ps_opencl_select(devices, count, selector, indices, &found, &error);
    if (expected != NOTHING) {
        if (status != PARSUM_OK || found != 1 || indices[0] != (size_t)expected)
            fail_msg("'%s': status %d, %zu devices, the first is %zu; %s", selector, (int)status, found,
                     indices[0], error.message);
        return;
    }
    if (status != PARSUM_NO_DEVICE)
        fail_msg("'%s': status %d, device %zu", selector, (int)status, indices[0]);
    assert_int_equal(error.status, PARSUM_NO_DEVICE);
    assert_int_equal(found, 99);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(strstr(error.message, devices[i].info.name));
        assert_non_null(strstr(error.message, devices[i].info.selector));
    }
    assert_int_equal(ps_opencl_select(devices, count, selector, indices, &found, NULL), PARSUM_NO_DEVICE);
}

static void assert_selects_in_order(const ps_opencl_device *devices, const char *selector,
                                    const size_t *expected, size_t expected_count) {
    size_t indices[MADE_UP + 1], found = 0;
    assert_int_equal(ps_opencl_select(devices, MADE_UP, selector, indices, &found, &error), PARSUM_OK);
    assert_int_equal(found, expected_count);
    assert_memory_equal(indices, expected, expected_count * sizeof *expected);
}

static void test_selectors(void **state) {
    const ps_opencl_device devices[MADE_UP] = {
        made_up(CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_DEFAULT, "cpu", "0:0", "Portable Computing Language",
                "pthread-AMD EPYC"),
        made_up(CL_DEVICE_TYPE_CPU, "cpu", "1:0", "Intel(R) OpenCL", "AMD EPYC"),
        made_up(CL_DEVICE_TYPE_ALL & ~CL_DEVICE_TYPE_DEFAULT, "gpu", "2:0", "Oclgrind", "Oclgrind Simulator"),
        made_up(CL_DEVICE_TYPE_GPU, "gpu", "2:1", "NVIDIA CUDA", "NVIDIA H100"),
        made_up(CL_DEVICE_TYPE_CUSTOM, "other", "10:12", "Vendor", "gpu-like thing"),
        made_up(CL_DEVICE_TYPE_ACCELERATOR, "accelerator", "11:0", "Vendor", "0:0"),
    };
    static const struct {
        const char *selector;
        int expected;
    } rows[] = {
        /* Types, by bits: a device may have several. */
        {"gpu", 2},
        {"GPU", 2},
        {"gpu:0", 2},
        {"gpu:1", 3},
        {"gpu:2", NOTHING},
        {"gpu:01", 3},
        {"gpu:18446744073709551616", NOTHING},
        {"gpu:99999999999999999999999", NOTHING},
        {"accelerator", 2},
        {"accelerator:1", 5},
        {"Accelerator:2", NOTHING},
        {"cpu", 0},
        {"cpu:1", 1},
        {"CPU:2", 2},
        {"cpu:3", NOTHING},
        {"gpu:", NOTHING},
        {"gpu:-1", NOTHING},
        {"gpu: 1", NOTHING},
        {"gpu:1x", NOTHING},
        {"other", NOTHING},
        /* Positions; they win over names. */
        {"0:0", 0},
        {"2:1", 3},
        {"10:12", 4},
        {"10:1", NOTHING},
        {"0:1", NOTHING},
        {"3:0", NOTHING},
        {"1:", NOTHING},
        {":0", 5},
        /* Names: a whole one wins over parts; a part must be of one device only. */
        {"AMD EPYC", 1},
        {"amd epyc", 1},
        {"pthread", 0},
        {"PTHREAD-amd", 0},
        {"EPYC", NOTHING},
        {"Language/pthread", 0},
        {"intel", 1},
        {"Intel(R) OpenCL/AMD EPYC", 1},
        {"vendor", NOTHING},
        {"vendor/", NOTHING},
        {"vendor/g", 4},
        {"gpu-like", 4},
        {"H100", 3},
        {"nvidia", 3},
        {"nvidia h1000", NOTHING},
        {"simulator", 2},
        {"*", NOTHING},
        {"/", NOTHING},
        {" ", NOTHING},
    };
    static const size_t by_type[] = {2, 3, 5, 0, 1, 4};
    static const char *const everything[] = {"auto", "AUTO", "all", "All"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_selects(devices, MADE_UP, rows[i].selector, rows[i].expected);
    assert_selects_in_order(devices, NULL, by_type, MADE_UP);
    for (size_t i = 0; i < COUNT_OF(everything); i++)
        assert_selects_in_order(devices, everything[i], by_type, MADE_UP);
    /* Only where a GPU was asked for is it said how to have one. */
    assert_selects(devices, 2, "gpu", NOTHING);
    assert_non_null(strstr(error.message, "To use a GPU"));
    assert_selects(devices, 2, "nothing", NOTHING);
    assert_null(strstr(error.message, "To use a GPU"));
    /* No device at all. */
    assert_selects(devices, 0, "gpu", NOTHING);
    assert_selects(devices, 0, NULL, NOTHING);
    assert_selects(devices, 0, "all", NOTHING);
    assert_non_null(strstr(error.message, "pocl-opencl-icd"));
    /* Two of one name. */
    const ps_opencl_device twins[2] = {devices[1], devices[1]};
    assert_selects(twins, 2, "AMD EPYC", NOTHING);
}

/* A list too long for the message is cut, not overrun. */
static void test_selectors_of_very_many_devices(void **state) {
    enum { MANY = 300 };
    ps_opencl_device *devices = calloc(MANY, sizeof *devices);
    size_t indices[MANY], found = 0;
    char name[200];
    (void)state;
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    for (size_t i = 0; i < MANY; i++)
        devices[i] = made_up(CL_DEVICE_TYPE_CPU, "cpu", "0:0", name, name);
    assert_int_equal(ps_opencl_select(devices, MANY, "x", indices, &found, &error), PARSUM_NO_DEVICE);
    assert_true(strlen(error.message) < sizeof error.message);
    assert_int_equal(ps_opencl_select(devices, MANY, "all", indices, &found, &error), PARSUM_OK);
    assert_int_equal(found, MANY);
    free(devices);
}

static void test_names_of_error_codes(void **state) {
    (void)state;
    assert_string_equal(ps_opencl_error_name(CL_OUT_OF_RESOURCES), "CL_OUT_OF_RESOURCES");
    assert_string_equal(ps_opencl_error_name(CL_SUCCESS), "CL_SUCCESS");
    assert_string_equal(ps_opencl_error_name(CL_INVALID_WORK_GROUP_SIZE), "CL_INVALID_WORK_GROUP_SIZE");
    assert_string_equal(ps_opencl_error_name(-1001), "CL_PLATFORM_NOT_FOUND_KHR");
    assert_non_null(ps_opencl_error_name(-123456));
    assert_int_equal(ps_opencl_fail(&error, "clSomething", "a device", CL_OUT_OF_RESOURCES), PARSUM_FAILED);
    assert_non_null(strstr(error.message, "clSomething"));
    assert_non_null(strstr(error.message, "a device"));
    assert_non_null(strstr(error.message, "CL_OUT_OF_RESOURCES"));
    assert_non_null(strstr(error.message, "-5"));
}

/* ---- devices that fail, by faults planted in their kernels */

/* What a user of "auto" reads is one sentence, whatever the driver has to say. */
static void test_a_failing_device_is_passed_over_in_one_sentence(void **state) {
    test_notices notices = {0};
    (void)state;
    if (small || getenv("PARSUM_TEST_DEVICE") != NULL)
        skip();
    restore_kernels();
    plant("range.cl", "range_moments", "range_nothing(");
    parsum_options options = options_of(NULL);
    options.engine = "auto";
    options.kernel_dir = folder;
    options.notice = test_notices_add;
    options.user = &notices;
    create(&options);
    reduce(&hundred, 1);
    assert_string_equal(result->engine.name, "pthread");
    assert_string_equal(result->values[PARSUM_SUMSQ].text, "338350");
    assert_int_equal(notices.count, listed_count);
    assert_int_equal(test_notices_with(&notices, "using the engine pthread"), 1);
    for (unsigned i = 0; i < notices.count && i < TEST_NOTICES_MAX; i++) {
        if (strchr(notices.text[i], '\n') != NULL)
            fail_msg("more than a line: %s", notices.text[i]);
    }
    restore_kernels();
}

/* A device that fails is never silently replaced where it was named, and is passed over where it was not. */
static void test_what_follows_a_failed_self_test(void **state) {
    test_notices notices = {0};
    (void)state;
    if (small || getenv("PARSUM_TEST_DEVICE") != NULL)
        skip();
    restore_kernels();
    plant("range.cl", "sum_high += h;", "sum_high += h + 1UL;");
    for (int named = 0; named < 2; named++) {
        parsum_options options = options_of(named ? listed[chosen[0]].info.selector : "all");
        options.kernel_dir = folder;
        create(&options);
        assert_int_equal(parsum_reduce_ranges(context, &hundred, 1, &result, &error), PARSUM_SELF_TEST);
        assert_null(result);
        assert_int_equal(parsum_device_self_test(&options, &error), PARSUM_SELF_TEST);
    }
    parsum_options options = options_of(NULL);
    options.engine = "auto";
    options.kernel_dir = folder;
    options.notice = test_notices_add;
    options.user = &notices;
    create(&options);
    reduce(&hundred, 1);
    assert_string_equal(result->engine.name, "pthread");
    assert_int_equal(notices.count, listed_count);
    /* A statistic that the fault does not touch is computed by another kernel, which is right. */
    options.statistics = PARSUM_MASK(PARSUM_SUMSQ);
    create(&options);
    reduce(&hundred, 1);
    assert_string_equal(result->engine.name, "opencl");
    assert_string_equal(result->values[0].text, "338350");
    restore_kernels();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_selectors),
        TEST(test_selectors_of_very_many_devices),
        TEST(test_names_of_error_codes),
        TEST(test_a_failing_device_is_passed_over_in_one_sentence),
        TEST(test_what_follows_a_failed_self_test),
    };
    return cmocka_run_group_tests(tests, find_devices, forget_devices);
}
