/* test_fold.c - every CPU path of this machine, and the emulated one, against brute force in GMP and against each other:
 * at the ends of vectors and bursts, at the bounds of lanes, and where blocks are cut. */
#include "support.h"

#include "exact/reference.h"
#include "fold/fold.h"
#include "isa_emulated.h"

#define TWO_32 ((ps_int128)1 << 32)
#define TWO_63 ((ps_int128)1 << 63)
#define TWO_64 ((ps_int128)1 << 64)

enum { ALL_NEEDS = PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES, PATHS_MAX = 16 };

static const ps_isa emulated = {.name = "emulated", .progression = test_progression_emulated};
static const ps_isa *paths[PATHS_MAX]; /* portable first */
static size_t path_count;

static int find_paths(void **state) {
    (void)state;
    for (size_t i = 0; ps_isa_at(i) != NULL; i++) {
        if (ps_isa_at(i)->available())
            paths[path_count++] = ps_isa_at(i);
        else
            print_message("the path %s is not on this machine\n", ps_isa_at(i)->name);
    }
    paths[path_count++] = &emulated;
    return strcmp(paths[0]->name, "portable");
}

/* The sums that every path makes of progression, for the mask of needs, against its moments. */
static void assert_sums(const ps_progression *progression, const test_moments *moments, unsigned needs) {
    for (size_t i = 0; i < path_count; i++) {
        ps_progression_sums sums;
        mpz_t sum, zero;
        mpz_inits(sum, zero, NULL);
        memset(&sums, 0xa5, sizeof sums);
        paths[i]->progression(progression, needs, &sums);
        const bool want_sum = needs & (PS_NEED_SUM | PS_NEED_MAGNITUDES);
        const uint64_t words[2] = {(uint64_t)sums.sum, (uint64_t)(sums.sum >> 64)};
        mpz_import(sum, 2, -1, sizeof words[0], 0, 0, words);
        if (mpz_cmp(sum, want_sum ? moments->magnitudes : zero) != 0)
            fail_msg("%s: wrong sum of %llu from %llu by %llu, needs %u", paths[i]->name,
                     (unsigned long long)progression->count, (unsigned long long)progression->first,
                     (unsigned long long)progression->step, needs);
        test_assert_wide(&sums.squares, needs & PS_NEED_SQUARES ? moments->squares : zero, paths[i]->name);
        mpz_clears(sum, zero, NULL);
    }
}

/* count magnitudes that end at last. */
static void assert_sums_up_to(ps_uint128 last, uint64_t step, uint64_t count, unsigned needs_least) {
    const ps_progression progression = {(uint64_t)last - (count - 1) * step, step, count, false};
    test_moments moments;
    test_moments_init(&moments);
    test_moments_add(&moments, progression.first, step, count);
    for (unsigned needs = needs_least; needs <= ALL_NEEDS; needs++)
        assert_sums(&progression, &moments, needs);
    test_moments_clear(&moments);
}

/* All lengths up to two strides of the widest path and one, where tails and whole vectors change. */
static void short_lengths(void **state) {
    (void)state;
    test_random random = test_random_start(1);
    for (uint64_t count = 1; count <= 2 * 32 + 1; count++) {
        const uint64_t longest = count > 1 ? UINT64_MAX / (count - 1) : UINT64_MAX;
        assert_sums_up_to(UINT32_MAX, 1, count, 0);
        assert_sums_up_to(TWO_32, 1, count, 0);
        assert_sums_up_to(UINT64_MAX, 1, count, 0);
        assert_sums_up_to(UINT64_MAX, longest, count, 0);
        assert_sums_up_to((ps_uint128)(count - 1) * longest, longest, count, 0);
        for (int i = 0; i < 10; i++) {
            const uint64_t step = test_random_hostile(&random) % longest + 1;
            const ps_uint128 span = (ps_uint128)(count - 1) * step;
            const ps_uint128 last = span + test_random_below(&random, (uint64_t)(UINT64_MAX - span) | 1);
            if (span <= UINT64_MAX && last <= UINT64_MAX)
                assert_sums_up_to(last, step, count, 0);
        }
    }
}

/* A largest magnitude just below and just above every power of two, so that the length of bursts changes; full bursts of
 * every path (4, 16 and 32 elements a stride), and some elements more. */
