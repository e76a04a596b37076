/* text.h - folds of text: delimited fields or plain numbers, as exact decimals.
 *
 * Pure; no locks, no allocation: callable in a thread or in a forked child. */
#ifndef PS_TEXT_H
#define PS_TEXT_H

#include "exact/decimal.h"
#include "fold/float_array.h"
#include "source/source.h"
#include "text/layout.h"

/* What the fields hold: [+-]digits[.digits][(e|E)[+-]digits], with a digit before or after the point. Blanks around a
 * field are left out. An empty field and NA are missing: counted in head.missing, not an element. In a list, empty is
 * nothing at all. A line without any byte (but CR) is no record; of PS_TEXT_COLUMNS, nor is a line of blanks. Line ends are LF
 * and CR LF. In quotes a field may hold line ends, delimiters and doubled quotes; quotes count only where a field begins. */

/* Adds the numbers of a text block to partial, as needs (a mask of PS_NEED_) says. Stops at the first fault, which it
 * leaves in partial->head.fault, with its place. */
void ps_text_fold(const ps_block *block, unsigned needs, ps_decimal_partial *partial);

/* The same, but each number is first rounded to the nearest double, and these are summed up by path. NaNs and infinities are
 * numbers, too. needs may have PS_SKIP_NAN. */
void ps_text_fold_doubles(const ps_block *block, ps_float_function *path, unsigned needs,
                          ps_float_partial *partial);

/* The same, but the last of these doubles, up to capacity >= 1 of them, are left in numbers instead, for a device to sum: those
 * before them, if there are more, go to partial, as the missing fields and faults do. Returns how many are in numbers. */
size_t ps_text_gather_doubles(const ps_block *block, ps_float_function *path, unsigned needs, double *numbers,
                              size_t capacity, ps_float_partial *partial);

/* Integers that share a power of ten, for a device to sum: mantissa[i] * 10^exponent. */
typedef struct ps_text_column {
    int exponent;
    uint64_t count, capacity;
    int64_t *mantissa;
} ps_text_column;

/* The same, but numbers of up to 18 digits go into columns, of which there are column_count, each made ready by the
 * caller with exponent undefined and count 0; a number for which no column is free or has room goes to partial, as the
 * missing fields and faults do. used says how many columns have been taken. */
void ps_text_split(const ps_block *block, unsigned needs, ps_text_column *columns, size_t column_count,
                   size_t *used, ps_decimal_partial *partial);

#endif
