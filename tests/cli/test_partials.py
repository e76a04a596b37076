"""Partial results in files: saved by sum, merged by merge, exactly as if all had been one list."""
import os
import pathlib
import struct
import threading
import zlib
from fractions import Fraction

import harness
import harness_lists as lists
import harness_text
from harness import STATISTICS, run
from harness_lists import new_path, npy, raw, write

ALL = ["--stat=all"]


class Partials(lists.ListTest):
    @classmethod
    def setUpClass(cls):
        cls.random = harness.seeded_random(f"partials {cls.__name__}")

    def save(self, args, **options):
        path = new_path(".partial")
        engine = [] if any(arg.startswith("--engine=") for arg in args) else ["--engine=serial"]
        result = run([f"--partial={path}", "-q", *engine, *args], **options)
        self.assert_status(result, 0)
        return path

    def assert_merged(self, paths, answers, statistics=STATISTICS, *args):
        self.assert_answer(run(["merge", *args, *paths]), lists.lines(answers, statistics))


class Merge(Partials):
    def test_a_merge_equals_the_whole(self):
        """Lists split at random, reduced by any engine, merged in any order and in steps."""
        for kind in ("range", "i8", "u64", "i32", "f32", "f64", "text"):
            for _ in range(5):
                values, parts = [], []
                for _ in range(self.random.randrange(1, 6)):
                    part, args, data = self.random_part(kind)
                    values += part
                    engine = self.random.choice(lists.engines({"text": "text", "f32": "floats", "f64": "floats"}
                                                              .get(kind, "integers")))
                    parts.append(self.save([*ALL, f"--engine={engine}", *args], input=data))
                self.random.shuffle(parts)
                answers = {"text": lists.expected_decimals, "f32": lists.expected_floats,
                           "f64": lists.expected_floats}.get(kind, lists.expected_integers)(values)
                with self.subTest(kind=kind, parts=len(parts)):
                    self.assert_merged(parts, answers)

    def random_part(self, kind):
        """Values, the arguments that reduce them, and what standard input holds."""
        count = self.random.choice([0, 1, 2, 50])
        if kind == "range":
            first = self.random.randrange(-2**63, 2**64 - 10**6)
            step = self.random.randrange(1, 1000)
            return list(range(first, first + count * step, step)
                        ), ["--", f"{first}:{first + count * step}:{step}"], None
        if kind == "text":
            texts = [str(self.random.randrange(-10**6, 10**6)) + \
                         f"e{self.random.randrange(-30, 30)}" for _ in range(count)]
            return [harness_text.number(text.encode()) for text in texts], ["-"], " ".join(texts).encode()
        if kind in lists.FLOATS:
            values = [lists.as_f32(self.random.uniform(-1, 1) * 10.0**self.random.randrange(-30, 30))
                                   for _ in range(count)]
            return values, [f"--type={kind}", "-"], raw(kind, values)
        values = [self.random.randint(*lists.bounds(kind)) for _ in range(count)]
        return values, ["-"], npy(kind, values)

    def test_many(self):
        paths = [self.save(["--stat=sum,count", f"{i}:{i + 3}"]) for i in range(60)]
        total = sum(3 * i + 3 for i in range(60))
        self.assert_answer(run(["merge", "--stat=sum,count", *paths]), f"sum\t{total}\ncount\t180\n")
        self.assert_answer(run(["merge", *paths]), f"count\t180\nsum\t{total}\n")
        self.assert_answer(run(["merge", "-q", "--stat=count", *paths[:2], *paths[:2]]), "12\n")

    def test_statistics_are_kept(self):
        """What was asked for when a partial was made is what it answers, and what follows from it."""
        two = [self.save(["--stat=sum,mean", "1:4"]), self.save(["--stat=sum,mean", "4:7"])]
        self.assert_answer(run(["merge", *two]), "sum\t21\nmean\t3.5\n")
        self.assert_answer(run(["merge", "--stat=mean,count", *two]), "mean\t3.5\ncount\t6\n")
        result = run(["merge", "--stat=max", *two])
        self.assert_refused(result, result.status, "saved without")
        self.assertIn(result.status, (2, 5))
        for name in STATISTICS:
            path = self.save([f"--stat={name}", "--", "-3:8"])
            self.assert_merged([path, path], lists.expected_integers([*range(-3, 8)] * 2), [name])
        # One has more than the other: only what both have.
        more, less = self.save([*ALL, "1:4"]), self.save(["--stat=sum", "4:7"])
        self.assert_answer(run(["merge", "--stat=sum", more, less]), "sum\t21\n")
        self.assert_refused(run(["merge", "--stat=min", more, less]), result.status, "saved without")

    def test_the_default_statistic_is_what_was_asked(self):
        self.assert_answer(run(["merge", self.save(["1:4"])]), "sumsq\t14\n")
        self.assert_answer(run(["merge", self.save(["-"], input=b"0.5 0.25")]), "sum\t0.75\n")

    def test_the_answer_is_printed_beside(self):
        path = new_path()
        self.assert_answer(run(["--engine=fork", "--stat=sum,max", f"--partial={path}", "1:4"]), "sum\t6\nmax\t3\n")
        self.assertEqual(
            run(["--engine=serial", "--json", f"--partial={path}", "1:4"]).json()["results"]["sumsq"]["value"], "14")

    def test_integers_and_decimals(self):
        values = [*range(-5, 100, 7), 2**64 - 1, -128, Fraction(1, 4), Fraction(-1, 10**20)]
        paths = [self.save([*ALL, "--", "-5:100:7"]), self.save([*ALL, write(npy("u64", [2**64 - 1]))]),
                 self.save([*ALL, "-"], input=b"0.25 -1e-20"), self.save([*ALL, "-"], input=npy("i8", [-128]))]
        for _ in range(6):
            self.random.shuffle(paths)
            self.assert_merged(paths, lists.expected_decimals(values))

    def test_floats(self):
        tiny, huge, nan, inf = 5e-324, 1.7976931348623157e308, float("nan"), float("inf")
        for parts in ([[nan], [1.0]], [[inf], [1.0]], [[inf], [-inf]], [[-inf], [-inf, 2.0]], [[tiny], [huge, huge]],
                [[huge], [huge], [-huge]], [[1e100, 1.0], [-1e100]], [[-0.0], [-0.0]], [[], [0.1, 0.2]], [[1.0], []]):
            for name in (["f64", "f32"] if all(abs(x) in (0, 1, inf) for part in parts for x in part) else ["f64"]):
                paths = [self.save([*ALL, f"--type={name}", "-"], input=raw(name, part)) for part in parts]
                answers = lists.expected_floats(sum(parts, []))
                with self.subTest(parts=parts, type=name):
                    self.assert_merged(paths, answers)
                    self.assert_merged(paths[::-1], answers)
        paths = [self.save(["--type=f64", "-"], input=raw("f64", [value])) for value in (0.1, 0.2)]
        self.assert_answer(run(["merge", "--digits=exact", *paths]),
                           f"sum\t{lists.decimal_text(Fraction(0.1) + Fraction(0.2))}\n")

    def test_skipped_and_missing_are_added(self):
        paths = [self.save(["--skip-nan", "--type=f64", "-"], input=raw("f64", [float("nan"), 1.0])) for _ in range(2)]
        found = run(["merge", "--json", *paths]).json()["input"]
        self.assertEqual((found["count"], found["skipped_nan"], found["missing"]), ("2", "2", "0"))
        paths = [self.save(["-"], input=b"1 NA NA") for _ in range(2)]
        found = run(["merge", "--json", *paths]).json()["input"]
        self.assertEqual((found["count"], found["skipped_nan"], found["missing"]), ("2", "0", "4"))

    def test_dot(self):
        left, right = write(raw("i64", [2**63 - 1] * 9)), write(raw("i64", [-2**63] * 9))
        path = self.save(["--stat=dot", "--type=i64", left, right])
        self.assert_answer(run(["merge", path, path]), f"dot\t{-18 * (2**63 - 1) * 2**63}\n")
        result = run(["merge", path, self.save(["1:4"])])
        self.assertIn(result.status, (2, 5))
        self.assert_refused(result, result.status)

    def test_json(self):
        paths = [self.save([*ALL, "1:4"]), self.save([*ALL, "4:7"])]
        report = run(["merge", "--json", *paths]).json()
        self.assertEqual((report["schema"], report["command"]), ("parsum/1", "merge"))
        self.assertEqual((report["input"]["kind"], report["input"]["type"]), ("partial", "integer"))
        self.assertEqual((report["input"]["count"], report["input"]["sources"]), ("6", paths))
        self.assert_results(report["results"], lists.expected_integers(range(1, 7)))
        for data, name in ((raw("f64", [1.0]), "f64"), (b"0.1", "decimal")):
            args = ["--type=f64"] if name == "f64" else []
            path = self.save([*args, "-"], input=data)
            self.assertEqual(run(["merge", "--json", path]).json()["input"]["type"], name)

    def test_too_many_elements(self):
        """merge refuses counts of 2^64 and more."""
        half = self.save(["--engine=pthread", "--stat=count,sum", "--verify=none",
                         "--", "-4611686018427387904:4611686018427387904:1000000000"])
        self.assert_status(run(["merge", half, half]), 0)
        data = bytearray(pathlib.Path(half).read_bytes())
        count = struct.pack("<Q", int(run(["merge", "-q", "--stat=count", half]).stdout))
        self.assertEqual(data.count(count), 1)
        at = data.find(count)
        data[at:at + 8] = struct.pack("<Q", 2**63)
        data[-4:] = struct.pack("<I", zlib.crc32(data[:-4]))
        changed = write(bytes(data))
        if run(["merge", changed]).status == 0:
            self.refuse(["merge", changed, changed], 5, r"2\^64|18446744073709551616")


