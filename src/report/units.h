/* units.h - times, rates and sizes for people to read. */
#ifndef PS_UNITS_H
#define PS_UNITS_H

#include <stdint.h>

/* Room for each of these texts. */
enum { UNITS_SIZE = 32 };

/* "1.23 s", "4.56 ms", "7.89 us". */
void units_seconds(double seconds, char *text);
/* "1.23 G/s": elements a second; "-" for none. */
void units_rate(double elements_per_second, char *text);
/* "23.5 GiB". */
void units_bytes(uint64_t bytes, char *text);

#endif
