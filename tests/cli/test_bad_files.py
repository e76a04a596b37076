"""Files that are damaged, cut off or lie: one sentence on stderr, nothing on stdout, exit 5, and no process left."""
import os
import pathlib
import subprocess

import harness
import harness_lists as lists
from harness import run
from harness_lists import gz, new_path, npy, npy_header, raw, write, zstd

CPU = harness.CPU_ENGINES


class BadFiles(lists.ListTest):
    def test_not_there_or_no_file(self):
        missing = new_path(".npy")
        for path in (missing, missing + "/x", "", "x" * 300):
            self.refuse(["--engine=fork", path], 5)
        self.refuse([missing], 5, "there")
        self.refuse(["/tmp"], 5, "folder|directory")
        self.refuse(["-"], 5, stdin=os.open("/tmp", os.O_RDONLY))
        self.refuse([write(b"1 2"), missing], 5)
        self.refuse(["--stat=dot", write(npy("i8", [1])), missing], 5)
        if os.getuid() != 0:
            path = write(b"1")
            os.chmod(path, 0)
            self.refuse([path], 5, "ermission")

    def test_names_that_would_disturb_a_terminal(self):
        self.refuse(["\u00e9\n\x1b[31m"], 5)
        os.rename(write(b"1 2 x\n"), harness.scratch() / "\x1b[31m\n")
        self.refuse([str(harness.scratch() / "\x1b[31m\n")], 5)
        for wrong in ("\n", "\r", "\x1b[31m"):
            self.refuse([f"--delimiter={wrong}", "-"], 2, input=b"1")
            self.refuse([f"--column={wrong}", "-"], 5, input=b"a,b\n")

    def test_a_file_cut_off_at_any_byte(self):
        values = [1, -2, 3]
        whole = npy("i16", values, ">", version=2)
        for at in range(len(whole)):
            path, engine = write(whole[:at], ".npy"), CPU[at % 3]
            if at % 2 and at >= 6:
                self.refuse([f"--engine={engine}", path], 5)
            else:
                self.refuse([f"--engine={engine}", "--format=npy", "-"], 5, input=whole[:at])
        for more in (b"\0", b"\0\0", whole):
            self.refuse([write(whole + more)], 5)
            self.refuse(["-"], 5, input=whole + more)

    def test_a_file_cut_off_at_its_first_byte(self):
        """Empty raw and text files are lists of nothing; a .npy or compressed file cannot be empty."""
        for ending in (".npy", ".npy.gz", ".gz", ".csv.gz", ".zst", ".txt.zst"):
            with self.subTest(ending=ending):
                self.refuse([write(b"", ending)], 5)
        for args in ([".csv"], [".txt"], [""], ["", "--type=i8"]):
            self.assert_answer(run(["--stat=count", *args[1:], write(b"", args[0])]), "count\t0\n")
        for args in ([".csv"], [""], ["", "--type=f64"]):
            for pack, ending in ((gz, ".gz"), (zstd, ".zst")):
                path = write(pack(b""), args[0] + ending)
                self.assert_answer(run(["--stat=count", *args[1:], path]), "count\t0\n")
        self.refuse([write(gz(b""), ".npy.gz")], 5)

    def test_compressed_files_cut_off_at_any_byte(self):
        for pack in (gz, zstd):
            text, array = pack(b"1 2 3\n4 5 6\n" * 3), pack(npy("i16", [1, 2, 3]))
            for whole in (text, array):
                for at in range(4, len(whole)):
                    if at % 2:
                        self.refuse([f"--engine={CPU[at % 3]}", write(whole[:at])], 5)
                    else:
                        self.refuse([f"--engine={CPU[at % 3]}", "-"], 5, input=whole[:at])
            # A file that ends after a whole member is whole; after half of the second one it is not.
            self.assert_answer(run([write(text + text)]), "sum\t126\n")
            for at in (1, 5, len(text) - 1):
                self.refuse([write(text + text[:at])], 5)
            self.refuse([write(text + b"garbage")], 5)
            # Raw numbers may begin with any bytes: only the name says that they are compressed.
            ending = ".gz" if pack is gz else ".zst"
            self.refuse(["--type=i8", write(text[:-3], ending)], 5)
            self.refuse(["--type=i8", write(b"\x01\x02\x03", ending)], 5)
            self.refuse(["--type=i64", write(pack(b"123456789"), ending)], 5, r"\b9\b")

    def test_compressed_files_with_a_wrong_byte(self):
        for pack in (gz, zstd):
            if pack is zstd:
                zstd(b"")  # skips where there is no such program
                whole = subprocess.run(["zstd", "-q", "-c", "--check"], input=b"1 2 3\n" * \
                                       20, stdout=subprocess.PIPE).stdout
            else:
                whole = gz(b"1 2 3\n" * 20)
            for at in range(4 if pack is zstd else 3, len(whole)):
                changed = bytearray(whole)
                changed[at] ^= 0x10
                result = run([f"--engine={CPU[at % 3]}", write(bytes(changed))])
                # Some bytes do not matter, such as the time in a gzip header.
                if result.status != 0 or result.stdout != "sum\t120\n":
                    self.assert_refused(result, 5)

    def test_raw_that_is_no_multiple_of_its_type(self):
        for name in ("i16", "u32", "f32", "i64", "f64"):
            size = lists.SIZES[name]
            for extra in {1, size - 1}:
                data = bytes(size * 3 + extra)
                for engine in CPU:
                    self.refuse([f"--engine={engine}", f"--type={name}", write(data)],
                                5, rf"\b{len(data)}\b", rf"\b{size}\b")
                self.refuse([f"--type={name}", "-"], 5, rf"\b{len(data)}\b", input=data)
                self.refuse([f"--type={name}", write(gz(data), ".gz")], 5)
                self.refuse(["--stat=dot", f"--type={name}", "-", write(data)], 5, input=data)

    def test_npy_headers_that_lie(self):
        data = raw("i32", [1, 2, 3, 4])
        order = "'fortran_order': False"
        for shape in ("(5,)", "(3,)", "(0,)", "(2, 3)", "(4294967296, 4294967296)", "(9223372036854775807,)",
                "(18446744073709551615,)", "(18446744073709551616,)", "(4611686018427387905,)",
                "(2305843009213693953,)", "(-4,)", "(4.0,)", "(4)", "4", "[4]", "(4,,)", "(4 4)",
                "(99999999999999999999999999999999,)", "(04,)", "(4, 1, 0)", "(" + "1, " * 200 + "4)",
                "(3037000500, 3037000500)", "(True,)", "(None,)", "('4',)", ""):
            path = write(npy_header(f"{{'descr': '<i4', {order}, 'shape': {shape}, }}".encode()) + data, ".npy")
            with self.subTest(shape=shape):
                self.refuse([path], 5)
                if len(shape) < 10:
                    self.refuse(["-"], 5, input=pathlib.Path(path).read_bytes())
        # A zero in it means no elements, whatever the others are.
        most = 2**63 - 1
        header = npy_header(f"{{'descr': '<i4', {order}, 'shape': ({most}, 0, {most}), }}".encode())
        self.assert_answer(run(["--stat=count", write(header, ".npy")]), "count\t0\n")

    def test_npy_headers_that_are_none(self):
        good = "{'descr': '<i4', 'fortran_order': False, 'shape': (1,), }"
        for text in ("", "{}", "x", good[:-1], good.replace("descr", "desc"), good.replace("False", "0"),
                good.replace("False", "Falsely"), good.replace("'shape'", "'shape': (1,), 'shape'"),
                good.replace("'<i4'", "<i4"), good + "x", good + good, good.replace("'<i4'", "'<i4"),
                good.replace("}", ", 'more': 1}"), good.replace(":", "="), "[" + good + "]",
                good.replace("'fortran_order': False, ", ""), good.replace("'", "\\x27"), good.replace("{", "{,"),
                "\0" * 60, good.replace("False", "__import__('os')"), "{" * 500, "(" * 5000, good.replace("(1,)",
                "(1,)" + "\n" * 3 + "#")):
            with self.subTest(header=text[:90]):
                self.refuse([write(npy_header(text.encode()) + raw("i32", [1]), ".npy")], 5)
        for length in (10001, 60000):
            padded = good.encode() + b" " * (length - len(good) - 1) + b"\n"
            data = b"\x93NUMPY\x02\x00" + length.to_bytes(4, "little") + padded + raw("i32", [1])
            self.refuse([write(data, ".npy")], 5, r"10,?000", rf"{length}")
        self.refuse([write(b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + good.encode(), ".npy")], 5)
        self.refuse([write(b"\x93NUMPY\x01\x00\xff\xff" + good.encode(), ".npy")], 5)
        for version in ((0, 0), (4, 0), (1, 1), (255, 255)):
            self.refuse([write(b"\x93NUMPY" + bytes(version) + npy("i32", [1])[8:], ".npy")], 5, "version")
        self.refuse(["--format=npy", write(b"1 2 3")], 5)
        padded = good.encode() + b" " * (10000 - len(good) - 1) + b"\n"
        self.assert_answer(run([write(b"\x93NUMPY\x01\x00\x10\x27" + padded + raw("i32", [7], "<"))]), "sum\t7\n")

    def test_types_that_have_no_sum(self):
        for descr in ("'|b1'", "'<f2'", "'<f16'", "'<c8'", "'<c16'", "'|S8'", "'<U8'", "'|O'", "'|V8'", "'<M8[ns]'",
                "'<m8[s]'", "'<i3'", "'<i16'", "'<u0'", "'i4'", "'?'", "''", "'<'", "[('a', '<i4'), ('b', '<f8')]",
                "('<i4', (2,))", "'|i4'", "'<i44'", "'!i4'", "'>f1'"):
            header = npy_header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': (2,), }}".encode())
            path = write(header + bytes(16), ".npy")
            with self.subTest(descr=descr):
                self.refuse([path], 5)


if __name__ == "__main__":
    harness.main()
