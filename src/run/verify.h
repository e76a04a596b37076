/* verify.h - checking an answer against sums that were reached another way. */
#ifndef PS_VERIFY_H
#define PS_VERIFY_H

#include "engine/engine.h"

/* What "auto" means for so many elements of a range. */
parsum_verify ps_verify_choose(parsum_verify asked, uint64_t count);

/* The sums of all ranges by the plain reference loop on workers threads, split evenly and without the queue. *used is how
 * many threads there were. PARSUM_CANCELLED where the monitor says so. */
parsum_status ps_verify_reference(const parsum_range *ranges, size_t range_count, unsigned needs,
                                  unsigned workers, const ps_monitor *monitor, ps_integer_partial *partial,
                                  unsigned *used, parsum_error *error);

/* Compares what needs asks for. PARSUM_MISMATCH: the message holds both values; method names the second. */
parsum_status ps_verify_compare(const ps_integer_partial *answer, const ps_integer_partial *expected,
                                unsigned needs, const char *method, parsum_error *error);

#endif
