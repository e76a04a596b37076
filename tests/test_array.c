/* test_array.c - folds of integers in a row: every path of this machine and the emulated ones against a plain loop of the
 * test's own, for every type and mask, at the ends of vectors, bursts, lanes and pages. */
#include <sys/mman.h>
#include <unistd.h>

#include "array_test.h"

/* Every path and every mask on count numbers of type at left, and on their products with those at right. */
static void assert_paths(parsum_type type, const unsigned char *left, const unsigned char *right,
                         uint64_t count) {
    reference expected = {0};
    for (uint64_t i = 0; i < count; i++)
        reference_add(&expected, number_at(type, left + i * size_of(type), false),
                      number_at(type, right + i * size_of(type), false));
    for (size_t i = 0; i < paths_for(type); i++) {
        for (unsigned needs = 0; needs <= PS_NEED_PRODUCTS; needs++) {
            const ps_integer_partial before = start_of((count + needs) % 2);
            ps_integer_partial partial = before;
            char what[80];
            snprintf(what, sizeof what, "%s, %s, count %llu, needs %u", paths[i].name, parsum_type_name(type),
                     (unsigned long long)count, needs);
            paths[i].function(type, left, needs & PS_NEED_PRODUCTS ? right : NULL, count, needs, &partial);
            assert_partial(&partial, &before, &expected, needs, what);
        }
    }
}

/* Memory between two pages that must not be touched. */
typedef struct guarded {
    unsigned char *memory;
    size_t size_bytes;
} guarded;

static guarded guarded_create(size_t least_bytes) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t size_bytes = (least_bytes + page - 1) / page * page;
    unsigned char *const whole =
        mmap(NULL, size_bytes + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(whole, MAP_FAILED);
    assert_int_equal(mprotect(whole, page, PROT_NONE), 0);
    assert_int_equal(mprotect(whole + page + size_bytes, page, PROT_NONE), 0);
    return (guarded){whole + page, size_bytes};
}

static void guarded_destroy(const guarded *area) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    munmap(area->memory - page, area->size_bytes + 2 * page);
}

/* All lengths up to four strides of the widest path and three, right behind a forbidden page and right before one. */
static void short_lengths(void **state) {
    (void)state;
    test_random random = test_random_start(1);
    const size_t most_bytes = 4 * test_array_stride_bytes() + 3 * 8;
    const guarded left = guarded_create(most_bytes), right = guarded_create(most_bytes);
    fill_hostile(&random, left.memory, left.size_bytes);
    fill_hostile(&random, right.memory, right.size_bytes);
    for (parsum_type type = PARSUM_I8; type <= PARSUM_U64; type++) {
        const uint64_t most = 4 * test_array_stride_bytes() / size_of(type) + 3;
        for (uint64_t count = 0; count <= most; count++) {
            const size_t size_bytes = count * size_of(type);
            if (count % 2 == 0 || most < 300)
                assert_paths(type, left.memory, right.memory + right.size_bytes - size_bytes, count);
            if (count % 2 == 1 || most < 300)
                assert_paths(type, left.memory + left.size_bytes - size_bytes, right.memory, count);
        }
    }
    guarded_destroy(&left);
    guarded_destroy(&right);
}

/* Every offset from a cache line, of two operands that lie differently; the data ends where memory does. */
static void alignments(void **state) {
    (void)state;
    test_random random = test_random_start(2);
    const guarded left = guarded_create(2048), right = guarded_create(2048);
    fill_hostile(&random, left.memory, left.size_bytes);
    fill_hostile(&random, right.memory, right.size_bytes);
    for (size_t offset = 0; offset < 64; offset++) {
        for (parsum_type type = PARSUM_I8; type <= PARSUM_U64; type++) {
            const uint64_t count = 700 / size_of(type);
            const size_t size_bytes = count * size_of(type);
            assert_paths(type, left.memory + offset, right.memory + (offset * 7 + 3) % 64, count);
            assert_paths(type, left.memory + left.size_bytes - size_bytes - offset,
                         right.memory + right.size_bytes - size_bytes, count);
        }
    }
    guarded_destroy(&left);
    guarded_destroy(&right);
}

