"""Each row of the study against a reading that shares nothing with it."""
import os
import signal
import subprocess

import harness
from harness import run
from harness_study import MOMENTS, QUICK, ROWS_WITH_PYTHON, WATCHED_COUNT, WATCHED_TASKS, WATCHED_WORKERS, StudyTest
from harness_study import has_smaps_rollup, preloaded, read_ends, watched

PRIVATE_BYTES = 8 << 20
KIBIBYTES = 1024
SIDES = ("serial", "thread", "process")
# Python's loop without the study: the CPU seconds of one task.
PYTHON_LOOP = """import sys, time
def count_up(count):
    reached = 0
    while reached < count:
        reached += 1
best = None
for run in range(5):
    begin = time.process_time()
    count_up(int(sys.argv[1]))
    seconds = time.process_time() - begin
    best = seconds if best is None else min(best, seconds)
print(best, sys.version.split()[0])
"""


class Counting(StudyTest):
    def count_beside_the_system(self, tasks, count):
        """The row, and the CPU seconds that the system tells the program of the process that measured it: the first to end."""
        log = harness.scratch() / f"ends-{count}"
        process = self.start(["study", "--json", f"--tasks={tasks}", f"--count={count}", "--workers=1"],
                             preloaded(PARSUM_SHIM_LOG=str(log)))
        result = harness.finish(process)
        self.assert_status(result, 0)
        row = {row["name"]: row for row in result.json()["rows"]}["count"]
        used = [end.cpu_seconds for end in read_ends(log) if end.parent == process.pid][0]
        return row, used

    def test_every_step_is_taken_by_every_task(self):
        """CPU times, as the system has them: on a busy machine a step may take a few times as long, but not ten times."""
        told = {}
        for tasks, count in ((3, 5 * 10**7), (100, 15 * 10**6)):
            row, used = self.count_beside_the_system(tasks, count)
            for side in SIDES:
                self.assertEqual(row[side]["started"], tasks)
            told[tasks] = [row[side]["cpu"] for side in SIDES]
            runs = len(row["serial"]["samples"])
            self.assertTrue(1 / 2 < runs * sum(told[tasks]) / used < 2, (told, runs, used))
            # Three times the same work.
            self.assertLess(max(told[tasks]), 5 * min(told[tasks]), told)
        steps = 100 * 15 * 10**6 / (3 * 5 * 10**7)
        for few, many in zip(told[3], told[100]):
            self.assertTrue(steps / 4 < many / few < steps * 4, f"{steps} times the steps, {many / few} times the CPU time")


