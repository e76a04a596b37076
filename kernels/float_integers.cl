/* float_integers.cl - in the place of float_slices.cl on devices without doubles: no tile is sliced. */

typedef struct float_window {
    int k;
} float_window;

static float_window no_window(void) {
    float_window none = {0};
    return none;
}

static uint slice_tile(const float_work *work, uint term, const float_tile *tile, float_window *window,
                       __local ulong *digits) {
    return 0u;
}
