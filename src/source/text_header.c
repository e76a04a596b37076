/* text_header.c - the first record of a text: is it a header, and which of its fields is the column to read. */
#include "source/text_header.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "text/numeral.h"

/* Where the field that begins at from ends: at its delimiter, its line feed or end. *open: in its quotes. */
static const char *field_end(char delimiter, const char *from, const char *end, bool *open) {
    *open = from < end && *from == '"';
    for (const char *at = from + *open;; at++) {
        if (at == end)
            return end;
        if (*open && *at == '"') {
            if (at + 1 < end && at[1] == '"')
                at++;
            else
                *open = false;
        } else if (!*open && (*at == delimiter || *at == '\n')) {
            return at;
        }
    }
}

/* The record that begins at data. */
static ps_text_record read_record(const ps_text_format *format, const char *data, const char *end) {
    const char delimiter = format->layout == PS_TEXT_DELIMITED ? format->delimiter : '\n';
    ps_text_record record = {.begin = data};
    const char *at = data;
    if (format->layout == PS_TEXT_DELIMITED) {
        for (;; at++) {
            at = field_end(delimiter, at, end, &record.open_quote);
            if (at == end || *at == '\n')
                break;
        }
    } else {
        at = memchr(data, '\n', (size_t)(end - data));
        at = at == NULL ? end : at;
    }
    record.ended = at < end;
    record.end = ps_text_content_end(data, at);
    record.next = record.ended ? at + 1 : end;
    return record;
}

/* Whether the byte lies between tokens, where no delimiter parts fields. */
static bool parts_tokens(const ps_text_format *format, char byte) {
    return format->layout == PS_TEXT_LIST ? ps_text_is_space(byte) : ps_text_is_blank(byte, '\n');
}

static bool is_blank_record(const ps_text_format *format, const ps_text_record *record) {
    if (format->layout == PS_TEXT_DELIMITED)
        return record->begin == record->end;
    for (const char *at = record->begin; at < record->end; at++) {
        if (!parts_tokens(format, *at))
            return false;
    }
    return true;
}

ps_text_record ps_text_first_record(const ps_text_format *format, const char *data, size_t size) {
    const char *const end = data + size;
    ps_text_record record = read_record(format, data, end);
    while (record.next < end && is_blank_record(format, &record))
        record = read_record(format, record.next, end);
    if (is_blank_record(format, &record))
        record.begin = record.end = record.next;
    return record;
}

static void trim(ps_text_name *name, char delimiter) {
    while (name->size > 0 && ps_text_is_blank(*name->from, delimiter)) {
        name->from++;
        name->size--;
    }
    while (name->size > 0 && ps_text_is_blank(name->from[name->size - 1], delimiter))
        name->size--;
}

static const char *next_token(const ps_text_format *format, const ps_text_record *record, const char *at,
                              ps_text_name *name) {
    while (at < record->end && parts_tokens(format, *at))
        at++;
    *name = (ps_text_name){.from = at};
    while (at < record->end && !parts_tokens(format, *at))
        at++;
    name->size = (size_t)(at - name->from);
    return at;
}

bool ps_text_next_name(const ps_text_format *format, const ps_text_record *record, const char **at,
                       ps_text_name *name) {
    if (*at == NULL)
        return false;
    if (format->layout != PS_TEXT_DELIMITED) {
        *at = next_token(format, record, *at, name);
        return name->size > 0;
    }
    bool open;
    const char *const end = field_end(format->delimiter, *at, record->end, &open);
    const bool quoted = *at < end && **at == '"';
    *name = (ps_text_name){.from = *at, .size = (size_t)(end - *at)};
    trim(name, format->delimiter);
    if (quoted && name->size >= 2 && name->from[name->size - 1] == '"') {
        *name = (ps_text_name){.from = name->from + 1, .size = name->size - 2, .quoted = true};
        trim(name, '\n');
    }
    *at = end < record->end ? end + 1 : NULL;
    return true;
}

/* The length of a sign that people write before a number. */
static size_t sign_size(const char *from, size_t size) {
    static const char *const signs[] = {"+", "-", ".", "(", "$", "\u00a3", "\u00a5", "\u20ac"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        const size_t length = strlen(signs[i]);
        if (length <= size && memcmp(from, signs[i], length) == 0)
            return length;
    }
    return 0;
}

bool ps_text_looks_numeric(const char *from, size_t size) {
    ps_numeral numeral;
    const ps_numeral_kind kind = ps_numeral_read(from, size, &numeral);
    if (kind == PS_NUMERAL_NUMBER || kind == PS_NUMERAL_NOT_FINITE)
        return true;
    size_t at = 0, length;
    while ((length = sign_size(from + at, size - at)) > 0)
        at += length;
    return at < size && from[at] >= '0' && from[at] <= '9';
}

/* ----------------------------------------------------------------------------------------------------- names */

enum { NAME_BYTES = 48, NAMES_MAX = 20, LIST_BYTES = NAMES_MAX * (NAME_BYTES + 8) + 64 };

/* The name's bytes without doubled quotes; at most size of them, the count of all returned. */
static size_t copy_name(const ps_text_name *name, char *bytes, size_t size) {
    size_t count = 0;
    for (size_t i = 0; i < name->size; i++, count++) {
        if (count < size)
            bytes[count] = name->from[i];
        if (name->quoted && name->from[i] == '"')
            i++;
    }
    return count;
}

