/* input.c - finding out what a file or pipe holds: compressed or not, .npy, raw numbers or text. */
#include "source/input.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"

void ps_input_close(ps_input *input) {
    if (input->reader != NULL)
        ps_reader_close(input->reader);
    ps_mapping_destroy(&input->mapping);
    input->reader = NULL;
}

static bool ends_with(const char *name, size_t length, const char *ending) {
    const size_t size = strlen(ending);
    return length > size && strncasecmp(name + length - size, ending, size) == 0;
}

/* The length of a name before .gz or .zst. */
static size_t plain_length(const char *name) {
    const size_t length = strlen(name);
    if (ends_with(name, length, ".gz"))
        return length - strlen(".gz");
    return ends_with(name, length, ".zst") ? length - strlen(".zst") : length;
}

static bool is_text_name(const char *name) {
    const size_t length = plain_length(name);
    return ends_with(name, length, ".csv") || ends_with(name, length, ".tsv") ||
           ends_with(name, length, ".txt");
}

/* Formats with a header: where even that is missing, the file was cut off. */
static parsum_status refuse_empty(const char *name, parsum_error *error) {
    return ps_fail(error, PARSUM_BAD_INPUT, "'%s' is empty, and what is called so never is; fetch it anew",
                   name);
}

static bool has_text_option(const parsum_input_options *options) {
    return options->column != NULL || options->delimiter != '\0' || options->no_header;
}

/* The format before any byte is seen: npy is found by its magic, and where nothing else is said. */
static parsum_format guess_format(const char *path, const parsum_input_options *options) {
    if (options->format != PARSUM_FORMAT_AUTO)
        return options->format;
    if (has_text_option(options) || is_text_name(path))
        return PARSUM_FORMAT_TEXT;
    return options->has_type ? PARSUM_FORMAT_RAW : PARSUM_FORMAT_TEXT;
}

/* Raw numbers may begin with any bytes, so that only the name tells that they are compressed. */
static parsum_status decompress(const char *path, parsum_format guess, ps_input *input, parsum_error *error) {
    const unsigned char *data;
    size_t size;
    parsum_status status = ps_reader_peek(input->reader, 16, &data, &size, error);
    if (status != PARSUM_OK)
        return status;
    if (size == 0 && plain_length(path) < strlen(path))
        return refuse_empty(input->name, error);
    const ps_compression compression =
        guess == PARSUM_FORMAT_RAW ? ps_compression_of_name(path) : ps_compression_of_bytes(data, size);
    return compression == PS_COMPRESSION_NONE ? PARSUM_OK
                                              : ps_reader_decompress(input->reader, compression, error);
}

static parsum_status open_npy(const unsigned char *data, size_t size, const parsum_input_options *options,
                              ps_input *input, parsum_error *error) {
    const parsum_status status = ps_npy_parse(data, size, input->name, &input->array, error);
    if (status != PARSUM_OK)
        return status;
    if (options->has_type && options->type != input->array.type)
        return ps_fail(error, PARSUM_USAGE, "'%s' holds %s and not %s; leave --type out", input->name,
                       parsum_type_name(input->array.type), parsum_type_name(options->type));
    input->skip_bytes = input->array.data_offset;
    input->ends_with_data = true;
    return PARSUM_OK;
}

static parsum_status open_raw(const parsum_input_options *options, ps_input *input, parsum_error *error) {
    if (!options->has_type)
        return ps_fail(error, PARSUM_USAGE,
                       "'%s' is to be read as raw numbers; name their type, as in --type=i64", input->name);
    input->array = (ps_npy){.type = options->type, .count = PS_COUNT_UNKNOWN, .dimensions = 1};
    return PARSUM_OK;
}

static parsum_status open_text(const unsigned char *data, size_t size, bool whole,
                               const parsum_input_options *options, ps_input *input, parsum_error *error) {
    const ps_text_options text = {options->column, options->delimiter, options->no_header};
    if (options->has_type && options->type != PARSUM_F64)
        return ps_fail(
            error, PARSUM_USAGE,
            "'%s' is text, whose numbers are decimals, or doubles with --type=f64; leave --type out, "
            "or name raw numbers by --format=raw",
            input->name);
    input->text = true;
    const parsum_status status = ps_text_format_find((const char *)data, size, whole, &text, input->name,
                                                     &input->format, &input->skip_bytes, error);
    input->format.doubles = options->has_type;
    return status;
}

/* What the first bytes say of what was guessed. */
static parsum_status find_format(parsum_format guess, const parsum_input_options *options, bool alone,
                                 ps_input *input, parsum_error *error) {
    const unsigned char *data;
    size_t size;
    const parsum_status status = ps_reader_peek(input->reader, PS_TEXT_SAMPLE_BYTES, &data, &size, error);
    if (status != PARSUM_OK)
        return status;
    if (size == 0 && ends_with(input->name, plain_length(input->name), ".npy"))
        return refuse_empty(input->name, error);
    const bool is_npy = ps_npy_is_magic(data, size);
    if (guess == PARSUM_FORMAT_NPY || (options->format == PARSUM_FORMAT_AUTO && is_npy)) {
        if (alone && has_text_option(options))
            return ps_fail(error, PARSUM_USAGE,
                           "'%s' is a .npy file, which has no columns; leave --column, --delimiter and "
                           "--no-header out",
                           input->name);
        return open_npy(data, size, options, input, error);
    }
    if (guess == PARSUM_FORMAT_RAW)
        return open_raw(options, input, error);
    return open_text(data, size, size < PS_TEXT_SAMPLE_BYTES, options, input, error);
}

