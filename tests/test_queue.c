/* test_queue.c - the queue of blocks: every element to exactly one puller, however blocks are pulled and handed back. */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>

#include "source/queue.h"

static const uint64_t guided_least = UINT64_C(1) << 16, guided_most = UINT64_C(1) << 25;

typedef struct fixture {
    ps_source *source;
    ps_queue *queue;
} fixture;

/* A queue over the elements 0 .. count-1. */
static fixture open_queue(uint64_t count, uint64_t chunk, unsigned pullers) {
    fixture opened = {NULL, NULL};
    const parsum_range range = {0, count, 1};
    assert_int_equal(ps_source_ranges(&range, 1, &opened.source, NULL), PARSUM_OK);
    assert_int_equal(ps_queue_create(opened.source, chunk, pullers, &opened.queue, NULL), PARSUM_OK);
    assert_int_equal(ps_queue_total_count(opened.queue), count);
    return opened;
}

static void close_queue(fixture *opened) {
    ps_queue_destroy(opened->queue);
    opened->source->operations->destroy(opened->source);
}

/* What the threads of one case share. They assert nothing themselves: faults are counted. */
typedef struct crowd {
    pthread_barrier_t all_started;
    ps_queue *queue;
    uint64_t count;
    atomic_uchar *folded;  /* how often each element was folded */
    atomic_uint *attempts; /* of the block that begins at this element */
    atomic_uint faults;
    unsigned return_percent;
    uint64_t want_most; /* 0: no wish */
} crowd;

typedef struct puller {
    pthread_t thread;
    crowd *crowd;
    uint64_t stream;
    uint64_t returned;
} puller;

static void *pull_all(void *argument) {
    puller *self = argument;
    crowd *shared = self->crowd;
    test_random random = test_random_start(self->stream);
    ps_block block;
    pthread_barrier_wait(&shared->all_started);
    for (;;) {
        const uint64_t want = shared->want_most > 0 ? 1 + test_random_below(&random, shared->want_most) : 0;
        if (!ps_queue_pull(shared->queue, want, &block))
            break;
        const uint64_t first = (uint64_t)block.range.first;
        const bool sane = block.kind == PS_BLOCK_RANGE && block.range.step == 1 && block.count >= 1 &&
                          block.range.first >= 0 && first + block.count <= shared->count;
        if (!sane || block.attempts != atomic_load(&shared->attempts[first])) {
            atomic_fetch_add(&shared->faults, 1);
            break;
        }
        if (test_random_below(&random, 100) < shared->return_percent) {
            const bool tried = test_random_bits(&random) & 1;
            /* It may come back in parts. */
            for (uint64_t i = 0; i < block.count; i++)
                atomic_fetch_add(&shared->attempts[first + i], tried);
            if (!ps_queue_return(shared->queue, &block, tried))
                atomic_fetch_add(&shared->faults, 1);
            self->returned++;
            continue;
        }
        for (uint64_t i = 0; i < block.count; i++)
            atomic_fetch_add_explicit(&shared->folded[first + i], 1, memory_order_relaxed);
        ps_queue_done(shared->queue, &block);
    }
    return NULL;
}

/* Two runs of threads over one queue, rewound between them. A thread that finds nothing may leave while another still
 * hands a block back: who returned last pulls again, so nothing is left. */
static void assert_each_once(uint64_t count, uint64_t chunk, unsigned threads, unsigned return_percent,
                             uint64_t want_most) {
    enum { THREADS_MAX = 8 };
    puller pullers[THREADS_MAX];
    fixture opened = open_queue(count, chunk, threads);
    crowd shared = {.queue = opened.queue,
                    .count = count,
                    .folded = calloc(count + 1, sizeof(atomic_uchar)),
                    .attempts = calloc(count + 1, sizeof(atomic_uint)),
                    .return_percent = return_percent,
                    .want_most = want_most};
    pthread_barrier_init(&shared.all_started, NULL, threads);
    for (unsigned round = 1; round <= 2; round++) {
        uint64_t returned = 0;
        ps_queue_rewind(opened.queue);
        memset(shared.attempts, 0, (count + 1) * sizeof shared.attempts[0]);
        for (unsigned i = 0; i < threads; i++) {
            pullers[i] = (puller){.crowd = &shared, .stream = 1000 * round + i};
            assert_int_equal(pthread_create(&pullers[i].thread, NULL, pull_all, &pullers[i]), 0);
        }
        for (unsigned i = 0; i < threads; i++) {
            pthread_join(pullers[i].thread, NULL);
            returned += pullers[i].returned;
        }
        assert_int_equal(atomic_load(&shared.faults), 0);
        for (uint64_t i = 0; i < count; i++) {
            if (shared.folded[i] != round)
                fail_msg("element %llu was folded %u times in %u runs", (unsigned long long)i,
                         (unsigned)shared.folded[i], round);
        }
        assert_int_equal(ps_queue_done_count(opened.queue), count);
        /* Of a thousand blocks some came back. */
        assert_true(return_percent == 0 || chunk == 0 || count / chunk < 1000 || returned > 0);
    }
    pthread_barrier_destroy(&shared.all_started);
    free(shared.folded);
    free(shared.attempts);
    close_queue(&opened);
}

