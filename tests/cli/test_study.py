"""The study's answers: JSON, text, one CPU, bad options, and what the system refuses."""
import os
import pathlib
import re
import resource
import time

import harness
from harness import run
from harness_study import LONG, QUICK, ROWS, StudyTest, preloaded

KEYS = {"name", "thread", "process", "serial", "unit", "sentence"}


def cpu_seconds_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Report(StudyTest):
    def test_json(self):
        cpus = len(os.sched_getaffinity(0))
        calm = os.getloadavg()[0] < 0.5 * cpus
        begin, used_before = time.monotonic(), cpu_seconds_of_children()
        result = run(["study", "--json", "--progress=always"], harness.none())
        seconds, used = time.monotonic() - begin, cpu_seconds_of_children() - used_before
        self.assert_status(result, 0)
        self.assertRegex(result.stderr, r"^(\r\x1b\[K *[\d.]+ %  \d+ s left)+\r\x1b\[K$")
        report = result.json()
        self.assertEqual((report["schema"], report["command"]), ("parsum/1", "study"))
        self.assertEqual([row["name"] for row in report["rows"]], ROWS)
        for row in report["rows"]:
            with self.subTest(row["name"]):
                self.assertLessEqual(KEYS, set(row))
                for side in ("thread", "process", "serial"):
                    self.assertIsInstance(row[side], dict)
                self.assertNotIn("error", row)
                self.assertTrue(row["thread"] and row["process"], row)
                self.assertRegex(row["sentence"], r"^[A-Z0-9].*\.$")
                self.assertNotIn("  ", row["sentence"])
                self.assertGreater(len(row["method"]), 40)
        # The contract's limit of the default settings is for a machine that does nothing else. On any other it is that of the
        # CPU time, as two CPUs would have it, or many that share the rows.
        self.assertLess(used, 10 * max(2, cpus / 8))
        if calm:
            self.assertLess(seconds, 10)

    def test_text(self):
        result = run(["study", *QUICK], harness.none())
        self.assert_status(result, 0)
        self.assertEqual(result.stderr, "")
        self.assertEqual(len(re.findall(r"^\d\. ", result.stdout, re.M)), len(ROWS))
        self.assertEqual(len(re.findall(r"^  => ", result.stdout, re.M)), len(ROWS))
        self.assertRegex(result.stdout, r"(?m)^ +1  #+ [\d.]+\n +=+ [\d.]+$")
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 80)

    def test_one_cpu(self):
        rows = self.study("--tasks=4", "--workers=2", prefix=["taskset", "-c", str(min(os.sched_getaffinity(0)))])
        for name in ("count", "scaling"):
            self.assertIn("There is 1 CPU", rows[name]["sentence"])
        for side in ("thread", "process"):
            self.assertLess(rows["count"][side]["cpus"], 1.05)


class Usage(StudyTest):
    def test_bad_options(self):
        for args, word in (
                (["--tasks=0"], "'0'"), (["--tasks=-1"], "'-1'"), (["--tasks=x"], "'x'"), (["--tasks=1000001"], "1000000"),
                (["--tasks="], "--tasks=N"), (["--count=0"], "'0'"), (["--count=1e6"], "'1e6'"),
                (["--count=99999999999999999999"], "99999999999999999999"), (["--workers=0"], "'0'"),
                (["--html="], "--html=FILE"), (["--python=3"], "--python"), (["--taks=3"], "--tasks"),
                (["1:100"], "'1:100'"), (["--stat=sum"], "--stat"), (["--csv"], "--csv"), (["--device=gpu"], "--device")):
            with self.subTest(args):
                result = run(["study", *args], harness.none())
                self.assert_status(result, 2)
                self.assertEqual(result.stdout, "")
                self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                self.assertIn(word, result.stderr)

    def test_its_options_go_with_no_other_command(self):
        for option in ("--tasks=2", "--count=2", "--python", "--html=x"):
            for command in ("sum", "compare", "devices"):
                result = run([command, option], harness.none())
                self.assert_status(result, 2)
                self.assertIn("parsum-cl study", result.stderr)

    def test_the_tables_name_it(self):
        self.assertRegex(run(["--help"], harness.none()).stdout, r"parsum-cl study +\[OPTIONS\]")
        for args in (["study", "--help"], ["--generate=man"], ["--generate=bash"]):
            text = run(args, harness.none()).stdout.replace("\\-", "-")
            for word in ("study", "--tasks", "--count", "--python", "--html"):
                self.assertIn(word, text, args)

    def test_a_page_that_cannot_be_written(self):
        """Known before anything is measured: with so much to count nothing else would end."""
        for path, why in ((harness.scratch() / "no" / "page.html", "No such file"), (pathlib.Path("/dev/null"), "regular"),
                          (harness.scratch(), "regular")):
            result = run(["study", *LONG, f"--html={path}"], harness.none())
            self.assert_status(result, 1)
            self.assertEqual(result.stdout, "")
            self.assertIn(why, result.stderr)
            self.assertEqual(len(result.stderr.splitlines()), 1)

    def test_an_answer_that_cannot_be_written(self):
        result = run(["study", *QUICK], harness.none(), prefix=["sh", "-c", 'exec "$@" >/dev/full', "sh"])
        self.assert_status(result, 1)


