/* progression_template.h - sums of an arithmetic progression, one body for all instruction sets.
 *
 * The including file defines, before it includes this:
 *   PS_PATH                      the function's name, of type ps_progression_function
 *   PS_LANES                     64-bit lanes of a vector
 *   ps_vector                    an unsigned vector of them (GNU vector extension), or uint64_t for one lane
 *   PS_MULTIPLY_LOW32(a, b)      product of the low 32 bits of each lane, 64 bits
 *   PS_KEEP(vector)              an empty asm statement through which the compiler cannot see: every element is really
 *                                multiplied (clang folds a sum of i*i into its closed form)
 * and, where the machine multiplies 52 bits and adds (AVX-512 IFMA):
 *   PS_MULTIPLY_ADD52_LOW(t,a,b), PS_MULTIPLY_ADD52_HIGH(t,a,b)   t + the low or high 52 bits of the 104-bit product
 *
 * Bounds. count <= 2^31 per call, so a lane takes at most 2^31 terms. Terms below 2^32 leave every lane below 2^63, and
 * the sum over lanes is taken in 128 bits. */
#include <stdbool.h>
#include <string.h>

#include "fold/progression.h"

/* Independent chains, so that additions do not wait for each other. */
enum { CHAINS = 4, STRIDE = PS_LANES * CHAINS };

/* Unrolled, and vectors never indexed by lane: arrays of them stay in registers. */
#define FOR_CHAINS(k) _Pragma("GCC unroll 4") for (int k = 0; k < CHAINS; k++)

/* first, first+step, ... in the lanes. Arithmetic is modulo 2^64: elements within the bounds are exact, and those beyond
 * the progression's end are never summed. */
static inline ps_vector ascending(uint64_t first, uint64_t step) {
    uint64_t lanes[PS_LANES];
    ps_vector vector;
    for (int lane = 0; lane < PS_LANES; lane++)
        lanes[lane] = first + (uint64_t)lane * step;
    memcpy(&vector, lanes, sizeof vector);
    return vector;
}

static inline ps_vector broadcast(uint64_t value) {
    return ascending(value, 0);
}

static inline ps_uint128 across_lanes(ps_vector vector) {
    uint64_t lanes[PS_LANES];
    ps_uint128 total = 0;
    memcpy(lanes, &vector, sizeof vector);
    for (int lane = 0; lane < PS_LANES; lane++)
        total += lanes[lane];
    return total;
}

/* The first vector of chain k. */
static inline ps_vector chain_start(const ps_progression *progression, int k) {
    return ascending(progression->first + (uint64_t)(k * PS_LANES) * progression->step, progression->step);
}

/* Squares that may be added to a 64-bit lane before it can overflow: terms * maximum^2 < 2^64, with maximum < 2^bits
 * and terms = 2^(64-2*bits). Capped, so that the burst loop stays a small part of a block. */
static uint64_t squares_a_burst(uint64_t maximum) {
    unsigned bits = 0;
    while (bits < 32 && maximum >> bits)
        bits++;
    const unsigned spare = 64 - 2 * bits;
    return UINT64_C(1) << (spare < 10 ? spare : 10);
}

/* Magnitudes below 2^32: one product each, gathered for a burst, then split into 32-bit halves. A half is below 2^32 and
 * at most 2^31 of them reach a lane; so do at most 2^31 magnitudes below 2^32. */
