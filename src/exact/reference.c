/* reference.c - the plain 128-bit loop that answers are checked against. It must share no arithmetic with the folds. */
#include "exact/reference.h"

#include <string.h>

static void add_total(ps_reference_total *total, ps_uint128 value) {
    total->low += value;
    if (total->low < value)
        total->high++;
}

/* Magnitudes first, first+step, ... one after another. A block of 2^(128-2k) squares of numbers below 2^k stays below
 * 2^128, and so does the sum of as many numbers; after each block the sums are widened. The constants let the compiler
 * leave out what is not wanted; the empty asm keeps it from finding the closed form. */
static inline __attribute__((always_inline)) void loop(uint64_t first, uint64_t step, uint64_t count,
                                                       bool want_sum, bool want_squares, bool want_extremes,
                                                       ps_reference *totals, ps_reference_total *sum,
                                                       uint64_t *least, uint64_t *greatest) {
    const uint64_t last = first + (count - 1) * step;
    unsigned bits = 0;
    while (bits < 64 && last >> bits)
        bits++;
    const unsigned spare = 128 - 2 * bits;
    const uint64_t block_max = UINT64_C(1) << (spare < 40 ? spare : 40);
    uint64_t x = first;
    for (uint64_t done = 0; done < count;) {
        const uint64_t block = count - done < block_max ? count - done : block_max;
        ps_uint128 block_sum = 0, block_squares = 0;
        for (uint64_t i = 0; i < block; i++) {
            __asm__("" : "+r"(x));
            if (want_sum)
                block_sum += x;
            if (want_squares)
                block_squares += (ps_uint128)x * x;
            if (want_extremes && x < *least)
                *least = x;
            if (want_extremes && x > *greatest)
                *greatest = x;
            x += step;
        }
        add_total(sum, block_sum);
        add_total(&totals->squares, block_squares);
        done += block;
    }
}

/* Elements of one sign: magnitudes ascend from first. */
static void add_magnitudes(ps_reference *totals, uint64_t first, uint64_t step, uint64_t count, bool negative,
                           unsigned needs) {
    if (count == 0)
        return;
    ps_reference_total *sum = negative ? &totals->negative : &totals->positive;
    uint64_t least = UINT64_MAX, greatest = 0;
    if (needs == PS_NEED_SQUARES)
        loop(first, step, count, false, true, false, totals, sum, &least, &greatest);
    else if (needs == PS_NEED_SUM)
        loop(first, step, count, true, false, false, totals, sum, &least, &greatest);
    else
        loop(first, step, count, true, true, true, totals, sum, &least, &greatest);
    const ps_int128 minimum = negative ? -(ps_int128)greatest : (ps_int128)least;
    const ps_int128 maximum = negative ? -(ps_int128)least : (ps_int128)greatest;
    if (totals->count == 0 || minimum < totals->minimum)
        totals->minimum = minimum;
    if (totals->count == 0 || maximum > totals->maximum)
        totals->maximum = maximum;
    totals->count += count;
}

void ps_reference_add(ps_reference *reference, const parsum_range *range, uint64_t from, uint64_t count,
                      unsigned needs) {
    if (count == 0)
        return;
    const ps_int128 first = range->first + (ps_int128)from * range->step;
    if (count == 1) {
        add_magnitudes(reference, (uint64_t)(first < 0 ? -first : first), 1, 1, first < 0, needs);
        return;
    }
    if (range->step > (ps_int128)UINT64_MAX) { /* at most two elements */
        for (uint64_t i = 0; i < count; i++)
            ps_reference_add(reference, range, from + i, 1, needs);
        return;
    }
    const uint64_t step = (uint64_t)range->step;
    uint64_t below_zero = 0;
    if (first < 0) {
        const ps_int128 steps = (-first - 1) / step + 1;
        below_zero = steps < (ps_int128)count ? (uint64_t)steps : count;
        /* From the last negative element down to the first, so that magnitudes ascend. */
        const ps_int128 nearest = first + (ps_int128)(below_zero - 1) * step;
        add_magnitudes(reference, (uint64_t)-nearest, step, below_zero, true, needs);
    }
    add_magnitudes(reference, (uint64_t)(first + (ps_int128)below_zero * step), step, count - below_zero,
                   false, needs);
}

static void merge_total(ps_reference_total *total, const ps_reference_total *other) {
    add_total(total, other->low);
    total->high += other->high;
}

void ps_reference_merge(ps_reference *reference, const ps_reference *other) {
    if (other->count > 0) {
        if (reference->count == 0 || other->minimum < reference->minimum)
            reference->minimum = other->minimum;
        if (reference->count == 0 || other->maximum > reference->maximum)
            reference->maximum = other->maximum;
    }
    reference->count += other->count;
    merge_total(&reference->positive, &other->positive);
    merge_total(&reference->negative, &other->negative);
    merge_total(&reference->squares, &other->squares);
    merge_total(&reference->negative_products, &other->negative_products);
}

/* left - right, in two's complement of 256 bits. */
static ps_reference_total difference(const ps_reference_total *left, const ps_reference_total *right) {
    const ps_uint128 borrow = left->low < right->low;
    return (ps_reference_total){left->low - right->low, left->high - right->high - borrow};
}

void ps_reference_add_element(ps_reference *reference, ps_int128 element, ps_int128 factor, unsigned needs) {
    const uint64_t magnitude = (uint64_t)(element < 0 ? -element : element);
    if (needs & PS_NEED_PRODUCTS) {
        const uint64_t other = (uint64_t)(factor < 0 ? -factor : factor);
        add_total((element < 0) != (factor < 0) ? &reference->negative_products : &reference->squares,
                  (ps_uint128)magnitude * other);
    } else {
        add_total(element < 0 ? &reference->negative : &reference->positive, magnitude);
        if (needs & PS_NEED_SQUARES)
            add_total(&reference->squares, (ps_uint128)magnitude * magnitude);
        if (reference->count == 0 || element < reference->minimum)
            reference->minimum = element;
        if (reference->count == 0 || element > reference->maximum)
            reference->maximum = element;
    }
    reference->count++;
}

static ps_wide limbs(ps_uint128 low, ps_uint128 high) {
    return (ps_wide){{(uint64_t)low, (uint64_t)(low >> 64), (uint64_t)high, (uint64_t)(high >> 64)}};
}

void ps_reference_to_partial(const ps_reference *reference, ps_integer_partial *partial) {
    memset(partial, 0, sizeof *partial);
    partial->head.kind = PS_KIND_INTEGER;
    partial->head.version = PS_PARTIAL_VERSION;
    partial->head.count = reference->count;
    partial->minimum = reference->minimum;
    partial->maximum = reference->maximum;
    const ps_reference_total *positive = &reference->positive, *negative = &reference->negative;
    const ps_reference_total squares = difference(&reference->squares, &reference->negative_products);
    partial->squares = limbs(squares.low, squares.high);
    ps_reference_total magnitudes = *positive;
    merge_total(&magnitudes, negative);
    partial->magnitudes = limbs(magnitudes.low, magnitudes.high);
    const ps_reference_total sum = difference(positive, negative);
    partial->sum = limbs(sum.low, sum.high);
}
