/* clock.h - seconds of a monotonic clock. */
#ifndef PS_CLOCK_H
#define PS_CLOCK_H

#include <time.h>

static inline double ps_clock_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif
