/* test_opencl_floats.c - blocks of floats and doubles on every device of the environment that it runs in
 * (tests/cli/with_opencl.py), or on the one that PARSUM_TEST_DEVICE names, by slices and by integers alone: against sums that
 * are made number by number (ps_float_add). */
#include "float_support.h"
#include "opencl/array_kernels.h"
#include "opencl_test.h"

/* Each chooses another kernel; the last two are served by part of what one finds. */
static const unsigned all_needs[] = {PS_NEED_SUM,      PS_NEED_SQUARES,    TEST_NEED_ALL,
                                     PS_NEED_PRODUCTS, PS_NEED_MAGNITUDES, PS_NEED_EXTREMES | PS_NEED_SUM};
enum { KERNELS = 4 };
static const parsum_type types[] = {PARSUM_F64, PARSUM_F32};

/* ---- numbers in memory, and what they sum to */

enum {
    UNIFORM,
    NORMAL,
    SAME_SIGN,
    WIDE,         /* 60 binades */
    FULL_RANGE,   /* any finite number, subnormals among them */
    EDGES,        /* at the ends of what the first tile's window holds, behind that tile */
    EDGE_LARGEST, /* the largest, or units, that the window just takes, and that it just does not */
    EDGE_UNITS_FLOATS,
    EDGE_UNITS_TWO,   /* doubles in two slices */
    EDGE_UNITS_THREE, /* doubles in three slices */
    EDGE_RESTS_TWO,   /* what the first slices leave, as much as can be and in the least units */
    EDGE_RESTS_THREE,
    EDGE_WIDE,  /* too far apart for three slices, but for zeros at their ends */
    LEAST,      /* one in some tiles with a square around the least that the fast loop takes */
    REMAINDERS, /* few bits of few numbers below the last slice */
    SPECIALS,   /* infinities and NaNs here and there */
    ZEROS,      /* of both signs, few others */
    TINY,       /* products that lose bits, or vanish */
    HUGE_ONES,  /* products that overflow */
    CANCELLING,
    FILLS
};

enum { TILED = 80000 }; /* numbers of a list of many tiles for two work-items */

static double unit_noise(test_random *random) {
    return ldexp((double)(test_random_bits(random) >> 11), -53);
}

static double signed_noise(test_random *random) {
    return (test_random_bits(random) & 1 ? 1 : -1) * (1 + unit_noise(random));
}

/* A work-item has TILED / 2 numbers in two streams; its first tile, of 8184 floats or 4088 doubles of each, makes the window
 * (k = 4). Of doubles these are two tiles, and of those behind the third one is mixed. */
static bool is_in_first_tile(uint64_t i) {
    return i % (TILED / 4) < 8184;
}

/* From 1 to 2 but for few numbers that the first work-item's window just takes and the second one's just does not: not in
 * its first tile. */
static double edge(uint64_t i, uint64_t pick, int last, int beyond, test_random *random) {
    const double value = signed_noise(random);
    return is_in_first_tile(i) || pick > 3 ? value : ldexp(value, i < TILED / 2 ? last : beyond);
}

/* From 1 to 2, and every second one far below, so that a window has three slices. */
static double wide_noise(uint64_t i, test_random *random) {
    return ldexp(signed_noise(random), i % 2 ? -60 : 0);
}

/* Of significands of full length, what slices of units of 2^(half + 1) leave as much of as can be: just below 2^half. */
static double largest_rest(int exponent, int half, test_random *random) {
    const double units = 1 + (double)test_random_below(random, 1000);
    return ldexp(1, exponent) + ldexp(1, half) - ldexp(units, exponent - 52);
}

/* Powers of two, in the first tile of 140 binades, and few that three slices (k = 4) just take or just do not. */
static double wide_edge(uint64_t i, uint64_t pick, test_random *random) {
    const int sign = test_random_below(random, 2) ? -1 : 1, beyond = i < TILED / 2 ? 0 : 1;
    if (is_in_first_tile(i) || pick > 3)
        return ldexp(sign, -(int)(i % 140));
    return pick % 2 ? ldexp(sign, 2 + 2 * beyond) : ldexp(sign, -152 - beyond);
}

