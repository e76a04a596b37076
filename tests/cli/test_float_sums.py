"""Sums of doubles that are known to be hard, on every engine and in integers alone: against fractions, and math.fsum where that
has an answer."""
import itertools
import math
from fractions import Fraction

import harness
import harness_lists as lists
from harness import run
from harness_lists import raw, write

LEAST, GREATEST = 2.0**-1074, 1.7976931348623157e308


class HardSums(lists.ListTest):
    @classmethod
    def setUpClass(cls):
        cls.random = harness.seeded_random(f"float sums {cls.__name__}")
        cls.host = [[f"--engine={engine}"] for engine in harness.CPU_ENGINES]
        cls.everywhere = [*cls.host, *([["--engine=opencl"], ["--no-fp64"]] if lists.opencl_takes("floats") else [])]

    def number(self, low=-1074, high=971):
        """A number of 53 random bits at a random place."""
        return self.random.choice((1, -1)) * math.ldexp(2**52 + self.random.getrandbits(52), self.random.randint(low, high))

    def shuffled(self, values):
        return self.random.sample(values, len(values))

    def assert_sums(self, values, ways):
        """Every statistic; the sum is also what math.fsum says."""
        answers = lists.expected_floats(values)
        try:
            self.assertEqual(answers["sum"].text, harness.text_of_double(math.fsum(values)))
        except OverflowError:
            pass        # of a part of its sum
        path = write(raw("f64", values))
        for way in ways:
            with self.subTest(way=way, values=values[:5], count=len(values)):
                self.assert_lists([*way, "--type=f64", path], answers)
        return answers

    def test_condition_numbers(self):
        for power in (16, 50, 100, 200, 300):
            scale = power * 10 // 3 + 60        # 2^scale is more than 10^power by far
            large = [self.number(-52 + scale // 2, scale // 2) for _ in range(100)]
            small = [self.number(-104 - scale // 2, -56 - scale // 2) for _ in range(31)]
            values = self.shuffled([*large, *(-value for value in large), *small])
            total = sum(map(Fraction, values))
            self.assertGreater(sum(abs(Fraction(value)) for value in values), 10**power * abs(total))
            self.assertNotEqual(total, 0)
            self.assert_sums(values, self.everywhere if power in (16, 300) else self.host)

    def test_cancellation(self):
        """To zero, and to one unit in the last place of what cancels."""
        for low, high in ((-1074, -1074), (-60, -40), (-1074, 971), (971, 971)):
            values = [self.number(low, high) for _ in range(500)]
            pairs = self.shuffled([*values, *(-value for value in values)])
            ways = self.everywhere if low != high else self.host
            self.assertEqual(self.assert_sums(pairs, ways)["sum"].text, "0")
            pairs[0] = math.nextafter(pairs[0], 0)
            answer = self.assert_sums(pairs, ways)["sum"]
            self.assertTrue(answer.exact and abs(answer.double) == math.ulp(pairs[0]))

    def test_halfway_points(self):
        """Of both parities, and a bit far below that decides."""
        for exponent, odd, sign in itertools.product((-1000, 0, 971), (0, 1), (1, -1)):
            number = math.ldexp(2**53 - 2 - odd, exponent)
            half = math.ulp(number) / 2
            for sticky in (0.0, LEAST, -LEAST):
                values = [sign * value for value in (half, sticky, number)]
                wanted = math.nextafter(number, math.inf) if sticky > 0 or (odd and sticky == 0) else number
                answer = self.assert_sums(values, self.host)["sum"]
                self.assertEqual(answer.double, sign * wanted)
        for sticky, wanted in ((0.0, "inf"), (LEAST, "inf"), (-LEAST, harness.text_of_double(GREATEST))):
            answers = self.assert_sums([GREATEST, 2.0**970, sticky], self.everywhere)
            self.assertEqual(answers["sum"].text, wanted)

    def test_both_ends_of_the_range(self):
        values = [GREATEST, LEAST, -GREATEST, LEAST, GREATEST, -3 * LEAST] * 50 + [-GREATEST] * 50
        self.assertEqual(self.assert_sums(values, self.everywhere)["sum"].text, harness.text_of_double(-50 * LEAST))

    def test_permutations_and_splits(self):
        values = [self.number() for _ in range(1500)] + [self.number(-55, -50) for _ in range(1500)]
        asked = ["--type=f64", "--stat=all", "--digits=exact"]
        wanted = run(["--engine=serial", *asked, write(raw("f64", values))]).stdout
        exact = lists.decimal_text(sum(map(Fraction, values)))
        self.assertIn(f"sum\t{exact}\n", wanted)
        for order in (sorted(values), sorted(values, key=abs), values[::-1], self.shuffled(values)):
            cuts = [0, *sorted(self.random.sample(range(len(order)), 2)), len(order)]
            parts = [write(raw("f64", order[begin:end])) for begin, end in zip(cuts, cuts[1:])]
            chunk = f"--chunk={self.random.choice((1, 7, 100, 1024))}"
            for way in self.everywhere:
                self.assert_answer(run([*way, chunk, *asked, *parts]), wanted)
            saved = [lists.new_path() for _ in parts]
            for way, part, file in zip(self.random.sample(self.everywhere, 3), parts, saved):
                self.assert_status(run([*way, *asked, f"--partial={file}", part]), 0)
            self.assert_answer(run(["merge", "--digits=exact", "--stat=all", *saved]), wanted)


if __name__ == "__main__":
    harness.main()
