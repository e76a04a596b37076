/* test_float_slices.c - the bounds that exact slices rest on, each from both sides: windows, the loops of every CPU path at the
 * ends of a window, the fallback when it is full, and the floating-point environment. */
#include "float_lists.h"

#include <fenv.h>

#include "fold/float_fallback.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* What float_window.h promises of a window that fits. */
static bool keeps_promise(ps_float_window window, ps_float_span span) {
    const int unit = window.k - PS_FLOAT_SLICE_BITS * window.slices;
    return span.top <= window.k - 1 && unit <= span.bottom && window.k <= 1022 && unit >= -1022 &&
           window.slices >= 1 && window.slices <= PS_FLOAT_SLICES_MAX;
}

/* Whether there is a window for span at all, by trying every one; *slices: how many the best of them needs. */
static bool is_any_window(ps_float_span span, int *slices) {
    for (*slices = 1; *slices <= PS_FLOAT_SLICES_MAX; ++*slices) {
        for (int k = -1022; k <= 1022; k++) {
            if (keeps_promise((ps_float_window){k, *slices}, span))
                return true;
        }
    }
    return false;
}

static void assert_fits(ps_float_span span, bool fits, int slices) {
    ps_float_window window = {0, 0};
    if (ps_float_window_fit(&window, span) != fits)
        fail_msg("span %d..%d: %s", span.bottom, span.top, fits ? "must fit" : "must not fit");
    if (fits && (!keeps_promise(window, span) || window.slices != slices))
        fail_msg("span %d..%d: window %d by %d, must be of %d slices", span.bottom, span.top, window.k,
                 window.slices, slices);
}

/* The last span that a number of slices takes, and the first that it does not; the last k and unit. */
static void windows_from_both_sides(void **state) {
    (void)state;
    for (int slices = 1; slices <= PS_FLOAT_SLICES_MAX; slices++) {
        for (int bottom = -1022; bottom <= 1021 - 52 * slices; bottom++) {
            const int top = bottom + 52 * slices - 1;
            assert_fits((ps_float_span){top, bottom}, true, slices);
            if (top < 1021)
                assert_fits((ps_float_span){top + 1, bottom}, slices < PS_FLOAT_SLICES_MAX, slices + 1);
        }
        assert_fits((ps_float_span){1021, 1022 - 52 * slices}, true, slices);
        assert_fits((ps_float_span){1022, 1023 - 52 * slices}, false, 0);
        assert_fits((ps_float_span){-1023 + 52 * slices, -1022}, true, slices);
        assert_fits((ps_float_span){-1024 + 52 * slices, -1023}, false, 0);
    }
}

/* A window that is there is found, with the fewest slices, and one that still fits stays. */
static void windows_as_few_and_steady(void **state) {
    (void)state;
    test_random random = test_random_start(11);
    ps_float_window window = {0, 0};
    for (int i = 0; i < 3000; i++) {
        const int bottom = (int)test_random_below(&random, 2300) - 1200;
        const ps_float_span span = {bottom + 1 + (int)test_random_below(&random, i % 3 == 0 ? 400 : 80),
                                    bottom};
        int slices;
        const bool is_any = is_any_window(span, &slices);
        assert_fits(span, is_any, slices);
        const ps_float_window before = window;
        if (!is_any) {
            assert_false(ps_float_window_fit(&window, span));
            assert_memory_equal(&window, &before, sizeof window);
            continue;
        }
        assert_true(ps_float_window_fit(&window, span));
        assert_true(keeps_promise(window, span) && window.slices == slices);
        if (before.slices > 0 && keeps_promise((ps_float_window){before.k, slices}, span))
            assert_int_equal(window.k, before.k);
    }
}

