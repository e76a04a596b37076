/* array_narrow_avx2.h - sums of integers of 8 and 16 bits in memory: the part of the AVX2 path that has no template.
 *
 * Included once, by array_avx2.c, after the template: split sums and strides are the template's. Every kernel turns numbers
 * into terms of 32 bits that are not negative, two in a 64-bit lane, and gives them to a split sum, whose bound is that of
 * the template: a lane takes fewer terms than there are numbers. Signed terms get a bias, taken off at the end by their
 * number. */

/* Terms of 32 bits in a vector. */
enum { TERMS = 2 * PS_LANES };

/* Sums of 16-bit pairs, a0*b0 + a1*b1, in 32 bits. */
static PS_ALWAYS_INLINE ps_vector multiply_pairs(ps_vector a, ps_vector b) {
    return (ps_vector)_mm256_madd_epi16((__m256i)a, (__m256i)b);
}

/* a + bias in each 32 bits, modulo 2^32. */
static PS_ALWAYS_INLINE ps_vector add_bias(ps_vector a, uint32_t bias) {
    return (ps_vector)_mm256_add_epi32((__m256i)a, _mm256_set1_epi32((int)bias));
}

/* The sum of all terms, less bias for each of terms. */
static PS_ALWAYS_INLINE ps_int128 biased_value(const split_sum *sum, uint64_t terms, uint32_t bias) {
    return (ps_int128)split_halves(sum) - (ps_int128)terms * bias;
}

/* 16 bits, y signed: of unsigned x it is x - 2^15.
 * A pair of y lies between -2^16 and 2^16: bias 2^16. A pair of |y|, made by giving ones the sign of y, is at most 2^16. A
 * pair of squares is at most 2 * 2^30 = 2^31, which is right as an unsigned number.
 * x^2 = (y + 2^15)^2 = y^2 + 2^16 * y + 2^30. */
static PS_ALWAYS_INLINE void narrow16(unsigned needs, bool is_signed, const unsigned char *numbers,
                                      uint64_t strides, ps_array_sums *sums) {
    const uint32_t bias = UINT32_C(1) << 16;
    const ps_vector sign = (ps_vector)_mm256_set1_epi16(INT16_MIN), ones = (ps_vector)_mm256_set1_epi16(1);
    const bool want_sum = needs & PS_NEED_SUM || (!is_signed && needs & PS_NEED_SQUARES);
    split_sum sum = {broadcast(0), broadcast(0)}, magnitudes = sum, squares = sum;
    ps_vector least = is_signed ? load(numbers) : load(numbers) ^ sign;
    ps_vector greatest = least;
    for (uint64_t turn = 0; turn < strides; turn++) {
        prefetch_stride(numbers, strides, turn);
        FOR_VECTORS(k) {
            const ps_vector x = load_of_stride(numbers, strides, turn, k);
            const ps_vector y = is_signed ? x : x ^ sign;
            if (want_sum)
                split_add(&sum, add_bias(multiply_pairs(y, ones), bias));
            if (needs & PS_NEED_MAGNITUDES)
                split_add(&magnitudes,
                          multiply_pairs(y, (ps_vector)_mm256_sign_epi16((__m256i)ones, (__m256i)y)));
            if (needs & PS_NEED_SQUARES)
                split_add(&squares, multiply_pairs(y, y));
            if (needs & PS_NEED_EXTREMES) {
                least = (ps_vector)_mm256_min_epi16((__m256i)least, (__m256i)y);
                greatest = (ps_vector)_mm256_max_epi16((__m256i)greatest, (__m256i)y);
            }
        }
    }
    const uint64_t terms = strides * VECTORS * TERMS, count = 2 * terms;
    const ps_int128 sum_y = want_sum ? biased_value(&sum, terms, bias) : 0;
    const ps_int128 turned = is_signed ? 0 : 1;
    sums->sum = sum_y + turned * ((ps_int128)count << 15);
    sums->magnitudes = split_halves(&magnitudes);
    sums->squares = ps_wide_from_int128((ps_int128)split_halves(&squares) +
                                        turned * (sum_y * (1 << 16) + ((ps_int128)count << 30)));
    ps_array_set_extremes(&least, &greatest, sizeof least, 2, is_signed, sums);
}

