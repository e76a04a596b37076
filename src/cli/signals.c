/* signals.c - SIGINT and SIGTERM: workers first, then the program, by that signal. */
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli/commands.h"

/* A library call that does not poll (a driver that compiles) must not hold the signal up for longer. */
enum { GRACE_MICROSECONDS = 600000 };

static volatile sig_atomic_t caught;

/* A mapped file that shrank reads as zeros, and the library then fails; any other bad address is as fatal as ever. */
static void on_bad_address(int signal_number, siginfo_t *info, void *context) {
    (void)context;
    if (!parsum_mapping_fault(info->si_addr))
        signal(signal_number, SIG_DFL);
}

static void by_default(int signal_number) {
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void on_end(int signal_number) {
    const struct itimerval grace = {.it_value = {.tv_usec = GRACE_MICROSECONDS}};
    if (caught != 0)
        by_default(signal_number); /* asked twice */
    caught = signal_number;
    setitimer(ITIMER_REAL, &grace, NULL);
}

/* Ends the program by the signal, which may be blocked. The first process of a container does not end by a signal's default. */
static void end_by(int signal_number) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    by_default(signal_number);
    _exit(128 + signal_number);
}

/* An alarm that was set before the program was executed ends it as it would any other. */
static void on_grace_over(int signal_number) {
    end_by(caught != 0 ? caught : signal_number);
}

/* A signal that is ignored from the start, as under nohup, stays so. */
static void install(int signal_number, void (*handler)(int)) {
    struct sigaction action;
    sigaction(signal_number, NULL, &action);
    if (action.sa_handler == SIG_IGN)
        return;
    action = (struct sigaction){.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
}

void signals_install(void) {
    struct sigaction bad_address = {.sa_sigaction = on_bad_address, .sa_flags = SA_SIGINFO};
    sigemptyset(&bad_address.sa_mask);
    sigaction(SIGBUS, &bad_address, NULL);
    signal(SIGALRM, on_grace_over);
    signal(SIGCHLD, SIG_DFL);
    install(SIGINT, on_end);
    install(SIGTERM, on_end);
}

int signals_caught(void) {
    return caught;
}

void signals_end(void) {
    end_by(caught);
}
