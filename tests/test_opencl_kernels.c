/* test_opencl_kernels.c - the kernels of ranges on every device of the environment that it runs in (tests/cli/with_opencl.py), or
 * on the one that PARSUM_TEST_DEVICE names: their sums, work-groups of every size, and kernels from disk that are broken or
 * wrong. What it compiles takes long, and says nothing of two devices together. */
#include <sys/stat.h>

#include "exact/reference.h"
#include "opencl_range_test.h"

static void test_the_embedded_kernels_are_those_on_disk(void **state) {
    (void)state;
    for (size_t i = 0; i < PS_KERNEL_FILE_COUNT; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%s", PARSUM_KERNEL_DIR, ps_kernel_files[i].name);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        const size_t size = strlen(ps_kernel_files[i].text);
        char *text = calloc(1, size + 2);
        assert_int_equal(fread(text, 1, size + 1, file), size);
        fclose(file);
        assert_string_equal(text, ps_kernel_files[i].text);
        free(text);
    }
}

/* ---- sums */

static void test_self_tests_pass(void **state) {
    static const size_t groups[] = {0, 1, 3, 7, 16, 96, 100};
    static const unsigned needs[] = {0, PS_NEED_SUM, PS_NEED_SQUARES, PS_NEED_EXTREMES, TEST_NEED_ALL};
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        for (size_t g = 0; g < (small ? 1 : COUNT_OF(groups)); g++) {
            assert_ok(try_session(chosen[d], small ? 7 : groups[g], NULL));
            for (size_t n = 0; n < COUNT_OF(needs); n++) {
                if (!small || needs[n] == PS_NEED_SQUARES || needs[n] == TEST_NEED_ALL)
                    assert_ok(ps_session_self_test(session, needs[n], &error));
            }
            /* It is done on a few groups; production then has all of them again. */
            if (!small && g > 0)
                assert_true(ps_session_work_items(session) >=
                            groups[g] * ps_session_device(session)->compute_units);
        }
    }
}

static void test_sums_by_brute_force(void **state) {
    test_random random = test_random_start(10);
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        assert_ok(try_session(chosen[d], small ? 7 : 0, NULL));
        assert_hostile_blocks();
        for (unsigned i = 0; i < (small ? 4u : 150u); i++) {
            ps_int128 first = (ps_int128)test_random_hostile(&random);
            if (i % 2 == 0)
                first = -(ps_int128)((uint64_t)first >> 1);
            const uint64_t step = test_random_hostile(&random) | 1;
            const ps_int128 room = (TOP - 1 - first) / (ps_int128)step + 1;
            ps_int128 count = 1 + (ps_int128)test_random_below(&random, small ? 100 : 3000);
            if (count > room)
                count = room;
            assert_block(first, step, (uint64_t)count, both_kernels[i / 2 % 2]);
        }
        if (small)
            continue;
        /* Bursts of many products, cut into launches of their own. */
        for (size_t n = 0; n < COUNT_OF(both_kernels); n++) {
            assert_block(-1000000, 1, 3000001, both_kernels[n]);
            assert_block((ps_int128)1 << 20, 3, 2000003, both_kernels[n]);
            assert_block(NARROW - 1000000, 1, 2000000, both_kernels[n]);
            assert_ok(ps_session_calibrate(session, both_kernels[n], &error));
            assert_block(-1000000, 1, 3000001, both_kernels[n]);
            assert_block(1, 1427, 3000001, both_kernels[n]);
            assert_block(TOP - 3000001, 1, 3000001, both_kernels[n]);
        }
    }
}

/* More elements than a launch may have by its bounds: the sums by formula. */
static void test_more_elements_than_a_launch_takes(void **state) {
    const ps_block block = block_of(-100, 1, PS_PROGRESSION_COUNT_MAX + 12345);
    const parsum_range range = range_of(&block);
    (void)state;
    if (small)
        skip();
    for (size_t d = 0; d < chosen_count; d++) {
        ps_integer_partial found, expected;
        ps_closed_form(&range, 1, &expected);
        assert_ok(try_session(chosen[d], 0, NULL));
        assert_ok(ps_session_calibrate(session, PS_NEED_SQUARES, &error));
        ps_kinds[PS_KIND_INTEGER].clear(&found.head);
        assert_ok(ps_session_fold(session, &block, PS_NEED_SQUARES, &found, &error));
        assert_true(is_right(&found, &expected, PS_NEED_SQUARES));
    }
}

