/* fuzz.h - what a fuzz target is: a function of any bytes that ends the program where a law does not hold. replay.c calls it
 * on kept files; libFuzzer, where the option PARSUM_FUZZ is on, on what it makes up. */
#ifndef PS_FUZZ_H
#define PS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whether the last input was taken for good: set by the target, read by replay.c. */
extern bool fuzz_accepted;

#define FUZZ_REQUIRE(condition)                                                            \
    do {                                                                                   \
        if (!(condition)) {                                                                \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                                       \
        }                                                                                  \
    } while (0)

#endif
