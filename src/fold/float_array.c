/* float_array.c - array blocks of floats on their way to a CPU path: gathered where they do not lie as the path wants them,
 * without NaNs where those are skipped; and the floating-point environment of folds. */
#include "fold/float_array.h"

#include <string.h>

#include "fold/array.h"
#include "fold/float_fallback.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif !defined(__aarch64__)
#include <fenv.h>
#endif

enum {
    BUFFER_BYTES = 8192, /* gathered at a time, of each operand */
    RUN_BUFFERS =
        16 /* as much as this is searched for NaNs before it is folded, and is then still in the cache */
};

/* Without branches, so that it is done in vectors. */
static bool has_nan(parsum_type type, const unsigned char *numbers, uint64_t count) {
    bool found = false;
    if (type == PARSUM_F32) {
        for (uint64_t i = 0; i < count; i++) {
            const double number = ps_float_at(PARSUM_F32, numbers, i);
            found |= number != number;
        }
    } else {
        for (uint64_t i = 0; i < count; i++) {
            const double number = ps_float_at(PARSUM_F64, numbers, i);
            found |= number != number;
        }
    }
    return found;
}

/* How many numbers of a plain block, from the one with index from, may be folded in place: none of them is a NaN. At least
 * step of them, or 0. */
static uint64_t clean_run(const ps_block *block, uint64_t from, uint64_t step) {
    const ps_array_block *array = &block->array;
    const size_t size_bytes = parsum_type_size(array->type);
    uint64_t run = 0;
    while (run < RUN_BUFFERS * step && from + run < block->count) {
        const uint64_t left = block->count - from - run, count = left < step ? left : step;
        for (int operand = 0; operand < 2 && array->data[operand] != NULL; operand++) {
            if (has_nan(array->type, array->data[operand] + (from + run) * size_bytes, count))
                return run;
        }
        run += count;
    }
    return run;
}

/* Closes the gaps of numbers, or pairs, with a NaN; returns how many are left. */
static uint64_t drop_nans(parsum_type type, unsigned char *left, unsigned char *right, uint64_t count) {
    const size_t size_bytes = parsum_type_size(type);
    uint64_t kept = 0;
    for (uint64_t i = 0; i < count; i++) {
        if (has_nan(type, left + i * size_bytes, 1) ||
            (right != NULL && has_nan(type, right + i * size_bytes, 1)))
            continue;
        memmove(left + kept * size_bytes, left + i * size_bytes, size_bytes);
        if (right != NULL)
            memmove(right + kept * size_bytes, right + i * size_bytes, size_bytes);
        kept++;
    }
    return kept;
}

void ps_float_fold(ps_float_function *path, const ps_block *block, unsigned needs, bool skip_nan,
                   ps_float_partial *partial) {
    const ps_array_block *array = &block->array;
    const bool pairs = array->data[1] != NULL;
    const bool plain = ps_array_is_plain(array, 0) && (!pairs || ps_array_is_plain(array, 1));
    const size_t size_bytes = parsum_type_size(array->type);
    unsigned char buffer[2][BUFFER_BYTES];
    unsigned char *const right = pairs ? buffer[1] : NULL;
    if (plain && !skip_nan) {
        path(array->type, array->data[0], array->data[1], block->count, needs, partial);
        return;
    }
    for (uint64_t done = 0; done < block->count;) {
        const uint64_t rest = block->count - done, most = BUFFER_BYTES / size_bytes;
        const uint64_t run = plain ? clean_run(block, done, most) : 0;
        if (run > 0) {
            const size_t offset = done * size_bytes;
            path(array->type, array->data[0] + offset, pairs ? array->data[1] + offset : NULL, run, needs,
                 partial);
            done += run;
            continue;
        }
        const uint64_t count = rest < most ? rest : most;
        ps_array_gather(array, 0, done, count, buffer[0]);
        if (pairs)
            ps_array_gather(array, 1, done, count, right);
        const uint64_t kept = skip_nan ? drop_nans(array->type, buffer[0], right, count) : count;
        partial->head.skipped_nan += count - kept;
        path(array->type, buffer[0], right, kept, needs, partial);
        done += count;
    }
}

/* All exceptions are masked for the length of the folds, too: a caller that traps inexact results shall not be trapped. */
#if defined(__x86_64__)

/* MXCSR and the x87 control word at the start of a process: to nearest, nothing flushed. strtod goes by the second. */
enum { MXCSR_AT_START = 0x1f80, X87_AT_START = 0x37f };

static void set_x87(uint16_t word) {
    __asm__ volatile("fldcw %0" : : "m"(word));
}

ps_float_environment ps_float_environment_enter(void) {
    uint16_t x87;
    __asm__ volatile("fnstcw %0" : "=m"(x87));
    const ps_float_environment environment = {(uint64_t)x87 << 32 | _mm_getcsr()};
    _mm_setcsr(MXCSR_AT_START);
    if (x87 != X87_AT_START)
        set_x87(X87_AT_START);
    return environment;
}

void ps_float_environment_leave(ps_float_environment environment) {
    const uint16_t x87 = (uint16_t)(environment.saved >> 32);
    _mm_setcsr((unsigned)environment.saved);
    if (x87 != X87_AT_START)
        set_x87(x87);
}

#elif defined(__aarch64__)

/* FPCR 0: to nearest, nothing flushed, no traps. */
ps_float_environment ps_float_environment_enter(void) {
    ps_float_environment environment;
    __asm__ volatile("mrs %0, fpcr" : "=r"(environment.saved));
    __asm__ volatile("msr fpcr, %0" : : "r"(UINT64_C(0)) : "memory");
    return environment;
}

void ps_float_environment_leave(ps_float_environment environment) {
    __asm__ volatile("msr fpcr, %0" : : "r"(environment.saved) : "memory");
}

#else

ps_float_environment ps_float_environment_enter(void) {
    const ps_float_environment environment = {(uint64_t)fegetround()};
    fesetround(FE_TONEAREST);
    return environment;
}

void ps_float_environment_leave(ps_float_environment environment) {
    fesetround((int)environment.saved);
}

#endif
