/* text_header.h - the first record of a text: its fields as names, and which of them is read. Private to
 * src/source/text_*.c. */
#ifndef PS_TEXT_HEADER_H
#define PS_TEXT_HEADER_H

#include "source/text_format.h"
#include "text/numeral.h"

/* One record at the beginning of a text. */
typedef struct ps_text_record {
    const char *begin;
    const char *end;  /* of its last field, without the line end */
    const char *next; /* where the next record begins */
    bool ended;       /* false: the bytes end before the record does; for the last one, that is right */
    bool open_quote;  /* and inside a quoted field */
} ps_text_record;

/* The first record of the size bytes at data that is not blank; an empty one at the end where there is none. */
ps_text_record ps_text_first_record(const ps_text_format *format, const char *data, size_t size);

/* The content of one field: without its quotes, in which case two quotes inside stand for one, and the blanks around it. */
typedef struct ps_text_name {
    const char *from;
    size_t size;
    bool quoted;
} ps_text_name;

/* Takes the next field of record; *at is where it begins, NULL after the last. False: there are no more. */
bool ps_text_next_name(const ps_text_format *format, const ps_text_record *record, const char **at,
                       ps_text_name *name);

/* Sets format->column as the options say and the first record allows, and *header to whether that is one. */
parsum_status ps_text_choose_column(const ps_text_record *record, const ps_text_options *options,
                                    const char *input, ps_text_format *format, bool *header,
                                    parsum_error *error);

/* Whether a field or token is, or begins as, a number: then it is no name, but may be a mistyped number. */
bool ps_text_looks_numeric(const char *from, size_t size);

/* Writes size bytes to text, of which text_size >= 8 bytes fit with terminator: as they are where they are printable UTF-8, else
 * as \xHH. Ends in "..." where not all of them fit or truncated is true. */
void ps_text_printable(const char *bytes, size_t size, bool truncated, char *text, size_t text_size);

#endif
