/* table.c - compare's rows and the devices as a table: plain, CSV or Markdown. A column is one line in one list. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"
#include "report/units.h"

enum { CELL_SIZE = 384, COLUMNS_MAX = 12 };

/* Cells of a table, row by row; the first row is the heading. */
typedef struct text_table {
    size_t column_count, row_count;
    char (*cells)[CELL_SIZE];
} text_table;

static char *cell(const text_table *table, size_t row, size_t column) {
    return table->cells[row * table->column_count + column];
}

/* What one column shows of a compare row with a result. exact: plain numbers, for CSV. */
typedef void column_function(const report_row *row, bool exact, char *text);

static void seconds_cell(double seconds, bool exact, char *text) {
    if (exact)
        snprintf(text, CELL_SIZE, "%.9f", seconds);
    else
        units_seconds(seconds, text);
}

static void column_engine(const report_row *row, bool exact, char *text) {
    (void)exact;
    snprintf(text, CELL_SIZE, "%s", row->engine);
}

static void column_workers(const report_row *row, bool exact, char *text) {
    (void)exact;
    if (row->result == NULL && row->device == NULL)
        snprintf(text, CELL_SIZE, "-");
    else if (row->result == NULL)
        snprintf(text, CELL_SIZE, "%s %s", row->device->selector, row->device->name);
    else if (row->result->engine.device_count == 0)
        snprintf(text, CELL_SIZE, "%u%s%s", row->result->engine.workers, row->result->engine.isa ? " x " : "",
                 row->result->engine.isa ? row->result->engine.isa : "");
    else
        for (size_t i = 0; i < row->result->engine.device_count; i++)
            snprintf(text + strlen(text), CELL_SIZE - strlen(text), "%s%s %s", i == 0 ? "" : " + ",
                     row->result->engine.devices[i].selector, row->result->engine.devices[i].name);
}

static void column_setup(const report_row *row, bool exact, char *text) {
    seconds_cell(row->result->seconds.setup, exact, text);
}

static void column_best(const report_row *row, bool exact, char *text) {
    seconds_cell(report_best(row->result), exact, text);
}

static void column_median(const report_row *row, bool exact, char *text) {
    seconds_cell(row->result->seconds.compute, exact, text);
}

static void column_rate(const report_row *row, bool exact, char *text) {
    if (exact)
        snprintf(text, CELL_SIZE, "%.0f", report_rate(row->result));
    else
        units_rate(report_rate(row->result), text);
}

static void column_speedup(const report_row *row, bool exact, char *text) {
    if (row->speedup > 0)
        snprintf(text, CELL_SIZE, exact ? "%.4f" : "%.2f", row->speedup);
    else
        snprintf(text, CELL_SIZE, "-");
}

static void column_verified(const report_row *row, bool exact, char *text) {
    (void)exact;
    snprintf(text, CELL_SIZE, "%s",
             row->result->verified.ok ? parsum_verify_name(row->result->verified.method) : "no");
}

static const struct {
    const char *heading;
    const char *exact_heading;
    bool for_failed; /* also shown of a row without a result */
    bool right;      /* aligned to the right */
    column_function *fill;
} columns[] = {
    {"engine", "engine", true, false, column_engine},
    {"workers or device", "workers_or_device", true, false, column_workers},
    {"setup", "setup_seconds", false, true, column_setup},
    {"best", "compute_best_seconds", false, true, column_best},
    {"median", "compute_median_seconds", false, true, column_median},
    {"elements/s", "elements_per_second", false, true, column_rate},
    {"speedup", "speedup", false, true, column_speedup},
    {"verified", "verified", false, false, column_verified},
};
enum { COLUMN_COUNT = sizeof columns / sizeof columns[0] };

static void print_csv_cell(FILE *stream, const char *text) {
    if (strpbrk(text, ",\"\n") == NULL) {
        fputs(text, stream);
        return;
    }
    fputc('"', stream);
    for (; *text != '\0'; text++)
        fprintf(stream, *text == '"' ? "\"\"" : "%c", *text);
    fputc('"', stream);
}

static void print_csv(FILE *stream, const text_table *table) {
    for (size_t row = 0; row < table->row_count; row++) {
        for (size_t column = 0; column < table->column_count; column++) {
            fputs(column == 0 ? "" : ",", stream);
            print_csv_cell(stream, cell(table, row, column));
        }
        fputc('\n', stream);
    }
}

static void print_markdown(FILE *stream, const text_table *table, const bool *right) {
    for (size_t row = 0; row < table->row_count; row++) {
        for (size_t column = 0; column < table->column_count; column++) {
            fputs(column == 0 ? "| " : " | ", stream);
            for (const char *at = cell(table, row, column); *at != '\0'; at++)
                fprintf(stream, *at == '|' ? "\\|" : *at == '\n' ? " " : "%c", *at);
        }
        fputs(" |\n", stream);
        for (size_t column = 0; row == 0 && column < table->column_count; column++)
            fputs(right[column] ? "|---:" : "|---", stream);
        fputs(row == 0 ? "|\n" : "", stream);
    }
}

