/* reader.c - the bytes of an input in order: opening, peeking, reading, going back. What decompressing is, the
 * decompressors know. */
#include "source/reader.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "source/reader_input.h"

struct ps_reader {
    ps_reader_input input;
    char *name;
    bool regular;        /* a regular file: there is a way back to first_offset */
    off_t first_offset;  /* where reading began; not 0 only for a file that standard input was given in use */
    uint64_t size_bytes; /* of a regular file when it was opened; 0 where the system does not say */
    bool started;        /* something has been read */

    const ps_decompressor *decompressor; /* NULL: bytes are as they are stored */
    void *state;
    unsigned char *peeked; /* decompressed bytes that are not taken yet; NULL until the first peek */
    size_t peeked_begin, peeked_end;
};

static const ps_decompressor *const decompressors[] = {
    [PS_COMPRESSION_NONE] = NULL,
    [PS_COMPRESSION_GZIP] = &ps_decompressor_gzip,
    [PS_COMPRESSION_ZSTD] = &ps_decompressor_zstd,
};

ps_compression ps_compression_of_bytes(const unsigned char *data, size_t size) {
    /* gzip: two bytes of magic, then the method, of which there is but one. */
    if (size >= 3 && memcmp(data, "\x1f\x8b\x08", 3) == 0)
        return PS_COMPRESSION_GZIP;
    /* zstd: a frame, or one of sixteen kinds of skippable frame. */
    if (size >= 4 && (memcmp(data, "\x28\xb5\x2f\xfd", 4) == 0 ||
                      ((data[0] & 0xf0) == 0x50 && memcmp(data + 1, "\x2a\x4d\x18", 3) == 0)))
        return PS_COMPRESSION_ZSTD;
    return PS_COMPRESSION_NONE;
}

static bool ends_with(const char *name, const char *ending) {
    const size_t length = strlen(name), ending_length = strlen(ending);
    return length > ending_length && strcmp(name + length - ending_length, ending) == 0;
}

ps_compression ps_compression_of_name(const char *name) {
    return ends_with(name, ".gz")    ? PS_COMPRESSION_GZIP
           : ends_with(name, ".zst") ? PS_COMPRESSION_ZSTD
                                     : PS_COMPRESSION_NONE;
}

parsum_status ps_reader_input_fill(ps_reader_input *input, size_t wanted, parsum_error *error) {
    const size_t kept = input->end - input->begin;
    if (kept >= wanted || input->ended)
        return PARSUM_OK;
    if (input->begin + wanted > PS_READER_PEEK_MAX || kept == 0) {
        memmove(input->buffer, input->buffer + input->begin, kept);
        input->begin = 0;
        input->end = kept;
    }
    size_t got;
    const parsum_status status = ps_file_read(input->descriptor, input->name, input->position + kept,
                                              input->buffer + input->end, wanted - kept, &got, error);
    input->end += got;
    input->ended = status == PARSUM_OK && got < wanted - kept;
    return status;
}

void ps_reader_input_take(ps_reader_input *input, size_t size) {
    input->begin += size;
    input->position += size;
}

parsum_status ps_decompressor_cut_off(const char *compression, const ps_reader_input *input,
                                      parsum_error *error) {
    return ps_fail(error, PARSUM_BAD_INPUT,
                   "%s is cut off: its %s data ends too early, at byte %" PRIu64 "; copy it again",
                   input->name, compression, input->position);
}

parsum_status ps_decompressor_damaged(const char *compression, const ps_reader_input *input,
                                      const char *reason, parsum_error *error) {
    return ps_fail(error, PARSUM_BAD_INPUT, "%s is damaged: its %s data is wrong at byte %" PRIu64 " (%s)",
                   input->name, compression, input->position, reason);
}

static parsum_status open_descriptor(const char *path, ps_reader *reader, struct stat *about,
                                     parsum_error *error) {
    if (strcmp(path, "-") != 0)
        return ps_file_open(path, &reader->input.descriptor, about, error);
    reader->input.descriptor = STDIN_FILENO;
    return ps_file_check(STDIN_FILENO, reader->name, about, error);
}

static parsum_status open_input(const char *path, ps_reader *reader, parsum_error *error) {
    struct stat about;
    reader->name = strdup(strcmp(path, "-") == 0 ? "standard input" : path);
    reader->input.buffer = malloc(PS_READER_PEEK_MAX);
    if (reader->name == NULL || reader->input.buffer == NULL)
        return ps_fail_memory(error, "an input's buffer");
    reader->input.name = reader->name;
    const parsum_status status = open_descriptor(path, reader, &about, error);
    if (status != PARSUM_OK)
        return status;
    if (S_ISREG(about.st_mode)) {
        reader->first_offset = lseek(reader->input.descriptor, 0, SEEK_CUR);
        reader->regular = reader->first_offset >= 0;
        reader->size_bytes = (uint64_t)about.st_size;
    }
    return PARSUM_OK;
}

parsum_status ps_reader_open(const char *path, ps_reader **reader, parsum_error *error) {
    ps_reader *opened = calloc(1, sizeof *opened);
    if (opened == NULL)
        return ps_fail_memory(error, "an input");
    opened->input.descriptor = -1;
    const parsum_status status = open_input(path, opened, error);
    if (status == PARSUM_OK)
        *reader = opened;
    else
        ps_reader_close(opened);
    return status;
}

void ps_reader_close(ps_reader *reader) {
    if (reader == NULL)
        return;
    if (reader->decompressor != NULL)
        reader->decompressor->close(reader->state);
    /* Standard input is the process's: closed, its number would go to the next file opened. */
    if (reader->input.descriptor > STDIN_FILENO)
        close(reader->input.descriptor);
    free(reader->peeked);
    free(reader->input.buffer);
    free(reader->name);
    free(reader);
}

