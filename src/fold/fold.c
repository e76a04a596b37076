/* fold.c - the table of CPU paths and the fold of a block. */
#include "fold/fold.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "fold/text.h"

static bool always(void) {
    return true;
}

#if defined(__x86_64__)
static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void) {
    return __builtin_cpu_supports("avx512f");
}

static bool has_avx512ifma(void) {
    return has_avx512() && __builtin_cpu_supports("avx512ifma");
}
#define X86_PATH(available, integers, floats) \
    available, ps_progression_##integers, ps_array_##integers, ps_float_##floats
#else
/* Known by name on every machine, so that naming one is told from a misspelling. */
static bool never(void) {
    return false;
}
#define X86_PATH(available, integers, floats) never, NULL, NULL, NULL
#endif

static const ps_isa isas[] = {
    {"portable", always, ps_progression_portable, ps_array_portable, ps_float_portable},
    {"avx2", X86_PATH(has_avx2, avx2, avx2)},
    {"avx512", X86_PATH(has_avx512, avx512, avx512)},
    {"avx512ifma", X86_PATH(has_avx512ifma, avx512ifma, avx512)},
};
enum { ISA_COUNT = sizeof isas / sizeof isas[0] };

const ps_isa *ps_isa_at(size_t index) {
    return index < ISA_COUNT ? &isas[index] : NULL;
}

parsum_status ps_isa_find(const char *name, const ps_isa **isa, parsum_error *error) {
    char available[128] = "";
    for (size_t i = 0; i < ISA_COUNT; i++) {
        if (name != NULL && strcmp(name, isas[i].name) == 0) {
            if (isas[i].available()) {
                *isa = &isas[i];
                return PARSUM_OK;
            }
            return ps_fail(error, PARSUM_USAGE,
                           "the CPU path '%s' is not on this machine; the best here is '%s'", name,
                           available);
        }
        if (isas[i].available()) {
            snprintf(available, sizeof available, "%s", isas[i].name);
            if (name == NULL)
                *isa = &isas[i];
        }
    }
    if (name == NULL)
        return PARSUM_OK;
    return ps_fail(error, PARSUM_USAGE,
                   "'%s' is no CPU path; PARSUM_ISA takes portable, avx2, avx512 or avx512ifma", name);
}

parsum_status parsum_isa_select(const char *isa, const char **name, parsum_error *error) {
    const ps_isa *found = NULL;
    const parsum_status status = ps_isa_find(isa, &found, error);
    if (status == PARSUM_OK)
        *name = found->name;
    return status;
}

/* Sums one progression of one sign and width. */
static void sum_progression(const ps_isa *isa, const ps_progression *progression, unsigned needs,
                            ps_progression_sums *sums) {
    if (!ps_progression_suits_offsets(progression)) {
        isa->progression(progression, needs, sums);
        return;
    }
    memset(sums, 0, sizeof *sums);
    for (ps_progression rest = *progression; rest.count > 0;) {
        uint64_t base;
        ps_progression_sums part;
        const ps_progression offsets = ps_progression_take_offsets(&rest, PS_PROGRESSION_COUNT_MAX, &base);
        isa->progression(&offsets, needs | PS_NEED_SUM, &part);
        ps_progression_add_rebased(&part, base, offsets.count, needs, sums);
    }
}

static void fold_range(const ps_isa *isa, const ps_block *block, unsigned needs,
                       ps_integer_partial *partial) {
    ps_range_block rest = block->range;
    for (uint64_t left = block->count; left > 0;) {
        const uint64_t count = left < PS_PROGRESSION_COUNT_MAX ? left : PS_PROGRESSION_COUNT_MAX;
        ps_progression pieces[PS_PROGRESSIONS_MAX];
        const size_t piece_count = ps_progression_split(&rest, count, pieces);
        for (size_t i = 0; i < piece_count; i++) {
            ps_progression_sums sums;
            sum_progression(isa, &pieces[i], needs, &sums);
            /* A progression ascends: its ends are its extremes. */
            ps_progression_deposit(&pieces[i], &sums, pieces[i].first, ps_progression_last(&pieces[i]), needs,
                                   partial);
        }
        rest.first += (ps_int128)count * rest.step;
        left -= count;
    }
}

static void fold_integers(const ps_isa *isa, const ps_block *block, unsigned needs,
                          ps_integer_partial *partial) {
    if (block->kind == PS_BLOCK_RANGE)
        fold_range(isa, block, needs, partial);
    else
        ps_array_fold(isa->array, block, needs, partial);
}

void ps_fold_block(const ps_isa *isa, const ps_block *block, unsigned needs, ps_partial *partial) {
    if (block->kind == PS_BLOCK_TEXT) {
        if (partial->kind == PS_KIND_FLOAT)
            ps_text_fold_doubles(block, isa->floats, needs, (ps_float_partial *)partial);
        else
            ps_text_fold(block, needs, (ps_decimal_partial *)partial);
    } else if (partial->kind == PS_KIND_FLOAT) {
        /* A thread has the rounding mode of the one that made it. */
        const ps_float_environment environment = ps_float_environment_enter();
        ps_float_fold(isa->floats, block, needs & ~PS_SKIP_NAN, needs & PS_SKIP_NAN,
                      (ps_float_partial *)partial);
        ps_float_environment_leave(environment);
    } else if (partial->kind == PS_KIND_INTEGER) {
        fold_integers(isa, block, needs, (ps_integer_partial *)partial);
    } else {
        ps_integer_partial own;
        ps_kinds[PS_KIND_INTEGER].clear(&own.head);
        fold_integers(isa, block, needs, &own);
        ps_kinds[partial->kind].merge_integers(partial, &own);
    }
}
