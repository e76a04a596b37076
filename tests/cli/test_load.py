"""Many runs, one after the other and at once, of all engines and inputs: every answer is right, nothing is left, nothing grows.

PARSUM_TEST_LONG=1 makes it 1,000 in a row and 50 at once. Environment: PARSUM_LOAD, the program that uses the library in a loop
(load_program.c), PARSUM_PEAK_MEMORY, the one that measures (peak_memory.c).
"""
import os
import pathlib
import time

import harness
import harness_lists as lists
from harness_lists import gz, new_path, npy, raw, write

LONG = bool(os.environ.get("PARSUM_TEST_LONG"))
TESTS = harness.PROJECT / "build" / "tests"
LOAD = os.path.abspath(os.environ.get("PARSUM_LOAD") or TESTS / "load_program")
PEAK = os.path.abspath(os.environ.get("PARSUM_PEAK_MEMORY") or TESTS / "peak_memory")
IN_A_ROW, AT_ONCE, ROUNDS = (1000, 50, 4) if LONG else (40, 12, 1)
LOOPS = 2000 if LONG else 300
MIB = 1 << 20
RANGE = range(-5, 1000003, 7)


def inputs(numbers):
    """The same numbers in every form that files have, by what the OpenCL engine has to be able to do."""
    text = "".join(f"{number}\n" for number in numbers).encode()
    table = b"a,b\n" + b"".join(b'"x,y",%d\n' % number for number in numbers)
    return {"integers": [[write(npy("i32", numbers))], ["--type=i64", write(raw("i64", numbers))],
                         [write(gz(npy("i64", numbers)), ".npy.gz")]],
            "floats": [[write(npy("f64", numbers))]],
            "text": [[write(text, ".txt")], ["--column=b", write(table, ".csv")], [write(gz(text), ".txt.gz")]]}


class Load(lists.ListTest):
    @classmethod
    def setUpClass(cls):
        generator = harness.seeded_random("load")
        numbers = [generator.randrange(-10**9, 10**9) for _ in range(20000)]
        cls.temporary, cache = pathlib.Path(new_path("-temporary")), pathlib.Path(new_path("-cache"))
        cls.temporary.mkdir()
        cache.mkdir()
        cls.environment = harness.pocl() | {"TMPDIR": str(cls.temporary), "POCL_CACHE_DIR": str(cache)}
        # (arguments, what is printed): each statistic tells a run from its neighbours.
        cls.kinds = [([f"--engine={engine}", "--workers=2", f"--stat={name}", *args],
                      f"{name}\t{value(elements)}\n")
                     for kind, args, elements in [("integers", ["--", f"{RANGE.start}:{RANGE.stop}:{RANGE.step}"], RANGE),
                                                  *((kind, args, numbers) for kind, several in inputs(numbers).items()
                                                    for args in several)]
                     for engine in lists.engines(kind)
                     for name, value in (("sum", sum), ("max", max))]
        generator.shuffle(cls.kinds)

    def take(self, count):
        return [self.kinds[i % len(self.kinds)] for i in range(count)]

    def start_measured(self, args):
        process = harness.start([new_path(".peak"), harness.PROGRAM, *args], self.environment, PEAK)
        self.addCleanup(harness.end, process)
        return process

    def finish_measured(self, process, answer):
        """The peak of memory of a run whose answer is right and which leaves no process."""
        self.assert_answer(harness.finish(process, 120), answer)
        self.assertTrue(harness.wait_until(lambda: not harness.marked_processes(process.mark), 5), "left behind")
        return int(pathlib.Path(process.args[1]).read_text())

    def cache_files(self):
        """PoCL 3.1 tries by an empty file whether it may write, once a process, and leaves it: that is the driver's."""
        folder = pathlib.Path(self.environment["POCL_CACHE_DIR"])
        files = {str(path): path.stat().st_size for path in folder.rglob("*") if path.is_file()}
        return {path: size for path, size in files.items() if size > 0 or "/tempfile_" not in path}

    def assert_nothing_grew(self, first, peaks, cache):
        for (args, _), peak in zip(self.take(len(peaks)), peaks):
            self.assertLess(peak, first[str(args)] * 1.25 + 8 * MIB, f"bytes of memory: {args}")
        self.assertEqual(self.cache_files(), cache, "the cache of kernels")
        self.assertEqual(list(self.temporary.iterdir()), [], "in the temporary folder")

    def test_many_runs(self):
        """In a row, then at once. Each kind's first run fills PoCL's cache, and is what the others are measured against."""
        first = {str(args): self.finish_measured(self.start_measured(args), answer) for args, answer in self.kinds}
        cache = self.cache_files()
        peaks = [self.finish_measured(self.start_measured(args), answer) for args, answer in self.take(IN_A_ROW)]
        self.assert_nothing_grew(first, peaks, cache)
        for _ in range(ROUNDS):
            started = [(self.start_measured(args), answer) for args, answer in self.take(AT_ONCE)]
            peaks = [self.finish_measured(process, answer) for process, answer in started]
            self.assert_nothing_grew(first, peaks, cache)

    def test_nothing_shared_has_a_name(self):
        """What processes share is gone with them: no mapping that is shared and written has a file that stays."""
        for engine in ("fork", "pthread"):
            process = self.start([f"--engine={engine}", "--workers=2", "--verify=none", "--runs=1000000", "1:100001"])
            if engine == "fork":
                self.assertTrue(harness.wait_until(lambda: len(harness.workers_of(process)) == 2))
            for pid in harness.marked_processes(process.mark):
                for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
                    _, permissions, _, _, _, *name = line.split(maxsplit=5)
                    if permissions.startswith("rw") and permissions.endswith("s"):
                        self.assertIn(name, ([], ["/dev/zero (deleted)"]), line)
            harness.end(process)


