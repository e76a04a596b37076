/* text_delimited.c - folds of lines of fields that one delimiter parts, quoted as RFC 4180 says.
 *
 * Records are found in pieces of the block: the ends of all fields of a piece are listed first, without looking at what the
 * fields hold, then the records are walked by that list. What does not fit (records longer than a piece, the last bytes of a
 * block, a quote where none belongs) goes byte by byte. Both keep to the same rule: a field whose first byte is a quote ends
 * at the first delimiter or line end after its closing quote, and two quotes inside it are one that does not close. */
#include <string.h>

#include "fold/text_marks.h"
#include "fold/text_reader.h"

enum { PIECE_BYTES = 8192 };

/* A piece's field ends: positions from data, in order. */
typedef struct field_ends {
    const char *data;
    uint32_t count; /* up to and with the last line end */
    uint16_t position[PIECE_BYTES];
} field_ends;
_Static_assert(PIECE_BYTES <= UINT16_MAX + 1, "positions are 16 bits");
_Static_assert(PIECE_BYTES % PS_MARKS_BYTES == 0, "pieces are whole words of marks");

/* ---------------------------------------------------------------------------------------------- byte by byte */

/* Where the quoted part that begins at from, with its quote, ends: behind the closing quote. NULL: nowhere. */
static const char *quoted_end(const char *from, const char *end) {
    const char *at = from + 1;
    while (at < end) {
        const char *const quote = memchr(at, '"', (size_t)(end - at));
        if (quote == NULL)
            return NULL;
        if (quote + 1 == end || quote[1] != '"')
            return quote + 1;
        at = quote + 2;
    }
    return NULL;
}

/* Where the field that begins at from ends: at its delimiter, its line feed or the block's end. NULL: an open quote. */
static const char *field_end(const ps_text_reader *reader, const char *from) {
    if (from < reader->end && *from == '"') {
        from = quoted_end(from, reader->end);
        if (from == NULL)
            return NULL;
    }
    while (from < reader->end && *from != reader->delimiter && *from != '\n')
        from++;
    return from;
}

static bool is_line_end(const ps_text_reader *reader, const char *at) {
    return at == reader->end || *at == '\n';
}

/* Whether the record whose first field is at .. end is a line without any byte. */
static bool is_blank_record(const ps_text_reader *reader, const char *at, const char *end) {
    return is_line_end(reader, end) && at == ps_text_content_end(at, end);
}

/* Reads the record that begins at record. Returns where the next one does (beyond the block's end after the last), NULL after a
 * fault. */
static const char *take_record(ps_text_reader *reader, const char *record) {
    const char *wanted = NULL, *wanted_end = NULL;
    const char *from = record;
    for (uint64_t index = 0;; index++) {
        const char *const end = field_end(reader, from);
        if (end == NULL) {
            ps_text_fail(reader, PS_FAULT_OPEN_QUOTE, from, reader->end);
            return NULL;
        }
        if (index == 0 && is_blank_record(reader, from, end))
            return end + 1;
        const char *const content = is_line_end(reader, end) ? ps_text_content_end(from, end) : end;
        if (index == reader->column) {
            wanted = from;
            wanted_end = content;
        }
        from = end + 1;
        if (!is_line_end(reader, end))
            continue;
        if (wanted == NULL)
            ps_text_fail(reader, PS_FAULT_TOO_FEW_FIELDS, record, content);
        return wanted != NULL && ps_text_take_field(reader, wanted, wanted_end, true) ? from : NULL;
    }
}

/* -------------------------------------------------------------------------------------------- piece by piece */

/* The quotes of 64 bytes: what is known before them, and after. */
typedef struct quote_state {
    uint64_t inside; /* all ones: in a quoted field, else zero */
    uint64_t before; /* bit 0: the byte before is one that a quote may follow: a field's end or a quote */
} quote_state;

/* Takes the ends that lie in quoted fields out of marks. Every other quote opens. False: one opens where no field begins, so
 * that the rule of every other does not hold. A doubled quote closes and opens again, which is why one may follow another. */
