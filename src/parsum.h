/* parsum.h - the public interface of libparsum: exact parallel sums, the same bits on every processor.
 *
 * What holds for every function here:
 *  - Errors. Functions that can fail return a parsum_status and take a parsum_error as their last argument, which
 *    may be NULL. On failure no output argument is changed unless its comment says so.
 *  - Threads. A context is used by one thread at a time; different contexts may be used by different threads at
 *    once. Callbacks are called on the thread that called the library, never on a worker.
 *  - Forks. A context belongs to the process that created it. In a process forked from that one its reductions fail with
 *    PARSUM_FAILED; destroying it there frees its memory and leaves the parent's workers alone. OpenCL that was in use before
 *    the fork is refused there, too, with PARSUM_FAILED: drivers would hang.
 *  - Manners. The library writes to no stream, installs no signal handler and never exits. Worker processes are
 *    its own children, waited for by process id.
 *  - Exactness. Sums are exact integers of up to 256 bits; statistics that are fractions or roots are the nearest
 *    double (ties to even) of the exact value. No result depends on engine, device, workers or block sizes.
 */
#ifndef PARSUM_H
#define PARSUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PARSUM_VERSION "0.1.0"

#if defined(__GNUC__)
#define PARSUM_API __attribute__((visibility("default")))
#else
#define PARSUM_API
#endif

/* A 128-bit signed integer, a GNU C extension that GCC and Clang give on every 64-bit target. */
__extension__ typedef __int128 parsum_int128;

/* The values are the exit statuses of the program parsum-cl, except PARSUM_CANCELLED, which never leaves it. */
typedef enum parsum_status {
    PARSUM_OK = 0,
    PARSUM_FAILED = 1, /* failed at run time: no memory, a worker that cannot be kept alive, a device call */
    PARSUM_USAGE = 2,  /* an option or range that has no meaning */
    PARSUM_MISMATCH = 3,  /* the answer and its verification differ */
    PARSUM_NO_DEVICE = 4, /* no OpenCL device, or not exactly one, is what the selector names */
    PARSUM_BAD_INPUT = 5, /* the data itself is damaged */
    PARSUM_SELF_TEST = 6, /* a device computed known sums wrongly */
    PARSUM_CANCELLED = 7  /* the cancelled callback said so */
} parsum_status;

/* What went wrong: one sentence that names the place and what to do; a build log may follow on further lines. */
typedef struct parsum_error {
    parsum_status status;
    char message[8192];
} parsum_error;

/* The statistics, in the order in which `all` lists them. */
typedef enum parsum_statistic {
    PARSUM_COUNT,
    PARSUM_SUM,
    PARSUM_SUMSQ,  /* sum of squares */
    PARSUM_SUMABS, /* sum of magnitudes */
    PARSUM_MIN,
    PARSUM_MAX,
    PARSUM_MEAN,
    PARSUM_VAR,   /* sample variance, divided by n-1; of one value: none */
    PARSUM_PVAR,  /* population variance, divided by n */
    PARSUM_SD,    /* square root of var */
    PARSUM_PSD,   /* square root of pvar */
    PARSUM_NORM2, /* square root of sumsq */
    PARSUM_DOT    /* sum of products of two arrays; goes with no other statistic and is not part of `all` */
} parsum_statistic;
#define PARSUM_STATISTIC_COUNT 13u
#define PARSUM_MASK(statistic) (UINT32_C(1) << (statistic))
#define PARSUM_MASK_ALL (PARSUM_MASK(PARSUM_DOT) - 1)

/* The types of the numbers in arrays and raw data: two's complement integers and IEEE 754 floats of so many bits. */
typedef enum parsum_type {
    PARSUM_I8,
    PARSUM_I16,
    PARSUM_I32,
    PARSUM_I64,
    PARSUM_U8,
    PARSUM_U16,
    PARSUM_U32,
    PARSUM_U64,
    PARSUM_F32,
    PARSUM_F64
} parsum_type;
#define PARSUM_TYPE_COUNT 10u