class Files(Partials):
    def test_nothing_is_left_where_it_cannot_be_written(self):
        folder = new_path()
        os.mkdir(folder)
        missing = os.path.join(folder, "none", "x")
        for path in (missing, folder, "", "/dev/full", "/proc/nothing"):
            with self.subTest(path=path):
                result = run(["--engine=serial", f"--partial={path}", "1:4"])
                self.assertIn(result.status, (1, 2), str(result))
                self.assertEqual(result.stdout, "", "an answer whose partial is not there")
                self.assertEqual(os.listdir(folder), [])
        if os.getuid() != 0:
            os.chmod(folder, 0o500)
            self.refuse([f"--partial={folder}/x", "1:4"], 1)
            self.assertEqual(os.listdir(folder), [])

    def test_a_failed_sum_leaves_the_old_one(self):
        folder = new_path()
        os.mkdir(folder)
        path = os.path.join(folder, "x")
        self.assert_status(run(["--engine=serial", "--stat=sum", f"--partial={path}", "1:4"]), 0)
        before = pathlib.Path(path).read_bytes()
        self.assert_status(run([f"--partial={path}", "-"], input=b"1 2 x"), 5)
        self.assertEqual((pathlib.Path(path).read_bytes(), os.listdir(folder)), (before, ["x"]))
        self.assert_status(run(["--engine=serial", "--stat=sum", f"--partial={path}", "4:7"]), 0)
        self.assertEqual(os.listdir(folder), ["x"])
        self.assert_answer(run(["merge", path]), "sum\t15\n")

    def test_a_reader_sees_a_whole_one_always(self):
        path = self.save(["--stat=sum", "1:4"])
        done = threading.Event()
        torn = []

        def watch():
            while not done.is_set():
                data = pathlib.Path(path).read_bytes()
                if zlib.crc32(data[:-4]) != int.from_bytes(data[-4:], "little"):
                    torn.append(data)
        watcher = threading.Thread(target=watch)
        watcher.start()
        for _ in range(30):
            run(["--engine=serial", "--stat=sum", f"--partial={path}", "1:4"])
        done.set()
        watcher.join()
        self.assertEqual(torn, [])

    def test_damage(self):
        """Any byte changed, any length: no answer from any of them."""
        for args, data in ((["--stat=all", "1:4"], None), (["--stat=sum", "--type=f64", "-"], raw("f64", [0.5, -3.0]))):
            path = self.save(args, input=data)
            whole = pathlib.Path(path).read_bytes()
            for at in [*range(0, 90), *range(90, len(whole), max(1, len(whole) // 20)), len(whole) - 1]:
                changed = bytearray(whole)
                changed[at] ^= 1 << self.random.randrange(8)
                self.refuse(["merge", *([write(bytes(changed))] if at % 2 else [path, write(whole[:at])])], 5)
            self.refuse(["merge", path, write(whole[:-1])], 5)
            self.refuse(["merge", write(whole[:-4])], 5)
            self.refuse(["merge", write(whole + b"\0")], 5)
            self.refuse(["merge", write(whole + whole)], 5)

    def test_damage_that_the_checksum_does_not_see(self):
        """Neither a crash nor a sentence that is none, whatever the bytes say."""
        for args, data in ((["--stat=all", "1:4"], None), (["--stat=all", "-"], b"0.5 2"),
                           (["--stat=all", "--type=f64", "-"], raw("f64", [0.5, -3.0]))):
            whole = pathlib.Path(self.save(args, input=data)).read_bytes()
            for _ in range(30):
                changed = bytearray(whole)
                for _ in range(self.random.randrange(1, 4)):
                    changed[self.random.randrange(14, len(whole) - 4)] = self.random.choice([0, 1, 127, 128, 255])
                changed[-4:] = struct.pack("<I", zlib.crc32(changed[:-4]))
                result = run(["merge", "--stat=sum", write(bytes(changed))])
                self.assertIn(result.status, (0, 2, 5), f"{result} {changed.hex()}")
                if result.status:
                    self.assert_refused(result, result.status)

    def test_a_newer_version(self):
        whole = bytearray(pathlib.Path(self.save(["1:4"])).read_bytes())
        self.assertTrue(whole.startswith(b"parsum\x1apartial"), whole[:16])
        newer = 0
        for at in range(14, 24):
            changed = bytearray(whole)
            changed[at] += 1
            changed[-4:] = struct.pack("<I", zlib.crc32(changed[:-4]))
            result = run(["merge", write(bytes(changed))])
            newer += bool(result.status == 5 and "version" in result.stderr)
        self.assertGreater(newer, 0, "no byte of the head is the version")

    def test_what_is_no_partial(self):
        good = self.save(["1:4"])
        for path in (new_path(), "/tmp", write(b""), write(b"1 2 3\n"), write(npy("i8", [1])), "/dev/null"):
            self.refuse(["merge", path], 5)
            self.refuse(["merge", good, path], 5)
        self.refuse(["merge"], 2)
        self.refuse(["merge", "1:4"], 5)

    def test_kinds_that_do_not_mix(self):
        integers, decimals = self.save(["--stat=sum", "1:4"]), self.save(["-"], input=b"0.5")
        doubles = self.save(["--type=f64", "-"], input=raw("f64", [0.5]))
        singles = self.save(["--type=f32", "-"], input=raw("f32", [0.5]))
        for pair in ((integers, doubles), (doubles, decimals), (decimals, singles), (singles, integers)):
            for paths in (pair, pair[::-1]):
                with self.subTest(paths=paths):
                    result = run(["merge", *paths])
                    self.assertIn(result.status, (2, 5), str(result))
                    self.assert_refused(result, result.status)


if __name__ == "__main__":
    harness.main()
