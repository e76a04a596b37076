/* engine_test.h - what the tests of the engines of every machine share: lists of ranges with their statistics by brute
 * force, and a context at a time with what its calls come to.
 *
 * Functions here assert, so they may only be called on the test's own thread. */
#ifndef PS_TEST_ENGINE_TEST_H
#define PS_TEST_ENGINE_TEST_H

#include "engine_support.h"

#define TOP ((ps_int128)1 << 64)
#define BOTTOM (-((ps_int128)1 << 63))
#define NARROW ((ps_int128)1 << 32)

static const char *const engine_names[] = {"serial", "pthread", "fork"};
static const parsum_range hundred = {1, 101, 1};

/* ---- the cases, and their statistics by brute force */

enum { RANGES_MAX = 6, CHOSEN_CASES = 20, RANDOM_CASES = 12, CASES = CHOSEN_CASES + RANDOM_CASES };

typedef struct test_case {
    parsum_range ranges[RANGES_MAX];
    size_t count;
} test_case;

const test_case *test_case_at(size_t index);
extern test_moments test_case_moments[CASES];

/* The setup and teardown of a group of tests. */
int test_cases_prepare(void **state);
int test_cases_forget(void **state);

/* The values of exactly the statistics asked for, in the order of their enum. */
void test_assert_values(const parsum_result *result, const test_moments *of, uint32_t statistics);

/* ---- contexts; what a failed assertion leaves open is closed by the teardown */

extern parsum_context *test_context;
extern parsum_result *test_result;
extern ps_engine_state *test_engine; /* one that a test opens by the table, without a context */
extern parsum_error test_error;

parsum_options test_options_of(const char *name, unsigned workers, uint64_t chunk, uint32_t statistics);
int test_tidy(void **state);
void test_forget(void);
/* Each in the place of what there was; the test fails where the call does. */
void test_create(const parsum_options *options);
void test_reduce(const parsum_range *ranges, size_t count);

/* The call fails and gives no result; the error speaks of it. */
void test_assert_reduce_fails(const parsum_range *ranges, size_t count, parsum_status expected);

#define TEST(function) cmocka_unit_test_setup_teardown(function, test_guard, test_tidy)

#endif
