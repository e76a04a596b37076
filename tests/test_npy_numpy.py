"""The parser of .npy headers (npy_show, the argument) against NumPy's: headers that NumPy writes, and generated ones that may be
wrong. Skipped where there is no NumPy."""
import io
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time
import unittest

try:
    import numpy
    try:
        from numpy.lib import _format_impl as numpy_format
    except ImportError:     # NumPy 1
        from numpy.lib import format as numpy_format
except ImportError:
    print("skipped: there is no NumPy")
    sys.exit(77)

SHOW = sys.argv.pop(1)
SEED = int(os.environ.get("PARSUM_TEST_SEED", time.time_ns()))
TYPES = {"i1": "i8", "i2": "i16", "i4": "i32", "i8": "i64", "u1": "u8", "u2": "u16", "u4": "u32", "u8": "u64",
         "f4": "f32", "f8": "f64"}
SHAPES = [(), (0,), (1,), (7,), (3, 4), (2, 0, 5), (1,) * 32, (2, 3, 5)]


def show(folder, contents):
    """What the parser says of each of contents, which are whole files."""
    paths = []
    for number, content in enumerate(contents):
        paths.append(os.path.join(folder, str(number)))
        pathlib.Path(paths[-1]).write_bytes(content)
    output = subprocess.run([SHOW, *paths], check=True, capture_output=True, text=True).stdout
    return output.splitlines()


def expected_line(dtype, fortran_order, offset, shape):
    """The same by NumPy."""
    count = 1
    for size in shape:
        count *= size
    words = [TYPES[dtype.str[1:]], "native" if dtype.isnative else "swapped",
             "fortran" if fortran_order else "c", str(offset), str(count), *map(str, shape)]
    return " ".join(words)


def read_by_numpy(content):
    """What NumPy's reader makes of a header; None: it refuses, or it is none of our types."""
    file = io.BytesIO(content)
    try:
        version = numpy_format.read_magic(file)
        shape, fortran_order, dtype = numpy_format._read_array_header(file, version)
    except Exception:
        return None
    if dtype.str[1:] not in TYPES or any(size < 0 for size in shape):
        return None
    return expected_line(dtype, fortran_order, file.tell(), shape)


class NumPy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print(f"PARSUM_TEST_SEED={SEED}")
        cls.random = random.Random(SEED)

    def compare(self, contents, minimum_accepted):
        accepted = 0
        with tempfile.TemporaryDirectory() as folder:
            lines = show(folder, contents)
        self.assertEqual(len(lines), len(contents))
        for content, line in zip(contents, lines):
            expected = read_by_numpy(content)
            self.assertEqual(expected or "refused", line if expected else line.split()[0], (content, line))
            accepted += expected is not None
        self.assertGreaterEqual(accepted, minimum_accepted)

    def test_what_numpy_writes(self):
        contents = []
        for name in TYPES:
            for order in "<>":
                for shape in SHAPES:
                    for fortran in "CF":
                        for version in ((1, 0), (2, 0), (3, 0)):
                            file = io.BytesIO()
                            numpy_format.write_array(file, numpy.zeros(shape, order + name, order=fortran), version)
                            contents.append(file.getvalue())
        self.compare(contents, len(contents))

    def test_what_numpy_writes_and_has_no_sum(self):
        contents = []
        for name in ("?", "f2", "g", "c8", "c16", "S3", "U4", "V5", "M8[s]", "m8[D]", "i4,f8"):
            file = io.BytesIO()
            numpy_format.write_array(file, numpy.zeros(3, name))
            contents.append(file.getvalue())
        self.compare(contents, 0)

    def generate(self):
        """A header, with mistakes now and then that both parsers must see alike."""
        choose = self.random.choice
        space = lambda: choose(["", "", "", " ", "  ", "\t", "\n"])
        quote = choose("'\"")
        sizes = [str(choose([0, 1, 2, 7, 1000, 2**19])) for _ in range(choose([0, 1, 1, 2, 3]))]
        shape = ",".join(space() + size + space() for size in sizes) + (choose([",", ""]) if len(sizes) > 1 else
                                                                      "," * (len(sizes) == 1))
        if self.random.random() < 0.1:
            shape = choose(["3", ",", "3,,", "3 4", "03,", "3.0,", "a,", "(3,),", "'3',"])
        kind = choose(["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8"])
        order = choose("<>=|") if kind[1] == "1" else choose("<>=")
        entries = [(f"{quote}descr{quote}", f"{quote}{order}{kind}{quote}"),
                   (f"{quote}fortran_order{quote}", choose(["True", "False"])),
                   (f"{quote}shape{quote}", f"({shape})")]
        if self.random.random() < 0.05:
            entries.pop(self.random.randrange(3))
        if self.random.random() < 0.05:
            entries.append(("'extra'", "1"))
        self.random.shuffle(entries)
        text = ",".join(f"{space()}{key}{space()}:{space()}{value}{space()}" for key, value in entries)
        text = "{" + text + choose(["", ",", ", "]) + choose(["}", "}", "}", "}", "} \n", "}  ", "", "}}", "} x"])
        version = choose([1, 1, 2, 3, 4])
        packed = len(text).to_bytes(2 if version == 1 else 4, "little")
        content = b"\x93NUMPY" + bytes([version, 0]) + packed + text.encode()
        return content[:-1] if self.random.random() < 0.02 else content

    def test_generated_headers(self):
        self.compare([self.generate() for _ in range(1500)], 400)


if __name__ == "__main__":
    unittest.main()
