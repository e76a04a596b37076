/* isa_emulated.c - the template of the CPU paths a second time: eight lanes, and the 52-bit instructions in plain C. */
#include "isa_emulated.h"

#include <stdint.h>

/* How functions give and take vectors that the machine lacks is no settled matter, and compilers warn of it: so all such
 * functions, those of the template too, are inlined. */
#pragma GCC diagnostic ignored "-Wpsabi"
#define inline inline __attribute__((always_inline))

typedef uint64_t ps_vector __attribute__((vector_size(64)));
enum { EMULATED_LANES = 8 };

uint64_t test_emulated_lane_maximum;
bool test_emulated_lane_overflow;

static inline ps_vector multiply_low32(ps_vector a, ps_vector b) {
    ps_vector product;
    for (int lane = 0; lane < EMULATED_LANES; lane++)
        product[lane] = (a[lane] & UINT32_MAX) * (b[lane] & UINT32_MAX);
    return product;
}

/* What vpmadd52luq and vpmadd52huq do: the 52 bits from bit shift of the product of the low 52 bits, added. */
static inline ps_vector multiply_add52(ps_vector total, ps_vector a, ps_vector b, unsigned shift) {
    const uint64_t mask = (UINT64_C(1) << 52) - 1;
    for (int lane = 0; lane < EMULATED_LANES; lane++) {
        const ps_uint128 product = (ps_uint128)(a[lane] & mask) * (b[lane] & mask);
        const uint64_t term = (uint64_t)(product >> shift) & mask;
        const uint64_t sum = total[lane] + term;
        test_emulated_lane_overflow |= sum < term;
        if (sum > test_emulated_lane_maximum)
            test_emulated_lane_maximum = sum;
        total[lane] = sum;
    }
    return total;
}

#define PS_PATH test_progression_emulated
#define PS_LANES 8
#define PS_MULTIPLY_LOW32(a, b) multiply_low32(a, b)
#define PS_MULTIPLY_ADD52_LOW(t, a, b) multiply_add52(t, a, b, 0)
#define PS_MULTIPLY_ADD52_HIGH(t, a, b) multiply_add52(t, a, b, 52)
#define PS_KEEP(vector) __asm__("" : "+m"(vector))
#include "fold/progression_template.h"

uint64_t test_emulated_squares_a_burst(uint64_t maximum) {
    return squares_a_burst(maximum);
}

uint64_t test_emulated_burst52(void) {
    return BURST52;
}

uint64_t test_emulated_stride(void) {
    return STRIDE;
}
