/* range.cl - sums over arithmetic progressions of magnitudes: first, first+step, ..., count of them.
 *
 * Each work-item takes a contiguous run of vectors of eight elements; the elements that fill no whole vector are the
 * first work-item's. scratch has PS_BINS numbers a work-item; bins gets as many a work-group (range_bins.h).
 *
 * Bounds: count <= 2^31. Every term added to a bin is below 2^32, so all terms of a launch together stay below 2^63:
 * in a lane, in a work-item and over a work-group. */

/* The vectors of this work-item. */
typedef struct span {
    ulong begin, end;
} span;

static span own_span(ulong count) {
    const ulong vectors = count / 8UL;
    const ulong items = get_global_size(0);
    const ulong share = (vectors + items - 1UL) / items;
    span own;
    own.begin = min((ulong)get_global_id(0) * share, vectors);
    own.end = min(own.begin + share, vectors);
    return own;
}

/* The first element of this work-item's tail, and count where it has none. */
static ulong own_tail(ulong count) {
    return get_global_id(0) == 0 ? count / 8UL * 8UL : count;
}

static ulong8 ascending(ulong x, ulong step) {
    return x + step * (ulong8)(0, 1, 2, 3, 4, 5, 6, 7);
}

/* The sum bins of all items of the group, and the extremes where they are wanted, become the group's. */
static void reduce_and_store(__global ulong *bins, __local ulong *scratch, uint extremes) {
    group_reduce(scratch, PS_BINS, PS_BIN_LEAST, extremes);
    if (get_local_id(0) == 0) {
        for (uint bin = 0; bin < PS_BINS; bin++)
            bins[get_group_id(0) * PS_BINS + bin] = scratch[bin];
    }
}

/* Sums and squares of magnitudes below 2^32. burst products are added up before they are split into halves: the host
 * chooses it so that burst * largest^2 < 2^64. */
__kernel __attribute__((vec_type_hint(ulong8))) void range_narrow(ulong first, ulong step, ulong count,
                                                                  ulong burst, __global ulong *bins,
                                                                  __local ulong *scratch) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_BINS;
    const span own = own_span(count);
    const ulong8 delta = (ulong8)(8UL * step);
    ulong8 u = ascending(first + own.begin * 8UL * step, step);
    ulong8 sum = (ulong8)(0UL), low = (ulong8)(0UL), high = (ulong8)(0UL);
    for (ulong at = own.begin; at < own.end;) {
        const ulong until = min(own.end, at + burst);
        ulong8 square = (ulong8)(0UL);
        for (; at < until; at++) {
            square += (u & LOW_HALF) * (u & LOW_HALF);
            sum += u;
            u += delta;
        }
        low += square & LOW_HALF;
        high += square >> 32;
    }
    ulong item_sum = lane_sum(sum), item_low = lane_sum(low), item_high = lane_sum(high);
    for (ulong index = own_tail(count); index < count; index++) {
        const ulong x = first + index * step;
        item_sum += x;
        item_low += x * x & LOW_HALF;
        item_high += x * x >> 32;
    }
    for (uint bin = 0; bin < PS_BINS; bin++)
        own_bins[bin] = 0UL;
    own_bins[PS_BIN_SUM_LOW] = item_sum;
    own_bins[PS_BIN_LL_LOW] = item_low;
    own_bins[PS_BIN_LL_HIGH] = item_high;
    reduce_and_store(bins, scratch, 0);
}

/* Everything, of magnitudes of any width: u = h * 2^32 + l, u^2 = l*l + l*h * 2^33 + h*h * 2^64. burst is not used. */
__kernel __attribute__((vec_type_hint(ulong8))) void range_moments(ulong first, ulong step, ulong count,
                                                                   ulong burst, __global ulong *bins,
                                                                   __local ulong *scratch) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_BINS;
    const span own = own_span(count);
    ulong8 sum_low = (ulong8)(0UL), sum_high = (ulong8)(0UL);
    ulong8 ll_low = (ulong8)(0UL), ll_high = (ulong8)(0UL);
    ulong8 lh_low = (ulong8)(0UL), lh_high = (ulong8)(0UL);
    ulong8 hh_low = (ulong8)(0UL), hh_high = (ulong8)(0UL);
    ulong8 least = (ulong8)(ULONG_MAX), greatest = (ulong8)(0UL);
    const ulong8 delta = (ulong8)(8UL * step);
    ulong8 u = ascending(first + own.begin * 8UL * step, step);
    for (ulong at = own.begin; at < own.end; at++) {
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
        least = min(least, u);
        greatest = max(greatest, u);
        u += delta;
    }
    own_bins[PS_BIN_SUM_LOW] = lane_sum(sum_low);
    own_bins[PS_BIN_SUM_HIGH] = lane_sum(sum_high);
    own_bins[PS_BIN_LL_LOW] = lane_sum(ll_low);
    own_bins[PS_BIN_LL_HIGH] = lane_sum(ll_high);
    own_bins[PS_BIN_LH_LOW] = lane_sum(lh_low);
    own_bins[PS_BIN_LH_HIGH] = lane_sum(lh_high);
    own_bins[PS_BIN_HH_LOW] = lane_sum(hh_low);
    own_bins[PS_BIN_HH_HIGH] = lane_sum(hh_high);
    own_bins[PS_BIN_LEAST] = lane_min(least);
    own_bins[PS_BIN_GREATEST] = lane_max(greatest);
    for (ulong index = own_tail(count); index < count; index++) {
        const ulong x = first + index * step;
        const ulong l = x & LOW_HALF;
        const ulong h = x >> 32;
        own_bins[PS_BIN_SUM_LOW] += l;
        own_bins[PS_BIN_SUM_HIGH] += h;
        own_bins[PS_BIN_LL_LOW] += l * l & LOW_HALF;
        own_bins[PS_BIN_LL_HIGH] += l * l >> 32;
        own_bins[PS_BIN_LH_LOW] += l * h & LOW_HALF;
        own_bins[PS_BIN_LH_HIGH] += l * h >> 32;
        own_bins[PS_BIN_HH_LOW] += h * h & LOW_HALF;
        own_bins[PS_BIN_HH_HIGH] += h * h >> 32;
        own_bins[PS_BIN_LEAST] = min(own_bins[PS_BIN_LEAST], x);
        own_bins[PS_BIN_GREATEST] = max(own_bins[PS_BIN_GREATEST], x);
    }
    reduce_and_store(bins, scratch, 1);
}
