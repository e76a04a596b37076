/* study_shim.c - preloaded into the program by test_study.py: an independent witness of how processes end, and a system that
 * gives only so many threads and processes.
 *
 * PARSUM_SHIM_LOG: a file that gets a line "PARENT CHILD STATUS" for each end that waitpid tells. PARSUM_SHIM_MOST: how many
 * threads, and how many processes, each process may begin. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

enum { THREADS, PROCESSES };
static atomic_uint begun[2];

static int refused(int what) {
    const char *most = getenv("PARSUM_SHIM_MOST");
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

EXPORT pid_t waitpid(pid_t child, int *status, int options) {
    pid_t (*real)(pid_t, int *, int) = (pid_t(*)(pid_t, int *, int))dlsym(RTLD_NEXT, "waitpid");
    const char *log = getenv("PARSUM_SHIM_LOG");
    int told = 0;
    const pid_t ended = real(child, &told, options);
    const int failure = errno;
    if (status != NULL && ended > 0)
        *status = told;
    if (ended > 0 && log != NULL) {
        char line[64];
        const int length = snprintf(line, sizeof line, "%ld %ld %d\n", (long)getpid(), (long)ended, told);
        const int file = open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
        (void)!write(file, line, (size_t)length);
        close(file);
    }
    errno = failure;
    return ended;
}
