/* room.c - the machine's memory and process numbers, by what Linux tells in /proc and of the container. */
#include "study/room.h"

#include <stdio.h>
#include <string.h>

/* The number behind "name" in a file of such lines, or of one number; 0 where there is none. */
static double number_in_file(const char *path, const char *name) {
    char line[256];
    double number = 0;
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    while (number == 0 && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0)
            sscanf(line + strlen(name), "%lf", &number);
    }
    fclose(file);
    return number;
}

/* Whether less than an eighth of the memory is left, of the machine or of the container. */
static bool memory_is_short(void) {
    const double total = number_in_file("/proc/meminfo", "MemTotal:");
    const double available = number_in_file("/proc/meminfo", "MemAvailable:");
    const double limit = number_in_file("/sys/fs/cgroup/memory.max", "");
    const double used = number_in_file("/sys/fs/cgroup/memory.current", "");
    return (total > 0 && available < total / 8) || (limit > 0 && limit - used < limit / 8);
}

/* Of all threads of all processes; 0: not told. */
static double numbers_in_use(void) {
    double used = 0;
    FILE *file = fopen("/proc/loadavg", "r");
    if (file == NULL)
        return 0;
    /* Three averages, then "RUNNING/ALL" threads. */
    if (fscanf(file, "%*f %*f %*f %*d/%lf", &used) != 1)
        used = 0;
    fclose(file);
    return used;
}

/* How many there can be in all; 0: not told. */
static double numbers_in_all(void) {
    static const char *const files[] = {"/proc/sys/kernel/pid_max", "/proc/sys/kernel/threads-max",
                                        "/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"};
    double least = 0;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        const double number = number_in_file(files[i], "");
        if (number > 0 && (least == 0 || number < least))
            least = number;
    }
    return least;
}

/* How many more, an eighth of all being left to the other programs. */
static double numbers_left(double all) {
    return all * 7 / 8 - numbers_in_use();
}

const char *ps_study_room_is_short(void) {
    const double all = numbers_in_all();
    if (memory_is_short())
        return "the memory runs short";
    return all > 0 && numbers_left(all) < 0 ? "the process numbers run short" : NULL;
}

bool ps_study_room_for(unsigned workers, char *why, size_t size) {
    const double all = numbers_in_all();
    if (all == 0 || workers <= numbers_left(all))
        return true;
    snprintf(why, size, "the system has %.0f process numbers in all, some of them for other programs", all);
    return false;
}
