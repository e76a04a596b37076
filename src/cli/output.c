/* output.c - messages on stderr, the callbacks of the library, and the end of stdout. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"

void complain(const char *format, ...) {
    va_list arguments;
    progress_clear();
    fputs("parsum-cl: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void say(const ps_settings *settings, const char *format, ...) {
    char sentence[2048];
    va_list arguments;
    if (settings->quiet)
        return;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    complain("%s", sentence);
}

static void on_notice(const char *sentence, void *user) {
    (void)user;
    complain("%s", sentence);
}

static int on_cancelled(void *user) {
    (void)user;
    return signals_caught() != 0;
}

parsum_options with_callbacks(const ps_settings *settings) {
    parsum_options options = settings->options;
    options.notice = on_notice;
    options.progress = progress_show;
    options.cancelled = on_cancelled;
    progress_start(settings->progress);
    return options;
}

int finish_output(int status) {
    progress_clear();
    const bool failed = ferror(stdout) != 0 || fflush(stdout) != 0;
    const int failure = errno;
    if (!failed && close(STDOUT_FILENO) == 0)
        return status;
    complain("the answer could not be written to stdout: %s", strerror(failed ? failure : errno));
    return PARSUM_FAILED;
}
