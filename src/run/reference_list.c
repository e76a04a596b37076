/* reference_list.c - the reference for blocks of every kind, and the plain loop over arrays. */
#include "run/reference_list.h"

#include <string.h>

#include "fold/float_array.h"

void ps_reference_list_init(ps_reference_list *reference) {
    memset(reference, 0, sizeof *reference);
    ps_reference_text *text = &reference->text;
    mpz_inits(text->sum, text->magnitudes, text->minimum, text->maximum, text->squares, NULL);
}

void ps_reference_list_clear(ps_reference_list *reference) {
    ps_reference_text *text = &reference->text;
    mpz_clears(text->sum, text->magnitudes, text->minimum, text->maximum, text->squares, NULL);
}

/* The integer of type whose bytes stand at data, in the other order where swapped. */
static ps_int128 integer_at(const unsigned char *data, parsum_type type, bool swapped) {
    unsigned char bytes[8];
    const size_t size = parsum_type_size(type);
    for (size_t i = 0; i < size; i++)
        bytes[i] = data[swapped ? size - 1 - i : i];
#define READ(c_type)                         \
    {                                        \
        c_type value;                        \
        memcpy(&value, bytes, sizeof value); \
        return value;                        \
    }
    switch (type) {
    case PARSUM_I8:
        READ(int8_t)
    case PARSUM_I16:
        READ(int16_t)
    case PARSUM_I32:
        READ(int32_t)
    case PARSUM_I64:
        READ(int64_t)
    case PARSUM_U8:
        READ(uint8_t)
    case PARSUM_U16:
        READ(uint16_t)
    case PARSUM_U32:
        READ(uint32_t)
    case PARSUM_U64:
        READ(uint64_t)
    case PARSUM_F32:
    case PARSUM_F64:
        break;
    }
#undef READ
    return 0;
}

/* One operand in this machine's byte order, loop by type. At most 2^61 numbers lie in memory, each below 2^64 in magnitude:
 * sums stay below 2^125, and squares carry into a word of their own. */
#define ADD_TYPE(c_type)                                                              \
    for (uint64_t i = 0; i < block->count; i++) {                                     \
        c_type element;                                                               \
        memcpy(&element, array->data[0] + (int64_t)i * stride_bytes, sizeof element); \
        const bool below = element < 0;                                               \
        const uint64_t magnitude = below ? -(uint64_t)element : (uint64_t)element;    \
        if (below)                                                                    \
            sums.negative.low += magnitude;                                           \
        else                                                                          \
            sums.positive.low += magnitude;                                           \
        if (squares) {                                                                \
            const ps_uint128 square = (ps_uint128)magnitude * magnitude;              \
            sums.squares.low += square;                                               \
            sums.squares.high += sums.squares.low < square;                           \
        }                                                                             \
        if (i == 0 || element < (c_type)sums.minimum)                                 \
            sums.minimum = element;                                                   \
        if (i == 0 || element > (c_type)sums.maximum)                                 \
            sums.maximum = element;                                                   \
    }                                                                                 \
    break;

static void add_plain(ps_reference *reference, const ps_block *block, bool squares) {
    const ps_array_block *array = &block->array;
    const int64_t stride_bytes = array->stride_bytes[0];
    ps_reference sums = {.count = block->count};
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wtype-limits\"") switch (array->type) {
    case PARSUM_I8:
        ADD_TYPE(int8_t)
    case PARSUM_I16:
        ADD_TYPE(int16_t)
    case PARSUM_I32:
        ADD_TYPE(int32_t)
    case PARSUM_I64:
        ADD_TYPE(int64_t)
    case PARSUM_U8:
        ADD_TYPE(uint8_t)
    case PARSUM_U16:
        ADD_TYPE(uint16_t)
    case PARSUM_U32:
        ADD_TYPE(uint32_t)
    case PARSUM_U64:
        ADD_TYPE(uint64_t)
    case PARSUM_F32:
    case PARSUM_F64:
        break;
    }
    _Pragma("GCC diagnostic pop") ps_reference_merge(reference, &sums);
}

void ps_reference_array_add(ps_reference *reference, const ps_block *block, unsigned needs) {
    const ps_array_block *array = &block->array;
    if (!(needs & PS_NEED_PRODUCTS) && !array->swapped[0]) {
        add_plain(reference, block, needs & PS_NEED_SQUARES);
        return;
    }
    for (uint64_t i = 0; i < block->count; i++) {
        const ps_int128 element =
            integer_at(array->data[0] + (int64_t)i * array->stride_bytes[0], array->type, array->swapped[0]);
        ps_int128 factor = 1;
        if (needs & PS_NEED_PRODUCTS)
            factor = integer_at(array->data[1] + (int64_t)i * array->stride_bytes[1], array->type,
                                array->swapped[1]);
        ps_reference_add_element(reference, element, factor, needs);
    }
}

/* Mantissas of text that was parsed ahead. */
static void add_scaled(ps_reference_text *reference, const ps_block *block, unsigned needs) {
    for (uint64_t i = 0; i < block->count; i++) {
        int64_t number;
        memcpy(&number, block->array.data[0] + i * sizeof number, sizeof number);
        ps_reference_text_add_scaled(reference, number, block->array.exponent, needs);
    }
}

void ps_reference_list_add(ps_reference_list *reference, const ps_block *block, unsigned needs) {
    const ps_float_environment environment = ps_float_environment_enter();
    switch (block->kind) {
    case PS_BLOCK_RANGE: {
        const parsum_range range = {.first = block->range.first,
                                    .end = block->range.first + (ps_int128)block->count * block->range.step,
                                    .step = block->range.step};
        ps_reference_add(&reference->integers, &range, 0, block->count, needs);
        break;
    }
    case PS_BLOCK_ARRAY:
        if (block->array.exponent != 0)
            add_scaled(&reference->text, block, needs);
        else if (block->array.type == PARSUM_F32 || block->array.type == PARSUM_F64)
            ps_reference_floats_add(&reference->floats, block, needs);
        else
            ps_reference_array_add(&reference->integers, block, needs);
        break;
    case PS_BLOCK_TEXT:
        ps_reference_text_add(reference, block, needs);
        break;
    }
    ps_float_environment_leave(environment);
}

void ps_reference_list_deposit(const ps_reference_list *reference, unsigned needs, ps_partial *partial) {
    const ps_float_environment environment = ps_float_environment_enter();
    ps_integer_partial integers;
    ps_reference_to_partial(&reference->integers, &integers);
    if (ps_kinds[partial->kind].merge_integers != NULL)
        ps_kinds[partial->kind].merge_integers(partial, &integers);
    if (partial->kind == PS_KIND_FLOAT)
        ps_reference_floats_deposit(&reference->floats, needs, partial);
    if (partial->kind == PS_KIND_DECIMAL)
        ps_reference_text_deposit(&reference->text, needs, partial);
    else
        partial->missing += reference->text.missing;
    ps_float_environment_leave(environment);
}
