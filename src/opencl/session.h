/* session.h - one OpenCL device, ready to sum: context, queues, kernels, and launches of bounded time.
 *
 * A session is used by one thread at a time. */
#ifndef PS_SESSION_H
#define PS_SESSION_H

#include "fold/float_array.h"
#include "fold/progression.h"
#include "opencl/opencl.h"

typedef struct ps_session ps_session;

/* What a session is to do; only the kernels for it are built. */
typedef struct ps_session_plan {
    unsigned block_kinds;          /* mask of 1 << PS_BLOCK_; 0: ranges */
    unsigned types;                /* of arrays, mask of 1 << PARSUM_; 0: all integers */
    unsigned needs;                /* of arrays, mask of PS_NEED_ */
    bool every_need;               /* of arrays: whatever is asked for later */
    size_t work_group_size;        /* 0: chosen by the device's type */
    const char *kernel_dir;        /* NULL: the kernels built in */
    bool no_fp64;                  /* floats in integers alone, as on a device without doubles */
    ps_float_function *float_path; /* of the floats that a device cannot sum up; NULL: the portable one */
} ps_session_plan;

/* Opens device and builds the kernels. PARSUM_USAGE: a work-group size above the kernels' maximum. */
parsum_status ps_session_open(const ps_opencl_device *device, const ps_session_plan *plan,
                              ps_session **session, parsum_error *error);
void ps_session_close(ps_session *session);

/* Sums every element of a range block on the device, as needs (a mask of PS_NEED_) says, and adds it to partial. Cuts
 * it into launches of about a tenth of a second. On failure partial is left as it was. */
parsum_status ps_session_fold(ps_session *session, const ps_block *block, unsigned needs,
                              ps_integer_partial *partial, parsum_error *error);

/* The most blocks of arrays between submit and collect. */
enum { PS_SESSION_BLOCKS = 2 };

/* Starts to sum an array block on the device, as needs says; the block's memory is read until it is collected. At most
 * PS_SESSION_BLOCKS blocks may be in flight. After a failure of this or of collect none is, and no memory is read any more;
 * the session can only be closed, unless ps_session_halve says otherwise. */
parsum_status ps_session_submit(ps_session *session, const ps_block *block, unsigned needs,
                                parsum_error *error);

/* Waits for the oldest block in flight, of which there must be one, and merges what it sums to into partial, which is of
 * kind. On failure partial is left as it was. */
parsum_status ps_session_collect(ps_session *session, const ps_kind *kind, ps_partial *partial,
                                 parsum_error *error);

/* After a failure of submit or collect for want of memory: makes later launches half as long, and returns how many bytes of
 * an operand they read at most. 0: memory was not what was wanting, or they cannot be shorter. */
size_t ps_session_halve(ps_session *session);

/* Seconds since the session was opened or they were reset. */
typedef struct ps_session_seconds {
    double
        transfer;   /* gathering numbers and copying them to the device: 0 where it reads the host's memory */
    double compute; /* of array kernels on the device; 0 where it does not say */
} ps_session_seconds;
ps_session_seconds ps_session_get_seconds(const ps_session *session);
void ps_session_reset_seconds(ps_session *session);

/* Runs the kernels that needs may choose, of those built, against known sums. PARSUM_SELF_TEST: the device computes them
 * wrongly. */
parsum_status ps_session_self_test(ps_session *session, unsigned needs, parsum_error *error);

/* Finds out how many elements of a range a launch should have; part of the setup. Those of arrays need no such trials. */
parsum_status ps_session_calibrate(ps_session *session, unsigned needs, parsum_error *error);

/* How many elements the next block should have at most. */
uint64_t ps_session_want(const ps_session *session);

/* Work-items of a launch: for tests of sizes around it. */
size_t ps_session_work_items(const ps_session *session);

/* Launches at most so many work-groups from now on; 0: as many as the device was given at first. */
void ps_session_limit_groups(ps_session *session, size_t most);

/* For tests, before the first block: numbers are copied to the device as if it had memory of its own, in launches of at
 * most staging_bytes of an operand (0: as many as ever), shared out as on a GPU where interleaved. */
void ps_session_copy_arrays(ps_session *session, size_t staging_bytes, bool interleaved);

const parsum_device *ps_session_device(const ps_session *session);

#endif
