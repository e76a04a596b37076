/* float_partial.c - the partial of floats and doubles: adding one number or product, and the operations of its kind. Owns the
 * rules for numbers that are not finite. Only integer operations look at numbers, so no floating-point environment matters. */
#include <string.h>

#include "exact/binary.h"

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Bit patterns of magnitudes are in the order of the magnitudes; infinity is next above the largest double, NaNs above it. */
static const uint64_t sign_bit = UINT64_C(1) << 63;
static const uint64_t infinity_bits = UINT64_C(0x7ff0000000000000);

static bool is_negative(double value) {
    return (bits_of(value) & sign_bit) != 0;
}

static bool is_zero(double value) {
    return (bits_of(value) & ~sign_bit) == 0;
}

/* The mask of PS_TERM_ for a term; 0: it is finite. */
static unsigned special_of(double value) {
    const uint64_t magnitude = bits_of(value) & ~sign_bit;
    if (magnitude < infinity_bits)
        return 0;
    if (magnitude > infinity_bits)
        return PS_TERM_NAN;
    return is_negative(value) ? PS_TERM_MINUS_INFINITY : PS_TERM_PLUS_INFINITY;
}

/* The special of the square or magnitude of a term. */
static unsigned without_sign(unsigned special) {
    return special == PS_TERM_MINUS_INFINITY ? PS_TERM_PLUS_INFINITY : special;
}

