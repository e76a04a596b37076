/* reader_support.h - what tests of readers share: bytes that grow, compressed by the libraries themselves, in files of a
 * folder that the test removes again. */
#ifndef PS_TEST_READER_SUPPORT_H
#define PS_TEST_READER_SUPPORT_H

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "source/reader.h"
#include "support.h"

enum { MEGABYTE = 1 << 20 };

typedef struct test_bytes {
    unsigned char *data;
    size_t size;
} test_bytes;

static inline void test_bytes_add(test_bytes *bytes, const void *data, size_t size) {
    bytes->data = realloc(bytes->data, bytes->size + size + 1);
    if (size > 0)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

static inline void test_bytes_add_all(test_bytes *bytes, const test_bytes *more) {
    test_bytes_add(bytes, more->data, more->size);
}

static inline void test_bytes_clear(test_bytes *bytes) {
    free(bytes->data);
    *bytes = (test_bytes){NULL, 0};
}

/* Lines of numbers: what is read in earnest, and neither too easy nor impossible to compress. */
static inline test_bytes test_bytes_text(test_random *random, size_t size) {
    test_bytes text = {malloc(size + 32), 0};
    while (text.size < size)
        text.size += (size_t)sprintf((char *)text.data + text.size, "%lld\n",
                                     (long long)(int64_t)test_random_hostile(random));
    text.size = size;
    return text;
}

/* Adds size bytes of data as one gzip member. */
static inline void test_bytes_add_gzip(test_bytes *bytes, const void *data, size_t size) {
    z_stream stream = {.next_in = (unsigned char *)(uintptr_t)data, .avail_in = (uInt)size};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    const size_t bound = deflateBound(&stream, size) + 64;
    unsigned char *const packed = malloc(bound);
    stream.next_out = packed;
    stream.avail_out = (uInt)bound;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    test_bytes_add(bytes, packed, bound - stream.avail_out);
    deflateEnd(&stream);
    free(packed);
}

/* Adds size bytes of data as one zstd frame with a checksum. */
static inline void test_bytes_add_zstd(test_bytes *bytes, const void *data, size_t size) {
    ZSTD_CCtx *const context = ZSTD_createCCtx();
    const size_t bound = ZSTD_compressBound(size);
    unsigned char *const packed = malloc(bound);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    const size_t packed_size = ZSTD_compress2(context, packed, bound, data, size);
    assert_false(ZSTD_isError(packed_size));
    test_bytes_add(bytes, packed, packed_size);
    ZSTD_freeCCtx(context);
    free(packed);
}

/* The same by number, for tests of each compression. */
static inline void test_bytes_add_as(test_bytes *bytes, ps_compression compression, const void *data,
                                     size_t size) {
    if (compression == PS_COMPRESSION_GZIP)
        test_bytes_add_gzip(bytes, data, size);
    else if (compression == PS_COMPRESSION_ZSTD)
        test_bytes_add_zstd(bytes, data, size);
    else
        test_bytes_add(bytes, data, size);
}

/* The folder of a test program's files, made in the current one. */
static char test_folder[] = "test_files.XXXXXX";

static inline int test_folder_make(void **state) {
    (void)state;
    return mkdtemp(test_folder) == NULL;
}

/* The last test of a program: the others have removed what they made. */
static inline void test_folder_is_empty(void **state) {
    (void)state;
    assert_int_equal(rmdir(test_folder), 0);
}

static inline void test_path(char *path, size_t size, const char *name) {
    snprintf(path, size, "%s/%s", test_folder, name);
}

static inline void test_write_file(const char *path, const void *data, size_t size) {
    FILE *const file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Reads all that is left, in pieces of at most piece bytes. Returns the status at the end. */
static inline parsum_status test_read_all(ps_reader *reader, size_t piece, test_bytes *into,
                                          parsum_error *error) {
    unsigned char *const buffer = malloc(piece);
    size_t got = piece;
    parsum_status status = PARSUM_OK;
    while (status == PARSUM_OK && got == piece) {
        status = ps_reader_read(reader, buffer, piece, &got, error);
        if (status == PARSUM_OK)
            test_bytes_add(into, buffer, got);
    }
    free(buffer);
    return status;
}

static inline void test_assert_bytes(const test_bytes *actual, const test_bytes *expected) {
    assert_int_equal(actual->size, expected->size);
    if (expected->size > 0)
        assert_memory_equal(actual->data, expected->data, expected->size);
}

static inline void test_assert_message(const parsum_error *error, const char *word) {
    if (strstr(error->message, word) == NULL)
        fail_msg("'%s' is not in: %s", word, error->message);
}

#endif
