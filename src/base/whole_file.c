/* whole_file.c - whole files: temporary names, permissions, and what must be on the disk before a rename. */
#include "base/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

enum { NAME_TRIES = 1000 };

static parsum_status fail_write(const char *path, parsum_error *error) {
    return ps_fail(error, PARSUM_FAILED, "%s cannot be written (%s)", path, strerror(errno));
}

/* Creates a file that was not there, in the folder that path begins with (folder_length bytes, up to its last slash).
 * Returns its descriptor and its name, or -1. */
static int create_temporary(const char *path, size_t folder_length, char **name) {
    const size_t size = folder_length + 64;
    *name = malloc(size);
    for (unsigned i = 0; *name != NULL && i < NAME_TRIES; i++) {
        snprintf(*name, size, "%.*s.parsum-%ld-%u.tmp", (int)folder_length, path, (long)getpid(), i);
        const int descriptor = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0)
            return descriptor;
        if (errno != EEXIST && errno != EINTR)
            break;
    }
    free(*name);
    return -1;
}

static bool write_all(int descriptor, const char *bytes, size_t size) {
    while (size > 0) {
        const ssize_t written = write(descriptor, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

/* So that the new name survives a power cut too. Not every file system can do it, and the file is right without. */
static void sync_folder(const char *path, size_t folder_length) {
    char *const folder = folder_length == 0 ? strdup(".") : strndup(path, folder_length);
    const int descriptor = folder == NULL ? -1 : open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        (void)fsync(descriptor);
        close(descriptor);
    }
    free(folder);
}

/* Writes the bytes to path, which is no link. old: the file of that name, NULL where there is none. */
static parsum_status replace_file(const char *path, const struct stat *old, const void *bytes, size_t size,
                                  parsum_error *error) {
    const char *const slash = strrchr(path, '/');
    const size_t folder_length = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    char *temporary;
    const int descriptor = create_temporary(path, folder_length, &temporary);
    if (descriptor < 0)
        return fail_write(path, error);
    /* The data has to be on the disk before it takes the name. */
    bool done = (old == NULL || fchmod(descriptor, old->st_mode & 0777) == 0) &&
                write_all(descriptor, bytes, size) && fsync(descriptor) == 0;
    const int why = errno;
    const bool closed = close(descriptor) == 0;
    if (!done)
        errno = why;
    done = done && closed && rename(temporary, path) == 0;
    parsum_status status = PARSUM_OK;
    if (!done) {
        status = fail_write(path, error);
        unlink(temporary);
    } else {
        sync_folder(path, folder_length);
    }
    free(temporary);
    return status;
}

/* Looks at the file that path leads to, if there is one. */
static parsum_status look_at_old(const char *path, struct stat *old, bool *exists, parsum_error *error) {
    *exists = stat(path, old) == 0;
    /* What cannot be looked at may be what must not be replaced. */
    if (!*exists && errno != ENOENT)
        return fail_write(path, error);
    if (*exists && !S_ISREG(old->st_mode))
        return ps_fail(error, PARSUM_FAILED, "%s is no regular file; name one, or a new one", path);
    return PARSUM_OK;
}

parsum_status ps_whole_file_check(const char *path, parsum_error *error) {
    struct stat old;
    bool exists;
    return look_at_old(path, &old, &exists, error);
}

parsum_status ps_whole_file_write(const char *path, const void *bytes, size_t size, parsum_error *error) {
    struct stat old;
    bool exists;
    const parsum_status seen = look_at_old(path, &old, &exists, error);
    if (seen != PARSUM_OK)
        return seen;
    /* Where path is a link, the file that it leads to is replaced. */
    char *const target = exists ? realpath(path, NULL) : strdup(path);
    if (target == NULL)
        return fail_write(path, error);
    const parsum_status status = replace_file(target, exists ? &old : NULL, bytes, size, error);
    free(target);
    return status;
}

parsum_status ps_whole_file_read(const char *path, void *bytes, size_t capacity, size_t *size,
                                 parsum_error *error) {
    int descriptor;
    struct stat about;
    parsum_status status = ps_file_open(path, &descriptor, &about, error);
    if (status != PARSUM_OK)
        return status;
    status = ps_file_read(descriptor, path, 0, bytes, capacity, size, error);
    close(descriptor);
    return status;
}
