/* describe.c - what sources over inputs say of themselves, and of a file that shrank. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "source/input.h"

void ps_source_describe_array(ps_source *source, parsum_type type) {
    source->input_kind = "array";
    source->type_name = parsum_type_name(type);
    source->partial_kind = type == PARSUM_F32 || type == PARSUM_F64 ? PS_KIND_FLOAT : PS_KIND_INTEGER;
    source->block_kinds = 1u << PS_BLOCK_ARRAY;
    source->types = 1u << type;
}

void ps_source_describe_text(ps_source *source, const ps_text_format *format) {
    source->input_kind = "text";
    source->type_name = format->doubles ? "f64" : "decimal";
    source->partial_kind = format->doubles ? PS_KIND_FLOAT : PS_KIND_DECIMAL;
    source->block_kinds = 1u << PS_BLOCK_TEXT;
    source->types = 1u << (format->doubles ? PARSUM_F64 : PARSUM_I64); /* where it is parsed ahead */
}

bool ps_source_set_names(ps_source *source, const ps_input *inputs, size_t count) {
    source->names = calloc(count, sizeof *source->names);
    for (size_t i = 0; i < count && source->names != NULL; i++) {
        source->names[i] = strdup(inputs[i].path);
        if (source->names[i] == NULL)
            return false;
        source->name_count++;
    }
    return source->names != NULL;
}

const char *ps_input_shown(const char *path) {
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

parsum_status ps_input_fail_shrunk(const char *name, parsum_error *error) {
    return ps_fail(error, PARSUM_BAD_INPUT,
                   "'%s' became shorter while it was read, so there is no answer; read it when nothing "
                   "writes to it",
                   ps_input_shown(name));
}
