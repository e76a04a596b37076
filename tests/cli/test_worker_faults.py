"""Workers, signals and streams that fail while lists are reduced: what test_processes.py shows of ranges, of files and pipes."""
import os
import signal
import subprocess
import time

import harness
import harness_lists as lists
from harness_lists import gz, new_path, raw, write

CPU = harness.CPU_ENGINES
LONG = bool(os.environ.get("PARSUM_TEST_LONG"))
A_SECOND = 2.0      # the contract's second for signals, and as much for a busy machine
MIB = 1 << 20
NOTICE = r"worker \d+ \(process \d+\) (was killed by signal|ended with status)"


def used_seconds(pid):
    """Of the CPUs, by a process that is there."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sparse_doubles(count):
    path = new_path(".npy")
    with open(path, "wb") as file:      # nothing is written
        file.write(lists.npy_header(b"{'descr': '<f8', 'fortran_order': False, 'shape': (%d,), }" % count))
        file.truncate(file.tell() + 8 * count)
    return path


class Lists(lists.ListTest):
    """Inputs that keep any engine busy for seconds, since each is named often."""

    @classmethod
    def setUpClass(cls):
        cls.busy = {"array": [sparse_doubles(8 * MIB)] * 400, "text": [write(b"12.25 -7\n" * MIB, ".txt")] * 400,
                    "columns": ["--column=b", *[write(b"a,b\n" + b'"x,y",-12.5\n' * MIB, ".csv")] * 300],
                    "gzip": [write(gz(b"12.25 -7\n" * 16 * MIB), ".txt.gz")] * 25,
                    "long blocks": ["--stat=all", f"--chunk={2**40}", *[sparse_doubles(2**32)] * 2]}

    def start_busy(self, args, kind, seconds=0.5):
        process = self.start([*args, "--workers=2", "--verify=none", *self.busy[kind]])
        time.sleep(seconds)
        self.assertIsNone(process.poll(), "it ended before the test began")
        return process

    def assert_nothing_left(self, process):
        gone = harness.wait_until(lambda: not harness.marked_processes(process.mark), A_SECOND)
        self.assertTrue(gone, f"left behind: {harness.marked_processes(process.mark)}")


class Signals(Lists):
    def test_in_the_middle_of_files(self):
        engines = [CPU] * 4 if LONG else [["fork"], ["pthread"], ["serial"], ["fork"]]
        for kind, number, some in zip(self.busy, (signal.SIGINT, signal.SIGTERM) * 2, engines):
            for engine in some:
                with self.subTest(engine=engine, kind=kind, signal=number):
                    process = self.start_busy([f"--engine={engine}"], kind)
                    begin = time.monotonic()
                    os.kill(process.pid, number)
                    result = harness.finish(process, 20)
                    self.assertLess(time.monotonic() - begin, A_SECOND)
                    self.assertEqual((result.status, result.stdout), (-number, ""), str(result))
                    self.assert_nothing_left(process)

    def test_while_a_partial_is_to_be_saved(self):
        path = new_path(".partial")
        process = self.start_busy(["--engine=fork", f"--partial={path}"], "array")
        os.kill(process.pid, signal.SIGTERM)
        self.assertEqual(harness.finish(process, 20).status, -signal.SIGTERM)
        self.assertFalse(os.path.exists(path))

    def test_no_orphans_when_the_parent_is_killed(self):
        """A long block is left in its middle, and a stopped worker does not stay, either."""
        for kind, stopped in (("array", False), ("gzip", False), ("long blocks", False), ("array", True)):
            with self.subTest(kind=kind, stopped=stopped):
                process = self.start_busy(["--engine=fork"], kind)
                self.assertTrue(harness.wait_until(lambda: len(harness.workers_of(process)) == 2))
                workers = harness.workers_of(process)
                if stopped:
                    os.kill(workers[0], signal.SIGSTOP)
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                self.assert_nothing_left(process)


class DyingWorkers(Lists):
    """A worker is ended in the middle of a list: its block is done again, once the program notices."""

    def setUp(self):
        self.values = [i * 7919 % 2003 - 1000 for i in range(1 << 18)]
        self.sum = sum(self.values)

    def inputs(self):
        text = "".join(f"{value}\n" for value in self.values).encode()
        return {"array": (["--type=i32"], write(raw("i32", self.values)), 800), "text": ([], write(text, ".txt"), 300),
                "gzip": ([], write(gz(text), ".txt.gz"), 100)}

    def test_ended_by_each_signal(self):
        for (kind, (args, path, copies)), number in zip(self.inputs().items(),
                                                        (signal.SIGSEGV, signal.SIGKILL, signal.SIGABRT)):
            with self.subTest(kind=kind, signal=number):
                process = self.start(["--engine=fork", "--workers=2", *args, *[path] * copies])
                self.assertTrue(harness.wait_until(lambda: len(harness.workers_of(process)) == 2))
                os.kill(harness.workers_of(process)[0], number)
                result = harness.finish(process, 60)
                self.assert_answer(result, f"sum\t{copies * self.sum}\n")
                self.assertRegex(result.stderr, NOTICE)
                self.assert_nothing_left(process)

    def test_stopped_and_continued(self):
        for kind, (args, path, copies) in self.inputs().items():
            with self.subTest(kind=kind):
                process = self.start(["--engine=fork", "--workers=2", *args, *[path] * copies])
                self.assertTrue(harness.wait_until(lambda: len(harness.workers_of(process)) == 2))
                worker = harness.workers_of(process)[0]
                os.kill(worker, signal.SIGSTOP)
                time.sleep(0.7)
                self.assertIsNone(process.poll(), "a stopped worker is not a finished one")
                os.kill(worker, signal.SIGCONT)
                result = harness.finish(process, 60)
                self.assert_answer(result, f"sum\t{copies * self.sum}\n")
                self.assertNotRegex(result.stderr, NOTICE)

    def test_killed_again_and_again(self):
        """Tries are bounded: exit 1, and no answer. Who has the block is who uses the CPU."""
        process = self.start(["--engine=fork", "--workers=2", "--stat=all", f"--chunk={2**40}", sparse_doubles(2**32)])
        killed = set()

        def kill_who_works():
            for pid in set(harness.workers_of(process)) - killed:
                if used_seconds(pid) >= 0.05:
                    os.kill(pid, signal.SIGKILL)
                    killed.add(pid)
            return process.poll() is not None

        self.assertTrue(harness.wait_until(kill_who_works, 50))
        result = harness.finish(process, 5)
        self.assertEqual((result.status, result.stdout), (1, ""), str(result))
        self.assertEqual(len(killed), 4, str(result))
        self.assertIn("its block was tried 4 times and could not be finished", result.stderr)
        self.assert_nothing_left(process)


class FewerWorkers(Lists):
    """The system has no more processes, files or threads: fewer workers, a notice, and the right answer."""

    def limited(self, limit, engine, *args):
        return harness.run([f"--engine={engine}", "--workers=60", "--verify=none", *args],
                           prefix=["sh", "-c", f'ulimit {limit} && exec "$@"', "sh"])

    def test_sockets(self):
        path = write(raw("i32", range(100000)))
        for args, answer in ((["--stat=sum", "1:100001"], 5000050000), (["--type=i32", path], 4999950000)):
            result = self.limited("-n 20", "fork", *args)
            self.assert_answer(result, f"sum\t{answer}\n")
            self.assertRegex(result.stderr, r"only \d+ of 60 processes could be started.*open files")

    def test_memory_of_threads(self):
        result = self.limited("-s 65536 && ulimit -v 2000000", "pthread", "--stat=sum", "1:100001")
        self.assert_answer(result, "sum\t5000050000\n")
        self.assertRegex(result.stderr, r"only \d+ of 60 threads could be started for the engine pthread")


class Streams(Lists):
    def run_to(self, redirection, args):
        return harness.run(args, prefix=["sh", "-c", f'exec "$@" {redirection}', "sh"])

    def test_a_full_or_closed_stdout(self):
        text, partial = write(b"1 2\n"), new_path(".partial")
        harness.run([f"--partial={partial}", "--engine=serial", "1:11"])
        for args in ([text], ["--json", text], ["merge", partial], ["merge", "--json", partial],
                     ["compare", "--engine=serial", "--csv", text]):
            for redirection in (">/dev/full", ">&-"):
                with self.subTest(args=args, redirection=redirection):
                    result = self.run_to(redirection, args)
                    self.assert_status(result, 1)
                    self.assertRegex(result.stderr, "parsum-cl: the answer could not be written to stdout: .+")

    def test_a_full_or_closed_stderr(self):
        """What is said beside the answer may get lost; the answer and the status do not."""
        for redirection in ("2>/dev/full", "2>&-"):
            for engine in CPU:
                self.assert_answer(self.run_to(redirection, [f"--engine={engine}", write(b"1 2\n")]), "sum\t3\n")
            self.assert_status(self.run_to(redirection, ["/nowhere"]), 5)

    def test_input_that_is_a_file_being_written(self):
        """A file that grows is read as long as it was when it was opened; one that is cut off before that is exit 5."""
        path = write(raw("i32", [1] * 1000))
        writer = subprocess.Popen(["sh", "-c", f"while :; do head -c 400000 /dev/zero >>{path}; sleep 0.01; done"])
        try:
            for engine in CPU:
                self.assert_answer(harness.run([f"--engine={engine}", "--type=i32", path]), "sum\t1000\n")
        finally:
            writer.kill()
            writer.wait()


if __name__ == "__main__":
    harness.main()
