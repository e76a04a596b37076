"""Lists of numbers in arrays: .npy and raw files of every type, on every engine, alone and as one list."""
import itertools
import math
import struct

import harness
import harness_lists as lists
from harness import CPU_ENGINES, STATISTICS, expected, run
from harness_lists import FLOATS, INTEGERS, NATIVE, SIZES, bounds, npy, raw, write

NAN, INF = math.nan, math.inf
OTHER = {"<": ">", ">": "<"}[NATIVE]
CUTS = [["--workers=1"], ["--workers=2", "--chunk=1"], ["--workers=3", "--chunk=2"], ["--workers=7", "--chunk=3"],
        ["--workers=2", "--chunk=1000"]]
COUNTS = (0, 1, 2, 3, 5, 31, 32, 33, 63, 64, 65, 127, 129, 1001)


class Lists(lists.ListTest):
    KIND = "integers"

    @classmethod
    def setUpClass(cls):
        cls.random = harness.seeded_random(f"lists {cls.__name__}")
        cls.turns = itertools.cycle(itertools.product(CUTS, lists.engines(cls.KIND)))

    def integers(self, name, count):
        """Values with the extremes among them, which is where sums overflow and squares are widest."""
        low, high = bounds(name)
        kind = self.random.randrange(4)
        if kind == 0:
            return [self.random.choice([low, high]) for _ in range(count)]
        if kind == 1:
            return [low] * count if self.random.randrange(2) else [high] * count
        if kind == 2:
            return [self.random.choice([low, high, 0, 1, max(low, -1)]) for _ in range(count)]
        return [self.random.randint(low, high) for _ in range(count)]

    def next_engine(self):
        """Another engine and another cut each time, so that over the tests all of them meet."""
        cut, engine = next(self.turns)
        return [f"--engine={engine}", *cut]


