/* array_bins.h - what one work-group of an integer array kernel returns: PS_ARRAY_BINS 64-bit bins. Read by the kernels and
 * by the host, which knows what each counts (array_kernels.c). A work-item needs PS_ARRAY_BINS numbers of local memory. The
 * sums stand first, then the minimum, then the maximum. */
#define PS_ARRAY_SUM_LOW 0
#define PS_ARRAY_SUM_HIGH 1
/* Of what is not negative; in a product, of the right operand. */
#define PS_ARRAY_OTHER_LOW 2
#define PS_ARRAY_OTHER_HIGH 3
/* Halves of products: of the low halves of the factors, of a low with a high one (both ways), of the high ones. */
#define PS_ARRAY_LL_LOW 4
#define PS_ARRAY_LL_HIGH 5
#define PS_ARRAY_CROSS_LOW 6
#define PS_ARRAY_CROSS_HIGH 7
#define PS_ARRAY_HH_LOW 8
#define PS_ARRAY_HH_HIGH 9
#define PS_ARRAY_LEAST 10
#define PS_ARRAY_GREATEST 11
#define PS_ARRAY_BINS 12
