/* float_part.c - launches over floats: what their kernels are told, and what they found becomes exact sums. Numbers that a
 * device cannot sum up are summed here, by the CPU path. */
#include "opencl/float_part.h"

#include <string.h>

#include "../kernels/float_bins.h"
#include "fold/array.h"

enum { FLOAT_VALUES, FLOAT_SQUARES, FLOAT_MAGNITUDES }; /* the order of terms in the bins */
enum { VECTOR_BYTES = 64, VECTOR_NUMBERS = 8, SAMPLES = 64 };

const char *ps_float_part_file(const ps_session *session, bool no_fp64) {
    const cl_device_fp_config needed = CL_FP_FMA | CL_FP_ROUND_TO_NEAREST | CL_FP_INF_NAN | CL_FP_DENORM;
    cl_device_fp_config doubles = 0, floats = 0;
    const cl_device_id id = session->device.id;
    /* Floats are widened on the device, which must not lose their subnormals either. */
    if (no_fp64 ||
        clGetDeviceInfo(id, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof doubles, &doubles, NULL) != CL_SUCCESS ||
        clGetDeviceInfo(id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof floats, &floats, NULL) != CL_SUCCESS ||
        (doubles & needed) != needed || !(floats & CL_FP_DENORM))
        return "float_integers.cl";
    return "float_slices.cl";
}

/* ---- bases */

/* The least and the greatest exponent of the units of numbers. */
typedef struct exponent_span {
    int least, greatest;
} exponent_span;

/* Of the finite numbers but zeros in a sample of operand; those of 1, where it has none. */
static exponent_span sample(const ps_block *piece, int operand) {
    const bool narrow = piece->array.type == PARSUM_F32;
    const int significand_bits = narrow ? 23 : 52, special = narrow ? 255 : 2047;
    const int unit = narrow ? 150 : 1075;
    const uint64_t step = piece->count / SAMPLES + 1;
    exponent_span span = {1 << 16, -(1 << 16)};
    for (uint64_t i = 0; i < piece->count; i += step) {
        uint64_t bits = 0;
        uint32_t narrow_bits;
        ps_array_gather(&piece->array, operand, i, 1, narrow ? (void *)&narrow_bits : (void *)&bits);
        if (narrow)
            bits = narrow_bits;
        const int biased = (int)(bits >> significand_bits & (uint64_t)special);
        if (biased == special || bits << (narrow ? 33 : 1) == 0)
            continue;
        const int exponent = (biased > 0 ? biased : 1) - unit;
        span.least = exponent < span.least ? exponent : span.least;
        span.greatest = exponent > span.greatest ? exponent : span.greatest;
    }
    return span.least > span.greatest ? (exponent_span){-significand_bits, -significand_bits} : span;
}

/* The span in the middle of the positions there are; not below the least bit of the exact sums. */
static int base_of(int least, int greatest, int position_maximum) {
    const int base = (least + greatest - position_maximum) / 2;
    return base > PS_BINARY_LOWEST_BIT ? base : PS_BINARY_LOWEST_BIT;
}

ps_float_bases ps_float_part_bases(const ps_block *piece) {
    const exponent_span left = sample(piece, 0);
    const exponent_span right = piece->array.data[1] != NULL ? sample(piece, 1) : left;
    return (ps_float_bases){
        base_of(left.least, left.greatest, PS_FLOAT_NUMBER_POSITION_MAX),
        base_of(left.least + right.least, left.greatest + right.greatest, PS_FLOAT_PRODUCT_POSITION_MAX)};
}

uint64_t ps_float_part_argument(ps_float_bases bases) {
    return (uint64_t)(bases.value + PS_FLOAT_BASE_BIAS) | (uint64_t)(bases.product + PS_FLOAT_BASE_BIAS)
                                                              << 32;
}

/* ---- results */

/* Adds digits at base to total. A digit is not 0 only where a number of the launch has bits or may begin less than 32 bits
 * below them: no bit is below that of base, which is not below the lowest, and every digit of less than 2^63 stays far below
 * the top: the highest begins where a product of the largest numbers does, below 2^2048. */
static void deposit_digits(const uint64_t *digits, int base, ps_binary *total) {
    for (int d = 0; d < PS_FLOAT_DIGIT_COUNT; d++) {
        if (digits[d] != 0)
            ps_binary_add_at(total, (int64_t)digits[d], base + 32 * d);
    }
}

