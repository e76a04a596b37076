/* json.c - the contract's JSON, schema parsum/1. Exact values are strings: readers turn large numbers into doubles. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/report.h"

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

/* Whether a piece of the text could not be made: memory ran out. What is whole but for one value would mislead its reader. */
static bool incomplete;

/* Both take over value, and note where there is none. */
static void put(json_t *object, const char *name, json_t *value) {
    incomplete = json_object_set_new(object, name, value) != 0 || incomplete;
}

static void append(json_t *array, json_t *value) {
    incomplete = json_array_append_new(array, value) != 0 || incomplete;
}

static json_t *decimal(uint64_t number) {
    return json_sprintf("%" PRIu64, number);
}

/* A string of unknown encoding: what is not UTF-8 is shown as it can be. The second try tells that from memory that ran
 * out. */
static json_t *text_or_unknown(const char *text) {
    json_t *string = json_string(text);
    if (string == NULL)
        string = json_string(text);
    return string != NULL ? string : json_string("unknown");
}

static json_t *device_json(const parsum_device *device) {
    json_t *object = json_object();
    put(object, "selector", json_string(device->selector));
    put(object, "type", json_string(device->type));
    put(object, "name", text_or_unknown(device->name));
    put(object, "platform", text_or_unknown(device->platform));
    put(object, "driver", text_or_unknown(device->driver));
    return object;
}

static json_t *input_json(const parsum_result *result) {
    json_t *sources = json_array();
    for (size_t i = 0; i < result->input.source_count; i++)
        append(sources, text_or_unknown(result->input.sources[i]));
    json_t *object = json_object();
    put(object, "kind", json_string(result->input.kind));
    put(object, "type", json_string(result->input.type));
    put(object, "count", decimal(result->input.count));
    put(object, "missing", decimal(result->input.missing));
    put(object, "skipped_nan", decimal(result->input.skipped_nan));
    put(object, "sources", sources);
    return object;
}

static json_t *engine_json(const parsum_result *result) {
    json_t *devices = json_array();
    for (size_t i = 0; i < result->engine.device_count; i++)
        append(devices, device_json(&result->engine.devices[i]));
    json_t *object = json_object();
    put(object, "name", json_string(result->engine.name));
    put(object, "workers", json_integer(result->engine.workers));
    put(object, "isa", result->engine.isa ? json_string(result->engine.isa) : json_null());
    put(object, "devices", devices);
    return object;
}

static json_t *value_json(const parsum_value *value) {
    json_t *object = json_object();
    put(object, "value", value->text != NULL ? json_string(value->text) : json_null());
    put(object, "exact", json_boolean(value->exact));
    if (value->floating && value->text != NULL)
        put(object, "hex", json_sprintf("%a", value->number));
    return object;
}

static json_t *results_json(const ps_report *report, const parsum_result *result) {
    json_t *object = json_object();
    for (size_t i = 0; i < report->order_count; i++)
        put(object, parsum_statistic_name(report->order[i]),
            value_json(report_value(result, report->order[i])));
    return object;
}

static json_t *verified_json(const parsum_result *result) {
    json_t *object = json_object();
    put(object, "method", json_string(parsum_verify_name(result->verified.method)));
    put(object, "ok", result->verified.ok ? json_true() : json_null());
    return object;
}

/* Adds what a sum and a row of compare have alike. */
static void add_outcome(json_t *object, const ps_report *report, const parsum_result *result) {
    json_t *seconds = json_object();
    put(seconds, "wall", json_real(result->seconds.wall));
    put(seconds, "setup", json_real(result->seconds.setup));
    put(seconds, "transfer", json_real(result->seconds.transfer));
    put(seconds, "parse", json_real(result->seconds.parse));
    put(seconds, "compute", json_real(result->seconds.compute));
    json_t *samples = json_array();
    for (size_t i = 0; i < result->sample_count; i++)
        append(samples, json_real(result->samples[i]));
    put(object, "engine", engine_json(result));
    put(object, "results", results_json(report, result));
    put(object, "verified", verified_json(result));
    put(object, "seconds", seconds);
    put(object, "samples", samples);
}

static json_t *failed_row_json(const report_row *row) {
    json_t *devices = json_array();
    if (row->device != NULL)
        append(devices, device_json(row->device));
    json_t *engine = json_object();
    put(engine, "name", json_string(row->engine));
    put(engine, "devices", devices);
    json_t *object = json_object();
    put(object, "engine", engine);
    put(object, "error", text_or_unknown(row->error.message));
    put(object, "status", json_integer(row->error.status));
    return object;
}

static json_t *rows_json(const ps_report *report) {
    json_t *rows = json_array();
    for (size_t i = 0; i < report->row_count; i++) {
        const report_row *row = &report->rows[i];
        if (row->result == NULL) {
            append(rows, failed_row_json(row));
            continue;
        }
        json_t *object = json_object();
        add_outcome(object, report, row->result);
        put(object, "speedup", row->speedup > 0 ? json_real(row->speedup) : json_null());
        append(rows, object);
    }
    return rows;
}

static json_t *machine_json(void) {
    char cpu[256];
    report_cpu(cpu, sizeof cpu);
    json_t *object = json_object();
    put(object, "cpu", text_or_unknown(cpu));
    put(object, "cores", json_integer(sysconf(_SC_NPROCESSORS_ONLN)));
    put(object, "compiler", json_string(COMPILER));
    put(object, "version", json_string(PARSUM_VERSION));
    return object;
}

/* Writes root with a newline and frees it. False: out of memory. json_dumps is not used: where memory runs out, version 2.14
 * leaves parts of its text out. */
static bool print(FILE *stream, json_t *root) {
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

static json_t *new_root(const char *command) {
    json_t *root = json_object();
    put(root, "schema", json_string("parsum/1"));
    put(root, "command", json_string(command));
    return root;
}

bool report_print_json(FILE *stream, const ps_report *report) {
    json_t *root = new_root(report->command);
    for (size_t i = 0; i < report->row_count; i++) {
        if (report->rows[i].result != NULL) {
            put(root, "input", input_json(report->rows[i].result));
            break;
        }
    }
    if (report->row_count == 1 && report->rows[0].engine == NULL) {
        add_outcome(root, report, report->rows[0].result);
    } else {
        put(root, "machine", machine_json());
        put(root, "rows", rows_json(report));
    }
    return print(stream, root);
}

bool report_print_devices_json(FILE *stream, const parsum_device *devices, size_t count,
                               const parsum_error *self_tests) {
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *object = device_json(&devices[i]);
        put(object, "compute_units", json_integer(devices[i].compute_units));
        put(object, "memory_bytes", decimal(devices[i].memory_bytes));
        put(object, "fp64", json_boolean(devices[i].fp64));
        put(object, "self_test",
            self_tests == NULL ? json_null() : json_boolean(self_tests[i].status == PARSUM_OK));
        append(list, object);
    }
    json_t *root = new_root("devices");
    put(root, "devices", list);
    return print(stream, root);
}
