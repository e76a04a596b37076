/* text_lists.c - folds of numbers that white space parts: lists, and columns of lines. */
#include <string.h>

#include "fold/text_reader.h"

/* The token that begins at from, by the slow path. Returns its end, NULL after a fault. */
static const char *take_token(ps_text_reader *reader, const char *from) {
    const char *end = from;
    while (end < reader->end && !ps_text_is_space(*end))
        end++;
    return ps_text_take_field(reader, from, end, false) ? end : NULL;
}

PS_TEXT_INLINE void fold_list(ps_text_reader *reader, ps_text_way way) {
    const char *at = reader->begin;
    ps_short_number number;
    while (at < reader->fast_end) {
        if (ps_text_is_space(*at)) {
            at++;
            continue;
        }
        const char *next = ps_short_number_read(at, &number);
        if (next == NULL || !ps_text_is_space(*next) || !ps_text_take(reader, &number, way))
            next = take_token(reader, at);
        if (next == NULL)
            return;
        at = next;
    }
    while (at < reader->end) {
        if (ps_text_is_space(*at))
            at++;
        else if ((at = take_token(reader, at)) == NULL)
            return;
    }
}

void ps_text_fold_list(ps_text_reader *reader) {
    PS_TEXT_BY_WAY(fold_list, reader);
}

static const char *skip_blanks(const char *at, const char *end) {
    while (at < end && ps_text_is_blank(*at, '\n'))
        at++;
    return at;
}

static const char *skip_token(const char *at, const char *end) {
    while (at < end && !ps_text_is_blank(*at, '\n'))
        at++;
    return at;
}

/* Reads the line at .. end, without line end. False: a fault. */
PS_TEXT_INLINE bool fold_line(ps_text_reader *reader, const char *at, const char *end, ps_text_way way) {
    const char *const line = at;
    ps_short_number number;
    at = skip_blanks(at, end);
    if (at == end)
        return true;
    for (uint64_t i = 0; i < reader->column && at < end; i++)
        at = skip_blanks(skip_token(at, end), end);
    if (at == end)
        return ps_text_fail(reader, PS_FAULT_TOO_FEW_FIELDS, line, end);
    if (at < reader->fast_end) {
        const char *const next = ps_short_number_read(at, &number);
        /* Neither line ends nor blanks are part of a number: next <= end. */
        if (next != NULL && (next == end || ps_text_is_blank(*next, '\n')) &&
            ps_text_take(reader, &number, way))
            return true;
    }
    return ps_text_take_field(reader, at, skip_token(at, end), false);
}

PS_TEXT_INLINE void fold_columns(ps_text_reader *reader, ps_text_way way) {
    for (const char *at = reader->begin; at < reader->end;) {
        const char *line_end = memchr(at, '\n', (size_t)(reader->end - at));
        if (line_end == NULL)
            line_end = reader->end;
        if (!fold_line(reader, at, ps_text_content_end(at, line_end), way))
            return;
        at = line_end + 1;
    }
}

void ps_text_fold_columns(ps_text_reader *reader) {
    PS_TEXT_BY_WAY(fold_columns, reader);
}
