/* float_portable.c - the path in plain C, for any 64-bit machine. */
#include <stdint.h>
#include <string.h>

/* The nearest number of 26 bits to value, a normal double below 2^1023: half a unit of the 27 bits below is added to the bit
 * pattern, which carries into the exponent where it must, and they are cleared. */
static inline double upper_part(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    bits = (bits + (UINT64_C(1) << 26)) & ~((UINT64_C(1) << 27) - 1);
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* a * b - p for p = a * b rounded, without a fused multiply-add (Dekker, "A floating-point technique for extending the available
 * precision", 1971). Exact where both factors are 0 or normal doubles below 2^1023, p does not overflow, and the product of
 * their units is 2^-1022 or more, so that no step is subnormal.
 *
 * In these units the factors are integers from 2^52 to 2^53, their upper parts multiples of 2^27 up to 2^53, the lower parts
 * al and bl at most 2^26: all four products have at most 53 bits. p = ab + d, |d| <= 2^52, and p is a multiple of 2^52. Then
 * ah*bh - p is a multiple of 2^52 below 2^81; with ah*bl it is -(al*bh + al*bl + d), a multiple of 2^27 below 2^80; with
 * al*bh it is -(al*bl + d), an integer of at most 2^53; and with al*bl, -d. So every sum is exact. */
static inline double product_error(double a, double b, double p) {
    const double ah = upper_part(a), al = a - ah;
    const double bh = upper_part(b), bl = b - bh;
    return ah * bh - p + ah * bl + al * bh + al * bl;
}

typedef uint64_t ps_vector;
typedef double ps_doubles;
typedef float ps_floats;
typedef uint32_t ps_words __attribute__((vector_size(8)));

/* a where mask is all ones, b where it is zeros. */
static inline ps_words chosen(ps_words mask, ps_words a, ps_words b) {
    return (a & mask) | (b & ~mask);
}

#define PS_PATH ps_float_portable
#define PS_LOOPS ps_float_loops_portable
#define PS_LANES 1
#define PS_WIDEN(floats) ((double)(floats))
#define PS_HIGH_MAXIMUM(a, b) ((a) > (b) ? (a) : (b))
#define PS_HIGH_MINIMUM(a, b) ((a) < (b) ? (a) : (b))
#define PS_WORD_MAXIMUM(a, b) chosen((ps_words)((a) > (b)), a, b)
#define PS_WORD_MINIMUM(a, b) chosen((ps_words)((a) < (b)), a, b)
#define PS_GREATER(a, b) ((a) > (b) ? (a) : (b))
#define PS_LESSER(a, b) ((a) < (b) ? (a) : (b))
#define PS_ADD_NEGATIVE(total, numbers, values) ((total) + ((0 - ((numbers) >> 63)) & (values)))
#define PS_PRODUCT_ERROR(a, b, p) product_error(a, b, p)
#include "fold/float_template.h"
