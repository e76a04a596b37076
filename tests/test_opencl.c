/* test_opencl.c - the OpenCL session, kernels, self-test and engine on every device of the environment that it runs in
 * (tests/cli/with_opencl.py), or on the one that PARSUM_TEST_DEVICE names.
 *
 * PARSUM_TEST_SMALL=1: a simulator some 10,000 times slower than a device. What runs there is small, and chosen for what
 * the simulator checks: every kernel, both widths, odd work-groups, every call. */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "exact/reference.h"
#include "opencl_support.h"
#include "run/context.h"

#define TOP ((ps_int128)1 << 64)
#define BOTTOM (-((ps_int128)1 << 63))
#define NARROW ((ps_int128)1 << 32)
static const parsum_range hundred = {1, 101, 1};

static parsum_context *context;
static parsum_result *result;
static ps_engine_state *engine;
static int tidy(void **state) {
    (void)state;
    close_session();
    parsum_result_destroy(result);
    parsum_context_destroy(context);
    if (engine != NULL)
        engine->engine->close(engine);
    result = NULL;
    context = NULL;
    engine = NULL;
    return 0;
}

static parsum_status try_session(size_t device, size_t work_group_size, const char *kernel_dir) {
    const ps_session_plan plan = {.work_group_size = work_group_size, .kernel_dir = kernel_dir};
    return try_plan(device, &plan);
}

/* ---- blocks, and whether a device sums them rightly */

static ps_block block_of(ps_int128 first, uint64_t step, uint64_t count) {
    return (ps_block){.kind = PS_BLOCK_RANGE, .count = count, .range = {.first = first, .step = step}};
}

static parsum_range range_of(const ps_block *block) {
    const ps_int128 last = block->range.first + (ps_int128)(block->count - 1) * block->range.step;
    return (parsum_range){block->range.first, last + 1, block->range.step};
}

/* By brute force in GMP, and what is too long for that by the plain loop. */
static void expect_block(const ps_block *block, ps_integer_partial *expected) {
    const parsum_range range = range_of(block);
    if (block->count > 5000) {
        ps_reference reference;
        memset(&reference, 0, sizeof reference);
        ps_reference_add(&reference, &range, 0, block->count, TEST_NEED_ALL);
        ps_reference_to_partial(&reference, expected);
        return;
    }
    test_moments moments;
    test_moments_init(&moments);
    test_moments_add(&moments, block->range.first, (ps_int128)block->range.step, block->count);
    ps_kinds[PS_KIND_INTEGER].clear(&expected->head);
    expected->head.count = moments.count;
    expected->sum = test_wide_from(moments.sum);
    expected->squares = test_wide_from(moments.squares);
    expected->magnitudes = test_wide_from(moments.magnitudes);
    expected->minimum = range.first;
    expected->maximum = range.end - 1;
    test_moments_clear(&moments);
}

static bool is_right(const ps_integer_partial *found, const ps_integer_partial *expected, unsigned needs) {
    return found->head.count == expected->head.count &&
           (!(needs & PS_NEED_SUM) || ps_wide_equal(&found->sum, &expected->sum)) &&
           (!(needs & PS_NEED_SQUARES) || ps_wide_equal(&found->squares, &expected->squares)) &&
           (!(needs & PS_NEED_MAGNITUDES) || ps_wide_equal(&found->magnitudes, &expected->magnitudes)) &&
           (!(needs & PS_NEED_EXTREMES) ||
            (found->minimum == expected->minimum && found->maximum == expected->maximum));
}