static void bursts_of_squares(void **state) {
    (void)state;
    for (unsigned k = 0; k <= 64; k++) {
        for (int above = 0; above <= 1; above++) {
            const ps_uint128 last = ((ps_uint128)1 << k) - 1 + (ps_uint128)above;
            if (last > UINT64_MAX)
                continue;
            const uint64_t burst = test_emulated_squares_a_burst((uint64_t)last);
            const uint64_t counts[] = {4 * burst, 16 * burst, 32 * burst + 1, 64 * burst + 33};
            for (size_t i = 0; i < 4; i++) {
                const uint64_t count = last < counts[i] ? (uint64_t)last + 1 : counts[i];
                assert_sums_up_to(last, 1, count, ALL_NEEDS);
                const ps_progression progression = {(uint64_t)last - (count - 1), 1, count, false};
                test_moments moments;
                test_moments_init(&moments);
                test_moments_add(&moments, progression.first, 1, count);
                assert_sums(&progression, &moments, PS_NEED_SQUARES);
                test_moments_clear(&moments);
            }
        }
    }
}

/* terms * maximum^2 < 2^64; where the cap does not bind, twice as many of the largest of that width would not fit. */
static void lane_bounds(void **state) {
    (void)state;
    mpz_t sum, limit;
    mpz_inits(sum, limit, NULL);
    mpz_setbit(limit, 64);
    for (unsigned k = 0; k <= 32; k++) {
        const uint64_t largest = (UINT64_C(1) << k) - 1;
        const uint64_t smallest = k == 0 ? 0 : UINT64_C(1) << (k - 1);
        const uint64_t burst = test_emulated_squares_a_burst(largest);
        assert_true(burst >= 1);
        assert_int_equal(test_emulated_squares_a_burst(smallest), burst);
        mpz_set_ui(sum, largest);
        mpz_mul(sum, sum, sum);
        mpz_mul_ui(sum, sum, burst);
        assert_true(mpz_cmp(sum, limit) < 0);
        mpz_mul_ui(sum, sum, 2);
        assert_true(burst == 1024 || mpz_cmp(sum, limit) >= 0);
        assert_true(burst <= 1024);
    }
    /* As many halves as a path may sum at once stay below 2^63. */
    assert_true((ps_uint128)PS_PROGRESSION_COUNT_MAX * UINT32_MAX < (ps_uint128)1 << 63);
    /* 2^12 terms below 2^52 fit a lane, one more does not. */
    mpz_set_ui(sum, (UINT64_C(1) << 52) - 1);
    mpz_mul_ui(sum, sum, test_emulated_burst52());
    assert_true(mpz_cmp(sum, limit) < 0);
    mpz_add_ui(sum, sum, (UINT64_C(1) << 52) - 1);
    assert_true(mpz_cmp(sum, limit) >= 0);
    mpz_clears(sum, limit, NULL);
}

/* Bursts of 2^12 strides in the path of 52-bit products: lengths one stride and one element to either side of one, two
 * and three bursts, with mantissas of nearly all ones below 2^52 and at the top. No lane may overflow, and with the
 * fullest data it holds so much that a burst of twice the length would. */
static void bursts_of_52_bits(void **state) {
    (void)state;
    const uint64_t stride = test_emulated_stride(), burst = test_emulated_burst52() * stride;
    const uint64_t lasts[] = {(UINT64_C(1) << 52) - 1, UINT64_C(1) << 52, UINT64_MAX};
    const uint64_t counts[] = {burst - stride, burst - 1, burst,        burst + 1,
                               burst + stride, 2 * burst, 3 * burst + 1};
    for (size_t i = 0; i < sizeof lasts / sizeof lasts[0]; i++) {
        for (size_t j = 0; j < sizeof counts / sizeof counts[0]; j++) {
            test_emulated_lane_maximum = 0;
            test_emulated_lane_overflow = false;
            assert_sums_up_to(lasts[i], 1, counts[j], ALL_NEEDS);
            assert_false(test_emulated_lane_overflow);
            assert_true(test_emulated_lane_maximum > UINT64_MAX / 2 || counts[j] < burst);
        }
    }
    /* Steps that spread the data over all of its width. */
    assert_sums_up_to(UINT64_MAX, UINT64_MAX / (2 * burst), 2 * burst, ALL_NEEDS);
    assert_sums_up_to((UINT64_C(1) << 52) - 1, ((UINT64_C(1) << 52) - 1) / (2 * burst), 2 * burst, ALL_NEEDS);
    assert_false(test_emulated_lane_overflow);
}

