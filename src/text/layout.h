/* layout.h - how a text is laid out, and its classes of bytes: what those who cut texts and those who fold them share. */
#ifndef PS_LAYOUT_H
#define PS_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

typedef enum ps_text_layout {
    PS_TEXT_LIST,    /* every token between white space is a number */
    PS_TEXT_COLUMNS, /* lines of tokens parted by runs of spaces and tabs; one of them is read */
    PS_TEXT_DELIMITED /* lines of fields parted by one delimiter, quoted as RFC 4180 says; one of them is read */
} ps_text_layout;

/* How a text is read; made once for an input (source/text_format.h), constant then. */
typedef struct ps_text_format {
    ps_text_layout layout;
    char delimiter;  /* PS_TEXT_DELIMITED */
    uint64_t column; /* index of the field that is read, from 0 */
    bool doubles;    /* each number is rounded to a double */
} ps_text_format;

/* Blanks lie around fields and part columns. */
static inline bool ps_text_is_blank(char byte, char delimiter) {
    return (byte == ' ' || byte == '\t') && byte != delimiter;
}

/* White space parts the numbers of a list. */
static inline bool ps_text_is_space(char byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Where the line whose end (its line feed, or the block's end) is at line_end ends without a carriage return. */
static inline const char *ps_text_content_end(const char *begin, const char *line_end) {
    return line_end > begin && line_end[-1] == '\r' ? line_end - 1 : line_end;
}

#endif
