/* library_test.h - what the tests of the public interface share. No OpenCL driver is offered to the library in them. */
#ifndef PS_TEST_LIBRARY_TEST_H
#define PS_TEST_LIBRARY_TEST_H

#include "engine_support.h"

#define TOP ((ps_int128)1 << 64)

enum { ENGINES = 3 };

extern const char *const engine_names[ENGINES];

static const parsum_range hundred = {1, 101, 1};

/* Of engine name with two workers. */
parsum_options options_of(const char *name);
parsum_context *create(const parsum_options *options);
parsum_result *reduce(parsum_context *context, const parsum_range *ranges, size_t count);

/* Around a program's tests: a folder without drivers, so that the loader finds none. */
int hide_drivers(void **state);
int show_drivers(void **state);

#endif
