/* array_products.cl - sums of the products of two arrays, and of each array. The first decides what the head is; the second
 * may lie at any multiple of its numbers' size. */

static void add_pair(__local ulong *bins, ulong u, ulong v) {
    add_number(bins, u);
    add_other(bins, v);
    add_product(bins, u, v);
}

typedef struct narrow_products {
    split_sum left, right, product;
} narrow_products;

/* Of eight pairs of numbers up to 32 bits, two in a lane, whose products are below 2^64. */
static void add_narrow_products(narrow_products *sums, uint8 left, uint8 right) {
    const ulong4 u = as_ulong4(left), v = as_ulong4(right);
    split_add(&sums->left, u);
    split_add(&sums->right, v);
    split_add(&sums->product, (u & LOW_HALF) * (v & LOW_HALF));
    split_add(&sums->product, (u >> 32) * (v >> 32));
}

ARRAY_KERNEL(array_products_narrow) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_ARRAY_BINS;
    __global const uchar *numbers = left + left_offset;
    __global const uchar *factors = right + right_offset;
    const share own = own_share(left_offset, count, size, 8u, interleaved);
    __global const uchar *left_vectors = numbers + own.head * size;
    __global const uchar *right_vectors = factors + own.head * size;
    const uint8 flip = (uint8)((uint)bias);
    narrow_products sums = {no_terms(), no_terms(), no_terms()};
#define ADD_VECTOR(at)                                                       \
    add_narrow_products(&sums, load_narrow(left_vectors, size, (at)) ^ flip, \
                        load_narrow(right_vectors, size, (at)) ^ flip)
    FOR_OWN_VECTORS(own, ADD_VECTOR);
#undef ADD_VECTOR
    clear_bins(own_bins);
    split_store(own_bins + PS_ARRAY_SUM_LOW, &sums.left);
    split_store(own_bins + PS_ARRAY_OTHER_LOW, &sums.right);
    split_store(own_bins + PS_ARRAY_LL_LOW, &sums.product);
    for (ulong i = get_global_id(0); i < own.rest; i += get_global_size(0)) {
        const ulong place = rest_place(own, i);
        add_pair(own_bins, load_number(numbers, size, place) ^ bias,
                 load_number(factors, size, place) ^ bias);
    }
    reduce_array_bins(bins, scratch);
}

typedef struct wide_products {
    split_sum left, right, ll, cross, hh;
} wide_products;

/* Of 64-bit numbers: (h * 2^32 + l) * (k * 2^32 + m). */
static void add_wide_products(wide_products *sums, ulong4 u, ulong4 v) {
    const ulong4 l = u & LOW_HALF, h = u >> 32;
    const ulong4 m = v & LOW_HALF, k = v >> 32;
    sums->left.total += u;
    sums->left.high += h;
    sums->right.total += v;
    sums->right.high += k;
    split_add(&sums->ll, l * m);
    split_add(&sums->cross, l * k);
    split_add(&sums->cross, h * m);
    split_add(&sums->hh, h * k);
}

ARRAY_KERNEL(array_products_wide) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_ARRAY_BINS;
    __global const uchar *numbers = left + left_offset;
    __global const uchar *factors = right + right_offset;
    const share own = own_share(left_offset, count, 8u, 4u, interleaved);
    __global const ulong *left_words = (__global const ulong *)(numbers + own.head * 8UL);
    __global const ulong *right_words = (__global const ulong *)(factors + own.head * 8UL);
    const ulong4 flip = (ulong4)(bias);
    wide_products sums = {no_terms(), no_terms(), no_terms(), no_terms(), no_terms()};
#define ADD_VECTOR(at) \
    add_wide_products(&sums, vload4((at), left_words) ^ flip, vload4((at), right_words) ^ flip)
    FOR_OWN_VECTORS(own, ADD_VECTOR);
#undef ADD_VECTOR
    clear_bins(own_bins);
    split_store(own_bins + PS_ARRAY_SUM_LOW, &sums.left);
    split_store(own_bins + PS_ARRAY_OTHER_LOW, &sums.right);
    split_store(own_bins + PS_ARRAY_LL_LOW, &sums.ll);
    split_store(own_bins + PS_ARRAY_CROSS_LOW, &sums.cross);
    split_store(own_bins + PS_ARRAY_HH_LOW, &sums.hh);
    for (ulong i = get_global_id(0); i < own.rest; i += get_global_size(0)) {
        const ulong place = rest_place(own, i);
        add_pair(own_bins, load_number(numbers, 8u, place) ^ bias, load_number(factors, 8u, place) ^ bias);
    }
    reduce_array_bins(bins, scratch);
}
