/* command_compare.c - every engine and device on the same work. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/commands.h"
#include "report/report.h"

typedef struct comparison_state {
    const ps_settings *settings;
    ps_report report;
    size_t capacity;
    parsum_device *devices;
    size_t device_count;
} comparison_state;

/* Runs one row; NULL engine means the reference. False: cancelled. */
static bool add_row(comparison_state *comparison, const char *engine, const char *selector,
                    const parsum_device *device) {
    const ps_settings *settings = comparison->settings;
    parsum_options options = with_callbacks(settings);
    parsum_context *context = NULL;
    report_row *row = &comparison->report.rows[comparison->report.row_count++];
    *row = (report_row){.engine = engine != NULL ? engine : "reference", .device = device};
    options.engine = engine != NULL ? engine : "auto";
    options.device = selector;
    /* The CPU's rows, too: a comparison is worth what its answers are. */
    if (options.verify == PARSUM_VERIFY_AUTO && settings->lists)
        options.verify = PARSUM_VERIFY_REFERENCE;
    say(settings, "running %s%s%s", row->engine, device != NULL ? " on " : "",
        device != NULL ? device->name : "");
    parsum_status status = parsum_context_create(&options, &context, &row->error);
    if (status == PARSUM_OK)
        status = (engine != NULL ? parsum_reduce_inputs : parsum_reference_inputs)(
            context, settings->inputs, settings->input_count, &settings->input_options, &row->result,
            &row->error);
    parsum_context_destroy(context);
    progress_clear();
    return status != PARSUM_CANCELLED && signals_caught() == 0;
}

/* A row that failed before it could run: no device. */
static void add_failed_row(comparison_state *comparison, const char *engine, const parsum_error *error) {
    comparison->report.rows[comparison->report.row_count++] = (report_row){.engine = engine, .error = *error};
}

/* One row a device, and one of all together where "all" was asked for; or the one device that was named. */
static bool add_opencl_rows(comparison_state *comparison) {
    const char *selector = comparison->settings->options.device;
    const bool all = selector != NULL && strcmp(selector, "all") == 0;
    if (selector != NULL && !all)
        return add_row(comparison, "opencl", selector, NULL);
    if (comparison->device_count == 0)
        return add_row(comparison, "opencl", NULL, NULL);
    for (size_t i = 0; i < comparison->device_count; i++) {
        const parsum_device *device = &comparison->devices[i];
        if (!add_row(comparison, "opencl", device->selector, device))
            return false;
    }
    return !all || comparison->device_count < 2 || add_row(comparison, "opencl", "all", NULL);
}

static bool run_rows(comparison_state *comparison, const parsum_error *list_error) {
    const char *wanted = comparison->settings->options.engine;
    const bool all_engines = strcmp(wanted, "auto") == 0;
    const bool only_device = comparison->settings->options.device != NULL && strcmp(wanted, "opencl") == 0;
    if (!add_row(comparison, NULL, NULL, NULL))
        return false;
    /* What is wrong with the input is wrong for every engine. */
    const parsum_status first = comparison->report.rows[0].error.status;
    if (comparison->report.rows[0].result == NULL && (first == PARSUM_BAD_INPUT || first == PARSUM_USAGE))
        return true;
    for (size_t i = 0; parsum_engine_name(i) != NULL; i++) {
        const char *engine = parsum_engine_name(i);
        const bool is_serial = strcmp(engine, "serial") == 0; /* what speedups are measured against */
        if (!all_engines && !only_device && !is_serial && strcmp(engine, wanted) != 0)
            continue;
        if (strcmp(engine, "opencl") != 0) {
            if (!add_row(comparison, engine, NULL, NULL))
                return false;
        } else if (list_error->status != PARSUM_OK) {
            add_failed_row(comparison, engine, list_error);
        } else if (!add_opencl_rows(comparison)) {
            return false;
        }
    }
    return true;
}

