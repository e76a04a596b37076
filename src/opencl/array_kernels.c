/* array_kernels.c - the table of the kernels that sum numbers in memory, and what the bins of those for integers mean. */
#include "opencl/array_kernels.h"

#include <string.h>

#include "../kernels/array_bins.h"
#include "../kernels/float_bins.h"

enum {
    WIDE = 1u << PARSUM_I64 | 1u << PARSUM_U64,
    NARROW = PS_ARRAY_INTEGERS & ~WIDE,
    SIGNED = 1u << PARSUM_I8 | 1u << PARSUM_I16 | 1u << PARSUM_I32 | 1u << PARSUM_I64,
    EVERYTHING = PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES
};

uint64_t ps_array_bias(parsum_type type) {
    return 1u << type & SIGNED ? UINT64_C(1) << (8 * parsum_type_size(type) - 1) : 0;
}

/* A bin of all groups: below 2^63 in a launch (array.cl). */
static uint64_t total_of(const ps_array_bins *result, unsigned bin) {
    uint64_t total = 0;
    for (size_t group = 0; group < result->groups; group++)
        total += result->bins[group * PS_ARRAY_BINS + bin];
    return total;
}

/* Two bins together: high counts 2^32 of 64-bit numbers; of narrower ones it is a sum of its own. Below 2^30 * 2^64. */
static ps_uint128 sum_of(const ps_array_bins *result, unsigned low) {
    const ps_uint128 high = total_of(result, low + 1);
    return total_of(result, low) + (parsum_type_size(result->type) == 8 ? high << 32 : high);
}

/* Sum of (u - bias) * (v - bias), where left and right are the sums of u and of v, from the bins of u * v. Signed: bias is
 * 2^(bits-1), and so the sum is that of u*v, less (left + right) * 2^(bits-1), plus count * 2^(2*bits-2). Every term is
 * below 2^30 * 2^128. */
