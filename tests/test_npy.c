/* test_npy.c - headers of .npy files: the grammar, its bounds from both sides, and damage of every kind. */
#include "source/npy.h"

#include "support.h"

enum { FILE_MAX = 70000 };

/* A file of nothing but a header, in memory that ends where it does, so that a read behind it is found. */
typedef struct file {
    unsigned char *data;
    size_t size;
} file;

static file make_file(const char *text, size_t length, unsigned major) {
    const size_t length_bytes = major == 1 ? 2 : 4;
    file made = {NULL, 8 + length_bytes + length};
    made.data = malloc(made.size);
    memcpy(made.data, "\x93NUMPY", 6);
    made.data[6] = (unsigned char)major;
    made.data[7] = 0;
    for (size_t i = 0; i < length_bytes; i++)
        made.data[8 + i] = (unsigned char)(length >> 8 * i);
    memcpy(made.data + 8 + length_bytes, text, length);
    return made;
}

static parsum_status parse(const char *text, ps_npy *npy, parsum_error *error) {
    file made = make_file(text, strlen(text), 1);
    const parsum_status status = ps_npy_parse(made.data, made.size, "x.npy", npy, error);
    free(made.data);
    return status;
}

static const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;

static void types(void **state) {
    (void)state;
    static const char *const names[PARSUM_TYPE_COUNT] = {"i1", "i2", "i4", "i8", "u1",
                                                         "u2", "u4", "u8", "f4", "f8"};
    for (unsigned i = 0; i < PARSUM_TYPE_COUNT; i++) {
        for (const char *order = "<>=|"; *order != '\0'; order++) {
            char text[100];
            ps_npy npy;
            parsum_error error;
            snprintf(text, sizeof text, "{'descr': '%c%s', 'fortran_order': False, 'shape': (3,), }\n",
                     *order, names[i]);
            const bool one_byte = names[i][1] == '1';
            if (*order == '|' && !one_byte) {
                assert_int_equal(parse(text, &npy, &error), PARSUM_BAD_INPUT);
                assert_non_null(strstr(error.message, names[i]));
                continue;
            }
            assert_int_equal(parse(text, &npy, &error), PARSUM_OK);
            assert_int_equal(npy.type, i);
            assert_int_equal(npy.swapped, !one_byte && *order == (little ? '>' : '<'));
        }
    }
}

