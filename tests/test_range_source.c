/* test_range_source.c - ranges as text, their bounds from both sides, and the blocks that a source cuts. */
#include "support.h"

#include "source/source.h"

#define TWO_63 ((ps_int128)1 << 63)
#define TWO_64 ((ps_int128)1 << 64)
#define TWO_100 ((ps_int128)1 << 100)

static void assert_range(const char *text, ps_int128 first, ps_int128 end, ps_int128 step) {
    parsum_range range = {-1, -1, -1};
    parsum_error error = {.message = ""};
    if (parsum_range_parse(text, &range, &error) != PARSUM_OK)
        fail_msg("'%s' is refused: %s", text, error.message);
    if (range.first != first || range.end != end || range.step != step)
        fail_msg("'%s' is read wrongly", text);
    assert_int_equal(parsum_range_parse(text, &range, NULL), PARSUM_OK);
}

/* Refused, range untouched, and the message quotes what the user wrote. */
static void assert_refused(const char *text) {
    parsum_range range = {-1, -2, -3};
    parsum_error error = {.status = PARSUM_OK, .message = ""};
    if (parsum_range_parse(text, &range, &error) != PARSUM_USAGE)
        fail_msg("'%s' is not refused", text);
    assert_int_equal(error.status, PARSUM_USAGE);
    /* What would command a terminal is shown as a question mark. */
    char shown[1000];
    snprintf(shown, sizeof shown, "%s", text);
    for (char *at = shown; *at != '\0'; at++)
        *at = *at == '\n' || *at == '\r' ? '?' : *at;
    if (strlen(text) < 1000)
        assert_non_null(strstr(error.message, shown));
    assert_int_equal(parsum_range_parse(text, &range, NULL), PARSUM_USAGE);
    assert_true(range.first == -1 && range.end == -2 && range.step == -3);
}

static void good_texts(void **state) {
    (void)state;
    assert_range("0:0", 0, 0, 1);
    assert_range("1:100000000", 1, 100000000, 1);
    assert_range("-5:7:3", -5, 7, 3);
    assert_range("+1:+9:+2", 1, 9, 2);
    assert_range("-0:00010:01", 0, 10, 1);
    assert_range("10:1", 10, 1, 1);
    /* The limits of elements; the end may lie beyond them. */
    assert_range("-9223372036854775808:0", -TWO_63, 0, 1);
    assert_range("18446744073709551615:18446744073709551616", TWO_64 - 1, TWO_64, 1);
    assert_range("0:18446744073709551615", 0, TWO_64 - 1, 1);
    assert_range("18446744073709551610:18446744073709551620:5", TWO_64 - 6, TWO_64 + 4, 5);
    assert_range("18446744073709551615:18446744073709551617:2", TWO_64 - 1, TWO_64 + 1, 2);
    /* 2^64-1 elements, in two ways. */
    assert_range("-9223372036854775808:9223372036854775807", -TWO_63, TWO_63 - 1, 1);
    assert_range("1:18446744073709551616", 1, TWO_64, 1);
    /* Half of more than 2^64. */
    assert_range("-9223372036854775808:18446744073709551616:2", -TWO_63, TWO_64, 2);
    /* Steps of 2^64 and more, up to 2^100. */
    assert_range("0:1:18446744073709551615", 0, 1, TWO_64 - 1);
    assert_range("0:18446744073709551616:18446744073709551615", 0, TWO_64, TWO_64 - 1);
    assert_range("0:1:18446744073709551616", 0, 1, TWO_64);
    assert_range("-9223372036854775808:18446744073709551616:27670116110564327423", -TWO_63, TWO_64,
                 TWO_64 + TWO_63 - 1);
    assert_range("0:1:1267650600228229401496703205375", 0, 1, TWO_100 - 1);
    assert_range("0:1267650600228229401496703205375:1267650600228229401496703205375", 0, TWO_100 - 1,
                 TWO_100 - 1);
    /* An empty range has no elements that could lie beyond the limits. */
    assert_range("99999999999999999999:99999999999999999999", (ps_int128)1e20 - 1, (ps_int128)1e20 - 1, 1);
    assert_range("-99999999999999999999:-999999999999999999999", -((ps_int128)1e20 - 1),
                 -((ps_int128)1e20 * 10 - 1), 1);
}

