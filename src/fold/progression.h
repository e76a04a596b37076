/* progression.h - arithmetic progressions of unsigned integers: what range blocks are made of.
 *
 * A range block is cut at zero and at magnitude 2^32, so that each piece is an ascending progression of magnitudes of
 * one sign and one width. The CPU paths and the OpenCL kernels all sum such pieces; this header is what they share. */
#ifndef PS_PROGRESSION_H
#define PS_PROGRESSION_H

#include "exact/partial.h"
#include "source/source.h"

/* The most elements one call of a path or one kernel launch sums. Every lane bound rests on it: fewer than 2^31
 * additions of terms below 2^32 to a 64-bit lane stay below 2^63. */
#define PS_PROGRESSION_COUNT_MAX (UINT64_C(1) << 31)

/* Magnitudes first, first+step, ..., count of them, 1 <= count <= PS_PROGRESSION_COUNT_MAX, none beyond 2^64-1. */
typedef struct ps_progression {
    uint64_t first;
    uint64_t step;
    uint64_t count;
    bool negative; /* the elements are the magnitudes' negatives */
} ps_progression;

/* The largest magnitude. */
static inline uint64_t ps_progression_last(const ps_progression *progression) {
    return progression->first + (progression->count - 1) * progression->step;
}

/* Sums of the magnitudes of a progression. sum < 2^31 * 2^64. */
typedef struct ps_progression_sums {
    ps_uint128 sum;
    ps_wide squares;
} ps_progression_sums;

/* At most this many progressions come out of one block of at most PS_PROGRESSION_COUNT_MAX elements. */
enum { PS_PROGRESSIONS_MAX = 4 };

/* Splits a range block into pieces; returns their number. */
size_t ps_progression_split(const ps_range_block *block, uint64_t count, ps_progression *pieces);

/* Squares of large magnitudes from small offsets: for x = base + d, sum(x) = n*base + sum(d) and
 * sum(x^2) = n*base^2 + 2*base*sum(d) + sum(d^2). So a progression beyond 2^32 whose step leaves room for many offsets
 * below 2^32 costs one narrow product an element, as a narrow one does. */

/* Whether that is worth while for progression: it is not narrow, and a few thousand offsets fit below 2^32. */
bool ps_progression_suits_offsets(const ps_progression *progression);

/* Takes at most most elements from the front of rest, as many as have offsets below 2^32 from the first of them. Returns
 * their offsets; *base is what they are offsets from. */
ps_progression ps_progression_take_offsets(ps_progression *rest, uint64_t most, uint64_t *base);

/* Turns the sums of count offsets (both of sum and squares) into those of the magnitudes, and adds what needs asks for to
 * sums. */
void ps_progression_add_rebased(const ps_progression_sums *offsets, uint64_t base, uint64_t count,
                                unsigned needs, ps_progression_sums *sums);

/* Adds what needs asks for of the sums of progression, and the least and greatest of its magnitudes, to partial. */
void ps_progression_deposit(const ps_progression *progression, const ps_progression_sums *sums,
                            uint64_t least, uint64_t greatest, unsigned needs, ps_integer_partial *partial);

/* A CPU path: sums every element of progression one by one, as needs (a mask of PS_NEED_) says. Each ISA's file
 * compiles progression_template.h into one such function. Exact for every progression within the bounds. */
typedef void ps_progression_function(const ps_progression *progression, unsigned needs,
                                     ps_progression_sums *sums);

ps_progression_function ps_progression_portable;
ps_progression_function ps_progression_avx2;
ps_progression_function ps_progression_avx512;
ps_progression_function ps_progression_avx512ifma;

#endif
