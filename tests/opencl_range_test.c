/* opencl_range_test.c - the blocks, their sums by brute force, and the device's. */
#include "opencl_range_test.h"

#include "exact/reference.h"

parsum_status try_session(size_t device, size_t work_group_size, const char *kernel_dir) {
    const ps_session_plan plan = {.work_group_size = work_group_size, .kernel_dir = kernel_dir};
    return try_plan(device, &plan);
}

ps_block block_of(ps_int128 first, uint64_t step, uint64_t count) {
    return (ps_block){.kind = PS_BLOCK_RANGE, .count = count, .range = {.first = first, .step = step}};
}

parsum_range range_of(const ps_block *block) {
    const ps_int128 last = block->range.first + (ps_int128)(block->count - 1) * block->range.step;
    return (parsum_range){block->range.first, last + 1, block->range.step};
}

void expect_block(const ps_block *block, ps_integer_partial *expected) {
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

bool is_right(const ps_integer_partial *found, const ps_integer_partial *expected, unsigned needs) {
    return found->head.count == expected->head.count &&
           (!(needs & PS_NEED_SUM) || ps_wide_equal(&found->sum, &expected->sum)) &&
           (!(needs & PS_NEED_SQUARES) || ps_wide_equal(&found->squares, &expected->squares)) &&
           (!(needs & PS_NEED_MAGNITUDES) || ps_wide_equal(&found->magnitudes, &expected->magnitudes)) &&
           (!(needs & PS_NEED_EXTREMES) ||
            (found->minimum == expected->minimum && found->maximum == expected->maximum));
}

bool sums_rightly(const ps_block *block, unsigned needs, char *what, size_t size) {
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

void assert_block(ps_int128 first, uint64_t step, uint64_t count, unsigned needs) {
    char what[1024];
    const ps_block block = block_of(first, step, count);
    if (!sums_rightly(&block, needs, what, sizeof what))
        fail_msg("%s", what);
}

const unsigned both_kernels[2] = {PS_NEED_SQUARES, TEST_NEED_ALL};

/* The same, and all that they are for. */
static const unsigned all_needs[] = {PS_NEED_SQUARES,    TEST_NEED_ALL,
                                     PS_NEED_SUM,        PS_NEED_SUM | PS_NEED_SQUARES,
                                     PS_NEED_MAGNITUDES, PS_NEED_EXTREMES};

bool hostile_block(unsigned index, uint64_t items, ps_block *block) {
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

void assert_hostile_blocks(void) {
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
