/* type.c - the table of number types. */
#include <string.h>

#include "parsum.h"

static const struct {
    const char *name;
    size_t size_bytes;
} types[PARSUM_TYPE_COUNT] = {
    [PARSUM_I8] = {"i8", 1},   [PARSUM_I16] = {"i16", 2}, [PARSUM_I32] = {"i32", 4},
    [PARSUM_I64] = {"i64", 8}, [PARSUM_U8] = {"u8", 1},   [PARSUM_U16] = {"u16", 2},
    [PARSUM_U32] = {"u32", 4}, [PARSUM_U64] = {"u64", 8}, [PARSUM_F32] = {"f32", 4},
    [PARSUM_F64] = {"f64", 8},
};

const char *parsum_type_name(parsum_type type) {
    return (unsigned)type < PARSUM_TYPE_COUNT ? types[type].name : NULL;
}

size_t parsum_type_size(parsum_type type) {
    return (unsigned)type < PARSUM_TYPE_COUNT ? types[type].size_bytes : 0;
}

bool parsum_type_find(const char *name, parsum_type *type) {
    for (unsigned i = 0; i < PARSUM_TYPE_COUNT; i++) {
        if (strcmp(name, types[i].name) == 0) {
            *type = (parsum_type)i;
            return true;
        }
    }
    return false;
}
