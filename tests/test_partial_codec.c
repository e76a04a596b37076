/* test_partial_codec.c - the numbers of partials of every kind as bytes: there and back, their bounds from both sides, and
 * cut off at every byte. */
#include "exact/partial_codec.h"

#include <math.h>

#include "exact/binary.h"
#include "exact/decimal.h"
#include "support.h"

enum { INTEGERS, DECIMALS, FLOATS, BYTES_MAX = 1 << 16 };
enum { NEEDS_ALL = PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES };

static const int64_t limb_end = INT64_C(1000000000000000000);

static unsigned char bytes[BYTES_MAX];

static size_t write_partial(uint32_t kind, const ps_partial *partial, unsigned needs) {
    ps_bytes_out out = {bytes, 0, sizeof bytes, false};
    ps_partial_codec_write(ps_partial_codec_find(kind), partial, needs, &out);
    assert_false(out.full);
    return out.size;
}

/* Reads size bytes, in their own allocation. */
static const char *read_partial(uint32_t kind, size_t size, const ps_partial *head, unsigned needs,
                                ps_partial *into, size_t *used) {
    const ps_partial_codec *const codec = ps_partial_codec_find(kind);
    unsigned char *const copy = malloc(size + (size == 0));
    ps_bytes_in in = {copy, 0, size, false};
    memcpy(copy, bytes, size);
    memset(into, 0, ps_partial_codec_size_bytes(codec));
    *into = *head;
    const char *const wrong = ps_partial_codec_read(codec, into, needs, &in);
    *used = in.at;
    free(copy);
    return wrong;
}

/* The limbs of a window of random place and length, which is often empty or all of them. */
static void random_window(test_random *random, size_t count, size_t *first, size_t *end) {
    *first = (size_t)test_random_below(random, count + 1);
    *end = *first + (size_t)test_random_below(random, count - *first + 1);
    if (test_random_below(random, 10) == 0) {
        *first = 0;
        *end = count;
    }
}

static int64_t random_limb(test_random *random) {
    static const int64_t hostile[] = {0, 1, -1, 999999999999999999, -999999999999999999};
    if (test_random_below(random, 3) == 0)
        return hostile[test_random_below(random, 5)];
    return (int64_t)test_random_below(random, 2 * (uint64_t)limb_end - 1) - (limb_end - 1);
}

static void random_decimal(test_random *random, ps_decimal *decimal) {
    size_t first, end;
    memset(decimal, 0, sizeof *decimal);
    random_window(random, PS_DECIMAL_LIMBS, &first, &end);
    for (size_t i = first; i < end; i++)
        decimal->limb[i] = random_limb(random);
    /* Its bound is another one. */
    decimal->limb[PS_DECIMAL_LIMBS - 1] %= 2;
}

static void random_number(test_random *random, ps_number *number) {
    size_t first, end;
    memset(number, 0, sizeof *number);
    random_window(random, PS_NUMBER_LIMBS, &first, &end);
    for (size_t i = first; i < end; i++) {
        const int64_t limb = random_limb(random);
        number->limb[i] = (uint64_t)(limb < 0 ? -limb : limb);
    }
}

static bool number_is_zero(const ps_number *number) {
    for (size_t i = 0; i < PS_NUMBER_LIMBS; i++) {
        if (number->limb[i] != 0)
            return false;
    }
    return true;
}

static ps_decimal_partial *decimal_partial(test_random *random) {
    ps_decimal_partial *const partial = calloc(1, sizeof *partial);
    partial->head.kind = DECIMALS;
    partial->head.count = 1 + test_random_below(random, 1000);
    random_decimal(random, &partial->sum);
    random_decimal(random, &partial->squares);
    random_decimal(random, &partial->magnitudes);
    random_number(random, &partial->minimum);
    random_number(random, &partial->maximum);
    partial->minimum.negative = !number_is_zero(&partial->minimum);
    return partial;
}

static void random_binary(test_random *random, ps_binary_sum *sum) {
    for (size_t i = 0; i < PS_BINARY_LIMBS - 1; i++)
        sum->finite.limb[i] = test_random_hostile(random);
    sum->finite.limb[PS_BINARY_LIMBS - 1] = test_random_below(random, 2) == 0 ? 0 : UINT64_MAX;
    sum->specials = test_random_below(random, 8);
}

