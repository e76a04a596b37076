/* float_mixes.h - many small lists of floats and doubles whose exponents break things, and what all of their statistics are: for
 * the engines' long differential runs. It shares no arithmetic with the library. */
#ifndef PS_TEST_FLOAT_MIXES_H
#define PS_TEST_FLOAT_MIXES_H

#include <sys/mman.h>
#include <unistd.h>

#include "exact/binary.h"
#include "exact/statistics.h"
#include "float_sums.h"

enum {
    TEST_MIX_MOST = 300,
    TEST_MIX_LISTS_SHORT = 10000,
    TEST_MIX_LISTS_LONG = 1000000,
    TEST_MIX_NEEDS = PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES
};

/* How many lists a differential run is long. */
static inline int test_mix_lists(void) {
    return getenv("PARSUM_TEST_LONG") != NULL ? TEST_MIX_LISTS_LONG : TEST_MIX_LISTS_SHORT;
}

/* One list, or two of one length; as doubles, and as they lie in memory that the caller gives. */
typedef struct test_mix {
    parsum_type type;
    size_t count;
    bool pairs;
    unsigned kind;
    double number[2][TEST_MIX_MOST];
} test_mix;

/* The bounds of a type's exponents and significands. */
typedef struct test_float_shape {
    int lowest, normal, highest, bits;
} test_float_shape;

static inline test_float_shape test_shape_of(parsum_type type) {
    return type == PARSUM_F32 ? (test_float_shape){-149, -126, 127, 24}
                              : (test_float_shape){-1074, -1022, 1023, 53};
}

/* A number of the type with that exponent (the subnormals' where it is below the normal ones), its significand random, or all
 * ones, or zeros but the first or the last. */
static inline double test_number_at(test_random *random, parsum_type type, int exponent) {
    const test_float_shape shape = test_shape_of(type);
    const int unit = exponent - shape.bits + 1;
    const uint64_t top = UINT64_C(1) << (shape.bits - 1), pick = test_random_below(random, 8);
    const uint64_t below = pick == 0   ? top - 1
                           : pick == 1 ? 0
                           : pick == 2 ? 1
                                       : test_random_bits(random) & (top - 1);
    double value = (double)(top | below);
    if (unit < shape.lowest)
        value = floor(ldexp(value, unit - shape.lowest));
    value = ldexp(value, unit < shape.lowest ? shape.lowest : unit);
    return test_random_bits(random) & 1 ? -value : value;
}

/* The number of the type beside value. */
static inline double test_towards_zero(parsum_type type, double value) {
    return type == PARSUM_F32 ? (double)nextafterf((float)value, 0) : nextafter(value, 0);
}

static inline int test_exponent_between(test_random *random, int from, int to) {
    return from + (int)test_random_below(random, (uint64_t)(to - from + 1));
}

enum {
    MIX_ANY,        /* any exponents */
    MIX_WINDOW,     /* some neighbouring ones */
    MIX_OUTLIER,    /* one far from the others */
    MIX_CANCELLING, /* pairs that cancel, or all but one unit in the last place */
    MIX_HALFWAY,    /* a point halfway between two numbers, with or without a bit far below */
    MIX_SUBNORMAL,
    MIX_BOTH_ENDS, /* of the range */
    MIX_EQUAL,
    MIX_INTEGERS, /* which are often zeros of both signs */
    MIX_EDGES,    /* powers of two and their neighbours, about multiples of a slice's bits apart */
    MIX_ILL,      /* whose condition number is beyond 10^300 */
    MIX_SPECIALS,
    MIX_KINDS
};

static inline double test_special(test_random *random) {
    static const double specials[] = {INFINITY, -INFINITY, NAN, 0, -0.0, DBL_MAX, -DBL_MAX};
    return specials[test_random_below(random, TEST_COUNT_OF(specials))];
}

/* Makes of the first four, of at least four, a point halfway between two neighbouring doubles, even or odd, but for the third,
 * which may be anywhere below; the others cancel. */
