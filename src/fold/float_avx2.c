/* float_avx2.c - the path for AVX2 and FMA: four doubles. */
#include <immintrin.h>
#include <stdint.h>

typedef uint64_t ps_vector __attribute__((vector_size(32)));
typedef double ps_doubles __attribute__((vector_size(32)));
typedef float ps_floats __attribute__((vector_size(16)));
typedef uint32_t ps_words __attribute__((vector_size(32)));
#define PS_PATH ps_float_avx2
#define PS_LOOPS ps_float_loops_avx2
#define PS_LANES 4
#define PS_WIDEN(floats) ((ps_doubles)_mm256_cvtps_pd((__m128)(floats)))
#define PS_HIGH_MAXIMUM(a, b) ((ps_vector)_mm256_max_epu32((__m256i)(a), (__m256i)(b)))
#define PS_HIGH_MINIMUM(a, b) ((ps_vector)_mm256_min_epu32((__m256i)(a), (__m256i)(b)))
#define PS_WORD_MAXIMUM(a, b) ((ps_words)_mm256_max_epu32((__m256i)(a), (__m256i)(b)))
#define PS_WORD_MINIMUM(a, b) ((ps_words)_mm256_min_epu32((__m256i)(a), (__m256i)(b)))
#define PS_GREATER(a, b) ((ps_doubles)_mm256_max_pd((__m256d)(a), (__m256d)(b)))
#define PS_LESSER(a, b) ((ps_doubles)_mm256_min_pd((__m256d)(a), (__m256d)(b)))
#define PS_ADD_NEGATIVE(total, numbers, values) \
    ((total) + ((ps_vector)_mm256_cmpgt_epi64(_mm256_setzero_si256(), (__m256i)(numbers)) & (values)))
#define PS_PRODUCT_ERROR(a, b, p) ((ps_doubles)_mm256_fmsub_pd((__m256d)(a), (__m256d)(b), (__m256d)(p)))
#define PS_PRODUCT_ERROR_OF_ANY
#include "fold/float_template.h"
