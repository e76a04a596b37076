/* npy_show.c - prints what the header parser says of each file named, a line each: type, byte order, fortran_order, offset of
 * the data, count and shape, or the message. For test_npy_numpy.py. */
#include <inttypes.h>
#include <stdio.h>

#include "source/npy.h"

static void show(const char *path) {
    static unsigned char data[PS_NPY_PREFIX_BYTES + PS_NPY_HEADER_MAX];
    FILE *const file = fopen(path, "rb");
    ps_npy npy;
    parsum_error error;
    const size_t size = file == NULL ? 0 : fread(data, 1, sizeof data, file);
    if (file != NULL)
        fclose(file);
    if (ps_npy_parse(data, size, path, &npy, &error) != PARSUM_OK) {
        printf("refused %s\n", error.message);
        return;
    }
    printf("%s %s %s %zu %" PRIu64, parsum_type_name(npy.type), npy.swapped ? "swapped" : "native",
           npy.fortran_order ? "fortran" : "c", npy.data_offset, npy.count);
    for (unsigned i = 0; i < npy.dimensions; i++)
        printf(" %" PRIu64, npy.shape[i]);
    putchar('\n');
}

int main(int argument_count, char **arguments) {
    for (int i = 1; i < argument_count; i++)
        show(arguments[i]);
    return 0;
}