static inline void test_fill_halfway(test_random *random, const test_mix *mix, double *numbers) {
    const test_float_shape shape = test_shape_of(mix->type);
    const int exponent = test_exponent_between(random, shape.normal + 60, shape.highest);
    const int half = exponent - 53;
    numbers[0] = fabs(test_number_at(random, mix->type, exponent));
    numbers[1] = ldexp(test_random_bits(random) & 1 ? 1 : -1, half);
    numbers[2] =
        test_random_below(random, 3) == 0
            ? 0
            : test_number_at(random, mix->type, test_exponent_between(random, shape.lowest, half - 1));
    numbers[3] = test_random_bits(random) & 1 ? ldexp(1, half + 1) : 0;
    for (size_t i = 4; i < mix->count; i++)
        numbers[i] = i % 2 == 1 ? -numbers[i - 1] : i + 1 < mix->count ? numbers[i] : 0;
}

static inline double test_mix_number(test_random *random, const test_mix *mix, int from, int span,
                                     const double *numbers, size_t i) {
    const test_float_shape shape = test_shape_of(mix->type);
    const int within = test_exponent_between(random, from, from + span);
    switch (mix->kind) {
    case MIX_OUTLIER:
        return test_number_at(random, mix->type,
                              i == mix->count / 2 ? test_exponent_between(random, shape.lowest, shape.highest)
                                                  : within);
    case MIX_CANCELLING:
        if (i % 2 == 0)
            return test_number_at(random, mix->type, within);
        return i == 1 ? -test_towards_zero(mix->type, numbers[0]) : -numbers[i - 1];
    case MIX_SUBNORMAL:
        return test_number_at(random, mix->type,
                              test_exponent_between(random, shape.lowest, shape.normal + 3));
    case MIX_BOTH_ENDS:
        return test_number_at(random, mix->type,
                              i % 2 ? shape.highest - (int)test_random_below(random, 3)
                                    : shape.lowest + (int)test_random_below(random, 60));
    case MIX_EQUAL:
        return i > 0 ? numbers[0] : test_number_at(random, mix->type, within);
    case MIX_INTEGERS: {
        const double small = (double)test_random_below(random, i % 3 ? 1000 : 2);
        return test_random_bits(random) & 1 ? -small : small;
    }
    case MIX_EDGES: {
        const int steps = (int)test_random_below(random, 4);
        const int exponent = from + 52 * steps + (int)test_random_below(random, 3) - 1;
        const double edge = ldexp(1, exponent < shape.normal + 1 ? shape.normal + 1
                                     : exponent > shape.highest  ? shape.highest
                                                                 : exponent);
        const double beside = edge - ldexp(edge, -shape.bits);
        return (test_random_bits(random) & 1 ? -1 : 1) * (test_random_bits(random) & 1 ? beside : edge);
    }
    case MIX_ILL:
        if (i % 2 == 0)
            return test_number_at(random, mix->type, shape.highest - 8 + (int)test_random_below(random, 9));
        return i == 1 ? ldexp(1, shape.lowest) : -numbers[i - 1];
    case MIX_SPECIALS:
        return test_random_below(random, 12) == 0 ? test_special(random)
                                                  : test_number_at(random, mix->type, within);
    case MIX_ANY:
        return test_number_at(random, mix->type, test_exponent_between(random, shape.lowest, shape.highest));
    default:
        return test_number_at(random, mix->type, within);
    }
}

static inline void test_shuffle(test_random *random, double *numbers, size_t count) {
    for (size_t i = count; i-- > 1;) {
        const size_t other = test_random_below(random, i + 1);
        const double kept = numbers[i];
        numbers[i] = numbers[other];
        numbers[other] = kept;
    }
}

static inline void test_mix_fill(test_random *random, const test_mix *mix, double *numbers) {
    const test_float_shape shape = test_shape_of(mix->type);
    /* Up to and beyond what one, two and three slices span. */
    const int most = shape.highest - shape.lowest, wish = (int)test_random_below(random, 180);
    const int span = wish < most ? wish : most;
    const int from = test_exponent_between(random, shape.lowest, shape.highest - span);
    for (size_t i = 0; i < mix->count; i++)
        numbers[i] = test_mix_number(random, mix, from, span, numbers, i);
    if (mix->kind == MIX_HALFWAY && mix->count >= 4)
        test_fill_halfway(random, mix, numbers);
    for (size_t i = 0; i < mix->count && mix->type == PARSUM_F32; i++) {
        const float narrow = (float)numbers[i]; /* of doubles beyond the floats, infinity */
        numbers[i] = isinf(narrow) && mix->kind != MIX_SPECIALS ? (double)FLT_MAX : (double)narrow;
    }
    test_shuffle(random, numbers, mix->count);
}

