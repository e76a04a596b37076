/* settings.h - what the command line says, after it was checked: one struct for all commands. */
#ifndef PS_SETTINGS_H
#define PS_SETTINGS_H

#include <stdio.h>

#include "parsum.h"

typedef enum output_format { FORMAT_DEFAULT, FORMAT_JSON, FORMAT_CSV, FORMAT_MARKDOWN } output_format;
typedef enum progress_mode { PROGRESS_AUTO, PROGRESS_ALWAYS, PROGRESS_NEVER } progress_mode;

typedef struct ps_settings ps_settings;
typedef struct option_row option_row;

/* A row of the table of commands. */
typedef struct ps_command {
    const char *name;
    const char *operands; /* as the help shows them */
    const char *summary;
    unsigned bit; /* which options it takes: option_row.commands */
    int (*run)(const ps_settings *settings);
} ps_command;

enum {
    COMMAND_SUM = 1,
    COMMAND_COMPARE = 2,
    COMMAND_DEVICES = 4,
    COMMAND_MERGE = 8,
    COMMAND_STUDY = 16,
    COMMAND_ALL = 31
};
extern const ps_command commands[];
extern const size_t command_count;

/* The command called name; NULL where there is none. */
const ps_command *command_find(const char *name);

struct ps_settings {
    const ps_command *command;
    parsum_options options;
    parsum_statistic order[PARSUM_STATISTIC_COUNT]; /* statistics in the order asked for */
    size_t order_count;                             /* 0 with merge: those that the files were saved for */
    bool runs_given, warmup_given;
    output_format format;
    bool quiet;
    bool test;     /* devices --test */
    bool finished; /* --help, --version: already answered */
    progress_mode progress;
    const char *const *inputs; /* ranges, files and "-"; with merge: files */
    size_t input_count;
    bool default_range; /* no INPUT was given */
    bool lists;         /* not all inputs are ranges */
    parsum_input_options input_options;
    const option_row *input_option; /* the latest that speaks of a file or pipe; NULL: none */
    const char *partial_path;       /* where to save the partial; NULL: nowhere */
    unsigned tasks;                 /* study: of its counting task */
    uint64_t count;                 /* study: what each task counts to */
    bool python;                    /* study --python */
    unsigned driver_seconds;        /* the most that an OpenCL driver may take to be listed */
    const char *html_path;          /* study: where to write the page; NULL: nowhere */
};

/* Reads the command line, which outlives settings, and the environment. On failure error holds one sentence. */
parsum_status settings_parse(ps_settings *settings, int argc, char **argv, parsum_error *error);

/* One row per option: the source of parsing, help, man page and completions. */
struct option_row {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* NULL: takes none */
    unsigned commands;    /* mask of COMMAND_ */
    const char *help;
    parsum_status (*apply)(ps_settings *settings, const char *value, parsum_error *error);
    bool of_input; /* speaks of a file or pipe, so that without INPUT it is a mistake */
};
extern const option_row option_rows[];
extern const size_t option_row_count;

/* PARSUM_USAGE with the offending word and, where there is one, the nearest right spelling of it. names ends with NULL. */
parsum_status fail_word(parsum_error *error, const char *word, const char *what, const char *const *names);

/* The whole number that text is. PARSUM_USAGE, with what it should be, where it is none from least to most. */
parsum_status parse_unsigned(const char *text, const char *what, unsigned least, unsigned most,
                             unsigned *number, parsum_error *error);

/* What the options about inputs do; rows of the table. */
parsum_status apply_format(ps_settings *settings, const char *value, parsum_error *error);
parsum_status apply_type(ps_settings *settings, const char *value, parsum_error *error);
parsum_status apply_column(ps_settings *settings, const char *value, parsum_error *error);
parsum_status apply_delimiter(ps_settings *settings, const char *value, parsum_error *error);
parsum_status apply_no_header(ps_settings *settings, const char *value, parsum_error *error);
parsum_status apply_skip_nan(ps_settings *settings, const char *value, parsum_error *error);
parsum_status apply_digits(ps_settings *settings, const char *value, parsum_error *error);
parsum_status apply_partial(ps_settings *settings, const char *value, parsum_error *error);

/* Writes the help of a command (NULL: of the program), the man page or the bash completion. */
void help_print(FILE *stream, const ps_command *command);
void help_print_man(FILE *stream);
void help_print_completion(FILE *stream);

/* The candidate nearest to text by edit distance; NULL where none is near. names ends with NULL. */
const char *suggest(const char *text, const char *const *names);

#endif
