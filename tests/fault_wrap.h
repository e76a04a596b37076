/* fault_wrap.h - system and library calls of the project's own objects that fail on command, and what they leave behind.
 *
 * A program linked with fault_wrap.c and ld's --wrap for each of the calls (tests/CMakeLists.txt) has one plan at a time. Forked
 * children share it: calls are counted over all processes. What other libraries call themselves is not touched. */
#ifndef PS_TEST_FAULT_WRAP_H
#define PS_TEST_FAULT_WRAP_H

#include <stdbool.h>
#include <stdint.h>

/* The groups of calls that one plan counts together. */
typedef enum fault_group {
    FAULT_MEMORY,  /* malloc calloc realloc aligned_alloc strdup strndup realpath */
    FAULT_MAP,     /* mmap */
    FAULT_OPEN,    /* open fopen */
    FAULT_READ,    /* read */
    FAULT_WRITE,   /* write */
    FAULT_STORE,   /* fsync fchmod rename */
    FAULT_CLOSE,   /* close, which closes all the same */
    FAULT_LOOK,    /* stat fstat lseek fcntl */
    FAULT_PROCESS, /* fork */
    FAULT_SOCKET,  /* socketpair */
    FAULT_THREAD,  /* pthread_create */
    FAULT_POLL,    /* poll */
    FAULT_SEND,    /* send */
    FAULT_RECEIVE, /* recv */
    FAULT_WAIT,    /* waitpid waitid */
    FAULT_INFLATE, /* inflateInit2 inflate, out of memory */
    FAULT_ZSTD,    /* ZSTD_createDStream ZSTD_decompressStream, out of memory */
    FAULT_GROUP_COUNT
} fault_group;

/* Instead of an errno: read and write do one byte of what they are asked for. */
enum { FAULT_SHORT = -1 };

/* Call number nth of the group fails, from 1; 0: none. */
typedef struct fault_plan {
    fault_group group;
    uint64_t nth;
    bool and_all_later;
    int error;
} fault_plan;

/* What has happened since fault_start. */
typedef struct fault_outcome {
    uint64_t calls, failed;
    unsigned allocations; /* memory that was taken and not given back, by this process */
    unsigned mappings;    /* likewise, of a page or more */
} fault_outcome;

const char *fault_group_name(fault_group group);
void fault_start(const fault_plan *plan);
fault_outcome fault_stop(void);
/* While a plan is in force: how many calls failed so far. */
uint64_t fault_failed(void);

#endif
