"""Floats on OpenCL devices by every way there is: text as doubles, and sums in integers alone."""
import math
import shutil

import harness
import harness_lists as lists
from harness import run
from harness_lists import write

INF, NAN = math.inf, math.nan
DEVICE = "--engine=opencl"
# In text as in Python: halfway points, subnormals, what overflows and what is less than the least, and many digits.
HARD = ["0.1", "-0.2", "9007199254740993", "9007199254740993.00000000000000000000000000000000000000000001",
        "4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "-1e-400", "1e-5000",
        "2.2250738585072011e-308", "1.7976931348623157e308", "-1.7976931348623157e+308", "1e22", "1e23", "1e-22",
        "123456789012345678901234567890", "0." + "0" * 330 + "1", "1" + "0" * 300, "-0.0", "+5.", ".5", "00012"]


def same_as_threads(test, args, how=run):
    """What pthread and the device print to the same arguments, which is the same; returns it."""
    answers = []
    for engine in ("--engine=pthread", DEVICE):
        result = how([engine, *args])
        test.assert_status(result, 0)
        answers.append(result.stdout)
    test.assertEqual(*answers, f"{args}")
    return answers[0]


class Floats(lists.ListTest):
    def setUp(self):
        self.random = harness.seeded_random(self.id())

    def number(self, low=-330, high=300):
        digits = self.random.choice((1, 3, 9, 16, 17, 18, 19, 25))
        sign = self.random.choice(("", "-"))
        return f"{sign}{self.random.randrange(10**digits)}e{self.random.randint(low, high)}"


class TextAsDoubles(Floats):
    def test_hard_numbers(self):
        for texts in (HARD, HARD[:4], ["1e400"], ["-1e400", "1"], ["inf", "1"], ["-Infinity", "1e400"], ["nan"], []):
            answers = lists.expected_floats([float(text) for text in texts])
            path = write(" ".join(texts).encode(), ".txt")
            for engine in lists.engines("floats"):
                with self.subTest(texts=texts, engine=engine):
                    self.assert_lists([f"--engine={engine}", "--type=f64", path], answers)

    def test_lists_of_every_length_and_way(self):
        for count in (1, 1000, 20000):
            texts = [self.number(*((-3, 3) if count % 7 else ())) for _ in range(count)]
            data = "\n".join(texts).encode()
            options = ["--format=text", "--type=f64", "--stat=all", "--digits=exact"]
            wanted = same_as_threads(self, [*options, write(data)])
            self.assertEqual(wanted, same_as_threads(self, [*options, "-"], lambda args: run(args, input=data)))
            self.assertEqual(wanted, same_as_threads(self, [*options, write(lists.gz(data), ".gz"), "--chunk=1000"]))
            self.assertEqual(run([DEVICE, "--no-fp64", *options, write(data)]).stdout, wanted)
            if count <= 1000:
                self.assert_lists([DEVICE, "--type=f64", write(data, ".txt")],
                                  lists.expected_floats([float(text) for text in texts]))

    def test_columns_with_all_that_is_no_number(self):
        """More than one block of text, fields quoted with line ends in them, missing ones and NaNs."""
        values, rows = [], []
        for i in range(30000):
            text = self.random.choice(("", "NA", "nan")) if i % 10 == 0 else self.number(-12, 9)
            values += [float(text)] if text not in ("", "NA", "nan") else []
            quote = '"' if i % 3 == 0 else ""
            rows.append(f'{i},"some ""text""\n, {i}",{quote}{text}{quote}')
        path = write(("id,t,v\n" + "\n".join(rows)).encode(), ".csv")
        options = ["--type=f64", "--column=v", "--skip-nan", path]
        same_as_threads(self, ["--stat=all", "--digits=exact", *options])
        wanted = {"sum": harness.text_of_double(math.fsum(values)), "count": str(len(values))}
        result = run([DEVICE, "--stat=sum,count", "--json", *options])
        self.assert_status(result, 0)
        report = result.json()
        self.assertEqual({name: found["value"] for name, found in report["results"].items()}, wanted)
        self.assertEqual(report["verified"], {**report["verified"], "method": "reference", "ok": True})
        threads = run(["--engine=pthread", "--stat=sum", "--json", *options]).json()["input"]
        self.assertEqual(report["input"], threads)
        self.assertEqual(int(threads["missing"]) + int(threads["skipped_nan"]), 3000)

    def test_one_list_with_arrays(self):
        numbers = [self.random.uniform(-1, 1) * 2.0**self.random.randint(-500, 500) for _ in range(3000)]
        paths = [write(lists.npy("f64", numbers[:1000], ">"), ".npy"),
                 write("\n".join(map(repr, numbers[1000:2000])).encode(), ".txt"),
                 write(lists.npy("f64", numbers[2000:]), ".npy")]
        answers = lists.expected_floats(numbers)
        for engine in lists.engines("floats"):
            for more in ([], ["--chunk=100"], ["--runs=3"]):
                self.assert_lists([f"--engine={engine}", *more, "--type=f64", *paths], answers)

    def test_faults_are_those_of_threads(self):
        for data in (b"1 2\n3 x4 5\n", b"1.5\n" * 400000 + b"1.5.5\n" + b"7\n" * 1000):
            path = write(data, ".txt")
            said = {engine: self.refuse([f"--engine={engine}", "--type=f64", path], 5, "x4|1.5.5").stderr
                    for engine in ("pthread", "opencl")}
            self.assertEqual(said["pthread"], said["opencl"])

    def test_compare_has_a_row_of_each_device(self):
        path = write("\n".join(HARD).encode(), ".txt")
        report = run(["compare", "--json", "--runs=1", "--type=f64", path]).json()
        sums = [(row["engine"]["name"], row["results"]["sum"], row["verified"]["ok"]) for row in report["rows"]]
        self.assertEqual([name for name, _, _ in sums], ["reference", *harness.CPU_ENGINES, "opencl"])
        self.assertEqual([found for _, found, _ in sums], [sums[0][1]] * len(sums))
        self.assertEqual([ok for _, _, ok in sums], [None, *[True] * (len(sums) - 1)])


