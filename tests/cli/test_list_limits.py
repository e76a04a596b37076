"""Pipes of numbers: memory does not grow with them, and signals end the program in the middle of them."""
import gzip
import io
import os
import signal
import subprocess
import sys
import time

import harness
import harness_lists as lists

MIB = 1 << 20
# Forks before it executes, since a process that vfork made would count its parent's memory as its own.
MEASURE = """
import os, sys
pid = os.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
status, usage = os.wait4(pid, 0)[1:]
open(sys.argv[1], 'w').write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Signals(lists.ListTest):
    def test_in_the_middle_of_a_pipe(self):
        """The writer is slow, stopped, or has written nothing yet."""
        for pieces, pause in (([b"1 2 3\n" * 1000] * 2000, 0.002),
                              ([b"1 2 3\n" * 300000, b""], 30), ([b""], 30), ([b"1 2"], 30)):
            for number in (signal.SIGINT, signal.SIGTERM)[:1 + (pause < 1)]:
                self.end_all_engines(pieces, pause, number)

    def end_all_engines(self, pieces, pause, number):
        """They wait for their pipes, and come to their ends, together."""
        processes = []
        for engine in lists.engines():
            process = self.start([f"--engine={engine}", "--workers=2", "-"], stdin=subprocess.PIPE)
            stream, process.stdin = process.stdin, None
            lists.feed(stream, pieces, pause)
            processes.append((engine, process))
        time.sleep(0.6)
        for engine, process in processes:
            self.assertIsNone(process.poll(), engine)
        begin = time.monotonic()
        for engine, process in processes:
            os.kill(process.pid, number)
        for engine, process in processes:
            with self.subTest(engine=engine, signal=number, pieces=len(pieces)):
                result = harness.finish(process, 20)
                self.assertEqual((result.status, result.stdout), (-number, ""), str(result))
                self.assertLess(time.monotonic() - begin, 2)
                self.assertTrue(harness.wait_until(lambda: not harness.marked_processes(process.mark), 2))

    def test_before_a_fifo_has_a_writer(self):
        path = str(harness.scratch() / "fifo")
        os.mkfifo(path)
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start(["--engine=fork", path])
            time.sleep(0.3)
            os.kill(process.pid, number)
            self.assertEqual(harness.finish(process, 10).status, -number)


class Memory(lists.ListTest):
    def peak(self, args, pieces=()):
        """The most memory that the program had, in bytes."""
        path = lists.new_path()
        process = self.start(args, prefix=[sys.executable, "-S", "-c", MEASURE, path], stdin=subprocess.PIPE)
        stream, process.stdin = process.stdin, None
        thread = lists.feed(stream, pieces)
        self.assert_status(harness.finish(process, 100), 0)
        thread.join(10)
        with open(path, "rb") as file:
            return 1024 * int(file.read())

    def test_it_does_not_grow_with_a_pipe(self):
        packed = io.BytesIO()
        with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
            for _ in range(120):
                file.write(b"12345.5\n" * (MIB // 8))
        for engine in lists.engines():
            for args, pieces in ((["--type=i64", "-"], [bytes(MIB)] * 120), (["-"], [b"12345.5\n" * (MIB // 8)] * 120),
                                 (["-"], [packed.getvalue()])):
                with self.subTest(engine=engine, args=args):
                    base = [f"--engine={engine}", "--verify=none", "--workers=2", *args]
                    self.assertLess(self.peak(base, pieces) - self.peak(base), 64 * MIB)


if __name__ == "__main__":
    harness.main()
