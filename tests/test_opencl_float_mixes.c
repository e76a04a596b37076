/* test_opencl_float_mixes.c - a long differential run of the OpenCL engine: many small lists of floats and doubles through one
 * session with doubles and one in integers alone, on every device of the environment, whose statistics are those of their exact
 * sums in MPFR. */
#define _GNU_SOURCE /* memfd_create */
#include "float_mixes.h"
#include "opencl/array_kernels.h"
#include "opencl_test.h"

enum { OFFSETS = 64 / sizeof(float), SMALL_LISTS = 12 };

static unsigned char memory[2][TEST_MIX_MOST * sizeof(double) + OFFSETS * sizeof(double)]
    __attribute__((aligned(4096)));

/* The list at a random place of a vector. */
static ps_block place(const test_mix *mix, test_random *random) {
    const size_t size = parsum_type_size(mix->type);
    ps_block block = {.kind = PS_BLOCK_ARRAY,
                      .count = mix->count,
                      .array = {.type = mix->type, .stride_bytes = {(int64_t)size, (int64_t)size}}};
    for (int operand = 0; operand < 1 + mix->pairs; operand++) {
        unsigned char *start = memory[operand] + test_random_below(random, OFFSETS) * size;
        test_mix_store(mix, operand, start);
        block.array.data[operand] = start;
    }
    return block;
}

static void run_list(const test_mix *mix, test_random *random, const char *way) {
    const unsigned needs = mix->pairs ? PS_NEED_PRODUCTS : TEST_MIX_NEEDS;
    ps_float_partial partial;
    ps_float_clear(&partial.head);
    const ps_block block = place(mix, random);
    /* From many vectors a work-item to less than one. */
    if (!small)
        ps_session_limit_groups(session, 1 + test_random_below(random, 5) * test_random_below(random, 5));
    if (mix->count > 0) {
        assert_ok(ps_session_submit(session, &block, needs, &error));
        assert_ok(ps_session_collect(session, &ps_kinds[PS_KIND_FLOAT], &partial.head, &error));
    }
    test_assert_mix(mix, &partial, way);
}

/* The engine's lists are shared out over its devices and their two ways to sum. */
static int lists_of_a_way(void) {
    return small ? SMALL_LISTS : test_mix_lists() / (2 * (int)chosen_count);
}

static void run_lists(bool no_fp64, uint64_t stream) {
    static test_mix mix;
    test_random random = test_random_start(stream);
    const ps_session_plan plan = {.block_kinds = 1u << PS_BLOCK_ARRAY,
                                  .types = PS_ARRAY_FLOATS,
                                  .every_need = true,
                                  .work_group_size = 2,
                                  .no_fp64 = no_fp64};
    for (size_t d = 0; d < chosen_count; d++) {
        assert_ok(try_plan(chosen[d], &plan));
        for (int i = 0; i < lists_of_a_way(); i++) {
            if (i % 1024 == 0)
                alarm(300);
            test_mix_make(&random, &mix);
            if (small)
                mix.count %= 40;
            run_list(&mix, &random, no_fp64 ? "opencl in integers" : "opencl");
        }
    }
}

static void with_doubles(void **state) {
    (void)state;
    run_lists(false, 50);
}

static void in_integers(void **state) {
    (void)state;
    run_lists(true, 51);
}

/* Lists of some tiles and a few numbers, of stretches of other mixes, for few work-items: windows move from tile to tile, and what a
 * tile cannot take stands anywhere in it. Against adding number by number. */
static void fill_stretches(test_random *random, test_mix *mix, unsigned char *numbers, uint64_t count) {
    const size_t size = parsum_type_size(mix->type);
    uint64_t left = 0;
    for (uint64_t at = 0; at < count; at += mix->count) {
        if (left == 0) {
            mix->kind =
                (unsigned)test_random_below(random, MIX_SPECIALS + (test_random_below(random, 30) == 0));
            left = 1 + test_random_below(random, 3000);
        }
        mix->count = left < TEST_MIX_MOST ? left : TEST_MIX_MOST;
        if (mix->count > count - at)
            mix->count = count - at;
        left -= mix->count;
        test_mix_fill(random, mix, mix->number[0]);
        /* Long runs of what suits one window, and few others. */
        for (size_t i = 0; i < mix->count && mix->kind % 2 == 0 && mix->kind != MIX_SPECIALS; i++)
            mix->number[0][i] =
                test_random_below(random, 700) ? ldexp((double)(int)(i % 97) - 48, -6) : mix->number[0][i];
        test_mix_store(mix, 0, numbers + at * size);
    }
}

static double term_at(parsum_type type, const unsigned char *numbers, uint64_t i) {
    float narrow;
    double wide;
    if (type == PARSUM_F64) {
        memcpy(&wide, numbers + i * sizeof wide, sizeof wide);
        return wide;
    }
    memcpy(&narrow, numbers + i * sizeof narrow, sizeof narrow);
    return (double)narrow;
}

