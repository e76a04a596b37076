/* json.c - the contract's JSON, schema parsum/1. Exact values are strings: readers turn large numbers into doubles. */
#include <inttypes.h>
#include <jansson.h>
#include <unistd.h>

#include "report/report.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static json_t *decimal(uint64_t number) {
    return json_sprintf("%" PRIu64, number);
}

/* A string of unknown encoding: what is not UTF-8 is shown as it can be. */
static json_t *text_or_unknown(const char *text) {
    json_t *string = json_string(text);
    return string != NULL ? string : json_string("unknown");
}

static json_t *device_json(const parsum_device *device) {
    json_t *object = json_object();
    json_object_set_new(object, "selector", json_string(device->selector));
    json_object_set_new(object, "type", json_string(device->type));
    json_object_set_new(object, "name", text_or_unknown(device->name));
    json_object_set_new(object, "platform", text_or_unknown(device->platform));
    json_object_set_new(object, "driver", text_or_unknown(device->driver));
    return object;
}

static json_t *input_json(const parsum_result *result) {
    json_t *sources = json_array();
    for (size_t i = 0; i < result->input.source_count; i++)
        json_array_append_new(sources, text_or_unknown(result->input.sources[i]));
    json_t *object = json_object();
    json_object_set_new(object, "kind", json_string(result->input.kind));
    json_object_set_new(object, "type", json_string(result->input.type));
    json_object_set_new(object, "count", decimal(result->input.count));
    json_object_set_new(object, "missing", decimal(result->input.missing));
    json_object_set_new(object, "skipped_nan", decimal(result->input.skipped_nan));
    json_object_set_new(object, "sources", sources);
    return object;
}

static json_t *engine_json(const parsum_result *result) {
    json_t *devices = json_array();
    for (size_t i = 0; i < result->engine.device_count; i++)
        json_array_append_new(devices, device_json(&result->engine.devices[i]));
    json_t *object = json_object();
    json_object_set_new(object, "name", json_string(result->engine.name));
    json_object_set_new(object, "workers", json_integer(result->engine.workers));
    json_object_set_new(object, "isa", result->engine.isa ? json_string(result->engine.isa) : json_null());
    json_object_set_new(object, "devices", devices);
    return object;
}

static json_t *value_json(const parsum_value *value) {
    json_t *object = json_object();
    json_object_set_new(object, "value", value->text != NULL ? json_string(value->text) : json_null());
    json_object_set_new(object, "exact", json_boolean(value->exact));
    if (value->floating && value->text != NULL)
        json_object_set_new(object, "hex", json_sprintf("%a", value->number));
    return object;
}

static json_t *results_json(const ps_report *report, const parsum_result *result) {
    json_t *object = json_object();
    for (size_t i = 0; i < report->order_count; i++)
        json_object_set_new(object, parsum_statistic_name(report->order[i]),
                            value_json(report_value(result, report->order[i])));
    return object;
}

static json_t *verified_json(const parsum_result *result) {
    json_t *object = json_object();
    json_object_set_new(object, "method", json_string(parsum_verify_name(result->verified.method)));
    json_object_set_new(object, "ok", result->verified.ok ? json_true() : json_null());
    return object;
}

/* Adds what a sum and a row of compare have alike. */
static void add_outcome(json_t *object, const ps_report *report, const parsum_result *result) {
    json_t *seconds = json_object();
    json_object_set_new(seconds, "wall", json_real(result->seconds.wall));
    json_object_set_new(seconds, "setup", json_real(result->seconds.setup));
    json_object_set_new(seconds, "transfer", json_real(result->seconds.transfer));
    json_object_set_new(seconds, "parse", json_real(result->seconds.parse));
    json_object_set_new(seconds, "compute", json_real(result->seconds.compute));
    json_t *samples = json_array();
    for (size_t i = 0; i < result->sample_count; i++)
        json_array_append_new(samples, json_real(result->samples[i]));
    json_object_set_new(object, "engine", engine_json(result));
    json_object_set_new(object, "results", results_json(report, result));
    json_object_set_new(object, "verified", verified_json(result));
    json_object_set_new(object, "seconds", seconds);
    json_object_set_new(object, "samples", samples);
}

static json_t *failed_row_json(const report_row *row) {
    json_t *devices = json_array();
    if (row->device != NULL)
        json_array_append_new(devices, device_json(row->device));
    json_t *engine = json_object();
    json_object_set_new(engine, "name", json_string(row->engine));
    json_object_set_new(engine, "devices", devices);
    json_t *object = json_object();
    json_object_set_new(object, "engine", engine);
    json_object_set_new(object, "error", text_or_unknown(row->error.message));
    json_object_set_new(object, "status", json_integer(row->error.status));
    return object;
}

static json_t *rows_json(const ps_report *report) {
    json_t *rows = json_array();
    for (size_t i = 0; i < report->row_count; i++) {
        const report_row *row = &report->rows[i];
        if (row->result == NULL) {
            json_array_append_new(rows, failed_row_json(row));
            continue;
        }
        json_t *object = json_object();
        add_outcome(object, report, row->result);
        json_object_set_new(object, "speedup", row->speedup > 0 ? json_real(row->speedup) : json_null());
        json_array_append_new(rows, object);
    }
    return rows;
}

static json_t *machine_json(void) {
    char cpu[256];
    report_cpu(cpu, sizeof cpu);
    json_t *object = json_object();
    json_object_set_new(object, "cpu", text_or_unknown(cpu));
    json_object_set_new(object, "cores", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
    json_object_set_new(object, "compiler", json_string(COMPILER));
    json_object_set_new(object, "version", json_string(PARSUM_VERSION));
    return object;
}

/* Writes root with a newline and frees it. False: out of memory. */
static bool print(FILE *stream, json_t *root) {
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(17));
    json_decref(root);
    if (text == NULL)
        return false;
    fprintf(stream, "%s\n", text);
    free(text);
    return true;
}

static json_t *new_root(const char *command) {
    json_t *root = json_object();
    json_object_set_new(root, "schema", json_string("parsum/1"));
    json_object_set_new(root, "command", json_string(command));
    return root;
}

bool report_print_json(FILE *stream, const ps_report *report) {
    json_t *root = new_root(report->command);
    for (size_t i = 0; i < report->row_count; i++) {
        if (report->rows[i].result != NULL) {
            json_object_set_new(root, "input", input_json(report->rows[i].result));
            break;
        }
    }
    if (report->row_count == 1 && report->rows[0].engine == NULL) {
        add_outcome(root, report, report->rows[0].result);
    } else {
        json_object_set_new(root, "machine", machine_json());
        json_object_set_new(root, "rows", rows_json(report));
    }
    return print(stream, root);
}

bool report_print_devices_json(FILE *stream, const parsum_device *devices, size_t count,
                               const parsum_error *self_tests) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *object = device_json(&devices[i]);
        json_object_set_new(object, "compute_units", json_integer(devices[i].compute_units));
        json_object_set_new(object, "memory_bytes", decimal(devices[i].memory_bytes));
        json_object_set_new(object, "fp64", json_boolean(devices[i].fp64));
        json_object_set_new(object, "self_test",
                            self_tests == NULL ? json_null()
                                               : json_boolean(self_tests[i].status == PARSUM_OK));
        json_array_append_new(list, object);
    }
    json_t *root = new_root("devices");
    json_object_set_new(root, "devices", list);
    return print(stream, root);
}
