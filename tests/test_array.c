/* test_array.c - folds of integers in memory: every path of this machine and the emulated ones against a plain loop of the
 * test's own, for every type and mask, at the ends of vectors, bursts, lanes and pages, and however blocks lie in memory. */
#include "support.h"

#include <sys/mman.h>
#include <unistd.h>

#include "array_emulated.h"

enum { ALL_NEEDS = PS_NEED_SUM | PS_NEED_SQUARES | PS_NEED_MAGNITUDES | PS_NEED_EXTREMES, PATHS_MAX = 8 };

static struct {
    const char *name;
    ps_array_function *function;
} paths[PATHS_MAX]; /* portable first, then the machine's, its best last, then the emulated */
static size_t path_count, machine_path_count;

static void add_path(const char *name, ps_array_function *function) {
    paths[path_count].name = name;
    paths[path_count++].function = function;
}

static int find_paths(void **state) {
    (void)state;
    add_path("portable", ps_array_portable);
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        add_path("avx2", ps_array_avx2);
    if (__builtin_cpu_supports("avx512f"))
        add_path("avx512", ps_array_avx512);
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512ifma"))
        add_path("avx512ifma", ps_array_avx512ifma);
#endif
    machine_path_count = path_count;
    for (size_t i = 0; i < path_count; i++)
        print_message("path: %s\n", paths[i].name);
    add_path("emulated", test_array_emulated);
    add_path("emulated ifma", test_array_emulated_ifma);
    return 0;
}

static bool is_signed(parsum_type type) {
    return type <= PARSUM_I64;
}

static unsigned bits_of(parsum_type type) {
    return 8u << (type % 4);
}

static size_t size_of(parsum_type type) {
    return bits_of(type) / 8;
}

/* The number at address. */
static ps_int128 number_at(parsum_type type, const unsigned char *address, bool swapped) {
    uint64_t bits = 0;
    for (size_t i = 0; i < size_of(type); i++)
        bits |= (uint64_t)address[swapped ? size_of(type) - 1 - i : i] << 8 * i;
    const bool negative = is_signed(type) && bits >> (bits_of(type) - 1);
    return (ps_int128)bits - (negative ? (ps_int128)1 << bits_of(type) : 0);
}

/* Sums in words of 128 bits, of halves of 64 bits where a square or product does not fit more than a few times. */
typedef struct reference {
    uint64_t count;
    ps_int128 sum, minimum, maximum;
    ps_uint128 magnitudes;
    ps_uint128 squares[2];
    ps_uint128 products[2][2]; /* of those that are not negative, and of those that are */
} reference;

static void add_halves(ps_uint128 *halves, ps_uint128 value) {
    halves[0] += (uint64_t)value;
    halves[1] += value >> 64;
}

static ps_uint128 magnitude_of(ps_int128 x) {
    return x < 0 ? -(ps_uint128)x : (ps_uint128)x;
}

static void reference_add(reference *expected, ps_int128 x, ps_int128 y) {
    if (expected->count == 0 || x < expected->minimum)
        expected->minimum = x;
    if (expected->count == 0 || x > expected->maximum)
        expected->maximum = x;
    expected->count++;
    expected->sum += x;
    expected->magnitudes += magnitude_of(x);
    add_halves(expected->squares, magnitude_of(x) * magnitude_of(x));
    add_halves(expected->products[(x < 0) != (y < 0)], magnitude_of(x) * magnitude_of(y));
}

static void set_halves(mpz_t target, const ps_uint128 *halves) {
    const uint64_t words[2][2] = {{(uint64_t)halves[0], (uint64_t)(halves[0] >> 64)},
                                  {(uint64_t)halves[1], (uint64_t)(halves[1] >> 64)}};
    mpz_t low;
    mpz_init(low);
    mpz_import(low, 2, -1, sizeof(uint64_t), 0, 0, words[0]);
    mpz_import(target, 2, -1, sizeof(uint64_t), 0, 0, words[1]);
    mpz_mul_2exp(target, target, 64);
    mpz_add(target, target, low);
    mpz_clear(low);
}

/* What a partial holds before a fold: nothing, or sums that what needs leaves out must leave as they are. */
static ps_integer_partial start_of(bool occupied) {
    ps_integer_partial partial;
    ps_kinds[PS_KIND_INTEGER].clear(&partial.head);
    if (occupied) {
        partial.head.count = 3;
        partial.sum = ps_wide_from_int128(-10);
        partial.squares = ps_wide_from_int128(50);
        partial.magnitudes = ps_wide_from_int128(12);
        partial.minimum = -6;
        partial.maximum = 5;
    }
    return partial;
}

static void assert_field(const ps_wide *actual, const ps_wide *before, const mpz_t added, bool wanted,
                         const char *what) {
    mpz_t expected;
    mpz_init(expected);
    test_set_wide(expected, before);
    if (wanted)
        mpz_add(expected, expected, added);
    test_assert_wide(actual, expected, what);
    mpz_clear(expected);
}

