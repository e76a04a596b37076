/* rounding.c - correct rounding of exact fractions and roots, and the shortest decimal of a double. */
#include "exact/rounding.h"

#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIGNIFICAND_BITS = 53,
    GREATEST_EXPONENT = 971, /* of the unit of the largest double, (2^53 - 1) * 2^971 */
    QUOTIENT_BITS = 64       /* at least SIGNIFICAND_BITS + 2, so that half an ulp is a bit of the quotient */
};

static double double_from_bits(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

ps_rounded ps_round_significand(const ps_significand *kept) {
    const uint64_t infinity = UINT64_C(0x7ff) << 52, sign = (uint64_t)kept->negative << 63;
    if (kept->exponent > GREATEST_EXPONENT)
        return (ps_rounded){double_from_bits(sign | infinity), false};
    const bool up = kept->half && (kept->below_half || (kept->integer & 1));
    /* A subnormal's bits are its integer. In a normal double's the leading bit, number 52, is the 1 that its biased exponent has
     * above that of the subnormals; so has a carry out of the integer, even that from the largest double to infinity. */
    const uint64_t bits =
        ((uint64_t)(kept->exponent - PS_LEAST_EXPONENT) << (SIGNIFICAND_BITS - 1)) + kept->integer + up;
    const bool exact = !kept->half && !kept->below_half;
    return (ps_rounded){double_from_bits(sign | bits), exact};
}

/* The nearest double to (integer + fraction) * 2^exponent, where fraction in [0, 1) is nonzero if and only if sticky.
 * integer >= 0, and it has more than SIGNIFICAND_BITS bits wherever sticky is set. */
static ps_rounded round_scaled(const mpz_t integer, long exponent, bool sticky, bool negative) {
    if (mpz_sgn(integer) == 0 && !sticky)
        return (ps_rounded){0.0, true};
    const long bits = (long)mpz_sizeinbase(integer, 2);
    /* The unit of the result: SIGNIFICAND_BITS below the leading bit, but never below 2^-1074. */
    long drop = bits - SIGNIFICAND_BITS;
    if (exponent + drop < PS_LEAST_EXPONENT)
        drop = PS_LEAST_EXPONENT - exponent;
    long unit = exponent + drop;
    if (unit > GREATEST_EXPONENT)
        unit = GREATEST_EXPONENT + 1; /* an infinity, whatever more; so it fits an int */
    ps_significand kept = {.negative = negative, .exponent = (int)unit, .below_half = sticky};
    mpz_t shifted;
    mpz_init(shifted);
    if (drop > 0) {
        mpz_tdiv_q_2exp(shifted, integer, (mp_bitcnt_t)drop);
        kept.half = mpz_tstbit(integer, (mp_bitcnt_t)(drop - 1));
        kept.below_half = sticky || mpz_scan1(integer, 0) < (mp_bitcnt_t)(drop - 1);
    } else {
        mpz_mul_2exp(shifted, integer, (mp_bitcnt_t)-drop);
    }
    /* At most SIGNIFICAND_BITS bits; of a zero nothing is written. */
    mpz_export(&kept.integer, NULL, -1, sizeof kept.integer, 0, 0, shifted);
    mpz_clear(shifted);
    return ps_round_significand(&kept);
}

ps_rounded ps_round_fraction(const mpz_t numerator, const mpz_t denominator) {
    mpz_t magnitude, divisor, quotient, remainder;
    mpz_inits(magnitude, divisor, quotient, remainder, NULL);
    mpz_abs(magnitude, numerator);
    mpz_set(divisor, denominator);
    /* Scale so that the quotient has QUOTIENT_BITS bits or one more. */
    const long shift = QUOTIENT_BITS + (long)mpz_sizeinbase(divisor, 2) - (long)mpz_sizeinbase(magnitude, 2);
    if (shift > 0)
        mpz_mul_2exp(magnitude, magnitude, (mp_bitcnt_t)shift);
    else
        mpz_mul_2exp(divisor, divisor, (mp_bitcnt_t)-shift);
    mpz_tdiv_qr(quotient, remainder, magnitude, divisor);
    const ps_rounded rounded =
        round_scaled(quotient, -shift, mpz_sgn(remainder) != 0, mpz_sgn(numerator) < 0);
    mpz_clears(magnitude, divisor, quotient, remainder, NULL);
    return rounded;
}

ps_rounded ps_round_root(const mpz_t numerator, const mpz_t denominator) {
    mpz_t scaled, divisor, quotient, remainder, root, rest;
    mpz_inits(scaled, divisor, quotient, remainder, root, rest, NULL);
    mpz_set(scaled, numerator);
    mpz_set(divisor, denominator);
    /* sqrt(n/d) = sqrt(n * 2^shift / d) * 2^(-shift/2): shift even, and twice QUOTIENT_BITS under the root. */
    long shift = 2 * QUOTIENT_BITS + (long)mpz_sizeinbase(divisor, 2) - (long)mpz_sizeinbase(scaled, 2);
    shift += shift & 1;
    if (shift > 0)
        mpz_mul_2exp(scaled, scaled, (mp_bitcnt_t)shift);
    else
        mpz_mul_2exp(divisor, divisor, (mp_bitcnt_t)-shift);
    mpz_tdiv_qr(quotient, remainder, scaled, divisor);
    /* floor(sqrt(q + f)) = floor(sqrt(q)) for 0 <= f < 1, and the root is exact only where both rests are zero. */
    mpz_sqrtrem(root, rest, quotient);
    const bool sticky = mpz_sgn(rest) != 0 || mpz_sgn(remainder) != 0;
    const ps_rounded rounded = round_scaled(root, -shift / 2, sticky, false);
    mpz_clears(scaled, divisor, quotient, remainder, root, rest, NULL);
    return rounded;
}

/* Whether text reads back to value, bit by bit: a comparison of doubles may take subnormals as zeros. */
static bool reads_back(const char *text, double value) {
    const double read = strtod(text, NULL);
    return memcmp(&read, &value, sizeof value) == 0;
}

static bool is_digit(char character) {
    return character >= '0' && character <= '9';
}

/* Adds one to the last digit of a number in "%e" form. A carry out of the first digit cannot arise where this is used: the
 * sum would be a power of ten, which fewer digits show. */
static void increment_last_digit(char *scientific) {
    char *digit = strchr(scientific, 'e') - 1;
    for (; digit > scientific && (*digit == '9' || !is_digit(*digit)); digit--) {
        if (*digit == '9')
            *digit = '0';
    }
    if (is_digit(*digit))
        ++*digit;
}

/* A locale's decimal point, which may be several bytes, becomes the only one there is here. */
static void use_plain_point(char *scientific) {
    char *point = scientific + (*scientific == '-') + 1;
    if (is_digit(*point) || *point == 'e')
        return;
    char *rest = point;
    while (!is_digit(*rest))
        rest++;
    *point = '.';
    memmove(point + 1, rest, strlen(rest) + 1);
}

/* The fewest significant digits, up to 17, of which some decimal reads back to value: "d.ddde[+-]xx" in text. That is the
 * nearest one or, above a power of two, whose neighbours lie closer below than above, maybe the next one up. */
static void shortest_scientific(double value, char *text) {
    for (int digits = 1; digits <= 17; digits++) {
        char above[PS_DOUBLE_TEXT_SIZE];
        snprintf(text, PS_DOUBLE_TEXT_SIZE, "%.*e", digits - 1, value);
        if (reads_back(text, value))
            return;
        memcpy(above, text, sizeof above);
        increment_last_digit(above);
        if (reads_back(above, value)) {
            memcpy(text, above, sizeof above);
            return;
        }
    }
}

/* The digits of "d.ddde[+-]xx" with the point where exponent, from -4 to 15, puts it. */
static void to_positional(const char *scientific, int exponent, char *text) {
    char digits[PS_DOUBLE_TEXT_SIZE];
    int count = 0;
    const bool negative = *scientific == '-';
    for (const char *at = scientific + negative; *at != 'e'; at++) {
        if (*at != '.')
            digits[count++] = *at;
    }
    char *out = text;
    if (negative)
        *out++ = '-';
    if (exponent < 0) {
        out += sprintf(out, "0.%.*s", -exponent - 1, "000");
        sprintf(out, "%.*s", count, digits);
        return;
    }
    for (int i = 0; i <= exponent || i < count; i++) {
        if (i == exponent + 1)
            *out++ = '.';
        *out++ = i < count ? digits[i] : '0';
    }
    *out = '\0';
}

void ps_double_to_text(double value, char *text) {
    if (isnan(value) || isinf(value)) {
        snprintf(text, PS_DOUBLE_TEXT_SIZE, "%s", isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    char scientific[PS_DOUBLE_TEXT_SIZE];
    /* printf and strtod round as the caller's mode says. The default environment rounds to nearest and flushes nothing. */
    fenv_t callers;
    fegetenv(&callers);
    fesetenv(FE_DFL_ENV);
    shortest_scientific(value, scientific);
    fesetenv(&callers);
    use_plain_point(scientific);
    const int exponent = atoi(strchr(scientific, 'e') + 1);
    if (exponent < -4 || exponent >= 16) {
        snprintf(text, PS_DOUBLE_TEXT_SIZE, "%s", scientific);
        return;
    }
    to_positional(scientific, exponent, text);
}

/* The least k for which denominator = 2^a * 5^b divides 10^k, and 10^k / denominator. */
static size_t decimal_places(const mpz_t denominator, mpz_t factor) {
    mpz_t rest, five;
    mpz_init(rest);
    mpz_init_set_ui(five, 5);
    const mp_bitcnt_t twos = mpz_scan1(denominator, 0);
    const mp_bitcnt_t fives = mpz_remove(rest, denominator, five);
    const mp_bitcnt_t places = twos > fives ? twos : fives;
    mpz_ui_pow_ui(factor, 5, places - fives);
    mpz_mul_2exp(factor, factor, places - twos);
    mpz_clears(rest, five, NULL);
    return places;
}

char *ps_fraction_to_text(const mpz_t numerator, const mpz_t denominator) {
    mpz_t scaled, common, reduced;
    mpz_inits(scaled, common, reduced, NULL);
    mpz_gcd(common, numerator, denominator);
    mpz_divexact(reduced, denominator, common);
    const size_t places = decimal_places(reduced, scaled);
    mpz_mul(scaled, scaled, numerator);
    mpz_divexact(scaled, scaled, common);
    const bool negative = mpz_sgn(scaled) < 0;
    mpz_abs(scaled, scaled);
    /* A sign, a zero, a point, the places that digits may not reach, the digits, a terminator. Reduced as the fraction is,
     * its last place is not a zero. */
    char *text = malloc(mpz_sizeinbase(scaled, 10) + places + 8);
    if (text != NULL) {
        char *digits = text + negative;
        text[0] = '-';
        mpz_get_str(digits, 10, scaled);
        size_t length = strlen(digits);
        if (places > 0) {
            const size_t zeros = length <= places ? places + 1 - length : 0;
            memmove(digits + zeros, digits, length + 1);
            memset(digits, '0', zeros);
            length += zeros;
            memmove(digits + length - places + 1, digits + length - places, places + 1);
            digits[length - places] = '.';
        }
    }
    mpz_clears(scaled, common, reduced, NULL);
    return text;
}
