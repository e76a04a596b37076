/* test_partial_file.c - partials as files: the same partial back, and nothing else accepted. The numbers of kinds are
 * test_partial_codec.c's. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "exact/partial_codec.h"
#include "exact/partial_file.h"
#include "exact/statistics.h"
#include "support.h"

/* Where things stand in a file (partial_file.c says what). */
enum {
    VERSION_AT = 16,
    KIND_AT = 20,
    LENGTH_AT = 24,
    STATISTICS_AT = 32,
    TYPE_AT = 36,
    INPUT_KIND_AT = 52,
    COUNT_AT = 68,
    NUMBERS_AT = 92
};

static const uint32_t all = PARSUM_MASK_ALL;

static void add_element(ps_integer_partial *partial, ps_int128 element) {
    const ps_wide value = ps_wide_from_int128(element);
    const ps_uint128 magnitude = element < 0 ? -(ps_uint128)element : (ps_uint128)element;
    ps_wide_add(&partial->sum, &value);
    ps_wide_add_at(&partial->squares, magnitude * magnitude, 0);
    ps_wide_add_at(&partial->magnitudes, magnitude, 0);
    if (partial->head.count == 0 || element < partial->minimum)
        partial->minimum = element;
    if (partial->head.count == 0 || element > partial->maximum)
        partial->maximum = element;
    partial->head.count++;
}

static ps_integer_partial partial_of(const ps_int128 *elements, size_t count) {
    ps_integer_partial partial;
    ps_kinds[PS_KIND_INTEGER].clear(&partial.head);
    for (size_t i = 0; i < count; i++)
        add_element(&partial, elements[i]);
    return partial;
}

static ps_int128 random_element(test_random *random) {
    const uint64_t bits = test_random_hostile(random);
    return test_random_below(random, 2) == 0 ? (ps_int128)bits : (ps_int128)(int64_t)bits;
}

static ps_integer_partial random_partial(test_random *random) {
    ps_int128 elements[8];
    const size_t count = (size_t)test_random_below(random, 9);
    for (size_t i = 0; i < count; i++)
        elements[i] = random_element(random);
    ps_integer_partial partial = partial_of(elements, count);
    partial.head.missing = test_random_hostile(random);
    partial.head.skipped_nan = test_random_hostile(random);
    return partial;
}

static ps_partial_info info_of(uint32_t statistics) {
    return (ps_partial_info){statistics, "integer", "range"};
}

/* Encodes a small partial for tests that damage it. */
static unsigned char *encode_sample(uint32_t statistics, size_t *size) {
    const ps_int128 elements[] = {-5, 7, UINT64_MAX};
    ps_integer_partial partial = partial_of(elements, 3);
    partial.head.missing = 2;
    partial.head.skipped_nan = 1;
    const ps_partial_info info = info_of(statistics);
    unsigned char *bytes;
    assert_int_equal(ps_partial_encode(&partial.head, &info, &bytes, size, NULL), PARSUM_OK);
    return bytes;
}

/* Makes length and checksum right again. */
static void repair(unsigned char *bytes, size_t size) {
    for (size_t i = 0; i < 8; i++)
        bytes[LENGTH_AT + i] = (unsigned char)((uint64_t)size >> 8 * i);
    const uint32_t sum = (uint32_t)crc32(0, bytes, (uInt)(size - 4));
    for (size_t i = 0; i < 4; i++)
        bytes[size - 4 + i] = (unsigned char)(sum >> 8 * i);
}

/* In its own allocation, so that a sanitizer sees a read behind it. Nothing may be changed where it is refused. */
static void assert_refused(const unsigned char *bytes, size_t size, const char *word) {
    unsigned char *const copy = malloc(size + (size == 0));
    ps_partial *partial = (ps_partial *)&partial;
    ps_partial_info info = info_of(77);
    parsum_error error;
    memcpy(copy, bytes, size);
    assert_int_equal(ps_partial_decode(copy, size, "x.partial", &partial, &info, &error), PARSUM_BAD_INPUT);
    if (strstr(error.message, "x.partial") != error.message || strstr(error.message, word) == NULL)
        fail_msg("'%s' is not in: %s", word, error.message);
    assert_ptr_equal(partial, &partial);
    assert_int_equal(info.statistics, 77);
    free(copy);
}

