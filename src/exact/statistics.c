/* statistics.c - the table of statistics and their finish. A new statistic is one row, and a function where its form is
 * new. Nothing here is computed in floating point: n*sum(x^2) - sum(x)^2 is an exact integer. */
#include "exact/statistics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exact/rounding.h"

/* How a statistic comes out of a partial. */
typedef enum form {
    FORM_COUNT,
    FORM_SUM,      /* a field, printed in full; of floats its nearest double, unless all digits are wanted */
    FORM_EXTREME,  /* a field, printed in full; of floats the double that it is */
    FORM_FRACTION, /* the nearest double of numerator/denominator */
    FORM_ROOT      /* the nearest double of its square root */
} form;

/* What a statistic is where a term of its field is not finite. */
typedef enum specials_rule {
    SPECIALS_OF_SUM, /* what the field's sum is */
    SPECIALS_ARE_NAN /* the distance of an infinity from the mean is none */
} specials_rule;

/* Sets the exact fraction of a statistic; count >= the row's least_count, denominator > 0. */
typedef void fraction_function(const ps_partial *partial, mpz_t numerator, mpz_t denominator);

typedef struct statistic_row {
    const char *name;
    unsigned needs;
    form form;
    uint64_t least_count; /* with fewer elements there is no value */
    ps_field field;       /* what to print, or whose terms decide where one is not finite */
    fraction_function *fraction;
    specials_rule specials;
} statistic_row;

static const ps_kind *kind_of(const ps_partial *partial) {
    return &ps_kinds[partial->kind];
}

static void exact_value(const ps_partial *partial, ps_field field, mpz_t numerator, mpz_t denominator) {
    kind_of(partial)->exact_value(partial, field, numerator, denominator);
}

static void set_count(mpz_t target, uint64_t count) {
    mpz_import(target, 1, -1, sizeof count, 0, 0, &count);
}

static void fraction_mean(const ps_partial *partial, mpz_t numerator, mpz_t denominator) {
    mpz_t count;
    mpz_init(count);
    set_count(count, partial->count);
    exact_value(partial, PS_FIELD_SUM, numerator, denominator);
    mpz_mul(denominator, denominator, count);
    mpz_clear(count);
}

/* With n elements, the sum s/d and the sum of squares q/e:
 * (n * q/e - (s/d)^2) / (n * (n - less)) = (n*q*d^2 - s^2*e) / (e * d^2 * n * (n - less)). */
static void fraction_variance(const ps_partial *partial, uint64_t less, mpz_t numerator, mpz_t denominator) {
    mpz_t sum, sum_denominator, count;
    mpz_inits(sum, sum_denominator, count, NULL);
    exact_value(partial, PS_FIELD_SUM, sum, sum_denominator);
    exact_value(partial, PS_FIELD_SQUARES, numerator, denominator);
    set_count(count, partial->count);
    mpz_mul(sum, sum, sum);
    mpz_mul(sum, sum, denominator);
    mpz_mul(sum_denominator, sum_denominator, sum_denominator);
    mpz_mul(numerator, numerator, sum_denominator);
    mpz_mul(numerator, numerator, count);
    mpz_sub(numerator, numerator, sum);
    mpz_mul(denominator, denominator, sum_denominator);
    mpz_mul(denominator, denominator, count);
    set_count(count, partial->count - less);
    mpz_mul(denominator, denominator, count);
    mpz_clears(sum, sum_denominator, count, NULL);
}

static void fraction_sample_variance(const ps_partial *partial, mpz_t numerator, mpz_t denominator) {
    fraction_variance(partial, 1, numerator, denominator);
}

static void fraction_population_variance(const ps_partial *partial, mpz_t numerator, mpz_t denominator) {
    fraction_variance(partial, 0, numerator, denominator);
}

static void fraction_squares(const ps_partial *partial, mpz_t numerator, mpz_t denominator) {
    exact_value(partial, PS_FIELD_SQUARES, numerator, denominator);
}

#define MOMENTS (PS_NEED_SUM | PS_NEED_SQUARES)

#define VARIANCE(least_count, fraction) least_count, PS_FIELD_SQUARES, fraction, SPECIALS_ARE_NAN

static const statistic_row rows[PARSUM_STATISTIC_COUNT] = {
    [PARSUM_COUNT] = {"count", 0, FORM_COUNT, 0, 0, NULL, 0},
    [PARSUM_SUM] = {"sum", PS_NEED_SUM, FORM_SUM, 0, PS_FIELD_SUM, NULL, 0},
    [PARSUM_SUMSQ] = {"sumsq", PS_NEED_SQUARES, FORM_SUM, 0, PS_FIELD_SQUARES, NULL, 0},
    [PARSUM_SUMABS] = {"sumabs", PS_NEED_MAGNITUDES, FORM_SUM, 0, PS_FIELD_MAGNITUDES, NULL, 0},
    [PARSUM_MIN] = {"min", PS_NEED_EXTREMES, FORM_EXTREME, 1, PS_FIELD_MINIMUM, NULL, 0},
    [PARSUM_MAX] = {"max", PS_NEED_EXTREMES, FORM_EXTREME, 1, PS_FIELD_MAXIMUM, NULL, 0},
    [PARSUM_MEAN] = {"mean", PS_NEED_SUM, FORM_FRACTION, 1, PS_FIELD_SUM, fraction_mean, SPECIALS_OF_SUM},
    [PARSUM_VAR] = {"var", MOMENTS, FORM_FRACTION, VARIANCE(2, fraction_sample_variance)},
    [PARSUM_PVAR] = {"pvar", MOMENTS, FORM_FRACTION, VARIANCE(1, fraction_population_variance)},
    [PARSUM_SD] = {"sd", MOMENTS, FORM_ROOT, VARIANCE(2, fraction_sample_variance)},
    [PARSUM_PSD] = {"psd", MOMENTS, FORM_ROOT, VARIANCE(1, fraction_population_variance)},
    [PARSUM_NORM2] = {"norm2", PS_NEED_SQUARES, FORM_ROOT, 0, PS_FIELD_SQUARES, fraction_squares,
                      SPECIALS_OF_SUM},
    [PARSUM_DOT] = {"dot", PS_NEED_PRODUCTS, FORM_SUM, 0, PS_FIELD_SQUARES, NULL, 0},
};

