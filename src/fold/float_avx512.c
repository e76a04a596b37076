/* float_avx512.c - the path for AVX-512 F: eight doubles. */
#include <immintrin.h>
#include <stdint.h>

typedef uint64_t ps_vector __attribute__((vector_size(64)));
typedef double ps_doubles __attribute__((vector_size(64)));
typedef float ps_floats __attribute__((vector_size(32)));
typedef uint32_t ps_words __attribute__((vector_size(64)));
#define PS_PATH ps_float_avx512
#define PS_LOOPS ps_float_loops_avx512
#define PS_LANES 8
#define PS_WIDEN(floats) ((ps_doubles)_mm512_cvtps_pd((__m256)(floats)))
#define PS_HIGH_MAXIMUM(a, b) ((ps_vector)_mm512_max_epu32((__m512i)(a), (__m512i)(b)))
#define PS_HIGH_MINIMUM(a, b) ((ps_vector)_mm512_min_epu32((__m512i)(a), (__m512i)(b)))
#define PS_WORD_MAXIMUM(a, b) ((ps_words)_mm512_max_epu32((__m512i)(a), (__m512i)(b)))
#define PS_WORD_MINIMUM(a, b) ((ps_words)_mm512_min_epu32((__m512i)(a), (__m512i)(b)))
#define PS_GREATER(a, b) ((ps_doubles)_mm512_max_pd((__m512d)(a), (__m512d)(b)))
#define PS_LESSER(a, b) ((ps_doubles)_mm512_min_pd((__m512d)(a), (__m512d)(b)))
#define PS_ADD_NEGATIVE(total, numbers, values)                                                            \
    ((ps_vector)_mm512_mask_add_epi64((__m512i)(total),                                                    \
                                      _mm512_cmplt_epi64_mask((__m512i)(numbers), _mm512_setzero_si512()), \
                                      (__m512i)(total), (__m512i)(values)))
#define PS_PRODUCT_ERROR(a, b, p) ((ps_doubles)_mm512_fmsub_pd((__m512d)(a), (__m512d)(b), (__m512d)(p)))
#define PS_PRODUCT_ERROR_OF_ANY
#include "fold/float_template.h"
