/* test_reader.c - readers of files, pipes and standard input: whatever the pieces, the same bytes; and what is refused. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "reader_support.h"

enum { MEGABYTE = 1 << 20 };

static const ps_compression compressions[] = {PS_COMPRESSION_NONE, PS_COMPRESSION_GZIP, PS_COMPRESSION_ZSTD};

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

/* Peeks and reads of random sizes, checked against plain until its end. */
static void read_at_random(ps_reader *reader, const test_bytes *plain, test_random *random) {
    unsigned char *const buffer = malloc(3 * MEGABYTE);
    parsum_error error;
    size_t at = 0, got = 0;
    for (;;) {
        const size_t left = plain->size - at;
        if (test_random_below(random, 2) == 0) {
            const size_t wanted =
                (size_t)test_random_below(random, MEGABYTE + 1) >> test_random_below(random, 20);
            const unsigned char *data;
            size_t size;
            assert_int_equal(ps_reader_peek(reader, wanted, &data, &size, &error), PARSUM_OK);
            assert_true(size >= (wanted < left ? wanted : left) && size <= left);
            if (size > 0)
                assert_memory_equal(data, plain->data + at, size);
        }
        const size_t size = (size_t)test_random_below(random, 3 * MEGABYTE) >> test_random_below(random, 21);
        assert_int_equal(ps_reader_read(reader, buffer, size, &got, &error), PARSUM_OK);
        assert_int_equal(got, size < left ? size : left);
        if (got > 0)
            assert_memory_equal(buffer, plain->data + at, got);
        at += got;
        if (got < size)
            break;
    }
    assert_int_equal(at, plain->size);
    free(buffer);
}

/* Cuts plain into parts, some of them empty, each compressed by itself; among zstd's, frames to skip. */
static test_bytes compress_in_parts(const test_bytes *plain, ps_compression compression, unsigned parts,
                                    test_random *random) {
    test_bytes packed = {NULL, 0};
    size_t at = 0;
    for (unsigned i = 0; i < parts; i++) {
        const size_t left = plain->size - at;
        const size_t size = i == parts - 1 ? left : (size_t)test_random_below(random, left + 1);
        test_bytes_add_as(&packed, compression, plain->data + at, size);
        if (compression == PS_COMPRESSION_ZSTD && test_random_below(random, 2) == 0)
            test_bytes_add(&packed, "\x53\x2a\x4d\x18\x05\0\0\0right", 13);
        at += size;
        if (test_random_below(random, 3) == 0)
            test_bytes_add_as(&packed, compression, "", 0);
    }
    return packed;
}

static void same_bytes_in_any_pieces(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 100, MEGABYTE - 1, MEGABYTE, MEGABYTE + 1, 3 * MEGABYTE + 12345};
    test_random random = test_random_start(1);
    char path[64];
    test_path(path, sizeof path, "data");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        test_bytes plain = test_bytes_text(&random, sizes[i]);
        for (size_t j = 0; j < sizeof compressions / sizeof compressions[0]; j++) {
            test_bytes packed = compress_in_parts(&plain, compressions[j], 1 + i % 4, &random);
            ps_reader *reader;
            parsum_error error;
            const unsigned char *data;
            size_t size;
            test_write_file(path, packed.data, packed.size);
            assert_int_equal(ps_reader_open(path, &reader, &error), PARSUM_OK);
            assert_int_equal(ps_reader_peek(reader, 6, &data, &size, &error), PARSUM_OK);
            assert_int_equal(ps_compression_of_bytes(data, size), compressions[j]);
            assert_int_equal(ps_reader_decompress(reader, compressions[j], &error), PARSUM_OK);
            assert_true(ps_reader_can_rewind(reader));
            for (int round = 0; round < 3; round++) {
                read_at_random(reader, &plain, &random);
                assert_int_equal(ps_reader_rewind(reader, &error), PARSUM_OK);
            }
            ps_reader_close(reader);
            test_bytes_clear(&packed);
        }
        test_bytes_clear(&plain);
    }
    unlink(path);
}

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

static void assert_message(const parsum_error *error, const char *word) {
    if (strstr(error->message, word) == NULL)
        fail_msg("'%s' is not in: %s", word, error->message);
}

