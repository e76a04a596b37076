/* text_format.h - finding out how a text is laid out, and cutting it into whole records. Reads bytes, opens nothing. */
#ifndef PS_TEXT_FORMAT_H
#define PS_TEXT_FORMAT_H

#include "exact/partial.h"
#include "parsum.h"
#include "text/layout.h"

/* What the user said of the text. */
typedef struct ps_text_options {
    const char *column; /* a name of the header, or a number from 1; NULL: not said */
    char delimiter;     /* 0: to be found */
    bool no_header;
} ps_text_options;

/* How many bytes of a text's beginning are enough to find its format. */
enum { PS_TEXT_SAMPLE_BYTES = 1 << 16 };

/* Finds the format of the text that begins with sample (size bytes; all of it where whole is true). name is the input's,
 * for messages. *skip is how many bytes from the beginning hold no data: a byte order mark and the header.
 * Errors: PARSUM_USAGE: several columns and none named (the message lists them), an unknown... PARSUM_BAD_INPUT: the
 * column is not there (the columns there are, listed). */
parsum_status ps_text_format_find(const char *sample, size_t size, bool whole, const ps_text_options *options,
                                  const char *name, ps_text_format *format, size_t *skip,
                                  parsum_error *error);

/* How many of the size bytes at data are whole records, given that a record begins at data; 0: not even one. last: no
 * bytes follow, so that all of them are. Exact: quoted fields that hold line ends are seen, at the cost of reading each
 * byte where there is a quote. */
size_t ps_text_whole_records(const ps_text_format *format, const char *data, size_t size, bool last);

/* The same by the last line end alone (in a list without any, by white space), which is fast, and wrong only where a quoted field holds a
 * line end: then the fold of the block that it ends finds PS_FAULT_OPEN_QUOTE. */
size_t ps_text_probable_records(const ps_text_format *format, const char *data, size_t size, bool last);

/* How many line ends there are in size bytes. */
uint64_t ps_text_count_lines(const char *data, size_t size);

/* One sentence, with the place, for a fault of text (all codes but PS_FAULT_OPEN_QUOTE in a block that is not the last).
 * line and column are those to name. Returns PARSUM_BAD_INPUT. */
parsum_status ps_text_describe_fault(const ps_fault *fault, const char *name, parsum_error *error);

#endif
