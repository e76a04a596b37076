/* decimal.c - sums of decimals in fixed point, and the numbers that go into them. Owns limbs of 10^18: how they are made,
 * carried, squared and turned into GMP's fractions.
 *
 * Why no carry leaves the top limb. With B = 10^18, n = PS_DECIMAL_LIMBS and every |limb| <= B-1, the limbs below the top
 * one come to at most B^(n-1) - 1 in magnitude. So a value V, counted in units of limb 0, has a top limb of at most
 * |V| / B^(n-1) + 1 in magnitude. Sums stay below 10^2068 = 10^4120 units, and so do they with a part of a term added:
 * the top limb stays below 2 * 10^4120 / 10^4104 + 1 < B. */
#include "exact/decimal.h"

#include <string.h>

static const int64_t base = INT64_C(1000000000000000000);

static const uint64_t powers_of_ten[PS_DECIMAL_LIMB_DIGITS] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
};

enum {
    POINT = PS_DECIMAL_PLACES / PS_DECIMAL_LIMB_DIGITS,       /* index of a sum's limb of units */
    NUMBER_POINT = PS_NUMBER_PLACES / PS_DECIMAL_LIMB_DIGITS, /* likewise of a number's */
    SCALED_LIMBS = 5                                          /* 5 * 18 digits hold 2^256 < 10^78 */
};

/* Limb i of a number lies at limb i + NUMBER_POINT of a sum, and the product of limbs i and j at limb i + j. */
_Static_assert(PS_DECIMAL_PLACES % PS_DECIMAL_LIMB_DIGITS == 0, "the point lies between limbs");
_Static_assert(PS_NUMBER_PLACES % PS_DECIMAL_LIMB_DIGITS == 0, "the point lies between limbs");
_Static_assert(POINT == 2 * NUMBER_POINT, "limbs of squares are limbs of sums");
_Static_assert(PS_NUMBER_PLACES >= PS_NUMBER_EXPONENT_MAX, "a number's last place has a limb");
_Static_assert((PS_NUMBER_LIMBS - NUMBER_POINT) * PS_DECIMAL_LIMB_DIGITS >= PS_NUMBER_EXPONENT_MAX,
               "a number's first place has a limb");
_Static_assert((PS_DECIMAL_LIMBS - POINT) * PS_DECIMAL_LIMB_DIGITS >= 2 * PS_NUMBER_EXPONENT_MAX + 20,
               "2^64 squares have limbs");

/* ----------------------------------------------------------------------------------------------------- limbs */

/* What goes into the next limb, where |sum| < 2 * base; what remains is then below base in magnitude. */
static inline int64_t carry_of(int64_t sum) {
    return (sum >= base) - (sum <= -base);
}

/* total += term at limb index, |term| < base. A sum of two limbs is below 2 * 10^18 < 2^63, and so is a limb with a
 * carry. The carry goes no further than it must. */
static void add_limb(ps_decimal *total, size_t index, int64_t term) {
    for (; term != 0 && index < PS_DECIMAL_LIMBS; index++) {
        const int64_t sum = total->limb[index] + term;
        term = carry_of(sum);
        total->limb[index] = sum - term * base;
    }
}

/* total += other. Two limbs and a carry come to at most 2 * (base-1) + 1 < 2 * base. */
static void add_decimal(ps_decimal *total, const ps_decimal *other) {
    int64_t carry = 0;
    for (size_t i = 0; i < PS_DECIMAL_LIMBS; i++) {
        const int64_t sum = total->limb[i] + other->limb[i] + carry;
        carry = carry_of(sum);
        total->limb[i] = sum - carry * base;
    }
}

/* An integer times a power of ten as limbs, limb 0 of which belongs at limb first of what it is added to. */
typedef struct scaled {
    uint64_t limb[SCALED_LIMBS];
    size_t first;
} scaled;

/* magnitude * 10^place in units of limb 0; place >= 0. magnitude is not negative and has at most 256 bits where place is a
 * multiple of 18, and else is below 2^192 < 10^58, which times 10^17 is below 10^75: all digits fit, and nothing is
 * carried out. A product of a limb and at most 10^17, with the carry of the one before, is below 10^35 + 10^17 < 2^128. */
