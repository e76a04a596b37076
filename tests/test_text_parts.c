/* test_text_parts.c - of folds of text: faults and their places, numbers split into columns, and the words of bytes that the
 * fast paths are made of. */
#include "support.h"

#include <math.h>

#include "fold/text_marks.h"
#include "text_model.h"

/* ----------------------------------------------------------------------------------------------------- faults */

static void assert_fault(const ps_text_format *format, const char *text, ps_fault_code code, uint64_t line,
                         uint64_t column, const char *field) {
    ps_decimal_partial partial;
    ps_block block = {.kind = PS_BLOCK_TEXT, .input = 3, .count = strlen(text)};
    for (uint64_t first_line = 0; first_line <= 10; first_line += 10) {
        block.text = (ps_text_block){.data = text, .format = format, .offset = 1000, .line = first_line};
        start(&partial);
        ps_text_fold(&block, PS_NEED_SUM, &partial);
        const ps_fault *const fault = &partial.head.fault;
        assert_int_equal(fault->code, code);
        assert_int_equal(fault->input, 3);
        assert_int_equal(fault->line, first_line == 0 ? 0 : line + 9);
        assert_int_equal(fault->column, column);
        assert_int_equal(fault->field_length, strlen(field));
        assert_memory_equal(fault->field, field, strlen(field) < 56 ? strlen(field) : 56);
        assert_memory_equal(text + fault->offset - 1000, field, strlen(field));
    }
}

static void faults(void **state) {
    (void)state;
    const ps_text_format columns = {.layout = PS_TEXT_COLUMNS, .column = 2};
    assert_fault(&list, "1 2\n3 x4 y\n", PS_FAULT_NO_NUMBER, 2, 3, "x4");
    assert_fault(&list, "\n\n 1\tnan", PS_FAULT_NOT_FINITE, 3, 4, "nan");
    assert_fault(&list, "1e1024", PS_FAULT_EXPONENT, 1, 1, "1e1024");
    assert_fault(&list, "1 \"2\"", PS_FAULT_NO_NUMBER, 1, 3, "\"2\"");
    assert_fault(&list, "-0123456789012345678901234567890123456789012345678901234567890123456789x",
                 PS_FAULT_NO_NUMBER, 1, 1,
                 "-0123456789012345678901234567890123456789012345678901234567890123456789x");
    assert_fault(&columns, "a b 1\n\n  \na  b\t c ", PS_FAULT_NO_NUMBER, 4, 7, "c");
    assert_fault(&columns, "a b 1\r\n a b \r\nx", PS_FAULT_TOO_FEW_FIELDS, 2, 1, " a b ");
    assert_fault(&third_of_csv, "a,b,1\na,b, abc ,d\n", PS_FAULT_NO_NUMBER, 2, 6, "abc");
    assert_fault(&third_of_csv, "a,b,1\r\na,b,\"1\"\"2\" ,d\n", PS_FAULT_NO_NUMBER, 2, 5, "\"1\"\"2\"");
    assert_fault(&third_of_csv, "a,b,1\na,\"\n\n\",abc", PS_FAULT_NO_NUMBER, 4, 3, "abc");
    assert_fault(&third_of_csv, "a,b,1\na,b\r\nc,d,5\n", PS_FAULT_TOO_FEW_FIELDS, 2, 1, "a,b");
    assert_fault(&third_of_csv, "a,b,1\na,b", PS_FAULT_TOO_FEW_FIELDS, 2, 1, "a,b");
    assert_fault(&third_of_csv, "a,b,1\n \n", PS_FAULT_TOO_FEW_FIELDS, 2, 1, " ");
    assert_fault(&third_of_csv, "a,b,1\na,b,2,\"c\nd,e,3\n", PS_FAULT_OPEN_QUOTE, 2, 7, "\"c\nd,e,3\n");
    assert_fault(&third_of_csv, "a,b,\"1\" 2\n", PS_FAULT_NO_NUMBER, 1, 5, "\"1\" 2");
    assert_fault(&third_of_csv, "a,b, \"1\"\n", PS_FAULT_NO_NUMBER, 1, 6, "\"1\"");
    /* Lines far behind, found by pieces. */
    char *const text = malloc(40000);
    size_t size = 0;
    for (int line = 0; line < 3000; line++)
        size += (size_t)sprintf(text + size, "a,b,%d\n", line);
    sprintf(text + size, "a,b,1x\n%0100d", 0);
    assert_fault(&third_of_csv, text, PS_FAULT_NO_NUMBER, 3001, 5, "1x");
    sprintf(text + size, "a\n%0100d", 0);
    assert_fault(&third_of_csv, text, PS_FAULT_TOO_FEW_FIELDS, 3001, 1, "a");
    free(text);
}

