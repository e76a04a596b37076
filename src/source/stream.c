/* stream.c - bytes that are read as they come, a pipe or a compressed file, as a source of blocks.
 *
 * Blocks lie in a fixed number of buffers, in memory that forked children share; a buffer is used again once its block is
 * done, so that a block can be redone until then, and memory does not grow with the input. */
#define _GNU_SOURCE /* memrchr */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"
#include "source/input.h"

typedef struct stream_source {
    ps_source source;
    ps_reader *readers[2];
    size_t operand_count;
    unsigned char *buffers; /* block_count of them, block_bytes each */
    ps_stream_size size;
    uint32_t *free_slots; /* a stack: what was used last is still in the caches */
    size_t free_count;
    uint64_t skip_bytes[2]; /* headers */
    bool started;           /* the headers are skipped */
    bool ended;

    /* Of arrays. */
    ps_array_block array; /* type and byte orders */
    uint64_t count;       /* PS_COUNT_UNKNOWN: to the end */
    uint64_t read_count;
    bool ends_with_data[2]; /* a header says where */

    /* Of text. */
    ps_text_format format;
    unsigned char *carry; /* the beginning of a record that the last block did not end */
    size_t carry_bytes;
    uint64_t offset, line, column; /* of the next block */
} stream_source;

static bool fail(ps_source *source, parsum_status status) {
    (void)status; /* failure says it */
    ((stream_source *)source)->ended = true;
    return false;
}

/* Reads size bytes or what there is; false: failure says why not. */
static bool fill(stream_source *stream, size_t operand, void *buffer, size_t size, size_t *got) {
    const parsum_status status =
        ps_reader_read(stream->readers[operand], buffer, size, got, &stream->source.failure);
    return status == PARSUM_OK || fail(&stream->source, status);
}

static void count_lines(stream_source *stream, const unsigned char *data, size_t size) {
    const unsigned char *line_end = memrchr(data, '\n', size);
    stream->offset += size;
    stream->line += ps_text_count_lines((const char *)data, size);
    stream->column = line_end != NULL ? (uint64_t)(data + size - line_end - 1) : stream->column + size;
}

/* Reads over the headers; buffer is free to be written. */
static bool skip_headers(stream_source *stream, unsigned char *buffer) {
    for (size_t operand = 0; operand < stream->operand_count; operand++) {
        for (uint64_t left = stream->skip_bytes[operand]; left > 0;) {
            size_t got;
            const size_t part = left < stream->size.block_bytes ? (size_t)left : stream->size.block_bytes;
            if (!fill(stream, operand, buffer, part, &got))
                return false;
            if (got < part)
                return fail(&stream->source,
                            ps_input_fail_shrunk(stream->source.names[operand], &stream->source.failure));
            if (stream->carry != NULL)
                count_lines(stream, buffer, part);
            left -= part;
        }
    }
    stream->started = true;
    return true;
}

/* ------------------------------------------------------------------------------------------------- arrays */

static bool fail_lengths(stream_source *stream) {
    return fail(&stream->source,
                ps_fail(&stream->source.failure, PARSUM_BAD_INPUT,
                        "'%s' and '%s' are of different lengths, so they have no dot product",
                        ps_input_shown(stream->source.names[0]), ps_input_shown(stream->source.names[1])));
}

static bool fail_cut_off(stream_source *stream, size_t operand) {
    if (!stream->ends_with_data[operand] && stream->operand_count == 2)
        return fail_lengths(stream);
    if (!stream->ends_with_data[operand]) /* raw numbers, counted by the size that the file had */
        return fail(&stream->source,
                    ps_input_fail_shrunk(stream->source.names[operand], &stream->source.failure));
    return fail(&stream->source,
                ps_fail(&stream->source.failure, PARSUM_BAD_INPUT,
                        "'%s' is cut off: it ends before the %llu numbers that its header names",
                        ps_input_shown(stream->source.names[operand]), (unsigned long long)stream->count));
}

/* After the last number: whether the input ends there, as it must where its header, or the other operand, says how long it
 * is. */
static bool check_end(stream_source *stream, unsigned char *buffer) {
    stream->ended = true;
    if (stream->operand_count == 1 && !stream->ends_with_data[0])
        return false;
    for (size_t operand = 0; operand < stream->operand_count; operand++) {
        size_t got;
        if (!fill(stream, operand, buffer, 1, &got))
            return false;
        if (got > 0 && !stream->ends_with_data[operand])
            return fail_lengths(stream);
        if (got > 0)
            return fail(&stream->source,
                        ps_fail(&stream->source.failure, PARSUM_BAD_INPUT,
                                "'%s' goes on after the %llu numbers that its header names; it is damaged",
                                ps_input_shown(stream->source.names[operand]),
                                (unsigned long long)stream->count));
    }
    return false;
}

