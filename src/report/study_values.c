/* study_values.c - how the study's values read, the same in all formats for people. */
#include <string.h>

#include "report/study_report.h"
#include "report/units.h"

const char *const study_way_names[PS_STUDY_WAYS] = {"serial", "threads", "processes"};

void study_value_text(const ps_study_value *value, char text[STUDY_CELL_SIZE]) {
    char amount[UNITS_SIZE] = "";
    text[0] = '\0';
    if (value == NULL || value->list)
        return;
    const double number = value->numbers[0];
    switch (value->unit) {
    case PS_STUDY_SECONDS:
        units_seconds(number, amount);
        break;
    case PS_STUDY_BYTES:
        units_bytes(number > 0 ? (uint64_t)number : 0, amount);
        break;
    case PS_STUDY_RATIO:
        snprintf(amount, sizeof amount, "%.2f", number);
        break;
    case PS_STUDY_RATE:
        units_rate(number, amount);
        break;
    case PS_STUDY_NUMBER:
        snprintf(amount, sizeof amount, value->of > 0 ? "%.0f of %.0f" : "%.0f", number, value->of);
        break;
    case PS_STUDY_TEXT:
        snprintf(text, STUDY_CELL_SIZE, "%s", value->text);
        return;
    }
    snprintf(text, STUDY_CELL_SIZE, "%s", amount);
}

size_t study_labels(const ps_study_row *row, const char *labels[STUDY_LINES_MAX]) {
    size_t count = 0;
    for (unsigned way = 0; way < PS_STUDY_WAYS; way++) {
        for (size_t i = 0; i < row->sides[way].value_count; i++) {
            const char *label = row->sides[way].values[i].label;
            bool known = label == NULL;
            for (size_t k = 0; k < count && !known; k++)
                known = strcmp(labels[k], label) == 0;
            if (!known)
                labels[count++] = label;
        }
    }
    return count;
}

const ps_study_value *study_labelled(const ps_study_row *row, ps_study_way way, const char *label) {
    const ps_study_side *side = &row->sides[way];
    for (size_t i = 0; i < side->value_count; i++) {
        if (side->values[i].label != NULL && strcmp(side->values[i].label, label) == 0)
            return &side->values[i];
    }
    return NULL;
}

bool study_side_is_shown(const ps_study_row *row, ps_study_way way) {
    for (size_t i = 0; i < row->sides[way].value_count; i++) {
        if (row->sides[way].values[i].label != NULL)
            return true;
    }
    return false;
}

double study_largest(const ps_study_row *row, const char *label) {
    double largest = 0;
    for (unsigned way = 0; way < PS_STUDY_WAYS; way++) {
        for (size_t i = 0; i < row->sides[way].value_count; i++) {
            const ps_study_value *value = &row->sides[way].values[i];
            if (!value->charted || value->list != (label == NULL) ||
                (label != NULL && !row->one_scale && strcmp(value->label, label) != 0))
                continue;
            for (size_t k = 0; k < value->count; k++)
                largest = value->numbers[k] > largest ? value->numbers[k] : largest;
        }
    }
    return largest;
}
