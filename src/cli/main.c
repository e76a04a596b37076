/* main.c - parsum-cl: settings, command, end. */
#include <fcntl.h>
#include <stdio.h>

#include "cli/commands.h"

/* Where a standard file is closed, the next file that anything opens would take its place and its output. What is opened
 * here instead fails as a closed one does: it is open the wrong way round. */
static void keep_standard_files(void) {
    for (int file = 0; file <= 2; file++) {
        if (fcntl(file, F_GETFD) == -1)
            (void)!open("/dev/null", file == 0 ? O_WRONLY : O_RDONLY);
    }
}

int main(int argc, char **argv) {
    ps_settings settings;
    parsum_error error = {0};
    keep_standard_files();
    signals_install();
    parsum_status status = settings_parse(&settings, argc, argv, &error);
    if (status != PARSUM_OK)
        complain("%s", error.message);
    else if (!settings.finished) {
        drivers_load(&settings, argv);
        status = (parsum_status)settings.command->run(&settings);
    }
    if (signals_caught() != 0)
        signals_end();
    return finish_output((int)status);
}