typedef enum parsum_verify {
    PARSUM_VERIFY_AUTO,        /* reference up to 10^9 elements, closed form beyond */
    PARSUM_VERIFY_REFERENCE,   /* a plain 128-bit loop over every element, on all workers */
    PARSUM_VERIFY_CLOSED_FORM, /* the formulas for sums of powers, in GMP integers */
    PARSUM_VERIFY_NONE
} parsum_verify;

/* The elements first, first+step, ... below end. Bounds: elements from -2^63 to 2^64-1, step > 0, fewer than 2^64
 * elements over all ranges of a call; none of the three beyond 2^100. end <= first is an empty range. */
typedef struct parsum_range {
    parsum_int128 first;
    parsum_int128 end;
    parsum_int128 step;
} parsum_range;

/* How far a call is. unit says what is counted: "elements", "bytes" (of text), or "units" where a list holds both. total
 * is 0 where it cannot be known. */
typedef struct parsum_progress {
    uint64_t done, total;
    const char *unit;
} parsum_progress;

typedef struct parsum_options {
    const char *engine;     /* "auto" (default), "serial", "pthread", "fork" or "opencl" */
    const char *device;     /* OpenCL device selector (README, "Devices"); NULL: "auto" */
    unsigned workers;       /* threads or processes; 0: the CPUs that affinity and cgroup quota allow */
    uint64_t chunk;         /* elements a block at most, of text bytes; 0: chosen by the engine */
    size_t work_group_size; /* OpenCL work-items a work-group; 0: chosen by the device's type */
    const char *isa; /* CPU path: "portable", "avx2", "avx512", "avx512ifma"; NULL: the best there is */
    const char *kernel_dir; /* folder to read kernels from; NULL: those built in */
    bool no_fp64;           /* OpenCL devices sum floats in integers alone, as those without doubles do */
    uint32_t statistics;    /* PARSUM_MASK of each statistic wanted; default PARSUM_MASK(PARSUM_SUMSQ) */
    bool skip_nan;          /* NaNs are no elements; they are counted */
    bool exact_digits;      /* sums of floats as text in full, not their nearest doubles */
    parsum_verify verify;
    unsigned runs;   /* timed runs, 1 to 1000000; all must agree */
    unsigned warmup; /* untimed runs before them, at most 1000000 */

    /* Callbacks, each may be NULL; user is passed to all. notice: one sentence without newline, such as a worker's
     * death. progress: about twenty times a second. cancelled: nonzero ends the call with
     * PARSUM_CANCELLED after the blocks in work, all workers gone. */
    void (*notice)(const char *sentence, void *user);
    void (*progress)(const parsum_progress *progress, void *user);
    int (*cancelled)(void *user);
    void *user;
} parsum_options;

/* An OpenCL device. memory_bytes is its global memory. Strings belong to the list or result that holds it. */
typedef struct parsum_device {
    char selector[24]; /* "P:D": platform and device as counted by clGetPlatformIDs and clGetDeviceIDs */
    const char *type;  /* "gpu", "accelerator", "cpu" or "other" */
    char *name;
    char *platform;
    char *driver;
    unsigned compute_units;
    uint64_t memory_bytes;
    bool fp64;
} parsum_device;

typedef struct parsum_value {
    parsum_statistic statistic;
    char *text;    /* the value in decimal; NULL: there is none (the mean of nothing) */
    bool exact;    /* text is the result itself, not its nearest double */
    bool floating; /* text is a double's shortest decimal, and number is that double */
    double number;
} parsum_value;

