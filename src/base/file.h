/* file.h - opening and reading what is given by name, with one set of sentences for what goes wrong. */
#ifndef PS_FILE_H
#define PS_FILE_H

#include <stddef.h>
#include <sys/stat.h>

#include "parsum.h"

/* Opens path for reading; waits for a writer where it is a FIFO. *about is what fstat says of it. PARSUM_BAD_INPUT: not
 * there, a folder, not readable. */
parsum_status ps_file_open(const char *path, int *descriptor, struct stat *about, parsum_error *error);

/* The same for a descriptor that is open already. name is the input's. */
parsum_status ps_file_check(int descriptor, const char *name, struct stat *about, parsum_error *error);

/* Reads size bytes, fewer only at the end; joins short reads. position is where they begin, for the message of
 * PARSUM_BAD_INPUT. *got says how many, also where the status is an error. */
parsum_status ps_file_read(int descriptor, const char *name, uint64_t position, void *buffer, size_t size,
                           size_t *got, parsum_error *error);

#endif
