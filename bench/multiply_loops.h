/* The loops of nothing but independent multiplications, one for each instruction that a fold may square with.
 * Owns the instructions and how many squares one pass of each loop is worth; measures and prints nothing. */
#ifndef PARSUM_BENCH_MULTIPLY_LOOPS_H
#define PARSUM_BENCH_MULTIPLY_LOOPS_H

#include <stddef.h>
#include <stdint.h>

typedef struct multiply_loop {
    const char *name;        /* as in the JSON of multiply_limit */
    const char *instruction; /* what one square costs */
    unsigned square_bits;    /* elements below 2^square_bits are squared exactly */
    unsigned squares_per_pass;
    int (*available)(void); /* does this processor (and its kernel) run it? */
    void (*run)(uint64_t pass_count);
} multiply_loop;

extern const multiply_loop multiply_loops[];
extern const size_t multiply_loop_count;

/* The sum modulo 2^64 of `count` words, by the widest loads there are: bound by memory, not by additions. */
uint64_t read_all(const uint64_t *words, size_t count);

#endif
