/* range_parse.c - "A:B" and "A:B:STEP" as ranges. Numbers of any size are read, since only elements have limits. */
#include <gmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "source/source.h"

static parsum_status fail_part(const char *text, const char *part, parsum_error *error) {
    const size_t length = strcspn(part, ":");
    return ps_fail(error, PARSUM_USAGE,
                   "'%.*s' in '%s' is no integer; write a range as A:B or A:B:STEP, such as 1:1000",
                   (int)length, part, text);
}

/* Reads an optional sign and digits up to the next ':' or the end of text; anything else is no integer. *at then stands
 * behind the number. */
static parsum_status parse_number(const char *text, const char **at, mpz_t value, parsum_error *error) {
    const char *const start = **at == '+' ? *at + 1 : *at;
    const size_t sign = *start == '-' && **at != '+';
    const size_t digits = strspn(start + sign, "0123456789");
    const char *const end = start + sign + digits;
    if (digits == 0 || (*end != '\0' && *end != ':'))
        return fail_part(text, *at, error);
    char *copy = strndup(start, sign + digits);
    if (copy == NULL)
        return ps_fail_memory(error, "a range");
    mpz_set_str(value, copy, 10);
    free(copy);
    *at = end;
    return PARSUM_OK;
}

enum { FIRST, END, STEP, PARTS };

static parsum_status parse_parts(const char *text, mpz_t *parts, parsum_error *error) {
    const char *at = text;
    size_t part_count = 0;
    mpz_set_ui(parts[STEP], 1);
    for (;;) {
        const parsum_status status = parse_number(text, &at, parts[part_count], error);
        if (status != PARSUM_OK)
            return status;
        part_count++;
        if (*at == '\0')
            break;
        if (part_count == PARTS)
            return ps_fail(error, PARSUM_USAGE,
                           "'%s' in '%s' is one part too many; write a range as A:B or A:B:STEP", at, text);
        at++;
    }
    if (part_count < 2)
        return ps_fail(error, PARSUM_USAGE, "'%s' is no range; write A:B or A:B:STEP, such as 1:1000", text);
    return PARSUM_OK;
}

/* Takes parts whose size may be beyond any integer type to the same elements within number_limit. */
static parsum_status normalise(const char *text, mpz_t *parts, parsum_range *range, parsum_error *error) {
    enum { LIMIT_BITS = 100 };
    ps_int128 *const targets[PARTS] = {&range->first, &range->end, &range->step};
    if (mpz_sgn(parts[STEP]) > 0 && mpz_cmp(parts[END], parts[FIRST]) <= 0) {
        /* Empty, wherever it lies. */
        if (mpz_sizeinbase(parts[FIRST], 2) > LIMIT_BITS || mpz_sizeinbase(parts[END], 2) > LIMIT_BITS) {
            mpz_set_ui(parts[FIRST], 0);
            mpz_set_ui(parts[END], 0);
        }
        if (mpz_sizeinbase(parts[STEP], 2) > LIMIT_BITS)
            mpz_set_ui(parts[STEP], 1);
    } else if (mpz_sizeinbase(parts[END], 2) > LIMIT_BITS || mpz_sizeinbase(parts[STEP], 2) > LIMIT_BITS) {
        mpz_t second;
        mpz_init(second);
        mpz_add(second, parts[FIRST], parts[STEP]);
        if (mpz_sgn(parts[STEP]) > 0 && mpz_cmp(second, parts[END]) >= 0) {
            /* One element. */
            mpz_add_ui(parts[END], parts[FIRST], 1);
            mpz_set_ui(parts[STEP], 1);
        }
        mpz_clear(second);
    }
    for (int i = 0; i < PARTS; i++) {
        /* With two elements or more, an end or a step of this size means elements beyond the limits. */
        if (mpz_sizeinbase(parts[i], 2) > LIMIT_BITS)
            return ps_fail(
                error, PARSUM_USAGE,
                "'%s' has elements beyond the limits or a step that is not positive; elements lie from "
                "-2^63 to 2^64-1",
                text);
        uint64_t limbs[2] = {0, 0};
        mpz_export(limbs, NULL, -1, sizeof limbs[0], 0, 0, parts[i]);
        const ps_int128 magnitude = (ps_int128)limbs[1] << 64 | limbs[0];
        *targets[i] = mpz_sgn(parts[i]) < 0 ? -magnitude : magnitude;
    }
    return PARSUM_OK;
}

parsum_status parsum_range_parse(const char *text, parsum_range *range, parsum_error *error) {
    mpz_t parts[PARTS];
    parsum_range parsed = {0, 0, 1};
    for (int i = 0; i < PARTS; i++)
        mpz_init(parts[i]);
    parsum_status status = parse_parts(text, parts, error);
    if (status == PARSUM_OK)
        status = normalise(text, parts, &parsed, error);
    if (status == PARSUM_OK)
        status = ps_range_check(&parsed, text, error);
    if (status == PARSUM_OK)
        *range = parsed;
    for (int i = 0; i < PARTS; i++)
        mpz_clear(parts[i]);
    return status;
}
