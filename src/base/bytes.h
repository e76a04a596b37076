/* bytes.h - integers as little-endian bytes, on every machine, with the ends of the buffers watched. */
#ifndef PS_BYTES_H
#define PS_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes being written. full: something did not fit, and was left out. */
typedef struct ps_bytes_out {
    unsigned char *data;
    size_t size, capacity;
    bool full;
} ps_bytes_out;

/* Bytes being read. short_of: something was asked for behind the end, and was read as zeros. */
typedef struct ps_bytes_in {
    const unsigned char *data;
    size_t at, size;
    bool short_of;
} ps_bytes_in;

static inline void ps_bytes_put(ps_bytes_out *out, const void *data, size_t size) {
    if (out->full || out->capacity - out->size < size) {
        out->full = true;
        return;
    }
    memcpy(out->data + out->size, data, size);
    out->size += size;
}

/* value < 2^(8 * size), size <= 8. */
static inline void ps_bytes_put_integer(ps_bytes_out *out, uint64_t value, size_t size) {
    unsigned char bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(value >> 8 * i);
    ps_bytes_put(out, bytes, size);
}

static inline void ps_bytes_get(ps_bytes_in *in, void *data, size_t size) {
    if (in->short_of || in->size - in->at < size) {
        in->short_of = true;
        memset(data, 0, size);
        return;
    }
    memcpy(data, in->data + in->at, size);
    in->at += size;
}

/* size <= 8. */
static inline uint64_t ps_bytes_get_integer(ps_bytes_in *in, size_t size) {
    unsigned char bytes[8];
    uint64_t value = 0;
    ps_bytes_get(in, bytes, size);
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

#endif
