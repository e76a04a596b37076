/* array_avx512ifma.c - the path for AVX-512 IFMA: as that for AVX-512 F, but vpmadd52 for squares of 64 bits. */
#include <immintrin.h>
#include <stdint.h>

typedef uint64_t ps_vector __attribute__((vector_size(64)));
#define PS_PATH ps_array_avx512ifma
#define PS_LANES 8
#define PS_MULTIPLY_LOW32(a, b) ((ps_vector)_mm512_mul_epu32((__m512i)(a), (__m512i)(b)))
#define PS_MULTIPLY_SIGNED32(a, b) ((ps_vector)_mm512_mul_epi32((__m512i)(a), (__m512i)(b)))
#define PS_ABSOLUTE32(a) ((ps_vector)_mm512_abs_epi32((__m512i)(a)))
#define PS_ABSOLUTE64(a) ((ps_vector)_mm512_abs_epi64((__m512i)(a)))
#define PS_LEAST32(a, b) ((ps_vector)_mm512_min_epi32((__m512i)(a), (__m512i)(b)))
#define PS_GREATEST32(a, b) ((ps_vector)_mm512_max_epi32((__m512i)(a), (__m512i)(b)))
#define PS_LEAST64(a, b) ((ps_vector)_mm512_min_epi64((__m512i)(a), (__m512i)(b)))
#define PS_GREATEST64(a, b) ((ps_vector)_mm512_max_epi64((__m512i)(a), (__m512i)(b)))
#define PS_MULTIPLY_ADD52_LOW(t, a, b) \
    ((ps_vector)_mm512_madd52lo_epu64((__m512i)(t), (__m512i)(a), (__m512i)(b)))
#define PS_MULTIPLY_ADD52_HIGH(t, a, b) \
    ((ps_vector)_mm512_madd52hi_epu64((__m512i)(t), (__m512i)(a), (__m512i)(b)))
#define PS_NARROW ps_array_avx2
#define PS_KEEP(vector) __asm__("" : "+v"(vector))
#include "fold/array_template.h"
