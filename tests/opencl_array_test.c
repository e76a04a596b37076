/* opencl_array_test.c - the blocks, their sums number by number, and the device's. */
#include "opencl_array_test.h"

#include "exact/wide.h"

const unsigned kernel_needs[] = {PS_NEED_SUM, PS_NEED_SQUARES, TEST_NEED_ALL, PS_NEED_PRODUCTS};

const parsum_type integers[] = {PARSUM_I8, PARSUM_I16, PARSUM_I32, PARSUM_I64,
                                PARSUM_U8, PARSUM_U16, PARSUM_U32, PARSUM_U64};

static bool is_signed(parsum_type type) {
    return parsum_type_name(type)[0] == 'i';
}

static ps_int128 number_at(const ps_array_block *array, int operand, uint64_t i) {
    const size_t size = parsum_type_size(array->type);
    const unsigned char *bytes = array->data[operand] + (int64_t)i * array->stride_bytes[operand];
    ps_uint128 value = 0;
    for (size_t byte = 0; byte < size; byte++)
        value = value << 8 | bytes[array->swapped[operand] ? byte : size - 1 - byte];
    if (is_signed(array->type) && value >> (8 * size - 1))
        return (ps_int128)value - ((ps_int128)1 << (8 * size));
    return (ps_int128)value;
}

void expect_block(const ps_block *block, test_moments *moments) {
    ps_int128 sum = 0, magnitudes = 0, minimum = 0, maximum = 0, low = 0, high = 0;
    const bool two = block->array.data[1] != NULL;
    for (uint64_t i = 0; i < block->count; i++) {
        const ps_int128 left = number_at(&block->array, 0, i);
        const ps_int128 right = two ? number_at(&block->array, 1, i) : left;
        /* left = h * 2^32 + l with 0 <= l < 2^32, so both products stay below 2^97. */
        const ps_int128 l = (ps_int128)((ps_uint128)left & UINT32_MAX), h = (left - l) / ((ps_int128)1 << 32);
        sum += left;
        magnitudes += left < 0 ? -left : left;
        low += l * right;
        high += h * right;
        minimum = i == 0 || left < minimum ? left : minimum;
        maximum = i == 0 || left > maximum ? left : maximum;
    }
    mpz_t part;
    mpz_init(part);
    moments->count += block->count;
    test_set_int128(part, sum);
    mpz_add(moments->sum, moments->sum, part);
    test_set_int128(part, magnitudes);
    mpz_add(moments->magnitudes, moments->magnitudes, part);
    test_set_int128(part, low);
    mpz_add(moments->squares, moments->squares, part);
    test_set_int128(part, high);
    mpz_mul_2exp(part, part, 32);
    mpz_add(moments->squares, moments->squares, part);
    test_set_int128(moments->minimum, minimum);
    test_set_int128(moments->maximum, maximum);
    mpz_clear(part);
}

static bool wide_is(const ps_wide *found, const mpz_t expected) {
    const ps_wide wide = test_wide_from(expected);
    return ps_wide_equal(found, &wide);
}

bool is_right(const ps_integer_partial *found, const test_moments *moments, unsigned needs) {
    const ps_wide minimum = ps_wide_from_int128(found->minimum),
                  maximum = ps_wide_from_int128(found->maximum);
    return found->head.count == moments->count &&
           (!(needs & PS_NEED_SUM) || wide_is(&found->sum, moments->sum)) &&
           (!(needs & PS_NEED_MAGNITUDES) || wide_is(&found->magnitudes, moments->magnitudes)) &&
           (!(needs & (PS_NEED_SQUARES | PS_NEED_PRODUCTS)) || wide_is(&found->squares, moments->squares)) &&
           (!(needs & PS_NEED_EXTREMES) ||
            (wide_is(&minimum, moments->minimum) && wide_is(&maximum, moments->maximum)));
}

/* Whether the session sums block as it should. */
static bool sums_rightly(const ps_block *block, unsigned needs) {
    ps_integer_partial found;
    test_moments moments;
    ps_kinds[PS_KIND_INTEGER].clear(&found.head);
    assert_ok(ps_session_submit(session, block, needs, &error));
    assert_ok(ps_session_collect(session, &ps_kinds[PS_KIND_INTEGER], &found.head, &error));
    test_moments_init(&moments);
    expect_block(block, &moments);
    const bool right = is_right(&found, &moments, needs);
    test_moments_clear(&moments);
    return right;
}

void assert_sums(const ps_block *block, unsigned needs) {
    if (sums_rightly(block, needs))
        return;
    const ps_array_block *array = &block->array;
    fail_msg("%s, work-items %zu: needs %u, %llu of %s at %zu and %zu, strides %lld and %lld, swapped %d %d",
             ps_session_device(session)->name, ps_session_work_items(session), needs,
             (unsigned long long)block->count, parsum_type_name(array->type),
             (size_t)((uintptr_t)array->data[0] % 4096), (size_t)((uintptr_t)array->data[1] % 4096),
             (long long)array->stride_bytes[0], (long long)array->stride_bytes[1], array->swapped[0],
             array->swapped[1]);
}

void fill(unsigned char *to, size_t bytes, size_t size, unsigned how, test_random *random) {
    for (size_t at = 0; at + size <= bytes; at += size) {
        const uint64_t top = UINT64_C(1) << (8 * size - 1);
        const uint64_t value = how == LEAST      ? top
                               : how == GREATEST ? top - 1
                               : how == ALL_ONES ? UINT64_MAX
                               : how == HOSTILE  ? test_random_hostile(random)
                                                 : test_random_bits(random);
        memcpy(to + at, &value, size);
    }
}

ps_block plain_block(parsum_type type, uint64_t count, size_t shift, unsigned needs, unsigned how,
                     test_random *random) {
    const size_t size = parsum_type_size(type), span = (count * size + shift + 63) / 64 * 64 + 64;
    unsigned char *left = memory_of(2 * span + 64), *right = left + span;
    fill(left, 2 * span, 1, NOISE, random);
    ps_block block = {.kind = PS_BLOCK_ARRAY, .count = count, .array = {.type = type}};
    block.array.data[0] = left + shift;
    fill(left + shift, count * size, size, how, random);
    if (needs & PS_NEED_PRODUCTS) {
        const size_t other = shift / size % 3 * size;
        fill(right + other, count * size, size, how == NOISE ? HOSTILE : how, random);
        block.array.data[1] = right + other;
    }
    block.array.stride_bytes[0] = block.array.stride_bytes[1] = (int64_t)size;
    return block;
}

parsum_status try_arrays(size_t device, size_t work_group_size, const char *kernel_dir) {
    const ps_session_plan plan = {.block_kinds = 1u << PS_BLOCK_ARRAY,
                                  .every_need = true,
                                  .work_group_size = work_group_size,
                                  .kernel_dir = kernel_dir};
    return try_plan(device, &plan);
}