/* A list of a random kind; mostly short ones. */
static inline void test_mix_make(test_random *random, test_mix *mix) {
    mix->type = test_random_bits(random) & 1 ? PARSUM_F64 : PARSUM_F32;
    mix->count = test_random_below(random, test_random_below(random, 8) == 0 ? TEST_MIX_MOST + 1 : 48);
    mix->pairs = test_random_below(random, 4) == 0;
    mix->kind = (unsigned)test_random_below(random, MIX_KINDS);
    test_mix_fill(random, mix, mix->number[0]);
    if (!mix->pairs)
        return;
    /* What cancels, cancels in the products too where all are with the same number. */
    const unsigned kind = mix->kind;
    mix->kind = test_random_bits(random) & 1 ? MIX_EQUAL : kind;
    test_mix_fill(random, mix, mix->number[1]);
    mix->kind = kind;
}

/* Writes an operand to memory as numbers of the type, from a number's boundary on. */
static inline void test_mix_store(const test_mix *mix, int operand, void *memory) {
    for (size_t i = 0; i < mix->count; i++) {
        const double value = mix->number[operand][i];
        const float narrow = (float)value;
        if (mix->type == PARSUM_F32)
            memcpy((char *)memory + i * sizeof narrow, &narrow, sizeof narrow);
        else
            memcpy((char *)memory + i * sizeof value, &value, sizeof value);
    }
}

/* ---- what a list's statistics are */

/* What terms that are not finite add up to, in IEEE 754's own arithmetic; 0: there are none. */
static inline double test_sum_specials(double sum, double term) {
    return isfinite(term) ? sum : sum + term;
}

/* The statistic of a list with terms that are not finite, whose sum and sum of magnitudes those terms make. */
static inline double test_special_statistic(const test_mix *mix, unsigned statistic) {
    double sum = 0, magnitudes = 0, least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < mix->count; i++) {
        const double term = mix->number[0][i];
        sum = test_sum_specials(sum, term);
        magnitudes = test_sum_specials(magnitudes, fabs(term));
        least = isnan(least) || isnan(term) ? NAN : fmin(least, term);
        most = isnan(most) || isnan(term) ? NAN : fmax(most, term);
    }
    switch (statistic) {
    case PARSUM_SUM:
    case PARSUM_MEAN:
        return sum;
    case PARSUM_SUMSQ:
    case PARSUM_SUMABS:
    case PARSUM_NORM2:
        return magnitudes;
    case PARSUM_MIN:
        return least + 0.0;
    case PARSUM_MAX:
        return most + 0.0;
    default:
        return NAN;
    }
}

static inline void test_assert_mix_value(const test_mix *mix, const parsum_value *value, const char *engine,
                                         double expected, bool exact) {
    char name[128];
    snprintf(name, sizeof name, "%s, %s of %zu %s of the kind %u", engine,
             parsum_statistic_name(value->statistic), mix->count, parsum_type_name(mix->type), mix->kind);
    if (value->text == NULL)
        fail_msg("%s: is none, must be %a", name, expected);
    test_assert_double(value->number, expected, name);
    if (value->exact != exact)
        fail_msg("%s: %a says that it is%s exact", name, value->number, value->exact ? "" : " not");
}

static inline void test_assert_mix_products(const test_mix *mix, const parsum_value *value,
                                            const char *engine) {
    double special = 0;
    mpfr_t sum;
    mpfr_init2(sum, TEST_EXACT_BITS);
    mpfr_set_zero(sum, 1);
    for (size_t i = 0; i < mix->count; i++) {
        const double left = mix->number[0][i], right = mix->number[1][i];
        if (isfinite(left) && isfinite(right))
            test_add_product(sum, left, right);
        else
            special += left * right;
    }
    if (special != 0)
        test_assert_mix_value(mix, value, engine, special, true);
    else
        test_assert_mix_value(mix, value, engine, test_nearest(sum), test_is_exactly(sum, test_nearest(sum)));
    mpfr_clear(sum);
}