static double without_sign_bit(double value) {
    const uint64_t bits = bits_of(value) & ~sign_bit;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* One NaN and one zero, so that equal extremes are equal bytes. */
static double canonical(double value) {
    if (special_of(value) == PS_TERM_NAN)
        return PS_DOUBLE_NAN;
    return is_zero(value) ? 0.0 : value;
}

/* Whether left < right; both are canonical and no NaN. */
static bool is_less(double left, double right) {
    /* As signed integers, positive doubles are in order; negative ones are once all bits but the sign are turned over. */
    const uint64_t a = bits_of(left), b = bits_of(right);
    const int64_t left_order = (int64_t)(a & sign_bit ? a ^ ~sign_bit : a);
    const int64_t right_order = (int64_t)(b & sign_bit ? b ^ ~sign_bit : b);
    return left_order < right_order;
}

/* Takes two further canonical numbers, of which least <= most or both are NaN, into the extremes of partial; first: there
 * were none. */
static void include_extremes(ps_float_partial *partial, bool first, double least, double most) {
    if (first || special_of(least) == PS_TERM_NAN) {
        partial->minimum = least;
        partial->maximum = most;
        return;
    }
    if (special_of(partial->minimum) == PS_TERM_NAN)
        return;
    if (is_less(least, partial->minimum))
        partial->minimum = least;
    if (is_less(partial->maximum, most))
        partial->maximum = most;
}

void ps_float_add(ps_float_partial *partial, double value, unsigned needs) {
    const unsigned special = special_of(value);
    if (needs & PS_NEED_EXTREMES)
        include_extremes(partial, partial->head.count == 0, canonical(value), canonical(value));
    partial->head.count++;
    if (special != 0) {
        partial->sum.specials |= needs & PS_NEED_SUM ? special : 0;
        partial->squares.specials |= needs & PS_NEED_SQUARES ? without_sign(special) : 0;
        partial->magnitudes.specials |= needs & PS_NEED_MAGNITUDES ? without_sign(special) : 0;
        return;
    }
    if (needs & PS_NEED_SUM)
        ps_binary_add_double(&partial->sum.finite, value);
    if (needs & PS_NEED_SQUARES)
        ps_binary_add_product(&partial->squares.finite, value, value);
    if (needs & PS_NEED_MAGNITUDES)
        ps_binary_add_double(&partial->magnitudes.finite, without_sign_bit(value));
}

/* The special of left * right, of which at least one is not finite. */
static unsigned special_of_product(double left, double right) {
    if ((special_of(left) | special_of(right)) & PS_TERM_NAN || is_zero(left) || is_zero(right))
        return PS_TERM_NAN;
    return is_negative(left) != is_negative(right) ? PS_TERM_MINUS_INFINITY : PS_TERM_PLUS_INFINITY;
}

void ps_float_add_product(ps_float_partial *partial, double left, double right) {
    partial->head.count++;
    if (special_of(left) != 0 || special_of(right) != 0)
        partial->squares.specials |= special_of_product(left, right);
    else
        ps_binary_add_product(&partial->squares.finite, left, right);
}

void ps_float_clear(ps_partial *partial) {
    memset(partial, 0, sizeof(ps_float_partial));
    partial->kind = PS_KIND_FLOAT;
    partial->version = PS_PARTIAL_VERSION;
}

static void merge_sums(ps_binary_sum *into, const ps_binary_sum *from) {
    ps_binary_add(&into->finite, &from->finite);
    into->specials |= from->specials;
}

void ps_float_merge(ps_partial *into, const ps_partial *from) {
    ps_float_partial *total = (ps_float_partial *)into;
    const ps_float_partial *part = (const ps_float_partial *)from;
    if (part->head.count > 0)
        include_extremes(total, total->head.count == 0, part->minimum, part->maximum);
    ps_partial_merge_heads(into, from);
    merge_sums(&total->sum, &part->sum);
    merge_sums(&total->squares, &part->squares);
    merge_sums(&total->magnitudes, &part->magnitudes);
}

/* numerator / denominator = value, the fraction reduced by powers of two as far as it goes. */
static void set_fraction(const ps_binary *value, mpz_t numerator, mpz_t denominator) {
    const ps_binary magnitude = ps_binary_magnitude(value);
    mpz_import(numerator, PS_BINARY_LIMBS, -1, sizeof magnitude.limb[0], 0, 0, magnitude.limb);
    mp_bitcnt_t places = -PS_BINARY_LOWEST_BIT;
    if (mpz_sgn(numerator) == 0) {
        places = 0;
    } else {
        const mp_bitcnt_t zeros = mpz_scan1(numerator, 0);
        const mp_bitcnt_t common = zeros < places ? zeros : places;
        mpz_tdiv_q_2exp(numerator, numerator, common);
        places -= common;
    }
    mpz_set_ui(denominator, 1);
    mpz_mul_2exp(denominator, denominator, places);
    if (ps_binary_is_negative(value))
        mpz_neg(numerator, numerator);
}

static const ps_binary_sum *sum_of(const ps_float_partial *partial, ps_field field) {
    return field == PS_FIELD_SUM       ? &partial->sum
           : field == PS_FIELD_SQUARES ? &partial->squares
                                       : &partial->magnitudes;
}

static bool is_extreme(ps_field field) {
    return field == PS_FIELD_MINIMUM || field == PS_FIELD_MAXIMUM;
}

static double extreme_of(const ps_float_partial *partial, ps_field field) {
    return field == PS_FIELD_MINIMUM ? partial->minimum : partial->maximum;
}

void ps_float_exact_value(const ps_partial *partial, ps_field field, mpz_t numerator, mpz_t denominator) {
    const ps_float_partial *floats = (const ps_float_partial *)partial;
    if (!is_extreme(field)) {
        set_fraction(&sum_of(floats, field)->finite, numerator, denominator);
        return;
    }
    ps_binary extreme = {{0}};
    if (special_of(extreme_of(floats, field)) == 0)
        ps_binary_add_double(&extreme, extreme_of(floats, field));
    set_fraction(&extreme, numerator, denominator);
}

unsigned ps_float_specials(const ps_partial *partial, ps_field field) {
    const ps_float_partial *floats = (const ps_float_partial *)partial;
    return is_extreme(field) ? special_of(extreme_of(floats, field))
                             : (unsigned)sum_of(floats, field)->specials;
}

ps_rounded ps_float_round(const ps_partial *partial, ps_field field) {
    const ps_float_partial *floats = (const ps_float_partial *)partial;
    if (is_extreme(field))
        return (ps_rounded){extreme_of(floats, field), true};
    return ps_binary_sum_round(sum_of(floats, field));
}
