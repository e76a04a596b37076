"""Bad texts and bad uses of lists: one sentence on stderr that names the place, nothing on stdout, the right status."""
import itertools
import os

import harness
import harness_lists as lists
from harness import run
from harness_lists import gz, npy, write

CPU = harness.CPU_ENGINES


class BadTexts(lists.ListTest):
    def refuse_everywhere(self, text, args, status, *patterns):
        """From a file, a pipe and a compressed file, on every engine, cut by turns: the same sentence."""
        data = text if isinstance(text, bytes) else text.encode()
        path, packed = write(data), write(gz(data))
        said = set()
        cuts = itertools.cycle((1, 7, 1000, 3))
        for engine, name in itertools.product(lists.engines("text"), (path, "-", packed)):
            for chunk in (None, next(cuts)):
                more = [f"--engine={engine}", "--workers=3", *([f"--chunk={chunk}"] if chunk else []), *args]
                with self.subTest(engine=engine, chunk=chunk, name=name, text=data[:100]):
                    result = self.refuse([*more, name], status, *patterns, input=data if name == "-" else None)
                    said.add(result.stderr.replace(path, "NAME").replace(packed, "NAME").replace("standard input",
                            "NAME"))
        self.assertLessEqual(len(said), 1, "one fault, one sentence")

    def test_a_field_that_is_no_number(self):
        self.refuse_everywhere("a,b\n1,2\n3,4\n5, six \n7,8\n", ["--column=b"], 5, r":4:3: 'six'|:4:4: 'six'")
        self.refuse_everywhere('a,b\r\n1,"2\n"\r\n3,"4,5"\r\n', ["--column=b"], 5, r":2:3: ")
        self.refuse_everywhere('t,b\n"x\ny\n\nz",2\n"p","q"\n', ["--column=b"], 5, r":6:5: '.?q.?'")
        self.refuse_everywhere("1\n" * 5000 + "1..2\n" + "3\n" * 5000 + "oops\n", [], 5, r":5001:1: '1\.\.2'")
        self.refuse_everywhere("\ufeff1\n\n\nx\n", [], 5, r":4:1: 'x'")
        self.refuse_everywhere("1\nx\u00e9\u4e2d\n", [], 5, "'x\u00e9\u4e2d'")

    def test_a_block_that_begins_in_the_middle_of_a_line(self):
        self.refuse_everywhere("1 2 3\n4 x5y 6\n", [], 5, r": (standard input|/\S+):2:3: 'x5y'")
        self.refuse_everywhere("1 " * 40000 + "2x 3\n", [], 5, r":1:80001: '2x'")

    def test_fields_are_shown_safely(self):
        for field in (b"\x1b[31mred", b"\xff\xfe", b"\x7f", b"\xc2\x9b31m", b"\xe2\x80\xae", b"%s%n%d", b"z" * 5000,
                b"\xe4" * 300, b"\xf0\x9f\x98\x80" * 80, b"1" * 2000 + b"x", b"`'\"\\"):
            with self.subTest(field=field[:20]):
                result = self.refuse(["--engine=serial", "-"], 5, r":2:1: ", input=b"1\n" + field + b"\n")
                self.assertLess(len(result.stderr), 600)
        self.refuse(["--engine=serial", "-"], 5, r":40001:1: 'a.x00b'", input=b"1\n" * 40000 + b"a\0b\n")

    def test_columns(self):
        text = "name,price,qty\na,1,2\nb,3,4\n"
        self.refuse_everywhere(text, [], 2, "--column", "name, price, qty")
        self.refuse_everywhere(text, ["--column=cost"], 5, "'cost'", "name, price, qty")
        self.refuse_everywhere(text, ["--column=4"], 5, "name, price, qty")
        self.refuse_everywhere("1,2,3\n", ["--column=4"], 5, r"1 to 3")
        self.refuse_everywhere("1,2,3\n4,5,6\n7,8\n9,10,11\n", ["--column=3"], 5, r":3:1: ")
        self.refuse_everywhere("a,b\n1,2\n\"x\ny\"\n3,4\n", ["--column=b"], 5, r":3:1: ")
        self.refuse_everywhere("a b\n1 2\n3\n", ["--column=b"], 5, r":3:1: ")

    def test_digits_out_of_range(self):
        for number in ("1e1024", "-10e1023", "0.01e1026", "1e-1025", "12.5e-1024", "1" + "0" * 1024,
                "0." + "0" * 1024 + "1", "1e99999999999999999999", "1e-99999999999999999999", "1." + "0" * 1024 + "1",
                "1" + "0" * 5000 + "e-3000"):
            with self.subTest(number=number[:30]):
                self.refuse(["-"], 5, r":2:3: ", r"10\^-?1024", input=f"5\n6 {number} 7\n".encode())
        for number, wanted in (("1e1023", "1" + "0" * 1023), ("-1e1023", "-1" + \
                               "0" * 1023), ("1e-1024", "0." + "0" * 1023 + "1")):
            self.assert_answer(run(["-q", "-"], input=number.encode()), wanted + "\n")

    def test_open_quotes(self):
        self.refuse_everywhere('a,b\n1,2\n3,"4\n5,6\n', ["--column=b"], 5, r":3:3: ", "quote")
        self.refuse_everywhere('a,b\n1,"' + "x\n" * 9000, ["--column=a"], 5, r":2:3: ", "quote")
        self.refuse_everywhere('a,"b\n1,2\n', ["--column=1"], 5, "quote")

    def test_no_text(self):
        for data in (bytes(range(256)) * 9, b"\x00" * 100, "1 2 3".encode("utf-16"),
                b"\x7fELF\x02\x01\x01" + bytes(90), b"\x89PNG\r\n\x1a\n" + bytes(90), b"PK\x03\x04" + bytes(26),
                b"1 2\n\x00", b"1\n" * 60000 + b"\x00\n" + b"1\n", b"x", b"x\n", b"hello world\nfoo\n",
                b"%PDF-1.7\n%\xe2\xe3\n"):
            with self.subTest(data=data[:10]):
                self.refuse(["-"], 5, input=data)
                self.refuse([write(data)], 5)

    def test_a_record_too_long_for_a_pipe(self):
        """At most 1 MiB from a pipe; a file has no such limit."""
        text = b"a,b\n" + b"1,2\n" * 1000 + b'3,"' + b"x" * 3_000_000 + b'"\n4,5\n'
        self.refuse(["--column=a", "-"], 5, r":1002\b", input=text)
        self.assert_answer(run(["--column=a", "-q", write(text)]), "1007\n")
        fits = b"a,b\n" + b"1,2\n" * 1000 + b'3,"' + b"x" * 900_000 + b'"\n4,5\n'
        for engine, workers in itertools.product(CPU, (1, 2, 16, 64)):
            with self.subTest(engine=engine, workers=workers):
                self.assert_answer(run([f"--engine={engine}", f"--workers={workers}",
                                   "--column=a", "-q", "-"], input=fits), "1007\n")