/* What another implementation of the format makes of -5, 7 and 2^64-1, two missing and one NaN skipped. */
static const unsigned char known[] = {
    0x70, 0x61, 0x72, 0x73, 0x75, 0x6d, 0x1a, 0x70, 0x61, 0x72, 0x74, 0x69, 0x61, 0x6c, 0x0a, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xe0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x7f, 0x00, 0x00, 0x00, 0x69, 0x6e, 0x74, 0x65, 0x67, 0x65, 0x72, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x72, 0x61, 0x6e, 0x67, 0x65, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x4b, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0b, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xfb, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x58, 0x71, 0x39, 0xb7,
};

static void known_bytes(void **state) {
    (void)state;
    size_t size;
    unsigned char *const bytes = encode_sample(0x7f, &size);
    assert_int_equal(size, sizeof known);
    assert_memory_equal(bytes, known, size);
    free(bytes);
}

static void there_and_back(void **state) {
    (void)state;
    test_random random = test_random_start(1);
    for (int i = 0; i < 20000; i++) {
        const ps_integer_partial partial = random_partial(&random);
        const uint32_t statistics = test_random_below(&random, 10) == 0
                                        ? PARSUM_MASK(PARSUM_DOT)
                                        : 1 + (uint32_t)test_random_below(&random, all);
        const unsigned needs = ps_statistics_needs(statistics);
        const ps_partial_info info = info_of(statistics);
        unsigned char *bytes;
        size_t size;
        ps_partial *back = NULL;
        ps_partial_info back_info;
        assert_int_equal(ps_partial_encode(&partial.head, &info, &bytes, &size, NULL), PARSUM_OK);
        assert_true(size <= NUMBERS_AT + sizeof partial);
        assert_int_equal(ps_partial_decode(bytes, size, "x", &back, &back_info, NULL), PARSUM_OK);
        assert_memory_equal(&back_info, &info, sizeof info);
        /* What was not asked for is zero. */
        ps_integer_partial expected = partial;
        const ps_wide zero = {{0, 0, 0, 0}};
        if (!(needs & PS_NEED_SUM))
            expected.sum = zero;
        if (!(needs & (PS_NEED_SQUARES | PS_NEED_PRODUCTS)))
            expected.squares = zero;
        if (!(needs & PS_NEED_MAGNITUDES))
            expected.magnitudes = zero;
        if (!(needs & PS_NEED_EXTREMES))
            expected.minimum = expected.maximum = 0;
        assert_memory_equal(back, &expected, sizeof expected);
        free(back);
        free(bytes);
    }
}

/* Kinds are numbered as in the codec's table, and an empty partial of each comes back. */
static void every_kind(void **state) {
    (void)state;
    for (uint32_t kind = 0; kind < PS_KIND_COUNT; kind++) {
        const ps_partial_codec *const codec = ps_partial_codec_find(kind);
        assert_non_null(codec);
        assert_int_equal(ps_partial_codec_size_bytes(codec), ps_kinds[kind].size_bytes);
        ps_partial *const partial = calloc(1, ps_kinds[kind].size_bytes), *back = NULL;
        ps_partial_info info = info_of(all), back_info;
        unsigned char *bytes;
        size_t size;
        ps_kinds[kind].clear(partial);
        assert_int_equal(ps_partial_encode(partial, &info, &bytes, &size, NULL), PARSUM_OK);
        assert_int_equal(ps_partial_decode(bytes, size, "x", &back, &back_info, NULL), PARSUM_OK);
        assert_int_equal(back->kind, kind);
        assert_memory_equal(back, partial, ps_kinds[kind].size_bytes);
        free(back);
        free(bytes);
        free(partial);
    }
}