/* An embedded zero byte ends nothing. */
static void zero_bytes(void **state) {
    (void)state;
    const char text[] = "1\0002\n3\n";
    assert_folds(&list, text, sizeof text - 1, NEEDS_ALL);
    char long_text[200] = "4\n5\0";
    memset(long_text + 4, '\n', sizeof long_text - 4);
    assert_folds(&list, long_text, sizeof long_text, NEEDS_ALL);
}

/* ------------------------------------------------------------------------------------------------------ split */

/* The columns and the partial add up to the fold, and nothing is lost where columns are few and small. */
static void split(void **state) {
    (void)state;
    enum { COLUMNS = 3, CAPACITY = 20 };
    test_random random = test_random_start(6);
    char text[8192];
    for (int i = 0; i < 300; i++) {
        size_t size = 0;
        for (int n = 0; n < 100; n++) {
            char digits[32];
            random_digits(&random, digits, 1 + (int)test_random_below(&random, 20));
            size +=
                (size_t)sprintf(text + size, "%s%s.%.*s%s\n", test_random_below(&random, 2) ? "-" : "",
                                digits, (int)test_random_below(&random, 4), "123", i % 3 == 0 ? "e3" : "");
            if (test_random_below(&random, 20) == 0)
                size += (size_t)sprintf(text + size, "NA\n0e7000\n");
        }
        int64_t values[COLUMNS][CAPACITY];
        ps_text_column columns[COLUMNS];
        const size_t column_count = test_random_below(&random, COLUMNS + 1);
        for (int c = 0; c < COLUMNS; c++)
            columns[c] = (ps_text_column){.exponent = 12345,
                                          .capacity = test_random_below(&random, CAPACITY + 1),
                                          .mantissa = values[c]};
        ps_decimal_partial partial, folded;
        start(&partial);
        start(&folded);
        fold(&folded, &list, text, 0, size, NEEDS_ALL);
        ps_block block = {.kind = PS_BLOCK_TEXT, .count = size};
        block.text = (ps_text_block){.data = text, .format = &list, .line = 1};
        size_t used = 0;
        ps_text_split(&block, NEEDS_ALL, columns, column_count, &used, &partial);
        assert_true(used <= column_count);
        uint64_t in_columns = 0;
        for (size_t c = 0; c < used; c++) {
            assert_true(columns[c].count <= columns[c].capacity);
            assert_true(columns[c].count > 0);
            in_columns += columns[c].count;
            for (uint64_t n = 0; n < columns[c].count; n++) {
                const int64_t value = values[c][n];
                assert_true(value > -INT64_C(1000000000000000000) && value < INT64_C(1000000000000000000));
                ps_decimal_bin bin = {.count = 1, .sum = value, .minimum = value, .maximum = value};
                bin.magnitudes = (ps_uint128)(value < 0 ? -value : value);
                ps_wide_add_at(&bin.squares, bin.magnitudes * bin.magnitudes, 0);
                ps_decimal_deposit(&partial, &bin, columns[c].exponent, NEEDS_ALL);
            }
        }
        if (column_count == COLUMNS && columns[0].capacity > 0)
            assert_true(in_columns > 0);
        assert_int_equal(partial.head.missing, folded.head.missing);
        assert_int_equal(partial.head.count, folded.head.count);
        for (int field = 0; field < PS_FIELD_COUNT; field++) {
            mpq_t left, right;
            mpq_inits(left, right, NULL);
            ps_kinds[PS_KIND_DECIMAL].exact_value(&partial.head, (ps_field)field, mpq_numref(left),
                                                  mpq_denref(left));
            ps_kinds[PS_KIND_DECIMAL].exact_value(&folded.head, (ps_field)field, mpq_numref(right),
                                                  mpq_denref(right));
            mpq_canonicalize(left);
            mpq_canonicalize(right);
            assert_true(mpq_equal(left, right));
            mpq_clears(left, right, NULL);
        }
    }
}