static scaled scaled_from(ps_wide magnitude, unsigned place) {
    const uint64_t factor = powers_of_ten[place % PS_DECIMAL_LIMB_DIGITS];
    scaled result = {.first = place / PS_DECIMAL_LIMB_DIGITS};
    uint64_t carry = 0;
    for (size_t i = 0; i < SCALED_LIMBS; i++) {
        const ps_uint128 product = (ps_uint128)ps_wide_take_digits(&magnitude) * factor + carry;
        result.limb[i] = (uint64_t)(product % (uint64_t)base);
        carry = (uint64_t)(product / (uint64_t)base);
    }
    return result;
}

/* total += +-magnitude * 10^exponent, exponent >= -PS_DECIMAL_PLACES. */
static void add_magnitude(ps_decimal *total, const ps_wide *magnitude, bool negative, int exponent) {
    const scaled term = scaled_from(*magnitude, (unsigned)(exponent + PS_DECIMAL_PLACES));
    for (size_t i = 0; i < SCALED_LIMBS; i++)
        add_limb(total, term.first + i, negative ? -(int64_t)term.limb[i] : (int64_t)term.limb[i]);
}

static void add_wide(ps_decimal *total, const ps_wide *value, int exponent) {
    const bool negative = ps_wide_is_negative(value);
    const ps_wide magnitude = negative ? ps_wide_negated(value) : *value;
    add_magnitude(total, &magnitude, negative, exponent);
}

static ps_wide wide_from_uint128(ps_uint128 value) {
    return (ps_wide){{(uint64_t)value, (uint64_t)(value >> 64), 0, 0}};
}

void ps_decimal_add_at(ps_decimal *total, ps_uint128 value, bool negative, int exponent) {
    if (value == 0)
        return;
    /* What lies below the last place is zeros. */
    for (; exponent < -PS_DECIMAL_PLACES; exponent++)
        value /= 10;
    const ps_wide magnitude = wide_from_uint128(value);
    add_magnitude(total, &magnitude, negative, exponent);
}

/* --------------------------------------------------------------------------------------------------- numbers */

/* value * 10^exponent, whose digits are a number's; exponent >= -PS_NUMBER_PLACES. |value| < 2^127. */
static ps_number number_from_int128(ps_int128 value, int exponent) {
    ps_number number;
    memset(&number, 0, sizeof number);
    number.negative = value < 0;
    const ps_uint128 magnitude = value < 0 ? -(ps_uint128)value : (ps_uint128)value;
    const scaled limbs = scaled_from(wide_from_uint128(magnitude), (unsigned)(exponent + PS_NUMBER_PLACES));
    for (size_t i = 0; i < SCALED_LIMBS && limbs.first + i < PS_NUMBER_LIMBS; i++)
        number.limb[limbs.first + i] = limbs.limb[i];
    return number;
}

bool ps_number_from_digits(ps_number *number, const char *digits, uint64_t count, int64_t exponent,
                           bool negative) {
    memset(number, 0, sizeof *number);
    for (; count > 0 && digits[0] == '0'; count--)
        digits++;
    /* The power of the last digit. In 128 bits, since neither the count nor the exponent has a bound. */
    ps_int128 lowest = exponent;
    for (; count > 0 && digits[count - 1] == '0'; count--)
        lowest++;
    if (count == 0)
        return true;
    if (lowest < -PS_NUMBER_EXPONENT_MAX || lowest + count > PS_NUMBER_EXPONENT_MAX)
        return false;
    number->negative = negative;
    /* Places from 10^-PS_NUMBER_PLACES up. A limb takes 18 digits at most, and the last one as many as there are places
     * above the last digit's, which then moves to its place: every limb stays below 10^18. */
    const unsigned last = (unsigned)((int)lowest + PS_NUMBER_PLACES);
    for (unsigned place = last + (unsigned)count; place-- > last; digits++) {
        uint64_t *limb = &number->limb[place / PS_DECIMAL_LIMB_DIGITS];
        *limb = *limb * 10 + (uint64_t)(*digits - '0');
    }
    number->limb[last / PS_DECIMAL_LIMB_DIGITS] *= powers_of_ten[last % PS_DECIMAL_LIMB_DIGITS];
    return true;
}

int ps_number_compare(const ps_number *left, const ps_number *right) {
    if (left->negative != right->negative)
        return left->negative ? -1 : 1;
    for (size_t i = PS_NUMBER_LIMBS; i-- > 0;) {
        if (left->limb[i] != right->limb[i])
            return (left->limb[i] > right->limb[i]) != left->negative ? 1 : -1;
    }
    return 0;
}

