/* session.h - one OpenCL device, ready to sum: context, queue, kernels, and launches of bounded time.
 *
 * A session is used by one thread at a time. */
#ifndef PS_SESSION_H
#define PS_SESSION_H

#include "fold/progression.h"
#include "opencl/opencl.h"

typedef struct ps_session ps_session;

/* The kernels, and what chooses between them. */
typedef enum ps_kernel_index { PS_KERNEL_NARROW, PS_KERNEL_MOMENTS, PS_KERNELS } ps_kernel_index;

/* Opens device and builds the kernels. work_group_size 0 chooses one; above the kernels' maximum it is PARSUM_USAGE. */
parsum_status ps_session_open(const ps_opencl_device *device, size_t work_group_size, const char *kernel_dir,
                              ps_session **session, parsum_error *error);
void ps_session_close(ps_session *session);

/* Sums every element of a range block on the device, as needs (a mask of PS_NEED_) says, and adds it to partial. Cuts
 * it into launches of about a tenth of a second. On failure partial is left as it was. */
parsum_status ps_session_fold(ps_session *session, const ps_block *block, unsigned needs,
                              ps_integer_partial *partial, parsum_error *error);

/* Runs the kernels that needs may choose against known sums. PARSUM_SELF_TEST: the device computes them wrongly. */
parsum_status ps_session_self_test(ps_session *session, unsigned needs, parsum_error *error);

/* Finds out how many elements a launch should have; part of the setup. */
parsum_status ps_session_calibrate(ps_session *session, unsigned needs, parsum_error *error);

/* How many elements the next block should have at most. */
uint64_t ps_session_want(const ps_session *session);

/* Work-items of a launch: for tests of sizes around it. */
size_t ps_session_work_items(const ps_session *session);

/* Launches at most so many work-groups from now on; 0: as many as the device was given at first. */
void ps_session_limit_groups(ps_session *session, size_t most);

const parsum_device *ps_session_device(const ps_session *session);

#endif