/* Spans from scans of single numbers, on every path, hold them: from their bits. */
static void spans_hold_numbers(void **state) {
    (void)state;
    test_random random = test_random_start(12);
    for (int i = 0; i < 20000; i++) {
        const parsum_type type = i % 2 == 0 ? PARSUM_F64 : PARSUM_F32;
        double list[PS_FLOAT_LANES_MAX] = {0}, pair[2];
        const int count = 1 + (int)test_random_below(&random, 2);
        const uint64_t room = sizeof list / parsum_type_size(type);
        test_random_list(&random, type, pair, 2);
        for (int j = 0; j < count; j++)
            test_store(type, list, test_random_below(&random, room), test_load(type, pair, (uint64_t)j));
        for (const test_float_path *path = test_float_paths(); path->name != NULL; path++) {
            const ps_float_scan scan =
                path->loops->scan(type, (unsigned char *)list, PS_FLOAT_LANES_MAX / path->loops->lanes);
            bool zero = true, subnormal = false;
            double largest = 0, least = INFINITY;
            const ps_float_span span = ps_float_span_of(type, scan);
            assert_true(type == PARSUM_F64 || span.bottom >= -149);
            for (uint64_t j = 0; j < room; j++) {
                const double value = test_load(type, list, j);
                zero = zero && value == 0;
                subnormal = subnormal || (value != 0 && fabs(value) < DBL_MIN);
                if (value == 0)
                    continue;
                largest = fmax(largest, fabs(value));
                least = fmin(least, fabs(value));
                assert_true(fabs(value) <
                            ldexp(1, span.top - 1) * 2); /* 2^1024 is no double: infinity will do */
                assert_true(span.bottom >= -1074 && fmod(value, ldexp(1, span.bottom)) == 0);
            }
            assert_int_equal(ps_float_scan_is_zero(scan), zero);
            /* No wider than they must be: the exponent of the largest, and that of the least or the one before. */
            if (!zero) {
                const int significand_bits = type == PARSUM_F64 ? DBL_MANT_DIG : FLT_MANT_DIG;
                assert_true(largest < DBL_MIN ? span.top == -1022 : largest >= ldexp(1, span.top - 1));
                assert_true(least < ldexp(1, span.bottom + significand_bits) * 2);
            }
            assert_false(ps_float_scan_has_specials(scan));
            assert_true(ps_float_scan_has_subnormals(scan) || !subnormal);
        }
    }
}

/* Terms at the ends of a window: the largest there may be, 2^(k-1), and its neighbours; those that leave a remainder of
 * exactly half a unit in every slice; and multiples of the last unit. Full pieces of one sign fill lanes as far as they go. */
static double window_term(test_random *random, ps_float_window window, uint64_t kind) {
    const int unit = window.k - PS_FLOAT_SLICE_BITS * window.slices;
    const double largest = ldexp(1, window.k - 1), half = ldexp(1, window.k - PS_FLOAT_SLICE_BITS - 1);
    switch (kind) {
    case 0:
        return largest;
    case 1:
        return window.slices > 1 ? test_double_beside(largest, -1) : largest - ldexp(1, unit);
    case 2:
        return ldexp(1, unit);
    case 3: /* a tie of the first slice, if there is a further one */
        return window.slices > 1 ? half : 3 * ldexp(1, unit);
    case 4: /* a tie upon a random multiple of the first unit, as far as 53 bits go */
        return window.slices > 1 ? half * (double)(2 * test_random_below(random, UINT64_C(1) << 51) + 1)
                                 : ldexp(1, unit) * (double)test_random_below(random, UINT64_C(1) << 51);
    case 5: /* the largest that the last slice takes alone, and a unit less */
        return ldexp(1, unit + 51) - (double)test_random_below(random, 2) * ldexp(1, unit);
    default: {
        const int bits = 52 * window.slices - 1 < 53 ? 51 : 53;
        const uint64_t integer = test_random_bits(random) >> (64 - bits);
        const int room =
            window.k - 1 - bits - unit; /* the exponent that the integer may have above the unit */
        return ldexp((double)integer, unit + (int)test_random_below(random, (uint64_t)room + 1));
    }
    }
}

static void loops_at_the_ends_of_windows(void **state) {
    (void)state;
    static double list[PS_FLOAT_PIECE];
    test_random random = test_random_start(13);
    for (int i = 0; i < 400; i++) {
        const int slices = 2 + i % (PS_FLOAT_SLICES_MAX - 1);
        const int least = -1022 + PS_FLOAT_SLICE_BITS * slices;
        const int random_k = least + (int)test_random_below(&random, (uint64_t)(1022 - least + 1));
        const ps_float_window window = {i % 5 == 0 ? 1022 : i % 5 == 1 ? least : random_k, slices};
        const uint64_t kind = test_random_below(&random, 9), signs = test_random_below(&random, 3);
        const uint64_t count =
            i % 2 == 0 ? PS_FLOAT_PIECE : PS_FLOAT_LANES_MAX * (1 + test_random_below(&random, 9));
        ps_float_partial expected;
        ps_float_clear(&expected.head);
        for (uint64_t j = 0; j < count; j++) {
            const double term = window_term(&random, window, kind < 8 ? kind : test_random_below(&random, 7));
            list[j] = signs == 0 || (signs == 2 && test_random_below(&random, 2)) ? -term : term;
            ps_float_add(&expected, list[j], TEST_ALL_NEEDS);
        }
        for (const test_float_path *path = test_float_paths(); path->name != NULL; path++) {
            const ps_float_piece piece = {.type = PARSUM_F64,
                                          .left = (unsigned char *)list,
                                          .next_left = i % 3 == 0 ? (unsigned char *)list : NULL,
                                          .gap_bytes = count / path->loops->lanes / 2 * path->loops->lanes *
                                                       sizeof(double),
                                          .vectors = count / path->loops->lanes};
            for (int term = PS_TERM_VALUE; term <= PS_TERM_MAGNITUDE; term++) {
                const ps_binary *total =
                    term == PS_TERM_VALUE ? &expected.sum.finite : &expected.magnitudes.finite;
                ps_float_slices result;
                ps_binary sum = {{0}};
                path->loops->sum(&piece, (ps_float_term)term, window, &result);
                for (int s = 0; s < slices; s++)
                    ps_binary_add_at(&sum, result.sum[s], window.k - PS_FLOAT_SLICE_BITS * (s + 1));
                assert_memory_equal(&sum, total, sizeof sum);
                if (piece.next_left != NULL) {
                    const ps_float_scan scan = path->loops->scan(PARSUM_F64, piece.left, piece.vectors);
                    assert_memory_equal(&result.next_left, &scan, sizeof scan);
                }
            }
        }
    }
}

