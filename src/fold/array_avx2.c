/* array_avx2.c - the path for AVX2: four lanes, vpmuludq; and the narrow types of every x86 path. */
#include <immintrin.h>
#include <stdint.h>

typedef uint64_t ps_vector __attribute__((vector_size(32)));
typedef int64_t ps_signed_vector __attribute__((vector_size(32)));

static inline ps_vector absolute64(ps_vector a) {
    const ps_vector sign = (ps_vector)((ps_signed_vector)a >> 63);
    return (a ^ sign) - sign;
}

/* a where select is all ones, b where it is zero. */
static inline ps_vector select64(__m256i select, ps_vector a, ps_vector b) {
    return (ps_vector)_mm256_blendv_epi8((__m256i)b, (__m256i)a, select);
}

#define PS_PATH ps_array_avx2
#define PS_LANES 4
#define PS_MULTIPLY_LOW32(a, b) ((ps_vector)_mm256_mul_epu32((__m256i)(a), (__m256i)(b)))
#define PS_MULTIPLY_SIGNED32(a, b) ((ps_vector)_mm256_mul_epi32((__m256i)(a), (__m256i)(b)))
#define PS_ABSOLUTE32(a) ((ps_vector)_mm256_abs_epi32((__m256i)(a)))
#define PS_ABSOLUTE64(a) absolute64(a)
#define PS_LEAST32(a, b) ((ps_vector)_mm256_min_epi32((__m256i)(a), (__m256i)(b)))
#define PS_GREATEST32(a, b) ((ps_vector)_mm256_max_epi32((__m256i)(a), (__m256i)(b)))
#define PS_LEAST64(a, b) select64(_mm256_cmpgt_epi64((__m256i)(b), (__m256i)(a)), a, b)
#define PS_GREATEST64(a, b) select64(_mm256_cmpgt_epi64((__m256i)(a), (__m256i)(b)), a, b)
#define PS_KEEP(vector) __asm__("" : "+x"(vector))
#include "fold/array_template.h"
