/* commands.c - the table of commands. A new command is one new file and one row here. */
#include <string.h>

#include "cli/commands.h"
#include "cli/settings.h"

/* The first is what the program does when no command is named. */
const ps_command commands[] = {
    {"sum", "[INPUT...]", "one engine, one answer", COMMAND_SUM, command_sum},
    {"compare", "[INPUT...]", "every engine and device on the same work, verified and timed", COMMAND_COMPARE,
     command_compare},
    {"merge", "FILE...", "the answer from partials that sum --partial=FILE saved", COMMAND_MERGE,
     command_merge},
    {"study", "", "threads against processes: speed, memory, isolation", COMMAND_STUDY, command_study},
    {"devices", "", "the OpenCL devices, each with its selector", COMMAND_DEVICES, command_devices},
};
const size_t command_count = sizeof commands / sizeof commands[0];

const ps_command *command_find(const char *name) {
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(name, commands[i].name) == 0)
            return &commands[i];
    }
    return NULL;
}