/* Full pieces through the paths, at each exponent where something changes: exponents e .. e+span of full significands. */
static void spans_through_paths(void **state) {
    (void)state;
    static double left[2 * PS_FLOAT_PIECE], right[2 * PS_FLOAT_PIECE];
    static const int spans[] = {0,   24,  25,  49,  50,  51,  52,  53,  101, 102,
                                103, 104, 153, 154, 155, 205, 206, 257, 258, 259};
    test_random random = test_random_start(14);
    for (size_t i = 0; i < sizeof spans / sizeof spans[0]; i++) {
        for (int place = 0; place < 8; place++) {
            const int from = place < 3   ? -1022 + 52 * place / 2 + (int)test_random_below(&random, 3)
                             : place < 5 ? 1023 - spans[i] - (int)test_random_below(&random, 4)
                             : place < 6 ? -500
                                         : (int)test_random_below(&random, 1700) - 900;
            const uint64_t count = place % 2 == 0 ? 2 * PS_FLOAT_PIECE : 1 + test_random_below(&random, 50);
            for (uint64_t j = 0; j < count; j++) {
                const int exponent = from + (int)test_random_below(&random, (uint64_t)spans[i] + 1);
                left[j] = test_random_double(&random, exponent > 1023 ? 1023 : exponent);
                const int other = (int)test_random_below(&random, (uint64_t)spans[i] / 2 + 1) - from;
                right[j] = test_random_double(&random, other > 1023 ? 1023 : other);
            }
            /* Both ends are there. */
            left[0] = test_double((uint64_t)(from + 1023) << 52 | 1);
            left[count - 1] =
                test_double((uint64_t)((from + spans[i] > 1023 ? 1023 : from + spans[i]) + 1024) << 52);
            left[count - 1] = test_double_beside(left[count - 1], -1);
            test_assert_paths(PARSUM_F64, left, NULL, count, PS_NEED_SUM | PS_NEED_MAGNITUDES, "span");
            test_assert_paths(PARSUM_F64, left, NULL, count, PS_NEED_SUM, "span");
            test_assert_paths(PARSUM_F64, left, NULL, count, PS_NEED_SQUARES, "span of squares");
            test_assert_paths(PARSUM_F64, left, right, count, PS_NEED_PRODUCTS, "span of products");
            if (place == 5 || count < 100)
                test_assert_paths_mpfr(PARSUM_F64, left, NULL, count < 100 ? count : 100);
        }
    }
}

/* More numbers than fit before bins and digits are read: the largest significands, in few bins, until all carries are used. */
static void fallback_when_full(void **state) {
    (void)state;
    static ps_float_fallback fallback;
    static double list[PS_FLOAT_PIECE];
    for (int i = 0; i < 2; i++) {
        const unsigned need = i == 0 ? PS_NEED_SUM : PS_NEED_SQUARES;
        const uint64_t rounds = (i == 0 ? UINT64_C(2) : 1) * PS_FLOAT_FALLBACK_ROOM / PS_FLOAT_PIECE + 2;
        ps_float_partial partial;
        mpz_t expected, numerator, denominator;
        mpz_inits(expected, numerator, denominator, NULL);
        ps_float_clear(&partial.head);
        ps_float_fallback_start(&fallback, need);
        for (uint64_t j = 0; j < PS_FLOAT_PIECE; j++)
            list[j] =
                (double)((UINT64_C(1) << 53) - 1); /* of one exponent; its square has that many ones on top */
        for (uint64_t round = 0; round < rounds; round++) {
            if (need == PS_NEED_SUM)
                ps_float_fallback_add(&fallback, PARSUM_F64, (unsigned char *)list, PS_FLOAT_PIECE,
                                      round % 2 == 1, &partial);
            else
                ps_float_fallback_add_products(&fallback, PARSUM_F64, (unsigned char *)list,
                                               (unsigned char *)list, PS_FLOAT_PIECE, &partial);
        }
        ps_float_fallback_finish(&fallback, &partial);
        mpz_set_d(expected, list[0]);
        if (need == PS_NEED_SQUARES)
            mpz_mul(expected, expected, expected);
        mpz_mul_ui(expected, expected, rounds * PS_FLOAT_PIECE);
        ps_float_exact_value(&partial.head, need == PS_NEED_SUM ? PS_FIELD_SUM : PS_FIELD_SQUARES, numerator,
                             denominator);
        mpz_mul(expected, expected, denominator);
        assert_int_equal(mpz_cmp(numerator, expected), 0);
        mpz_clears(expected, numerator, denominator, NULL);
    }
}