static double number_of(unsigned how, uint64_t i, test_random *random) {
    const uint64_t pick = test_random_below(random, 1000);
    switch (how) {
    case UNIFORM:
        return unit_noise(random);
    case NORMAL:
        return (unit_noise(random) + unit_noise(random) + unit_noise(random) - 1.5) * 2;
    case SAME_SIGN:
        return -1 - unit_noise(random);
    case WIDE:
        return ldexp(signed_noise(random), (int)test_random_below(random, 60) - 30);
    case FULL_RANGE:
        return test_random_double(random);
    case EDGES:
        return !is_in_first_tile(i) && pick < 3
                   ? ldexp(pick == 1 ? 1 : signed_noise(random), (int)test_random_below(random, 9) - 1)
                   : signed_noise(random);
    case EDGE_LARGEST:
        return edge(i, pick, 2, 3, random);
    case EDGE_UNITS_FLOATS:
        return edge(i, pick, -25, -26, random);
    case EDGE_UNITS_TWO:
        return edge(i, pick, -39, -40, random);
    case EDGE_UNITS_THREE:
        return is_in_first_tile(i) || pick > 3 ? wide_noise(i, random) : edge(i, pick, -91, -92, random);
    case EDGE_RESTS_TWO:
        return is_in_first_tile(i) ? signed_noise(random)
                                   : largest_rest(i < TILED / 2 ? -39 : -40, -49, random);
    case EDGE_RESTS_THREE:
        return is_in_first_tile(i) ? wide_noise(i, random)
                                   : largest_rest(i < TILED / 2 ? -91 : -92, -101, random);
    case EDGE_WIDE:
        return wide_edge(i, pick, random);
    case LEAST:
        return ldexp(signed_noise(random), i % 4096 == 1000 ? -19 - (int)test_random_below(random, 8) : 0);
    case REMAINDERS:
        return i > 100 && pick < 2 ? ldexp(signed_noise(random), -44 - (int)test_random_below(random, 12))
                                   : signed_noise(random);
    case SPECIALS:
        return pick == 0   ? INFINITY
               : pick == 1 ? -INFINITY
               : pick == 2 ? NAN
               : pick == 3 ? test_random_double(random)
                           : signed_noise(random);
    case ZEROS:
        return pick < 3 ? signed_noise(random) : pick % 2 ? -0.0 : 0.0;
    case TINY:
        return i > 100 && pick < 2 ? ldexp(signed_noise(random), pick == 0 ? -600 : -1060)
                                   : ldexp(signed_noise(random), i % 1000000 < 50 ? 0 : -3);
    case HUGE_ONES:
        return ldexp(signed_noise(random), i > 100 && pick < 2 ? 1000 : 505);
    default:
        return (i % 2 ? -1 : 1) * ldexp(1 + (double)(i / 2 % 1000) * 0x1p-52, (int)(i / 2 % 30));
    }
}

static void store(unsigned char *to, double value, parsum_type type, bool swapped) {
    const float narrow = (float)value;
    const size_t size = parsum_type_size(type);
    unsigned char bytes[8];
    memcpy(bytes, type == PARSUM_F32 ? (const void *)&narrow : (const void *)&value, size);
    for (size_t i = 0; i < size; i++)
        to[i] = bytes[swapped ? size - 1 - i : i];
}

static double number_at(const ps_array_block *array, int operand, uint64_t i) {
    const size_t size = parsum_type_size(array->type);
    const unsigned char *from = array->data[operand] + (int64_t)i * array->stride_bytes[operand];
    unsigned char bytes[8];
    float narrow;
    double value;
    for (size_t byte = 0; byte < size; byte++)
        bytes[byte] = from[array->swapped[operand] ? size - 1 - byte : byte];
    memcpy(&narrow, bytes, sizeof narrow);
    memcpy(&value, bytes, sizeof value);
    return array->type == PARSUM_F32 ? (double)narrow : value;
}

static ps_float_partial expected_of(const ps_block *block, unsigned needs) {
    ps_float_partial sums;
    ps_float_clear(&sums.head);
    for (uint64_t i = 0; i < block->count; i++) {
        const double left = number_at(&block->array, 0, i);
        const bool pair = needs & PS_NEED_PRODUCTS;
        const double right = pair ? number_at(&block->array, 1, i) : left;
        if (needs & PS_SKIP_NAN && (isnan(left) || isnan(right)))
            sums.head.skipped_nan++;
        else if (pair)
            ps_float_add_product(&sums, left, right);
        else
            ps_float_add(&sums, left, needs);
    }
    return sums;
}