/* Reads up to count numbers of each operand; *got is how many there were. */
static bool read_numbers(stream_source *stream, unsigned char *buffer, size_t count, size_t *got) {
    const size_t size_bytes = parsum_type_size(stream->array.type);
    const size_t part_bytes = stream->size.block_bytes / stream->operand_count;
    size_t bytes[2] = {0, 0};
    for (size_t operand = 0; operand < stream->operand_count; operand++) {
        if (!fill(stream, operand, buffer + operand * part_bytes, count * size_bytes, &bytes[operand]))
            return false;
        if (bytes[operand] % size_bytes != 0)
            return fail(&stream->source,
                        ps_fail(&stream->source.failure, PARSUM_BAD_INPUT,
                                "'%s' ends in the middle of a number: its %llu bytes are no multiple of the "
                                "%zu of %s",
                                ps_input_shown(stream->source.names[operand]),
                                (unsigned long long)(stream->read_count * size_bytes + bytes[operand]),
                                size_bytes, parsum_type_name(stream->array.type)));
        if (bytes[operand] < count * size_bytes && stream->count != PS_COUNT_UNKNOWN)
            return fail_cut_off(stream, operand);
    }
    if (stream->operand_count == 2 && bytes[0] != bytes[1])
        return fail_lengths(stream);
    *got = bytes[0] / size_bytes;
    return true;
}

static bool next_array(stream_source *stream, uint64_t want, unsigned char *buffer, ps_block *block) {
    const size_t size_bytes = parsum_type_size(stream->array.type);
    const size_t part_bytes = stream->size.block_bytes / stream->operand_count;
    uint64_t most = stream->size.usual_bytes / stream->operand_count / size_bytes;
    size_t got = 0;
    if (most > want)
        most = want;
    if (stream->count != PS_COUNT_UNKNOWN && most > stream->count - stream->read_count)
        most = stream->count - stream->read_count;
    if (most > 0 && !read_numbers(stream, buffer, (size_t)most, &got))
        return false;
    if (got == 0)
        return check_end(stream, buffer);
    stream->read_count += got;
    *block = (ps_block){.kind = PS_BLOCK_ARRAY, .count = got, .array = stream->array};
    for (size_t operand = 0; operand < stream->operand_count; operand++) {
        block->array.data[operand] = buffer + operand * part_bytes;
        block->array.stride_bytes[operand] = (int64_t)size_bytes;
    }
    return true;
}

/* --------------------------------------------------------------------------------------------------- text */

static bool next_text(stream_source *stream, uint64_t want, unsigned char *buffer, ps_block *block) {
    const size_t most = stream->size.block_bytes, usual = stream->size.usual_bytes;
    size_t held = stream->carry_bytes, target = want < usual ? (size_t)want : usual, whole = 0, got;
    bool last = false;
    memcpy(buffer, stream->carry, held);
    if (target < held)
        target = held;
    for (;;) {
        if (held < target) {
            if (!fill(stream, 0, buffer + held, target - held, &got))
                return false;
            last = got < target - held;
            held += got;
        }
        whole = ps_text_whole_records(&stream->format, (const char *)buffer, held, last);
        if (whole > 0 || last || target == most)
            break;
        target = target < most / 2 ? 2 * target : most;
    }
    if (held == 0) {
        stream->ended = true;
        return false;
    }
    if (whole == 0)
        return fail(&stream->source,
                    ps_fail(&stream->source.failure, PARSUM_BAD_INPUT,
                            "%s:%llu: a record of over %zu bytes; from a file that is not compressed it can "
                            "be read",
                            ps_input_shown(stream->source.names[0]), (unsigned long long)stream->line, most));
    stream->carry_bytes = held - whole;
    memcpy(stream->carry, buffer + whole, stream->carry_bytes);
    *block = (ps_block){.kind = PS_BLOCK_TEXT,
                        .count = whole,
                        .text = {.data = (const char *)buffer,
                                 .format = &stream->format,
                                 .offset = stream->offset,
                                 .line = stream->line,
                                 .column = stream->column}};
    count_lines(stream, buffer, whole);
    return true;
}

/* ------------------------------------------------------------------------------------------------- source */

