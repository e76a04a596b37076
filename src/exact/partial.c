/* partial.c - the kinds of partials: how each is cleared and merged. The only place where partials meet. */
#include "exact/partial.h"

#include <string.h>

#include "exact/binary.h"
#include "exact/decimal.h"

void ps_partial_set_fault(ps_partial *partial, const ps_fault *fault) {
    const ps_fault *kept = &partial->fault;
    if (kept->code == PS_FAULT_NONE || fault->input < kept->input ||
        (fault->input == kept->input && fault->offset < kept->offset))
        partial->fault = *fault;
}

void ps_partial_merge_heads(ps_partial *into, const ps_partial *from) {
    into->count += from->count;
    into->missing += from->missing;
    into->skipped_nan += from->skipped_nan;
    if (from->fault.code != PS_FAULT_NONE)
        ps_partial_set_fault(into, &from->fault);
}

static void integer_clear(ps_partial *partial) {
    ps_integer_partial *integer = (ps_integer_partial *)partial;
    memset(integer, 0, sizeof *integer);
    integer->head.kind = PS_KIND_INTEGER;
    integer->head.version = PS_PARTIAL_VERSION;
}

static void integer_merge(ps_partial *into, const ps_partial *from) {
    ps_integer_partial *total = (ps_integer_partial *)into;
    const ps_integer_partial *part = (const ps_integer_partial *)from;
    if (part->head.count > 0) {
        if (total->head.count == 0 || part->minimum < total->minimum)
            total->minimum = part->minimum;
        if (total->head.count == 0 || part->maximum > total->maximum)
            total->maximum = part->maximum;
    }
    ps_partial_merge_heads(into, from);
    ps_wide_add(&total->sum, &part->sum);
    ps_wide_add(&total->squares, &part->squares);
    ps_wide_add(&total->magnitudes, &part->magnitudes);
}

static void integer_merge_integers(ps_partial *into, const ps_integer_partial *from) {
    integer_merge(into, &from->head);
}

static void set_wide(mpz_t target, const ps_wide *value) {
    const bool negative = ps_wide_is_negative(value);
    const ps_wide magnitude = negative ? ps_wide_negated(value) : *value;
    mpz_import(target, 4, -1, sizeof(uint64_t), 0, 0, magnitude.limb);
    if (negative)
        mpz_neg(target, target);
}

static void integer_exact_value(const ps_partial *partial, ps_field field, mpz_t numerator,
                                mpz_t denominator) {
    const ps_integer_partial *integer = (const ps_integer_partial *)partial;
    const ps_wide minimum = ps_wide_from_int128(integer->minimum);
    const ps_wide maximum = ps_wide_from_int128(integer->maximum);
    const ps_wide *const fields[PS_FIELD_COUNT] = {
        [PS_FIELD_SUM] = &integer->sum,
        [PS_FIELD_SQUARES] = &integer->squares,
        [PS_FIELD_MAGNITUDES] = &integer->magnitudes,
        [PS_FIELD_MINIMUM] = &minimum,
        [PS_FIELD_MAXIMUM] = &maximum,
    };
    set_wide(numerator, fields[field]);
    mpz_set_ui(denominator, 1);
}

const ps_kind ps_kinds[PS_KIND_COUNT] = {
    [PS_KIND_INTEGER] = {"integer", sizeof(ps_integer_partial), integer_clear, integer_merge,
                         integer_merge_integers, integer_exact_value, NULL, NULL},
    [PS_KIND_DECIMAL] = {"decimal", sizeof(ps_decimal_partial), ps_decimal_clear, ps_decimal_merge,
                         ps_decimal_merge_integers, ps_decimal_exact_value, NULL, NULL},
    [PS_KIND_FLOAT] = {"float", sizeof(ps_float_partial), ps_float_clear, ps_float_merge, NULL,
                       ps_float_exact_value, ps_float_specials, ps_float_round},
};
