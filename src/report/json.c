/* json.c - the contract's JSON, schema parsum/1. Exact values are strings: readers turn large numbers into doubles. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/json.h"
#include "report/report.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* Whether a piece of the text could not be made: memory ran out. What is whole but for one value would mislead its reader. */
static bool incomplete;

void report_json_put(json_t *object, const char *name, json_t *value) {
    incomplete = json_object_set_new(object, name, value) != 0 || incomplete;
}

void report_json_append(json_t *array, json_t *value) {
    incomplete = json_array_append_new(array, value) != 0 || incomplete;
}

static json_t *decimal(uint64_t number) {
    return json_sprintf("%" PRIu64, number);
}

/* The second try tells text that is not UTF-8 from memory that ran out. */
json_t *report_json_text(const char *text) {
    json_t *string = json_string(text);
    if (string == NULL)
        string = json_string(text);
    return string != NULL ? string : json_string("unknown");
}

static json_t *device_json(const parsum_device *device) {
    json_t *object = json_object();
    report_json_put(object, "selector", json_string(device->selector));
    report_json_put(object, "type", json_string(device->type));
    report_json_put(object, "name", report_json_text(device->name));
    report_json_put(object, "platform", report_json_text(device->platform));
    report_json_put(object, "driver", report_json_text(device->driver));
    return object;
}

static json_t *input_json(const parsum_result *result) {
    json_t *sources = json_array();
    for (size_t i = 0; i < result->input.source_count; i++)
        report_json_append(sources, report_json_text(result->input.sources[i]));
    json_t *object = json_object();
    report_json_put(object, "kind", json_string(result->input.kind));
    report_json_put(object, "type", json_string(result->input.type));
    report_json_put(object, "count", decimal(result->input.count));
    report_json_put(object, "missing", decimal(result->input.missing));
    report_json_put(object, "skipped_nan", decimal(result->input.skipped_nan));
    report_json_put(object, "sources", sources);
    return object;
}

static json_t *engine_json(const parsum_result *result) {
    json_t *devices = json_array();
    for (size_t i = 0; i < result->engine.device_count; i++)
        report_json_append(devices, device_json(&result->engine.devices[i]));
    json_t *object = json_object();
    report_json_put(object, "name", json_string(result->engine.name));
    report_json_put(object, "workers", json_integer(result->engine.workers));
    report_json_put(object, "isa", result->engine.isa ? json_string(result->engine.isa) : json_null());
    report_json_put(object, "devices", devices);
    return object;
}

static json_t *value_json(const parsum_value *value) {
    json_t *object = json_object();
    report_json_put(object, "value", value->text != NULL ? json_string(value->text) : json_null());
    report_json_put(object, "exact", json_boolean(value->exact));
    if (value->floating && value->text != NULL)
        report_json_put(object, "hex", json_sprintf("%a", value->number));
    return object;
}

static json_t *results_json(const ps_report *report, const parsum_result *result) {
    json_t *object = json_object();
    for (size_t i = 0; i < report->order_count; i++)
        report_json_put(object, parsum_statistic_name(report->order[i]),
                        value_json(report_value(result, report->order[i])));
    return object;
}

static json_t *verified_json(const parsum_result *result) {
    json_t *object = json_object();
    report_json_put(object, "method", json_string(parsum_verify_name(result->verified.method)));
    report_json_put(object, "ok", result->verified.ok ? json_true() : json_null());
    return object;
}

/* Adds what a sum and a row of compare have alike. */
static void add_outcome(json_t *object, const ps_report *report, const parsum_result *result) {
    json_t *seconds = json_object();
    report_json_put(seconds, "wall", json_real(result->seconds.wall));
    report_json_put(seconds, "setup", json_real(result->seconds.setup));
    report_json_put(seconds, "transfer", json_real(result->seconds.transfer));
    report_json_put(seconds, "parse", json_real(result->seconds.parse));
    report_json_put(seconds, "compute", json_real(result->seconds.compute));
    json_t *samples = json_array();
    for (size_t i = 0; i < result->sample_count; i++)
        report_json_append(samples, json_real(result->samples[i]));
    report_json_put(object, "engine", engine_json(result));
    report_json_put(object, "results", results_json(report, result));
    report_json_put(object, "verified", verified_json(result));
    report_json_put(object, "seconds", seconds);
    report_json_put(object, "samples", samples);
}

