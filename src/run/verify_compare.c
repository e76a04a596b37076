/* verify_compare.c - the comparison of two partials, by the exact values they hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "exact/rounding.h"
#include "run/verify.h"

/* What is compared, under the names that users know. */
static const struct {
    const char *name;
    unsigned need;
    ps_field field;
} compared[] = {
    {"sum", PS_NEED_SUM, PS_FIELD_SUM},
    {"sumsq", PS_NEED_SQUARES, PS_FIELD_SQUARES},
    {"sumabs", PS_NEED_MAGNITUDES, PS_FIELD_MAGNITUDES},
    {"min", PS_NEED_EXTREMES, PS_FIELD_MINIMUM},
    {"max", PS_NEED_EXTREMES, PS_FIELD_MAXIMUM},
    {"dot", PS_NEED_PRODUCTS, PS_FIELD_SQUARES},
};

/* An exact value of a partial: numerator/denominator. */
typedef struct fraction {
    mpz_t numerator, denominator;
} fraction;

static void fraction_of(const ps_partial *partial, ps_field field, fraction *value) {
    mpz_inits(value->numerator, value->denominator, NULL);
    ps_kinds[partial->kind].exact_value(partial, field, value->numerator, value->denominator);
}

static void fraction_clear(fraction *value) {
    mpz_clears(value->numerator, value->denominator, NULL);
}

static bool equal(const fraction *left, const fraction *right) {
    mpz_t a, b;
    mpz_inits(a, b, NULL);
    mpz_mul(a, left->numerator, right->denominator);
    mpz_mul(b, right->numerator, left->denominator);
    const bool same = mpz_cmp(a, b) == 0;
    mpz_clears(a, b, NULL);
    return same;
}

/* One line per value that differs. */
static size_t append_difference(char *text, size_t size, const char *name, const char *answer,
                                const char *expected, const char *method) {
    const int used = snprintf(text, size, "\n  %s: the engine has %s, the %s has %s", name,
                              answer ? answer : "?", method, expected ? expected : "?");
    return (size_t)used < size ? (size_t)used : size - 1;
}

/* The terms of field that are no finite numbers. */
static unsigned specials_of(const ps_partial *partial, ps_field field) {
    const ps_kind *kind = &ps_kinds[partial->kind];
    return kind->specials != NULL ? kind->specials(partial, field) : 0;
}

/* The nearest double: all digits of a sum of floats are up to two thousand. */
static char *rounded_text(const ps_partial *partial, ps_field field) {
    char text[PS_DOUBLE_TEXT_SIZE];
    ps_double_to_text(ps_kinds[partial->kind].round(partial, field).value, text);
    return strdup(text);
}

static size_t append_field(char *text, size_t size, const char *name, ps_field field,
                           const ps_partial *answer, const ps_partial *expected, const char *method) {
    fraction left, right;
    size_t used = 0;
    const unsigned left_specials = specials_of(answer, field), right_specials = specials_of(expected, field);
    const bool special = left_specials != 0 || right_specials != 0;
    const bool rounded = ps_kinds[answer->kind].round != NULL;
    fraction_of(answer, field, &left);
    fraction_of(expected, field, &right);
    if (left_specials != right_specials || (!special && !equal(&left, &right))) {
        char *left_text =
            rounded ? rounded_text(answer, field) : ps_fraction_to_text(left.numerator, left.denominator);
        char *right_text =
            rounded ? rounded_text(expected, field) : ps_fraction_to_text(right.numerator, right.denominator);
        used = append_difference(text, size, name, left_text, right_text, method);
        free(left_text);
        free(right_text);
    }
    fraction_clear(&left);
    fraction_clear(&right);
    return used;
}

static size_t append_count(char *text, size_t size, const char *name, uint64_t answer, uint64_t expected,
                           const char *method) {
    char left[32], right[32];
    if (answer == expected)
        return 0;
    snprintf(left, sizeof left, "%llu", (unsigned long long)answer);
    snprintf(right, sizeof right, "%llu", (unsigned long long)expected);
    return append_difference(text, size, name, left, right, method);
}

parsum_status ps_verify_compare(const ps_partial *answer, const ps_partial *expected, unsigned needs,
                                const char *method, parsum_error *error) {
    char text[7000] = "";
    size_t used = append_count(text, sizeof text, "count", answer->count, expected->count, method);
    used +=
        append_count(text + used, sizeof text - used, "missing", answer->missing, expected->missing, method);
    used += append_count(text + used, sizeof text - used, "NaNs skipped", answer->skipped_nan,
                         expected->skipped_nan, method);
    for (size_t i = 0; i < sizeof compared / sizeof compared[0]; i++) {
        const bool extreme = compared[i].need == PS_NEED_EXTREMES;
        if (needs & compared[i].need && !(extreme && (answer->count == 0 || expected->count == 0)))
            used += append_field(text + used, sizeof text - used, compared[i].name, compared[i].field, answer,
                                 expected, method);
    }
    if (used == 0)
        return PARSUM_OK;
    return ps_fail(
        error, PARSUM_MISMATCH,
        "the answer does not agree with the %s, so there is none; try another --engine or --device:%s",
        method, text);
}
