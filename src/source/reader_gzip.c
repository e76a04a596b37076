/* reader_gzip.c - gzip by zlib: members one after the other are one text, and zeros may follow the last (tapes and block
 * devices pad so). */
#include <stdlib.h>
#include <zlib.h>

#include "base/error.h"
#include "source/reader_input.h"

/* zlib: the largest window, and 16 for gzip alone. */
enum { WINDOW_BITS = 15 + 16 };
/* zlib counts in unsigned int: no call is given more room. */
enum { CALL_MAX = 1 << 30 };

typedef struct gzip_state {
    z_stream stream;
    bool any;       /* a member has begun */
    bool in_member; /* and has not ended */
} gzip_state;

static parsum_status gzip_open(void **state, parsum_error *error) {
    gzip_state *opened = calloc(1, sizeof *opened);
    if (opened == NULL || inflateInit2(&opened->stream, WINDOW_BITS) != Z_OK) {
        free(opened);
        return ps_fail_memory(error, "decompressing");
    }
    *state = opened;
    return PARSUM_OK;
}

static void gzip_close(void *state) {
    gzip_state *closed = state;
    (void)inflateEnd(&closed->stream);
    free(closed);
}

static void gzip_reset(void *state) {
    gzip_state *reset = state;
    (void)inflateReset(&reset->stream);
    reset->any = reset->in_member = false;
}

/* Takes zeros up to the end of the input. */
static parsum_status take_padding(ps_reader_input *input, parsum_error *error) {
    for (;;) {
        while (input->begin < input->end && input->buffer[input->begin] == 0)
            ps_reader_input_take(input, 1);
        if (input->begin < input->end)
            return ps_decompressor_damaged("gzip", input, "other data follows", error);
        const parsum_status status = ps_reader_input_fill(input, PS_READER_CHUNK_BYTES, error);
        if (status != PARSUM_OK || input->begin == input->end)
            return status;
    }
}

/* Begins the member that stands next in the input; *ended where there is none. */
static parsum_status begin_member(gzip_state *gzip, ps_reader_input *input, bool *ended,
                                  parsum_error *error) {
    const parsum_status status =
        ps_reader_input_fill(input, input->begin == input->end ? PS_READER_CHUNK_BYTES : 2, error);
    if (status != PARSUM_OK)
        return status;
    const unsigned char *const next = input->buffer + input->begin;
    const size_t size = input->end - input->begin;
    *ended = gzip->any && (size == 0 || next[0] == 0);
    if (*ended)
        return take_padding(input, error);
    if (size == 0 || (size == 1 && next[0] == 0x1f)) {
        ps_reader_input_take(input, size);
        return ps_decompressor_cut_off("gzip", input, error);
    }
    if (size == 1 || next[0] != 0x1f || next[1] != 0x8b)
        return ps_decompressor_damaged("gzip", input, gzip->any ? "other data follows" : "no gzip data",
                                       error);
    (void)inflateReset(&gzip->stream);
    gzip->any = gzip->in_member = true;
    return PARSUM_OK;
}

/* One call of inflate. Each makes progress or fails: it has room, and without a byte of input nothing is to come. */
static parsum_status inflate_some(gzip_state *gzip, ps_reader_input *input, unsigned char *buffer,
                                  size_t size, size_t *got, parsum_error *error) {
    z_stream *const stream = &gzip->stream;
    const parsum_status status =
        ps_reader_input_fill(input, input->begin == input->end ? PS_READER_CHUNK_BYTES : 0, error);
    if (status != PARSUM_OK)
        return status;
    const uInt room = size < CALL_MAX ? (uInt)size : CALL_MAX;
    const uInt available = (uInt)(input->end - input->begin);
    stream->next_in = input->buffer + input->begin;
    stream->avail_in = available;
    stream->next_out = buffer;
    stream->avail_out = room;
    const int code = inflate(stream, Z_NO_FLUSH);
    ps_reader_input_take(input, available - stream->avail_in);
    *got = room - stream->avail_out;
    if (code == Z_STREAM_END)
        gzip->in_member = false;
    if (code == Z_OK || code == Z_STREAM_END)
        return PARSUM_OK;
    if (code == Z_MEM_ERROR)
        return ps_fail_memory(error, "decompressing");
    if (code == Z_BUF_ERROR && available == 0)
        return ps_decompressor_cut_off("gzip", input, error);
    return ps_decompressor_damaged("gzip", input, stream->msg != NULL ? stream->msg : "no valid code", error);
}

static parsum_status gzip_read(void *state, ps_reader_input *input, unsigned char *buffer, size_t size,
                               size_t *got, parsum_error *error) {
    gzip_state *const gzip = state;
    *got = 0;
    while (*got < size) {
        bool ended = false;
        size_t made = 0;
        const parsum_status status = gzip->in_member
                                         ? inflate_some(gzip, input, buffer + *got, size - *got, &made, error)
                                         : begin_member(gzip, input, &ended, error);
        *got += made;
        if (status != PARSUM_OK || ended)
            return status;
    }
    return PARSUM_OK;
}

const ps_decompressor ps_decompressor_gzip = {"gzip", gzip_open, gzip_read, gzip_reset, gzip_close};