/* The number that has the key (float_spans.cl). */
static double number_of_key(uint64_t key, parsum_type type) {
    if (type == PARSUM_F32) {
        const uint32_t narrow_key = (uint32_t)key, sign = UINT32_C(1) << 31;
        const uint32_t bits = narrow_key & sign ? narrow_key ^ sign : ~narrow_key;
        float value;
        memcpy(&value, &bits, sizeof value);
        return (double)value;
    }
    const uint64_t sign = UINT64_C(1) << 63, bits = key & sign ? key ^ sign : ~key;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* What one group found, of count > 0 numbers: to partial. */
static void deposit_group(const ps_array_slot *slot, const uint64_t *bins, uint64_t count, unsigned needs,
                          ps_float_partial *partial) {
    const bool all = slot->kernel->bins == PS_FLOAT_BINS_ALL;
    const uint64_t *squares = bins + (all ? FLOAT_SQUARES * PS_FLOAT_DIGIT_COUNT : 0);
    ps_float_partial part;
    if (needs & PS_NEED_SUM)
        deposit_digits(bins, slot->bases.value, &partial->sum.finite);
    if (needs & (PS_NEED_SQUARES | PS_NEED_PRODUCTS))
        deposit_digits(squares, slot->bases.product, &partial->squares.finite);
    if (needs & PS_NEED_MAGNITUDES)
        deposit_digits(bins + FLOAT_MAGNITUDES * PS_FLOAT_DIGIT_COUNT, slot->bases.value,
                       &partial->magnitudes.finite);
    if (needs & PS_NEED_EXTREMES) {
        const uint64_t *extremes = bins + PS_FLOAT_BINS_ALL - 2;
        ps_float_clear(&part.head);
        ps_float_add(&part, number_of_key(extremes[0], slot->type), PS_NEED_EXTREMES);
        ps_float_add(&part, number_of_key(extremes[1], slot->type), PS_NEED_EXTREMES);
        part.head.count = count; /* not two */
        ps_float_merge(&partial->head, &part.head);
    } else {
        partial->head.count += count;
    }
}

/* Sums numbers from .. from+count-1 of the launch on the CPU. */
static void redo(const ps_session *session, const ps_array_slot *slot, uint64_t from, uint64_t count,
                 unsigned needs, ps_float_partial *partial) {
    ps_block rest = slot->piece;
    if (count == 0)
        return;
    if (from > 0)
        ps_block_take(&rest, from);
    const ps_block block = ps_block_take(&rest, count);
    ps_float_fold(session->arrays.float_path, &block, needs & ~(unsigned)PS_SKIP_NAN, needs & PS_SKIP_NAN,
                  partial);
}

/* The vectors of a group, as own_share in array.cl has it. */
typedef struct group_vectors {
    uint64_t begin; /* where they are neighbours */
    uint64_t count;
} group_vectors;

static group_vectors vectors_of(const ps_session *session, const ps_array_slot *slot, size_t group,
                                uint64_t vectors) {
    const uint64_t size = session->work_group_size, items = size * slot->groups;
    const bool interleaved = session->arrays.interleaved;
    /* Neighbours go to neighbouring work-items: of each round of all of them, the last of which may be short, a group has
     * size at the most. Else they go to one work-item. */
    const uint64_t share = interleaved ? size : (vectors + items - 1) / items * size;
    const uint64_t all = interleaved ? vectors % items : vectors;
    const uint64_t begin = group * share < all ? group * share : all;
    const uint64_t end = begin + share < all ? begin + share : all;
    return (group_vectors){begin, end - begin + (interleaved ? vectors / items * size : 0)};
}

static size_t flag_of(const ps_array_slot *slot) {
    return slot->kernel->bins == PS_FLOAT_BINS_ALL ? PS_FLOAT_BINS_ALL - 3 : PS_FLOAT_BINS_ONE - 1;
}

static bool any_flag(const ps_array_slot *slot) {
    for (size_t group = 0; group < slot->groups; group++) {
        if (slot->host_bins[group * slot->kernel->bins + flag_of(slot)] != 0)
            return true;
    }
    return false;
}

/* The vectors, of which there are some, behind the first head numbers. Where neighbours went to neighbouring work-items, a
 * group's numbers are everywhere, so that all groups are redone where one is. */
static void deposit_vectors(const ps_session *session, const ps_array_slot *slot, uint64_t head,
                            uint64_t vectors, unsigned needs, ps_float_partial *partial) {
    if (session->arrays.interleaved && any_flag(slot)) {
        redo(session, slot, head, vectors * VECTOR_NUMBERS, needs, partial);
        return;
    }
    for (size_t group = 0; group < slot->groups; group++) {
        const uint64_t *bins = slot->host_bins + group * slot->kernel->bins;
        const group_vectors own = vectors_of(session, slot, group, vectors);
        if (own.count == 0)
            continue;
        if (bins[flag_of(slot)] != 0)
            redo(session, slot, head + own.begin * VECTOR_NUMBERS, own.count * VECTOR_NUMBERS, needs,
                 partial);
        else
            deposit_group(slot, bins, own.count * VECTOR_NUMBERS, needs, partial);
    }
}

void ps_float_part_deposit(const ps_session *session, const ps_array_slot *slot, unsigned needs,
                           ps_float_partial *partial) {
    const ps_float_environment environment = ps_float_environment_enter();
    const size_t size = parsum_type_size(slot->type);
    const uint64_t before = (VECTOR_BYTES - slot->operands[0].offset % VECTOR_BYTES) % VECTOR_BYTES / size;
    const uint64_t head = before < slot->count ? before : slot->count;
    const uint64_t vectors = (slot->count - head) / VECTOR_NUMBERS;
    const uint64_t done = head + vectors * VECTOR_NUMBERS;
    redo(session, slot, 0, head, needs, partial);
    if (vectors > 0)
        deposit_vectors(session, slot, head, vectors, needs, partial);
    redo(session, slot, done, slot->count - done, needs, partial);
    ps_float_environment_leave(environment);
}
