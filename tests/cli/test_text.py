"""Texts of numbers: what a number is, how fields are parted and quoted, which column is read."""
import itertools
from fractions import Fraction

import harness
import harness_lists as lists
import harness_text
from harness import run
from harness_lists import decimal_text, write


class Texts(lists.ListTest):
    def assert_sum(self, text, wanted, *args, count=None, chunks=(None,), engines=None):
        """The sum of a text (str or bytes), from a file and from a pipe."""
        data = text.encode() if isinstance(text, str) else text
        path = write(data)
        for engine, chunk in itertools.product(engines or ["serial"], chunks):
            for way in (path, "-"):
                command = [f"--engine={engine}", "--stat=sum,count", "-q", *args,
                           *([f"--chunk={chunk}"] if chunk else []), way]
                with self.subTest(command=command, text=data[:300]):
                    result = run(command, input=data if way == "-" else None)
                    self.assert_status(result, 0)
                    total, found = result.stdout.split()
                    self.assertEqual(total, wanted, str(result)[:3000])
                    if count is not None:
                        self.assertEqual(found, str(count))


class Numbers(Texts):
    def test_decimals_are_what_they_say(self):
        for text, wanted in (("0.1 0.2", "0.3"), ("0.1\n" * 10, "1"), ("1.10", "1.1"), ("100", "100"), ("-0.0", "0"),
                             ("1e-3 .5 5. +.5e1", "10.501"), ("1E5 1e+05 1e-00", "200001"), ("-1 +1", "0"),
                             ("9007199254740993 -9007199254740992", "1"), ("1e22 1e-22", "10000000000000000000000"
                                                                           ".0000000000000000000001"),
                             ("18446744073709551615 18446744073709551615", "36893488147419103230"),
                             ("0." + "0" * 200 + "1", "0." + "0" * 200 + "1"),
                             ("00000000000000000000000000000000000000000000000000000000000000000000000012", "12"),
                             ("123456789.987654321 -0.987654321", "123456789"), ("1000e-3", "1"), ("-1e2", "-100")):
            self.assert_sum(text, wanted, engines=lists.engines("text"))

    def test_a_million_cents(self):
        path = write(b"0.01\n" * 10**6)
        for engine in lists.engines("text"):
            self.assert_answer(run([f"--engine={engine}", "--stat=sum,count,sumsq,min,max,mean,sd", path]),
                               "sum\t10000\ncount\t1000000\nsumsq\t100\nmin\t0.01\nmax\t0.01\nmean\t0.01\nsd\t0\n")

    def test_every_number_of_digits(self):
        """Around 19 digits, where 64 bits end, and around the words that are read at once."""
        for count in range(1, 70):
            digits = "9876543210" * 7
            for point in {0, 1, count // 2, count}:
                text = digits[:point] + "." + digits[point:count]
                for number in (text, "-" + text, "000" + text + "000", text + "e5", text + "e-12"):
                    value = harness_text.number(number.encode())
                    with self.subTest(number=number):
                        self.assertEqual(run(["-q", "--engine=serial", "-"], input=f"{number}\n1".encode()).stdout,
                                         decimal_text(value + 1) + "\n")
                    if count % 8 not in (0, 1) and count not in (18, 19, 20, 21):
                        break

    def test_long_numbers(self):
        for count in (30, 1000, 1024):
            digits = ("1234567890" * 103)[:count]
            self.assert_sum(digits, digits.rstrip("0") + "0" * (count - len(digits.rstrip("0"))), count=1)
            self.assert_sum(f"0.{digits}", f"0.{digits}".rstrip("0"))
            self.assert_sum(f"{digits}.{digits} 1e-1024 -1e-1024", f"{digits}.{digits}".rstrip("0"))
        zeros = "0" * 100000
        for text, wanted in ((zeros + "5", "5"), ("5." + zeros, "5"), ("0." + zeros, "0"), (zeros, "0"),
                             (zeros + "." + zeros + "1e100001", "1"), ("1" + zeros + "e-100000", "1"),
                             ("-" + zeros + "12." + zeros + "e1", "-120"), ("0.1e1024", "1" + "0" * 1023),
                             (zeros + "1e-1000 0e99999999999", "0." + "0" * 999 + "1"),
                             ("0." + zeros + "e-99999999999999999999999999", "0"),
                             ("1.50e-1023", "0." + "0" * 1022 + "15"), ("9" * 1024, "9" * 1024),
                             ("0" * 900000 + "1", "1")):
            self.assert_sum(text, wanted, count=2 if " " in text else 1, chunks=(None, 1))

    def test_the_widest_sums(self):
        """All the digits that there may be, squared, and carried over all of them."""
        widest = Fraction(10**2048 - 1, 10**1024)
        text = (b"9" * 1024 + b"." + b"9" * 1024 + b"\n") * 50 + (b"-" + b"9" * 1024 + b"." + b"9" * 1024 + b"\n") * 49
        self.assert_lists(["--engine=pthread", "--chunk=3000", write(text)],
                          lists.expected_decimals([widest] * 50 + [-widest] * 49))
        self.assert_lists(["--engine=fork", "-"], lists.expected_decimals([Fraction(1, 10**1024)] * 9),
                          how=lambda args: run(args, input=b"1e-1024 " * 9))

    def test_statistics_are_exact_or_correctly_rounded(self):
        for values in (["0.1", "0.2", "0.3"], ["1e300", "1e-300", "-1e300"], ["1e1000", "2e1000"], ["1e-1000",
                "3e-1000"], ["1e-400"], ["9007199254740993"], ["9007199254740993", "9007199254740992"], [], ["NA"],
                ["1.7976931348623158e308", "1.7976931348623159e308"], ["5e-324", "2.4703282292062327e-324"], ["1e16",
                "1.00000001", "-1e16"], ["-0.5"], ["0.1"] * 7, ["3", "4"], ["1e-1024", "1e1023"]):
            numbers = [harness_text.number(value.encode()) for value in values if value != "NA"]
            path = write("\n".join(values).encode())
            for engine in lists.engines("text"):
                with self.subTest(values=values, engine=engine):
                    self.assert_lists([f"--engine={engine}", path], lists.expected_decimals(numbers))
                    result = run([f"--engine={engine}", "--json", "--stat=all", path])
                    self.assert_results(result.json()["results"], lists.expected_decimals(numbers))

    def test_no_numbers(self):
        for text in (".", "+", "-", "e5", "1e", "1e+", "--1", "1.2.3", "0x10", "1_000", "1e5.5", "+-1", "1-", "N/A",
                "NULL", "1 e5x", "na", "\u0661", "1\u00a0", "$5", "5%", "true", ".e1", "- 1", "nan", "-inf",
                "Infinity", "1,2.5x"):
            with self.subTest(text=text):
                path = write(f"a\n1\n2\n{text}\n3\n".encode())
                self.refuse(["--engine=serial", "--column=1", "--delimiter=;", path], 5, r":4:\d+: ")
                if "," not in text:
                    self.refuse(["--engine=serial", "-"], 5, r":4:\d+: ", input=f"1\n1\n2\n{text}\n3\n".encode())


class Fields(Texts):
    def test_missing(self):
        for text, wanted, count, missing in (("a,b\n1,\n2,NA\n3,4\n", "4", 1, 2),
                ("a,b\n1,\"\"\n2,\"NA\"\n3,  \n4, NA \n", "0", 0, 4), ("a,b\r\n1,\r\n2,5\r\n", "5", 1, 1)):
            for engine in lists.engines("text"):
                result = run([f"--engine={engine}", "--column=b", "--json",
                             "--stat=sum,count", "-"], input=text.encode())
                self.assertEqual({name: value["value"] for name, value in result.json()["results"].items()},
                                 {"sum": wanted, "count": str(count)}, str(result))
                self.assertEqual(result.json()["input"]["missing"], str(missing))
        self.assert_sum("1 NA 2 NA", "3", count=2)
        result = run(["-"], input=b"1 NA 2 NA")
        self.assertRegex(result.stderr, r"\b2\b.*missing|missing.*\b2\b", "their number is not said")

    def test_line_ends_and_marks(self):
        for text in ("1\n2\n3\n", "1\r\n2\r\n3\r\n", "1\n2\n3", "1\r\n2\r\n3", "\ufeff1\n2\n3",
                "\n\n1\n\n2\n\n\n3\n\n", "1 2 3", "  1  2\n   3", "1\r\n\r\n2\n3\r\n\r\n", "\ufeff\n1 2\n3\n",
                "x\n1\n2\n3\n", "\ufeffx\r\n1\r\n2\r\n3"):
            self.assert_sum(text, "6", count=3, chunks=(None, 1, 2))
            if " " not in text:
                self.assert_sum(text, "6", "--column=1", count=3, chunks=(None, 1))
        for text in ("a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4", "\ufeffa,b\n1,2\n\n3,4\n\n",
                '\ufeff"a","b"\r\n"1","2"\r\n"3","4"\r\n', '"a" ,"b" \n"1" ,"2" \n 3 , 4 \n', "\n\na,b\n1,2\n3,4"):
            for column in ("b", "2"):
                self.assert_sum(text, "6", f"--column={column}", count=2, chunks=(None, 1, 5))
            self.assert_sum(text, "4", "--column=a", count=2)

    def test_every_delimiter(self):
        for name, byte in (("tab", "\t"), ("\\t", "\t"), (":", ":"), (" ", " "), ("\t", "\t"), (",", ","), (";", ";"),
                ("|", "|"), ("#", "#"), ("/", "/"), ("x", "x"), ("'", "'"), ("\\", "\\"), ("\x01", "\x01")):
            text = f"a{byte}b\n1{byte}2\n\"3\"{byte}\"4\"\n5{byte}6{byte}7\n{byte}1.5"
            self.assert_sum(text, "13.5", f"--delimiter={name}", "--column=b", count=4, chunks=(None, 1))
            self.assert_sum(text, "9", f"--delimiter={name}", "--column=a", count=3)
        # Where it is found out, each of the four may be.
        for byte in ",;|\t":
            self.assert_sum(f"a{byte}b\n1{byte}2\n3{byte}4\n", "6", "--column=b", count=2)
            self.assert_sum(f"1{byte}2\n3{byte}4\n", "6", "--column=2", count=2)
        for wrong in ("", "ab", '"', "\u00e9", "e", "5", "-", "."):
            self.refuse([f"--delimiter={wrong}", "--column=1", write(b"1,2\n")], 2, "delimiter|part fields")

    def test_headers(self):
        self.assert_sum("5\n6\n", "11", count=2)
        self.assert_sum("x\n5\n6\n", "11", count=2)
        self.assert_sum("5,1\n6,2\n", "11", "--column=1", count=2)
        self.assert_sum("NA,x\n6,2\n", "6", "--column=1", count=1)
        self.assert_sum("year,2019,2020\na,1,2\nb,3,4\n", "6", "--column=2020", count=2)
        self.assert_sum("1,2\n3,4\n", "6", "--no-header", "--column=2", count=2)
        self.assert_sum("5\n6\n", "11", "--no-header", count=2)
        self.refuse(["--no-header", "--column=2", write(b"a,b\n3,4\n")], 5, r":1:3: .*'b'")
        self.refuse(["--no-header", "--column=b", write(b"a,b\n3,4\n")], 2, "no-header|header")
        self.refuse(["--no-header", write(b"x\n3\n")], 5, r":1:1: .*'x'")
        # A header alone: no numbers.
        self.assert_sum("a,b\n", "0", "--column=b", count=0)
        self.assert_sum("a,b", "0", "--column=b", count=0)

    def test_columns_by_name(self):
        text = b'id,"a, b","with ""quotes""","two\nlines",\xc3\xa9t\xc3\xa9, blanks ,n7,id,\n'
        text += b"1,2,3,4,5,6,7,8,9\n" * 3
        for name, value in (("a, b", 2), ('with "quotes"', 3), ("two\nlines", 4),
                            ("\u00e9t\u00e9", 5), ("blanks", 6), ("2", 2), ("9", 9), ("8", 8), ("7", 7)):
            self.assert_sum(text, str(3 * value), f"--column={name}", "--delimiter=,", count=3, chunks=(None, 1))
        path = write(text)
        self.refuse(["--column=id", path], 2, r"2 columns 'id'")
        for wrong in ("ID", "a", "10", "0", "id ", "-1"):
            self.refuse([f"--column={wrong}", path], 5, r"a, b", r"blanks", r"\u00e9t\u00e9")
        self.refuse([path], 2, r"--column", r"id, a, b, with \"quotes\"")

    def test_white_space(self):
        text = "name  x    y\nn1   1.5   2\nn2\t2.5\t3\n  n3  3.5 4  \n\n"
        self.assert_sum(text.replace("\t", " "), "7.5", "--column=x", count=3, chunks=(None, 1))
        self.assert_sum(text.replace("\t", " "), "9", "--column=3", count=3, chunks=(None, 1))
        self.assert_sum("1 2\n3 4\n", "6", "--column=2", count=2)
        self.assert_sum("1 2\n3 4\n", "10", count=4)
        self.assert_sum("1  2\n3  4\n", "4", "--column=1", "--delimiter= ", count=2)
        self.refuse(["--column=3", write(b"1 2 3\n4 5\n")], 5, r":2:1: ")


class Engines(Texts):
    def test_quoted_line_ends_across_every_cut(self):
        """A cut in a quoted field is found and made again, from a mapped file and from a pipe."""
        record = '{0},"text ""{0}""\n1,2,3\n""\n,",{0}.5,"\n"\n'
        text = "n,t,v,w\n" + "".join(record.format(i) for i in range(120))
        wanted = decimal_text(sum(Fraction(2 * i + 1, 2) for i in range(120)))
        for engine in lists.engines("text"):
            chunks = (1, 2, 17, 64, 300, 5000) if engine != "opencl" else (1, 64, 5000)
            self.assert_sum(text, wanted, "--column=v", "--workers=3", count=120, chunks=chunks, engines=[engine])

    def test_a_mapped_cut_in_quotes_beside_a_pipe(self):
        """The file is to be read again more carefully, which the pipe cannot be."""
        text = b'n,t\n' + b'1,"a\nb\nc\n7,7\n"\n' * 200
        for engine in lists.engines("text"):
            for inputs in (["-", write(text)], [write(text), "-"]):
                with self.subTest(engine=engine, inputs=inputs):
                    result = run([f"--engine={engine}", "--chunk=10", "--column=n", "-q", *inputs],
                                 input=b"n,m\n" + b"2,x\n" * 3000)
                    self.assert_answer(result, "6200\n")

    def test_many_columns(self):
        names = [f"c{i}" for i in range(3000)]
        rows = [[str(i * j % 97) for j in range(3000)] for i in range(20)]
        text = ",".join(names) + "\n" + "\n".join(",".join(row) for row in rows)
        for column in (1, 2, 1777, 3000):
            wanted = str(sum(int(row[column - 1]) for row in rows))
            self.assert_sum(text, wanted, f"--column={column}", count=20,
                            chunks=(1, 1000, None), engines=lists.engines("text"))
            self.assert_sum(text, wanted, f"--column=c{column - 1}", count=20)
        self.refuse(["--column=x", write(text.encode())], 5, r"c0, c1", r"more")

    def test_mixtures_with_integers(self):
        text = write(b"0.5 -1e-30 18446744073709551615\n")
        files = [write(lists.npy("u64", [2**64 - 1, 5])), write(lists.npy("i8", [-128, 127], shape=(2, 1)))]
        values = [Fraction(1, 2), Fraction(-1, 10**30), 2**64 - 1, 2**64 - 1, 5, -128, 127, *range(-7, 100, 3)]
        for engine in lists.engines("text"):
            args = [f"--engine={engine}", "--chunk=2", "--", files[0], text, "-7:100:3", files[1]]
            self.assert_lists(args, lists.expected_decimals(values))
            found = run(["--json", *args]).json()["input"]
            self.assertEqual((found["kind"], found["type"], found["count"]), ("text", "decimal", str(len(values))))
        for name in ("f32", "f64"):
            self.refuse([text, write(lists.npy(name, [1.0]), ".npy")], 2)
            self.refuse([write(lists.npy(name, [1.0]), ".npy"), "1:3"], 2)
            self.refuse([write(lists.npy(name, [1.0]), ".npy"), files[1]], 2)
        self.refuse([write(lists.npy("f32", [1.0]), ".npy"), write(lists.npy("f64", [1.0]), ".npy")], 2)


if __name__ == "__main__":
    harness.main()
