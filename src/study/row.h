/* row.h - one row of the study as its reports take it: named values for each side, and a sentence. It neither measures nor
 * prints. */
#ifndef PS_STUDY_ROW_H
#define PS_STUDY_ROW_H

#include <stdbool.h>
#include <stddef.h>

/* What is set against what. */
typedef enum ps_study_way { PS_STUDY_SERIAL, PS_STUDY_THREADS, PS_STUDY_PROCESSES } ps_study_way;
enum { PS_STUDY_WAYS = 3, PS_STUDY_VALUES = 12, PS_STUDY_POINTS = 32 };

typedef enum ps_study_unit {
    PS_STUDY_SECONDS,
    PS_STUDY_BYTES,
    PS_STUDY_RATIO,
    PS_STUDY_RATE,
    PS_STUDY_NUMBER,
    PS_STUDY_TEXT
} ps_study_unit;

typedef struct ps_study_value {
    const char *key;   /* in JSON */
    const char *label; /* for people; NULL: in JSON alone */
    ps_study_unit unit;
    bool charted; /* a page draws it */
    bool list;
    double numbers[PS_STUDY_POINTS];
    size_t count;   /* of numbers; 1 where this is no list */
    double of;      /* the number is so many of these; 0: it stands alone */
    char text[128]; /* of PS_STUDY_TEXT */
} ps_study_value;

typedef struct ps_study_side {
    ps_study_value values[PS_STUDY_VALUES];
    size_t value_count;
} ps_study_side;

typedef struct ps_study_row {
    const char *name;  /* in JSON */
    const char *title; /* for people */
    const char *unit;  /* in JSON: of the values that the row is about */
    char method[640];  /* what was measured and how */
    char sentence[640];
    char error[320]; /* why the row could not be measured; "": it was */
    bool one_scale;  /* charted values with different labels are to be compared, too */
    ps_study_side sides[PS_STUDY_WAYS];
} ps_study_row;

/* Each adds a value to a side, in the order in which they are shown, and returns it. A side holds PS_STUDY_VALUES of them. */
ps_study_value *ps_study_add_number(ps_study_row *row, ps_study_way way, const char *key, const char *label,
                                    ps_study_unit unit, double number);
ps_study_value *ps_study_add_text(ps_study_row *row, ps_study_way way, const char *key, const char *label,
                                  const char *text);
/* A list, in JSON alone but for the chart of a row; of more than PS_STUDY_POINTS the first. */
ps_study_value *ps_study_add_list(ps_study_row *row, ps_study_way way, const char *key, ps_study_unit unit,
                                  const double *numbers, size_t count);

/* The value called key; NULL where there is none. */
const ps_study_value *ps_study_value_of(const ps_study_row *row, ps_study_way way, const char *key);

/* Appends to text, of size bytes, as printf would; what does not fit is cut. */
void ps_study_append(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