static void cut_off_and_longer(void **state) {
    (void)state;
    size_t size;
    unsigned char *bytes = encode_sample(all, &size);
    for (size_t shorter = 0; shorter < size; shorter++)
        assert_refused(bytes, shorter, "cut off");
    bytes = realloc(bytes, size + 9);
    memset(bytes + size, 0, 9);
    for (size_t longer = size + 1; longer < size + 9; longer++)
        assert_refused(bytes, longer, "follows its end");
    /* The same pieces, made to look whole. */
    for (size_t other = LENGTH_AT + 8 + 4; other < size + 9; other++) {
        unsigned char *const piece = calloc(1, other);
        memcpy(piece, bytes, other < size ? other : size);
        repair(piece, other);
        if (other < NUMBERS_AT + 4)
            assert_refused(piece, other, "cut off");
        else if (other < size)
            assert_refused(piece, other, "out of bounds");
        else if (other > size)
            assert_refused(piece, other, "more than its numbers");
        free(piece);
    }
    free(bytes);
}

static void every_bit(void **state) {
    (void)state;
    size_t size;
    unsigned char *const bytes = encode_sample(all, &size);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        assert_refused(bytes, size, "");
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    }
    free(bytes);
}

static void not_a_partial(void **state) {
    (void)state;
    unsigned char *const zeros = calloc(1, PS_PARTIAL_FILE_MAX + 1);
    assert_refused((const unsigned char *)"1\n2\n3\n", 6, "no partial of parsum-cl");
    assert_refused((const unsigned char *)"parsum-cl", 9, "no partial of parsum-cl");
    assert_refused(zeros, PS_PARTIAL_FILE_MAX, "no partial of parsum-cl");
    memcpy(zeros, known, sizeof known);
    repair(zeros, PS_PARTIAL_FILE_MAX + 1);
    assert_refused(zeros, PS_PARTIAL_FILE_MAX + 1, "no partial of parsum-cl");
    free(zeros);
}

/* Sets size bytes at offset to value, checksum and all, and asserts that it is refused. */
static void assert_forgery_refused(size_t offset, uint64_t value, size_t size, const char *word) {
    unsigned char forged[sizeof known];
    memcpy(forged, known, sizeof known);
    for (size_t i = 0; i < size; i++)
        forged[offset + i] = (unsigned char)(value >> 8 * i);
    repair(forged, sizeof forged);
    assert_refused(forged, sizeof forged, word);
}

/* Files with a right checksum that no program of this project makes. */
static void forgeries(void **state) {
    (void)state;
    enum { SUM = NUMBERS_AT, SQUARES = SUM + 32, MAGNITUDES = SQUARES + 32, MINIMUM = MAGNITUDES + 32 };
    assert_forgery_refused(VERSION_AT, 2, 4, "newer version");
    assert_forgery_refused(VERSION_AT, UINT32_MAX, 4, "newer version");
    assert_forgery_refused(VERSION_AT, 0, 4, "no version 0");
    assert_forgery_refused(KIND_AT, PS_KIND_COUNT, 4, "unknown kind");
    assert_forgery_refused(KIND_AT, 100, 4, "unknown kind 100");
    assert_forgery_refused(KIND_AT, UINT32_MAX, 4, "unknown kind");
    assert_forgery_refused(STATISTICS_AT, 0, 4, "statistics");
    assert_forgery_refused(STATISTICS_AT, UINT64_C(1) << PARSUM_STATISTIC_COUNT, 4, "statistics");
    assert_forgery_refused(STATISTICS_AT, PARSUM_MASK(PARSUM_DOT) | PARSUM_MASK(PARSUM_SUM), 4, "statistics");
    assert_forgery_refused(STATISTICS_AT, UINT32_MAX, 4, "statistics");
    assert_forgery_refused(TYPE_AT, '\n', 1, "no text");
    assert_forgery_refused(TYPE_AT + 15, 'x', 1, "no text");
    assert_forgery_refused(INPUT_KIND_AT, 0x80, 1, "no text");
    assert_forgery_refused(SUM + 24, 1, 8, "its sum is out of bounds");
    assert_forgery_refused(SUM + 24, UINT64_MAX - 1, 8, "its sum is out of bounds");
    assert_forgery_refused(SQUARES + 24, 1, 8, "its sum of squares is out of bounds");
    assert_forgery_refused(MAGNITUDES + 24, INT64_MAX, 8, "its sum of magnitudes is out of bounds");
    assert_forgery_refused(MINIMUM, INT64_MAX, 8, "its minimum is out of bounds"); /* below -2^63 */
    assert_forgery_refused(MINIMUM + 8, 1, 8, "its minimum is out of bounds");
    assert_forgery_refused(MINIMUM + 16 + 8, 1, 8, "its maximum is out of bounds");
    assert_forgery_refused(SQUARES + 24, UINT64_MAX, 8, "contradict");
    assert_forgery_refused(SQUARES + 8, 0, 8, "contradict"); /* below the sum's square divided by 3 */
    assert_forgery_refused(MAGNITUDES + 24, UINT64_MAX, 8, "contradict");
    assert_forgery_refused(MAGNITUDES + 8, 0, 8, "contradict"); /* below the sum */
    assert_forgery_refused(COUNT_AT, 0, 8, "");
}

