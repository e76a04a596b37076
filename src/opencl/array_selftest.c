/* array_selftest.c - known sums of arrays on a device before its first answer: production's program, options, work-group size
 * and way to the device, on few numbers.
 *
 * What a compiler for a device may get wrong is tried, for each type: sizes around the vectors and the grid, a first number
 * that is not where a vector begins, carries between halves, extremes in any work-item. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "opencl/float_part.h"
#include "opencl/session_parts.h"

enum { PATTERNS = 5 };

/* Sums by the plainest loop there is: fewer than 2^32 numbers, so 128 bits hold everything but squares, whose halves they
 * hold. */
typedef struct plain_sums {
    ps_int128 sum, magnitudes, minimum, maximum;
    ps_int128 low, high; /* of squares or products, which are low + high * 2^64 */
} plain_sums;

/* Bytes of number i: the least, the greatest, -1 and so on in turns, steps that carry, and noise. */
static uint64_t pattern_bits(unsigned pattern, uint64_t i, unsigned bits) {
    const uint64_t top = UINT64_C(1) << (bits - 1);
    switch (pattern) {
    case 0:
        return top;
    case 1:
        return top - 1;
    case 2:
        return UINT64_MAX - (i & 1);
    case 3:
        return i * (top / 16 + 1);
    default:
        return (i + 1) * UINT64_C(0x9e3779b97f4a7c15) >> (i % 7);
    }
}

/* The number that the low bits of pattern are. */
static ps_int128 number_of(uint64_t pattern, parsum_type type) {
    const unsigned bits = 8 * (unsigned)parsum_type_size(type);
    const uint64_t value = bits == 64 ? pattern : pattern & ((UINT64_C(1) << bits) - 1);
    const uint64_t bias = ps_array_bias(type);
    return bias != 0 && value & bias ? (ps_int128)value - ((ps_int128)1 << bits) : (ps_int128)value;
}

static void add_plainly(plain_sums *sums, ps_int128 left, ps_int128 right, bool first) {
    const ps_uint128 left_magnitude = left < 0 ? -(ps_uint128)left : (ps_uint128)left;
    const ps_uint128 right_magnitude = right < 0 ? -(ps_uint128)right : (ps_uint128)right;
    const ps_uint128 product = left_magnitude * right_magnitude; /* of numbers below 2^64 */
    const int sign = (left < 0) == (right < 0) ? 1 : -1;
    sums->sum += left;
    sums->magnitudes += (ps_int128)left_magnitude;
    sums->low += sign * (ps_int128)(uint64_t)product;
    sums->high += sign * (ps_int128)(uint64_t)(product >> 64);
    if (first || left < sums->minimum)
        sums->minimum = left;
    if (first || left > sums->maximum)
        sums->maximum = left;
}

/* Fills both operands of block, which lie in memory of their own, and sums them. */
static void fill(const ps_block *block, unsigned pattern, plain_sums *sums) {
    const ps_array_block *array = &block->array;
    const size_t size = parsum_type_size(array->type);
    *sums = (plain_sums){0};
    for (uint64_t i = 0; i < block->count; i++) {
        const uint64_t left = pattern_bits(pattern, i, 8 * (unsigned)size);
        const uint64_t right = pattern_bits((pattern + i) % PATTERNS, i + 3, 8 * (unsigned)size);
        const bool two = array->data[1] != NULL;
        for (size_t byte = 0; byte < size; byte++) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
            const unsigned shift = 8 * (unsigned)byte;
#else
            const unsigned shift = 8 * (unsigned)(size - 1 - byte);
#endif
            ((unsigned char *)array->data[0])[i * size + byte] = (unsigned char)(left >> shift);
            if (two)
                ((unsigned char *)array->data[1])[i * size + byte] = (unsigned char)(right >> shift);
        }
        const ps_int128 number = number_of(left, array->type);
        add_plainly(sums, number, two ? number_of(right, array->type) : number, i == 0);
    }
}

static ps_wide squares_of(const plain_sums *sums) {
    ps_wide squares = ps_wide_from_int128(sums->low), shifted = {{0, 0, 0, 0}};
    const bool negative = sums->high < 0;
    ps_wide_add_at(&shifted, negative ? -(ps_uint128)sums->high : (ps_uint128)sums->high, 64);
    if (negative)
        ps_wide_subtract(&squares, &shifted);
    else
        ps_wide_add(&squares, &shifted);
    return squares;
}

