/* float_bins.h - what one work-group of a kernel of floats returns: 64-bit bins, read by the kernels and by the host
 * (float_part.c). For each term that is summed up there are PS_FLOAT_DIGITS digits, two's complement integers of which number
 * d counts 2^(base + 32 d); the launch's base is another for products. Then a flag: not 0 where the group has met a number
 * that the digits do not hold, so that all its bins are worth nothing. Then, in the kernel that finds extremes, the least and
 * the greatest key (float_spans.cl). A work-item needs as many numbers of local memory. */
#define PS_FLOAT_DIGIT_COUNT 12
#define PS_FLOAT_TERMS_MAX 3
/* Of a kernel of one term, and of the one that sums values, squares and magnitudes, in this order. */
#define PS_FLOAT_BINS_ONE (PS_FLOAT_DIGIT_COUNT + 1)
#define PS_FLOAT_BINS_ALL (PS_FLOAT_TERMS_MAX * PS_FLOAT_DIGIT_COUNT + 3)
/* Bits above the base at which a number or a sum of slices, which take three digits, and a product, which takes five, may
 * begin. */
#define PS_FLOAT_NUMBER_POSITION_MAX (32 * (PS_FLOAT_DIGIT_COUNT - 3) + 31)
#define PS_FLOAT_PRODUCT_POSITION_MAX (32 * (PS_FLOAT_DIGIT_COUNT - 5) + 31)
/* Both bases in one kernel argument: each plus this in 32 bits, that of products in the upper ones. */
#define PS_FLOAT_BASE_BIAS 4096