/* The limbs of a number that are in use: from first up to end (exclusive); none where it is zero. */
typedef struct window {
    size_t first, end;
} window;

static window window_of(const ps_number *number) {
    window used = {0, PS_NUMBER_LIMBS};
    while (used.end > 0 && number->limb[used.end - 1] == 0)
        used.end--;
    while (used.first < used.end && number->limb[used.first] == 0)
        used.first++;
    return used;
}

/* total += +-number, whose limbs in use are given. */
static void add_number(ps_decimal *total, const ps_number *number, window used, bool negative) {
    for (size_t i = used.first; i < used.end; i++) {
        const int64_t limb = (int64_t)number->limb[i];
        add_limb(total, i + NUMBER_POINT, negative ? -limb : limb);
    }
}

/* The sum of all limb i * limb j with i + j = column. There are at most PS_NUMBER_LIMBS = 114 such products, each below
 * 10^36, which makes less than 1.14 * 10^38. */
static ps_uint128 square_column(const ps_number *number, window used, size_t column) {
    const size_t last = used.end - 1;
    size_t low = column > used.first + last ? column - last : used.first;
    size_t high = column - low;
    ps_uint128 pairs = 0;
    for (; low < high; low++, high--)
        pairs += (ps_uint128)number->limb[low] * number->limb[high];
    pairs *= 2;
    if (low == high)
        pairs += (ps_uint128)number->limb[low] * number->limb[low];
    return pairs;
}

/* total += number^2, column by column from the least significant. With c the most that is carried, c <= (1.14 * 10^38 + c)
 * / 10^18 keeps c below 1.2 * 10^20, so that a column with what is carried into it is below 1.2 * 10^38 < 2^128. The
 * square of a number below 10^(18 * end) is below 10^(18 * 2 * end): what is carried out of the last column is one limb. */
static void add_square(ps_decimal *total, const ps_number *number, window used) {
    if (used.end == 0)
        return;
    ps_uint128 carry = 0;
    for (size_t column = 2 * used.first; column <= 2 * (used.end - 1); column++) {
        const ps_uint128 sum = square_column(number, used, column) + carry;
        carry = sum / (uint64_t)base;
        add_limb(total, column, (int64_t)(sum - carry * (uint64_t)base));
    }
    add_limb(total, 2 * used.end - 1, (int64_t)carry);
}

/* -------------------------------------------------------------------------------------------------- partials */

/* minimum and maximum are those of elements that partial does not count yet. */
static void merge_extremes(ps_decimal_partial *partial, const ps_number *minimum, const ps_number *maximum) {
    if (partial->head.count == 0 || ps_number_compare(minimum, &partial->minimum) < 0)
        partial->minimum = *minimum;
    if (partial->head.count == 0 || ps_number_compare(maximum, &partial->maximum) > 0)
        partial->maximum = *maximum;
}

/* Integers that count 10^exponent. */
static void merge_integer_extremes(ps_decimal_partial *partial, ps_int128 least, ps_int128 greatest,
                                   int exponent) {
    const ps_number minimum = number_from_int128(least, exponent);
    const ps_number maximum = number_from_int128(greatest, exponent);
    merge_extremes(partial, &minimum, &maximum);
}

/* Bounds: sum and magnitudes of a bin are below 2^126 < 10^38 and its squares below 2^190 < 10^58, so their digits lie
 * below 10^(1004 + 38) and 10^(2 * 1004 + 58) and from 10^-1024 and 10^-2048 up. Its extremes are below 2^64 < 10^20,
 * which makes numbers below 10^1024. */
void ps_decimal_deposit(ps_decimal_partial *partial, const ps_decimal_bin *bin, int exponent,
                        unsigned needs) {
    if (bin->count == 0)
        return;
    if (needs & PS_NEED_SUM) {
        const ps_wide sum = ps_wide_from_int128(bin->sum);
        add_wide(&partial->sum, &sum, exponent);
    }
    if (needs & PS_NEED_SQUARES)
        add_wide(&partial->squares, &bin->squares, 2 * exponent);
    if (needs & PS_NEED_MAGNITUDES)
        ps_decimal_add_at(&partial->magnitudes, bin->magnitudes, false, exponent);
    if (needs & PS_NEED_EXTREMES)
        merge_integer_extremes(partial, bin->minimum, bin->maximum, exponent);
    partial->head.count += bin->count;
}