static void assert_names_byte(const parsum_error *error, size_t byte) {
    char place[64];
    snprintf(place, sizeof place, "at byte %zu", byte);
    const char *const found = strstr(error->message, place);
    if (found == NULL || (found[strlen(place)] >= '0' && found[strlen(place)] <= '9'))
        fail_msg("'%s' is not in: %s", place, error->message);
}

/* A second reading names the same byte, though the first ended in an error. */
static void damage_after_rewinding(void **state) {
    (void)state;
    char path[64];
    test_path(path, sizeof path, "cut");
    for (size_t j = 1; j < sizeof compressions / sizeof compressions[0]; j++) {
        test_bytes packed = {NULL, 0};
        ps_reader *reader;
        parsum_error error;
        test_bytes_add_as(&packed, compressions[j], "1\n2\n3\n", 6);
        test_write_file(path, packed.data, packed.size - 2);
        assert_int_equal(ps_reader_open(path, &reader, &error), PARSUM_OK);
        assert_int_equal(ps_reader_decompress(reader, compressions[j], &error), PARSUM_OK);
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

/* As much as can be peeked, from the middle of what was peeked before: it has to move. */
static void peeking_the_most(void **state) {
    (void)state;
    test_random random = test_random_start(5);
    test_bytes plain = test_bytes_text(&random, 3 * MEGABYTE);
    char path[64], *const buffer = malloc(MEGABYTE);
    test_path(path, sizeof path, "plain");
    test_write_file(path, plain.data, plain.size);
    for (size_t taken = 1; taken < MEGABYTE; taken = 3 * taken + 1) {
        ps_reader *reader;
        parsum_error error;
        const unsigned char *data;
        size_t size, got;
        assert_int_equal(ps_reader_open(path, &reader, &error), PARSUM_OK);
        assert_int_equal(ps_reader_peek(reader, MEGABYTE, &data, &size, &error), PARSUM_OK);
        assert_int_equal(size, MEGABYTE);
        assert_int_equal(ps_reader_read(reader, buffer, taken, &got, &error), PARSUM_OK);
        assert_int_equal(ps_reader_peek(reader, MEGABYTE, &data, &size, &error), PARSUM_OK);
        assert_int_equal(size, MEGABYTE);
        assert_memory_equal(data, plain.data + taken, size);
        ps_reader_close(reader);
    }
    unlink(path);
    free(buffer);
    test_bytes_clear(&plain);
}

/* Two parts, cut at every byte: whole where the cut is between them, refused anywhere else. */
static void cut_off_anywhere(void **state) {
    (void)state;
    test_random random = test_random_start(2);
    test_bytes plain = test_bytes_text(&random, 700);
    for (size_t j = 1; j < sizeof compressions / sizeof compressions[0]; j++) {
        test_bytes packed = {NULL, 0};
        test_bytes_add_as(&packed, compressions[j], plain.data, 300);
        const size_t boundary = packed.size;
        test_bytes_add_as(&packed, compressions[j], plain.data + 300, 400);
        for (size_t size = 0; size <= packed.size; size++) {
            const test_bytes piece = {packed.data, size};
            test_bytes unpacked = {NULL, 0};
            parsum_error error;
            const parsum_status status = unpack(&piece, compressions[j], 64, &unpacked, &error);
            if (size == boundary || size == packed.size) {
                const test_bytes expected = {plain.data, size == boundary ? 300 : 700};
                assert_int_equal(status, PARSUM_OK);
                test_assert_bytes(&unpacked, &expected);
            } else {
                assert_int_equal(status, PARSUM_BAD_INPUT);
                assert_message(&error, "packed is cut off");
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
    for (size_t j = 1; j < sizeof compressions / sizeof compressions[0]; j++) {
        test_bytes packed = {NULL, 0};
        unsigned refused = 0;
        test_bytes_add_as(&packed, compressions[j], plain.data, plain.size);
        for (size_t bit = 0; bit < 8 * packed.size; bit++) {
            test_bytes unpacked = {NULL, 0};
            parsum_error error;
            packed.data[bit / 8] ^= (unsigned char)(1 << bit % 8);
            const parsum_status status = unpack(&packed, compressions[j], 4096, &unpacked, &error);
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
        assert_message(&error, "other data follows");
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
    assert_message(&error, "no gzip data");
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
                assert_message(&error, "is damaged: its zstd data is wrong at byte");
            }
            test_bytes_clear(&packed);
            test_bytes_clear(&unpacked);
        }
    }
}

/* Many members of a few bytes, more than fit one chunk of input. */
static void many_small_members(void **state) {
    (void)state;
    for (size_t j = 1; j < sizeof compressions / sizeof compressions[0]; j++) {
        test_bytes packed = {NULL, 0}, plain = {NULL, 0}, unpacked = {NULL, 0}, member = {NULL, 0};
        parsum_error error;
        test_bytes_add_as(&member, compressions[j], "12\n", 3);
        for (int i = 0; i < 30000; i++) {
            test_bytes_add_all(&packed, &member);
            test_bytes_add(&plain, "12\n", 3);
        }
        assert_true(packed.size > MEGABYTE / 3);
        assert_int_equal(unpack(&packed, compressions[j], 1000, &unpacked, &error), PARSUM_OK);
        test_assert_bytes(&unpacked, &plain);
        test_bytes_clear(&packed);
        test_bytes_clear(&plain);
        test_bytes_clear(&unpacked);
        test_bytes_clear(&member);
    }
}

static void what_cannot_be_opened(void **state) {
    (void)state;
    ps_reader *const untouched = (ps_reader *)&untouched;
    ps_reader *reader = untouched;
    parsum_error error;
    char path[64];
    test_path(path, sizeof path, "nothing");
    assert_int_equal(ps_reader_open(path, &reader, &error), PARSUM_BAD_INPUT);
    assert_message(&error, "nothing is not there (No such file or directory)");
    assert_int_equal(ps_reader_open(test_folder, &reader, &error), PARSUM_BAD_INPUT);
    assert_message(&error, "is a folder");
    test_path(path, sizeof path, "file");
    test_write_file(path, "1", 1);
    strcat(path, "/under");
    assert_int_equal(ps_reader_open(path, &reader, &error), PARSUM_BAD_INPUT);
    assert_message(&error, "is not there (Not a directory)");
    assert_int_equal(ps_reader_open("", &reader, &error), PARSUM_BAD_INPUT);
    test_path(path, sizeof path, "file");
    if (geteuid() != 0) {
        chmod(path, 0);
        assert_int_equal(ps_reader_open(path, &reader, &error), PARSUM_BAD_INPUT);
        assert_message(&error, "cannot be opened");
    }
    unlink(path);
    assert_ptr_equal(reader, untouched);
    ps_reader_close(NULL);
}

/* The memory of a process cannot be read at address 0. The file says that it is regular and empty. */
static void read_errors_are_said(void **state) {
    (void)state;
    ps_reader *reader;
    parsum_error error;
    char buffer[16];
    size_t got = 99, size;
    uint64_t size_bytes;
    int descriptor;
    const unsigned char *data;
    if (ps_reader_open("/proc/self/mem", &reader, &error) != PARSUM_OK)
        skip();
    assert_false(ps_reader_file(reader, &descriptor, &size_bytes));
    assert_int_equal(ps_reader_peek(reader, 4, &data, &size, &error), PARSUM_BAD_INPUT);
    assert_int_equal(ps_reader_read(reader, buffer, sizeof buffer, &got, &error), PARSUM_BAD_INPUT);
    assert_message(&error, "/proc/self/mem cannot be read at byte 0 (");
    assert_int_equal(got, 99);
    ps_reader_close(reader);
}

static void regular_files(void **state) {
    (void)state;
    ps_reader *reader;
    parsum_error error;
    char path[64], buffer[8];
    size_t got;
    uint64_t size_bytes;
    int descriptor;
    test_path(path, sizeof path, "file");
    test_write_file(path, "123456", 6);
    assert_int_equal(ps_reader_open(path, &reader, &error), PARSUM_OK);
    assert_true(ps_reader_file(reader, &descriptor, &size_bytes));
    assert_int_equal(size_bytes, 6);
    assert_true(fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(pread(descriptor, buffer, 2, 4), 2);
    assert_memory_equal(buffer, "56", 2);
    assert_int_equal(ps_reader_decompress(reader, PS_COMPRESSION_NONE, &error), PARSUM_OK);
    assert_int_equal(ps_reader_read(reader, buffer, 1, &got, &error), PARSUM_OK);
    assert_int_equal(ps_reader_decompress(reader, PS_COMPRESSION_GZIP, &error), PARSUM_FAILED);
    ps_reader_close(reader);
    assert_int_equal(fcntl(descriptor, F_GETFD), -1);
    assert_int_equal(ps_reader_open(path, &reader, &error), PARSUM_OK);
    assert_int_equal(ps_reader_decompress(reader, PS_COMPRESSION_ZSTD, &error), PARSUM_OK);
    assert_false(ps_reader_file(reader, &descriptor, &size_bytes));
    assert_int_equal(ps_reader_decompress(reader, PS_COMPRESSION_ZSTD, &error), PARSUM_FAILED);
    ps_reader_close(reader);
    unlink(path);
}

/* A writer that sends one piece after the other, slowly, and wakes the reader by a signal before each. */
typedef struct slow_writer {
    int descriptor;
    const char *path; /* opened for writing where descriptor is -1 */
    const test_bytes *bytes;
    pthread_t reader;
} slow_writer;

static void do_nothing(int number) {
    (void)number;
}

static void *write_slowly(void *argument) {
    slow_writer *const writer = argument;
    const struct timespec pause = {0, 2000000};
    size_t at = 0;
    if (writer->descriptor < 0) {
        nanosleep(&pause, NULL);
        pthread_kill(writer->reader, SIGUSR1);
        nanosleep(&pause, NULL);
        writer->descriptor = open(writer->path, O_WRONLY);
    }
    for (size_t size = 1; at < writer->bytes->size; size = size * 2 + 1) {
        const size_t left = writer->bytes->size - at;
        nanosleep(&pause, NULL);
        pthread_kill(writer->reader, SIGUSR1);
        const ssize_t written =
            write(writer->descriptor, writer->bytes->data + at, size < left ? size : left);
        if (written <= 0)
            break;
        at += (size_t)written;
    }
    nanosleep(&pause, NULL);
    close(writer->descriptor);
    return NULL;
}

static void install_handler(struct sigaction *old) {
    const struct sigaction action = {.sa_handler = do_nothing}; /* no SA_RESTART: calls are interrupted */
    sigaction(SIGUSR1, &action, old);
}

static void read_from_slow_writer(const char *name, slow_writer *writer, ps_compression compression,
                                  const test_bytes *plain) {
    ps_reader *reader;
    parsum_error error;
    pthread_t thread;
    struct sigaction old;
    test_bytes all = {NULL, 0};
    uint64_t size_bytes;
    int descriptor;
    const unsigned char *data;
    size_t size;
    install_handler(&old);
    writer->reader = pthread_self();
    assert_int_equal(pthread_create(&thread, NULL, write_slowly, writer), 0);
    assert_int_equal(ps_reader_open(name, &reader, &error), PARSUM_OK);
    assert_false(ps_reader_file(reader, &descriptor, &size_bytes));
    assert_false(ps_reader_can_rewind(reader));
    assert_int_equal(ps_reader_peek(reader, 6, &data, &size, &error), PARSUM_OK);
    assert_true(size >= 6);
    assert_int_equal(ps_compression_of_bytes(data, size), compression);
    assert_int_equal(ps_reader_decompress(reader, compression, &error), PARSUM_OK);
    assert_int_equal(ps_reader_peek(reader, 100, &data, &size, &error), PARSUM_OK);
    assert_true(size >= 100);
    assert_memory_equal(data, plain->data, size);
    assert_int_equal(test_read_all(reader, 999, &all, &error), PARSUM_OK);
    test_assert_bytes(&all, plain);
    assert_int_equal(ps_reader_rewind(reader, &error), PARSUM_FAILED);
    pthread_join(thread, NULL);
    ps_reader_close(reader);
    sigaction(SIGUSR1, &old, NULL);
    test_bytes_clear(&all);
}

/* Standard input of a test, and back. */
static int replace_input(int descriptor) {
    const int kept = dup(STDIN_FILENO);
    assert_int_equal(dup2(descriptor, STDIN_FILENO), STDIN_FILENO);
    close(descriptor);
    return kept;
}

static void restore_input(int kept) {
    dup2(kept, STDIN_FILENO);
    close(kept);
}

static void slow_pipes(void **state) {
    (void)state;
    test_random random = test_random_start(4);
    test_bytes plain = test_bytes_text(&random, 50000);
    char path[64];
    test_path(path, sizeof path, "fifo");
    for (size_t j = 0; j < sizeof compressions / sizeof compressions[0]; j++) {
        test_bytes packed = compress_in_parts(&plain, compressions[j], 3, &random);
        slow_writer writer = {.descriptor = -1, .path = path, .bytes = &packed};
        assert_int_equal(mkfifo(path, 0600), 0);
        read_from_slow_writer(path, &writer, compressions[j], &plain);
        unlink(path);
        for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
            int ends[2];
            assert_int_equal(pipe(ends), 0);
            if (nonblocking)
                fcntl(ends[0], F_SETFL, O_NONBLOCK);
            const int kept = replace_input(ends[0]);
            writer = (slow_writer){.descriptor = ends[1], .bytes = &packed};
            read_from_slow_writer("-", &writer, compressions[j], &plain);
            restore_input(kept);
        }
        test_bytes_clear(&packed);
    }
    test_bytes_clear(&plain);
}

/* Standard input is a file, of which someone has read used bytes. */
static void redirected_file(const char *path, size_t used, const char *text) {
    const int file = open(path, O_RDONLY);
    ps_reader *reader;
    parsum_error error;
    uint64_t size_bytes;
    int descriptor = -1;
    assert_int_equal(lseek(file, (off_t)used, SEEK_SET), used);
    const int kept = replace_input(file);
    assert_int_equal(ps_reader_open("-", &reader, &error), PARSUM_OK);
    assert_int_equal(ps_reader_file(reader, &descriptor, &size_bytes), used == 0);
    if (used == 0)
        assert_int_equal(descriptor, STDIN_FILENO);
    assert_true(ps_reader_can_rewind(reader));
    for (int round = 0; round < 2; round++) {
        test_bytes all = {NULL, 0};
        assert_int_equal(test_read_all(reader, 4, &all, &error), PARSUM_OK);
        assert_int_equal(all.size, strlen(text) - used);
        assert_memory_equal(all.data, text + used, all.size);
        assert_int_equal(ps_reader_rewind(reader, &error), PARSUM_OK);
        test_bytes_clear(&all);
    }
    ps_reader_close(reader);
    assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    restore_input(kept);
}

static void standard_input(void **state) {
    (void)state;
    ps_reader *reader;
    parsum_error error;
    char path[64];
    test_path(path, sizeof path, "file");
    test_write_file(path, "1\n2\n3\n4\n", 8);
    redirected_file(path, 0, "1\n2\n3\n4\n");
    redirected_file(path, 1, "1\n2\n3\n4\n");
    redirected_file(path, 7, "1\n2\n3\n4\n");
    unlink(path);
    int kept = replace_input(open(test_folder, O_RDONLY));
    assert_int_equal(ps_reader_open("-", &reader, &error), PARSUM_BAD_INPUT);
    assert_message(&error, "standard input is a folder");
    restore_input(kept);
    kept = dup(STDIN_FILENO);
    close(STDIN_FILENO);
    assert_int_equal(ps_reader_open("-", &reader, &error), PARSUM_BAD_INPUT);
    assert_message(&error, "standard input cannot be read (Bad file descriptor)");
    restore_input(kept);
}

static void nothing_is_left(void **state) {
    (void)state;
    assert_int_equal(rmdir(test_folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_first_bytes),
        cmocka_unit_test(same_bytes_in_any_pieces),
        cmocka_unit_test(cut_off_anywhere),
        cmocka_unit_test(damaged_anywhere),
        cmocka_unit_test(what_follows_the_end),
        cmocka_unit_test(sizes_of_frames),
        cmocka_unit_test(many_small_members),
        cmocka_unit_test(what_cannot_be_opened),
        cmocka_unit_test(read_errors_are_said),
        cmocka_unit_test(regular_files),
        cmocka_unit_test(slow_pipes),
        cmocka_unit_test(standard_input),
        cmocka_unit_test(damage_after_rewinding),
        cmocka_unit_test(peeking_the_most),
        cmocka_unit_test(nothing_is_left),
    };
    return cmocka_run_group_tests(tests, test_folder_make, NULL);
}
