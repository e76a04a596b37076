/* array_squares.cl - sums and sums of squares. */

ARRAY_KERNEL(array_squares_narrow) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_ARRAY_BINS;
    __global const uchar *numbers = left + left_offset;
    const share own = own_share(left_offset, count, size, 8u, interleaved);
    __global const uchar *vectors = numbers + own.head * size;
    const uint8 flip = (uint8)((uint)bias);
    narrow_squares sums = {no_terms(), no_terms()};
#define ADD_VECTOR(at) add_narrow_squares(&sums, load_narrow(vectors, size, (at)) ^ flip)
    FOR_OWN_VECTORS(own, ADD_VECTOR);
#undef ADD_VECTOR
    clear_bins(own_bins);
    store_narrow_squares(own_bins, &sums);
    for (ulong i = get_global_id(0); i < own.rest; i += get_global_size(0)) {
        const ulong u = load_number(numbers, size, rest_place(own, i)) ^ bias;
        add_number(own_bins, u);
        add_product(own_bins, u, u);
    }
    reduce_array_bins(bins, scratch);
}

ARRAY_KERNEL(array_squares_wide) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_ARRAY_BINS;
    __global const uchar *numbers = left + left_offset;
    const share own = own_share(left_offset, count, 8u, 8u, interleaved);
    __global const ulong *words = (__global const ulong *)(numbers + own.head * 8UL);
    const ulong4 flip = (ulong4)(bias);
    wide_squares sums = {no_terms(), no_terms(), no_terms(), no_terms()};
#define ADD_VECTOR(at)                                                   \
    do {                                                                 \
        add_wide_squares(&sums, vload4(2UL * (at), words) ^ flip);       \
        add_wide_squares(&sums, vload4(2UL * (at) + 1UL, words) ^ flip); \
    } while (0)
    FOR_OWN_VECTORS(own, ADD_VECTOR);
#undef ADD_VECTOR
    clear_bins(own_bins);
    store_wide_squares(own_bins, &sums);
    for (ulong i = get_global_id(0); i < own.rest; i += get_global_size(0)) {
        const ulong u = load_number(numbers, 8u, rest_place(own, i)) ^ bias;
        add_number(own_bins, u);
        add_product(own_bins, u, u);
    }
    reduce_array_bins(bins, scratch);
}
