/* units.c - figures with three digits and a unit. */
#include "report/units.h"

#include <stdio.h>

void units_seconds(double seconds, char *text) {
    const double factor = seconds >= 1 ? 1 : seconds >= 1e-3 ? 1e3 : 1e6;
    const char *unit = seconds >= 1 ? "s" : seconds >= 1e-3 ? "ms" : "us";
    snprintf(text, UNITS_SIZE, "%.3g %s", seconds * factor, unit);
}

void units_rate(double elements_per_second, char *text) {
    static const char *const prefixes[] = {"", "k", "M", "G", "T", "P"};
    size_t step = 0;
    if (!(elements_per_second > 0)) {
        snprintf(text, UNITS_SIZE, "-");
        return;
    }
    for (; elements_per_second >= 1000 && step + 1 < sizeof prefixes / sizeof prefixes[0]; step++)
        elements_per_second /= 1000;
    snprintf(text, UNITS_SIZE, "%.3g %s/s", elements_per_second, prefixes[step]);
}

void units_bytes(uint64_t bytes, char *text) {
    static const char *const prefixes[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double size = (double)bytes;
    size_t step = 0;
    for (; size >= 1024 && step + 1 < sizeof prefixes / sizeof prefixes[0]; step++)
        size /= 1024;
    snprintf(text, UNITS_SIZE, "%.3g %s", size, prefixes[step]);
}
