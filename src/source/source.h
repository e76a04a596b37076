/* source.h - anything that can be reduced, as blocks in order. A new input is one new file that makes a ps_source.
 *
 * A block is the unit of work, plain bytes: an engine pulls it, folds it, and may hand it back to be redone. */
#ifndef PS_SOURCE_H
#define PS_SOURCE_H

#include "exact/partial.h"
#include "parsum.h"

/* The kinds of blocks, one per way of folding. */
typedef enum ps_block_kind { PS_BLOCK_RANGE, PS_BLOCK_ARRAY, PS_BLOCK_TEXT } ps_block_kind;

/* count elements: first, first+step, ... . Bounds, kept by every source: count >= 1, all elements from -2^63 to
 * 2^64-1. */
typedef struct ps_range_block {
    ps_int128 first;
    uint64_t step;
} ps_range_block;

/* count numbers of one type in memory, one operand or two (those of products). Neither address nor stride need be
 * aligned. */
typedef struct ps_array_block {
    const unsigned char *data[2]; /* of the first number; data[1] is NULL where there is one operand */
    int64_t stride_bytes[2];      /* from one number to the next; may be negative or zero */
    parsum_type type;
    int exponent;    /* the numbers count 10^exponent; other than 0 only of text that was parsed ahead */
    bool swapped[2]; /* bytes are in the other order than this machine's */
} ps_array_block;

struct ps_text_format;

/* Whole records of text: a record begins where the block does, and the block ends with the end of one. count is bytes. */
typedef struct ps_text_block {
    const char *data;
    const struct ps_text_format *format;
    uint64_t offset; /* of data in its input, decompressed */
    uint64_t line;   /* number of the first line, from 1; 0: not known */
    uint64_t column; /* bytes of that line before data */
} ps_text_block;

typedef struct ps_block {
    ps_block_kind kind;
    uint32_t attempts; /* how often it was given to a worker that then died */
    uint32_t input;    /* number of the input it comes from, from 0 */
    uint32_t slot;     /* of the source's own buffers, where it has any */
    uint64_t count;    /* elements; of text: bytes */
    union {
        ps_range_block range;
        ps_array_block array;
        ps_text_block text;
    };
} ps_block;

/* Takes the first count elements, 1 <= count <= block->count, off block; what is left of it may be nothing. Text is
 * taken whole: count is block->count. */
ps_block ps_block_take(ps_block *block, uint64_t count);

typedef struct ps_source ps_source;

typedef struct ps_source_operations {
    /* Cuts the next block of at most want >= 1 elements; of text, of about so many bytes. False at the end, and where the
     * source fails, which failure then says. Not thread-safe: the queue locks. */
    bool (*next)(ps_source *source, uint64_t want, ps_block *block);
    /* The block's data is not needed any more. NULL: there is nothing to give back. Not thread-safe: the queue locks. */
    void (*release)(ps_source *source, const ps_block *block);
    /* Starts again from the first element; failure says where it cannot. */
    void (*rewind)(ps_source *source);
    /* After a run: whether the data stayed as it was while it was read; failure says where not. NULL: it cannot change. */
    bool (*check)(ps_source *source);
    /* From the next rewind on cuts where no quoted field is open, whatever it costs; false: it does so already. NULL: there is
     * nothing to cut wrongly. */
    bool (*cut_carefully)(ps_source *source);
    /* Makes the sentence of a fault that a fold left, with its place. NULL: folds of its blocks leave none. */
    parsum_status (*describe_fault)(const ps_source *source, const ps_fault *fault, parsum_error *error);
    void (*destroy)(ps_source *source);
} ps_source_operations;

/* total_count of a source that cannot know it. */
#define PS_COUNT_UNKNOWN UINT64_MAX

struct ps_source {
    const ps_source_operations *operations;
    const char *input_kind; /* as in the report: "range", "array" or "text" */
    const char *type_name;  /* of the elements, as in the report: "integer", "i64", "decimal" */
    int partial_kind;       /* row of ps_kinds that its folds fill */
    unsigned block_kinds;   /* mask of 1 << PS_BLOCK_ of the blocks it cuts */
    unsigned types;         /* mask of 1 << PARSUM_ of the arrays in it */
    uint64_t total_count;   /* of what blocks count: elements, or bytes of text */
    bool can_rewind;
    bool in_parent_memory;  /* blocks point to memory that a process forked earlier may not see */
    const ps_partial *rest; /* what the source itself has summed up while it cut; NULL: nothing */
    parsum_error failure;   /* status PARSUM_OK: none */
    char **names;           /* one per input, as the report shows them */
    size_t name_count;
};

/* A source over ranges, cut where they are cut. PARSUM_USAGE: an element or a count beyond the bounds. */
parsum_status ps_source_ranges(const parsum_range *ranges, size_t range_count, ps_source **source,
                               parsum_error *error);

/* A source over numbers in memory that stays where it is and as it is while the source lives. */
parsum_status ps_source_array(const ps_array_block *array, uint64_t count, ps_source **source,
                              parsum_error *error);

/* Several sources as one list, cut where they are cut; owns and destroys them, also where it fails. PARSUM_USAGE: their
 * kinds of numbers do not mix. */
parsum_status ps_source_list(ps_source **sources, size_t source_count, ps_source **list, parsum_error *error);

/* Frees source and all it owns. NULL is allowed. */
void ps_source_destroy(ps_source *source);

/* Frees the names; what every destroy ends with. */
void ps_source_free_names(ps_source *source);

/* How many elements range has; the range must be within the bounds (ps_range_check). */
uint64_t ps_range_count(const parsum_range *range);

/* Checks the bounds of parsum_range. text, where not NULL, is what the user wrote and is quoted. */
parsum_status ps_range_check(const parsum_range *range, const char *text, parsum_error *error);

#endif
