/* replay.c - runs a fuzz target over every file of the folders given. A file named good-* must be accepted, one named bad-*
 * refused; of others nothing is known but that the target's laws hold. A folder without files is a mistake. */
#include <dirent.h>
#include <string.h>

#include "fuzz.h"

enum { FILE_MAX = 1 << 20, PATH_SIZE = 4096 };

static int fail(const char *path, const char *what) {
    fprintf(stderr, "%s: %s\n", path, what);
    return EXIT_FAILURE;
}

/* The bytes lie in an allocation of their size, so that a sanitizer sees a read behind them. */
static int replay_file(const char *path, const char *name) {
    FILE *const file = fopen(path, "rb");
    unsigned char *const buffer = malloc(FILE_MAX);
    if (file == NULL || buffer == NULL)
        return fail(path, "cannot be read");
    const size_t size = fread(buffer, 1, FILE_MAX, file);
    fclose(file);
    unsigned char *const data = malloc(size + (size == 0));
    if (data == NULL)
        return fail(path, "no memory");
    memcpy(data, buffer, size);
    free(buffer);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    if (strncmp(name, "good-", 5) == 0 && !fuzz_accepted)
        return fail(path, "refused");
    if (strncmp(name, "bad-", 4) == 0 && fuzz_accepted)
        return fail(path, "accepted");
    return EXIT_SUCCESS;
}

static int replay_folder(const char *folder) {
    DIR *const opened = opendir(folder);
    int status = EXIT_SUCCESS, count = 0;
    if (opened == NULL)
        return fail(folder, "cannot be opened");
    for (struct dirent *entry; (entry = readdir(opened)) != NULL;) {
        char path[PATH_SIZE];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (replay_file(path, entry->d_name) != EXIT_SUCCESS)
            status = EXIT_FAILURE;
        count++;
    }
    closedir(opened);
    printf("%s: %d files\n", folder, count);
    return count == 0 ? fail(folder, "holds no files") : status;
}

int main(int argument_count, char **arguments) {
    int status = argument_count > 1 ? EXIT_SUCCESS : fail("usage", "replay FOLDER...");
    for (int i = 1; i < argument_count; i++) {
        if (replay_folder(arguments[i]) != EXIT_SUCCESS)
            status = EXIT_FAILURE;
    }
    return status;
}