static void refused_types(void **state) {
    (void)state;
    static const struct {
        const char *descr, *word, *advice;
    } rows[] = {
        {"'|b1'", "booleans", "astype('u1')"},
        {"'<f2'", "16 bits", "astype('f4')"},
        {"'<f16'", "more than 64", "astype('f8')"},
        {"'<c8'", "complex", "array.real"},
        {"'<c16'", "complex", "array.real"},
        {"'|S5'", "byte strings", "astype"},
        {"'|a5'", "byte strings", "astype"},
        {"'<U12'", "strings", "astype"},
        {"'|O'", "objects", "astype"},
        {"'|V8'", "records", "array['field']"},
        {"'<M8[ns]'", "dates", "astype('i8')"},
        {"'<m8[s]'", "time", "astype('i8')"},
        {"'<i3'", "unknown", "astype"},
        {"'<i16'", "unknown", "astype"},
        {"'<u'", "unknown", "astype"},
        {"'i8'", "unknown", "astype"},
        {"'!i8'", "unknown", "astype"},
        {"''", "unknown", "astype"},
        {"'<'", "unknown", "astype"},
        {"'<i8\x01'", "<i8?", "astype"},
        {"[('a', '<i8'), ('b', '<f8')]", "structured", "array['field']"},
        {"('<f8', (3,))", "structured", "array['field']"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[200];
        ps_npy npy;
        parsum_error error;
        snprintf(text, sizeof text, "{'descr': %s, 'fortran_order': False, 'shape': (3,), }", rows[i].descr);
        assert_int_equal(parse(text, &npy, &error), PARSUM_BAD_INPUT);
        if (strstr(error.message, "x.npy") == NULL || strstr(error.message, rows[i].word) == NULL ||
            strstr(error.message, rows[i].advice) == NULL)
            fail_msg("%s: %s", rows[i].descr, error.message);
    }
}

static void good_headers(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool fortran_order;
        unsigned dimensions;
        uint64_t first, last, count;
    } rows[] = {
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (3, 4), }", false, 2, 3, 4, 12},
        {"{'descr': '<i8', 'fortran_order': True, 'shape': (3, 4), }   \n", true, 2, 3, 4, 12},
        {"{'shape':(3,4),'fortran_order':True,'descr':'<i8'}", true, 2, 3, 4, 12},
        {"{\"fortran_order\": False, \"shape\": (), \"descr\": \"<i8\"}", false, 0, 0, 0, 1},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (5,)}", false, 1, 5, 5, 5},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (5L, 6L)}", false, 2, 5, 6, 30},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (0,)}", false, 1, 0, 0, 0},
        {" \t{ 'descr' :\n'<i8' , 'fortran_order'\r\n:\tFalse , 'shape' : ( 2 , 3 , ) , } \n", false, 2, 2, 3,
         6},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (2,3,4,5)}", false, 4, 2, 5, 120},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ps_npy npy;
        parsum_error error;
        if (parse(rows[i].text, &npy, &error) != PARSUM_OK)
            fail_msg("%s: %s", rows[i].text, error.message);
        assert_int_equal(npy.fortran_order, rows[i].fortran_order);
        assert_int_equal(npy.dimensions, rows[i].dimensions);
        assert_int_equal(npy.count, rows[i].count);
        assert_int_equal(npy.data_offset, 10 + strlen(rows[i].text));
        if (npy.dimensions > 0) {
            assert_int_equal(npy.shape[0], rows[i].first);
            assert_int_equal(npy.shape[npy.dimensions - 1], rows[i].last);
        }
    }
}

#define ORDER "'fortran_order': False"
#define DESCR "'descr': '<i8'"
#define SHAPE "'shape': (3,)"

