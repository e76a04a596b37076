/* test_engine_callbacks.c - what an engine tells and asks its caller while it sums: progress, cancellation. */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "engine_test.h"
#include "run/context.h"

typedef struct witness {
    pthread_t caller;
    bool elsewhere; /* a callback came on another thread than the caller's */
    uint64_t done, total;
    bool fell, beyond; /* progress went back, or past the total */
    unsigned progress_calls, cancelled_calls;
    unsigned cancel_at; /* the call of cancelled that says yes; 0: none */
} witness;

static void see_progress(const parsum_progress *progress, void *user) {
    const uint64_t done = progress->done, total = progress->total;
    witness *seen = user;
    seen->elsewhere |= !pthread_equal(seen->caller, pthread_self());
    seen->progress_calls++;
    seen->fell |= done < seen->done;
    seen->beyond |= done > total;
    seen->done = done;
    seen->total = total;
}

static int see_cancelled(void *user) {
    witness *seen = user;
    seen->elsewhere |= !pthread_equal(seen->caller, pthread_self());
    seen->cancelled_calls++;
    return seen->cancel_at > 0 && seen->cancelled_calls >= seen->cancel_at;
}

static void watch(parsum_options *options, witness *seen) {
    memset(seen, 0, sizeof *seen);
    seen->caller = pthread_self();
    options->progress = see_progress;
    options->cancelled = see_cancelled;
    options->user = seen;
}

static void slow_fold(const ps_isa *isa, const ps_block *block, unsigned needs, ps_partial *partial) {
    ps_fold_block(isa, block, needs, partial);
    test_sleep_ms(10);
}

static void test_progress(void **state) {
    (void)state;
    for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
        witness seen;
        parsum_options options = test_options_of(engine_names[e], 2, 1, PARSUM_MASK(PARSUM_SUMSQ));
        options.verify = PARSUM_VERIFY_NONE;
        watch(&options, &seen);
        test_create(&options);
        test_context->job.fold = slow_fold;
        test_reduce(&hundred, 1);
        assert_string_equal(test_result->values[0].text, "338350");
        /* At least half a second of work, and fifty milliseconds between two calls. */
        assert_true(seen.progress_calls >= 4);
        assert_false(seen.elsewhere);
        assert_false(seen.fell);
        assert_false(seen.beyond);
        assert_int_equal(seen.total, 100);
        assert_true(seen.done >= 50);
    }
}

/* About twenty times a second, as the header says: a callback may be slow, blocks are not. */
static void test_callbacks_are_not_called_for_every_block(void **state) {
    const parsum_range range = {0, 100000, 1};
    (void)state;
    for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
        witness seen;
        parsum_options options = test_options_of(engine_names[e], 2, 1, PARSUM_MASK(PARSUM_SUMSQ));
        options.verify = PARSUM_VERIFY_NONE;
        watch(&options, &seen);
        test_create(&options);
        test_reduce(&range, 1);
        const double most = 5 + 40 * test_result->seconds.compute;
        if (seen.progress_calls > most || seen.cancelled_calls > most)
            fail_msg("%s: %u calls of progress and %u of cancelled in %.3f s", engine_names[e],
                     seen.progress_calls, seen.cancelled_calls, test_result->seconds.compute);
    }
}

/* More than can be summed in the time of a test, in blocks of usual size. */
static const parsum_range endless = {0, (ps_int128)1 << 62, 1};

static void test_cancellation(void **state) {
    (void)state;
    for (size_t e = 0; e < COUNT_OF(engine_names); e++) {
        for (unsigned at = 1; at <= 3; at++) {
            witness seen;
            parsum_options options = test_options_of(engine_names[e], 2, 0, PARSUM_MASK_ALL);
            watch(&options, &seen);
            test_create(&options);
            seen.cancel_at = at;
            const double start = ps_clock_seconds();
            test_assert_reduce_fails(&endless, 1, PARSUM_CANCELLED);
            assert_true(ps_clock_seconds() - start < 10);
            assert_false(seen.elsewhere);
            assert_false(test_has_child());
            /* The context is as good as new. */
            seen.cancel_at = 0;
            test_reduce(&hundred, 1);
            test_assert_values(test_result, &test_case_moments[6], PARSUM_MASK_ALL);
        }
    }
}

static _Atomic uint64_t *folded_count; /* in a mapping that processes share */

/* Sums nothing, in no time: what is to be cancelled comes after it. */
static void instant_fold(const ps_isa *isa, const ps_block *block, unsigned needs, ps_partial *partial) {
    (void)isa;
    (void)needs;
    partial->count += block->count;
    atomic_fetch_add(folded_count, block->count);
}

static const parsum_range seconds_to_verify = {0, 4000000000, 1};

/* Yes, some time after the last block was folded: the verification has begun by then. */
static int cancel_the_verification(void *user) {
    double *folded_at = user;
    if (*folded_at == 0 && atomic_load(folded_count) == (uint64_t)seconds_to_verify.end)
        *folded_at = ps_clock_seconds();
    return *folded_at > 0 && ps_clock_seconds() > *folded_at + 0.2;
}

/* "All workers gone" holds for the engine's workers too where it is the verification that is cancelled. */
static void test_cancellation_while_verifying(void **state) {
    double folded_at = 0;
    (void)state;
    folded_count =
        mmap(NULL, sizeof *folded_count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(folded_count, MAP_FAILED);
    parsum_options options = test_options_of("fork", 2, UINT64_C(1) << 24, PARSUM_MASK_ALL);
    options.verify = PARSUM_VERIFY_REFERENCE;
    options.cancelled = cancel_the_verification;
    options.user = &folded_at;
    test_create(&options);
    test_context->job.fold = instant_fold;
    assert_int_equal(parsum_reduce_ranges(test_context, &seconds_to_verify, 1, &test_result, &test_error),
                     PARSUM_CANCELLED);
    assert_null(test_result);
    assert_false(test_has_child());
    munmap(folded_count, sizeof *folded_count);
}

static void test_cancellation_of_the_reference_row(void **state) {
    witness seen;
    (void)state;
    parsum_options options = test_options_of("serial", 1, 0, PARSUM_MASK_ALL);
    watch(&options, &seen);
    test_create(&options);
    seen.cancel_at = 2;
    assert_int_equal(parsum_reference_ranges(test_context, &endless, 1, &test_result, &test_error),
                     PARSUM_CANCELLED);
    assert_null(test_result);
    assert_false(seen.elsewhere);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_progress),
        TEST(test_callbacks_are_not_called_for_every_block),
        TEST(test_cancellation),
        TEST(test_cancellation_while_verifying),
        TEST(test_cancellation_of_the_reference_row),
    };
    return cmocka_run_group_tests(tests, test_cases_prepare, test_cases_forget);
}
