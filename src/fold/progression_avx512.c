/* progression_avx512.c - the path for AVX-512 F: eight lanes, vpmuludq. */
#include <immintrin.h>
#include <stdint.h>

typedef uint64_t ps_vector __attribute__((vector_size(64)));
#define PS_PATH ps_progression_avx512
#define PS_LANES 8
#define PS_MULTIPLY_LOW32(a, b) ((ps_vector)_mm512_mul_epu32((__m512i)(a), (__m512i)(b)))
#define PS_KEEP(vector) __asm__("" : "+v"(vector))
#include "fold/progression_template.h"