/* Whether the session sums block as it should; the two sums of squares go to what, where it does not. */
static bool sums_rightly(const ps_block *block, unsigned needs, char *what, size_t size) {
    ps_integer_partial found, expected;
    ps_kinds[PS_KIND_INTEGER].clear(&found.head);
    assert_ok(ps_session_fold(session, block, needs, &found, &error));
    expect_block(block, &expected);
    if (is_right(&found, &expected, needs))
        return true;
    char first[PS_WIDE_TEXT_SIZE], left[PS_WIDE_TEXT_SIZE], right[PS_WIDE_TEXT_SIZE];
    const ps_wide wide = ps_wide_from_int128(block->range.first);
    ps_wide_to_text(&wide, first);
    ps_wide_to_text(&found.squares, left);
    ps_wide_to_text(&expected.squares, right);
    snprintf(what, size, "%s, needs %u: %llu elements from %s, step %llu: sumsq %s, must be %s",
             ps_session_device(session)->name, needs, (unsigned long long)block->count, first,
             (unsigned long long)block->range.step, left, right);
    return false;
}

static void assert_block(ps_int128 first, uint64_t step, uint64_t count, unsigned needs) {
    char what[1024];
    const ps_block block = block_of(first, step, count);
    if (!sums_rightly(&block, needs, what, sizeof what))
        fail_msg("%s", what);
}

/* Needs that choose each of the kernels, and all that they are for. */
static const unsigned both_kernels[] = {PS_NEED_SQUARES, TEST_NEED_ALL};
static const unsigned all_needs[] = {PS_NEED_SQUARES,    TEST_NEED_ALL,
                                     PS_NEED_SUM,        PS_NEED_SUM | PS_NEED_SQUARES,
                                     PS_NEED_MAGNITUDES, PS_NEED_EXTREMES};

/* Blocks that kernels are most likely to get wrong, for a grid of so many work-items; false at the end. */
static bool hostile_block(unsigned index, uint64_t items, ps_block *block) {
    const ps_block blocks[] = {
        block_of(0, 1, 1),
        block_of(-1, 1, 3),
        block_of(TOP - 1, 1, 1),
        block_of(BOTTOM, 1, 1),
        block_of(5, 3, 7),
        block_of(5, 3, 8),
        block_of(-9, 2, 9),
        block_of(1, 1, 15),
        block_of(NARROW - 8, 1, 8),
        block_of(NARROW - 17, 1, 40), /* both widths */
        block_of(-NARROW - 30, 1, 60),
        block_of(TOP - 33, 1, 33),
        block_of(BOTTOM, 1, 65),
        block_of(BOTTOM, UINT64_MAX, 2),
        block_of(0, UINT64_C(1) << 63, 2),
        block_of(3, UINT64_C(0x0fffffffffffffff), 16),
        block_of(-1000, 7, 8 * items - 1),
        block_of(1, 1, 8 * items),
        block_of(1, 1, 8 * items + 1),
        block_of(NARROW - 8 * (ps_int128)items - 8, 1, 8 * items + 7),
        /* Beyond 2^32: as offsets from one base and from several, or not, by their number and step. */
        block_of(NARROW, 1, 4095),
        block_of(NARROW, 1, 4096),
        block_of(NARROW - 50, 1, 5000),
        block_of(TOP - 5000, 1, 5000),
        block_of(TOP - (ps_int128)5000 * (1 << 20), 1 << 20, 5000),
        block_of(BOTTOM, 1 << 20, 4500),
        block_of(-4500 * ((ps_int128)1 << 20) + 1, 1 << 20, 4999),
        block_of(NARROW * 5 + 3, (1 << 20) + 1, 4500),
        /* Several vectors a work-item: the largest squares, narrow and wide, and those that just fit together. */
        block_of(NARROW - 24 * (ps_int128)items - 5, 1, 24 * items + 5),
        block_of(NARROW / 16 - 80 * (ps_int128)items, 1, 80 * items),
        block_of(TOP - 24 * (ps_int128)items - 5, 1, 24 * items + 5),
        block_of(BOTTOM, 3, 16 * items + 9),
        block_of(-8 * (ps_int128)items, 1, 16 * items + 13),
        block_of(0, (UINT64_C(1) << 63) / (4 * items), 8 * items),
    };
    if (index >= COUNT_OF(blocks))
        return false;
    *block = blocks[index];
    return true;
}

