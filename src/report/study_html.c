/* study_html.c - the study as one page of HTML that needs nothing else: its style, its sections, its tables. */
#include <string.h>

#include "report/report.h"
#include "report/study_report.h"

static const char style[] =
    ":root { color-scheme: light dark;\n"
    "  --ground: #fbfbf9; --raised: #ffffff; --text: #1b1d21; --soft: #5a6069; --edge: #e0e0da;\n"
    "  --serial: #7b828c; --threads: #1f5fd0; --processes: #c4500a; }\n"
    "@media (prefers-color-scheme: dark) { :root {\n"
    "  --ground: #121417; --raised: #1a1d21; --text: #e8e8e4; --soft: #a2a8b0; --edge: #30343a;\n"
    "  --serial: #9299a3; --threads: #82aaff; --processes: #f2a05c; } }\n"
    "* { box-sizing: border-box; }\n"
    "body { margin: 0; background: var(--ground); color: var(--text);\n"
    "  font: 16px/1.55 system-ui, -apple-system, \"Segoe UI\", Roboto, \"DejaVu Sans\", sans-serif; }\n"
    "main { max-width: 46rem; margin: 0 auto; padding: 3rem 1.25rem 4rem; }\n"
    "h1 { font-size: 2rem; line-height: 1.2; letter-spacing: -.02em; margin: 0 0 .5rem; text-wrap: balance; "
    "}\n"
    "h2 { font-size: 1.15rem; line-height: 1.3; margin: 0 0 .5rem; }\n"
    "h2 span { color: var(--soft); font-weight: 400; margin-right: .5em; }\n"
    ".about, .method { color: var(--soft); }\n"
    ".about { margin: 0 0 2rem; }\n"
    ".method { font-size: .875rem; margin: 1rem 0 0; }\n"
    ".sentence { margin: 0 0 1.25rem; text-wrap: pretty; }\n"
    "section { background: var(--raised); border: 1px solid var(--edge); border-radius: 10px;\n"
    "  padding: 1.5rem; margin: 0 0 1.25rem; }\n"
    "figure { margin: 0 0 1.25rem; }\n"
    "svg { display: block; width: 100%; max-width: 35rem; height: auto; overflow: visible; }\n"
    "svg text { font-size: 12.5px; fill: var(--text); font-variant-numeric: tabular-nums; }\n"
    "svg .name, svg .tick { fill: var(--soft); }\n"
    "svg .group { font-weight: 600; }\n"
    "svg .end { text-anchor: end; } svg .middle { text-anchor: middle; }\n"
    "svg .serial { fill: var(--serial); } svg .threads { fill: var(--threads); }\n"
    "svg .processes { fill: var(--processes); }\n"
    "svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }\n"
    "svg .line.threads { stroke: var(--threads); } svg .line.processes { stroke: var(--processes); }\n"
    "svg .axis { stroke: var(--soft); } svg .grid { stroke: var(--edge); }\n"
    "svg .ideal { fill: none; stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 4 4; }\n"
    "svg .missing { fill: none; stroke: var(--soft); stroke-width: 1.5; }\n"
    "table { border-collapse: collapse; table-layout: fixed; width: 100%; font-size: .9rem;\n"
    "  font-variant-numeric: tabular-nums; }\n"
    "th, td { padding: .4rem 0 .4rem .75rem; text-align: right; vertical-align: top;\n"
    "  border-top: 1px solid var(--edge); }\n"
    "thead th { border-top: 0; }\n"
    "th { font-weight: 400; color: var(--soft); }\n"
    "th:first-child { text-align: left; padding-left: 0; width: 34%; }\n"
    "thead th i { display: inline-block; width: .65em; height: .65em; border-radius: 2px; margin-right: "
    ".45em; }\n"
    "i.serial { background: var(--serial); } i.threads { background: var(--threads); }\n"
    "i.processes { background: var(--processes); }\n"
    /* A picture shrinks with the page, and its letters with it. */
    "@media (max-width: 36rem) {\n"
    "  main { padding: 2rem .75rem 3rem; } section { padding: 1rem; }\n"
    "  table { font-size: .8rem; } th, td { padding-left: .35rem; }\n"
    "  th:first-child { width: 30%; } thead th i { display: block; margin: 0 0 .3em auto; }\n"
    "  svg text { font-size: 16px; } }\n"
    "@media print { section { break-inside: avoid; } body { font-size: 11pt; } }\n";

