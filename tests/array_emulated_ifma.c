/* array_emulated_ifma.c - the emulated array path with the 52-bit instructions. */
#define EMULATED_IFMA
#include "array_emulated.c"
