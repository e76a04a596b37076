/* opencl_test.h - what the tests of the OpenCL engine share: the devices to be tested, what a test has open, and kernels
 * from disk, with faults planted in them.
 *
 * PARSUM_TEST_DEVICE selects the device; PARSUM_TEST_SMALL=1: a simulator some 10,000 times slower than a device. What runs
 * there is small, and chosen for what the simulator checks: every kernel, both widths, odd work-groups, every call. */
#ifndef PS_TEST_OPENCL_TEST_H
#define PS_TEST_OPENCL_TEST_H

#include <limits.h>

#include "engine_support.h"
#include "opencl/kernel_files.h"
#include "opencl/session.h"

extern bool small;
extern ps_opencl_device *listed;
extern size_t listed_count;
extern size_t *chosen; /* indices into listed of the devices to be tested */
extern size_t chosen_count;

/* ---- what a test has open, one of each at a time; what a failed assertion leaves open is closed by the teardown */

extern parsum_error error; /* of the latest call */
extern ps_session *session;
extern parsum_context *context;
extern parsum_result *result;
extern ps_engine_state *engine;

int tidy(void **state);
void close_session(void);

void assert_ok(parsum_status status);

/* Drivers replace signal handlers; a session leaves it to its caller to put them back. */
parsum_status try_plan(size_t device, const ps_session_plan *plan);

/* So many bytes, at the beginning of a page; the next call frees them or gives them again. */
unsigned char *memory_of(size_t bytes);

/* ---- the public interface */

static const parsum_range hundred = {1, 101, 1};

parsum_options options_of(const char *selector);
void create(const parsum_options *options);
void reduce(const parsum_range *ranges, size_t count);

/* ---- kernels from disk: broken ones and wrong ones */

extern char folder[PATH_MAX]; /* of kernels */

void write_kernel(const char *name, const char *text);
void restore_kernels(void);

/* Writes kernel file name with the only place of from replaced by to. */
void plant(const char *name, const char *from, const char *to);

/* Each planted fault is compiled, which takes its time: all are in the long run, else every third one, by the seed. */
bool is_left_out(size_t fault);

/* ---- setting up */

int find_devices(void **state);
int forget_devices(void **state);

/* A hang guard of its own: drivers compile for seconds. */
int guard(void **state);

#define TEST(function) cmocka_unit_test_setup_teardown(function, guard, tidy)

#endif
