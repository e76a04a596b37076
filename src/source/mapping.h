/* mapping.h - files in memory, and what becomes of those that shrink while they are read.
 *
 * Touching a page that a file has lost raises SIGBUS. A program that maps files installs a handler that calls
 * parsum_mapping_fault; the run then goes on over zeros, and ps_mapping_is_whole tells that its answer is void. */
#ifndef PS_MAPPING_H
#define PS_MAPPING_H

#include <stddef.h>

#include "parsum.h"

typedef struct ps_mapping {
    const unsigned char *base; /* NULL: nothing is mapped */
    size_t size_bytes;
    int descriptor; /* the mapping's own */
    int entry;      /* of the table that the handler reads */
} ps_mapping;

/* Maps size_bytes > 0 of the file behind descriptor, for reading. False: it cannot be mapped; read it instead. */
bool ps_mapping_create(int descriptor, size_t size_bytes, ps_mapping *mapping);
void ps_mapping_destroy(ps_mapping *mapping);

/* Whether the file still has all that is mapped, and had it whenever it was touched, also by forked children. */
bool ps_mapping_is_whole(const ps_mapping *mapping);

/* Whether a page was touched that the file has lost. False where nothing is mapped. */
bool ps_mapping_has_fault(const ps_mapping *mapping);

/* Whether anything is mapped: a forked child then keeps the handler of SIGBUS. */
bool ps_mapping_exists(void);

#endif
