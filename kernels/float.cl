/* float.cl - sums of floats and doubles in memory, exactly, in integers alone: what every device can do. Their kernels take
 * the arguments of those of integers (array.cl), but for
 *
 *   bases   where digits begin (float_bins.h): the host chooses them for each launch by a sample of its numbers
 *
 * The numbers of the rest (array.cl) are left to the host.
 *
 * Bounds. A number or a product adds to a digit once, below 2^32 in magnitude; the slices of a tile, which has a vector of eight
 * numbers at least, three of which meet in a digit at most, below 2^32 + 2 * 2^33 < 2^35 together (float_slices.cl). So a digit
 * is at most 2^32 for every number of a launch: 2^62 with its 2^30. Digits are added modulo 2^64, which keeps their signs. */

#pragma OPENCL FP_CONTRACT OFF

#define FLOAT_VALUE 0u
#define FLOAT_SQUARE 1u
#define FLOAT_MAGNITUDE 2u
#define FLOAT_PRODUCT 3u

#define FLOAT_SIGN (1UL << 63)

/* The work of one work-item. */
typedef struct float_work {
    __global const uchar *left;  /* the first vector */
    __global const uchar *right; /* likewise; where there are no products, the same */
    ulong begin, end, step;      /* its vectors */
    uint size;                   /* bytes of a number */
    int base, product_base;
} float_work;

/* The vectors that are sliced together: of two streams, since memory is read faster so; or one vector that has no partner. A
 * work-item's first half is one stream and its second half the other, so that from tile to tile each goes on where it was. */
typedef struct float_tile {
    ulong first, second; /* where each stream is */
    uint pairs;          /* steps of both; 0: the vector at first, alone */
} float_tile;

/* Pairs of a tile at most, 64 KiB. Four lanes share their numbers, so a lane takes 511 * 4 doubles of two addends each, or
 * 1023 * 4 floats of one: at most 4095 addends. */
#define FLOAT_PAIRS_MAX(size) ((size) == 4u ? 1023u : 511u)

/* Runs add(at) for each vector of tile, at a place in the list. */
#define FOR_TILE(work, tile, add)                   \
    do {                                            \
        for (uint s = 0u; s < (tile)->pairs; s++) { \
            add((tile)->first + s * (work)->step);  \
            add((tile)->second + s * (work)->step); \
        }                                           \
        if ((tile)->pairs == 0u)                    \
            add((tile)->first);                     \
    } while (0)

static ulong float_bits(__global const uchar *numbers, uint size, ulong i) {
    return size == 4u ? (ulong)((__global const uint *)numbers)[i] : ((__global const ulong *)numbers)[i];
}

/* A number is integer * 2^exponent. */
typedef struct float_parts {
    ulong integer;
    int exponent;
    uint negative;
    uint special; /* not finite; the rest has no meaning */
} float_parts;

static float_parts float_split(ulong bits, uint size) {
    const uint significand_bits = size == 4u ? 23u : 52u, exponent_mask = size == 4u ? 255u : 2047u;
    const uint exponent = (uint)(bits >> significand_bits) & exponent_mask;
    const uint normal = exponent != 0u ? 1u : 0u;
    float_parts parts;
    /* A subnormal has no implicit bit, and the unit of the least normal numbers. */
    parts.integer = (bits & ((1UL << significand_bits) - 1UL)) | (ulong)normal << significand_bits;
    parts.exponent = (int)(exponent + 1u - normal) - (size == 4u ? 150 : 1075);
    parts.negative = (uint)(bits >> (8u * size - 1u)) & 1u;
    parts.special = exponent == exponent_mask ? 1u : 0u;
    return parts;
}

/* digits[i] += value, or -value. */
static void add_digit(__local ulong *digits, uint i, ulong value, uint negative) {
    digits[i] += negative != 0u ? 0UL - value : value;
}

/* Adds integer * 2^position, where integer < 2^53 and position is one that a number may have: below 2^84, three digits.
 * Returns whether it could. */
static uint add_to_digits(__local ulong *digits, ulong integer, int position, uint negative) {
    if (integer == 0UL)
        return 1u;
    if (position < 0 || position > PS_FLOAT_NUMBER_POSITION_MAX)
        return 0u;
    const uint digit = (uint)position / 32u, shift = (uint)position % 32u;
    const ulong upper = integer >> (32u - shift);
    add_digit(digits, digit, integer << shift & LOW_HALF, negative);
    add_digit(digits, digit + 1u, upper & LOW_HALF, negative);
    add_digit(digits, digit + 2u, upper >> 32, negative);
    return 1u;
}

/* Likewise left * right, both below 2^53: below 2^106, shifted below 2^137, five digits. */
static uint add_product_to_digits(__local ulong *digits, ulong left, ulong right, int position,
                                  uint negative) {
    const ulong low = left * right, high = mul_hi(left, right);
    if (left == 0UL || right == 0UL)
        return 1u;
    if (position < 0 || position > PS_FLOAT_PRODUCT_POSITION_MAX)
        return 0u;
    const uint digit = (uint)position / 32u, shift = (uint)position % 32u;
    const ulong middle = high << (32u + shift) | low >> (32u - shift), upper = high >> (32u - shift);
    add_digit(digits, digit, low << shift & LOW_HALF, negative);
    add_digit(digits, digit + 1u, middle & LOW_HALF, negative);
    add_digit(digits, digit + 2u, middle >> 32, negative);
    add_digit(digits, digit + 3u, upper & LOW_HALF, negative);
    add_digit(digits, digit + 4u, upper >> 32, negative);
    return 1u;
}

/* Adds number i's term. Returns whether it could: there are specials, and numbers beyond the digits. */
static uint add_term(const float_work *work, uint term, ulong i, __local ulong *digits) {
    const float_parts a = float_split(float_bits(work->left, work->size, i), work->size);
    if (a.special != 0u)
        return 0u;
    if (term == FLOAT_VALUE || term == FLOAT_MAGNITUDE)
        return add_to_digits(digits, a.integer, a.exponent - work->base,
                             term == FLOAT_VALUE ? a.negative : 0u);
    if (term == FLOAT_SQUARE)
        return add_product_to_digits(digits, a.integer, a.integer, 2 * a.exponent - work->product_base, 0u);
    const float_parts b = float_split(float_bits(work->right, work->size, i), work->size);
    if (b.special != 0u)
        return 0u;
    return add_product_to_digits(digits, a.integer, b.integer, a.exponent + b.exponent - work->product_base,
                                 a.negative ^ b.negative);
}

/* Adds the terms of the eight numbers of a vector, one by one. */
static uint add_terms(const float_work *work, uint term, ulong vector, __local ulong *digits) {
    uint right = 1u;
    for (ulong lane = 0UL; lane < 8UL; lane++)
        right &= add_term(work, term, vector * 8UL + lane, digits);
    return right;
}

static uint add_tile(const float_work *work, uint term, const float_tile *tile, __local ulong *digits) {
    uint right = 1u;
#define ADD_VECTOR(at) right &= add_terms(work, term, (at), digits)
    FOR_TILE(work, tile, ADD_VECTOR);
#undef ADD_VECTOR
    return right;
}
