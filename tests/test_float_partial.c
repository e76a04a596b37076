/* test_float_partial.c - partials of floats: what one number adds, the rules for numbers that are not finite, and that order and
 * cuts change no byte. */
#include "float_support.h"

#include "exact/binary.h"

enum { NEEDS_ALL = PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES, TERMS_MOST = 40 };
static const ps_kind *const kind = &ps_kinds[PS_KIND_FLOAT];

/* A finite double or, with chance one in rareness, a special; zeros and NaNs of both signs. */
static double random_term(test_random *random, uint64_t rareness) {
    static const double rare[] = {NAN, -NAN, INFINITY, -INFINITY, 0.0, -0.0};
    if (test_random_below(random, rareness) == 0)
        return rare[test_random_below(random, TEST_COUNT_OF(rare))];
    return test_random_double(random);
}

static unsigned special_of(double term) {
    return isnan(term)    ? PS_TERM_NAN
           : !isinf(term) ? 0
           : term > 0     ? PS_TERM_PLUS_INFINITY
                          : PS_TERM_MINUS_INFINITY;
}

/* The sum of finite terms and the mask of the others. */
typedef struct reference {
    mpfr_t finite;
    unsigned specials;
} reference;

static void reference_init(reference *sum) {
    mpfr_init2(sum->finite, TEST_EXACT_BITS);
    mpfr_set_zero(sum->finite, 1);
    sum->specials = 0;
}

/* left * right by the rules of IEEE 754, which the machine knows for what is not finite. */
static void reference_add(reference *sum, double left, double right) {
    if (isfinite(left) && isfinite(right))
        test_add_product(sum->finite, left, right);
    else
        sum->specials |= special_of(left * right);
}

/* Field as the kind gives it: exact value, specials and nearest double. */
static void assert_field(const ps_float_partial *partial, ps_field field, const reference *expected) {
    mpq_t value, wanted;
    mpq_inits(value, wanted, NULL);
    kind->exact_value(&partial->head, field, mpq_numref(value), mpq_denref(value));
    assert_true(mpz_sgn(mpq_denref(value)) > 0);
    mpq_canonicalize(value);
    mpfr_get_q(wanted, expected->finite);
    assert_true(mpq_equal(value, wanted));
    assert_int_equal(kind->specials(&partial->head, field), expected->specials);
    const ps_rounded rounded = kind->round(&partial->head, field);
    if (expected->specials == 0) {
        test_assert_double(rounded.value, test_nearest(expected->finite), "nearest");
        assert_int_equal(rounded.exact, test_is_exactly(expected->finite, rounded.value));
    } else {
        const double special = expected->specials == PS_TERM_PLUS_INFINITY    ? INFINITY
                               : expected->specials == PS_TERM_MINUS_INFINITY ? -INFINITY
                                                                              : NAN;
        test_assert_double(rounded.value, special, "special");
        assert_true(rounded.exact);
    }
    mpq_clears(value, wanted, NULL);
}

static void assert_extreme(const ps_float_partial *partial, ps_field field, double expected) {
    mpq_t value, wanted;
    mpq_inits(value, wanted, NULL);
    kind->exact_value(&partial->head, field, mpq_numref(value), mpq_denref(value));
    mpq_canonicalize(value);
    mpq_set_d(wanted, isfinite(expected) ? expected : 0);
    assert_true(mpq_equal(value, wanted));
    test_assert_double(kind->round(&partial->head, field).value, expected == 0 ? 0.0 : expected, "extreme");
    assert_true(kind->round(&partial->head, field).exact);
    assert_int_equal(kind->specials(&partial->head, field), special_of(expected));
    mpq_clears(value, wanted, NULL);
}

static void assert_partial(const ps_float_partial *partial, const double *terms, size_t count) {
    reference sum, squares, magnitudes;
    double minimum = INFINITY, maximum = -INFINITY;
    bool nan = false;
    reference_init(&sum);
    reference_init(&squares);
    reference_init(&magnitudes);
    for (size_t i = 0; i < count; i++) {
        reference_add(&sum, terms[i], 1);
        reference_add(&squares, terms[i], terms[i]);
        reference_add(&magnitudes, fabs(terms[i]), 1);
        nan = nan || isnan(terms[i]);
        minimum = terms[i] < minimum ? terms[i] : minimum;
        maximum = terms[i] > maximum ? terms[i] : maximum;
    }
    assert_int_equal(partial->head.count, count);
    assert_field(partial, PS_FIELD_SUM, &sum);
    assert_field(partial, PS_FIELD_SQUARES, &squares);
    assert_field(partial, PS_FIELD_MAGNITUDES, &magnitudes);
    if (count > 0) {
        assert_extreme(partial, PS_FIELD_MINIMUM, nan ? NAN : minimum);
        assert_extreme(partial, PS_FIELD_MAXIMUM, nan ? NAN : maximum);
    }
    mpfr_clears(sum.finite, squares.finite, magnitudes.finite, (mpfr_ptr)0);
}

static void fold(ps_float_partial *partial, const double *terms, size_t count, unsigned needs) {
    kind->clear(&partial->head);
    for (size_t i = 0; i < count; i++)
        ps_float_add(partial, terms[i], needs);
}

static void random_lists(void **state) {
    (void)state;
    test_random random = test_random_start(1);
    for (int i = 0; i < 2000; i++) {
        double terms[TERMS_MOST];
        ps_float_partial partial;
        const size_t count = test_random_below(&random, TERMS_MOST + 1);
        const uint64_t rareness = i % 3 == 0 ? 3 : i % 3 == 1 ? 60 : UINT64_MAX;
        for (size_t j = 0; j < count; j++)
            terms[j] = random_term(&random, rareness);
        fold(&partial, terms, count, NEEDS_ALL);
        assert_partial(&partial, terms, count);
    }
}

