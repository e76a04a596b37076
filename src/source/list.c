/* list.c - several sources as one list. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "source/source.h"

typedef struct list_source {
    ps_source source;
    size_t count, current;
    ps_source *parts[];
} list_source;

static bool list_next(ps_source *source, uint64_t want, ps_block *block) {
    list_source *list = (list_source *)source;
    for (; list->current < list->count; list->current++) {
        ps_source *part = list->parts[list->current];
        if (part->operations->next(part, want, block)) {
            block->input = (uint32_t)list->current;
            return true;
        }
        if (part->failure.status != PARSUM_OK) {
            source->failure = part->failure;
            return false;
        }
    }
    return false;
}

static void list_release(ps_source *source, const ps_block *block) {
    ps_source *part = ((list_source *)source)->parts[block->input];
    if (part->operations->release != NULL)
        part->operations->release(part, block);
}

static void list_rewind(ps_source *source) {
    list_source *list = (list_source *)source;
    list->current = 0;
    for (size_t i = 0; i < list->count && source->failure.status == PARSUM_OK; i++) {
        list->parts[i]->operations->rewind(list->parts[i]);
        source->failure = list->parts[i]->failure;
    }
}

static bool list_check(ps_source *source) {
    list_source *list = (list_source *)source;
    for (size_t i = 0; i < list->count; i++) {
        ps_source *part = list->parts[i];
        if (part->operations->check != NULL && !part->operations->check(part)) {
            source->failure = part->failure;
            return false;
        }
    }
    return true;
}

static bool list_cut_carefully(ps_source *source) {
    list_source *list = (list_source *)source;
    bool changed = false;
    for (size_t i = 0; i < list->count; i++) {
        ps_source *part = list->parts[i];
        if (part->operations->cut_carefully != NULL && part->operations->cut_carefully(part))
            changed = true;
    }
    return changed;
}

static parsum_status list_describe_fault(const ps_source *source, const ps_fault *fault,
                                         parsum_error *error) {
    const ps_source *part = ((const list_source *)source)->parts[fault->input];
    return part->operations->describe_fault(part, fault, error);
}

static void list_destroy(ps_source *source) {
    list_source *list = (list_source *)source;
    for (size_t i = 0; i < list->count; i++)
        ps_source_destroy(list->parts[i]);
    free(source->names); /* the strings are the parts' */
    free(list);
}

static const ps_source_operations list_operations = {
    .next = list_next,
    .release = list_release,
    .rewind = list_rewind,
    .check = list_check,
    .cut_carefully = list_cut_carefully,
    .describe_fault = list_describe_fault,
    .destroy = list_destroy,
};

/* The kind of partial that takes the numbers of both: equal kinds, or the one that integers merge into; -1: none. */
static int common_kind(int left, int right) {
    if (left == right || (right == PS_KIND_INTEGER && ps_kinds[left].merge_integers != NULL))
        return left;
    return left == PS_KIND_INTEGER && ps_kinds[right].merge_integers != NULL ? right : -1;
}

/* What kind of input the whole is called after: text before arrays before ranges. */
static bool outranks(const char *left, const char *right) {
    return strcmp(left, "text") == 0 || (strcmp(left, "array") == 0 && strcmp(right, "range") == 0);
}

/* Takes what part says of itself into what the list says. */
static parsum_status add_part(ps_source *whole, const ps_source *part, parsum_error *error) {
    const int kind = common_kind(whole->partial_kind, part->partial_kind);
    if (kind < 0 || (kind == part->partial_kind && kind == whole->partial_kind && kind != PS_KIND_INTEGER &&
                     strcmp(whole->type_name, part->type_name) != 0))
        return ps_fail(error, PARSUM_USAGE,
                       "'%s' holds %s and '%s' %s, which do not make one list; sum them apart",
                       whole->names[0], whole->type_name, part->names[0], part->type_name);
    if (kind == PS_KIND_INTEGER && strcmp(whole->type_name, part->type_name) != 0)
        whole->type_name = "integer";
    else if (kind != whole->partial_kind)
        whole->type_name = part->type_name;
    whole->partial_kind = kind;
    if (outranks(part->input_kind, whole->input_kind))
        whole->input_kind = part->input_kind;
    const bool text = 1u << PS_BLOCK_TEXT == part->block_kinds;
    const bool mixed = text != (1u << PS_BLOCK_TEXT == whole->block_kinds);
    /* Bytes and elements do not add up; neither do more than 2^64 elements. */
    if (mixed || part->total_count == PS_COUNT_UNKNOWN || whole->total_count == PS_COUNT_UNKNOWN ||
        part->total_count >= PS_COUNT_UNKNOWN - whole->total_count)
        whole->total_count = PS_COUNT_UNKNOWN;
    else
        whole->total_count += part->total_count;
    whole->block_kinds |= part->block_kinds;
    whole->types |= part->types;
    whole->can_rewind = whole->can_rewind && part->can_rewind;
    whole->in_parent_memory = whole->in_parent_memory || part->in_parent_memory;
    return PARSUM_OK;
}

static parsum_status describe(list_source *list, parsum_error *error) {
    ps_source *whole = &list->source;
    for (size_t i = 0; i < list->count; i++) {
        const ps_source *part = list->parts[i];
        for (size_t n = 0; n < part->name_count; n++)
            whole->names[whole->name_count++] = part->names[n];
        if (i == 0) {
            whole->input_kind = part->input_kind;
            whole->type_name = part->type_name;
            whole->partial_kind = part->partial_kind;
            whole->block_kinds = part->block_kinds;
            whole->types = part->types;
            whole->total_count = part->total_count;
            whole->can_rewind = part->can_rewind;
            whole->in_parent_memory = part->in_parent_memory;
            continue;
        }
        const parsum_status status = add_part(whole, part, error);
        if (status != PARSUM_OK)
            return status;
    }
    /* What passes but once cannot be cut anew. */
    if (!whole->can_rewind)
        list_cut_carefully(whole);
    return PARSUM_OK;
}

parsum_status ps_source_list(ps_source **sources, size_t source_count, ps_source **list,
                             parsum_error *error) {
    size_t name_count = 0;
    list_source *made = calloc(1, sizeof *made + source_count * sizeof made->parts[0]);
    if (made != NULL) {
        made->source.operations = &list_operations;
        for (size_t i = 0; i < source_count; i++) {
            made->parts[made->count++] = sources[i];
            name_count += sources[i]->name_count;
        }
        made->source.names = calloc(name_count + 1, sizeof *made->source.names);
    }
    if (made == NULL || made->source.names == NULL) {
        for (size_t i = 0; i < source_count; i++)
            ps_source_destroy(sources[i]);
        if (made != NULL)
            free(made);
        return ps_fail_memory(error, "the list of inputs");
    }
    const parsum_status status = describe(made, error);
    if (status != PARSUM_OK) {
        list_destroy(&made->source);
        return status;
    }
    *list = &made->source;
    return PARSUM_OK;
}
