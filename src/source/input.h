/* input.h - inputs as the command line names them: found out, then made sources. Between the files of src/source. */
#ifndef PS_INPUT_H
#define PS_INPUT_H

#include "source/mapping.h"
#include "source/npy.h"
#include "source/reader.h"
#include "source/source.h"
#include "source/text_format.h"

/* One file or pipe, opened and looked at. */
typedef struct ps_input {
    const char *path; /* as it was named */
    const char *name; /* for messages: the path, or "standard input" */
    ps_reader *reader;
    ps_mapping mapping; /* base NULL: to be read */
    bool text;
    ps_text_format format; /* where text */
    ps_npy array;          /* else; count is PS_COUNT_UNKNOWN where only the end will tell */
    size_t skip_bytes;     /* before the data: a header */
    bool ends_with_data;   /* more bytes than the count says are damage */
} ps_input;

/* Opens path and finds out what it holds. alone: options that do not suit it are a mistake; beside other inputs they may be
 * meant for those. */
parsum_status ps_input_open(const char *path, const parsum_input_options *options, bool alone,
                            ps_input *input, parsum_error *error);
/* Closes what no source has taken over. */
void ps_input_close(ps_input *input);

/* How many blocks may be out at once, and how large a stream's buffers are. */
typedef struct ps_stream_size {
    size_t block_count;
    size_t block_bytes; /* of a buffer, a multiple of 4096: the longest record of text */
    size_t usual_bytes; /* how much of it is filled where records are short */
} ps_stream_size;

/* A source over the data of one input, or two operands; takes reader and mapping over, also where it fails. */
parsum_status ps_input_source(ps_input *inputs, size_t operand_count, const ps_stream_size *size,
                              ps_source **source, parsum_error *error);

/* The parts of ps_input_source. */
parsum_status ps_source_text(ps_input *input, ps_source **source, parsum_error *error);
parsum_status ps_source_stream(ps_input *inputs, size_t operand_count, const ps_stream_size *size,
                               ps_source **source, parsum_error *error);

/* The source's array lies in mapping, which it takes over. */
void ps_source_array_adopt(ps_source *source, size_t operand, ps_mapping *mapping);

/* Sets what the report says of an array or text, and the kind of partial. */
void ps_source_describe_array(ps_source *source, parsum_type type);
void ps_source_describe_text(ps_source *source, const ps_text_format *format);

/* Names the source after its inputs. False: out of memory. */
bool ps_source_set_names(ps_source *source, const ps_input *inputs, size_t count);

/* What messages call an input of this path. */
const char *ps_input_shown(const char *path);

parsum_status ps_input_fail_shrunk(const char *name, parsum_error *error);

#endif