void study_print_escaped(FILE *stream, const char *text) {
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", stream);
            break;
        case '<':
            fputs("&lt;", stream);
            break;
        case '>':
            fputs("&gt;", stream);
            break;
        case '"':
            fputs("&quot;", stream);
            break;
        default:
            fputc(*text, stream);
        }
    }
}

static void print_element(FILE *stream, const char *name, const char *class_name, const char *text) {
    fprintf(stream, "<%s class=\"%s\">", name, class_name);
    study_print_escaped(stream, text);
    fprintf(stream, "</%s>\n", name);
}

static void print_cell(FILE *stream, const ps_study_value *value) {
    char text[STUDY_CELL_SIZE];
    study_value_text(value, text);
    fputs("<td>", stream);
    study_print_escaped(stream, text[0] != '\0' ? text : "\xe2\x80\x93");
    fputs("</td>", stream);
}

static void print_table(FILE *stream, const ps_study_row *row) {
    const char *labels[STUDY_LINES_MAX];
    const size_t count = study_labels(row, labels);
    fputs("<table>\n<thead><tr><th></th>", stream);
    for (unsigned way = 0; way < PS_STUDY_WAYS; way++) {
        if (study_side_is_shown(row, (ps_study_way)way))
            fprintf(stream, "<th scope=\"col\"><i class=\"%s\"></i>%s</th>", study_way_names[way],
                    study_way_names[way]);
    }
    fputs("</tr></thead>\n<tbody>\n", stream);
    for (size_t i = 0; i < count; i++) {
        fputs("<tr><th scope=\"row\">", stream);
        study_print_escaped(stream, labels[i]);
        fputs("</th>", stream);
        for (unsigned way = 0; way < PS_STUDY_WAYS; way++) {
            if (study_side_is_shown(row, (ps_study_way)way))
                print_cell(stream, study_labelled(row, (ps_study_way)way, labels[i]));
        }
        fputs("</tr>\n", stream);
    }
    fputs("</tbody></table>\n", stream);
}

static void print_section(FILE *stream, const ps_study *study, size_t index) {
    const ps_study_row *row = &study->rows[index];
    fprintf(stream, "<section id=\"%s\">\n<h2><span>%zu</span>", row->name, index + 1);
    study_print_escaped(stream, row->title);
    fputs("</h2>\n", stream);
    print_element(stream, "p", "sentence", row->sentence);
    if (row->error[0] == '\0') {
        fputs("<figure>\n", stream);
        study_chart_bars(stream, row);
        study_chart_lines(stream, study, row);
        fputs("</figure>\n", stream);
        print_table(stream, row);
    }
    if (row->method[0] != '\0')
        print_element(stream, "p", "method", row->method);
    fputs("</section>\n", stream);
}

void report_study_html(FILE *stream, const ps_study *study) {
    char cpu[256];
    report_cpu(cpu, sizeof cpu);
    fprintf(stream,
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<title>Threads against processes</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n"
            "<h1>Threads against processes</h1>\n<p class=\"about\">Measured on this machine by "
            "parsum-cl study, version " PARSUM_VERSION ": ",
            style);
    study_print_escaped(stream, cpu);
    fprintf(stream, ", %u CPU%s to use.</p>\n", study->cpus, study->cpus == 1 ? "" : "s");
    for (size_t i = 0; i < study->row_count; i++)
        print_section(stream, study, i);
    fputs("</main>\n</body>\n</html>\n", stream);
}