/* Writes number to place index of an array of type. */
static void put(parsum_type type, unsigned char *memory, uint64_t index, uint64_t number) {
    for (size_t i = 0; i < size_of(type); i++)
        memory[index * size_of(type) + i] = (unsigned char)(number >> 8 * i);
}

/* Every pair of the extreme numbers of every type, for all elements and by turns, over more than a burst of the path of the
 * shortest bursts: the largest terms of every pair, bin and bias. */
static void extreme_numbers(void **state) {
    (void)state;
    enum { COUNT = 601 };
    unsigned char left[8 * COUNT], right[8 * COUNT];
    for (parsum_type type = PARSUM_I8; type <= PARSUM_U64; type++) {
        const uint64_t top = UINT64_C(1) << (bits_of(type) - 1);
        const uint64_t half = UINT64_C(1) << (bits_of(type) / 2);
        /* Of 64 bits: an h and an l of all ones below the sign, and what fills 52 bits and 53. */
        const uint64_t numbers[] = {0,       1,          top - 1,    top,
                                    top + 1, UINT64_MAX, top - half, (UINT64_C(1) << 53) - 1};
        enum { NUMBERS = sizeof numbers / sizeof numbers[0] };
        for (unsigned pair = 0; pair < NUMBERS * NUMBERS; pair++) {
            const uint64_t a = numbers[pair % NUMBERS], b = numbers[pair / NUMBERS];
            for (unsigned i = 0; i < COUNT; i++) {
                put(type, left, i, a);
                put(type, right, i, b);
            }
            assert_paths(type, left, right, COUNT);
            for (unsigned i = 0; i < COUNT; i += 2)
                put(type, left, i, b);
            assert_paths(type, left, right, COUNT);
        }
    }
}

/* A burst of 52-bit products fills a lane to its last 2^12, and no lane goes beyond: 2^53-1 has l = 2^52-1 and h = 1, whose
 * product is the largest that a bin takes. */
static void bursts_of_squares(void **state) {
    (void)state;
    /* Four vectors of eight lanes a stride; a lane of a bin takes one term of each vector. */
    const uint64_t burst_bytes = test_array_burst52() / 4 * test_array_stride_bytes();
    const uint64_t most = 2 * burst_bytes / 8 + 35;
    const uint64_t counts[] = {burst_bytes / 8 - 32, burst_bytes / 8, burst_bytes / 8 + 32, most};
    const uint64_t numbers[] = {(UINT64_C(1) << 53) - 1, UINT64_MAX, UINT64_C(1) << 63,
                                (UINT64_C(1) << 52) - 1};
    unsigned char *const memory = malloc(8 * most);
    assert_non_null(memory);
    test_array_lane_maximum = 0;
    test_array_lane_overflow = false;
    for (size_t n = 0; n < 4; n++) {
        for (uint64_t i = 0; i < most; i++)
            put(PARSUM_U64, memory, i, numbers[n]);
        for (size_t c = 0; c < 4; c++) {
            for (int sign = 0; sign < 2; sign++) {
                const parsum_type type = sign ? PARSUM_I64 : PARSUM_U64;
                const ps_integer_partial before = start_of(false);
                reference expected = {0};
                for (uint64_t i = 0; i < counts[c]; i++)
                    reference_add(&expected, number_at(type, memory + 8 * i, false), 0);
                for (size_t i = 0; i < path_count; i++) {
                    ps_integer_partial partial = before;
                    paths[i].function(type, memory, NULL, counts[c], ALL_NEEDS, &partial);
                    assert_partial(&partial, &before, &expected, ALL_NEEDS, paths[i].name);
                }
            }
        }
        assert_false(test_array_lane_overflow);
    }
    assert_true(test_array_lane_maximum == test_array_burst52() * ((UINT64_C(1) << 52) - 1));
    assert_true(test_array_lane_maximum > UINT64_MAX - (UINT64_C(1) << 12));
    free(memory);
}

/* size_bytes of memory that are one small file again and again, filled with number of type. NULL: this machine does not
 * lend so many addresses. */
