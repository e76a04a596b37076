/* test_opencl_arrays.c - blocks of arrays on every device of the environment that it runs in (tests/cli/with_opencl.py), or
 * on the one that PARSUM_TEST_DEVICE names: sums of every type by every kernel, every way to the device, the engine. */
#include <sys/mman.h>

#include "exact/wide.h"
#include "opencl/array_kernels.h"
#include "opencl_test.h"

/* Needs that choose each kernel, and some that are served by part of what one finds. */
static const unsigned all_needs[] = {PS_NEED_SUM,
                                     PS_NEED_SQUARES,
                                     PS_NEED_SUM | PS_NEED_SQUARES,
                                     TEST_NEED_ALL,
                                     PS_NEED_PRODUCTS,
                                     PS_NEED_MAGNITUDES,
                                     PS_NEED_EXTREMES,
                                     0,
                                     PS_NEED_SUM | PS_NEED_MAGNITUDES};
static const unsigned kernel_needs[] = {PS_NEED_SUM, PS_NEED_SQUARES, TEST_NEED_ALL, PS_NEED_PRODUCTS};

static const parsum_type integers[] = {PARSUM_I8, PARSUM_I16, PARSUM_I32, PARSUM_I64,
                                       PARSUM_U8, PARSUM_U16, PARSUM_U32, PARSUM_U64};

/* ---- numbers in memory, and what they sum to */

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

