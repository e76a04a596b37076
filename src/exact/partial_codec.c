/* partial_codec.c - the fields of each kind of partial as little-endian bytes, and the bounds that they are read with. A new
 * kind is a list of its fields and a row of the table at the end. */
#include "exact/partial_codec.h"

#include <math.h>

#include "exact/binary.h"
#include "exact/decimal.h"

/* One way to write a field. read returns whether the value lies in its bounds. */
typedef struct form {
    void (*write)(ps_bytes_out *out, const void *field);
    bool (*read)(ps_bytes_in *in, void *field);
} form;

typedef struct field_row {
    const char *name;
    unsigned needs; /* written where one of these is asked for */
    size_t offset;
    const form *form;
} field_row;

struct ps_partial_codec {
    size_t size_bytes;
    const field_row *fields;
    size_t field_count;
    /* The bounds that fields set each other, beyond those of each alone: the name of what is out of them, or NULL. */
    const char *(*check)(const ps_partial *partial);
};

static void put_limbs(ps_bytes_out *out, const uint64_t *limbs, size_t count) {
    for (size_t i = 0; i < count; i++)
        ps_bytes_put_integer(out, limbs[i], sizeof limbs[i]);
}

static void get_limbs(ps_bytes_in *in, uint64_t *limbs, size_t count) {
    for (size_t i = 0; i < count; i++)
        limbs[i] = ps_bytes_get_integer(in, sizeof limbs[i]);
}

/* Whether a two's complement number fits without its highest limb. */
static bool top_limb_is_sign(uint64_t top) {
    return top == 0 || top == UINT64_MAX;
}

static void write_wide(ps_bytes_out *out, const void *source) {
    put_limbs(out, ((const ps_wide *)source)->limb, 4);
}

/* Totals stay from -2^192 up to below 2^192 (wide.h), so the sum of fewer than 2^63 files fits 256 bits, whatever they
 * hold. */
static bool read_wide(ps_bytes_in *in, void *target) {
    ps_wide *const wide = target;
    get_limbs(in, wide->limb, 4);
    return top_limb_is_sign(wide->limb[3]);
}

static void write_int128(ps_bytes_out *out, const void *source) {
    const ps_uint128 bits = (ps_uint128) * (const ps_int128 *)source;
    const uint64_t limbs[2] = {(uint64_t)bits, (uint64_t)(bits >> 64)};
    put_limbs(out, limbs, 2);
}

/* An element: from -2^63 to 2^64-1. */
static bool read_int128(ps_bytes_in *in, void *target) {
    uint64_t limbs[2];
    get_limbs(in, limbs, 2);
    *(ps_int128 *)target = (ps_int128)((ps_uint128)limbs[1] << 64 | limbs[0]);
    return limbs[1] == 0 || (limbs[1] == UINT64_MAX && limbs[0] >> 63 == 1);
}

static void write_binary_sum(ps_bytes_out *out, const void *source) {
    const ps_binary_sum *const sum = source;
    put_limbs(out, sum->finite.limb, PS_BINARY_LIMBS);
    ps_bytes_put_integer(out, sum->specials, sizeof sum->specials);
}

/* Sums stay within 2^2112 = 2^(64 * 33) (binary.h), and there are 34 limbs from 2^0 up: the highest is a sign, and the sum
 * of fewer than 2^63 files fits, whatever they hold. */
static bool read_binary_sum(ps_bytes_in *in, void *target) {
    ps_binary_sum *const sum = target;
    get_limbs(in, sum->finite.limb, PS_BINARY_LIMBS);
    sum->specials = ps_bytes_get_integer(in, sizeof sum->specials);
    return top_limb_is_sign(sum->finite.limb[PS_BINARY_LIMBS - 1]) &&
           sum->specials <= (PS_TERM_NAN | PS_TERM_PLUS_INFINITY | PS_TERM_MINUS_INFINITY);
}

static void write_double(ps_bytes_out *out, const void *source) {
    uint64_t bits;
    memcpy(&bits, source, sizeof bits);
    ps_bytes_put_integer(out, bits, sizeof bits);
}