static ps_float_partial *float_partial(test_random *random) {
    static const double extremes[][2] = {{0.0, 0.0},          {-1.5, 0.1},     {-INFINITY, INFINITY},
                                         {-INFINITY, -1e308}, {5e-324, 1e308}, {NAN, NAN}};
    const double *const pair = extremes[test_random_below(random, 6)];
    ps_float_partial *const partial = calloc(1, sizeof *partial);
    partial->head.kind = FLOATS;
    partial->head.count = 1 + test_random_hostile(random) / 2;
    random_binary(random, &partial->sum);
    random_binary(random, &partial->squares);
    random_binary(random, &partial->magnitudes);
    partial->minimum = pair[0];
    partial->maximum = pair[1];
    return partial;
}

static ps_integer_partial *integer_partial(test_random *random) {
    ps_integer_partial *const partial = calloc(1, sizeof *partial);
    ps_wide *const sums[] = {&partial->sum, &partial->squares, &partial->magnitudes};
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < 3; j++)
            sums[i]->limb[j] = test_random_hostile(random);
        sums[i]->limb[3] = test_random_below(random, 2) == 0 ? 0 : UINT64_MAX;
    }
    partial->head.count = 1;
    partial->minimum = -(ps_int128)(test_random_hostile(random) >> 1) - 1;
    partial->maximum = (ps_int128)test_random_hostile(random);
    return partial;
}

static ps_partial *random_of_kind(uint32_t kind, test_random *random) {
    return kind == INTEGERS   ? &integer_partial(random)->head
           : kind == DECIMALS ? &decimal_partial(random)->head
                              : &float_partial(random)->head;
}

static void there_and_back(void **state) {
    (void)state;
    test_random random = test_random_start(1);
    for (uint32_t kind = INTEGERS; kind <= FLOATS; kind++) {
        const size_t size_bytes = ps_partial_codec_size_bytes(ps_partial_codec_find(kind));
        ps_partial *const back = malloc(size_bytes);
        for (int i = 0; i < 2000; i++) {
            ps_partial *const partial = random_of_kind(kind, &random);
            const size_t size = write_partial(kind, partial, NEEDS_ALL);
            size_t used;
            const char *const wrong = read_partial(kind, size, partial, NEEDS_ALL, back, &used);
            if (wrong != NULL)
                fail_msg("kind %u: %s", kind, wrong);
            assert_int_equal(used, size);
            assert_memory_equal(back, partial, size_bytes);
            free(partial);
        }
        free(back);
    }
    assert_null(ps_partial_codec_find(FLOATS + 1));
    assert_null(ps_partial_codec_find(UINT32_MAX));
}

static void cut_off(void **state) {
    (void)state;
    test_random random = test_random_start(2);
    for (uint32_t kind = INTEGERS; kind <= FLOATS; kind++) {
        ps_partial *const back = malloc(ps_partial_codec_size_bytes(ps_partial_codec_find(kind)));
        ps_partial *const partial = random_of_kind(kind, &random);
        const size_t size = write_partial(kind, partial, NEEDS_ALL);
        size_t used;
        for (size_t shorter = 0; shorter < size; shorter++)
            assert_non_null(read_partial(kind, shorter, partial, NEEDS_ALL, back, &used));
        free(partial);
        free(back);
    }
}

/* What is not asked for takes no byte, and an empty list has no extremes. */
static void only_what_is_needed(void **state) {
    (void)state;
    static const unsigned needs[] = {PS_NEED_SUM, PS_NEED_SQUARES, PS_NEED_PRODUCTS, PS_NEED_MAGNITUDES,
                                     PS_NEED_EXTREMES};
    test_random random = test_random_start(3);
    ps_partial *const partial = random_of_kind(INTEGERS, &random);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(write_partial(INTEGERS, partial, needs[i]), 32);
    assert_int_equal(write_partial(INTEGERS, partial, 0), 0);
    partial->count = 0;
    assert_int_equal(write_partial(INTEGERS, partial, NEEDS_ALL), 3 * 32);
    free(partial);
    /* A decimal of one limb: its place, its length and itself. */
    ps_decimal_partial *const decimals = calloc(1, sizeof *decimals);
    decimals->sum.limb[114] = -1;
    assert_int_equal(write_partial(DECIMALS, &decimals->head, PS_NEED_SUM), 2 + 2 + 8);
    static const unsigned char expected[] = {114, 0, 1, 0, 255, 255, 255, 255, 255, 255, 255, 255};
    assert_memory_equal(bytes, expected, sizeof expected);
    free(decimals);
}

static void assert_decimal(const ps_decimal_partial *partial, unsigned needs, const char *expected) {
    ps_decimal_partial *const back = malloc(sizeof *back);
    size_t used;
    const size_t size = write_partial(DECIMALS, &partial->head, needs);
    const char *const wrong = read_partial(DECIMALS, size, &partial->head, needs, &back->head, &used);
    if (expected == NULL)
        assert_null(wrong);
    else
        assert_string_equal(wrong, expected);
    free(back);
}