static inline __attribute__((always_inline)) void sum_narrow(const ps_progression *progression,
                                                             uint64_t strides, bool want_sum,
                                                             bool want_squares, ps_progression_sums *sums) {
    const ps_vector low_half = broadcast(UINT32_MAX);
    const ps_vector delta = broadcast(STRIDE * progression->step);
    const uint64_t burst = want_squares ? squares_a_burst(ps_progression_last(progression)) : strides;
    ps_vector u[CHAINS], sum[CHAINS], low = broadcast(0), high = broadcast(0);
    FOR_CHAINS(k) u[k] = chain_start(progression, k);
    FOR_CHAINS(k) sum[k] = broadcast(0);
    for (uint64_t done = 0; done < strides;) {
        const uint64_t until = strides - done < burst ? strides : done + burst;
        ps_vector square[CHAINS];
        FOR_CHAINS(k) square[k] = broadcast(0);
        for (; done < until; done++) {
            FOR_CHAINS(k) {
                PS_KEEP(u[k]);
                if (want_squares)
                    square[k] += PS_MULTIPLY_LOW32(u[k], u[k]);
                if (want_sum)
                    sum[k] += u[k];
                u[k] += delta;
            }
        }
        if (want_squares) {
            FOR_CHAINS(k) {
                low += square[k] & low_half;
                high += square[k] >> 32;
            }
        }
    }
    FOR_CHAINS(k) sums->sum += across_lanes(sum[k]);
    ps_wide_add_at(&sums->squares, across_lanes(low), 0);
    ps_wide_add_at(&sums->squares, across_lanes(high), 32);
}

/* Sums alone of magnitudes of any width: 32-bit halves apart. */
static inline void sum_wide(const ps_progression *progression, uint64_t strides, ps_progression_sums *sums) {
    const ps_vector low_half = broadcast(UINT32_MAX);
    const ps_vector delta = broadcast(STRIDE * progression->step);
    ps_vector u[CHAINS], low = broadcast(0), high = broadcast(0);
    FOR_CHAINS(k) u[k] = chain_start(progression, k);
    for (uint64_t done = 0; done < strides; done++) {
        FOR_CHAINS(k) {
            PS_KEEP(u[k]);
            low += u[k] & low_half;
            high += u[k] >> 32;
            u[k] += delta;
        }
    }
    sums->sum += across_lanes(low) + (across_lanes(high) << 32);
}

#ifdef PS_MULTIPLY_ADD52_LOW

/* Each product part is below 2^52, so 2^12 of them fit a lane: (2^52-1) * 2^12 < 2^64. */
enum { BURST52 = 1 << 12 };

/* Squares of magnitudes below 2^64, u = h * 2^52 + l with h < 2^12:
 * u^2 = l*l + 2 * l*h * 2^52 + h*h * 2^104; h*h < 2^24 has no high part. */
static inline __attribute__((always_inline)) void squares_wide_any(const ps_progression *progression,
                                                                   uint64_t strides, bool above52,
                                                                   ps_progression_sums *sums) {
    enum { LL_LOW, LL_HIGH, LH_LOW, LH_HIGH, HH, BINS };
    static const unsigned bit[BINS] = {0, 52, 53, 105, 104};
    const int bins = above52 ? BINS : LH_LOW;
    const ps_vector delta = broadcast(STRIDE * progression->step);
    ps_vector u[CHAINS];
    FOR_CHAINS(k) u[k] = chain_start(progression, k);
    for (uint64_t done = 0; done < strides;) {
        const uint64_t until = strides - done < BURST52 ? strides : done + BURST52;
        ps_vector bin[BINS][CHAINS];
        _Pragma("GCC unroll 5") for (int b = 0; b < BINS; b++) FOR_CHAINS(k) bin[b][k] = broadcast(0);
        for (; done < until; done++) {
            FOR_CHAINS(k) {
                PS_KEEP(u[k]);
                /* The instruction reads the low 52 bits of its factors: l without a mask. */
                bin[LL_LOW][k] = PS_MULTIPLY_ADD52_LOW(bin[LL_LOW][k], u[k], u[k]);
                bin[LL_HIGH][k] = PS_MULTIPLY_ADD52_HIGH(bin[LL_HIGH][k], u[k], u[k]);
                if (above52) {
                    const ps_vector h = u[k] >> 52;
                    bin[LH_LOW][k] = PS_MULTIPLY_ADD52_LOW(bin[LH_LOW][k], u[k], h);
                    bin[LH_HIGH][k] = PS_MULTIPLY_ADD52_HIGH(bin[LH_HIGH][k], u[k], h);
                    bin[HH][k] = PS_MULTIPLY_ADD52_LOW(bin[HH][k], h, h);
                }
                u[k] += delta;
            }
        }
        _Pragma("GCC unroll 5") for (int b = 0; b < bins; b++) {
            ps_uint128 total = 0;
            FOR_CHAINS(k) total += across_lanes(bin[b][k]);
            ps_wide_add_at(&sums->squares, total, bit[b]);
        }
    }
}

