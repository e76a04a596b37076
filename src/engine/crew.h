/* crew.h - a fixed set of threads that wait for a start signal, do one task each, and wait again.
 *
 * The caller of ps_crew_run waits meanwhile and polls, so that callbacks stay on its thread. A crew belongs to one
 * caller at a time. */
#ifndef PS_CREW_H
#define PS_CREW_H

#include "engine/engine.h"

typedef struct ps_crew ps_crew;

/* What worker index does at each start. */
typedef void ps_crew_task(unsigned index, void *context);

/* Called on the caller's thread about every PS_POLL_MILLISECONDS while the workers work. */
typedef void ps_crew_poll(void *context);

/* Starts wanted threads, or as many as the system allows, at least one; *created says how many. On return all of them
 * wait. Worker threads block signals sent to the process, so that its handlers run on its own threads. */
parsum_status ps_crew_create(unsigned wanted, ps_crew_task *task, void *context, ps_crew **crew,
                             unsigned *created, parsum_error *error);

/* Tells the caller where fewer threads were created than wanted for what (a noun). */
void ps_crew_notice(const ps_monitor *monitor, const char *what, unsigned created, unsigned wanted);

/* Gives the start signal and returns when all workers are done. poll may be NULL. */
void ps_crew_run(ps_crew *crew, ps_crew_poll *poll, void *poll_context);

/* The same while the workers empty queue, with monitor polled. True: the caller cancelled. */
bool ps_crew_run_monitored(ps_crew *crew, const ps_monitor *monitor, ps_queue *queue);

/* Ends and joins the threads. NULL is allowed. */
void ps_crew_destroy(ps_crew *crew);

#endif
