"""The oracles of harness.py against other ways to the same values: a test is only as good as its oracle."""
import decimal
import math
import unittest
from fractions import Fraction

import harness

# Python's own division of integers is correctly rounded, and so is Decimal's square root.
WIDE = decimal.Context(prec=1200, Emin=-10**6, Emax=10**6)


def root_by_decimal(value):
    """The double nearest to the root, from 1200 digits; exact roots of doubles have far fewer."""
    root = WIDE.sqrt(WIDE.divide(decimal.Decimal(value.numerator), decimal.Decimal(value.denominator)))
    return Fraction(root).numerator / Fraction(root).denominator


class Oracles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.random = harness.seeded_random("oracles")

    def test_the_closed_form_is_the_brute_force(self):
        for _ in range(2000):
            first = self.random.choice([0, -1, 1, harness.LOWEST, harness.HIGHEST, -50, 50,
                                        self.random.randrange(-10**6, 10**6)])
            step = self.random.choice([1, 2, 3, 7, self.random.randrange(1, 10**5), 2**63, 2**64 + 1])
            stop = first + self.random.randrange(-3, 200) * step + self.random.randrange(0, step)
            elements = range(first, stop, step)
            self.assertEqual(harness.closed_form(elements), harness.brute_force(elements), elements)

    def test_the_textbook_formula(self):
        n = 100000000
        self.assertEqual(harness.moments([f"1:{n}"]).sumsq, n * (n - 1) * (2 * n - 1) // 6)
        self.assertEqual(harness.DEFAULT_ANSWER, harness.expected_lines([f"1:{n}"], ["sumsq"]))

    def test_joined_ranges_are_one_list(self):
        inputs = ["-5:9:3", "5:1", "0:2", "100:101"]
        elements = [x for text in inputs for x in harness.parse_range(text)]
        self.assertEqual(harness.moments(inputs), harness.brute_force(elements))

    def test_rounding_of_fractions(self):
        for _ in range(5000):
            numerator = self.random.randrange(-2**self.random.randrange(1, 300), 2**300)
            denominator = self.random.randrange(1, 2**self.random.randrange(1, 300))
            value = Fraction(numerator, denominator)
            self.assertEqual(harness.round_to_double(value), value.numerator / value.denominator, value)
        for k in range(2**53, 2**53 + 64):      # ties, from both sides
            for offset in (0, Fraction(1, 10**40), -Fraction(1, 10**40)):
                value = k + Fraction(1, 2) + offset
                self.assertEqual(harness.round_to_double(value), value.numerator / value.denominator)

    def test_rounding_at_the_ends_of_the_doubles(self):
        tiny = Fraction(1, 2**1074)
        self.assertEqual(harness.round_to_double(tiny), 5e-324)
        self.assertEqual(harness.round_to_double(tiny / 2), 0.0)
        self.assertEqual(harness.round_to_double(tiny * 3 / 4), 5e-324)
        self.assertEqual(harness.round_to_double(Fraction(2) ** 1024), math.inf)
        self.assertEqual(harness.round_to_double(-Fraction(2) ** 1024), -math.inf)

    def test_rounding_of_roots(self):
        for _ in range(1500):
            value = Fraction(self.random.randrange(1, 2**self.random.randrange(1, 260)),
                             self.random.randrange(1, 2**self.random.randrange(1, 130)))
            double, exact = harness.round_root_to_double(value)
            self.assertEqual(double, root_by_decimal(value), value)
            self.assertEqual(exact, Fraction(double) ** 2 == value)
        # 2^53 + 1 lies between two doubles: its square's root is a tie, and a little more is not.
        odd = 2**53 + 1
        self.assertEqual(harness.round_root_to_double(Fraction(odd * odd)), (2.0**53, False))
        self.assertEqual(harness.round_root_to_double(Fraction(odd * odd + 1)), (2.0**53 + 2, False))
        self.assertEqual(harness.round_root_to_double(Fraction(9, 4)), (1.5, True))
        self.assertEqual(harness.round_root_to_double(Fraction(0)), (0.0, True))

    def test_text(self):
        for double, text in [(0.0, "0"), (2.5, "2.5"), (-3.0, "-3"), (1e16, "1e+16"), (0.1, "0.1"),
                             (9.223372036854775807e18, "9.223372036854776e+18"), (1e-7, "1e-07"),
                             (math.inf, "inf")]:
            self.assertEqual(harness.text_of_double(double), text)

    def test_statistics_of_small_lists(self):
        answers = harness.expected(harness.moments(["1:6"]))
        texts = {name: answer.text for name, answer in answers.items()}
        self.assertEqual(texts, {
            "count": "5", "sum": "15", "sumsq": "55", "sumabs": "15", "min": "1", "max": "5", "mean": "3",
            "var": "2.5", "pvar": "2", "sd": "1.5811388300841898", "psd": "1.4142135623730951",
            "norm2": "7.416198487095663"})
        self.assertTrue(answers["var"].exact)
        self.assertFalse(answers["sd"].exact)
        nothing = harness.expected(harness.moments(["5:1"]))
        self.assertEqual([nothing[name].text for name in ("count", "sum", "mean", "var", "min", "norm2")],
                         ["0", "0", "none", "none", "none", "0"])
        one = harness.expected(harness.moments(["7:8"]))
        self.assertEqual([one[name].text for name in ("var", "pvar", "sd", "psd", "mean")],
                         ["none", "0", "none", "0", "7"])


if __name__ == "__main__":
    unittest.main()
