/* file.c - opening and reading descriptors. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

/* One call never asks for more: systems limit it near 2^31, and some fail beyond. */
enum { CALL_MAX = 1 << 30 };

parsum_status ps_file_check(int descriptor, const char *name, struct stat *about, parsum_error *error) {
    if (fstat(descriptor, about) != 0)
        return ps_fail(error, PARSUM_BAD_INPUT, "%s cannot be read (%s)", name, strerror(errno));
    if (S_ISDIR(about->st_mode))
        return ps_fail(error, PARSUM_BAD_INPUT, "%s is a folder; name the files in it", name);
    return PARSUM_OK;
}

parsum_status ps_file_open(const char *path, int *descriptor, struct stat *about, parsum_error *error) {
    int opened;
    do {
        opened = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    } while (opened < 0 && errno == EINTR);
    if (opened < 0 && (errno == ENOENT || errno == ENOTDIR))
        return ps_fail(error, PARSUM_BAD_INPUT, "%s is not there (%s)", path, strerror(errno));
    if (opened < 0)
        return ps_fail(error, PARSUM_BAD_INPUT, "%s cannot be opened (%s)", path, strerror(errno));
    const parsum_status status = ps_file_check(opened, path, about, error);
    if (status != PARSUM_OK) {
        close(opened);
        return status;
    }
    *descriptor = opened;
    return PARSUM_OK;
}

/* What one read gives: bytes, 0 at the end, or -1. Another process may have set O_NONBLOCK on a descriptor that is
 * shared with it, such as standard input. */
static ssize_t read_some(int descriptor, void *buffer, size_t size) {
    for (;;) {
        const ssize_t taken = read(descriptor, buffer, size < CALL_MAX ? size : CALL_MAX);
        if (taken >= 0 || (errno != EINTR && errno != EAGAIN))
            return taken;
        if (errno != EINTR) {
            struct pollfd wanted = {.fd = descriptor, .events = POLLIN};
            (void)poll(&wanted, 1, -1);
        }
    }
}

parsum_status ps_file_read(int descriptor, const char *name, uint64_t position, void *buffer, size_t size,
                           size_t *got, parsum_error *error) {
    *got = 0;
    while (*got < size) {
        const ssize_t taken = read_some(descriptor, (char *)buffer + *got, size - *got);
        if (taken < 0)
            return ps_fail(error, PARSUM_BAD_INPUT, "%s cannot be read at byte %" PRIu64 " (%s)", name,
                           position + *got, strerror(errno));
        if (taken == 0)
            break;
        *got += (size_t)taken;
    }
    return PARSUM_OK;
}