class IntegersAlone(Floats):
    def lists(self):
        """Names of types and lists that slices suit, and that they do not."""
        any_double = [float(self.number(-340, 320)) for _ in range(2000)]
        normal = [self.random.gauss(0, 1) for _ in range(50000)]
        special = [self.random.choice((INF, NAN, -0.0, 5e-324, 1.5)) for _ in range(5000)]
        yield "f64", normal, normal[::-1]
        yield "f64", any_double, any_double[::-1]
        yield "f64", normal[:999] + special, special + normal[:999]
        yield "f32", [lists.as_f32(number) for number in normal], [lists.as_f32(-number) for number in normal]
        yield "f32", [2.0**self.random.randint(-149, 127) for _ in range(3000)], [1.5] * 3000
        yield "f32", [INF, 1.0] * 500, [0.0, 1.0] * 500

    def test_answers_are_the_same_byte_for_byte(self):
        ways = ([], ["--device=cpu"], [DEVICE, "--work-group-size=3", "--chunk=777"])
        for i, (name, left, right) in enumerate(self.lists()):
            paths = [write(lists.raw(name, values)) for values in (left, right)]
            alone = [("sum", 1), ("sumsq", 1), ("sumabs", 1)] if i < 2 else []
            for stat, used in (("all", 2), ("dot", 2), *alone):
                args = [f"--type={name}", f"--stat={stat}", "--digits=exact", *paths[:used]]
                with self.subTest(type=name, stat=stat, count=len(left)):
                    wanted = same_as_threads(self, args)
                    self.assert_answer(run(["--no-fp64", *ways[i % 3 if stat == "all" else 0], *args]), wanted)

    def test_it_means_a_device(self):
        path = write(lists.raw("f64", [0.5, 0.25]))
        report = run(["--no-fp64", "--type=f64", "--json", path]).json()
        self.assertEqual((report["engine"]["name"], report["results"]["sum"]["value"]), ("opencl", "0.75"))
        self.assert_answer(run(["--no-fp64", "1:10"]), "sumsq\t285\n")
        for engine in harness.CPU_ENGINES:
            self.refuse([f"--engine={engine}", "--no-fp64", "--type=f64", path], 2, "--no-fp64", engine)
        self.refuse(["merge", "--no-fp64", path], 2, "--no-fp64")
        result = run(["--no-fp64", "--type=f64", path], env={**harness.pocl(), "PARSUM_DEVICE": "no-such-device"})
        self.assert_status(result, 4)
        self.assertIn("no-such-device", result.stderr)
        rows = run(["compare", "--no-fp64", "--runs=1", "--json", "--type=f64", path]).json()["rows"]
        self.assertEqual([row["engine"]["name"] for row in rows], ["reference", *harness.CPU_ENGINES, "opencl"])
        self.assertEqual({row["results"]["sum"]["value"] for row in rows}, {"0.75"})

    def test_it_is_another_kernel(self):
        """Each way fails without its own file of kernels, and only then."""
        path = write(lists.raw("f64", [0.5, 0.25] * 100))
        for options, own, other in (([], "float_slices.cl", "float_integers.cl"),
                                    (["--no-fp64"], "float_integers.cl", "float_slices.cl")):
            folders = []
            for left_out, status in ((own, 2), (other, 0)):
                folders.append(harness.scratch() / f"kernels-without-{left_out}-{status}")
                shutil.copytree(harness.KERNELS, folders[-1], ignore=shutil.ignore_patterns(left_out))
                result = run([DEVICE, *options, f"--kernel-dir={folders[-1]}", "--type=f64", path])
                self.assert_status(result, status)
                self.assertEqual(result.stdout, "sum\t75\n" if status == 0 else "")
            tested = run(["devices", "--test", *options, f"--kernel-dir={folders[0]}"])
            self.assert_status(tested, 2)
            self.assertIn(own, tested.stderr)


if __name__ == "__main__":
    harness.main()