class Refusals(StudyTest):
    def test_no_more_threads_and_processes(self):
        """A system that gives nine threads and eight processes to every process."""
        most = {"thread": 9, "process": 8}
        rows = self.study("--tasks=12", "--count=1000", "--workers=12",
                          env=preloaded(PARSUM_SHIM_THREADS="9", PARSUM_SHIM_PROCESSES="8"))
        count, create = rows["count"], rows["create"]
        for side, number in most.items():
            self.assertEqual(count[side]["started"], number)
            self.assertNotIn("wall", count[side])
            self.assertIn(f"After {number} of 12 a further {side} could not be started (Resource temp", count["sentence"])
            # The first is not counted.
            self.assertEqual(create[side]["rounds"], number - 1)
        self.assertIn("joining a thread", rows["handback"]["error"])
        for name in ("memory", "isolation", "visibility"):
            self.assertNotIn("error", rows[name], name)
        self.assertIn("could be started", rows["scaling"]["sentence"])

    def test_many_tasks_are_tried_before_they_count(self):
        """What the system refuses is known before anything has counted for hours, in Python as well."""
        rows = self.study("--tasks=100", *LONG, "--workers=1", "--python",
                          env=preloaded(PARSUM_SHIM_THREADS="70", PARSUM_SHIM_PROCESSES="80"))
        for name in ("count", "count_python"):
            row = rows[name]
            self.assertEqual((row["thread"]["started"], row["process"]["started"], row["serial"]), (70, 80, {}), name)
            self.assertIn("After 70 of 100 a further thread could not be started", row["sentence"])
            self.assertIn("After 80 of 100 a further process could not be started", row["sentence"])

    def test_no_threads_at_all(self):
        rows = self.study(*QUICK, env=preloaded(PARSUM_SHIM_THREADS="0"))
        self.assertEqual([name for name, row in rows.items() if "error" in row],
                         [name for name in ROWS if name != "count"])
        self.assertEqual(rows["count"]["thread"]["started"], 0)
        self.assertIn("2 threads are not to be had (Resource temp", rows["count"]["sentence"])
        self.assertGreater(rows["count"]["process"]["wall"], 0)
        self.assertIn("no thread could be started", rows["create"]["error"])
        self.assertIn("by a thread's shared memory", rows["handback"]["error"])

    def test_no_processes_at_all(self):
        rows = self.study(*QUICK, env=preloaded(PARSUM_SHIM_PROCESSES="0"))
        self.assertEqual([name for name, row in rows.items() if "error" in row], ROWS)

    def test_a_million_tasks(self):
        """More than there are process numbers, or than can be started in a while. Every way to say so names both."""
        process = self.start(["study", "--json", "--tasks=1000000", *LONG, "--workers=1"], harness.none())
        result = harness.finish(process)
        self.assert_status(result, 0)
        count = result.json()["rows"][0]
        for word in ("thread", "process", "--tasks"):
            self.assertIn(word, count["sentence"])
        self.assertEqual(harness.marked_processes(process.mark), [])

if __name__ == "__main__":
    harness.main()
