/* text_records.c - cutting text into whole records, and counting its lines. */
#include <string.h>

#include "source/text_format.h"
#include "text/numeral.h"

/* How many of the size bytes there are up to and with the last line feed; 0: none. */
static size_t up_to_line_end(const char *data, size_t size) {
    while (size > 0 && data[size - 1] != '\n')
        size--;
    return size;
}

/* Lists are cut at line ends, so that a block begins where a line does; at other white space only where there is no line end:
 * a list may be a single line. */
static size_t up_to_space(const char *data, size_t size) {
    const size_t lines = up_to_line_end(data, size);
    if (lines > 0)
        return lines;
    while (size > 0 && !ps_text_is_space(data[size - 1]))
        size--;
    return size;
}

size_t ps_text_probable_records(const ps_text_format *format, const char *data, size_t size, bool last) {
    if (last)
        return size;
    return format->layout == PS_TEXT_LIST ? up_to_space(data, size) : up_to_line_end(data, size);
}

/* Where the quoted part that opens at data[open] ends, behind its closing quote; size where it does not end. Two quotes are one
 * that does not close. */
static size_t quoted_end(const char *data, size_t size, size_t open) {
    for (size_t at = open + 1; at < size;) {
        const char *const quote = memchr(data + at, '"', size - at);
        if (quote == NULL)
            break;
        at = (size_t)(quote - data) + 1;
        if (at == size || data[at] != '"')
            return at;
        at++;
    }
    return size;
}

/* Line feeds end records but in quoted fields, and fields are quoted whose first byte is a quote: the text between quoted fields
 * is searched backwards for the last one. Every byte is looked at twice at most. */
size_t ps_text_whole_records(const ps_text_format *format, const char *data, size_t size, bool last) {
    if (last || format->layout != PS_TEXT_DELIMITED)
        return ps_text_probable_records(format, data, size, last);
    size_t whole = 0; /* bytes up to the last record end before plain */
    size_t plain = 0; /* nothing from here up to at is quoted */
    for (size_t at = 0; at < size;) {
        const char *const quote = memchr(data + at, '"', size - at);
        if (quote == NULL)
            break;
        const size_t open = (size_t)(quote - data);
        at = open + 1;
        if (open > 0 && data[open - 1] != format->delimiter && data[open - 1] != '\n')
            continue;
        const size_t lines = up_to_line_end(data + plain, open - plain);
        if (lines > 0)
            whole = plain + lines;
        plain = at = quoted_end(data, size, open);
    }
    const size_t lines = up_to_line_end(data + plain, size - plain);
    return lines > 0 ? plain + lines : whole;
}

/* ------------------------------------------------------------------------------------------------------ lines */

/* Sixteen counters of 8 bits. */
typedef uint8_t byte_counts __attribute__((vector_size(16)));

/* At most 255 vectors: no counter, one of each vector's bytes, overflows. */
static uint64_t count_in_vectors(const char *data, size_t vector_count) {
    byte_counts counts = {0}, bytes;
    uint64_t total = 0;
    for (size_t i = 0; i < vector_count; i++) {
        memcpy(&bytes, data + i * sizeof bytes, sizeof bytes);
        /* Equal lanes are all ones, which is -1. */
        counts -= (byte_counts)(bytes == '\n');
    }
    for (size_t lane = 0; lane < sizeof counts; lane++)
        total += counts[lane];
    return total;
}

uint64_t ps_text_count_lines(const char *data, size_t size) {
    enum { VECTORS_MAX = 255 };
    uint64_t total = 0;
    while (size >= sizeof(byte_counts)) {
        const size_t vectors =
            size / sizeof(byte_counts) < VECTORS_MAX ? size / sizeof(byte_counts) : VECTORS_MAX;
        total += count_in_vectors(data, vectors);
        data += vectors * sizeof(byte_counts);
        size -= vectors * sizeof(byte_counts);
    }
    for (; size > 0; size--)
        total += *data++ == '\n';
    return total;
}