static void each_element_once(void **state) {
    (void)state;
    test_seed(); /* before the threads ask for it */
    assert_each_once(100000, 7, 4, 0, 0);
    assert_each_once(100000, 7, 4, 30, 0);
    assert_each_once(100000, 100, 3, 60, 50);
    assert_each_once(100000, 1, 8, 20, 0);
    assert_each_once(5000000, 0, 2, 30, 0);
    assert_each_once(1000000, 0, 4, 30, 5000);
    assert_each_once(1, 0, 4, 50, 0);
    assert_each_once(0, 0, 2, 50, 0);
}

static uint64_t smaller(uint64_t left, uint64_t right) {
    return left < right ? left : right;
}

/* Without a chunk a block is half a worker's share of what is left, within the limits, and never more than is left or
 * wanted. One worker alone need not share. */
static void guided_sizes(void **state) {
    (void)state;
    static const unsigned pullers[] = {0, 1, 2, 3, 16, 4096};
    static const uint64_t counts[] = {1,
                                      65535,
                                      65536,
                                      65537,
                                      1000000,
                                      UINT64_C(1) << 25,
                                      (UINT64_C(1) << 25) + 1,
                                      UINT64_C(10000000000),
                                      UINT64_C(1) << 36};
    static const uint64_t wants[] = {0, 1 << 20, UINT64_C(1) << 40};
    for (size_t p = 0; p < sizeof pullers / sizeof pullers[0]; p++) {
        for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
            for (size_t w = 0; w < sizeof wants / sizeof wants[0]; w++) {
                fixture opened = open_queue(counts[c], 0, pullers[p]);
                uint64_t left = counts[c];
                ps_block block;
                while (ps_queue_pull(opened.queue, wants[w], &block)) {
                    uint64_t size = pullers[p] > 1 ? left / 2 / pullers[p] : left;
                    if (size < guided_least)
                        size = guided_least;
                    size = smaller(size, wants[w] > 0 ? wants[w] : guided_most);
                    assert_int_equal(block.count, smaller(size, left));
                    assert_int_equal(block.range.first, counts[c] - left);
                    left -= block.count;
                }
                assert_int_equal(left, 0);
                close_queue(&opened);
            }
        }
    }
}

