/* test_float_array.c - every CPU path of this machine on lists of floats and doubles, against adding number by number and
 * against MPFR; and blocks of arrays. */
#include "float_lists.h"

#include <sys/mman.h>
#include <unistd.h>

#include "fold/float_fallback.h"

static const parsum_type types[] = {PARSUM_F64, PARSUM_F32};

/* Finite numbers alone, all needs. */
static void assert_all(parsum_type type, const void *left, const void *right, uint64_t count,
                       const char *what) {
    for (unsigned needs = 0; needs <= TEST_ALL_NEEDS; needs++)
        test_assert_paths(type, left, NULL, count, needs, what);
    test_assert_paths(type, left, right, count, PS_NEED_PRODUCTS, what);
}

static void random_small_lists(void **state) {
    (void)state;
    static double left[400], right[400];
    test_random random = test_random_start(1);
    const int lists = getenv("PARSUM_TEST_LONG") != NULL ? 1000000 : 10000;
    for (int i = 0; i < lists; i++) {
        const parsum_type type = types[i % 2];
        const uint64_t count = test_random_below(&random, i % 16 == 0 ? 400 : 40);
        test_random_list(&random, type, left, count);
        test_random_list(&random, type, right, count);
        test_assert_paths(type, left, NULL, count, (unsigned)test_random_below(&random, TEST_ALL_NEEDS + 1),
                          "random");
        test_assert_paths(type, left, right, count, PS_NEED_PRODUCTS, "random");
        if (i % 40 == 0) {
            test_assert_paths_mpfr(type, left, NULL, count);
            test_assert_paths_mpfr(type, left, right, count);
        }
    }
}

/* Lists of many pieces, of one kind or of another kind from stretch to stretch, so that windows move between pieces. */
static void random_long_lists(void **state) {
    (void)state;
    enum { MOST = 20 * PS_FLOAT_PIECE };
    double *left = malloc(MOST * sizeof *left), *right = malloc(MOST * sizeof *right);
    test_random random = test_random_start(2);
    for (int i = 0; i < 120; i++) {
        const parsum_type type = types[i / 2 % 2];
        const uint64_t count = 1 + test_random_below(&random, MOST);
        const uint64_t stretch = i % 3 == 0 ? count : 1 + test_random_below(&random, 3 * PS_FLOAT_PIECE);
        for (uint64_t at = 0; at < count; at += stretch) {
            const uint64_t rest = count - at, length = rest < stretch ? rest : stretch;
            test_random_list(&random, type, (char *)left + at * test_size(type), length);
            test_random_list(&random, type, (char *)right + at * test_size(type), length);
        }
        /* A few specials, or most of a piece, so that loops pass over less of it than of the next one. */
        const uint64_t first = test_random_below(&random, count);
        const uint64_t length = i % 8 < 4 ? 1 : 1 + test_random_below(&random, PS_FLOAT_PIECE);
        for (uint64_t at = first; i % 4 < 2 && at < count && at < first + length; at++)
            test_store(type, i % 3 == 1 ? right : left, at, i % 5 < 3 ? (double)NAN : (double)-INFINITY);
        for (unsigned need = 1; need <= PS_NEED_EXTREMES; need *= 2)
            test_assert_paths(type, left, NULL, count, need, "long");
        test_assert_paths(type, left, NULL, count, (unsigned)test_random_below(&random, TEST_ALL_NEEDS + 1),
                          "long");
        test_assert_paths(type, left, right, count, PS_NEED_PRODUCTS, "long");
    }
    free(left);
    free(right);
}

/* Between two pages that must not be touched: lists that begin or end there, of all lengths up to four vectors and a few, and
 * about whole pieces; and at odd addresses. */