static bool has_subnormal(parsum_type type, const void *list, uint64_t count) {
    bool found = false;
    for (uint64_t i = 0; i < count; i++) {
        const double value = fabs(test_load(type, list, i));
        found = found || (value > 0 && value < DBL_MIN);
    }
    return found;
}

/* Every number through the fallback alone, so that it is tested where windows would fit too. */
static void fallback_alone(void **state) {
    (void)state;
    static ps_float_fallback fallback;
    static double left[3000], right[3000];
    test_random random = test_random_start(15);
    for (int i = 0; i < 200; i++) {
        const parsum_type type = i % 2 == 0 ? PARSUM_F64 : PARSUM_F32;
        const unsigned needs = (unsigned)test_random_below(&random, 8) & (PS_NEED_SUM | PS_NEED_MAGNITUDES);
        ps_float_partial expected, partial;
        ps_float_clear(&expected.head);
        ps_float_clear(&partial.head);
        ps_float_fallback_start(&fallback, needs);
        for (int part = 0; part < 3; part++) {
            const uint64_t count = test_random_below(&random, i % 4 == 0 ? 3000 : 600);
            test_random_list(&random, type, left, count);
            test_random_list(&random, type, right, count);
            test_add_slowly(type, left, NULL, count, needs, &expected);
            test_add_slowly(type, left, right, count, PS_NEED_PRODUCTS, &expected);
            ps_float_fallback_add(&fallback, type, (unsigned char *)left, count,
                                  has_subnormal(type, left, count), &partial);
            ps_float_fallback_add_products(&fallback, type, (unsigned char *)left, (unsigned char *)right,
                                           count, &partial);
        }
        ps_float_fallback_finish(&fallback, &partial);
        partial.head = expected.head; /* the fallback counts nothing */
        assert_memory_equal(&partial, &expected, sizeof partial);
    }
}

/* Whatever the caller's rounding mode and flushing of subnormals, folds are exact between enter and leave, and the caller's
 * environment is back after them. */
static void environments(void **state) {
    (void)state;
    static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};
    static double left[3000], right[3000];
    test_random random = test_random_start(16);
    for (int i = 0; i < 200; i++) {
        const uint64_t count = test_random_below(&random, 3000);
        const parsum_type type = i % 3 == 0 ? PARSUM_F32 : PARSUM_F64;
        test_random_list(&random, type, left, count);
        test_random_list(&random, type, right, count);
        const int callers_mode = fegetround();
        fesetround(modes[i % 4]);
#if defined(__x86_64__)
        const unsigned callers = _mm_getcsr(), flushing = i % 8 < 4 ? 0x8040u : 0; /* FTZ and DAZ */
        _mm_setcsr(callers | flushing);
        const unsigned set = _mm_getcsr();
#endif
        const ps_float_environment environment = ps_float_environment_enter();
        volatile double least = DBL_MIN, one = 1, odd = 1 + DBL_EPSILON; /* odd: of two ties, one goes up */
        const bool nearest = one + DBL_EPSILON / 2 == 1 && odd + DBL_EPSILON / 2 == 1 + 2 * DBL_EPSILON &&
                             -one - DBL_EPSILON / 2 == -1;
        const bool keeps_subnormals = least / 2 > 0 && least / 4 + least / 4 == least / 2;
        test_assert_paths(type, left, NULL, count, TEST_ALL_NEEDS, "environment");
        test_assert_paths(type, left, right, count, PS_NEED_PRODUCTS, "environment");
        ps_float_environment_leave(environment);
        const bool is_back = fegetround() == modes[i % 4];
#if defined(__x86_64__)
        const bool is_all_back = _mm_getcsr() == set;
        _mm_setcsr(callers);
        assert_true(is_all_back);
#endif
        fesetround(callers_mode);
        assert_true(nearest && keeps_subnormals && is_back);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_from_both_sides), cmocka_unit_test(windows_as_few_and_steady),
        cmocka_unit_test(spans_hold_numbers),      cmocka_unit_test(loops_at_the_ends_of_windows),
        cmocka_unit_test(spans_through_paths),     cmocka_unit_test(fallback_when_full),
        cmocka_unit_test(fallback_alone),          cmocka_unit_test(environments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
