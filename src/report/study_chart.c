/* study_chart.c - the pictures of the study's page, as SVG. Colours and letters come from the page's style, so that they follow
 * light and dark; forms differ as well as colours. */
#include <math.h>
#include <string.h>

#include "report/study_report.h"

enum { WIDTH = 480, NAME_WIDTH = 88, VALUE_WIDTH = 92, LINE_HEIGHT = 24, BAR_HEIGHT = 14, HEAD_HEIGHT = 26 };

static const char *const way_classes[PS_STUDY_WAYS] = {"serial", "threads", "processes"};

static void begin_svg(FILE *stream, const char *title, double height) {
    fprintf(stream, "<svg viewBox=\"0 0 %d %.0f\" role=\"img\" aria-label=\"", WIDTH, height);
    study_print_escaped(stream, title);
    fputs("\">\n", stream);
}

static void print_text(FILE *stream, double x, double y, const char *class_name, const char *text) {
    fprintf(stream, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, class_name);
    study_print_escaped(stream, text);
    fputs("</text>\n", stream);
}

/* Those of a side that count: filled; the others: an empty ring with a stroke through it. */
static void print_share(FILE *stream, const ps_study_value *value, const char *class_name, double y) {
    enum { STEP = 24, RADIUS = 7 };
    char text[STUDY_CELL_SIZE];
    for (unsigned i = 0; i < (unsigned)value->of; i++) {
        const double x = NAME_WIDTH + RADIUS + i * STEP;
        const bool counts = i < (unsigned)value->numbers[0];
        fprintf(stream, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%d\" class=\"%s\"/>\n", x, y, RADIUS,
                counts ? class_name : "missing");
        if (!counts)
            fprintf(stream, "<path d=\"M%.1f %.1fl8 -8\" class=\"missing\"/>\n", x - 4, y + 4);
    }
    study_value_text(value, text);
    print_text(stream, NAME_WIDTH + value->of * STEP + 4, y + 4.5, "value", text);
}

static void print_bar(FILE *stream, const ps_study_value *value, double largest, const char *class_name,
                      double y) {
    char text[STUDY_CELL_SIZE];
    const double room = WIDTH - NAME_WIDTH - VALUE_WIDTH;
    const double share = largest > 0 && value->numbers[0] > 0 ? value->numbers[0] / largest : 0;
    const double length = share * room > 2 ? share * room : 2;
    fprintf(stream, "<rect x=\"%d\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"2\" class=\"%s\"/>\n",
            NAME_WIDTH, y - BAR_HEIGHT / 2.0, length, BAR_HEIGHT, class_name);
    study_value_text(value, text);
    print_text(stream, NAME_WIDTH + length + 7, y + 4.5, "value", text);
}

/* The bars of one label: one for each side that has it. Returns where the next one begins; stream NULL: only that. */
static double print_group(FILE *stream, const ps_study_row *row, const char *label, double y) {
    bool begun = false;
    for (unsigned way = 0; way < PS_STUDY_WAYS; way++) {
        const ps_study_value *value = study_labelled(row, (ps_study_way)way, label);
        if (value == NULL || !value->charted)
            continue;
        if (!begun) {
            if (stream != NULL)
                print_text(stream, 0, y + 14, "group", label);
            y += HEAD_HEIGHT;
        }
        begun = true;
        const double middle = y + LINE_HEIGHT / 2.0;
        if (stream != NULL) {
            print_text(stream, 0, middle + 4.5, "name", study_way_names[way]);
            if (value->of > 0)
                print_share(stream, value, way_classes[way], middle);
            else
                print_bar(stream, value, study_largest(row, label), way_classes[way], middle);
        }
        y += LINE_HEIGHT;
    }
    return begun ? y + 8 : y;
}

void study_chart_bars(FILE *stream, const ps_study_row *row) {
    const char *labels[STUDY_LINES_MAX];
    const size_t count = study_labels(row, labels);
    double height = 0, y = 0;
    for (size_t i = 0; i < count; i++)
        height = print_group(NULL, row, labels[i], height);
    if (height == 0)
        return;
    begin_svg(stream, row->title, height);
    for (size_t i = 0; i < count; i++)
        y = print_group(stream, row, labels[i], y);
    fputs("</svg>\n", stream);
}

/* ---- lines: workers to the right, speedups upwards */

enum { LEFT = 40, RIGHT = 12, TOP = 54, LEGEND = 34, BOTTOM = 44, PLOT_HEIGHT = 220 };

typedef struct plot {
    double last_workers, top_speedup;
    double cpus;
} plot;

/* Few workers lie at equal distances; many by their logarithm, else the first would lie on each other. */
static double x_of(const plot *area, double workers) {
    const double width = WIDTH - LEFT - RIGHT - 20;
    double share = 0.5;
    if (area->last_workers > 16)
        share = log2(workers) / log2(area->last_workers);
    else if (area->last_workers > 1)
        share = (workers - 1) / (area->last_workers - 1);
    return LEFT + 10 + share * width;
}

