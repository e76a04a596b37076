/* float_products.cl - sums of the products of two arrays of floats. */

FLOAT_KERNEL_ONE(float_products, FLOAT_PRODUCT)
