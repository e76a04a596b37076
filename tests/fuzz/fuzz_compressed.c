/* fuzz_compressed.c - any bytes as gzip or zstd data: however they are read, they are the same text and end in the same way, and
 * what the library alone makes of one piece of memory.
 *
 * The first byte chooses compression and the size of the pieces. */
#include "fuzz_file.h"

#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "source/reader.h"

bool fuzz_accepted;

/* More than the reader's buffer, and little enough for thousands a second. */
enum { TEXT_MAX = 3 << 20, INPUT_MAX = 1 << 17 };

static uint8_t whole[TEXT_MAX], again[TEXT_MAX], expected[TEXT_MAX];

/* Reads up to TEXT_MAX bytes in pieces; *ended where the end was met. */
static parsum_status read_text(ps_reader *reader, size_t piece, uint8_t *text, size_t *size, bool *ended) {
    parsum_error error;
    parsum_status status = PARSUM_OK;
    *size = 0;
    for (*ended = false; !*ended && status == PARSUM_OK && *size < TEXT_MAX;) {
        const size_t wanted = piece < TEXT_MAX - *size ? piece : TEXT_MAX - *size;
        size_t got = 0;
        status = ps_reader_read(reader, text + *size, wanted, &got, &error);
        FUZZ_REQUIRE(got <= wanted);
        if (status == PARSUM_OK)
            *size += got;
        *ended = got < wanted;
    }
    FUZZ_REQUIRE(status == PARSUM_OK || (status == PARSUM_BAD_INPUT && error.status == status));
    return status;
}

/* Concatenated members, and zeros behind them. Whether data is that; its text where that is no longer than TEXT_MAX. */
static bool gunzip(const uint8_t *data, size_t size, size_t *text_size) {
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)size};
    int code = Z_STREAM_END;
    bool first = true;
    FUZZ_REQUIRE(inflateInit2(&stream, 31) == Z_OK);
    stream.next_out = expected;
    stream.avail_out = TEXT_MAX;
    while (code == Z_STREAM_END && (first || (stream.avail_in > 0 && stream.next_in[0] != 0))) {
        first = false;
        inflateReset(&stream);
        do
            code = inflate(&stream, Z_NO_FLUSH);
        while (code == Z_OK && stream.avail_out > 0);
    }
    *text_size = TEXT_MAX - stream.avail_out;
    while (code == Z_STREAM_END && stream.avail_in > 0 && stream.next_in[0] == 0) {
        stream.next_in++;
        stream.avail_in--;
    }
    const bool good = code == Z_STREAM_END && stream.avail_in == 0;
    inflateEnd(&stream);
    return good;
}

/* Frames by libzstd a byte at a time, each of the size that its header tells. */
static bool unzstd(const uint8_t *data, size_t size, size_t *text_size) {
    ZSTD_DCtx *const context = ZSTD_createDCtx();
    ZSTD_outBuffer into = {expected, TEXT_MAX, 0};
    size_t code = 1, at = 0;
    bool same = true;
    while (at < size && into.pos < TEXT_MAX && !ZSTD_isError(code)) {
        const unsigned long long declared = ZSTD_getFrameContentSize(data + at, size - at);
        const size_t begin = into.pos;
        do {
            ZSTD_inBuffer from = {data + at, at < size, 0};
            const size_t before = into.pos;
            code = ZSTD_decompressStream(context, &into, &from);
            at += from.pos;
            if (from.pos == 0 && into.pos == before)
                break;
        } while (code != 0 && !ZSTD_isError(code) && into.pos < TEXT_MAX);
        if (code != 0)
            break;
        same = same && (declared >= ZSTD_CONTENTSIZE_ERROR || into.pos - begin == declared);
    }
    ZSTD_freeDCtx(context);
    *text_size = into.pos;
    return code == 0 && at == size && same;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_accepted = false;
    if (size < 1 || size > INPUT_MAX)
        return 0;
    const ps_compression compression = data[0] & 1 ? PS_COMPRESSION_ZSTD : PS_COMPRESSION_GZIP;
    const size_t piece = (size_t)1 << (data[0] >> 1) % 22;
    const fuzz_file file = fuzz_file_make(data + 1, size - 1);
    ps_reader *reader;
    size_t whole_size, again_size, expected_size;
    bool whole_ended, again_ended;
    FUZZ_REQUIRE(ps_reader_open(file.path, &reader, NULL) == PARSUM_OK);
    FUZZ_REQUIRE(ps_reader_decompress(reader, compression, NULL) == PARSUM_OK);
    const parsum_status status = read_text(reader, TEXT_MAX, whole, &whole_size, &whole_ended);
    FUZZ_REQUIRE(ps_reader_rewind(reader, NULL) == PARSUM_OK);
    /* Pieces of a byte are for short texts. */
    const size_t least = whole_size >> 12;
    FUZZ_REQUIRE(read_text(reader, piece > least ? piece : least, again, &again_size, &again_ended) ==
                 status);
    ps_reader_close(reader);
    fuzz_file_remove(&file);
    fuzz_accepted = status == PARSUM_OK;
    const bool good = compression == PS_COMPRESSION_ZSTD ? unzstd(data + 1, size - 1, &expected_size)
                                                         : gunzip(data + 1, size - 1, &expected_size);
    if (expected_size == TEXT_MAX)
        return 0; /* nobody has met the end */
    FUZZ_REQUIRE(good == fuzz_accepted);
    if (good)
        FUZZ_REQUIRE(whole_ended && again_ended && whole_size == expected_size &&
                     again_size == expected_size && memcmp(whole, expected, expected_size) == 0 &&
                     memcmp(again, expected, expected_size) == 0);
    return 0;
}