static bool equals(const ps_wide *found, ps_int128 expected) {
    const ps_wide wide = ps_wide_from_int128(expected);
    return ps_wide_equal(found, &wide);
}

/* What of found is wrong; NULL: nothing. */
static const char *wrong_part(const ps_integer_partial *found, const plain_sums *expected, uint64_t count,
                              unsigned needs) {
    const ps_wide squares = squares_of(expected);
    if (found->head.count != count || (needs & PS_NEED_SUM && !equals(&found->sum, expected->sum)) ||
        (needs & PS_NEED_MAGNITUDES && !equals(&found->magnitudes, expected->magnitudes)))
        return "sum";
    if (needs & PS_NEED_SQUARES && !ps_wide_equal(&found->squares, &squares))
        return "sum of squares";
    if (needs & PS_NEED_PRODUCTS && !ps_wide_equal(&found->squares, &squares))
        return "sum of products";
    if (needs & PS_NEED_EXTREMES &&
        (found->minimum != expected->minimum || found->maximum != expected->maximum))
        return "minimum or maximum";
    return NULL;
}

static parsum_status run_case(ps_session *session, const ps_block *block, unsigned pattern, unsigned needs,
                              parsum_error *error) {
    ps_integer_partial found;
    plain_sums expected;
    fill(block, pattern, &expected);
    ps_kinds[PS_KIND_INTEGER].clear(&found.head);
    parsum_status status = ps_session_submit(session, block, needs, error);
    if (status == PARSUM_OK)
        status = ps_session_collect(session, &ps_kinds[PS_KIND_INTEGER], &found.head, error);
    if (status != PARSUM_OK)
        return status;
    const char *wrong = wrong_part(&found, &expected, block->count, needs);
    if (wrong == NULL)
        return PARSUM_OK;
    const parsum_device *device = ps_session_device(session);
    return ps_fail(error, PARSUM_SELF_TEST,
                   "%s (%s) failed its self-test: the %s of %llu numbers of the type %s is wrong there; use "
                   "another --device, or --engine=pthread",
                   device->name, device->platform, wrong, (unsigned long long)block->count,
                   parsum_type_name(block->array.type));
}

/* All cases of a type; memory has room for two operands of most numbers of eight bytes each, and 64 bytes. */
static parsum_status run_type(ps_session *session, parsum_type type, unsigned needs, unsigned char *memory,
                              uint64_t most, parsum_error *error) {
    const size_t size = parsum_type_size(type);
    const uint64_t counts[] = {1, 64 / size + 3, most / 2 - 1, most};
    parsum_status status = PARSUM_OK;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        /* Long ones once, short ones with every pattern. */
        for (unsigned pattern = 0; pattern < PATTERNS && status == PARSUM_OK; pattern++) {
            ps_block block = {.kind = PS_BLOCK_ARRAY, .count = counts[c], .array = {.type = type}};
            block.array.data[0] = memory + (c + pattern) % 8 * size;
            if (needs & PS_NEED_PRODUCTS)
                block.array.data[1] = memory + 64 + most * size + pattern * size;
            block.array.stride_bytes[0] = block.array.stride_bytes[1] = (int64_t)size;
            status = run_case(session, &block, pattern, needs, error);
        }
    }
    return status;
}

parsum_status ps_session_test_arrays(ps_session *session, unsigned needs, parsum_error *error) {
    parsum_status status = PARSUM_OK;
    for (unsigned type = 0; type < PARSUM_TYPE_COUNT && status == PARSUM_OK; type++) {
        const ps_array_kernel *kernel = ps_array_kernel_find((parsum_type)type, needs);
        if (kernel == NULL || session->arrays.kernels[ps_array_kernel_index(kernel)] == NULL)
            continue;
        if (PS_ARRAY_FLOATS & 1u << type) {
            status = ps_float_part_test(session, (parsum_type)type, needs, error);
            continue;
        }
        /* Two vectors a work-item and a rest; a vector of sums is 64 bytes. */
        const size_t size = parsum_type_size((parsum_type)type);
        const uint64_t lanes = kernel->needs == PS_NEED_SUM ? 64 / size : 8;
        const uint64_t most = 2 * lanes * ps_session_work_items(session) + 13;
        unsigned char *memory = aligned_alloc(64, (2 * most * size + 4 * 64 + 63) / 64 * 64);
        if (memory == NULL)
            return ps_fail_memory(error, "the self-test");
        status = run_type(session, (parsum_type)type, needs, memory, most, error);
        free(memory);
    }
    return status;
}
