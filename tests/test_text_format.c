/* test_text_format.c - finding formats and headers, cutting into records against a naive state machine, and what is said of
 * damaged texts. */
#include "support.h"

#include "source/text_header.h"

static parsum_status find(const char *sample, size_t size, bool whole, const ps_text_options *options,
                          ps_text_format *format, size_t *skip, parsum_error *error) {
    static const ps_text_options none = {0};
    /* A copy of its own size, so that sanitizers see a read beyond it. */
    char *const copy = malloc(size > 0 ? size : 1);
    if (size > 0)
        memcpy(copy, sample, size);
    *error = (parsum_error){.status = PARSUM_OK};
    const parsum_status status = ps_text_format_find(copy, size, whole, options != NULL ? options : &none,
                                                     "data.csv", format, skip, error);
    free(copy);
    return status;
}

/* The format found, and that the data begins at the text rest. */
static void assert_format(const char *sample, ps_text_options options, ps_text_layout layout, char delimiter,
                          uint64_t column, const char *rest) {
    ps_text_format format;
    parsum_error error;
    size_t skip;
    if (find(sample, strlen(sample), true, &options, &format, &skip, &error) != PARSUM_OK)
        fail_msg("'%s' is refused: %s", sample, error.message);
    if (format.layout != layout || format.column != column ||
        (layout == PS_TEXT_DELIMITED && format.delimiter != delimiter))
        fail_msg("'%s': layout %d, delimiter '%c', column %lu", sample, (int)format.layout, format.delimiter,
                 format.column);
    if (skip > strlen(sample) || strcmp(sample + skip, rest) != 0)
        fail_msg("'%s': %zu bytes are skipped", sample, skip);
}

/* Refused, by a message of one line that holds part. */
static void assert_refused(const char *sample, ps_text_options options, parsum_status status,
                           const char *part) {
    ps_text_format format;
    parsum_error error;
    size_t skip;
    const parsum_status found = find(sample, strlen(sample), true, &options, &format, &skip, &error);
    if (found != status || error.status != status)
        fail_msg("'%s': status %d (%s)", sample, (int)found, error.message);
    if (strstr(error.message, part) == NULL || strchr(error.message, '\n') != NULL)
        fail_msg("'%s': message '%s' does not hold '%s'", sample, error.message, part);
}

#define NONE ((ps_text_options){0})
#define COLUMN(name) ((ps_text_options){.column = (name)})

static void lists(void **state) {
    (void)state;
    assert_format("", NONE, PS_TEXT_LIST, 0, 0, "");
    assert_format("\xef\xbb\xbf", NONE, PS_TEXT_LIST, 0, 0, "");
    assert_format("\xef\xbb\xbf"
                  "1\n",
                  NONE, PS_TEXT_LIST, 0, 0, "1\n");
    assert_format(" \n\r\n", NONE, PS_TEXT_LIST, 0, 0, " \n\r\n");
    assert_format("1 2 3\n4\n", NONE, PS_TEXT_LIST, 0, 0, "1 2 3\n4\n");
    assert_format("price\n1\n2\n", NONE, PS_TEXT_LIST, 0, 0, "1\n2\n");
    assert_format("\xef\xbb\xbf\n\nunit price\r\n1\n", NONE, PS_TEXT_LIST, 0, 0, "1\n");
    assert_format("price\n1\n", (ps_text_options){.no_header = true}, PS_TEXT_LIST, 0, 0, "price\n1\n");
    /* A lone word, and what may be a mistyped number, are no headers. */
    assert_format("word", NONE, PS_TEXT_LIST, 0, 0, "word");
    assert_format("word\n", NONE, PS_TEXT_LIST, 0, 0, "word\n");
    assert_format("word\n \n\n", NONE, PS_TEXT_LIST, 0, 0, "word\n \n\n");
    assert_format("1O0\n200\n", NONE, PS_TEXT_LIST, 0, 0, "1O0\n200\n");
    assert_format("--1\n200\n", NONE, PS_TEXT_LIST, 0, 0, "--1\n200\n");
    assert_format("$5\n200\n", NONE, PS_TEXT_LIST, 0, 0, "$5\n200\n");
    assert_format("(-\u20ac.5)\n200\n", NONE, PS_TEXT_LIST, 0, 0, "(-\u20ac.5)\n200\n");
    assert_format("$a5\n200\n", NONE, PS_TEXT_LIST, 0, 0, "200\n");
    assert_format("\u20ac\n200\n", NONE, PS_TEXT_LIST, 0, 0, "200\n");
    assert_format("price 5\n200\n", NONE, PS_TEXT_LIST, 0, 0, "price 5\n200\n");
    assert_format("NA\n200\n", NONE, PS_TEXT_LIST, 0, 0, "NA\n200\n");
    assert_format("nan\n200\n", NONE, PS_TEXT_LIST, 0, 0, "nan\n200\n");
    /* One quoted column. */
    assert_format("\"x\"\n\"1\"\n2\n", NONE, PS_TEXT_DELIMITED, ',', 0, "\"1\"\n2\n");
    assert_format("\"12\"", NONE, PS_TEXT_DELIMITED, ',', 0, "\"12\"");
    assert_format("\"x\"\n1\n", COLUMN("x"), PS_TEXT_DELIMITED, ',', 0, "1\n");
}