static void bounds_of_the_sums(void **state) {
    (void)state;
    /* One element x: sum^2 = 1 * squares, at the bound. One less in the squares is refused. */
    const ps_int128 element = -3;
    ps_integer_partial partial = partial_of(&element, 1);
    const ps_partial_info info = info_of(all);
    unsigned char *bytes;
    size_t size;
    parsum_error error;
    assert_int_equal(ps_partial_encode(&partial.head, &info, &bytes, &size, &error), PARSUM_OK);
    free(bytes);
    partial.squares.limb[0] = 8;
    assert_int_equal(ps_partial_encode(&partial.head, &info, &bytes, &size, &error), PARSUM_FAILED);
    assert_non_null(strstr(error.message, "contradict"));
    partial.squares.limb[0] = 9;
    partial.magnitudes.limb[0] = 2;
    assert_int_equal(ps_partial_encode(&partial.head, &info, &bytes, &size, &error), PARSUM_FAILED);
    partial = partial_of(&element, 1);
    partial.minimum++;
    assert_int_equal(ps_partial_encode(&partial.head, &info, &bytes, &size, &error), PARSUM_FAILED);
    assert_non_null(strstr(error.message, "minimum"));
    partial = partial_of(&element, 1);
    partial.head.fault.code = PS_FAULT_NO_NUMBER;
    assert_int_equal(ps_partial_encode(&partial.head, &info, &bytes, &size, &error), PARSUM_FAILED);
    partial.head.fault.code = PS_FAULT_NONE;
    partial.head.kind = 100;
    assert_int_equal(ps_partial_encode(&partial.head, &info, &bytes, &size, &error), PARSUM_FAILED);
    /* A sum of products may be negative. */
    partial = partial_of(&element, 1);
    partial.squares = ps_wide_from_int128(-1);
    const ps_partial_info dot = info_of(PARSUM_MASK(PARSUM_DOT));
    assert_int_equal(ps_partial_encode(&partial.head, &dot, &bytes, &size, &error), PARSUM_OK);
    free(bytes);
}

static char folder[] = "test_partials.XXXXXX";

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL;
}

static const char *path_of(const char *name) {
    static char path[2][64];
    static unsigned turn;
    char *const made = path[turn++ % 2];
    snprintf(made, sizeof path[0], "%s/%s", folder, name);
    return made;
}

static void assert_reads(const char *path, const ps_integer_partial *expected) {
    ps_partial *back;
    ps_partial_info info;
    parsum_error error;
    if (ps_partial_read(path, &back, &info, &error) != PARSUM_OK)
        fail_msg("%s", error.message);
    assert_memory_equal(back, expected, sizeof *expected);
    free(back);
}

