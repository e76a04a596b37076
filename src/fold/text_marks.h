/* text_marks.h - where a byte stands among 64, as bits: bit i for byte i. By SSE2 where the machine has it, else eight bytes at
 * a time; both are here on every machine that can, so that a test may compare them. */
#ifndef PS_TEXT_MARKS_H
#define PS_TEXT_MARKS_H

#include "fold/short_number.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { PS_MARKS_BYTES = 64 };

/* The three marks that records are found by. */
typedef struct ps_marks {
    uint64_t ends; /* delimiters and line feeds */
    uint64_t quotes;
} ps_marks;

/* Bit 7 of every byte that is zero, and no other bit: the sum sets it where one of the lower seven bits is set, and carries
 * nothing out of its byte. */
static inline uint64_t ps_mark_zeros(uint64_t word) {
    const uint64_t low = PS_EACH_BYTE(0x7f);
    return ~(((word & low) + low) | word | low);
}

/* Bits 7 of the eight bytes as one byte, the lowest byte's in bit 0. With them moved to bits 8i, the factor's bits 56 - 7i take
 * each to bit 56 + i; every other product lands on a bit of its own below 56 or beyond 63, so nothing carries. */
static inline uint64_t ps_gather_marks(uint64_t marks) {
    return ((marks >> 7) * UINT64_C(0x0102040810204080)) >> 56;
}

static inline ps_marks ps_marks_portable(const char *at, char delimiter) {
    const uint64_t delimiters = PS_EACH_BYTE((unsigned char)delimiter);
    ps_marks marks = {0, 0};
    for (int i = 0; i < PS_MARKS_BYTES; i += 8) {
        const uint64_t word = ps_load_bytes(at + i);
        const uint64_t ends = ps_mark_zeros(word ^ delimiters) | ps_mark_zeros(word ^ PS_EACH_BYTE('\n'));
        marks.ends |= ps_gather_marks(ends) << i;
        marks.quotes |= ps_gather_marks(ps_mark_zeros(word ^ PS_EACH_BYTE('"'))) << i;
    }
    return marks;
}

#ifdef __SSE2__
static inline ps_marks ps_marks_find(const char *at, char delimiter) {
    const __m128i delimiters = _mm_set1_epi8(delimiter), feeds = _mm_set1_epi8('\n');
    const __m128i quote = _mm_set1_epi8('"');
    ps_marks marks = {0, 0};
    for (int i = 0; i < PS_MARKS_BYTES; i += 16) {
        const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + i));
        const __m128i ends = _mm_or_si128(_mm_cmpeq_epi8(bytes, delimiters), _mm_cmpeq_epi8(bytes, feeds));
        marks.ends |= (uint64_t)(unsigned)_mm_movemask_epi8(ends) << i;
        marks.quotes |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, quote)) << i;
    }
    return marks;
}
#else
static inline ps_marks ps_marks_find(const char *at, char delimiter) {
    return ps_marks_portable(at, delimiter);
}
#endif

/* Bit i is set where an odd number of the bits 0 to i of bits are. */
static inline uint64_t ps_odd_up_to(uint64_t bits) {
    for (int shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

#endif
