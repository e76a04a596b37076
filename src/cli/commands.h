/* commands.h - the commands and what they share: callbacks, messages, the end of the program.
 *
 * The command line is the only part that prints, installs signal handlers or exits. */
#ifndef PS_COMMANDS_H
#define PS_COMMANDS_H

#include <signal.h>

#include "cli/settings.h"

/* Each runs with checked settings and returns the exit status. */
int command_sum(const ps_settings *settings);
int command_compare(const ps_settings *settings);
int command_devices(const ps_settings *settings);
int command_merge(const ps_settings *settings);
int command_study(const ps_settings *settings);

/* "parsum-cl: sentence" on stderr, after any progress line was taken away. say is left out when quiet. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say(const ps_settings *settings, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Options with the program's own callbacks: notices, progress and cancellation by signal. */
parsum_options with_callbacks(const ps_settings *settings);

/* Installs the handlers of SIGINT and SIGTERM, which let the library end its workers, and SIGCHLD's default. */
void signals_install(void);
/* The signal that asked to end, 0 for none. */
int signals_caught(void);
/* Ends the program by the signal that was caught. */
void signals_end(void);

/* Shows progress on stderr, as settings say, from half a second of work on; takes the line away again. */
void progress_start(progress_mode mode);
void progress_show(const parsum_progress *progress, void *user);
void progress_clear(void);

/* Loads the OpenCL drivers, where the command may use them, before it reads any input. A driver that ends the program is named
 * and left out; the program then runs anew, with the same arguments. */
void drivers_load(const ps_settings *settings, char **arguments);

/* Describes result on stderr and prints it, as the settings say, under the command's name. Returns the exit status. */
int print_result(const ps_settings *settings, const char *command, parsum_result *result);

/* Flushes and closes stdout; complains and returns 1 where something was not written, else returns status. */
int finish_output(int status);

#endif