static unsigned char *repeated_create(parsum_type type, uint64_t number, size_t size_bytes) {
    enum { FILE_BYTES = 4 << 20 };
    FILE *const file = tmpfile();
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), FILE_BYTES), 0);
    unsigned char *const whole =
        mmap(NULL, size_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    bool mapped = whole != MAP_FAILED;
    for (size_t at = 0; mapped && at < size_bytes; at += FILE_BYTES)
        mapped = mmap(whole + at, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fileno(file),
                      0) != MAP_FAILED;
    fclose(file);
    if (!mapped && whole != MAP_FAILED)
        munmap(whole, size_bytes);
    if (!mapped)
        return NULL;
    for (uint64_t i = 0; i < FILE_BYTES / size_of(type); i++)
        put(type, whole, i, number);
    return whole;
}

/* As many numbers as a call may take, all of the same extreme value: every 64-bit lane of a path gets all it ever can. */
static void assert_fullest_lanes(parsum_type type, uint64_t bits) {
    const uint64_t count = PS_ARRAY_COUNT_MAX;
    unsigned char *const memory = repeated_create(type, bits, count * size_of(type));
    if (memory == NULL) {
        print_message("not enough addresses for %s\n", parsum_type_name(type));
        return;
    }
    const ps_int128 x = number_at(type, memory, false);
    const ps_uint128 square = magnitude_of(x) * magnitude_of(x);
    reference expected = {.count = count, .minimum = x, .maximum = x, .sum = x * (ps_int128)count};
    expected.magnitudes = magnitude_of(x) * count;
    expected.squares[0] = expected.products[0][0] = (ps_uint128)(uint64_t)square * count;
    expected.squares[1] = expected.products[0][1] = (square >> 64) * count;
    const size_t both[] = {0, machine_path_count - 1};
    for (size_t i = 0; i < (machine_path_count > 1 ? 2 : 1); i++) {
        for (int products = 0; products < 2; products++) {
            const unsigned needs = products ? PS_NEED_PRODUCTS : ALL_NEEDS;
            const ps_integer_partial before = start_of(false);
            ps_integer_partial partial = before;
            paths[both[i]].function(type, memory, products ? memory : NULL, count, needs, &partial);
            assert_partial(&partial, &before, &expected, needs, paths[both[i]].name);
        }
    }
    munmap(memory, count * size_of(type));
}

/* By default the type whose sums come nearest to 64 bits; all take a minute. */
static void fullest_lanes(void **state) {
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* the sanitizer needs several times the memory of so long a list */
#endif
    assert_fullest_lanes(PARSUM_U32, UINT32_MAX);
    if (getenv("PARSUM_TEST_LONG") == NULL)
        return;
    for (parsum_type type = PARSUM_I8; type <= PARSUM_U64; type++)
        assert_fullest_lanes(type, is_signed(type) ? UINT64_C(1) << (bits_of(type) - 1) : UINT64_MAX);
}

/* Long random arrays of every type. */
static void random_numbers(void **state) {
    (void)state;
    enum { MEMORY_BYTES = 40000 };
    test_random random = test_random_start(5);
    unsigned char *const left = malloc(MEMORY_BYTES), *const right = malloc(MEMORY_BYTES);
    assert_non_null(left);
    assert_non_null(right);
    for (int turn = 0; turn < 4; turn++) {
        fill_hostile(&random, left, MEMORY_BYTES);
        fill_hostile(&random, right, MEMORY_BYTES);
        for (parsum_type type = PARSUM_I8; type <= PARSUM_U64; type++)
            assert_paths(type, left, right, test_random_below(&random, MEMORY_BYTES / size_of(type) + 1));
    }
    free(left);
    free(right);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_lengths),   cmocka_unit_test(alignments),
        cmocka_unit_test(extreme_numbers), cmocka_unit_test(bursts_of_squares),
        cmocka_unit_test(fullest_lanes),   cmocka_unit_test(random_numbers),
    };
    return cmocka_run_group_tests(tests, find_paths, NULL);
}
