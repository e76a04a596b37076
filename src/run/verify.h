/* verify.h - checking an answer against sums that were reached another way. */
#ifndef PS_VERIFY_H
#define PS_VERIFY_H

#include "engine/engine.h"
#include "exact/reference.h"

/* What asked comes to for so many elements of ranges, or of a list; on_device: reduced by an OpenCL device. */
parsum_verify ps_verify_choose(parsum_verify asked, bool ranges, uint64_t count, bool on_device);

/* The sums of all ranges by the plain reference loop on workers threads, split evenly and without the queue. *used is how
 * many threads there were. PARSUM_CANCELLED where the monitor says so. */
parsum_status ps_verify_reference(const parsum_range *ranges, size_t range_count, unsigned needs,
                                  unsigned workers, const ps_monitor *monitor, ps_integer_partial *partial,
                                  unsigned *used, parsum_error *error);

/* References of a list that passes but once, one a worker of the engine. */
typedef struct ps_verify_pass ps_verify_pass;
parsum_status ps_verify_pass_create(unsigned workers, const ps_job *job, ps_verify_pass **pass,
                                    parsum_error *error);
void ps_verify_pass_destroy(ps_verify_pass *pass);
/* Adds the elements of block to worker's reference. pass is a ps_verify_pass. */
void ps_verify_pass_block(void *pass, unsigned worker, const ps_block *block);

/* The sums of a list by the reference: those that pass gathered, or, where pass is NULL, by going through source once more
 * on job->workers threads. partial is of the job's kind. */
parsum_status ps_verify_list(ps_source *source, const ps_job *job, ps_verify_pass *pass, ps_partial *partial,
                             unsigned *used, parsum_error *error);

/* Compares what needs asks for. PARSUM_MISMATCH: the message holds both values; method names the second. */
parsum_status ps_verify_compare(const ps_partial *answer, const ps_partial *expected, unsigned needs,
                                const char *method, parsum_error *error);

#endif
