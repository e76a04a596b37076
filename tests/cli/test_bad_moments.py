"""What goes wrong while the program reads: files that shrink, writers and workers that die, late faults."""
import os
import signal
import subprocess
import sys
import threading
import time

import harness
import harness_lists as lists
from harness_lists import gz, new_path, npy, raw, write

CPU = harness.CPU_ENGINES
# Writes what it is given to the file that is named, and holds it open until it is killed.
WRITER = """
import sys, time
out = open(sys.argv[1], 'wb', 0)
out.write(sys.stdin.buffer.read())
time.sleep(60)
"""


class BadMoments(lists.ListTest):
    def shrink(self, args, path, size, content):
        """Reads the same file so often that it takes a while, and cuts it in the middle of that."""
        content(path)
        copies, seconds = 1, 0.0
        while seconds < 0.25 and copies < 5000:
            copies *= 2
            begin = time.monotonic()
            self.assert_status(harness.run([*args, *[path] * copies]), 0)
            seconds = time.monotonic() - begin
        process = self.start([*args, *[path] * copies])
        time.sleep(seconds / 3)
        os.killpg(process.pid, signal.SIGSTOP)      # so that it does not end while another process cuts the file
        self.assertIsNone(process.poll(), f"it ended before the file was cut: {args}")
        subprocess.run([sys.executable, "-S", "-c", f"import os; os.truncate({path!r}, {size})"], check=True)
        os.killpg(process.pid, signal.SIGCONT)
        result = harness.finish(process, 60)
        self.assert_refused(result, 5, "shorter|shrank|truncated|cut off")
        self.assertEqual(harness.marked_processes(process.mark), [])

    def test_a_file_that_shrinks(self):
        """It is sparse, so that it costs nothing to make."""
        def sparse(path):
            with open(path, "wb") as file:
                file.truncate(16 << 20)
        for engine, name, size in zip(("serial", "pthread", "fork", "fork"),
                                      ("f64", "i32", "i8", "u64"), (0, 4096, 10**7 + 1, 0)):
            with self.subTest(engine=engine, type=name):
                self.shrink([f"--engine={engine}", "--workers=2", f"--type={name}"], new_path(), size, sparse)

    def test_a_text_that_shrinks(self):
        def text(path):
            with open(path, "wb") as file:
                file.write(b"12.25 -7\n" * 1_000_000)
        for engine, size in zip(CPU, (0, 9 * 10**5 + 4, 4096)):
            with self.subTest(engine=engine, size=size):
                self.shrink([f"--engine={engine}", "--workers=2"], new_path(".txt"), size, text)

    def test_a_compressed_file_that_shrinks(self):
        whole = gz(os.urandom(20 << 20))

        def packed(path):
            with open(path, "wb") as file:
                file.write(whole)
        for engine in CPU:
            self.shrink([f"--engine={engine}", "--type=i8"], new_path(".gz"), 1000, packed)

    def test_a_writer_that_dies(self):
        """The FIFO ends wherever its writer was: in the middle of a number, of a member, of a quoted field."""
        for args, data in ((["--type=i64"], bytes(1003)), ([], gz(b"1 2 3\n" * 1000)[:-9]),
                           (["--column=1"], b'a,b\n1,"x\n2'), ([], npy("i64", [5] * 1000)[:-100])):
            for engine in CPU:
                with self.subTest(engine=engine, args=args):
                    path = new_path()
                    os.mkfifo(path)
                    process = self.start([f"--engine={engine}", *args, path])
                    writer = subprocess.Popen([sys.executable, "-S", "-c", WRITER, path], stdin=subprocess.PIPE)
                    writer.stdin.write(data)
                    writer.stdin.close()
                    time.sleep(0.3)
                    self.assertIsNone(process.poll())
                    writer.kill()
                    writer.wait()
                    result = harness.finish(process, 30)
                    self.assert_refused(result, 5)
                    self.assertEqual(harness.marked_processes(process.mark), [])

    def test_a_fault_late_in_a_pipe_that_goes_on(self):
        """The program ends at the fault; the writer, who has more to say, gets SIGPIPE."""
        for engine in CPU:
            process = self.start([f"--engine={engine}", "--workers=2", "-"], stdin=subprocess.PIPE)
            stream, process.stdin = process.stdin, None
            pieces = [b"1 2 3\n" * 20000] * 5 + [b"4 x5 6\n"] + [b"7 8 9\n" * 20000] * 300
            thread = lists.feed(stream, pieces)
            result = harness.finish(process, 60)
            thread.join(10)
            self.assertFalse(thread.is_alive())
            self.assert_refused(result, 5, r":100001:3: 'x5'")
            self.assertEqual(harness.marked_processes(process.mark), [])

    def test_a_fork_worker_that_dies_on_a_list(self):
        """Its block is done again: from a mapped file and from a pipe."""
        values = raw("i32", list(range(250000)))
        path = write(values * 8)
        wanted = 100 * 8 * sum(range(250000))
        process = self.start(["--engine=fork", "--workers=2", "--type=i32", *[path] * 100])
        self.assertTrue(harness.wait_until(lambda: len(harness.workers_of(process)) == 2))
        os.kill(harness.workers_of(process)[0], signal.SIGKILL)
        self.assert_answer(harness.finish(process, 60), f"sum\t{wanted}\n")
        process = self.start(["--engine=fork", "--workers=2", "--type=i32", "--stat=all", "-"], stdin=subprocess.PIPE)
        stream, process.stdin = process.stdin, None
        killer = threading.Timer(0.4, lambda: os.kill(harness.workers_of(process)[0], signal.SIGKILL))
        killer.start()
        lists.feed(stream, [values] * 100, 0.01)
        result = harness.finish(process, 60)
        killer.join()
        self.assert_status(result, 0)
        self.assertIn(f"\nsum\t{100 * sum(range(250000))}\n", result.stdout)


if __name__ == "__main__":
    harness.main()
