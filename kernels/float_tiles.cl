/* float_tiles.cl - what the kernels of floats are made of. Each work-item takes its vectors tile by tile, and of each tile one
 * term after the other: by slices where they fit (float_slices.cl), else number by number. */

#define FLOAT_KERNEL(name)                                                                              \
    __kernel __attribute__((vec_type_hint(ulong4))) void name(                                          \
        __global const uchar *left, ulong left_offset, __global const uchar *right, ulong right_offset, \
        ulong count, uint size, ulong bases, uint interleaved, __global ulong *bins, __local ulong *scratch)

static float_work own_work(__global const uchar *left, ulong left_offset, __global const uchar *right,
                           ulong right_offset, ulong count, uint size, ulong bases, uint interleaved) {
    const share own = own_share(left_offset, count, size, 8u, interleaved);
    float_work work;
    work.left = left + left_offset + own.head * size;
    work.right = right + right_offset + own.head * size;
    work.begin = own.begin;
    work.end = own.end;
    work.step = own.step;
    work.size = size;
    work.base = (int)(bases & LOW_HALF) - PS_FLOAT_BASE_BIAS;
    work.product_base = (int)(bases >> 32) - PS_FLOAT_BASE_BIAS;
    return work;
}

static ulong steps_of(const float_work *work) {
    return work->end > work->begin ? (work->end - work->begin + work->step - 1UL) / work->step : 0UL;
}

/* How many tiles a work-item has: of pairs, and one for a last vector without a partner. */
static ulong tile_count(const float_work *work) {
    const ulong steps = steps_of(work), most = FLOAT_PAIRS_MAX(work->size);
    return (steps / 2UL + most - 1UL) / most + steps % 2UL;
}

static float_tile tile_at(const float_work *work, ulong index) {
    const ulong steps = steps_of(work), pairs = steps / 2UL, most = FLOAT_PAIRS_MAX(work->size);
    const ulong done = index * most;
    float_tile tile;
    if (done < pairs) {
        tile.first = work->begin + done * work->step;
        tile.second = tile.first + pairs * work->step;
        tile.pairs = (uint)min(pairs - done, most);
    } else {
        tile.first = tile.second = work->begin + (steps - 1UL) * work->step;
        tile.pairs = 0u;
    }
    return tile;
}

static void clear_float_bins(__local ulong *bins, uint count) {
    for (uint bin = 0u; bin < count; bin++)
        bins[bin] = 0UL;
}

static void take_tile(const float_work *work, uint term, const float_tile *tile, float_window *window,
                      __local ulong *digits, __local ulong *flag) {
    if (slice_tile(work, term, tile, window, digits) == 0u && add_tile(work, term, tile, digits) == 0u)
        *flag = 1UL;
}

static void reduce_float_bins(__global ulong *bins, __local ulong *scratch, uint count, uint sums,
                              uint extremes) {
    group_reduce(scratch, count, sums, extremes);
    if (get_local_id(0) == 0) {
        for (uint bin = 0u; bin < count; bin++)
            bins[get_group_id(0) * count + bin] = scratch[bin];
    }
}

/* A kernel of one term. */
#define FLOAT_KERNEL_ONE(name, term)                                                           \
    FLOAT_KERNEL(name) {                                                                       \
        __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_FLOAT_BINS_ONE;         \
        const float_work work =                                                                \
            own_work(left, left_offset, right, right_offset, count, size, bases, interleaved); \
        float_window window = no_window();                                                     \
        clear_float_bins(own_bins, PS_FLOAT_BINS_ONE);                                         \
        for (ulong i = 0UL; i < tile_count(&work); i++) {                                      \
            const float_tile tile = tile_at(&work, i);                                         \
            take_tile(&work, term, &tile, &window, own_bins, own_bins + PS_FLOAT_DIGIT_COUNT); \
        }                                                                                      \
        reduce_float_bins(bins, scratch, PS_FLOAT_BINS_ONE, PS_FLOAT_BINS_ONE, 0u);            \
    }
