"""Bad input, the option table, and how the program behaves towards its standard streams."""
import os
import pty
import re
import signal
import threading
import time

import harness
from harness import CPU_ENGINES, DEFAULT_ANSWER, STATISTICS, run

SERIAL = ["--engine=serial"]
A_RANGE = r"A:B|\d+:\d+"            # any right spelling of a range will do as the nearest one
A_POSITIVE_NUMBER = r"[1-9]"
ANY_STATISTIC = r"\b(" + "|".join(STATISTICS) + r"|all)\b"
ANY_ENGINE = r"\b(auto|serial|pthread|fork|opencl)\b"

# Arguments, the offending text as it must be named, and a pattern of right spellings that must be named too.
BAD_INPUT = [
    (["1:x"], "1:x", A_RANGE),
    (["x:1"], "x:1", A_RANGE),
    (["1:2:x"], "1:2:x", A_RANGE),
    (["1:"], "1:", A_RANGE),
    ([":5"], ":5", A_RANGE),
    (["1:2:3:4"], "1:2:3:4", A_RANGE),
    (["1.5:3"], "1.5:3", A_RANGE),
    (["1:10:0"], "1:10:0", A_RANGE + r"|[Ss][Tt][Ee][Pp]"),
    (["1:10:-1"], "1:10:-1", A_RANGE + r"|[Ss][Tt][Ee][Pp]"),
    (["1:11", "1:y", "1:12"], "1:y", A_RANGE),
    (["0:18446744073709551617"], "0:18446744073709551617", r"18446744073709551615|2\^64|0:18446744073709551616"),
    (["1:10:18446744073709551616:"], "1:10:18446744073709551616:", A_RANGE),
    (["18446744073709551616:18446744073709551617"], "18446744073709551616", r"18446744073709551615|2\^64"),
    (["--", "-9223372036854775809:0"], "-9223372036854775809", r"-9223372036854775808|-2\^63"),
    (["99999999999999999999999999:99999999999999999999999999999"], "99999999999999999999999999",
     r"18446744073709551615|2\^64"),
    (["--engnie=serial", "1:10"], "--engnie", r"--engine"),
    (["--wrokers=2", "1:10"], "--wrokers", r"--workers"),
    (["--verfy=none", "1:10"], "--verfy", r"--verify"),
    (["--statt=sum", "1:10"], "--statt", r"--stat\b"),
    (["--stat=sumq", "1:10"], "sumq", r"\bsumsq\b"),
    (["--stat=sum,maen", "1:10"], "maen", r"\bmean\b"),
    (["--stat=Sum", "1:10"], "Sum", r"\bsum\b"),
    (["--stat=xyzzy", "1:10"], "xyzzy", ANY_STATISTIC),
    (["--stat=", "1:10"], "--stat", ANY_STATISTIC),
    (["--engine=pthreads", "1:10"], "pthreads", r"\bpthread\b"),
    (["--engine=openlc", "1:10"], "openlc", r"\bopencl\b"),
    (["--engine=xyzzy", "1:10"], "xyzzy", ANY_ENGINE),
    (["--engine=null", "1:10"], "null", ANY_ENGINE),
    (["--engine=wrong", "1:10"], "wrong", ANY_ENGINE),
    (["--verify=refrence", "1:10"], "refrence", r"\breference\b"),
    (["--verify=closedform", "1:10"], "closedform", r"\bclosed-form\b"),
    (["--progress=sometimes", "1:10"], "sometimes", r"\b(auto|always|never)\b"),
    (["--workers=0", "1:10"], "0", A_POSITIVE_NUMBER),
    (["--workers=-1", "1:10"], "-1", r"--workers=[1-9]|\b(at least|from|than)\b"),
    (["--workers=two", "1:10"], "two", r"--workers=[1-9]|\b(number|integer)\b"),
    (["--workers=2x", "1:10"], "2x", r"--workers=2\b|\b(number|integer)\b"),
    (["--workers=", "1:10"], "--workers", r"--workers=[1-9]|\b(number|integer)\b"),
    (["--workers=99999999999999999999", "1:10"], "99999999999999999999", A_POSITIVE_NUMBER),
    (["--chunk=0", "1:10"], "0", A_POSITIVE_NUMBER),
    (["--chunk=many", "1:10"], "many", r"--chunk=[1-9]|\b(number|integer)\b"),
    (["--runs=0", "1:10"], "0", A_POSITIVE_NUMBER),
    (["--warmup=-1", "1:10"], "-1", r"--warmup=\d|\b(0|at least|from|than)\b"),
    (["--work-group-size=0", "1:10"], "0", A_POSITIVE_NUMBER),
    (["--work-group-size=-8", "1:10"], "-8", r"--work-group-size=[1-9]|\b(at least|from|than)\b"),
]


