/* reader_file.h - what a reader and its decompressors share: the stored bytes of an input, as they come.
 *
 * A new compression is a new ps_decompressor and a line in reader.c's table. */
#ifndef PS_READER_INPUT_H
#define PS_READER_INPUT_H

#include <stddef.h>

#include "parsum.h"

enum {
    PS_READER_PEEK_MAX = 1 << 20,   /* and the size of a buffer */
    PS_READER_CHUNK_BYTES = 1 << 18 /* what a decompressor reads at a time */
};

/* Stored bytes that are not taken yet: buffer[begin] up to buffer[end]. */
typedef struct ps_reader_input {
    int descriptor;
    const char *name;
    unsigned char *buffer; /* PS_READER_PEEK_MAX bytes */
    size_t begin, end;
    uint64_t position; /* of buffer[begin], from where reading began */
    bool ended;        /* nothing follows buffer[end] */
} ps_reader_input;

/* Reads until wanted bytes are in the buffer, fewer only at the end. wanted <= PS_READER_PEEK_MAX. */
parsum_status ps_reader_input_fill(ps_reader_input *input, size_t wanted, parsum_error *error);

/* Takes size bytes that are in the buffer. */
void ps_reader_input_take(ps_reader_input *input, size_t size);

typedef struct ps_decompressor {
    const char *name;
    parsum_status (*open)(void **state, parsum_error *error);
    /* Decompresses exactly size bytes straight into buffer, fewer only at the end. */
    parsum_status (*read)(void *state, ps_reader_input *input, unsigned char *buffer, size_t size,
                          size_t *got, parsum_error *error);
    void (*reset)(void *state); /* for input from its beginning */
    void (*close)(void *state);
} ps_decompressor;

extern const ps_decompressor ps_decompressor_gzip, ps_decompressor_zstd;

/* The sentences for compressed data that ends too early, and that is damaged at input's position. */
parsum_status ps_decompressor_cut_off(const char *compression, const ps_reader_input *input,
                                      parsum_error *error);
parsum_status ps_decompressor_damaged(const char *compression, const ps_reader_input *input,
                                      const char *reason, parsum_error *error);

#endif
