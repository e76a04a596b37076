/* reference_list.h - the reference for lists: one number after another, by loops that share nothing with the folds. */
#ifndef PS_REFERENCE_LIST_H
#define PS_REFERENCE_LIST_H

#include "exact/binary.h"
#include "exact/reference.h"
#include "source/source.h"

/* The sums of text in GMP integers. Scaled by powers of ten, so that every number and every square is whole. */
typedef struct ps_reference_text {
    uint64_t count, missing;
    bool incomplete;                         /* memory ran out, and something was left out */
    mpz_t sum, magnitudes, minimum, maximum; /* times 10^1024 */
    mpz_t squares;                           /* times 10^2048 */
} ps_reference_text;

/* A sum of doubles or of their products: bin i counts 2^(32*i - 2176). */
enum { PS_REFERENCE_BINS = 2 * PS_BINARY_LIMBS };
typedef struct ps_reference_bins {
    int64_t bin[PS_REFERENCE_BINS];
    uint64_t added; /* since the bins were carried */
} ps_reference_bins;

typedef struct ps_reference_floats {
    uint64_t count, skipped_nan;
    ps_reference_bins sum, magnitudes, squares;
    unsigned sum_specials, square_specials; /* masks of PS_TERM_; magnitudes have those of squares */
    bool nan, any;                          /* a NaN, a number that is none */
    double minimum, maximum;
} ps_reference_floats;

/* One worker's sums of a list. */
typedef struct ps_reference_list {
    ps_reference integers;
    ps_reference_floats floats;
    ps_reference_text text;
} ps_reference_list;

void ps_reference_list_init(ps_reference_list *reference);
void ps_reference_list_clear(ps_reference_list *reference);

/* Adds the elements of block. A field that it cannot read is left out, so that the counts differ. */
void ps_reference_list_add(ps_reference_list *reference, const ps_block *block, unsigned needs);

/* Adds the sums to partial, of a kind that takes what was added. */
void ps_reference_list_deposit(const ps_reference_list *reference, unsigned needs, ps_partial *partial);

/* The parts. */
void ps_reference_array_add(ps_reference *reference, const ps_block *block, unsigned needs);
void ps_reference_floats_add(ps_reference_floats *floats, const ps_block *block, unsigned needs);
/* Adds one number, or counts it as skipped. */
void ps_reference_floats_add_number(ps_reference_floats *floats, double value, unsigned needs);
void ps_reference_floats_deposit(const ps_reference_floats *floats, unsigned needs, ps_partial *partial);
/* Text of decimals goes to text; where its format says doubles, to floats. */
void ps_reference_text_add(ps_reference_list *reference, const ps_block *block, unsigned needs);
/* Adds one number that counts 10^exponent. */
void ps_reference_text_add_scaled(ps_reference_text *reference, int64_t number, int exponent, unsigned needs);
void ps_reference_text_deposit(const ps_reference_text *reference, unsigned needs, ps_partial *partial);

#endif
