/* array.cl - what the kernels that sum integers in memory have in common. Their arguments:
 *
 *   left, left_offset    count numbers of size bytes each, from byte left_offset of a buffer on; a multiple of size
 *   right, right_offset  the second factors of products; else not read
 *   bias                 half the span of a signed type, 0 of an unsigned one
 *   interleaved          which vectors a work-item takes (own_share)
 *   bins, scratch        PS_ARRAY_BINS numbers a work-group and a work-item (array_bins.h)
 *
 * A number x is read as u = x + bias (as bits: x ^ bias), so that one kernel sums both kinds of types and every term is
 * unsigned; the host takes bias off again.
 *
 * The numbers before the first multiple of 64 bytes and those that fill no whole vector are the rest, taken one by one; the
 * vectors between are shared out.
 *
 * Bounds: count <= 2^30. A number adds at most two terms below 2^32 to a bin, so all terms of a launch together stay below
 * 2^30 * 2 * 2^32 = 2^63: in a lane, in a work-item and over a work-group. */

#define ARRAY_KERNEL(name)                                                                              \
    __kernel __attribute__((vec_type_hint(ulong4))) void name(                                          \
        __global const uchar *left, ulong left_offset, __global const uchar *right, ulong right_offset, \
        ulong count, uint size, ulong bias, uint interleaved, __global ulong *bins, __local ulong *scratch)

/* The vectors of this work-item, and where those of the launch lie. */
typedef struct share {
    ulong begin, end, step;
    ulong head;       /* numbers before the first vector */
    ulong in_vectors; /* numbers */
    ulong rest;       /* numbers in no vector */
} share;

/* A run of neighbours to each work-item, which is what a core reads fastest; or, where interleaved is not zero, neighbours to
 * neighbouring work-items, which is what a GPU reads fastest. */
static share own_share(ulong offset, ulong count, uint size, uint lanes, uint interleaved) {
    const ulong items = get_global_size(0);
    const ulong item = get_global_id(0);
    share own;
    own.head = min((64UL - offset % 64UL) % 64UL / size, count);
    const ulong vectors = (count - own.head) / lanes;
    own.in_vectors = vectors * lanes;
    own.rest = count - own.in_vectors;
    if (interleaved != 0u) {
        own.begin = item;
        own.end = vectors;
        own.step = items;
    } else {
        const ulong run = (vectors + items - 1UL) / items;
        own.begin = min(item * run, vectors);
        own.end = min(own.begin + run, vectors);
        own.step = 1UL;
    }
    return own;
}

/* Runs add(at) for every vector of own: by turns for one of its first half and one of its second, since memory is read
 * faster in two streams than in one. */
#define FOR_OWN_VECTORS(own, add)                                                        \
    do {                                                                                 \
        const ulong own_count = share_count(own);                                        \
        const ulong middle = own.begin + (own_count + 1UL) / 2UL * own.step;             \
        for (ulong ahead = 0UL; ahead < own_count / 2UL * own.step; ahead += own.step) { \
            add(own.begin + ahead);                                                      \
            add(middle + ahead);                                                         \
        }                                                                                \
        if (own_count % 2UL != 0UL)                                                      \
            add(middle - own.step);                                                      \
    } while (0)

static ulong share_count(share own) {
    return own.end > own.begin ? (own.end - own.begin + own.step - 1UL) / own.step : 0UL;
}

/* The place of number i of the rest. */
static ulong rest_place(share own, ulong i) {
    return i < own.head ? i : i + own.in_vectors;
}

/* Number i of those at bytes, of any size. */
static ulong load_number(__global const uchar *bytes, uint size, ulong i) {
    return size == 1u   ? (ulong)bytes[i]
           : size == 2u ? (ulong)((__global const ushort *)bytes)[i]
           : size == 4u ? (ulong)((__global const uint *)bytes)[i]
                        : ((__global const ulong *)bytes)[i];
}

/* Vector at of those at bytes, of numbers of up to four bytes: eight of them, two in a lane. */
static uint8 load_narrow(__global const uchar *bytes, uint size, ulong at) {
    if (size == 1u)
        return convert_uint8(vload8(at, bytes));
    if (size == 2u)
        return convert_uint8(vload8(at, (__global const ushort *)bytes));
    return vload8(at, (__global const uint *)bytes);
}

static void clear_bins(__local ulong *bins) {
    for (uint bin = 0u; bin < PS_ARRAY_BINS; bin++)
        bins[bin] = 0UL;
    bins[PS_ARRAY_LEAST] = ULONG_MAX;
}

/* The bins of all items of the group become the group's. */
static void reduce_array_bins(__global ulong *bins, __local ulong *scratch) {
    group_reduce(scratch, PS_ARRAY_BINS, PS_ARRAY_LEAST, 1u);
    if (get_local_id(0) == 0) {
        for (uint bin = 0u; bin < PS_ARRAY_BINS; bin++)
            bins[get_group_id(0) * PS_ARRAY_BINS + bin] = scratch[bin];
    }
}

static void add_number(__local ulong *bins, ulong u) {
    bins[PS_ARRAY_SUM_LOW] += u & LOW_HALF;
    bins[PS_ARRAY_SUM_HIGH] += u >> 32;
}

static void add_other(__local ulong *bins, ulong v) {
    bins[PS_ARRAY_OTHER_LOW] += v & LOW_HALF;
    bins[PS_ARRAY_OTHER_HIGH] += v >> 32;
}

/* (h * 2^32 + l) * (k * 2^32 + m). */
static void add_product(__local ulong *bins, ulong u, ulong v) {
    const ulong l = u & LOW_HALF, h = u >> 32;
    const ulong m = v & LOW_HALF, k = v >> 32;
    bins[PS_ARRAY_LL_LOW] += l * m & LOW_HALF;
    bins[PS_ARRAY_LL_HIGH] += l * m >> 32;
    bins[PS_ARRAY_CROSS_LOW] += (l * k & LOW_HALF) + (h * m & LOW_HALF);
    bins[PS_ARRAY_CROSS_HIGH] += (l * k >> 32) + (h * m >> 32);
    bins[PS_ARRAY_HH_LOW] += h * k & LOW_HALF;
    bins[PS_ARRAY_HH_HIGH] += h * k >> 32;
}
