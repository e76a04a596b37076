/* test_text.c - folds of text against a slow reader: every layout, all needs, every cut, and no byte beyond the block. */
#include "support.h"

#include <sys/mman.h>
#include <unistd.h>

#include "text_model.h"

/* A page-aligned buffer between two pages that may not be touched. */
enum { GUARDED_BYTES = 4096 };
static char *guarded_map(void) {
    char *const pages = mmap(NULL, 3 * GUARDED_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(pages, MAP_FAILED);
    assert_int_equal(sysconf(_SC_PAGESIZE), GUARDED_BYTES);
    assert_int_equal(mprotect(pages + GUARDED_BYTES, GUARDED_BYTES, PROT_READ | PROT_WRITE), 0);
    return pages + GUARDED_BYTES;
}

static void guarded_unmap(char *guarded) {
    munmap(guarded - GUARDED_BYTES, 3 * GUARDED_BYTES);
}

/* Folds text with its end and with its beginning at a guard page. */
static void assert_folds_guarded(char *guarded, const ps_text_format *format, const char *text, size_t size) {
    char *const at_end = guarded + GUARDED_BYTES - size;
    memcpy(at_end, text, size);
    assert_folds(format, at_end, size, NEEDS_ALL);
    memcpy(guarded, text, size);
    assert_folds(format, guarded, size, NEEDS_ALL);
}

/* ---------------------------------------------------------------------------------------------------- numbers */

static const char *const fields[] = {
    "0", "-0", "+0", "7", "+7", "-7", ".5", "5.", "-.5", "+5.", "0.1", "-1.5e3", "1e-3", "1E+3", "00012",
    "000.00012", "12345678", "123456789", "1234567890123456", "12345678901234567", "1234567.8", "12345678.9",
    "0.12345678", "9999999999999999999", "-9999999999999999999", "18446744073709551615",
    "18446744073709551616", "-18446744073709551615", "-18446744073709551616", "99999999999999999999",
    "100000000000000000000", "999999999999999999", "1000000000000000000", "-1000000000000000000",
    "10000000000000000000", "1844674407370955161.5", "1844674407370955161.6", "0.00012345678901234567",
    "0.0000000000000000001", "0.00000000000000000001", "123456789012345678901234",
    "1234567890123456789012345678901234567890", "12345678901234567890.12345678901234567890",
    "000000000000000000000000000000000000000000000000000001",
    "100000000000000000000000000000000000000000000000000000", "1e1023", "9e1023", "1e1024", "0.1e1024",
    "1e-1024", "1e-1025", "10e-1025", "0.1e-1024", "0.1e-1023", "12e1022", "12e1023", "1e63", "1e64", "1e-64",
    "1e-65", "1e9999", "1e10000", "1e-9999", "1e-10000", "0e9999", "0e10000",
    "0.000e-99999999999999999999999", "-0e99999999999999999999", "1e999999999999999999999",
    "1e-999999999999999999999", "1e18446744073709551616", "1e-18446744073709551617",
    "1e0000000000000000000000001", "1e-0000000000000000000000001", "1e+0", "1e00000", "5.e3", ".5e3",
    "-.5e-3", "9999999999999999999e63", "9999999999999999999e64", "9999999999999999999e-64",
    "9999999999999999999e1004", "9999999999999999999e1005", "9999999999999999999e-1024",
    "9999999999999999999e-1025",
    /* No numbers. */
    "1e", "1e+", "1e-", "e5", "-", "+", ".", "-.", "+.", ".e5", "--1", "+-1", "-+1", "1-", "1+1", "1.2.3",
    "1..2", "1e5e5", "1e5.5", "1e 5", "0x10", "1_000", "1,000", "\xef\xbc\x91", "1\xef\xbc\x91", "\xb9",
    "1\xc2\xa0", "abc", "1a", "a1", "12345678a", "1234567a", "1;2", "1/", "1:", "/1", ":1", "\"1", "'1'",
    "1e5x", "1d5", "1f", "1L", "$1", "1%", "(1)", "\x80", "\xff", "1\x80", "1\xff", "1\x8a", "1\x01", "1\x7f",
    "NA1", "na", "Na", "N/A", "NA.", "null", "None",
    /* Missing, and not finite. */
    "NA", "nan", "NaN", "NAN", "-nan", "+NaN", "inf", "-Inf", "+INF", "infinity", "-Infinity", "INFINITY",
    "infinit", "nana", "infi", "--inf", "inf1"};
enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

/* Field after field in every layout, by the fast path (bytes enough follow) and by the slow one. */
static void single_fields(void **state) {
    (void)state;
    const ps_text_format formats[] = {list,
                                      third_of_csv,
                                      {.layout = PS_TEXT_COLUMNS, .column = 1},
                                      {.layout = PS_TEXT_DELIMITED, .delimiter = ' ', .column = 1},
                                      {.layout = PS_TEXT_DELIMITED, .delimiter = '\t', .column = 0}};
    const char *const before[] = {"1 ", "a,b,", "a\t ", "a ", ""};
    const char *const after[] = {"\n", ",x\r\n", "\r\n", "\n", "\tx\n"};
    const char *const quotes[] = {"", "\"", " ", "\t"};
    char *const guarded = guarded_map();
    for (int field = 0; field < FIELD_COUNT; field++) {
        for (int i = 0; i < 5; i++) {
            for (int quote = 0; quote < 4; quote++) {
                for (int padding = 0; padding < 2; padding++) {
                    char text[512];
                    const int size =
                        snprintf(text, sizeof text, "%s%s%s%s%s%s%s%s", before[i], quotes[quote],
                                 fields[field], quotes[quote], after[i], before[i], "7", after[i]);
                    assert_folds_guarded(guarded, &formats[i], text, (size_t)size);
                    if (!padding)
                        continue;
                    /* Blank lines; in the last format those are records, and so are not put. */
                    const size_t lines = 100;
                    memset(text + size, '\n', lines);
                    assert_folds_guarded(guarded, &formats[i], text, (size_t)size + lines);
                }
            }
        }
    }
    guarded_unmap(guarded);
}

/* Numbers of all lengths, points and exponents, in lists that need every bin and both edges of the bins. */
static void random_numbers(void **state) {
    (void)state;
    enum { NUMBERS = 40, TEXT_BYTES = NUMBERS * 128 };
    static const unsigned needs[] = {PS_NEED_SUM,
                                     PS_NEED_SUM | PS_NEED_SQUARES,
                                     NEEDS_ALL,
                                     PS_NEED_SQUARES,
                                     PS_NEED_MAGNITUDES,
                                     PS_NEED_EXTREMES,
                                     0,
                                     PS_NEED_SUM | PS_NEED_EXTREMES};
    test_random random = test_random_start(1);
    char *const text = malloc(TEXT_BYTES);
    for (int i = 0; i < 400; i++) {
        size_t size = 0;
        for (int n = 0; n < NUMBERS; n++) {
            char whole[40], fraction[40], exponent[16] = "";
            random_digits(&random, whole, (int)test_random_below(&random, 24));
            random_digits(&random, fraction, (int)test_random_below(&random, 24));
            if (whole[0] == '\0' && fraction[0] == '\0')
                whole[0] = '0', whole[1] = '\0';
            if (test_random_below(&random, 2))
                snprintf(exponent, sizeof exponent, "e%d", (int)test_random_below(&random, 180) - 90);
            const bool point = fraction[0] != '\0' || test_random_below(&random, 8) == 0;
            size += (size_t)snprintf(text + size, TEXT_BYTES - size, "%s%s%s%s%s%s",
                                     (const char *[]){"", "-", "+"}[test_random_below(&random, 3)], whole,
                                     point ? "." : "", fraction, exponent,
                                     test_random_below(&random, 3) ? "\n" : "\t ");
        }
        assert_folds(&list, text, size, needs[i % 8]);
    }
    free(text);
}

/* Squares of the largest short mantissa carry out of 128 bits at the fourth; sums out of 64 at the second. */
static void bins_carry(void **state) {
    (void)state;
    char text[4096];
    for (int count = 1; count <= 9; count++) {
        for (int sign = 0; sign < 2; sign++) {
            size_t size = 0;
            for (int i = 0; i < count; i++)
                size += (size_t)snprintf(text + size, sizeof text - size, "%s9999999999999999999\n",
                                         sign && i % 3 ? "-" : "");
            for (int i = 0; i < count; i++)
                size += (size_t)snprintf(text + size, sizeof text - size, "%s18446744073709551615\n",
                                         sign && i % 2 ? "-" : "");
            assert_folds(&list, text, size, NEEDS_ALL);
            assert_folds(&list, text, size, PS_NEED_SUM | PS_NEED_SQUARES);
            assert_folds(&list, text, size, PS_NEED_SUM);
        }
    }
}

/* Zeros in any number before and behind the digits, the point among them or far off. */
static void many_zeros(void **state) {
    (void)state;
    enum { ZEROS = 3000000 };
    static const char *const shapes[][3] = {
        {"", "12.5", ""},           {"12.5", "", ""},  {"0.", "0", ""},         {"", ".", "1e3000000"},
        {"12", ".", "e-3000000"},   {"1.", "1e5", ""}, {"12", "e-3000000", ""}, {"", "e5", ""},
        {"12", "e-2999999999", ""}, {"1.", "1", ""},   {"-0.", "e-1000", ""},   {"-1", "e-2999000", ""}};
    char *const text = malloc(ZEROS + 100);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        size_t size = (size_t)sprintf(text, "%s", shapes[i][0]);
        memset(text + size, '0', ZEROS);
        size += ZEROS;
        size += (size_t)sprintf(text + size, "%s\n", shapes[i][1]);
        if (shapes[i][2][0] != '\0')
            size += (size_t)sprintf(text + size - 1, "0%s\n", shapes[i][2]) - 1;
        assert_folds(&list, text, size, NEEDS_ALL);
    }
    free(text);
}

