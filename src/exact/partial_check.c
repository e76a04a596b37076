/* partial_check.c - whether the sums of a partial can belong to one list of numbers. What a fold made always can; a file,
 * or a device, may hold anything, and with these laws kept, so are those of any merge, and finishing is safe: no root of a negative
 * number. */
#include "exact/partial_codec.h"

typedef struct fraction {
    mpz_t numerator, denominator; /* > 0 */
} fraction;

static void fraction_init(fraction *value, const ps_partial *partial, ps_field field) {
    mpz_inits(value->numerator, value->denominator, NULL);
    ps_kinds[partial->kind].exact_value(partial, field, value->numerator, value->denominator);
}

static void fraction_clear(fraction *value) {
    mpz_clears(value->numerator, value->denominator, NULL);
}

/* |left| <= right. */
static bool magnitude_is_within(const fraction *left, const fraction *right) {
    mpz_t left_scaled, right_scaled;
    mpz_inits(left_scaled, right_scaled, NULL);
    mpz_mul(left_scaled, left->numerator, right->denominator);
    mpz_abs(left_scaled, left_scaled);
    mpz_mul(right_scaled, right->numerator, left->denominator);
    const bool within = mpz_cmp(left_scaled, right_scaled) <= 0;
    mpz_clears(left_scaled, right_scaled, NULL);
    return within;
}

/* sum^2 <= count * squares, by Cauchy and Schwarz. */
static bool square_is_within(const fraction *sum, const fraction *squares, uint64_t count) {
    mpz_t factor;
    fraction left, right;
    mpz_init(factor);
    mpz_import(factor, 1, -1, sizeof count, 0, 0, &count);
    mpz_inits(left.numerator, left.denominator, right.numerator, right.denominator, NULL);
    mpz_mul(left.numerator, sum->numerator, sum->numerator);
    mpz_mul(left.denominator, sum->denominator, sum->denominator);
    mpz_mul(right.numerator, squares->numerator, factor);
    mpz_set(right.denominator, squares->denominator);
    const bool within = magnitude_is_within(&left, &right);
    fraction_clear(&left);
    fraction_clear(&right);
    mpz_clear(factor);
    return within;
}

bool ps_partial_is_consistent(const ps_partial *partial, unsigned needs) {
    fraction sum, squares, magnitudes;
    fraction_init(&sum, partial, PS_FIELD_SUM);
    fraction_init(&squares, partial, PS_FIELD_SQUARES);
    fraction_init(&magnitudes, partial, PS_FIELD_MAGNITUDES);
    bool consistent = true;
    if (needs & PS_NEED_SQUARES)
        consistent = mpz_sgn(squares.numerator) >= 0;
    if (needs & PS_NEED_MAGNITUDES)
        consistent = consistent && mpz_sgn(magnitudes.numerator) >= 0;
    if (needs & PS_NEED_SUM && needs & PS_NEED_MAGNITUDES)
        consistent = consistent && magnitude_is_within(&sum, &magnitudes);
    if (needs & PS_NEED_SUM && needs & PS_NEED_SQUARES)
        consistent = consistent && square_is_within(&sum, &squares, partial->count);
    /* Fields that were not asked for are zero. */
    if (partial->count == 0)
        consistent = consistent && mpz_sgn(sum.numerator) == 0 && mpz_sgn(squares.numerator) == 0 &&
                     mpz_sgn(magnitudes.numerator) == 0;
    fraction_clear(&sum);
    fraction_clear(&squares);
    fraction_clear(&magnitudes);
    return consistent;
}
