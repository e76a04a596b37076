"""Every call that the program itself makes fails in its turn, reports and the JSON library's memory included.

The program under test is built with the calls wrapped (tests/fault_program.c). Either its answer is the right one, whole, or
it says in a sentence why not, prints nothing, and exits with the documented status.
"""
import errno
import json
import os
import re

import harness
import harness_lists as lists
from harness_lists import gz, new_path, npy, write

PROGRAM = os.path.abspath(os.environ.get("PARSUM_CL_FAULTS") or harness.PROJECT / "build" / "parsum-cl-faults")
LONG = bool(os.environ.get("PARSUM_TEST_LONG"))
VALUES = [i * 7919 % 2003 - 1000 for i in range(2000)]
# What differs from one right table to the next: numbers, units, and the blanks between columns.
TIMES = re.compile(r"[\d.]+(e-?\d+)?( (s|ms|us|ns|[kMGT]?/s))?|-+| +")

MEMORY = ("memory", errno.ENOMEM)
ONCE, EVER_AFTER = 0, 1


class Faults(lists.ListTest):
    @classmethod
    def setUpClass(cls):
        text = b"id,value\n" + b"".join(b"%d,%d\n" % (i, value) for i, value in enumerate(VALUES))
        cls.table, cls.array = write(text, ".csv"), write(npy("i32", VALUES), ".npy")
        cls.packed, cls.partial = write(gz(text), ".csv.gz"), new_path(".partial")
        harness.run(["-q", "--engine=serial", f"--partial={cls.partial}", "1:1001"])
        cls.report = new_path()

    def run_with(self, args, plan, input):
        group, number, error, later = plan
        env = harness.pocl() | {"PARSUM_FAULT": f"{group} {number} {error} {later}", "PARSUM_FAULT_REPORT": self.report}
        given = open(input, "rb") if input else None
        try:
            process = harness.start(args, env, PROGRAM, **({"stdin": given} if input else {}))
            result = harness.finish(process, 60)
        finally:
            if given:
                given.close()
        if group in ("fork", "thread", "socket"):
            self.assertEqual(harness.marked_processes(process.mark), [], str(result))
        with open(self.report) as file:
            return result, int(file.read())

    def essence(self, args, text):
        """What of stdout must be the same in every right run: all but times, rates and what follows from them."""
        if "--json" not in args:
            return TIMES.sub("", text) if "compare" in args else text
        report = json.loads(text)
        for row in [report, *report.get("rows", [])]:
            for name in ("seconds", "samples", "speedup"):
                if name in row:
                    row[name] = len(row[name]) if name != "speedup" else None
        return report

    def fail_in_turn(self, args, group, error, later, statuses, input=None):
        """How often a call failed over all runs; the last run met no failure."""
        whole, failed = self.run_with(args, (group, 0, 0, 0), input)
        self.assert_status(whole, 0)
        number, total = 0, 0
        while True:
            number += 1 + (0 if LONG else number // 64)
            result, failed = self.run_with(args, (group, number, error, later), input)
            context = f"call {number} of {group} fails (later: {later}): {result}"
            total += failed
            if result.status == 0:
                self.assertEqual(self.essence(args, result.stdout), self.essence(args, whole.stdout), context)
            else:
                self.assertIn(result.status, statuses, context)
                self.assertGreater(failed, 0, context)
                if "could not be written to stdout" not in result.stderr:
                    self.assertEqual(result.stdout, "", context)
                self.assertRegex(result.stderr, r"(?m)^parsum-cl: .{10,}", context)
                self.assertNotRegex(result.stderr, "report this|defect", context)
            if failed == 0:
                self.assertEqual(result.status, 0, context)
                return total

    def test_memory(self):
        for args, input in ((["--engine=serial", "--json", "--stat=all", "1:1001"], None),
                            (["--engine=pthread", "--workers=2", "--column=value", "--json"], "table"),
                            (["--engine=serial", "-q", "--column=2", "-"], "packed"),
                            (["compare", "--engine=serial", "--runs=2", "--json", "1:1001"], None),
                            (["compare", "--engine=serial", "--runs=1", "1:1001"], None),
                            (["merge", "--json"], "partial")):
            for later in (ONCE, EVER_AFTER):
                with self.subTest(args=args, later=later):
                    path = getattr(self, input) if input else None
                    standard = args[-1] == "-"
                    given = [*args, *([path] if path and not standard else [])]
                    # A row of compare that fails is a row with its error, and the others are printed.
                    if args[0] == "compare":
                        self.fail_rows_in_turn(given, later)
                    else:
                        self.assertGreater(self.fail_in_turn(given, *MEMORY, later, {1}, path if standard else None), 5)

    def fail_rows_in_turn(self, args, later):
        number = 0
        whole, _ = self.run_with(args, ("memory", 0, 0, 0), None)
        while True:
            number += 1 + (0 if LONG else number // 64)
            result, failed = self.run_with(args, (*MEMORY[:1], number, MEMORY[1], later), None)
            context = f"call {number} of memory fails: {result}"
            self.assertIn(result.status, {0, 1}, context)
            if result.status == 0:
                self.assertEqual(self.essence(args, result.stdout), self.essence(args, whole.stdout), context)
            else:
                self.assertGreater(failed, 0, context)
                self.assertIn("out of memory", result.stderr, context)
            for value in re.findall(r'"value": "(\d+)"', result.stdout):
                self.assertEqual(value, str(sum(i * i for i in range(1, 1001))), context)
            if failed == 0:
                return

    def test_files(self):
        for args in (["--engine=pthread", "--workers=2", "--type=i32", "--format=npy", "array"],
                     ["--engine=serial", "--column=value", "packed"], ["merge", "partial"]):
            args = [*args[:-1], getattr(self, args[-1])]
            for group, error in (("open", errno.EMFILE), ("read", errno.EIO), ("look", errno.EIO)):
                with self.subTest(args=args, group=group):
                    self.assertGreater(self.fail_in_turn(args, group, error, ONCE, {5}), 0)

    def test_a_partial_that_cannot_be_saved(self):
        """The old one stays, and no answer is printed that a caller would take for a success."""
        with open(self.partial, "rb") as file:
            old = file.read()
        args = ["--engine=serial", f"--partial={self.partial}", "1:1001"]
        for group, error in (("open", errno.ENOSPC), ("write", errno.ENOSPC), ("store", errno.EIO),
                             ("close", errno.EIO), ("look", errno.EIO)):
            with self.subTest(group=group):
                self.fail_in_turn(args, group, error, ONCE, {1})
                with open(self.partial, "rb") as file:
                    self.assertEqual(file.read(), old)

    def test_workers(self):
        for engine, group in (("fork", "fork"), ("fork", "socket"), ("pthread", "thread")):
            args = [f"--engine={engine}", "--workers=4", "--verify=none", "--stat=sum", "1:100001"]
            for later in (ONCE, EVER_AFTER):
                for number in range(1, 6):
                    with self.subTest(engine=engine, group=group, number=number, later=later):
                        result, failed = self.run_with(args, (group, number, errno.EAGAIN, later), None)
                        self.assert_said(result, number, failed)

    def assert_said(self, result, number, failed):
        """The first worker refused: no answer; a later one: fewer workers, with a notice; none: no notice."""
        if number == 1:
            self.assert_status(result, 1)
            self.assertRegex(result.stderr, r"limit")
            return
        self.assert_answer(result, "sum\t5000050000\n")
        wanted = rf"only {number - 1} of 4 (processes|threads) could be started"
        (self.assertRegex if failed else self.assertNotRegex)(result.stderr, wanted if failed else "could be started")
        self.assertEqual(failed > 0, number <= 4)
        self.assertIn(f", {min(number - 1, 4)} worker", result.stderr)


if __name__ == "__main__":
    if not os.access(PROGRAM, os.X_OK):
        raise SystemExit(f"{PROGRAM}: no such program; build it, or name it in PARSUM_CL_FAULTS")
    harness.main()
