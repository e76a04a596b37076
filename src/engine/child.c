/* child.c - the first steps of a forked child, and the words for its end. */
#include "engine/child.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "source/mapping.h"

/* The caller's handlers are not the child's. SIGINT comes to the whole terminal's group: the parent alone answers it
 * and then ends its children. */
static void reset_signals(void) {
    static const int signals[] = {SIGTERM, SIGHUP, SIGQUIT, SIGSEGV, SIGFPE, SIGILL, SIGABRT, SIGPIPE};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], SIG_DFL);
    /* But what the caller does about files that shrink under their mapping is right here too. */
    if (!ps_mapping_exists())
        signal(SIGBUS, SIG_DFL);
    signal(SIGINT, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The process that a child works for. Set in the child. */
static pid_t parent_of_child;

static void end_without_parent(int signal_number) {
    (void)signal_number;
    if (getppid() != parent_of_child)
        _exit(0);
}

/* Ends the child soon after its parent, even from the middle of a long block. Linux can do it at once, and for a stopped
 * child too, but by the death of the thread that forked: only the first thread is sure to live as long as its process. */
static void watch_parent(pid_t parent, bool forked_by_first_thread) {
    enum { EVERY_MICROSECONDS = 100000 };
    const struct itimerval every = {{0, EVERY_MICROSECONDS}, {0, EVERY_MICROSECONDS}};
    const struct sigaction action = {.sa_handler = end_without_parent, .sa_flags = SA_RESTART};
    parent_of_child = parent;
#ifdef __linux__
    if (forked_by_first_thread)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
#else
    (void)forked_by_first_thread;
#endif
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    /* The parent may have died before any of this took effect. */
    if (getppid() != parent)
        _exit(0);
}

bool ps_child_is_first_thread(void) {
#ifdef __linux__
    return syscall(SYS_gettid) == getpid();
#else
    return false;
#endif
}

void ps_child_begin(pid_t parent, bool forked_by_first_thread) {
    reset_signals();
    watch_parent(parent, forked_by_first_thread);
}

void ps_child_describe_end(int status, char *text, size_t size) {
    if (WIFSIGNALED(status))
        snprintf(text, size, "was killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(text, size, "ended with status %d", WEXITSTATUS(status));
}
