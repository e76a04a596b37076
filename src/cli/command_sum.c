/* command_sum.c - one engine, one answer. */
#include "cli/commands.h"
#include "report/report.h"

static parsum_status reduce(const ps_settings *settings, parsum_result **result, parsum_error *error) {
    const parsum_options options = with_callbacks(settings);
    parsum_context *context = NULL;
    parsum_status status = parsum_context_create(&options, &context, error);
    if (status == PARSUM_OK)
        status = parsum_reduce_inputs(context, settings->inputs, settings->input_count,
                                      &settings->input_options, result, error);
    parsum_context_destroy(context);
    progress_clear();
    if (status == PARSUM_OK && settings->partial_path != NULL && signals_caught() == 0)
        status = parsum_result_save(*result, settings->partial_path, error);
    return status;
}

int print_result(const ps_settings *settings, const char *command, parsum_result *result) {
    report_row row = {.result = result};
    parsum_statistic all[PARSUM_STATISTIC_COUNT];
    const bool asked = settings->order_count > 0;
    for (size_t i = 0; i < result->value_count; i++)
        all[i] = result->values[i].statistic;
    const ps_report report = {.command = command,
                              .order = asked ? settings->order : all,
                              .order_count = asked ? settings->order_count : result->value_count,
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
        status = (parsum_status)print_result(settings, "sum", result);
    else
        complain("%s", error.message);
    parsum_result_destroy(result);
    return (int)status;
}