static const char *difference(const ps_float_partial *found, const ps_float_partial *expected) {
    return found->head.count != expected->head.count                                          ? "count"
           : found->head.skipped_nan != expected->head.skipped_nan                            ? "skipped NaNs"
           : memcmp(&found->sum, &expected->sum, sizeof found->sum) != 0                      ? "sum"
           : memcmp(&found->squares, &expected->squares, sizeof found->squares) != 0          ? "squares"
           : memcmp(&found->magnitudes, &expected->magnitudes, sizeof found->magnitudes) != 0 ? "magnitudes"
           : memcmp(&found->minimum, &expected->minimum, sizeof found->minimum) != 0          ? "minimum"
           : memcmp(&found->maximum, &expected->maximum, sizeof found->maximum) != 0          ? "maximum"
                                                                                              : NULL;
}

static void assert_sums(const ps_block *block, unsigned needs, unsigned how) {
    ps_float_partial found;
    const ps_float_partial expected = expected_of(block, needs);
    ps_float_clear(&found.head);
    assert_ok(ps_session_submit(session, block, needs, &error));
    assert_ok(ps_session_collect(session, &ps_kinds[PS_KIND_FLOAT], &found.head, &error));
    const char *wrong = difference(&found, &expected);
    if (wrong != NULL)
        fail_msg("%s, work-items %zu: %s of numbers of the kind %u, needs %u, %llu of %s at %zu",
                 ps_session_device(session)->name, ps_session_work_items(session), wrong, how, needs,
                 (unsigned long long)block->count, parsum_type_name(block->array.type),
                 (size_t)((uintptr_t)block->array.data[0] % 4096));
}

/* count numbers that begin shift numbers into memory, strides numbers apart, in the other byte order where swapped. */
static ps_block block_of(parsum_type type, uint64_t count, size_t shift, unsigned needs, unsigned how,
                         int64_t stride, bool swapped, test_random *random) {
    const size_t size = parsum_type_size(type), step = size * (size_t)(stride < 0 ? -stride : stride);
    const size_t span = (size_t)count * step + (shift + 8) * size;
    unsigned char *start = memory_of(2 * span);
    ps_block block = {.kind = PS_BLOCK_ARRAY, .count = count, .array = {.type = type}};
    for (int operand = 0; operand < (needs & PS_NEED_PRODUCTS ? 2 : 1); operand++) {
        unsigned char *first = start + operand * span + (shift + 3 * (size_t)operand) * size;
        if (stride < 0)
            first += (count - 1) * step;
        block.array.data[operand] = first;
        block.array.stride_bytes[operand] = (int64_t)size * stride;
        block.array.swapped[operand] = swapped;
        for (uint64_t i = 0; i < count; i++)
            store(first + (int64_t)i * block.array.stride_bytes[operand], number_of(how, i, random), type,
                  swapped);
    }
    return block;
}

static ps_block plain_block(parsum_type type, uint64_t count, size_t shift, unsigned needs, unsigned how,
                            test_random *random) {
    return block_of(type, count, shift, needs, how, 1, false, random);
}

static parsum_status try_floats(size_t device, size_t work_group_size, bool no_fp64) {
    const ps_session_plan plan = {.block_kinds = 1u << PS_BLOCK_ARRAY,
                                  .types = PS_ARRAY_FLOATS,
                                  .every_need = true,
                                  .work_group_size = work_group_size,
                                  .no_fp64 = no_fp64};
    return try_plan(device, &plan);
}

/* ---- the tests; each by slices and by integers alone */

static void test_self_tests_pass(void **state) {
    static const size_t groups[] = {0, 7, 96};
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        for (size_t g = 0; g < 2 * (small ? 1 : COUNT_OF(groups)); g++) {
            assert_ok(try_floats(chosen[d], small ? 3 : groups[g / 2], g % 2));
            /* A simulated device takes minutes for all: one with doubles, another in integers. Odd work-groups have every second
             * kernel, as each is compiled for each of them. */
            const size_t step = small ? KERNELS : g < 2 ? 1 : 2;
            const size_t first = small   ? g + 2 * (test_seed() % 2)
                                 : g < 2 ? 0
                                         : (g / 2 + g + test_seed()) % 2;
            for (size_t n = first; n < KERNELS; n += step)
                assert_ok(ps_session_self_test(session, all_needs[n], &error));
        }
    }
}

static void test_every_fill(void **state) {
    test_random random = test_random_start(40);
    (void)state;
    for (size_t d = 0; d < 2 * chosen_count; d++) {
        assert_ok(try_floats(chosen[d / 2], small ? 3 : 0, d % 2));
        for (unsigned how = 0; how < FILLS; how++) {
            for (size_t n = 0; n < COUNT_OF(all_needs); n++) {
                for (size_t t = 0; t < COUNT_OF(types); t++) {
                    if (small && (how + n + t) % 5 != 0)
                        continue;
                    const uint64_t most = small ? 150 : 60000;
                    const ps_block block =
                        plain_block(types[t], most - test_random_below(&random, most / 4),
                                    test_random_below(&random, 20), all_needs[n], how, &random);
                    assert_sums(&block, all_needs[n], how);
                }
            }
        }
    }
}

