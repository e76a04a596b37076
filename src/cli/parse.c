/* parse.c - argv and the environment to settings, by the table of options. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/settings.h"

enum { OPTIONS_MAX = 64, FIRST_LONG_VALUE = 1000 };

/* getopt's two forms of the table of options. */
typedef struct getopt_tables {
    struct option longs[OPTIONS_MAX];
    char shorts[2 * OPTIONS_MAX + 2];
} getopt_tables;

static void fill_tables(getopt_tables *tables) {
    size_t used = 0;
    memset(tables, 0, sizeof *tables);
    tables->shorts[used++] = ':'; /* a missing argument is told from an unknown option */
    for (size_t i = 0; i < option_row_count; i++) {
        const option_row *row = &option_rows[i];
        tables->longs[i] = (struct option){row->name, row->argument ? required_argument : no_argument, NULL,
                                           FIRST_LONG_VALUE + (int)i};
        if (row->letter != 0) {
            tables->shorts[used++] = row->letter;
            if (row->argument != NULL)
                tables->shorts[used++] = ':';
        }
    }
}

static const option_row *row_of(int value) {
    if (value >= FIRST_LONG_VALUE)
        return &option_rows[value - FIRST_LONG_VALUE];
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].letter == value && value != 0)
            return &option_rows[i];
    }
    return NULL;
}

static parsum_status fail_unknown(const char *word, parsum_error *error) {
    const char *names[OPTIONS_MAX + 1] = {NULL};
    char typed[64];
    if (word[0] == '-' && word[1] != '-')
        return ps_fail(error, PARSUM_USAGE,
                       "'%s' is no option; put -- before a range that begins below zero, and see --help",
                       word);
    for (size_t i = 0; i < option_row_count; i++)
        names[i] = option_rows[i].name;
    snprintf(typed, sizeof typed, "%.*s", (int)strcspn(word + 2, "="), word + 2);
    const char *nearest = suggest(typed, names);
    if (nearest != NULL)
        return ps_fail(error, PARSUM_USAGE, "'%s' is no option; did you mean '--%s'?", word, nearest);
    return ps_fail(error, PARSUM_USAGE, "'%s' is no option; see --help", word);
}

static parsum_status fail_option(int value, char **argv, parsum_error *error) {
    const char *word = argv[optind - 1];
    const option_row *row = row_of(optopt);
    if (value == ':')
        return ps_fail(error, PARSUM_USAGE, "'%s' needs a value: --%s=%s", word, row->name, row->argument);
    if (row != NULL && row->argument == NULL && strchr(word, '=') != NULL)
        return ps_fail(error, PARSUM_USAGE, "'%s' takes no value; write --%s", word, row->name);
    if (optopt != 0 && optopt < FIRST_LONG_VALUE) {
        /* An unknown letter, maybe inside a group: then getopt has not moved on from its word. */
        const char *group =
            argv[optind] != NULL && argv[optind][0] == '-' && strchr(argv[optind], optopt) != NULL
                ? argv[optind]
                : word;
        return fail_unknown(group, error);
    }
    return fail_unknown(word, error);
}

