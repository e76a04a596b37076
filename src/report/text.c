/* text.c - the answer in lines, and the sentences about how it was reached. */
#include <inttypes.h>
#include <string.h>

#include "report/report.h"
#include "report/units.h"

void report_print_values(FILE *stream, const ps_report *report, bool names) {
    const parsum_result *result = report->rows[0].result;
    for (size_t i = 0; i < report->order_count; i++) {
        const parsum_value *value = report_value(result, report->order[i]);
        if (names)
            fprintf(stream, "%s\t", parsum_statistic_name(report->order[i]));
        fprintf(stream, "%s\n", value->text != NULL ? value->text : "none");
    }
}

/* Appends to text as snprintf would; what does not fit is cut. */
static void append(char *text, size_t size, const char *part) {
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s", part);
}

static void describe_engine(const parsum_result *result, char *text, size_t size) {
    char part[1024];
    snprintf(part, sizeof part, "%s", result->engine.name);
    append(text, size, part);
    for (size_t i = 0; i < result->engine.device_count; i++) {
        const parsum_device *device = &result->engine.devices[i];
        snprintf(part, sizeof part, "%s%s %s %s (%s, driver %s)", i == 0 ? " on " : ", ", device->selector,
                 device->type, device->name, device->platform, device->driver);
        append(text, size, part);
    }
    if (result->engine.device_count == 0) {
        snprintf(part, sizeof part, ", %u worker%s", result->engine.workers,
                 result->engine.workers == 1 ? "" : "s");
        append(text, size, part);
    }
    if (result->engine.isa != NULL) {
        snprintf(part, sizeof part, ", %s", result->engine.isa);
        append(text, size, part);
    }
}

/* What is no element. */
static void describe_left_out(const parsum_result *result, char *text, size_t size) {
    char part[64];
    if (result->input.missing > 0) {
        snprintf(part, sizeof part, ", %" PRIu64 " missing", result->input.missing);
        append(text, size, part);
    }
    if (result->input.skipped_nan > 0) {
        snprintf(part, sizeof part, ", %" PRIu64 " NaN skipped", result->input.skipped_nan);
        append(text, size, part);
    }
}

static void describe_seconds(const char *name, double seconds, char *text, size_t size) {
    char part[64], amount[UNITS_SIZE];
    if (seconds <= 0)
        return;
    units_seconds(seconds, amount);
    snprintf(part, sizeof part, "%s %s, ", name, amount);
    append(text, size, part);
}

void report_describe(const parsum_result *result, char *text, size_t size) {
    char part[256], setup[UNITS_SIZE], compute[UNITS_SIZE], wall[UNITS_SIZE], rate[UNITS_SIZE],
        verified[UNITS_SIZE];
    text[0] = '\0';
    describe_engine(result, text, size);
    units_seconds(result->seconds.setup, setup);
    units_seconds(result->seconds.compute, compute);
    units_seconds(result->seconds.wall, wall);
    units_rate(report_rate(result), rate);
    snprintf(part, sizeof part, ": %" PRIu64 " elements", result->input.count);
    append(text, size, part);
    describe_left_out(result, text, size);
    snprintf(part, sizeof part, ", setup %s, ", setup);
    append(text, size, part);
    describe_seconds("parse", result->seconds.parse, text, size);
    describe_seconds("transfer", result->seconds.transfer, text, size);
    snprintf(part, sizeof part, "compute %s (%s), total %s; ", compute, rate, wall);
    append(text, size, part);
    if (result->verified.method == PARSUM_VERIFY_NONE) {
        append(text, size, "not verified");
        return;
    }
    units_seconds(result->verified.seconds, verified);
    snprintf(part, sizeof part, "verified by the %s (%s)", parsum_verify_name(result->verified.method),
             verified);
    append(text, size, part);
}
