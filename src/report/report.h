/* report.h - what a command found, once, for all formats. A new format is one new file that reads a report.
 *
 * Nothing here computes sums or opens devices. */
#ifndef PS_REPORT_H
#define PS_REPORT_H

#include <stdio.h>

#include "parsum.h"

/* One engine's outcome: a result, or why there is none. */
typedef struct report_row {
    const char *engine;
    const parsum_device *device; /* of a row without a result; else the result tells */
    parsum_result *result;       /* owned by the report; NULL where it failed */
    parsum_error error;
    double speedup; /* over the serial row's median; 0 where there is none */
} report_row;

typedef struct ps_report {
    const char *command;
    const parsum_statistic *order; /* statistics as asked for */
    size_t order_count;
    report_row *rows;
    size_t row_count;
} ps_report;

/* The value of statistic in result; it must have been asked for. */
const parsum_value *report_value(const parsum_result *result, parsum_statistic statistic);

double report_best(const parsum_result *result);
/* Elements a second of the median run; 0 for no elements. */
double report_rate(const parsum_result *result);

/* The CPU's model, "unknown" where the system does not say; text has size bytes. */
void report_cpu(char *text, size_t size);

/* "name<TAB>value" a line, or values alone. */
void report_print_values(FILE *stream, const ps_report *report, bool names);

/* One paragraph for people about how a result came to be: engine, times, rate, verification. */
void report_describe(const parsum_result *result, char *text, size_t size);

typedef enum table_style { TABLE_PLAIN, TABLE_CSV, TABLE_MARKDOWN } table_style;

/* The rows of compare. False: out of memory. */
bool report_print_table(FILE *stream, const ps_report *report, table_style style);

/* The devices; self_tests, where not NULL, holds each one's outcome. False: out of memory. */
bool report_print_devices(FILE *stream, const parsum_device *devices, size_t count,
                          const parsum_error *self_tests);

/* The contract's JSON, schema parsum/1, with a newline. False: out of memory. */
bool report_print_json(FILE *stream, const ps_report *report);
bool report_print_devices_json(FILE *stream, const parsum_device *devices, size_t count,
                               const parsum_error *self_tests);

#endif
