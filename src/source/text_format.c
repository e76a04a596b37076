/* text_format.c - finding out how a text is laid out from its beginning: encoding, delimiter, header. */
#include "source/text_format.h"

#include <string.h>

#include "base/error.h"
#include "source/text_header.h"
#include "text/numeral.h"

/* -------------------------------------------------------------------------------------------------- encoding */

static bool begins_with(const char *sample, size_t size, const char *mark, size_t mark_size) {
    return size >= mark_size && memcmp(sample, mark, mark_size) == 0;
}

static parsum_status check_encoding(const char *sample, size_t size, const char *name, parsum_error *error) {
    if (begins_with(sample, size, "\xff\xfe", 2) || begins_with(sample, size, "\xfe\xff", 2))
        return ps_fail(error, PARSUM_BAD_INPUT, "%s is text in UTF-16; convert it to UTF-8, as by iconv",
                       name);
    const char *const zero = size > 0 ? memchr(sample, '\0', size) : NULL;
    if (zero != NULL)
        return ps_fail(
            error, PARSUM_BAD_INPUT,
            "%s is no text in UTF-8, since byte %zu is zero; say what binary data it holds by --type, "
            "or convert it",
            name, (size_t)(zero - sample) + 1);
    return PARSUM_OK;
}

/* ------------------------------------------------------------------------------------------------- delimiter */

/* How often a delimiter parts fields. */
typedef struct occurrences {
    uint64_t first; /* in the first record */
    bool same;      /* in every record of the sample as often */
} occurrences;

/* Counts in the records at data that are complete, and in the first in any case. */
static occurrences count_delimiter(const char *data, size_t size, bool whole, char delimiter) {
    const ps_text_format format = {.layout = PS_TEXT_DELIMITED, .delimiter = delimiter};
    occurrences found = {.first = 0, .same = true};
    const char *const end = data + size;
    for (bool first = true; data < end; first = false) {
        const ps_text_record record = ps_text_first_record(&format, data, (size_t)(end - data));
        const char *at = record.begin;
        ps_text_name name;
        uint64_t count = 0;
        if (record.begin == record.end || (!first && !record.ended && !whole))
            break;
        while (ps_text_next_name(&format, &record, &at, &name))
            count++;
        if (first)
            found.first = count - 1;
        found.same = found.same && count - 1 == found.first;
        data = record.next;
    }
    return found;
}

/* The delimiter that the records at data look parted by; 0: none. */
static char find_delimiter(const char *data, size_t size, bool whole) {
    static const char candidates[] = {',', '\t', ';', '|'};
    occurrences best = {.first = 0, .same = false};
    char delimiter = 0;
    for (size_t i = 0; i < sizeof candidates; i++) {
        const occurrences found = count_delimiter(data, size, whole, candidates[i]);
        if (found.first == 0 || (best.same && !found.same))
            continue;
        if ((found.same && !best.same) || found.first > best.first) {
            best = found;
            delimiter = candidates[i];
        }
    }
    return delimiter;
}

/* Whether the first record is a single quoted field: such a text has one column, where there is no delimiter to be found. */
static bool is_one_quoted_field(const char *data, size_t size) {
    const ps_text_format format = {.layout = PS_TEXT_DELIMITED, .delimiter = ','};
    const ps_text_record record = ps_text_first_record(&format, data, size);
    const char *at = record.begin;
    ps_text_name name;
    return !record.open_quote && ps_text_next_name(&format, &record, &at, &name) && name.quoted &&
           at == NULL && (record.ended || record.next == data + size);
}

