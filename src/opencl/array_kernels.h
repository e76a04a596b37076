/* array_kernels.h - the kernels that sum numbers in memory: which one serves what, and what its bins mean. A new kernel is
 * one row. */
#ifndef PS_ARRAY_KERNELS_H
#define PS_ARRAY_KERNELS_H

#include "exact/partial.h"
#include "source/source.h"

/* The most numbers of a launch: the kernels' bounds rest on it (array.cl). */
#define PS_ARRAY_LAUNCH_MAX (UINT64_C(1) << 30)

/* One launch's result: bins of groups work-groups, one after another. */
typedef struct ps_array_bins {
    const uint64_t *bins;
    size_t groups;
    uint64_t count; /* numbers summed, 1 to PS_ARRAY_LAUNCH_MAX */
    parsum_type type;
} ps_array_bins;

typedef struct ps_array_kernel {
    const char *name;
    const char *file;
    unsigned types; /* mask of 1 << PARSUM_ */
    unsigned needs; /* mask of PS_NEED_ that it can fill */
    size_t bins;    /* 64-bit numbers that a work-group returns and that a work-item needs in local memory */
    /* Adds what needs asks for, and the count, to partial. NULL: a kernel of floats (float_part.h). */
    void (*deposit)(const ps_array_bins *result, unsigned needs, ps_integer_partial *partial);
} ps_array_kernel;

enum { PS_ARRAY_KERNELS_MAX = 16 };

/* Row index of the table; NULL beyond the last. */
const ps_array_kernel *ps_array_kernel_at(size_t index);

/* The row of the cheapest kernel that fills needs of numbers of type; NULL: there is none. */
const ps_array_kernel *ps_array_kernel_find(parsum_type type, unsigned needs);

/* Its row index. */
size_t ps_array_kernel_index(const ps_array_kernel *kernel);

/* Half the span of a signed type, 0 of an unsigned one: what kernels add to every number. */
uint64_t ps_array_bias(parsum_type type);

/* The integer types, as a mask. */
#define PS_ARRAY_INTEGERS                                                                         \
    (1u << PARSUM_I8 | 1u << PARSUM_I16 | 1u << PARSUM_I32 | 1u << PARSUM_I64 | 1u << PARSUM_U8 | \
     1u << PARSUM_U16 | 1u << PARSUM_U32 | 1u << PARSUM_U64)

/* Floats and doubles. */
#define PS_ARRAY_FLOATS (1u << PARSUM_F32 | 1u << PARSUM_F64)

#endif