static void print_plain(FILE *stream, const text_table *table, const bool *right) {
    size_t widths[COLUMNS_MAX] = {0};
    for (size_t row = 0; row < table->row_count; row++) {
        for (size_t column = 0; column < table->column_count; column++) {
            const size_t width = strlen(cell(table, row, column));
            /* The last column is not padded, so a reason may be as long as it likes. */
            if (column + 1 < table->column_count && width > widths[column])
                widths[column] = width;
        }
    }
    for (size_t row = 0; row < table->row_count; row++) {
        for (size_t column = 0; column < table->column_count; column++) {
            const bool last = column + 1 == table->column_count;
            fprintf(stream, right[column] ? "%*s%s" : "%-*s%s", last ? 0 : (int)widths[column],
                    cell(table, row, column), last ? "\n" : "  ");
        }
    }
}

static void print_styled(FILE *stream, const text_table *table, const bool *right, table_style style) {
    if (style == TABLE_CSV)
        print_csv(stream, table);
    else if (style == TABLE_MARKDOWN)
        print_markdown(stream, table, right);
    else
        print_plain(stream, table, right);
}

/* The first line of a reason: logs and lists follow it. */
static void first_line(const char *message, char *text) {
    snprintf(text, CELL_SIZE, "%.*s", (int)strcspn(message, "\n"), message);
}

bool report_print_table(FILE *stream, const ps_report *report, table_style style) {
    const bool exact = style == TABLE_CSV;
    bool right[COLUMN_COUNT];
    text_table table = {.column_count = COLUMN_COUNT, .row_count = report->row_count + 1};
    table.cells = calloc(table.column_count * table.row_count, sizeof *table.cells);
    if (table.cells == NULL)
        return false;
    for (size_t c = 0; c < COLUMN_COUNT; c++) {
        right[c] = columns[c].right;
        snprintf(cell(&table, 0, c), CELL_SIZE, "%s", exact ? columns[c].exact_heading : columns[c].heading);
        for (size_t r = 0; r < report->row_count; r++) {
            const report_row *row = &report->rows[r];
            if (row->result != NULL || columns[c].for_failed)
                columns[c].fill(row, exact, cell(&table, r + 1, c));
            else if (c + 1 == COLUMN_COUNT)
                first_line(row->error.message, cell(&table, r + 1, c));
            else
                snprintf(cell(&table, r + 1, c), CELL_SIZE, "%s", exact ? "" : "-");
        }
    }
    print_styled(stream, &table, right, style);
    free(table.cells);
    return true;
}

bool report_print_devices(FILE *stream, const parsum_device *devices, size_t count,
                          const parsum_error *self_tests) {
    static const char *const headings[] = {"selector", "type",   "units",    "memory",   "fp64",
                                           "driver",   "device", "platform", "self-test"};
    static const bool right[] = {false, false, true, true, false, false, false, false, false};
    text_table table = {.column_count = self_tests != NULL ? 9 : 8, .row_count = count + 1};
    table.cells = calloc(table.column_count * table.row_count, sizeof *table.cells);
    if (table.cells == NULL)
        return false;
    for (size_t c = 0; c < table.column_count; c++)
        snprintf(cell(&table, 0, c), CELL_SIZE, "%s", headings[c]);
    for (size_t r = 0; r < count; r++) {
        const parsum_device *device = &devices[r];
        snprintf(cell(&table, r + 1, 0), CELL_SIZE, "%s", device->selector);
        snprintf(cell(&table, r + 1, 1), CELL_SIZE, "%s", device->type);
        snprintf(cell(&table, r + 1, 2), CELL_SIZE, "%u", device->compute_units);
        units_bytes(device->memory_bytes, cell(&table, r + 1, 3));
        snprintf(cell(&table, r + 1, 4), CELL_SIZE, "%s", device->fp64 ? "yes" : "no");
        snprintf(cell(&table, r + 1, 5), CELL_SIZE, "%s", device->driver);
        snprintf(cell(&table, r + 1, 6), CELL_SIZE, "%s", device->name);
        snprintf(cell(&table, r + 1, 7), CELL_SIZE, "%s", device->platform);
        if (self_tests != NULL && self_tests[r].status == PARSUM_OK)
            snprintf(cell(&table, r + 1, 8), CELL_SIZE, "passed");
        else if (self_tests != NULL)
            first_line(self_tests[r].message, cell(&table, r + 1, 8));
    }
    print_styled(stream, &table, right, TABLE_PLAIN);
    free(table.cells);
    return true;
}