/* The fold of block by every path, into a partial that already holds something, against brute force; all paths leave
 * the same bytes. */
static void assert_folds(ps_int128 first, uint64_t step, uint64_t count, unsigned needs) {
    const ps_block block = {.kind = PS_BLOCK_RANGE, .count = count, .range = {first, step}};
    const ps_block before = {.kind = PS_BLOCK_RANGE, .count = 1, .range = {-3, 1}};
    ps_integer_partial partial[PATHS_MAX];
    test_moments moments;
    test_moments_init(&moments);
    test_moments_add(&moments, -3, 1, 1);
    test_moments_add(&moments, first, step, count);
    for (size_t i = 0; i < path_count; i++) {
        ps_kinds[PS_KIND_INTEGER].clear(&partial[i].head);
        ps_fold_block(paths[i], &before, needs, &partial[i].head);
        ps_fold_block(paths[i], &block, needs, &partial[i].head);
        test_assert_moments(&partial[i], &moments, needs);
        assert_memory_equal(&partial[i], &partial[0], sizeof partial[0]);
    }
    test_moments_clear(&moments);
}

/* Blocks that lie around zero, around -2^32 and 2^32, around both, and at the ends of the bounds. */
static void blocks_at_cuts(void **state) {
    (void)state;
    for (unsigned needs = 0; needs <= ALL_NEEDS; needs++) {
        for (ps_int128 offset = -66; offset <= 2; offset++) {
            const ps_int128 cuts[] = {0, TWO_32, -TWO_32};
            for (size_t i = 0; i < 3; i++) {
                assert_folds(cuts[i] + offset, 1, 67, needs);
                assert_folds(cuts[i] + 3 * offset, 3, 67, needs);
            }
        }
        assert_folds(-TWO_63, 1, 100, needs);
        assert_folds(-TWO_63, 1, 1, needs);
        assert_folds(TWO_64 - 100, 1, 100, needs);
        assert_folds(TWO_64 - 1, UINT64_MAX, 1, needs);
        assert_folds(-TWO_63, UINT64_MAX, 2, needs);
        assert_folds(0, UINT64_MAX, 2, needs);
        assert_folds(-TWO_63, UINT64_C(1) << 63, 3, needs);
        assert_folds(-TWO_63, UINT64_C(1) << 58, 96, needs);
        assert_folds(-2 * TWO_32, (uint64_t)TWO_32 / 50, 250, needs);
        assert_folds(-TWO_32, (uint64_t)TWO_32, 3, needs);
        assert_folds(1 - TWO_32, (uint64_t)TWO_32 - 1, 3, needs);
        assert_folds(0, 1, 0, needs);
    }
}

static void random_blocks(void **state) {
    (void)state;
    test_random random = test_random_start(2);
    for (int i = 0; i < 6000; i++) {
        const uint64_t count = 1 + test_random_below(&random, i % 100 == 0 ? 50000 : 150);
        const ps_int128 room = (TWO_64 + TWO_63 - 1) / (ps_int128)count;
        ps_int128 step = test_random_hostile(&random);
        if (step < 1 || step > room)
            step = 1 + test_random_below(&random, room > TWO_64 - 2 ? UINT64_MAX : (uint64_t)room);
        const ps_int128 span = (ps_int128)(count - 1) * step;
        ps_int128 first =
            test_random_below(&random, 2) ? -span / 2 : (ps_int128)test_random_hostile(&random) - TWO_63;
        first += (ps_int128)test_random_below(&random, 1000) - 500;
        if (first > TWO_64 - 1 - span)
            first = TWO_64 - 1 - span;
        if (first < -TWO_63)
            first = -TWO_63;
        assert_folds(first, (uint64_t)step, count, (unsigned)test_random_below(&random, ALL_NEEDS + 1));
    }
}

/* What the mask of needs leaves out stays zero. */
static void sums_left_out_stay_zero(void **state) {
    (void)state;
    const ps_wide zero = {{0, 0, 0, 0}};
    const ps_block block = {.kind = PS_BLOCK_RANGE, .count = 100, .range = {TWO_32 - 50, 1}};
    for (size_t i = 0; i < path_count; i++) {
        for (unsigned needs = 0; needs <= ALL_NEEDS; needs++) {
            ps_integer_partial partial;
            ps_kinds[PS_KIND_INTEGER].clear(&partial.head);
            ps_fold_block(paths[i], &block, needs, &partial.head);
            assert_int_equal(ps_wide_equal(&partial.squares, &zero), !(needs & PS_NEED_SQUARES));
            assert_int_equal(ps_wide_equal(&partial.sum, &zero), !(needs & PS_NEED_SUM));
            assert_int_equal(ps_wide_equal(&partial.magnitudes, &zero), !(needs & PS_NEED_MAGNITUDES));
        }
    }
}

