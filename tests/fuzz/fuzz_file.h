/* fuzz_file.h - bytes as a file that can be opened by its name and lies in memory alone. Included first: it asks for memfd_create. */
#ifndef PS_FUZZ_FILE_H
#define PS_FUZZ_FILE_H

#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

typedef struct fuzz_file {
    int descriptor;
    char path[32];
} fuzz_file;

static inline fuzz_file fuzz_file_make(const uint8_t *data, size_t size) {
    fuzz_file file = {.descriptor = memfd_create("fuzz", MFD_CLOEXEC)};
    FUZZ_REQUIRE(file.descriptor >= 0);
    for (size_t done = 0; done < size;) {
        const ssize_t written = write(file.descriptor, data + done, size - done);
        FUZZ_REQUIRE(written > 0);
        done += (size_t)written;
    }
    snprintf(file.path, sizeof file.path, "/proc/self/fd/%d", file.descriptor);
    return file;
}

static inline void fuzz_file_remove(const fuzz_file *file) {
    close(file->descriptor);
}

#endif
