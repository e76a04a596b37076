/* options_input.c - what the options about inputs and their numbers do to the settings. */
#include <string.h>

#include "base/error.h"
#include "cli/settings.h"

parsum_status apply_format(ps_settings *settings, const char *value, parsum_error *error) {
    const char *names[8] = {NULL};
    for (unsigned i = 0; parsum_format_name((parsum_format)i) != NULL; i++) {
        names[i] = parsum_format_name((parsum_format)i);
        if (strcmp(value, names[i]) == 0) {
            settings->input_options.format = (parsum_format)i;
            return PARSUM_OK;
        }
    }
    return fail_word(error, value, "format", names);
}

parsum_status apply_type(ps_settings *settings, const char *value, parsum_error *error) {
    const char *names[PARSUM_TYPE_COUNT + 1] = {NULL};
    if (parsum_type_find(value, &settings->input_options.type)) {
        settings->input_options.has_type = true;
        return PARSUM_OK;
    }
    for (unsigned i = 0; i < PARSUM_TYPE_COUNT; i++)
        names[i] = parsum_type_name((parsum_type)i);
    return fail_word(error, value, "type", names);
}

parsum_status apply_column(ps_settings *settings, const char *value, parsum_error *error) {
    (void)error;
    settings->input_options.column = value;
    return PARSUM_OK;
}

parsum_status apply_delimiter(ps_settings *settings, const char *value, parsum_error *error) {
    const bool tab = strcmp(value, "\\t") == 0 || strcmp(value, "tab") == 0;
    if (!tab && strlen(value) != 1)
        return ps_fail(error, PARSUM_USAGE, "'%s' is no delimiter; it is one byte, or tab", value);
    const char byte = tab ? '\t' : value[0];
    if (strchr("\"\r\n+-.0123456789eE", byte) != NULL)
        return ps_fail(error, PARSUM_USAGE, "'%s' cannot part fields: it is part of numbers, quotes or lines",
                       value);
    settings->input_options.delimiter = byte;
    return PARSUM_OK;
}

parsum_status apply_no_header(ps_settings *settings, const char *value, parsum_error *error) {
    (void)value;
    (void)error;
    settings->input_options.no_header = true;
    return PARSUM_OK;
}

parsum_status apply_skip_nan(ps_settings *settings, const char *value, parsum_error *error) {
    (void)value;
    (void)error;
    settings->options.skip_nan = true;
    return PARSUM_OK;
}

parsum_status apply_digits(ps_settings *settings, const char *value, parsum_error *error) {
    static const char *const names[] = {"nearest", "exact", NULL};
    settings->options.exact_digits = strcmp(value, "exact") == 0;
    if (settings->options.exact_digits || strcmp(value, "nearest") == 0)
        return PARSUM_OK;
    return fail_word(error, value, "way to print sums of floats", names);
}

parsum_status apply_partial(ps_settings *settings, const char *value, parsum_error *error) {
    (void)error;
    settings->partial_path = value;
    return PARSUM_OK;
}
