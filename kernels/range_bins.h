/* range_bins.h - what one work-group of a range kernel returns: PS_BINS 64-bit bins. Read by the kernels and by the
 * host, which adds each bin at its bit: bin b counts 2^PS_BIN_BITS[b], of the sum or of the sum of squares. A work-item
 * needs PS_BINS numbers of local memory. The sums stand first, then the minimum, then the maximum. */
#define PS_BIN_SUM_LOW 0
#define PS_BIN_SUM_HIGH 1
#define PS_BIN_LL_LOW 2
#define PS_BIN_LL_HIGH 3
#define PS_BIN_LH_LOW 4
#define PS_BIN_LH_HIGH 5
#define PS_BIN_HH_LOW 6
#define PS_BIN_HH_HIGH 7
#define PS_BIN_LEAST 8
#define PS_BIN_GREATEST 9
#define PS_BINS 10
#define PS_BIN_FIRST_SQUARE PS_BIN_LL_LOW
#define PS_BIN_BITS \
    { 0, 32, 0, 32, 33, 65, 64, 96 }
