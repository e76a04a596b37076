/* accumulator.c - the public accumulator of doubles: a sum that grows by single numbers. Owns its fast form, in which a number is
 * added without a carry, and its form as bytes. */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "base/error.h"
#include "exact/binary.h"
#include "fold/fold.h"
#include "parsum.h"

/* Numbers are added to digits of 32 bits that may grow beyond them, as in Neal's small superaccumulator (2015): digit i counts
 * 2^(LOWEST_BIT + 32 * i).
 *
 * Bounds. A double is an integer below 2^53 times 2^exponent, exponent from -1074 to 971. Shifted by at most 31 bits it is below
 * 2^84: 32 bits for one digit and at most 2^52 - 1 for the next. The first is number 0 to (971 - LOWEST_BIT) / 32 = 64. So a
 * number changes a digit by at most 2^52 - 1, and PENDING_MOST = 2^11 of them leave it below 2^63; 2^11 + 1 may not. */
enum { DIGIT_BITS = 32, LOWEST_BIT = -1088, DIGITS = 66, PENDING_MOST = 1 << 11 };

struct parsum_accumulator {
    int64_t digit[DIGITS];
    uint32_t pending;  /* numbers in the digits */
    uint64_t settled;  /* numbers in the sum */
    ps_binary_sum sum; /* its specials are of the pending numbers, too */
};

parsum_status parsum_accumulator_create(parsum_accumulator **accumulator, parsum_error *error) {
    parsum_accumulator *made = calloc(1, sizeof *made);
    if (made == NULL)
        return ps_fail_memory(error, "an accumulator");
    *accumulator = made;
    return PARSUM_OK;
}

void parsum_accumulator_destroy(parsum_accumulator *accumulator) {
    free(accumulator);
}

static void add_digits(const int64_t *digit, ps_binary *total) {
    for (int i = 0; i < DIGITS; i++) {
        if (digit[i] != 0)
            ps_binary_add_at(total, digit[i], LOWEST_BIT + DIGIT_BITS * i);
    }
}

static void settle(parsum_accumulator *accumulator) {
    add_digits(accumulator->digit, &accumulator->sum.finite);
    memset(accumulator->digit, 0, sizeof accumulator->digit);
    accumulator->settled += accumulator->pending;
    accumulator->pending = 0;
}

/* The sum with the digits in it; the accumulator stays as it is, since others may be reading it. */
static ps_binary_sum whole_sum(const parsum_accumulator *accumulator) {
    ps_binary_sum sum = accumulator->sum;
    if (accumulator->pending > 0)
        add_digits(accumulator->digit, &sum.finite);
    return sum;
}

static uint64_t special_of(uint64_t bits) {
    if (bits << 12 != 0)
        return PS_TERM_NAN;
    return bits >> 63 ? PS_TERM_MINUS_INFINITY : PS_TERM_PLUS_INFINITY;
}

/* Adds one number to the digits, in which there is room for it. */
static inline void add_number(parsum_accumulator *accumulator, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    const unsigned biased = bits >> 52 & 0x7ff;
    if (biased == 0x7ff) {
        accumulator->sum.specials |= special_of(bits);
        return;
    }
    /* Subnormals have no implicit bit, and the exponent of the least normal doubles. */
    const bool subnormal = biased == 0;
    const uint64_t integer = (bits & ((UINT64_C(1) << 52) - 1)) | (uint64_t)!subnormal << 52;
    const unsigned position = biased + subnormal - 1075 - LOWEST_BIT;
    const unsigned shift = position % DIGIT_BITS;
    const uint64_t low = integer << shift & UINT32_MAX;
    const uint64_t high = integer >> (DIGIT_BITS - shift);
    const int64_t sign = -(int64_t)(bits >> 63); /* (x ^ -1) - -1 = -x */
    int64_t *digit = &accumulator->digit[position / DIGIT_BITS];
    digit[0] += ((int64_t)low ^ sign) - sign;
    digit[1] += ((int64_t)high ^ sign) - sign;
}

void parsum_accumulator_add(parsum_accumulator *accumulator, double value) {
    if (accumulator->pending == PENDING_MOST)
        settle(accumulator);
    add_number(accumulator, value);
    accumulator->pending++;
}