/* What GMP says of the elements of parts[0]:parts[1]:parts[2] against what the parser makes of the text. */
static void assert_as_gmp(const mpz_t *parts) {
    mpz_t count, last, lowest, highest, most;
    char text[1000];
    mpz_inits(count, last, lowest, highest, most, NULL);
    test_set_int128(lowest, -TWO_63);
    test_set_int128(highest, TWO_64 - 1);
    bool good = mpz_sgn(parts[2]) > 0;
    if (good && mpz_cmp(parts[0], parts[1]) < 0) {
        mpz_sub(count, parts[1], parts[0]);
        mpz_cdiv_q(count, count, parts[2]);
        mpz_sub_ui(last, count, 1);
        mpz_mul(last, last, parts[2]);
        mpz_add(last, last, parts[0]);
        /* highest is also the most elements. */
        good = mpz_cmp(parts[0], lowest) >= 0 && mpz_cmp(last, highest) <= 0 && mpz_cmp(count, highest) <= 0;
    }
    gmp_snprintf(text, sizeof text, "%Zd:%Zd:%Zd", parts[0], parts[1], parts[2]);
    if (!good) {
        assert_refused(text);
    } else {
        parsum_range range;
        parsum_error error = {.message = ""};
        if (parsum_range_parse(text, &range, &error) != PARSUM_OK)
            fail_msg("'%s' is refused: %s", text, error.message);
        assert_int_equal(ps_range_count(&range), mpz_get_ui(count));
        test_set_int128(most, range.first);
        assert_true(mpz_sgn(count) == 0 || mpz_cmp(most, parts[0]) == 0);
        test_set_int128(most, range.step);
        assert_true(mpz_cmp_ui(count, 1) <= 0 || mpz_cmp(most, parts[2]) == 0);
        assert_int_equal(ps_range_check(&range, NULL, NULL), PARSUM_OK);
    }
    mpz_clears(count, last, lowest, highest, most, NULL);
}

/* Numbers of any size, often at a limit of elements or of integer types: only elements and their count have bounds. */
static void numbers_of_any_size(void **state) {
    (void)state;
    static const unsigned edges[] = {0,   1,   31,  32,  62,  63,  64,  65,  99,
                                     100, 101, 126, 127, 128, 129, 192, 256, 400};
    test_random random = test_random_start(3);
    mpz_t parts[3];
    for (int i = 0; i < 3; i++)
        mpz_init(parts[i]);
    for (int i = 0; i < 100000; i++) {
        for (int j = 0; j < 3; j++) {
            mpz_set_ui(parts[j], 0);
            mpz_setbit(parts[j], edges[test_random_below(&random, i % 2 == 0 ? 18 : 8)]);
            mpz_sub_ui(parts[j], parts[j], 3);
            mpz_add_ui(parts[j], parts[j], test_random_below(&random, 6));
            if (test_random_below(&random, j == 2 ? 20 : 2) == 0)
                mpz_neg(parts[j], parts[j]);
        }
        /* Often the end is near to the first, or a step or two from it. */
        if (i % 5 == 0) {
            mpz_mul_ui(parts[1], parts[2], test_random_below(&random, 4));
            mpz_add(parts[1], parts[1], parts[0]);
            mpz_add_ui(parts[1], parts[1], test_random_below(&random, 3));
        }
        assert_as_gmp(parts);
    }
    for (int i = 0; i < 3; i++)
        mpz_clear(parts[i]);
}

