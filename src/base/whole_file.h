/* whole_file.h - small files that are written and read as a whole. */
#ifndef PS_WHOLE_FILE_H
#define PS_WHOLE_FILE_H

#include <stddef.h>

#include "parsum.h"

/* Writes size bytes to a temporary file in the folder of path, on the disk, and gives it path's name: another process sees
 * the old file or the new one, never a part, and on failure nothing is left. An old file keeps its permissions, a link its
 * place. PARSUM_FAILED: it cannot be written, or something else than a regular file has the name (a device, say, which
 * would be replaced). */
parsum_status ps_whole_file_write(const char *path, const void *bytes, size_t size, parsum_error *error);

/* The second of these reasons, and others that are known before there is something to write; PARSUM_OK promises nothing. */
parsum_status ps_whole_file_check(const char *path, parsum_error *error);

/* Reads up to capacity bytes of path; *size says how many. PARSUM_BAD_INPUT as ps_file_open and ps_file_read. */
parsum_status ps_whole_file_read(const char *path, void *bytes, size_t capacity, size_t *size,
                                 parsum_error *error);

#endif