const char *parsum_statistic_name(parsum_statistic statistic) {
    return (unsigned)statistic < PARSUM_STATISTIC_COUNT ? rows[statistic].name : NULL;
}

bool parsum_statistic_find(const char *name, parsum_statistic *statistic) {
    for (unsigned i = 0; i < PARSUM_STATISTIC_COUNT; i++) {
        if (strcmp(name, rows[i].name) == 0) {
            *statistic = (parsum_statistic)i;
            return true;
        }
    }
    return false;
}

unsigned ps_statistics_needs(uint32_t statistics) {
    unsigned needs = 0;
    for (unsigned i = 0; i < PARSUM_STATISTIC_COUNT; i++)
        needs |= statistics & PARSUM_MASK(i) ? rows[i].needs : 0;
    return needs;
}

static bool give_double(ps_rounded rounded, parsum_value *value) {
    char text[PS_DOUBLE_TEXT_SIZE];
    value->exact = rounded.exact;
    value->floating = true;
    value->number = rounded.value;
    ps_double_to_text(rounded.value, text);
    value->text = strdup(text);
    return value->text != NULL;
}

static bool has_specials(const statistic_row *row, const ps_partial *partial) {
    const ps_kind *kind = kind_of(partial);
    return kind->specials != NULL && kind->specials(partial, row->field) != 0;
}

static ps_rounded round_specials(const statistic_row *row, const ps_partial *partial) {
    if (row->specials == SPECIALS_ARE_NAN)
        return (ps_rounded){PS_DOUBLE_NAN, true};
    return kind_of(partial)->round(partial, row->field);
}

static bool finish_fraction(const statistic_row *row, const ps_partial *partial, parsum_value *value) {
    if (has_specials(row, partial))
        return give_double(round_specials(row, partial), value);
    mpz_t numerator, denominator;
    mpz_inits(numerator, denominator, NULL);
    row->fraction(partial, numerator, denominator);
    const ps_rounded rounded = row->form == FORM_ROOT ? ps_round_root(numerator, denominator)
                                                      : ps_round_fraction(numerator, denominator);
    mpz_clears(numerator, denominator, NULL);
    return give_double(rounded, value);
}

static bool finish_in_full(const statistic_row *row, const ps_partial *partial, parsum_value *value) {
    mpz_t numerator, denominator;
    mpz_inits(numerator, denominator, NULL);
    exact_value(partial, row->field, numerator, denominator);
    value->text = ps_fraction_to_text(numerator, denominator);
    mpz_clears(numerator, denominator, NULL);
    return value->text != NULL;
}

static bool finish_field(const statistic_row *row, const ps_partial *partial, bool exact_digits,
                         parsum_value *value) {
    const bool full = exact_digits && row->form == FORM_SUM && !has_specials(row, partial);
    if (kind_of(partial)->round == NULL || full)
        return finish_in_full(row, partial, value);
    return give_double(kind_of(partial)->round(partial, row->field), value);
}

static bool finish_count(const ps_partial *partial, parsum_value *value) {
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, partial->count);
    value->text = strdup(text);
    return value->text != NULL;
}

/* Whether the value of a row that has one would be a double. */
static bool is_floating(const statistic_row *row, const ps_partial *partial) {
    return row->form == FORM_FRACTION || row->form == FORM_ROOT ||
           (row->form == FORM_EXTREME && kind_of(partial)->round != NULL);
}

/* text stays NULL only where memory ran out or there is no value; returns false for the first. */
static bool finish_row(const statistic_row *row, const ps_partial *partial, bool exact_digits,
                       parsum_value *value) {
    value->exact = true;
    if (partial->count < row->least_count) {
        value->floating = is_floating(row, partial);
        return true;
    }
    switch (row->form) {
    case FORM_COUNT:
        return finish_count(partial, value);
    case FORM_SUM:
    case FORM_EXTREME:
        return finish_field(row, partial, exact_digits, value);
    case FORM_FRACTION:
    case FORM_ROOT:
        return finish_fraction(row, partial, value);
    }
    return false;
}

size_t ps_statistics_finish(uint32_t statistics, const ps_partial *partial, bool exact_digits,
                            parsum_value *values) {
    size_t used = 0;
    for (unsigned i = 0; i < PARSUM_STATISTIC_COUNT; i++) {
        if (!(statistics & PARSUM_MASK(i)))
            continue;
        values[used] = (parsum_value){.statistic = (parsum_statistic)i};
        if (!finish_row(&rows[i], partial, exact_digits, &values[used++])) {
            ps_values_destroy(values, used);
            return 0;
        }
    }
    return used;
}

void ps_values_destroy(parsum_value *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        free(values[i].text);
}