static void decimal_bounds(void **state) {
    (void)state;
    ps_decimal_partial *const partial = calloc(1, sizeof *partial);
    partial->head.count = 1;
    ps_decimal *const sums[] = {&partial->sum, &partial->squares, &partial->magnitudes};
    static const unsigned needs[] = {PS_NEED_SUM, PS_NEED_SQUARES, PS_NEED_MAGNITUDES};
    static const char *const names[] = {"sum", "sum of squares", "sum of magnitudes"};
    for (size_t i = 0; i < 3; i++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            int64_t *const limb = sums[i]->limb;
            for (size_t j = 0; j < PS_DECIMAL_LIMBS - 1; j++) {
                limb[j] = sign * (limb_end - 1);
                assert_decimal(partial, needs[i], NULL);
                limb[j] = sign * limb_end;
                assert_decimal(partial, needs[i], names[i]);
                limb[j] = 0;
            }
            limb[3] = sign < 0 ? INT64_MIN : INT64_MAX;
            assert_decimal(partial, needs[i], names[i]);
            limb[3] = 0;
            /* The highest: count / 10^4 + 1. */
            static const uint64_t counts[] = {1, 9999, 10000, 123456789, UINT64_MAX};
            for (size_t j = 0; j < 5; j++) {
                partial->head.count = counts[j];
                limb[PS_DECIMAL_LIMBS - 1] = sign * ((int64_t)(counts[j] / 10000) + 1);
                assert_decimal(partial, needs[i], NULL);
                limb[PS_DECIMAL_LIMBS - 1] += sign;
                assert_decimal(partial, needs[i], names[i]);
            }
            limb[PS_DECIMAL_LIMBS - 1] = 0;
        }
    }
    free(partial);
}

static void number_bounds(void **state) {
    (void)state;
    ps_decimal_partial *const partial = calloc(1, sizeof *partial);
    partial->head.count = 1;
    for (size_t j = 0; j < PS_NUMBER_LIMBS; j++) {
        partial->maximum.limb[j] = (uint64_t)limb_end - 1;
        assert_decimal(partial, PS_NEED_EXTREMES, NULL);
        partial->maximum.limb[j] = (uint64_t)limb_end;
        assert_decimal(partial, PS_NEED_EXTREMES, "maximum");
        partial->maximum.limb[j] = 0;
    }
    partial->minimum.negative = true; /* of zero */
    assert_decimal(partial, PS_NEED_EXTREMES, "minimum");
    partial->minimum.limb[5] = 7; /* -7 <= 0 */
    assert_decimal(partial, PS_NEED_EXTREMES, NULL);
    partial->maximum = partial->minimum; /* -7 <= -7 */
    assert_decimal(partial, PS_NEED_EXTREMES, NULL);
    partial->maximum.limb[5] = 8; /* -7 > -8 */
    assert_decimal(partial, PS_NEED_EXTREMES, "minimum");
    partial->maximum.limb[4] = 1;
    partial->maximum.limb[5] = 6;
    assert_decimal(partial, PS_NEED_EXTREMES, NULL);
    partial->minimum.negative = partial->maximum.negative = false; /* 7 > 6.. */
    assert_decimal(partial, PS_NEED_EXTREMES, "minimum");
    free(partial);
}

/* A sign is 0 or 1; of zeros, the sign and an empty window are all there is. */
static void number_signs(void **state) {
    (void)state;
    enum { NUMBER_BYTES = 1 + 2 + 2 };
    const ps_partial head = {.kind = DECIMALS, .count = 1};
    ps_decimal_partial *const back = malloc(sizeof *back);
    for (int sign = 0; sign < 256; sign++) {
        for (int number = 0; number < 2; number++) {
            size_t used;
            memset(bytes, 0, 2 * NUMBER_BYTES);
            bytes[number * NUMBER_BYTES] = (unsigned char)sign;
            const char *const wrong =
                read_partial(DECIMALS, 2 * NUMBER_BYTES, &head, PS_NEED_EXTREMES, &back->head, &used);
            if (sign == 0)
                assert_null(wrong);
            else
                assert_string_equal(wrong, number == 0 ? "minimum" : "maximum");
        }
    }
    free(back);
}

