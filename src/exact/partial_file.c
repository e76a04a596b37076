/* partial_file.c - partials as the bytes of a file: the head, the checksum and all that is refused.
 *
 * All numbers are little-endian. In order:
 *   magic                16 bytes
 *   version              4
 *   kind                 4    index into the table of kinds
 *   length               8    of all bytes, the checksum's included
 *   statistics           4    mask of PARSUM_MASK
 *   type, input's kind   16 each, padded by zeros
 *   count, missing, skipped NaNs   8 each
 *   numbers              as partial_codec.c writes them: those that the statistics need
 *   checksum             4    CRC-32 of all before it */
#include "exact/partial_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/error.h"
#include "base/whole_file.h"
#include "exact/partial_codec.h"
#include "exact/statistics.h"

static const char magic[16] = "parsum\x1apartial\n";
enum {
    FILE_VERSION = 1,
    LENGTH_AT = sizeof magic + 4 + 4,
    HEAD_BYTES = LENGTH_AT + 8 + 4 + 16 + 16 + 3 * 8,
    CHECKSUM_BYTES = 4
};

static uint32_t checksum(const unsigned char *bytes, size_t size) {
    /* size is at most PS_PARTIAL_FILE_MAX, so it fits zlib's unsigned int. */
    return (uint32_t)crc32(crc32(0, NULL, 0), bytes, (uInt)size);
}

static parsum_status fail_damaged(const char *name, const char *what, parsum_error *error) {
    return ps_fail(error, PARSUM_BAD_INPUT, "%s is a damaged partial: %s; make it again", name, what);
}

static parsum_status fail_cut_off(const char *name, size_t size, parsum_error *error) {
    return ps_fail(error, PARSUM_BAD_INPUT, "%s is a partial that is cut off, at byte %zu; copy it again",
                   name, size);
}

/* Text that a report shows: printable, and nothing but zeros behind its end. */
static bool is_text(const char *text, size_t size) {
    size_t length = 0;
    while (length < size && text[length] >= ' ' && text[length] <= '~')
        length++;
    for (size_t i = length; i < size; i++) {
        if (text[i] != '\0')
            return false;
    }
    return length < size;
}

/* At least one statistic, none that is unknown; a dot product has other numbers than the rest. */
static bool are_statistics(uint32_t statistics) {
    const uint32_t dot = PARSUM_MASK(PARSUM_DOT);
    return statistics == dot || (statistics != 0 && (statistics & ~PARSUM_MASK_ALL) == 0);
}

static void write_head(ps_bytes_out *out, const ps_partial *partial, const ps_partial_info *info) {
    ps_bytes_put(out, magic, sizeof magic);
    ps_bytes_put_integer(out, FILE_VERSION, 4);
    ps_bytes_put_integer(out, partial->kind, 4);
    ps_bytes_put_integer(out, 0, 8); /* the length, once it is known */
    ps_bytes_put_integer(out, info->statistics, 4);
    ps_bytes_put(out, info->type, sizeof info->type);
    ps_bytes_put(out, info->kind, sizeof info->kind);
    ps_bytes_put_integer(out, partial->count, 8);
    ps_bytes_put_integer(out, partial->missing, 8);
    ps_bytes_put_integer(out, partial->skipped_nan, 8);
}

/* Fixes the length and ends the file with its checksum. */
static void write_end(ps_bytes_out *out) {
    ps_bytes_out length = {out->data + LENGTH_AT, 0, 8, false};
    ps_bytes_put_integer(&length, out->size + CHECKSUM_BYTES, 8);
    ps_bytes_put_integer(out, checksum(out->data, out->size), CHECKSUM_BYTES);
}

