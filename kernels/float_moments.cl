/* float_moments.cl - everything about floats in one pass over memory: each tile stays in the cache while its terms are taken. */

FLOAT_KERNEL(float_moments) {
    __local ulong *own_bins = scratch + (uint)get_local_id(0) * PS_FLOAT_BINS_ALL;
    __local ulong *flag = own_bins + PS_FLOAT_TERMS_MAX * PS_FLOAT_DIGIT_COUNT;
    const float_work work = own_work(left, left_offset, right, right_offset, count, size, bases, interleaved);
    float_window sum_window = no_window(), square_window = no_window(), magnitude_window = no_window();
    clear_float_bins(own_bins, PS_FLOAT_BINS_ALL);
    flag[1] = ULONG_MAX;
    for (ulong i = 0UL; i < tile_count(&work); i++) {
        const float_tile tile = tile_at(&work, i);
        take_tile(&work, FLOAT_VALUE, &tile, &sum_window, own_bins, flag);
        take_tile(&work, FLOAT_SQUARE, &tile, &square_window, own_bins + PS_FLOAT_DIGIT_COUNT, flag);
        take_tile(&work, FLOAT_MAGNITUDE, &tile, &magnitude_window, own_bins + 2u * PS_FLOAT_DIGIT_COUNT,
                  flag);
        add_extremes(&work, &tile, flag + 1);
    }
    reduce_float_bins(bins, scratch, PS_FLOAT_BINS_ALL, PS_FLOAT_BINS_ALL - 2u, 1u);
}