/* A partial that holds something already is added to. */
static void test_sums_are_added_to_what_is_there(void **state) {
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        ps_integer_partial total, expected;
        assert_ok(try_session(chosen[d], small ? 7 : 0, NULL));
        ps_kinds[PS_KIND_INTEGER].clear(&total.head);
        const ps_block parts[] = {block_of(-60, 1, 50), block_of(-10, 1, 20), block_of(10, 1, 29)};
        for (size_t i = 0; i < COUNT_OF(parts); i++)
            assert_ok(ps_session_fold(session, &parts[i], TEST_NEED_ALL, &total, &error));
        const ps_block whole = block_of(-60, 1, 99);
        expect_block(&whole, &expected);
        assert_memory_equal(&total, &expected, sizeof total);
    }
}

/* ---- work-groups */

/* The largest work-group a device takes, by the message that refuses one above it. */
static size_t work_group_maximum(size_t device) {
    assert_int_equal(try_session(device, SIZE_MAX, NULL), PARSUM_USAGE);
    assert_int_equal(error.status, PARSUM_USAGE);
    const char *number = strstr(error.message, "which is ");
    assert_non_null(number);
    const size_t maximum = strtoul(number + strlen("which is "), NULL, 10);
    assert_in_range(maximum, 1, 1 << 20);
    return maximum;
}

/* What is compiled many times is compiled for one of the devices that are alike. */
static bool is_like_the_one_before(size_t d) {
    if (d == 0)
        return false;
    const parsum_device *one = &listed[chosen[d]].info, *other = &listed[chosen[d - 1]].info;
    return strcmp(one->name, other->name) == 0 && strcmp(one->platform, other->platform) == 0;
}

static const size_t small_groups[] = {1, 7, 16, 33};

static void test_every_work_group_size(void **state) {
    static const size_t sizes[] = {1, 2, 3, 7, 8, 16, 31, 33, 64, 96, 100, 128, 255, 0};
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        if (is_like_the_one_before(d))
            continue;
        const size_t maximum = work_group_maximum(chosen[d]);
        assert_int_equal(try_session(chosen[d], maximum + 1, NULL), PARSUM_USAGE);
        ps_integer_partial first[2][3];
        bool any = false;
        for (size_t s = 0; s < (small ? COUNT_OF(small_groups) : COUNT_OF(sizes) + 1); s++) {
            const size_t size = small ? small_groups[s] : s < COUNT_OF(sizes) ? sizes[s] : maximum;
            if (size > maximum)
                continue;
            assert_ok(try_session(chosen[d], size, NULL));
            if (size > 0)
                assert_int_equal(ps_session_work_items(session) % size, 0);
            const ps_block blocks[] = {block_of(-70, 1, 200), block_of(NARROW - 333, 5, small ? 80 : 4999),
                                       block_of(TOP - 5000, 1, small ? 120 : 5000)};
            for (size_t n = 0; n < COUNT_OF(both_kernels); n++) {
                for (size_t b = 0; b < COUNT_OF(blocks); b++) {
                    ps_integer_partial found, expected;
                    ps_kinds[PS_KIND_INTEGER].clear(&found.head);
                    assert_ok(ps_session_fold(session, &blocks[b], both_kernels[n], &found, &error));
                    expect_block(&blocks[b], &expected);
                    if (!is_right(&found, &expected, both_kernels[n]))
                        fail_msg("%s, work-group size %zu, block %zu", listed[chosen[d]].info.name, size, b);
                    /* Bytes that were not asked for may be what they like, but the same for all sizes. */
                    if (both_kernels[n] == PS_NEED_SQUARES)
                        found.minimum = found.maximum = 0;
                    if (!any)
                        first[n][b] = found;
                    assert_memory_equal(&found, &first[n][b], sizeof found);
                }
            }
            any = true;
            if (!small && size != 0)
                assert_hostile_blocks();
        }
        assert_true(any);
    }
}

static void test_work_groups_above_the_maximum(void **state) {
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        parsum_options options = options_of(listed[chosen[d]].info.selector);
        options.work_group_size = work_group_maximum(chosen[d]) + 1;
        create(&options);
        assert_int_equal(parsum_reduce_ranges(context, &hundred, 1, &result, &error), PARSUM_USAGE);
        assert_non_null(strstr(error.message, "--work-group-size"));
        assert_int_equal(parsum_device_self_test(&options, &error), PARSUM_USAGE);
        /* "auto" does not put it right either. */
        options.engine = "auto";
        options.device = NULL;
        options.work_group_size = SIZE_MAX;
        create(&options);
        assert_int_equal(parsum_reduce_ranges(context, &hundred, 1, &result, &error), PARSUM_USAGE);
    }
}

