/* test_float_mixes.c - a long differential run of every CPU engine: many small lists of floats and doubles, cut into blocks at
 * random, whose statistics are those of their exact sums in MPFR. */
#define _GNU_SOURCE /* memfd_create */
#include "engine_support.h"
#include "float_mixes.h"

enum { WORKERS = 3, OFFSETS = 8 };

/* An engine that is kept open, once for all statistics and once for dot. */
typedef struct open_engine {
    ps_job jobs[2];
    ps_engine_state *states[2];
} open_engine;

static void open_for(const char *name, open_engine *engine) {
    for (int pairs = 0; pairs < 2; pairs++) {
        engine->jobs[pairs] = test_job(WORKERS, 0, pairs ? PS_NEED_PRODUCTS : TEST_MIX_NEEDS);
        engine->jobs[pairs].kind = &ps_kinds[PS_KIND_FLOAT];
        assert_int_equal(ps_engine_find(name)->open(&engine->jobs[pairs], &engine->states[pairs], NULL),
                         PARSUM_OK);
    }
}

static void close_both(open_engine *engine) {
    for (int pairs = 0; pairs < 2; pairs++)
        engine->states[pairs]->engine->close(engine->states[pairs]);
}

/* The list at a random place of memory that forked workers see, too. */
static ps_array_block place(const test_mix *mix, unsigned char *memory, test_random *random) {
    const size_t size = parsum_type_size(mix->type), room = (TEST_MIX_MOST + OFFSETS) * sizeof(double);
    ps_array_block array = {.type = mix->type, .stride_bytes = {(int64_t)size, (int64_t)size}};
    for (int operand = 0; operand < 1 + mix->pairs; operand++) {
        unsigned char *start = memory + operand * room + test_random_below(random, OFFSETS) * size;
        test_mix_store(mix, operand, start);
        array.data[operand] = start;
    }
    return array;
}

/* The same value a hundred million times. */
static void run_many(const char *name, double value) {
    open_engine engine;
    ps_source *source;
    ps_float_partial partial;
    const unsigned char *numbers = test_many_map(value);
    assert_non_null(numbers);
    const ps_array_block array = {
        .type = PARSUM_F64, .data = {numbers}, .stride_bytes = {(int64_t)sizeof value}};
    open_for(name, &engine);
    assert_int_equal(ps_source_array(&array, TEST_MANY, &source, NULL), PARSUM_OK);
    assert_int_equal(test_engine_run_source(engine.states[0], source, 0, &partial.head, NULL), PARSUM_OK);
    test_assert_many(&partial, value, name);
    ps_source_destroy(source);
    close_both(&engine);
    munmap((void *)(uintptr_t)numbers, TEST_MANY_BYTES);
}

static void equal_values(void **state) {
    (void)state;
    run_many("serial", 0.1);
    run_many("pthread", -DBL_TRUE_MIN);
    run_many("fork", DBL_MAX);
}

static void run_lists(const char *name, uint64_t stream) {
    const size_t bytes = 2 * (TEST_MIX_MOST + OFFSETS) * sizeof(double);
    test_random random = test_random_start(stream);
    unsigned char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    static test_mix mix;
    open_engine engine;
    open_for(name, &engine);
    for (int i = 0; i < test_mix_lists(); i++) {
        ps_source *source;
        ps_float_partial partial;
        if (i % 1024 == 0)
            alarm(250);
        test_mix_make(&random, &mix);
        const ps_array_block array = place(&mix, memory, &random);
        assert_int_equal(ps_source_array(&array, mix.count, &source, NULL), PARSUM_OK);
        const uint64_t chunk = test_random_below(&random, 4) == 0 ? 1 + mix.count / 4 : 0;
        assert_int_equal(test_engine_run_source(engine.states[mix.pairs], source, chunk, &partial.head, NULL),
                         PARSUM_OK);
        ps_source_destroy(source);
        test_assert_mix(&mix, &partial, name);
    }
    close_both(&engine);
    munmap(memory, bytes);
}

static void serial(void **state) {
    (void)state;
    run_lists("serial", 1);
}

static void pthread(void **state) {
    (void)state;
    run_lists("pthread", 2);
}

static void forked(void **state) {
    (void)state;
    run_lists("fork", 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(serial, test_guard),
        cmocka_unit_test_setup(pthread, test_guard),
        cmocka_unit_test_setup(forked, test_guard),
        cmocka_unit_test_setup(equal_values, test_guard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