static json_t *failed_row_json(const report_row *row) {
    json_t *devices = json_array();
    if (row->device != NULL)
        report_json_append(devices, device_json(row->device));
    json_t *engine = json_object();
    report_json_put(engine, "name", json_string(row->engine));
    report_json_put(engine, "devices", devices);
    json_t *object = json_object();
    report_json_put(object, "engine", engine);
    report_json_put(object, "error", report_json_text(row->error.message));
    report_json_put(object, "status", json_integer(row->error.status));
    return object;
}

static json_t *rows_json(const ps_report *report) {
    json_t *rows = json_array();
    for (size_t i = 0; i < report->row_count; i++) {
        const report_row *row = &report->rows[i];
        if (row->result == NULL) {
            report_json_append(rows, failed_row_json(row));
            continue;
        }
        json_t *object = json_object();
        add_outcome(object, report, row->result);
        report_json_put(object, "speedup", row->speedup > 0 ? json_real(row->speedup) : json_null());
        report_json_append(rows, object);
    }
    return rows;
}

json_t *report_json_machine(void) {
    char cpu[256];
    report_cpu(cpu, sizeof cpu);
    json_t *object = json_object();
    report_json_put(object, "cpu", report_json_text(cpu));
    report_json_put(object, "cores", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
    report_json_put(object, "compiler", json_string(COMPILER));
    report_json_put(object, "version", json_string(PARSUM_VERSION));
    return object;
}

/* json_dumps is not used: where memory runs out, version 2.14
 * leaves parts of its text out. */
bool report_json_print(FILE *stream, json_t *root) {
    const size_t flags = JSON_INDENT(2) | JSON_REAL_PRECISION(17);
    const size_t size = incomplete ? 0 : json_dumpb(root, NULL, 0, flags);
    char *text = size > 0 ? malloc(size) : NULL;
    const bool whole = text != NULL && json_dumpb(root, text, size, flags) == size;
    json_decref(root);
    if (whole) {
        fwrite(text, 1, size, stream);
        fputc('\n', stream);
    }
    free(text);
    return whole;
}

json_t *report_json_root(const char *command) {
    json_t *root = json_object();
    report_json_put(root, "schema", json_string("parsum/1"));
    report_json_put(root, "command", json_string(command));
    return root;
}

bool report_print_json(FILE *stream, const ps_report *report) {
    json_t *root = report_json_root(report->command);
    for (size_t i = 0; i < report->row_count; i++) {
        if (report->rows[i].result != NULL) {
            report_json_put(root, "input", input_json(report->rows[i].result));
            break;
        }
    }
    if (report->row_count == 1 && report->rows[0].engine == NULL) {
        add_outcome(root, report, report->rows[0].result);
    } else {
        report_json_put(root, "machine", report_json_machine());
        report_json_put(root, "rows", rows_json(report));
    }
    return report_json_print(stream, root);
}

bool report_print_devices_json(FILE *stream, const parsum_device *devices, size_t count,
                               const parsum_error *self_tests) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *object = device_json(&devices[i]);
        report_json_put(object, "compute_units", json_integer(devices[i].compute_units));
        report_json_put(object, "memory_bytes", decimal(devices[i].memory_bytes));
        report_json_put(object, "fp64", json_boolean(devices[i].fp64));
        report_json_put(object, "self_test",
                        self_tests == NULL ? json_null() : json_boolean(self_tests[i].status == PARSUM_OK));
        report_json_append(list, object);
    }
    json_t *root = report_json_root("devices");
    report_json_put(root, "devices", list);
    return report_json_print(stream, root);
}
