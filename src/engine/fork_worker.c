/* fork_worker.c - a child process of the fork engine, seen from both sides. */
#include "engine/fork_worker.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "engine/child.h"

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

/* Between a socket's making and the closing of its child's end in the parent no other child may be forked: it would hold
 * that end open, and the first child's death would go unnoticed. */
static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;

bool ps_fork_child_is_dead(const ps_fork_child *child) {
    siginfo_t info = {0};
    /* Left to be waited for: ps_fork_child_reap wants its status. */
    const int waited = waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT);
    return waited != 0 ? errno == ECHILD && kill(child->pid, 0) != 0 : info.si_pid == child->pid;
}

/* Waits for the child's word. One that dies first closes its end, but a process that the caller forked meanwhile may hold
 * that open: so its life is looked at, too. */
static bool is_ready(const ps_fork_child *child) {
    for (;;) {
        unsigned char word;
        struct pollfd socket = {.fd = child->socket, .events = POLLIN};
        const int ready = poll(&socket, 1, PS_POLL_MILLISECONDS);
        if (ready == 0 && ps_fork_child_is_dead(child))
            return false;
        if (ready <= 0)
            continue;
        const ssize_t length = recv(child->socket, &word, 1, MSG_DONTWAIT);
        if (length >= 0)
            return length == 1 && word == READY;
        if (errno != EINTR && errno != EAGAIN)
            return false;
    }
}

parsum_status ps_fork_child_start(const ps_job *job, const ps_fork_mapping *mapping, unsigned index,
                                  void (*in_child)(void *), void *context, ps_fork_child *child,
                                  parsum_error *error) {
    int ends[2];
    *child = (ps_fork_child){.pid = 0, .socket = -1};
    pthread_mutex_lock(&starting);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        const int socket_errno = errno;
        pthread_mutex_unlock(&starting);
        return ps_fail(error, PARSUM_FAILED,
                       "process %u could not be started (no socket: %s); raise the limit on open files",
                       index, strerror(socket_errno));
    }
    const pid_t parent = getpid();
    const bool first_thread = ps_child_is_first_thread();
    const pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        in_child(context);
        ps_child_begin(parent, first_thread);
        child_main(job, mapping, index, ends[1]);
    }
    const int fork_errno = errno;
    close(ends[1]);
    pthread_mutex_unlock(&starting);
    if (pid < 0) {
        close(ends[0]);
        return ps_fail(error, PARSUM_FAILED,
                       "process %u could not be started (%s); raise the limit on processes", index,
                       strerror(fork_errno));
    }
    *child = (ps_fork_child){.pid = pid, .socket = ends[0]};
    if (is_ready(child))
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
        if (waited < 0 && errno == EINTR)
            waited = 0;
        if (waited == 0)
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    if (waited == 0) {
        kill(child->pid, SIGKILL);
        do
            waited = waitpid(child->pid, &status, 0);
        while (waited < 0 && errno == EINTR);
    }
    if (waited == child->pid)
        ps_child_describe_end(status, cause, cause_size);
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
