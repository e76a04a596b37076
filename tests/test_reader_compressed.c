/* test_reader_compressed.c - compressed files that are whole, in parts, cut off, damaged, or followed by something else. */
#include "reader_support.h"

/* Reads packed, as a file, to the end; piece bytes at a time. */
static parsum_status unpack(const test_bytes *packed, ps_compression compression, size_t piece,
                            test_bytes *into, parsum_error *error) {
    char path[64];
    ps_reader *reader;
    test_path(path, sizeof path, "packed");
    test_write_file(path, packed->data, packed->size);
    assert_int_equal(ps_reader_open(path, &reader, error), PARSUM_OK);
    assert_int_equal(ps_reader_decompress(reader, compression, error), PARSUM_OK);
    const parsum_status status = test_read_all(reader, piece, into, error);
    ps_reader_close(reader);
    unlink(path);
    return status;
}

static void assert_names_byte(const parsum_error *error, size_t byte) {
    char place[64];
    snprintf(place, sizeof place, "at byte %zu", byte);
    const char *const found = strstr(error->message, place);
    if (found == NULL || (found[strlen(place)] >= '0' && found[strlen(place)] <= '9'))
        fail_msg("'%s' is not in: %s", place, error->message);
}

static void names_and_first_bytes(void **state) {
    (void)state;
    assert_int_equal(ps_compression_of_name("a.gz"), PS_COMPRESSION_GZIP);
    assert_int_equal(ps_compression_of_name("a.csv.zst"), PS_COMPRESSION_ZSTD);
    assert_int_equal(ps_compression_of_name("a.gz.csv"), PS_COMPRESSION_NONE);
    assert_int_equal(ps_compression_of_name("gz"), PS_COMPRESSION_NONE);
    assert_int_equal(ps_compression_of_name(""), PS_COMPRESSION_NONE);
    const unsigned char gzip[] = {0x1f, 0x8b, 8}, zstd[] = {0x28, 0xb5, 0x2f, 0xfd};
    const unsigned char skippable[] = {0x5a, 0x2a, 0x4d, 0x18};
    for (size_t size = 0; size <= 4; size++) {
        if (size <= 3)
            assert_int_equal(ps_compression_of_bytes(gzip, size),
                             size == 3 ? PS_COMPRESSION_GZIP : PS_COMPRESSION_NONE);
        assert_int_equal(ps_compression_of_bytes(zstd, size),
                         size == 4 ? PS_COMPRESSION_ZSTD : PS_COMPRESSION_NONE);
        assert_int_equal(ps_compression_of_bytes(skippable, size),
                         size == 4 ? PS_COMPRESSION_ZSTD : PS_COMPRESSION_NONE);
    }
    assert_int_equal(ps_compression_of_bytes((const unsigned char *)"1,2\n", 4), PS_COMPRESSION_NONE);
}

/* Two parts, cut at every byte: whole where the cut is between them, refused anywhere else. */
static void cut_off_anywhere(void **state) {
    (void)state;
    test_random random = test_random_start(2);
    test_bytes plain = test_bytes_text(&random, 700);
    for (ps_compression compression = PS_COMPRESSION_GZIP; compression <= PS_COMPRESSION_ZSTD;
         compression++) {
        test_bytes packed = {NULL, 0};
        test_bytes_add_as(&packed, compression, plain.data, 300);
        const size_t boundary = packed.size;
        test_bytes_add_as(&packed, compression, plain.data + 300, 400);
        for (size_t size = 0; size <= packed.size; size++) {
            const test_bytes piece = {packed.data, size};
            test_bytes unpacked = {NULL, 0};
            parsum_error error;
            const parsum_status status = unpack(&piece, compression, 64, &unpacked, &error);
            if (size == boundary || size == packed.size) {
                const test_bytes expected = {plain.data, size == boundary ? 300 : 700};
                assert_int_equal(status, PARSUM_OK);
                test_assert_bytes(&unpacked, &expected);
            } else {
                assert_int_equal(status, PARSUM_BAD_INPUT);
                test_assert_message(&error, "packed is cut off");
                assert_names_byte(&error, size);
            }
            test_bytes_clear(&unpacked);
        }
        test_bytes_clear(&packed);
    }
    test_bytes_clear(&plain);
}