/* A fixed chunk is what the caller asked for: neither a puller's wish nor promptness changes it. */
static void fixed_chunk_and_want(void **state) {
    (void)state;
    const struct {
        uint64_t count, chunk, want, block;
    } rows[] = {
        {1000, 10, 0, 10},
        {1000, 10, 3, 10},
        {1000, 10, 11, 10},
        {1000, 7, 0, 7},
        {1000, 2000, 0, 1000},
        {1000, 1, 1, 1},
        {1000, 0, 1, 1},
        {1000, 0, 999, 999},
        {1000, 1001, 5, 1000},
        {1000, UINT64_MAX, 0, 1000},
        {1000, 1, UINT64_MAX, 1},
        {1000, 0, UINT64_MAX, 1000},
        {UINT64_MAX, UINT64_MAX, 0, UINT64_MAX},
        {UINT64_MAX, UINT64_MAX / 2, 1, UINT64_MAX / 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fixture opened = open_queue(rows[i].count, rows[i].chunk, 4);
        uint64_t left = rows[i].count;
        ps_block block;
        while (ps_queue_pull(opened.queue, rows[i].want, &block)) {
            assert_int_equal(block.count, smaller(rows[i].block, left));
            left -= block.count;
        }
        assert_int_equal(left, 0);
        close_queue(&opened);
    }
}

/* Blocks handed back come again, whole or in parts, but never more than is wanted. */
static void want_of_returned_blocks(void **state) {
    (void)state;
    fixture opened;
    ps_block block;
    for (uint64_t want = 1; want <= 7; want += 6) {
        bool seen[100] = {false};
        uint64_t total = 0;
        opened = open_queue(100, 0, 1);
        assert_true(ps_queue_pull(opened.queue, 60, &block));
        assert_int_equal(block.count, 60);
        assert_true(ps_queue_return(opened.queue, &block, true));
        while (ps_queue_pull(opened.queue, want, &block)) {
            assert_true(block.count >= 1 && block.count <= want);
            assert_int_equal(block.attempts, block.range.first < 60 ? 1 : 0);
            for (uint64_t i = 0; i < block.count; i++) {
                assert_false(seen[(size_t)block.range.first + i]);
                seen[(size_t)block.range.first + i] = true;
            }
            total += block.count;
        }
        assert_int_equal(total, 100);
        close_queue(&opened);
    }

    /* A fixed chunk stays what it is. */
    opened = open_queue(100, 60, 1);
    assert_true(ps_queue_pull(opened.queue, 0, &block));
    assert_true(ps_queue_return(opened.queue, &block, false));
    assert_true(ps_queue_pull(opened.queue, 7, &block));
    assert_int_equal(block.count, 60);
    close_queue(&opened);
}

static void use_memory_again(ps_source *source, const ps_block *block) {
    (void)source;
    (void)block;
}

/* Where a source uses the memory of a block that is done, one that comes back stays whole: its parts are not done at once. */
static void returned_blocks_of_used_memory(void **state) {
    (void)state;
    fixture opened = open_queue(100, 0, 1);
    ps_source_operations operations = *opened.source->operations;
    ps_block block;
    operations.release = use_memory_again;
    opened.source->operations = &operations;
    assert_true(ps_queue_pull(opened.queue, 60, &block));
    assert_true(ps_queue_return(opened.queue, &block, true));
    assert_true(ps_queue_pull(opened.queue, 7, &block));
    assert_int_equal(block.count, 60);
    close_queue(&opened);
}

/* Attempts count up only where the block was tried; many blocks may wait at once. */
static void returns(void **state) {
    (void)state;
    enum { BLOCKS = 1000 };
    static ps_block blocks[BLOCKS];
    static bool seen[BLOCKS];
    memset(seen, 0, sizeof seen);
    fixture opened = open_queue(BLOCKS, 1, 2);
    ps_block block;
    for (int i = 0; i < BLOCKS; i++)
        assert_true(ps_queue_pull(opened.queue, 0, &blocks[i]));
    assert_false(ps_queue_pull(opened.queue, 0, &block));
    for (int i = 0; i < BLOCKS; i++) {
        blocks[i].attempts = (uint32_t)i % 3;
        assert_true(ps_queue_return(opened.queue, &blocks[i], i % 2 == 0));
    }
    for (int i = 0; i < BLOCKS; i++) {
        assert_true(ps_queue_pull(opened.queue, 0, &block));
        const size_t first = (size_t)block.range.first;
        assert_int_equal(block.count, 1);
        assert_int_equal(block.attempts, first % 3 + (first % 2 == 0));
        assert_false(seen[first]);
        seen[first] = true;
    }
    assert_false(ps_queue_pull(opened.queue, 0, &block));
    assert_int_equal(ps_queue_done_count(opened.queue), 0);
    close_queue(&opened);
}

static void stop_and_rewind(void **state) {
    (void)state;
    fixture opened = open_queue(100, 10, 2);
    ps_block block;
    assert_true(ps_queue_pull(opened.queue, 0, &block));
    ps_queue_done(opened.queue, &block);
    assert_int_equal(ps_queue_done_count(opened.queue), 10);
    assert_true(ps_queue_pull(opened.queue, 0, &block));
    ps_queue_stop(opened.queue);
    assert_false(ps_queue_pull(opened.queue, 0, &block));
    assert_true(ps_queue_return(opened.queue, &block, true));
    assert_false(ps_queue_pull(opened.queue, 0, &block));
    assert_int_equal(ps_queue_done_count(opened.queue), 10);

    /* Everything again, from the first element; what was handed back before does not come twice. */
    ps_queue_rewind(opened.queue);
    assert_int_equal(ps_queue_done_count(opened.queue), 0);
    for (int i = 0; i < 10; i++) {
        assert_true(ps_queue_pull(opened.queue, 0, &block));
        assert_int_equal(block.range.first, 10 * i);
        assert_int_equal(block.attempts, 0);
    }
    assert_false(ps_queue_pull(opened.queue, 0, &block));
    close_queue(&opened);
    ps_queue_destroy(NULL);
}

/* Guided sizes start again, too: they count what is left. */
static void rewind_restores_sizes(void **state) {
    (void)state;
    fixture opened = open_queue(UINT64_C(1) << 24, 0, 4);
    uint64_t before[64], count = 0;
    ps_block block;
    while (ps_queue_pull(opened.queue, 0, &block) && count < 64)
        before[count++] = block.count;
    ps_queue_rewind(opened.queue);
    for (uint64_t i = 0; i < count; i++) {
        assert_true(ps_queue_pull(opened.queue, 0, &block));
        assert_int_equal(block.count, before[i]);
    }
    close_queue(&opened);
}

/* The caller's thread asks all the time; its callbacks are called seldom. */
static void polls_are_spaced(void **state) {
    (void)state;
    enum { POLLS = 4 };
    struct timespec start, end;
    fixture opened = open_queue(1, 0, 1);
    assert_true(ps_queue_poll_due(opened.queue));
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int polls = 0; polls < POLLS;)
        polls += ps_queue_poll_due(opened.queue);
    clock_gettime(CLOCK_MONOTONIC, &end);
    const double milliseconds =
        1e3 * (double)(end.tv_sec - start.tv_sec) + 1e-6 * (double)(end.tv_nsec - start.tv_nsec);
    /* Less one millisecond: the first poll was before start. */
    assert_true(milliseconds >= (POLLS - 1) * PS_POLL_MILLISECONDS - 1);
    close_queue(&opened);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_element_once),
        cmocka_unit_test(guided_sizes),
        cmocka_unit_test(fixed_chunk_and_want),
        cmocka_unit_test(want_of_returned_blocks),
        cmocka_unit_test(returned_blocks_of_used_memory),
        cmocka_unit_test(returns),
        cmocka_unit_test(stop_and_rewind),
        cmocka_unit_test(rewind_restores_sizes),
        cmocka_unit_test(polls_are_spaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
