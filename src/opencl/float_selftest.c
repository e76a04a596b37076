/* float_selftest.c - known sums of floats on a device before its first answer, as array_selftest.c has it for integers.
 *
 * What a device may get wrong is tried: rounding other than to nearest, contracted or reordered operations, errors of products,
 * subnormals flushed to zero, infinities and NaNs passed over, significands of full length, remainders below the last slice,
 * products below it, and products lost below all doubles.
 * The expected sums are made number by number in integers (binary.h). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "opencl/float_part.h"

enum { PATTERNS = 9, ODD_PLACE = 29, PERIOD = 101 };
enum { LARGE_LAST = PATTERNS, SMALL_LAST, TILE_PATTERNS_END }; /* for two tiles a work-item */
/* FLOAT_PAIRS_MAX of float.cl; numbers */
enum { TILE_PAIRS_DOUBLES = 511, TILE_PAIRS_FLOATS = 1023, VECTOR = 8 };

static double from_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* A significand of full length, from 1 to 2, of either sign. */
static double noise(uint64_t i, bool narrow) {
    const uint64_t bits = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    const uint64_t cut = narrow ? UINT64_C(0xffffffffe0000000) : UINT64_MAX;
    return from_bits((bits & UINT64_C(0x800fffffffffffff) & cut) | UINT64_C(0x3ff0000000000000));
}

/* Number i of count of a pattern. The odd one out among others stands where the host's sample of numbers does not look. */
static double pattern_number(unsigned pattern, uint64_t i, uint64_t count, bool narrow) {
    const double least = narrow ? 0x1p-149 : 0x1p-1074;
    const bool odd = i % PERIOD == ODD_PLACE;
    switch (pattern) {
    case 0:
        return noise(i, narrow);
    case 1: /* cancels but for the least bits */
        return i % 3 == 0   ? noise(i, narrow)
               : i % 3 == 1 ? -noise(i - 1, narrow)
                            : ldexp(1, -20 - (int)(i % 20));
    case 2: /* halves of units, both ways */
        return i % 2 == 0 ? ldexp(noise(0, narrow), (int)(i % 9)) : ldexp(i % 4 == 1 ? 1 : -1, -53);
    case 3:
        return odd ? least : noise(i, narrow);
    case 4:
        return odd ? INFINITY : i % PERIOD == ODD_PLACE + 40 ? -0.0 : noise(i, narrow);
    case 5:
        return odd ? NAN : 0;
    case 6: /* a product of no bits that a double has, in a vector */
        return i == ODD_PLACE ? ldexp(1, narrow ? -149 : -600) : noise(i, narrow);
    case 7: /* one whose square has bits below the slices of the others' */
        return ldexp(noise(i, narrow), i == ODD_PLACE ? -25 : 0);
    case LARGE_LAST: /* beyond the window of those before */
        return ldexp(noise(i, narrow), i + VECTOR < count ? 0 : 4 + (int)(i % 4));
    case SMALL_LAST: /* below its last unit */
        return ldexp(noise(i, narrow), i + VECTOR < count ? 0 : -(int)(i % 4) - (narrow ? 27 : 50));
    default: /* around the ends of the slices */
        return ldexp(noise(i, narrow), odd ? 5 - (int)(i % 4) : -(int)(i % 60));
    }
}

static void store(unsigned char *to, uint64_t i, double value, bool narrow) {
    const float narrow_value = (float)value; /* exact: all patterns of floats are floats */
    if (narrow)
        memcpy(to + i * sizeof narrow_value, &narrow_value, sizeof narrow_value);
    else
        memcpy(to + i * sizeof value, &value, sizeof value);
}

/* Fills the block's memory, and sums it. */
static void fill(const ps_block *block, unsigned pattern, unsigned needs, ps_float_partial *sums) {
    const ps_array_block *array = &block->array;
    const bool narrow = array->type == PARSUM_F32, two = array->data[1] != NULL;
    ps_float_clear(&sums->head);
    for (uint64_t i = 0; i < block->count; i++) {
        const double left = pattern_number(pattern, i, block->count, narrow);
        const unsigned other = pattern >= PATTERNS ? pattern : (pattern + i % 2) % PATTERNS;
        const double right = pattern_number(other, i, block->count, narrow);
        store((unsigned char *)array->data[0], i, left, narrow);
        if (two)
            store((unsigned char *)array->data[1], i, right, narrow);
        if (two)
            ps_float_add_product(sums, left, right);
        else
            ps_float_add(sums, left, needs);
    }
}

