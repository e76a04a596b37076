/* source.h - anything that can be reduced, as blocks in order. A new input is one new file that makes a ps_source.
 *
 * A block is the unit of work, plain bytes: an engine pulls it, folds it, and may hand it back to be redone. */
#ifndef PS_SOURCE_H
#define PS_SOURCE_H

#include "exact/wide.h"
#include "parsum.h"

/* The kinds of blocks, one per way of folding. */
typedef enum ps_block_kind { PS_BLOCK_RANGE } ps_block_kind;

/* count elements: first, first+step, ... . Bounds, kept by every source: count >= 1, all elements from -2^63 to
 * 2^64-1. */
typedef struct ps_range_block {
    ps_int128 first;
    uint64_t step;
} ps_range_block;

typedef struct ps_block {
    ps_block_kind kind;
    uint32_t attempts; /* how often it was given to a worker that then died */
    uint64_t count;
    union {
        ps_range_block range;
    };
} ps_block;

/* Takes the first count elements, 1 <= count <= block->count, off block; what is left of it may be nothing. */
ps_block ps_block_take(ps_block *block, uint64_t count);

typedef struct ps_source ps_source;

typedef struct ps_source_operations {
    const char *input_kind; /* as in the report: "range" */
    int partial_kind;       /* row of ps_kinds that its folds fill */
    /* Cuts the next block of at most want >= 1 elements; false at the end. Not thread-safe: the queue locks. */
    bool (*next)(ps_source *source, uint64_t want, ps_block *block);
    /* Starts again from the first element. */
    void (*rewind)(ps_source *source);
    void (*destroy)(ps_source *source);
} ps_source_operations;

struct ps_source {
    const ps_source_operations *operations;
    uint64_t total_count;
    char **names; /* one per input, as the report shows them */
    size_t name_count;
};

/* A source over ranges, cut where they are cut. PARSUM_USAGE: an element or a count beyond the bounds. */
parsum_status ps_source_ranges(const parsum_range *ranges, size_t range_count, ps_source **source,
                               parsum_error *error);

/* How many elements range has; the range must be within the bounds (ps_range_check). */
uint64_t ps_range_count(const parsum_range *range);

/* Checks the bounds of parsum_range. text, where not NULL, is what the user wrote and is quoted. */
parsum_status ps_range_check(const parsum_range *range, const char *text, parsum_error *error);

#endif
