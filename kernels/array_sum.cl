/* array_sum.cl - sums alone, at the speed of memory: 64 bytes at a time, of numbers of any size. */

/* Neighbours added up until they fill 32 bits: a sum of two bytes is below 2^9 in 16 bits, a sum of two of those below 2^10
 * and a sum of two 16-bit numbers below 2^17 in 32 bits. */
static ulong8 fields_of_32_bits(ulong8 u, uint size) {
    if (size == 1u)
        u = (u & 0x00ff00ff00ff00ffUL) + (u >> 8 & 0x00ff00ff00ff00ffUL);
    if (size <= 2u)
        u = (u & 0x0000ffff0000ffffUL) + (u >> 16 & 0x0000ffff0000ffffUL);
    return u;
}

/* Bias in each number of a word. */
static ulong spread(ulong bias, uint size) {
    for (uint bits = 8u * size; bits < 64u; bits *= 2u)
        bias |= bias << bits;
    return bias;
}

/* How many vectors this work-item takes. */
static ulong share_count(share own) {
    return own.end > own.begin ? (own.end - own.begin + own.step - 1UL) / own.step : 0UL;
}

/* Vector i of the count that this work-item takes: by turns from the first half and from the second, since two streams
 * through memory are read faster than one. */
static ulong share_vector(share own, ulong count, ulong i) {
    const ulong second = (i & 1UL) != 0UL ? (count + 1UL) / 2UL : 0UL;
    return own.begin + (second + (i >> 1)) * own.step;
}

/* Of numbers up to 32 bits, both halves of a lane hold sums of numbers: the host adds both bins at bit 0. */
ARRAY_KERNEL(array_sum) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_ARRAY_BINS;
    __global const uchar *numbers = left + left_offset;
    const share own = own_share(left_offset, count, size, 64u / size, interleaved);
    __global const ulong *words = (__global const ulong *)(numbers + own.head * size);
    const ulong8 flip = (ulong8)(spread(bias, size));
    ulong8 low = (ulong8)(0UL), high = (ulong8)(0UL);
    const ulong vectors = share_count(own);
    for (ulong i = 0UL; i < vectors; i++) {
        const ulong8 fields = fields_of_32_bits(vload8(share_vector(own, vectors, i), words) ^ flip, size);
        low += fields & LOW_HALF;
        high += fields >> 32;
    }
    clear_bins(own_bins);
    own_bins[PS_ARRAY_SUM_LOW] = lane_sum(low);
    own_bins[PS_ARRAY_SUM_HIGH] = lane_sum(high);
    for (ulong i = get_global_id(0); i < own.rest; i += get_global_size(0))
        add_number(own_bins, load_number(numbers, size, rest_place(own, i)) ^ bias);
    reduce_array_bins(bins, scratch);
}
