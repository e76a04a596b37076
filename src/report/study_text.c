/* study_text.c - the study for a terminal: tables, a chart of letters, sentences. */
#include <string.h>

#include "report/report.h"
#include "report/study_report.h"

enum { WIDTH = 80, INDENT = 2, BAR_WIDTH = 48 };

static void print_wrapped(FILE *stream, const char *lead, const char *text) {
    const int lead_length = (int)strlen(lead);
    int column = INDENT + lead_length;
    fprintf(stream, "%*s%s", INDENT, "", lead);
    for (bool first = true; *text != '\0'; first = false) {
        const int word = (int)strcspn(text, " ");
        if (!first && column + 1 + word > WIDTH) {
            fprintf(stream, "\n%*s", INDENT + lead_length, "");
            column = INDENT + lead_length;
        } else if (!first) {
            fputc(' ', stream);
            column++;
        }
        fprintf(stream, "%.*s", word, text);
        column += word;
        text += word + (text[word] == ' ');
    }
    fputc('\n', stream);
}

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static void print_table(FILE *stream, const ps_study_row *row) {
    const char *labels[STUDY_LINES_MAX];
    const size_t count = study_labels(row, labels);
    char cell[STUDY_CELL_SIZE];
    size_t label_width = 0, widths[PS_STUDY_WAYS];
    for (unsigned way = 0; way < PS_STUDY_WAYS; way++) {
        widths[way] = strlen(study_way_names[way]);
        for (size_t i = 0; i < count; i++) {
            study_value_text(study_labelled(row, (ps_study_way)way, labels[i]), cell);
            widths[way] = larger(widths[way], strlen(cell));
            label_width = larger(label_width, strlen(labels[i]));
        }
    }
    for (size_t line = 0; line <= count; line++) {
        fprintf(stream, "%*s%-*s", INDENT, "", (int)label_width, line == 0 ? "" : labels[line - 1]);
        for (unsigned way = 0; way < PS_STUDY_WAYS; way++) {
            if (!study_side_is_shown(row, (ps_study_way)way))
                continue;
            if (line == 0)
                snprintf(cell, sizeof cell, "%s", study_way_names[way]);
            else
                study_value_text(study_labelled(row, (ps_study_way)way, labels[line - 1]), cell);
            if (cell[0] == '\0')
                snprintf(cell, sizeof cell, "-");
            fprintf(stream, "  %*s", (int)widths[way], cell);
        }
        fputc('\n', stream);
    }
}

/* A bar for each point of the charted lists: the threads' and the processes' beneath each other. */
static void print_chart(FILE *stream, const ps_study_row *row) {
    const double largest = study_largest(row, NULL);
    const ps_study_value *workers = ps_study_value_of(row, PS_STUDY_THREADS, "workers");
    const ps_study_value *others = ps_study_value_of(row, PS_STUDY_PROCESSES, "workers");
    if (largest <= 0 || workers == NULL || others == NULL)
        return;
    const ps_study_value *longer = workers->count > others->count ? workers : others;
    fprintf(stream, "\n%*sspeedup by workers: # threads, = processes\n", INDENT, "");
    for (size_t i = 0; i < longer->count; i++) {
        for (unsigned way = PS_STUDY_THREADS; way < PS_STUDY_WAYS; way++) {
            const ps_study_value *speedups = ps_study_value_of(row, (ps_study_way)way, "speedup");
            char bar[BAR_WIDTH + 1] = "";
            if (i >= speedups->count)
                continue;
            const double length = BAR_WIDTH * speedups->numbers[i] / largest;
            memset(bar, way == PS_STUDY_THREADS ? '#' : '=', (size_t)(length + 0.5));
            if (way == PS_STUDY_THREADS || i >= workers->count)
                fprintf(stream, "%*s%4.0f  ", INDENT, "", longer->numbers[i]);
            else
                fprintf(stream, "%*s      ", INDENT, "");
            fprintf(stream, "%s %.2f\n", bar, speedups->numbers[i]);
        }
    }
    fputc('\n', stream);
}

void report_study_text(FILE *stream, const ps_study *study) {
    char cpu[256];
    report_cpu(cpu, sizeof cpu);
    fprintf(stream, "Threads against processes, measured on this machine: %s, %u CPU%s to use\n", cpu,
            study->cpus, study->cpus == 1 ? "" : "s");
    for (size_t i = 0; i < study->row_count; i++) {
        const ps_study_row *row = &study->rows[i];
        fprintf(stream, "\n%zu. %s\n", i + 1, row->title);
        if (row->error[0] == '\0') {
            print_table(stream, row);
            print_chart(stream, row);
        }
        print_wrapped(stream, "=> ", row->sentence);
        if (row->method[0] != '\0')
            print_wrapped(stream, "How: ", row->method);
    }
}
