/* reduction.cl - a work-group reduction of several bins at once, by one halving tree in local memory.
 *
 * Any work-group size is right: the tree starts at the largest power of two below the size, and what lies beyond it
 * folds in at the first step. One loop holds all barriers: CPU compilers replicate code at each barrier. */

#pragma OPENCL FP_CONTRACT OFF

static uint tree_start(uint size) {
    return size > 1u ? 1u << (31u - clz(size - 1u)) : 0u;
}

/* Work-item i has stored its bins in scratch[i * stride] and on. On return item 0's are the group's. The first sums bins
 * are added modulo 2^64 (the caller's bound keeps them exact); where extremes is not zero, the next is a minimum and the
 * one after it a maximum. All items of the group must call. */
static void group_reduce(__local ulong *scratch, uint stride, uint sums, uint extremes) {
    const uint item = (uint)get_local_id(0);
    const uint size = (uint)get_local_size(0);
    __local ulong *own = scratch + item * stride;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint width = tree_start(size); width > 0u; width >>= 1) {
        if (item < width && item + width < size) {
            __local const ulong *other = own + width * stride;
            for (uint bin = 0u; bin < sums; bin++)
                own[bin] += other[bin];
            if (extremes != 0u) {
                own[sums] = min(own[sums], other[sums]);
                own[sums + 1u] = max(own[sums + 1u], other[sums + 1u]);
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
}