static void squares_wide(const ps_progression *progression, uint64_t strides, ps_progression_sums *sums) {
    if (ps_progression_last(progression) >> 52)
        squares_wide_any(progression, strides, true, sums);
    else
        squares_wide_any(progression, strides, false, sums);
}

#else

/* Squares of magnitudes below 2^64 from 32-bit halves, u = h * 2^32 + l: u^2 = l*l + l*h * 2^33 + h*h * 2^64. Each
 * product is split into halves below 2^32; at most 2^31 of them reach a lane. */
static void squares_wide(const ps_progression *progression, uint64_t strides, ps_progression_sums *sums) {
    enum { LL, LH, HH, PRODUCTS };
    static const unsigned bit[PRODUCTS] = {0, 33, 64};
    const ps_vector low_half = broadcast(UINT32_MAX);
    const ps_vector delta = broadcast(STRIDE * progression->step);
    ps_vector u[CHAINS], low[PRODUCTS], high[PRODUCTS];
    FOR_CHAINS(k) u[k] = chain_start(progression, k);
    _Pragma("GCC unroll 3") for (int p = 0; p < PRODUCTS; p++) low[p] = high[p] = broadcast(0);
    for (uint64_t done = 0; done < strides; done++) {
        FOR_CHAINS(k) {
            PS_KEEP(u[k]);
            const ps_vector h = u[k] >> 32;
            const ps_vector product[PRODUCTS] = {PS_MULTIPLY_LOW32(u[k], u[k]), PS_MULTIPLY_LOW32(u[k], h),
                                                 PS_MULTIPLY_LOW32(h, h)};
            _Pragma("GCC unroll 3") for (int p = 0; p < PRODUCTS; p++) {
                low[p] += product[p] & low_half;
                high[p] += product[p] >> 32;
            }
            u[k] += delta;
        }
    }
    _Pragma("GCC unroll 3") for (int p = 0; p < PRODUCTS; p++) {
        ps_wide_add_at(&sums->squares, across_lanes(low[p]), bit[p]);
        ps_wide_add_at(&sums->squares, across_lanes(high[p]), bit[p] + 32);
    }
}

#endif

/* The elements that fill no whole stride, fewer than STRIDE of them. */
static void sum_tail(const ps_progression *progression, uint64_t from, bool want_sum, bool want_squares,
                     ps_progression_sums *sums) {
    for (uint64_t i = from; i < progression->count; i++) {
        const uint64_t u = progression->first + i * progression->step;
        if (want_sum)
            sums->sum += u;
        if (want_squares)
            ps_wide_add_at(&sums->squares, (ps_uint128)u * u, 0);
    }
}

void PS_PATH(const ps_progression *progression, unsigned needs, ps_progression_sums *sums) {
    const bool want_squares = needs & PS_NEED_SQUARES;
    const bool want_sum = needs & (PS_NEED_SUM | PS_NEED_MAGNITUDES);
    const uint64_t strides = progression->count / STRIDE;
    memset(sums, 0, sizeof *sums);
    if (ps_progression_last(progression) <= UINT32_MAX) {
        if (want_squares && want_sum)
            sum_narrow(progression, strides, true, true, sums);
        else if (want_squares)
            sum_narrow(progression, strides, false, true, sums);
        else if (want_sum)
            sum_narrow(progression, strides, true, false, sums);
    } else {
        if (want_squares)
            squares_wide(progression, strides, sums);
        if (want_sum)
            sum_wide(progression, strides, sums);
    }
    sum_tail(progression, strides * STRIDE, want_sum, want_squares, sums);
}