static void assert_hostile_blocks(void) {
    const uint64_t items = ps_session_work_items(session);
    ps_block block;
    char what[1024];
    for (unsigned i = 0; hostile_block(i, items, &block); i++) {
        for (size_t n = 0; n < (small ? COUNT_OF(both_kernels) : COUNT_OF(all_needs)); n++) {
            if (!sums_rightly(&block, all_needs[n], what, sizeof what))
                fail_msg("%s", what);
        }
    }
}

/* ---- the tests; first, as drivers are still untouched */

static void some_handler(int number) {
    (void)number;
}

static bool same_action(const struct sigaction *left, const struct sigaction *right) {
    if (left->sa_handler != right->sa_handler || left->sa_flags != right->sa_flags)
        return false;
    for (int number = 1; number < NSIG; number++) {
        if (sigismember(&left->sa_mask, number) != sigismember(&right->sa_mask, number))
            return false;
    }
    return true;
}

static int yes(void *user) {
    (void)user;
    return 1;
}

static parsum_options options_of(const char *selector) {
    parsum_options options;
    parsum_options_init(&options);
    options.engine = "opencl";
    options.device = selector;
    options.statistics = PARSUM_MASK_ALL;
    if (small)
        options.work_group_size = 7;
    return options;
}

/* Listing, opening, running, failing and closing, on every device. */
static void test_signal_handlers_are_as_before(void **state) {
    static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, SIGALRM};
    struct sigaction before[NSIG], after, own = {.sa_handler = some_handler, .sa_flags = SA_RESTART};
    struct sigaction original[COUNT_OF(taken)];
    parsum_device *devices = NULL;
    size_t count = 0;
    (void)state;
    sigemptyset(&own.sa_mask);
    sigaddset(&own.sa_mask, SIGUSR2);
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        sigaction(taken[i], &own, &original[i]);
    for (int number = 1; number < NSIG; number++)
        sigaction(number, NULL, &before[number]);

    parsum_status status = parsum_device_list(&devices, &count, &error);
    parsum_device_list_destroy(devices, count);
    char wrong_selector[] = "there is no such device";
    for (size_t d = 0; d < chosen_count && status == PARSUM_OK; d++) {
        parsum_options options = options_of(listed[chosen[d]].info.selector);
        if (!small)
            status = parsum_device_self_test(&options, &error);
        if (status == PARSUM_OK)
            status = parsum_context_create(&options, &context, &error);
        if (status == PARSUM_OK)
            status = parsum_reduce_ranges(context, &hundred, 1, &result, &error);
        tidy(NULL);
        if (status != PARSUM_OK)
            break;
        options.device = wrong_selector;
        if (parsum_device_self_test(&options, NULL) != PARSUM_NO_DEVICE)
            status = PARSUM_FAILED;
        if (small)
            continue;
        options.device = listed[chosen[d]].info.selector;
        options.kernel_dir = "/nowhere";
        parsum_context_create(&options, &context, &error);
        if (parsum_reduce_ranges(context, &hundred, 1, &result, NULL) != PARSUM_USAGE)
            status = PARSUM_FAILED;
        tidy(NULL);
    }

    char changed[512] = "";
    for (int number = 1; number < NSIG; number++) {
        if (sigaction(number, NULL, &after) == 0 && !same_action(&before[number], &after)) {
            const size_t used = strlen(changed);
            snprintf(changed + used, sizeof changed - used, " %d (%s)", number, strsignal(number));
            sigaction(number, &before[number], NULL);
        }
    }
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        sigaction(taken[i], &original[i], NULL);
    assert_ok(status);
    if (changed[0] != '\0')
        fail_msg("a driver's handlers are left behind for the signals%s", changed);
}

static void drivers_handler(int number) {
    (void)number;
}

static sem_t other_saved, other_may_restore;

static void *save_and_restore(void *argument) {
    ps_signals signals;
    ps_signals_save(&signals);
    sem_post(&other_saved);
    sem_wait(&other_may_restore);
    ps_signals_restore(&signals);
    return argument;
}