static void bad_texts(void **state) {
    (void)state;
    static const char *const texts[] = {
        "", ":", "::", ":::", "1", "1:", ":1", "1::", "1::2", ":1:2", "1:2:", "1:2:3:", "1:2:3:4", "a:b",
        "1:b", "a:1", "1:2:c", "1 :2", " 1:2", "1: 2", "1:2 ", "1:2\n", "\t1:2", "1;2", "1:2:3 4", "1.0:2",
        "1e3:2000", "0x10:20", "1,000:2", "1_000:2000", "--1:2", "+-1:2", "-+1:2", "++1:2", "-:2", "1:+",
        "1:2:-", "1-:2", "1:2:0", "1:2:-1", "2:1:0", "2:1:-1", "inf:2", "1:inf", "1..2", "1-2", "\xd9\xa1:2",
        "1:2\xc2\xa0",
        /* Elements just beyond the limits. */
        "-9223372036854775809:0", "18446744073709551616:18446744073709551617", "0:18446744073709551617",
        "18446744073709551610:18446744073709551617:6", "18446744073709551614:18446744073709551617:2",
        "-9223372036854775809:18446744073709551615:9223372036854775808",
        "-9223372036854775809:-9223372036854775808",
        "-9223372036854775808:18446744073709551617:27670116110564327424",
        /* 2^64 elements and more. */
        "-9223372036854775808:9223372036854775808", "0:18446744073709551616",
        "-9223372036854775808:18446744073709551616",
        /* Elements far beyond. */
        "0:1267650600228229401496703205377", "-1267650600228229401496703205377:0",
        "0:340282366920938463463374607431768211457",
        "340282366920938463463374607431768211456:340282366920938463463374607431768211457",
        "-340282366920938463463374607431768211456:-340282366920938463463374607431768211455",
        "0:340282366920938463463374607431768211457:340282366920938463463374607431768211456"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_refused(texts[i]);
}

static void overlong_texts(void **state) {
    (void)state;
    enum { LENGTH = 100000 };
    char *text = malloc(LENGTH + 8);
    memset(text, '9', LENGTH);
    memcpy(text + LENGTH, ":1", 3);
    assert_range(text, 0, 0, 1);
    text[0] = '-';
    assert_refused(text);
    memcpy(text, "1:2:", 4);
    text[LENGTH] = '\0';
    assert_range(text, 1, 2, 1);
    memset(text, 'x', LENGTH);
    assert_refused(text);
    memset(text, ':', LENGTH);
    assert_refused(text);
    memset(text, '0', LENGTH);
    memcpy(text + LENGTH, "7:9", 4);
    assert_range(text, 7, 9, 1);
    free(text);
}

/* Random bytes of the characters that ranges have: never a crash, and what is accepted has the count that stepping
 * gives. */
static void random_texts(void **state) {
    (void)state;
    static const char characters[] = "0123456789::-+ x";
    test_random random = test_random_start(1);
    unsigned accepted = 0;
    for (int i = 0; i < 200000; i++) {
        char text[16];
        const size_t length = test_random_below(&random, 10);
        for (size_t j = 0; j < length; j++)
            text[j] = characters[test_random_below(&random, sizeof characters - 1)];
        text[length] = '\0';
        parsum_range range;
        parsum_error error = {.message = ""};
        if (parsum_range_parse(text, &range, &error) != PARSUM_OK) {
            assert_true(error.message[0] != '\0');
            continue;
        }
        accepted++;
        if (range.end - range.first > 10000)
            continue;
        uint64_t count = 0;
        for (ps_int128 element = range.first; element < range.end; element += range.step)
            count++;
        assert_int_equal(ps_range_count(&range), count);
    }
    assert_true(accepted > 100);
}

static void counts(void **state) {
    (void)state;
    const struct {
        parsum_range range;
        uint64_t count;
    } rows[] = {
        {{0, 0, 1}, 0},
        {{5, -5, 1}, 0},
        {{0, 1, TWO_100}, 1},
        {{0, TWO_64, TWO_64 - 1}, 2},
        {{-TWO_63, TWO_63 - 1, 1}, UINT64_MAX},
        {{1, TWO_64, 1}, UINT64_MAX},
        {{-TWO_63, TWO_64, 2}, UINT64_C(3) << 62},
        {{-TWO_63, TWO_64, TWO_64 + TWO_63 - 1}, 2},
        {{-TWO_63, TWO_64, TWO_64 + TWO_63}, 1},
        {{0, 10, 3}, 4},
        {{0, 9, 3}, 3},
        {{0, 7, 3}, 3},
        {{-1, 1, 2}, 1},
        {{-1, 2, 2}, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(ps_range_check(&rows[i].range, NULL, NULL), PARSUM_OK);
        assert_int_equal(ps_range_count(&rows[i].range), rows[i].count);
    }
}

/* Ranges as the library takes them, beyond the bounds; the numbers in the message are the caller's. */
static void bad_ranges(void **state) {
    (void)state;
    const ps_int128 highest = (ps_int128)(~(ps_uint128)0 >> 1), lowest = -highest - 1;
    const parsum_range ranges[] = {
        {0, 10, 0},
        {0, 10, -1},
        {0, 10, lowest},
        {lowest, highest, 1},
        {0, highest, 1},
        {lowest, 0, 1},
        {-TWO_63 - 1, 0, 1},
        {0, TWO_64 + 1, 1},
        {0, TWO_64, 1},
        {highest, lowest, -1},
        {lowest, highest, highest},
        {-TWO_63 - 1, -TWO_63, 1},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        ps_source *source = NULL;
        parsum_error error = {.message = ""};
        assert_int_equal(ps_range_check(&ranges[i], NULL, NULL), PARSUM_USAGE);
        assert_int_equal(ps_source_ranges(&ranges[i], 1, &source, &error), PARSUM_USAGE);
        assert_int_equal(error.status, PARSUM_USAGE);
        assert_true(strlen(error.message) > 20);
        assert_null(source);
    }
}

/* The blocks of source, cut by want (0: a random one each time), are exactly the elements of ranges, in order. */
static void assert_blocks(ps_source *source, const parsum_range *ranges, size_t range_count, uint64_t want,
                          test_random *random) {
    uint64_t total = 0;
    size_t at = 0;
    ps_int128 next = range_count > 0 ? ranges[0].first : 0;
    ps_block block;
    for (;;) {
        const uint64_t most = want > 0 ? want : 1 + test_random_below(random, 40);
        memset(&block, 0xa5, sizeof block);
        if (!source->operations->next(source, most, &block))
            break;
        assert_int_equal(block.kind, PS_BLOCK_RANGE);
        assert_int_equal(block.attempts, 0);
        assert_true(block.count >= 1 && block.count <= most);
        for (uint64_t i = 0; i < block.count; i++) {
            while (at < range_count && next >= ranges[at].end) {
                at++;
                next = at < range_count ? ranges[at].first : 0;
                assert_int_equal(i, 0); /* blocks end where ranges end */
            }
            assert_true(at < range_count);
            assert_true(block.range.first + (ps_int128)i * block.range.step == next);
            next += ranges[at].step;
        }
        total += block.count;
    }
    while (at < range_count && next >= ranges[at].end) {
        at++;
        next = at < range_count ? ranges[at].first : 0;
    }
    assert_int_equal(at, range_count);
    assert_int_equal(total, source->total_count);
    assert_false(source->operations->next(source, 1, &block));
}

static void assert_all_blocks(const parsum_range *ranges, size_t range_count, test_random *random) {
    static const uint64_t wants[] = {1, 2, 3, 7, 64, 1000, UINT64_MAX, 0};
    ps_source *source = NULL;
    ps_block block;
    assert_int_equal(ps_source_ranges(ranges, range_count, &source, NULL), PARSUM_OK);
    for (size_t i = 0; i < sizeof wants / sizeof wants[0]; i++) {
        assert_blocks(source, ranges, range_count, wants[i], random);
        source->operations->rewind(source);
        /* From the middle, too. */
        for (uint64_t j = test_random_below(random, 5); j > 0; j--)
            source->operations->next(source, 3, &block);
        source->operations->rewind(source);
    }
    source->operations->destroy(source);
}

static void blocks_are_the_elements(void **state) {
    (void)state;
    test_random random = test_random_start(2);
    const parsum_range chosen[] = {{0, 0, 1},
                                   {-3, 4, 1},
                                   {5, 5, 9},
                                   {-TWO_63, -TWO_63 + 100, 7},
                                   {TWO_64 - 70, TWO_64, 3},
                                   {-TWO_63, TWO_64, TWO_64 - 1},
                                   {-TWO_63, TWO_64, TWO_64},
                                   {-TWO_63, TWO_64, TWO_64 + TWO_63 - 1},
                                   {-TWO_63, TWO_64, TWO_64 / 20},
                                   {12, 13, TWO_100},
                                   {9, -TWO_100, 1}};
    const size_t count = sizeof chosen / sizeof chosen[0];
    for (size_t i = 0; i < count; i++)
        assert_all_blocks(&chosen[i], 1, &random);
    assert_all_blocks(chosen, count, &random);
    assert_all_blocks(NULL, 0, &random);
    for (int i = 0; i < 1000; i++) {
        parsum_range ranges[4];
        const size_t range_count = test_random_below(&random, 5);
        for (size_t j = 0; j < range_count; j++) {
            const ps_int128 elements = (ps_int128)test_random_below(&random, 100);
            ranges[j].first = (ps_int128)(test_random_hostile(&random) >> 2) - (TWO_63 >> 1);
            ranges[j].step = 1 + (ps_int128)(test_random_hostile(&random) >> 8);
            ranges[j].end = ranges[j].first + elements * ranges[j].step -
                            (ps_int128)test_random_below(&random, (uint64_t)ranges[j].step);
        }
        assert_all_blocks(ranges, range_count, &random);
    }
}

/* A block taken in two is its elements, first those at the front; attempts stay. */
static void blocks_taken_apart(void **state) {
    (void)state;
    const ps_block blocks[] = {
        {.kind = PS_BLOCK_RANGE, .attempts = 2, .count = 10, .range = {-TWO_63, 7}},
        {.kind = PS_BLOCK_RANGE, .attempts = 0, .count = 2, .range = {0, UINT64_MAX}},
        {.kind = PS_BLOCK_RANGE, .attempts = 1, .count = 3, .range = {-TWO_63, UINT64_C(3) << 62}},
        {.kind = PS_BLOCK_RANGE, .attempts = 1, .count = 1, .range = {TWO_64 - 1, UINT64_MAX}},
        {.kind = PS_BLOCK_RANGE, .attempts = 1, .count = UINT64_MAX, .range = {1, 1}},
    };
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        const uint64_t counts[] = {1, blocks[i].count / 2, blocks[i].count - 1, blocks[i].count};
        for (size_t j = 0; j < 4; j++) {
            if (counts[j] == 0)
                continue;
            ps_block rest = blocks[i];
            const ps_block taken = ps_block_take(&rest, counts[j]);
            assert_int_equal(taken.kind, PS_BLOCK_RANGE);
            assert_int_equal(taken.count, counts[j]);
            assert_int_equal(taken.attempts, blocks[i].attempts);
            assert_true(taken.range.first == blocks[i].range.first);
            assert_true(taken.range.step == blocks[i].range.step && rest.range.step == blocks[i].range.step);
            assert_int_equal(rest.count, blocks[i].count - counts[j]);
            assert_int_equal(rest.attempts, blocks[i].attempts);
            assert_true(rest.range.first ==
                        blocks[i].range.first + (ps_int128)counts[j] * blocks[i].range.step);
        }
    }
}

/* The counts of ranges add up to 2^64-1 at most, without wrapping around. */
static void counts_add_up(void **state) {
    (void)state;
    const parsum_range half = {0, TWO_63, 1}, most = {1, TWO_64, 1};
    const parsum_range exactly[] = {half, {0, TWO_63 - 1, 1}};
    const parsum_range beyond[] = {half, half};
    const parsum_range far_beyond[] = {most, most, half, half, {0, 2, 1}};
    const parsum_range last_is_bad[] = {{0, 1, 1}, {0, 1, 1}, {0, 1, 0}};
    ps_source *source = NULL;
    parsum_error error;
    assert_int_equal(ps_source_ranges(exactly, 2, &source, &error), PARSUM_OK);
    assert_int_equal(source->total_count, UINT64_MAX);
    source->operations->destroy(source);
    source = NULL;
    assert_int_equal(ps_source_ranges(beyond, 2, &source, &error), PARSUM_USAGE);
    assert_int_equal(ps_source_ranges(far_beyond, 5, &source, &error), PARSUM_USAGE);
    assert_int_equal(ps_source_ranges(last_is_bad, 3, &source, NULL), PARSUM_USAGE);
    assert_null(source);
}

static void names(void **state) {
    (void)state;
    const parsum_range ranges[] = {
        {1, 100000000, 1}, {-TWO_63, TWO_64, TWO_100 - 1}, {7, 3, 2}, {1 - TWO_100, 1 - TWO_100, 1}};
    static const char *const expected[] = {
        "1:100000000", "-9223372036854775808:18446744073709551616:1267650600228229401496703205375", "7:3:2",
        "-1267650600228229401496703205375:-1267650600228229401496703205375"};
    ps_source *source = NULL;
    assert_int_equal(ps_source_ranges(ranges, 4, &source, NULL), PARSUM_OK);
    assert_int_equal(source->name_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(source->names[i], expected[i]);
        assert_range(source->names[i], ranges[i].first, ranges[i].end, ranges[i].step);
    }
    assert_string_equal(source->input_kind, "range");
    assert_int_equal(source->partial_kind, PS_KIND_INTEGER);
    source->operations->destroy(source);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_texts),
        cmocka_unit_test(numbers_of_any_size),
        cmocka_unit_test(bad_texts),
        cmocka_unit_test(overlong_texts),
        cmocka_unit_test(random_texts),
        cmocka_unit_test(counts),
        cmocka_unit_test(bad_ranges),
        cmocka_unit_test(blocks_are_the_elements),
        cmocka_unit_test(blocks_taken_apart),
        cmocka_unit_test(counts_add_up),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
