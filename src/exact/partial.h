/* partial.h - the exact result of a part of the work, as plain bytes: what folds fill, engines carry and merge adds.
 *
 * A partial holds no pointers and has a fixed size per kind, so it crosses a thread, a shared mapping or a file
 * unchanged. Merging is exact and therefore independent of order. Functions are pure; a partial itself belongs to
 * one writer at a time. */
#ifndef PS_PARTIAL_H
#define PS_PARTIAL_H

#include "exact/wide.h"

/* What a fold must gather. A mask of these is what folds and kernels are chosen by; counts are always kept. */
enum { PS_NEED_SUM = 1, PS_NEED_SQUARES = 2, PS_NEED_MAGNITUDES = 4, PS_NEED_EXTREMES = 8 };

enum { PS_PARTIAL_VERSION = 1 };

/* The head that partials of every kind begin with. */
typedef struct ps_partial {
    uint32_t kind; /* index into the table of kinds */
    uint32_t version;
    uint64_t count; /* elements folded */
    uint64_t missing;
    uint64_t skipped_nan;
} ps_partial;

/* Integers from -2^63 to 2^64-1. minimum and maximum have meaning where head.count > 0. */
typedef struct ps_integer_partial {
    ps_partial head;
    ps_wide sum;
    ps_wide squares;
    ps_wide magnitudes;
    ps_int128 minimum;
    ps_int128 maximum;
} ps_integer_partial;

/* One row per kind of partial. A new kind (floats, decimals) is a new row. */
typedef struct ps_kind {
    const char *type_name;
    size_t size_bytes;
    void (*clear)(ps_partial *partial);
    void (*merge)(ps_partial *into, const ps_partial *from);
} ps_kind;

enum { PS_KIND_INTEGER, PS_KIND_COUNT };
extern const ps_kind ps_kinds[PS_KIND_COUNT];

#endif