class Integers(Lists):
    def test_every_type_as_npy(self):
        for name, order, version, fortran in itertools.product(INTEGERS, "<>", (1, 2, 3), (False, True)):
            shape = self.random.choice([(), (0,), (1,), (7, 11), (3, 0, 5), (2, 3, 4, 5)])
            values = self.integers(name, math.prod(shape))
            path = write(npy(name, values, order, shape, fortran, version), ".npy")
            engine = self.next_engine()
            with self.subTest(type=name, order=order, version=version, shape=shape, engine=engine):
                self.assert_lists([*engine, path], lists.expected_integers(values))

    def test_raw_of_every_type_and_length(self):
        for name, count in itertools.product(INTEGERS, COUNTS):
            values = self.integers(name, count)
            path = write(raw(name, values))
            engine = self.next_engine()
            with self.subTest(type=name, count=count, engine=engine):
                self.assert_lists([*engine, f"--type={name}", path], lists.expected_integers(values))

    def test_every_engine_and_cut_gives_the_same(self):
        for name in ("i8", "u16", "i32", "u64"):
            values = self.integers(name, 1001)
            answers = lists.expected_integers(values)
            path = write(npy(name, values, OTHER, (7, 143)), ".npy")
            for engine, cut in itertools.product(lists.engines(), CUTS):
                with self.subTest(type=name, engine=engine, cut=cut):
                    self.assert_lists([f"--engine={engine}", *cut, path], answers)

    def test_long_lists_of_extremes(self):
        """Longer than any bin may grow before it is emptied, on every path of the CPU."""
        for name in INTEGERS:
            low, high = bounds(name)
            count = 3 * 10**6 // SIZES[name] + 13
            for values in ([high] * count, [low] * count, [low, high] * (count // 2)):
                path = write(raw(name, values))
                moments = harness.Moments(count if len(set(values)) == 1 else len(values), sum(values),
                                          sum(x * x * values.count(x) for x in set(values)),
                                          sum(abs(x) * values.count(x) for x in set(values)),
                                          min(values), max(values))
                for isa, engine in zip(("portable", "avx2"), self.random.sample(CPU_ENGINES, 2)):
                    env = harness.pocl() | {"PARSUM_ISA": isa}
                    result = run(["--stat=all", f"--engine={engine}", f"--type={name}", path], env)
                    if result.status == 2 and isa != "portable":
                        continue        # this machine lacks it
                    with self.subTest(type=name, isa=isa, engine=engine, values=values[:2]):
                        self.assert_answer(result, lists.lines(expected(moments)))

    def test_each_statistic_alone(self):
        values = self.integers("i16", 777)
        path = write(raw("i16", values))
        answers = lists.expected_integers(values)
        for engine, name in itertools.product(lists.engines(), STATISTICS):
            with self.subTest(engine=engine, statistic=name):
                self.assert_lists([f"--engine={engine}", "--type=i16", path], answers, [name])
        self.assert_answer(run(["--type=i16", path]), lists.lines(answers, ["sum"]))

    def test_several_inputs_are_one_list(self):
        parts, paths = [], []
        for name in INTEGERS:
            parts.append(self.integers(name, self.random.randrange(40)))
            paths.append(write(npy(name, parts[-1], OTHER), ".npy"))
        values = [value for part in parts for value in part]
        parts.append(range(-50, 1000, 7))
        values += [*parts[-1], *parts[0], *range(10**19, 10**19 + 5)]
        inputs = [*paths, "-50:1000:7", paths[0], "10000000000000000000:10000000000000000005"]
        self.random.shuffle(inputs)
        for engine in lists.engines():
            with self.subTest(engine=engine):
                self.assert_lists([f"--engine={engine}", "--chunk=3", "--", *inputs], lists.expected_integers(values))
        # Of a list with a file in it, the default is the sum.
        self.assert_answer(run(["1:11", paths[0]]), f"sum\t{55 + sum(parts[0])}\n")

    def test_empty_among_several(self):
        empty, three = write(b""), write(raw("u8", [3]))
        for inputs in ([empty], [empty, empty], [empty, three], [three, empty], [empty, three, empty, "5:1"]):
            for engine in lists.engines():
                with self.subTest(inputs=len(inputs), engine=engine):
                    self.assert_lists([f"--engine={engine}", "--type=u8", *inputs],
                                      lists.expected_integers([3] * inputs.count(three)))

    def test_headers_as_others_write_them(self):
        data = raw("i32", [1, -2, 70000], "<")
        for text in (b'{"descr":"<i4","shape":(3,),"fortran_order":False}',
                     b"{'shape': (3L,), 'fortran_order': False, 'descr': '<i4'}",
                     b"{ 'descr' : '<i4' , 'fortran_order' : True , 'shape' : ( 3 , 1 , ) , }",
                     b"{'descr': '=i4', 'fortran_order': False, 'shape': (1, 3)}"):
            with self.subTest(header=text):
                path = write(lists.npy_header(text) + data)
                self.assert_answer(run(["--stat=sum,count", path]), "sum\t69999\ncount\t3\n")
        prefix = b"\x93NUMPY\x01\x00"
        text = b"{'descr': '<i4', 'fortran_order': False, 'shape': (3,), }"
        for padded in (text, text + b"\n", text + b" " * 41 + b"\n"):      # the data need not be aligned
            path = write(prefix + struct.pack("<H", len(padded)) + padded + data, ".npy")
            for engine in lists.engines():
                self.assert_answer(run([f"--engine={engine}", "--stat=sum,sumsq", path]),
                                   "sum\t69999\nsumsq\t4900000005\n")


class Floats(Lists):
    KIND = "floats"

    def floats(self, name, count):
        if name == "f32":
            pick = [lambda: struct.unpack("<f", struct.pack("<I", self.random.getrandbits(32) & 0xff7fffff))[0],
                    lambda: lists.as_f32(self.random.uniform(-1, 1)), lambda: 2.0**-149, lambda: -3.4028234663852886e38]
        else:
            pick = [lambda: struct.unpack("<d", struct.pack("<Q", self.random.getrandbits(64) & ~(1 << 62)))[0],
                    lambda: self.random.uniform(-1, 1), lambda: 5e-324, lambda: 1.7976931348623157e308, lambda: -0.0,
                    lambda: self.random.choice([-1, 1]) * 2.0**self.random.randrange(-1074, 1024)]
        kinds = self.random.choices(pick, k=self.random.randrange(1, 4))
        return [self.random.choice(kinds)() for _ in range(count)]

    def test_every_shape_of_file(self):
        for name, order, version in itertools.product(FLOATS, "<>", (1, 2, 3)):
            for shape in ((), (0,), (1,), (2,), (7, 11)):
                values = self.floats(name, math.prod(shape))
                path = write(npy(name, values, order, shape, version == 2, version), ".npy")
                engine = self.next_engine()
                with self.subTest(type=name, order=order, shape=shape, engine=engine):
                    self.assert_lists([*engine, path], lists.expected_floats(values))

    def test_raw(self):
        for name, count, turn in itertools.product(FLOATS, COUNTS, range(3)):
            values = self.floats(name, count)
            engine = self.next_engine()
            with self.subTest(type=name, count=count, engine=engine, values=values[:8]):
                self.assert_lists([*engine, f"--type={name}", write(raw(name, values))],
                                  lists.expected_floats(values))

    def test_specials(self):
        for values in ([NAN], [INF], [-INF], [INF, -INF], [1, INF], [1, -INF], [INF, INF], [1, NAN, INF],
                       [-INF, 2, -INF], [-0.0], [-0.0, 0.0], [-0.0] * 3, [NAN] * 5, [5e-324], [5e-324] * 2,
                       [1.7976931348623157e308] * 2, [-1.7976931348623157e308] * 2, [1e308, 1e308, -1e308],
                       [1, 1e100, 1, -1e100], [0.1] * 10, [1.0, 2.0**-53], [1.0, 2.0**-53, 2.0**-1074],
                       [1.7976931348623157e308, 2.0**969], [1.7976931348623157e308, 2.0**970]):
            values = [float(value) for value in values]
            for engine in lists.engines("floats"):
                with self.subTest(engine=engine, values=values):
                    self.assert_lists([f"--engine={engine}", "--type=f64", "-"], lists.expected_floats(values),
                                      how=lambda args: run(args, input=raw("f64", values)))

    def test_skip_nan(self):
        values = [1.5, NAN, -2.0, NAN, INF, NAN]
        data = npy("f32", values, OTHER)
        kept = [value for value in values if not math.isnan(value)]
        for engine in lists.engines("floats"):
            path = write(data, ".npy")
            self.assert_lists([f"--engine={engine}", "--skip-nan", path], lists.expected_floats(kept))
            found = run([f"--engine={engine}", "--skip-nan", "--json", path]).json()["input"]
            self.assertEqual((found["count"], found["skipped_nan"], found["missing"]), ("3", "3", "0"))
        self.assertRegex(run(["--skip-nan", path]).stderr, r"(?i)\b3\b.*NaN|NaN.*\b3\b", "it is not said")
        only = write(npy("f64", [NAN] * 4), ".npy")
        self.assert_lists(["--skip-nan", only], lists.expected_floats([]))

    def test_exact_digits(self):
        for values in ([0.1, 0.2], [1e308] * 20, [5e-324], [-5e-324, 1e308], [2.0**-1074 * 3, -1.0], [1e22]):
            exact = brute = harness.brute_force([lists.Fraction(value) for value in values])
            wanted = "".join(f"{name}\t{lists.decimal_text(lists.Fraction(value))}\n" for name, value in
                             (("sum", exact.sum), ("sumsq", brute.sumsq), ("sumabs", brute.sumabs)))
            for engine in lists.engines("floats"):
                with self.subTest(values=values, engine=engine):
                    result = run([f"--engine={engine}", "--digits=exact", "--type=f64", "--stat=sum,sumsq,sumabs", "-"],
                                 input=raw("f64", values))
                    self.assert_answer(result, wanted)

    def test_several_files_of_one_type(self):
        parts = [self.floats("f64", count) for count in (3, 0, 17, 400)]
        values = sum(parts, [])
        paths = [write(npy("f64", part, order), ".npy") for part, order in zip(parts, "<><>")]
        for engine in lists.engines("floats"):
            self.assert_lists([f"--engine={engine}", "--chunk=7", *paths], lists.expected_floats(values))


class Dot(Lists):
    def test_integers(self):
        for name, order, count in itertools.product(INTEGERS, "<>", (0, 1, 33, 1001)):
            left, right = self.integers(name, count), self.integers(name, count)
            paths = [write(npy(name, left, "<"), ".npy"), write(npy(name, right, order), ".npy")]
            engine = self.next_engine()
            wanted = f"dot\t{sum(x * y for x, y in zip(left, right))}\n"
            with self.subTest(type=name, order=order, count=count, engine=engine):
                self.assert_answer(run([*engine, "--stat=dot", *paths]), wanted)

    def test_floats(self):
        specials = [([INF], [0.0]), ([INF, -INF], [1.0, 1.0]), ([INF, 1.0], [2.0, 3.0]), ([NAN], [0.0]), ([], []),
                    ([5e-324], [-5e-324]), ([1e308, 1e308], [10.0, -10.0]), ([1e308], [10.0]), ([-0.0], [1.0]),
                    ([0.1, 0.2], [0.3, -0.15]), ([5e-324], [0.5]), ([-INF, -INF], [-1.0, -1.0])]
        for left, right in specials:
            paths = [write(raw("f64", left)), write(raw("f64", right))]
            for engine in lists.engines("floats"):
                with self.subTest(left=left, right=right, engine=engine):
                    self.assert_answer(run([f"--engine={engine}", "--type=f64", "--stat=dot", *paths]),
                                       f"dot\t{lists.expected_dot(left, right)}\n")

    def test_from_pipes_and_compressed_files(self):
        left, right = self.integers("i32", 50001), self.integers("i32", 50001)
        wanted = f"dot\t{sum(x * y for x, y in zip(left, right))}\n"
        datas = npy("i32", left, OTHER, (3, 16667)), npy("i32", right)
        plain, packed = write(datas[0], ".npy"), write(lists.gz(datas[1]))
        for engine in lists.engines():
            base = [f"--engine={engine}", "--workers=2", "--stat=dot"]
            with self.subTest(engine=engine):
                self.assert_answer(run([*base, plain, packed]), wanted)
                self.assert_answer(run([*base, packed, plain]), wanted)
                self.assert_answer(run([*base, plain, "-"], input=datas[1]), wanted)
                self.assert_answer(run([*base, "-", packed], input=datas[0]), wanted)
                self.assert_answer(run([*base, plain, plain]), f"dot\t{sum(x * x for x in left)}\n")

    def test_refusals(self):
        five, six, bytes_ = write(npy("i16", [1] * 5)), write(npy("i16", [1] * 6)), write(npy("i8", [1] * 5))
        fortran = write(npy("i16", [1] * 6, shape=(2, 3), fortran=True))
        across = write(npy("i16", [1] * 6, shape=(2, 3)))
        text = write(b"1 2 3 4 5\n")
        for engine in ("serial", "fork"):
            base = [f"--engine={engine}", "--stat=dot"]
            self.refuse([*base, five, six], 5, "5", "6", "length")
            self.refuse([*base, five, write(lists.gz(npy("i16", [1] * 6)))], 5, "length")
            self.refuse([*base, five, "-"], 5, "length", input=npy("i16", [1] * 6))
            self.refuse([*base, five, bytes_], 2, r"\bi16\b", r"\bi8\b")
            self.refuse([*base, five, text], 2)
            self.refuse([*base, fortran, across], 2)
            self.refuse([*base, five], 2, "dot")
            self.refuse([*base, five, five, five], 2, "dot")
            self.refuse([*base, "1:6", five], 2, "dot")
            self.refuse([*base[:1], "--stat=sum,dot", five, five], 2, "dot")
        for ends in ((5, 6), (6, 5), (0, 1), (200000, 200001), (200001, 200000)):
            path = write(raw("i16", [1] * ends[0]))
            self.refuse(["--stat=dot", "--type=i16", "-", path], 5, "length", input=raw("i16", [1] * ends[1]))


if __name__ == "__main__":
    harness.main()
