/* text_reader.h - what the folds of text share: the block that is read, and the sums that gather what its fields hold.
 * Private to src/fold/text*.c. */
#ifndef PS_TEXT_READER_H
#define PS_TEXT_READER_H

#include "fold/short_number.h"
#include "fold/text.h"
#include "text/numeral.h"

/* Bins take integers that count 10^exponent, PS_BIN_EXPONENT_MIN <= exponent < PS_BIN_EXPONENT_MIN + PS_BIN_COUNT. */
enum { PS_BIN_EXPONENT_MIN = -64, PS_BIN_COUNT = 128 };

/* One block, being read. Bounds: it has fewer than 2^57 bytes, so fewer numbers, each with a mantissa below 2^64: sums and
 * magnitudes stay below 2^121, squares below 2^185. */
typedef struct ps_text_reader {
    const ps_block *block;
    const char *begin, *end;
    const char *fast_end; /* up to here ps_short_number_read may begin */
    uint64_t column;
    char delimiter; /* PS_TEXT_DELIMITED, else '\n', which is in no field */
    unsigned needs;
    ps_partial *head; /* of the partial: what is missing, and a fault */
    ps_decimal_partial *partial;
    bool as_doubles; /* numbers are rounded to doubles and gathered; there is no decimal partial */
    ps_float_function
        *path; /* sums up doubles, of which there is room for double_capacity, when that is used up */
    size_t double_count, double_capacity;
    double *doubles;
    bool split; /* numbers go to columns first */
    ps_text_column *columns;
    size_t column_count, columns_used;
    ps_decimal_bin bin[PS_BIN_COUNT];
} ps_text_reader;

/* What a reader does with a number is fixed when a fold is compiled, for the ways that must be fast. */
typedef enum ps_text_way {
    PS_TEXT_SUM,     /* needs is PS_NEED_SUM */
    PS_TEXT_SQUARES, /* needs is PS_NEED_SUM | PS_NEED_SQUARES */
    PS_TEXT_ANY,     /* needs is looked at */
    PS_TEXT_SPLIT,
    PS_TEXT_DOUBLES
} ps_text_way;

/* Calls FOLD(reader, way) compiled for each way, whichever reader asks for. FOLD is always inlined. */
#define PS_TEXT_BY_WAY(FOLD, reader)                                 \
    do {                                                             \
        if ((reader)->as_doubles)                                    \
            FOLD((reader), PS_TEXT_DOUBLES);                         \
        else if ((reader)->split)                                    \
            FOLD((reader), PS_TEXT_SPLIT);                           \
        else if ((reader)->needs == PS_NEED_SUM)                     \
            FOLD((reader), PS_TEXT_SUM);                             \
        else if ((reader)->needs == (PS_NEED_SUM | PS_NEED_SQUARES)) \
            FOLD((reader), PS_TEXT_SQUARES);                         \
        else                                                         \
            FOLD((reader), PS_TEXT_ANY);                             \
    } while (0)

#define PS_TEXT_INLINE static inline __attribute__((always_inline))

/* The folds of the layouts: all records of the block, or up to the first fault. */
void ps_text_fold_list(ps_text_reader *reader);
void ps_text_fold_columns(ps_text_reader *reader);
void ps_text_fold_delimited(ps_text_reader *reader);

/* Takes the field from .. end, whatever it holds: blanks around it, quotes where quoted says that they may be, any number of
 * digits. False: a fault, which is noted. */
bool ps_text_take_field(ps_text_reader *reader, const char *from, const char *end, bool quoted);

/* Notes what is wrong with the bytes from .. end of the block. Returns false. */
bool ps_text_fail(ps_text_reader *reader, ps_fault_code code, const char *from, const char *end);

/* Puts the number into a column. False: none is free or has room, or the number has more than 18 digits. */
bool ps_text_take_apart(ps_text_reader *reader, const ps_short_number *number);

/* Gathers the nearest double of number. False: only ps_numeral_to_double can tell it. */
bool ps_text_take_double(ps_text_reader *reader, const ps_short_number *number);

/* Gathers one double. Returns true. */
bool ps_text_push_double(ps_text_reader *reader, double value);

/* The double that a field of PS_NUMERAL_NOT_FINITE names. */
double ps_text_special(const char *from);

/* The nearest double, ties to even, of a number of any length. */
double ps_numeral_to_double(const ps_numeral *numeral);

/* Reads the block of a reader whose block, needs, head and ways are set. */
void ps_text_read_block(ps_text_reader *reader);

static inline void ps_bin_add_square(ps_decimal_bin *bin, uint64_t mantissa) {
    const ps_uint128 square = (ps_uint128)mantissa * mantissa;
    ps_uint128 total = (ps_uint128)bin->squares.limb[1] << 64 | bin->squares.limb[0];
    const bool carry = __builtin_add_overflow(total, square, &total);
    bin->squares.limb[0] = (uint64_t)total;
    bin->squares.limb[1] = (uint64_t)(total >> 64);
    bin->squares.limb[2] += carry; /* the total is below 2^185: limb 3 stays zero */
}

/* Adds number to the bin of its exponent; false: there is none. */
PS_TEXT_INLINE bool ps_text_bin(ps_text_reader *reader, const ps_short_number *number, unsigned needs) {
    const unsigned index = (unsigned)number->exponent - (unsigned)PS_BIN_EXPONENT_MIN;
    if (__builtin_expect(index >= PS_BIN_COUNT, 0))
        return false;
    ps_decimal_bin *const bin = &reader->bin[index];
    /* Without a branch, which signs at random would mislead: in two's complement, -x is ~x + 1. */
    const ps_int128 sign = -(ps_int128)number->negative;
    const ps_int128 value = ((ps_int128)number->mantissa ^ sign) - sign;
    if (needs & PS_NEED_SUM)
        bin->sum += value;
    if (needs & PS_NEED_MAGNITUDES)
        bin->magnitudes += number->mantissa;
    if (needs & PS_NEED_SQUARES)
        ps_bin_add_square(bin, number->mantissa);
    if (needs & PS_NEED_EXTREMES) {
        if (bin->count == 0 || value < bin->minimum)
            bin->minimum = value;
        if (bin->count == 0 || value > bin->maximum)
            bin->maximum = value;
    }
    bin->count++;
    return true;
}

/* Takes a number by the way; false: ps_text_take_field must. */
PS_TEXT_INLINE bool ps_text_take(ps_text_reader *reader, const ps_short_number *number, ps_text_way way) {
    switch (way) {
    case PS_TEXT_SUM:
        return ps_text_bin(reader, number, PS_NEED_SUM);
    case PS_TEXT_SQUARES:
        return ps_text_bin(reader, number, PS_NEED_SUM | PS_NEED_SQUARES);
    case PS_TEXT_SPLIT:
        return ps_text_take_apart(reader, number);
    case PS_TEXT_DOUBLES:
        return ps_text_take_double(reader, number);
    default:
        return ps_text_bin(reader, number, reader->needs);
    }
}

#endif