/* Applies every option; operands are gathered by getopt's permutation behind them. Help waits for the command. */
static parsum_status apply_options(ps_settings *settings, int argc, char **argv, unsigned *used_commands,
                                   const option_row **used_row, parsum_error *error) {
    getopt_tables tables;
    fill_tables(&tables);
    opterr = 0;
    optind = 0;
    int value;
    while ((value = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
        if (value == '?' || value == ':')
            return fail_option(value, argv, error);
        const option_row *row = row_of(value);
        if (row->argument != NULL && optarg[0] == '\0')
            return ps_fail(error, PARSUM_USAGE, "'--%s=' has no value; write --%s=%s, %s", row->name,
                           row->name, row->argument, row->help);
        const parsum_status status = row->apply(settings, optarg, error);
        if (status != PARSUM_OK || settings->finished)
            return status;
        if (row->of_input)
            settings->input_option = row;
        if (row->commands != 0 && !(row->commands & settings->command->bit)) {
            *used_commands = row->commands;
            *used_row = row;
        }
    }
    return PARSUM_OK;
}

/* The first operand, where it names a command. Found before options are applied, since they depend on it. */
static const ps_command *find_command(int argc, char **argv) {
    getopt_tables tables;
    fill_tables(&tables);
    opterr = 0;
    optind = 0;
    int value;
    /* Going on where a value is missing, at the end of argv, getopt would move that option before the operands, and one of
     * them would be its value the next time. */
    while ((value = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1 && value != ':')
        continue;
    return optind < argc ? command_find(argv[optind]) : NULL;
}

/* A file that is not there may be a mistyped command or range. */
static parsum_status fail_missing(const char *text, parsum_error *error) {
    const char *names[8] = {NULL};
    for (size_t i = 0; i < command_count; i++)
        names[i] = commands[i].name;
    const char *nearest = suggest(text, names);
    if (nearest != NULL)
        return ps_fail(error, PARSUM_BAD_INPUT, "'%s' is not there; did you mean the command '%s'?", text,
                       nearest);
    return ps_fail(error, PARSUM_BAD_INPUT,
                   "'%s' is not there; name a file, - for standard input, or a range such as 1:1000", text);
}

/* Ranges are checked before anything is opened; a word with a colon that is no file is meant as one. */
static parsum_status check_input(const char *text, parsum_error *error) {
    parsum_range range;
    if (parsum_input_is_range(text))
        return parsum_range_parse(text, &range, error);
    if (strcmp(text, "-") == 0 || access(text, F_OK) == 0)
        return PARSUM_OK;
    return strchr(text, ':') != NULL && strchr(text, '/') == NULL ? parsum_range_parse(text, &range, error)
                                                                  : fail_missing(text, error);
}

static parsum_status read_inputs(ps_settings *settings, const char *const *inputs, size_t count,
                                 parsum_error *error) {
    static const char *const default_inputs[] = {"1:100000000"};
    bool ranges = true;
    if (count == 0 && settings->input_option != NULL)
        return ps_fail(error, PARSUM_USAGE,
                       "'--%s' speaks of a file or pipe, and none is named; for standard input write -",
                       settings->input_option->name);
    for (size_t i = 0; i < count; i++) {
        const parsum_status status = check_input(inputs[i], error);
        if (status != PARSUM_OK)
            return status;
        ranges = ranges && parsum_input_is_range(inputs[i]);
    }
    if (ranges && settings->input_option != NULL)
        return ps_fail(error, PARSUM_USAGE, "'--%s' speaks of a file or pipe, not of ranges; leave it out",
                       settings->input_option->name);
    settings->default_range = count == 0;
    settings->lists = !ranges;
    settings->inputs = count == 0 ? default_inputs : inputs;
    settings->input_count = count == 0 ? 1 : count;
    if (settings->order_count == 0) {
        settings->order[settings->order_count++] = ranges ? PARSUM_SUMSQ : PARSUM_SUM;
        settings->options.statistics = PARSUM_MASK(settings->order[0]);
    }
    return PARSUM_OK;
}

static parsum_status read_files(ps_settings *settings, const char *const *files, size_t count,
                                parsum_error *error) {
    settings->inputs = files;
    settings->input_count = count;
    if (count > 0)
        return PARSUM_OK;
    return ps_fail(error, PARSUM_USAGE, "merge takes the files that `parsum-cl sum --partial=FILE` saved");
}

/* What options mean together, and the environment's defaults. */
static parsum_status complete(ps_settings *settings, parsum_error *error) {
    parsum_options *options = &settings->options;
    const bool names_engine = strcmp(options->engine, "auto") != 0;
    const char *isa = getenv("PARSUM_ISA");
    const char *device = getenv("PARSUM_DEVICE");
    const char *seconds = getenv("PARSUM_DRIVER_SECONDS");
    if (isa != NULL && isa[0] != '\0')
        options->isa = isa;
    const bool compares = settings->command->bit == COMMAND_COMPARE, names_device = options->device != NULL;
    if (!names_device && device != NULL && device[0] != '\0' &&
        (!names_engine || strcmp(options->engine, "opencl") == 0))
        options->device = device;
    if (!names_engine && (names_device || (options->no_fp64 && !compares)))
        options->engine = "opencl";
    if (compares) {
        options->runs = settings->runs_given ? options->runs : 5;
        options->warmup = settings->warmup_given ? options->warmup : 1;
    }
    if ((options->work_group_size > 0 || options->no_fp64) && names_engine &&
        strcmp(options->engine, "opencl") != 0)
        return ps_fail(error, PARSUM_USAGE,
                       "--%s speaks of an OpenCL device, not of the engine '%s'; leave one of them out",
                       options->no_fp64 ? "no-fp64" : "work-group-size", options->engine);
    settings->driver_seconds = 60;
    if (seconds != NULL && seconds[0] != '\0' &&
        parse_unsigned(seconds, "PARSUM_DRIVER_SECONDS", 1, 86400, &settings->driver_seconds, error) !=
            PARSUM_OK)
        return PARSUM_USAGE;
    const char *isa_name;
    return parsum_isa_select(options->isa, &isa_name, error);
}

parsum_status settings_parse(ps_settings *settings, int argc, char **argv, parsum_error *error) {
    memset(settings, 0, sizeof *settings);
    parsum_options_init(&settings->options);
    settings->input_options.map_files = true;
    settings->tasks = 12;
    settings->count = 10000000;
    const ps_command *named = find_command(argc, argv);
    settings->command = named != NULL ? named : &commands[0];
    unsigned other_commands = 0;
    const option_row *other_row = NULL;
    parsum_status status = apply_options(settings, argc, argv, &other_commands, &other_row, error);
    if (status != PARSUM_OK || settings->finished)
        return status;
    if (other_row != NULL) {
        for (size_t i = 0; i < command_count; i++) {
            if (other_commands & commands[i].bit)
                return ps_fail(error, PARSUM_USAGE,
                               "'--%s' does not go with '%s'; it goes with 'parsum-cl %s'", other_row->name,
                               settings->command->name, commands[i].name);
        }
    }
    char **operands = argv + optind + (named != NULL);
    const size_t operand_count = (size_t)(argc - optind) - (named != NULL);
    if (settings->command->bit == COMMAND_DEVICES && operand_count > 0)
        return ps_fail(error, PARSUM_USAGE, "'%s' has no place behind 'devices'; name a device by --device",
                       operands[0]);
    const char *const *words = (const char *const *)operands;
    if (settings->command->bit == COMMAND_STUDY && operand_count > 0)
        return ps_fail(
            error, PARSUM_USAGE,
            "'%s' has no place behind 'study', which reads no INPUT; --tasks and --count say what is done",
            operands[0]);
    if (settings->command->bit == COMMAND_STUDY)
        return complete(settings, error);
    if (settings->command->bit == COMMAND_MERGE)
        return read_files(settings, words, operand_count, error);
    status = read_inputs(settings, words, operand_count, error);
    if (status == PARSUM_OK)
        status = complete(settings, error);
    return status;
}
