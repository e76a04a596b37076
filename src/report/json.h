/* json.h - what all of the program's JSON begins with, and how it is written. */
#ifndef PS_REPORT_JSON_H
#define PS_REPORT_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* An object with the schema and the command. */
json_t *report_json_root(const char *command);

/* Both take over value. Where there is none, as memory ran out, report_json_print prints nothing. */
void report_json_put(json_t *object, const char *name, json_t *value);
void report_json_append(json_t *array, json_t *value);

/* A string of unknown encoding; "unknown" where it is not UTF-8. */
json_t *report_json_text(const char *text);

/* The CPU, the compiler and the version. */
json_t *report_json_machine(void);

/* Writes root with a newline and frees it. False: out of memory. */
bool report_json_print(FILE *stream, json_t *root);

#endif