/* Any double but -0. */
static bool read_double(ps_bytes_in *in, void *target) {
    const uint64_t bits = ps_bytes_get_integer(in, sizeof bits);
    memcpy(target, &bits, sizeof bits);
    return bits != UINT64_C(1) << 63;
}

static const int64_t decimal_limb_end = INT64_C(1000000000000000000);

/* The limbs in use: the index of the first that is not zero, how many there are up to the last, and these. Limbs that are
 * signed are in two's complement. */
static void write_window(ps_bytes_out *out, const uint64_t *limbs, size_t count) {
    size_t first = 0, end = count;
    while (end > 0 && limbs[end - 1] == 0)
        end--;
    while (first < end && limbs[first] == 0)
        first++;
    if (first == end)
        first = end = 0;
    ps_bytes_put_integer(out, first, 2);
    ps_bytes_put_integer(out, end - first, 2);
    put_limbs(out, limbs + first, end - first);
}

/* The reverse, into limbs that are all zero. False for a window that leaves the limbs, or that is not as small as can be:
 * there is one way to write a number. */
static bool read_window(ps_bytes_in *in, uint64_t *limbs, size_t count) {
    const size_t first = (size_t)ps_bytes_get_integer(in, 2), used = (size_t)ps_bytes_get_integer(in, 2);
    if (first > count || used > count - first)
        return false;
    if (used == 0)
        return first == 0;
    get_limbs(in, limbs + first, used);
    return limbs[first] != 0 && limbs[first + used - 1] != 0;
}

static void write_decimal(ps_bytes_out *out, const void *source) {
    const ps_decimal *const decimal = source;
    uint64_t limbs[PS_DECIMAL_LIMBS];
    for (size_t i = 0; i < PS_DECIMAL_LIMBS; i++)
        limbs[i] = (uint64_t)decimal->limb[i];
    write_window(out, limbs, PS_DECIMAL_LIMBS);
}

static bool read_decimal(ps_bytes_in *in, void *target) {
    ps_decimal *const decimal = target;
    uint64_t limbs[PS_DECIMAL_LIMBS] = {0};
    bool within = read_window(in, limbs, PS_DECIMAL_LIMBS);
    for (size_t i = 0; i < PS_DECIMAL_LIMBS; i++) {
        decimal->limb[i] = (int64_t)limbs[i];
        within = within && decimal->limb[i] > -decimal_limb_end && decimal->limb[i] < decimal_limb_end;
    }
    return within;
}

static void write_number(ps_bytes_out *out, const void *source) {
    const ps_number *const number = source;
    ps_bytes_put_integer(out, number->negative, 1);
    write_window(out, number->limb, PS_NUMBER_LIMBS);
}

static bool read_number(ps_bytes_in *in, void *target) {
    ps_number *const number = target;
    const uint64_t sign = ps_bytes_get_integer(in, 1);
    bool within = read_window(in, number->limb, PS_NUMBER_LIMBS) && sign <= 1, zero = true;
    for (size_t i = 0; i < PS_NUMBER_LIMBS; i++) {
        within = within && number->limb[i] < (uint64_t)decimal_limb_end;
        zero = zero && number->limb[i] == 0;
    }
    number->negative = sign == 1;
    return within && !(zero && number->negative);
}

static const form form_wide = {write_wide, read_wide}, form_int128 = {write_int128, read_int128},
                  form_binary_sum = {write_binary_sum, read_binary_sum},
                  form_double = {write_double, read_double}, form_decimal = {write_decimal, read_decimal},
                  form_number = {write_number, read_number};

/* The fields that all kinds have, by their names and in the order of files. */
#define FIELDS(partial, sum_form, extreme_form)                                                            \
    {                                                                                                      \
        {"sum", PS_NEED_SUM, offsetof(partial, sum), &sum_form},                                           \
            {"sum of squares", PS_NEED_SQUARES | PS_NEED_PRODUCTS, offsetof(partial, squares), &sum_form}, \
            {"sum of magnitudes", PS_NEED_MAGNITUDES, offsetof(partial, magnitudes), &sum_form},           \
            {"minimum", PS_NEED_EXTREMES, offsetof(partial, minimum), &extreme_form},                      \
            {"maximum", PS_NEED_EXTREMES, offsetof(partial, maximum), &extreme_form},                      \
    }