static void random_products(void **state) {
    (void)state;
    test_random random = test_random_start(2);
    for (int i = 0; i < 3000; i++) {
        ps_float_partial partial;
        reference products;
        const size_t count = test_random_below(&random, 12);
        reference_init(&products);
        kind->clear(&partial.head);
        for (size_t j = 0; j < count; j++) {
            const double left = random_term(&random, i % 2 ? 4 : UINT64_MAX);
            const double right = random_term(&random, i % 2 ? 4 : UINT64_MAX);
            ps_float_add_product(&partial, left, right);
            reference_add(&products, left, right);
        }
        assert_int_equal(partial.head.count, count);
        assert_field(&partial, PS_FIELD_SQUARES, &products);
        mpfr_clear(products.finite);
    }
}

/* Every pair of specials, signs and zeros as a product: the machine's own rules. */
static void products_of_specials(void **state) {
    (void)state;
    static const double values[] = {NAN, INFINITY, -INFINITY, 0.0, -0.0, 1, -1, DBL_TRUE_MIN, -DBL_MAX};
    for (size_t i = 0; i < TEST_COUNT_OF(values); i++) {
        for (size_t j = 0; j < TEST_COUNT_OF(values); j++) {
            ps_float_partial partial;
            kind->clear(&partial.head);
            ps_float_add_product(&partial, values[i], values[j]);
            if (isfinite(values[i]) && isfinite(values[j]))
                assert_int_equal(partial.squares.specials, 0);
            else
                assert_int_equal(partial.squares.specials, special_of(values[i] * values[j]));
        }
    }
}

/* In any order and cut anywhere, empty parts included, a list gives the same bytes. */
static void order_and_cuts(void **state) {
    (void)state;
    test_random random = test_random_start(3);
    for (int i = 0; i < 1500; i++) {
        double terms[TERMS_MOST];
        ps_float_partial whole, total;
        const size_t count = test_random_below(&random, TERMS_MOST + 1);
        for (size_t j = 0; j < count; j++)
            terms[j] = random_term(&random, i % 2 ? 6 : UINT64_MAX);
        fold(&whole, terms, count, NEEDS_ALL);
        for (size_t j = count; j > 1; j--) {
            const size_t other = test_random_below(&random, j);
            const double swapped = terms[j - 1];
            terms[j - 1] = terms[other];
            terms[other] = swapped;
        }
        kind->clear(&total.head);
        for (size_t done = 0, parts = 0; done < count || parts < 3; parts++) {
            ps_float_partial part;
            const size_t now = test_random_below(&random, count - done + 1);
            fold(&part, terms + done, now, NEEDS_ALL);
            if (parts % 2) {
                kind->merge(&part.head, &total.head);
                total = part;
            } else {
                kind->merge(&total.head, &part.head);
            }
            done += now;
        }
        assert_memory_equal(&total, &whole, sizeof whole);
    }
}

/* What is not needed is not touched, and what is needed does not depend on the rest. */
static void only_what_is_needed(void **state) {
    (void)state;
    static const double terms[] = {3, -1e300, NAN, 1e-310, -INFINITY, INFINITY};
    ps_float_partial all, empty;
    fold(&all, terms, TEST_COUNT_OF(terms), NEEDS_ALL);
    kind->clear(&empty.head);
    for (unsigned needs = 0; needs <= NEEDS_ALL; needs++) {
        ps_float_partial partial;
        fold(&partial, terms, TEST_COUNT_OF(terms), needs);
        const ps_float_partial *sum = needs & PS_NEED_SUM ? &all : &empty;
        const ps_float_partial *squares = needs & PS_NEED_SQUARES ? &all : &empty;
        const ps_float_partial *magnitudes = needs & PS_NEED_MAGNITUDES ? &all : &empty;
        const ps_float_partial *extremes = needs & PS_NEED_EXTREMES ? &all : &empty;
        assert_int_equal(partial.head.count, TEST_COUNT_OF(terms));
        assert_memory_equal(&partial.sum, &sum->sum, sizeof partial.sum);
        assert_memory_equal(&partial.squares, &squares->squares, sizeof partial.squares);
        assert_memory_equal(&partial.magnitudes, &magnitudes->magnitudes, sizeof partial.magnitudes);
        assert_memory_equal(&partial.minimum, &extremes->minimum, sizeof partial.minimum);
        assert_memory_equal(&partial.maximum, &extremes->maximum, sizeof partial.maximum);
    }
}

static void kind_row(void **state) {
    (void)state;
    ps_float_partial partial;
    memset(&partial, 0xff, sizeof partial);
    kind->clear(&partial.head);
    assert_int_equal(partial.head.kind, PS_KIND_FLOAT);
    assert_int_equal(partial.head.version, PS_PARTIAL_VERSION);
    assert_int_equal(kind->size_bytes, sizeof partial);
    assert_null(kind->merge_integers);
    partial.head.kind = partial.head.version = 0;
    for (size_t i = 0; i < sizeof partial; i++)
        assert_int_equal(((const unsigned char *)&partial)[i], 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_lists),         cmocka_unit_test(random_products),
        cmocka_unit_test(products_of_specials), cmocka_unit_test(order_and_cuts),
        cmocka_unit_test(only_what_is_needed),  cmocka_unit_test(kind_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
