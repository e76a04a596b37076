/* array_source.c - numbers in memory as a source of array blocks: a caller's buffer, or a mapped file. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "source/input.h"

typedef struct array_source {
    ps_source source;
    ps_block whole;         /* all of the array */
    ps_block rest;          /* what is left to cut */
    ps_mapping mappings[2]; /* base NULL: the memory is the caller's */
} array_source;

static bool array_next(ps_source *source, uint64_t want, ps_block *block) {
    array_source *array = (array_source *)source;
    if (array->rest.count == 0)
        return false;
    for (size_t i = 0; i < source->name_count; i++) {
        if (ps_mapping_has_fault(&array->mappings[i])) {
            ps_input_fail_shrunk(source->names[i], &source->failure);
            return false;
        }
    }
    *block = ps_block_take(&array->rest, want < array->rest.count ? want : array->rest.count);
    return true;
}

static void array_rewind(ps_source *source) {
    array_source *array = (array_source *)source;
    array->rest = array->whole;
}

static bool array_check(ps_source *source) {
    const array_source *array = (const array_source *)source;
    for (size_t i = 0; i < source->name_count; i++) {
        if (array->mappings[i].base != NULL && !ps_mapping_is_whole(&array->mappings[i])) {
            ps_input_fail_shrunk(source->names[i], &source->failure);
            return false;
        }
    }
    return true;
}

static void array_destroy(ps_source *source) {
    array_source *array = (array_source *)source;
    for (int i = 0; i < 2; i++)
        ps_mapping_destroy(&array->mappings[i]);
    ps_source_free_names(source);
    free(array);
}

static const ps_source_operations array_operations = {
    .next = array_next,
    .rewind = array_rewind,
    .check = array_check,
    .destroy = array_destroy,
};

parsum_status ps_source_array(const ps_array_block *array, uint64_t count, ps_source **source,
                              parsum_error *error) {
    array_source *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "the array's description");
    made->source.operations = &array_operations;
    ps_source_describe_array(&made->source, array->type);
    made->source.total_count = count;
    made->source.can_rewind = true;
    made->source.in_parent_memory = true;
    made->whole = (ps_block){.kind = PS_BLOCK_ARRAY, .count = count, .array = *array};
    made->rest = made->whole;
    *source = &made->source;
    return PARSUM_OK;
}

void ps_source_array_adopt(ps_source *source, size_t operand, ps_mapping *mapping) {
    ((array_source *)source)->mappings[operand] = *mapping;
    mapping->base = NULL;
}
