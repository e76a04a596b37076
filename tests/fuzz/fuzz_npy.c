/* fuzz_npy.c - any bytes as a .npy header: what is accepted lies in its bounds, and says the same however much follows. */
#include <string.h>

#include "fuzz.h"
#include "source/npy.h"

bool fuzz_accepted;

static void require_bounds(const ps_npy *npy, size_t size) {
    const size_t element_bytes = parsum_type_size(npy->type);
    bool zero = false;
    FUZZ_REQUIRE(element_bytes > 0);
    FUZZ_REQUIRE(npy->dimensions <= sizeof npy->shape / sizeof npy->shape[0]);
    FUZZ_REQUIRE(npy->data_offset <= size);
    FUZZ_REQUIRE(npy->data_offset <= PS_NPY_PREFIX_BYTES + PS_NPY_HEADER_MAX);
    FUZZ_REQUIRE(npy->count <= INT64_MAX / element_bytes);
    for (unsigned i = 0; i < npy->dimensions; i++) {
        FUZZ_REQUIRE(npy->shape[i] <= INT64_MAX);
        zero = zero || npy->shape[i] == 0;
    }
    FUZZ_REQUIRE(zero == (npy->count == 0));
    /* Dividing the sizes away leaves one element. */
    uint64_t left = npy->count;
    for (unsigned i = 0; !zero && i < npy->dimensions; i++) {
        FUZZ_REQUIRE(left % npy->shape[i] == 0);
        left /= npy->shape[i];
    }
    FUZZ_REQUIRE(zero || left == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    ps_npy npy, again;
    parsum_error error;
    memset(&npy, 0, sizeof npy);
    memset(&again, 0, sizeof again);
    const parsum_status status = ps_npy_parse(data, size, "input", &npy, &error);
    fuzz_accepted = status == PARSUM_OK;
    FUZZ_REQUIRE(status == PARSUM_OK || status == PARSUM_BAD_INPUT);
    if (!fuzz_accepted) {
        FUZZ_REQUIRE(error.status == PARSUM_BAD_INPUT && strncmp(error.message, "input ", 6) == 0);
        return 0;
    }
    FUZZ_REQUIRE(ps_npy_is_magic(data, size));
    require_bounds(&npy, size);
    /* The header alone says the same, and less than it nothing. */
    FUZZ_REQUIRE(ps_npy_parse(data, npy.data_offset, "input", &again, NULL) == PARSUM_OK);
    FUZZ_REQUIRE(again.type == npy.type && again.count == npy.count && again.dimensions == npy.dimensions);
    FUZZ_REQUIRE(ps_npy_parse(data, npy.data_offset - 1, "input", &again, NULL) == PARSUM_BAD_INPUT);
    return 0;
}
