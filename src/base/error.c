/* error.c - filling a parsum_error. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A name in a sentence may hold bytes that would command a terminal. */
static void make_printable(char *text, bool one_line) {
    for (; *text != '\0'; text++) {
        const unsigned char byte = (unsigned char)*text;
        if ((byte < ' ' && (byte != '\n' || one_line) && byte != '\t') || byte == 0x7f)
            *text = '?';
    }
}

parsum_status ps_fail(parsum_error *error, parsum_status status, const char *format, ...) {
    if (error != NULL) {
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
        /* Only logs and lists of devices or differences take further lines. */
        make_printable(error->message, status == PARSUM_USAGE || status == PARSUM_BAD_INPUT);
    }
    return status;
}

parsum_status ps_fail_memory(parsum_error *error, const char *what) {
    return ps_fail(error, PARSUM_FAILED, "out of memory for %s; end other programs or ask for less", what);
}

int ps_error_line_length(const parsum_error *error) {
    return (int)strcspn(error->message, "\n");
}