static bool stream_next(ps_source *source, uint64_t want, ps_block *block) {
    stream_source *stream = (stream_source *)source;
    if (stream->ended)
        return false;
    if (stream->free_count == 0)
        return fail(source, ps_fail(&source->failure, PARSUM_FAILED,
                                    "no buffer is free for the next block of '%s'; please report this",
                                    ps_input_shown(source->names[0])));
    const uint32_t slot = stream->free_slots[stream->free_count - 1];
    unsigned char *buffer = stream->buffers + slot * stream->size.block_bytes;
    if (!stream->started && !skip_headers(stream, buffer))
        return false;
    if (!(stream->carry != NULL ? next_text(stream, want, buffer, block)
                                : next_array(stream, want, buffer, block)))
        return false;
    block->slot = slot;
    stream->free_count--;
    return true;
}

static void stream_release(ps_source *source, const ps_block *block) {
    stream_source *stream = (stream_source *)source;
    stream->free_slots[stream->free_count++] = block->slot;
}

static void start(stream_source *stream) {
    stream->free_count = stream->size.block_count;
    for (size_t i = 0; i < stream->free_count; i++)
        stream->free_slots[i] = (uint32_t)(stream->free_count - 1 - i);
    stream->started = stream->ended = false;
    stream->read_count = 0;
    stream->carry_bytes = 0;
    stream->offset = 0;
    stream->line = 1;
    stream->column = 0;
}

static void stream_rewind(ps_source *source) {
    stream_source *stream = (stream_source *)source;
    if (!stream->started && source->failure.status == PARSUM_OK)
        return; /* where the reader still stands */
    start(stream);
    for (size_t operand = 0; operand < stream->operand_count; operand++) {
        if (ps_reader_rewind(stream->readers[operand], &source->failure) != PARSUM_OK)
            return;
    }
}

static parsum_status stream_describe_fault(const ps_source *source, const ps_fault *fault,
                                           parsum_error *error) {
    return ps_text_describe_fault(fault, ps_input_shown(source->names[0]), error);
}

static void stream_destroy(ps_source *source) {
    stream_source *stream = (stream_source *)source;
    for (size_t operand = 0; operand < stream->operand_count; operand++)
        ps_reader_close(stream->readers[operand]);
    if (stream->buffers != NULL)
        munmap(stream->buffers, stream->size.block_count * stream->size.block_bytes);
    free(stream->free_slots);
    free(stream->carry);
    ps_source_free_names(source);
    free(stream);
}

static const ps_source_operations stream_operations = {
    .next = stream_next,
    .release = stream_release,
    .rewind = stream_rewind,
    .describe_fault = stream_describe_fault,
    .destroy = stream_destroy,
};

static bool allocate(stream_source *stream, bool text) {
    const size_t bytes = stream->size.block_count * stream->size.block_bytes;
    void *buffers =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (buffers == MAP_FAILED)
        return false;
    stream->buffers = buffers;
    stream->free_slots = calloc(stream->size.block_count, sizeof *stream->free_slots);
    if (text)
        stream->carry = malloc(stream->size.block_bytes);
    return stream->free_slots != NULL && (!text || stream->carry != NULL);
}

static void describe_arrays(stream_source *stream, const ps_input *inputs) {
    ps_source_describe_array(&stream->source, inputs[0].array.type);
    stream->array.type = inputs[0].array.type;
    stream->count = stream->source.total_count = inputs[0].array.count;
    for (size_t operand = 0; operand < stream->operand_count; operand++) {
        stream->array.swapped[operand] = inputs[operand].array.swapped;
        stream->ends_with_data[operand] = inputs[operand].ends_with_data;
        if (stream->count == PS_COUNT_UNKNOWN)
            stream->count = stream->source.total_count = inputs[operand].array.count;
    }
}

parsum_status ps_source_stream(ps_input *inputs, size_t operand_count, const ps_stream_size *size,
                               ps_source **source, parsum_error *error) {
    stream_source *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "the stream's description");
    made->source.operations = &stream_operations;
    made->size = *size;
    if (!ps_source_set_names(&made->source, inputs, operand_count) || !allocate(made, inputs[0].text)) {
        stream_destroy(&made->source);
        return ps_fail_memory(error, "the buffers of a stream");
    }
    made->source.can_rewind = true;
    for (; made->operand_count < operand_count; made->operand_count++) {
        ps_input *input = &inputs[made->operand_count];
        made->skip_bytes[made->operand_count] = input->skip_bytes;
        made->readers[made->operand_count] = input->reader;
        made->source.can_rewind = made->source.can_rewind && ps_reader_can_rewind(input->reader);
        input->reader = NULL;
    }
    made->source.in_parent_memory = true;
    if (inputs[0].text) {
        ps_source_describe_text(&made->source, &inputs[0].format);
        made->source.total_count = PS_COUNT_UNKNOWN;
        made->format = inputs[0].format;
    } else {
        describe_arrays(made, inputs);
    }
    start(made);
    *source = &made->source;
    return PARSUM_OK;
}
