/* fault_scenarios.c - the runs, their files and their answers, which plain loops give. */
#include "fault_scenarios.h"

#include <dirent.h>
#include <inttypes.h>

#include "reader_support.h"

enum { COUNT = 4000, RANGE_END = 5000, CHUNK = 997, VALUES = 3 };

const fault_scenario fault_scenarios[] = {
    {"range, serial", FAULT_WAY_RANGE, "serial", NULL, false},
    {"range, pthread", FAULT_WAY_RANGE, "pthread", NULL, false},
    {"range, fork", FAULT_WAY_RANGE, "fork", NULL, false},
    {"range, pthread, verified", FAULT_WAY_RANGE, "pthread", NULL, true},
    {"array, pthread", FAULT_WAY_ARRAY, "pthread", NULL, false},
    {"array, fork, verified", FAULT_WAY_ARRAY, "fork", NULL, true},
    {"stream, pthread", FAULT_WAY_STREAM, "pthread", NULL, false},
    {".npy mapped, serial", FAULT_WAY_FILE, "serial", "list.npy", false},
    {".npy mapped, fork", FAULT_WAY_FILE, "fork", "list.npy", false},
    {".npy read, pthread", FAULT_WAY_READ, "pthread", "list.npy", false},
    {".npy read, fork", FAULT_WAY_READ, "fork", "list.npy", false},
    {"doubles mapped, pthread, verified", FAULT_WAY_FILE, "pthread", "doubles.npy", true},
    {"text mapped, serial", FAULT_WAY_FILE, "serial", "list.txt", false},
    {"text mapped, pthread, verified", FAULT_WAY_FILE, "pthread", "list.txt", true},
    {"text read, fork", FAULT_WAY_READ, "fork", "list.txt", false},
    {"columns mapped, fork", FAULT_WAY_FILE, "fork", "table.csv", false},
    {"columns read, serial", FAULT_WAY_READ, "serial", "table.csv", false},
    {"gzip, serial", FAULT_WAY_FILE, "serial", "list.txt.gz", false},
    {"gzip, fork", FAULT_WAY_FILE, "fork", "list.txt.gz", false},
    {"gzip of .npy, pthread, verified", FAULT_WAY_FILE, "pthread", "list.npy.gz", true},
    {"zstd, pthread", FAULT_WAY_FILE, "pthread", "list.txt.zst", false},
    {"zstd of .npy, fork", FAULT_WAY_FILE, "fork", "list.npy.zst", false},
    {"pipe of text, serial", FAULT_WAY_PIPE, "serial", "list.txt", false},
    {"pipe of .npy, pthread, verified", FAULT_WAY_PIPE, "pthread", "list.npy", true},
    {"pipe of gzip, fork", FAULT_WAY_PIPE, "fork", "list.txt.gz", false},
    {"two files, pthread", FAULT_WAY_TWO, "pthread", "list.txt", false},
    {"reference of doubles", FAULT_WAY_REFERENCE, "serial", "doubles.npy", false},
    {"reference of gzip", FAULT_WAY_REFERENCE, "serial", "list.npy.gz", false},
    {"dot, serial", FAULT_WAY_DOT, "serial", "list.npy", false},
    {"dot of doubles, fork", FAULT_WAY_DOT, "fork", "doubles.npy", false},
    {"partial saved", FAULT_WAY_SAVE, "serial", "saved.partial", false},
    {"partials merged", FAULT_WAY_MERGE, "serial", "kept.partial", false},
    {"accumulator", FAULT_WAY_ACCUMULATOR, "serial", NULL, false},
};
const size_t fault_scenario_count = sizeof fault_scenarios / sizeof fault_scenarios[0];

static int32_t numbers[COUNT];
static double doubles[COUNT];
static unsigned file_count;

/* ---- answers */

static const uint32_t sums = PARSUM_MASK(PARSUM_COUNT) | PARSUM_MASK(PARSUM_SUM) | PARSUM_MASK(PARSUM_SUMSQ);

/* count, sum and sum of squares of the scenario's elements. */
static void find_answer(const fault_scenario *scenario, int64_t answer[VALUES]) {
    const bool range = scenario->way == FAULT_WAY_RANGE || scenario->way == FAULT_WAY_SAVE ||
                       scenario->way == FAULT_WAY_MERGE;
    const int64_t times = scenario->way == FAULT_WAY_TWO || scenario->way == FAULT_WAY_MERGE ? 2 : 1;
    const int64_t count = range ? RANGE_END : COUNT;
    memset(answer, 0, VALUES * sizeof answer[0]);
    for (int64_t i = 0; i < count; i++) {
        const int64_t element = range ? i : numbers[i];
        answer[0] += times;
        answer[1] += times * element;
        answer[2] += times * element * element;
    }
}