static void assert_extremes(const ps_integer_partial *actual, const ps_integer_partial *before,
                            const reference *expected, bool wanted, const char *what) {
    ps_int128 minimum = before->minimum, maximum = before->maximum;
    if (wanted && expected->count > 0) {
        if (before->head.count == 0 || expected->minimum < minimum)
            minimum = expected->minimum;
        if (before->head.count == 0 || expected->maximum > maximum)
            maximum = expected->maximum;
    }
    if (actual->minimum != minimum || actual->maximum != maximum)
        fail_msg("%s: wrong extremes", what);
}

/* actual is before with what needs names of expected added. */
static void assert_partial(const ps_integer_partial *actual, const ps_integer_partial *before,
                           const reference *expected, unsigned needs, const char *what) {
    mpz_t value, negative;
    mpz_inits(value, negative, NULL);
    assert_int_equal(actual->head.count, before->head.count + expected->count);
    test_set_int128(value, expected->sum);
    assert_field(&actual->sum, &before->sum, value, needs & PS_NEED_SUM, what);
    test_set_int128(value, (ps_int128)expected->magnitudes);
    assert_field(&actual->magnitudes, &before->magnitudes, value, needs & PS_NEED_MAGNITUDES, what);
    if (needs & PS_NEED_PRODUCTS) {
        set_halves(value, expected->products[0]);
        set_halves(negative, expected->products[1]);
        mpz_sub(value, value, negative);
    } else {
        set_halves(value, expected->squares);
    }
    assert_field(&actual->squares, &before->squares, value, needs & (PS_NEED_SQUARES | PS_NEED_PRODUCTS),
                 what);
    assert_extremes(actual, before, expected, needs & PS_NEED_EXTREMES, what);
    mpz_clears(value, negative, NULL);
}

/* The paths that have something of their own for type: the emulated ones leave narrow types to the portable path. */
static size_t paths_for(parsum_type type) {
    return size_of(type) < 4 ? machine_path_count : path_count;
}

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

