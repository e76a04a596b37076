/* range.c - integer ranges as a source: bounds, cutting into blocks. Sums nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "exact/partial.h"
#include "source/source.h"

static const ps_int128 element_minimum = -((ps_int128)1 << 63);
static const ps_int128 element_maximum = ((ps_int128)1 << 64) - 1;
/* Bounds and steps may lie beyond the elements (0:10:2^70 has the one element 0), up to 2^100, so that no difference or
 * sum of two of them leaves 128 bits. */
static const ps_int128 number_limit = (ps_int128)1 << 100;

/* Enough for -2^100 in decimal. */
enum { NUMBER_TEXT_SIZE = 48, RANGE_TEXT_SIZE = 3 * NUMBER_TEXT_SIZE };

typedef struct range_source {
    ps_source source;
    parsum_range *ranges;
    size_t range_count;
    size_t current;     /* range being cut */
    uint64_t cut_count; /* elements of it already handed out */
} range_source;

static void format_number(ps_int128 value, char *text) {
    const ps_wide wide = ps_wide_from_int128(value);
    char digits[PS_WIDE_TEXT_SIZE];
    ps_wide_to_text(&wide, digits);
    snprintf(text, NUMBER_TEXT_SIZE, "%.47s", digits);
}

static void format_range(const parsum_range *range, char *text) {
    char first[NUMBER_TEXT_SIZE], end[NUMBER_TEXT_SIZE], step[NUMBER_TEXT_SIZE];
    format_number(range->first, first);
    format_number(range->end, end);
    format_number(range->step, step);
    if (range->step == 1)
        snprintf(text, RANGE_TEXT_SIZE, "%s:%s", first, end);
    else
        snprintf(text, RANGE_TEXT_SIZE, "%s:%s:%s", first, end, step);
}

uint64_t ps_range_count(const parsum_range *range) {
    if (range->end <= range->first)
        return 0;
    /* Within the bounds the count is below 2^64: ps_range_check. */
    return (uint64_t)((range->end - range->first - 1) / range->step + 1);
}

parsum_status ps_range_check(const parsum_range *range, const char *text, parsum_error *error) {
    char own_text[RANGE_TEXT_SIZE];
    const ps_int128 limit = number_limit;
    if (range->first < -limit || range->first > limit || range->end < -limit || range->end > limit ||
        range->step > limit)
        return ps_fail(error, PARSUM_USAGE,
                       "'%s' has a number beyond 2^100; elements lie from -2^63 to 2^64-1",
                       text ? text : "a range");
    if (text == NULL) {
        format_range(range, own_text);
        text = own_text;
    }
    char step[NUMBER_TEXT_SIZE];
    format_number(range->step, step);
    if (range->step <= 0)
        return ps_fail(error, PARSUM_USAGE, "the step %s in '%s' is not positive; the smallest step is 1",
                       step, text);
    if (range->end <= range->first)
        return PARSUM_OK;
    const ps_int128 last = range->first + (range->end - range->first - 1) / range->step * range->step;
    if (range->first < element_minimum || last > element_maximum) {
        char element[NUMBER_TEXT_SIZE];
        format_number(range->first < element_minimum ? range->first : last, element);
        return ps_fail(error, PARSUM_USAGE,
                       "the element %s of '%s' is beyond the limits; elements lie from -2^63 to 2^64-1",
                       element, text);
    }
    if ((range->end - range->first - 1) / range->step >= (ps_int128)UINT64_MAX)
        return ps_fail(error, PARSUM_USAGE, "'%s' has 2^64 elements or more; the most is 2^64-1", text);
    return PARSUM_OK;
}

static bool range_next(ps_source *source, uint64_t want, ps_block *block) {
    range_source *ranges = (range_source *)source;
    for (; ranges->current < ranges->range_count; ranges->current++, ranges->cut_count = 0) {
        const parsum_range *range = &ranges->ranges[ranges->current];
        const uint64_t left = ps_range_count(range) - ranges->cut_count;
        if (left == 0)
            continue;
        /* A step of 2^64 and more leaves at most two elements in a range: each is a block of its own. */
        const bool huge_step = range->step > (ps_int128)UINT64_MAX;
        const uint64_t count = huge_step ? 1 : left < want ? left : want;
        *block = (ps_block){.kind = PS_BLOCK_RANGE,
                            .count = count,
                            .range = {.first = range->first + (ps_int128)ranges->cut_count * range->step,
                                      .step = huge_step ? 1 : (uint64_t)range->step}};
        ranges->cut_count += count;
        return true;
    }
    return false;
}

static void range_rewind(ps_source *source) {
    range_source *ranges = (range_source *)source;
    ranges->current = 0;
    ranges->cut_count = 0;
}

static void range_destroy(ps_source *source) {
    range_source *ranges = (range_source *)source;
    ps_source_free_names(source);
    free(ranges->ranges);
    free(ranges);
}

static const ps_source_operations range_operations = {
    .next = range_next,
    .rewind = range_rewind,
    .destroy = range_destroy,
};

/* Checks every range and adds their counts up. */
static parsum_status check_all(const parsum_range *ranges, size_t range_count, uint64_t *total,
                               parsum_error *error) {
    ps_uint128 count = 0;
    for (size_t i = 0; i < range_count; i++) {
        const parsum_status status = ps_range_check(&ranges[i], NULL, error);
        if (status != PARSUM_OK)
            return status;
        count += ps_range_count(&ranges[i]);
    }
    if (count > UINT64_MAX)
        return ps_fail(
            error, PARSUM_USAGE,
            "the ranges together have 2^64 elements or more; the most is 2^64-1, so sum them apart");
    *total = (uint64_t)count;
    return PARSUM_OK;
}

parsum_status ps_source_ranges(const parsum_range *ranges, size_t range_count, ps_source **source,
                               parsum_error *error) {
    uint64_t total = 0;
    const parsum_status status = check_all(ranges, range_count, &total, error);
    if (status != PARSUM_OK)
        return status;
    range_source *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "the list of ranges");
    made->source.operations = &range_operations;
    made->source.input_kind = "range";
    made->source.type_name = "integer";
    made->source.partial_kind = PS_KIND_INTEGER;
    made->source.block_kinds = 1u << PS_BLOCK_RANGE;
    made->source.can_rewind = true;
    made->source.total_count = total;
    made->ranges = calloc(range_count + 1, sizeof *made->ranges);
    made->source.names = calloc(range_count + 1, sizeof *made->source.names);
    if (made->ranges == NULL || made->source.names == NULL)
        goto out_of_memory;
    if (range_count > 0)
        memcpy(made->ranges, ranges, range_count * sizeof *ranges);
    made->range_count = range_count;
    for (size_t i = 0; i < range_count; i++) {
        char text[RANGE_TEXT_SIZE];
        format_range(&ranges[i], text);
        made->source.names[i] = strdup(text);
        if (made->source.names[i] == NULL)
            goto out_of_memory;
        made->source.name_count++;
    }
    *source = &made->source;
    return PARSUM_OK;
out_of_memory:
    range_destroy(&made->source);
    return ps_fail_memory(error, "the list of ranges");
}
