/* test_opencl_array_engine.c - the engine with lists on every device of the environment that it runs in (tests/cli/with_opencl.py), or
 * on the one that PARSUM_TEST_DEVICE names. */
#include "opencl_array_test.h"

/* A list in memory, cut into array blocks of one type. */
typedef struct list_source {
    ps_source source;
    ps_block all, rest;
    uint64_t released;
    bool spoilt; /* blocks after the first are of a type that no device is prepared for */
} list_source;

static bool list_next(ps_source *source, uint64_t want, ps_block *block) {
    list_source *list = (list_source *)source;
    if (list->rest.count == 0)
        return false;
    *block = ps_block_take(&list->rest, want < list->rest.count ? want : list->rest.count);
    if (list->spoilt)
        list->rest.array.type = PARSUM_I64;
    return true;
}

static void list_release(ps_source *source, const ps_block *block) {
    ((list_source *)source)->released += block->count;
}

static void list_rewind(ps_source *source) {
    list_source *list = (list_source *)source;
    list->rest = list->all;
    list->released = 0;
}

static const ps_source_operations list_operations = {
    .next = list_next, .release = list_release, .rewind = list_rewind};

static list_source list_of(const ps_block *block) {
    return (list_source){.source = {.operations = &list_operations, .total_count = block->count},
                         .all = *block};
}

typedef struct check_log {
    _Atomic uint64_t count;
    list_source *list;
    atomic_bool late; /* a block was checked after it had been given back */
} check_log;

static void log_check(void *user, unsigned worker, const ps_block *block) {
    check_log *log = user;
    const uint64_t count = atomic_fetch_add(&log->count, block->count) + block->count;
    (void)worker;
    if (log->list->released >= count)
        log->late = true;
}

static parsum_status run_engine(ps_queue *queue, ps_integer_partial *total) {
    const ps_kind *kind = engine->job->kind;
    const size_t stride = ps_partial_stride(kind);
    char *partials = aligned_alloc(64, stride * engine->workers);
    for (unsigned i = 0; i < engine->workers; i++)
        kind->clear((ps_partial *)(partials + i * stride));
    const parsum_status status = engine->engine->run(engine, queue, partials, &error);
    kind->clear(&total->head);
    for (unsigned i = 0; i < engine->workers; i++)
        kind->merge(&total->head, (ps_partial *)(partials + i * stride));
    free(partials);
    return status;
}

static ps_job array_job(const char *device, unsigned needs, uint64_t chunk) {
    ps_job job = test_job(1, chunk, needs);
    job.device = device;
    job.device_by_choice = true;
    job.work_group_size = small ? 3 : 0;
    job.block_kinds = 1u << PS_BLOCK_ARRAY;
    return job;
}

/* A list of more blocks than are in flight: cut by the device's wish, and by a chunk that is no power of two. */
static void test_the_engine(void **state) {
    static const uint64_t chunks[] = {0, 50001, 1000000000};
    test_random random = test_random_start(28);
    const uint64_t count = 3000000;
    (void)state;
    if (small)
        skip(); /* the simulator that checks for uninitialised reads crashes where threads copy to its memory */
    for (size_t d = 0; d < chosen_count; d++) {
        for (size_t c = 0; c < COUNT_OF(chunks); c++) {
            const unsigned needs = c == 2 ? PS_NEED_PRODUCTS : TEST_NEED_ALL;
            const ps_block block = plain_block(PARSUM_I32, count, 20, needs, HOSTILE, &random);
            list_source list = list_of(&block);
            check_log log = {.list = &list};
            ps_job job = array_job(listed[chosen[d]].info.selector, needs, chunks[c]);
            job.types = 1u << PARSUM_I32;
            job.check = log_check;
            job.check_context = &log;
            assert_ok(ps_engine_opencl.open(&job, &engine, &error));
            ps_queue *queue = NULL;
            assert_ok(ps_queue_create(&list.source, job.chunk, engine->workers, &queue, &error));
            test_moments moments;
            test_moments_init(&moments);
            expect_block(&block, &moments);
            for (int run = 0; run < 2; run++) {
                ps_integer_partial total;
                ps_queue_rewind(queue);
                log.count = 0;
                assert_ok(run_engine(queue, &total));
                assert_true(is_right(&total, &moments, needs));
                assert_int_equal(list.released, count);
                assert_int_equal(log.count, count);
                assert_false(log.late);
                assert_int_equal(ps_queue_done_count(queue), count);
            }
            test_moments_clear(&moments);
            ps_queue_destroy(queue);
            engine->engine->close(engine);
            engine = NULL;
        }
    }
}

/* All devices share a list; what the one that fails has in flight goes back, and nobody is left to redo it. */
static void test_all_devices_and_a_block_that_fails(void **state) {
    test_random random = test_random_start(29);
    (void)state;
    if (small || getenv("PARSUM_TEST_DEVICE") != NULL)
        skip();
    const ps_block block = plain_block(PARSUM_U16, 2000000, 6, 0, NOISE, &random);
    list_source list = list_of(&block);
    check_log log = {.list = &list};
    ps_job job = array_job("all", TEST_NEED_ALL, 10000);
    job.types = 1u << PARSUM_U16;
    job.check = log_check;
    job.check_context = &log;
    assert_ok(ps_engine_opencl.open(&job, &engine, &error));
    assert_int_equal(engine->workers, listed_count);
    ps_queue *queue = NULL;
    assert_ok(ps_queue_create(&list.source, job.chunk, engine->workers, &queue, &error));
    test_moments moments;
    test_moments_init(&moments);
    expect_block(&block, &moments);
    ps_integer_partial total;
    assert_ok(run_engine(queue, &total));
    assert_true(is_right(&total, &moments, TEST_NEED_ALL));
    test_moments_clear(&moments);
    /* The first block has been submitted and checked when the second fails: it is not to be checked again. */
    ps_queue_rewind(queue);
    list.spoilt = true;
    list.rest.count = 30000;
    log.count = 0;
    assert_int_equal(run_engine(queue, &total), PARSUM_FAILED);
    assert_int_equal(list.released, 0);
    assert_int_equal(log.count, 10000);
    ps_block left;
    uint64_t returned = 0, checked = 0;
    while (ps_queue_pull(queue, 0, &left)) {
        returned += left.count;
        checked += left.attempts > 0 ? left.count : 0;
    }
    assert_int_equal(returned, 30000);
    assert_int_equal(checked, 10000);
    ps_queue_destroy(queue);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_the_engine),
        TEST(test_all_devices_and_a_block_that_fails),
    };
    return cmocka_run_group_tests(tests, find_devices, forget_devices);
}
