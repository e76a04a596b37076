/* statistics.c - the table of statistics and their finish. A new statistic is one row, and a function where its form is
 * new. Nothing here is computed in floating point: n*sum(x^2) - sum(x)^2 is an exact integer. */
#include "exact/statistics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exact/rounding.h"

/* How a statistic comes out of an integer partial. */
typedef enum form {
    FORM_COUNT,
    FORM_WIDE,     /* a sum, printed in full */
    FORM_EXTREME,  /* an element, printed in full */
    FORM_FRACTION, /* the nearest double of numerator/denominator */
    FORM_ROOT      /* the nearest double of its square root */
} form;

/* Sets the exact fraction of a statistic; count >= the row's least_count, denominator > 0. */
typedef void fraction_function(const ps_integer_partial *partial, mpz_t numerator, mpz_t denominator);

typedef struct statistic_row {
    const char *name;
    unsigned needs;
    form form;
    uint64_t least_count; /* with fewer elements there is no value */
    size_t offset;        /* FORM_WIDE, FORM_EXTREME: of the field in the partial */
    fraction_function *fraction;
} statistic_row;

static void set_wide(mpz_t target, const ps_wide *value) {
    const bool negative = ps_wide_is_negative(value);
    const ps_wide magnitude = negative ? ps_wide_negated(value) : *value;
    mpz_import(target, 4, -1, sizeof(uint64_t), 0, 0, magnitude.limb);
    if (negative)
        mpz_neg(target, target);
}

static void set_count(mpz_t target, uint64_t count) {
    mpz_import(target, 1, -1, sizeof count, 0, 0, &count);
}

static void fraction_mean(const ps_integer_partial *partial, mpz_t numerator, mpz_t denominator) {
    set_wide(numerator, &partial->sum);
    set_count(denominator, partial->head.count);
}

/* n * sum(x^2) - sum(x)^2 over n * (n - less). */
static void fraction_variance(const ps_integer_partial *partial, uint64_t less, mpz_t numerator,
                              mpz_t denominator) {
    mpz_t sum, count;
    mpz_inits(sum, count, NULL);
    set_count(count, partial->head.count);
    set_wide(sum, &partial->sum);
    set_wide(numerator, &partial->squares);
    mpz_mul(numerator, numerator, count);
    mpz_submul(numerator, sum, sum);
    set_count(denominator, partial->head.count - less);
    mpz_mul(denominator, denominator, count);
    mpz_clears(sum, count, NULL);
}

static void fraction_sample_variance(const ps_integer_partial *partial, mpz_t numerator, mpz_t denominator) {
    fraction_variance(partial, 1, numerator, denominator);
}

static void fraction_population_variance(const ps_integer_partial *partial, mpz_t numerator,
                                         mpz_t denominator) {
    fraction_variance(partial, 0, numerator, denominator);
}

static void fraction_squares(const ps_integer_partial *partial, mpz_t numerator, mpz_t denominator) {
    set_wide(numerator, &partial->squares);
    mpz_set_ui(denominator, 1);
}

#define FIELD(name) offsetof(ps_integer_partial, name)
#define MOMENTS (PS_NEED_SUM | PS_NEED_SQUARES)

static const statistic_row rows[PARSUM_STATISTIC_COUNT] = {
    [PARSUM_COUNT] = {"count", 0, FORM_COUNT, 0, 0, NULL},
    [PARSUM_SUM] = {"sum", PS_NEED_SUM, FORM_WIDE, 0, FIELD(sum), NULL},
    [PARSUM_SUMSQ] = {"sumsq", PS_NEED_SQUARES, FORM_WIDE, 0, FIELD(squares), NULL},
    [PARSUM_SUMABS] = {"sumabs", PS_NEED_MAGNITUDES, FORM_WIDE, 0, FIELD(magnitudes), NULL},
    [PARSUM_MIN] = {"min", PS_NEED_EXTREMES, FORM_EXTREME, 1, FIELD(minimum), NULL},
    [PARSUM_MAX] = {"max", PS_NEED_EXTREMES, FORM_EXTREME, 1, FIELD(maximum), NULL},
    [PARSUM_MEAN] = {"mean", PS_NEED_SUM, FORM_FRACTION, 1, 0, fraction_mean},
    [PARSUM_VAR] = {"var", MOMENTS, FORM_FRACTION, 2, 0, fraction_sample_variance},
    [PARSUM_PVAR] = {"pvar", MOMENTS, FORM_FRACTION, 1, 0, fraction_population_variance},
    [PARSUM_SD] = {"sd", MOMENTS, FORM_ROOT, 2, 0, fraction_sample_variance},
    [PARSUM_PSD] = {"psd", MOMENTS, FORM_ROOT, 1, 0, fraction_population_variance},
    [PARSUM_NORM2] = {"norm2", PS_NEED_SQUARES, FORM_ROOT, 0, 0, fraction_squares},
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

static ps_rounded finish_fraction(const statistic_row *row, const ps_integer_partial *partial) {
    mpz_t numerator, denominator;
    mpz_inits(numerator, denominator, NULL);
    row->fraction(partial, numerator, denominator);
    const ps_rounded rounded = row->form == FORM_ROOT ? ps_round_root(numerator, denominator)
                                                      : ps_round_fraction(numerator, denominator);
    mpz_clears(numerator, denominator, NULL);
    return rounded;
}

/* text stays NULL only where memory ran out or there is no value; returns false for the first. */
static bool finish_row(const statistic_row *row, const ps_integer_partial *partial, parsum_value *value) {
    char text[PS_WIDE_TEXT_SIZE];
    const char *field = (const char *)partial + row->offset;
    value->exact = true;
    if (partial->head.count < row->least_count) {
        value->floating = row->form == FORM_FRACTION || row->form == FORM_ROOT;
        return true;
    }
    switch (row->form) {
    case FORM_COUNT:
        snprintf(text, sizeof text, "%" PRIu64, partial->head.count);
        break;
    case FORM_WIDE:
        ps_wide_to_text((const ps_wide *)field, text);
        break;
    case FORM_EXTREME: {
        const ps_wide element = ps_wide_from_int128(*(const ps_int128 *)field);
        ps_wide_to_text(&element, text);
        break;
    }
    case FORM_FRACTION:
    case FORM_ROOT: {
        const ps_rounded rounded = finish_fraction(row, partial);
        value->exact = rounded.exact;
        value->floating = true;
        value->number = rounded.value;
        ps_double_to_text(rounded.value, text);
        break;
    }
    }
    value->text = strdup(text);
    return value->text != NULL;
}

size_t ps_statistics_finish(uint32_t statistics, const ps_partial *partial, parsum_value *values) {
    size_t used = 0;
    for (unsigned i = 0; i < PARSUM_STATISTIC_COUNT; i++) {
        if (!(statistics & PARSUM_MASK(i)))
            continue;
        values[used] = (parsum_value){.statistic = (parsum_statistic)i};
        if (!finish_row(&rows[i], (const ps_integer_partial *)partial, &values[used++])) {
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