/* The outcome of one call. Read only; free with parsum_result_destroy. New fields are added at the end. */
typedef struct parsum_result {
    struct {
        const char *kind; /* "range", "array", "text" or "partial" */
        const char *type; /* "integer", "decimal", or the one type of all arrays, such as "i64" */
        uint64_t count;   /* elements */
        uint64_t missing, skipped_nan; /* fields that are not elements */
        char **sources;
        size_t source_count;
    } input;
    struct {
        const char *name;
        unsigned workers;
        const char *isa; /* NULL where no CPU path was chosen (opencl, reference) */
        parsum_device *devices;
        size_t device_count;
    } engine;
    parsum_value values[PARSUM_STATISTIC_COUNT]; /* value_count of them, in enum order */
    size_t value_count;
    struct {
        parsum_verify method; /* never PARSUM_VERIFY_AUTO */
        bool ok;              /* false only where method is PARSUM_VERIFY_NONE: not verified */
        unsigned workers;
        double seconds;
    } verified;
    struct {
        double wall, setup;
        double transfer; /* of the last run: copying to a device */
        double parse;    /* of the last run: text for a device; on CPU engines parsing is compute */
        double compute;  /* the median of samples */
    } seconds;
    double *samples; /* compute seconds of each run, in the order run */
    size_t sample_count;
    void *partial; /* what parsum_result_save writes */
} parsum_result;

typedef struct parsum_context parsum_context;

/* Fills options with the defaults named above. */
PARSUM_API void parsum_options_init(parsum_options *options);

/* Checks options (PARSUM_USAGE names what is wrong) and copies them; strings are copied too. Engines, devices and
 * workers are opened by the first reduction and kept for the next ones. */
PARSUM_API parsum_status parsum_context_create(const parsum_options *options, parsum_context **context,
                                               parsum_error *error);

/* Ends all workers and frees everything. NULL is allowed. */
PARSUM_API void parsum_context_destroy(parsum_context *context);

/* Reduces all elements of ranges as one list and verifies the answer as the options say. On PARSUM_MISMATCH the
 * error holds both values. The result outlives the context. Errors: PARSUM_USAGE for an element or a count beyond
 * the bounds of parsum_range; any status of the engine. */
PARSUM_API parsum_status parsum_reduce_ranges(parsum_context *context, const parsum_range *ranges,
                                              size_t range_count, parsum_result **result,
                                              parsum_error *error);

/* The same by the plain 128-bit reference loop on one thread (engine name "reference"), the baseline of comparisons
 * and of verification. It shares no code with the engines' folds. The result is checked against the closed form. */
PARSUM_API parsum_status parsum_reference_ranges(parsum_context *context, const parsum_range *ranges,
                                                 size_t range_count, parsum_result **result,
                                                 parsum_error *error);

/* Numbers of one type in memory. Bounds: the count numbers, stride_bytes from one to the next, are readable and stay as
 * they are during the call; neither address nor stride need be aligned; the stride may be negative. */
typedef struct parsum_array {
    const void *data; /* the first number */
    parsum_type type;
    uint64_t count;
    ptrdiff_t stride_bytes; /* 0: they follow each other */
} parsum_array;

/* Reduces the numbers of array, as parsum_reduce_ranges does elements. PARSUM_VERIFY_AUTO verifies what a device reduced;
 * there is no closed form. "auto" is the engine pthread, since the numbers are in the CPU's memory. */
PARSUM_API parsum_status parsum_reduce_array(parsum_context *context, const parsum_array *array,
                                             parsum_result **result, parsum_error *error);

/* The sum of the products of two arrays, number by number; the context's statistics are PARSUM_DOT. PARSUM_USAGE: their
 * types differ. PARSUM_BAD_INPUT: their lengths do. */
PARSUM_API parsum_status parsum_reduce_dot(parsum_context *context, const parsum_array *left,
                                           const parsum_array *right, parsum_result **result,
                                           parsum_error *error);

/* Numbers that come in pieces. open, feed as often as you like, finish, which frees the stream, also where it fails.
 * Every piece is reduced before feed returns, so that its memory is the caller's again. An error of feed is final: what
 * is left is finish. The context is the stream's until then. */
