/* study_json.c - the study as the contract's JSON. */
#include <inttypes.h>

#include "report/json.h"
#include "report/study_report.h"

static json_t *number_json(ps_study_unit unit, double number) {
    const bool whole = unit == PS_STUDY_NUMBER || unit == PS_STUDY_BYTES;
    return whole ? json_integer((json_int_t)number) : json_real(number);
}

static json_t *value_json(const ps_study_value *value) {
    if (value->unit == PS_STUDY_TEXT)
        return report_json_text(value->text);
    if (!value->list)
        return number_json(value->unit, value->numbers[0]);
    json_t *list = json_array();
    for (size_t i = 0; i < value->count; i++)
        report_json_append(list, number_json(value->unit, value->numbers[i]));
    return list;
}

static json_t *side_json(const ps_study_side *side) {
    json_t *object = json_object();
    for (size_t i = 0; i < side->value_count; i++)
        report_json_put(object, side->values[i].key, value_json(&side->values[i]));
    return object;
}

static json_t *row_json(const ps_study_row *row) {
    json_t *object = json_object();
    report_json_put(object, "name", json_string(row->name));
    report_json_put(object, "thread", side_json(&row->sides[PS_STUDY_THREADS]));
    report_json_put(object, "process", side_json(&row->sides[PS_STUDY_PROCESSES]));
    report_json_put(object, "serial", side_json(&row->sides[PS_STUDY_SERIAL]));
    report_json_put(object, "unit", json_string(row->unit));
    report_json_put(object, "sentence", report_json_text(row->sentence));
    report_json_put(object, "method", report_json_text(row->method));
    if (row->error[0] != '\0')
        report_json_put(object, "error", report_json_text(row->error));
    return object;
}

bool report_study_json(FILE *stream, const ps_study *study) {
    json_t *rows = json_array();
    for (size_t i = 0; i < study->row_count; i++)
        report_json_append(rows, row_json(&study->rows[i]));
    json_t *root = report_json_root("study");
    report_json_put(root, "machine", report_json_machine());
    report_json_put(root, "cpus", json_integer(study->cpus));
    report_json_put(root, "tasks", json_integer(study->request.tasks));
    report_json_put(root, "count", json_sprintf("%" PRIu64, study->request.count));
    report_json_put(root, "rows", rows);
    return report_json_print(stream, root);
}