class Readings(StudyTest):
    def test_create(self):
        """The unit test has the times; here are the numbers of rounds, and who is the quicker by the sentence."""
        row = watched().rows["create"]
        for side in ("thread", "process"):
            self.assertGreater(row[side]["rounds"], 5)
            self.assertLessEqual(row[side]["best"], row[side]["median"])
        ratio = row["process"]["median"] / row["thread"]["median"]
        if ratio > 1.3:
            self.assertRegex(row["sentence"], rf"A process takes .*, {ratio:.1f} times as long as a thread")

    def test_memory(self):
        if not has_smaps_rollup():
            self.skipTest("no smaps_rollup here")
        row, own = watched().rows["memory"], watched().set_sizes
        for side, moment in MOMENTS:
            if moment == "before":
                continue
            workers = row[side]["workers"]
            added = (own[side, moment] - own[side, "before"]) / workers
            self.assertAlmostEqual(row[side][moment], added, delta=4 * KIBIBYTES, msg=(side, moment))
        for side in ("thread", "process"):
            self.assertAlmostEqual(row[side]["written"] - row[side]["untouched"], PRIVATE_BYTES, delta=PRIVATE_BYTES / 16)

    def test_isolation(self):
        """The exit statuses as a witness in the program sees them come from the system."""
        row, ends = watched().rows["isolation"], watched().ends
        crashed = [end for end in ends if end.status == signal.SIGSEGV]
        self.assertEqual(len(crashed), 2, ends)
        (holder, thread_program, *_), (process_program, bad_process, *_) = crashed
        by_child = {end.child: end for end in ends}
        # One was a program of threads: it died without having waited for anyone.
        self.assertEqual([end for end in ends if end.parent == thread_program], [])
        self.assertEqual(row["thread"]["program_status"], signal.SIGSEGV)
        self.assertEqual(row["thread"]["finished"], 0)
        # The other was a process: its program saw it and two sound neighbours, and ended soundly itself.
        self.assertEqual((by_child[process_program].parent, by_child[process_program].status), (holder, 0))
        self.assertEqual(sorted(end.status for end in ends if end.parent == process_program), [0, 0, signal.SIGSEGV])
        self.assertEqual((row["process"]["program_status"], row["process"]["worker_status"]), (0, signal.SIGSEGV))
        self.assertEqual((row["process"]["finished"], row["process"]["neighbours"]), (2, 2))
        self.assertIn("took its whole program with it, which was killed by signal 11", row["sentence"])
        self.assertIn("all 2 neighbours finished", row["sentence"])

    def test_visibility(self):
        row = watched().rows["visibility"]
        seen = [0]
        child = os.fork()
        if child == 0:
            seen[0] = 1
            os._exit(0)
        os.waitpid(child, 0)
        self.assertEqual(row["process"]["seen"], row["process"]["others"] * seen[0])
        self.assertEqual(row["thread"]["seen"], row["thread"]["others"])
        self.assertEqual(row["process"]["seen_in_shared_memory"], row["process"]["others"])

    def test_scaling(self):
        row = watched().rows["scaling"]
        elements = row["serial"]["elements"]
        self.assertEqual(int(row["serial"]["sumsq"]), harness.closed_form(range(1, elements + 1)).sumsq)
        for side, engine in (("thread", "pthread"), ("process", "fork")):
            self.assertEqual(row[side]["workers"], list(range(1, WATCHED_WORKERS + 1)))
            self.assertEqual(row[side]["engine"], engine)
            self.assertEqual(len(row[side]["seconds"]), len(row[side]["workers"]))
            for seconds, speedup in zip(row[side]["seconds"], row[side]["speedup"]):
                self.assertAlmostEqual(speedup, row["serial"]["seconds"] / seconds, places=9)
        # The same sum by the program itself: within what a busy machine may make of it.
        alone = run(["--engine=serial", "--verify=none", "--json", "--runs=3", f"1:{elements + 1}"], harness.none()).json()
        self.assertTrue(1 / 8 < row["serial"]["seconds"] / alone["seconds"]["compute"] < 8)

    def test_python(self):
        rows = watched().rows
        self.assertEqual(list(rows), ROWS_WITH_PYTHON)
        row = rows["count_python"]
        self.assertNotIn("error", row)
        seconds, version = subprocess.run(["python3", "-c", PYTHON_LOOP, str(WATCHED_COUNT)], capture_output=True, text=True,
                                          check=True).stdout.split()
        self.assertIn(version, row["method"])
        ratio = row["serial"]["cpu"] / (WATCHED_TASKS * float(seconds))
        self.assertTrue(1 / 3 < ratio < 3, f"{ratio} times the CPU time of Python without the study")
        self.assertLess(row["serial"]["cpus"], 1.1)
        if "without its lock" not in row["method"]:
            self.assertLess(row["thread"]["cpus"], 1.15)
            self.assertNotIn("do run at once", row["sentence"])


class NotThere(StudyTest):
    def python_in(self, name, script=None):
        """A folder for PATH with a python3 of the test's, or with nothing."""
        folder = harness.scratch() / name
        folder.mkdir()
        if script is not None:
            (folder / "python3").write_text(script)
            (folder / "python3").chmod(0o755)
        return str(folder)

    def test_no_python(self):
        rows = self.study("--python", *QUICK, env=harness.none() | {"PATH": self.python_in("nothing")})
        self.assertIn("no python3 on PATH", rows["count_python"]["sentence"])
        self.assertEqual([name for name, row in rows.items() if "error" in row], ["count_python"])

    def test_no_smaps_rollup_and_a_python_that_fails(self):
        folder = self.python_in("broken", "#!/bin/sh\nexit 9\n")
        hidden = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"]
        if run(["-c", "true"], harness.none(), program="/bin/sh", prefix=hidden).status != 0:
            self.skipTest("/proc cannot be hidden here")
        rows = self.study("--python", *QUICK, prefix=hidden, env=harness.none() | {"PATH": f"{folder}:{os.environ['PATH']}"})
        self.assertIn("smaps_rollup", rows["memory"]["error"])
        self.assertIn("could not be measured", rows["memory"]["sentence"])
        self.assertIn("ended with status 9", rows["count_python"]["sentence"])
        self.assertEqual([name for name, row in rows.items() if "error" in row], ["count_python", "memory"])


if __name__ == "__main__":
    harness.main()