static bool is_right(const ps_float_partial *found, const ps_float_partial *expected) {
    return found->head.count == expected->head.count &&
           memcmp(&found->sum, &expected->sum, sizeof found->sum) == 0 &&
           memcmp(&found->squares, &expected->squares, sizeof found->squares) == 0 &&
           memcmp(&found->magnitudes, &expected->magnitudes, sizeof found->magnitudes) == 0 &&
           memcmp(&found->minimum, &expected->minimum, sizeof found->minimum) == 0 &&
           memcmp(&found->maximum, &expected->maximum, sizeof found->maximum) == 0;
}

static parsum_status run_case(ps_session *session, const ps_block *block, unsigned pattern, unsigned needs,
                              parsum_error *error) {
    ps_float_partial found, expected;
    fill(block, pattern, needs, &expected);
    ps_float_clear(&found.head);
    parsum_status status = ps_session_submit(session, block, needs, error);
    if (status == PARSUM_OK)
        status = ps_session_collect(session, &ps_kinds[PS_KIND_FLOAT], &found.head, error);
    if (status != PARSUM_OK || is_right(&found, &expected))
        return status;
    const parsum_device *device = ps_session_device(session);
    return ps_fail(
        error, PARSUM_SELF_TEST,
        "%s (%s) failed its self-test: the sums of %llu numbers of the type %s are wrong there; use "
        "another --device, or --engine=pthread",
        device->name, device->platform, (unsigned long long)block->count,
        parsum_type_name(block->array.type));
}

/* Memory has room for two operands of most numbers, and 256 bytes. */
static parsum_status run_patterns(ps_session *session, parsum_type type, unsigned needs,
                                  unsigned char *memory, uint64_t most, parsum_error *error) {
    const size_t size = parsum_type_size(type);
    /* Two vectors a work-item and a rest. */
    const uint64_t counts[] = {64 / size + 3, 2 * VECTOR * ps_session_work_items(session) + 13};
    parsum_status status = PARSUM_OK;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        for (unsigned pattern = 0; pattern < PATTERNS && status == PARSUM_OK; pattern++) {
            ps_block block = {.kind = PS_BLOCK_ARRAY, .count = counts[c], .array = {.type = type}};
            block.array.data[0] = memory + pattern % 4 * size;
            if (needs & PS_NEED_PRODUCTS)
                block.array.data[1] = memory + 64 + most * size + pattern * size;
            block.array.stride_bytes[0] = block.array.stride_bytes[1] = (int64_t)size;
            status = run_case(session, &block, pattern, needs, error);
        }
    }
    return status;
}

/* Two tiles a work-item, of which the last of all does not fit the window of the first. */
static parsum_status run_two_tiles(ps_session *session, parsum_type type, unsigned needs,
                                   unsigned char *memory, uint64_t count, parsum_error *error) {
    parsum_status status = PARSUM_OK;
    const size_t size = parsum_type_size(type);
    ps_block block = {.kind = PS_BLOCK_ARRAY, .count = count, .array = {.type = type}};
    block.array.data[0] = memory;
    if (needs & PS_NEED_PRODUCTS)
        block.array.data[1] = memory + count * size;
    block.array.stride_bytes[0] = block.array.stride_bytes[1] = (int64_t)size;
    for (unsigned pattern = PATTERNS; pattern < TILE_PATTERNS_END && status == PARSUM_OK; pattern++)
        status = run_case(session, &block, pattern, needs, error);
    return status;
}

parsum_status ps_float_part_test(ps_session *session, parsum_type type, unsigned needs, parsum_error *error) {
    const size_t groups = session->active_groups, size = parsum_type_size(type);
    /* More than the patterns need with all groups, which are few in a self-test. */
    const uint64_t pairs = (type == PARSUM_F32 ? TILE_PAIRS_FLOATS : TILE_PAIRS_DOUBLES) + 1;
    const uint64_t most = 2 * pairs * VECTOR * session->work_group_size;
    unsigned char *memory = aligned_alloc(64, 2 * most * size + 4 * 64);
    if (memory == NULL)
        return ps_fail_memory(error, "the self-test");
    parsum_status status = run_patterns(session, type, needs, memory, most, error);
    session->active_groups = 1;
    if (status == PARSUM_OK)
        status = run_two_tiles(session, type, needs, memory, most, error);
    session->active_groups = groups;
    free(memory);
    return status;
}