/* What could not be read again is not saved: a wrong partial must not be found out after the data is gone. */
static parsum_status check_encoded(const ps_bytes_out *out, parsum_error *error) {
    ps_partial *partial = NULL;
    ps_partial_info info;
    parsum_error why;
    const parsum_status status =
        out->full ? PARSUM_FAILED : ps_partial_decode(out->data, out->size, "it", &partial, &info, &why);
    free(partial);
    if (status == PARSUM_OK || status == PARSUM_FAILED)
        return status == PARSUM_OK ? PARSUM_OK : ps_fail_memory(error, "a partial");
    return ps_fail(error, PARSUM_FAILED, "the partial cannot be saved, a defect of parsum: %s", why.message);
}

/* Strings with their terminator, and zeros behind it whatever the caller has there. */
static ps_partial_info tidy_info(const ps_partial_info *info) {
    ps_partial_info tidy = {.statistics = info->statistics};
    memcpy(tidy.type, info->type, strnlen(info->type, sizeof tidy.type - 1));
    memcpy(tidy.kind, info->kind, strnlen(info->kind, sizeof tidy.kind - 1));
    return tidy;
}

parsum_status ps_partial_encode(const ps_partial *partial, const ps_partial_info *info, unsigned char **bytes,
                                size_t *size, parsum_error *error) {
    const ps_partial_codec *const codec = ps_partial_codec_find(partial->kind);
    const ps_partial_info tidy = tidy_info(info);
    if (codec == NULL || partial->fault.code != PS_FAULT_NONE || !are_statistics(info->statistics))
        return ps_fail(error, PARSUM_FAILED, "there is no answer in the partial that is to be saved");
    ps_bytes_out out = {.data = malloc(PS_PARTIAL_FILE_MAX), .capacity = PS_PARTIAL_FILE_MAX};
    if (out.data == NULL)
        return ps_fail_memory(error, "a partial");
    write_head(&out, partial, &tidy);
    ps_partial_codec_write(codec, partial, ps_statistics_needs(info->statistics), &out);
    write_end(&out);
    const parsum_status status = check_encoded(&out, error);
    if (status != PARSUM_OK) {
        free(out.data);
        return status;
    }
    *bytes = out.data;
    *size = out.size;
    return PARSUM_OK;
}

/* Whether the bytes are a whole, undamaged file of a version that is known. Leaves in behind the length. */
static parsum_status check_file(ps_bytes_in *in, const char *name, parsum_error *error) {
    const size_t size = in->size;
    if (memcmp(in->data, magic, size < sizeof magic ? size : sizeof magic) != 0 || size > PS_PARTIAL_FILE_MAX)
        return ps_fail(error, PARSUM_BAD_INPUT,
                       "%s is no partial of parsum-cl; 'parsum-cl sum --partial=FILE' makes one", name);
    in->at = size < sizeof magic ? size : sizeof magic;
    const uint64_t version = ps_bytes_get_integer(in, 4);
    if (version > FILE_VERSION)
        return ps_fail(error, PARSUM_BAD_INPUT,
                       "%s was made by a newer version of parsum-cl (its format is %" PRIu64
                       ", known are those up to %d); merge it with that one",
                       name, version, FILE_VERSION);
    (void)ps_bytes_get_integer(in, 4);
    const uint64_t length = ps_bytes_get_integer(in, 8);
    if (in->short_of || size < HEAD_BYTES + CHECKSUM_BYTES || size < length)
        return fail_cut_off(name, size, error);
    if (size > length)
        return fail_damaged(name, "something follows its end", error);
    ps_bytes_in end = {in->data, size - CHECKSUM_BYTES, size, false};
    if (ps_bytes_get_integer(&end, CHECKSUM_BYTES) != checksum(in->data, size - CHECKSUM_BYTES))
        return fail_damaged(name, "its checksum is wrong", error);
    if (version == 0)
        return fail_damaged(name, "there is no version 0", error);
    in->size = size - CHECKSUM_BYTES;
    return PARSUM_OK;
}