/* ------------------------------------------------------------------------------------------------------ texts */

/* Random bytes of those that mean something. */
static void random_texts(void **state) {
    (void)state;
    static const char alphabets[][64] = {"0123456789+-.eE \",\n\rNAnai", "01,,\n\n\"\"\"  \r", "12345,\n",
                                         "9,\"\n", "0123456789012345678901234567890123456789 .\n"};
    test_random random = test_random_start(2);
    char *const guarded = guarded_map();
    for (int i = 0; i < 30000; i++) {
        char text[400];
        const char *const alphabet = alphabets[test_random_below(&random, 5)];
        const size_t size = test_random_below(&random, test_random_below(&random, 4) ? 24 : sizeof text);
        for (size_t byte = 0; byte < size; byte++)
            text[byte] = alphabet[test_random_below(&random, strlen(alphabet))];
        if (size > 0 && test_random_below(&random, 20) == 0)
            text[test_random_below(&random, size)] = (char)test_random_bits(&random);
        const ps_text_format format = {.layout = (ps_text_layout)test_random_below(&random, 3),
                                       .delimiter = ",,,,, .0e-"[test_random_below(&random, 10)],
                                       .column = test_random_below(&random, 3)};
        assert_folds_guarded(guarded, &format, text, size);
    }
    guarded_unmap(guarded);
}