class BadUses(lists.ListTest):
    def test_options_that_do_not_fit(self):
        text, array = write(b"a,b\n1,2\n", ".csv"), write(npy("i8", [1]), ".npy")
        for option in ("--column=1", "--delimiter=,", "--no-header"):
            self.refuse([option, array], 2, option.split("=")[0])
            self.refuse([option], 2, option.split("=")[0], r" -\b|-$|write -")
        for name in ("i64", "u8", "f32"):
            self.refuse([f"--type={name}", "--column=a", text], 2)
            self.refuse([f"--type={name}", "--format=text", "-"], 2, "--type", input=b"1 2")
        self.refuse(["--type=i64"], 2, "--type", "-")
        self.refuse(["--type=i16", array], 2, "i8", "i16")
        self.refuse(["--format=raw", array], 2, "--type")
        self.refuse(["--format=npy", text], 5)
        self.refuse(["--format=csv", text], 2, "csv", "text")
        self.refuse(["--type=int", array], 2, "int", r"i\d")
        self.refuse(["--digits=all", array], 2, "all", "exact")
        self.assert_answer(run(["--type=i8", "--format=raw", write(b"\xff\x01")]), "sum\t0\n")
        self.assert_answer(run(["--type=i8", array]), "sum\t1\n")

    def test_standard_input_twice(self):
        self.refuse(["-", "-"], 2, "twice|once|one", input=b"1")
        self.refuse(["--stat=dot", "--type=i8", "-", "-"], 2, input=b"1")

    def test_what_needs_a_second_pass(self):
        for args in (["compare"], ["sum", "--runs=2"], ["sum", "--warmup=1"], ["compare", "--runs=1", "--warmup=0"]):
            self.refuse([*args, "-"], 2, "pipe|twice|once", input=b"1 2 3")
            reader, writer = os.pipe()
            os.close(writer)
            self.refuse([*args, "/dev/stdin"], 2, stdin=reader)
            os.close(reader)
        self.refuse(["--verify=closed-form", write(b"1 2")], 2, "closed")
        self.refuse(["--verify=closed-form", "1:3", write(b"1 2")], 2, "closed")

    def test_mixtures(self):
        files = {name: write(npy(name, [1, 2]), ".npy") for name in ("i32", "f32", "f64")}
        text = write(b"1 2")
        for pair in (("i32", "f64"), ("f32", "f64"), ("f64", "i32")):
            self.refuse([files[pair[0]], files[pair[1]]], 2, *[rf"\b{name}\b" for name in pair])
        for pair in ((text, files["f64"]), (files["f32"], text), ("1:3", files["f64"])):
            self.refuse([*pair], 2)

    def test_a_file_called_like_a_range_or_a_command(self):
        for name in ("1:3", "sum", "merge", "-x"):
            path = harness.scratch() / name
            path.write_bytes(b"40 2")
            for engine in ("serial", "fork"):
                self.assert_answer(run([f"--engine={engine}", "-q", "--stat=sum",
                                   f"./{name}"], cwd=harness.scratch()), "42\n")
            path.unlink()


if __name__ == "__main__":
    harness.main()
