/* wide.h - 256-bit two's complement integers: the totals of integer sums.
 *
 * Bound: the largest total is that of fewer than 2^64 squares, each at most (2^64-1)^2 < 2^128, so every magnitude
 * stays below 2^192 and no operation here can overflow 256 bits. All functions are pure and thread-safe. */
#ifndef PS_WIDE_H
#define PS_WIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 ps_uint128;
__extension__ typedef __int128 ps_int128;

/* Four 64-bit limbs, least significant first. Plain bytes: may lie in shared memory, buffers and files. */
typedef struct ps_wide {
    uint64_t limb[4];
} ps_wide;

/* A sign and 77 digits (2^255 < 10^77), and the terminator. */
#define PS_WIDE_TEXT_SIZE 80

ps_wide ps_wide_from_int128(ps_int128 value);
void ps_wide_add(ps_wide *total, const ps_wide *term);
void ps_wide_subtract(ps_wide *total, const ps_wide *term);

/* total += value * 2^bit, 0 <= bit <= 128. */
void ps_wide_add_at(ps_wide *total, ps_uint128 value, unsigned bit);

bool ps_wide_equal(const ps_wide *left, const ps_wide *right);
bool ps_wide_is_negative(const ps_wide *value);
ps_wide ps_wide_negated(const ps_wide *value);

/* Takes the last 18 decimal digits off magnitude, which is not negative (or, as 256 bits without a sign, anything), and
 * returns them. */
uint64_t ps_wide_take_digits(ps_wide *magnitude);

/* Writes value in decimal, with a minus sign where negative; text has PS_WIDE_TEXT_SIZE bytes. */
void ps_wide_to_text(const ps_wide *value, char *text);

#endif