static double y_of(const plot *area, double speedup) {
    return TOP + PLOT_HEIGHT * (1 - speedup / area->top_speedup);
}

static double ideal(const plot *area, double workers) {
    return workers < area->cpus ? workers : area->cpus;
}

static void print_axes(FILE *stream, const plot *area, const ps_study_value *workers) {
    char text[32];
    double step = 0.5;
    while (area->top_speedup / step > 6)
        step *= 2;
    for (double speedup = 0; speedup <= area->top_speedup + 1e-9; speedup += step) {
        const double y = y_of(area, speedup);
        fprintf(stream, "<path d=\"M%d %.1fH%d\" class=\"%s\"/>\n", LEFT, y, WIDTH - RIGHT,
                speedup == 0 ? "axis" : "grid");
        snprintf(text, sizeof text, "%g", speedup);
        print_text(stream, LEFT - 8, y + 4, "tick end", text);
    }
    for (size_t i = 0; i < workers->count; i++) {
        /* Of many the powers of two are named. */
        const unsigned number = (unsigned)workers->numbers[i];
        if (area->last_workers > 16 && (number & (number - 1)) != 0)
            continue;
        snprintf(text, sizeof text, "%u", number);
        print_text(stream, x_of(area, number), y_of(area, 0) + 18, "tick middle", text);
    }
    print_text(stream, (LEFT + WIDTH - RIGHT) / 2.0, y_of(area, 0) + 38, "tick middle", "workers");
}

static void print_ideal(FILE *stream, const plot *area, const ps_study_value *workers) {
    fputs("<path class=\"ideal\" d=\"", stream);
    for (size_t i = 0; i < workers->count; i++)
        fprintf(stream, "%s%.1f %.1f", i == 0 ? "M" : "L", x_of(area, workers->numbers[i]),
                y_of(area, ideal(area, workers->numbers[i])));
    fputs("\"/>\n", stream);
}

static void print_marker(FILE *stream, ps_study_way way, double x, double y) {
    if (way == PS_STUDY_THREADS)
        fprintf(stream, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\" class=\"threads\"/>\n", x, y);
    else
        fprintf(stream, "<rect x=\"%.1f\" y=\"%.1f\" width=\"8\" height=\"8\" class=\"processes\"/>\n", x - 4,
                y - 4);
}

static void print_line(FILE *stream, const plot *area, const ps_study_row *row, ps_study_way way) {
    const ps_study_value *workers = ps_study_value_of(row, way, "workers");
    const ps_study_value *speedups = ps_study_value_of(row, way, "speedup");
    fprintf(stream, "<path class=\"line %s\" d=\"", way_classes[way]);
    for (size_t i = 0; i < workers->count; i++)
        fprintf(stream, "%s%.1f %.1f", i == 0 ? "M" : "L", x_of(area, workers->numbers[i]),
                y_of(area, speedups->numbers[i]));
    fputs("\"/>\n", stream);
    for (size_t i = 0; i < workers->count; i++)
        print_marker(stream, way, x_of(area, workers->numbers[i]), y_of(area, speedups->numbers[i]));
}

static void print_legend(FILE *stream, const plot *area) {
    char text[64];
    print_marker(stream, PS_STUDY_THREADS, LEFT + 6, LEGEND);
    print_text(stream, LEFT + 16, LEGEND + 4.5, "value", "threads");
    print_marker(stream, PS_STUDY_PROCESSES, LEFT + 90, LEGEND);
    print_text(stream, LEFT + 100, LEGEND + 4.5, "value", "processes");
    fprintf(stream, "<path class=\"ideal\" d=\"M%d %dh24\"/>\n", LEFT + 194, LEGEND);
    snprintf(text, sizeof text, "what %.0f CPU%s can give", area->cpus, area->cpus == 1 ? "" : "s");
    print_text(stream, LEFT + 224, LEGEND + 4.5, "value", text);
}

void study_chart_lines(FILE *stream, const ps_study *study, const ps_study_row *row) {
    const ps_study_value *threads = ps_study_value_of(row, PS_STUDY_THREADS, "workers");
    const ps_study_value *processes = ps_study_value_of(row, PS_STUDY_PROCESSES, "workers");
    if (threads == NULL || processes == NULL || study_largest(row, NULL) <= 0)
        return;
    const ps_study_value *longer = threads->count > processes->count ? threads : processes;
    plot area = {.last_workers = longer->numbers[longer->count - 1], .cpus = study->cpus};
    const double highest = fmax(study_largest(row, NULL), ideal(&area, area.last_workers));
    area.top_speedup = 0.5 * ceil(2.1 * highest);
    begin_svg(stream, "Speedup by the number of workers", TOP + PLOT_HEIGHT + BOTTOM);
    print_text(stream, 0, 14, "group", "speedup by the number of workers");
    print_legend(stream, &area);
    print_axes(stream, &area, longer);
    print_ideal(stream, &area, longer);
    print_line(stream, &area, row, PS_STUDY_PROCESSES);
    print_line(stream, &area, row, PS_STUDY_THREADS);
    fputs("</svg>\n", stream);
}
