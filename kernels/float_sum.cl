/* float_sum.cl - sums of floats alone, at the speed of memory. */

FLOAT_KERNEL_ONE(float_sum, FLOAT_VALUE)
