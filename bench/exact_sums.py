"""Exact sums of arrays by NumPy's integers and Python's, without parsum: what every row over a list is checked against.

Elements are split into pieces so short that a block's sums of them are exact in 64 bits (or in the 53 bits of a
double, which is what numpy.bincount adds in); blocks are added up in int64, and the pieces in Python's integers.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

try:
    import numpy as np
except ImportError:  # then there are no lists, and the parts that need them say so
    np = None

BLOCK = 1 << 20
PIECE_BITS = 27
PIECE_MASK = (1 << PIECE_BITS) - 1
KEYS = 1 << 12  # sign and exponent field of a double


@dataclass
class Sums:
    """What all statistics are made of."""

    count: int
    sum: Fraction
    sumsq: Fraction
    sumabs: Fraction
    minimum: Fraction
    maximum: Fraction


def blocks_of(*arrays):
    for start in range(0, len(arrays[0]), BLOCK):
        yield tuple(array[start : start + BLOCK] for array in arrays)


def sums_of_integers(values):
    """Of any integer type. A 64-bit magnitude is high * 2^32 + low; each product of two halves is below 2^64, so its
    own halves, summed over a block of 2^20, stay below 2^52."""
    total = magnitudes = squares = 0
    for (block,) in blocks_of(values):
        negative = block < 0
        words = block.astype(np.uint64)  # a negative one as 2^64 minus its magnitude
        words = np.where(negative, ~words + np.uint64(1), words)
        low, high = words & np.uint64(0xFFFFFFFF), words >> np.uint64(32)
        magnitude = halves_sum(low, high)
        below_zero = halves_sum(low[negative], high[negative])
        magnitudes += magnitude
        total += magnitude - 2 * below_zero
        for factor, other, shift in ((low, low, 0), (low, high, 33), (high, high, 64)):
            product = factor * other
            squares += halves_sum(product & np.uint64(0xFFFFFFFF), product >> np.uint64(32)) << shift
    extremes = Fraction(int(values.min())), Fraction(int(values.max()))
    return Sums(len(values), Fraction(total), Fraction(squares), Fraction(magnitudes), *extremes)


def halves_sum(low, high):
    return int(low.sum(dtype=np.uint64)) + (int(high.sum(dtype=np.uint64)) << 32)


def parts_of_doubles(block):
    """Sign and exponent field as one key below 2^12, and the mantissa's upper 26 and lower 27 bits, as integers."""
    bits = block.view(np.uint64)
    key = (bits >> np.uint64(52)).astype(np.int64)
    field = key & 0x7FF
    if int(field.max(initial=0)) == 0x7FF:
        raise ValueError("an infinity or a NaN has no exact sum")
    mantissa = (bits & np.uint64((1 << 52) - 1)) | ((field != 0).astype(np.uint64) << np.uint64(52))
    return key, mantissa >> np.uint64(PIECE_BITS), mantissa & np.uint64(PIECE_MASK)


class Bins:
    """Sums of unsigned 54-bit integers, one for each key: their halves of 27 bits apart. A block's half sums stay below
    2^47, exact in a double; all blocks' stay below 2^63 for up to 2^36 elements."""

    def __init__(self, key_count):
        self.low = np.zeros(key_count, np.int64)
        self.high = np.zeros(key_count, np.int64)

    def add(self, key, terms):
        for bins, half in ((self.low, terms & np.uint64(PIECE_MASK)), (self.high, terms >> np.uint64(PIECE_BITS))):
            bins += np.bincount(key, weights=half.astype(np.float64), minlength=len(bins)).astype(np.int64)

    def filled(self):
        """(key, sum) of each bin that is not empty."""
        for key in np.flatnonzero(self.low | self.high):
            yield int(key), int(self.low[key]) + (int(self.high[key]) << PIECE_BITS)


def scale_of(field):
    """The exponent of a mantissa's unit above the smallest subnormal's, 2^-1074: field 0 is scaled as field 1."""
    return max(field, 1) - 1


def sums_of_doubles(values):
    """Of float64 or float32, which is widened exactly."""
    mantissas, squares = Bins(KEYS), [Bins(KEYS) for _ in range(3)]
    smallest, largest = [], []
    for (block,) in blocks_of(values):
        block = np.ascontiguousarray(block, dtype=np.float64)
        key, high, low = parts_of_doubles(block)
        mantissas.add(key, (high << np.uint64(PIECE_BITS)) | low)
        for bins, product in zip(squares, (low * low, high * low, high * high)):
            bins.add(key, product)
        smallest.append(float(block.min()))
        largest.append(float(block.max()))
    total = magnitudes = square = 0
    for key, amount in mantissas.filled():
        amount <<= scale_of(key & 0x7FF)
        magnitudes += amount
        total += -amount if key >> 11 else amount
    for bins, shift in zip(squares, (0, PIECE_BITS + 1, 2 * PIECE_BITS)):
        for key, amount in bins.filled():
            square += amount << (2 * scale_of(key & 0x7FF) + shift)
    extremes = Fraction(min(smallest)), Fraction(max(largest))
    unit = Fraction(1, 1 << 1074)
    return Sums(len(values), total * unit, square * unit * unit, magnitudes * unit, *extremes)


