/* fuzz_raw.c - any bytes as raw integers of a type, from a file: refused where they end in the middle of a number, else summed as
 * a plain loop sums them.
 *
 * The first byte chooses the type, and whether the file is mapped. */
#include "fuzz_file.h"

#include <string.h>

#include "source/reader.h"

bool fuzz_accepted;

/* The number of `bytes` bytes at data, of this machine's order, whose last bit is a sign or not. */
static parsum_int128 number_at(const uint8_t *data, size_t bytes, bool is_signed) {
    uint64_t number = 0;
    for (size_t i = 0; i < bytes; i++)
        number |= (uint64_t)data[__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? i : bytes - 1 - i] << 8 * i;
    const bool negative = is_signed && number >> (8 * bytes - 1);
    return (parsum_int128)number - (negative ? (parsum_int128)1 << 8 * bytes : 0);
}

static void require_value(const parsum_value *value, parsum_int128 expected) {
    char text[64], *at = text + sizeof text;
    const bool negative = expected < 0;
    *--at = '\0';
    do {
        const int digit = (int)(expected % 10);
        *--at = (char)('0' + (digit < 0 ? -digit : digit));
        expected /= 10;
    } while (expected != 0);
    if (negative)
        *--at = '-';
    FUZZ_REQUIRE(value->exact && strcmp(value->text, at) == 0);
}

static void compare(const parsum_result *result, const uint8_t *data, size_t size, parsum_type type) {
    const size_t bytes = parsum_type_size(type);
    parsum_int128 sum = 0, magnitudes = 0;
    for (size_t at = 0; at < size; at += bytes) {
        const parsum_int128 number = number_at(data + at, bytes, type <= PARSUM_I64);
        sum += number;
        magnitudes += number < 0 ? -number : number;
    }
    FUZZ_REQUIRE(result->input.count == size / bytes && result->value_count == 2);
    require_value(&result->values[0], sum);
    require_value(&result->values[1], magnitudes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static parsum_context *context;
    fuzz_accepted = false;
    /* What looks compressed is decompressed, and fuzz_compressed's. */
    if (size < 1 || size > 1 << 16 || ps_compression_of_bytes(data + 1, size - 1) != PS_COMPRESSION_NONE)
        return 0;
    if (context == NULL) {
        parsum_options options;
        parsum_options_init(&options);
        options.engine = "serial";
        options.verify = PARSUM_VERIFY_NONE;
        options.chunk = 100;
        options.statistics = PARSUM_MASK(PARSUM_SUM) | PARSUM_MASK(PARSUM_SUMABS);
        FUZZ_REQUIRE(parsum_context_create(&options, &context, NULL) == PARSUM_OK);
    }
    const parsum_input_options options = {.format = PARSUM_FORMAT_RAW,
                                          .has_type = true,
                                          .type = (parsum_type)((data[0] & 15) % (PARSUM_U64 + 1)),
                                          .map_files = data[0] & 16};
    const fuzz_file file = fuzz_file_make(data + 1, size - 1);
    const char *const paths[] = {file.path};
    parsum_result *result = NULL;
    parsum_error error;
    const parsum_status status = parsum_reduce_inputs(context, paths, 1, &options, &result, &error);
    fuzz_accepted = status == PARSUM_OK;
    FUZZ_REQUIRE(status == ((size - 1) % parsum_type_size(options.type) == 0 ? PARSUM_OK : PARSUM_BAD_INPUT));
    if (fuzz_accepted)
        compare(result, data + 1, size - 1, options.type);
    parsum_result_destroy(result);
    fuzz_file_remove(&file);
    return 0;
}