static void delimiters(void **state) {
    (void)state;
    assert_format("a,b\n1,2\n", COLUMN("b"), PS_TEXT_DELIMITED, ',', 1, "1,2\n");
    assert_format("a;b\n1,5;2,5\n", COLUMN("b"), PS_TEXT_DELIMITED, ';', 1, "1,5;2,5\n");
    assert_format("a|b\r\n1|2\r\n", COLUMN("2"), PS_TEXT_DELIMITED, '|', 1, "1|2\r\n");
    assert_format("a\tb\n1\t2\n", COLUMN("a"), PS_TEXT_DELIMITED, '\t', 0, "1\t2\n");
    /* As often in every record goes before more often; then more often; then , tab ; |. */
    assert_format("a,b;c;d\n1,2\n", COLUMN("1"), PS_TEXT_DELIMITED, ',', 0, "1,2\n");
    assert_format("a,b,c;d\n1;2\n", COLUMN("1"), PS_TEXT_DELIMITED, ';', 0, "1;2\n");
    assert_format("a,b;c;d\n1,2;3;4\n", COLUMN("1"), PS_TEXT_DELIMITED, ';', 0, "1,2;3;4\n");
    assert_format("a|b;c\td,e\n", COLUMN("1"), PS_TEXT_DELIMITED, ',', 0, "");
    assert_format("a|b;c\td\n", COLUMN("1"), PS_TEXT_DELIMITED, '\t', 0, "");
    assert_format("a|b;c\n", COLUMN("1"), PS_TEXT_DELIMITED, ';', 0, "");
    /* Quoted ones do not count, nor do blank lines. */
    assert_format("\"a;;;\";b,c\n\n1;2\n", COLUMN("b,c"), PS_TEXT_DELIMITED, ';', 1, "\n1;2\n");
    assert_format("\n\r\n\"a\n,b\";c\n1;2", COLUMN("c"), PS_TEXT_DELIMITED, ';', 1, "1;2");
    /* Given. */
    assert_format("a b\n1 2\n", (ps_text_options){.delimiter = ' ', .column = "b"}, PS_TEXT_DELIMITED, ' ', 1,
                  "1 2\n");
    assert_format("a,b\n1,2\n", (ps_text_options){.delimiter = ';'}, PS_TEXT_DELIMITED, ';', 0, "1,2\n");
    assert_format("1\n", (ps_text_options){.delimiter = ';'}, PS_TEXT_DELIMITED, ';', 0, "1\n");
    assert_format("", (ps_text_options){.delimiter = ';', .column = "b"}, PS_TEXT_DELIMITED, ';', 0, "");
    assert_refused("1\n", (ps_text_options){.delimiter = '"'}, PARSUM_USAGE, "--delimiter");
    assert_refused("1\n", (ps_text_options){.delimiter = '\n'}, PARSUM_USAGE, "--delimiter");
    assert_refused("1\n", (ps_text_options){.delimiter = '\r'}, PARSUM_USAGE, "--delimiter");
    /* None: columns, where one is asked for. */
    assert_format("a  b\n1\t2\n", COLUMN("b"), PS_TEXT_COLUMNS, 0, 1, "1\t2\n");
    assert_format("1  2\n", COLUMN("2"), PS_TEXT_COLUMNS, 0, 1, "1  2\n");
    assert_format(" \n a b\n1 2\n", COLUMN("a"), PS_TEXT_COLUMNS, 0, 0, "1 2\n");
}

