"""Random texts, read by the program in many ways and by an independent reader: the same exact answers.

PARSUM_TEST_ROUNDS is how many texts of each kind are tried.
"""
import os

import harness
import harness_lists as lists
import harness_text
from harness import run
from harness_lists import write

ROUNDS = int(os.environ.get("PARSUM_TEST_ROUNDS", "40"))
DELIMITERS = (b",", b"\t", b";", b"|", b":", b" ", b"#", b"x")
ASKED = ("count", "sum", "sumsq", "sumabs", "min", "max", "mean", "sd")


class RandomTexts(lists.ListTest):
    @classmethod
    def setUpClass(cls):
        cls.random = harness.seeded_random(f"text {cls.__name__}")

    # ---- making texts

    def digits(self, most):
        return "".join(self.random.choices("0123456789", k=self.random.randrange(most + 1)))

    def number(self):
        """Any way to write a number: short, long, without a whole part or a fraction, with an exponent."""
        kind = self.random.randrange(12)
        if kind == 0:
            return self.random.choice(["0", "-0", "+0", "00", "0.0", "-.0", "0e5", "0.e-7", "0E+9999999999999999999999",
                                       "9223372036854775807", "-9223372036854775808", "18446744073709551615",
                                       "18446744073709551616", "9999999999999999999", "10000000000000000000",
                                       "1e1023", "-1e-1024", "0.1e1024", "12345678e-1024", "00000000000000000001",
                                       "1.000000000000000000000000000000", "0.000000000000000000000000000001"])
        whole, fraction = self.digits(3 if kind < 8 else 30), self.digits(4 if kind < 8 else 30)
        if kind == 11:
            whole, fraction = self.digits(300), self.digits(300)
        text = whole or self.random.choice(["", "0"])
        if fraction or self.random.random() < 0.1 and text:
            text += "." + fraction
        text = text or "7"
        if self.random.random() < 0.2:
            text += self.random.choice("eE") + self.random.choice(["", "+", "-", "+0", "-00"])
            text += str(self.random.choice([0, 1, 5, 18, 19, 20, self.random.randrange(300)]))
        return self.random.choice(["", "", "-", "+"]) + text

    def blanks(self, delimiter):
        if self.random.random() < 0.8:
            return b""
        blanks = [byte for byte in (b" ", b"\t") if byte != delimiter]
        return b"".join(self.random.choices(blanks, k=self.random.randrange(1, 4)))

    def value_field(self, delimiter):
        """A field of the column that is read: a number or missing, plain or quoted. b'x' is in neither."""
        kind = self.random.randrange(20)
        content = (b"" if kind == 0 else b"NA" if kind == 1 else self.number().encode())
        content = self.blanks(b"\n") + content + self.blanks(b"\n") if kind % 3 == 0 else content
        if self.random.random() < 0.2 or delimiter in content:
            return b'"' + content + b'"' + self.blanks(delimiter)
        return self.blanks(delimiter) + content + self.blanks(delimiter)

    def junk_field(self, delimiter):
        """A field that is not read: anything, with whatever could be taken for a delimiter or a line end in quotes."""
        alphabet = [b"a", b"1", b".", b" ", b"\t", b"\r", b"\xc3\xa9", b"'", b"\\", b"-", b",", b";", b"|", b":"]
        count = self.random.choice([0, 1, 2, 5, self.random.randrange(90)])
        if self.random.random() < 0.4:
            alphabet += [b'""', b"\n", b"\r\n", delimiter]
            return b'"' + b"".join(self.random.choices(alphabet, k=count)) + b'"' + self.blanks(delimiter)
        text = b"".join(self.random.choices([b for b in alphabet if b != delimiter], k=count)).rstrip(b"\r")
        if text and self.random.random() < 0.1:
            text = b"q" + text + b'"' * self.random.randrange(1, 4) + b"z"     # a quote where no field begins is a byte
        return text

    def record(self, count, index, delimiter):
        fields = [self.value_field(delimiter) if i == index else self.junk_field(delimiter) for i in range(count)]
        if index < count - 1:
            fields += [b"more"] * (self.random.random() < 0.1)
        return delimiter.join(fields) + self.random.choice([b"\n", b"\n", b"\r\n"])

    def delimited(self):
        """A text, its delimiter, the column that is read and whether there is a header."""
        delimiter = self.random.choice(DELIMITERS)
        count = self.random.choice([1, 2, 2, 3, 5, 40])
        index = self.random.randrange(count)
        rows = self.random.choice([0, 1, 2, 3, 10, 100, 100, 1000 // count])
        text = b"" if self.random.random() < 0.8 else harness_text.BOM
        header = self.random.random() < 0.5
        if header:
            text += delimiter.join(b'"na%sme %d"' % (self.random.choice([b"\n", b'""', delimiter, b""]), i)
                                   for i in range(count)) + b"\n"
        for _ in range(rows):
            text += self.record(count, index, delimiter)
            if self.random.random() < 0.05 and count > 1:
                text += self.random.choice([b"\n", b"\r\n"])
        if self.random.random() < 0.3 and rows:
            text = text.removesuffix(b"\n").removesuffix(b"\r")
        return text, delimiter, index, header

    # ---- reading them

    def read_in_many_ways(self, args, text, answers, missing, times=4):
        path = write(text, ".txt")
        packed = write(lists.gz(text))
        engines = lists.engines("text")
        for _ in range(times):
            more = [f"--engine={self.random.choice(engines)}", f"--workers={self.random.choice([1, 2, 3, 7])}",
                    f"--stat={','.join(ASKED)}", "--json"]
            if self.random.random() < 0.7:
                more.append(f"--chunk={self.random.choice([1, 2, 3, 7, 64, 100, 1000, 8192])}")
            if self.random.random() < 0.3:
                more.append("--verify=reference")
            way = self.random.randrange(3)
            command = [*args, *more, [path, "-", packed][way]]
            result = run(command, input=text if way == 1 else None)
            with self.subTest(command=command, text=text[:500]):
                self.assert_status(result, 0)
                report = result.json()
                self.assert_results(report["results"], {name: answers[name] for name in ASKED})
                self.assertEqual(report["input"]["missing"], str(missing))
                self.assertEqual(report["input"]["count"], answers["count"].text)
                self.assertEqual((report["input"]["kind"], report["input"]["type"]), ("text", "decimal"))

    def test_delimited(self):
        for _ in range(ROUNDS):
            text, delimiter, index, header = self.delimited()
            values, missing = harness_text.read_delimited(text, delimiter, index, header)
            args = [f"--column={index + 1}", "--delimiter=" + delimiter.decode()]
            if not header:
                args.append("--no-header")
            elif self.random.random() < 0.5:
                names = next(harness_text.records(text.removeprefix(harness_text.BOM), delimiter))
                args[0] = "--column=" + bytes(names[index].content).decode()
            self.read_in_many_ways(args, text, lists.expected_decimals(values), missing)

    def test_lists(self):
        for _ in range(ROUNDS):
            count = self.random.choice([0, 1, 2, 3, 30, 1000])
            text = b"" if self.random.random() < 0.8 else harness_text.BOM
            text += b"".join(self.random.choices([b" ", b"\n", b"\r\n", b"\v", b"\f"], k=self.random.randrange(3)))
            for _ in range(count):
                text += self.random.choice([b"NA"] + [self.number().encode()] * 20)
                text += b"".join(self.random.choices([b" ", b"\n", b"  ",
                                 b"\r\n", b"\f"], k=self.random.randrange(1, 3)))
            if self.random.random() < 0.5:
                text = text.rstrip()
            values, missing = harness_text.read_list(text)
            self.read_in_many_ways([], text, lists.expected_decimals(values), missing, 3)

    def test_columns_of_white_space(self):
        for _ in range(ROUNDS):
            count, rows = self.random.randrange(1, 6), self.random.choice([1, 2, 10, 300])
            index, header = self.random.randrange(count), self.random.random() < 0.5
            lines = [" ".join(f"name{i}" for i in range(count)).encode()] if header else []
            for _ in range(rows):
                fields = [(self.number() if i == index or self.random.random() < 0.5 else "a\"b").encode()
                          for i in range(count)]
                if self.random.random() < 0.1:
                    fields[index] = b"NA"
                lines.append(b"  " * self.random.randrange(2) + b"  ".join(fields) + b" " * self.random.randrange(2))
                lines += [b"  "] * (self.random.random() < 0.05)
            text = self.random.choice([b"\n", b"\r\n"]).join(lines) + self.random.choice([b"", b"\n"])
            values, missing = harness_text.read_columns(text, index, header)
            name = f"name{index}" if header and self.random.random() < 0.5 else index + 1
            args = [f"--column={name}"] + ([] if header else ["--no-header"])
            self.read_in_many_ways(args, text, lists.expected_decimals(values), missing, 3)

    def test_found_out_delimiters_and_headers(self):
        """Well-formed tables, of which nothing is said but the column."""
        for _ in range(ROUNDS):
            delimiter = self.random.choice([b",", b"\t", b";", b"|"])
            count, rows = self.random.randrange(2, 9), self.random.randrange(1, 40)
            index, header = self.random.randrange(count), self.random.random() < 0.5
            lines = [delimiter.join(b'"name %d"' % i if self.random.random() < 0.5 else b"name %d" % i
                                    for i in range(count))] if header else []
            for _ in range(rows):
                fields = [self.number().encode() if i == index else
                          self.random.choice([b'"a, b; c| d\te"', b"word", b"1.5", b""]) for i in range(count)]
                lines.append(delimiter.join(fields))
            text = self.random.choice([b"\n", b"\r\n"]).join(lines) + b"\n"
            values, missing = harness_text.read_delimited(text, delimiter, index, header)
            name = f"name {index}" if header and self.random.random() < 0.5 else index + 1
            self.read_in_many_ways([f"--column={name}"], text, lists.expected_decimals(values), missing, 2)


if __name__ == "__main__":
    harness.main()
