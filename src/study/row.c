/* row.c - filling and reading the values of a row. */
#include "study/row.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static ps_study_value *add(ps_study_row *row, ps_study_way way, ps_study_value value) {
    ps_study_side *side = &row->sides[way];
    assert(side->value_count < PS_STUDY_VALUES);
    side->values[side->value_count] = value;
    return &side->values[side->value_count++];
}

ps_study_value *ps_study_add_number(ps_study_row *row, ps_study_way way, const char *key, const char *label,
                                    ps_study_unit unit, double number) {
    return add(row, way,
               (ps_study_value){.key = key, .label = label, .unit = unit, .numbers = {number}, .count = 1});
}

ps_study_value *ps_study_add_text(ps_study_row *row, ps_study_way way, const char *key, const char *label,
                                  const char *text) {
    ps_study_value *value =
        add(row, way, (ps_study_value){.key = key, .label = label, .unit = PS_STUDY_TEXT});
    snprintf(value->text, sizeof value->text, "%s", text);
    return value;
}

ps_study_value *ps_study_add_list(ps_study_row *row, ps_study_way way, const char *key, ps_study_unit unit,
                                  const double *numbers, size_t count) {
    ps_study_value *value = add(row, way, (ps_study_value){.key = key, .unit = unit, .list = true});
    value->count = count < PS_STUDY_POINTS ? count : PS_STUDY_POINTS;
    memcpy(value->numbers, numbers, value->count * sizeof numbers[0]);
    return value;
}

const ps_study_value *ps_study_value_of(const ps_study_row *row, ps_study_way way, const char *key) {
    const ps_study_side *side = &row->sides[way];
    for (size_t i = 0; i < side->value_count; i++) {
        if (strcmp(side->values[i].key, key) == 0)
            return &side->values[i];
    }
    return NULL;
}

void ps_study_append(char *text, size_t size, const char *format, ...) {
    const size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}