static void lengths_and_guard_pages(void **state) {
    (void)state;
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), inner = 16 * page;
    char *map = mmap(NULL, inner + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(map != MAP_FAILED);
    assert_int_equal(mprotect(map, page, PROT_NONE), 0);
    assert_int_equal(mprotect(map + page + inner, page, PROT_NONE), 0);
    char *const first = map + page, *const end = first + inner;
    test_random random = test_random_start(3);
    static double right[3 * PS_FLOAT_PIECE + 8];
    for (int i = 0; i < 2; i++) {
        const parsum_type type = types[i];
        for (uint64_t count = 0; count < 3 * PS_FLOAT_PIECE + 5; count++) {
            if (count == 4 * PS_FLOAT_LANES_MAX + 4)
                count = PS_FLOAT_PIECE - 9;
            else if (count == PS_FLOAT_PIECE + 10)
                count = 2 * PS_FLOAT_PIECE - 2;
            else if (count == 2 * PS_FLOAT_PIECE + 3)
                count = 3 * PS_FLOAT_PIECE - 2;
            const size_t bytes = count * test_size(type);
            char *const places[] = {first, end - bytes, first + 1 + test_random_below(&random, 31)};
            for (int place = 0; place < 3; place++) {
                test_random_list(&random, type, places[place], count);
                test_random_list(&random, type, right, count);
                const bool small = count < 100 || getenv("PARSUM_TEST_LONG") != NULL;
                for (unsigned needs = small ? 0 : TEST_ALL_NEEDS; needs <= TEST_ALL_NEEDS; needs++)
                    test_assert_paths(type, places[place], NULL, count, needs, "length or place");
                test_assert_paths(type, places[place], NULL, count, PS_NEED_SUM, "length or place");
                test_assert_paths(type, places[place], right, count, PS_NEED_PRODUCTS, "length or place");
                test_assert_paths(type, right, places[place], count, PS_NEED_PRODUCTS, "length or place");
            }
        }
    }
    munmap(map, inner + 2 * page);
}

/* Each special, and zeros, subnormals and the ends of the range, at every place of a few vectors and about the end of a piece;
 * alone, and with another one. */
static void specials_everywhere(void **state) {
    (void)state;
    enum { SHORT = 2 * PS_FLOAT_LANES_MAX + 3, LONG = PS_FLOAT_PIECE + PS_FLOAT_LANES_MAX };
    static double left[LONG], right[LONG];
    const double marks[] = {(double)NAN,          (double)INFINITY, (double)-INFINITY, -0.0,     0.0,
                            DBL_TRUE_MIN,         -DBL_TRUE_MIN,    DBL_MIN,           -DBL_MAX, DBL_MAX,
                            (double)FLT_TRUE_MIN, (double)FLT_MAX,  0x1p-1030};
    const size_t mark_count = sizeof marks / sizeof marks[0];
    test_random random = test_random_start(4);
    for (size_t i = 0; i < 2 * mark_count; i++) {
        const parsum_type type = types[i % 2];
        const double mark = marks[i / 2];
        for (uint64_t at = 0; at < SHORT; at++) {
            for (uint64_t j = 0; j < SHORT; j++) {
                test_store(type, left, j, test_random_double(&random, (int)(j % 7)));
                test_store(type, right, j, test_random_double(&random, (int)(j % 5)));
            }
            test_store(type, left, at, mark);
            assert_all(type, left, right, SHORT, "special");
            test_assert_paths(type, right, left, SHORT, PS_NEED_PRODUCTS, "special on the right");
            const uint64_t other = test_random_below(&random, SHORT);
            test_store(type, left, other, marks[test_random_below(&random, mark_count)]);
            test_store(type, right, at, marks[test_random_below(&random, mark_count)]);
            assert_all(type, left, right, SHORT, "two specials");
        }
        for (uint64_t at = PS_FLOAT_PIECE - 2; at < LONG; at++) {
            for (uint64_t j = 0; j < LONG; j++)
                test_store(type, left, j, test_random_double(&random, 3));
            test_store(type, left, at, mark);
            test_assert_paths(type, left, NULL, LONG, PS_NEED_SUM, "special at a piece's end");
            test_assert_paths(type, left, NULL, LONG, TEST_ALL_NEEDS, "special at a piece's end");
        }
    }
    /* Zeros and specials alone. */
    for (size_t i = 0; i < 5; i++) {
        for (uint64_t count = 1; count < SHORT; count++) {
            for (uint64_t j = 0; j < count; j++)
                left[j] = marks[i];
            assert_all(PARSUM_F64, left, left, count, "one special alone");
        }
    }
}

/* A piece of which specials leave one number, so that the loop passes over one vector, before a piece whose last number alone is
 * far from the others. */
