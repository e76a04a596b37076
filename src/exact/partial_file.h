/* partial_file.h - partials as bytes that any machine reads: versioned, checksummed, little-endian.
 *
 * A head (magic "parsum\x1apartial" ..., version, kind, what the partial can answer, counts, length) and the kind's numbers,
 * then a CRC-32 of all before it. */
#ifndef PS_PARTIAL_FILE_H
#define PS_PARTIAL_FILE_H

#include "exact/partial.h"
#include "parsum.h"

/* Bytes of the largest file: several times those of the largest kind. */
enum { PS_PARTIAL_FILE_MAX = 1 << 16 };

/* What stands in a file beside the partial. */
typedef struct ps_partial_info {
    uint32_t statistics; /* what was asked for when it was made: a mask of PARSUM_MASK, not 0 */
    char type[16];       /* the type of the input, as the report shows it */
    char kind[16];       /* likewise: "range", "array", "text" */
} ps_partial_info;

/* Serialises partial into *bytes (malloc's), *size of them: what statistics need of it, the rest of its numbers reads back
 * as zeros. PARSUM_FAILED: it holds a fault, or could not be read back. */
parsum_status ps_partial_encode(const ps_partial *partial, const ps_partial_info *info, unsigned char **bytes,
                                size_t *size, parsum_error *error);

/* The reverse: *partial is malloc's, of its kind's size. name is the file's, for messages. PARSUM_BAD_INPUT: not a partial,
 * cut off, damaged (checksum), of a newer version, of an unknown kind, with limbs out of their bounds. */
parsum_status ps_partial_decode(const unsigned char *bytes, size_t size, const char *name,
                                ps_partial **partial, ps_partial_info *info, parsum_error *error);

/* Whole files. Writing goes to a temporary file beside path that then takes its name: a file is there whole or not at
 * all. PARSUM_FAILED: it cannot be written, or path is something else than a regular file. */
parsum_status ps_partial_write(const char *path, const ps_partial *partial, const ps_partial_info *info,
                               parsum_error *error);
parsum_status ps_partial_read(const char *path, ps_partial **partial, ps_partial_info *info,
                              parsum_error *error);

#endif