/* The numbers of 8 bits at odd and at even places of x, widened to 16 bits. */
typedef struct widened {
    ps_vector even, odd;
} widened;

static PS_ALWAYS_INLINE widened widen(ps_vector x, bool is_signed) {
    const __m256i v = (__m256i)x;
    if (is_signed)
        return (widened){(ps_vector)_mm256_srai_epi16(_mm256_slli_epi16(v, 8), 8),
                         (ps_vector)_mm256_srai_epi16(v, 8)};
    return (widened){(ps_vector)_mm256_and_si256(v, _mm256_set1_epi16(0xff)),
                     (ps_vector)_mm256_srli_epi16(v, 8)};
}

/* Sums of four products of 8-bit numbers in 32 bits: at most 4 * 255^2 unsigned, between -2^16 and 2^16 signed. */
static PS_ALWAYS_INLINE ps_vector multiply_fours(widened a, widened b) {
    return (ps_vector)_mm256_add_epi32((__m256i)multiply_pairs(a.even, b.even),
                                       (__m256i)multiply_pairs(a.odd, b.odd));
}

/* Sums of eight unsigned bytes, at most 8 * 255, in each lane of 64 bits: 2^31 of them stay below 2^42. */
static PS_ALWAYS_INLINE ps_vector sum_bytes(ps_vector x) {
    return (ps_vector)_mm256_sad_epu8((__m256i)x, _mm256_setzero_si256());
}

/* 8 bits. Signed numbers are summed as x + 2^7. */
static PS_ALWAYS_INLINE void narrow8(unsigned needs, bool is_signed, const unsigned char *numbers,
                                     uint64_t strides, ps_array_sums *sums) {
    const ps_vector sign = (ps_vector)_mm256_set1_epi8(INT8_MIN);
    ps_vector sum = broadcast(0), magnitudes = broadcast(0);
    split_sum squares = {broadcast(0), broadcast(0)};
    ps_vector least = is_signed ? load(numbers) : load(numbers) ^ sign;
    ps_vector greatest = least;
    for (uint64_t turn = 0; turn < strides; turn++) {
        prefetch_stride(numbers, strides, turn);
        FOR_VECTORS(k) {
            const ps_vector x = load_of_stride(numbers, strides, turn, k);
            const ps_vector turned = x ^ sign;
            if (needs & PS_NEED_SUM)
                sum += sum_bytes(is_signed ? turned : x);
            if (needs & PS_NEED_MAGNITUDES)
                magnitudes += sum_bytes((ps_vector)_mm256_abs_epi8((__m256i)x));
            if (needs & PS_NEED_SQUARES) {
                const widened wide = widen(x, is_signed);
                split_add(&squares, multiply_fours(wide, wide));
            }
            if (needs & PS_NEED_EXTREMES) {
                const __m256i ordered = (__m256i)(is_signed ? x : turned);
                least = (ps_vector)_mm256_min_epi8((__m256i)least, ordered);
                greatest = (ps_vector)_mm256_max_epi8((__m256i)greatest, ordered);
            }
        }
    }
    const ps_int128 bias = is_signed ? (ps_int128)(strides * STRIDE_BYTES) << 7 : 0;
    sums->sum = (ps_int128)across_lanes(sum) - bias;
    sums->magnitudes = across_lanes(magnitudes);
    sums->squares = ps_wide_from_int128((ps_int128)split_halves(&squares));
    ps_array_set_extremes(&least, &greatest, sizeof least, 1, is_signed, sums);
}

/* Products of 16 bits. A signed pair lies between -2 * 2^15 * (2^15-1) and 2 * 2^30, that is from -2^31 + 2^16 to 2^31:
 * modulo 2^32 its largest value is -2^31, but with a bias of 2^31 - 1 all of them lie between 0 and 2^32-1.
 * Unsigned ones by y = u - 2^15 and z = v - 2^15: u*v = y*z + 2^15 * (y + z) + 2^30. A pair of y and a pair of z together
 * lie between -2^17 and 2^17: bias 2^17. */