/* Few work-items with many tiles, whose windows last from tile to tile. */
static void test_many_tiles_an_item(void **state) {
    test_random random = test_random_start(41);
    (void)state;
    if (small)
        skip();
    for (size_t d = 0; d < chosen_count; d++) {
        assert_ok(try_floats(chosen[d], 1, false));
        ps_session_limit_groups(session, 2);
        for (unsigned how = 0; how < FILLS; how++) {
            for (size_t n = 0; n < KERNELS; n++) {
                for (size_t t = 0; t < COUNT_OF(types); t++) {
                    const ps_block block = plain_block(types[t], TILED, how, all_needs[n], how, &random);
                    assert_sums(&block, all_needs[n], how);
                }
            }
        }
    }
}

static void test_counts_and_places(void **state) {
    static const uint64_t counts[] = {1, 2, 7, 8, 9, 15, 16, 17, 23, 24, 33, 100, 127, 1023};
    test_random random = test_random_start(42);
    (void)state;
    for (size_t d = 0; d < 2 * chosen_count; d++) {
        assert_ok(try_floats(chosen[d / 2], small ? 3 : 0, d % 2));
        for (size_t c = 0; c < (small ? 6 : COUNT_OF(counts)); c++) {
            for (unsigned i = 0; i < (small ? 2 : 20); i++) {
                const unsigned needs = all_needs[(c + i) % COUNT_OF(all_needs)];
                const unsigned how = (unsigned)test_random_below(&random, FILLS);
                const ps_block block = plain_block(types[i % 2], counts[c], i, needs, how, &random);
                assert_sums(&block, needs, how);
            }
        }
    }
}

static void test_work_group_sizes(void **state) {
    static const size_t sizes[] = {1, 7, 96, 256};
    test_random random = test_random_start(43);
    (void)state;
    for (size_t d = 0; d < 2 * chosen_count; d++) {
        for (size_t s = 0; s < (small ? 2 : COUNT_OF(sizes)); s++) {
            const parsum_status status = try_floats(chosen[d / 2], sizes[s], d % 2);
            if (status == PARSUM_USAGE && sizes[s] > 64)
                continue; /* local memory has no room for the bins of so many work-items */
            assert_ok(status);
            for (unsigned i = 0; i < (small ? 2 : 24); i++) {
                const unsigned needs = all_needs[i % COUNT_OF(all_needs)],
                               how = (i * 5 + (unsigned)s) % FILLS;
                const uint64_t count = small ? 130 : 16 * ps_session_work_items(session) + i * 7;
                const ps_block block = plain_block(types[i / 6 % 2], count, i % 9, needs, how, &random);
                assert_sums(&block, needs, how);
            }
        }
    }
}

/* Strided, backwards, in the other byte order; and copied, in launches of a page, shared out both ways. */
static void test_every_way_to_the_device(void **state) {
    static const int64_t strides[] = {1, -1, 3, -2, 1};
    test_random random = test_random_start(44);
    (void)state;
    for (size_t d = 0; d < 4 * chosen_count; d++) {
        assert_ok(try_floats(chosen[d / 4], small ? 3 : 0, false));
        if (d % 4 > 0)
            ps_session_copy_arrays(session, d % 4 == 3 ? 0 : small ? 512 : 4096, d % 2);
        for (unsigned i = 0; i < (small ? 3 : 60); i++) {
            const unsigned needs = all_needs[i % COUNT_OF(all_needs)], how = i % FILLS;
            const uint64_t count = 1 + test_random_below(&random, small ? 120 : 9000);
            const ps_block block = block_of(types[i % 2], count, i % 5, needs, how,
                                            strides[i % COUNT_OF(strides)], i % 3 == 0, &random);
            assert_sums(&block, needs, how);
        }
    }
}

static void test_nans_are_skipped(void **state) {
    test_random random = test_random_start(45);
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        assert_ok(try_floats(chosen[d], small ? 3 : 0, false));
        for (unsigned i = 0; i < (small ? 2 : 24); i++) {
            const unsigned needs = all_needs[i % COUNT_OF(all_needs)] | PS_SKIP_NAN;
            const ps_block block = plain_block(types[i / 6 % 2], small ? 140 : 20000, i, needs,
                                               i % 4 == 0 ? NORMAL : SPECIALS, &random);
            assert_sums(&block, needs, SPECIALS);
        }
    }
}

