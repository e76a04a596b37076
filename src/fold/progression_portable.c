/* progression_portable.c - the path in plain C, for any 64-bit machine. */
#include <stdint.h>

typedef uint64_t ps_vector;
#define PS_PATH ps_progression_portable
#define PS_LANES 1
#define PS_MULTIPLY_LOW32(a, b) ((uint64_t)(uint32_t)(a) * (uint32_t)(b))
#define PS_KEEP(vector) __asm__("" : "+r"(vector))
#include "fold/progression_template.h"