/* Each bit the other way round: refused, or it did not matter to the text (a time stamp in a head). */
static void damaged_anywhere(void **state) {
    (void)state;
    test_random random = test_random_start(3);
    test_bytes plain = test_bytes_text(&random, 300);
    for (ps_compression compression = PS_COMPRESSION_GZIP; compression <= PS_COMPRESSION_ZSTD;
         compression++) {
        test_bytes packed = {NULL, 0};
        unsigned refused = 0;
        test_bytes_add_as(&packed, compression, plain.data, plain.size);
        for (size_t bit = 0; bit < 8 * packed.size; bit++) {
            test_bytes unpacked = {NULL, 0};
            parsum_error error;
            packed.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
            const parsum_status status = unpack(&packed, compression, 4096, &unpacked, &error);
            packed.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
            if (status == PARSUM_OK)
                test_assert_bytes(&unpacked, &plain);
            else
                assert_int_equal(status, PARSUM_BAD_INPUT);
            refused += status != PARSUM_OK;
            test_bytes_clear(&unpacked);
        }
        assert_true(refused > 8 * packed.size * 9 / 10 - 100);
        test_bytes_clear(&packed);
    }
    test_bytes_clear(&plain);
}

/* A second reading names the same byte, though the first ended in an error. */
static void damage_after_rewinding(void **state) {
    (void)state;
    char path[64];
    test_path(path, sizeof path, "cut");
    for (ps_compression compression = PS_COMPRESSION_GZIP; compression <= PS_COMPRESSION_ZSTD;
         compression++) {
        test_bytes packed = {NULL, 0};
        ps_reader *reader;
        parsum_error error;
        test_bytes_add_as(&packed, compression, "1\n2\n3\n", 6);
        test_write_file(path, packed.data, packed.size - 2);
        assert_int_equal(ps_reader_open(path, &reader, &error), PARSUM_OK);
        assert_int_equal(ps_reader_decompress(reader, compression, &error), PARSUM_OK);
        for (int round = 0; round < 3; round++) {
            test_bytes all = {NULL, 0};
            assert_int_equal(test_read_all(reader, 2, &all, &error), PARSUM_BAD_INPUT);
            assert_names_byte(&error, packed.size - 2);
            assert_int_equal(ps_reader_rewind(reader, &error), PARSUM_OK);
            test_bytes_clear(&all);
        }
        ps_reader_close(reader);
        test_bytes_clear(&packed);
    }
    unlink(path);
}

static void what_follows_the_end(void **state) {
    (void)state;
    static const size_t padding[] = {0, 1, 2, 3, 511, MEGABYTE + 1};
    parsum_error error;
    for (size_t i = 0; i < sizeof padding / sizeof padding[0]; i++) {
        unsigned char *const zeros = calloc(1, padding[i] + 1);
        test_bytes packed = {NULL, 0}, unpacked = {NULL, 0};
        const test_bytes plain = {(unsigned char *)(uintptr_t) "1\n2\n", 4};
        test_bytes_add_gzip(&packed, "1\n2\n", 4);
        test_bytes_add(&packed, zeros, padding[i]);
        assert_int_equal(unpack(&packed, PS_COMPRESSION_GZIP, 4, &unpacked, &error), PARSUM_OK);
        test_assert_bytes(&unpacked, &plain);
        test_bytes_clear(&unpacked);
        const size_t end = packed.size;
        test_bytes_add(&packed, "x", 1);
        assert_int_equal(unpack(&packed, PS_COMPRESSION_GZIP, 4, &unpacked, &error), PARSUM_BAD_INPUT);
        test_assert_message(&error, "other data follows");
        assert_names_byte(&error, end);
        test_bytes_clear(&unpacked);
        /* Behind zeros there is no further member, as gzip has it. */
        packed.size = end;
        test_bytes_add_gzip(&packed, "3\n", 2);
        assert_int_equal(unpack(&packed, PS_COMPRESSION_GZIP, 4, &unpacked, &error),
                         padding[i] == 0 ? PARSUM_OK : PARSUM_BAD_INPUT);
        test_bytes_clear(&unpacked);
        test_bytes_clear(&packed);
        free(zeros);
    }
    test_bytes packed = {NULL, 0}, unpacked = {NULL, 0};
    test_bytes_add_zstd(&packed, "1\n2\n", 4);
    test_bytes_add(&packed, "more", 4);
    assert_int_equal(unpack(&packed, PS_COMPRESSION_ZSTD, 4, &unpacked, &error), PARSUM_BAD_INPUT);
    packed.size -= 4;
    test_bytes_add(&packed, "\0\0\0\0", 4);
    assert_int_equal(unpack(&packed, PS_COMPRESSION_ZSTD, 4, &unpacked, &error), PARSUM_BAD_INPUT);
    const test_bytes text = {(unsigned char *)(uintptr_t) "1\n2\n3\n", 6};
    assert_int_equal(unpack(&text, PS_COMPRESSION_GZIP, 4, &unpacked, &error), PARSUM_BAD_INPUT);
    test_assert_message(&error, "no gzip data");
    assert_int_equal(unpack(&text, PS_COMPRESSION_ZSTD, 4, &unpacked, &error), PARSUM_BAD_INPUT);
    test_bytes_clear(&packed);
    test_bytes_clear(&unpacked);
}