def dot_of_doubles(left, right):
    """The exact sum of products. A key is the sign of the product and the sum of both scales."""
    products = [Bins(1 << 13) for _ in range(3)]
    for pair in blocks_of(left, right):
        (left_key, left_high, left_low), (right_key, right_high, right_low) = map(parts_of_doubles, pair)
        scales = sum(np.maximum(key & 0x7FF, 1) - 1 for key in (left_key, right_key))
        key = (((left_key ^ right_key) >> 11) << 12) | scales
        products[0].add(key, left_low * right_low)
        products[1].add(key, left_high * right_low)
        products[1].add(key, left_low * right_high)
        products[2].add(key, left_high * right_high)
    total = 0
    for bins, shift in zip(products, (0, PIECE_BITS, 2 * PIECE_BITS)):
        for key, amount in bins.filled():
            amount <<= (key & 0xFFF) + shift
            total += -amount if key >> 12 else amount
    return Fraction(total, 1 << 2148)


def nearest_double(value):
    """Python divides two integers with one rounding, to the nearest double, ties to even; beyond them it raises."""
    try:
        return value.numerator / value.denominator
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def nearest_root(value):
    """The double nearest to the square root: 128 bits of it and one more that says whether anything follows."""
    if value == 0:
        return 0.0
    shift = max(0, 256 - (value.numerator.bit_length() - value.denominator.bit_length()))
    shift += shift % 2
    scaled, rest = divmod(value.numerator << shift, value.denominator)
    root = math.isqrt(scaled)
    inexact = rest != 0 or root * root != scaled
    return nearest_double(Fraction((root << 1) | inexact, 1 << (shift // 2 + 1)))


def answers_of(sums, rounds_sums):
    """Every statistic as text: an exact number as a fraction, a rounded one as a hexadecimal double. Sums of doubles
    are rounded, those of integers and decimals are not."""

    def exact_or_rounded(value):
        return nearest_double(value).hex() if rounds_sums else str(value)

    spread = sums.count * sums.sumsq - sums.sum * sums.sum  # count times the sum of squares of distances from the mean
    population, sample = spread / sums.count**2, spread / (sums.count * (sums.count - 1))
    return {
        "count": str(sums.count),
        **{name: exact_or_rounded(getattr(sums, name)) for name in ("sum", "sumsq", "sumabs")},
        "min": exact_or_rounded(sums.minimum),
        "max": exact_or_rounded(sums.maximum),
        "mean": nearest_double(sums.sum / sums.count).hex(),
        "var": nearest_double(sample).hex(),
        "pvar": nearest_double(population).hex(),
        "sd": nearest_root(sample).hex(),
        "psd": nearest_root(population).hex(),
        "norm2": nearest_root(sums.sumsq).hex(),
    }


def is_rounded(expected):
    return "x" in expected or "inf" in expected


def same_number(answer, expected):
    """Whether what a program printed is the expected number: the same double, or the same fraction."""
    try:
        if is_rounded(expected):
            return float(answer) == float.fromhex(expected)
        return Fraction(answer) == Fraction(expected)
    except (TypeError, ValueError):
        return False


def how_wrong(answer, expected):
    """Why a peer's answer is not the expected one, in a few words."""
    rounded = is_rounded(expected)
    try:
        value = Fraction(float(answer)) if rounded else Fraction(answer)
    except (ValueError, OverflowError):
        return f"answered {answer}"
    right = Fraction(float.fromhex(expected)) if rounded else Fraction(expected)
    difference = abs(value - right)
    if not rounded and difference != 0 and difference % (1 << 64) == 0:
        return f"wrapped at 2^64: {answer}"
    digits = right_digits(difference, right)
    if digits == 0:
        return f"answered {answer}"
    if rounded:
        return f"inexact: {float(difference / Fraction(math.ulp(float(right)))):.3g} ulp off"
    return f"lost digits: {digits} right"


def right_digits(difference, right):
    """About how many leading decimal digits of a number are right."""
    return max(0, math.floor(-math.log10(difference / abs(right)))) if difference and right else 0