static bool is_right(const fault_scenario *scenario, const parsum_result *result) {
    int64_t answer[VALUES];
    char text[32];
    find_answer(scenario, answer);
    const bool dot = scenario->way == FAULT_WAY_DOT;
    if (result->value_count != (dot ? 1 : VALUES))
        return false;
    for (size_t i = 0; i < result->value_count; i++) {
        snprintf(text, sizeof text, "%" PRId64, answer[dot ? 2 : i]);
        if (strcmp(result->values[i].text, text) != 0)
            return false;
    }
    return true;
}

/* ---- files */

static void add_file(const char *name, const test_bytes *bytes) {
    char path[256];
    test_path(path, sizeof path, name);
    test_write_file(path, bytes->data, bytes->size);
}

/* The same bytes as they are, as gzip and as zstd. */
static void add_files(const char *name, test_bytes *bytes) {
    static const struct {
        const char *ending;
        ps_compression compression;
    } forms[] = {{"", PS_COMPRESSION_NONE}, {".gz", PS_COMPRESSION_GZIP}, {".zst", PS_COMPRESSION_ZSTD}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        char full[64];
        test_bytes packed = {NULL, 0};
        snprintf(full, sizeof full, "%s%s", name, forms[i].ending);
        test_bytes_add_as(&packed, forms[i].compression, bytes->data, bytes->size);
        add_file(full, &packed);
        test_bytes_clear(&packed);
    }
    test_bytes_clear(bytes);
}

static test_bytes npy_of(const char *type, const void *data, size_t size) {
    test_bytes bytes = {NULL, 0};
    char header[128];
    memcpy(header, "\x93NUMPY\x01\x00\x76\x00", 10);
    const int length = snprintf(header + 10, sizeof header - 10,
                                "{'descr': '<%s', 'fortran_order': False, 'shape': (%d,), }", type, COUNT);
    memset(header + 10 + length, ' ', sizeof header - 11 - (size_t)length);
    header[sizeof header - 1] = '\n';
    test_bytes_add(&bytes, header, sizeof header);
    test_bytes_add(&bytes, data, size);
    return bytes;
}

static void make_lists(void) {
    test_bytes text = {NULL, 0}, table = {NULL, 0}, npy;
    char line[64];
    test_bytes_add(&table, "id,value\n", strlen("id,value\n"));
    for (int i = 0; i < COUNT; i++) {
        numbers[i] = i * 7919 % 2003 - 1000;
        doubles[i] = numbers[i];
        test_bytes_add(&text, line, (size_t)snprintf(line, sizeof line, "%d\n", numbers[i]));
        test_bytes_add(&table, line, (size_t)snprintf(line, sizeof line, "\"a,%d\",%d\n", i, numbers[i]));
    }
    add_files("list.txt", &text);
    add_file("table.csv", &table);
    test_bytes_clear(&table);
    npy = npy_of("i4", numbers, sizeof numbers);
    add_files("list.npy", &npy);
    npy = npy_of("f8", doubles, sizeof doubles);
    add_files("doubles.npy", &npy);
}