def shell(redirection, args, env=None):
    """The program with a redirection that only a shell can say, such as a closed stream."""
    return run(args, env, prefix=["sh", "-c", f'exec "$@" {redirection}', "sh"])


class BadInput(harness.ProgramTest):
    def assert_refused(self, args, offending, right):
        result = run(args)
        self.assert_status(result, 2)
        self.assertEqual(result.stdout, "", str(result))
        lines = [line for line in result.stderr.splitlines() if line.strip()]
        self.assertEqual(len(lines), 1, f"one sentence: {result}")
        self.assertIn(offending, lines[0])
        self.assertRegex(lines[0].replace(offending, "", 1), right, f"no right spelling named: {result}")

    def test_one_sentence_names_the_offender_and_the_nearest_right_spelling(self):
        for args, offending, right in BAD_INPUT:
            with self.subTest(args=args):
                self.assert_refused(args, offending, right)

    def test_commands_refuse_alike(self):
        for command in ("sum", "compare"):
            for args, offending, right in [BAD_INPUT[0], BAD_INPUT[15], BAD_INPUT[19], BAD_INPUT[32]]:
                with self.subTest(command=command, args=args):
                    self.assert_refused([command, *args], offending, right)
        self.assert_refused(["devices", "--tset"], "--tset", r"--test")

    def test_a_negative_first_element_needs_two_dashes(self):
        result = run([*SERIAL, "-3:4"])
        self.assert_status(result, 2)
        self.assertEqual(result.stdout, "")
        self.assert_answer(run([*SERIAL, "--", "-3:4"]), "sumsq\t28\n")
        self.assert_answer(run([*SERIAL, "--stat=sum", "--", "-3:0", "4:5", "-1:0"]), "sum\t-3\n")

    def test_dot_needs_two_arrays(self):
        for statistics in ("dot", "sum,dot"):
            result = run([*SERIAL, f"--stat={statistics}", "1:10"])
            self.assert_status(result, 2)
            self.assertEqual(result.stdout, "")
            self.assertIn("dot", result.stderr)

    def test_options_of_files_without_input(self):
        for option in ("--type=i64", "--column=1"):
            result = run([option])
            self.assert_status(result, 2)
            self.assertEqual(result.stdout, "")
            self.assertIn(option.split("=")[0], result.stderr)

    def test_something_that_is_neither_command_nor_file_nor_range(self):
        result = run(["comapre"])
        self.assertIn(result.status, (2, 5), str(result))
        self.assertEqual(result.stdout, "")
        self.assertIn("comapre", result.stderr)

    def test_an_engine_and_a_device_that_contradict_each_other(self):
        for engine in CPU_ENGINES:
            result = run([f"--engine={engine}", "--device=cpu", "1:10"])
            self.assert_status(result, 2)
            self.assertEqual(result.stdout, "")

    def test_a_work_group_above_the_maximum(self):
        result = run(["--engine=opencl", "--work-group-size=1000000", "1:10"])
        self.assert_status(result, 2)
        self.assertEqual(result.stdout, "")
        self.assertIn("1000000", result.stderr)
        self.assertRegex(result.stderr.replace("1000000", ""), r"[1-9]\d+", "the maximum is not named")

    def test_nothing_crashes_on_odd_arguments(self):
        long = "9" * 5000
        odd = ["", ":", "::", "1:2:", "-", "--", "---", "-:-", "+", "1 :2", "\u00e9:1", "1\n:2", "%s%n:1",
               f"1:{long}", f"{long}:1", f"1:10:{long}", f"--workers={long}", f"--engine={long}",
               f"--device={long}", "--stat=" + "sum," * 2000 + "x"]
        for text in odd:
            with self.subTest(text=text[:40]):
                result = run([*SERIAL, "--verify=none", text, "1:3"], input=b"")
                self.assertGreaterEqual(result.status, 0, f"ended by a signal: {result}")
                if result.status != 0:
                    self.assertEqual(result.stdout, "")
                    self.assertNotEqual(result.stderr, "")

    def test_a_range_with_an_enormous_bound_but_few_elements(self):
        result = run([*SERIAL, "--stat=count,sum", f"3:{10**400}:{10**400}"])
        self.assert_answer(result, "count\t1\nsum\t3\n")


