/* mapping.c - maps files and keeps the table that a handler of SIGBUS may read. */
#include "source/mapping.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ENTRIES = 256 };

/* A free entry has size 0. base is written before size_bytes, so that a handler never sees half of an entry. */
static struct {
    _Atomic uintptr_t base;
    _Atomic size_t size_bytes;
} entries[ENTRIES];

/* One flag an entry, in memory that forked children share. */
static atomic_int *faults;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_int used_count;

static bool make_flags(void) {
    if (faults != NULL)
        return true;
    void *made =
        mmap(NULL, ENTRIES * sizeof *faults, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED)
        return false;
    faults = made;
    return true;
}

/* Takes a free entry for the mapping; -1: there is none. */
static int enter(const void *base, size_t size_bytes) {
    int found = -1;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < ENTRIES && found < 0 && make_flags(); i++) {
        if (atomic_load(&entries[i].size_bytes) == 0)
            found = i;
    }
    if (found >= 0) {
        atomic_store(&faults[found], 0);
        atomic_store(&entries[found].base, (uintptr_t)base);
        atomic_store(&entries[found].size_bytes, size_bytes);
        atomic_fetch_add(&used_count, 1);
    }
    pthread_mutex_unlock(&lock);
    return found;
}

bool ps_mapping_create(int descriptor, size_t size_bytes, ps_mapping *mapping) {
    const int own = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    if (own < 0)
        return false;
    void *base = mmap(NULL, size_bytes, PROT_READ, MAP_SHARED, own, 0);
    if (base == MAP_FAILED) {
        close(own);
        return false;
    }
    const int entry = enter(base, size_bytes);
    if (entry < 0) {
        munmap(base, size_bytes);
        close(own);
        return false;
    }
    posix_madvise(base, size_bytes, POSIX_MADV_SEQUENTIAL);
    *mapping = (ps_mapping){.base = base, .size_bytes = size_bytes, .descriptor = own, .entry = entry};
    return true;
}

void ps_mapping_destroy(ps_mapping *mapping) {
    if (mapping->base == NULL)
        return;
    atomic_store(&entries[mapping->entry].size_bytes, 0);
    atomic_fetch_sub(&used_count, 1);
    munmap((void *)(uintptr_t)mapping->base, mapping->size_bytes);
    close(mapping->descriptor);
    mapping->base = NULL;
}

bool ps_mapping_is_whole(const ps_mapping *mapping) {
    struct stat now;
    return atomic_load(&faults[mapping->entry]) == 0 && fstat(mapping->descriptor, &now) == 0 &&
           (uint64_t)now.st_size >= mapping->size_bytes;
}

bool ps_mapping_has_fault(const ps_mapping *mapping) {
    return mapping->base != NULL && atomic_load(&faults[mapping->entry]) != 0;
}

bool ps_mapping_exists(void) {
    return atomic_load(&used_count) > 0;
}

bool parsum_mapping_fault(const void *address) {
    const uintptr_t at = (uintptr_t)address;
    for (int i = 0; i < ENTRIES; i++) {
        const size_t size_bytes = atomic_load(&entries[i].size_bytes);
        const uintptr_t base = atomic_load(&entries[i].base);
        if (size_bytes == 0 || at < base || at - base >= size_bytes)
            continue;
        const uintptr_t page = at & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
        atomic_store(&faults[i], 1);
        return mmap((void *)page, base + size_bytes - page, PROT_READ,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED;
    }
    return false;
}
