/* fault_wrap.c - the wrapped calls, the plan and the books of what is taken. */
#define _GNU_SOURCE /* MAP_ANONYMOUS */
#include "fault_wrap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

/* WRAP(type, name, parameters): the real call and the prototype of the one that stands before it. */
#define WRAP(type, name, ...)        \
    type __real_##name(__VA_ARGS__); \
    type __wrap_##name(__VA_ARGS__); \
    type __wrap_##name(__VA_ARGS__)

/* ---- the plan, in memory that children share */

typedef struct shared_plan {
    fault_plan plan;
    atomic_bool active;
    _Atomic uint64_t calls, failed;
} shared_plan;

static shared_plan *shared;

void *__real_mmap(void *, size_t, int, int, int, off_t);

/* Before the constructors of other files. */
__attribute__((constructor(101))) static void make_shared_plan(void) {
    void *made = __real_mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED)
        abort();
    shared = made;
}

/* Whether this call of group is to fail; errno is set then. */
static bool fails(fault_group group) {
    if (shared == NULL || !atomic_load(&shared->active) || shared->plan.group != group)
        return false;
    const uint64_t number = atomic_fetch_add(&shared->calls, 1) + 1;
    if (shared->plan.nth == 0 ||
        (shared->plan.and_all_later ? number < shared->plan.nth : number != shared->plan.nth))
        return false;
    atomic_fetch_add(&shared->failed, 1);
    errno = shared->plan.error;
    return true;
}

/* ---- what is taken; children take nothing */

enum { BOOK_SIZE = 8192 };

typedef struct fault_book {
    const void *taken[BOOK_SIZE];
    unsigned count;
} fault_book;

static fault_book memory_book, mapping_book;
static pthread_mutex_t book_lock = PTHREAD_MUTEX_INITIALIZER;

static void *note_taken(fault_book *book, void *address) {
    if (address == NULL || !atomic_load(&shared->active))
        return address;
    pthread_mutex_lock(&book_lock);
    if (book->count == BOOK_SIZE)
        abort();
    book->taken[book->count++] = address;
    pthread_mutex_unlock(&book_lock);
    return address;
}

static void note_given_back(fault_book *book, const void *address) {
    if (address == NULL || shared == NULL || !atomic_load(&shared->active))
        return;
    pthread_mutex_lock(&book_lock);
    for (unsigned i = 0; i < book->count; i++) {
        if (book->taken[i] == address) {
            book->taken[i] = book->taken[--book->count];
            break;
        }
    }
    pthread_mutex_unlock(&book_lock);
}

void fault_start(const fault_plan *plan) {
    memory_book.count = mapping_book.count = 0;
    shared->plan = *plan;
    atomic_store(&shared->calls, 0);
    atomic_store(&shared->failed, 0);
    atomic_store(&shared->active, true);
}

fault_outcome fault_stop(void) {
    atomic_store(&shared->active, false);
    return (fault_outcome){.calls = atomic_load(&shared->calls),
                           .failed = atomic_load(&shared->failed),
                           .allocations = memory_book.count,
                           .mappings = mapping_book.count};
}

uint64_t fault_failed(void) {
    return atomic_load(&shared->failed);
}

const char *fault_group_name(fault_group group) {
    static const char *const names[] = {
        [FAULT_MEMORY] = "memory",   [FAULT_MAP] = "mmap",        [FAULT_OPEN] = "open",
        [FAULT_READ] = "read",       [FAULT_WRITE] = "write",     [FAULT_STORE] = "store",
        [FAULT_CLOSE] = "close",     [FAULT_LOOK] = "look",       [FAULT_PROCESS] = "fork",
        [FAULT_SOCKET] = "socket",   [FAULT_THREAD] = "thread",   [FAULT_POLL] = "poll",
        [FAULT_SEND] = "send",       [FAULT_RECEIVE] = "receive", [FAULT_WAIT] = "wait",
        [FAULT_INFLATE] = "inflate", [FAULT_ZSTD] = "zstd"};
    _Static_assert(sizeof names / sizeof names[0] == FAULT_GROUP_COUNT, "a name for each group");
    return names[group];
}

/* ---- memory */

WRAP(void *, malloc, size_t size) {
    return fails(FAULT_MEMORY) ? NULL : note_taken(&memory_book, __real_malloc(size));
}

WRAP(void *, calloc, size_t count, size_t size) {
    return fails(FAULT_MEMORY) ? NULL : note_taken(&memory_book, __real_calloc(count, size));
}

WRAP(void *, realloc, void *old, size_t size) {
    if (fails(FAULT_MEMORY))
        return NULL;
    note_given_back(&memory_book, old);
    return note_taken(&memory_book, __real_realloc(old, size));
}

WRAP(void *, aligned_alloc, size_t alignment, size_t size) {
    return fails(FAULT_MEMORY) ? NULL : note_taken(&memory_book, __real_aligned_alloc(alignment, size));
}

WRAP(char *, strdup, const char *text) {
    return fails(FAULT_MEMORY) ? NULL : note_taken(&memory_book, __real_strdup(text));
}

WRAP(char *, strndup, const char *text, size_t size) {
    return fails(FAULT_MEMORY) ? NULL : note_taken(&memory_book, __real_strndup(text, size));
}

WRAP(char *, realpath, const char *path, char *resolved) {
    return fails(FAULT_MEMORY) ? NULL : note_taken(&memory_book, __real_realpath(path, resolved));
}

WRAP(void, free, void *address) {
    note_given_back(&memory_book, address);
    __real_free(address);
}

