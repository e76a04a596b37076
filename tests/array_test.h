/* array_test.h - what the tests of folds of integers in memory share: the paths, numbers, and what they sum to. */
#ifndef PS_TEST_ARRAY_TEST_H
#define PS_TEST_ARRAY_TEST_H

#include "array_emulated.h"
#include "support.h"

enum { ALL_NEEDS = PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES, PATHS_MAX = 8 };

typedef struct path {
    const char *name;
    ps_array_function *function;
} path;

extern path paths[PATHS_MAX]; /* portable first, then the machine's, its best last, then the emulated */
extern size_t path_count, machine_path_count;

/* Sets paths up, before a program's tests. */
int find_paths(void **state);

/* The paths that have something of their own for type: the emulated ones leave narrow types to the portable path. */
size_t paths_for(parsum_type type);

bool is_signed(parsum_type type);
unsigned bits_of(parsum_type type);
size_t size_of(parsum_type type);

/* The number at address. */
ps_int128 number_at(parsum_type type, const unsigned char *address, bool swapped);
ps_uint128 magnitude_of(ps_int128 x);

/* Sums in words of 128 bits, of halves of 64 bits where a square or product does not fit more than a few times. */
typedef struct reference {
    uint64_t count;
    ps_int128 sum, minimum, maximum;
    ps_uint128 magnitudes;
    ps_uint128 squares[2];
    ps_uint128 products[2][2]; /* of those that are not negative, and of those that are */
} reference;

void reference_add(reference *expected, ps_int128 x, ps_int128 y);

/* What a partial holds before a fold: nothing, or sums that what needs leaves out must leave as they are. */
ps_integer_partial start_of(bool occupied);

/* actual is before with what needs names of expected added. */
void assert_partial(const ps_integer_partial *actual, const ps_integer_partial *before,
                    const reference *expected, unsigned needs, const char *what);

/* Numbers that break things: random bits, and often extremes and powers of two of whatever type reads them. */
void fill_hostile(test_random *random, unsigned char *memory, size_t size_bytes);

#endif
