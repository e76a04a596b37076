/* float_emulated.c - the template of the CPU paths a second time: eight lanes, as with AVX-512, in plain C, so that they are
 * tested on every machine. */
#include "float_emulated.h"

#include <math.h>
#include <stdint.h>

/* How functions give and take vectors that the machine lacks is no settled matter, and compilers warn of it, unless they are told
 * not to (CMakeLists.txt): so all such functions, those of the template too, are inlined. */
#define inline inline __attribute__((always_inline))

typedef uint64_t ps_vector __attribute__((vector_size(64)));
typedef double ps_doubles __attribute__((vector_size(64)));
typedef float ps_floats __attribute__((vector_size(32)));
typedef uint32_t ps_words __attribute__((vector_size(64)));

/* a where mask is all ones, b where it is zeros. */
static inline ps_vector chosen(ps_vector mask, ps_vector a, ps_vector b) {
    return (a & mask) | (b & ~mask);
}

static inline ps_words chosen_words(ps_words mask, ps_words a, ps_words b) {
    return (a & mask) | (b & ~mask);
}

static inline ps_doubles product_errors(ps_doubles a, ps_doubles b, ps_doubles p) {
    ps_doubles errors;
    for (int lane = 0; lane < 8; lane++)
        errors[lane] = fma(a[lane], b[lane], -p[lane]);
    return errors;
}

#define PS_PATH test_float_emulated
#define PS_LOOPS test_float_loops_emulated
#define PS_LANES 8
#define PS_WIDEN(floats) __builtin_convertvector(floats, ps_doubles)
#define PS_HIGH_MAXIMUM(a, b) chosen((ps_vector)((a) > (b)), a, b)
#define PS_HIGH_MINIMUM(a, b) chosen((ps_vector)((a) < (b)), a, b)
#define PS_WORD_MAXIMUM(a, b) chosen_words((ps_words)((a) > (b)), a, b)
#define PS_WORD_MINIMUM(a, b) chosen_words((ps_words)((a) < (b)), a, b)
#define PS_GREATER(a, b) ((ps_doubles)chosen((ps_vector)((a) > (b)), (ps_vector)(a), (ps_vector)(b)))
#define PS_LESSER(a, b) ((ps_doubles)chosen((ps_vector)((a) < (b)), (ps_vector)(a), (ps_vector)(b)))
#define PS_ADD_NEGATIVE(total, numbers, values) ((total) + ((0 - ((numbers) >> 63)) & (values)))
#define PS_PRODUCT_ERROR(a, b, p) product_errors(a, b, p)
#define PS_PRODUCT_ERROR_OF_ANY
#include "fold/float_template.h"