static void specials_before_a_far_number(void **state) {
    (void)state;
    static double list[3 * PS_FLOAT_PIECE];
    test_random random = test_random_start(8);
    for (int i = 0; i < 4; i++) {
        const parsum_type type = types[i % 2];
        for (uint64_t j = 0; j < 3 * PS_FLOAT_PIECE; j++)
            test_store(type, list, j, test_random_double(&random, 0));
        for (uint64_t j = 1; j < PS_FLOAT_PIECE; j++)
            test_store(type, list, j, (double)INFINITY);
        test_store(type, list, 2 * PS_FLOAT_PIECE - 1, test_random_double(&random, i < 2 ? 100 : -100));
        for (unsigned need = 1; need <= PS_NEED_EXTREMES; need *= 2)
            test_assert_paths(type, list, NULL, 3 * PS_FLOAT_PIECE, need, "far number");
        test_assert_paths(type, list, list, 3 * PS_FLOAT_PIECE, PS_NEED_PRODUCTS, "far number");
    }
}

/* What one subnormal, or one number that is far away, does to a full piece of products. */
static void products_at_the_ends(void **state) {
    (void)state;
    static double left[PS_FLOAT_PIECE], right[PS_FLOAT_PIECE];
    test_random random = test_random_start(5);
    for (int i = 0; i < 300; i++) {
        const int high = 900 + (int)test_random_below(&random, 124),
                  low = -high - (int)test_random_below(&random, 50);
        const uint64_t count = i % 4 == 0 ? PS_FLOAT_PIECE : 1 + test_random_below(&random, 60);
        for (uint64_t j = 0; j < count; j++) {
            left[j] = test_random_double(&random, high);
            right[j] = ldexp(test_random_double(&random, 0), low < -1073 ? -1073 : low);
        }
        test_assert_paths(PARSUM_F64, left, right, count, PS_NEED_PRODUCTS, "large by small");
        test_assert_paths(PARSUM_F64, right, left, count, PS_NEED_PRODUCTS, "small by large");
        left[test_random_below(&random, count)] = 0x1p-1074 * (double)test_random_below(&random, 1000);
        test_assert_paths(PARSUM_F64, left, right, count, PS_NEED_PRODUCTS, "one subnormal");
        /* Squares about 2^-970, from where on the error of a product is a double, and about the largest double. */
        const int middle = i % 2 == 0 ? -460 - (int)test_random_below(&random, 60)
                                      : 505 + (int)test_random_below(&random, 10);
        for (uint64_t j = 0; j < count; j++)
            left[j] = test_random_double(&random, middle);
        test_assert_paths(PARSUM_F64, left, NULL, count, PS_NEED_SQUARES, "squares at the ends");
        left[0] = test_random_double(&random, i % 3 == 0 ? -600 : middle - 40);
        test_assert_paths(PARSUM_F64, left, NULL, count, PS_NEED_SQUARES, "one small square");
    }
}

/* Exact cancellation, ill-conditioned sums and both ends of the range in one list; in any order, and in any parts. */
static void orders_and_parts(void **state) {
    (void)state;
    enum { COUNT = 4000 };
    static double list[COUNT];
    test_random random = test_random_start(6);
    for (int i = 0; i < 12; i++) {
        for (uint64_t j = 0; j < COUNT; j += 2) {
            const int exponent =
                i % 3 == 0 ? 1000 - (int)test_random_below(&random, 2000) : 990 - (int)(j % 7);
            list[j] = test_random_double(&random, exponent);
            list[j + 1] = -list[j];
        }
        if (i % 2 == 0) {
            list[0] = DBL_TRUE_MIN; /* against 10^300: a condition number beyond 10^300 */
            list[1] = DBL_TRUE_MIN;
        }
        ps_float_partial first, partial;
        ps_float_clear(&first.head);
        ps_float_portable(PARSUM_F64, (unsigned char *)list, NULL, COUNT, TEST_ALL_NEEDS, &first);
        assert_true(ps_binary_round(&first.sum.finite).value == (i % 2 == 0 ? 2 * DBL_TRUE_MIN : 0));
        test_assert_paths_mpfr(PARSUM_F64, list, NULL, COUNT);
        for (uint64_t j = COUNT; j-- > 1;) {
            const uint64_t other = test_random_below(&random, j + 1);
            const double kept = list[j];
            list[j] = list[other];
            list[other] = kept;
        }
        for (const test_float_path *path = test_float_paths(); path->name != NULL; path++) {
            ps_float_clear(&partial.head);
            for (uint64_t done = 0; done < COUNT;) {
                uint64_t count = test_random_below(&random, i < 4 ? 10 : COUNT);
                if (count > COUNT - done)
                    count = COUNT - done;
                path->path(PARSUM_F64, (unsigned char *)(list + done), NULL, count, TEST_ALL_NEEDS, &partial);
                done += count;
            }
            assert_memory_equal(&partial, &first, sizeof partial);
        }
    }
}

