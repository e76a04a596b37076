/* inputs.c - inputs as the command line has them: ranges, files and standard input, as one list. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/error.h"
#include "run/reduce.h"
#include "source/input.h"

static const char *const format_names[] = {
    [PARSUM_FORMAT_AUTO] = "auto",
    [PARSUM_FORMAT_NPY] = "npy",
    [PARSUM_FORMAT_RAW] = "raw",
    [PARSUM_FORMAT_TEXT] = "text",
};

const char *parsum_format_name(parsum_format format) {
    return (size_t)format < sizeof format_names / sizeof format_names[0] ? format_names[format] : NULL;
}

bool parsum_input_is_range(const char *input) {
    return strchr(input, ':') != NULL && input[strspn(input, "0123456789:+-")] == '\0';
}

/* Every worker holds at most this many blocks at once: a process has one in work and one waiting, a device three. */
enum { BLOCKS_A_WORKER = 3, DEVICES_MOST = 16 };

/* Buffers of streams: large enough for the cost of a launch or a message, and together a fixed amount of memory. */
static ps_stream_size stream_size(const parsum_context *context) {
    enum { PAGE_BYTES = 4096 };
    const size_t all_bytes = (size_t)40 << 20, least_bytes = (size_t)64 << 10, record_bytes = (size_t)1 << 20;
    const bool opencl = context->options.engine != NULL && strcasecmp(context->options.engine, "opencl") == 0;
    const size_t most_bytes = opencl ? (size_t)4 << 20 : (size_t)1 << 20;
    const size_t pullers = opencl ? DEVICES_MOST : context->job.workers;
    const size_t busy = BLOCKS_A_WORKER * (opencl ? 2 : pullers) + 1;
    size_t bytes = all_bytes / busy / PAGE_BYTES * PAGE_BYTES;
    if (bytes > most_bytes)
        bytes = most_bytes;
    if (bytes < least_bytes)
        bytes = least_bytes;
    return (ps_stream_size){.block_count = BLOCKS_A_WORKER * pullers + 1,
                            .block_bytes = bytes > record_bytes ? bytes : record_bytes,
                            .usual_bytes = bytes};
}

/* The ranges behind inputs, where all of them are; NULL in *ranges: not so. */
static parsum_status all_ranges(const char *const *inputs, size_t input_count, parsum_range **ranges,
                                parsum_error *error) {
    *ranges = NULL;
    for (size_t i = 0; i < input_count; i++) {
        if (!parsum_input_is_range(inputs[i]))
            return PARSUM_OK;
    }
    parsum_range *made = calloc(input_count + 1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "the list of ranges");
    for (size_t i = 0; i < input_count; i++) {
        const parsum_status status = parsum_range_parse(inputs[i], &made[i], error);
        if (status != PARSUM_OK) {
            free(made);
            return status;
        }
    }
    *ranges = made;
    return PARSUM_OK;
}

static parsum_status open_input(const char *name, const parsum_input_options *options, bool alone,
                                const ps_stream_size *size, ps_source **source, parsum_error *error) {
    if (parsum_input_is_range(name)) {
        parsum_range range;
        const parsum_status status = parsum_range_parse(name, &range, error);
        return status == PARSUM_OK ? ps_source_ranges(&range, 1, source, error) : status;
    }
    ps_input input;
    const parsum_status status = ps_input_open(name, options, alone, &input, error);
    return status == PARSUM_OK ? ps_input_source(&input, 1, size, source, error) : status;
}

/* Two inputs as the operands of one list of products. */
static parsum_status open_operands(const char *const *names, size_t count,
                                   const parsum_input_options *options, const ps_stream_size *size,
                                   ps_source **source, parsum_error *error) {
    ps_input operands[2];
    if (count != 2 || parsum_input_is_range(names[0]) || parsum_input_is_range(names[1]))
        return ps_fail(error, PARSUM_USAGE, "dot takes two arrays, such as --stat=dot left.npy right.npy");
    if (strcmp(names[0], "-") == 0 && strcmp(names[1], "-") == 0)
        return ps_fail(error, PARSUM_USAGE, "dot takes two inputs, and there is one standard input");
    parsum_status status = ps_input_open(names[0], options, true, &operands[0], error);
    if (status != PARSUM_OK)
        return status;
    status = ps_input_open(names[1], options, true, &operands[1], error);
    if (status != PARSUM_OK) {
        ps_input_close(&operands[0]);
        return status;
    }
    return ps_input_source(operands, 2, size, source, error);
}

static parsum_status open_all(const char *const *names, size_t count, const parsum_input_options *options,
                              const ps_stream_size *size, ps_source **list, parsum_error *error) {
    ps_source **sources = calloc(count + 1, sizeof(ps_source *));
    if (sources == NULL)
        return ps_fail_memory(error, "the list of inputs");
    parsum_status status = PARSUM_OK;
    size_t opened = 0, standard_inputs = 0;
    for (; opened < count && status == PARSUM_OK; opened += status == PARSUM_OK) {
        standard_inputs += strcmp(names[opened], "-") == 0;
        status = standard_inputs > 1
                     ? ps_fail(error, PARSUM_USAGE, "'-' is named twice, and there is one standard input")
                     : open_input(names[opened], options, count == 1, size, &sources[opened], error);
    }
    if (status == PARSUM_OK) {
        status = ps_source_list(sources, count, list, error);
    } else {
        for (size_t i = 0; i < opened; i++)
            ps_source_destroy(sources[i]);
    }
    free(sources);
    return status;
}

static parsum_status reduce(parsum_context *context, const char *const *inputs, size_t input_count,
                            const parsum_input_options *options, bool by_reference, parsum_result **result,
                            parsum_error *error) {
    const double start = ps_clock_seconds();
    const parsum_input_options none = {0};
    const ps_stream_size size = stream_size(context);
    ps_source *source = NULL;
    parsum_range *ranges = NULL;
    parsum_status status = ps_context_check_process(context, error);
    if (status == PARSUM_OK)
        status = all_ranges(inputs, input_count, &ranges, error);
    if (status != PARSUM_OK)
        return status;
    if (ranges != NULL) {
        status = by_reference ? parsum_reference_ranges(context, ranges, input_count, result, error)
                              : parsum_reduce_ranges(context, ranges, input_count, result, error);
        free(ranges);
        return status;
    }
    if (options == NULL)
        options = &none;
    if (context->options.statistics == PARSUM_MASK(PARSUM_DOT))
        status = open_operands(inputs, input_count, options, &size, &source, error);
    else
        status = open_all(inputs, input_count, options, &size, &source, error);
    if (status == PARSUM_OK)
        status = by_reference ? ps_reduce_by_reference(context, start, source, NULL, 0, result, error)
                              : ps_reduce(context, start, source, NULL, 0, result, error);
    ps_source_destroy(source);
    return status;
}

parsum_status parsum_reduce_inputs(parsum_context *context, const char *const *inputs, size_t input_count,
                                   const parsum_input_options *options, parsum_result **result,
                                   parsum_error *error) {
    return reduce(context, inputs, input_count, options, false, result, error);
}

parsum_status parsum_reference_inputs(parsum_context *context, const char *const *inputs, size_t input_count,
                                      const parsum_input_options *options, parsum_result **result,
                                      parsum_error *error) {
    return reduce(context, inputs, input_count, options, true, result, error);
}