/* The pieces of a block are its elements, each piece of one sign and width, ascending in magnitude. */
static void pieces_are_the_elements(void **state) {
    (void)state;
    test_random random = test_random_start(3);
    for (int i = 0; i < 50000; i++) {
        const ps_int128 cuts[] = {0, TWO_32, -TWO_32, -TWO_63 + 400, TWO_64 - 800, -TWO_32 / 2};
        const uint64_t count = 1 + test_random_below(&random, 20);
        const uint64_t step = i % 3 == 0 ? 1 + (uint64_t)TWO_32 / 5 : 1 + test_random_below(&random, 20);
        ps_range_block block = {
            cuts[test_random_below(&random, 6)] - (ps_int128)test_random_below(&random, 400), step};
        if (block.first + (ps_int128)(count - 1) * step > (ps_int128)UINT64_MAX)
            continue;
        ps_progression pieces[PS_PROGRESSIONS_MAX + 1];
        const size_t piece_count = ps_progression_split(&block, count, pieces);
        uint64_t total = 0;
        bool seen[20] = {false};
        assert_true(piece_count >= 1 && piece_count <= PS_PROGRESSIONS_MAX);
        for (size_t j = 0; j < piece_count; j++) {
            const uint64_t last = ps_progression_last(&pieces[j]);
            assert_true(pieces[j].count >= 1 && pieces[j].step == step);
            assert_true(last <= UINT32_MAX || pieces[j].first > UINT32_MAX);
            assert_true(last >= pieces[j].first);
            assert_true(!pieces[j].negative || pieces[j].first > 0);
            for (uint64_t k = 0; k < pieces[j].count; k++) {
                const ps_int128 magnitude = pieces[j].first + (ps_int128)k * step;
                const ps_int128 offset = (pieces[j].negative ? -magnitude : magnitude) - block.first;
                const ps_int128 index = offset / step;
                assert_true(offset >= 0 && offset % step == 0 && index < (ps_int128)count && !seen[index]);
                seen[index] = true;
            }
            total += pieces[j].count;
        }
        assert_int_equal(total, count);
    }
}

/* Offsets taken from a progression, piece by piece: each below 2^32, as many as fit and no more than wanted, and together
 * the progression. */
static void offsets_are_the_elements(void **state) {
    (void)state;
    test_random random = test_random_start(4);
    for (int i = 0; i < 20000; i++) {
        const uint64_t step = i % 4 == 0 ? UINT64_C(1) << test_random_below(&random, 32)
                                         : 1 + test_random_below(&random, i % 2 == 0 ? 1 << 20 : UINT32_MAX);
        const uint64_t count = 1 + test_random_below(&random, UINT64_C(1) << 31);
        const uint64_t span = (count - 1) * step;
        const uint64_t first = i % 3 == 0 ? UINT64_MAX - span : test_random_below(&random, UINT64_MAX - span);
        const uint64_t most = 1 + test_random_hostile(&random) % PS_PROGRESSION_COUNT_MAX;
        ps_progression rest = {first, step, count, i % 5 == 0};
        for (int piece = 0; piece < 40 && rest.count > 0; piece++) {
            const ps_progression before = rest;
            uint64_t base = 0;
            const ps_progression offsets = ps_progression_take_offsets(&rest, most, &base);
            assert_true(base == before.first && offsets.first == 0 && offsets.step == step);
            assert_true(offsets.count >= 1 && offsets.count <= most && offsets.count <= before.count);
            assert_int_equal(offsets.negative, before.negative);
            assert_true((ps_uint128)(offsets.count - 1) * step <= UINT32_MAX);
            assert_true(offsets.count == most || rest.count == 0 || offsets.count * step > UINT32_MAX);
            assert_int_equal(rest.count, before.count - offsets.count);
            assert_true(rest.step == step && rest.negative == before.negative);
            assert_true(rest.count == 0 || rest.first == before.first + offsets.count * step);
        }
    }
}

/* From the sums of offsets to those of magnitudes: the fullest that offsets may be, from the highest base, and random
 * ones, against the closed form. What is there already is kept. */
