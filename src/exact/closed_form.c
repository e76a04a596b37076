/* closed_form.c - sums of ranges by formula, in GMP integers: sum(i) = n(n-1)/2 and sum(i^2) = n(n-1)(2n-1)/6 for i from
 * 0 to n-1. Verifies ranges that are too long for the reference loop. */
#include <gmp.h>
#include <string.h>

#include "exact/reference.h"

typedef struct closed_sums {
    mpz_t sum, squares, magnitudes;
} closed_sums;

static void set_int128(mpz_t target, ps_int128 value) {
    const ps_uint128 magnitude = value < 0 ? -(ps_uint128)value : (ps_uint128)value;
    mpz_set_ui(target, (unsigned long)(magnitude >> 64));
    mpz_mul_2exp(target, target, 64);
    mpz_add_ui(target, target, (unsigned long)(uint64_t)magnitude);
    if (value < 0)
        mpz_neg(target, target);
}

/* n elements first, first+step, ... of one sign. */
static void add_one_sign(closed_sums *sums, ps_int128 first, ps_int128 step, ps_int128 n) {
    mpz_t a, s, count, linear, quadratic, part;
    mpz_inits(a, s, count, linear, quadratic, part, NULL);
    set_int128(a, first);
    set_int128(s, step);
    set_int128(count, n);
    mpz_sub_ui(linear, count, 1);
    mpz_mul(linear, linear, count);
    mpz_mul_2exp(quadratic, count, 1);
    mpz_sub_ui(quadratic, quadratic, 1);
    mpz_mul(quadratic, quadratic, linear);
    mpz_divexact_ui(linear, linear, 2);
    mpz_divexact_ui(quadratic, quadratic, 6);

    /* sum = n*a + s*linear */
    mpz_mul(part, count, a);
    mpz_addmul(part, s, linear);
    mpz_add(sums->sum, sums->sum, part);
    mpz_abs(part, part);
    mpz_add(sums->magnitudes, sums->magnitudes, part);

    /* squares = n*a^2 + 2*a*s*linear + s^2*quadratic */
    mpz_mul(part, a, a);
    mpz_addmul(sums->squares, part, count);
    mpz_mul(part, a, s);
    mpz_mul_2exp(part, part, 1);
    mpz_addmul(sums->squares, part, linear);
    mpz_mul(part, s, s);
    mpz_addmul(sums->squares, part, quadratic);
    mpz_clears(a, s, count, linear, quadratic, part, NULL);
}

/* Two's complement limbs of value, |value| < 2^255. */
static ps_wide to_limbs(mpz_t value) {
    ps_wide wide = {{0, 0, 0, 0}};
    mpz_t residue, modulus;
    mpz_inits(residue, modulus, NULL);
    mpz_setbit(modulus, 256);
    mpz_fdiv_r(residue, value, modulus);
    mpz_export(wide.limb, NULL, -1, sizeof wide.limb[0], 0, 0, residue);
    mpz_clears(residue, modulus, NULL);
    return wide;
}

void ps_closed_form(const parsum_range *ranges, size_t range_count, ps_integer_partial *partial) {
    closed_sums sums;
    mpz_inits(sums.sum, sums.squares, sums.magnitudes, NULL);
    memset(partial, 0, sizeof *partial);
    partial->head.kind = PS_KIND_INTEGER;
    partial->head.version = PS_PARTIAL_VERSION;
    for (size_t i = 0; i < range_count; i++) {
        const ps_int128 first = ranges[i].first, step = ranges[i].step;
        if (ranges[i].end <= first)
            continue;
        const ps_int128 n = (ranges[i].end - first - 1) / step + 1;
        const ps_int128 last = first + (n - 1) * step;
        ps_int128 below_zero = first < 0 ? (-first - 1) / step + 1 : 0;
        if (below_zero > n)
            below_zero = n;
        if (below_zero > 0)
            add_one_sign(&sums, first, step, below_zero);
        if (below_zero < n)
            add_one_sign(&sums, first + below_zero * step, step, n - below_zero);
        if (partial->head.count == 0 || first < partial->minimum)
            partial->minimum = first;
        if (partial->head.count == 0 || last > partial->maximum)
            partial->maximum = last;
        partial->head.count += (uint64_t)n;
    }
    partial->sum = to_limbs(sums.sum);
    partial->squares = to_limbs(sums.squares);
    partial->magnitudes = to_limbs(sums.magnitudes);
    mpz_clears(sums.sum, sums.squares, sums.magnitudes, NULL);
}
