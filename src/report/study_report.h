/* study_report.h - the study as text, JSON and a page. They print what the study's rows hold and measure nothing. */
#ifndef PS_STUDY_REPORT_H
#define PS_STUDY_REPORT_H

#include <stdio.h>

#include "study/study.h"

/* A table for each row, its sentence, and how it was measured. */
void report_study_text(FILE *stream, const ps_study *study);

/* The contract's JSON, schema parsum/1, with a newline. False: out of memory. */
bool report_study_json(FILE *stream, const ps_study *study);

/* One page of HTML that needs nothing else: no network, no script; light and dark as the reader's system is. */
void report_study_html(FILE *stream, const ps_study *study);

/* ---- shared by the formats */

enum { STUDY_CELL_SIZE = 160, STUDY_LINES_MAX = 3 * PS_STUDY_VALUES };

/* "serial", "threads", "processes". */
extern const char *const study_way_names[PS_STUDY_WAYS];

/* The value for people, such as "33.1 ms" or "2 of 2"; of a list nothing. value may be NULL: "". */
void study_value_text(const ps_study_value *value, char text[STUDY_CELL_SIZE]);

/* The labels of a row's values in the order of a table's lines, each once; returns how many. */
size_t study_labels(const ps_study_row *row, const char *labels[STUDY_LINES_MAX]);

/* The value of a side with that label; NULL where there is none. */
const ps_study_value *study_labelled(const ps_study_row *row, ps_study_way way, const char *label);

/* Whether a side has a value for people. */
bool study_side_is_shown(const ps_study_row *row, ps_study_way way);

/* The largest of the charted values that one with that label is drawn beside (NULL: of the charted lists), at least 0. */
double study_largest(const ps_study_row *row, const char *label);

/* The SVG of a row: bars, shares of neighbours, or lines; nothing for a row without charted values. */
void study_chart_bars(FILE *stream, const ps_study_row *row);
void study_chart_lines(FILE *stream, const ps_study *study, const ps_study_row *row);

/* Text with the characters that mean something in HTML escaped. */
void study_print_escaped(FILE *stream, const char *text);

#endif
