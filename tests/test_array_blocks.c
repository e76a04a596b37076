/* test_array_blocks.c - blocks of integers, however they lie in memory, on every path of this machine and the emulated
 * ones against a plain loop of the test's own; how blocks are gathered and cut for the paths. */
#include "array_test.h"

/* A block of two operands in its own memory, each strided and swapped as it comes. */
static void assert_block(const ps_block *block) {
    const ps_array_block *array = &block->array;
    const bool two = array->data[1] != NULL;
    reference expected = {0};
    for (uint64_t i = 0; i < block->count; i++) {
        ps_int128 number[2] = {0, 0};
        for (int operand = 0; operand < 1 + two; operand++)
            number[operand] =
                number_at(array->type, array->data[operand] + (int64_t)i * array->stride_bytes[operand],
                          array->swapped[operand]);
        reference_add(&expected, number[0], number[1]);
    }
    for (size_t i = 0; i < paths_for(array->type); i++) {
        const unsigned needs = two ? PS_NEED_PRODUCTS : i % 2 ? ALL_NEEDS : PS_NEED_SUM | PS_NEED_EXTREMES;
        const ps_integer_partial before = start_of(block->count % 2);
        ps_integer_partial partial = before;
        ps_array_fold(paths[i].function, block, needs, &partial);
        assert_partial(&partial, &before, &expected, needs, paths[i].name);
    }
}

/* Numbers apart, backwards, one for all, overlapping, in the other byte order; around one and several buffers full. */
static void blocks(void **state) {
    (void)state;
    enum { MEMORY_BYTES = 700000 };
    test_random random = test_random_start(3);
    unsigned char *const memory = malloc(MEMORY_BYTES);
    assert_non_null(memory);
    fill_hostile(&random, memory, MEMORY_BYTES);
    for (parsum_type type = PARSUM_I8; type <= PARSUM_U64; type++) {
        const int64_t size = (int64_t)size_of(type);
        const int64_t strides[] = {size, -size, 0, 2 * size, -3 * size, 1, size + 1, -11};
        const uint64_t full = 8192 / size_of(type);
        const uint64_t counts[] = {1, 2, 63, full - 1, full, full + 1, 2 * full + 17, 3};
        for (unsigned turn = 0; turn < 64; turn++) {
            ps_block block = {.kind = PS_BLOCK_ARRAY, .count = counts[(turn + turn / 8) % 8]};
            block.array.type = type;
            for (unsigned operand = 0; operand < 1 + turn % 2; operand++) {
                const int64_t stride = strides[(turn / 2 + operand * (1 + turn / 16)) % 8];
                const uint64_t reach_bytes =
                    (block.count - 1) * (uint64_t)(stride < 0 ? -stride : stride) + size_of(type);
                assert_true(reach_bytes <= MEMORY_BYTES);
                const uint64_t at = test_random_below(&random, MEMORY_BYTES - reach_bytes + 1);
                block.array.data[operand] = memory + at + (stride < 0 ? reach_bytes - size_of(type) : 0);
                block.array.stride_bytes[operand] = stride;
                block.array.swapped[operand] = test_random_below(&random, 2);
            }
            assert_block(&block);
        }
    }
    free(memory);
}

static void plain_operands(void **state) {
    (void)state;
    for (parsum_type type = PARSUM_I8; type <= PARSUM_F64; type++) {
        const int64_t size = (int64_t)parsum_type_size(type);
        const ps_array_block block = {
            .stride_bytes = {size, size + 1}, .type = type, .swapped = {false, false}};
        const ps_array_block swapped = {
            .stride_bytes = {-size, size}, .type = type, .swapped = {false, true}};
        assert_true(ps_array_is_plain(&block, 0));
        assert_false(ps_array_is_plain(&block, 1));
        assert_false(ps_array_is_plain(&swapped, 0));
        assert_int_equal(ps_array_is_plain(&swapped, 1), size == 1);
    }
}

/* Numbers from the middle of a block, of every type, floats too; nothing is written behind them. */
static void gathered(void **state) {
    (void)state;
    test_random random = test_random_start(4);
    unsigned char memory[4096], buffer[512];
    fill_hostile(&random, memory, sizeof memory);
    for (parsum_type type = PARSUM_I8; type <= PARSUM_F64; type++) {
        const size_t size = parsum_type_size(type);
        for (int turn = 0; turn < 24; turn++) {
            const int64_t stride = turn < 8 ? (int64_t)size : turn % 2 ? -19 : 13;
            const uint64_t from = test_random_below(&random, 40), count = test_random_below(&random, 60);
            ps_array_block block = {.type = type};
            block.data[1] = memory + 2048;
            block.stride_bytes[1] = stride;
            block.swapped[1] = turn % 4 >= 2;
            memset(buffer, 0xa5, sizeof buffer);
            ps_array_gather(&block, 1, from, count, buffer);
            for (uint64_t i = 0; i < count; i++)
                for (size_t byte = 0; byte < size; byte++)
                    assert_int_equal(buffer[i * size + byte],
                                     block.data[1][(int64_t)(from + i) * stride +
                                                   (int64_t)(block.swapped[1] ? size - 1 - byte : byte)]);
            assert_int_equal(buffer[count * size], 0xa5);
        }
    }
}

/* The calls that ps_array_fold makes, of a path that reads nothing. */
static uint64_t calls, call_count_sum;
static const unsigned char *next_left, *next_right;

static void recording_path(parsum_type type, const unsigned char *left, const unsigned char *right,
                           uint64_t count, unsigned needs, ps_integer_partial *partial) {
    (void)needs;
    assert_true(count >= 1 && count <= PS_ARRAY_COUNT_MAX);
    assert_ptr_equal(left, next_left);
    assert_ptr_equal(right, next_right);
    next_left += count * size_of(type);
    if (next_right != NULL)
        next_right += count * size_of(type);
    calls++;
    call_count_sum += count;
    partial->head.count += count;
}

/* No call takes more than lanes hold, and the pieces are the block. */
static void long_blocks_are_cut(void **state) {
    (void)state;
    static const unsigned char left[1], right[1];
    const uint64_t most = PS_ARRAY_COUNT_MAX;
    const struct {
        uint64_t count, calls;
    } cases[] = {{1, 1}, {most - 1, 1}, {most, 1}, {most + 1, 2}, {3 * most, 3}, {3 * most + 5, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ps_integer_partial partial = start_of(false);
        ps_block block = {.kind = PS_BLOCK_ARRAY, .count = cases[i].count};
        block.array = (ps_array_block){
            .data = {left, i % 2 ? right : NULL}, .stride_bytes = {8, 8}, .type = PARSUM_I64};
        calls = call_count_sum = 0;
        next_left = block.array.data[0];
        next_right = block.array.data[1];
        ps_array_fold(recording_path, &block, PS_NEED_SUM, &partial);
        assert_int_equal(calls, cases[i].calls);
        assert_int_equal(call_count_sum, cases[i].count);
        assert_int_equal(partial.head.count, cases[i].count);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks),
        cmocka_unit_test(plain_operands),
        cmocka_unit_test(gathered),
        cmocka_unit_test(long_blocks_are_cut),
    };
    return cmocka_run_group_tests(tests, find_paths, NULL);
}
