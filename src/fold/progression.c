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

bool ps_progression_suits_offsets(const ps_progression *progression) {
    enum { OFFSETS_LEAST = 4096 };
    return ps_progression_last(progression) >= narrow_limit && progression->count >= OFFSETS_LEAST &&
           progression->step <= (uint64_t)narrow_limit / OFFSETS_LEAST;
}

ps_progression ps_progression_take_offsets(ps_progression *rest, uint64_t most, uint64_t *base) {
    /* The last of n offsets is (n-1) * step <= 2^32 - 1. */
    const uint64_t fitting = ((uint64_t)narrow_limit - 1) / rest->step + 1;
    ps_progression taken = {.first = 0, .step = rest->step, .count = rest->count, .negative = rest->negative};
    if (taken.count > most)
        taken.count = most;
    if (taken.count > fitting)
        taken.count = fitting;
    *base = rest->first;
    rest->first += taken.count * rest->step;
    rest->count -= taken.count;
    return taken;
}

void ps_progression_add_rebased(const ps_progression_sums *offsets, uint64_t base, uint64_t count,
                                unsigned needs, ps_progression_sums *sums) {
    if (needs & (PS_NEED_SUM | PS_NEED_MAGNITUDES))
        sums->sum += (ps_uint128)base * count + offsets->sum;
    if (!(needs & PS_NEED_SQUARES))
        return;
    /* count <= 2^31 and offsets below 2^32: sum(d) < 2^63, so that base * sum(d) < 2^127 fits, and n times either half of
     * base^2 is below 2^95. */
    const ps_uint128 square = (ps_uint128)base * base;
    ps_wide_add(&sums->squares, &offsets->squares);
    ps_wide_add_at(&sums->squares, (ps_uint128)base * (uint64_t)offsets->sum, 1);
    ps_wide_add_at(&sums->squares, (ps_uint128)(uint64_t)square * count, 0);
    ps_wide_add_at(&sums->squares, (square >> 64) * count, 64);
}

void ps_progression_deposit(const ps_progression *progression, const ps_progression_sums *sums,
                            uint64_t least, uint64_t greatest, unsigned needs, ps_integer_partial *partial) {
    ps_integer_partial part;
    ps_kinds[PS_KIND_INTEGER].clear(&part.head);
    part.head.count = progression->count;
    ps_wide magnitudes = {{0, 0, 0, 0}};
    ps_wide_add_at(&magnitudes, sums->sum, 0);
    if (needs & PS_NEED_SUM)
        part.sum = progression->negative ? ps_wide_negated(&magnitudes) : magnitudes;
    if (needs & PS_NEED_MAGNITUDES)
        part.magnitudes = magnitudes;
    if (needs & PS_NEED_SQUARES)
        part.squares = sums->squares;
    part.minimum = progression->negative ? -(ps_int128)greatest : (ps_int128)least;
    part.maximum = progression->negative ? -(ps_int128)least : (ps_int128)greatest;
    ps_kinds[PS_KIND_INTEGER].merge(&partial->head, &part.head);
}
