/* drivers.c - OpenCL drivers that end the program while it lists them, or never answer.
 *
 * Before any input is read, each driver is loaded and listed by itself, under handlers of the signals that a crash raises, and
 * watched by a thread. Where a signal comes, or no answer, the program runs itself again, by exec, without that driver. The
 * loader finds those that are loaded already, so that a machine whose drivers work pays next to nothing; and no process that has
 * forked calls OpenCL. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/commands.h"
#include "opencl/icd_files.h"

extern char **environ;

/* The drivers that ended earlier runs: their numbers among the .icd files, each with how it did: the signal, or one of these. */
static const char left_out_variable[] = "PARSUM_DRIVERS_LEFT_OUT";
enum { BY_EXIT = 0, BY_HANGING = 99 };

/* ---- a guard around what a driver may end */

static const int crash_signals[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};
enum { CRASH_SIGNALS = sizeof crash_signals / sizeof crash_signals[0] };

static struct {
    volatile sig_atomic_t up;
    char **arguments, **environment; /* to run again with; NULL: there is nothing to leave out */
    char left_out[4096]; /* the variable as the next run gets it, but for two digits of how it ended */
    struct sigaction before[CRASH_SIGNALS];
    unsigned most_seconds;
    pthread_t watch;
    int over[2]; /* sockets; one is closed once the driver has answered */
    bool watched;
} guard;

/* Runs the program again, or says why it ends. Like what calls it, it may be run in a handler. */
static void run_again(int how) {
    static const char ends[] = "parsum-cl: an OpenCL driver ends the program while it is listed; "
                               "OCL_ICD_VENDORS names those to take\n";
    static const char hangs[] = "parsum-cl: an OpenCL driver does not answer while it is listed; "
                                "OCL_ICD_VENDORS names those to take\n";
    const char *sentence = how == BY_HANGING ? hangs : ends;
    const size_t length = strlen(guard.left_out);
    sigset_t all;
    guard.up = 0;
    guard.left_out[length] = (char)('0' + how / 10 % 10);
    guard.left_out[length + 1] = (char)('0' + how % 10);
    sigfillset(&all);
    pthread_sigmask(SIG_UNBLOCK, &all, NULL);
    if (signals_caught() != 0)
        signals_end();
    if (guard.environment != NULL)
        execve("/proc/self/exe", guard.arguments, guard.environment);
    if (write(STDERR_FILENO, sentence, strlen(sentence)) < 0)
        return;
}

static void on_crash(int signal_number) {
    for (int i = 0; i < CRASH_SIGNALS; i++)
        signal(crash_signals[i], SIG_DFL);
    run_again(signal_number);
    raise(signal_number);
}

/* A driver may also just exit. */
static void on_exit_by_driver(void) {
    if (!guard.up)
        return;
    run_again(BY_EXIT);
    _exit(PARSUM_FAILED);
}

/* Counts seconds one by one, so that those in which the program was stopped are none. */
static void *watch_driver(void *unused) {
    struct pollfd over = {.fd = guard.over[0], .events = POLLIN};
    (void)unused;
    for (unsigned second = 0; second < guard.most_seconds; second++) {
        if (poll(&over, 1, 1000) != 0)
            return NULL;
    }
    run_again(BY_HANGING);
    _exit(PARSUM_FAILED);
}

/* A thread, since an alarm would interrupt the driver's calls. Without one the driver is not watched. */
static void watch_start(void) {
    sigset_t all, before;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, guard.over) != 0)
        return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    guard.watched = pthread_create(&guard.watch, NULL, watch_driver, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (guard.watched)
        return;
    close(guard.over[0]);
    close(guard.over[1]);
}

static void watch_end(void) {
    if (!guard.watched)
        return;
    close(guard.over[1]);
    pthread_join(guard.watch, NULL);
    close(guard.over[0]);
    guard.watched = false;
}

/* Drivers replace handlers, so that the guard goes up before each of them. */
static void guard_up(void) {
    struct sigaction action = {.sa_handler = on_crash};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < CRASH_SIGNALS; i++)
        sigaction(crash_signals[i], &action, &guard.before[i]);
    guard.up = 1;
    watch_start();
}

static void guard_down(void) {
    watch_end();
    guard.up = 0;
    for (int i = 0; i < CRASH_SIGNALS; i++)
        sigaction(crash_signals[i], &guard.before[i], NULL);
}

/* The environment with what is left out as its last string. NULL: out of memory. */
static char **environment_again(void) {
    size_t count = 0;
    while (environ[count] != NULL)
        count++;
    char **copy = calloc(count + 2, sizeof *copy);
    if (copy == NULL)
        return NULL;
    memcpy(copy, environ, count * sizeof *copy);
    copy[count] = guard.left_out;
    return copy;
}

