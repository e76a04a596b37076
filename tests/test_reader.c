/* test_reader.c - readers of files, pipes and standard input: whatever the pieces, the same bytes; and what cannot be
 * read. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "reader_support.h"

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
        for (ps_compression compression = PS_COMPRESSION_NONE; compression <= PS_COMPRESSION_ZSTD;
             compression++) {
            test_bytes packed = compress_in_parts(&plain, compression, 1 + i % 4, &random);
            ps_reader *reader;
            parsum_error error;
            const unsigned char *data;
            size_t size;
            test_write_file(path, packed.data, packed.size);
            assert_int_equal(ps_reader_open(path, &reader, &error), PARSUM_OK);
            assert_int_equal(ps_reader_peek(reader, 6, &data, &size, &error), PARSUM_OK);
            assert_int_equal(ps_compression_of_bytes(data, size), compression);
            assert_int_equal(ps_reader_decompress(reader, compression, &error), PARSUM_OK);
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

static void what_cannot_be_opened(void **state) {
    (void)state;
    ps_reader *const untouched = (ps_reader *)&untouched;
    ps_reader *reader = untouched;
    parsum_error error;
    char path[64];
    test_path(path, sizeof path, "nothing");
    assert_int_equal(ps_reader_open(path, &reader, &error), PARSUM_BAD_INPUT);
    test_assert_message(&error, "nothing is not there (No such file or directory)");
    assert_int_equal(ps_reader_open(test_folder, &reader, &error), PARSUM_BAD_INPUT);
    test_assert_message(&error, "is a folder");
    test_path(path, sizeof path, "file");
    test_write_file(path, "1", 1);
    strcat(path, "/under");
    assert_int_equal(ps_reader_open(path, &reader, &error), PARSUM_BAD_INPUT);
    test_assert_message(&error, "is not there (Not a directory)");
    assert_int_equal(ps_reader_open("", &reader, &error), PARSUM_BAD_INPUT);
    test_path(path, sizeof path, "file");
    if (geteuid() != 0) {
        chmod(path, 0);
        assert_int_equal(ps_reader_open(path, &reader, &error), PARSUM_BAD_INPUT);
        test_assert_message(&error, "cannot be opened");
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
    test_assert_message(&error, "/proc/self/mem cannot be read at byte 0 (");
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
    for (ps_compression compression = PS_COMPRESSION_NONE; compression <= PS_COMPRESSION_ZSTD;
         compression++) {
        test_bytes packed = compress_in_parts(&plain, compression, 3, &random);
        slow_writer writer = {.descriptor = -1, .path = path, .bytes = &packed};
        assert_int_equal(mkfifo(path, 0600), 0);
        read_from_slow_writer(path, &writer, compression, &plain);
        unlink(path);
        for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
            int ends[2];
            assert_int_equal(pipe(ends), 0);
            if (nonblocking)
                fcntl(ends[0], F_SETFL, O_NONBLOCK);
            const int kept = replace_input(ends[0]);
            writer = (slow_writer){.descriptor = ends[1], .bytes = &packed};
            read_from_slow_writer("-", &writer, compression, &plain);
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
    test_assert_message(&error, "standard input is a folder");
    restore_input(kept);
    kept = dup(STDIN_FILENO);
    close(STDIN_FILENO);
    assert_int_equal(ps_reader_open("-", &reader, &error), PARSUM_BAD_INPUT);
    test_assert_message(&error, "standard input cannot be read (Bad file descriptor)");
    restore_input(kept);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bytes_in_any_pieces),
        cmocka_unit_test(what_cannot_be_opened),
        cmocka_unit_test(read_errors_are_said),
        cmocka_unit_test(regular_files),
        cmocka_unit_test(slow_pipes),
        cmocka_unit_test(standard_input),
        cmocka_unit_test(peeking_the_most),
        cmocka_unit_test(test_folder_is_empty),
    };
    return cmocka_run_group_tests(tests, test_folder_make, NULL);
}
