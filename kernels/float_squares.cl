/* float_squares.cl - sums of the squares of floats alone. */

FLOAT_KERNEL_ONE(float_squares, FLOAT_SQUARE)