/* ---- the drivers */

typedef struct driver_list {
    ps_icd_file *files;
    size_t count;
    bool *left_out;
    bool any_left_out;
    char before[2048]; /* the variable as this run got it */
} driver_list;

static void name_left_out(const ps_icd_file *file, int how) {
    if (how == BY_HANGING)
        complain(
            "the OpenCL driver %s (%s) does not answer within %u seconds while it is listed, so it is left "
            "out; repair or remove it, or let it take longer by PARSUM_DRIVER_SECONDS",
            file->library, file->path, guard.most_seconds);
    else
        complain("the OpenCL driver %s (%s) ends every program that lists it (%s), so it is left out; remove "
                 "it or repair it",
                 file->library, file->path, how == BY_EXIT ? "it exits" : strsignal(how));
}

/* Reads and takes away the variable, and names those that it leaves out. */
static void read_left_out(driver_list *drivers) {
    const char *value = getenv(left_out_variable);
    snprintf(drivers->before, sizeof drivers->before, "%s", value != NULL ? value : "");
    unsetenv(left_out_variable);
    for (char *at = drivers->before; *at != '\0';) {
        const size_t index = strtoul(at, &at, 10);
        const int how = *at == ':' ? (int)strtol(at + 1, &at, 10) : BY_EXIT;
        at += *at != '\0';
        if (index >= drivers->count || drivers->left_out[index])
            continue;
        drivers->left_out[index] = drivers->any_left_out = true;
        name_left_out(&drivers->files[index], how);
    }
}

/* Loads the drivers one by one. What cannot be loaded is only said where that is asked for: the loader passes over it. */
static void try_drivers(const driver_list *drivers, bool say_why) {
    for (size_t i = 0; i < drivers->count; i++) {
        if (drivers->left_out[i])
            continue;
        const int length =
            snprintf(guard.left_out, sizeof guard.left_out - 2, "%s=%s%s%zu:", left_out_variable,
                     drivers->before, drivers->before[0] != '\0' ? "," : "", i);
        memset(guard.left_out + length, 0, 3);
        guard_up();
        const char *why_not = ps_icd_try(&drivers->files[i]);
        guard_down();
        if (why_not != NULL && say_why)
            complain("the OpenCL driver of %s cannot be used: %s", drivers->files[i].path, why_not);
    }
}

/* Has the loader list what is not left out. Returns how many devices there are. */
static size_t list_rest(const driver_list *drivers) {
    char folder[PS_ICD_FOLDER_SIZE];
    parsum_device *devices = NULL;
    size_t count = 0;
    const bool written = drivers->any_left_out &&
                         ps_icd_folder_write(drivers->files, drivers->left_out, drivers->count, folder);
    if (written)
        setenv(ps_icd_folder_variable, folder, 1);
    guard_up();
    if (parsum_device_list(&devices, &count, NULL) != PARSUM_OK)
        count = 0; /* the command will say why */
    guard_down();
    if (written)
        ps_icd_folder_remove(folder, drivers->count);
    parsum_device_list_destroy(devices, count);
    return count;
}

static bool uses_drivers(const ps_settings *settings) {
    const bool automatic = strcmp(settings->options.engine, "auto") == 0;
    if (settings->command->bit == COMMAND_DEVICES)
        return true;
    if (settings->command->bit == COMMAND_MERGE || settings->command->bit == COMMAND_STUDY)
        return false;
    if (automatic && settings->command->bit == COMMAND_SUM && settings->options.device == NULL)
        return !settings->lists; /* ranges go to a device, lists to the CPU */
    return automatic || strcmp(settings->options.engine, "opencl") == 0;
}

void drivers_load(const ps_settings *settings, char **arguments) {
    driver_list drivers = {0};
    if (!uses_drivers(settings))
        return;
    drivers.files = ps_icd_files_list(&drivers.count);
    drivers.left_out = calloc(drivers.count + 1, sizeof *drivers.left_out);
    if (drivers.left_out == NULL)
        drivers.count = 0;
    guard.most_seconds = settings->driver_seconds;
    read_left_out(&drivers);
    guard.arguments = arguments;
    /* What left out nothing would not help a second time, either. */
    guard.environment = drivers.before[0] == '\0' || drivers.any_left_out ? environment_again() : NULL;
    atexit(on_exit_by_driver);
    try_drivers(&drivers, settings->command->bit == COMMAND_DEVICES);
    free(guard.environment);
    guard.environment = NULL;
    if (list_rest(&drivers) == 0 && settings->command->bit != COMMAND_DEVICES)
        try_drivers(&drivers, true);
    free(drivers.left_out);
    ps_icd_files_destroy(drivers.files, drivers.count);
}