/* ---- kernels from disk: broken ones and wrong ones */

static unsigned lines_of(const char *text) {
    unsigned lines = 0;
    for (; *text != '\0'; text++)
        lines += *text == '\n';
    return lines;
}

static void test_a_build_failure_names_file_and_line(void **state) {
    const ps_session_plan everything = {.block_kinds = 1u << PS_BLOCK_RANGE | 1u << PS_BLOCK_ARRAY,
                                        .types = (1u << PARSUM_TYPE_COUNT) - 1,
                                        .every_need = true,
                                        .kernel_dir = folder};
    (void)state;
    if (small)
        skip();
    for (size_t d = 0; d < chosen_count; d++) {
        for (size_t i = 0; i < PS_KERNEL_FILE_COUNT; i++) {
            char text[1 << 16], place[128];
            const char *const name = ps_kernel_files[i].name;
            restore_kernels();
            snprintf(text, sizeof text, "%s\nint broken = nonsense;\n", ps_kernel_files[i].text);
            write_kernel(name, text);
            snprintf(place, sizeof place, "%s:%u", name, lines_of(ps_kernel_files[i].text) + 2);
            /* Of the two ways to sum floats a device takes one. */
            ps_session_plan plan = everything;
            plan.no_fp64 = strcmp(name, "float_integers.cl") == 0;
            assert_int_equal(try_plan(chosen[d], &plan), PARSUM_FAILED);
            assert_int_equal(error.status, PARSUM_FAILED);
            if (strstr(error.message, place) == NULL || strstr(error.message, "nonsense") == NULL ||
                strstr(error.message, listed[chosen[d]].info.name) == NULL)
                fail_msg("%s and nonsense are not in: %s", place, error.message);
        }
        /* A program without one of the kernels. */
        restore_kernels();
        plant("range.cl", "range_moments", "range_nothing");
        assert_int_equal(try_session(chosen[d], 0, folder), PARSUM_FAILED);
        assert_non_null(strstr(error.message, "CL_INVALID_KERNEL_NAME"));
    }
    restore_kernels();
}

static void test_kernel_folders_that_cannot_be_read(void **state) {
    char path[PATH_MAX + 64];
    (void)state;
    restore_kernels();
    snprintf(path, sizeof path, "%s/%s", folder, ps_kernel_files[1].name);
    unlink(path);
    assert_int_equal(try_session(chosen[0], 0, folder), PARSUM_USAGE);
    assert_non_null(strstr(error.message, path));
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(try_session(chosen[0], 0, folder), PARSUM_USAGE);
    assert_non_null(strstr(error.message, path));
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(try_session(chosen[0], 0, "/nowhere"), PARSUM_USAGE);
    assert_non_null(strstr(error.message, "/nowhere/"));
    assert_int_equal(try_session(chosen[0], 0, ""), PARSUM_USAGE);
    restore_kernels();
    if (small)
        return;
    assert_ok(try_session(chosen[0], 0, folder));
    assert_block(-5, 1, 100, TEST_NEED_ALL);
    assert_ok(try_session(chosen[0], 0, PARSUM_KERNEL_DIR));
    assert_block(-5, 1, 100, PS_NEED_SQUARES);
}

/* Kernels with one fault each. sure: the self-test must fail on every device; else the fault is a race, or right as
 * OpenCL C and known to be compiled wrongly somewhere: the self-test must fail where the sums are wrong. */
