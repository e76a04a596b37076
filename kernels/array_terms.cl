/* array_terms.cl - sums of the terms of numbers, in vectors, and how they become bins. */

/* Sums of 64-bit terms: modulo 2^64, and of their high halves, which are below 2^63 as said above. So are those of the low
 * halves, total - high * 2^32, which makes that residue the sum itself. Four lanes, so that the sums of a kernel fit in the
 * registers of a CPU. */
typedef struct split_sum {
    ulong4 total, high;
} split_sum;

static split_sum no_terms(void) {
    split_sum none;
    none.total = none.high = (ulong4)(0UL);
    return none;
}

static void split_add(split_sum *sum, ulong4 term) {
    sum->total += term;
    sum->high += term >> 32;
}

/* Two bins: of all low halves and of all high ones. */
static void split_store(__local ulong *bins, const split_sum *sum) {
    bins[0] = lane_sum4(sum->total - (sum->high << 32));
    bins[1] = lane_sum4(sum->high);
}

typedef struct narrow_squares {
    split_sum sum, square;
} narrow_squares;

/* Of eight numbers up to 32 bits, two in a lane, whose squares are below 2^64. */
static void add_narrow_squares(narrow_squares *sums, uint8 numbers) {
    const ulong4 u = as_ulong4(numbers), low = u & LOW_HALF, high = u >> 32;
    sums->sum.total += u;
    sums->sum.high += high;
    split_add(&sums->square, low * low);
    split_add(&sums->square, high * high);
}

static void store_narrow_squares(__local ulong *bins, const narrow_squares *sums) {
    split_store(bins + PS_ARRAY_SUM_LOW, &sums->sum);
    split_store(bins + PS_ARRAY_LL_LOW, &sums->square);
}

typedef struct wide_squares {
    split_sum sum, ll, lh, hh;
} wide_squares;

/* Of 64-bit numbers: u = h * 2^32 + l, u^2 = l*l + l*h * 2^33 + h*h * 2^64. */
static void add_wide_squares(wide_squares *sums, ulong4 u) {
    const ulong4 l = u & LOW_HALF, h = u >> 32;
    sums->sum.total += u;
    sums->sum.high += h;
    split_add(&sums->ll, l * l);
    split_add(&sums->lh, l * h);
    split_add(&sums->hh, h * h);
}

static void store_wide_squares(__local ulong *bins, const wide_squares *sums) {
    split_store(bins + PS_ARRAY_SUM_LOW, &sums->sum);
    split_store(bins + PS_ARRAY_LL_LOW, &sums->ll);
    split_store(bins + PS_ARRAY_CROSS_LOW, &sums->lh);
    split_store(bins + PS_ARRAY_HH_LOW, &sums->hh);
    bins[PS_ARRAY_CROSS_LOW] *= 2UL;
    bins[PS_ARRAY_CROSS_HIGH] *= 2UL;
}
