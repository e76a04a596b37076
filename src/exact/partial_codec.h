/* partial_codec.h - the numbers of a partial as bytes: one row per kind, a list of its fields. The head and the file around
 * them are partial_file.c's.
 *
 * Only fields that were asked for are written, extremes only where there is an element: the others hold nothing. Functions
 * are pure. */
#ifndef PS_PARTIAL_CODEC_H
#define PS_PARTIAL_CODEC_H

#include "base/bytes.h"
#include "exact/partial.h"

typedef struct ps_partial_codec ps_partial_codec;

/* How partials of kind are written; NULL: no such kind. Kinds are numbered as in ps_kinds; files hold these numbers. */
const ps_partial_codec *ps_partial_codec_find(uint32_t kind);
size_t ps_partial_codec_size_bytes(const ps_partial_codec *codec);

/* needs: a mask of PS_NEED_. */
void ps_partial_codec_write(const ps_partial_codec *codec, const ps_partial *partial, unsigned needs,
                            ps_bytes_out *out);

/* Reads the fields of partial, whose head is set and whose other bytes are zero. Returns the name of the first field that
 * is out of its bounds, NULL where none is. */
const char *ps_partial_codec_read(const ps_partial_codec *codec, ps_partial *partial, unsigned needs,
                                  ps_bytes_in *in);

/* Whether the fields can belong to one list of numbers: no negative sum of squares, and the like, of which finishing would
 * make nonsense. Of a kind that is in ps_kinds. Allocates (GMP). */
bool ps_partial_is_consistent(const ps_partial *partial, unsigned needs);

#endif
