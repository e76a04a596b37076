/* partial.c - the kinds of partials: how each is cleared and merged. The only place where partials meet. */
#include "exact/partial.h"

#include <string.h>

static void integer_clear(ps_partial *partial) {
    ps_integer_partial *integer = (ps_integer_partial *)partial;
    memset(integer, 0, sizeof *integer);
    integer->head.kind = PS_KIND_INTEGER;
    integer->head.version = PS_PARTIAL_VERSION;
}

static void integer_merge(ps_partial *into, const ps_partial *from) {
    ps_integer_partial *total = (ps_integer_partial *)into;
    const ps_integer_partial *part = (const ps_integer_partial *)from;
    if (part->head.count > 0) {
        if (total->head.count == 0 || part->minimum < total->minimum)
            total->minimum = part->minimum;
        if (total->head.count == 0 || part->maximum > total->maximum)
            total->maximum = part->maximum;
    }
    total->head.count += part->head.count;
    total->head.missing += part->head.missing;
    total->head.skipped_nan += part->head.skipped_nan;
    ps_wide_add(&total->sum, &part->sum);
    ps_wide_add(&total->squares, &part->squares);
    ps_wide_add(&total->magnitudes, &part->magnitudes);
}

const ps_kind ps_kinds[PS_KIND_COUNT] = {
    [PS_KIND_INTEGER] = {"integer", sizeof(ps_integer_partial), integer_clear, integer_merge},
};
