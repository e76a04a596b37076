/* progress.c - one line on stderr that says how far the work is. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/commands.h"

static const double show_after_seconds = 0.5;
static const double show_every_seconds = 0.1;

static struct {
    bool wanted, shown;
    double start, latest;
    uint64_t done;
} state;

void progress_start(progress_mode mode) {
    state.wanted = mode == PROGRESS_ALWAYS || (mode == PROGRESS_AUTO && isatty(STDERR_FILENO));
    state.start = state.latest = ps_clock_seconds();
    state.done = 0;
}

void progress_clear(void) {
    if (state.shown)
        fputs("\r\033[K", stderr);
    state.shown = false;
}

void progress_show(const parsum_progress *progress, void *user) {
    const uint64_t done = progress->done, total = progress->total;
    (void)user;
    if (!state.wanted)
        return;
    const double now = ps_clock_seconds();
    if (done < state.done)
        state.start = now; /* another run, or its verification */
    state.done = done;
    if (now - state.start < show_after_seconds || now - state.latest < show_every_seconds || done == 0)
        return;
    state.latest = now;
    state.shown = true;
    const double rate = (double)done / (now - state.start);
    char speed[64] = ""; /* of numbers; what is measured row by row has none worth saying */
    if (rate >= 1e3)
        snprintf(speed, sizeof speed, "  %.3g G %s/s", 1e-9 * rate, progress->unit);
    if (total == 0) /* a pipe */
        fprintf(stderr, "\r\033[K%.4g M %s%s", 1e-6 * (double)done, progress->unit, speed);
    else
        fprintf(stderr, "\r\033[K%5.1f %%%s  %.0f s left", 100.0 * (double)done / (double)total, speed,
                (double)(total - done) / rate);
    fflush(stderr);
}
