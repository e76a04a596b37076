/* report.c - figures that every format takes from results. */
#include "report/report.h"

#include <string.h>

const parsum_value *report_value(const parsum_result *result, parsum_statistic statistic) {
    for (size_t i = 0; i < result->value_count; i++) {
        if (result->values[i].statistic == statistic)
            return &result->values[i];
    }
    return NULL;
}

double report_best(const parsum_result *result) {
    double best = result->samples[0];
    for (size_t i = 1; i < result->sample_count; i++)
        best = result->samples[i] < best ? result->samples[i] : best;
    return best;
}

double report_rate(const parsum_result *result) {
    return result->seconds.compute > 0 ? (double)result->input.count / result->seconds.compute : 0;
}

void report_cpu(char *text, size_t size) {
    char line[512];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(text, size, "unknown");
    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || colon == NULL)
            continue;
        line[strcspn(line, "\n")] = '\0';
        snprintf(text, size, "%s", colon + 1 + strspn(colon + 1, " "));
        break;
    }
    fclose(file);
}
