/* progression_avx2.c - the path for AVX2: four lanes, vpmuludq. */
#include <immintrin.h>
#include <stdint.h>

typedef uint64_t ps_vector __attribute__((vector_size(32)));
#define PS_PATH ps_progression_avx2
#define PS_LANES 4
#define PS_MULTIPLY_LOW32(a, b) ((ps_vector)_mm256_mul_epu32((__m256i)(a), (__m256i)(b)))
#define PS_KEEP(vector) __asm__("" : "+x"(vector))
#include "fold/progression_template.h"
