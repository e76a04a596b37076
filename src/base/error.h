/* error.h - how functions report failure: fill the error, return its status. */
#ifndef PS_ERROR_H
#define PS_ERROR_H

#include "parsum.h"

/* Fills error, where it is not NULL, with status and the formatted sentence; returns status. */
parsum_status ps_fail(parsum_error *error, parsum_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* How long the first line of a message is: what may follow it is a log or a list. For "%.*s". */
int ps_error_line_length(const parsum_error *error);

/* The one sentence for an allocation of what (a noun) that failed. */
parsum_status ps_fail_memory(parsum_error *error, const char *what);

#endif
