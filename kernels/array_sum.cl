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

/* Of numbers up to 32 bits, both halves of a lane hold sums of numbers: the host adds both bins at bit 0. */
ARRAY_KERNEL(array_sum) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_ARRAY_BINS;
    __global const uchar *numbers = left + left_offset;
    const share own = own_share(left_offset, count, size, 64u / size, interleaved);
    __global const ulong *words = (__global const ulong *)(numbers + own.head * size);
    const ulong8 flip = (ulong8)(spread(bias, size));
    ulong8 low = (ulong8)(0UL), high = (ulong8)(0UL);
#define ADD_VECTOR(at)                                                             \
    do {                                                                           \
        const ulong8 fields = fields_of_32_bits(vload8((at), words) ^ flip, size); \
        low += fields & LOW_HALF;                                                  \
        high += fields >> 32;                                                      \
    } while (0)
    FOR_OWN_VECTORS(own, ADD_VECTOR);
#undef ADD_VECTOR
    clear_bins(own_bins);
    own_bins[PS_ARRAY_SUM_LOW] = lane_sum(low);
    own_bins[PS_ARRAY_SUM_HIGH] = lane_sum(high);
    for (ulong i = get_global_id(0); i < own.rest; i += get_global_size(0))
        add_number(own_bins, load_number(numbers, size, rest_place(own, i)) ^ bias);
    reduce_array_bins(bins, scratch);
}