static void offsets_are_rebased(void **state) {
    (void)state;
    test_random random = test_random_start(5);
    for (int i = 0; i < 5000; i++) {
        const uint64_t count =
            i % 4 == 0 ? PS_PROGRESSION_COUNT_MAX : 1 + test_random_below(&random, PS_PROGRESSION_COUNT_MAX);
        const uint64_t step_most = count > 1 ? UINT32_MAX / (count - 1) : UINT32_MAX;
        const uint64_t step = i % 2 == 0 ? step_most : 1 + test_random_below(&random, step_most);
        const uint64_t span = (count - 1) * step;
        const uint64_t base =
            i % 3 == 0 ? UINT64_MAX - span : test_random_hostile(&random) % (UINT64_MAX - span);
        const parsum_range offsets = {0, (ps_int128)span + 1, step};
        const parsum_range magnitudes = {base, (ps_int128)base + span + 1, step};
        const unsigned needs = (unsigned)test_random_below(&random, ALL_NEEDS + 1);
        ps_integer_partial of_offsets, expected;
        ps_closed_form(&offsets, 1, &of_offsets);
        ps_closed_form(&magnitudes, 1, &expected);
        const ps_progression_sums given = {(ps_uint128)of_offsets.sum.limb[1] << 64 | of_offsets.sum.limb[0],
                                           of_offsets.squares};
        ps_progression_sums sums = {7, {{UINT64_MAX, 3, 0, 0}}};
        ps_progression_add_rebased(&given, base, count, needs, &sums);
        ps_wide squares = {{UINT64_MAX, 3, 0, 0}};
        if (needs & PS_NEED_SQUARES)
            ps_wide_add(&squares, &expected.squares);
        assert_true(ps_wide_equal(&sums.squares, &squares));
        const bool want_sum = needs & (PS_NEED_SUM | PS_NEED_MAGNITUDES);
        const ps_uint128 sum = (ps_uint128)expected.sum.limb[1] << 64 | expected.sum.limb[0];
        assert_true(sums.sum == 7 + (want_sum ? sum : 0));
    }
}

/* Blocks long and dense enough to be summed by offsets, and those just not; cut by 2^32 and by the reach of offsets, up to
 * the ends of the bounds. */
static void blocks_by_offsets(void **state) {
    (void)state;
    const uint64_t reach = UINT64_C(1) << 20; /* the largest step that leaves room for 4096 offsets */
    for (unsigned needs = 0; needs <= ALL_NEEDS; needs++) {
        for (uint64_t count = 4095; count <= 4097; count++) {
            for (uint64_t step = reach - 1; step <= reach + 1; step++) {
                const ps_int128 span = (ps_int128)(count - 1) * step;
                assert_folds(TWO_64 - 1 - span, step, count, needs);
                assert_folds(-TWO_63, step, count, needs);
                assert_folds(TWO_32 - 1, step, count, needs);
                assert_folds(-TWO_32 - span, step, count, needs);
                assert_folds(TWO_32 - 5 * (ps_int128)step, step, 3 * count, needs);
                assert_folds(-TWO_32 - span / 2, step, 2 * count, needs);
            }
            assert_folds(TWO_64 - (ps_int128)count, 1, count, needs);
            assert_folds(TWO_32, 1, count, needs);
            assert_folds(TWO_32 - (ps_int128)count, 1, 3 * count, needs);
        }
    }
}

/* A path that knows the formula, and how many elements it was given at once. */
static uint64_t most_at_once;
static void sum_by_formula(const ps_progression *progression, unsigned needs, ps_progression_sums *sums) {
    const uint64_t n = progression->count;
    (void)needs;
    memset(sums, 0, sizeof *sums);
    sums->sum = (ps_uint128)n * progression->first + (ps_uint128)n * (n - 1) / 2 * progression->step;
    if (n > most_at_once)
        most_at_once = n;
}