/* One field of a well-formed record: a number, often quoted, or text that holds all that quotes protect. */
static size_t put_field(test_random *random, char *text, bool number) {
    const int quoted = (int)test_random_below(random, 2);
    if (number)
        return (size_t)sprintf(text, quoted ? "\"%d.%02u\"" : "%d.%02u",
                               (int)test_random_below(random, 20001) - 10000,
                               (unsigned)test_random_below(random, 100));
    size_t size = 0;
    static const char *const parts[] = {
        "a",    "bc def", "\"\"", ",",        "\n",
        "\r\n", "1",      "",     "\xc3\xa4", "long word that fills some bytes more than others do"};
    if (quoted)
        text[size++] = '"';
    for (uint64_t i = test_random_below(random, 4); i > 0; i--) {
        const char *const part =
            parts[quoted ? test_random_below(random, 10) : 6 + test_random_below(random, 4)];
        memcpy(text + size, part, strlen(part));
        size += strlen(part);
    }
    if (quoted)
        text[size++] = '"';
    else if (test_random_below(random, 6) == 0)
        size += (size_t)sprintf(text + size, "x5\" pipe");
    return size;
}

/* Three columns, the third of numbers; size_least bytes or a little more. */
static size_t put_records(test_random *random, char *text, size_t size_least) {
    size_t size = 0;
    while (size < size_least) {
        for (int column = 0; column < 4; column++) {
            if (column == 2 && test_random_below(random, 9) == 0)
                size += (size_t)sprintf(text + size, "%s", test_random_below(random, 2) ? "NA" : "\"\"");
            else
                size += put_field(random, text + size, column == 2);
            if (column < 3)
                text[size++] = ',';
        }
        size += (size_t)sprintf(text + size, "%s", test_random_below(random, 2) ? "\r\n" : "\n");
        if (test_random_below(random, 9) == 0)
            size += (size_t)sprintf(text + size, "%s", test_random_below(random, 2) ? "\r\n" : "\n\n");
    }
    return size;
}

