/* statistics.h - the table of statistics: what each needs from the folds and how it is finished from exact sums. */
#ifndef PS_STATISTICS_H
#define PS_STATISTICS_H

#include "exact/partial.h"
#include "parsum.h"

/* The mask of PS_NEED_ that statistics (a mask of PARSUM_MASK) need. */
unsigned ps_statistics_needs(uint32_t statistics);

/* Fills values, one for each of statistics in enum order, from a partial that holds what they need; returns
 * their number, or 0 and frees what it made where memory ran out. values has PARSUM_STATISTIC_COUNT places. exact_digits: sums
 * of floats are given in full instead of as their nearest doubles, where they are finite. */
size_t ps_statistics_finish(uint32_t statistics, const ps_partial *partial, bool exact_digits,
                            parsum_value *values);

void ps_values_destroy(parsum_value *values, size_t count);

#endif
