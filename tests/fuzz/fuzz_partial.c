/* fuzz_partial.c - any bytes as a partial, as they are and with length and checksum made right: what is accepted writes
 * itself again as the same bytes, and its statistics can be finished. */
#include <string.h>
#include <zlib.h>

#include "exact/partial_file.h"
#include "exact/statistics.h"
#include "fuzz.h"

bool fuzz_accepted;

/* Where the length stands in a file, and the bytes of a checksum. */
enum { LENGTH_AT = 24, CHECKSUM_BYTES = 4 };

static void finish(const ps_partial *partial, uint32_t statistics) {
    parsum_value values[PARSUM_STATISTIC_COUNT];
    const size_t count = ps_statistics_finish(statistics, partial, false, values);
    FUZZ_REQUIRE(count > 0);
    ps_values_destroy(values, count);
}

/* Merging a partial with itself is the least that the command merge does. */
static void merge(const ps_partial *partial, uint32_t statistics) {
    const ps_kind *const kind = &ps_kinds[partial->kind];
    ps_partial *const total = malloc(kind->size_bytes);
    if (total == NULL)
        return;
    kind->clear(total);
    for (int i = 0; i < 2; i++) {
        if (total->count <= UINT64_MAX - partial->count)
            kind->merge(total, partial);
    }
    finish(total, statistics);
    free(total);
}

static bool decode(const uint8_t *data, size_t size) {
    ps_partial *partial;
    ps_partial_info info;
    parsum_error error;
    unsigned char *bytes;
    size_t encoded_size;
    const parsum_status status = ps_partial_decode(data, size, "input", &partial, &info, &error);
    FUZZ_REQUIRE(status == PARSUM_OK || status == PARSUM_BAD_INPUT);
    if (status != PARSUM_OK) {
        FUZZ_REQUIRE(error.status == PARSUM_BAD_INPUT && strncmp(error.message, "input ", 6) == 0);
        return false;
    }
    FUZZ_REQUIRE(partial->kind < PS_KIND_COUNT && partial->version == PS_PARTIAL_VERSION);
    FUZZ_REQUIRE(partial->fault.code == PS_FAULT_NONE);
    FUZZ_REQUIRE(memchr(info.type, 0, sizeof info.type) != NULL &&
                 memchr(info.kind, 0, sizeof info.kind) != NULL);
    FUZZ_REQUIRE(ps_partial_encode(partial, &info, &bytes, &encoded_size, NULL) == PARSUM_OK);
    FUZZ_REQUIRE(encoded_size == size && memcmp(bytes, data, size) == 0);
    finish(partial, info.statistics);
    merge(partial, info.statistics);
    free(bytes);
    free(partial);
    return true;
}

static void repair(uint8_t *data, size_t size) {
    for (size_t i = 0; i < 8; i++)
        data[LENGTH_AT + i] = (uint8_t)((uint64_t)size >> 8 * i);
    const uint32_t checksum = (uint32_t)crc32(0, data, (uInt)(size - CHECKSUM_BYTES));
    for (size_t i = 0; i < CHECKSUM_BYTES; i++)
        data[size - CHECKSUM_BYTES + i] = (uint8_t)(checksum >> 8 * i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_accepted = decode(data, size);
    if (size < LENGTH_AT + 8 + CHECKSUM_BYTES || size > PS_PARTIAL_FILE_MAX)
        return 0;
    uint8_t *const copy = malloc(size);
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    repair(copy, size);
    (void)decode(copy, size);
    free(copy);
    return 0;
}