/* Reads what stands between the length and the numbers. */
static parsum_status read_head(ps_bytes_in *in, const char *name, ps_partial *head, ps_partial_info *info,
                               parsum_error *error) {
    info->statistics = (uint32_t)ps_bytes_get_integer(in, 4);
    ps_bytes_get(in, info->type, sizeof info->type);
    ps_bytes_get(in, info->kind, sizeof info->kind);
    head->count = ps_bytes_get_integer(in, 8);
    head->missing = ps_bytes_get_integer(in, 8);
    head->skipped_nan = ps_bytes_get_integer(in, 8);
    if (!are_statistics(info->statistics))
        return fail_damaged(name, "its statistics are none that there are", error);
    if (!is_text(info->type, sizeof info->type) || !is_text(info->kind, sizeof info->kind))
        return fail_damaged(name, "its type is no text", error);
    return PARSUM_OK;
}

static parsum_status read_numbers(ps_bytes_in *in, const char *name, const ps_partial_codec *codec,
                                  ps_partial *partial, uint32_t statistics, parsum_error *error) {
    const unsigned needs = ps_statistics_needs(statistics);
    const char *const wrong = ps_partial_codec_read(codec, partial, needs, in);
    if (wrong != NULL)
        return ps_fail(error, PARSUM_BAD_INPUT,
                       "%s is a damaged partial: its %s is out of bounds; make it again", name, wrong);
    if (in->at != in->size)
        return fail_damaged(name, "it holds more than its numbers", error);
    if (!ps_partial_is_consistent(partial, needs))
        return fail_damaged(name, "its sums contradict each other", error);
    return PARSUM_OK;
}

parsum_status ps_partial_decode(const unsigned char *bytes, size_t size, const char *name,
                                ps_partial **partial, ps_partial_info *info, parsum_error *error) {
    ps_bytes_in in = {bytes, 0, size, false};
    ps_partial head = {.version = PS_PARTIAL_VERSION};
    ps_partial_info read_info = {.statistics = 0};
    parsum_status status = check_file(&in, name, error);
    if (status == PARSUM_OK)
        status = read_head(&in, name, &head, &read_info, error);
    if (status != PARSUM_OK)
        return status;
    ps_bytes_in kind = {bytes, sizeof magic + 4, size, false};
    head.kind = (uint32_t)ps_bytes_get_integer(&kind, 4);
    const ps_partial_codec *const codec = ps_partial_codec_find(head.kind);
    if (head.kind >= PS_KIND_COUNT || codec == NULL)
        return ps_fail(error, PARSUM_BAD_INPUT,
                       "%s is a partial of the unknown kind %" PRIu32
                       "; a newer version of parsum-cl may know it",
                       name, head.kind);
    ps_partial *const made = calloc(1, ps_partial_codec_size_bytes(codec));
    if (made == NULL)
        return ps_fail_memory(error, "a partial");
    *made = head;
    status = read_numbers(&in, name, codec, made, read_info.statistics, error);
    if (status != PARSUM_OK) {
        free(made);
        return status;
    }
    *partial = made;
    *info = read_info;
    return PARSUM_OK;
}

parsum_status ps_partial_write(const char *path, const ps_partial *partial, const ps_partial_info *info,
                               parsum_error *error) {
    unsigned char *bytes;
    size_t size;
    parsum_status status = ps_partial_encode(partial, info, &bytes, &size, error);
    if (status != PARSUM_OK)
        return status;
    status = ps_whole_file_write(path, bytes, size, error);
    free(bytes);
    return status;
}

parsum_status ps_partial_read(const char *path, ps_partial **partial, ps_partial_info *info,
                              parsum_error *error) {
    /* One byte more than there may be shows that there are too many. */
    unsigned char *const bytes = malloc(PS_PARTIAL_FILE_MAX + 1);
    size_t size;
    if (bytes == NULL)
        return ps_fail_memory(error, "a partial");
    parsum_status status = ps_whole_file_read(path, bytes, PS_PARTIAL_FILE_MAX + 1, &size, error);
    if (status == PARSUM_OK)
        status = ps_partial_decode(bytes, size, path, partial, info, error);
    free(bytes);
    return status;
}