class OneProcess(lists.ListTest):
    """A process that sums again and again holds at its end what it held when it had begun."""

    def assert_flat(self, early, late, context):
        (early_bytes, *early_counts), (late_bytes, *late_counts) = early, late
        self.assertEqual(late_counts, early_counts, f"descriptors, mappings, children: {context}")
        self.assertLess(late_bytes, early_bytes + 2 * MIB, f"bytes of memory: {context}")

    def test_library(self):
        path = write(b"".join(b"%d\n" % number for number in range(1000)), ".txt")
        for engine in lists.engines():
            for contexts in ("0", "1"):
                with self.subTest(engine=engine, contexts=contexts):
                    # PoCL keeps some memory of each context that was closed: that is the driver's.
                    if (engine, contexts) == ("opencl", "1"):
                        continue
                    loops = LOOPS if engine in harness.CPU_ENGINES else LOOPS // 10     # a device takes its time
                    result = harness.run([engine, str(loops), contexts, path], program=LOAD, timeout=600)
                    self.assert_status(result, 0)
                    early, late = ([int(word) for word in line.split()] for line in result.stdout.splitlines())
                    self.assert_flat(early, late, f"{engine} {contexts}")

    def test_runs(self):
        """The program's own loop keeps the seconds of each run, 8 bytes, and nothing else."""
        for engine in harness.CPU_ENGINES:
            with self.subTest(engine=engine):
                process = self.start([f"--engine={engine}", "--workers=2", "--verify=none", "--runs=1000000", "1:100001"])
                held = []
                for seconds in (0.3, 3 if LONG else 0.7):
                    time.sleep(seconds)
                    status = pathlib.Path(f"/proc/{process.pid}/statm").read_text().split()
                    held.append([int(status[1]) * os.sysconf("SC_PAGESIZE"),
                                 len(os.listdir(f"/proc/{process.pid}/fd")), len(harness.workers_of(process))])
                self.assertIsNone(process.poll(), "it ended before it was looked at")
                held[1][0] -= 8 * 1000000
                self.assert_flat(*held, engine)
                harness.end(process)


if __name__ == "__main__":
    harness.main()
