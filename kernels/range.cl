/* range.cl - sums over arithmetic progressions of magnitudes: first, first+step, ..., count of them.
 *
 * Each work-item takes a contiguous run of vectors of eight elements; the last vector of the progression may be partly
 * beyond its end, and what is beyond counts as zero. bins gets PS_BINS numbers a work-group (range_bins.h).
 *
 * Bounds: count <= 2^31. Every term added to a bin is below 2^32, so all terms of a launch together stay below 2^63:
 * in a lane, in a work-item and over a work-group. */

#define LOW_HALF 0xffffffffUL

/* The vectors of this work-item, and which of them are whole. */
typedef struct span {
    ulong begin, whole_end, end;
} span;

static span own_span(ulong count)
{
    const ulong vectors = (count + 7UL) / 8UL;
    const ulong items = get_global_size(0);
    const ulong share = (vectors + items - 1UL) / items;
    span own;
    own.begin = min((ulong)get_global_id(0) * share, vectors);
    own.end = min(own.begin + share, vectors);
    own.whole_end = own.begin < own.end && own.end * 8UL > count ? own.end - 1UL : own.end;
    return own;
}

static ulong8 elements_from(ulong first, ulong step, ulong vector)
{
    return first + (vector * 8UL + (ulong8)(0, 1, 2, 3, 4, 5, 6, 7)) * step;
}

/* All ones in the lanes of vector that are elements, zero beyond the end. */
static ulong8 lanes_within(ulong count, ulong vector)
{
    const ulong8 index = vector * 8UL + (ulong8)(0, 1, 2, 3, 4, 5, 6, 7);
    return as_ulong8(index < (ulong8)(count));
}

static ulong lane_sum(ulong8 v)
{
    const ulong4 four = v.lo + v.hi;
    const ulong2 two = four.lo + four.hi;
    return two.x + two.y;
}

static ulong lane_min(ulong8 v)
{
    const ulong4 four = min(v.lo, v.hi);
    const ulong2 two = min(four.lo, four.hi);
    return min(two.x, two.y);
}

static ulong lane_max(ulong8 v)
{
    return ~lane_min(~v);
}

/* This item's place for bin in scratch. */
static __local ulong *place(__local ulong *scratch, uint bin)
{
    return scratch + bin * (uint)get_local_size(0) + (uint)get_local_id(0);
}

/* Squares of magnitudes below 2^32. burst products are added up before they are split into halves: the host chooses it
 * so that burst * largest^2 < 2^64. */
__kernel void range_squares_narrow(ulong first, ulong step, ulong count, ulong burst, __global ulong *bins,
                                   __local ulong *scratch)
{
    const span own = own_span(count);
    const ulong8 delta = (ulong8)(8UL * step);
    ulong8 u = elements_from(first, step, own.begin);
    ulong8 low = (ulong8)(0UL), high = (ulong8)(0UL);
    for (ulong at = own.begin; at < own.whole_end;) {
        const ulong until = min(own.whole_end, at + burst);
        ulong8 square = (ulong8)(0UL);
        for (; at < until; at++) {
            square += (u & LOW_HALF) * (u & LOW_HALF);
            u += delta;
        }
        low += square & LOW_HALF;
        high += square >> 32;
    }
    if (own.whole_end < own.end) {
        u &= lanes_within(count, own.whole_end);
        const ulong8 square = (u & LOW_HALF) * (u & LOW_HALF);
        low += square & LOW_HALF;
        high += square >> 32;
    }
    *place(scratch, 0) = lane_sum(low);
    *place(scratch, 1) = lane_sum(high);
    group_reduce(scratch, 2, 0);
    if (get_local_id(0) == 0) {
        __global ulong *own_bins = bins + get_group_id(0) * PS_BINS;
        for (uint bin = 0; bin < PS_BINS; bin++)
            own_bins[bin] = 0UL;
        own_bins[PS_BIN_LL_LOW] = *place(scratch, 0);
        own_bins[PS_BIN_LL_HIGH] = *place(scratch, 1);
    }
}

/* Everything, of magnitudes of any width: u = h * 2^32 + l, u^2 = l*l + l*h * 2^33 + h*h * 2^64. burst is not used. */
__kernel void range_moments(ulong first, ulong step, ulong count, ulong burst, __global ulong *bins,
                            __local ulong *scratch)
{
    const span own = own_span(count);
    ulong8 sum_low = (ulong8)(0UL), sum_high = (ulong8)(0UL);
    ulong8 ll_low = (ulong8)(0UL), ll_high = (ulong8)(0UL);
    ulong8 lh_low = (ulong8)(0UL), lh_high = (ulong8)(0UL);
    ulong8 hh_low = (ulong8)(0UL), hh_high = (ulong8)(0UL);
    ulong8 least = (ulong8)(ULONG_MAX), greatest = (ulong8)(0UL);
    ulong8 u = elements_from(first, step, own.begin);
    const ulong8 delta = (ulong8)(8UL * step);
    for (ulong at = own.begin; at < own.end; at++) {
        const ulong8 within = at < own.whole_end ? (ulong8)(ULONG_MAX) : lanes_within(count, at);
        const ulong8 x = u & within;
        const ulong8 l = x & LOW_HALF;
        const ulong8 h = x >> 32;
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
        least = min(least, u | ~within);
        greatest = max(greatest, x);
        u += delta;
    }
    *place(scratch, PS_BIN_SUM_LOW) = lane_sum(sum_low);
    *place(scratch, PS_BIN_SUM_HIGH) = lane_sum(sum_high);
    *place(scratch, PS_BIN_LL_LOW) = lane_sum(ll_low);
    *place(scratch, PS_BIN_LL_HIGH) = lane_sum(ll_high);
    *place(scratch, PS_BIN_LH_LOW) = lane_sum(lh_low);
    *place(scratch, PS_BIN_LH_HIGH) = lane_sum(lh_high);
    *place(scratch, PS_BIN_HH_LOW) = lane_sum(hh_low);
    *place(scratch, PS_BIN_HH_HIGH) = lane_sum(hh_high);
    *place(scratch, PS_BIN_LEAST) = lane_min(least);
    *place(scratch, PS_BIN_GREATEST) = lane_max(greatest);
    group_reduce(scratch, PS_BIN_LEAST, 1);
    if (get_local_id(0) == 0) {
        for (uint bin = 0; bin < PS_BINS; bin++)
            bins[get_group_id(0) * PS_BINS + bin] = *place(scratch, bin);
    }
}