/* Blocks that end at any record add up to the whole. */
static void every_cut(void **state) {
    (void)state;
    enum { TEXT_BYTES = 3000 };
    test_random random = test_random_start(3);
    char *const text = malloc(TEXT_BYTES + 2000);
    for (int i = 0; i < 20; i++) {
        const size_t size = put_records(&random, text, TEXT_BYTES);
        model expected;
        model_init(&expected);
        model_read(&expected, &third_of_csv, text, size);
        assert_int_equal(expected.fault.code, PS_FAULT_NONE);
        ps_decimal_partial whole, left, right;
        start(&whole);
        fold(&whole, &third_of_csv, text, 0, size, NEEDS_ALL);
        model_assert(&expected, &whole, NEEDS_ALL, text, size);
        size_t cuts = 0;
        for (size_t cut = 0, limit = 1; limit <= size; limit++) {
            const size_t found = ps_text_whole_records(&third_of_csv, text, limit, false);
            if (found == cut)
                continue;
            cut = found;
            cuts++;
            start(&left);
            start(&right);
            fold(&left, &third_of_csv, text, 0, cut, NEEDS_ALL);
            fold(&right, &third_of_csv, text, cut, size - cut, NEEDS_ALL);
            ps_kinds[PS_KIND_DECIMAL].merge(&left.head, &right.head);
            model_assert(&expected, &left, NEEDS_ALL, text, size);
        }
        assert_true(cuts > 10);
        model_clear(&expected);
    }
    free(text);
}

/* Texts of many pieces: records, quotes and stray quotes lie across the ends of pieces and of words. */
static void long_texts(void **state) {
    (void)state;
    enum { TEXT_BYTES = 60000 };
    test_random random = test_random_start(4);
    char *const text = malloc(3 * TEXT_BYTES);
    for (int i = 0; i < 30; i++) {
        size_t size = 0;
        if (i % 3 == 1) { /* a quoted field longer than a piece */
            text[size++] = '"';
            memset(text + size, i % 2 ? '\n' : ',', 20000);
            size += 20000;
            size += (size_t)sprintf(text + size, "\",b,5\n");
        }
        size += put_records(&random, text + size, TEXT_BYTES);
        if (i % 5 == 4) /* a fault far behind */
            size += (size_t)sprintf(text + size, "%s", i % 2 ? "a,\"\n\",x1,\n" : "a,b\n");
        size += put_records(&random, text + size, 2000);
        assert_folds(&third_of_csv, text, size, i % 2 ? NEEDS_ALL : PS_NEED_SUM);
    }
    free(text);
}

/* Text without quotes or with regular ones: nearly all of it goes by the fast path, at every place in a word. */
static void regular_texts(void **state) {
    (void)state;
    test_random random = test_random_start(5);
    char *const text = malloc(200000);
    for (int i = 0; i < 24; i++) {
        const ps_text_format format = {.layout = i % 2 ? PS_TEXT_COLUMNS : PS_TEXT_DELIMITED,
                                       .delimiter = ' ',
                                       .column = test_random_below(&random, 5)};
        size_t size = 0;
        while (size < 30000) {
            for (int column = 0; column < 5; column++) {
                const bool quoted = i % 4 == 2;
                size += (size_t)sprintf(text + size, quoted ? "\"%u.%u\"" : "%u.%u",
                                        (unsigned)test_random_below(&random, 1 + (1u << i)),
                                        (unsigned)test_random_below(&random, 1000));
                text[size++] = column < 4 ? ' ' : '\n';
            }
        }
        assert_folds(&format, text, size, PS_NEED_SUM);
    }
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_fields), cmocka_unit_test(random_numbers), cmocka_unit_test(bins_carry),
        cmocka_unit_test(many_zeros),    cmocka_unit_test(random_texts),   cmocka_unit_test(every_cut),
        cmocka_unit_test(long_texts),    cmocka_unit_test(regular_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