void ps_decimal_add_number(ps_decimal_partial *partial, const ps_number *number, unsigned needs) {
    const window used = window_of(number);
    if (needs & PS_NEED_SUM)
        add_number(&partial->sum, number, used, number->negative);
    if (needs & PS_NEED_SQUARES)
        add_square(&partial->squares, number, used);
    if (needs & PS_NEED_MAGNITUDES)
        add_number(&partial->magnitudes, number, used, false);
    if (needs & PS_NEED_EXTREMES)
        merge_extremes(partial, number, number);
    partial->head.count++;
}

void ps_decimal_clear(ps_partial *partial) {
    ps_decimal_partial *decimal = (ps_decimal_partial *)partial;
    memset(decimal, 0, sizeof *decimal);
    decimal->head.kind = PS_KIND_DECIMAL;
    decimal->head.version = PS_PARTIAL_VERSION;
}

void ps_decimal_merge(ps_partial *into, const ps_partial *from) {
    ps_decimal_partial *total = (ps_decimal_partial *)into;
    const ps_decimal_partial *part = (const ps_decimal_partial *)from;
    if (part->head.count > 0)
        merge_extremes(total, &part->minimum, &part->maximum);
    ps_partial_merge_heads(into, from);
    add_decimal(&total->sum, &part->sum);
    add_decimal(&total->squares, &part->squares);
    add_decimal(&total->magnitudes, &part->magnitudes);
}

/* Totals of integers are below 2^192 < 10^58, and their extremes at most 2^64 in magnitude. */
void ps_decimal_merge_scaled(ps_decimal_partial *into, const ps_integer_partial *from, int exponent) {
    if (from->head.count > 0)
        merge_integer_extremes(into, from->minimum, from->maximum, exponent);
    ps_partial_merge_heads(&into->head, &from->head);
    add_wide(&into->sum, &from->sum, exponent);
    add_wide(&into->squares, &from->squares, 2 * exponent);
    add_wide(&into->magnitudes, &from->magnitudes, exponent);
}

void ps_decimal_merge_integers(ps_partial *into, const ps_integer_partial *from) {
    ps_decimal_merge_scaled((ps_decimal_partial *)into, from, 0);
}

/* ----------------------------------------------------------------------------------------------- exact values */

/* Only the limbs in use, and those between them and the point, become GMP's: an integer has the denominator 1. */
static void set_fraction(const ps_decimal *total, mpz_t numerator, mpz_t denominator) {
    size_t first = 0, end = PS_DECIMAL_LIMBS;
    while (first < POINT && total->limb[first] == 0)
        first++;
    while (end > first && total->limb[end - 1] == 0)
        end--;
    mpz_t limb_base, limb;
    mpz_inits(limb_base, limb, NULL);
    mpz_ui_pow_ui(limb_base, 10, PS_DECIMAL_LIMB_DIGITS);
    mpz_set_ui(numerator, 0);
    for (size_t i = end; i-- > first;) {
        const int64_t value = total->limb[i];
        const uint64_t magnitude = (uint64_t)(value < 0 ? -value : value);
        mpz_import(limb, 1, -1, sizeof magnitude, 0, 0, &magnitude);
        mpz_mul(numerator, numerator, limb_base);
        if (value < 0)
            mpz_sub(numerator, numerator, limb);
        else
            mpz_add(numerator, numerator, limb);
    }
    mpz_pow_ui(denominator, limb_base, (unsigned long)(POINT - first));
    mpz_clears(limb_base, limb, NULL);
}

static ps_decimal decimal_from_number(const ps_number *number) {
    ps_decimal total;
    memset(&total, 0, sizeof total);
    add_number(&total, number, window_of(number), number->negative);
    return total;
}

void ps_decimal_exact_value(const ps_partial *partial, ps_field field, mpz_t numerator, mpz_t denominator) {
    const ps_decimal_partial *decimal = (const ps_decimal_partial *)partial;
    const ps_decimal minimum = decimal_from_number(&decimal->minimum);
    const ps_decimal maximum = decimal_from_number(&decimal->maximum);
    const ps_decimal *const fields[PS_FIELD_COUNT] = {
        [PS_FIELD_SUM] = &decimal->sum,
        [PS_FIELD_SQUARES] = &decimal->squares,
        [PS_FIELD_MAGNITUDES] = &decimal->magnitudes,
        [PS_FIELD_MINIMUM] = &minimum,
        [PS_FIELD_MAXIMUM] = &maximum,
    };
    set_fraction(fields[field], numerator, denominator);
}
