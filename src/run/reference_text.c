/* reference_text.c - text read once more, one byte after another, into GMP integers. Slow and simple on purpose; shares
 * nothing with the folds but the format that was found. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fold/text.h"
#include "run/reference_list.h"

/* Beyond this an exponent says no more: only zeros have such ones, where the folds took them. */
enum { SCALE = 1024, EXPONENT_MOST = 100000000 };

/* Splits a field into a decimal integer and a power of ten; false where it is no number. digits has room for size bytes and
 * a terminator. */
static bool split_number(const char *field, size_t size, char *digits, long *exponent, bool *negative) {
    size_t at = 0, used = 0;
    bool point = false;
    *exponent = 0;
    *negative = at < size && field[at] == '-';
    at += at < size && (field[at] == '-' || field[at] == '+');
    for (; at < size && ((field[at] >= '0' && field[at] <= '9') || (field[at] == '.' && !point)); at++) {
        if (field[at] == '.') {
            point = true;
            continue;
        }
        digits[used++] = field[at];
        *exponent -= point;
    }
    digits[used] = '\0';
    if (used == 0)
        return false;
    if (at == size)
        return true;
    if (field[at] != 'e' && field[at] != 'E')
        return false;
    long written = 0;
    const bool below = ++at < size && field[at] == '-';
    at += at < size && (field[at] == '-' || field[at] == '+');
    const size_t first = at;
    for (; at < size && field[at] >= '0' && field[at] <= '9'; at++)
        written = written < EXPONENT_MOST ? 10 * written + (field[at] - '0') : written;
    *exponent += below ? -written : written;
    return at == size && at > first;
}

/* Room for size bytes of a field; NULL: what is there will not be all of the text. */
static char *make_room(ps_reference_text *reference, size_t size) {
    char *const room = malloc(size);
    reference->incomplete = reference->incomplete || room == NULL;
    return room;
}

/* value = field * 10^SCALE; false where field is no number. */
static bool read_number(ps_reference_text *reference, const char *field, size_t size, mpz_t value) {
    char *digits = make_room(reference, size + 1);
    long exponent;
    bool negative;
    bool read = digits != NULL && split_number(field, size, digits, &exponent, &negative);
    if (read) {
        mpz_t power;
        mpz_init(power);
        mpz_set_str(value, digits, 10);
        if (mpz_sgn(value) != 0) {
            const long shift = exponent + SCALE;
            mpz_ui_pow_ui(power, 10, (unsigned long)labs(shift));
            if (shift >= 0)
                mpz_mul(value, value, power);
            else
                mpz_tdiv_q(value, value, power); /* trailing zeros alone: the rest would be out of range */
        }
        if (negative)
            mpz_neg(value, value);
        mpz_clear(power);
    }
    free(digits);
    return read;
}

/* Adds value / 10^SCALE; value is changed. */
static void add_value(ps_reference_text *reference, mpz_t value, unsigned needs) {
    mpz_add(reference->sum, reference->sum, value);
    if (needs & PS_NEED_SQUARES)
        mpz_addmul(reference->squares, value, value);
    if (reference->count == 0 || mpz_cmp(value, reference->minimum) < 0)
        mpz_set(reference->minimum, value);
    if (reference->count == 0 || mpz_cmp(value, reference->maximum) > 0)
        mpz_set(reference->maximum, value);
    mpz_abs(value, value);
    mpz_add(reference->magnitudes, reference->magnitudes, value);
    reference->count++;
}

/* The nearest double of a field, by strtod of its digits and exponent; false where it is no number. */
static bool read_double(ps_reference_text *reference, const char *field, size_t size, double *value) {
    char *digits = make_room(reference, size + 32);
    long exponent;
    bool negative;
    bool read = digits != NULL && split_number(field, size, digits, &exponent, &negative);
    if (read) {
        const size_t used = strlen(digits);
        snprintf(digits + used, 32, "e%ld", exponent);
        *value = strtod(digits, NULL) * (negative ? -1 : 1);
    } else if (digits != NULL) {
        memcpy(digits, field, size);
        digits[size] = '\0';
        char *end;
        *value = strtod(digits, &end);
        read = end == digits + size && !isfinite(*value);
    }
    free(digits);
    return read;
}

static void add_field(ps_reference_list *list, bool doubles, const char *field, size_t size, bool in_list,
                      unsigned needs) {
    ps_reference_text *reference = &list->text;
    while (size > 0 && strchr(" \t\r", field[0]) != NULL && field[0] != '\0') {
        field++;
        size--;
    }
    while (size > 0 && strchr(" \t\r", field[size - 1]) != NULL && field[size - 1] != '\0')
        size--;
    if (size == 0 || (size == 2 && memcmp(field, "NA", 2) == 0)) {
        reference->missing += !in_list || size > 0;
        return;
    }
    if (doubles) {
        double number;
        if (read_double(reference, field, size, &number))
            ps_reference_floats_add_number(&list->floats, number, needs);
        return;
    }
    mpz_t value;
    mpz_init(value);
    if (read_number(reference, field, size, value))
        add_value(reference, value, needs);
    mpz_clear(value);
}

void ps_reference_text_add_scaled(ps_reference_text *reference, int64_t number, int exponent,
                                  unsigned needs) {
    mpz_t value, power;
    mpz_init_set_si(value, number);
    mpz_init(power);
    mpz_ui_pow_ui(power, 10, (unsigned long)(SCALE + exponent));
    mpz_mul(value, value, power);
    add_value(reference, value, needs);
    mpz_clears(value, power, NULL);
}

