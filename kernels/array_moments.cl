/* array_moments.cl - everything in one pass: sums, of all numbers and of the positive ones, squares and extremes. A positive
 * number is max(u, bias) - bias, which is 0 where the number is negative. */

static void add_moments(__local ulong *bins, ulong u, ulong bias) {
    add_number(bins, u);
    add_other(bins, max(u, bias) - bias);
    add_product(bins, u, u);
    bins[PS_ARRAY_LEAST] = min(bins[PS_ARRAY_LEAST], u);
    bins[PS_ARRAY_GREATEST] = max(bins[PS_ARRAY_GREATEST], u);
}

typedef struct narrow_moments {
    narrow_squares squares;
    split_sum positive;
    uint8 least, greatest;
} narrow_moments;

static void add_narrow_moments(narrow_moments *sums, uint8 u, uint8 floor) {
    add_narrow_squares(&sums->squares, u);
    split_add(&sums->positive, as_ulong4(max(u, floor) - floor));
    sums->least = min(sums->least, u);
    sums->greatest = max(sums->greatest, u);
}

ARRAY_KERNEL(array_moments_narrow) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_ARRAY_BINS;
    __global const uchar *numbers = left + left_offset;
    const share own = own_share(left_offset, count, size, 8u, interleaved);
    __global const uchar *vectors = numbers + own.head * size;
    const uint8 floor = (uint8)((uint)bias);
    narrow_moments sums = {{no_terms(), no_terms()}, no_terms(), (uint8)(UINT_MAX), (uint8)(0u)};
#define ADD_VECTOR(at) add_narrow_moments(&sums, load_narrow(vectors, size, (at)) ^ floor, floor)
    FOR_OWN_VECTORS(own, ADD_VECTOR);
#undef ADD_VECTOR
    clear_bins(own_bins);
    store_narrow_squares(own_bins, &sums.squares);
    split_store(own_bins + PS_ARRAY_OTHER_LOW, &sums.positive);
    own_bins[PS_ARRAY_LEAST] = lane_min(convert_ulong8(sums.least));
    own_bins[PS_ARRAY_GREATEST] = lane_max(convert_ulong8(sums.greatest));
    for (ulong i = get_global_id(0); i < own.rest; i += get_global_size(0))
        add_moments(own_bins, load_number(numbers, size, rest_place(own, i)) ^ bias, bias);
    reduce_array_bins(bins, scratch);
}

/* Compared are the signed numbers u - 2^63, for which CPUs have instructions. */
typedef struct wide_moments {
    wide_squares squares;
    split_sum positive;
    long4 least, greatest;
} wide_moments;

static void add_wide_moments(wide_moments *sums, ulong4 u, long4 floor) {
    const long4 key = as_long4(u ^ (1UL << 63));
    add_wide_squares(&sums->squares, u);
    split_add(&sums->positive, as_ulong4(max(key, floor)) - as_ulong4(floor));
    sums->least = min(sums->least, key);
    sums->greatest = max(sums->greatest, key);
}

ARRAY_KERNEL(array_moments_wide) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_ARRAY_BINS;
    __global const uchar *numbers = left + left_offset;
    const share own = own_share(left_offset, count, 8u, 8u, interleaved);
    __global const ulong *words = (__global const ulong *)(numbers + own.head * 8UL);
    const ulong4 flip = (ulong4)(bias), top = (ulong4)(1UL << 63);
    const long4 floor = as_long4(flip ^ top);
    wide_moments sums = {
        {no_terms(), no_terms(), no_terms(), no_terms()}, no_terms(), (long4)(LONG_MAX), (long4)(LONG_MIN)};
#define ADD_VECTOR(at)                                                          \
    do {                                                                        \
        add_wide_moments(&sums, vload4(2UL * (at), words) ^ flip, floor);       \
        add_wide_moments(&sums, vload4(2UL * (at) + 1UL, words) ^ flip, floor); \
    } while (0)
    FOR_OWN_VECTORS(own, ADD_VECTOR);
#undef ADD_VECTOR
    clear_bins(own_bins);
    store_wide_squares(own_bins, &sums.squares);
    split_store(own_bins + PS_ARRAY_OTHER_LOW, &sums.positive);
    own_bins[PS_ARRAY_LEAST] = lane_min4(as_ulong4(sums.least) ^ top);
    own_bins[PS_ARRAY_GREATEST] = lane_max4(as_ulong4(sums.greatest) ^ top);
    for (ulong i = get_global_id(0); i < own.rest; i += get_global_size(0))
        add_moments(own_bins, load_number(numbers, 8u, rest_place(own, i)) ^ bias, bias);
    reduce_array_bins(bins, scratch);
}