/* A device whose kernels slice wrongly fails its self-test. */
static void test_wrong_kernels_are_found(void **state) {
    static const struct {
        const char *file, *from, *to;
        unsigned needs;
    } faults[] = {
        {"float_slices.cl", "lanes->remainder |= as_ulong4(rest) ^ as_ulong4(taken);", "", PS_NEED_SUM},
        {"float_slices.cl", "lanes->changed |= as_ulong4(y0) ^ as_ulong4(lanes->m0);\n    if (slices",
         "if (slices", PS_NEED_SQUARES},
        {"float_slices.cl", "span.top <= k - 1 &&", "", PS_NEED_SUM},
        {"float_slices.cl", "&& span.bottom >= unit", "", PS_NEED_SUM},
        {"float_slices.cl", "(rest + next_rest) * scale", "rest * scale", PS_NEED_SUM},
        {"float_slices.cl", "add_slice(even + odd,", "add_slice(even + even,", PS_NEED_SUM},
        {"float_spans.cl", "words->least = min(words->least, twice - 1u);", "words->least = twice - 1u;",
         PS_NEED_SUM},
        {"float_slices.cl", "(lanes->remainder | lanes->lost) << 1", "lanes->remainder << 1",
         PS_NEED_SQUARES},
        {"float_slices.cl", "+ (low >> 32);", ";", PS_NEED_SUM},
        {"float_slices.cl", "as_long(high) >> 32", "high >> 32", PS_NEED_SUM},
        {"float_slices.cl", "k - 52 * (s + 1), base", "k - 52 * s - 51, base", PS_NEED_SUM},
        {"float_spans.cl", "add(2UL * other);", "add(2UL * one);", PS_NEED_SUM},
        {"float_spans.cl", "if ((tile)->pairs == 0u) {", "if (false) {", PS_NEED_SUM},
        {"float_tiles.cl", "tile.first + pairs * work->step", "tile.first + most * work->step", PS_NEED_SUM},
        {"float_tiles.cl", "work->begin + (steps - 1UL) * work->step", "work->begin", PS_NEED_SUM},
        {"float_slices.cl", "square ? as_ulong4(y0) :", "square ? as_ulong4(lanes->m0) :", PS_NEED_SQUARES},
        {"float_slices.cl", "k - 50, square", "k - 60, square", PS_NEED_SQUARES},
        {"float_slices.cl", "k - 50, square", "k - 60, square", PS_NEED_PRODUCTS},
        {"float_slices.cl", "const double4 e = fma(a, b, -p);", "const double4 e = a * b - p;",
         PS_NEED_SQUARES},
        {"float_slices.cl", "add_slice(lanes.sum1, 2u * halves_of(tile)",
         "add_slice(lanes.sum1, halves_of(tile)", PS_NEED_PRODUCTS},
        {"float_slices.cl", "return fabs(x);", "return x;", TEST_NEED_ALL},
        {"float_spans.cl", "const long4 key = bits ^ (bits >> 63 & LONG_MAX);", "const long4 key = bits;",
         TEST_NEED_ALL},
        {"float.cl", "parts.special = exponent == exponent_mask ? 1u : 0u;", "parts.special = 0u;",
         PS_NEED_SUM},
    };
    (void)state;
    if (small || chosen_count > 1) /* each is compiled, which takes its time: on one device */
        skip();
    for (size_t f = 0; f < COUNT_OF(faults); f++) {
        restore_kernels();
        plant(faults[f].file, faults[f].from, faults[f].to);
        if (is_left_out(f))
            continue;
        const ps_session_plan plan = {.block_kinds = 1u << PS_BLOCK_ARRAY,
                                      .types = PS_ARRAY_FLOATS,
                                      .needs = faults[f].needs,
                                      .kernel_dir = folder};
        assert_ok(try_plan(chosen[0], &plan));
        if (ps_session_self_test(session, faults[f].needs, &error) != PARSUM_SELF_TEST)
            fail_msg("fault %zu was not found", f);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_self_tests_pass),    TEST(test_every_fill),
        TEST(test_many_tiles_an_item), TEST(test_counts_and_places),
        TEST(test_work_group_sizes),   TEST(test_every_way_to_the_device),
        TEST(test_nans_are_skipped),   TEST(test_wrong_kernels_are_found),
    };
    return cmocka_run_group_tests(tests, find_devices, forget_devices);
}
