/* workers.h - the same task for some workers, as threads or as processes of the caller. */
#ifndef PS_STUDY_WORKERS_H
#define PS_STUDY_WORKERS_H

#include "study/row.h"

/* What worker index does. context is memory that the workers share: for processes, of ps_study_share. */
typedef void ps_study_task(unsigned index, void *context);

typedef struct ps_study_workers {
    ps_study_way way;
    unsigned count; /* that were started */
    struct ps_study_worker *list;
    char refusal[160]; /* why there are no more; "": there are as many as were wanted */
} ps_study_workers;

/* Starts up to wanted workers, each at work at once, and stops at the first that the system refuses, or before the machine's
 * memory or its process numbers run short. way is PS_STUDY_THREADS or PS_STUDY_PROCESSES. Only for the first thread of a
 * process. */
void ps_study_workers_start(ps_study_workers *workers, ps_study_way way, unsigned wanted, ps_study_task *task,
                            void *context);

/* Starts as many workers at once, which do nothing, and ends them, all within seconds: more than can be started in that time are
 * refused, too. Returns how many there were; refusal, of size bytes, is why there are no more. */
unsigned ps_study_workers_try(ps_study_way way, unsigned wanted, char *refusal, size_t size);

/* Waits for worker index, once. Of a process the status as waitpid has it, of a thread 0. */
int ps_study_worker_wait(ps_study_workers *workers, unsigned index);

/* Waits for all of them and frees the list. False: one ended otherwise than with status 0. */
bool ps_study_workers_end(ps_study_workers *workers);

#endif
