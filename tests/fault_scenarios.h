/* fault_scenarios.h - small runs of the library, each from opening to freeing, whose right answers are known. */
#ifndef PS_TEST_FAULT_SCENARIOS_H
#define PS_TEST_FAULT_SCENARIOS_H

#include "engine_support.h"
#include "fault_wrap.h"

typedef enum fault_way {
    FAULT_WAY_RANGE,
    FAULT_WAY_ARRAY,       /* in memory */
    FAULT_WAY_STREAM,      /* in memory, in pieces */
    FAULT_WAY_FILE,        /* mapped */
    FAULT_WAY_READ,        /* by read */
    FAULT_WAY_PIPE,        /* the file's bytes, in a pipe */
    FAULT_WAY_REFERENCE,   /* by the reference alone */
    FAULT_WAY_TWO,         /* the file twice, as one list */
    FAULT_WAY_DOT,         /* the file twice, as operands */
    FAULT_WAY_SAVE,        /* a range, saved over an old partial */
    FAULT_WAY_MERGE,       /* two partials */
    FAULT_WAY_ACCUMULATOR, /* no engine: bytes and back, merged */
} fault_way;

typedef struct fault_scenario {
    const char *name;
    fault_way way;
    const char *engine;
    const char *file; /* in the test's folder */
    bool verified;    /* by the reference, on threads of its own */
} fault_scenario;

extern const fault_scenario fault_scenarios[];
extern const size_t fault_scenario_count;

/* Two workers: the least that can be fewer. */
enum { FAULT_WORKERS = 2 };

/* Makes and removes the files, in a folder of their own; for the group of tests. */
int fault_files_make(void **state);
int fault_files_remove(void **state);

/* What a scenario came to. */
typedef struct fault_run {
    parsum_status status;
    parsum_error error;
    bool right;   /* every value is what it must be; false where status is an error */
    bool touched; /* an error, and still an output argument was changed */
    test_notices notices;
    fault_outcome outcome;
} fault_run;

/* The plan is in force from the first call of the library to the last; one at a time. NULL: none, so that scenarios may run
 * beside each other. */
void fault_scenario_run(const fault_scenario *scenario, const fault_plan *plan, fault_run *run);

/* Whether the folder holds what it held at first, with every partial whole. */
bool fault_files_are_whole(void);

#endif
