/* npy.h - the header of NumPy's .npy files, versions 1 to 3 (NumPy Enhancement Proposal 1 and numpy.lib.format). Reads
 * bytes, opens nothing. */
#ifndef PS_NPY_H
#define PS_NPY_H

#include <stddef.h>

#include "parsum.h"

typedef struct ps_npy {
    parsum_type type;
    bool swapped; /* bytes are in the other order than this machine's */
    bool fortran_order;
    unsigned dimensions;
    uint64_t shape[64];
    uint64_t count;     /* the product of shape; 1 where there are no dimensions */
    size_t data_offset; /* bytes of the header */
} ps_npy;

/* Longer headers are refused, as NumPy's reader does. */
enum { PS_NPY_HEADER_MAX = 10000, PS_NPY_PREFIX_BYTES = 12 };

/* Whether data begins with the magic of .npy. */
bool ps_npy_is_magic(const unsigned char *data, size_t size);

/* Reads the header at data. Enough is size >= PS_NPY_PREFIX_BYTES + PS_NPY_HEADER_MAX, or all that there is. name is the
 * input's, for messages. PARSUM_BAD_INPUT: damaged, cut off, a type that is not among parsum_type (named), a shape whose
 * bytes overflow 2^63. */
parsum_status ps_npy_parse(const unsigned char *data, size_t size, const char *name, ps_npy *npy,
                           parsum_error *error);

#endif