static void headers(void **state) {
    (void)state;
    const char *const named = "id,\"unit \"\"price\"\"\", x ,2020\n1,2,3,4\n";
    assert_format(named, COLUMN("unit \"price\""), PS_TEXT_DELIMITED, ',', 1, "1,2,3,4\n");
    assert_format(named, COLUMN("x"), PS_TEXT_DELIMITED, ',', 2, "1,2,3,4\n");
    /* Numbers are numbers from 1, and names only where there are not as many columns. */
    assert_format(named, COLUMN("2020"), PS_TEXT_DELIMITED, ',', 3, "1,2,3,4\n");
    assert_format("2,1\n5,6\n", COLUMN("2"), PS_TEXT_DELIMITED, ',', 1, "2,1\n5,6\n");
    assert_format("a,0\n5,6\n", COLUMN("0"), PS_TEXT_DELIMITED, ',', 1, "5,6\n");
    assert_format("a,b\n5,6\n", COLUMN("002"), PS_TEXT_DELIMITED, ',', 1, "5,6\n");
    /* A first record with a number or NA is data; without a header if so said. */
    assert_format("a,1\n5,6\n", COLUMN("2"), PS_TEXT_DELIMITED, ',', 1, "a,1\n5,6\n");
    assert_format("a,NA\n5,6\n", COLUMN("2"), PS_TEXT_DELIMITED, ',', 1, "a,NA\n5,6\n");
    assert_format("a,\"1\"\n5,6\n", COLUMN("2"), PS_TEXT_DELIMITED, ',', 1, "a,\"1\"\n5,6\n");
    assert_format("a,inf\n5,6\n", COLUMN("2"), PS_TEXT_DELIMITED, ',', 1, "a,inf\n5,6\n");
    assert_format("a,b\n5,6\n", (ps_text_options){.column = "2", .no_header = true}, PS_TEXT_DELIMITED, ',',
                  1, "a,b\n5,6\n");
    /* Row numbers often have no name; an empty or mistyped value of the column itself is data. */
    assert_format(",a,b\n1,5,6\n", COLUMN("2"), PS_TEXT_DELIMITED, ',', 1, "1,5,6\n");
    assert_format(",a,b\n1,5,6\n", COLUMN("1"), PS_TEXT_DELIMITED, ',', 0, ",a,b\n1,5,6\n");
    assert_format(",,\n1,5,6\n", COLUMN("1"), PS_TEXT_DELIMITED, ',', 0, ",,\n1,5,6\n");
    assert_format("x,1O0\ny,200\n", COLUMN("2"), PS_TEXT_DELIMITED, ',', 1, "x,1O0\ny,200\n");
    assert_format("x,1O0\ny,200\n", COLUMN("1O0"), PS_TEXT_DELIMITED, ',', 1, "y,200\n");
    /* The header ends where its quotes say. */
    assert_format("a,\"b\nc\"\n1,2\n", COLUMN("b\nc"), PS_TEXT_DELIMITED, ',', 1, "1,2\n");
    assert_format("a,b", COLUMN("a"), PS_TEXT_DELIMITED, ',', 0, "");
}