class Options(harness.ProgramTest):
    def test_help(self):
        texts = []
        for args in (["--help"], ["sum", "--help"], ["compare", "--help"], ["devices", "--help"]):
            result = run(args)
            self.assert_status(result, 0)
            self.assertEqual(result.stderr, "")
            self.assertIn("parsum-cl", result.stdout)
            texts.append(result.stdout)
        for command in ("sum", "compare", "devices"):
            self.assertIn(command, texts[0])
        for option in ("--stat", "--engine", "--device", "--workers", "--chunk", "--work-group-size", "--no-fp64", "--verify",
                       "--runs", "--warmup", "--json", "--csv", "--markdown", "-q", "--progress", "--kernel-dir",
                       "--help", "--version", "--test"):
            self.assertIn(option, "".join(texts), f"{option} is not explained")

    def test_version(self):
        result = run(["--version"])
        self.assert_status(result, 0)
        self.assertRegex(result.stdout.splitlines()[0], r"parsum.* \d+\.\d+")
        self.assertEqual(result.stderr, "")

    def test_the_default_input_is_said(self):
        for args in (SERIAL, ["compare", "--runs=1", "--warmup=0"]):
            result = run(args)
            self.assert_status(result, 0)
            self.assertIn("1:100000000", result.stderr)

    def test_stderr_says_what_really_ran(self):
        device = harness.devices(harness.pocl())[0]
        result = run(["--engine=opencl", "--verify=reference", "1:1000000"])
        self.assert_status(result, 0)
        self.assertEqual(result.stdout, "sumsq\t333332833333500000\n")
        for word in ("opencl", device["name"], "reference"):
            self.assertIn(word, result.stderr)
        self.assertRegex(result.stderr, r"\d ?(ns|us|µs|ms|s)\b", "no time")
        self.assertRegex(result.stderr, r"/ ?s\b|a second|per second", "no rate")
        for engine in CPU_ENGINES:
            result = run([f"--engine={engine}", "--workers=2", "1:1000000"])
            self.assertIn(engine, result.stderr)

    def test_runs_and_warmup(self):
        report = run([*SERIAL, "--json", "--runs=3", "--warmup=2", "1:1000"]).json()
        self.assertEqual(len(report["samples"]), 3)
        self.assertEqual(report["results"]["sumsq"]["value"], "332833500")

    def test_verify_and_progress_values(self):
        for option in ("--verify=auto", "--verify=reference", "--verify=closed-form", "--verify=none",
                       "--progress=auto", "--progress=always", "--progress=never", "--warmup=0"):
            self.assert_answer(run([*SERIAL, option, "1:11"]), "sumsq\t385\n")

    def test_progress_is_shown_when_asked(self):
        """A long run on a stream that is no terminal: `always` says more on stderr than `never` does."""
        arguments = ["--engine=serial", "--verify=none", "1:1000000000000"]
        processes = {when: self.start([f"--progress={when}", *arguments]) for when in ("always", "never")}
        time.sleep(3)
        said = {}
        for when, process in processes.items():
            process.terminate()
            said[when] = harness.finish(process, 10)
            self.assertEqual(said[when].stdout, "")
        self.assertGreater(len(said["always"].stderr), len(said["never"].stderr))


