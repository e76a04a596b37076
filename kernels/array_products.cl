/* array_products.cl - sums of the products of two arrays, and of each array. The first decides what the head is; the second
 * may lie at any multiple of its numbers' size. */

static void add_pair(__local ulong *bins, ulong u, ulong v) {
    add_number(bins, u);
    add_other(bins, v);
    add_product(bins, u, v);
}

/* Of numbers up to 32 bits: u * v is below 2^64. */
ARRAY_KERNEL(array_products_narrow) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_ARRAY_BINS;
    __global const uchar *numbers = left + left_offset;
    __global const uchar *factors = right + right_offset;
    const share own = own_share(left_offset, count, size, 8u, interleaved);
    const uint8 flip = (uint8)((uint)bias);
    ulong8 sum = (ulong8)(0UL), other = (ulong8)(0UL);
    ulong8 low = (ulong8)(0UL), high = (ulong8)(0UL);
    for (ulong at = own.begin; at < own.end; at += own.step) {
        const ulong8 u = convert_ulong8(load_narrow(numbers + own.head * size, size, at) ^ flip);
        const ulong8 v = convert_ulong8(load_narrow(factors + own.head * size, size, at) ^ flip);
        const ulong8 product = u * v;
        sum += u;
        other += v;
        low += product & LOW_HALF;
        high += product >> 32;
    }
    clear_bins(own_bins);
    own_bins[PS_ARRAY_SUM_LOW] = lane_sum(sum);
    own_bins[PS_ARRAY_OTHER_LOW] = lane_sum(other);
    own_bins[PS_ARRAY_LL_LOW] = lane_sum(low);
    own_bins[PS_ARRAY_LL_HIGH] = lane_sum(high);
    for (ulong i = get_global_id(0); i < own.rest; i += get_global_size(0)) {
        const ulong place = rest_place(own, i);
        add_pair(own_bins, load_number(numbers, size, place) ^ bias,
                 load_number(factors, size, place) ^ bias);
    }
    reduce_array_bins(bins, scratch);
}

/* Of 64-bit numbers: (h * 2^32 + l) * (k * 2^32 + m). */
ARRAY_KERNEL(array_products_wide) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_ARRAY_BINS;
    __global const uchar *numbers = left + left_offset;
    __global const uchar *factors = right + right_offset;
    const share own = own_share(left_offset, count, 8u, 8u, interleaved);
    __global const ulong *left_words = (__global const ulong *)(numbers + own.head * 8UL);
    __global const ulong *right_words = (__global const ulong *)(factors + own.head * 8UL);
    ulong8 sum_low = (ulong8)(0UL), sum_high = (ulong8)(0UL);
    ulong8 other_low = (ulong8)(0UL), other_high = (ulong8)(0UL);
    ulong8 ll_low = (ulong8)(0UL), ll_high = (ulong8)(0UL);
    ulong8 cross_low = (ulong8)(0UL), cross_high = (ulong8)(0UL);
    ulong8 hh_low = (ulong8)(0UL), hh_high = (ulong8)(0UL);
    for (ulong at = own.begin; at < own.end; at += own.step) {
        const ulong8 u = vload8(at, left_words) ^ (ulong8)(bias);
        const ulong8 v = vload8(at, right_words) ^ (ulong8)(bias);
        const ulong8 l = u & LOW_HALF, h = u >> 32;
        const ulong8 m = v & LOW_HALF, k = v >> 32;
        const ulong8 ll = l * m;
        const ulong8 lh = l * k;
        const ulong8 hl = h * m;
        const ulong8 hh = h * k;
        sum_low += l;
        sum_high += h;
        other_low += m;
        other_high += k;
        ll_low += ll & LOW_HALF;
        ll_high += ll >> 32;
        cross_low += (lh & LOW_HALF) + (hl & LOW_HALF);
        cross_high += (lh >> 32) + (hl >> 32);
        hh_low += hh & LOW_HALF;
        hh_high += hh >> 32;
    }
    clear_bins(own_bins);
    own_bins[PS_ARRAY_SUM_LOW] = lane_sum(sum_low);
    own_bins[PS_ARRAY_SUM_HIGH] = lane_sum(sum_high);
    own_bins[PS_ARRAY_OTHER_LOW] = lane_sum(other_low);
    own_bins[PS_ARRAY_OTHER_HIGH] = lane_sum(other_high);
    own_bins[PS_ARRAY_LL_LOW] = lane_sum(ll_low);
    own_bins[PS_ARRAY_LL_HIGH] = lane_sum(ll_high);
    own_bins[PS_ARRAY_CROSS_LOW] = lane_sum(cross_low);
    own_bins[PS_ARRAY_CROSS_HIGH] = lane_sum(cross_high);
    own_bins[PS_ARRAY_HH_LOW] = lane_sum(hh_low);
    own_bins[PS_ARRAY_HH_HIGH] = lane_sum(hh_high);
    for (ulong i = get_global_id(0); i < own.rest; i += get_global_size(0)) {
        const ulong place = rest_place(own, i);
        add_pair(own_bins, load_number(numbers, 8u, place) ^ bias, load_number(factors, 8u, place) ^ bias);
    }
    reduce_array_bins(bins, scratch);
}
