/* cpus.h - how many CPUs there are for this process. */
#ifndef PS_CPUS_H
#define PS_CPUS_H

/* The CPUs that this process may use: its affinity, and its cgroup's quota rounded up; at least 1. Thread-safe. */
unsigned ps_usable_cpus(void);

#endif