bool ps_reader_file(const ps_reader *reader, int *descriptor, uint64_t *size_bytes) {
    if (!reader->regular || reader->first_offset != 0 || reader->size_bytes == 0 ||
        reader->decompressor != NULL)
        return false;
    *descriptor = reader->input.descriptor;
    *size_bytes = reader->size_bytes;
    return true;
}

bool ps_reader_can_rewind(const ps_reader *reader) {
    return reader->regular;
}

parsum_status ps_reader_decompress(ps_reader *reader, ps_compression compression, parsum_error *error) {
    const ps_decompressor *const decompressor = decompressors[compression];
    if (reader->started || reader->decompressor != NULL)
        return ps_fail(error, PARSUM_FAILED, "%s cannot be decompressed: it is being read already",
                       reader->name);
    if (decompressor == NULL)
        return PARSUM_OK;
    const parsum_status status = decompressor->open(&reader->state, error);
    if (status == PARSUM_OK)
        reader->decompressor = decompressor;
    return status;
}

/* Decompresses until wanted bytes are in peeked, fewer only at the end. */
static parsum_status fill_peeked(ps_reader *reader, size_t wanted, parsum_error *error) {
    const size_t kept = reader->peeked_end - reader->peeked_begin;
    if (kept >= wanted)
        return PARSUM_OK;
    if (reader->peeked == NULL)
        reader->peeked = malloc(PS_READER_PEEK_MAX);
    if (reader->peeked == NULL)
        return ps_fail_memory(error, "an input's buffer");
    memmove(reader->peeked, reader->peeked + reader->peeked_begin, kept);
    reader->peeked_begin = 0;
    size_t got = 0;
    const parsum_status status = reader->decompressor->read(
        reader->state, &reader->input, reader->peeked + kept, wanted - kept, &got, error);
    reader->peeked_end = kept + got;
    return status;
}

parsum_status ps_reader_peek(ps_reader *reader, size_t wanted, const unsigned char **data, size_t *size,
                             parsum_error *error) {
    if (wanted > PS_READER_PEEK_MAX)
        wanted = PS_READER_PEEK_MAX;
    if (reader->decompressor == NULL) {
        const parsum_status status = ps_reader_input_fill(&reader->input, wanted, error);
        if (status != PARSUM_OK)
            return status;
        *data = reader->input.buffer + reader->input.begin;
        *size = reader->input.end - reader->input.begin;
        return PARSUM_OK;
    }
    const parsum_status status = fill_peeked(reader, wanted, error);
    if (status != PARSUM_OK)
        return status;
    *data = reader->peeked + reader->peeked_begin;
    *size = reader->peeked_end - reader->peeked_begin;
    return PARSUM_OK;
}

static size_t smaller(size_t left, size_t right) {
    return left < right ? left : right;
}

/* What peeking left in the buffer, then from the descriptor straight into the caller's. */
static parsum_status read_stored(ps_reader *reader, unsigned char *buffer, size_t size, size_t *got,
                                 parsum_error *error) {
    ps_reader_input *const input = &reader->input;
    const size_t kept = smaller(input->end - input->begin, size);
    memcpy(buffer, input->buffer + input->begin, kept);
    ps_reader_input_take(input, kept);
    *got = kept;
    if (kept == size || input->ended)
        return PARSUM_OK;
    size_t more;
    const parsum_status status = ps_file_read(input->descriptor, input->name, input->position, buffer + kept,
                                              size - kept, &more, error);
    input->position += more;
    input->ended = status == PARSUM_OK && more < size - kept;
    *got += more;
    return status;
}

static parsum_status read_decompressed(ps_reader *reader, unsigned char *buffer, size_t size, size_t *got,
                                       parsum_error *error) {
    const size_t kept = smaller(reader->peeked_end - reader->peeked_begin, size);
    if (kept > 0)
        memcpy(buffer, reader->peeked + reader->peeked_begin, kept);
    reader->peeked_begin += kept;
    size_t more = 0;
    const parsum_status status = kept == size
                                     ? PARSUM_OK
                                     : reader->decompressor->read(reader->state, &reader->input,
                                                                  buffer + kept, size - kept, &more, error);
    *got = kept + more;
    return status;
}

parsum_status ps_reader_read(ps_reader *reader, void *buffer, size_t size, size_t *got, parsum_error *error) {
    size_t taken = 0;
    reader->started = true;
    const parsum_status status = reader->decompressor == NULL
                                     ? read_stored(reader, buffer, size, &taken, error)
                                     : read_decompressed(reader, buffer, size, &taken, error);
    if (status == PARSUM_OK)
        *got = taken;
    return status;
}

parsum_status ps_reader_rewind(ps_reader *reader, parsum_error *error) {
    ps_reader_input *const input = &reader->input;
    if (!reader->regular)
        return ps_fail(error, PARSUM_FAILED,
                       "%s cannot be read twice, as it is no regular file; save it first", reader->name);
    if (lseek(input->descriptor, reader->first_offset, SEEK_SET) < 0)
        return ps_fail(error, PARSUM_BAD_INPUT, "%s cannot be read from its beginning (%s)", reader->name,
                       strerror(errno));
    input->begin = input->end = 0;
    input->position = 0;
    input->ended = false;
    reader->peeked_begin = reader->peeked_end = 0;
    if (reader->decompressor != NULL)
        reader->decompressor->reset(reader->state);
    return PARSUM_OK;
}