static unsigned count_files(void) {
    unsigned count = 0;
    DIR *folder = opendir(test_folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return count;
}

int fault_files_make(void **state) {
    static const fault_scenario kept = {"kept", FAULT_WAY_SAVE, "serial", "kept.partial", false};
    static const fault_scenario saved = {"saved", FAULT_WAY_SAVE, "serial", "saved.partial", false};
    static fault_run run;
    if (test_folder_make(state) != 0)
        return 1;
    make_lists();
    fault_scenario_run(&kept, NULL, &run);
    fault_scenario_run(&saved, NULL, &run);
    file_count = count_files();
    return run.right ? 0 : 1;
}

int fault_files_remove(void **state) {
    char path[512];
    (void)state;
    DIR *folder = opendir(test_folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        test_path(path, sizeof path, entry->d_name);
        unlink(path);
    }
    closedir(folder);
    return rmdir(test_folder);
}

bool fault_files_are_whole(void) {
    char path[256];
    const char *const paths[] = {path};
    parsum_result *result = NULL;
    test_path(path, sizeof path, "saved.partial");
    const bool whole = parsum_merge(paths, 1, 0, false, &result, NULL) == PARSUM_OK;
    parsum_result_destroy(result);
    return whole && count_files() == file_count;
}

/* ---- runs */

static parsum_options options_of(const fault_scenario *scenario, fault_run *run) {
    parsum_options options;
    parsum_options_init(&options);
    options.engine = scenario->engine;
    options.workers = FAULT_WORKERS;
    options.chunk = CHUNK;
    options.statistics = scenario->way == FAULT_WAY_DOT ? PARSUM_MASK(PARSUM_DOT) : sums;
    options.verify = scenario->verified ? PARSUM_VERIFY_REFERENCE : PARSUM_VERIFY_NONE;
    options.notice = test_notices_add;
    options.user = &run->notices;
    return options;
}

/* A pipe that holds the file's bytes and has ended; its descriptor. */
static int make_pipe(const char *path) {
    int ends[2];
    char bytes[1 << 16];
    FILE *file = fopen(path, "rb");
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (pipe(ends) != 0 || write(ends[1], bytes, size) != (ssize_t)size)
        abort();
    close(ends[1]);
    return ends[0];
}

static parsum_status reduce_stream(parsum_context *context, parsum_result **result, parsum_error *error) {
    enum { PIECE = COUNT / 4 };
    parsum_stream *stream = NULL;
    const parsum_status status = parsum_stream_open(context, PARSUM_I32, &stream, error);
    if (status != PARSUM_OK)
        return status;
    for (int i = 0; i < COUNT; i += PIECE)
        parsum_stream_feed(stream, numbers + i, PIECE, NULL);
    return parsum_stream_finish(stream, result, error);
}

static parsum_status reduce(const fault_scenario *scenario, const char *path, parsum_context *context,
                            parsum_result **result, parsum_error *error) {
    const parsum_range range = {0, RANGE_END, 1};
    const parsum_array array = {.data = numbers, .type = PARSUM_I32, .count = COUNT};
    const char *const inputs[] = {path, path};
    const parsum_input_options input = {.map_files = scenario->way != FAULT_WAY_READ,
                                        .column =
                                            strcmp(path, "") != 0 && strstr(path, ".csv") ? "value" : NULL};
    const size_t input_count = scenario->way == FAULT_WAY_TWO || scenario->way == FAULT_WAY_DOT ? 2 : 1;
    if (scenario->way == FAULT_WAY_RANGE || scenario->way == FAULT_WAY_SAVE)
        return parsum_reduce_ranges(context, &range, 1, result, error);
    if (scenario->way == FAULT_WAY_ARRAY)
        return parsum_reduce_array(context, &array, result, error);
    if (scenario->way == FAULT_WAY_STREAM)
        return reduce_stream(context, result, error);
    if (scenario->way == FAULT_WAY_REFERENCE)
        return parsum_reference_inputs(context, inputs, input_count, &input, result, error);
    return parsum_reduce_inputs(context, inputs, input_count, &input, result, error);
}

static void run_engine(const fault_scenario *scenario, const char *path, fault_run *run) {
    const parsum_options options = options_of(scenario, run);
    parsum_context *context = NULL;
    parsum_result *result = NULL;
    run->status = parsum_context_create(&options, &context, &run->error);
    if (run->status == PARSUM_OK)
        run->status = reduce(scenario, path, context, &result, &run->error);
    run->touched = run->status != PARSUM_OK && result != NULL;
    if (run->status == PARSUM_OK && scenario->way == FAULT_WAY_SAVE)
        run->status = parsum_result_save(result, path, &run->error);
    run->right = run->status == PARSUM_OK && is_right(scenario, result);
    parsum_result_destroy(result);
    parsum_context_destroy(context);
}

static void run_merge(const fault_scenario *scenario, const char *path, fault_run *run) {
    const char *const paths[] = {path, path};
    parsum_result *result = NULL;
    run->status = parsum_merge(paths, 2, 0, false, &result, &run->error);
    run->touched = run->status != PARSUM_OK && result != NULL;
    run->right = run->status == PARSUM_OK && is_right(scenario, result);
    parsum_result_destroy(result);
}

static void run_accumulator(const fault_scenario *scenario, fault_run *run) {
    unsigned char bytes[PARSUM_ACCUMULATOR_SIZE_BYTES];
    parsum_accumulator *sum = NULL, *copy = NULL;
    int64_t answer[VALUES];
    find_answer(scenario, answer);
    run->status = parsum_accumulator_create(&sum, &run->error);
    if (run->status == PARSUM_OK) {
        parsum_accumulator_add_array(sum, doubles, COUNT);
        parsum_accumulator_serialise(sum, bytes);
        run->status = parsum_accumulator_deserialise(bytes, sizeof bytes, &copy, &run->error);
    }
    if (run->status == PARSUM_OK)
        run->status = parsum_accumulator_merge(sum, copy, &run->error);
    run->touched = run->status != PARSUM_OK && copy != NULL;
    run->right = run->status == PARSUM_OK && parsum_accumulator_round(sum) == 2.0 * (double)answer[1];
    parsum_accumulator_destroy(sum);
    parsum_accumulator_destroy(copy);
}

void fault_scenario_run(const fault_scenario *scenario, const fault_plan *plan, fault_run *run) {
    char path[256] = "";
    int pipe_end = -1;
    memset(run, 0, sizeof *run);
    if (scenario->file != NULL)
        test_path(path, sizeof path, scenario->file);
    if (scenario->way == FAULT_WAY_PIPE) {
        pipe_end = make_pipe(path);
        snprintf(path, sizeof path, "/dev/fd/%d", pipe_end);
    }
    if (plan != NULL)
        fault_start(plan);
    if (scenario->way == FAULT_WAY_MERGE)
        run_merge(scenario, path, run);
    else if (scenario->way == FAULT_WAY_ACCUMULATOR)
        run_accumulator(scenario, run);
    else
        run_engine(scenario, path, run);
    if (plan != NULL)
        run->outcome = fault_stop();
    if (pipe_end >= 0)
        close(pipe_end);
}