/* Numbers of a plain list all go into the first column, in order. */
static void split_plain(void **state) {
    (void)state;
    const char text[] = "0.15\n-2.50\n999999999999999.99\n10000000000000000.00\n-0.01\n9999999999999999.99\n";
    int64_t values[8];
    ps_text_column column = {.capacity = 8, .mantissa = values};
    ps_decimal_partial partial;
    size_t used = 0;
    start(&partial);
    ps_block block = {.kind = PS_BLOCK_TEXT, .count = sizeof text - 1};
    block.text = (ps_text_block){.data = text, .format = &list, .line = 1};
    ps_text_split(&block, NEEDS_ALL, &column, 1, &used, &partial);
    assert_int_equal(used, 1);
    assert_int_equal(column.exponent, -2);
    assert_int_equal(column.count, 5);
    assert_int_equal(partial.head.count, 1);
    const int64_t expected[] = {15, -250, INT64_C(99999999999999999), -1, INT64_C(999999999999999999)};
    assert_memory_equal(values, expected, sizeof expected);
}

/* What is gathered and what has no room there are together what the fold sums up. */
static void gather_doubles(void **state) {
    (void)state;
    enum { MOST = 40, NEEDS = NEEDS_ALL | PS_SKIP_NAN };
    static const char text[] = "0.1 -2e300 NA nan 4e-324\n7 0 -0 nan 1e23\n-inf 0.30000000000000004441 12";
    ps_block block = {.kind = PS_BLOCK_TEXT, .count = sizeof text - 1};
    block.text = (ps_text_block){.data = text, .format = &list, .line = 1};
    ps_float_partial folded;
    ps_float_clear(&folded.head);
    ps_text_fold_doubles(&block, ps_float_portable, NEEDS, &folded);
    assert_int_equal(folded.head.count, 10);
    assert_int_equal(folded.head.missing, 1);
    assert_int_equal(folded.head.skipped_nan, 2);
    for (size_t capacity = 1; capacity <= MOST; capacity++) {
        double numbers[MOST + 1];
        ps_float_partial rest;
        ps_float_clear(&rest.head);
        numbers[capacity] = -77;
        const size_t count =
            ps_text_gather_doubles(&block, ps_float_portable, NEEDS, numbers, capacity, &rest);
        assert_int_equal(count, 11 % capacity + 1);
        assert_true(numbers[capacity] == -77);
        for (size_t i = 0; i < count; i++) {
            if (isnan(numbers[i]))
                rest.head.skipped_nan++;
            else
                ps_float_add(&rest, numbers[i], NEEDS_ALL);
        }
        assert_memory_equal(&rest, &folded, sizeof rest);
    }
}

/* ------------------------------------------------------------------------------------------------------ words */

