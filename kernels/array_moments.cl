/* array_moments.cl - everything in one pass: sums, of all numbers and of the positive ones, squares and extremes. A positive
 * number is max(u, bias) - bias, which is 0 where the number is negative. */

static void add_moments(__local ulong *bins, ulong u, ulong bias) {
    add_number(bins, u);
    add_other(bins, max(u, bias) - bias);
    add_product(bins, u, u);
    bins[PS_ARRAY_LEAST] = min(bins[PS_ARRAY_LEAST], u);
    bins[PS_ARRAY_GREATEST] = max(bins[PS_ARRAY_GREATEST], u);
}

/* Of numbers up to 32 bits: u * u is below 2^64. */
ARRAY_KERNEL(array_moments_narrow) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_ARRAY_BINS;
    __global const uchar *numbers = left + left_offset;
    const share own = own_share(left_offset, count, size, 8u, interleaved);
    const uint8 floor = (uint8)((uint)bias);
    ulong8 sum = (ulong8)(0UL), positive = (ulong8)(0UL);
    ulong8 low = (ulong8)(0UL), high = (ulong8)(0UL);
    uint8 least = (uint8)(UINT_MAX), greatest = (uint8)(0u);
    for (ulong at = own.begin; at < own.end; at += own.step) {
        const uint8 u = load_narrow(numbers + own.head * size, size, at) ^ floor;
        const ulong8 wide = convert_ulong8(u);
        const ulong8 square = wide * wide;
        sum += wide;
        positive += convert_ulong8(max(u, floor) - floor);
        low += square & LOW_HALF;
        high += square >> 32;
        least = min(least, u);
        greatest = max(greatest, u);
    }
    clear_bins(own_bins);
    own_bins[PS_ARRAY_SUM_LOW] = lane_sum(sum);
    own_bins[PS_ARRAY_OTHER_LOW] = lane_sum(positive);
    own_bins[PS_ARRAY_LL_LOW] = lane_sum(low);
    own_bins[PS_ARRAY_LL_HIGH] = lane_sum(high);
    own_bins[PS_ARRAY_LEAST] = lane_min(convert_ulong8(least));
    own_bins[PS_ARRAY_GREATEST] = lane_max(convert_ulong8(greatest));
    for (ulong i = get_global_id(0); i < own.rest; i += get_global_size(0))
        add_moments(own_bins, load_number(numbers, size, rest_place(own, i)) ^ bias, bias);
    reduce_array_bins(bins, scratch);
}

/* Of 64-bit numbers: u = h * 2^32 + l, u^2 = l*l + l*h * 2^33 + h*h * 2^64. Compared are the signed numbers u - 2^63, for
 * which CPUs have instructions. */
ARRAY_KERNEL(array_moments_wide) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_ARRAY_BINS;
    __global const uchar *numbers = left + left_offset;
    const share own = own_share(left_offset, count, 8u, 8u, interleaved);
    __global const ulong *words = (__global const ulong *)(numbers + own.head * 8UL);
    const ulong8 top = (ulong8)(1UL << 63);
    const long8 floor = as_long8((ulong8)(bias) ^ top);
    ulong8 sum_low = (ulong8)(0UL), sum_high = (ulong8)(0UL);
    ulong8 positive_low = (ulong8)(0UL), positive_high = (ulong8)(0UL);
    ulong8 ll_low = (ulong8)(0UL), ll_high = (ulong8)(0UL);
    ulong8 lh_low = (ulong8)(0UL), lh_high = (ulong8)(0UL);
    ulong8 hh_low = (ulong8)(0UL), hh_high = (ulong8)(0UL);
    long8 least = (long8)(LONG_MAX), greatest = (long8)(LONG_MIN);
    for (ulong at = own.begin; at < own.end; at += own.step) {
        const ulong8 u = vload8(at, words) ^ (ulong8)(bias);
        const long8 key = as_long8(u ^ top);
        const ulong8 positive = as_ulong8(max(key, floor)) - as_ulong8(floor);
        const ulong8 l = u & LOW_HALF;
        const ulong8 h = u >> 32;
        const ulong8 ll = l * l;
        const ulong8 lh = l * h;
        const ulong8 hh = h * h;
        sum_low += l;
        sum_high += h;
        positive_low += positive & LOW_HALF;
        positive_high += positive >> 32;
        ll_low += ll & LOW_HALF;
        ll_high += ll >> 32;
        lh_low += lh & LOW_HALF;
        lh_high += lh >> 32;
        hh_low += hh & LOW_HALF;
        hh_high += hh >> 32;
        least = min(least, key);
        greatest = max(greatest, key);
    }
    clear_bins(own_bins);
    own_bins[PS_ARRAY_SUM_LOW] = lane_sum(sum_low);
    own_bins[PS_ARRAY_SUM_HIGH] = lane_sum(sum_high);
    own_bins[PS_ARRAY_OTHER_LOW] = lane_sum(positive_low);
    own_bins[PS_ARRAY_OTHER_HIGH] = lane_sum(positive_high);
    own_bins[PS_ARRAY_LL_LOW] = lane_sum(ll_low);
    own_bins[PS_ARRAY_LL_HIGH] = lane_sum(ll_high);
    own_bins[PS_ARRAY_CROSS_LOW] = 2UL * lane_sum(lh_low);
    own_bins[PS_ARRAY_CROSS_HIGH] = 2UL * lane_sum(lh_high);
    own_bins[PS_ARRAY_HH_LOW] = lane_sum(hh_low);
    own_bins[PS_ARRAY_HH_HIGH] = lane_sum(hh_high);
    own_bins[PS_ARRAY_LEAST] = lane_min(as_ulong8(least) ^ top);
    own_bins[PS_ARRAY_GREATEST] = lane_max(as_ulong8(greatest) ^ top);
    for (ulong i = get_global_id(0); i < own.rest; i += get_global_size(0))
        add_moments(own_bins, load_number(numbers, 8u, rest_place(own, i)) ^ bias, bias);
    reduce_array_bins(bins, scratch);
}
