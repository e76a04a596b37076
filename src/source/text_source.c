/* text_source.c - a mapped text as a source of text blocks. */
#define _GNU_SOURCE /* memrchr */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "source/input.h"

typedef struct text_source {
    ps_source source;
    ps_text_format format;
    ps_mapping mapping; /* base NULL: an empty file */
    const char *text;
    size_t size_bytes;
    size_t skip_bytes; /* of the header */
    size_t at;         /* where the next block begins */
    bool careful;
} text_source;

/* How many bytes of whole records lie ahead: of about want bytes, or of one record where that is longer. */
static size_t next_size(const text_source *text, uint64_t want) {
    const size_t left = text->size_bytes - text->at;
    size_t size = want < left ? (size_t)want : left;
    for (;;) {
        const char *data = text->text + text->at;
        const size_t whole = text->careful
                                 ? ps_text_whole_records(&text->format, data, size, size == left)
                                 : ps_text_probable_records(&text->format, data, size, size == left);
        if (whole > 0 || size == left)
            return whole;
        size = size < left / 2 ? 2 * size : left;
    }
}

static bool text_next(ps_source *source, uint64_t want, ps_block *block) {
    text_source *text = (text_source *)source;
    if (text->at == text->size_bytes)
        return false;
    if (ps_mapping_has_fault(&text->mapping)) {
        ps_input_fail_shrunk(source->names[0], &source->failure);
        return false;
    }
    const size_t size = next_size(text, want);
    *block = (ps_block){.kind = PS_BLOCK_TEXT,
                        .count = size,
                        .text = {.data = text->text + text->at, .format = &text->format, .offset = text->at}};
    text->at += size;
    return true;
}

static void text_rewind(ps_source *source) {
    text_source *text = (text_source *)source;
    text->at = text->skip_bytes;
}

static bool text_cut_carefully(ps_source *source) {
    text_source *text = (text_source *)source;
    const bool was_careful = text->careful;
    text->careful = true;
    return !was_careful;
}

static bool text_check(ps_source *source) {
    const text_source *text = (const text_source *)source;
    if (text->mapping.base == NULL || ps_mapping_is_whole(&text->mapping))
        return true;
    ps_input_fail_shrunk(source->names[0], &source->failure);
    return false;
}

static parsum_status text_describe_fault(const ps_source *source, const ps_fault *fault,
                                         parsum_error *error) {
    const text_source *text = (const text_source *)source;
    ps_fault placed = *fault;
    const char *line = memrchr(text->text, '\n', fault->offset);
    placed.line = 1 + ps_text_count_lines(text->text, fault->offset);
    placed.column = line != NULL ? (uint64_t)(text->text + fault->offset - line) : fault->offset + 1;
    return ps_text_describe_fault(&placed, ps_input_shown(source->names[0]), error);
}

static void text_destroy(ps_source *source) {
    text_source *text = (text_source *)source;
    ps_mapping_destroy(&text->mapping);
    ps_source_free_names(source);
    free(text);
}

static const ps_source_operations text_operations = {
    .next = text_next,
    .rewind = text_rewind,
    .check = text_check,
    .cut_carefully = text_cut_carefully,
    .describe_fault = text_describe_fault,
    .destroy = text_destroy,
};

parsum_status ps_source_text(ps_input *input, ps_source **source, parsum_error *error) {
    text_source *made = calloc(1, sizeof *made);
    if (made == NULL || !ps_source_set_names(&made->source, input, 1)) {
        if (made != NULL)
            ps_source_free_names(&made->source);
        free(made);
        return ps_fail_memory(error, "the text's description");
    }
    made->source.operations = &text_operations;
    ps_source_describe_text(&made->source, &input->format);
    made->source.can_rewind = true;
    made->source.in_parent_memory = true;
    made->format = input->format;
    made->mapping = input->mapping;
    input->mapping.base = NULL;
    made->text = (const char *)made->mapping.base;
    made->size_bytes = made->mapping.size_bytes;
    made->skip_bytes = made->at = input->skip_bytes;
    made->source.total_count = made->size_bytes - made->skip_bytes;
    *source = &made->source;
    return PARSUM_OK;
}