static ps_wide products_of(const ps_array_bins *result, ps_uint128 left, ps_uint128 right) {
    static const struct {
        unsigned bin, bit;
    } parts[] = {{PS_ARRAY_LL_LOW, 0},      {PS_ARRAY_LL_HIGH, 32}, {PS_ARRAY_CROSS_LOW, 32},
                 {PS_ARRAY_CROSS_HIGH, 64}, {PS_ARRAY_HH_LOW, 64},  {PS_ARRAY_HH_HIGH, 96}};
    const unsigned bits = 8 * (unsigned)parsum_type_size(result->type);
    ps_wide sum = {{0, 0, 0, 0}}, taken_off = {{0, 0, 0, 0}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        ps_wide_add_at(&sum, total_of(result, parts[i].bin), parts[i].bit);
    if (ps_array_bias(result->type) == 0)
        return sum;
    ps_wide_add_at(&taken_off, left + right, bits - 1);
    ps_wide_subtract(&sum, &taken_off);
    ps_wide_add_at(&sum, result->count, 2 * bits - 2);
    return sum;
}

static void add_int128(ps_wide *total, ps_int128 value) {
    const ps_wide term = ps_wide_from_int128(value);
    ps_wide_add(total, &term);
}

static void deposit_extremes(const ps_array_bins *result, ps_integer_partial *partial) {
    uint64_t least = UINT64_MAX, greatest = 0;
    for (size_t group = 0; group < result->groups; group++) {
        const uint64_t *bins = result->bins + group * PS_ARRAY_BINS;
        least = bins[PS_ARRAY_LEAST] < least ? bins[PS_ARRAY_LEAST] : least;
        greatest = bins[PS_ARRAY_GREATEST] > greatest ? bins[PS_ARRAY_GREATEST] : greatest;
    }
    const ps_int128 bias = ps_array_bias(result->type);
    const ps_int128 minimum = least - bias, maximum = greatest - bias;
    if (partial->head.count == 0 || minimum < partial->minimum)
        partial->minimum = minimum;
    if (partial->head.count == 0 || maximum > partial->maximum)
        partial->maximum = maximum;
}

/* Sums of one operand. Every |value| here is below 2^30 * 2^65, so 128 bits hold it. */
static void deposit_numbers(const ps_array_bins *result, unsigned needs, ps_integer_partial *partial) {
    const uint64_t bias = ps_array_bias(result->type);
    const ps_uint128 biased = sum_of(result, PS_ARRAY_SUM_LOW);
    const ps_int128 sum = (ps_int128)biased - (ps_int128)result->count * bias;
    if (needs & PS_NEED_SUM)
        add_int128(&partial->sum, sum);
    /* The sum is that of the positive numbers less that of the others' magnitudes. */
    if (needs & PS_NEED_MAGNITUDES)
        add_int128(&partial->magnitudes,
                   bias == 0 ? sum : 2 * (ps_int128)sum_of(result, PS_ARRAY_OTHER_LOW) - sum);
    if (needs & PS_NEED_SQUARES) {
        const ps_wide squares = products_of(result, biased, biased);
        ps_wide_add(&partial->squares, &squares);
    }
    if (needs & PS_NEED_EXTREMES)
        deposit_extremes(result, partial);
    partial->head.count += result->count;
}

static void deposit_products(const ps_array_bins *result, unsigned needs, ps_integer_partial *partial) {
    (void)needs;
    const ps_wide products =
        products_of(result, sum_of(result, PS_ARRAY_SUM_LOW), sum_of(result, PS_ARRAY_OTHER_LOW));
    ps_wide_add(&partial->squares, &products);
    partial->head.count += result->count;
}

/* For each type, the cheapest kernel stands first. */
static const ps_array_kernel table[] = {
    {"array_sum", "array_sum.cl", PS_ARRAY_INTEGERS, PS_NEED_SUM, PS_ARRAY_BINS, deposit_numbers},
    {"array_squares_narrow", "array_squares.cl", NARROW, PS_NEED_SUM | PS_NEED_SQUARES, PS_ARRAY_BINS,
     deposit_numbers},
    {"array_squares_wide", "array_squares.cl", WIDE, PS_NEED_SUM | PS_NEED_SQUARES, PS_ARRAY_BINS,
     deposit_numbers},
    {"array_moments_narrow", "array_moments.cl", NARROW, EVERYTHING, PS_ARRAY_BINS, deposit_numbers},
    {"array_moments_wide", "array_moments.cl", WIDE, EVERYTHING, PS_ARRAY_BINS, deposit_numbers},
    {"array_products_narrow", "array_products.cl", NARROW, PS_NEED_PRODUCTS, PS_ARRAY_BINS, deposit_products},
    {"array_products_wide", "array_products.cl", WIDE, PS_NEED_PRODUCTS, PS_ARRAY_BINS, deposit_products},
    {"float_sum", "float_sum.cl", PS_ARRAY_FLOATS, PS_NEED_SUM, PS_FLOAT_BINS_ONE, NULL},
    {"float_squares", "float_squares.cl", PS_ARRAY_FLOATS, PS_NEED_SQUARES, PS_FLOAT_BINS_ONE, NULL},
    {"float_moments", "float_moments.cl", PS_ARRAY_FLOATS, EVERYTHING, PS_FLOAT_BINS_ALL, NULL},
    {"float_products", "float_products.cl", PS_ARRAY_FLOATS, PS_NEED_PRODUCTS, PS_FLOAT_BINS_ONE, NULL},
};
_Static_assert(sizeof table / sizeof table[0] <= PS_ARRAY_KERNELS_MAX, "a session has room for all kernels");

const ps_array_kernel *ps_array_kernel_at(size_t index) {
    return index < sizeof table / sizeof table[0] ? &table[index] : NULL;
}

size_t ps_array_kernel_index(const ps_array_kernel *kernel) {
    return (size_t)(kernel - table);
}

const ps_array_kernel *ps_array_kernel_find(parsum_type type, unsigned needs) {
    /* Unsigned numbers are their magnitudes. */
    if (needs & PS_NEED_MAGNITUDES && !(1u << type & SIGNED) && 1u << type & PS_ARRAY_INTEGERS)
        needs = (needs & ~(unsigned)PS_NEED_MAGNITUDES) | PS_NEED_SUM;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].types & 1u << type && (needs & ~table[i].needs) == 0)
            return &table[i];
    }
    return NULL;
}
