/* progression_avx512ifma.c - the path for AVX-512 IFMA: eight lanes, vpmuludq below 2^32 and vpmadd52 above. */
#include <immintrin.h>
#include <stdint.h>

typedef uint64_t ps_vector __attribute__((vector_size(64)));
#define PS_PATH ps_progression_avx512ifma
#define PS_LANES 8
#define PS_MULTIPLY_LOW32(a, b) ((ps_vector)_mm512_mul_epu32((__m512i)(a), (__m512i)(b)))
#define PS_MULTIPLY_ADD52_LOW(t, a, b) \
    ((ps_vector)_mm512_madd52lo_epu64((__m512i)(t), (__m512i)(a), (__m512i)(b)))
#define PS_MULTIPLY_ADD52_HIGH(t, a, b) \
    ((ps_vector)_mm512_madd52hi_epu64((__m512i)(t), (__m512i)(a), (__m512i)(b)))
#define PS_KEEP(vector) __asm__("" : "+v"(vector))
#include "fold/progression_template.h"