static parsum_status find_layout(const char *data, size_t size, bool whole, const ps_text_options *options,
                                 ps_text_format *format, parsum_error *error) {
    const char delimiter = options->delimiter != 0 ? options->delimiter : find_delimiter(data, size, whole);
    if (delimiter == '"' || delimiter == '\n' || delimiter == '\r')
        return ps_fail(error, PARSUM_USAGE,
                       "a quote or a line end cannot be the delimiter; name the byte that parts fields by "
                       "--delimiter");
    if (delimiter != 0)
        *format = (ps_text_format){.layout = PS_TEXT_DELIMITED, .delimiter = delimiter};
    else if (is_one_quoted_field(data, size))
        *format = (ps_text_format){.layout = PS_TEXT_DELIMITED, .delimiter = ','};
    else
        format->layout = options->column != NULL ? PS_TEXT_COLUMNS : PS_TEXT_LIST;
    return PARSUM_OK;
}

/* ---------------------------------------------------------------------------------------------------- header */

static bool is_blank(const char *at, const char *end) {
    while (at < end && ps_text_is_space(*at))
        at++;
    return at == end;
}

/* Whether the first line of a list is a header: something follows it, and none of its tokens could be a number. A lone word is
 * no list, and a mistyped number no header. */
static bool is_list_header(const ps_text_format *format, const ps_text_record *record, const char *end,
                           bool whole) {
    const char *at = record->begin;
    ps_text_name name;
    if (whole && is_blank(record->next, end))
        return false;
    while (ps_text_next_name(format, record, &at, &name)) {
        const bool missing = name.size == 2 && memcmp(name.from, "NA", 2) == 0;
        if (missing || ps_text_looks_numeric(name.from, name.size))
            return false;
    }
    return true;
}

static parsum_status fail_long_header(const char *name, const ps_text_record *record, bool whole,
                                      parsum_error *error) {
    if (whole)
        return ps_fail(error, PARSUM_BAD_INPUT,
                       "%s has an open quote in its first record; close it, or choose another --delimiter",
                       name);
    return ps_fail(error, PARSUM_BAD_INPUT,
                   "%s has a first record of more than %d bytes%s; shorten its header, or choose another "
                   "--delimiter",
                   name, PS_TEXT_SAMPLE_BYTES, record->open_quote ? " or an open quote in it" : "");
}

/* Finds the header and the column of the records at data, of a known layout. *skip is the header's bytes. */
static parsum_status find_header(const char *data, size_t size, bool whole, const ps_text_options *options,
                                 const char *name, ps_text_format *format, size_t *skip,
                                 parsum_error *error) {
    const ps_text_record record = ps_text_first_record(format, data, size);
    const bool only_blank = record.begin == data + size;
    const bool ended = whole ? !record.open_quote : record.ended && !only_blank;
    bool header = false;
    if (only_blank && whole)
        return PARSUM_OK;
    if (format->layout == PS_TEXT_LIST) {
        header = !only_blank && !options->no_header && is_list_header(format, &record, data + size, whole);
        /* A list may be one line without end; its header may not. */
        if (header && !ended)
            return fail_long_header(name, &record, whole, error);
    } else {
        if (!ended)
            return fail_long_header(name, &record, whole, error);
        const parsum_status status = ps_text_choose_column(&record, options, name, format, &header, error);
        if (status != PARSUM_OK)
            return status;
    }
    *skip = header ? (size_t)(record.next - data) : 0;
    return PARSUM_OK;
}

parsum_status ps_text_format_find(const char *sample, size_t size, bool whole, const ps_text_options *options,
                                  const char *name, ps_text_format *format, size_t *skip,
                                  parsum_error *error) {
    const size_t mark = begins_with(sample, size, "\xef\xbb\xbf", 3) ? 3 : 0;
    const char *const data = sample + mark;
    size_t header = 0;
    *format = (ps_text_format){.layout = PS_TEXT_LIST};
    *skip = mark;
    parsum_status status = check_encoding(sample, size, name, error);
    if (status == PARSUM_OK)
        status = find_layout(data, size - mark, whole, options, format, error);
    if (status == PARSUM_OK)
        status = find_header(data, size - mark, whole, options, name, format, &header, error);
    *skip += header;
    return status;
}
