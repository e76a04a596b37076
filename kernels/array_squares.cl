/* array_squares.cl - sums and sums of squares. */

/* Of numbers up to 32 bits: u * u is below 2^64. */
ARRAY_KERNEL(array_squares_narrow) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_ARRAY_BINS;
    __global const uchar *numbers = left + left_offset;
    const share own = own_share(left_offset, count, size, 8u, interleaved);
    const uint8 flip = (uint8)((uint)bias);
    ulong8 sum = (ulong8)(0UL), low = (ulong8)(0UL), high = (ulong8)(0UL);
    for (ulong at = own.begin; at < own.end; at += own.step) {
        const ulong8 u = convert_ulong8(load_narrow(numbers + own.head * size, size, at) ^ flip);
        const ulong8 square = u * u;
        sum += u;
        low += square & LOW_HALF;
        high += square >> 32;
    }
    clear_bins(own_bins);
    own_bins[PS_ARRAY_SUM_LOW] = lane_sum(sum);
    own_bins[PS_ARRAY_LL_LOW] = lane_sum(low);
    own_bins[PS_ARRAY_LL_HIGH] = lane_sum(high);
    for (ulong i = get_global_id(0); i < own.rest; i += get_global_size(0)) {
        const ulong u = load_number(numbers, size, rest_place(own, i)) ^ bias;
        add_number(own_bins, u);
        add_product(own_bins, u, u);
    }
    reduce_array_bins(bins, scratch);
}

/* Of 64-bit numbers: u = h * 2^32 + l, u^2 = l*l + l*h * 2^33 + h*h * 2^64. */
ARRAY_KERNEL(array_squares_wide) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_ARRAY_BINS;
    __global const uchar *numbers = left + left_offset;
    const share own = own_share(left_offset, count, 8u, 8u, interleaved);
    __global const ulong *words = (__global const ulong *)(numbers + own.head * 8UL);
    ulong8 sum_low = (ulong8)(0UL), sum_high = (ulong8)(0UL);
    ulong8 ll_low = (ulong8)(0UL), ll_high = (ulong8)(0UL);
    ulong8 lh_low = (ulong8)(0UL), lh_high = (ulong8)(0UL);
    ulong8 hh_low = (ulong8)(0UL), hh_high = (ulong8)(0UL);
    for (ulong at = own.begin; at < own.end; at += own.step) {
        const ulong8 u = vload8(at, words) ^ (ulong8)(bias);
        const ulong8 l = u & LOW_HALF;
        const ulong8 h = u >> 32;
        const ulong8 ll = l * l;
        const ulong8 lh = l * h;
        const ulong8 hh = h * h;
        sum_low += l;
        sum_high += h;
        ll_low += ll & LOW_HALF;
        ll_high += ll >> 32;
        lh_low += lh & LOW_HALF;
        lh_high += lh >> 32;
        hh_low += hh & LOW_HALF;
        hh_high += hh >> 32;
    }
    clear_bins(own_bins);
    own_bins[PS_ARRAY_SUM_LOW] = lane_sum(sum_low);
    own_bins[PS_ARRAY_SUM_HIGH] = lane_sum(sum_high);
    own_bins[PS_ARRAY_LL_LOW] = lane_sum(ll_low);
    own_bins[PS_ARRAY_LL_HIGH] = lane_sum(ll_high);
    own_bins[PS_ARRAY_CROSS_LOW] = 2UL * lane_sum(lh_low);
    own_bins[PS_ARRAY_CROSS_HIGH] = 2UL * lane_sum(lh_high);
    own_bins[PS_ARRAY_HH_LOW] = lane_sum(hh_low);
    own_bins[PS_ARRAY_HH_HIGH] = lane_sum(hh_high);
    for (ulong i = get_global_id(0); i < own.rest; i += get_global_size(0)) {
        const ulong u = load_number(numbers, 8u, rest_place(own, i)) ^ bias;
        add_number(own_bins, u);
        add_product(own_bins, u, u);
    }
    reduce_array_bins(bins, scratch);
}
