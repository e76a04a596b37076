/* parse_ahead.h - text as arrays of numbers: what engines that read no text are given instead.
 *
 * A source around a source. Its threads parse text blocks into arrays of mantissas, one for each power of ten, or of doubles
 * where the job's kind is that of floats; other blocks pass through. What does not fit an array (missing fields, long
 * decimals) it sums up itself: source->rest. */
#ifndef PS_PARSE_AHEAD_H
#define PS_PARSE_AHEAD_H

#include "engine/engine.h"

/* text stays the caller's and outlives the source; job, of the kind of decimals or floats, likewise. */
parsum_status ps_parse_ahead_create(ps_source *text, const ps_job *job, ps_source **parsed,
                                    parsum_error *error);

/* Seconds spent in parsing since the last rewind. */
double ps_parse_ahead_seconds(const ps_source *parsed);

#endif