static bool is_white(char byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static void add_tokens(ps_reference_list *reference, const ps_text_format *format, const char *data,
                       size_t size, unsigned needs) {
    for (size_t at = 0; at < size;) {
        size_t end = at;
        while (end < size && !is_white(data[end]))
            end++;
        if (end > at)
            add_field(reference, format->doubles, data + at, end - at, true, needs);
        at = end + 1;
    }
}

/* The wanted one of the tokens of a line. */
static void add_column(ps_reference_list *reference, const ps_text_format *format, const char *line,
                       size_t size, unsigned needs) {
    uint64_t column = 0;
    if (size > 0 && line[size - 1] == '\r')
        size--;
    for (size_t at = 0; at < size;) {
        size_t end = at;
        while (end < size && line[end] != ' ' && line[end] != '\t')
            end++;
        if (end > at && column++ == format->column)
            add_field(reference, format->doubles, line + at, end - at, false, needs);
        at = end + 1;
    }
}

/* Goes through a delimited text with two states, in a quoted field and not, and gathers the bytes of the wanted field. */
static void add_delimited(ps_reference_list *reference, const ps_text_format *format, const char *data,
                          size_t size, unsigned needs) {
    char *field = make_room(&reference->text, size + 1);
    size_t used = 0, record_bytes = 0;
    uint64_t column = 0;
    bool quoted = false, at_start = true;
    for (size_t at = 0; field != NULL && at <= size; at++) {
        const char byte = at < size ? data[at] : '\n';
        const bool wanted = column == format->column;
        if (quoted) {
            if (byte == '"' && at + 1 < size && data[at + 1] == '"')
                at++;
            else if (byte == '"') {
                quoted = false;
                continue;
            }
            if (wanted && at < size)
                field[used++] = byte;
            continue;
        }
        if (byte == '\n' || byte == format->delimiter) {
            const bool blank = byte == '\n' && column == 0 && record_bytes == 0;
            if (wanted && !blank)
                add_field(reference, format->doubles, field, used, false, needs);
            used = 0;
            at_start = true;
            column = byte == '\n' ? 0 : column + 1;
            record_bytes = byte == '\n' ? 0 : record_bytes + 1;
            continue;
        }
        record_bytes += byte != '\r';
        if (byte == '"' && at_start) {
            quoted = true;
            at_start = false;
            continue;
        }
        at_start = at_start && (byte == ' ' || byte == '\t');
        if (wanted)
            field[used++] = byte;
    }
    free(field);
}

void ps_reference_text_add(ps_reference_list *reference, const ps_block *block, unsigned needs) {
    const ps_text_format *format = block->text.format;
    const char *data = block->text.data;
    const size_t size = (size_t)block->count;
    if (format->layout == PS_TEXT_LIST) {
        add_tokens(reference, format, data, size, needs);
    } else if (format->layout == PS_TEXT_DELIMITED) {
        add_delimited(reference, format, data, size, needs);
    } else {
        for (size_t at = 0; at < size;) {
            const char *end = memchr(data + at, '\n', size - at);
            const size_t length = end != NULL ? (size_t)(end - data) - at : size - at;
            add_column(reference, format, data + at, length, needs);
            at += length + 1;
        }
    }
}

/* Limbs of 10^18 of a non-negative integer, least significant first. */
static void to_limbs(const mpz_t value, uint64_t *limbs, size_t count) {
    mpz_t rest, base;
    mpz_init_set(rest, value);
    mpz_init_set_ui(base, 1000000000000000000u);
    for (size_t i = 0; i < count; i++) {
        mpz_t limb;
        mpz_init(limb);
        mpz_tdiv_qr(rest, limb, rest, base);
        limbs[i] = mpz_get_ui(limb);
        mpz_clear(limb);
    }
    mpz_clears(rest, base, NULL);
}

/* target = value / 10^scale. */
static void to_decimal(const mpz_t value, unsigned scale, ps_decimal *target) {
    uint64_t limbs[PS_DECIMAL_LIMBS];
    mpz_t scaled;
    mpz_init(scaled);
    mpz_ui_pow_ui(scaled, 10, PS_DECIMAL_PLACES - scale);
    mpz_mul(scaled, scaled, value);
    const int sign = mpz_sgn(scaled);
    mpz_abs(scaled, scaled);
    to_limbs(scaled, limbs, PS_DECIMAL_LIMBS);
    for (size_t i = 0; i < PS_DECIMAL_LIMBS; i++)
        target->limb[i] = sign < 0 ? -(int64_t)limbs[i] : (int64_t)limbs[i];
    mpz_clear(scaled);
}

static void to_number(const mpz_t value, ps_number *target) {
    mpz_t scaled;
    mpz_init(scaled);
    mpz_ui_pow_ui(scaled, 10, PS_NUMBER_PLACES - SCALE);
    mpz_mul(scaled, scaled, value);
    target->negative = mpz_sgn(scaled) < 0;
    mpz_abs(scaled, scaled);
    to_limbs(scaled, target->limb, PS_NUMBER_LIMBS);
    mpz_clear(scaled);
}

void ps_reference_text_deposit(const ps_reference_text *reference, unsigned needs, ps_partial *partial) {
    ps_decimal_partial own;
    ps_decimal_clear(&own.head);
    own.head.count = reference->count;
    own.head.missing = reference->missing;
    if (needs & PS_NEED_SUM)
        to_decimal(reference->sum, SCALE, &own.sum);
    if (needs & PS_NEED_MAGNITUDES)
        to_decimal(reference->magnitudes, SCALE, &own.magnitudes);
    if (needs & PS_NEED_SQUARES)
        to_decimal(reference->squares, 2 * SCALE, &own.squares);
    to_number(reference->minimum, &own.minimum);
    to_number(reference->maximum, &own.maximum);
    ps_kinds[PS_KIND_DECIMAL].merge(partial, &own.head);
}
