/* array.c - array blocks on their way to a CPU path: cut, gathered where they do not lie as the path wants them, and the
 * path's sums added to a partial. */
#include "fold/array.h"

#include <string.h>

#include "fold/array_sums.h"

/* Bytes gathered at a time: two operands and what a path needs besides stay in the first-level cache. */
enum { GATHER_BYTES = 8192 };

bool ps_array_is_plain(const ps_array_block *block, int operand) {
    const size_t size_bytes = parsum_type_size(block->type);
    return block->stride_bytes[operand] == (int64_t)size_bytes &&
           (!block->swapped[operand] || size_bytes == 1);
}

/* Inlined with constant size_bytes and swapped, so that a copy is one load and one store. */
static inline __attribute__((always_inline)) void gather(const unsigned char *from, int64_t stride_bytes,
                                                         uint64_t count, size_t size_bytes, bool swapped,
                                                         unsigned char *buffer) {
    for (uint64_t i = 0; i < count; i++) {
        const unsigned char *number = from + (int64_t)i * stride_bytes;
        unsigned char *copy = buffer + i * size_bytes;
        for (size_t byte = 0; byte < size_bytes; byte++)
            copy[byte] = number[swapped ? size_bytes - 1 - byte : byte];
    }
}

void ps_array_gather(const ps_array_block *block, int operand, uint64_t from, uint64_t count, void *buffer) {
    const int64_t stride_bytes = block->stride_bytes[operand];
    const unsigned char *first = block->data[operand] + (int64_t)from * stride_bytes;
    const bool swapped = block->swapped[operand];
    const size_t size_bytes = parsum_type_size(block->type);
    if (ps_array_is_plain(block, operand)) {
        memcpy(buffer, first, count * size_bytes);
        return;
    }
    switch (size_bytes) {
    case 1:
        gather(first, stride_bytes, count, 1, false, buffer);
        break;
    case 2:
        if (swapped)
            gather(first, stride_bytes, count, 2, true, buffer);
        else
            gather(first, stride_bytes, count, 2, false, buffer);
        break;
    case 4:
        if (swapped)
            gather(first, stride_bytes, count, 4, true, buffer);
        else
            gather(first, stride_bytes, count, 4, false, buffer);
        break;
    default:
        if (swapped)
            gather(first, stride_bytes, count, 8, true, buffer);
        else
            gather(first, stride_bytes, count, 8, false, buffer);
    }
}

/* Where count numbers of operand from index from lie as a path wants them: in the block itself, or copied to buffer. */
static const unsigned char *plain_numbers(const ps_array_block *block, int operand, uint64_t from,
                                          uint64_t count, unsigned char *buffer) {
    if (block->data[operand] == NULL)
        return NULL;
    if (ps_array_is_plain(block, operand))
        return block->data[operand] + from * parsum_type_size(block->type);
    ps_array_gather(block, operand, from, count, buffer);
    return buffer;
}

void ps_array_fold(ps_array_function *path, const ps_block *block, unsigned needs,
                   ps_integer_partial *partial) {
    const ps_array_block *array = &block->array;
    unsigned char buffer[2][GATHER_BYTES];
    const bool plain = ps_array_is_plain(array, 0) && (array->data[1] == NULL || ps_array_is_plain(array, 1));
    const uint64_t most = plain ? PS_ARRAY_COUNT_MAX : GATHER_BYTES / parsum_type_size(array->type);
    for (uint64_t done = 0; done < block->count;) {
        const uint64_t left = block->count - done;
        const uint64_t count = left < most ? left : most;
        path(array->type, plain_numbers(array, 0, done, count, buffer[0]),
             plain_numbers(array, 1, done, count, buffer[1]), count, needs, partial);
        done += count;
    }
}

void ps_array_deposit(const ps_array_sums *sums, uint64_t count, unsigned needs,
                      ps_integer_partial *partial) {
    if (needs & PS_NEED_SUM) {
        const ps_wide sum = ps_wide_from_int128(sums->sum);
        ps_wide_add(&partial->sum, &sum);
    }
    if (needs & (PS_NEED_SQUARES | PS_NEED_PRODUCTS))
        ps_wide_add(&partial->squares, &sums->squares);
    if (needs & PS_NEED_MAGNITUDES)
        ps_wide_add_at(&partial->magnitudes, sums->magnitudes, 0);
    if (needs & PS_NEED_EXTREMES) {
        if (partial->head.count == 0 || sums->minimum < partial->minimum)
            partial->minimum = sums->minimum;
        if (partial->head.count == 0 || sums->maximum > partial->maximum)
            partial->maximum = sums->maximum;
    }
    partial->head.count += count;
}

/* The signed integer of size_bytes at address. */
static int64_t signed_number(const unsigned char *address, size_t size_bytes) {
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    switch (size_bytes) {
    case 1:
        memcpy(&i8, address, sizeof i8);
        return i8;
    case 2:
        memcpy(&i16, address, sizeof i16);
        return i16;
    case 4:
        memcpy(&i32, address, sizeof i32);
        return i32;
    default:
        memcpy(&i64, address, sizeof i64);
        return i64;
    }
}

void ps_array_set_extremes(const void *least, const void *greatest, size_t vector_bytes, size_t size_bytes,
                           bool is_signed, ps_array_sums *sums) {
    int64_t minimum = signed_number(least, size_bytes);
    int64_t maximum = signed_number(greatest, size_bytes);
    for (size_t at = size_bytes; at < vector_bytes; at += size_bytes) {
        const int64_t low = signed_number((const unsigned char *)least + at, size_bytes);
        const int64_t high = signed_number((const unsigned char *)greatest + at, size_bytes);
        minimum = low < minimum ? low : minimum;
        maximum = high > maximum ? high : maximum;
    }
    const ps_int128 bias = is_signed ? 0 : (ps_int128)1 << (8 * size_bytes - 1);
    sums->minimum = minimum + bias;
    sums->maximum = maximum + bias;
}