typedef struct parsum_stream parsum_stream;
PARSUM_API parsum_status parsum_stream_open(parsum_context *context, parsum_type type, parsum_stream **stream,
                                            parsum_error *error);
PARSUM_API parsum_status parsum_stream_feed(parsum_stream *stream, const void *numbers, uint64_t count,
                                            parsum_error *error);
/* result may be NULL: the stream is given up. */
PARSUM_API parsum_status parsum_stream_finish(parsum_stream *stream, parsum_result **result,
                                              parsum_error *error);

typedef enum parsum_format {
    PARSUM_FORMAT_AUTO, /* .npy by its magic; text where an option or the name says so; raw where a type is given; text */
    PARSUM_FORMAT_NPY,
    PARSUM_FORMAT_RAW,
    PARSUM_FORMAT_TEXT
} parsum_format;

/* How files and pipes are read (README, "Inputs"). All zero is a good beginning. */
typedef struct parsum_input_options {
    parsum_format format;
    bool has_type; /* type is given: of raw numbers */
    parsum_type type;
    const char *column; /* of text: a name of its header, or a number from 1; NULL: there is but one */
    char delimiter;     /* of text; 0: found */
    bool no_header;     /* of text: the first line holds data */
    bool map_files;     /* map files instead of reading them: the program's handler of SIGBUS then calls
                         * parsum_mapping_fault */
} parsum_input_options;

/* Reduces inputs as the command line has them - ranges, files and "-" - as one list. options NULL: all zero. */
PARSUM_API parsum_status parsum_reduce_inputs(parsum_context *context, const char *const *inputs,
                                              size_t input_count, const parsum_input_options *options,
                                              parsum_result **result, parsum_error *error);

/* The same by the reference on one thread, as parsum_reference_ranges. */
PARSUM_API parsum_status parsum_reference_inputs(parsum_context *context, const char *const *inputs,
                                                 size_t input_count, const parsum_input_options *options,
                                                 parsum_result **result, parsum_error *error);

/* Whether input reads as a range: digits, signs and colons alone. */
PARSUM_API bool parsum_input_is_range(const char *input);

/* For a handler of SIGBUS: whether address lies in a file that the library has mapped, which has shrunk. It may then return:
 * the place reads as zeros, and the call that reads the file fails. Async-signal-safe on systems where mmap is. */
PARSUM_API bool parsum_mapping_fault(const void *address);

/* Writes the exact partial behind result to a file, to be merged with others. The file is there whole or not at all. */
PARSUM_API parsum_status parsum_result_save(const parsum_result *result, const char *path,
                                            parsum_error *error);

/* The answer from files that parsum_result_save wrote. statistics: a mask; 0: those that all of the files were made for.
 * PARSUM_BAD_INPUT: a file is damaged, or newer, or their kinds do not mix; PARSUM_USAGE: one does not hold what a
 * statistic needs. */
PARSUM_API parsum_status parsum_merge(const char *const *paths, size_t path_count, uint32_t statistics,
                                      bool exact_digits, parsum_result **result, parsum_error *error);

/* NULL is allowed. */
PARSUM_API void parsum_result_destroy(parsum_result *result);

/* An accumulator: the exact sum of doubles that come one by one or in arrays, rounded only when it is read. In whatever order
 * the numbers come, and however they are shared out over accumulators that are merged, the bytes are the same. An accumulator
 * is used by one thread at a time; while none changes it, several may read it (round, count, serialise, merge from it).
 * Neither the rounding mode nor the flushing of subnormals changes a bit. Bound: fewer than 2^64 numbers. */
typedef struct parsum_accumulator parsum_accumulator;

/* Makes an empty accumulator. PARSUM_FAILED: no memory. */
PARSUM_API parsum_status parsum_accumulator_create(parsum_accumulator **accumulator, parsum_error *error);

/* NULL is allowed. */
PARSUM_API void parsum_accumulator_destroy(parsum_accumulator *accumulator);