static void assert_stretches(parsum_type type, uint64_t count, unsigned needs, unsigned char *operands[2]) {
    const int64_t size = (int64_t)parsum_type_size(type);
    const bool pairs = needs & PS_NEED_PRODUCTS;
    const ps_block block = {.kind = PS_BLOCK_ARRAY,
                            .count = count,
                            .array = {.type = type,
                                      .data = {operands[0], pairs ? operands[1] : NULL},
                                      .stride_bytes = {size, size}}};
    ps_float_partial expected, found;
    ps_float_clear(&expected.head);
    ps_float_clear(&found.head);
    for (uint64_t i = 0; i < count; i++) {
        const double term = term_at(type, operands[0], i);
        if (pairs)
            ps_float_add_product(&expected, term, term_at(type, operands[1], i));
        else
            ps_float_add(&expected, term, needs);
    }
    assert_ok(ps_session_submit(session, &block, needs, &error));
    assert_ok(ps_session_collect(session, &ps_kinds[PS_KIND_FLOAT], &found.head, &error));
    if (memcmp(&found, &expected, sizeof found) != 0)
        fail_msg("%s: %llu of %s, needs %u, at %zu", ps_session_device(session)->name,
                 (unsigned long long)count, parsum_type_name(type), needs,
                 (size_t)((uintptr_t)operands[0] % 64));
}

static void stretches(void **state) {
    enum { TILE = 255 * 8, TILES = 6, ROOM = (TILES + 1) * TILE * sizeof(double) };
    static const unsigned all_needs[] = {PS_NEED_SUM, PS_NEED_SQUARES, PS_NEED_PRODUCTS, TEST_MIX_NEEDS};
    static test_mix mix;
    test_random random = test_random_start(52);
    unsigned char *const room = aligned_alloc(4096, (2 * ROOM + 4095) / 4096 * 4096);
    (void)state;
    if (small)
        skip();
    for (size_t d = 0; d < 2 * chosen_count; d++) {
        const ps_session_plan plan = {.block_kinds = 1u << PS_BLOCK_ARRAY,
                                      .types = PS_ARRAY_FLOATS,
                                      .every_need = true,
                                      .work_group_size = 1,
                                      .no_fp64 = d % 2};
        assert_ok(try_plan(chosen[d / 2], &plan));
        for (int i = 0; i < lists_of_a_way() / 20; i++) {
            if (i % 1024 == 0)
                alarm(300);
            mix.type = i % 2 ? PARSUM_F32 : PARSUM_F64;
            const size_t size = parsum_type_size(mix.type);
            const uint64_t count = test_random_below(&random, TILES) * TILE + 1 +
                                   test_random_below(&random, 40) +
                                   (test_random_below(&random, 3) == 0 ? TILE - 20 : 0);
            unsigned char *operands[2] = {room + test_random_below(&random, OFFSETS) * size,
                                          room + ROOM + test_random_below(&random, OFFSETS) * size};
            fill_stretches(&random, &mix, operands[0], count);
            fill_stretches(&random, &mix, operands[1], count);
            ps_session_limit_groups(session, 1 + test_random_below(&random, 3));
            assert_stretches(mix.type, count, all_needs[i / 2 % 4], operands);
        }
    }
    free(room);
}

/* The same value a hundred million times, in launches as the device likes them. */
static void equal_values(void **state) {
    static const double values[] = {0.1, -DBL_TRUE_MIN};
    (void)state;
    if (small)
        skip();
    for (size_t d = 0; d < 2 * chosen_count; d++) {
        const double value = values[d % 2];
        const unsigned char *numbers = test_many_map(value);
        const ps_block block = {
            .kind = PS_BLOCK_ARRAY,
            .count = TEST_MANY,
            .array = {.type = PARSUM_F64, .data = {numbers}, .stride_bytes = {(int64_t)sizeof value}}};
        const ps_session_plan plan = {.block_kinds = 1u << PS_BLOCK_ARRAY,
                                      .types = PS_ARRAY_FLOATS,
                                      .needs = TEST_MIX_NEEDS,
                                      .no_fp64 = d % 2};
        ps_float_partial partial;
        assert_non_null(numbers);
        ps_float_clear(&partial.head);
        assert_ok(try_plan(chosen[d / 2], &plan));
        assert_ok(ps_session_submit(session, &block, TEST_MIX_NEEDS, &error));
        assert_ok(ps_session_collect(session, &ps_kinds[PS_KIND_FLOAT], &partial.head, &error));
        test_assert_many(&partial, value, "opencl");
        close_session();
        munmap((void *)(uintptr_t)numbers, TEST_MANY_BYTES);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(with_doubles),
        TEST(in_integers),
        TEST(stretches),
        TEST(equal_values),
    };
    return cmocka_run_group_tests(tests, find_devices, forget_devices);
}