enum { FIELD_COUNT = 5 };

static const field_row integer_fields[FIELD_COUNT] = FIELDS(ps_integer_partial, form_wide, form_int128);
static const field_row decimal_fields[FIELD_COUNT] = FIELDS(ps_decimal_partial, form_decimal, form_number);
static const field_row float_fields[FIELD_COUNT] = FIELDS(ps_float_partial, form_binary_sum, form_double);

static const char *check_integer(const ps_partial *partial) {
    const ps_integer_partial *const integer = (const ps_integer_partial *)partial;
    return integer->minimum <= integer->maximum ? NULL : "minimum";
}

/* Squares lie below 10^2048 and limb L, the highest, counts 10^2052, so a sum of count of them has a limb L of at most
 * count / 10^4 + 1, the 1 for lower limbs of the other sign. Then the merge of files with fewer than 2^64 elements leaves
 * it below 2^64 / 10^4 + twice their number (the 1, and a carry), far from 10^18, whatever they hold. */
static bool top_is_bounded(const ps_decimal *sum, uint64_t count) {
    const int64_t top = sum->limb[PS_DECIMAL_LIMBS - 1];
    const int64_t most = (int64_t)(count / 10000) + 1;
    return top >= -most && top <= most;
}

static bool number_is_below(const ps_number *left, const ps_number *right) {
    if (left->negative != right->negative)
        return left->negative;
    for (size_t i = PS_NUMBER_LIMBS; i-- > 0;) {
        if (left->limb[i] != right->limb[i])
            return (left->limb[i] < right->limb[i]) != left->negative;
    }
    return false;
}

static const char *check_decimal(const ps_partial *partial) {
    const ps_decimal_partial *const decimal = (const ps_decimal_partial *)partial;
    if (!top_is_bounded(&decimal->sum, partial->count))
        return "sum";
    if (!top_is_bounded(&decimal->squares, partial->count))
        return "sum of squares";
    if (!top_is_bounded(&decimal->magnitudes, partial->count))
        return "sum of magnitudes";
    return number_is_below(&decimal->maximum, &decimal->minimum) ? "minimum" : NULL;
}

/* With a NaN among the numbers both extremes are one. */
static const char *check_float(const ps_partial *partial) {
    const ps_float_partial *const floats = (const ps_float_partial *)partial;
    if (isnan(floats->minimum) && isnan(floats->maximum))
        return NULL;
    return floats->minimum <= floats->maximum ? NULL : "minimum";
}

/* In the order of the kinds in partial.h: integers, decimals, floats. */
static const ps_partial_codec codecs[] = {
    {sizeof(ps_integer_partial), integer_fields, FIELD_COUNT, check_integer},
    {sizeof(ps_decimal_partial), decimal_fields, FIELD_COUNT, check_decimal},
    {sizeof(ps_float_partial), float_fields, FIELD_COUNT, check_float},
};

const ps_partial_codec *ps_partial_codec_find(uint32_t kind) {
    return kind < sizeof codecs / sizeof codecs[0] ? &codecs[kind] : NULL;
}

size_t ps_partial_codec_size_bytes(const ps_partial_codec *codec) {
    return codec->size_bytes;
}

static bool is_written(const field_row *field, const ps_partial *partial, unsigned needs) {
    return (field->needs & needs) != 0 && (field->needs != PS_NEED_EXTREMES || partial->count > 0);
}

void ps_partial_codec_write(const ps_partial_codec *codec, const ps_partial *partial, unsigned needs,
                            ps_bytes_out *out) {
    for (size_t i = 0; i < codec->field_count; i++) {
        const field_row *const field = &codec->fields[i];
        if (is_written(field, partial, needs))
            field->form->write(out, (const char *)partial + field->offset);
    }
}

const char *ps_partial_codec_read(const ps_partial_codec *codec, ps_partial *partial, unsigned needs,
                                  ps_bytes_in *in) {
    for (size_t i = 0; i < codec->field_count; i++) {
        const field_row *const field = &codec->fields[i];
        if (is_written(field, partial, needs) &&
            (!field->form->read(in, (char *)partial + field->offset) || in->short_of))
            return field->name;
    }
    return codec->check(partial);
}
