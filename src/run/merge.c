/* merge.c - partials saved to files, and the answer from several of them. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/engine.h"
#include "exact/partial_file.h"
#include "exact/statistics.h"
#include "run/result.h"

parsum_status parsum_result_save(const parsum_result *result, const char *path, parsum_error *error) {
    ps_partial_info info = {0};
    for (size_t i = 0; i < result->value_count; i++)
        info.statistics |= PARSUM_MASK(result->values[i].statistic);
    strncpy(info.type, result->input.type, sizeof info.type - 1);
    strncpy(info.kind, result->input.kind, sizeof info.kind - 1);
    return ps_partial_write(path, result->partial, &info, error);
}

/* Every file's partial, with what is known of it. */
typedef struct part_list {
    ps_partial **partials;
    ps_partial_info *infos;
    size_t count;
} part_list;

static void part_list_free(part_list *parts) {
    for (size_t i = 0; i < parts->count; i++)
        free(parts->partials[i]);
    free(parts->partials);
    free(parts->infos);
}

static parsum_status read_all(const char *const *paths, size_t path_count, part_list *parts,
                              parsum_error *error) {
    parts->partials = calloc(path_count, sizeof(ps_partial *));
    parts->infos = calloc(path_count, sizeof *parts->infos);
    if (parts->partials == NULL || parts->infos == NULL)
        return ps_fail_memory(error, "the list of partials");
    for (; parts->count < path_count; parts->count++) {
        const parsum_status status = ps_partial_read(paths[parts->count], &parts->partials[parts->count],
                                                     &parts->infos[parts->count], error);
        if (status != PARSUM_OK)
            return status;
    }
    return PARSUM_OK;
}

/* The kind that takes all of them. */
static parsum_status find_kind(const part_list *parts, const char *const *paths, uint32_t *kind,
                               parsum_error *error) {
    *kind = parts->partials[0]->kind;
    for (size_t i = 1; i < parts->count; i++) {
        const uint32_t other = parts->partials[i]->kind;
        if (*kind == PS_KIND_INTEGER && ps_kinds[other].merge_integers != NULL)
            *kind = other;
        else if (other != *kind && (other != PS_KIND_INTEGER || ps_kinds[*kind].merge_integers == NULL))
            return ps_fail(error, PARSUM_BAD_INPUT,
                           "'%s' holds sums of kind %s and '%s' of kind %s, which do not merge", paths[0],
                           ps_kinds[parts->partials[0]->kind].type_name, paths[i], ps_kinds[other].type_name);
    }
    return PARSUM_OK;
}

/* Which statistics all of the files can answer; those that were asked for, where there are any. */
static parsum_status find_statistics(const part_list *parts, const char *const *paths, uint32_t asked,
                                     uint32_t *statistics, parsum_error *error) {
    const uint32_t dot = PARSUM_MASK(PARSUM_DOT);
    *statistics = asked != 0 ? asked : ~UINT32_C(0);
    for (size_t i = 0; i < parts->count; i++) {
        const uint32_t made_for = parts->infos[i].statistics;
        if (((made_for ^ parts->infos[0].statistics) & dot) != 0)
            return ps_fail(
                error, PARSUM_BAD_INPUT,
                "one of '%s' and '%s' holds a dot product and the other does not; they do not merge",
                paths[0], paths[i]);
        if (asked == 0)
            *statistics &= made_for;
        else if (ps_statistics_needs(asked) & ~ps_statistics_needs(made_for) || (asked ^ made_for) & dot)
            return ps_fail(error, PARSUM_USAGE,
                           "'%s' was saved without what the statistics asked for need; save it with them, or "
                           "leave --stat out",
                           paths[i]);
    }
    if (*statistics == 0)
        return ps_fail(error, PARSUM_USAGE,
                       "the files were saved for different statistics; name those that are wanted by --stat");
    return PARSUM_OK;
}

static parsum_status merge_into(const part_list *parts, const ps_kind *kind, ps_partial *total,
                                parsum_error *error) {
    for (size_t i = 0; i < parts->count; i++) {
        const ps_partial *part = parts->partials[i];
        const uint64_t most = UINT64_MAX;
        if (part->count > most - total->count || part->missing > most - total->missing ||
            part->skipped_nan > most - total->skipped_nan)
            return ps_fail(error, PARSUM_BAD_INPUT,
                           "the files together have 2^64 elements or more; the most is 2^64-1");
        if (kind == &ps_kinds[part->kind])
            kind->merge(total, part);
        else
            kind->merge_integers(total, (const ps_integer_partial *)part);
    }
    return PARSUM_OK;
}

/* What the files say of their input, where they say the same. */
static void describe_input(const part_list *parts, const ps_kind *kind, parsum_result *result) {
    result->input.kind = "partial";
    result->input.type = kind->type_name;
    for (unsigned type = 0; type < PARSUM_TYPE_COUNT; type++) {
        bool all = true;
        for (size_t i = 0; i < parts->count; i++)
            all = all && strcmp(parts->infos[i].type, parsum_type_name((parsum_type)type)) == 0;
        if (all)
            result->input.type = parsum_type_name((parsum_type)type);
    }
}

parsum_status parsum_merge(const char *const *paths, size_t path_count, uint32_t statistics,
                           bool exact_digits, parsum_result **result, parsum_error *error) {
    const double start = ps_clock_seconds();
    part_list parts = {0};
    parsum_result *made = NULL;
    ps_partial *total = NULL;
    uint32_t kind_index = 0;
    if (path_count == 0)
        return ps_fail(error, PARSUM_USAGE, "merge takes the files that `sum --partial=FILE` saved");
    parsum_status status = read_all(paths, path_count, &parts, error);
    if (status == PARSUM_OK)
        status = find_kind(&parts, paths, &kind_index, error);
    if (status == PARSUM_OK)
        status = find_statistics(&parts, paths, statistics, &statistics, error);
    if (status != PARSUM_OK)
        goto out;
    const ps_kind *kind = &ps_kinds[kind_index];
    total = ps_partial_create(kind);
    status = total == NULL ? ps_fail_memory(error, "the merged partial")
                           : ps_result_create_for(paths, path_count, &made, error);
    if (status == PARSUM_OK)
        status = merge_into(&parts, kind, total, error);
    if (status == PARSUM_OK)
        status = ps_result_finish(statistics, exact_digits, total, kind, made, error);
    if (status != PARSUM_OK)
        goto out;
    describe_input(&parts, kind, made);
    made->engine.name = "merge";
    made->engine.workers = 1;
    made->verified.method = PARSUM_VERIFY_NONE;
    made->seconds.wall = made->seconds.compute = made->samples[0] = ps_clock_seconds() - start;
    *result = made;
    made = NULL;
out:
    parsum_result_destroy(made);
    free(total);
    part_list_free(&parts);
    return status;
}
