"""Verification: what is checked against what, how that is said, and what a mismatch does."""
import os
import re
import unittest

import harness
from harness import CPU_ENGINES, STATISTICS, expected, expected_lines, moments, run


class Methods(harness.ProgramTest):
    def assert_method(self, args, method, ok):
        result = run(["--json", *args])
        self.assert_status(result, 0)
        self.assertEqual(result.json()["verified"], {"method": method, "ok": ok}, args)
        return result

    def test_each_method_on_each_engine(self):
        inputs = ["-1000:2000:3", "18446744073709551000:18446744073709551616:5", "7:3"]
        for engine in (*CPU_ENGINES, "opencl"):
            for method, ok in (("reference", True), ("closed-form", True), ("none", None)):
                with self.subTest(engine=engine, method=method):
                    args = [f"--engine={engine}", f"--verify={method}", "--stat=all", "--", *inputs]
                    result = self.assert_method(args, method, ok)
                    self.assert_results(result.json()["results"], expected(moments(inputs)))

    def test_both_methods_agree_at_the_limits(self):
        for inputs in (["-9223372036854775808:18446744073709551616:18446744073709551617"],
                       ["18446744073709551000:18446744073709551616"],
                       ["-9223372036854775808:18446744073709551616:100000000000007"], ["5:1"], ["-1:0"]):
            for method in ("reference", "closed-form"):
                result = run(["--engine=pthread", f"--verify={method}", "--stat=all", "--", *inputs])
                self.assert_answer(result, expected_lines(inputs))

    def test_auto_takes_the_reference_up_to_a_billion_elements(self):
        self.assert_method(["--engine=pthread", "1:1000000001"], "reference", True)
        self.assert_method(["--engine=pthread", "--verify=auto", "1:1000000002"], "closed-form", True)
        self.assert_method(["--engine=opencl", "1:1000"], "reference", True)

    def test_auto_counts_elements_not_bounds(self):
        self.assert_method(["--engine=pthread", "0:18446744073709551615:1000000000000000"], "reference", True)

    def test_stderr_says_the_method(self):
        for method, said in (("reference", r"(?i)reference"), ("closed-form", r"(?i)closed[- ]form"),
                             ("none", r"(?i)\bnot verified|unverified|\bnone\b")):
            result = run(["--engine=serial", f"--verify={method}", "1:1001"])
            self.assert_answer(result, "sumsq\t333833500\n")
            self.assertRegex(result.stderr, said)

    def test_compare_takes_the_method_too(self):
        for method, ok in (("closed-form", True), ("none", None)):
            report = run(["compare", "--json", "--runs=1", f"--verify={method}", "1:1001"], harness.none()).json()
            rows = {row["engine"]["name"]: row for row in report["rows"] if "error" not in row}
            for name in CPU_ENGINES:
                self.assertEqual(rows[name]["verified"], {"method": method, "ok": ok}, name)


@unittest.skipUnless(os.access(harness.TEST_ENGINES_PROGRAM, os.X_OK),
                     f"{os.path.basename(harness.TEST_ENGINES_PROGRAM)} is not built")
class Mismatches(harness.ProgramTest):
    """The engines `wrong` and `null` give wrong answers, which verification must keep from stdout."""
    RANGE = "1:10001"

    def program(self, *args):
        return run(list(args), program=harness.TEST_ENGINES_PROGRAM)

    def assert_caught(self, result, right, wrong):
        self.assert_status(result, 3)
        self.assertEqual(result.stdout, "")
        self.assertIn(right, result.stderr)
        self.assertIn(wrong, result.stderr)

    def test_a_wrong_default_answer(self):
        right = expected(moments([self.RANGE]))["sumsq"].text
        unverified = self.program("--engine=wrong", "--verify=none", "-q", self.RANGE)
        self.assert_status(unverified, 0)
        wrong = unverified.stdout.strip()
        self.assertRegex(wrong, r"^-?\d+$")
        self.assertNotEqual(wrong, right)
        for method in ("auto", "reference", "closed-form"):
            for form in ([], ["--json"], ["-q"]):
                with self.subTest(method=method, form=form):
                    result = self.program("--engine=wrong", f"--verify={method}", *form, self.RANGE)
                    self.assert_caught(result, right, wrong)

    def test_every_wrong_statistic(self):
        answers = expected(moments([self.RANGE]))
        wrong_ones = 0
        for engine in ("wrong", "null"):
            for name in STATISTICS:
                unverified = self.program(f"--engine={engine}", "--verify=none", "-q", f"--stat={name}", self.RANGE)
                self.assert_status(unverified, 0)
                value = unverified.stdout.strip()
                for method in ("reference", "closed-form"):
                    with self.subTest(engine=engine, statistic=name, method=method):
                        result = self.program(f"--engine={engine}", f"--verify={method}", f"--stat={name}",
                                              self.RANGE)
                        if value != answers[name].text:
                            wrong_ones += 1
                            self.assert_status(result, 3)
                            self.assertEqual(result.stdout, "")
                        else:
                            self.assertIn(result.status, (0, 3))
        self.assertGreater(wrong_ones, 4)

    def test_one_wrong_statistic_keeps_back_all(self):
        result = self.program("--engine=wrong", "--stat=all", self.RANGE)
        self.assert_status(result, 3)
        self.assertEqual(result.stdout, "")

    def test_a_wrong_engine_on_a_long_list(self):
        """Above a billion elements the closed form is what catches it; `null` makes such a list cheap."""
        text = "1:2000000001"
        result = self.program("--engine=null", text)
        self.assert_status(result, 3)
        self.assertEqual(result.stdout, "")
        self.assertIn(expected(moments([text]))["sumsq"].text, result.stderr)

    def test_right_engines_stay_right_in_this_program(self):
        result = self.program("--engine=pthread", "--stat=all", self.RANGE)
        self.assert_answer(result, expected_lines([self.RANGE]))

    def test_the_sentence_on_a_mismatch_is_plain(self):
        result = self.program("--engine=wrong", self.RANGE)
        numbers = set(re.findall(r"\d{6,}", result.stderr))
        self.assertGreaterEqual(len(numbers), 2, f"both values: {result}")


if __name__ == "__main__":
    harness.main()