/* The best CPU path; found out once. */
static const ps_isa *best_isa(void) {
    static _Atomic(const ps_isa *) found;
    const ps_isa *isa = atomic_load_explicit(&found, memory_order_relaxed);
    if (isa == NULL && ps_isa_find(NULL, &isa, NULL) == PARSUM_OK)
        atomic_store_explicit(&found, isa, memory_order_relaxed);
    return isa;
}

/* As engines fold arrays. */
static void add_folded(parsum_accumulator *accumulator, const double *values, size_t count) {
    ps_float_partial part;
    ps_float_clear(&part.head);
    const ps_float_environment environment = ps_float_environment_enter();
    best_isa()->floats(PARSUM_F64, (const unsigned char *)values, NULL, count, PS_NEED_SUM, &part);
    ps_float_environment_leave(environment);
    ps_binary_add(&accumulator->sum.finite, &part.sum.finite);
    accumulator->sum.specials |= part.sum.specials;
    accumulator->settled += count;
}

void parsum_accumulator_add_array(parsum_accumulator *accumulator, const double *values, size_t count) {
    enum { FOLD_LEAST = 128 }; /* from here on a fold's setup pays */
    if (count >= FOLD_LEAST) {
        add_folded(accumulator, values, count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        parsum_accumulator_add(accumulator, values[i]);
}

uint64_t parsum_accumulator_count(const parsum_accumulator *accumulator) {
    return accumulator->settled + accumulator->pending;
}

parsum_status parsum_accumulator_merge(parsum_accumulator *into, const parsum_accumulator *from,
                                       parsum_error *error) {
    const uint64_t count = parsum_accumulator_count(into), more = parsum_accumulator_count(from);
    if (more > UINT64_MAX - count)
        return ps_fail(error, PARSUM_USAGE,
                       "accumulators of %" PRIu64 " and %" PRIu64
                       " numbers cannot be merged: there must be fewer than 2^64",
                       count, more);
    const ps_binary_sum sum = whole_sum(from);
    ps_binary_add(&into->sum.finite, &sum.finite);
    into->sum.specials |= sum.specials;
    into->settled += more;
    return PARSUM_OK;
}

double parsum_accumulator_round(const parsum_accumulator *accumulator) {
    const ps_binary_sum sum = whole_sum(accumulator);
    return ps_binary_sum_round(&sum).value;
}

/* The bytes: magic, version (32 bits), specials (32), count (64), the limbs (64 each) and the CRC-32 of all before it. */
static const unsigned char magic[8] = {'p', 'a', 'r', 's', 'u', 'm', 0x1a, 'a'};
enum {
    BYTES_VERSION = 1,
    VERSION_AT = sizeof magic,
    SPECIALS_AT = VERSION_AT + 4,
    COUNT_AT = SPECIALS_AT + 4,
    LIMBS_AT = COUNT_AT + 8,
    CHECKSUM_AT = LIMBS_AT + 8 * PS_BINARY_LIMBS
};
_Static_assert(CHECKSUM_AT + 4 == PARSUM_ACCUMULATOR_SIZE_BYTES, "the size that the header promises");

/* The integer of size bytes at a place in serialised bytes, of which there are PARSUM_ACCUMULATOR_SIZE_BYTES. */
static uint64_t get(const unsigned char *bytes, size_t at, size_t size) {
    ps_bytes_in in = {.data = bytes, .at = at, .size = PARSUM_ACCUMULATOR_SIZE_BYTES};
    return ps_bytes_get_integer(&in, size);
}

static uint32_t checksum(const unsigned char *bytes) {
    return (uint32_t)crc32(crc32(0, NULL, 0), bytes, CHECKSUM_AT);
}

void parsum_accumulator_serialise(const parsum_accumulator *accumulator,
                                  unsigned char bytes[PARSUM_ACCUMULATOR_SIZE_BYTES]) {
    const ps_binary_sum sum = whole_sum(accumulator);
    ps_bytes_out out = {.data = bytes, .capacity = PARSUM_ACCUMULATOR_SIZE_BYTES};
    ps_bytes_put(&out, magic, sizeof magic);
    ps_bytes_put_integer(&out, BYTES_VERSION, 4);
    ps_bytes_put_integer(&out, sum.specials, 4);
    ps_bytes_put_integer(&out, parsum_accumulator_count(accumulator), 8);
    for (unsigned i = 0; i < PS_BINARY_LIMBS; i++)
        ps_bytes_put_integer(&out, sum.finite.limb[i], 8);
    ps_bytes_put_integer(&out, checksum(bytes), 4);
}

/* Whether sum may be one of count doubles: a multiple of 2^-1074 below 2^64 * 2^1024 = 2^1088, and of nothing zero. */
static bool is_possible(const ps_binary_sum *sum, uint64_t count) {
    enum {
        LEAST_BIT = PS_LEAST_EXPONENT - PS_BINARY_LOWEST_BIT,
        LEAST_LIMB = LEAST_BIT / 64,
        SIGN_LIMBS_FROM = (1088 - PS_BINARY_LOWEST_BIT) / 64
    };
    const uint64_t sign = ps_binary_is_negative(&sum->finite) ? UINT64_MAX : 0;
    uint64_t wrong = sum->finite.limb[LEAST_LIMB] & ((UINT64_C(1) << LEAST_BIT % 64) - 1);
    uint64_t any = sum->specials;
    for (int i = 0; i < LEAST_LIMB; i++)
        wrong |= sum->finite.limb[i];
    for (int i = SIGN_LIMBS_FROM; i < PS_BINARY_LIMBS; i++)
        wrong |= sum->finite.limb[i] ^ sign;
    for (int i = 0; i < PS_BINARY_LIMBS; i++)
        any |= sum->finite.limb[i];
    return wrong == 0 && (any == 0 || count > 0) &&
           sum->specials <= (PS_TERM_NAN | PS_TERM_PLUS_INFINITY | PS_TERM_MINUS_INFINITY);
}

static parsum_status check_bytes(const unsigned char *bytes, size_t size_bytes, parsum_error *error) {
    if (size_bytes < sizeof magic || memcmp(bytes, magic, sizeof magic) != 0)
        return ps_fail(error, PARSUM_BAD_INPUT, "these %zu bytes are no serialised accumulator", size_bytes);
    if (size_bytes != PARSUM_ACCUMULATOR_SIZE_BYTES)
        return ps_fail(error, PARSUM_BAD_INPUT, "a serialised accumulator has %u bytes, these are %zu",
                       PARSUM_ACCUMULATOR_SIZE_BYTES, size_bytes);
    if (get(bytes, CHECKSUM_AT, 4) != checksum(bytes))
        return ps_fail(error, PARSUM_BAD_INPUT,
                       "the serialised accumulator is damaged: its checksum differs");
    const unsigned version = (unsigned)get(bytes, VERSION_AT, 4);
    if (version != BYTES_VERSION)
        return ps_fail(error, PARSUM_BAD_INPUT,
                       "the serialised accumulator is of version %u, this library reads version %d", version,
                       BYTES_VERSION);
    return PARSUM_OK;
}

parsum_status parsum_accumulator_deserialise(const unsigned char *bytes, size_t size_bytes,
                                             parsum_accumulator **accumulator, parsum_error *error) {
    parsum_status status = check_bytes(bytes, size_bytes, error);
    if (status != PARSUM_OK)
        return status;
    ps_binary_sum sum = {.specials = get(bytes, SPECIALS_AT, 4)};
    const uint64_t count = get(bytes, COUNT_AT, 8);
    for (unsigned i = 0; i < PS_BINARY_LIMBS; i++)
        sum.finite.limb[i] = get(bytes, LIMBS_AT + 8 * i, 8);
    if (!is_possible(&sum, count))
        return ps_fail(error, PARSUM_BAD_INPUT,
                       "the serialised accumulator holds what is no sum of %" PRIu64 " doubles", count);
    status = parsum_accumulator_create(accumulator, error);
    if (status == PARSUM_OK) {
        (*accumulator)->sum = sum;
        (*accumulator)->settled = count;
    }
    return status;
}
