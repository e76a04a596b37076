/* array_emulated.c - the template of the array paths: eight lanes in plain C. */
#include "array_emulated.h"

#include <stdint.h>

/* How functions give and take vectors that the machine lacks is no settled matter, and compilers warn of it: so all such
 * functions, those of the template too, are inlined. */
#pragma GCC diagnostic ignored "-Wpsabi"
#define EMULATED static inline __attribute__((always_inline))

typedef uint64_t ps_vector __attribute__((vector_size(64)));
enum { EMULATED_LANES = 8 };

EMULATED ps_vector multiply_low32(ps_vector a, ps_vector b) {
    return (a & UINT32_MAX) * (b & UINT32_MAX);
}

EMULATED ps_vector multiply_signed32(ps_vector a, ps_vector b) {
    ps_vector product;
    for (int lane = 0; lane < EMULATED_LANES; lane++)
        product[lane] = (uint64_t)((int64_t)(int32_t)(uint32_t)a[lane] * (int32_t)(uint32_t)b[lane]);
    return product;
}

EMULATED uint32_t absolute_half(uint32_t half) {
    return half >> 31 ? -half : half;
}

EMULATED ps_vector absolute32(ps_vector a) {
    for (int lane = 0; lane < EMULATED_LANES; lane++)
        a[lane] = (uint64_t)absolute_half((uint32_t)(a[lane] >> 32)) << 32 | absolute_half((uint32_t)a[lane]);
    return a;
}

EMULATED ps_vector absolute64(ps_vector a) {
    for (int lane = 0; lane < EMULATED_LANES; lane++)
        a[lane] = a[lane] >> 63 ? -a[lane] : a[lane];
    return a;
}

/* a where it is less than b, as signed numbers, or where it is not, else b. */
EMULATED ps_vector choose64(ps_vector a, ps_vector b, bool less) {
    for (int lane = 0; lane < EMULATED_LANES; lane++)
        a[lane] = ((int64_t)a[lane] < (int64_t)b[lane]) == less ? a[lane] : b[lane];
    return a;
}

EMULATED uint32_t choose_half(uint32_t a, uint32_t b, bool less) {
    return ((int32_t)a < (int32_t)b) == less ? a : b;
}

EMULATED ps_vector choose32(ps_vector a, ps_vector b, bool less) {
    for (int lane = 0; lane < EMULATED_LANES; lane++)
        a[lane] = (uint64_t)choose_half((uint32_t)(a[lane] >> 32), (uint32_t)(b[lane] >> 32), less) << 32 |
                  choose_half((uint32_t)a[lane], (uint32_t)b[lane], less);
    return a;
}

#ifdef EMULATED_IFMA

uint64_t test_array_lane_maximum;
bool test_array_lane_overflow;

/* What vpmadd52luq and vpmadd52huq do: the 52 bits from bit shift of the product of the low 52 bits, added. */
EMULATED ps_vector multiply_add52(ps_vector total, ps_vector a, ps_vector b, unsigned shift) {
    const uint64_t mask = (UINT64_C(1) << 52) - 1;
    for (int lane = 0; lane < EMULATED_LANES; lane++) {
        const ps_uint128 product = (ps_uint128)(a[lane] & mask) * (b[lane] & mask);
        const uint64_t term = (uint64_t)(product >> shift) & mask;
        const uint64_t sum = total[lane] + term;
        test_array_lane_overflow |= sum < term;
        if (sum > test_array_lane_maximum)
            test_array_lane_maximum = sum;
        total[lane] = sum;
    }
    return total;
}

#define PS_PATH test_array_emulated_ifma
#define PS_MULTIPLY_ADD52_LOW(t, a, b) multiply_add52(t, a, b, 0)
#define PS_MULTIPLY_ADD52_HIGH(t, a, b) multiply_add52(t, a, b, 52)
#else
#define PS_PATH test_array_emulated
#endif
#define PS_LANES 8
#define PS_MULTIPLY_LOW32(a, b) multiply_low32(a, b)
#define PS_MULTIPLY_SIGNED32(a, b) multiply_signed32(a, b)
#define PS_ABSOLUTE32(a) absolute32(a)
#define PS_ABSOLUTE64(a) absolute64(a)
#define PS_LEAST32(a, b) choose32(a, b, true)
#define PS_GREATEST32(a, b) choose32(a, b, false)
#define PS_LEAST64(a, b) choose64(a, b, true)
#define PS_GREATEST64(a, b) choose64(a, b, false)
#define PS_KEEP(vector) __asm__("" : "+m"(vector))
#define PS_NARROW ps_array_portable
#include "fold/array_template.h"

#ifdef EMULATED_IFMA
uint64_t test_array_stride_bytes(void) {
    return STRIDE_BYTES;
}

uint64_t test_array_burst52(void) {
    return BURST52;
}
#endif
