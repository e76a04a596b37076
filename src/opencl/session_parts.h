/* session_parts.h - what a session is made of: for its own files, one for each kind of block. */
#ifndef PS_SESSION_PARTS_H
#define PS_SESSION_PARTS_H

#include "fold/float_array.h"
#include "opencl/array_kernels.h"
#include "opencl/session.h"

/* Display watchdogs end launches of some hundred milliseconds; a stop should not wait longer than this either. */
#define PS_LAUNCH_SECONDS 0.1

/* The kernels of ranges, and what chooses between them. */
typedef enum ps_kernel_index { PS_KERNEL_NARROW, PS_KERNEL_MOMENTS, PS_KERNELS } ps_kernel_index;

/* Ranges: range_part.c. */
typedef struct ps_range_part {
    cl_program program;
    cl_kernel kernels[PS_KERNELS];
    cl_mem bins;
    uint64_t *host_bins;
    uint64_t want[PS_KERNELS]; /* elements of the next launch */
    ps_kernel_index latest;
} ps_range_part;

/* Launches of arrays that may be in flight: one is computed, one is on its way to the device, one is being gathered. */
enum { PS_ARRAY_SLOTS = 3 };

/* How one operand of a launch reaches the device. */
typedef struct ps_array_operand {
    void *staging; /* host memory that numbers are gathered in; NULL: not needed so far */
    size_t staging_bytes;
    cl_mem pinned;   /* that memory as the driver gave it; NULL: it is malloc's */
    cl_mem copy;     /* memory of the device that staging is copied to */
    cl_mem wrapped;  /* host memory as the device reads it in this launch, without a copy */
    cl_event copied; /* of this launch; NULL: nothing is copied */
    cl_mem buffer;   /* what the kernel of this launch reads: copy or wrapped */
    cl_ulong offset; /* bytes */
} ps_array_operand;

/* Where the digits of a launch over floats begin (kernels/float_bins.h). */
typedef struct ps_float_bases {
    int value, product;
} ps_float_bases;

/* One launch. */
typedef struct ps_array_slot {
    const ps_array_kernel *kernel;
    parsum_type type;
    uint64_t count;
    size_t groups;
    unsigned flight; /* whose numbers they are */
    ps_block piece;  /* the numbers in the host's memory */
    ps_float_bases bases;
    ps_array_operand operands[2];
    cl_mem bins;
    uint64_t *host_bins;
    cl_event computed, read;
} ps_array_slot;

/* One block that was submitted and not yet collected. */
typedef struct ps_array_flight {
    unsigned needs;
    unsigned launches; /* in flight */
    int exponent;      /* the numbers count 10^exponent */
    parsum_type type;
    ps_integer_partial partial;
    ps_float_partial floats; /* of floats, instead */
} ps_array_flight;

/* Arrays: array_build.c builds the kernels, array_part.c launches, array_operands.c brings the numbers to the device. */
typedef struct ps_array_part {
    cl_program program;
    cl_kernel kernels[PS_ARRAY_KERNELS_MAX]; /* by row of the table; NULL where it is not wanted */
    cl_command_queue transfers;              /* where numbers are copied */
    bool copying;                            /* the device does not read the host's memory */
    bool interleaved;
    ps_float_function *float_path; /* of the numbers that a device cannot sum up */
    size_t staging_bytes;          /* of an operand of a launch that is gathered or copied */
    size_t wrapped_bytes;          /* the most of one that is not */
    size_t launch_bytes;           /* that the next launch should read of an operand */
    size_t latest_size;            /* bytes of a number of the latest block */
    ps_array_slot slots[PS_ARRAY_SLOTS];
    unsigned oldest_slot, busy_slots;
    ps_array_flight flights[PS_SESSION_BLOCKS];
    unsigned oldest_flight, flying;
    ps_session_seconds seconds;
} ps_array_part;

struct ps_session {
    ps_opencl_device device; /* the description belongs to the session */
    unsigned block_kinds;
    ps_block_kind latest_kind;
    cl_context context;
    cl_command_queue queue; /* of kernels and their results */
    size_t work_group_maximum;
    size_t work_group_size, group_count;
    size_t active_groups; /* of the next launch: group_count, or fewer in a self-test */
    cl_int failure;       /* of the call that the latest block of arrays failed by */
    ps_range_part ranges;
    ps_array_part arrays;
};

/* One call's outcome: false fills error and keeps the code. */
bool ps_session_succeeded(ps_session *session, cl_int code, const char *call, parsum_error *error);

/* Makes the kernel called name and lowers the maximum of work-group sizes to its own. */
parsum_status ps_session_add_kernel(ps_session *session, cl_program program, const char *name,
                                    size_t local_bytes_an_item, cl_kernel *kernel, parsum_error *error);

/* The parts: built before the grid is known, allocated after; closed whatever happened. */
parsum_status ps_range_part_build(ps_session *session, const char *kernel_dir, parsum_error *error);
parsum_status ps_range_part_allocate(ps_session *session, parsum_error *error);
void ps_range_part_close(ps_session *session);
parsum_status ps_array_part_build(ps_session *session, const ps_session_plan *plan, parsum_error *error);
parsum_status ps_array_part_allocate(ps_session *session, parsum_error *error);
void ps_array_part_close(ps_session *session);

/* As ps_session_halve. */
size_t ps_array_part_halve(ps_session *session);

/* How many elements the next block of arrays should have at most. */
uint64_t ps_array_part_want(const ps_array_part *part);

/* Makes operand (0 or 1) of piece readable by slot's launch: slot->operands[operand].buffer and .offset say where. piece
 * has at most ps_array_piece_count numbers. */
parsum_status ps_array_operand_prepare(ps_session *session, ps_array_slot *slot, const ps_block *piece,
                                       int operand, parsum_error *error);
/* Gives back what the launch needed, and counts the seconds of its copy. */
void ps_array_operand_finish(ps_session *session, ps_array_operand *operand);
/* Gives back the memory that numbers were gathered in and copied to; no launch may be using it. */
void ps_array_operand_release_staging(ps_session *session, ps_array_operand *operand);
void ps_array_operand_close(ps_session *session, ps_array_operand *operand);

/* How many numbers of block one launch may read, by the limits of memory. */
uint64_t ps_array_piece_count(const ps_session *session, const ps_block *block);

/* Seconds between the start and the end of what event stands for; 0 where the device does not say. */
double ps_session_event_seconds(cl_event event);

/* The self-tests of selftest.c and array_selftest.c. */
parsum_status ps_session_test_ranges(ps_session *session, unsigned needs, parsum_error *error);
parsum_status ps_session_test_arrays(ps_session *session, unsigned needs, parsum_error *error);

#endif
