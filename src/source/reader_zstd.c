/* reader_zstd.c - zstd by libzstd: frames one after the other are one text, skippable ones are left out. A frame may ask
 * for a window of up to 128 MiB, libzstd's own limit, which bounds the memory. */
#include <stdio.h>
#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/error.h"
#include "source/reader_input.h"

/* The longest header of a frame, magic number and all (RFC 8878, section 3.1.1). */
enum { FRAME_HEADER_BYTES = 18 };

typedef struct zstd_state {
    ZSTD_DStream *stream;
    bool any;                    /* a frame has begun */
    bool in_frame;               /* and has not ended */
    unsigned long long declared; /* the frame's size by its header, or ZSTD_CONTENTSIZE_UNKNOWN */
    unsigned long long made;     /* so many bytes of it */
    int header_bytes;            /* of the frame, that may belong to its header and are not taken yet */
} zstd_state;

static parsum_status zstd_open(void **state, parsum_error *error) {
    zstd_state *opened = calloc(1, sizeof *opened);
    if (opened != NULL)
        opened->stream = ZSTD_createDStream();
    if (opened == NULL || opened->stream == NULL) {
        free(opened);
        return ps_fail_memory(error, "decompressing");
    }
    *state = opened;
    return PARSUM_OK;
}

static void zstd_close(void *state) {
    zstd_state *closed = state;
    ZSTD_freeDStream(closed->stream);
    free(closed);
}

static void zstd_reset(void *state) {
    zstd_state *reset = state;
    (void)ZSTD_DCtx_reset(reset->stream, ZSTD_reset_session_only);
    reset->any = reset->in_frame = false;
}

/* Reads what the frame that stands next in the input says of its size. */
static parsum_status begin_frame(zstd_state *zstd, ps_reader_input *input, parsum_error *error) {
    const parsum_status status = ps_reader_input_fill(input, FRAME_HEADER_BYTES, error);
    if (status != PARSUM_OK)
        return status;
    zstd->declared = ZSTD_getFrameContentSize(input->buffer + input->begin, input->end - input->begin);
    if (zstd->declared == ZSTD_CONTENTSIZE_ERROR)
        zstd->declared = ZSTD_CONTENTSIZE_UNKNOWN; /* libzstd will say what is wrong */
    zstd->made = 0;
    zstd->header_bytes = FRAME_HEADER_BYTES;
    return PARSUM_OK;
}

/* Once a frame has ended, compares the two sizes, which libzstd 1.5 leaves out where it decompresses in parts and the last block
 * is empty. */
static parsum_status check_frame(const zstd_state *zstd, const ps_reader_input *input, parsum_error *error) {
    char reason[96];
    if (zstd->in_frame || zstd->declared == ZSTD_CONTENTSIZE_UNKNOWN || zstd->made == zstd->declared)
        return PARSUM_OK;
    snprintf(reason, sizeof reason, "a frame of %llu bytes holds %llu", zstd->declared, zstd->made);
    return ps_decompressor_damaged("zstd", input, reason, error);
}

/* One call of libzstd, which makes progress or fails. Without input it may still have output to give, of the frame that
 * it is in. Given a whole frame and room for it, libzstd decompresses it at once, and refuses what it takes in parts. So that
 * a file is the same however it is read, it gets headers byte by byte, after which it goes on in parts. */
static parsum_status decompress_some(zstd_state *zstd, ps_reader_input *input, unsigned char *buffer,
                                     size_t size, size_t *got, parsum_error *error) {
    const bool in_header = zstd->header_bytes > 0 && input->begin < input->end;
    ZSTD_inBuffer from = {input->buffer + input->begin, in_header ? 1 : input->end - input->begin, 0};
    ZSTD_outBuffer into = {buffer, size, 0};
    const size_t code = ZSTD_decompressStream(zstd->stream, &into, &from);
    ps_reader_input_take(input, from.pos);
    *got = into.pos;
    if (ZSTD_isError(code) && ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
        return ps_fail_memory(error, "decompressing");
    if (ZSTD_isError(code))
        return ps_decompressor_damaged("zstd", input, ZSTD_getErrorName(code), error);
    zstd->any = true;
    zstd->in_frame = code != 0;
    zstd->made += into.pos;
    zstd->header_bytes -= in_header;
    if (from.pos > 0 || into.pos > 0)
        return check_frame(zstd, input, error);
    return from.size == 0 ? ps_decompressor_cut_off("zstd", input, error)
                          : ps_decompressor_damaged("zstd", input, "no valid frame", error);
}

static parsum_status zstd_read(void *state, ps_reader_input *input, unsigned char *buffer, size_t size,
                               size_t *got, parsum_error *error) {
    zstd_state *const zstd = state;
    *got = 0;
    while (*got < size) {
        parsum_status status =
            ps_reader_input_fill(input, input->begin == input->end ? PS_READER_CHUNK_BYTES : 0, error);
        if (status != PARSUM_OK)
            return status;
        if (input->begin == input->end && !zstd->in_frame)
            return zstd->any ? PARSUM_OK : ps_decompressor_cut_off("zstd", input, error);
        size_t made = 0;
        if (!zstd->in_frame)
            status = begin_frame(zstd, input, error);
        if (status == PARSUM_OK)
            status = decompress_some(zstd, input, buffer + *got, size - *got, &made, error);
        *got += made;
        if (status != PARSUM_OK)
            return status;
    }
    return PARSUM_OK;
}

const ps_decompressor ps_decompressor_zstd = {"zstd", zstd_open, zstd_read, zstd_reset, zstd_close};
