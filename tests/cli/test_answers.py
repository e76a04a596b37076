"""The answers: every statistic on every engine against exact oracles, and the same bytes everywhere."""
import multiprocessing
import operator
import os
import unittest

import harness
from harness import (CPU_ENGINES, DEFAULT_ANSWER, HIGHEST, ISAS, LOWEST, STATISTICS, expected, expected_lines,
                     moments, run)

# Lists at the edges of what a range may be; each is the inputs of one call.
EDGES = [
    ["5:1"], ["7:7"], ["0:1"], ["-1:0"], ["41:42"], ["-10:11"], ["-3:4:3"], ["-7:8:2"], ["-5:-2"],
    ["18446744073709551606:18446744073709551616"], ["18446744073709551615:18446744073709551616"],
    ["-9223372036854775808:-9223372036854775798"], ["-9223372036854775808:-9223372036854775807"],
    ["9223372036854775798:9223372036854775818"], ["4294967290:4294967305"], ["-4294967305:-4294967290"],
    ["0:18446744073709551616:1125899906842624"],
    ["-9223372036854775808:18446744073709551616:1000000007000001"],
    ["-9223372036854775808:18446744073709551616:9223372036854775807"],
    ["-9223372036854775808:18446744073709551616:9223372036854775808"],
    ["-9223372036854775808:18446744073709551616:18446744073709551616"],
    ["-9223372036854775808:18446744073709551616:18446744073709551617"],
    ["-9223372036854775808:18446744073709551616:27670116110564327423"],
    ["0:18446744073709551616:18446744073709551615"],
    ["3:4:1000000000000000000000000000000"],
    ["5:1000000000000000000000000000000:999999999999999999999999999999"],
    ["18446744073709551600:18446744073709551620:10"],
    ["5:1", "1:3", "-4:-1", "5:1", "10:20:5"],
    ["-9223372036854775808:-9223372036854775807", "18446744073709551615:18446744073709551616"],
    # means that are ties between two doubles, and one just above a tie
    ["9007199254740992:9007199254740996:2"], ["9007199254740994:9007199254740998:2"],
    ["9007199254740993:9007199254740994", "9007199254740993:9007199254740995"],
    # norm2 is the root of a perfect square that lies between two doubles
    ["9007199254740993:9007199254740994"], ["18014398509481983:18014398509481984"],
    ["1:1000001"], ["-777777:1234567:13"],
]
# Elements that need all of the accumulator's width, in blocks long enough for every carry.
LONG = [
    ["18446744073609551616:18446744073709551616"],
    ["-9223372036854775808:-9223372036754775808"],
    ["0:18446744073709551615:100000000000"],
]


def engine_arguments(engine):
    return [f"--engine={engine}"]


def opencl_variants():
    """The (label, arguments, environment) of each OpenCL device under test: PoCL, a second vendor, a named one."""
    variants = [("pocl", ["--engine=opencl"], harness.pocl())]
    try:
        env = harness.vendors()
        for device in harness.devices(env):
            if "Portable" not in device["platform"]:
                variants.append((device["platform"], [f"--device={device['selector']}"], env))
    except unittest.SkipTest:
        pass
    selector = os.environ.get("PARSUM_TEST_DEVICE")
    if selector:
        variants.append((f"device {selector}", [f"--device={selector}"], harness.base_environment()))
    return variants


def sum_of_squares_by_brute_force(bounds):
    elements = range(*bounds)
    return sum(map(operator.mul, elements, elements))


