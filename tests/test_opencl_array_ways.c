/* test_opencl_array_ways.c - blocks of arrays on every device of the environment that it runs in (tests/cli/with_opencl.py), or
 * on the one that PARSUM_TEST_DEVICE names: every way of numbers to the device. */
#include <sys/mman.h>

#include "opencl_array_test.h"

/* Strided, backwards, on one spot, unaligned, in the other byte order; each operand in its own way. */
static ps_block odd_block(parsum_type type, uint64_t count, unsigned needs, test_random *random) {
    const int64_t size = (int64_t)parsum_type_size(type);
    const int64_t strides[] = {size, -size, 0, 3 * size, size + 1, -2 * size - 1};
    const size_t span = (size_t)count * (3 * (size_t)size + 1) + 64;
    unsigned char *start = memory_of(2 * span);
    fill(start, 2 * span, 1, NOISE, random);
    ps_block block = {.kind = PS_BLOCK_ARRAY, .count = count, .array = {.type = type}};
    for (int operand = 0; operand < (needs & PS_NEED_PRODUCTS ? 2 : 1); operand++) {
        const int64_t stride = strides[test_random_below(random, COUNT_OF(strides))];
        const size_t shift = test_random_below(random, 40);
        unsigned char *first = start + operand * span + shift;
        block.array.data[operand] = stride < 0 ? first + (int64_t)(count - 1) * -stride : first;
        block.array.stride_bytes[operand] = stride;
        block.array.swapped[operand] = test_random_below(random, 2);
    }
    return block;
}

static void assert_odd_blocks(unsigned times, uint64_t most, test_random *random) {
    for (unsigned i = 0; i < times; i++) {
        const parsum_type type = integers[test_random_below(random, INTEGERS)];
        const unsigned needs = kernel_needs[i % KERNEL_NEEDS];
        const ps_block block = odd_block(type, 1 + test_random_below(random, most), needs, random);
        assert_sums(&block, needs);
    }
}

static void test_numbers_that_must_be_gathered(void **state) {
    test_random random = test_random_start(23);
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        assert_ok(try_arrays(chosen[d], small ? 3 : 0, NULL));
        assert_odd_blocks(small ? 8 : 300, small ? 100 : 3000, &random);
        assert_true(ps_session_get_seconds(session).transfer > 0);
    }
}

/* As on a device with memory of its own: in launches of a page, more of them than are in flight, shared out both ways. */
static void test_numbers_that_are_copied(void **state) {
    test_random random = test_random_start(24);
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        for (int interleaved = 0; interleaved < 2; interleaved++) {
            assert_ok(try_arrays(chosen[d], small ? 3 : 0, NULL));
            ps_session_copy_arrays(session, small ? 512 : 4096, interleaved);
            assert_int_equal(ps_session_want(session), (small ? 512 : 4096) / 8);
            assert_odd_blocks(small ? 4 : 100, small ? 150 : 20000, &random);
            for (size_t n = 0; n < KERNEL_NEEDS; n++) {
                const ps_block block = plain_block(integers[n * 2 + (size_t)interleaved], small ? 200 : 50001,
                                                   24, kernel_needs[n], HOSTILE, &random);
                assert_sums(&block, kernel_needs[n]);
            }
            assert_true(ps_session_get_seconds(session).transfer > 0);
        }
    }
}

/* Mapped files may be read and no more, and a mapping may begin and end where the numbers do. */
static void test_memory_that_cannot_be_written(void **state) {
    test_random random = test_random_start(25);
    enum { PAGES = 4, BYTES = PAGES * 4096 };
    (void)state;
    unsigned char *around = mmap(NULL, BYTES + 2 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(around != MAP_FAILED);
    unsigned char *pages = around + 4096;
    assert_int_equal(mprotect(pages, BYTES, PROT_READ | PROT_WRITE), 0);
    fill(pages, BYTES, 8, HOSTILE, &random);
    assert_int_equal(mprotect(pages, BYTES, PROT_READ), 0);
    for (size_t d = 0; d < chosen_count; d++) {
        assert_ok(try_arrays(chosen[d], small ? 3 : 0, NULL));
        for (size_t t = 0; t < (small ? 2 : INTEGERS); t++) {
            const size_t size = parsum_type_size(integers[t]);
            for (unsigned skipped = 0; skipped < (small ? 1 : 80); skipped += 13) {
                ps_block block = {
                    .kind = PS_BLOCK_ARRAY, .count = BYTES / size - skipped, .array = {.type = integers[t]}};
                block.array.data[0] = pages + skipped * size;
                block.array.stride_bytes[0] = (int64_t)size;
                assert_sums(&block, TEST_NEED_ALL);
                block.array.data[0] = pages;
                assert_sums(&block, PS_NEED_SUM);
            }
        }
    }
    close_session();
    munmap(around, BYTES + 2 * 4096);
}

/* Blocks come back in the order in which they were submitted, each with its own sums. */
static void test_two_blocks_in_flight(void **state) {
    test_random random = test_random_start(26);
    enum { BLOCKS = 9 };
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        assert_ok(try_arrays(chosen[d], small ? 3 : 0, NULL));
        const uint64_t most = small ? 40 : 30000;
        const ps_block all = plain_block(PARSUM_I64, BLOCKS * most, 16, 0, HOSTILE, &random);
        ps_block blocks[BLOCKS], rest = all;
        for (unsigned i = 0; i < BLOCKS; i++)
            blocks[i] = ps_block_take(&rest, most - i);
        for (unsigned i = 0; i < BLOCKS + 1; i++) {
            if (i < BLOCKS)
                assert_ok(ps_session_submit(session, &blocks[i], TEST_NEED_ALL, &error));
            if (i == 0)
                continue;
            ps_integer_partial found;
            test_moments moments;
            ps_kinds[PS_KIND_INTEGER].clear(&found.head);
            assert_ok(ps_session_collect(session, &ps_kinds[PS_KIND_INTEGER], &found.head, &error));
            test_moments_init(&moments);
            expect_block(&blocks[i - 1], &moments);
            assert_true(is_right(&found, &moments, TEST_NEED_ALL));
            test_moments_clear(&moments);
        }
        /* A third is refused, and after that none is in flight. */
        assert_ok(ps_session_submit(session, &blocks[0], TEST_NEED_ALL, &error));
        assert_ok(ps_session_submit(session, &blocks[1], TEST_NEED_ALL, &error));
        assert_int_equal(ps_session_submit(session, &blocks[2], TEST_NEED_ALL, &error), PARSUM_FAILED);
        /* A session closed with blocks in flight waits for them. */
        assert_ok(try_arrays(chosen[d], small ? 3 : 0, NULL));
        assert_ok(ps_session_submit(session, &blocks[0], TEST_NEED_ALL, &error));
        close_session();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_numbers_that_must_be_gathered),
        TEST(test_numbers_that_are_copied),
        TEST(test_memory_that_cannot_be_written),
        TEST(test_two_blocks_in_flight),
    };
    return cmocka_run_group_tests(tests, find_devices, forget_devices);
}
