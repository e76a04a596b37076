/* selftest.c - known sums of ranges on a device before its first answer: production's program, options and work-group size on few elements.
 *
 * What a compiler for a device may get wrong is tried: sizes around the vectors and the grid, carries between halves,
 * the largest magnitudes, minima and maxima that lie in any work-item. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "exact/reference.h"
#include "opencl/session_parts.h"

typedef struct self_test_case {
    ps_int128 first, step;
    uint64_t count;
} self_test_case;

static parsum_status run_case(ps_session *session, const self_test_case *test, unsigned needs,
                              parsum_error *error) {
    const ps_block block = {.kind = PS_BLOCK_RANGE,
                            .count = test->count,
                            .range = {.first = test->first, .step = (uint64_t)test->step}};
    ps_integer_partial found, expected;
    ps_kinds[PS_KIND_INTEGER].clear(&found.head);
    const parsum_status status = ps_session_fold(session, &block, needs, &found, error);
    if (status != PARSUM_OK)
        return status;
    const parsum_range range = {test->first, test->first + (ps_int128)test->count * test->step, test->step};
    ps_reference reference;
    memset(&reference, 0, sizeof reference);
    ps_reference_add(&reference, &range, 0, test->count, needs);
    ps_reference_to_partial(&reference, &expected);
    const bool sums_right =
        (!(needs & PS_NEED_SUM) || ps_wide_equal(&found.sum, &expected.sum)) &&
        (!(needs & PS_NEED_MAGNITUDES) || ps_wide_equal(&found.magnitudes, &expected.magnitudes));
    const bool squares_right = !(needs & PS_NEED_SQUARES) || ps_wide_equal(&found.squares, &expected.squares);
    const bool extremes_right = !(needs & PS_NEED_EXTREMES) ||
                                (found.minimum == expected.minimum && found.maximum == expected.maximum);
    if (found.head.count == expected.head.count && sums_right && squares_right && extremes_right)
        return PARSUM_OK;
    char first[PS_WIDE_TEXT_SIZE];
    const ps_wide wide = ps_wide_from_int128(test->first);
    ps_wide_to_text(&wide, first);
    const parsum_device *device = ps_session_device(session);
    return ps_fail(
        error, PARSUM_SELF_TEST,
        "%s (%s) failed its self-test: the %s of %llu elements from %s is wrong there; use another "
        "--device, or --engine=pthread",
        device->name, device->platform,
        !sums_right      ? "sum"
        : !squares_right ? "sum of squares"
                         : "minimum or maximum",
        (unsigned long long)test->count, first);
}

parsum_status ps_session_test_ranges(ps_session *session, unsigned needs, parsum_error *error) {
    const ps_int128 top = (ps_int128)1 << 64;
    const ps_int128 half = (ps_int128)1 << 32;
    const uint64_t grid = 8 * (uint64_t)ps_session_work_items(session);
    const self_test_case cases[] = {
        {0, 1, 1},
        {1, 1, 7},
        {3, 5, 8},
        {-4, 1, 9},
        {half - 3 * (ps_int128)grid - 5, 1,
         3 * grid + 5},               /* several of the largest narrow products an item */
        {half - 17, 1, 17},           /* the largest narrow products */
        {half - 100, 3, 64},          /* from narrow to wide */
        {top - 1000, 1, 1000},        /* the largest products of all */
        {-(top / 2), 1, 129},         /* the least element */
        {5, 97, grid - 1},            /* all work-items, the last vector cut */
        {1000003, 4000037, grid + 1}, /* one vector more than work-items, both widths */
        {top - 5 * half, 3, 5000},    /* offsets from a large first element */
        {-40, 1, 2 * grid + 13},      /* several vectors a work-item, both signs */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const parsum_status status = run_case(session, &cases[i], needs, error);
        if (status != PARSUM_OK)
            return status;
    }
    return PARSUM_OK;
}