static void words(void **state) {
    (void)state;
    test_random random = test_random_start(7);
    for (int i = 0; i < 200000; i++) {
        char bytes[PS_MARKS_BYTES];
        static const char often[] = ",\n\"\n\",0\x8a\x8c\xac\xa2\x2d\x0b\x23\x09\x7f\x80\xff";
        for (int byte = 0; byte < PS_MARKS_BYTES; byte++)
            bytes[byte] = test_random_below(&random, 4) ? often[test_random_below(&random, sizeof often)]
                                                        : (char)test_random_bits(&random);
        const char delimiter = often[test_random_below(&random, 6) * 3];
        const ps_marks portable = ps_marks_portable(bytes, delimiter),
                       found = ps_marks_find(bytes, delimiter);
        uint64_t ends = 0, quotes = 0, odd = 0;
        for (int byte = 0; byte < PS_MARKS_BYTES; byte++) {
            ends |= (uint64_t)(bytes[byte] == delimiter || bytes[byte] == '\n') << byte;
            quotes |= (uint64_t)(bytes[byte] == '"') << byte;
            odd |= (uint64_t)(__builtin_popcountll(quotes) & 1) << byte;
        }
        assert_true(portable.ends == ends && portable.quotes == quotes);
        assert_true(found.ends == ends && found.quotes == quotes);
        assert_true(ps_odd_up_to(quotes) == odd);
        char digits[16];
        random_digits(&random, digits, 8);
        assert_int_equal(ps_join_digits(ps_load_bytes(digits) ^ PS_EACH_BYTE('0')),
                         strtoul(digits, NULL, 10));
    }
    assert_int_equal(ps_join_digits(PS_EACH_BYTE(9)), 99999999);
    for (int byte = 0; byte < 256; byte++) {
        for (int place = 0; place < 8; place++) {
            const uint64_t word = PS_EACH_BYTE('9') ^ (uint64_t)('9' ^ byte) << 8 * place;
            const uint64_t stops = ps_mark_no_digits(word ^ PS_EACH_BYTE('0'));
            if (byte >= '0' && byte <= '9')
                assert_true(stops == 0);
            else
                assert_int_equal(__builtin_ctzll(stops) / 8, place);
        }
    }
}

/* ---------------------------------------------------------------------------------------------- short numbers */

/* The fast path takes every number of up to 19 digits with an exponent of up to four, to its last byte, and no longer one; what lies
 * behind it does not matter. */
static void short_numbers(void **state) {
    (void)state;
    test_random random = test_random_start(8);
    for (int i = 0; i < 200000; i++) {
        char whole[32], fraction[32], exponent[8], text[2 * PS_SHORT_READ_BYTES];
        const int whole_count = (int)test_random_below(&random, 22);
        const int fraction_count = (int)test_random_below(&random, 2) * (int)test_random_below(&random, 22);
        const int exponent_count = (int)test_random_below(&random, 6); /* 0: there is none */
        const bool point = fraction_count > 0 || test_random_below(&random, 4) == 0;
        const char *const sign = (const char *[]){"", "-", "+"}[test_random_below(&random, 3)];
        const char *const exponent_sign = (const char *[]){"", "-", "+"}[test_random_below(&random, 3)];
        random_digits(&random, whole, whole_count);
        random_digits(&random, fraction, fraction_count);
        random_digits(&random, exponent, exponent_count);
        for (size_t byte = 0; byte < sizeof text; byte++)
            text[byte] = ",\n 0"[test_random_below(&random, 4)];
        const int size =
            sprintf(text, "%s%s%s%s%s%s%s", sign, whole, point ? "." : "", fraction,
                    exponent_count > 0 ? "e" : "", exponent_count > 0 ? exponent_sign : "", exponent);
        text[size] = ",\n "[test_random_below(&random, 3)];
        ps_short_number number;
        const bool taken = ps_short_number_read(text, &number) == text + size;
        const int count = whole_count + fraction_count;
        assert_int_equal(taken, count >= 1 && count <= PS_SHORT_DIGITS &&
                                    exponent_count <= PS_SHORT_EXPONENT_DIGITS);
        if (!taken)
            continue;
        strcat(whole, fraction);
        const int scale = atoi(exponent) * (*exponent_sign == '-' ? -1 : 1);
        assert_true(number.mantissa == strtoull(whole, NULL, 10));
        assert_int_equal(number.exponent, (exponent_count > 0 ? scale : 0) - fraction_count);
        assert_int_equal(number.negative, *sign == '-');
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),         cmocka_unit_test(faults),      cmocka_unit_test(zero_bytes),
        cmocka_unit_test(split),         cmocka_unit_test(split_plain), cmocka_unit_test(gather_doubles),
        cmocka_unit_test(short_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
