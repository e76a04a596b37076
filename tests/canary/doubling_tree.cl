/* doubling_tree.cl - the canary: in the place of the last statement of range_moments (kernels/range.cl), minimum and maximum by
     * the tree that PoCL 3.1 miscompiles in silence: a stride that doubles, `lid % (2 * s) == 0` and an index of type size_t. As
     * OpenCL C it is right for work-groups of up to 256, a power of two. */
__local ulong least_of[256], greatest_of[256];
const size_t lid = get_local_id(0);
least_of[lid] = own_bins[PS_BIN_LEAST];
greatest_of[lid] = own_bins[PS_BIN_GREATEST];
barrier(CLK_LOCAL_MEM_FENCE);
for (size_t s = 1; s < get_local_size(0); s *= 2) {
    if (lid % (2 * s) == 0) {
        least_of[lid] = min(least_of[lid], least_of[lid + s]);
        greatest_of[lid] = max(greatest_of[lid], greatest_of[lid + s]);
    }
    barrier(CLK_LOCAL_MEM_FENCE);
}
group_reduce(scratch, PS_BINS, PS_BIN_LEAST, 0u);
if (lid == 0) {
    scratch[PS_BIN_LEAST] = least_of[0];
    scratch[PS_BIN_GREATEST] = greatest_of[0];
    for (uint bin = 0; bin < PS_BINS; bin++)
        bins[get_group_id(0) * PS_BINS + bin] = scratch[bin];
}