/* Checks the size of a file that is there whole, and maps it where the caller wants that. */
static parsum_status use_file(const parsum_input_options *options, ps_input *input, parsum_error *error) {
    int descriptor;
    uint64_t size_bytes;
    if (!ps_reader_file(input->reader, &descriptor, &size_bytes))
        return PARSUM_OK;
    if (!input->text) {
        const uint64_t number_bytes = parsum_type_size(input->array.type);
        const uint64_t data_bytes = size_bytes - input->skip_bytes;
        if (input->array.count == PS_COUNT_UNKNOWN && data_bytes % number_bytes != 0)
            return ps_fail(
                error, PARSUM_BAD_INPUT,
                "'%s' ends in the middle of a number: its %llu bytes are no multiple of the %llu of %s",
                input->name, (unsigned long long)data_bytes, (unsigned long long)number_bytes,
                parsum_type_name(input->array.type));
        if (input->array.count == PS_COUNT_UNKNOWN)
            input->array.count = data_bytes / number_bytes;
        else if (data_bytes != input->array.count * number_bytes)
            return ps_fail(
                error, PARSUM_BAD_INPUT,
                "'%s' is damaged: its header names %llu numbers of %llu bytes, and %llu bytes follow",
                input->name, (unsigned long long)input->array.count, (unsigned long long)number_bytes,
                (unsigned long long)data_bytes);
    }
    if (options->map_files && size_bytes > 0)
        ps_mapping_create(descriptor, (size_t)size_bytes, &input->mapping);
    return PARSUM_OK;
}

parsum_status ps_input_open(const char *path, const parsum_input_options *options, bool alone,
                            ps_input *input, parsum_error *error) {
    const parsum_format guess = guess_format(path, options);
    *input = (ps_input){.path = path, .name = ps_input_shown(path)};
    parsum_status status = ps_reader_open(path, &input->reader, error);
    if (status == PARSUM_OK)
        status = decompress(path, guess, input, error);
    if (status == PARSUM_OK)
        status = find_format(guess, options, alone, input, error);
    if (status == PARSUM_OK)
        status = use_file(options, input, error);
    if (status != PARSUM_OK)
        ps_input_close(input);
    return status;
}

/* The array or arrays of mapped files. */
static parsum_status mapped_array_source(ps_input *inputs, size_t operand_count, ps_source **source,
                                         parsum_error *error) {
    ps_array_block array = {.type = inputs[0].array.type};
    for (size_t operand = 0; operand < operand_count; operand++) {
        array.data[operand] = inputs[operand].mapping.base + inputs[operand].skip_bytes;
        array.stride_bytes[operand] = (int64_t)parsum_type_size(array.type);
        array.swapped[operand] = inputs[operand].array.swapped;
    }
    ps_source *made = NULL;
    const parsum_status status = ps_source_array(&array, inputs[0].array.count, &made, error);
    if (status != PARSUM_OK)
        return status;
    if (!ps_source_set_names(made, inputs, operand_count)) {
        ps_source_destroy(made);
        return ps_fail_memory(error, "the names of the inputs");
    }
    for (size_t operand = 0; operand < operand_count; operand++)
        ps_source_array_adopt(made, operand, &inputs[operand].mapping);
    *source = made;
    return PARSUM_OK;
}

/* Whether two arrays can be multiplied number by number. */
static parsum_status check_operands(const ps_input *left, const ps_input *right, parsum_error *error) {
    if (left->text || right->text)
        return ps_fail(error, PARSUM_USAGE, "'%s' is text; dot takes two arrays, .npy or raw",
                       left->text ? left->name : right->name);
    if (left->array.type != right->array.type)
        return ps_fail(error, PARSUM_USAGE, "'%s' holds %s and '%s' %s; dot takes two arrays of one type",
                       left->name, parsum_type_name(left->array.type), right->name,
                       parsum_type_name(right->array.type));
    if (left->array.count != PS_COUNT_UNKNOWN && right->array.count != PS_COUNT_UNKNOWN &&
        left->array.count != right->array.count)
        return ps_fail(error, PARSUM_BAD_INPUT,
                       "'%s' has %llu numbers and '%s' %llu; dot takes two arrays of one length", left->name,
                       (unsigned long long)left->array.count, right->name,
                       (unsigned long long)right->array.count);
    if (left->array.fortran_order != right->array.fortran_order && left->array.dimensions > 1 &&
        right->array.dimensions > 1)
        return ps_fail(error, PARSUM_USAGE,
                       "'%s' and '%s' lie in different orders (C and Fortran), so that their numbers do not "
                       "pair; save one of them anew",
                       left->name, right->name);
    return PARSUM_OK;
}

parsum_status ps_input_source(ps_input *inputs, size_t operand_count, const ps_stream_size *size,
                              ps_source **source, parsum_error *error) {
    parsum_status status = operand_count == 2 ? check_operands(&inputs[0], &inputs[1], error) : PARSUM_OK;
    if (status == PARSUM_OK) {
        const bool mapped =
            inputs[0].mapping.base != NULL && (operand_count == 1 || inputs[1].mapping.base != NULL);
        if (!mapped)
            status = ps_source_stream(inputs, operand_count, size, source, error);
        else if (inputs[0].text)
            status = ps_source_text(&inputs[0], source, error);
        else
            status = mapped_array_source(inputs, operand_count, source, error);
    }
    for (size_t operand = 0; operand < operand_count; operand++)
        ps_input_close(&inputs[operand]);
    return status;
}
