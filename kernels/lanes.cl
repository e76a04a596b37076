/* lanes.cl - across the lanes of a vector: what all kernels of sums need. */

#define LOW_HALF 0xffffffffUL

/* Lanes are read through an array: from v.s0 + v.s1 compilers make shuffles of undefined lanes, on which the simulator
 * that checks these kernels (oclgrind 21.10 with --uninitialized) crashes. */
static ulong lane_sum(ulong8 v) {
    ulong lanes[8];
    ulong sum = 0UL;
    vstore8(v, 0, lanes);
    for (uint lane = 0; lane < 8; lane++)
        sum += lanes[lane];
    return sum;
}

static ulong lane_sum4(ulong4 v) {
    ulong lanes[4];
    ulong sum = 0UL;
    vstore4(v, 0, lanes);
    for (uint lane = 0; lane < 4; lane++)
        sum += lanes[lane];
    return sum;
}

static ulong lane_min(ulong8 v) {
    ulong lanes[8];
    ulong least = ULONG_MAX;
    vstore8(v, 0, lanes);
    for (uint lane = 0; lane < 8; lane++)
        least = min(least, lanes[lane]);
    return least;
}

static ulong lane_min4(ulong4 v) {
    ulong lanes[4];
    ulong least = ULONG_MAX;
    vstore4(v, 0, lanes);
    for (uint lane = 0; lane < 4; lane++)
        least = min(least, lanes[lane]);
    return least;
}

static ulong lane_max(ulong8 v) {
    return ~lane_min(~v);
}

static ulong lane_max4(ulong4 v) {
    return ~lane_min4(~v);
}
