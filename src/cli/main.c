/* main.c - parsum-cl: settings, command, end. */
#include <stdio.h>

#include "cli/commands.h"

int main(int argc, char **argv) {
    ps_settings settings;
    parsum_error error = {0};
    signals_install();
    parsum_status status = settings_parse(&settings, argc, argv, &error);
    if (status != PARSUM_OK)
        complain("%s", error.message);
    else if (!settings.finished)
        status = (parsum_status)settings.command->run(&settings);
    settings_free(&settings);
    if (signals_caught() != 0)
        signals_end();
    return finish_output((int)status);
}
