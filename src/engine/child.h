/* child.h - what every forked child does first, so that it neither outlives its parent nor answers the parent's signals,
 * and how its end is told. It does not fork or wait: its callers do. */
#ifndef PS_CHILD_H
#define PS_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Whether the caller is its process's first thread, which lives as long as the process does. Asked before the fork. */
bool ps_child_is_first_thread(void);

/* In the child: signals get their defaults (SIGINT is ignored: the parent answers it), and the child ends with parent, which
 * forked it. Takes the child's SIGALRM and its real-time timer for that. */
void ps_child_begin(pid_t parent, bool forked_by_first_thread);

/* What a status of waitpid says, such as "was killed by signal 9 (Killed)" or "ended with status 1". */
void ps_child_describe_end(int status, char *text, size_t size);

#endif