class Answers(harness.ProgramTest):
    def test_default_work_on_the_default_engine(self):
        result = run(["--json"])
        report = result.json()
        self.assert_status(result, 0)
        self.assertEqual(report["engine"]["name"], "opencl")
        self.assertEqual(report["results"], {"sumsq": {"value": "333333328333333350000000", "exact": True}})
        self.assert_answer(run([]), DEFAULT_ANSWER)

    def test_default_work_on_every_engine(self):
        for engine in (*CPU_ENGINES, "opencl", "auto"):
            with self.subTest(engine=engine):
                self.assert_answer(run(engine_arguments(engine)), DEFAULT_ANSWER)

    def test_sum_may_be_spelled_out(self):
        self.assert_answer(run(["sum", "--engine=serial", "1:11"]), "sumsq\t385\n")

    def test_the_pool_tutorial(self):
        inputs = ["1:25000000", "25000000:50000000", "50000000:75000000", "75000000:100000000"]
        self.assert_answer(run(["--engine=fork", "--workers=4", *inputs]), DEFAULT_ANSWER)
        self.assert_answer(run(["--engine=pthread", "--workers=4", *inputs]), DEFAULT_ANSWER)

    def test_edges_on_cpu_engines(self):
        for engine in CPU_ENGINES:
            for inputs in EDGES:
                with self.subTest(engine=engine, inputs=inputs):
                    result = run(["--json", "--stat=all", f"--engine={engine}", "--workers=2", "--", *inputs])
                    self.assert_status(result, 0)
                    self.assert_results(result.json()["results"], expected(moments(inputs)), str(inputs))

    def test_edges_on_opencl(self):
        for label, arguments, env in opencl_variants():
            for inputs in EDGES:
                with self.subTest(device=label, inputs=inputs):
                    result = run(["--stat=all", *arguments, "--", *inputs], env)
                    self.assert_answer(result, expected_lines(inputs))

    def test_long_lists_of_wide_elements(self):
        variants = [(engine, engine_arguments(engine), None) for engine in CPU_ENGINES] + opencl_variants()
        for label, arguments, env in variants:
            for inputs in LONG:
                with self.subTest(engine=label, inputs=inputs):
                    result = run(["--stat=all", *arguments, "--", *inputs], env)
                    self.assert_answer(result, expected_lines(inputs))

    def test_a_range_with_ten_billion_elements(self):
        for engine in ("pthread", "opencl"):
            with self.subTest(engine=engine):
                result = run(["--stat=sum,sumsq", f"--engine={engine}", "1:10000000001"])
                self.assert_answer(result, expected_lines(["1:10000000001"], ["sum", "sumsq"]))

    def test_the_wide_range_by_brute_force(self):
        step = 100000000000
        count = -(-(2**64 - 1) // step)
        middle = count // 2
        with multiprocessing.Pool(2) as pool:
            # Every element is k * step: squaring k and scaling once keeps Python's integers short.
            squares = sum(pool.map(sum_of_squares_by_brute_force, [(0, middle), (middle, count)]))
        self.assertEqual(moments([f"0:18446744073709551615:{step}"]).sumsq, squares * step * step)
        result = run(["--engine=pthread", f"0:18446744073709551615:{step}"])
        self.assert_answer(result, f"sumsq\t{squares * step * step}\n")

    def test_each_statistic_alone(self):
        inputs = ["-123:4567:11", "18446744073709551000:18446744073709551616:7"]
        for engine in (*CPU_ENGINES, "opencl"):
            for name in STATISTICS:
                with self.subTest(engine=engine, statistic=name):
                    result = run([f"--stat={name}", f"--engine={engine}", "--", *inputs])
                    self.assert_answer(result, expected_lines(inputs, [name]))

    def test_results_come_in_the_order_asked(self):
        order = ["psd", "max", "sum", "count", "mean", "min", "sumsq"]
        for engine in ("serial", "opencl"):
            arguments = [f"--stat={','.join(order)}", f"--engine={engine}", "--", "-9:33:2"]
            self.assert_answer(run(arguments), expected_lines(["-9:33:2"], order))
            self.assertEqual(list(run(["--json", *arguments]).json()["results"]), order)

    def test_values_only(self):
        self.assert_answer(run(["-q", "--stat=sum,mean,count", "--engine=serial", "1:11"]), "55\n5.5\n10\n")
        self.assert_answer(run(["-q", "--stat=mean,count", "--engine=serial", "5:1"]), "none\n0\n")


class Random(harness.ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.random = harness.seeded_random("answers")

    def random_range(self):
        kind = self.random.randrange(4)
        count = self.random.choice([0, 1, 2, 3, self.random.randrange(1, 70), self.random.randrange(1, 30000)])
        step = self.random.choice([1, 1, 2, 3, self.random.randrange(1, 10**6), self.random.randrange(1, 2**64)])
        first = {0: self.random.randrange(-100, 100), 1: self.random.randrange(LOWEST, HIGHEST + 1),
                 2: LOWEST + self.random.randrange(1000), 3: HIGHEST - self.random.randrange(2**40)}[kind]
        # Where the elements would leave the limits, take as many as there is room for.
        count = min(count, (HIGHEST - first) // step + 1)
        stop = first + count * step - self.random.randrange(step) if count else first
        return f"{first}:{stop}:{step}"

    def test_cpu_engines(self):
        for number in range(40):
            inputs = [self.random_range() for _ in range(self.random.randrange(1, 5))]
            lines = expected_lines(inputs)
            for engine in CPU_ENGINES:
                arguments = [f"--workers={self.random.randrange(1, 6)}",
                             f"--chunk={self.random.choice([97, 1000, 65536, 10**12])}"]
                with self.subTest(engine=engine, inputs=inputs, arguments=arguments):
                    self.assert_answer(run(["--stat=all", f"--engine={engine}", *arguments, "--", *inputs]), lines)

    def test_opencl(self):
        for label, arguments, env in opencl_variants():
            for number in range(6):
                inputs = [self.random_range() for _ in range(8)]
                with self.subTest(device=label, inputs=inputs):
                    result = run(["--stat=all", *arguments, "--", *inputs], env)
                    self.assert_answer(result, expected_lines(inputs))


class SameBytes(harness.ProgramTest):
    """The answer does not depend on how the work is cut and who does it."""

    def test_workers_and_chunks_on_cpu_engines(self):
        inputs = ["-2500:2500", "9223372036854775000:9223372036854775808:3"]
        lines = expected_lines(inputs)
        for engine in CPU_ENGINES:
            for workers in (1, 2, 3, 7):
                for chunk in (1, 2, 3, 64, 1000, 1000000000000):
                    with self.subTest(engine=engine, workers=workers, chunk=chunk):
                        self.assert_answer(run(["--stat=all", f"--engine={engine}", f"--workers={workers}",
                                                f"--chunk={chunk}", "--", *inputs]), lines)

    def test_more_workers_than_elements(self):
        for engine in CPU_ENGINES:
            result = run(["--stat=all", f"--engine={engine}", "--workers=7", "1:3"])
            self.assert_answer(result, expected_lines(["1:3"]))

    def test_work_group_sizes_and_chunks_on_opencl(self):
        inputs = ["-100003:20000:1", "9223372036854775000:9223372036854775808:3"]
        lines = expected_lines(inputs)
        for label, arguments, env in opencl_variants():
            for more in (["--work-group-size=1"], ["--work-group-size=7"], ["--work-group-size=96"],
                         ["--work-group-size=64"], ["--chunk=1000"], ["--chunk=97", "--work-group-size=33"],
                         ["--chunk=1000000000000"]):
                with self.subTest(device=label, arguments=more):
                    result = run(["--stat=all", *arguments, *more, "--", *inputs], env)
                    self.assert_answer(result, lines)

    def test_the_default_work_under_odd_work_groups(self):
        for size in (1, 7, 96, 64):
            with self.subTest(size=size):
                result = run(["--engine=opencl", f"--work-group-size={size}"])
                self.assert_answer(result, DEFAULT_ANSWER)

    def test_the_largest_work_groups(self):
        """A size is either right or, above the kernel's maximum, a usage error; PoCL's device allows 4096."""
        statuses = []
        for size in (1024, 4096, 4097, 1 << 20):
            result = run(["--stat=all", "--engine=opencl", f"--work-group-size={size}", "--", "-9999:10000"])
            statuses.append(result.status)
            if result.status != 2:
                self.assert_answer(result, expected_lines(["-9999:10000"]))
        self.assertEqual(statuses[0], 0)
        self.assertEqual(statuses[2:], [2, 2])

    def test_short_lengths_on_opencl(self):
        """Lists shorter than, as long as, and longer than a work-group."""
        inputs = [f"-3:{stop}" for stop in range(-3, 6)]
        for size in (4, 7):
            for text in inputs:
                with self.subTest(size=size, input=text):
                    result = run(["--stat=all", "--engine=opencl", f"--work-group-size={size}", "--", text])
                    self.assert_answer(result, expected_lines([text]))


class InstructionSets(harness.ProgramTest):
    """PARSUM_ISA lowers the CPU path; each path that this machine has gives the same answers."""

    def available(self):
        names = []
        for isa in ISAS:
            result = run(["--engine=serial", "1:2"], harness.pocl() | {"PARSUM_ISA": isa})
            if result.status == 2:
                self.assertIn(isa, result.stderr)
                self.assertEqual(result.stdout, "")
            else:
                self.assert_answer(result, "sumsq\t1\n")
                names.append(isa)
        self.assertIn("portable", names)
        return names

    def test_every_path(self):
        for isa in self.available():
            env = harness.pocl() | {"PARSUM_ISA": isa}
            report = run(["--json", "--engine=pthread", "1:11"], env).json()
            self.assertEqual(report["engine"]["isa"], isa)
            for inputs in EDGES:
                with self.subTest(isa=isa, inputs=inputs):
                    result = run(["--stat=all", "--engine=serial", "--", *inputs], env)
                    self.assert_answer(result, expected_lines(inputs))
            for inputs in LONG:
                with self.subTest(isa=isa, inputs=inputs):
                    result = run(["--stat=all", "--engine=fork", "--", *inputs], env)
                    self.assert_answer(result, expected_lines(inputs))

    def test_every_length_around_the_vectors(self):
        # From 2^52 - 20 on, the elements cross the 52-bit halves that some paths multiply by.
        for isa in self.available():
            env = harness.pocl() | {"PARSUM_ISA": isa}
            for length in range(0, 67):
                inputs = [f"{2**52 - 20}:{2**52 - 20 + length}", f"{-length}:0"]
                with self.subTest(isa=isa, length=length):
                    result = run(["--stat=all", "--engine=serial", "--", *inputs], env)
                    self.assert_answer(result, expected_lines(inputs))

    def test_an_unknown_path(self):
        result = run(["--engine=serial", "1:2"], harness.pocl() | {"PARSUM_ISA": "avx1024"})
        self.assert_status(result, 2)
        self.assertIn("avx1024", result.stderr)
        self.assertEqual(result.stdout, "")


if __name__ == "__main__":
    harness.main()