/* Windows that leave the limbs, or could be smaller. */
static void decimal_windows(void **state) {
    (void)state;
    static const struct {
        unsigned first, used;
        uint64_t low, high; /* the first and the last limb */
        bool good;
    } rows[] = {
        {0, 0, 0, 0, true},      {1, 0, 0, 0, false},     {229, 0, 0, 0, false},       {0, 229, 1, 1, true},
        {0, 230, 1, 1, false},   {228, 1, 1, 1, true},    {229, 1, 1, 1, false},       {228, 2, 1, 1, false},
        {65535, 1, 1, 1, false}, {1, 65535, 1, 1, false}, {65535, 65535, 1, 1, false}, {3, 4, 0, 1, false},
        {3, 4, 1, 0, false},     {3, 4, 1, 1, true},
    };
    ps_decimal_partial *const back = malloc(sizeof *back);
    const ps_partial head = {.kind = DECIMALS, .count = 1};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const size_t size = 4 + 8 * (size_t)(rows[i].used < 300 ? rows[i].used : 300);
        size_t used;
        memset(bytes, 0, size);
        bytes[0] = (unsigned char)rows[i].first;
        bytes[1] = (unsigned char)(rows[i].first >> 8);
        bytes[2] = (unsigned char)rows[i].used;
        bytes[3] = (unsigned char)(rows[i].used >> 8);
        if (rows[i].used > 0) {
            bytes[size - 8] = (unsigned char)rows[i].high;
            bytes[4] = (unsigned char)rows[i].low;
        }
        const char *const wrong = read_partial(DECIMALS, size, &head, PS_NEED_SUM, &back->head, &used);
        if ((wrong == NULL) != rows[i].good)
            fail_msg("window %u %u of %d %d", rows[i].first, rows[i].used, (int)rows[i].low,
                     (int)rows[i].high);
    }
    free(back);
}

static void assert_float(const ps_float_partial *partial, const char *expected) {
    ps_float_partial *const back = malloc(sizeof *back);
    size_t used;
    const size_t size = write_partial(FLOATS, &partial->head, NEEDS_ALL);
    const char *const wrong = read_partial(FLOATS, size, &partial->head, NEEDS_ALL, &back->head, &used);
    if (expected == NULL)
        assert_null(wrong);
    else
        assert_string_equal(wrong, expected);
    free(back);
}

static void float_bounds(void **state) {
    (void)state;
    ps_float_partial *const partial = calloc(1, sizeof *partial);
    partial->head.count = 1;
    uint64_t *const top = &partial->squares.finite.limb[PS_BINARY_LIMBS - 1];
    static const uint64_t wrong_tops[] = {1, UINT64_MAX - 1, INT64_MAX, UINT64_C(1) << 63};
    for (size_t i = 0; i < 4; i++) {
        *top = wrong_tops[i];
        assert_float(partial, "sum of squares");
    }
    *top = UINT64_MAX;
    partial->sum.specials = 7;
    assert_float(partial, NULL);
    partial->sum.specials = 8;
    assert_float(partial, "sum");
    partial->sum.specials = UINT64_C(1) << 63;
    assert_float(partial, "sum");
    partial->sum.specials = 0;
    static const struct {
        double minimum, maximum;
        const char *wrong;
    } rows[] = {{-0.0, 1, "minimum"}, {-1, -0.0, "maximum"}, {1, 0, "minimum"},   {NAN, 1, "minimum"},
                {1, NAN, "minimum"},  {NAN, NAN, NULL},      {1, INFINITY, NULL}, {INFINITY, 1, "minimum"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        partial->minimum = rows[i].minimum;
        partial->maximum = rows[i].maximum;
        assert_float(partial, rows[i].wrong);
    }
    free(partial);
}

static void room_is_watched(void **state) {
    (void)state;
    unsigned char small[4] = {0};
    ps_bytes_out out = {small, 0, 3, false};
    ps_bytes_put_integer(&out, 0x0201, 2);
    ps_bytes_put_integer(&out, 0xffff, 2);
    ps_bytes_put_integer(&out, 0xff, 1); /* would fit, but what came before did not */
    assert_true(out.full);
    assert_int_equal(out.size, 2);
    assert_memory_equal(small, "\x01\x02\0\0", 4);
    ps_bytes_in in = {small, 0, 3, false};
    assert_int_equal(ps_bytes_get_integer(&in, 2), 0x0201);
    assert_int_equal(ps_bytes_get_integer(&in, 2), 0);
    assert_int_equal(ps_bytes_get_integer(&in, 1), 0);
    assert_true(in.short_of);
    assert_int_equal(in.at, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),      cmocka_unit_test(cut_off),
        cmocka_unit_test(only_what_is_needed), cmocka_unit_test(decimal_bounds),
        cmocka_unit_test(number_bounds),       cmocka_unit_test(number_signs),
        cmocka_unit_test(decimal_windows),     cmocka_unit_test(float_bounds),
        cmocka_unit_test(room_is_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