/* The numbers of a block, one by one, by what the fields of the block say. */
static void fold_slowly(const ps_block *block, unsigned needs, bool skip_nan, ps_float_partial *partial) {
    const size_t size_bytes = test_size(block->array.type);
    for (uint64_t i = 0; i < block->count; i++) {
        double pair[2] = {0, 0};
        for (int operand = 0; operand < 2 && block->array.data[operand] != NULL; operand++) {
            const unsigned char *at =
                block->array.data[operand] + (int64_t)i * block->array.stride_bytes[operand];
            unsigned char bytes[8];
            for (size_t byte = 0; byte < size_bytes; byte++)
                bytes[byte] = at[block->array.swapped[operand] ? size_bytes - 1 - byte : byte];
            pair[operand] = test_load(block->array.type, bytes, 0);
        }
        if (skip_nan && (isnan(pair[0]) || isnan(pair[1])))
            partial->head.skipped_nan++;
        else if (needs == PS_NEED_PRODUCTS)
            ps_float_add_product(partial, pair[0], pair[1]);
        else
            ps_float_add(partial, pair[0], needs);
    }
}

static void blocks(void **state) {
    (void)state;
    enum { NUMBERS = 40000 };
    double *const memory[2] = {malloc(NUMBERS * sizeof(double)), malloc(NUMBERS * sizeof(double))};
    test_random random = test_random_start(7);
    for (int i = 0; i < 300; i++) {
        ps_block block = {.kind = PS_BLOCK_ARRAY, .array = {.type = types[i % 2]}};
        const unsigned needs =
            i % 3 == 0 ? PS_NEED_PRODUCTS : (unsigned)test_random_below(&random, TEST_ALL_NEEDS + 1);
        const int64_t size_bytes = (int64_t)test_size(block.array.type);
        const bool skip_nan = i % 4 < 2;
        block.count = test_random_below(&random, i % 10 == 0 ? NUMBERS / 2 : 1500);
        for (int operand = 0; operand < (needs == PS_NEED_PRODUCTS ? 2 : 1); operand++) {
            const uint64_t most = block.count > 0 ? NUMBERS / block.count : 1;
            int64_t stride = (int64_t)test_random_below(&random, most < 4 ? most + 1 : 4) * size_bytes;
            if (i % 5 < 3)
                stride = size_bytes;
            else if (test_random_below(&random, 2) == 0)
                stride = -stride;
            block.array.stride_bytes[operand] = stride;
            block.array.swapped[operand] = i % 7 > 4;
            block.array.data[operand] = (unsigned char *)memory[operand];
            if (stride < 0)
                block.array.data[operand] -= (int64_t)block.count * stride;
            test_random_list(&random, block.array.type, memory[operand], NUMBERS);
            const uint64_t nans = i % 6 == 0 ? NUMBERS / 2 : test_random_below(&random, 40);
            for (uint64_t j = 0; j < nans; j++)
                test_store(block.array.type, memory[operand], test_random_below(&random, NUMBERS),
                           (double)NAN);
        }
        ps_float_partial expected, partial;
        ps_float_clear(&expected.head);
        fold_slowly(&block, needs, skip_nan, &expected);
        for (const test_float_path *path = test_float_paths(); path->name != NULL; path++) {
            ps_float_clear(&partial.head);
            ps_float_fold(path->path, &block, needs, skip_nan, &partial);
            assert_memory_equal(&partial, &expected, sizeof partial);
        }
    }
    free(memory[0]);
    free(memory[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_small_lists),
        cmocka_unit_test(random_long_lists),
        cmocka_unit_test(lengths_and_guard_pages),
        cmocka_unit_test(specials_everywhere),
        cmocka_unit_test(specials_before_a_far_number),
        cmocka_unit_test(products_at_the_ends),
        cmocka_unit_test(orders_and_parts),
        cmocka_unit_test(blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