static void set_speedups(ps_report *report) {
    double serial = 0;
    for (size_t i = 0; i < report->row_count; i++) {
        if (strcmp(report->rows[i].engine, "serial") == 0 && report->rows[i].result != NULL)
            serial = report->rows[i].result->seconds.compute;
    }
    for (size_t i = 0; i < report->row_count; i++) {
        report_row *row = &report->rows[i];
        if (row->result != NULL && serial > 0 && row->result->seconds.compute > 0)
            row->speedup = serial / row->result->seconds.compute;
    }
}

/* What happened, the gravest first: a wrong answer, a wrong device, a failure, then anything else. */
static int worst_status(const ps_report *report) {
    static const parsum_status by_gravity[] = {PARSUM_MISMATCH, PARSUM_SELF_TEST, PARSUM_FAILED};
    int worst = PARSUM_OK;
    for (size_t g = 0; g < sizeof by_gravity / sizeof by_gravity[0]; g++) {
        for (size_t i = 0; i < report->row_count; i++) {
            if (report->rows[i].result == NULL && report->rows[i].error.status == by_gravity[g])
                return by_gravity[g];
            if (report->rows[i].result == NULL)
                worst = (int)report->rows[i].error.status;
        }
    }
    return worst;
}

static int print(const comparison_state *comparison) {
    const ps_settings *settings = comparison->settings;
    const ps_report *report = &comparison->report;
    bool printed = true;
    for (size_t i = 0; i < report->row_count; i++) {
        if (report->rows[i].result == NULL)
            complain("%s: %s", report->rows[i].engine, report->rows[i].error.message);
    }
    if (settings->format == FORMAT_JSON)
        printed = report_print_json(stdout, report);
    else
        printed = report_print_table(stdout, report,
                                     settings->format == FORMAT_CSV        ? TABLE_CSV
                                     : settings->format == FORMAT_MARKDOWN ? TABLE_MARKDOWN
                                                                           : TABLE_PLAIN);
    if (printed)
        return worst_status(report);
    complain("out of memory for the answer");
    return PARSUM_FAILED;
}

/* Every row reads the input anew. */
static const char *find_pipe(const ps_settings *settings) {
    for (size_t i = 0; i < settings->input_count; i++) {
        struct stat about;
        const char *input = settings->inputs[i];
        if (strcmp(input, "-") == 0 || (!parsum_input_is_range(input) && stat(input, &about) == 0 &&
                                        !S_ISREG(about.st_mode) && !S_ISDIR(about.st_mode)))
            return input;
    }
    return NULL;
}

int command_compare(const ps_settings *settings) {
    enum { FIXED_ROWS = 16 };
    comparison_state comparison = {.settings = settings};
    parsum_error list_error = {0};
    int status = PARSUM_CANCELLED;
    const char *pipe = find_pipe(settings);
    if (pipe != NULL) {
        complain("'%s' can be read but once, and compare reads its input for every row; save it to a file",
                 pipe);
        return PARSUM_USAGE;
    }
    if (settings->default_range)
        say(settings, "no INPUT: summing 1:100000000");
    const bool needs_devices =
        strcmp(settings->options.engine, "auto") == 0 || strcmp(settings->options.engine, "opencl") == 0;
    if (needs_devices &&
        parsum_device_list(&comparison.devices, &comparison.device_count, &list_error) == PARSUM_OK &&
        list_error.message[0] != '\0')
        complain("%s", list_error.message);
    comparison.report =
        (ps_report){.command = "compare", .order = settings->order, .order_count = settings->order_count};
    comparison.report.rows = calloc(comparison.device_count + FIXED_ROWS, sizeof *comparison.report.rows);
    if (comparison.report.rows == NULL) {
        complain("out of memory for the table");
        status = PARSUM_FAILED;
    } else if (!run_rows(&comparison, &list_error)) {
        status = PARSUM_CANCELLED;
    } else if (comparison.report.row_count == 1) {
        status = (int)comparison.report.rows[0].error.status;
        complain("%s", comparison.report.rows[0].error.message);
    } else {
        set_speedups(&comparison.report);
        status = print(&comparison);
    }
    for (size_t i = 0; i < comparison.report.row_count; i++)
        parsum_result_destroy(comparison.report.rows[i].result);
    free(comparison.report.rows);
    parsum_device_list_destroy(comparison.devices, comparison.device_count);
    return status;
}
