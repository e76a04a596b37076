/* command_sum.c - one engine, one answer. */
#include "cli/commands.h"
#include "report/report.h"

static parsum_status reduce(const ps_settings *settings, parsum_result **result, parsum_error *error) {
    const parsum_options options = with_callbacks(settings);
    parsum_context *context = NULL;
    parsum_status status = parsum_context_create(&options, &context, error);
    if (status == PARSUM_OK)
        status = parsum_reduce_ranges(context, settings->ranges, settings->range_count, result, error);
    parsum_context_destroy(context);
    progress_clear();
    return status;
}

static int print(const ps_settings *settings, parsum_result *result) {
    report_row row = {.result = result};
    const ps_report report = {.command = "sum",
                              .order = settings->order,
                              .order_count = settings->order_count,
                              .rows = &row,
                              .row_count = 1};
    char description[2048];
    report_describe(result, description, sizeof description);
    say(settings, "%s", description);
    if (settings->format != FORMAT_JSON) {
        report_print_values(stdout, &report, !settings->quiet);
        return PARSUM_OK;
    }
    if (report_print_json(stdout, &report))
        return PARSUM_OK;
    complain("out of memory for the answer");
    return PARSUM_FAILED;
}

int command_sum(const ps_settings *settings) {
    parsum_result *result = NULL;
    parsum_error error = {0};
    if (settings->default_range)
        say(settings, "no INPUT: summing 1:100000000");
    parsum_status status = reduce(settings, &result, &error);
    /* A signal that came after the last poll still takes the answer with it. */
    if (signals_caught() != 0)
        status = PARSUM_CANCELLED;
    else if (status == PARSUM_OK)
        status = (parsum_status)print(settings, result);
    else
        complain("%s", error.message);
    parsum_result_destroy(result);
    return (int)status;
}