/* A frame that says its size holds as much, however it is read and whichever block is its last. */
static void sizes_of_frames(void **state) {
    (void)state;
    /* One segment with a size of one byte (RFC 8878, section 3.1.1.1); a block of two bytes, and an empty last one. */
    static const unsigned char frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 2, 2 << 3, 0, 0, '7', '\n', 1, 0, 0};
    enum { AT_SIZE = 5 };
    for (size_t piece = 1; piece <= MEGABYTE; piece *= 2) {
        for (unsigned char declared = 0; declared <= 4; declared++) {
            test_bytes packed = {NULL, 0}, unpacked = {NULL, 0};
            parsum_error error;
            test_bytes_add(&packed, "\x53\x2a\x4d\x18\x05\0\0\0right", 13);
            test_bytes_add_zstd(&packed, "1\n", 2);
            test_bytes_add(&packed, frame, sizeof frame);
            packed.data[packed.size - sizeof frame + AT_SIZE] = declared;
            const parsum_status status = unpack(&packed, PS_COMPRESSION_ZSTD, piece, &unpacked, &error);
            assert_int_equal(status, declared == 2 ? PARSUM_OK : PARSUM_BAD_INPUT);
            if (status == PARSUM_OK) {
                assert_int_equal(unpacked.size, 4);
                assert_memory_equal(unpacked.data, "1\n7\n", 4);
            } else {
                test_assert_message(&error, "is damaged: its zstd data is wrong at byte");
            }
            test_bytes_clear(&packed);
            test_bytes_clear(&unpacked);
        }
    }
}

/* Many members of a few bytes, more than fit one chunk of input. */
static void many_small_members(void **state) {
    (void)state;
    for (ps_compression compression = PS_COMPRESSION_GZIP; compression <= PS_COMPRESSION_ZSTD;
         compression++) {
        test_bytes packed = {NULL, 0}, plain = {NULL, 0}, unpacked = {NULL, 0}, member = {NULL, 0};
        parsum_error error;
        test_bytes_add_as(&member, compression, "12\n", 3);
        for (int i = 0; i < 30000; i++) {
            test_bytes_add_all(&packed, &member);
            test_bytes_add(&plain, "12\n", 3);
        }
        assert_true(packed.size > MEGABYTE / 3);
        assert_int_equal(unpack(&packed, compression, 1000, &unpacked, &error), PARSUM_OK);
        test_assert_bytes(&unpacked, &plain);
        test_bytes_clear(&packed);
        test_bytes_clear(&plain);
        test_bytes_clear(&unpacked);
        test_bytes_clear(&member);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_first_bytes), cmocka_unit_test(cut_off_anywhere),
        cmocka_unit_test(damaged_anywhere),      cmocka_unit_test(damage_after_rewinding),
        cmocka_unit_test(what_follows_the_end),  cmocka_unit_test(sizes_of_frames),
        cmocka_unit_test(many_small_members),    cmocka_unit_test(test_folder_is_empty),
    };
    return cmocka_run_group_tests(tests, test_folder_make, NULL);
}
