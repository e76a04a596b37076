/* test_opencl_arrays.c - blocks of arrays on every device of the environment that it runs in (tests/cli/with_opencl.py), or
 * on the one that PARSUM_TEST_DEVICE names: sums of every type by every kernel, in every
 * work-group. */
#include "opencl/array_kernels.h"
#include "opencl_array_test.h"

/* Needs that choose each kernel, and some that are served by part of what one finds. */
static const unsigned all_needs[] = {PS_NEED_SUM,
                                     PS_NEED_SQUARES,
                                     PS_NEED_SUM | PS_NEED_SQUARES,
                                     TEST_NEED_ALL,
                                     PS_NEED_PRODUCTS,
                                     PS_NEED_MAGNITUDES,
                                     PS_NEED_EXTREMES,
                                     0,
                                     PS_NEED_SUM | PS_NEED_MAGNITUDES};

static void test_self_tests_pass(void **state) {
    static const size_t groups[] = {0, 7, 96};
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        for (size_t g = 0; g < (small ? 1 : COUNT_OF(groups)); g++) {
            assert_ok(try_arrays(chosen[d], small ? 3 : groups[g], NULL));
            for (size_t n = 0; n < KERNEL_NEEDS; n++)
                assert_ok(ps_session_self_test(session, kernel_needs[n], &error));
            assert_true(ps_session_get_seconds(session).transfer == 0);
        }
    }
}

/* Every type, need and size around vectors and grid, at several places in memory, with numbers that carry. */
static void test_sums_by_brute_force(void **state) {
    test_random random = test_random_start(20);
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        assert_ok(try_arrays(chosen[d], small ? 3 : 0, NULL));
        const uint64_t items = ps_session_work_items(session);
        for (size_t t = 0; t < INTEGERS; t++) {
            const size_t size = parsum_type_size(integers[t]);
            const uint64_t counts[] = {1,
                                       2,
                                       7,
                                       8,
                                       9,
                                       63 / size + 1,
                                       64 / size,
                                       64 / size + 1,
                                       129,
                                       8 * items - 1,
                                       8 * items,
                                       8 * items + 1,
                                       64 * items / size + 64 / size + 5};
            for (size_t c = 0; c < COUNT_OF(counts); c++) {
                for (size_t n = 0; n < COUNT_OF(all_needs); n++) {
                    if (small && (c * 5 + n + t) % 11 != 0)
                        continue;
                    const ps_block block =
                        plain_block(integers[t], counts[c], size * test_random_below(&random, 70),
                                    all_needs[n], (unsigned)test_random_below(&random, FILLS), &random);
                    assert_sums(&block, all_needs[n]);
                }
            }
        }
    }
}

/* Many of the largest terms in a work-item, which fill bins faster than others. */
static void test_the_largest_terms(void **state) {
    test_random random = test_random_start(21);
    (void)state;
    if (small)
        skip();
    for (size_t d = 0; d < chosen_count; d++) {
        assert_ok(try_arrays(chosen[d], 0, NULL));
        ps_session_limit_groups(session, 1);
        for (size_t t = 0; t < INTEGERS; t++) {
            for (unsigned how = LEAST; how <= ALL_ONES; how++) {
                for (size_t n = 0; n < KERNEL_NEEDS; n++) {
                    const ps_block block = plain_block(integers[t], 70001, 8, kernel_needs[n], how, &random);
                    assert_sums(&block, kernel_needs[n]);
                }
            }
        }
    }
}

/* The largest work-group a device takes, by the message that refuses one above it. */
static size_t work_group_maximum(size_t device) {
    assert_int_equal(try_arrays(device, SIZE_MAX, NULL), PARSUM_USAGE);
    const char *number = strstr(error.message, "which is ");
    assert_non_null(number);
    return strtoul(number + strlen("which is "), NULL, 10);
}

static void test_every_work_group_size(void **state) {
    test_random random = test_random_start(22);
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        const size_t maximum = work_group_maximum(chosen[d]);
        assert_in_range(maximum, 1, 1 << 20);
        const size_t sizes[] = {1, 7, 96, 256, maximum};
        for (size_t s = 0; s < (small ? 2 : COUNT_OF(sizes)); s++) {
            if (sizes[s] > maximum)
                continue;
            assert_ok(try_arrays(chosen[d], sizes[s], NULL));
            for (unsigned i = 0; i < (small ? 4u : 64u); i++) {
                const parsum_type type = integers[i % INTEGERS];
                const unsigned needs = kernel_needs[i / 8 % KERNEL_NEEDS];
                const uint64_t count = small ? 200 : 16 * ps_session_work_items(session) + i * 7;
                const ps_block block = plain_block(type, count, parsum_type_size(type) * (i % 9), needs,
                                                   i % 2 ? HOSTILE : NOISE, &random);
                assert_sums(&block, needs);
            }
        }
    }
}
/* Only what the plan asks for is built; the rest is refused. */
static void test_a_type_that_was_not_planned(void **state) {
    test_random random = test_random_start(27);
    const ps_session_plan plan = {.block_kinds = 1u << PS_BLOCK_ARRAY,
                                  .types = 1u << PARSUM_I16,
                                  .needs = PS_NEED_SQUARES,
                                  .work_group_size = 3};
    (void)state;
    assert_ok(try_plan(chosen[0], &plan));
    assert_ok(ps_session_self_test(session, PS_NEED_SQUARES, &error));
    ps_block block = plain_block(PARSUM_I16, 100, 0, 0, NOISE, &random);
    assert_sums(&block, PS_NEED_SQUARES);
    block = plain_block(PARSUM_I64, 100, 0, 0, NOISE, &random);
    assert_int_equal(ps_session_submit(session, &block, PS_NEED_SQUARES, &error), PARSUM_FAILED);
    assert_non_null(strstr(error.message, "i64"));
    assert_null(ps_array_kernel_find(PARSUM_F64, PS_NEED_SUM | PS_NEED_PRODUCTS));
}
/* ---- kernels with one fault each, which must not pass the self-test */