/* The sums of block, number by number; those of a few numbers by GMP alone, the others' through 128 bits. */
static void expect_block(const ps_block *block, test_moments *moments) {
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

static bool is_right(const ps_integer_partial *found, const test_moments *moments, unsigned needs) {
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

static void assert_sums(const ps_block *block, unsigned needs) {
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

enum { NOISE, LEAST, GREATEST, ALL_ONES, HOSTILE, FILLS };

/* Fills bytes at to with numbers of size bytes. */
static void fill(unsigned char *to, size_t bytes, size_t size, unsigned how, test_random *random) {
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

/* A plain block of count numbers that begins shift bytes into memory; the second operand, where needs asks for one, shift
 * bytes beyond an address that is aligned to other numbers of bytes than the first. */
static ps_block plain_block(parsum_type type, uint64_t count, size_t shift, unsigned needs, unsigned how,
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

static parsum_status try_arrays(size_t device, size_t work_group_size, const char *kernel_dir) {
    const ps_session_plan plan = {.block_kinds = 1u << PS_BLOCK_ARRAY,
                                  .every_need = true,
                                  .work_group_size = work_group_size,
                                  .kernel_dir = kernel_dir};
    return try_plan(device, &plan);
}

/* ---- sums */

static void test_self_tests_pass(void **state) {
    static const size_t groups[] = {0, 7, 96};
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        for (size_t g = 0; g < (small ? 1 : COUNT_OF(groups)); g++) {
            assert_ok(try_arrays(chosen[d], small ? 3 : groups[g], NULL));
            for (size_t n = 0; n < COUNT_OF(kernel_needs); n++)
                assert_ok(ps_session_self_test(session, kernel_needs[n], &error));
            assert_true(ps_session_get_seconds(session).transfer == 0);
        }
    }
}

/* Every type, need and size around vectors and grid, at several places in memory, with numbers that carry. */
static void test_sums_by_brute_force(void **state) {
    test_random random = test_random_start(20);
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        assert_ok(try_arrays(chosen[d], small ? 3 : 0, NULL));
        const uint64_t items = ps_session_work_items(session);
        for (size_t t = 0; t < COUNT_OF(integers); t++) {
            const size_t size = parsum_type_size(integers[t]);
            const uint64_t counts[] = {1,
                                       2,
                                       7,
                                       8,
                                       9,
                                       63 / size + 1,
                                       64 / size,
                                       64 / size + 1,
                                       129,
                                       8 * items - 1,
                                       8 * items,
                                       8 * items + 1,
                                       64 * items / size + 64 / size + 5};
            for (size_t c = 0; c < COUNT_OF(counts); c++) {
                for (size_t n = 0; n < COUNT_OF(all_needs); n++) {
                    if (small && (c * 5 + n + t) % 11 != 0)
                        continue;
                    const ps_block block =
                        plain_block(integers[t], counts[c], size * test_random_below(&random, 70),
                                    all_needs[n], (unsigned)test_random_below(&random, FILLS), &random);
                    assert_sums(&block, all_needs[n]);
                }
            }
        }
    }
}

/* Many of the largest terms in a work-item, which fill bins faster than others. */
static void test_the_largest_terms(void **state) {
    test_random random = test_random_start(21);
    (void)state;
    if (small)
        skip();
    for (size_t d = 0; d < chosen_count; d++) {
        assert_ok(try_arrays(chosen[d], 0, NULL));
        ps_session_limit_groups(session, 1);
        for (size_t t = 0; t < COUNT_OF(integers); t++) {
            for (unsigned how = LEAST; how <= ALL_ONES; how++) {
                for (size_t n = 0; n < COUNT_OF(kernel_needs); n++) {
                    const ps_block block = plain_block(integers[t], 70001, 8, kernel_needs[n], how, &random);
                    assert_sums(&block, kernel_needs[n]);
                }
            }
        }
    }
}

/* The largest work-group a device takes, by the message that refuses one above it. */
static size_t work_group_maximum(size_t device) {
    assert_int_equal(try_arrays(device, SIZE_MAX, NULL), PARSUM_USAGE);
    const char *number = strstr(error.message, "which is ");
    assert_non_null(number);
    return strtoul(number + strlen("which is "), NULL, 10);
}

static void test_every_work_group_size(void **state) {
    test_random random = test_random_start(22);
    (void)state;
    for (size_t d = 0; d < chosen_count; d++) {
        const size_t maximum = work_group_maximum(chosen[d]);
        assert_in_range(maximum, 1, 1 << 20);
        const size_t sizes[] = {1, 7, 96, 256, maximum};
        for (size_t s = 0; s < (small ? 2 : COUNT_OF(sizes)); s++) {
            if (sizes[s] > maximum)
                continue;
            assert_ok(try_arrays(chosen[d], sizes[s], NULL));
            for (unsigned i = 0; i < (small ? 4u : 64u); i++) {
                const parsum_type type = integers[i % COUNT_OF(integers)];
                const unsigned needs = kernel_needs[i / 8 % COUNT_OF(kernel_needs)];
                const uint64_t count = small ? 200 : 16 * ps_session_work_items(session) + i * 7;
                const ps_block block = plain_block(type, count, parsum_type_size(type) * (i % 9), needs,
                                                   i % 2 ? HOSTILE : NOISE, &random);
                assert_sums(&block, needs);
            }
        }
    }
}

/* ---- every way to the device */

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
        const parsum_type type = integers[test_random_below(random, COUNT_OF(integers))];
        const unsigned needs = kernel_needs[i % COUNT_OF(kernel_needs)];
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
            for (size_t n = 0; n < COUNT_OF(kernel_needs); n++) {
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
        for (size_t t = 0; t < (small ? 2 : COUNT_OF(integers)); t++) {
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

/* Only what the plan asks for is built; the rest is refused. */
static void test_a_type_that_was_not_planned(void **state) {
    test_random random = test_random_start(27);
    const ps_session_plan plan = {.block_kinds = 1u << PS_BLOCK_ARRAY,
                                  .types = 1u << PARSUM_I16,
                                  .needs = PS_NEED_SQUARES,
                                  .work_group_size = 3};
    (void)state;
    assert_ok(try_plan(chosen[0], &plan));
    assert_ok(ps_session_self_test(session, PS_NEED_SQUARES, &error));
    ps_block block = plain_block(PARSUM_I16, 100, 0, 0, NOISE, &random);
    assert_sums(&block, PS_NEED_SQUARES);
    block = plain_block(PARSUM_I64, 100, 0, 0, NOISE, &random);
    assert_int_equal(ps_session_submit(session, &block, PS_NEED_SQUARES, &error), PARSUM_FAILED);
    assert_non_null(strstr(error.message, "i64"));
    assert_null(ps_array_kernel_find(PARSUM_F64, PS_NEED_SUM | PS_NEED_PRODUCTS));
}

/* ---- the engine */

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

/* ---- kernels with one fault each, which must not pass the self-test */

static const struct {
    const char *file, *from, *to;
    unsigned needs;
} faults[] = {
    /* Who sums what. */
    {"array.cl", "(vectors + items - 1UL) / items", "vectors / items", PS_NEED_SUM},
    {"array.cl", "min(own.begin + run, vectors)", "own.begin + run", PS_NEED_SUM},
    {"array.cl", "i < own.head ? i : i + own.in_vectors", "i + own.in_vectors", PS_NEED_SUM},
    {"array.cl", "own.rest = count - own.in_vectors;", "own.rest = own.head;", PS_NEED_SUM},
    {"array.cl", "bins[get_group_id(0) * PS_ARRAY_BINS + bin]", "bins[bin]", PS_NEED_SUM},
    {"array.cl", "convert_uint8(vload8(at, bytes))",
     "convert_uint8(vload8(at, (__global const char *)bytes))", PS_NEED_SQUARES},
    /* Arithmetic. */
    {"array_sum.cl", "u >> 8 & 0x00ff00ff00ff00ffUL", "u >> 8 & 0x00ff00ff00ff007fUL", PS_NEED_SUM},
    {"array_sum.cl", "if (size <= 2u)", "if (size == 2u)", PS_NEED_SUM},
    {"array_sum.cl", "high += fields >> 32;", "high += fields >> 33;", PS_NEED_SUM},
    {"array.cl", "add(middle + ahead);", "add(own.begin + ahead);", PS_NEED_SUM},
    {"array.cl", "if (own_count % 2UL != 0UL)", "if (own_count == 1UL)", PS_NEED_SUM},
    {"array_terms.cl", "sum->high += term >> 32;", "sum->high += term >> 33;", PS_NEED_SQUARES},
    {"array_terms.cl", "sum->total - (sum->high << 32)", "sum->total - sum->high", PS_NEED_SQUARES},
    {"array_terms.cl", "split_add(&sums->square, high * high);", "split_add(&sums->square, low * high);",
     PS_NEED_SQUARES},
    {"array_terms.cl", "split_add(&sums->hh, h * h);", "split_add(&sums->hh, (h & 0x7fffffffUL) * h);",
     PS_NEED_SQUARES},
    {"array_terms.cl", "bins[PS_ARRAY_CROSS_HIGH] *= 2UL;", "", PS_NEED_SQUARES},
    {"array_moments.cl", "sums->least = min(sums->least, key);", "sums->least = key;", TEST_NEED_ALL},
    {"array_moments.cl", "sums->greatest = max(sums->greatest, u);", "sums->greatest = u;", TEST_NEED_ALL},
    {"array_moments.cl", "as_ulong4(max(u, floor) - floor)", "as_ulong4(u - floor)", TEST_NEED_ALL},
    {"array_moments.cl", "as_ulong4(sums.least) ^ top", "as_ulong4(sums.least)", TEST_NEED_ALL},
    {"array_products.cl", "split_add(&sums->cross, h * m);", "split_add(&sums->cross, h * k);",
     PS_NEED_PRODUCTS},
    {"array_products.cl", "split_add(&sums->hh, h * k);", "split_add(&sums->hh, l * k);", PS_NEED_PRODUCTS},
    {"array_products.cl", "split_add(&sums->right, v);", "split_add(&sums->right, u);", PS_NEED_PRODUCTS},
};

static void test_wrong_kernels_fail_their_self_test(void **state) {
    unsigned missed = 0;
    (void)state;
    const ps_opencl_device *device = &listed[chosen[chosen_count - 1]];
    if (small || (chosen_count > 1 && device->platform == listed[chosen[0]].platform))
        skip(); /* one device a platform says what its compiler does */
    for (size_t f = 0; f < COUNT_OF(faults); f++) {
        const ps_session_plan plan = {
            .block_kinds = 1u << PS_BLOCK_ARRAY, .needs = faults[f].needs, .kernel_dir = folder};
        restore_kernels();
        plant(faults[f].file, faults[f].from, faults[f].to);
        if (is_left_out(f))
            continue;
        assert_ok(try_plan(chosen[chosen_count - 1], &plan));
        if (ps_session_self_test(session, faults[f].needs, &error) != PARSUM_SELF_TEST) {
            printf("the self-test misses: %s\n", faults[f].to);
            missed++;
            continue;
        }
        assert_int_equal(error.status, PARSUM_SELF_TEST);
        assert_non_null(strstr(error.message, device->info.name));
    }
    restore_kernels();
    assert_int_equal(missed, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_self_tests_pass),
        TEST(test_sums_by_brute_force),
        TEST(test_the_largest_terms),
        TEST(test_every_work_group_size),
        TEST(test_numbers_that_must_be_gathered),
        TEST(test_numbers_that_are_copied),
        TEST(test_memory_that_cannot_be_written),
        TEST(test_two_blocks_in_flight),
        TEST(test_a_type_that_was_not_planned),
        TEST(test_the_engine),
        TEST(test_all_devices_and_a_block_that_fails),
        TEST(test_wrong_kernels_fail_their_self_test),
    };
    return cmocka_run_group_tests(tests, find_devices, forget_devices);
}
