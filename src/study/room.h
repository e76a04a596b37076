/* room.h - whether the machine has room for more threads and processes, so that the study takes none that others need. It reads
 * what the system tells and starts nothing. */
#ifndef PS_STUDY_ROOM_H
#define PS_STUDY_ROOM_H

#include <stdbool.h>
#include <stddef.h>

/* Why no further worker should be started, though the system might still do it; NULL: go on. */
const char *ps_study_room_is_short(void);

/* Whether there are process numbers for so many more workers, threads as well as processes. False: why says how many there are
 * in all. Where the system does not tell, there are enough. */
bool ps_study_room_for(unsigned workers, char *why, size_t size);

#endif
