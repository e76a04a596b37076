/* study.h - threads against processes, measured on this machine: a table of rows, one file a row.
 *
 * Every row is measured in a process of its own, so that a row that fails, or is refused something, ends neither the study
 * nor the rows behind it. It prints nothing, writes no file, and leaves no process behind. */
#ifndef PS_STUDY_H
#define PS_STUDY_H

#include <stdint.h>

#include "parsum.h"
#include "study/row.h"

enum { PS_STUDY_ROWS_MAX = 16, PS_STUDY_TASKS_MAX = 1000000, PS_STUDY_WORKERS_MAX = 4096 };
/* So that the sum of all tasks' counts is far below 2^64. */
#define PS_STUDY_COUNT_MAX UINT64_C(1000000000000)

typedef struct ps_study_request {
    unsigned tasks; /* of the counting rows, 1 to PS_STUDY_TASKS_MAX */
    uint64_t count; /* each counts to, 1 to PS_STUDY_COUNT_MAX */
    unsigned
        workers;     /* scaling goes from 1 to these; 0: twice the CPUs, so that the end of scaling is seen */
    bool python;     /* count in Python, too */
    const char *isa; /* as parsum_options has it */
    /* Called on the caller's thread; each may be NULL. cancelled: nonzero ends the study. */
    void (*progress)(const parsum_progress *progress, void *user);
    int (*cancelled)(void *user);
    void *user;
} ps_study_request;

typedef struct ps_study {
    ps_study_request request;
    unsigned cpus; /* that this process may use */
    ps_study_row rows[PS_STUDY_ROWS_MAX];
    size_t row_count;
} ps_study;

/* Measures every row. A row that cannot be measured says why; that is no failure. PARSUM_CANCELLED: all processes of the
 * study are gone. PARSUM_FAILED: no memory. Call it from the first thread of a process that has no other. */
parsum_status ps_study_run(const ps_study_request *request, ps_study *study, parsum_error *error);

#endif