static const struct {
    const char *file, *from, *to;
    size_t work_group_size;
    bool sure;
} faults[] = {
    /* The reduction. */
    {"reduction.cl", "1u << (31u - clz(size - 1u))", "size / 2u", 96, true},
    {"reduction.cl", "width > 0u", "width > 1u", 16, true},
    {"reduction.cl", "item + width < size", "item + width + 1u < size", 33, true},
    /* A doubling stride, as PoCL 3.1 is known to compile wrongly. */
    {"reduction.cl",
     "for (uint width = tree_start(size); width > 0u; width >>= 1) {\n"
     "        if (item < width && item + width < size) {",
     "for (size_t width = 1; width < size; width *= 2) {\n"
     "        if (get_local_id(0) % (2 * width) == 0 && get_local_id(0) + width < size) {",
     96, false},
    {"reduction.cl", "            }\n        }\n        barrier(CLK_LOCAL_MEM_FENCE);",
     "            }\n        }", 96, false},
    {"reduction.cl", "own[sums + 1u] = max(", "own[sums + 1u] = min(", 16, true},
    /* Who sums what. */
    {"range.cl", "(vectors + items - 1UL) / items", "vectors / items", 16, true},
    {"range.cl", "min(own.begin + share, vectors)", "own.begin + share", 7, true},
    {"range.cl", "get_global_id(0) == 0 ?", "get_local_id(0) == 0 ?", 16, true},
    {"range.cl", "bins[get_group_id(0) * PS_BINS + bin]", "bins[bin]", 16, true},
    /* Arithmetic. */
    {"lanes.cl", "#define LOW_HALF 0xffffffffUL", "#define LOW_HALF 0x7fffffffUL", 16, true},
    {"range.cl", "min(own.end, at + burst)", "own.end", 16, true},
    {"range.cl", "const ulong8 hh = h * h;", "const ulong8 hh = (h & 0x7fffffffUL) * h;", 16, true},
    {"range.cl", "lh_high += lh >> 32;", "lh_high += (lh >> 32) & 0x7fffffffUL;", 16, true},
    {"range.cl", "max(greatest, u);", "as_ulong8(max(as_long8(greatest), as_long8(u)));", 16, true},
    {"range.cl", "own_bins[PS_BIN_HH_HIGH] += h * h >> 32;", "own_bins[PS_BIN_HH_HIGH] += h * h >> 33;", 16,
     true},
};

/* Whether the session sums anything wrongly, at production's sizes. */
static bool sums_anything_wrongly(char *what, size_t size) {
    const uint64_t items = ps_session_work_items(session);
    ps_block block;
    for (unsigned i = 0; hostile_block(i, items, &block); i++) {
        for (size_t n = 0; n < COUNT_OF(both_kernels); n++) {
            if (!sums_rightly(&block, both_kernels[n], what, size))
                return true;
        }
    }
    return false;
}

/* A device on which a kernel is wrong must not pass the self-test. */
static void test_wrong_kernels_fail_their_self_test(void **state) {
    unsigned missed = 0;
    (void)state;
    const ps_opencl_device *device = &listed[chosen[chosen_count - 1]];
    if (small || (chosen_count > 1 && device->platform == listed[chosen[0]].platform))
        skip(); /* one device a platform says what its compiler does */
    for (size_t f = 0; f < COUNT_OF(faults); f++) {
        char what[1024] = "";
        restore_kernels();
        plant(faults[f].file, faults[f].from, faults[f].to);
        if (is_left_out(f))
            continue;
        parsum_status status = try_session(chosen[chosen_count - 1], faults[f].work_group_size, folder);
        for (size_t n = 0; n < COUNT_OF(both_kernels) && status == PARSUM_OK; n++)
            status = ps_session_self_test(session, both_kernels[n], &error);
        if (status == PARSUM_SELF_TEST) {
            assert_int_equal(error.status, PARSUM_SELF_TEST);
            assert_non_null(strstr(error.message, device->info.name));
            continue;
        }
        assert_ok(status);
        if (sums_anything_wrongly(what, sizeof what) || faults[f].sure) {
            printf("the self-test misses: %s\n  %s\n", faults[f].to, what);
            missed++;
        }
    }
    restore_kernels();
    assert_int_equal(missed, 0);
}

static void test_the_public_self_test(void **state) {
    (void)state;
    if (small)
        skip();
    for (size_t d = 0; d < chosen_count; d++) {
        if (is_like_the_one_before(d))
            continue;
        parsum_options options = options_of(listed[chosen[d]].info.selector);
        assert_ok(parsum_device_self_test(&options, &error));
        options.work_group_size = 7;
        assert_ok(parsum_device_self_test(&options, NULL));
    }
    /* As for a context, an empty name is no name of a device. */
    const parsum_options options = options_of("");
    assert_int_equal(parsum_device_self_test(&options, &error), PARSUM_USAGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_the_embedded_kernels_are_those_on_disk),
        TEST(test_self_tests_pass),
        TEST(test_sums_by_brute_force),
        TEST(test_more_elements_than_a_launch_takes),
        TEST(test_sums_are_added_to_what_is_there),
        TEST(test_every_work_group_size),
        TEST(test_work_groups_above_the_maximum),
        TEST(test_a_build_failure_names_file_and_line),
        TEST(test_kernel_folders_that_cannot_be_read),
        TEST(test_wrong_kernels_fail_their_self_test),
        TEST(test_the_public_self_test),
    };
    return cmocka_run_group_tests(tests, find_devices, forget_devices);
}