static void refused(void **state) {
    (void)state;
    assert_refused("a,b,c\n1,2,3\n", NONE, PARSUM_USAGE, "--column: a, b, c");
    assert_refused("1,2,3\n", NONE, PARSUM_USAGE, "--column: 1 to 3");
    assert_refused(",,\n1,2,3\n", NONE, PARSUM_USAGE, "--column: 1 to 3");
    assert_refused("a,b,c\n", (ps_text_options){.no_header = true}, PARSUM_USAGE, "--column: 1 to 3");
    assert_refused("a,b,c\n1,2,3\n", COLUMN("d"), PARSUM_BAD_INPUT,
                   "'d'; choose one of those it has by --column: a, b, c");
    assert_refused("a,b,c\n1,2,3\n", COLUMN("4"), PARSUM_BAD_INPUT, "'4'");
    assert_refused("a,b,c\n1,2,3\n", COLUMN("0"), PARSUM_BAD_INPUT, "'0'");
    assert_refused("a,b,c\n1,2,3\n", COLUMN("18446744073709551617"), PARSUM_BAD_INPUT,
                   "'18446744073709551617'");
    assert_refused("a,b,c\n1,2,3\n", COLUMN("+1"), PARSUM_BAD_INPUT, "'+1'");
    assert_refused("a,b,c\n1,2,3\n", COLUMN(""), PARSUM_BAD_INPUT, "''");
    assert_refused("1,2,3\n", COLUMN("4"), PARSUM_BAD_INPUT, "1 to 3");
    assert_refused("1 2 3\n", COLUMN("price"), PARSUM_BAD_INPUT, "1 to 3");
    assert_refused("1\n", COLUMN("price"), PARSUM_BAD_INPUT, "--column: 1");
    assert_refused("a,b,a\n1,2,3\n", COLUMN("a"), PARSUM_USAGE, "2 columns 'a'");
    assert_refused("a,b\n1,2\n", (ps_text_options){.column = "a", .no_header = true}, PARSUM_USAGE, "header");
    assert_refused("a\x1b[1m,\xff,\xc3\xa4\n", NONE, PARSUM_USAGE, "a\\x1b[1m, \\xff, \xc3\xa4");
    assert_refused("\xff\xfe"
                   "1,2",
                   NONE, PARSUM_BAD_INPUT, "UTF-16");
    assert_refused("\xfe\xff"
                   "1,2",
                   NONE, PARSUM_BAD_INPUT, "UTF-16");
    assert_refused("a,\"b\n1,2\n", COLUMN("1"), PARSUM_BAD_INPUT, "open quote");
    char many[1000];
    size_t size = 0;
    for (int i = 0; i < 25; i++)
        size += (size_t)sprintf(many + size, "%sn%d", i > 0 ? "," : "", i);
    assert_refused(many, NONE, PARSUM_USAGE, "n18, n19 and 5 more");
    memset(many, 'x', 900);
    memcpy(many + 900, ",y", 3);
    assert_refused(many, NONE, PARSUM_USAGE, "xxx..., y");
    ps_text_format format;
    parsum_error error;
    size_t skip;
    assert_int_equal(find("1\n2\0003\n", 6, true, NULL, &format, &skip, &error), PARSUM_BAD_INPUT);
    assert_non_null(strstr(error.message, "byte 4 is zero"));
}

/* Samples that are only the beginning. */
static void beginnings(void **state) {
    (void)state;
    ps_text_format format;
    parsum_error error;
    size_t skip;
    const ps_text_options column = COLUMN("1");
    /* The last record is cut: it says nothing of the delimiter. */
    assert_int_equal(find("a,b;c\n1,2;3\n1,2", 15, false, &column, &format, &skip, &error), PARSUM_OK);
    assert_int_equal(format.delimiter, ',');
    assert_int_equal(find("a;b,c\n1;2,3\n1;2", 15, false, &column, &format, &skip, &error), PARSUM_OK);
    assert_int_equal(format.delimiter, ',');
    /* A list without line end may be of any length, a header may not. */
    assert_int_equal(find("1 2 3", 5, false, NULL, &format, &skip, &error), PARSUM_OK);
    assert_int_equal(format.layout, PS_TEXT_LIST);
    assert_int_equal(find("one two", 7, false, NULL, &format, &skip, &error), PARSUM_BAD_INPUT);
    assert_int_equal(find("one\n  ", 6, false, NULL, &format, &skip, &error), PARSUM_OK);
    assert_int_equal(skip, 4);
    assert_int_equal(find("a,b", 3, false, &column, &format, &skip, &error), PARSUM_BAD_INPUT);
    assert_non_null(strstr(error.message, "65536"));
    assert_int_equal(find("a,\"b\nc\n", 7, false, &column, &format, &skip, &error), PARSUM_BAD_INPUT);
    assert_non_null(strstr(error.message, "open quote"));
    assert_int_equal(find("\n\n\n", 3, false, &column, &format, &skip, &error), PARSUM_BAD_INPUT);
    assert_int_equal(find("\n\n\n", 3, false, NULL, &format, &skip, &error), PARSUM_OK);
    assert_int_equal(format.layout, PS_TEXT_LIST);
}

