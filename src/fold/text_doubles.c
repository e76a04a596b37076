/* text_doubles.c - text whose numbers are rounded to doubles: the nearest double of each, folded as an array is. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fold/text_reader.h"

/* The most significant digits that the midpoint of two neighbouring doubles has are 767: what follows them decides as one
 * further digit that is not zero does. */
enum { DIGITS_MAX = 800, EXPONENT_LIMIT = 100000 };

/* The nearest double by strtod of "digits e exponent", where no locale has a say. */
static double round_digits(const char *digits, size_t count, int64_t exponent, bool negative) {
    char text[DIGITS_MAX + 32];
    if (exponent > EXPONENT_LIMIT)
        exponent = EXPONENT_LIMIT;
    if (exponent < -EXPONENT_LIMIT)
        exponent = -EXPONENT_LIMIT;
    snprintf(text, sizeof text, "%s%.*se%lld", negative ? "-" : "", (int)count, digits, (long long)exponent);
    return strtod(text, NULL);
}

/* Appends digits, but for leading zeros of the whole; those that do not fit leave their number and whether any was not zero. */
static void append(char *digits, size_t *used, const char *from, uint64_t count, uint64_t *dropped,
                   bool *sticky) {
    for (uint64_t i = 0; i < count; i++) {
        if (*used == 0 && from[i] == '0')
            continue;
        if (*used < DIGITS_MAX) {
            digits[(*used)++] = from[i];
            continue;
        }
        ++*dropped;
        *sticky = *sticky || from[i] != '0';
    }
}

double ps_numeral_to_double(const ps_numeral *numeral) {
    char digits[DIGITS_MAX + 1];
    size_t used = 0;
    uint64_t dropped = 0;
    bool sticky = false;
    append(digits, &used, numeral->whole, numeral->whole_count, &dropped, &sticky);
    append(digits, &used, numeral->fraction, numeral->fraction_count, &dropped, &sticky);
    if (used == 0)
        return numeral->negative ? -0.0 : 0.0;
    int64_t exponent = numeral->exponent - (int64_t)numeral->fraction_count + (int64_t)dropped;
    if (sticky) {
        digits[used++] = '1';
        exponent--;
    }
    return round_digits(digits, used, exponent, numeral->negative);
}

/* Whatever the reader holds goes to the partial. */
static void flush(ps_text_reader *reader) {
    const ps_block held = {.kind = PS_BLOCK_ARRAY,
                           .count = reader->double_count,
                           .array = {.data = {(const unsigned char *)reader->doubles},
                                     .stride_bytes = {(int64_t)sizeof reader->doubles[0]},
                                     .type = PARSUM_F64}};
    if (reader->double_count > 0)
        ps_float_fold(reader->path, &held, reader->needs & ~(unsigned)PS_SKIP_NAN,
                      reader->needs & PS_SKIP_NAN, (ps_float_partial *)reader->head);
    reader->double_count = 0;
}

bool ps_text_push_double(ps_text_reader *reader, double value) {
    if (reader->double_count == reader->double_capacity)
        flush(reader);
    reader->doubles[reader->double_count++] = value;
    return true;
}

bool ps_text_take_double(ps_text_reader *reader, const ps_short_number *number) {
    /* Powers of ten that are doubles: a product or quotient of two exact doubles is rounded once (Clinger, "How to read
     * floating point numbers accurately", 1990). */
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const int exponent = number->exponent;
    if (number->mantissa > UINT64_C(1) << 53 || exponent < -22 || exponent > 22)
        return false;
    const double magnitude = exponent < 0 ? (double)number->mantissa / powers[-exponent]
                                          : (double)number->mantissa * powers[exponent];
    return ps_text_push_double(reader, number->negative ? -magnitude : magnitude);
}

/* nan, inf or infinity in any case, with or without a sign. */
double ps_text_special(const char *from) {
    const bool negative = *from == '-';
    const bool sign = negative || *from == '+';
    if ((from[sign] | 0x20) == 'n')
        return NAN;
    return negative ? -INFINITY : INFINITY;
}

/* Reads block into numbers; what more there is than they have room for goes to partial. Returns how many they then hold. */
static size_t read_doubles(const ps_block *block, ps_float_function *path, unsigned needs, double *numbers,
                           size_t capacity, bool sum_all, ps_float_partial *partial) {
    ps_text_reader reader;
    const ps_float_environment environment = ps_float_environment_enter();
    reader.block = block;
    reader.needs = needs;
    reader.head = &partial->head;
    reader.partial = NULL;
    reader.split = false;
    reader.as_doubles = true;
    reader.path = path;
    reader.double_count = 0;
    reader.double_capacity = capacity;
    reader.doubles = numbers;
    ps_text_read_block(&reader);
    if (sum_all)
        flush(&reader);
    ps_float_environment_leave(environment);
    return reader.double_count;
}

void ps_text_fold_doubles(const ps_block *block, ps_float_function *path, unsigned needs,
                          ps_float_partial *partial) {
    double held[512]; /* few enough to stay in the nearest cache until they are folded */
    read_doubles(block, path, needs, held, sizeof held / sizeof held[0], true, partial);
}

size_t ps_text_gather_doubles(const ps_block *block, ps_float_function *path, unsigned needs, double *numbers,
                              size_t capacity, ps_float_partial *partial) {
    return read_doubles(block, path, needs, numbers, capacity, false, partial);
}
