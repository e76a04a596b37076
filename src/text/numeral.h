/* numeral.h - one number as text writes it: what is a number, and its exact value. The slow path, for numerals of any length.
 *
 * Pure; no allocation. Faster, for short ones: short_number.h. */
#ifndef PS_NUMERAL_H
#define PS_NUMERAL_H

#include "exact/decimal.h"

typedef enum ps_numeral_kind {
    PS_NUMERAL_NUMBER,
    PS_NUMERAL_MISSING,    /* nothing, or NA */
    PS_NUMERAL_NOT_FINITE, /* nan, inf, infinity in any case, with or without a sign */
    PS_NUMERAL_NONE        /* anything else */
} ps_numeral_kind;

/* whole.fraction * 10^exponent; the digits stay where they are in the text. */
typedef struct ps_numeral {
    const char *whole, *fraction;
    uint64_t whole_count, fraction_count;
    int64_t exponent; /* at most PS_NUMERAL_EXPONENT_MAX either way: see there */
    bool negative;
} ps_numeral;

/* What written exponents beyond it are read as. A text in memory has fewer than 2^57 < 10^18 - 2048 digits, so a digit of such
 * a number lies beyond all that a ps_number holds whichever of the two it is. */
#define PS_NUMERAL_EXPONENT_MAX INT64_C(1000000000000000000)

/* What the size bytes of text are, blanks around them left out before. numeral is set where they are a number. */
ps_numeral_kind ps_numeral_read(const char *text, size_t size, ps_numeral *numeral);

/* mantissa * 10^exponent is numeral's magnitude. False: it has too many digits for 64 bits. */
bool ps_numeral_to_integer(const ps_numeral *numeral, uint64_t *mantissa, int64_t *exponent);

/* False: a digit beyond 10^1024 or below 10^-1024. */
bool ps_numeral_to_number(const ps_numeral *numeral, ps_number *number);

#endif
