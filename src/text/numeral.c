/* numeral.c - one number as text writes it. Owns the grammar of numbers; knows nothing of fields and lines. */
#include "text/numeral.h"

#include <string.h>

static bool is_digit(char byte) {
    return byte >= '0' && byte <= '9';
}

/* Whether text is word (lower case), in any case of letters. */
static bool is_word(const char *text, size_t size, const char *word) {
    if (strlen(word) != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        const char lower = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + ('a' - 'A')) : text[i];
        if (lower != word[i])
            return false;
    }
    return true;
}

static const char *skip_digits(const char *at, const char *end) {
    while (at < end && is_digit(*at))
        at++;
    return at;
}

/* Reads [+-]digits, all of at .. end. */
static bool read_exponent(const char *at, const char *end, int64_t *exponent) {
    const bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end || skip_digits(at, end) != end)
        return false;
    int64_t value = 0;
    /* value <= 10^17 - 1 before a step, so at most 10^18 - 1 after it. */
    for (; at < end; at++) {
        if (value > (PS_NUMERAL_EXPONENT_MAX - 10) / 10) {
            value = PS_NUMERAL_EXPONENT_MAX;
            break;
        }
        value = value * 10 + (*at - '0');
    }
    *exponent = negative ? -value : value;
    return true;
}

ps_numeral_kind ps_numeral_read(const char *text, size_t size, ps_numeral *numeral) {
    const char *const end = text + size;
    const char *at = text;
    if (size == 0 || (size == 2 && memcmp(text, "NA", 2) == 0))
        return PS_NUMERAL_MISSING;
    *numeral = (ps_numeral){.negative = *at == '-'};
    if (*at == '-' || *at == '+')
        at++;
    numeral->whole = at;
    at = skip_digits(at, end);
    numeral->whole_count = (uint64_t)(at - numeral->whole);
    numeral->fraction = at;
    if (at < end && *at == '.') {
        numeral->fraction = ++at;
        at = skip_digits(at, end);
        numeral->fraction_count = (uint64_t)(at - numeral->fraction);
    }
    if (numeral->whole_count + numeral->fraction_count > 0) {
        if (at == end)
            return PS_NUMERAL_NUMBER;
        if ((*at == 'e' || *at == 'E') && read_exponent(at + 1, end, &numeral->exponent))
            return PS_NUMERAL_NUMBER;
        return PS_NUMERAL_NONE;
    }
    const size_t left = (size_t)(end - numeral->whole);
    if (is_word(numeral->whole, left, "nan") || is_word(numeral->whole, left, "inf") ||
        is_word(numeral->whole, left, "infinity"))
        return PS_NUMERAL_NOT_FINITE;
    return PS_NUMERAL_NONE;
}

static void trim_leading_zeros(const char **digits, uint64_t *count) {
    while (*count > 0 && **digits == '0') {
        ++*digits;
        --*count;
    }
}

static uint64_t trim_trailing_zeros(const char *digits, uint64_t *count) {
    const uint64_t before = *count;
    while (*count > 0 && digits[*count - 1] == '0')
        --*count;
    return before - *count;
}

/* value = value * 10^count + digits; false where that is 2^64 or more. */
static bool append_digits(uint64_t *value, const char *digits, uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(digits[i] - '0'), value))
            return false;
    }
    return true;
}

bool ps_numeral_to_integer(const ps_numeral *numeral, uint64_t *mantissa, int64_t *exponent) {
    enum { DIGITS_MAX = 20 }; /* of UINT64_MAX */
    ps_numeral trimmed = *numeral;
    trim_leading_zeros(&trimmed.whole, &trimmed.whole_count);
    if (trimmed.whole_count == 0)
        trim_leading_zeros(&trimmed.fraction, &trimmed.fraction_count);
    *exponent = numeral->exponent - (int64_t)numeral->fraction_count;
    /* Only where they are in the way: numbers with as many decimal places then share an exponent. */
    if (trimmed.whole_count + trimmed.fraction_count > DIGITS_MAX) {
        *exponent += (int64_t)trim_trailing_zeros(trimmed.fraction, &trimmed.fraction_count);
        if (trimmed.fraction_count == 0)
            *exponent += (int64_t)trim_trailing_zeros(trimmed.whole, &trimmed.whole_count);
    }
    *mantissa = 0;
    return trimmed.whole_count + trimmed.fraction_count <= DIGITS_MAX &&
           append_digits(mantissa, trimmed.whole, trimmed.whole_count) &&
           append_digits(mantissa, trimmed.fraction, trimmed.fraction_count);
}

bool ps_numeral_to_number(const ps_numeral *numeral, ps_number *number) {
    ps_number fraction;
    const int64_t places = (int64_t)numeral->fraction_count;
    if (!ps_number_from_digits(number, numeral->whole, numeral->whole_count, numeral->exponent,
                               numeral->negative) ||
        !ps_number_from_digits(&fraction, numeral->fraction, numeral->fraction_count,
                               numeral->exponent - places, numeral->negative))
        return false;
    /* Of each decimal digit, one of the two holds zero, so limbs stay below 10^18 without a carry. */
    for (int i = 0; i < PS_NUMBER_LIMBS; i++)
        number->limb[i] += fraction.limb[i];
    number->negative = number->negative || fraction.negative;
    return true;
}
