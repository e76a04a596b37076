/* fault_program.c - the plan of faults of a whole program, from its environment.
 *
 * PARSUM_FAULT is "GROUP NUMBER ERRNO LATER" (LATER 1: all later calls fail, too), with the groups by name. When the program
 * ends, the file PARSUM_FAULT_REPORT gets the number of calls that failed. The JSON library takes its memory here, too. */
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault_wrap.h"

__attribute__((constructor)) static void begin(void) {
    const char *given = getenv("PARSUM_FAULT");
    fault_plan plan = {.nth = 0};
    char name[32];
    unsigned group = 0, later = 0;
    if (given == NULL)
        return;
    if (sscanf(given, "%31s %" SCNu64 " %d %u", name, &plan.nth, &plan.error, &later) != 4)
        abort();
    while (group < FAULT_GROUP_COUNT && strcmp(fault_group_name((fault_group)group), name) != 0)
        group++;
    if (group == FAULT_GROUP_COUNT)
        abort();
    plan.group = (fault_group)group;
    plan.and_all_later = later != 0;
    json_set_alloc_funcs(malloc, free);
    fault_start(&plan);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("PARSUM_FAULT_REPORT");
    char text[32];
    if (path == NULL)
        return;
    const fault_outcome outcome = fault_stop();
    const int length = snprintf(text, sizeof text, "%" PRIu64, outcome.failed);
    const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || write(file, text, (size_t)length) != length)
        abort();
}
