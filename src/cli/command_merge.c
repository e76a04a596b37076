/* command_merge.c - the answer from partials that were saved. */
#include "cli/commands.h"

int command_merge(const ps_settings *settings) {
    parsum_result *result = NULL;
    parsum_error error = {0};
    const uint32_t statistics = settings->order_count > 0 ? settings->options.statistics : 0;
    parsum_status status = parsum_merge(settings->inputs, settings->input_count, statistics,
                                        settings->options.exact_digits, &result, &error);
    if (status == PARSUM_OK)
        status = (parsum_status)print_result(settings, "merge", result);
    else
        complain("%s", error.message);
    parsum_result_destroy(result);
    return (int)status;
}
