/* cpus.c - how many CPUs this process may use. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cpus.h"

/* Reads "QUOTA PERIOD" (cgroup 2) from path; 0 where there is no limit. */
static unsigned cpus_of_quota_file(const char *path) {
    long long quota = 0, period = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    const int fields = fscanf(file, "%lld %lld", &quota, &period);
    fclose(file);
    return fields == 2 && quota > 0 && period > 0 ? (unsigned)((quota + period - 1) / period) : 0;
}

/* The smallest quota from the process's own cgroup up to the root. */
static unsigned cpus_of_cgroup(void) {
    char line[1024], path[1200];
    unsigned least = cpus_of_quota_file("/sys/fs/cgroup/cpu.max");
    FILE *file = fopen("/proc/self/cgroup", "r");
    if (file == NULL)
        return least;
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "0::/", 4) != 0)
            continue;
        line[strcspn(line, "\n")] = '\0';
        for (char *end = strrchr(line, '/'); end != NULL && end > line + 3; end = strrchr(line, '/')) {
            snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", line + 3);
            const unsigned cpus = cpus_of_quota_file(path);
            if (cpus > 0 && (least == 0 || cpus < least))
                least = cpus;
            *end = '\0';
        }
    }
    fclose(file);
    return least;
}

unsigned ps_usable_cpus(void) {
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        cpus = CPU_COUNT(&set);
    const unsigned quota = cpus_of_cgroup();
    if (quota > 0 && quota < (unsigned long)cpus)
        cpus = quota;
    return cpus > 0 ? (unsigned)cpus : 1;
}
