/* partial.h - the exact result of a part of the work, as plain bytes: what folds fill, engines carry and merge adds.
 *
 * A partial holds no pointers and has a fixed size per kind, so it crosses a thread, a shared mapping or a file
 * unchanged. Merging is exact and therefore independent of order. Functions are pure; a partial itself belongs to
 * one writer at a time. */
#ifndef PS_PARTIAL_H
#define PS_PARTIAL_H

#include <gmp.h>

#include "exact/rounding.h"
#include "exact/wide.h"

/* What a fold must gather. A mask of these is what folds and kernels are chosen by; counts are always kept. */
enum {
    PS_NEED_SUM = 1,
    PS_NEED_SQUARES = 2,
    PS_NEED_MAGNITUDES = 4,
    PS_NEED_EXTREMES = 8,
    PS_NEED_PRODUCTS = 16, /* of two operands; goes with no other */
    PS_SKIP_NAN = 32       /* no need, but beside them: NaNs are no elements, only counted in skipped_nan */
};

/* The exact values that a partial holds. */
typedef enum ps_field {
    PS_FIELD_SUM,
    PS_FIELD_SQUARES, /* or the sum of products, where two operands were folded */
    PS_FIELD_MAGNITUDES,
    PS_FIELD_MINIMUM, /* where count > 0 */
    PS_FIELD_MAXIMUM,
    PS_FIELD_COUNT
} ps_field;

enum { PS_PARTIAL_VERSION = 1 };

/* What can be wrong with text; text.h says what each means. */
typedef enum ps_fault_code {
    PS_FAULT_NONE,
    PS_FAULT_NO_NUMBER,
    PS_FAULT_TOO_FEW_FIELDS,
    PS_FAULT_EXPONENT,   /* digits beyond 10^1024 or below 10^-1024 */
    PS_FAULT_OPEN_QUOTE, /* a block ends inside a quoted field */
    PS_FAULT_NOT_FINITE  /* a NaN or infinity among decimals */
} ps_fault_code;

/* Where the data is damaged. Plain bytes: a fold that meets a fault leaves it in its partial, which then holds no answer.
 * Merging keeps the one that comes first in the list. */
typedef struct ps_fault {
    uint32_t code;
    uint32_t input;        /* number of the input, from 0 */
    uint64_t offset;       /* of the field's first byte in that input, decompressed */
    uint64_t line;         /* from 1; 0: to be counted from the input's beginning */
    uint64_t column;       /* byte in the line, from 1 */
    uint64_t field_length; /* bytes; field holds as many of them as fit, without terminator */
    char field[56];
} ps_fault;

/* The head that partials of every kind begin with. */
typedef struct ps_partial {
    uint32_t kind; /* index into the table of kinds */
    uint32_t version;
    uint64_t count; /* elements folded */
    uint64_t missing;
    uint64_t skipped_nan;
    ps_fault fault; /* code PS_FAULT_NONE: no fault */
} ps_partial;

/* Adds the counts of from to into, and keeps the earlier fault: what every kind's merge begins with. */
void ps_partial_merge_heads(ps_partial *into, const ps_partial *from);

/* Keeps fault in partial, where that has none or one further down the list. */
void ps_partial_set_fault(ps_partial *partial, const ps_fault *fault);

/* Integers from -2^63 to 2^64-1. minimum and maximum have meaning where head.count > 0. */
typedef struct ps_integer_partial {
    ps_partial head;
    ps_wide sum;
    ps_wide squares; /* or the sum of products */
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
    /* Merges integers into a partial of this kind. NULL: this kind does not mix with integers. */
    void (*merge_integers)(ps_partial *into, const ps_integer_partial *from);
    /* Sets numerator/denominator to the exact value of field; denominator > 0, not necessarily reduced. */
    void (*exact_value)(const ps_partial *partial, ps_field field, mpz_t numerator, mpz_t denominator);
    /* The terms of field that are not finite, a mask of PS_TERM_; exact_value is that of the others. NULL: there are none. */
    unsigned (*specials)(const ps_partial *partial, ps_field field);
    /* The nearest double of field, specials included. NULL: values of this kind are given in full. Set where specials is. */
    ps_rounded (*round)(const ps_partial *partial, ps_field field);
} ps_kind;

/* The terms that are no finite numbers, which decide a sum as IEEE 754 has it (a mask). */
enum { PS_TERM_NAN = 1, PS_TERM_PLUS_INFINITY = 2, PS_TERM_MINUS_INFINITY = 4 };

enum { PS_KIND_INTEGER, PS_KIND_DECIMAL, PS_KIND_FLOAT, PS_KIND_COUNT };
extern const ps_kind ps_kinds[PS_KIND_COUNT];

#endif
