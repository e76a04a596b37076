/* fork_worker.c - a child process of the fork engine, seen from both sides. */
#include "engine/fork_worker.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "run/error.h"

enum { CACHE_LINE = 64, READY = 255 };

static size_t head_size(void) {
    return (sizeof(ps_fork_slot) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

parsum_status ps_fork_mapping_create(const ps_job *job, ps_fork_mapping *mapping, parsum_error *error) {
    mapping->slot_stride_bytes = head_size() + ps_partial_stride(job->kind);
    mapping->size_bytes = mapping->slot_stride_bytes * PS_FORK_SLOTS * job->workers;
    void *base = mmap(NULL, mapping->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED)
        return ps_fail_memory(error, "the mapping that worker processes share");
    mapping->base = base;
    return PARSUM_OK;
}

void ps_fork_mapping_destroy(ps_fork_mapping *mapping) {
    if (mapping->base != NULL)
        munmap(mapping->base, mapping->size_bytes);
    mapping->base = NULL;
}

ps_fork_slot *ps_fork_slot_at(const ps_fork_mapping *mapping, unsigned worker, unsigned slot) {
    return (ps_fork_slot *)(mapping->base +
                            ((size_t)worker * PS_FORK_SLOTS + slot) * mapping->slot_stride_bytes);
}

ps_partial *ps_fork_slot_partial(ps_fork_slot *slot) {
    return (ps_partial *)((char *)slot + head_size());
}

/* The caller's handlers are not the child's. SIGINT comes to the whole terminal's group: the parent alone answers it
 * and then ends its children. */
static void reset_signals(void) {
    static const int signals[] = {SIGTERM, SIGHUP, SIGQUIT, SIGSEGV, SIGBUS,
                                  SIGFPE,  SIGILL, SIGABRT, SIGPIPE};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], SIG_DFL);
    signal(SIGINT, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Folds what it is told until the parent is gone or closes the socket. */
static void child_main(const ps_job *job, const ps_fork_mapping *mapping, unsigned index, int socket) {
    unsigned char word = READY;
    for (;;) {
        if (send(socket, &word, 1, MSG_NOSIGNAL) != 1)
            _exit(0);
        ssize_t length;
        do
            length = recv(socket, &word, 1, 0);
        while (length < 0 && errno == EINTR);
        if (length != 1)
            _exit(0);
        ps_fork_slot *slot = ps_fork_slot_at(mapping, index, word);
        ps_partial *partial = ps_fork_slot_partial(slot);
        job->kind->clear(partial);
        job->fold(job->isa, &slot->block, job->needs, partial);
        atomic_store(&slot->done, 1);
    }
}

static void child_start(const ps_job *job, const ps_fork_mapping *mapping, unsigned index, int socket,
                        pid_t parent) {
#ifdef __linux__
    /* Also ends a child that is stopped or deep in a block. The parent may have died before this took effect. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    if (getppid() != parent)
        _exit(0);
    reset_signals();
    child_main(job, mapping, index, socket);
}

parsum_status ps_fork_child_start(const ps_job *job, const ps_fork_mapping *mapping, unsigned index,
                                  void (*in_child)(void *), void *context, ps_fork_child *child,
                                  parsum_error *error) {
    int ends[2];
    *child = (ps_fork_child){.pid = 0, .socket = -1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return ps_fail(error, PARSUM_FAILED, "no socket for worker %u: %s", index, strerror(errno));
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        in_child(context);
        child_start(job, mapping, index, ends[1], parent);
        _exit(0);
    }
    const int fork_errno = errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return ps_fail(error, PARSUM_FAILED,
                       "process %u could not be started (%s); raise the limit on processes", index,
                       strerror(fork_errno));
    }
    *child = (ps_fork_child){.pid = pid, .socket = ends[0]};
    unsigned char word;
    ssize_t length;
    do
        length = recv(ends[0], &word, 1, 0);
    while (length < 0 && errno == EINTR);
    if (length == 1 && word == READY)
        return PARSUM_OK;
    char cause[128];
    ps_fork_child_reap(child, cause, sizeof cause);
    return ps_fail(error, PARSUM_FAILED, "worker %u (process %ld) %s before it was ready", index, (long)pid,
                   cause);
}

void ps_fork_child_reap(ps_fork_child *child, char *cause, size_t cause_size) {
    int status = 0;
    /* Its socket ends as it dies; one that lives is beyond trust and killed. A short grace tells the two apart, so that
     * the cause named is its own. */
    pid_t waited = 0;
    for (int i = 0; i < 20 && waited == 0; i++) {
        waited = waitpid(child->pid, &status, WNOHANG);
        if (waited == 0)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    if (waited == 0) {
        kill(child->pid, SIGKILL);
        do
            waited = waitpid(child->pid, &status, 0);
        while (waited < 0 && errno == EINTR);
    }
    if (waited == child->pid && WIFSIGNALED(status))
        snprintf(cause, cause_size, "was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else if (waited == child->pid)
        snprintf(cause, cause_size, "ended with status %d", WEXITSTATUS(status));
    else
        snprintf(cause, cause_size, "is gone");
    close(child->socket);
    *child = (ps_fork_child){.pid = 0, .socket = -1};
}

void ps_fork_child_kill(ps_fork_child *child) {
    if (child->pid <= 0)
        return;
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    close(child->socket);
    *child = (ps_fork_child){.pid = 0, .socket = -1};
}
