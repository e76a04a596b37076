/* machine.h - the clock and the CPUs of the measuring programs. */
#ifndef MACHINE_H
#define MACHINE_H

#include <pthread.h>
#include <sched.h>
#include <time.h>

/* Seconds since some point in the past, which never go back. */
static inline double now_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The CPU for thread number index: of those this process may use, round and round; -1 where that is not known. */
static inline int allowed_cpu(int index) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) == 0)
        return -1;
    index %= CPU_COUNT(&allowed);
    for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed) && index-- == 0)
            return (int)cpu;
    return -1;
}

/* Keeps the calling thread on that CPU; -1: wherever it is. */
static inline void pin_to(int cpu) {
    cpu_set_t one;
    if (cpu < 0)
        return;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
}

#endif