static void bad_headers(void **state) {
    (void)state;
    static const struct {
        const char *text, *word;
    } rows[] = {
        {"", "'{'"},
        {"   ", "'{'"},
        {"[]", "'{'"},
        {"{}", "no key 'descr'"},
        {"{" DESCR ", " ORDER "}", "no key 'shape'"},
        {"{" DESCR ", " SHAPE "}", "no key 'fortran_order'"},
        {"{" ORDER ", " SHAPE "}", "no key 'descr'"},
        {"{" DESCR ", " ORDER ", " SHAPE ", " SHAPE "}", "second time"},
        {"{" DESCR ", " ORDER ", " DESCR ", " SHAPE "}", "second time"},
        {"{" DESCR ", " ORDER ", " SHAPE ", 'extra': 1}", "one of the keys"},
        {"{" DESCR ", " ORDER ", 'Shape': (3,)}", "one of the keys"},
        {"{" DESCR ", " ORDER ", 'shap': (3,)}", "one of the keys"},
        {"{" DESCR ", " ORDER ", 'shapes': (3,)}", "one of the keys"},
        {"{" DESCR ", " ORDER ", " SHAPE "", "'}'"},
        {"{" DESCR ", " ORDER ", " SHAPE ", ", "key in quotes"},
        {"{" DESCR ", " ORDER ", " SHAPE "}x", "behind"},
        {"{" DESCR ", " ORDER ", " SHAPE "}{}", "behind"},
        {"{" DESCR " " ORDER ", " SHAPE "}", "','"},
        {"{, " DESCR ", " ORDER ", " SHAPE "}", "key"},
        {"{" DESCR ",, " ORDER ", " SHAPE "}", "key"},
        {"{descr: '<i8', " ORDER ", " SHAPE "}", "key"},
        {"{'descr' '<i8', " ORDER ", " SHAPE "}", "':'"},
        {"{'descr': <i8, " ORDER ", " SHAPE "}", "type"},
        {"{'descr': '<i8, " ORDER ", " SHAPE "}",
         "of an unknown type"}, /* the string ends at the next quote */
        {"{'descr': '<i8\", 1}", "type"},
        {"{'descr': '<\\x698', " ORDER ", " SHAPE "}", "type"},
        {"{'descr': 8, " ORDER ", " SHAPE "}", "type"},
        {"{" DESCR ", 'fortran_order': 0, " SHAPE "}", "True or False"},
        {"{" DESCR ", 'fortran_order': 'False', " SHAPE "}", "True or False"},
        {"{" DESCR ", 'fortran_order': Falsey, " SHAPE "}", "True or False"},
        {"{" DESCR ", 'fortran_order': true, " SHAPE "}", "True or False"},
        {"{" DESCR ", 'fortran_order': , " SHAPE "}", "True or False"},
        {"{" DESCR ", " ORDER ", 'shape': (3)}", "one dimension"},
        {"{" DESCR ", " ORDER ", 'shape': 3}", "'('"},
        {"{" DESCR ", " ORDER ", 'shape': [3,]}", "'('"},
        {"{" DESCR ", " ORDER ", 'shape': (,)}", "decimal"},
        {"{" DESCR ", " ORDER ", 'shape': (3,,4)}", "decimal"},
        {"{" DESCR ", " ORDER ", 'shape': (3 4)}", "','"},
        {"{" DESCR ", " ORDER ", 'shape': (3,4}", "','"},
        {"{" DESCR ", " ORDER ", 'shape': (3,4", "','"},
        {"{" DESCR ", " ORDER ", 'shape': (3,", "','"},
        {"{" DESCR ", " ORDER ", 'shape': (", "','"},
        {"{" DESCR ", " ORDER ", 'shape': (-3,)}", "negative"},
        {"{" DESCR ", " ORDER ", 'shape': (3, -1)}", "negative"},
        {"{" DESCR ", " ORDER ", 'shape': (-0,)}", "negative"},
        {"{" DESCR ", " ORDER ", 'shape': (+3,)}", "decimal"},
        {"{" DESCR ", " ORDER ", 'shape': (03,)}", "decimal"},
        {"{" DESCR ", " ORDER ", 'shape': (0x3,)}", "','"},
        {"{" DESCR ", " ORDER ", 'shape': (3.0,)}", "','"},
        {"{" DESCR ", " ORDER ", 'shape': (3LL,)}", "','"},
        {"{" DESCR ", " ORDER ", 'shape': (None,)}", "decimal"},
        {"{" DESCR ", " ORDER ", 'shape': ((3,),)}", "decimal"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ps_npy npy;
        parsum_error error;
        assert_int_equal(parse(rows[i].text, &npy, &error), PARSUM_BAD_INPUT);
        if (strstr(error.message, rows[i].word) == NULL || strstr(error.message, "x.npy") != error.message)
            fail_msg("%s: %s", rows[i].text, error.message);
    }
}

/* The byte that a message names is that of the file. */
static void place_of_damage(void **state) {
    (void)state;
    ps_npy npy;
    parsum_error error;
    assert_int_equal(parse("{'descr': '<i8'; }", &npy, &error), PARSUM_BAD_INPUT);
    assert_non_null(strstr(error.message, "at byte 25 ")); /* 10 of the prefix, 15 of the text */
}

static parsum_status parse_shape(const char *type, const char *shape, ps_npy *npy, parsum_error *error) {
    char text[2000];
    snprintf(text, sizeof text, "{'descr': '%s', 'fortran_order': False, 'shape': %s}", type, shape);
    return parse(text, npy, error);
}

static void shape_bounds(void **state) {
    (void)state;
    static const struct {
        const char *type, *shape;
        bool good;
        uint64_t count;
    } rows[] = {
        {"|i1", "(9223372036854775807,)", true, INT64_MAX},
        {"|i1", "(9223372036854775808,)", false, 0},
        {"|i1", "(18446744073709551616,)", false, 0},
        {"|i1", "(18446744073709551617,)", false, 0},
        {"|i1", "(9999999999999999999999999999,)", false, 0},
        {"<i2", "(4611686018427387903,)", true, INT64_MAX / 2},
        {"<i2", "(4611686018427387904,)", false, 0},
        {"<f8", "(1152921504606846975,)", true, INT64_MAX / 8},
        {"<f8", "(1152921504606846976,)", false, 0},
        {"|u1", "(2147483648, 4294967295)", true, (UINT64_C(1) << 63) - (UINT64_C(1) << 31)},
        {"|u1", "(2147483648, 4294967296)", false, 0},
        {"|u1", "(4294967296, 4294967296)", false, 0}, /* 2^64 */
        {"|u1", "(9223372036854775807, 2)", false, 0},
        {"|u1", "(9223372036854775807, 3)", false, 0},
        {"|u1", "(1, 9223372036854775807, 1)", true, INT64_MAX},
        {"<i8", "(9223372036854775807, 9223372036854775807, 0)", true, 0},
        {"<i8", "(0, 9223372036854775807, 9223372036854775807)", true, 0},
        {"<i8", "(0, 9223372036854775808)", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ps_npy npy;
        parsum_error error;
        if ((parse_shape(rows[i].type, rows[i].shape, &npy, &error) == PARSUM_OK) != rows[i].good)
            fail_msg("%s of %s", rows[i].shape, rows[i].type);
        if (rows[i].good)
            assert_int_equal(npy.count, rows[i].count);
        else
            assert_non_null(strstr(error.message, "2^63"));
    }
}

static void dimension_bound(void **state) {
    (void)state;
    for (unsigned dimensions = 63; dimensions <= 65; dimensions++) {
        char shape[200] = "(";
        ps_npy npy;
        parsum_error error;
        for (unsigned i = 0; i < dimensions; i++)
            strcat(shape, i == dimensions - 1 ? "7," : "1,");
        strcat(shape, ")");
        assert_int_equal(parse_shape("<i8", shape, &npy, &error),
                         dimensions <= 64 ? PARSUM_OK : PARSUM_BAD_INPUT);
        if (dimensions <= 64) {
            assert_int_equal(npy.dimensions, dimensions);
            assert_int_equal(npy.shape[dimensions - 1], 7);
            assert_int_equal(npy.count, 7);
        }
    }
}

static const char *const usual = "{'descr': '<i8', 'fortran_order': False, 'shape': (3, 4), }";

static void versions_and_lengths(void **state) {
    (void)state;
    char *const text = malloc(FILE_MAX);
    for (unsigned major = 0; major < 6; major++) {
        for (size_t length = PS_NPY_HEADER_MAX - 1; length <= PS_NPY_HEADER_MAX + 1; length++) {
            memset(text, ' ', length);
            memcpy(text, usual, strlen(usual));
            file made = make_file(text, length, major);
            ps_npy npy;
            parsum_error error;
            const bool good = major >= 1 && major <= 3 && length <= PS_NPY_HEADER_MAX;
            assert_int_equal(ps_npy_parse(made.data, made.size, "x.npy", &npy, &error),
                             good ? PARSUM_OK : PARSUM_BAD_INPUT);
            if (good)
                assert_int_equal(npy.data_offset, made.size);
            made.data[7] = 1;
            assert_int_equal(ps_npy_parse(made.data, made.size, "x.npy", &npy, &error), PARSUM_BAD_INPUT);
            free(made.data);
        }
    }
    /* A length of 2^32-1 with nothing behind it: refused for its length, before anything is read. */
    file huge = make_file("", 0, 2);
    ps_npy npy;
    parsum_error error;
    memset(huge.data + 8, 0xff, 4);
    assert_int_equal(ps_npy_parse(huge.data, huge.size, "x.npy", &npy, &error), PARSUM_BAD_INPUT);
    assert_non_null(strstr(error.message, "4294967295"));
    free(huge.data);
    free(text);
}

/* Cut at every byte; each piece in its own allocation, so that a sanitizer sees a read behind it. */
static void cut_off(void **state) {
    (void)state;
    for (unsigned major = 1; major <= 3; major++) {
        file whole = make_file(usual, strlen(usual), major);
        for (size_t size = 0; size < whole.size; size++) {
            unsigned char *const piece = malloc(size + (size == 0));
            ps_npy npy = {.count = 77};
            parsum_error error;
            memcpy(piece, whole.data, size);
            assert_int_equal(ps_npy_parse(piece, size, "x.npy", &npy, &error), PARSUM_BAD_INPUT);
            assert_non_null(strstr(error.message, "cut off"));
            assert_int_equal(npy.count, 77);
            assert_int_equal(ps_npy_is_magic(piece, size), size >= 6);
            free(piece);
        }
        /* Data behind the header is none of its business. */
        whole.data = realloc(whole.data, whole.size + 100);
        memset(whole.data + whole.size, 'x', 100);
        ps_npy npy;
        assert_int_equal(ps_npy_parse(whole.data, whole.size + 100, "x.npy", &npy, NULL), PARSUM_OK);
        assert_int_equal(npy.data_offset, whole.size);
        whole.data[0] ^= 1;
        assert_int_equal(ps_npy_parse(whole.data, whole.size, "x.npy", &npy, NULL), PARSUM_BAD_INPUT);
        free(whole.data);
    }
}

/* The same product, by the plain definition. */
static bool bounds_hold(const ps_npy *npy) {
    ps_uint128 count = 1;
    bool zero = false;
    if (npy->dimensions > 64 || (unsigned)npy->type >= PARSUM_TYPE_COUNT)
        return false;
    for (unsigned i = 0; i < npy->dimensions; i++)
        zero = zero || npy->shape[i] == 0;
    for (unsigned i = 0; i < npy->dimensions && !zero; i++) {
        count *= npy->shape[i];
        if (count * parsum_type_size(npy->type) > INT64_MAX)
            return false;
    }
    return npy->count == (zero ? 0 : count);
}

static void random_damage(void **state) {
    (void)state;
    test_random random = test_random_start(1);
    static const char alphabet[] = "{}()[]'\",: 0123456789LTrueFalse<>=|iuf\n\t\\-descrshapefortran_order";
    unsigned good = 0;
    for (int i = 0; i < 200000; i++) {
        file made = make_file(usual, strlen(usual), 1 + (unsigned)test_random_below(&random, 3));
        ps_npy npy;
        for (uint64_t changes = test_random_below(&random, 4); changes > 0; changes--)
            made.data[test_random_below(&random, made.size)] =
                (unsigned char)(test_random_below(&random, 4) == 0
                                    ? test_random_bits(&random)
                                    : (uint64_t)alphabet[test_random_below(&random, sizeof alphabet - 1)]);
        if (ps_npy_parse(made.data, made.size, "x.npy", &npy, NULL) == PARSUM_OK) {
            good++;
            assert_true(bounds_hold(&npy));
            assert_true(npy.data_offset <= made.size);
        }
        free(made.data);
    }
    assert_true(good > 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types),           cmocka_unit_test(refused_types),
        cmocka_unit_test(good_headers),    cmocka_unit_test(bad_headers),
        cmocka_unit_test(place_of_damage), cmocka_unit_test(shape_bounds),
        cmocka_unit_test(dimension_bound), cmocka_unit_test(versions_and_lengths),
        cmocka_unit_test(cut_off),         cmocka_unit_test(random_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