static const struct {
    const char *file, *from, *to;
    unsigned needs;
} faults[] = {
    /* Who sums what. */
    {"array.cl", "(vectors + items - 1UL) / items", "vectors / items", PS_NEED_SUM},
    {"array.cl", "min(own.begin + run, vectors)", "own.begin + run", PS_NEED_SUM},
    {"array.cl", "i < own.head ? i : i + own.in_vectors", "i + own.in_vectors", PS_NEED_SUM},
    {"array.cl", "own.rest = count - own.in_vectors;", "own.rest = own.head;", PS_NEED_SUM},
    {"array.cl", "bins[get_group_id(0) * PS_ARRAY_BINS + bin]", "bins[bin]", PS_NEED_SUM},
    {"array.cl", "convert_uint8(vload8(at, bytes))",
     "convert_uint8(vload8(at, (__global const char *)bytes))", PS_NEED_SQUARES},
    /* Arithmetic. */
    {"array_sum.cl", "u >> 8 & 0x00ff00ff00ff00ffUL", "u >> 8 & 0x00ff00ff00ff007fUL", PS_NEED_SUM},
    {"array_sum.cl", "if (size <= 2u)", "if (size == 2u)", PS_NEED_SUM},
    {"array_sum.cl", "high += fields >> 32;", "high += fields >> 33;", PS_NEED_SUM},
    {"array.cl", "add(middle + ahead);", "add(own.begin + ahead);", PS_NEED_SUM},
    {"array.cl", "if (own_count % 2UL != 0UL)", "if (own_count == 1UL)", PS_NEED_SUM},
    {"array_terms.cl", "sum->high += term >> 32;", "sum->high += term >> 33;", PS_NEED_SQUARES},
    {"array_terms.cl", "sum->total - (sum->high << 32)", "sum->total - sum->high", PS_NEED_SQUARES},
    {"array_terms.cl", "split_add(&sums->square, high * high);", "split_add(&sums->square, low * high);",
     PS_NEED_SQUARES},
    {"array_terms.cl", "split_add(&sums->hh, h * h);", "split_add(&sums->hh, (h & 0x7fffffffUL) * h);",
     PS_NEED_SQUARES},
    {"array_terms.cl", "bins[PS_ARRAY_CROSS_HIGH] *= 2UL;", "", PS_NEED_SQUARES},
    {"array_moments.cl", "sums->least = min(sums->least, key);", "sums->least = key;", TEST_NEED_ALL},
    {"array_moments.cl", "sums->greatest = max(sums->greatest, u);", "sums->greatest = u;", TEST_NEED_ALL},
    {"array_moments.cl", "as_ulong4(max(u, floor) - floor)", "as_ulong4(u - floor)", TEST_NEED_ALL},
    {"array_moments.cl", "as_ulong4(sums.least) ^ top", "as_ulong4(sums.least)", TEST_NEED_ALL},
    {"array_products.cl", "split_add(&sums->cross, h * m);", "split_add(&sums->cross, h * k);",
     PS_NEED_PRODUCTS},
    {"array_products.cl", "split_add(&sums->hh, h * k);", "split_add(&sums->hh, l * k);", PS_NEED_PRODUCTS},
    {"array_products.cl", "split_add(&sums->right, v);", "split_add(&sums->right, u);", PS_NEED_PRODUCTS},
};

static void test_wrong_kernels_fail_their_self_test(void **state) {
    unsigned missed = 0;
    (void)state;
    const ps_opencl_device *device = &listed[chosen[chosen_count - 1]];
    if (small || (chosen_count > 1 && device->platform == listed[chosen[0]].platform))
        skip(); /* one device a platform says what its compiler does */
    for (size_t f = 0; f < COUNT_OF(faults); f++) {
        const ps_session_plan plan = {
            .block_kinds = 1u << PS_BLOCK_ARRAY, .needs = faults[f].needs, .kernel_dir = folder};
        restore_kernels();
        plant(faults[f].file, faults[f].from, faults[f].to);
        if (is_left_out(f))
            continue;
        assert_ok(try_plan(chosen[chosen_count - 1], &plan));
        if (ps_session_self_test(session, faults[f].needs, &error) != PARSUM_SELF_TEST) {
            printf("the self-test misses: %s\n", faults[f].to);
            missed++;
            continue;
        }
        assert_int_equal(error.status, PARSUM_SELF_TEST);
        assert_non_null(strstr(error.message, device->info.name));
    }
    restore_kernels();
    assert_int_equal(missed, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_self_tests_pass),
        TEST(test_sums_by_brute_force),
        TEST(test_the_largest_terms),
        TEST(test_every_work_group_size),
        TEST(test_a_type_that_was_not_planned),
        TEST(test_wrong_kernels_fail_their_self_test),
    };
    return cmocka_run_group_tests(tests, find_devices, forget_devices);
}