static bool leave_out_quoted(ps_marks *marks, quote_state *state) {
    const uint64_t inside = ps_odd_up_to(marks->quotes) ^ state->inside;
    const uint64_t may_open = (marks->ends & ~inside) | marks->quotes;
    const uint64_t opening = marks->quotes & inside;
    if (opening & ~(may_open << 1 | state->before))
        return false;
    marks->ends &= ~inside;
    state->inside = (uint64_t)0 - (inside >> 63);
    state->before = may_open >> 63;
    return true;
}

/* Lists the field ends of the records at data, where one begins; size is whole words of marks, at most PIECE_BYTES. Stops at a
 * quote where none belongs: records in front of it are listed. */
static void list_field_ends(const char *data, size_t size, char delimiter, field_ends *ends) {
    quote_state state = {.inside = 0, .before = 1};
    uint32_t count = 0;
    ends->data = data;
    for (size_t offset = 0; offset < size; offset += PS_MARKS_BYTES) {
        ps_marks marks = ps_marks_find(data + offset, delimiter);
        if ((marks.quotes | state.inside) == 0)
            state.before = marks.ends >> 63;
        else if (!leave_out_quoted(&marks, &state))
            break;
        for (uint64_t bits = marks.ends; bits != 0; bits &= bits - 1)
            ends->position[count++] = (uint16_t)(offset + (size_t)__builtin_ctzll(bits));
    }
    while (count > 0 && data[ends->position[count - 1]] != '\n')
        count--;
    ends->count = count;
}

/* Reads the field from .. end, which is followed by a delimiter or a line end. False: a fault. */
PS_TEXT_INLINE bool take_listed_field(ps_text_reader *reader, const char *from, const char *end,
                                      ps_text_way way) {
    const char *const content = *end == '\n' ? ps_text_content_end(from, end) : end;
    const char *at = from;
    ps_short_number number;
    while (at < content && ps_text_is_blank(*at, reader->delimiter))
        at++;
    const bool quoted = content - from > 2 && *from == '"' && content[-1] == '"';
    if (at < content && at + quoted < reader->fast_end) {
        const char *const next = ps_short_number_read(at + quoted, &number);
        if (next == content - quoted && next != NULL && ps_text_take(reader, &number, way))
            return true;
    }
    return ps_text_take_field(reader, from, content, true);
}

/* Walks the records of ends. Returns where the next one begins, NULL after a fault. */
PS_TEXT_INLINE const char *take_listed_records(ps_text_reader *reader, const field_ends *ends,
                                               ps_text_way way) {
    const uint64_t column = reader->column;
    const char *record = ends->data;
    for (uint32_t i = 0; i < ends->count;) {
        const char *from = record, *end = ends->data + ends->position[i];
        if (*end == '\n' && ps_text_content_end(record, end) == record) {
            record = end + 1;
            i++;
            continue;
        }
        uint64_t index = 0;
        for (; index < column && *end != '\n'; index++) {
            from = end + 1;
            end = ends->data + ends->position[++i];
        }
        if (index < column) {
            ps_text_fail(reader, PS_FAULT_TOO_FEW_FIELDS, record, ps_text_content_end(record, end));
            return NULL;
        }
        if (!take_listed_field(reader, from, end, way))
            return NULL;
        while (*end != '\n')
            end = ends->data + ends->position[++i];
        i++;
        record = end + 1;
    }
    return record;
}

PS_TEXT_INLINE void fold_delimited(ps_text_reader *reader, ps_text_way way) {
    const char *at = reader->begin;
    field_ends ends;
    while (at != NULL && at < reader->end) {
        const size_t left = (size_t)(reader->end - at);
        const size_t piece = left < PIECE_BYTES ? left / PS_MARKS_BYTES * PS_MARKS_BYTES : PIECE_BYTES;
        list_field_ends(at, piece, reader->delimiter, &ends);
        if (ends.count > 0)
            at = take_listed_records(reader, &ends, way);
        else
            at = take_record(reader, at);
    }
}

void ps_text_fold_delimited(ps_text_reader *reader) {
    PS_TEXT_BY_WAY(fold_delimited, reader);
}
