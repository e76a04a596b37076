"""Processes and signals: dying workers, orphans, SIGINT and SIGTERM, and what is loaded into the process."""
import os
import re
import signal
import sys
import time

import harness
from harness import DEFAULT_ANSWER, run, start, wait_until, workers_of

ENDLESS = "1:1000000000000"     # longer than any test waits, on any engine
A_SECOND = 2.0                  # the contract's second for signals, and as much for a busy machine
NOTICE = r"(?i)\b(killed|signal|died|dead|lost|crash\w*|redone|redo|again|retr\w+)\b"


def state(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(")")[2].split()[0]


class Processes(harness.ProgramTest):
    def start_endless(self, args, warm_up=0.7, **options):
        process = self.start([*args, "--verify=none", ENDLESS], **options)
        time.sleep(warm_up)
        self.assertIsNone(process.poll(), "it ended before the test began")
        return process

    def assert_ends_by(self, process, number, group=False):
        """Ends by that signal within a second, with nothing on stdout and no process left."""
        begin = time.monotonic()
        (os.killpg if group else os.kill)(process.pid, number)
        result = harness.finish(process, 30)
        seconds = time.monotonic() - begin
        self.assertEqual(result.status, -number, str(result))
        self.assertLess(seconds, A_SECOND)
        self.assertEqual(result.stdout, "")
        self.assert_no_processes(process)

    def assert_no_processes(self, process):
        left = wait_until(lambda: not harness.marked_processes(process.mark), A_SECOND)
        self.assertTrue(left, f"left behind: {harness.marked_processes(process.mark)}")


class DyingWorkers(Processes):
    """A worker of the fork engine that dies has its block redone; the answer is right and stderr says so."""

    @classmethod
    def setUpClass(cls):
        # A range that takes the engine about a second on this machine.
        count = 2 * 10**9
        report = run(["--engine=fork", "--workers=2", "--verify=none", "--json", f"1:{count + 1}"]).json()
        cls.range = f"1:{int(count * 1.3 / report['seconds']['compute']) + 1}"
        cls.answer = harness.expected_lines([cls.range], ["sum", "sumsq"])

    def start_fork(self, workers):
        """The engine at work for a while, and its workers."""
        process = self.start(["--engine=fork", f"--workers={workers}", "--verify=none", "--stat=sum,sumsq",
                              self.range])
        self.assertTrue(wait_until(lambda: len(workers_of(process)) >= workers))
        time.sleep(0.4)
        return process, workers_of(process)

    def assert_right_with_a_notice(self, process):
        result = harness.finish(process, 60)
        self.assert_answer(result, self.answer)
        self.assertRegex(result.stderr, NOTICE)

    def test_undisturbed(self):
        process, workers = self.start_fork(2)
        self.assertEqual(len(workers), 2)
        result = harness.finish(process, 60)
        self.assert_answer(result, self.answer)
        self.assertNotRegex(result.stderr, NOTICE)
        self.assert_no_processes(process)

    def test_killed(self):
        process, workers = self.start_fork(2)
        os.kill(workers[0], signal.SIGKILL)
        self.assert_right_with_a_notice(process)
        self.assert_no_processes(process)

    def test_crashed(self):
        process, workers = self.start_fork(3)
        for pid, number in zip(workers, (signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT), strict=True):
            os.kill(pid, number)
        self.assert_right_with_a_notice(process)

    def test_the_only_worker_killed(self):
        process, workers = self.start_fork(1)
        os.kill(workers[0], signal.SIGKILL)
        self.assert_right_with_a_notice(process)

    def test_all_workers_killed_at_once(self):
        process, workers = self.start_fork(3)
        for pid in workers:
            os.kill(pid, signal.SIGKILL)
        self.assert_right_with_a_notice(process)

    def test_stopped_and_continued(self):
        process, workers = self.start_fork(2)
        os.kill(workers[0], signal.SIGSTOP)
        self.assertTrue(wait_until(lambda: state(workers[0]) in "Tt", 5))
        time.sleep(1)
        self.assertIsNone(process.poll(), "a stopped worker is not a finished one")
        os.kill(workers[0], signal.SIGCONT)
        self.assert_answer(harness.finish(process, 60), self.answer)

    def test_a_block_that_can_never_be_finished(self):
        """Every worker dies in the middle of its block: exit 1, neither a hang nor a wrong sum."""
        process = self.start(["--engine=fork", "--workers=2", "--verify=none", "--chunk=1000000000000", ENDLESS])
        seen = {}
        limit = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < limit:
            for pid in workers_of(process):
                if time.monotonic() - seen.setdefault(pid, time.monotonic()) > 0.1:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
            time.sleep(0.01)
        self.assertGreaterEqual(len(seen), 3, "the block is to be tried three times")
        result = harness.finish(process, 5)
        self.assert_status(result, 1)
        self.assertEqual(result.stdout, "")
        self.assertNotEqual(result.stderr, "")
        self.assert_no_processes(process)


class Orphans(Processes):
    def test_no_orphans_when_the_parent_is_killed(self):
        for stopped in (False, True):
            with self.subTest(stopped=stopped):
                process = self.start_endless(["--engine=fork", "--workers=3"])
                workers = workers_of(process)
                self.assertEqual(len(workers), 3)
                if stopped:
                    os.kill(workers[0], signal.SIGSTOP)
                os.kill(process.pid, signal.SIGKILL)
                process.wait()
                self.assert_no_processes(process)

    def test_workers_are_what_they_are_called(self):
        process = self.start_endless(["--engine=pthread", "--workers=3"])
        self.assertEqual(workers_of(process), [])
        self.assertGreaterEqual(len(os.listdir(f"/proc/{process.pid}/task")), 3)
        process = self.start_endless(["--engine=serial"])
        self.assertEqual(workers_of(process), [])
        self.assertEqual(len(os.listdir(f"/proc/{process.pid}/task")), 1)


class Signals(Processes):
    NUMBERS = (signal.SIGINT, signal.SIGTERM)

    def test_cpu_engines(self):
        for engine in harness.CPU_ENGINES:
            for number in self.NUMBERS:
                with self.subTest(engine=engine, signal=number):
                    process = self.start_endless([f"--engine={engine}", "--workers=2"])
                    self.assert_ends_by(process, number)

    def test_opencl(self):
        run(["--engine=opencl", "1:11"])        # the kernel is built; what follows is at work soon
        for number in self.NUMBERS:
            with self.subTest(signal=number):
                process = self.start_endless(["--engine=opencl"], warm_up=2)
                self.assert_ends_by(process, number)

    def test_all_devices(self):
        env = harness.pocl_two_devices()
        run(["--device=all", "1:11"], env)
        self.assert_ends_by(self.start_endless(["--device=all"], warm_up=2, env=env), signal.SIGTERM)

    def test_two_vendors(self):
        env = harness.vendors()
        run(["--device=all", "1:11"], env)
        for number in self.NUMBERS:
            with self.subTest(signal=number):
                self.assert_ends_by(self.start_endless(["--device=all"], warm_up=4, env=env), number)

    def test_during_setup(self):
        for engine in ("fork", "opencl"):
            for delay in (0.03, 0.1, 0.3):
                with self.subTest(engine=engine, delay=delay):
                    process = self.start_endless([f"--engine={engine}"], warm_up=delay)
                    self.assert_ends_by(process, signal.SIGTERM)

    def test_the_whole_group_as_a_terminal_does(self):
        for engine in ("fork", "pthread"):
            process = self.start_endless([f"--engine={engine}", "--workers=2"])
            self.assert_ends_by(process, signal.SIGINT, group=True)

    def test_with_a_stopped_worker(self):
        process = self.start_endless(["--engine=fork", "--workers=2"])
        worker = workers_of(process)[0]
        os.kill(worker, signal.SIGSTOP)
        self.assertTrue(wait_until(lambda: state(worker) in "Tt", 5))
        self.assert_ends_by(process, signal.SIGTERM)

    def test_json_says_nothing_either(self):
        self.assert_ends_by(self.start_endless(["--engine=fork", "--json", "--runs=3"]), signal.SIGTERM)

    def test_compare_in_its_first_row(self):
        for number in self.NUMBERS:
            self.assert_ends_by(self.start_endless(["compare"], warm_up=1.5), number)

    def test_during_verification(self):
        """The reference needs ten seconds for this range; the engine before it less than one."""
        process = self.start(["--engine=pthread", "--verify=reference", "--workers=1", "1:8000000000"])
        time.sleep(2.5)
        self.assertIsNone(process.poll(), "it ended before the test began")
        self.assert_ends_by(process, signal.SIGTERM)

    def test_ignored_signals_stay_ignored(self):
        """As under nohup or a shell's background job."""
        process = self.start(["--engine=fork", "--workers=2", "--verify=none", "1:3000000001"],
                             prefix=["sh", "-c", 'trap "" INT; exec "$@"', "sh"])
        time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        result = harness.finish(process, 60)
        self.assert_answer(result, harness.expected_lines(["1:3000000001"], ["sumsq"]))

    def test_an_alarm_from_before_the_program(self):
        process = self.start(["--engine=fork", "--workers=2", "--verify=none", ENDLESS], prefix=[sys.executable, "-c",
                             "import os, signal, sys; signal.setitimer(signal.ITIMER_REAL, 0.5); "
                             "os.execv(sys.argv[1], sys.argv[1:])"])
        result = harness.finish(process, 30)
        self.assertEqual((result.status, result.stdout), (-signal.SIGALRM, ""), str(result))
        self.assert_no_processes(process)


class SameProcess(Processes):
    """OpenCL and fork in one process, and OpenCL not at all where it is not asked for."""

    def assert_compared(self, env, devices):
        result = run(["compare", "--json", "--runs=2", "--workers=2", "1:20000001"], env, 90)
        self.assert_status(result, 0)
        rows = result.json()["rows"]
        self.assertEqual([row["engine"]["name"] for row in rows],
                         ["reference", "serial", "pthread", "fork"] + ["opencl"] * devices)
        for row in rows:
            self.assertEqual(row["results"]["sumsq"]["value"], str(harness.moments(["1:20000001"]).sumsq))
            self.assertEqual(len(row["samples"]), 2)

    def test_fork_beside_opencl(self):
        self.assert_compared(harness.pocl(), 1)
        self.assert_compared(harness.pocl_two_devices(), 2)

    def test_fork_beside_two_platforms(self):
        env = harness.vendors()
        self.assert_compared(env, len(harness.devices(env)))

    def drivers_opened(self, args, env):
        """The OpenCL drivers that the dynamic loader was asked for, by the loader's own log."""
        log = harness.scratch() / f"loader-{time.monotonic_ns()}"
        result = run(args, env | {"LD_DEBUG": "files", "LD_DEBUG_OUTPUT": str(log)})
        self.assert_answer(result, DEFAULT_ANSWER)
        texts = [file.read_text(errors="replace") for file in log.parent.glob(log.name + ".*")]
        self.assertIn("libc.so", "".join(texts), "the loader logged nothing")
        return set(re.findall(r"lib(?:pocl|intelocl)\b", "".join(texts)))

    def test_cpu_engines_load_no_driver(self):
        env = harness.pocl()
        self.assertEqual(self.drivers_opened(["--engine=opencl"], env), {"libpocl"})
        for engine in harness.CPU_ENGINES:
            self.assertEqual(self.drivers_opened([f"--engine={engine}"], env), set(), engine)

    def test_no_processes_are_left_by_a_normal_run(self):
        for args in (["--engine=fork"], ["--engine=opencl"], ["compare", "--runs=1", "1:1001"], ["devices"]):
            process = start(args)
            self.assertEqual(harness.finish(process).status, 0)
            self.assertEqual(harness.marked_processes(process.mark), [], args)


if __name__ == "__main__":
    harness.main()