/* Numbers that break things: random bits, and often extremes and powers of two of whatever type reads them. */
static void fill_hostile(test_random *random, unsigned char *memory, size_t size_bytes) {
    for (size_t at = 0; at + 8 <= size_bytes; at += 8) {
        uint64_t word = test_random_hostile(random);
        const unsigned kind = (unsigned)test_random_below(random, 8);
        if (kind < 3) /* numbers of 32, 16 or 8 bits in a row */
            for (unsigned bits = 32; bits >= 32u >> kind; bits /= 2)
                word = (word & ((UINT64_C(1) << bits) - 1)) * ((UINT64_C(1) << bits) + 1);
        memcpy(memory + at, &word, sizeof word);
    }
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

/* A block of two operands in its own memory, each strided and swapped as it comes. */
static void assert_block(const ps_block *block) {
    const ps_array_block *array = &block->array;
    const bool two = array->data[1] != NULL;
    reference expected = {0};
    for (uint64_t i = 0; i < block->count; i++) {
        ps_int128 number[2] = {0, 0};
        for (int operand = 0; operand < 1 + two; operand++)
            number[operand] =
                number_at(array->type, array->data[operand] + (int64_t)i * array->stride_bytes[operand],
                          array->swapped[operand]);
        reference_add(&expected, number[0], number[1]);
    }
    for (size_t i = 0; i < paths_for(array->type); i++) {
        const unsigned needs = two ? PS_NEED_PRODUCTS : i % 2 ? ALL_NEEDS : PS_NEED_SUM | PS_NEED_EXTREMES;
        const ps_integer_partial before = start_of(block->count % 2);
        ps_integer_partial partial = before;
        ps_array_fold(paths[i].function, block, needs, &partial);
        assert_partial(&partial, &before, &expected, needs, paths[i].name);
    }
}

/* Numbers apart, backwards, one for all, overlapping, in the other byte order; around one and several buffers full. */
static void blocks(void **state) {
    (void)state;
    enum { MEMORY_BYTES = 700000 };
    test_random random = test_random_start(3);
    unsigned char *const memory = malloc(MEMORY_BYTES);
    assert_non_null(memory);
    fill_hostile(&random, memory, MEMORY_BYTES);
    for (parsum_type type = PARSUM_I8; type <= PARSUM_U64; type++) {
        const int64_t size = (int64_t)size_of(type);
        const int64_t strides[] = {size, -size, 0, 2 * size, -3 * size, 1, size + 1, -11};
        const uint64_t full = 8192 / size_of(type);
        const uint64_t counts[] = {1, 2, 63, full - 1, full, full + 1, 2 * full + 17, 3};
        for (unsigned turn = 0; turn < 64; turn++) {
            ps_block block = {.kind = PS_BLOCK_ARRAY, .count = counts[(turn + turn / 8) % 8]};
            block.array.type = type;
            for (unsigned operand = 0; operand < 1 + turn % 2; operand++) {
                const int64_t stride = strides[(turn / 2 + operand * (1 + turn / 16)) % 8];
                const uint64_t reach_bytes =
                    (block.count - 1) * (uint64_t)(stride < 0 ? -stride : stride) + size_of(type);
                assert_true(reach_bytes <= MEMORY_BYTES);
                const uint64_t at = test_random_below(&random, MEMORY_BYTES - reach_bytes + 1);
                block.array.data[operand] = memory + at + (stride < 0 ? reach_bytes - size_of(type) : 0);
                block.array.stride_bytes[operand] = stride;
                block.array.swapped[operand] = test_random_below(&random, 2);
            }
            assert_block(&block);
        }
    }
    free(memory);
}

static void plain_operands(void **state) {
    (void)state;
    for (parsum_type type = PARSUM_I8; type <= PARSUM_F64; type++) {
        const int64_t size = (int64_t)parsum_type_size(type);
        const ps_array_block block = {
            .stride_bytes = {size, size + 1}, .type = type, .swapped = {false, false}};
        const ps_array_block swapped = {
            .stride_bytes = {-size, size}, .type = type, .swapped = {false, true}};
        assert_true(ps_array_is_plain(&block, 0));
        assert_false(ps_array_is_plain(&block, 1));
        assert_false(ps_array_is_plain(&swapped, 0));
        assert_int_equal(ps_array_is_plain(&swapped, 1), size == 1);
    }
}

/* Numbers from the middle of a block, of every type, floats too; nothing is written behind them. */
static void gathered(void **state) {
    (void)state;
    test_random random = test_random_start(4);
    unsigned char memory[4096], buffer[512];
    fill_hostile(&random, memory, sizeof memory);
    for (parsum_type type = PARSUM_I8; type <= PARSUM_F64; type++) {
        const size_t size = parsum_type_size(type);
        for (int turn = 0; turn < 24; turn++) {
            const int64_t stride = turn < 8 ? (int64_t)size : turn % 2 ? -19 : 13;
            const uint64_t from = test_random_below(&random, 40), count = test_random_below(&random, 60);
            ps_array_block block = {.type = type};
            block.data[1] = memory + 2048;
            block.stride_bytes[1] = stride;
            block.swapped[1] = turn % 4 >= 2;
            memset(buffer, 0xa5, sizeof buffer);
            ps_array_gather(&block, 1, from, count, buffer);
            for (uint64_t i = 0; i < count; i++)
                for (size_t byte = 0; byte < size; byte++)
                    assert_int_equal(buffer[i * size + byte],
                                     block.data[1][(int64_t)(from + i) * stride +
                                                   (int64_t)(block.swapped[1] ? size - 1 - byte : byte)]);
            assert_int_equal(buffer[count * size], 0xa5);
        }
    }
}

/* The calls that ps_array_fold makes, of a path that reads nothing. */
static uint64_t calls, call_count_sum;
static const unsigned char *next_left, *next_right;

static void recording_path(parsum_type type, const unsigned char *left, const unsigned char *right,
                           uint64_t count, unsigned needs, ps_integer_partial *partial) {
    (void)needs;
    assert_true(count >= 1 && count <= PS_ARRAY_COUNT_MAX);
    assert_ptr_equal(left, next_left);
    assert_ptr_equal(right, next_right);
    next_left += count * size_of(type);
    if (next_right != NULL)
        next_right += count * size_of(type);
    calls++;
    call_count_sum += count;
    partial->head.count += count;
}

/* No call takes more than lanes hold, and the pieces are the block. */
static void long_blocks_are_cut(void **state) {
    (void)state;
    static const unsigned char left[1], right[1];
    const uint64_t most = PS_ARRAY_COUNT_MAX;
    const struct {
        uint64_t count, calls;
    } cases[] = {{1, 1}, {most - 1, 1}, {most, 1}, {most + 1, 2}, {3 * most, 3}, {3 * most + 5, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ps_integer_partial partial = start_of(false);
        ps_block block = {.kind = PS_BLOCK_ARRAY, .count = cases[i].count};
        block.array = (ps_array_block){
            .data = {left, i % 2 ? right : NULL}, .stride_bytes = {8, 8}, .type = PARSUM_I64};
        calls = call_count_sum = 0;
        next_left = block.array.data[0];
        next_right = block.array.data[1];
        ps_array_fold(recording_path, &block, PS_NEED_SUM, &partial);
        assert_int_equal(calls, cases[i].calls);
        assert_int_equal(call_count_sum, cases[i].count);
        assert_int_equal(partial.head.count, cases[i].count);
    }
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
        cmocka_unit_test(blocks),          cmocka_unit_test(plain_operands),
        cmocka_unit_test(gathered),        cmocka_unit_test(long_blocks_are_cut),
        cmocka_unit_test(fullest_lanes),   cmocka_unit_test(random_numbers),
    };
    return cmocka_run_group_tests(tests, find_paths, NULL);
}
