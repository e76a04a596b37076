/* short_number.h - reading numbers of up to 19 digits, eight bytes at a time. The fast path: it takes most numbers, and leaves
 * all else, right or wrong, to numeral.h. */
#ifndef PS_SHORT_NUMBER_H
#define PS_SHORT_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* How many bytes from a number's first one must be readable: a sign, RUN_WORDS words of digits, a point, as many again, 'e',
 * a sign, EXPONENT_DIGITS, and the byte behind; and a run's last word is loaded whole. */
enum {
    PS_SHORT_DIGITS = 19, /* 10^19 < 2^64 */
    PS_SHORT_RUN_WORDS = 3,
    PS_SHORT_EXPONENT_DIGITS = 4,
    PS_SHORT_READ_BYTES = 64
};
_Static_assert(1 + 8 * PS_SHORT_RUN_WORDS + 1 + 8 * PS_SHORT_RUN_WORDS + 2 + PS_SHORT_EXPONENT_DIGITS + 1 <=
                   PS_SHORT_READ_BYTES,
               "a number is read within the bytes that callers keep readable");

/* mantissa * 10^exponent */
typedef struct ps_short_number {
    uint64_t mantissa;
    int exponent;
    bool negative;
} ps_short_number;

/* Compilers find these too long to inline, but results are to stay in registers. */
#define PS_SHORT_INLINE static inline __attribute__((always_inline))

#define PS_EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Eight bytes, the first one in the lowest bits. */
static inline uint64_t ps_load_bytes(const char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The integer that eight digits (values 0 to 9, the first one in the lowest byte) say. Neighbours are joined three times:
 * multiplied by 10^k * 2^w + 1, every field of w bits gets 10^k times its lower neighbour, the digits before its own, added.
 * The fields then hold at most 99 < 2^8, 9999 < 2^16 and 99999999 < 2^32: none carries into the next. Every second one, the
 * upper of each pair, is kept. */
static inline uint64_t ps_join_digits(uint64_t digits) {
    const uint64_t twos = (digits * (10 << 8 | 1)) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
    const uint64_t fours = (twos * (100 << 16 | 1)) >> 16 & UINT64_C(0x0000ffff0000ffff);
    return (fours * (UINT64_C(10000) << 32 | 1)) >> 32;
}

/* Bit 7 of bytes that are no digit values 0 to 9; right up to the first such byte. 9 + 0x76 = 0x7f and 10 + 0x76 = 0x80; only
 * a byte of 0x8a or more carries into the next, and that is none itself. */
static inline uint64_t ps_mark_no_digits(uint64_t values) {
    return ((values + PS_EACH_BYTE(0x76)) | values) & PS_EACH_BYTE(0x80);
}

/* Appends the digits at *at to *mantissa, modulo 2^64, and counts them in *count; *at then stands behind them. False: there are
 * PS_SHORT_RUN_WORDS words of them or more. */
PS_SHORT_INLINE bool ps_read_digits(const char **at, uint64_t *mantissa, unsigned *count) {
    static const uint64_t power[8] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000};
    _Pragma("GCC unroll 3") for (int word = 0; word < PS_SHORT_RUN_WORDS; word++) {
        const uint64_t values = ps_load_bytes(*at) ^ PS_EACH_BYTE('0');
        const uint64_t stops = ps_mark_no_digits(values);
        if (stops != 0) {
            const unsigned digits = (unsigned)__builtin_ctzll(stops) / 8;
            /* The digits move to the upper bytes, and zeros are put before them; in two shifts, since one of 64 bits has no
             * meaning. */
            *mantissa = *mantissa * power[digits] + ps_join_digits(values << 8 << (56 - 8 * digits));
            *count += digits;
            *at += digits;
            return true;
        }
        *mantissa = *mantissa * 100000000 + ps_join_digits(values);
        *count += 8;
        *at += 8;
    }
    return false;
}

/* Reads [+-]digits of an exponent of at most PS_SHORT_EXPONENT_DIGITS digits; NULL: it is longer, or none. */
static inline const char *ps_read_short_exponent(const char *at, int *exponent) {
    const bool negative = *at == '-';
    int value = 0, digits = 0;
    at += negative || *at == '+';
    for (; digits < PS_SHORT_EXPONENT_DIGITS && *at >= '0' && *at <= '9'; digits++)
        value = value * 10 + (*at++ - '0');
    *exponent += negative ? -value : value;
    return digits > 0 ? at : NULL;
}

/* Reads the number that begins at text, of which PS_SHORT_READ_BYTES are readable. Returns what stands behind it: the number
 * is right if the field ends there. NULL: it is no number, or not a short one. */
PS_SHORT_INLINE const char *ps_short_number_read(const char *text, ps_short_number *number) {
    const char *at = text;
    unsigned count = 0;
    number->mantissa = 0;
    number->exponent = 0;
    number->negative = *at == '-';
    at += (*at == '-') | (*at == '+');
    if (!ps_read_digits(&at, &number->mantissa, &count))
        return NULL;
    if (*at == '.') {
        const unsigned before = count;
        at++;
        if (!ps_read_digits(&at, &number->mantissa, &count))
            return NULL;
        number->exponent = (int)before - (int)count;
    }
    /* Of more digits the mantissa is not the value. Without any, there is no number; count - 1 is then the largest. */
    if (count - 1 >= PS_SHORT_DIGITS)
        return NULL;
    if (*at == 'e' || *at == 'E')
        return ps_read_short_exponent(at + 1, &number->exponent);
    return at;
}

#endif
