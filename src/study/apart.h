/* apart.h - running a function in a process of its own, over memory that both share. */
#ifndef PS_STUDY_APART_H
#define PS_STUDY_APART_H

#include <stddef.h>
#include <sys/types.h>

#include "study/study.h"

/* Memory of zeros that children of the caller share with it. NULL: there is none. */
void *ps_study_share(size_t size_bytes);
void ps_study_unshare(void *shared, size_t size_bytes);

/* Forks a process that calls function and ends with status 0. It ends when the caller's process does. Returns -1 with errno
 * where the system refuses. Only for the first thread of a process. */
pid_t ps_study_fork(void (*function)(void *context), void *context);

/* The status of a child that ends, as waitpid has it; -1 where it is no child. */
int ps_study_wait(pid_t child);

/* Runs measure in such a process and waits for its end. seen is memory from ps_study_share. limit_seconds: how long it may
 * take (0: as long as it likes). PARSUM_FAILED: it was not begun, died, or took too long, and error says so;
 * PARSUM_CANCELLED. What it left behind is ended, too. */
parsum_status ps_study_run_apart(const ps_study_request *request,
                                 void (*measure)(const ps_study_request *request, void *seen), void *seen,
                                 double limit_seconds, parsum_error *error);

#endif
