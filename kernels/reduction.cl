/* reduction.cl - a work-group reduction of several bins at once, by one halving tree in local memory.
 *
 * Any work-group size is right: the tree starts at the largest power of two below the size, and what lies beyond it
 * folds in at the first step. One loop holds all barriers: CPU compilers replicate code at each barrier. */

#pragma OPENCL FP_CONTRACT OFF

static uint tree_start(uint size)
{
    return size > 1u ? 1u << (31u - clz(size - 1u)) : 0u;
}

/* scratch holds bins * size numbers; that of bin b and work-item i is scratch[b * size + i], and each item has stored
 * its own. On return item 0's are the group's. Bins below sums are added modulo 2^64 (the caller's bound keeps them exact);
 * where extremes is not zero, the next is a minimum and the one after it a maximum. All items of the group must call. */
static void group_reduce(__local ulong *scratch, uint sums, uint extremes)
{
    const uint item = (uint)get_local_id(0);
    const uint size = (uint)get_local_size(0);
    barrier(CLK_LOCAL_MEM_FENCE);
    for (uint width = tree_start(size); width > 0u; width >>= 1) {
        if (item < width && item + width < size) {
            for (uint bin = 0u; bin < sums; bin++)
                scratch[bin * size + item] += scratch[bin * size + item + width];
            if (extremes != 0u) {
                __local ulong *least = scratch + sums * size;
                __local ulong *greatest = least + size;
                least[item] = min(least[item], least[item + width]);
                greatest[item] = max(greatest[item], greatest[item + width]);
            }
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
}