static inline void test_assert_mix_list(const test_mix *mix, const parsum_value *values, const char *engine) {
    test_float_sums sums;
    bool finite = true;
    for (size_t i = 0; i < mix->count; i++)
        finite = finite && isfinite(mix->number[0][i]);
    test_float_sums_init(&sums, mix->number[0], finite ? mix->count : 0, 1);
    for (unsigned i = PARSUM_SUM; i < PARSUM_DOT; i++) {
        mpfr_t expected;
        if (test_has_none(i, mix->count)) {
            if (values[i].text != NULL)
                fail_msg("%s of %zu numbers is %s", parsum_statistic_name((parsum_statistic)i), mix->count,
                         values[i].text);
            continue;
        }
        if (!finite) {
            test_assert_mix_value(mix, &values[i], engine, test_special_statistic(mix, i), true);
            continue;
        }
        mpfr_init2(expected, TEST_EXACT_BITS);
        test_set_statistic(expected, &sums, i);
        const double nearest = test_nearest(expected);
        test_assert_mix_value(mix, &values[i], engine, nearest, test_is_exactly(expected, nearest));
        mpfr_clear(expected);
    }
    test_float_sums_clear(&sums);
}

/* That partial, which engine made of the mix, has its statistics. */
static inline void test_assert_mix(const test_mix *mix, const ps_float_partial *partial, const char *engine) {
    parsum_value values[PARSUM_STATISTIC_COUNT];
    if (partial->head.count != mix->count)
        fail_msg("%s: %llu of %zu numbers", engine, (unsigned long long)partial->head.count, mix->count);
    const size_t count = ps_statistics_finish(mix->pairs ? PARSUM_MASK(PARSUM_DOT) : PARSUM_MASK_ALL,
                                              &partial->head, false, values);
    assert_int_equal(count, mix->pairs ? 1 : PARSUM_DOT);
    if (mix->pairs)
        test_assert_mix_products(mix, values, engine);
    else
        test_assert_mix_list(mix, values, engine);
    ps_values_destroy(values, count);
}

/* ---- one value very often */

enum { TEST_MANY = 100000000, TEST_MANY_BYTES = TEST_MANY * 8 };

/* Room for TEST_MANY doubles that are all value, which are few pages of memory mapped again and again; NULL: it cannot be had. */
static inline void *test_many_map(double value) {
    enum { PART_BYTES = 8 << 20 };
    const size_t rounded = (TEST_MANY_BYTES + (size_t)PART_BYTES - 1) / PART_BYTES * PART_BYTES;
    const int file = memfd_create("parsum-test", 0);
    char *const all = mmap(NULL, rounded, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool made = all != MAP_FAILED && file >= 0 && ftruncate(file, PART_BYTES) == 0;
    for (size_t at = 0; at < rounded && made; at += PART_BYTES)
        made =
            mmap(all + at, PART_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) == all + at;
    for (size_t i = 0; i < PART_BYTES / sizeof value && made; i++)
        memcpy(all + i * sizeof value, &value, sizeof value);
    if (file >= 0)
        close(file);
    return made ? all : NULL;
}

/* That partial is the sums of so many values. */
static inline void test_assert_many(const ps_float_partial *partial, double value, const char *engine) {
    parsum_value values[PARSUM_STATISTIC_COUNT];
    test_float_sums sums;
    test_float_sums_init(&sums, &value, 1, TEST_MANY);
    assert_int_equal(partial->head.count, TEST_MANY);
    const size_t count = ps_statistics_finish(PARSUM_MASK_ALL, &partial->head, false, values);
    for (unsigned i = PARSUM_SUM; i < PARSUM_DOT; i++) {
        mpfr_t expected;
        mpfr_init2(expected, TEST_EXACT_BITS);
        test_set_statistic(expected, &sums, i);
        test_assert_double(values[i].number, test_nearest(expected), engine);
        mpfr_clear(expected);
    }
    ps_values_destroy(values, count);
    test_float_sums_clear(&sums);
}

#endif