/* A thread begins to call a driver while another is still in one, which has its own handlers in place: those are not the
 * caller's, and must not be what stays. The second thread may be made to wait for the first. */
static void test_handlers_of_overlapping_calls(void **state) {
    const struct sigaction own = {.sa_handler = some_handler}, drivers = {.sa_handler = drivers_handler};
    struct sigaction original, after;
    struct timespec limit;
    ps_signals outer, inner;
    pthread_t thread;
    (void)state;
    sem_init(&other_saved, 0, 0);
    sem_init(&other_may_restore, 0, 0);
    sigaction(SIGTERM, &own, &original);
    ps_signals_save(&outer);
    sigaction(SIGTERM, &drivers, NULL);
    assert_int_equal(pthread_create(&thread, NULL, save_and_restore, NULL), 0);
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 1;
    sem_timedwait(&other_saved, &limit);
    ps_signals_restore(&outer);
    sem_post(&other_may_restore);
    pthread_join(thread, NULL);
    sigaction(SIGTERM, NULL, &after);
    sigaction(SIGTERM, &own, NULL);
    const bool overlapping = after.sa_handler == some_handler;
    /* One call within another, as opening a device lists them first. */
    ps_signals_save(&outer);
    sigaction(SIGTERM, &drivers, NULL);
    ps_signals_save(&inner);
    ps_signals_restore(&inner);
    ps_signals_restore(&outer);
    sigaction(SIGTERM, NULL, &after);
    sigaction(SIGTERM, &original, NULL);
    assert_true(after.sa_handler == some_handler);
    assert_true(overlapping);
}

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

static const size_t small_groups[] = {1, 7, 16, 33};

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

/* ---- the engine */

static void create(const parsum_options *options) {
    tidy(NULL);
    assert_ok(parsum_context_create(options, &context, &error));
}

static void reduce(const parsum_range *ranges, size_t count) {
    parsum_result_destroy(result);
    result = NULL;
    assert_ok(parsum_reduce_ranges(context, ranges, count, &result, &error));
}

static void test_the_public_interface(void **state) {
    const parsum_range ranges[] = {{-3, 4, 1}, {9, 9, 2}, {TOP - 5, TOP, 4}};
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        const parsum_device *device = &listed[chosen[d]].info;
        parsum_options options = options_of(device->selector);
        options.chunk = small ? 0 : 1;
        create(&options);
        reduce(ranges, 3);
        parsum_context_destroy(context);
        context = NULL;
        assert_string_equal(result->engine.name, "opencl");
        assert_null(result->engine.isa);
        assert_int_equal(result->engine.workers, 1);
        assert_int_equal(result->engine.device_count, 1);
        assert_string_equal(result->engine.devices[0].selector, device->selector);
        assert_string_equal(result->engine.devices[0].name, device->name);
        assert_string_equal(result->engine.devices[0].platform, device->platform);
        assert_string_equal(result->engine.devices[0].driver, device->driver);
        assert_string_equal(result->engine.devices[0].type, device->type);
        assert_string_equal(result->values[PARSUM_COUNT].text, "9");
        assert_string_equal(result->values[PARSUM_SUM].text, "36893488147419103226");
        assert_string_equal(result->values[PARSUM_MIN].text, "-3");
        assert_string_equal(result->values[PARSUM_MAX].text, "18446744073709551615");
        assert_true(result->verified.ok);
    }
}

static void test_an_empty_range(void **state) {
    const parsum_range nothing = {5, 1, 1};
    (void)state;
    if (small)
        skip();
    for (size_t d = 0; d < chosen_count; d++) {
        const parsum_options options = options_of(listed[chosen[d]].info.selector);
        create(&options);
        reduce(&nothing, 1);
        assert_string_equal(result->values[PARSUM_COUNT].text, "0");
        assert_null(result->values[PARSUM_MIN].text);
        reduce(NULL, 0);
        assert_string_equal(result->values[PARSUM_SUM].text, "0");
    }
}

