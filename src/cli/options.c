/* options.c - the table of options, and what each does to the settings. Knows nothing of how commands run. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/settings.h"
#include "study/study.h"

parsum_status fail_word(parsum_error *error, const char *word, const char *what, const char *const *names) {
    char list[256] = "";
    for (size_t i = 0; names[i] != NULL; i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i == 0 ? "" : ", ", names[i]);
    const char *nearest = suggest(word, names);
    if (nearest != NULL)
        return ps_fail(error, PARSUM_USAGE, "'%s' is no %s; did you mean '%s'? There are: %s", word, what,
                       nearest, list);
    return ps_fail(error, PARSUM_USAGE, "'%s' is no %s; there are: %s", word, what, list);
}

static parsum_status parse_number(const char *text, const char *what, uint64_t least, uint64_t most,
                                  uint64_t *number, parsum_error *error) {
    char *end = NULL;
    errno = 0;
    const unsigned long long value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || value < least || value > most)
        return ps_fail(error, PARSUM_USAGE, "'%s' is no %s; it is a whole number from %llu to %llu", text,
                       what, (unsigned long long)least, (unsigned long long)most);
    *number = value;
    return PARSUM_OK;
}

parsum_status parse_unsigned(const char *text, const char *what, unsigned least, unsigned most,
                             unsigned *number, parsum_error *error) {
    uint64_t value = 0;
    const parsum_status status = parse_number(text, what, least, most, &value, error);
    if (status == PARSUM_OK)
        *number = (unsigned)value;
    return status;
}

static parsum_status apply_engine(ps_settings *settings, const char *value, parsum_error *error) {
    const char *names[16] = {"auto"};
    for (size_t i = 0; i + 2 < sizeof names / sizeof names[0] && parsum_engine_name(i) != NULL; i++)
        names[i + 1] = parsum_engine_name(i);
    /* The library knows more than it lists: the test program has engines of its own. */
    parsum_options probe = settings->options;
    parsum_context *context = NULL;
    probe.engine = value;
    probe.device = NULL;
    const parsum_status status = parsum_context_create(&probe, &context, error);
    if (status == PARSUM_USAGE)
        return fail_word(error, value, "engine", names);
    parsum_context_destroy(context);
    settings->options.engine = value;
    return status;
}

static parsum_status apply_device(ps_settings *settings, const char *value, parsum_error *error) {
    (void)error;
    settings->options.device = value;
    return PARSUM_OK;
}

static parsum_status apply_workers(ps_settings *settings, const char *value, parsum_error *error) {
    return parse_unsigned(value, "number of workers", 1, 4096, &settings->options.workers, error);
}

static parsum_status apply_chunk(ps_settings *settings, const char *value, parsum_error *error) {
    return parse_number(value, "number of elements for --chunk", 1, UINT64_MAX, &settings->options.chunk,
                        error);
}

static parsum_status apply_work_group_size(ps_settings *settings, const char *value, parsum_error *error) {
    uint64_t size = 0;
    const parsum_status status = parse_number(value, "work-group size", 1, UINT32_MAX, &size, error);
    settings->options.work_group_size = (size_t)size;
    return status;
}

static parsum_status apply_no_fp64(ps_settings *settings, const char *value, parsum_error *error) {
    (void)value;
    (void)error;
    settings->options.no_fp64 = true;
    return PARSUM_OK;
}

static void add_statistic(ps_settings *settings, parsum_statistic statistic) {
    if (settings->options.statistics & PARSUM_MASK(statistic))
        return;
    settings->options.statistics |= PARSUM_MASK(statistic);
    settings->order[settings->order_count++] = statistic;
}

static parsum_status fail_statistic(const char *name, parsum_error *error) {
    const char *names[PARSUM_STATISTIC_COUNT + 2] = {NULL};
    for (unsigned i = 0; i < PARSUM_STATISTIC_COUNT; i++)
        names[i] = parsum_statistic_name((parsum_statistic)i);
    names[PARSUM_STATISTIC_COUNT] = "all";
    return fail_word(error, name, "statistic", names);
}

static parsum_status apply_stat(ps_settings *settings, const char *value, parsum_error *error) {
    settings->options.statistics = 0;
    settings->order_count = 0;
    for (const char *at = value;;) {
        char name[32];
        const size_t length = strcspn(at, ",");
        snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), at);
        parsum_statistic statistic;
        if (strcmp(name, "all") == 0) {
            for (unsigned i = 0; i < PARSUM_STATISTIC_COUNT; i++) {
                if (PARSUM_MASK_ALL & PARSUM_MASK(i))
                    add_statistic(settings, (parsum_statistic)i);
            }
        } else if (parsum_statistic_find(name, &statistic)) {
            add_statistic(settings, statistic);
        } else {
            return fail_statistic(name, error);
        }
        if (at[length] == '\0')
            return PARSUM_OK;
        at += length + 1;
    }
}