static bool name_equals(const ps_text_name *name, const char *text) {
    size_t at = 0;
    for (size_t i = 0; i < name->size; i++, at++) {
        if (text[at] == '\0' || text[at] != name->from[i])
            return false;
        if (name->quoted && name->from[i] == '"')
            i++;
    }
    return text[at] == '\0';
}

/* What the message lists: the names of a header, else numbers. */
static void list_columns(const ps_text_format *format, const ps_text_record *record, bool header,
                         uint64_t count, char *list) {
    const char *at = record->begin;
    ps_text_name name;
    size_t used = 0;
    if (!header) {
        snprintf(list, LIST_BYTES, count == 1 ? "1" : "1 to %" PRIu64, count);
        return;
    }
    for (uint64_t i = 0; i < count && i < NAMES_MAX && ps_text_next_name(format, record, &at, &name); i++) {
        char bytes[NAME_BYTES], text[NAME_BYTES];
        const size_t size = copy_name(&name, bytes, sizeof bytes);
        ps_text_printable(bytes, size < sizeof bytes ? size : sizeof bytes, size > sizeof bytes, text,
                          sizeof text);
        used += (size_t)snprintf(list + used, LIST_BYTES - used, "%s%s", i > 0 ? ", " : "", text);
    }
    if (count > NAMES_MAX)
        snprintf(list + used, LIST_BYTES - used, " and %" PRIu64 " more", count - NAMES_MAX);
}

/* ---------------------------------------------------------------------------------------------------- column */

/* What the first record is found to be, with respect to the column asked for. */
typedef struct findings {
    uint64_t count;   /* fields */
    uint64_t named;   /* fields that are called so */
    uint64_t index;   /* of the first of them */
    bool may_be_data; /* a field is a number, or NA, or all are empty */
} findings;

static findings look_at_fields(const ps_text_format *format, const ps_text_record *record,
                               const char *wanted) {
    findings found = {.may_be_data = false};
    const char *at = record->begin;
    bool all_empty = true;
    ps_text_name name;
    for (; ps_text_next_name(format, record, &at, &name); found.count++) {
        ps_numeral numeral;
        const ps_numeral_kind kind = ps_numeral_read(name.from, name.size, &numeral);
        found.may_be_data |= kind != PS_NUMERAL_NONE && name.size > 0;
        all_empty = all_empty && name.size == 0;
        if (wanted != NULL && name_equals(&name, wanted) && found.named++ == 0)
            found.index = found.count;
    }
    found.may_be_data |= all_empty;
    return found;
}

/* Whether field index of a record that may be a header is a value all the same: nothing, or a mistyped number. Headers may have
 * such fields elsewhere, as the names of row numbers and of years. */
static bool is_value(const ps_text_format *format, const ps_text_record *record, uint64_t index) {
    const char *at = record->begin;
    ps_text_name name;
    for (uint64_t i = 0; ps_text_next_name(format, record, &at, &name); i++) {
        if (i == index)
            return name.size == 0 || ps_text_looks_numeric(name.from, name.size);
    }
    return false;
}

/* Reads a column's number; 0: it is none, or 0; cut at UINT64_MAX. */
static uint64_t read_column_number(const char *text, bool *digits_only) {
    uint64_t number = 0;
    *digits_only = text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
    for (; *digits_only && *text != '\0'; text++) {
        const uint64_t digit = (uint64_t)(*text - '0');
        number = number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : number * 10 + digit;
    }
    return number;
}

static parsum_status fail_column(parsum_status status, const char *input, const char *column,
                                 const char *list, parsum_error *error) {
    if (column == NULL)
        return ps_fail(error, status, "%s has several columns; choose one by --column: %s", input, list);
    char text[4 * NAME_BYTES];
    ps_text_printable(column, strlen(column), false, text, sizeof text);
    return ps_fail(error, status, "%s has no column '%s'; choose one of those it has by --column: %s", input,
                   text, list);
}

parsum_status ps_text_choose_column(const ps_text_record *record, const ps_text_options *options,
                                    const char *input, ps_text_format *format, bool *header,
                                    parsum_error *error) {
    const findings found = look_at_fields(format, record, options->column);
    bool digits_only = false;
    const uint64_t number = options->column == NULL ? 1 : read_column_number(options->column, &digits_only);
    const bool by_number = options->column == NULL || (digits_only && number >= 1 && number <= found.count);
    const bool by_name = !by_number && !options->no_header && found.named > 0;
    char list[LIST_BYTES];
    *header = !options->no_header && (by_name || !found.may_be_data);
    list_columns(format, record, *header, found.count, list);
    if (options->column == NULL && found.count > 1)
        return fail_column(PARSUM_USAGE, input, NULL, list, error);
    if (!by_number && !by_name && !digits_only && options->no_header)
        return ps_fail(
            error, PARSUM_USAGE,
            "--column=%s is a name, and without a header there are none; choose a column of %s by its "
            "number: %s",
            options->column, input, list);
    if (!by_number && !by_name)
        return fail_column(PARSUM_BAD_INPUT, input, options->column, list, error);
    if (by_name && found.named > 1)
        return ps_fail(error, PARSUM_USAGE,
                       "%s has %" PRIu64 " columns '%s'; choose one by its number: the first of them is "
                       "--column=%" PRIu64,
                       input, found.named, options->column, found.index + 1);
    format->column = by_name ? found.index : number - 1;
    if (by_number && *header && is_value(format, record, format->column))
        *header = false;
    return PARSUM_OK;
}
