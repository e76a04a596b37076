"""Lists that come as bytes come: pipes, FIFOs, redirected and compressed files."""
import os
import signal
import socket
import subprocess
import time

import harness
import harness_lists as lists
from harness import run
from harness_lists import gz, npy, raw, write, zstd


class Ways(lists.ListTest):
    """The same numbers by every way there is into the program."""

    @classmethod
    def setUpClass(cls):
        cls.random = harness.seeded_random(f"streams {cls.__name__}")
        integers = [cls.random.randint(-2**31, 2**31 - 1) for _ in range(30011)]
        doubles = [cls.random.uniform(-1, 1) * 2.0**cls.random.randrange(-60, 60) for _ in range(3001)]
        decimals = [cls.random.randrange(-10**9, 10**9) for _ in range(5003)]
        cls.cases = [(["--type=i32"], "integers", raw("i32", integers), lists.expected_integers(integers)),
                     ([], "integers", npy("i32", integers, ">", (1, 30011)), lists.expected_integers(integers)),
                     (["--type=f64"], "floats", raw("f64", doubles), lists.expected_floats(doubles)),
                     ([], "text", "".join(f"{x // 1000}e-3\n" for x in decimals).encode(),
                      lists.expected_decimals(lists.Fraction(x // 1000, 1000) for x in decimals))]

    def for_each(self, check):
        """Calls check with each list and each engine that takes it."""
        for args, kind, data, answers in self.cases:
            for engine in lists.engines(kind):
                with self.subTest(engine=engine, args=args, size=len(data)):
                    check([f"--engine={engine}", f"--workers={self.random.choice([1, 2, 3, 7])}", *args], data, answers)

    def pieces(self, data, most=20000):
        """data in pieces that end anywhere, in the middle of a number as well."""
        at = 0
        while at < len(data):
            size = self.random.choice([1, 3, 1000, self.random.randrange(1, most)])
            yield data[at:at + size]
            at += size

    def test_pipes(self):
        def check(args, data, answers):
            self.assert_lists([*args, "-"], answers, how=lambda a: run(a, input=data))
            self.assert_lists([*args, "-"], answers, how=lambda a: lists.run_slowly(a, list(self.pieces(data))))
            self.assert_lists([*args, "--chunk=7", "/dev/stdin"], answers, how=lambda a: run(a, input=data))
        self.for_each(check)

    def test_fifos(self):
        def check(args, data, answers):
            self.assert_lists(args, answers, how=lambda a: lists.run_fifo(a, list(self.pieces(data))))
        self.for_each(check)

    def test_redirected_files(self):
        def check(args, data, answers):
            for name, before in (("-", b""), ("/dev/stdin", b""), ("-", b"xyzzy 1 2")):
                # A file that was read from before is read from where it stands; by its name, from its beginning.
                with open(write(before + data), "rb") as file:
                    os.lseek(file.fileno(), len(before), os.SEEK_SET)
                    self.assert_lists([*args, name], answers, how=lambda a: run(a, stdin=file))
        self.for_each(check)

    def test_compressed(self):
        def check(args, data, answers):
            middle = self.random.randrange(len(data))
            packs = [(".gz", gz(data)), (".gz", gz(data[:middle]) + gz(b"") + gz(data[middle:])), (".zst", zstd(data)),
                     (".zst", zstd(data[:middle]) + b"\x50\x2a\x4d\x18\x03\x00\x00\x00abc" + zstd(data[middle:]))]
            for ending, packed in packs:
                self.assert_lists([*args, write(packed, ending)], answers)
                if "--type" not in " ".join(args):      # of raw numbers, only the name says it
                    self.assert_lists([*args, "-"], answers,
                                      how=lambda a: lists.run_slowly(a, list(self.pieces(packed))))
        self.for_each(check)

    def test_each_way_once_in_one_list(self):
        data = npy("i16", [5, -7, 300])
        for engine in lists.engines():
            paths = [write(data, ".npy"), write(gz(data)), write(zstd(data)), "-", "1:4"]
            self.random.shuffle(paths)
            self.assert_answer(run([f"--engine={engine}", "--stat=sum,count",
                               *paths], input=data), "sum\t1198\ncount\t15\n")

    def test_runs_of_files_agree(self):
        def check(args, data, answers):
            for path in (write(data), write(gz(data), ".gz")):
                report = run(["--json", "--stat=all", "--runs=3", "--warmup=1", *args, path]).json()
                self.assertEqual(len(report["samples"]), 3)
                self.assert_results(report["results"], answers)
        self.for_each(check)

    def test_an_empty_pipe(self):
        cases = (("text", []), ("floats", ["--type=f64"]), ("integers", ["--type=u8"]))
        for engine, args in [(engine, args) for kind, args in cases for engine in lists.engines(kind)]:
            self.assert_answer(run([f"--engine={engine}", "--stat=count,sum,max,mean", *args, "-"], input=b""),
                               "count\t0\nsum\t0\nmax\tnone\nmean\tnone\n")


    def test_odd_kinds_of_standard_input(self):
        for engine in lists.engines():
            args = [f"--engine={engine}", "-q", "-"]
            reader, writer = os.pipe()
            os.set_blocking(reader, False)      # as some programs leave it to their children
            with open(writer, "wb", 0) as stream, open(reader, "rb", 0) as given:
                thread = lists.feed(stream, [b"1 2 3\n"] * 10, 0.03)
                self.assert_answer(run(args, stdin=given), "60\n")
                thread.join()
            left, right = socket.socketpair()
            with left, right:
                right.sendall(b"1 2 3")
                right.shutdown(socket.SHUT_WR)
                self.assert_answer(run(args, stdin=left), "6\n")
            for redirection in ("<&-", "0>/dev/null"):
                self.refuse(args, 5, prefix=["sh", "-c", f'exec "$@" {redirection}', "sh"])

    def test_a_program_that_was_stopped(self):
        for engine in harness.CPU_ENGINES:
            process = self.start([f"--engine={engine}", "--workers=2", "-q", "-"], stdin=subprocess.PIPE)
            stream, process.stdin = process.stdin, None
            lists.feed(stream, [b"1 2 3\n" * 10000] * 100, 0.01)
            for _ in range(4):
                time.sleep(0.1)
                os.killpg(process.pid, signal.SIGSTOP)
                time.sleep(0.05)
                os.killpg(process.pid, signal.SIGCONT)
            self.assert_answer(harness.finish(process), "6000000\n")


if __name__ == "__main__":
    harness.main()
