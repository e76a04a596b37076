/* array_test.c - the paths of this machine and the emulated ones, and sums by a plain loop. */
#include "array_test.h"

path paths[PATHS_MAX];
size_t path_count, machine_path_count;

static void add_path(const char *name, ps_array_function *function) {
    paths[path_count].name = name;
    paths[path_count++].function = function;
}

int find_paths(void **state) {
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

bool is_signed(parsum_type type) {
    return type <= PARSUM_I64;
}

unsigned bits_of(parsum_type type) {
    return 8u << (type % 4);
}

size_t size_of(parsum_type type) {
    return bits_of(type) / 8;
}

ps_int128 number_at(parsum_type type, const unsigned char *address, bool swapped) {
    uint64_t bits = 0;
    for (size_t i = 0; i < size_of(type); i++)
        bits |= (uint64_t)address[swapped ? size_of(type) - 1 - i : i] << 8 * i;
    const bool negative = is_signed(type) && bits >> (bits_of(type) - 1);
    return (ps_int128)bits - (negative ? (ps_int128)1 << bits_of(type) : 0);
}

static void add_halves(ps_uint128 *halves, ps_uint128 value) {
    halves[0] += (uint64_t)value;
    halves[1] += value >> 64;
}

ps_uint128 magnitude_of(ps_int128 x) {
    return x < 0 ? -(ps_uint128)x : (ps_uint128)x;
}

void reference_add(reference *expected, ps_int128 x, ps_int128 y) {
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

ps_integer_partial start_of(bool occupied) {
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

void assert_partial(const ps_integer_partial *actual, const ps_integer_partial *before,
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

size_t paths_for(parsum_type type) {
    return size_of(type) < 4 ? machine_path_count : path_count;
}

void fill_hostile(test_random *random, unsigned char *memory, size_t size_bytes) {
    for (size_t at = 0; at + 8 <= size_bytes; at += 8) {
        uint64_t word = test_random_hostile(random);
        const unsigned kind = (unsigned)test_random_below(random, 8);
        if (kind < 3) /* numbers of 32, 16 or 8 bits in a row */
            for (unsigned bits = 32; bits >= 32u >> kind; bits /= 2)
                word = (word & ((UINT64_C(1) << bits) - 1)) * ((UINT64_C(1) << bits) + 1);
        memcpy(memory + at, &word, sizeof word);
    }
}
