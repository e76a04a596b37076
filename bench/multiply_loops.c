/* See multiply_loops.h. Every multiplication is an `asm volatile` of its own: the compiler may neither drop,
 * merge nor fold it, and only the instruction named is timed. Sources and destinations are chosen so that no
 * multiplication waits for another: the register renamer or enough separate accumulators see to that. */
#include "multiply_loops.h"

static int always(void) {
    return 1;
}

/* The low 64 bits: enough for elements below 2^32, and the cheapest scalar square there is. */
static void run_scalar_low(uint64_t pass_count) {
    uint64_t x = 0x12345678u;
    for (uint64_t pass = 0; pass < pass_count; pass++) {
#if defined(__x86_64__)
        uint64_t d;
#define ONE __asm__ volatile("imulq $0x1234567, %1, %0" : "=r"(d) : "r"(x) : "cc");
        ONE ONE ONE ONE ONE ONE ONE ONE
#undef ONE
#else
        for (int i = 0; i < 8; i++) {
            uint64_t d = x * x;
            __asm__ volatile("" : "+r"(x) : "r"(d));
        }
#endif
    }
}

static void run_scalar(uint64_t pass_count) {
    uint64_t x = 0x123456789abcdefu;
    for (uint64_t pass = 0; pass < pass_count; pass++) {
#if defined(__x86_64__)
        uint64_t low, high;
#define ONE __asm__ volatile("mulq %2" : "=a"(low), "=d"(high) : "r"(x), "0"(x) : "cc");
        ONE ONE ONE ONE ONE ONE ONE ONE
#undef ONE
#else
        for (int i = 0; i < 8; i++) {
            unsigned __int128 product = (unsigned __int128)x * x;
            uint64_t low = (uint64_t)product, high = (uint64_t)(product >> 64);
            __asm__ volatile("" : "+r"(x) : "r"(low), "r"(high));
        }
#endif
    }
}

#if defined(__x86_64__)
#include <immintrin.h>

static int has_avx2(void) {
    return __builtin_cpu_supports("avx2") != 0;
}
static int has_avx512(void) {
    return __builtin_cpu_supports("avx512f") != 0;
}
static int has_ifma(void) {
    return has_avx512() && __builtin_cpu_supports("avx512ifma") != 0;
}

/* Every x86-64 has SSE2, so portable C may be vectorised to this. It squares in place, so the copy that
 * its two-operand form needs is eliminated by the renamer but still takes a slot of the front end. */
static void run_sse2(uint64_t pass_count) {
    __m128i x = _mm_set1_epi64x(0x12345678);
    for (uint64_t pass = 0; pass < pass_count; pass++) {
        __m128i d;
#define ONE __asm__ volatile("movdqa %1, %0\n\tpmuludq %1, %0" : "=&x"(d) : "x"(x));
        ONE ONE ONE ONE ONE ONE ONE ONE
#undef ONE
    }
}

__attribute__((target("avx2"))) static void run_avx2(uint64_t pass_count) {
    __m256i x = _mm256_set1_epi64x(0x12345678);
    for (uint64_t pass = 0; pass < pass_count; pass++) {
        __m256i d;
#define ONE __asm__ volatile("vpmuludq %1, %1, %0" : "=x"(d) : "x"(x));
        ONE ONE ONE ONE ONE ONE ONE ONE
#undef ONE
    }
}

__attribute__((target("avx512f"))) static void run_avx512(uint64_t pass_count) {
    __m512i x = _mm512_set1_epi64(0x12345678);
    for (uint64_t pass = 0; pass < pass_count; pass++) {
        __m512i d;
#define ONE __asm__ volatile("vpmuludq %1, %1, %0" : "=v"(d) : "v"(x));
        ONE ONE ONE ONE ONE ONE ONE ONE
#undef ONE
    }
}

/* IFMA adds to its destination: 16 accumulators, against a latency of 4 cycles and at most two a cycle. */
__attribute__((target("avx512f,avx512ifma"))) static void run_ifma(uint64_t pass_count) {
    __m512i x = _mm512_set1_epi64(0x9abcdef012345);
    __m512i low[8], high[8];
    for (int i = 0; i < 8; i++)
        low[i] = high[i] = _mm512_setzero_si512();
    for (uint64_t pass = 0; pass < pass_count; pass++) {
#define ONE(i)                                                          \
    __asm__ volatile("vpmadd52luq %1, %1, %0" : "+v"(low[i]) : "v"(x)); \
    __asm__ volatile("vpmadd52huq %1, %1, %0" : "+v"(high[i]) : "v"(x));
        ONE(0) ONE(1) ONE(2) ONE(3) ONE(4) ONE(5) ONE(6) ONE(7)
#undef ONE
    }
}
#endif

const multiply_loop multiply_loops[] = {
    {"scalar_low", "imul (low 64 bits)", 32, 8, always, run_scalar_low},
    {"scalar", "mul (128-bit product)", 64, 8, always, run_scalar},
#if defined(__x86_64__)
    {"sse2", "pmuludq", 32, 16, always, run_sse2},
    {"avx2", "vpmuludq, 256 bits", 32, 32, has_avx2, run_avx2},
    {"avx512", "vpmuludq, 512 bits", 32, 64, has_avx512, run_avx512},
    {"avx512ifma", "vpmadd52luq and vpmadd52huq", 52, 64, has_ifma, run_ifma},
#endif
};
const size_t multiply_loop_count = sizeof multiply_loops / sizeof multiply_loops[0];

typedef uint64_t four_words __attribute__((vector_size(32), aligned(8), may_alias));

static inline __attribute__((always_inline)) uint64_t read_all_body(const uint64_t *words, size_t count) {
    four_words a = {0}, b = {0}, c = {0}, d = {0};
    size_t i = 0;
    for (; i + 16 <= count; i += 16) {
        a += *(const four_words *)(words + i);
        b += *(const four_words *)(words + i + 4);
        c += *(const four_words *)(words + i + 8);
        d += *(const four_words *)(words + i + 12);
    }
    a += b + c + d;
    uint64_t sum = a[0] + a[1] + a[2] + a[3];
    for (; i < count; i++)
        sum += words[i];
    return sum;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static uint64_t read_all_avx2(const uint64_t *words, size_t count) {
    return read_all_body(words, count);
}
#endif

uint64_t read_all(const uint64_t *words, size_t count) {
#if defined(__x86_64__)
    if (has_avx2())
        return read_all_avx2(words, count);
#endif
    return read_all_body(words, count);
}