static PS_ALWAYS_INLINE void narrow_products16(bool is_signed, const unsigned char *left,
                                               const unsigned char *right, uint64_t strides,
                                               ps_array_sums *sums) {
    const uint32_t product_bias = INT32_MAX, factor_bias = UINT32_C(1) << 17;
    const ps_vector sign = (ps_vector)_mm256_set1_epi16(INT16_MIN), ones = (ps_vector)_mm256_set1_epi16(1);
    split_sum products = {broadcast(0), broadcast(0)}, factors = products;
    for (uint64_t at = 0; at < strides * STRIDE_BYTES; at += STRIDE_BYTES) {
        prefetch(left + at, STRIDE_BYTES);
        prefetch(right + at, STRIDE_BYTES);
        FOR_VECTORS(k) {
            ps_vector y = load(left + at + (uint64_t)k * VECTOR_BYTES);
            ps_vector z = load(right + at + (uint64_t)k * VECTOR_BYTES);
            if (!is_signed) {
                y ^= sign;
                z ^= sign;
                const __m256i pairs_y = (__m256i)multiply_pairs(y, ones);
                const __m256i pairs_z = (__m256i)multiply_pairs(z, ones);
                split_add(&factors, add_bias((ps_vector)_mm256_add_epi32(pairs_y, pairs_z), factor_bias));
            }
            split_add(&products, add_bias(multiply_pairs(y, z), product_bias));
        }
    }
    const uint64_t terms = strides * VECTORS * TERMS, count = 2 * terms;
    ps_int128 total = biased_value(&products, terms, product_bias);
    if (!is_signed)
        total += biased_value(&factors, terms, factor_bias) * (1 << 15) + ((ps_int128)count << 30);
    sums->squares = ps_wide_from_int128(total);
}

/* Products of 8 bits: bias 2^16 where they are signed. */
static PS_ALWAYS_INLINE void narrow_products8(bool is_signed, const unsigned char *left,
                                              const unsigned char *right, uint64_t strides,
                                              ps_array_sums *sums) {
    const uint32_t bias = is_signed ? UINT32_C(1) << 16 : 0;
    split_sum products = {broadcast(0), broadcast(0)};
    for (uint64_t at = 0; at < strides * STRIDE_BYTES; at += STRIDE_BYTES) {
        prefetch(left + at, STRIDE_BYTES);
        prefetch(right + at, STRIDE_BYTES);
        FOR_VECTORS(k) {
            const widened x = widen(load(left + at + (uint64_t)k * VECTOR_BYTES), is_signed);
            const widened y = widen(load(right + at + (uint64_t)k * VECTOR_BYTES), is_signed);
            split_add(&products, add_bias(multiply_fours(x, y), bias));
        }
    }
    sums->squares = ps_wide_from_int128(biased_value(&products, strides * VECTORS * TERMS, bias));
}

/* One loop for mask, as fold_mask of the template. */
static PS_ALWAYS_INLINE void narrow_mask(unsigned mask, unsigned bits, bool is_signed,
                                         const unsigned char *left, const unsigned char *right,
                                         uint64_t strides, ps_array_sums *sums) {
    const bool plain = is_signed || !(mask & PS_NEED_MAGNITUDES);
    const unsigned needs = plain ? mask : (mask & ~(unsigned)PS_NEED_MAGNITUDES) | PS_NEED_SUM;
    if (mask & PS_NEED_PRODUCTS) {
        if (bits == 16)
            narrow_products16(is_signed, left, right, strides, sums);
        else
            narrow_products8(is_signed, left, right, strides, sums);
        return;
    }
    if (bits == 16)
        narrow16(needs, is_signed, left, strides, sums);
    else
        narrow8(needs, is_signed, left, strides, sums);
    if (!plain)
        sums->magnitudes = (ps_uint128)sums->sum;
}

#define DEFINE_NARROW(name, bits, is_signed)                                                \
    static void name(unsigned needs, const unsigned char *left, const unsigned char *right, \
                     uint64_t strides, ps_array_sums *sums) {                               \
        PS_ARRAY_FOR_NEEDS(needs, narrow_mask, bits, is_signed, left, right, strides, sums) \
    }

DEFINE_NARROW(fold_i8, 8, true)
DEFINE_NARROW(fold_i16, 16, true)
DEFINE_NARROW(fold_u8, 8, false)
DEFINE_NARROW(fold_u16, 16, false)