static parsum_status apply_verify(ps_settings *settings, const char *value, parsum_error *error) {
    const char *names[8] = {NULL};
    for (unsigned i = 0; parsum_verify_name((parsum_verify)i) != NULL; i++) {
        names[i] = parsum_verify_name((parsum_verify)i);
        if (strcmp(value, names[i]) == 0) {
            settings->options.verify = (parsum_verify)i;
            return PARSUM_OK;
        }
    }
    return fail_word(error, value, "way to verify", names);
}

static parsum_status apply_runs(ps_settings *settings, const char *value, parsum_error *error) {
    settings->runs_given = true;
    return parse_unsigned(value, "number of runs", 1, 1000000, &settings->options.runs, error);
}

static parsum_status apply_warmup(ps_settings *settings, const char *value, parsum_error *error) {
    settings->warmup_given = true;
    return parse_unsigned(value, "number of warm-up runs", 0, 1000000, &settings->options.warmup, error);
}

static parsum_status apply_json(ps_settings *settings, const char *value, parsum_error *error) {
    (void)value;
    (void)error;
    settings->format = FORMAT_JSON;
    return PARSUM_OK;
}

static parsum_status apply_csv(ps_settings *settings, const char *value, parsum_error *error) {
    (void)value;
    (void)error;
    settings->format = FORMAT_CSV;
    return PARSUM_OK;
}

static parsum_status apply_markdown(ps_settings *settings, const char *value, parsum_error *error) {
    (void)value;
    (void)error;
    settings->format = FORMAT_MARKDOWN;
    return PARSUM_OK;
}

static parsum_status apply_quiet(ps_settings *settings, const char *value, parsum_error *error) {
    (void)value;
    (void)error;
    settings->quiet = true;
    return PARSUM_OK;
}

static parsum_status apply_test(ps_settings *settings, const char *value, parsum_error *error) {
    (void)value;
    (void)error;
    settings->test = true;
    return PARSUM_OK;
}

static parsum_status apply_progress(ps_settings *settings, const char *value, parsum_error *error) {
    static const char *const names[] = {"auto", "always", "never", NULL};
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(value, names[i]) == 0) {
            settings->progress = (progress_mode)i;
            return PARSUM_OK;
        }
    }
    return fail_word(error, value, "way to show progress", names);
}

static parsum_status apply_tasks(ps_settings *settings, const char *value, parsum_error *error) {
    return parse_unsigned(value, "number of tasks", 1, PS_STUDY_TASKS_MAX, &settings->tasks, error);
}

static parsum_status apply_count(ps_settings *settings, const char *value, parsum_error *error) {
    return parse_number(value, "number to count to", 1, PS_STUDY_COUNT_MAX, &settings->count, error);
}

static parsum_status apply_python(ps_settings *settings, const char *value, parsum_error *error) {
    (void)value;
    (void)error;
    settings->python = true;
    return PARSUM_OK;
}

static parsum_status apply_html(ps_settings *settings, const char *value, parsum_error *error) {
    (void)error;
    settings->html_path = value;
    return PARSUM_OK;
}

static parsum_status apply_kernel_dir(ps_settings *settings, const char *value, parsum_error *error) {
    (void)error;
    settings->options.kernel_dir = value;
    return PARSUM_OK;
}

static parsum_status apply_help(ps_settings *settings, const char *value, parsum_error *error) {
    (void)value;
    (void)error;
    help_print(stdout, settings->command);
    settings->finished = true;
    return PARSUM_OK;
}

static parsum_status apply_version(ps_settings *settings, const char *value, parsum_error *error) {
    (void)value;
    (void)error;
    puts("parsum-cl " PARSUM_VERSION);
    settings->finished = true;
    return PARSUM_OK;
}

static parsum_status apply_generate(ps_settings *settings, const char *value, parsum_error *error) {
    static const char *const names[] = {"man", "bash", NULL};
    settings->finished = true;
    if (strcmp(value, "man") == 0)
        help_print_man(stdout);
    else if (strcmp(value, "bash") == 0)
        help_print_completion(stdout);
    else
        return fail_word(error, value, "page to generate", names);
    return PARSUM_OK;
}

enum { REDUCE = COMMAND_SUM | COMMAND_COMPARE };