/* ---------------------------------------------------------------------------------------------------- records */

/* Where the last record within size bytes ends, byte by byte. */
static size_t naive_records(const ps_text_format *format, const char *data, size_t size) {
    enum { BEGIN, PLAIN, QUOTED, QUOTE } at = BEGIN;
    size_t records = 0, spaces = 0;
    for (size_t i = 0; i < size; i++) {
        const char byte = data[i];
        if (strchr(" \t\n\v\f\r", byte) != NULL && byte != '\0')
            spaces = i + 1;
        if (format->layout == PS_TEXT_DELIMITED && byte == '"' && at != PLAIN)
            at = at == QUOTED ? QUOTE : QUOTED;
        else if (at == QUOTED)
            continue;
        else if (byte == '\n')
            at = BEGIN, records = i + 1;
        else if (format->layout == PS_TEXT_DELIMITED && byte == format->delimiter)
            at = BEGIN;
        else
            at = PLAIN;
    }
    return format->layout == PS_TEXT_LIST && records == 0 ? spaces : records;
}

static void whole_records(void **state) {
    (void)state;
    test_random random = test_random_start(1);
    char text[128];
    for (int i = 0; i < 20000; i++) {
        const char *const alphabet = i % 3 ? "\"\",\n\r a" : "\",\n1234567890 abcdefgh";
        const ps_text_format format = {.layout = (ps_text_layout)(i % 5 == 0 ? i / 5 % 3 : PS_TEXT_DELIMITED),
                                       .delimiter = ", "[i % 2]};
        for (size_t byte = 0; byte < sizeof text; byte++)
            text[byte] = alphabet[test_random_below(&random, strlen(alphabet))];
        const size_t size = test_random_below(&random, sizeof text + 1);
        /* Of its own size, for sanitizers. */
        char *const copy = malloc(size + 1);
        memcpy(copy, text, size);
        const size_t found = ps_text_whole_records(&format, copy, size, false);
        if (found != naive_records(&format, text, size))
            fail_msg("%zu bytes are whole records, must be %zu: '%.*s'", found,
                     naive_records(&format, text, size), (int)size, text);
        assert_int_equal(ps_text_whole_records(&format, copy, size, true), size);
        assert_int_equal(ps_text_probable_records(&format, copy, size, true), size);
        const ps_text_format plain = {.layout =
                                          format.layout == PS_TEXT_LIST ? PS_TEXT_LIST : PS_TEXT_COLUMNS};
        assert_int_equal(ps_text_probable_records(&format, copy, size, false),
                         naive_records(&plain, text, size));
        free(copy);
    }
}

static void lines(void **state) {
    (void)state;
    test_random random = test_random_start(2);
    enum { BYTES = 20000 };
    char *const text = malloc(BYTES);
    /* All line ends: every counter of a byte is driven to its limit. */
    memset(text, '\n', BYTES);
    for (size_t size = 0; size < BYTES; size += size < 200 ? 1 : 97)
        assert_int_equal(ps_text_count_lines(text, size), size);
    for (int i = 0; i < 200; i++) {
        uint64_t expected = 0;
        const size_t size = test_random_below(&random, BYTES);
        for (size_t byte = 0; byte < size; byte++) {
            text[byte] = "\n\n\x8a\x0b\x09"[test_random_below(&random, 5)];
            expected += text[byte] == '\n';
        }
        assert_int_equal(ps_text_count_lines(text, size), expected);
    }
    free(text);
}

/* ----------------------------------------------------------------------------------------------------- faults */

static void assert_described(ps_fault fault, const char *field, uint64_t length, const char *begin) {
    parsum_error error = {.status = PARSUM_OK};
    memcpy(fault.field, field, strlen(field));
    fault.field_length = length;
    assert_int_equal(ps_text_describe_fault(&fault, "data.csv", &error), PARSUM_BAD_INPUT);
    assert_int_equal(error.status, PARSUM_BAD_INPUT);
    if (strncmp(error.message, begin, strlen(begin)) != 0 || strchr(error.message, '\n') != NULL)
        fail_msg("'%s' does not begin with '%s'", error.message, begin);
}