/* Blocks beyond what a path may sum at once reach it in parts, so that lane bounds hold. */
static void long_blocks_are_cut(void **state) {
    (void)state;
    const ps_isa formula = {.name = "formula", .progression = sum_by_formula};
    const uint64_t most = PS_PROGRESSION_COUNT_MAX;
    const unsigned needs = PS_NEED_SUM | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES;
    const uint64_t counts[] = {most - 1, most, most + 1, 2 * most, 5 * most + 7};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        for (uint64_t step = 1; step <= 3; step += 2) {
            const ps_int128 span = (ps_int128)counts[i] * step;
            const ps_int128 firsts[] = {TWO_64 - span, 1, -TWO_63, -span / 2, -span, TWO_32};
            for (size_t j = 0; j < sizeof firsts / sizeof firsts[0]; j++) {
                const ps_block block = {
                    .kind = PS_BLOCK_RANGE, .count = counts[i], .range = {firsts[j], step}};
                const parsum_range range = {firsts[j], firsts[j] + span, step};
                ps_integer_partial partial, expected;
                most_at_once = 0;
                ps_kinds[PS_KIND_INTEGER].clear(&partial.head);
                ps_fold_block(&formula, &block, needs, &partial.head);
                ps_closed_form(&range, 1, &expected);
                expected.squares = partial.squares;
                assert_memory_equal(&partial, &expected, sizeof partial);
                assert_true(most_at_once <= most);
                /* The bound is reached where nothing else cuts. */
                assert_true(most_at_once == most || counts[i] < most || step > 1 || j > 0);
            }
        }
    }
}

/* As many elements as a path sums at once, with low halves of all ones: what fills lanes most. Minutes on a slow path. */
static void fullest_lanes(void **state) {
    (void)state;
    const parsum_range ranges[] = {{TWO_63 + UINT32_MAX, TWO_64, TWO_32}, {TWO_32 / 2, TWO_32, 1}};
    if (getenv("PARSUM_TEST_LONG") == NULL)
        skip();
    for (size_t i = 0; i < 2; i++) {
        ps_integer_partial partial, expected;
        ps_closed_form(&ranges[i], 1, &expected);
        assert_int_equal(expected.head.count, PS_PROGRESSION_COUNT_MAX);
        for (size_t j = 0; j < path_count; j++) {
            const ps_block block = {.kind = PS_BLOCK_RANGE,
                                    .count = expected.head.count,
                                    .range = {ranges[i].first, (uint64_t)ranges[i].step}};
            ps_kinds[PS_KIND_INTEGER].clear(&partial.head);
            ps_fold_block(paths[j], &block, ALL_NEEDS, &partial.head);
            assert_memory_equal(&partial, &expected, sizeof partial);
        }
    }
}

static void paths_by_name(void **state) {
    (void)state;
    static const char *const names[] = {"portable", "avx2", "avx512", "avx512ifma"};
    const ps_isa *best = NULL;
    for (size_t i = 0; i < 4; i++) {
        const ps_isa *found = NULL;
        const char *name = NULL;
        parsum_error error = {.message = ""};
        assert_string_equal(ps_isa_at(i)->name, names[i]);
        const bool available = ps_isa_at(i)->available();
        if (available)
            best = ps_isa_at(i);
        assert_int_equal(ps_isa_find(names[i], &found, &error), available ? PARSUM_OK : PARSUM_USAGE);
        assert_ptr_equal(found, available ? ps_isa_at(i) : NULL);
        assert_int_equal(parsum_isa_select(names[i], &name, NULL), available ? PARSUM_OK : PARSUM_USAGE);
        assert_true(available ? strcmp(name, names[i]) == 0
                              : name == NULL && strstr(error.message, names[i]));
    }
    const ps_isa *found = NULL;
    assert_null(ps_isa_at(4));
    assert_int_equal(ps_isa_find(NULL, &found, NULL), PARSUM_OK);
    assert_ptr_equal(found, best);
    assert_int_equal(ps_isa_find("sse9", &found, NULL), PARSUM_USAGE);
    assert_int_equal(ps_isa_find("", &found, NULL), PARSUM_USAGE);
    assert_ptr_equal(found, best);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_lengths),
        cmocka_unit_test(bursts_of_squares),
        cmocka_unit_test(lane_bounds),
        cmocka_unit_test(bursts_of_52_bits),
        cmocka_unit_test(blocks_at_cuts),
        cmocka_unit_test(random_blocks),
        cmocka_unit_test(sums_left_out_stay_zero),
        cmocka_unit_test(pieces_are_the_elements),
        cmocka_unit_test(long_blocks_are_cut),
        cmocka_unit_test(offsets_are_the_elements),
        cmocka_unit_test(offsets_are_rebased),
        cmocka_unit_test(blocks_by_offsets),
        cmocka_unit_test(fullest_lanes),
        cmocka_unit_test(paths_by_name),
    };
    return cmocka_run_group_tests(tests, find_paths, NULL);
}