class Streams(harness.ProgramTest):
    COMMANDS = (["--engine=pthread", "1:11"], ["--json", *SERIAL, "1:11"], ["--help"], ["--version"],
                ["devices"], ["devices", "--json"], ["compare", "--runs=1", "1:1000"],
                ["--engine=opencl", "1:11"])

    def test_a_full_disk(self):
        for args in self.COMMANDS:
            with self.subTest(args=args):
                result = shell(">/dev/full", args)
                self.assert_status(result, 1)
                self.assertIn("No space left on device", result.stderr)

    def test_a_closed_stdout(self):
        # Files that the OpenCL runtime opens must not end up as standard output either.
        for args in self.COMMANDS:
            with self.subTest(args=args):
                result = shell(">&-", args)
                self.assert_status(result, 1)
                self.assertNotEqual(result.stderr, "")

    def test_a_reader_that_is_gone(self):
        for args in (["--engine=pthread", "1:11"], ["--help"], ["compare", "--runs=1", "1:1000"]):
            with self.subTest(args=args):
                reader, writer = os.pipe()
                os.close(reader)
                result = run(args, stdout=writer)
                os.close(writer)
                self.assertEqual(result.status, -signal.SIGPIPE, f"not ended by SIGPIPE: {result}")

    def test_a_reader_that_is_gone_with_sigpipe_ignored(self):
        reader, writer = os.pipe()
        os.close(reader)
        result = run([*SERIAL, "1:11"], prefix=["sh", "-c", 'trap "" PIPE; exec "$@"', "sh"], stdout=writer)
        os.close(writer)
        self.assert_status(result, 1)
        self.assertIn("Broken pipe", result.stderr)

    def test_answers_alone_go_to_stdout(self):
        result = run(["--engine=fork", "--stat=sum,count"])
        self.assert_answer(result, "sum\t4999999950000000\ncount\t99999999\n")
        self.assertNotEqual(result.stderr, "")

    def test_a_closed_stdin(self):
        self.assert_answer(shell("<&-", ["--engine=fork"]), DEFAULT_ANSWER)
        self.assert_answer(shell("<&-", ["--engine=opencl"]), DEFAULT_ANSWER)

    def terminal_output(self, args, env):
        """Everything that the program writes to a terminal that is its stdout and its stderr."""
        try:
            master, terminal = pty.openpty()
        except OSError as reason:
            self.skipTest(f"no pseudo-terminal here: {reason}")
        process = self.start(args, env, stdout=terminal, stderr=terminal)
        os.close(terminal)
        guard = threading.Timer(60, harness.end, [process])
        guard.start()
        self.addCleanup(guard.cancel)
        written = b""
        while True:
            try:
                data = os.read(master, 65536)
            except OSError:     # the other side is closed
                break
            if not data:
                break
            written += data
        os.close(master)
        self.assertEqual(process.wait(60), 0, written)
        return written.decode()

    def test_no_color(self):
        env = harness.pocl() | {"NO_COLOR": "1", "TERM": "xterm-256color"}
        for args in ([*SERIAL, "1:11"], ["compare", "--runs=1", "1:1000"], ["devices", "--test"]):
            with self.subTest(args=args):
                written = self.terminal_output(args, env)
                self.assertTrue(written)
                self.assertIsNone(re.search(r"\x1b\[[0-9;]*m", written), repr(written))

    def test_no_escapes_without_a_terminal(self):
        for args in ([*SERIAL, "1:11"], ["compare", "--runs=1", "1:1000"], ["devices"]):
            result = run(args, harness.pocl() | {"TERM": "xterm-256color"})
            self.assert_status(result, 0)
            self.assertNotIn("\x1b", result.stdout + result.stderr)


if __name__ == "__main__":
    harness.main()
