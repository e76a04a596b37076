/* fuzz_range.c - any text as a range: accepted, refused and counted as a second reading says, in integers of any size. */
#include <gmp.h>
#include <string.h>

#include "fuzz.h"
#include "source/source.h"

bool fuzz_accepted;

enum { FIRST, END, STEP, PARTS, TEXT_MAX = 400 };

/* A sign or none, then digits, from text up to end. */
static bool read_part(const char *text, const char *end, mpz_t value) {
    const bool negative = text < end && *text == '-';
    if (text < end && (*text == '-' || *text == '+'))
        text++;
    if (text == end)
        return false;
    mpz_set_ui(value, 0);
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return false;
        mpz_mul_ui(value, value, 10);
        mpz_add_ui(value, value, (unsigned)(*text - '0'));
    }
    if (negative)
        mpz_neg(value, value);
    return true;
}

static bool read_parts(const char *text, mpz_t *parts) {
    mpz_set_ui(parts[STEP], 1);
    for (int part = 0; part < PARTS; part++) {
        const char *const end = text + strcspn(text, ":");
        if (!read_part(text, end, parts[part]))
            return false;
        if (*end == '\0')
            return part >= END;
        text = end + 1;
    }
    return false;
}

/* Whether parts are a range within the bounds, and how many elements it has. */
static bool count_elements(mpz_t *parts, mpz_t count) {
    mpz_t last;
    bool within;
    mpz_set_ui(count, 0);
    if (mpz_sgn(parts[STEP]) <= 0)
        return false;
    if (mpz_cmp(parts[END], parts[FIRST]) <= 0)
        return true;
    mpz_init(last);
    mpz_sub(count, parts[END], parts[FIRST]);
    mpz_cdiv_q(count, count, parts[STEP]);
    mpz_sub_ui(last, count, 1);
    mpz_mul(last, last, parts[STEP]);
    mpz_add(last, last, parts[FIRST]);
    /* From -2^63 to 2^64 - 1, and fewer than 2^64. */
    mpz_add_ui(parts[END], parts[FIRST], UINT64_C(1) << 63);
    within = mpz_sgn(parts[END]) >= 0 && (mpz_sgn(last) < 0 || mpz_sizeinbase(last, 2) <= 64) &&
             mpz_sizeinbase(count, 2) <= 64;
    mpz_clear(last);
    return within;
}

static void compare(const char *text, parsum_status status, const parsum_range *range) {
    mpz_t parts[PARTS], count, found;
    for (int part = 0; part < PARTS; part++)
        mpz_init(parts[part]);
    mpz_inits(count, found, NULL);
    const bool good = read_parts(text, parts) && count_elements(parts, count);
    FUZZ_REQUIRE(good == (status == PARSUM_OK));
    if (good) {
        mpz_set_ui(found, ps_range_count(range));
        FUZZ_REQUIRE(mpz_cmp(found, count) == 0);
        /* Elements are within the bounds: a range that has any keeps its first, and its step where that matters. */
        FUZZ_REQUIRE(mpz_sgn(count) == 0 || range->first < 0 ||
                     (mpz_cmp_ui(parts[FIRST], (uint64_t)range->first) == 0));
        FUZZ_REQUIRE(mpz_sgn(count) == 0 || range->first >= 0 ||
                     (mpz_cmp_si(parts[FIRST], (int64_t)range->first) == 0));
        FUZZ_REQUIRE(mpz_cmp_ui(count, 1) <= 0 || mpz_cmp_ui(parts[STEP], (uint64_t)range->step) == 0);
    }
    for (int part = 0; part < PARTS; part++)
        mpz_clear(parts[part]);
    mpz_clears(count, found, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char text[TEXT_MAX + 1];
    parsum_range range;
    parsum_error error;
    fuzz_accepted = false;
    if (size > TEXT_MAX)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    const parsum_status status = parsum_range_parse(text, &range, &error);
    fuzz_accepted = status == PARSUM_OK;
    FUZZ_REQUIRE(status == PARSUM_OK ||
                 (status == PARSUM_USAGE && error.status == status && error.message[0] != '\0'));
    compare(text, status, &range);
    if (status == PARSUM_OK)
        FUZZ_REQUIRE(ps_range_check(&range, text, NULL) == PARSUM_OK && parsum_input_is_range(text));
    return 0;
}
