/* settings.h - what the command line says, after it was checked: one struct for all commands. */
#ifndef PS_SETTINGS_H
#define PS_SETTINGS_H

#include <stdio.h>

#include "parsum.h"

typedef enum output_format { FORMAT_DEFAULT, FORMAT_JSON, FORMAT_CSV, FORMAT_MARKDOWN } output_format;
typedef enum progress_mode { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER } progress_mode;

typedef struct ps_settings ps_settings;

/* A row of the table of commands. */
typedef struct ps_command {
    const char *name;
    const char *operands; /* as the help shows them */
    const char *summary;
    unsigned bit; /* which options it takes: option_row.commands */
    int (*run)(const ps_settings *settings);
} ps_command;

enum { COMMAND_SUM = 1, COMMAND_COMPARE = 2, COMMAND_DEVICES = 4, COMMAND_ALL = 7 };
extern const ps_command commands[];
extern const size_t command_count;

/* The command called name; NULL where there is none. */
const ps_command *command_find(const char *name);

struct ps_settings {
    const ps_command *command;
    parsum_options options;
    parsum_statistic order[PARSUM_STATISTIC_COUNT]; /* statistics in the order asked for */
    size_t order_count;
    bool runs_given, warmup_given, verify_given;
    output_format format;
    bool quiet;
    bool test;     /* devices --test */
    bool finished; /* --help, --version: already answered */
    progress_mode progress;
    parsum_range *ranges;
    size_t range_count;
    bool default_range; /* no INPUT was given */
};

/* Reads the command line and the environment. On failure error holds one sentence. settings_free after either. */
parsum_status settings_parse(ps_settings *settings, int argc, char **argv, parsum_error *error);
void settings_free(ps_settings *settings);

/* One row per option: the source of parsing, help, man page and completions. */
typedef struct option_row {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* NULL: takes none */
    unsigned commands;    /* mask of COMMAND_ */
    const char *help;
    parsum_status (*apply)(ps_settings *settings, const char *value, parsum_error *error);
} option_row;
extern const option_row option_rows[];
extern const size_t option_row_count;

/* Writes the help of a command (NULL: of the program), the man page or the bash completion. */
void help_print(FILE *stream, const ps_command *command);
void help_print_man(FILE *stream);
void help_print_completion(FILE *stream);

/* The candidate nearest to text by edit distance; NULL where none is near. names ends with NULL. */
const char *suggest(const char *text, const char *const *names);

#endif