static void descriptions(void **state) {
    (void)state;
    ps_fault fault = {.code = PS_FAULT_NO_NUMBER, .offset = 99, .line = 3, .column = 7};
    assert_described(fault, "abc", 3, "data.csv:3:7: 'abc' is no number; ");
    assert_described(fault, "a\nb\x7f", 4, "data.csv:3:7: 'a\\x0ab\\x7f' is no number; ");
    assert_described(fault, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 9,
                     "data.csv:3:7: '\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80' is");
    /* Cut, overlong, surrogate, control, too large, and turning the direction. */
    assert_described(fault, "\xc3", 1, "data.csv:3:7: '\\xc3' is");
    assert_described(fault, "\xc0\x80", 2, "data.csv:3:7: '\\xc0\\x80' is");
    assert_described(fault, "\xed\xa0\x80", 3, "data.csv:3:7: '\\xed\\xa0\\x80' is");
    assert_described(fault, "\xc2\x9b", 2, "data.csv:3:7: '\\xc2\\x9b' is");
    assert_described(fault, "\xf4\x90\x80\x80", 4, "data.csv:3:7: '\\xf4\\x90\\x80\\x80' is");
    assert_described(fault, "\xe2\x80\xae", 3, "data.csv:3:7: '\\xe2\\x80\\xae' is");
    const char *const fifty = "12345678901234567890123456789012345678901234567890";
    char field[64], expected[128];
    sprintf(field, "%s123456", fifty);
    sprintf(expected, "data.csv:3:7: '%s123456' is", fifty);
    assert_described(fault, field, 56, expected);
    sprintf(expected, "data.csv:3:7: '%s123456...' is", fifty);
    assert_described(fault, field, 57, expected);
    sprintf(field, "%s12345\xc3", fifty);
    sprintf(expected, "data.csv:3:7: '%s12345...' is", fifty);
    assert_described(fault, field, 57, expected);
    memset(field, 1, 56);
    field[56] = '\0';
    assert_described(fault, field, 57, "data.csv:3:7: '\\x01");
    fault.line = 0;
    assert_described(fault, "abc", 3, "data.csv:byte 100: 'abc' is no number; ");
    fault.code = PS_FAULT_TOO_FEW_FIELDS;
    assert_described(fault, "a,b", 3, "data.csv:byte 100: the line 'a,b' ends");
    fault.code = PS_FAULT_EXPONENT;
    assert_described(fault, "1e5000", 6, "data.csv:byte 100: '1e5000' has digits beyond 10^1024");
    fault.code = PS_FAULT_OPEN_QUOTE;
    assert_described(fault, "\"abc", 4, "data.csv:byte 100: the quoted field '\"abc' has no end");
    fault.code = PS_FAULT_NOT_FINITE;
    assert_described(fault, "nan", 3, "data.csv:byte 100: 'nan' is no decimal number");
    assert_int_equal(ps_text_describe_fault(&fault, "data.csv", NULL), PARSUM_BAD_INPUT);
}

/* Any text in any buffer: terminated within it, and whole where it fits. */
static void printable(void **state) {
    (void)state;
    test_random random = test_random_start(3);
    for (int i = 0; i < 50000; i++) {
        char bytes[20];
        const size_t size = test_random_below(&random, sizeof bytes + 1);
        const size_t room = 8 + test_random_below(&random, 80);
        for (size_t byte = 0; byte < size; byte++)
            bytes[byte] = test_random_below(&random, 2) ? 'a' : (char)test_random_bits(&random);
        char *const text = malloc(room);
        ps_text_printable(bytes, size, false, text, room);
        assert_true(strlen(text) < room);
        if (room >= 4 * size + 4)
            assert_true(strlen(text) >= size && strstr(text, "...") == NULL);
        for (const char *at = text; *at != '\0'; at++)
            assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
        free(text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists),   cmocka_unit_test(delimiters),   cmocka_unit_test(headers),
        cmocka_unit_test(refused), cmocka_unit_test(beginnings),   cmocka_unit_test(whole_records),
        cmocka_unit_test(lines),   cmocka_unit_test(descriptions), cmocka_unit_test(printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