/* Adds one number, any double, or count of them. They cannot fail. */
PARSUM_API void parsum_accumulator_add(parsum_accumulator *accumulator, double value);
PARSUM_API void parsum_accumulator_add_array(parsum_accumulator *accumulator, const double *values,
                                             size_t count);

/* Adds all that was added to from, which may be into itself. PARSUM_USAGE: that would be 2^64 numbers or more. */
PARSUM_API parsum_status parsum_accumulator_merge(parsum_accumulator *into, const parsum_accumulator *from,
                                                  parsum_error *error);

/* How many numbers were added. */
PARSUM_API uint64_t parsum_accumulator_count(const parsum_accumulator *accumulator);

/* The double nearest to the sum, ties to even; beyond the largest an infinity. A NaN where a NaN, or infinities of both signs,
 * were among the numbers; an infinity where it was of one sign. The sum 0 is +0. */
PARSUM_API double parsum_accumulator_round(const parsum_accumulator *accumulator);

/* The accumulator as bytes that any machine reads: little-endian, with a version and a checksum. Equal sums of equally many
 * numbers are equal bytes. deserialise makes a new accumulator; PARSUM_BAD_INPUT: not such bytes, of another size, of another
 * version or damaged. */
#define PARSUM_ACCUMULATOR_SIZE_BYTES 572u
PARSUM_API void parsum_accumulator_serialise(const parsum_accumulator *accumulator,
                                             unsigned char bytes[PARSUM_ACCUMULATOR_SIZE_BYTES]);
PARSUM_API parsum_status parsum_accumulator_deserialise(const unsigned char *bytes, size_t size_bytes,
                                                        parsum_accumulator **accumulator,
                                                        parsum_error *error);

/* Reads "A:B" or "A:B:STEP". PARSUM_USAGE quotes the offending text. */
PARSUM_API parsum_status parsum_range_parse(const char *text, parsum_range *range, parsum_error *error);

/* "sumsq" and so on; NULL beyond the last. And the reverse: false where the name is none. */
PARSUM_API const char *parsum_statistic_name(parsum_statistic statistic);
PARSUM_API bool parsum_statistic_find(const char *name, parsum_statistic *statistic);

/* "i8" to "f64"; NULL beyond the last. And the reverse: false where the name is none. */
PARSUM_API const char *parsum_type_name(parsum_type type);
PARSUM_API bool parsum_type_find(const char *name, parsum_type *type);

/* Bytes of one number; 0 beyond the last type. */
PARSUM_API size_t parsum_type_size(parsum_type type);

/* The names of the engines that `--engine` takes after "auto", in order of the table; NULL beyond the last. */
PARSUM_API const char *parsum_engine_name(size_t index);

/* "auto", "npy", "raw", "text"; NULL beyond the last. */
PARSUM_API const char *parsum_format_name(parsum_format format);

/* "reference", "closed-form", "none", "auto"; NULL beyond the last. */
PARSUM_API const char *parsum_verify_name(parsum_verify verify);

/* The name of the CPU path that options->isa names or, where it is NULL, the best that this machine has.
 * PARSUM_USAGE: no such path, or not on this machine. */
PARSUM_API parsum_status parsum_isa_select(const char *isa, const char **name, parsum_error *error);

/* All OpenCL devices of all platforms. No platform or no device is success with count 0, but PARSUM_NO_DEVICE where a
 * platform could not list its devices; where others could, error->message says so beside the success, and is empty
 * otherwise. Free with parsum_device_list_destroy. */
PARSUM_API parsum_status parsum_device_list(parsum_device **devices, size_t *count, parsum_error *error);
PARSUM_API void parsum_device_list_destroy(parsum_device *devices, size_t count);

/* Runs every kernel on the device that options->device selects, with options->work_group_size, against known sums.
 * PARSUM_SELF_TEST: it computes them wrongly. */
PARSUM_API parsum_status parsum_device_self_test(const parsum_options *options, parsum_error *error);

#ifdef __cplusplus
}
#endif
#endif
