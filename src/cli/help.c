/* help.c - the help, the man page and the completion, all from the tables of commands and options. */
#include <string.h>

#include "cli/settings.h"

static const char usage_input[] =
    "INPUT is a half-open range of integers A:B or A:B:STEP, from -2^63 to "
    "2^64-1 (after -- where A is negative), a file (.npy, raw numbers, delimited or "
    "plain text; gzip and zstd too), or - for standard input. "
    "Several INPUTs are one list. No INPUT: 1:100000000.";

static const struct {
    int status;
    const char *meaning;
} exit_statuses[] = {
    {0, "done"},
    {1, "failed at run time"},
    {2, "usage"},
    {3, "the answer and its verification differ"},
    {4, "no matching device"},
    {5, "bad input"},
    {6, "the device failed its self-test"},
};

static const struct {
    const char *name, *meaning;
} variables[] = {
    {"PARSUM_DEVICE", "the default of --device"},
    {"PARSUM_ISA", "lowers the CPU path: portable, avx2, avx512 or avx512ifma"},
    {"PARSUM_DRIVER_SECONDS", "the most that an OpenCL driver may take to be listed (60)"},
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Prints text in lines of at most width columns, the second and later ones indented. */
static void print_wrapped(FILE *stream, const char *text, size_t indent, size_t width) {
    size_t column = indent;
    while (*text != '\0') {
        const size_t word = strcspn(text, " ");
        if (column > indent && column + 1 + word > width) {
            fprintf(stream, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            fputc(' ', stream);
            column++;
        }
        fprintf(stream, "%.*s", (int)word, text);
        column += word;
        text += word + (text[word] == ' ');
    }
    fputc('\n', stream);
}

static void print_option(FILE *stream, const option_row *row) {
    enum { HELP_COLUMN = 30, WIDTH = 100 };
    char flags[64];
    char letter[8] = "    ";
    if (row->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    snprintf(flags, sizeof flags, "  %s--%s%s%s", letter, row->name, row->argument ? "=" : "",
             row->argument ? row->argument : "");
    fprintf(stream, "%-*s", HELP_COLUMN, flags);
    print_wrapped(stream, row->help, HELP_COLUMN, WIDTH);
}

void help_print(FILE *stream, const ps_command *command) {
    const unsigned mask = command != NULL ? command->bit : COMMAND_ALL;
    fputs("parsum-cl " PARSUM_VERSION ": exact parallel sums, the same bits on every processor\n\n", stream);
    for (size_t i = 0; i < command_count; i++)
        fprintf(stream, "%s parsum-cl %-8s [OPTIONS] %-11s %s\n", i == 0 ? "usage:" : "      ",
                commands[i].name, commands[i].operands, commands[i].summary);
    fputs("       `sum` may be left out.\n\n", stream);
    print_wrapped(stream, usage_input, 0, 100);
    fprintf(stream, "\nOptions of %s:\n", command != NULL ? command->name : "all commands");
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].commands & mask)
            print_option(stream, &option_rows[i]);
    }
    fputs("\nEnvironment:\n", stream);
    for (size_t i = 0; i < COUNT(variables); i++)
        fprintf(stream, "  %-22s %s\n", variables[i].name, variables[i].meaning);
    fputs("\nExit status:\n", stream);
    for (size_t i = 0; i < COUNT(exit_statuses); i++)
        fprintf(stream, "  %d  %s\n", exit_statuses[i].status, exit_statuses[i].meaning);
}

/* Text for roff: hyphens and backslashes as such, and no line that begins like a request. */
static void print_roff(FILE *stream, const char *text) {
    if (*text == '.' || *text == '\'')
        fputs("\\&", stream);
    for (; *text != '\0'; text++)
        fprintf(stream, *text == '-' ? "\\-" : *text == '\\' ? "\\e" : "%c", *text);
}

void help_print_man(FILE *stream) {
    fputs(".TH PARSUM\\-CL 1 \"\" \"parsum " PARSUM_VERSION "\"\n.SH NAME\n", stream);
    fputs("parsum\\-cl \\- exact parallel sums, the same bits on every processor\n.SH SYNOPSIS\n", stream);
    for (size_t i = 0; i < command_count; i++)
        fprintf(stream, ".B parsum\\-cl %s\n[OPTIONS] %s\n.br\n", commands[i].name, commands[i].operands);
    fputs(".SH DESCRIPTION\n", stream);
    for (size_t i = 0; i < command_count; i++)
        fprintf(stream, ".TP\n.B %s\n%s\n", commands[i].name, commands[i].summary);
    fputs(".PP\n", stream);
    print_roff(stream, usage_input);
    fputs("\n.SH OPTIONS\n", stream);
    for (size_t i = 0; i < option_row_count; i++) {
        const option_row *row = &option_rows[i];
        if (row->commands == 0)
            continue;
        fputs(".TP\n.B ", stream);
        if (row->letter != 0)
            fprintf(stream, "\\-%c, ", row->letter);
        fputs("\\-\\-", stream);
        print_roff(stream, row->name);
        fprintf(stream, "%s%s\n", row->argument ? "=" : "", row->argument ? row->argument : "");
        print_roff(stream, row->help);
        fputc('\n', stream);
    }
    fputs(".SH ENVIRONMENT\n", stream);
    for (size_t i = 0; i < COUNT(variables); i++)
        fprintf(stream, ".TP\n.B %s\n%s\n", variables[i].name, variables[i].meaning);
    fputs(".SH EXIT STATUS\n", stream);
    for (size_t i = 0; i < COUNT(exit_statuses); i++)
        fprintf(stream, ".TP\n.B %d\n%s\n", exit_statuses[i].status, exit_statuses[i].meaning);
}

void help_print_completion(FILE *stream) {
    fputs("_parsum_cl() {\n    local word=${COMP_WORDS[COMP_CWORD]}\n    COMPREPLY=($(compgen -W \"", stream);
    for (size_t i = 0; i < command_count; i++)
        fprintf(stream, "%s ", commands[i].name);
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].commands != 0)
            fprintf(stream, "--%s%s ", option_rows[i].name, option_rows[i].argument ? "=" : "");
    }
    fputs("\" -- \"$word\"))\n    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace\n}\n", stream);
    fputs("complete -F _parsum_cl parsum-cl\n", stream);
}
