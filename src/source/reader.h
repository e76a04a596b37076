/* reader.h - bytes in order from a file, a pipe or standard input, decompressed where they are gzip or zstd.
 *
 * One thread at a time. Errors name the input. */
#ifndef PS_READER_H
#define PS_READER_H

#include <stddef.h>

#include "parsum.h"

typedef struct ps_reader ps_reader;

typedef enum ps_compression { PS_COMPRESSION_NONE, PS_COMPRESSION_GZIP, PS_COMPRESSION_ZSTD } ps_compression;

/* What the first bytes of data say. */
ps_compression ps_compression_of_bytes(const unsigned char *data, size_t size);
/* What a name's ending says: .gz or .zst. */
ps_compression ps_compression_of_name(const char *name);

/* Opens path, or standard input where it is "-". The bytes come as they are stored until ps_reader_decompress.
 * PARSUM_BAD_INPUT: it is not there, is a folder, cannot be read. */
parsum_status ps_reader_open(const char *path, ps_reader **reader, parsum_error *error);
void ps_reader_close(ps_reader *reader);

/* A regular file's descriptor and size, where it can be mapped or read at offsets from 0; false for pipes and the like, for
 * files that say they are empty (those of /proc are not), after ps_reader_decompress, and where standard input is a file of
 * which something has been read before: that is read from there on, and rewinding goes back there. The descriptor stays
 * the reader's. */
bool ps_reader_file(const ps_reader *reader, int *descriptor, uint64_t *size_bytes);

/* Whether the input has a beginning to go back to (a regular file, compressed or not). */
bool ps_reader_can_rewind(const ps_reader *reader);

/* From here on what is read is decompressed. Only before the first ps_reader_read; peeked bytes are kept. */
parsum_status ps_reader_decompress(ps_reader *reader, ps_compression compression, parsum_error *error);

/* The next bytes without taking them: at least wanted, where there are so many; *data is valid until the next call. wanted
 * is at most 1 MiB. */
parsum_status ps_reader_peek(ps_reader *reader, size_t wanted, const unsigned char **data, size_t *size,
                             parsum_error *error);

/* Reads exactly size bytes, fewer only at the end, which *got says. Compressed data is whole only when a read has met its
 * end: checksums stand behind the last byte. PARSUM_BAD_INPUT: a read error, or compressed data that is damaged or cut
 * off, with the byte of the compressed input; after it only closing and rewinding have meaning. Concatenated gzip members
 * and zstd frames are one text, as gzip and zstd have it. */
parsum_status ps_reader_read(ps_reader *reader, void *buffer, size_t size, size_t *got, parsum_error *error);

/* Back to the first byte, with the decompression as it was set. */
parsum_status ps_reader_rewind(ps_reader *reader, parsum_error *error);

#endif
