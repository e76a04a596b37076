/* study_shim.c - preloaded into the program by the tests of the study: an independent witness of how processes end, a moment in
 * which to look at its memory, and a system that gives only so many threads and processes.
 *
 * PARSUM_SHIM_LOG: a file that gets a line "PARENT CHILD STATUS MICROSECONDS" for each end that waitpid tells, with the CPU time
 * that the system has for the child and those that it waited for. PARSUM_SHIM_STOP: a process stops itself (SIGSTOP)
 * before it reads its parent's smaps_rollup. PARSUM_SHIM_THREADS, PARSUM_SHIM_PROCESSES: how many each process may begin. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum { THREADS, PROCESSES };
static atomic_uint begun[2];

static int refused(int what) {
    const char *most = getenv(what == THREADS ? "PARSUM_SHIM_THREADS" : "PARSUM_SHIM_PROCESSES");
    return most != NULL && atomic_fetch_add(&begun[what], 1) >= (unsigned)atoi(most);
}

EXPORT pid_t fork(void) {
    pid_t (*real)(void) = (pid_t(*)(void))dlsym(RTLD_NEXT, "fork");
    if (refused(PROCESSES)) {
        errno = EAGAIN;
        return -1;
    }
    const pid_t child = real();
    if (child == 0) {
        atomic_store(&begun[THREADS], 0);
        atomic_store(&begun[PROCESSES], 0);
    }
    return child;
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *),
                          void *argument) {
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
        (int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *))dlsym(RTLD_NEXT,
                                                                                       "pthread_create");
    return refused(THREADS) ? EAGAIN : real(thread, attributes, function, argument);
}

static long long microseconds_of(const struct rusage *used) {
    return 1000000LL * (used->ru_utime.tv_sec + used->ru_stime.tv_sec) + used->ru_utime.tv_usec +
           used->ru_stime.tv_usec;
}

static void log_end(pid_t child, int status, const struct rusage *used) {
    const char *path = getenv("PARSUM_SHIM_LOG");
    char line[96];
    if (path == NULL)
        return;
    const int length = snprintf(line, sizeof line, "%ld %ld %d %lld\n", (long)getpid(), (long)child, status,
                                microseconds_of(used));
    const int file = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    (void)!write(file, line, (size_t)length);
    close(file);
}

EXPORT pid_t waitpid(pid_t child, int *status, int options) {
    struct rusage used;
    int told = 0;
    const pid_t ended = wait4(child, &told, options, &used);
    const int failure = errno;
    if (status != NULL && ended > 0)
        *status = told;
    if (ended > 0)
        log_end(ended, told, &used);
    errno = failure;
    return ended;
}

/* Both names of open: which one the program calls depends on how it was compiled. */
static int open_named(const char *name, const char *path, int flags, va_list arguments) {
    int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, name);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    char parents[64];
    snprintf(parents, sizeof parents, "/proc/%ld/smaps_rollup", (long)getppid());
    if (getenv("PARSUM_SHIM_STOP") != NULL && strcmp(path, parents) == 0)
        raise(SIGSTOP);
    return real(path, flags, mode);
}

EXPORT int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const int file = open_named("open", path, flags, arguments);
    va_end(arguments);
    return file;
}

EXPORT int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const int file = open_named("open64", path, flags, arguments);
    va_end(arguments);
    return file;
}
