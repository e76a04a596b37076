/* progression.c - cutting range blocks into progressions of one sign and width, and depositing their sums. */
#include "fold/progression.h"

/* Magnitudes below this take one 32 by 32 bit product each. */
static const ps_uint128 narrow_limit = (ps_uint128)1 << 32;

/* Appends the magnitudes first, first+step, ... as a narrow and a wide piece, as far as there are any. */
static size_t append_by_width(ps_uint128 first, uint64_t step, uint64_t count, bool negative,
                              ps_progression *pieces) {
    size_t used = 0;
    if (count == 0)
        return 0;
    uint64_t narrow = 0;
    if (first < narrow_limit) {
        const ps_uint128 fitting = (narrow_limit - first + step - 1) / step;
        narrow = fitting < count ? (uint64_t)fitting : count;
        pieces[used++] = (ps_progression){(uint64_t)first, step, narrow, negative};
    }
    if (narrow < count)
        pieces[used++] =
            (ps_progression){(uint64_t)(first + (ps_uint128)narrow * step), step, count - narrow, negative};
    return used;
}

size_t ps_progression_split(const ps_range_block *block, uint64_t count, ps_progression *pieces) {
    const ps_int128 step = block->step;
    uint64_t negatives = 0;
    if (block->first < 0) {
        const ps_int128 below_zero = (-block->first + step - 1) / step;
        negatives = below_zero < (ps_int128)count ? (uint64_t)below_zero : count;
    }
    /* The negatives run backwards, so that their magnitudes ascend from the one nearest to zero. */
    const ps_int128 nearest = negatives > 0 ? -(block->first + (ps_int128)(negatives - 1) * step) : 0;
    size_t used = append_by_width((ps_uint128)nearest, block->step, negatives, true, pieces);
    used += append_by_width((ps_uint128)(block->first + (ps_int128)negatives * step), block->step,
                            count - negatives, false, pieces + used);
    return used;
}

void ps_progression_deposit(const ps_progression *progression, const ps_progression_sums *sums,
                            uint64_t least, uint64_t greatest, ps_integer_partial *partial) {
    ps_integer_partial part;
    ps_kinds[PS_KIND_INTEGER].clear(&part.head);
    part.head.count = progression->count;
    ps_wide_add_at(&part.magnitudes, sums->sum, 0);
    part.sum = progression->negative ? ps_wide_negated(&part.magnitudes) : part.magnitudes;
    part.squares = sums->squares;
    part.minimum = progression->negative ? -(ps_int128)greatest : (ps_int128)least;
    part.maximum = progression->negative ? -(ps_int128)least : (ps_int128)greatest;
    ps_kinds[PS_KIND_INTEGER].merge(&partial->head, &part.head);
}