/* Less than a page is the table of flags for files that shrink, which is made once and kept. */
WRAP(void *, mmap, void *address, size_t size, int protection, int flags, int descriptor, off_t offset) {
    enum { PAGE = 4096 };
    if (fails(FAULT_MAP))
        return MAP_FAILED;
    void *mapped = __real_mmap(address, size, protection, flags, descriptor, offset);
    return mapped == MAP_FAILED || size < PAGE ? mapped : note_taken(&mapping_book, mapped);
}

WRAP(int, munmap, void *address, size_t size) {
    note_given_back(&mapping_book, address);
    return __real_munmap(address, size);
}

/* ---- files */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = flags & O_CREAT ? (mode_t)va_arg(arguments, int) : 0;
    va_end(arguments);
    return fails(FAULT_OPEN) ? -1 : __real_open(path, flags, mode);
}

WRAP(FILE *, fopen, const char *path, const char *mode) {
    return fails(FAULT_OPEN) ? NULL : __real_fopen(path, mode);
}

static size_t one_byte_of(size_t size) {
    return size > 0;
}

WRAP(ssize_t, read, int descriptor, void *buffer, size_t size) {
    if (fails(FAULT_READ)) {
        if (shared->plan.error != FAULT_SHORT)
            return -1;
        size = one_byte_of(size);
    }
    return __real_read(descriptor, buffer, size);
}

WRAP(ssize_t, write, int descriptor, const void *buffer, size_t size) {
    if (fails(FAULT_WRITE)) {
        if (shared->plan.error != FAULT_SHORT)
            return -1;
        size = one_byte_of(size);
    }
    return __real_write(descriptor, buffer, size);
}

WRAP(int, close, int descriptor) {
    const int closed = __real_close(descriptor);
    return fails(FAULT_CLOSE) ? -1 : closed;
}

WRAP(int, fsync, int descriptor) {
    return fails(FAULT_STORE) ? -1 : __real_fsync(descriptor);
}

WRAP(int, fchmod, int descriptor, mode_t mode) {
    return fails(FAULT_STORE) ? -1 : __real_fchmod(descriptor, mode);
}

WRAP(int, rename, const char *from, const char *to) {
    return fails(FAULT_STORE) ? -1 : __real_rename(from, to);
}

WRAP(int, stat, const char *path, struct stat *about) {
    return fails(FAULT_LOOK) ? -1 : __real_stat(path, about);
}

WRAP(int, fstat, int descriptor, struct stat *about) {
    return fails(FAULT_LOOK) ? -1 : __real_fstat(descriptor, about);
}

WRAP(off_t, lseek, int descriptor, off_t offset, int from) {
    return fails(FAULT_LOOK) ? -1 : __real_lseek(descriptor, offset, from);
}

/* Of a third argument all that the project gives is an int. */
int __real_fcntl(int descriptor, int command, ...);
int __wrap_fcntl(int descriptor, int command, ...);
int __wrap_fcntl(int descriptor, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    const int value = command == F_GETFD ? 0 : va_arg(arguments, int);
    va_end(arguments);
    return fails(FAULT_LOOK) ? -1 : __real_fcntl(descriptor, command, value);
}

/* ---- processes and threads */

WRAP(pid_t, fork, void) {
    return fails(FAULT_PROCESS) ? -1 : __real_fork();
}

WRAP(int, socketpair, int domain, int type, int protocol, int ends[2]) {
    return fails(FAULT_SOCKET) ? -1 : __real_socketpair(domain, type, protocol, ends);
}

WRAP(int, pthread_create, pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
     void *argument) {
    return fails(FAULT_THREAD) ? errno : __real_pthread_create(thread, attributes, start, argument);
}

WRAP(int, poll, struct pollfd *descriptors, nfds_t count, int milliseconds) {
    return fails(FAULT_POLL) ? -1 : __real_poll(descriptors, count, milliseconds);
}

WRAP(ssize_t, send, int socket, const void *data, size_t size, int flags) {
    return fails(FAULT_SEND) ? -1 : __real_send(socket, data, size, flags);
}

WRAP(ssize_t, recv, int socket, void *data, size_t size, int flags) {
    return fails(FAULT_RECEIVE) ? -1 : __real_recv(socket, data, size, flags);
}

WRAP(pid_t, waitpid, pid_t pid, int *status, int options) {
    return fails(FAULT_WAIT) ? -1 : __real_waitpid(pid, status, options);
}

WRAP(int, waitid, idtype_t type, id_t id, siginfo_t *info, int options) {
    return fails(FAULT_WAIT) ? -1 : __real_waitid(type, id, info, options);
}

/* ---- libraries that run out of memory */

WRAP(int, inflateInit2_, z_stream *stream, int window_bits, const char *version, int size) {
    return fails(FAULT_INFLATE) ? Z_MEM_ERROR : __real_inflateInit2_(stream, window_bits, version, size);
}

WRAP(int, inflate, z_stream *stream, int flush) {
    return fails(FAULT_INFLATE) ? Z_MEM_ERROR : __real_inflate(stream, flush);
}

WRAP(ZSTD_DStream *, ZSTD_createDStream, void) {
    return fails(FAULT_ZSTD) ? NULL : __real_ZSTD_createDStream();
}

WRAP(size_t, ZSTD_decompressStream, ZSTD_DStream *stream, ZSTD_outBuffer *into, ZSTD_inBuffer *from) {
    return fails(FAULT_ZSTD) ? (size_t)-ZSTD_error_memory_allocation
                             : __real_ZSTD_decompressStream(stream, into, from);
}