const option_row option_rows[] = {
    {"stat", 's', "LIST", REDUCE | COMMAND_MERGE,
     "statistics, in one pass: any of count sum sumsq sumabs min max mean var pvar sd psd norm2, parted by "
     "commas, or all; or dot, of two arrays (default: sumsq of ranges, sum of lists)",
     apply_stat, false},
    {"engine", 'e', "NAME", REDUCE,
     "auto, serial, pthread, fork or opencl; auto takes the best OpenCL device, or pthread where there is "
     "none; with "
     "compare: that engine alone",
     apply_engine, false},
    {"device", 'd', "SEL", REDUCE | COMMAND_DEVICES,
     "OpenCL device: auto, all, gpu, cpu, accelerator, gpu:1 (the second), P:D, or part of platform/device "
     "(default: "
     "$PARSUM_DEVICE, else auto); means --engine=opencl",
     apply_device, false},
    {"workers", 'w', "N", REDUCE | COMMAND_STUDY,
     "number of threads or processes (default: the CPUs this process may use); with study: the most that a "
     "sum is scaled to (default: twice the CPUs)",
     apply_workers, false},
    {"chunk", 0, "N", REDUCE, "elements a block at most (default: guided by what is left)", apply_chunk,
     false},
    {"work-group-size", 0, "N", REDUCE | COMMAND_DEVICES,
     "OpenCL work-items a work-group, from 1 to the kernels' maximum", apply_work_group_size, false},
    {"no-fp64", 0, NULL, REDUCE | COMMAND_DEVICES,
     "OpenCL devices sum floats in integers alone, as those without doubles do; with sum: means "
     "--engine=opencl",
     apply_no_fp64, false},
    {"verify", 0, "HOW", REDUCE,
     "auto, reference, closed-form or none; auto is the reference up to 1e9 elements, the closed form beyond",
     apply_verify, false},
    {"runs", 'r', "N", REDUCE, "timed runs, which must agree (default: 1; compare: 5)", apply_runs, false},
    {"warmup", 0, "N", REDUCE, "untimed runs before them (default: 0; compare: 1)", apply_warmup, false},
    {"format", 'f', "FORMAT", REDUCE,
     "auto, npy, raw or text; auto sees .npy files, takes names that end in .csv, .tsv or .txt for text, and "
     "else "
     "raw numbers where --type is given, text where it is not",
     apply_format, true},
    {"type", 'T', "TYPE", REDUCE, "of raw numbers: i8 i16 i32 i64 u8 u16 u32 u64 f32 or f64", apply_type,
     true},
    {"column", 'c', "COLUMN", REDUCE, "of text: a name of its header, or a number from 1", apply_column,
     true},
    {"delimiter", 'D', "BYTE", REDUCE,
     "of text: what parts fields (default: the one of , ; | and tab that does)", apply_delimiter, true},
    {"no-header", 0, NULL, REDUCE, "of text: the first line holds numbers (default: found out)",
     apply_no_header, true},
    {"skip-nan", 0, NULL, REDUCE, "leave NaNs out, and count them", apply_skip_nan, false},
    {"digits", 0, "HOW", REDUCE | COMMAND_MERGE,
     "nearest (the nearest double) or exact (all digits), of sums of floats", apply_digits, false},
    {"partial", 'p', "FILE", COMMAND_SUM, "save the exact partial result to FILE, for `parsum-cl merge`",
     apply_partial, false},
    {"json", 'j', NULL, COMMAND_ALL, "one JSON object, schema parsum/1", apply_json, false},
    {"csv", 0, NULL, COMMAND_COMPARE, "the table as comma-separated values", apply_csv, false},
    {"markdown", 0, NULL, COMMAND_COMPARE, "the table as Markdown", apply_markdown, false},
    {"tasks", 0, "N", COMMAND_STUDY, "tasks that count, in as many threads and processes (default: 12)",
     apply_tasks, false},
    {"count", 0, "N", COMMAND_STUDY, "what each task counts to (default: 10000000)", apply_count, false},
    {"python", 0, NULL, COMMAND_STUDY, "count in the threads and processes of python3, too", apply_python,
     false},
    {"html", 0, "FILE", COMMAND_STUDY, "write the study as one page of HTML to FILE, besides", apply_html,
     false},
    {"test", 't', NULL, COMMAND_DEVICES, "run the self-test of every kernel on each device", apply_test,
     false},
    {"quiet", 'q', NULL, COMMAND_ALL, "values only, and nothing on stderr but warnings", apply_quiet, false},
    {"progress", 0, "WHEN", REDUCE | COMMAND_STUDY, "auto (when stderr is a terminal), always or never",
     apply_progress, false},
    {"kernel-dir", 0, "DIR", REDUCE | COMMAND_DEVICES, "take the kernels from DIR instead of those built in",
     apply_kernel_dir, false},
    {"help", 'h', NULL, COMMAND_ALL, "this help", apply_help, false},
    {"version", 'V', NULL, COMMAND_ALL, "the version", apply_version, false},
    {"generate", 0, "PAGE", 0, "man or bash: the man page or the completion, from the table of options",
     apply_generate, false},
};
const size_t option_row_count = sizeof option_rows / sizeof option_rows[0];
