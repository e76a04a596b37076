/* stub */
#include "fold/float_array.h"
#include "fold/array.h"
#include <math.h>
#include <string.h>
void ps_float_portable(parsum_type t, const unsigned char *l, const unsigned char *r, uint64_t c, unsigned n,
                       ps_float_partial *p) {
    (void)t;
    (void)l;
    (void)r;
    (void)c;
    (void)n;
    (void)p;
}
void ps_float_avx2(parsum_type t, const unsigned char *l, const unsigned char *r, uint64_t c, unsigned n,
                   ps_float_partial *p) {
    (void)t;
    (void)l;
    (void)r;
    (void)c;
    (void)n;
    (void)p;
}
void ps_float_avx512(parsum_type t, const unsigned char *l, const unsigned char *r, uint64_t c, unsigned n,
                     ps_float_partial *p) {
    (void)t;
    (void)l;
    (void)r;
    (void)c;
    (void)n;
    (void)p;
}
void ps_float_fold(ps_float_function *path, const ps_block *block, unsigned needs, bool skip,
                   ps_float_partial *p) {
    (void)path;
    for (uint64_t i = 0; i < block->count; i++) {
        double v[2] = {0, 0};
        for (int o = 0; o < 2 && block->array.data[o]; o++) {
            unsigned char b[8];
            ps_array_gather(&block->array, o, i, 1, b);
            if (block->array.type == PARSUM_F32) {
                float f;
                memcpy(&f, b, 4);
                v[o] = f;
            } else
                memcpy(&v[o], b, 8);
        }
        if (needs & PS_NEED_PRODUCTS)
            ps_float_add_product(p, v[0], v[1]);
        else if (skip && isnan(v[0]))
            p->head.skipped_nan++;
        else
            ps_float_add(p, v[0], needs);
    }
}
ps_float_environment ps_float_environment_enter(void) {
    return (ps_float_environment){0};
}
void ps_float_environment_leave(ps_float_environment e) {
    (void)e;
}