static void files(void **state) {
    (void)state;
    const ps_int128 elements[] = {1, 2, 3};
    const ps_integer_partial first = partial_of(elements, 2), second = partial_of(elements, 3);
    const ps_partial_info info = info_of(all);
    const char *const path = path_of("a");
    struct stat about;
    parsum_error error;
    assert_int_equal(ps_partial_write(path, &first.head, &info, &error), PARSUM_OK);
    assert_reads(path, &first);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(ps_partial_write(path, &second.head, &info, &error), PARSUM_OK);
    assert_reads(path, &second);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640);
    /* Through a link: the link stays one. */
    const char *const link = path_of("link");
    assert_int_equal(symlink("a", link), 0);
    assert_int_equal(ps_partial_write(link, &first.head, &info, &error), PARSUM_OK);
    assert_int_equal(lstat(link, &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_reads(path, &first);
    unlink(link);
    unlink(path);
    /* In the current folder, by a name without one. */
    assert_int_equal(chdir(folder), 0);
    const parsum_status status = ps_partial_write("plain", &first.head, &info, &error);
    const bool there = unlink("plain") == 0;
    assert_int_equal(chdir(".."), 0);
    assert_int_equal(status, PARSUM_OK);
    assert_true(there);
}

static void files_that_cannot_be_written(void **state) {
    (void)state;
    const ps_int128 element = 1;
    const ps_integer_partial partial = partial_of(&element, 1);
    const ps_partial_info info = info_of(all);
    const char *const path = path_of("a");
    parsum_error error;
    assert_int_equal(ps_partial_write(folder, &partial.head, &info, &error), PARSUM_FAILED);
    assert_int_equal(ps_partial_write(path_of("no/a"), &partial.head, &info, &error), PARSUM_FAILED);
    assert_non_null(strstr(error.message, "No such file"));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(ps_partial_write(path, &partial.head, &info, &error), PARSUM_FAILED);
    assert_non_null(strstr(error.message, "no regular file"));
    unlink(path);
    /* A disk that is full half way: the old file stays, the new one leaves nothing. */
    assert_int_equal(ps_partial_write(path, &partial.head, &info, &error), PARSUM_OK);
    struct rlimit old, small;
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){100, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const parsum_status status = ps_partial_write(path, &partial.head, &info, &error);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, PARSUM_FAILED);
    assert_non_null(strstr(error.message, "File too large"));
    assert_reads(path, &partial);
    unlink(path);
}

static void files_that_cannot_be_read(void **state) {
    (void)state;
    ps_partial *partial;
    ps_partial_info info;
    parsum_error error;
    assert_int_equal(ps_partial_read(path_of("none"), &partial, &info, &error), PARSUM_BAD_INPUT);
    assert_non_null(strstr(error.message, "is not there"));
    assert_int_equal(ps_partial_read(folder, &partial, &info, &error), PARSUM_BAD_INPUT);
    assert_non_null(strstr(error.message, "is a folder"));
    /* Without end, or larger than any memory: refused all the same. */
    assert_int_equal(ps_partial_read("/dev/zero", &partial, &info, &error), PARSUM_BAD_INPUT);
    assert_int_equal(ps_partial_read("/dev/null", &partial, &info, &error), PARSUM_BAD_INPUT);
    const char *const path = path_of("a");
    FILE *const file = fopen(path, "wb");
    assert_int_equal(fwrite(known, 1, sizeof known, file), sizeof known);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(ps_partial_read(path, &partial, &info, &error), PARSUM_OK);
    free(partial);
    /* Too much by one byte, or by far. */
    const off_t sizes[] = {PS_PARTIAL_FILE_MAX, PS_PARTIAL_FILE_MAX + 1, (off_t)1 << 36};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(truncate(path, sizes[i]), 0);
        assert_int_equal(ps_partial_read(path, &partial, &info, &error), PARSUM_BAD_INPUT);
        assert_non_null(strstr(error.message, i == 0 ? "follows its end" : "no partial of parsum-cl"));
    }
    unlink(path);
}

/* No temporary file, above all. */
static void nothing_is_left(void **state) {
    (void)state;
    assert_int_equal(rmdir(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_bytes),
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(every_kind),
        cmocka_unit_test(cut_off_and_longer),
        cmocka_unit_test(every_bit),
        cmocka_unit_test(not_a_partial),
        cmocka_unit_test(forgeries),
        cmocka_unit_test(bounds_of_the_sums),
        cmocka_unit_test(files),
        cmocka_unit_test(files_that_cannot_be_written),
        cmocka_unit_test(files_that_cannot_be_read),
        cmocka_unit_test(nothing_is_left),
    };
    return cmocka_run_group_tests(tests, make_folder, NULL);
}
