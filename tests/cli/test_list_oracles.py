"""The oracles of lists against values that are known, and against each other."""
import io
import math
import unittest
from fractions import Fraction

import csv

import harness
import harness_lists as lists
import harness_text


class Oracles(unittest.TestCase):
    def test_decimals_in_full(self):
        for value, text in ((Fraction(0), "0"), (Fraction(-1, 4), "-0.25"), (Fraction(10**30), "1" + "0" * 30),
                (Fraction(1, 10**5), "0.00001"), (Fraction(12345, 100), "123.45"), (Fraction(1, 2**10),
                "0.0009765625")):
            self.assertEqual(lists.decimal_text(value), text)
        with self.assertRaises(AssertionError):
            lists.decimal_text(Fraction(1, 3))

    def test_floats(self):
        answers = lists.expected_floats([0.1, 0.2, 0.3, -1e308, 1e308])
        self.assertEqual(answers["sum"].text, repr(math.fsum([0.1, 0.2, 0.3])))
        self.assertEqual((answers["min"].text, answers["count"].text, answers["sumsq"].text), ("-1e+308", "5", "inf"))
        self.assertEqual(answers["norm2"].text, "1.4142135623730951e+308")
        self.assertEqual([lists.expected_floats(values)["sum"].text for values in ([math.inf, 1.0], [-math.inf],
                [math.inf, -math.inf], [math.nan, math.inf], [1e308, 1e308], [-0.0])], ["inf", "-inf", "nan", "nan",
                "inf", "0"])
        self.assertEqual([lists.expected_floats([-math.inf, 1.0])[name].text for name in
                          ("sumsq", "sumabs", "norm2", "mean", "var", "psd", "min", "max")],
                         ["inf", "inf", "inf", "-inf", "nan", "nan", "-inf", "1"])
        self.assertEqual(lists.expected_dot([5e-324], [-5e-324]), "-0")
        self.assertEqual(lists.expected_dot([0.0], [math.inf]), "nan")
        self.assertEqual(lists.expected_dot([3.0, 1.0], [4.0, -2.0]), "10")

    def test_npy(self):
        data = lists.npy("i16", [1, -2], ">", version=1)
        self.assertEqual(data[:10], b"\x93NUMPY\x01\x00\x76\x00")
        self.assertEqual((len(data), data[-4:]), (132, b"\x00\x01\xff\xfe"))
        self.assertIn(b"{'descr': '>i2', 'fortran_order': False, 'shape': (2,), }", data)
        self.assertIn(b"'descr': '|u1'", lists.npy("u8", [1]))

    def test_the_reader_of_texts(self):
        self.assertEqual([harness_text.number(text) for text in (b"0.1", b"-.5e1", b"1.e-2", b"+00", b"12E+1")],
                         [Fraction(1, 10), -5, Fraction(1, 100), 0, 120])
        for text in (b"", b".", b"1e", b"0x1", b" 1", b"1_0"):
            with self.assertRaises(ValueError):
                harness_text.number(text)
        text = 'a,"b ""x""",c\r\n1,"2\n,3",4\n\n5,,"6"'
        found = [[bytes(field.content).decode() for field in row] for row in harness_text.records(text.encode(), b",")]
        self.assertEqual(found, [row for row in csv.reader(io.StringIO(text)) if row])
        self.assertEqual(harness_text.read_delimited(text.encode(), b",", 2, True), ([4, 6], 0))
        self.assertEqual(harness_text.read_delimited(text.encode(), b",", 0, True), ([1, 5], 0))
        self.assertEqual(harness_text.read_delimited(b"1;NA\n2; \n3;\"7\" ", b";", 1, False), ([7], 2))
        with self.assertRaises(harness_text.BadField):
            harness_text.read_delimited(b'1,"2', b",", 1, False)
        self.assertEqual(harness_text.read_list(b"\xef\xbb\xbf1 NA\f2\r\n"), ([1, 2], 1))
        self.assertEqual(harness_text.read_columns(b"a b\n1\t2 \r\n\n 3  4", 1, True), ([2, 4], 0))

    def test_the_assertions_can_fail(self):
        test = lists.ListTest()
        good = harness.Result(5, "", "parsum-cl: no\n", [])
        test.assert_refused(good, 5, "no")
        for bad in (good._replace(status=0), good._replace(stdout="1"),
                good._replace(stderr="parsum-cl: a\nparsum-cl: b\n"), good._replace(stderr=""),
                good._replace(stderr="no\n"), good._replace(stderr="parsum-cl: \x1b no\n"),
                good._replace(stderr="parsum-cl: yes\n")):
            with self.assertRaises(AssertionError):
                test.assert_refused(bad, 5, "no")


if __name__ == "__main__":
    harness.main()