/* One run over range by all workers of the open engine, which must be right; returns how many workers folded a block. */
static unsigned count_workers_in_a_run(const parsum_range *range, const test_moments *moments) {
    const ps_kind *kind = engine->job->kind;
    const size_t stride = ps_partial_stride(kind);
    ps_source *source = NULL;
    ps_queue *queue = NULL;
    unsigned workers = 0;
    assert_ok(ps_source_ranges(range, 1, &source, &error));
    assert_ok(ps_queue_create(source, engine->job->chunk, engine->workers, &queue, &error));
    char *partials = aligned_alloc(64, stride * engine->workers);
    for (unsigned i = 0; i < engine->workers; i++)
        kind->clear((ps_partial *)(partials + i * stride));
    assert_ok(engine->engine->run(engine, queue, partials, &error));
    ps_integer_partial total;
    kind->clear(&total.head);
    for (unsigned i = 0; i < engine->workers; i++) {
        const ps_partial *partial = (ps_partial *)(partials + i * stride);
        workers += partial->count > 0;
        kind->merge(&total.head, partial);
    }
    test_assert_moments(&total, moments, TEST_NEED_ALL);
    free(partials);
    ps_queue_destroy(queue);
    source->operations->destroy(source);
    return workers;
}

/* All devices pull from one queue. On a busy machine one may come too late for a run: but not for every run. */
static void test_all_devices_share_a_queue(void **state) {
    const parsum_range range = {-500, 300000, 3};
    unsigned most = 0;
    (void)state;
    if (small || getenv("PARSUM_TEST_DEVICE") != NULL)
        skip();
    ps_job job = test_job(1, 250, TEST_NEED_ALL);
    job.device = "all";
    job.device_by_choice = true;
    assert_ok(ps_engine_opencl.open(&job, &engine, &error));
    assert_int_equal(engine->workers, listed_count);
    assert_int_equal(engine->device_count, listed_count);
    test_moments moments;
    test_moments_init(&moments);
    test_moments_add_range(&moments, &range);
    for (unsigned i = 0; i < 100 && most < listed_count; i++) {
        const unsigned workers = count_workers_in_a_run(&range, &moments);
        most = workers > most ? workers : most;
    }
    assert_int_equal(most, listed_count);
    test_moments_clear(&moments);
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

static unsigned polls_left;

static int run_out_of_polls(void *user) {
    (void)user;
    return polls_left-- == 0;
}

static void test_cancellation(void **state) {
    const parsum_range endless = {0, TOP / 4, 1};
    (void)state;
    if (small)
        skip();
    for (size_t d = 0; d < chosen_count; d++) {
        parsum_options options = options_of(listed[chosen[d]].info.selector);
        options.cancelled = run_out_of_polls;
        create(&options);
        polls_left = 5;
        const double start = ps_clock_seconds();
        assert_int_equal(parsum_reduce_ranges(context, &endless, 1, &result, &error), PARSUM_CANCELLED);
        assert_null(result);
        assert_true(ps_clock_seconds() - start < 30);
        polls_left = UINT_MAX;
        reduce(&hundred, 1);
        assert_string_equal(result->values[PARSUM_SUMSQ].text, "338350");
        options.cancelled = yes;
        create(&options);
        assert_int_equal(parsum_reduce_ranges(context, &endless, 1, &result, NULL), PARSUM_CANCELLED);
    }
}

typedef struct caller {
    const char *selector;
    bool right;
} caller;

static void *open_and_sum(void *argument) {
    caller *own = argument;
    own->right = true;
    for (int i = 0; i < 3 && own->right; i++) {
        const parsum_options options = options_of(own->selector);
        parsum_context *mine = NULL;
        parsum_result *outcome = NULL;
        own->right = parsum_context_create(&options, &mine, NULL) == PARSUM_OK &&
                     parsum_reduce_ranges(mine, &hundred, 1, &outcome, NULL) == PARSUM_OK &&
                     strcmp(outcome->values[PARSUM_SUMSQ].text, "338350") == 0;
        parsum_result_destroy(outcome);
        parsum_context_destroy(mine);
    }
    return NULL;
}

/* Different contexts of different threads, on one device and on several; the caller's signal handlers survive that. */
static void test_contexts_of_two_threads_at_once(void **state) {
    struct sigaction own = {.sa_handler = some_handler}, original[NSIG], after;
    static const int taken[] = {SIGINT, SIGTERM, SIGSEGV, SIGBUS};
    caller callers[2];
    pthread_t threads[2];
    (void)state;
    if (small)
        skip();
    for (size_t i = 0; i < COUNT_OF(taken); i++)
        sigaction(taken[i], &own, &original[taken[i]]);
    for (size_t i = 0; i < 2; i++) {
        callers[i].selector = listed[chosen[i % chosen_count]].info.selector;
        if (pthread_create(&threads[i], NULL, open_and_sum, &callers[i]) != 0)
            fail();
    }
    for (size_t i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    int changed = 0;
    for (size_t i = 0; i < COUNT_OF(taken); i++) {
        sigaction(taken[i], NULL, &after);
        if (after.sa_handler != some_handler)
            changed = taken[i];
        sigaction(taken[i], &original[taken[i]], NULL);
    }
    assert_true(callers[0].right && callers[1].right);
    if (changed != 0)
        fail_msg("the handler of signal %d is another one now", changed);
}

static int stop_after_deadline(void *user) {
    return ps_clock_seconds() > *(const double *)user;
}

/* Worker processes started while drivers, their threads and sessions are alive. */
static void test_fork_beside_opencl(void **state) {
    const parsum_range range = {-1000, 200000, 1};
    double deadline = 0;
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        assert_ok(try_session(chosen[d], small ? 7 : 0, NULL));
        assert_block(1, 1, 30, TEST_NEED_ALL);
        for (int i = 0; i < 3; i++) {
            ps_job job = test_job(3, 1000, TEST_NEED_ALL);
            job.monitor.cancelled = stop_after_deadline;
            job.monitor.user = &deadline;
            assert_ok(ps_engine_fork.open(&job, &engine, &error));
            assert_int_equal(engine->workers, 3);
            ps_integer_partial total;
            deadline = ps_clock_seconds() + 20;
            assert_ok(test_engine_run(engine, &range, 1, &total, &error));
            test_moments moments;
            test_moments_init(&moments);
            test_moments_add_range(&moments, &range);
            test_assert_moments(&total, &moments, TEST_NEED_ALL);
            test_moments_clear(&moments);
            assert_block(1, 1, 30, TEST_NEED_ALL); /* the device is none the worse */
            engine->engine->close(engine);
            engine = NULL;
        }
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

#define TEST(function) cmocka_unit_test_setup_teardown(function, guard, tidy)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_signal_handlers_are_as_before),
        TEST(test_handlers_of_overlapping_calls),
        TEST(test_the_embedded_kernels_are_those_on_disk),
        TEST(test_self_tests_pass),
        TEST(test_sums_by_brute_force),
        TEST(test_more_elements_than_a_launch_takes),
        TEST(test_sums_are_added_to_what_is_there),
        TEST(test_every_work_group_size),
        TEST(test_the_public_interface),
        TEST(test_an_empty_range),
        TEST(test_all_devices_share_a_queue),
        TEST(test_work_groups_above_the_maximum),
        TEST(test_cancellation),
        TEST(test_contexts_of_two_threads_at_once),
        TEST(test_fork_beside_opencl),
        TEST(test_a_build_failure_names_file_and_line),
        TEST(test_kernel_folders_that_cannot_be_read),
        TEST(test_a_failing_device_is_passed_over_in_one_sentence),
        TEST(test_wrong_kernels_fail_their_self_test),
        TEST(test_what_follows_a_failed_self_test),
        TEST(test_the_public_self_test),
        TEST(test_selectors),
        TEST(test_selectors_of_very_many_devices),
        TEST(test_names_of_error_codes),
    };
    return cmocka_run_group_tests(tests, find_devices, forget_devices);
}
