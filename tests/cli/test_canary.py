"""The canary: a kernel that is right, and that the compiler of PoCL 3.1 gets wrong without a word. The self-test catches it."""
import os
import pathlib
import shutil
import unittest

import harness
from harness import expected_lines, run

KERNELS = pathlib.Path(os.environ.get("PARSUM_TEST_KERNELS") or harness.PROJECT / "kernels")
RANGE = "1:1001"


class Canary(harness.ProgramTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = harness.scratch() / "canary"
        shutil.copytree(KERNELS, cls.folder)
        text = (cls.folder / "range.cl").read_text()
        end = "    reduce_and_store(bins, scratch, 1);\n"
        if text.count(end) != 1:
            raise AssertionError("range_moments does not end as the canary thinks")
        tree = (harness.PROJECT / "tests" / "canary" / "doubling_tree.cl").read_text()
        (cls.folder / "range.cl").write_text(text.replace(end, tree))

    def run_canary(self, *options, env=None, prefix=()):
        return run([*options, f"--kernel-dir={self.folder}", "--stat=all", RANGE], env or harness.pocl(), 120,
                   prefix=prefix)

    def require_pocl_3_1(self):
        driver = harness.devices(harness.pocl())[0]["driver"]
        if not driver.startswith("3.1"):
            raise unittest.SkipTest(f"PoCL {driver} may compile it right")

    def test_the_self_test_catches_it(self):
        self.require_pocl_3_1()
        for size in (16, 32, 64):
            for method in ("none", "reference"):
                result = self.run_canary("--device=0:0", f"--work-group-size={size}", f"--verify={method}")
                self.assert_status(result, 6)
                self.assertEqual(result.stdout, "")
                self.assertIn("failed its self-test: the minimum or maximum of", result.stderr)

    def test_the_list_of_devices_says_so(self):
        self.require_pocl_3_1()
        result = run(["devices", "--test", "--json", f"--kernel-dir={self.folder}"])
        self.assert_status(result, 6)
        self.assertEqual([device["self_test"] for device in result.json()["devices"]], [False])

    def test_where_no_device_was_asked_for_another_answers(self):
        self.require_pocl_3_1()
        result = self.run_canary()
        self.assert_answer(result, expected_lines([RANGE]))
        self.assertRegex(result.stderr, "using the engine pthread: .* failed its self-test")

    def test_the_kernel_itself_is_right(self):
        """What another compiler makes of it."""
        result = self.run_canary("--device=gpu", "--work-group-size=4", env=harness.none(), prefix=harness.oclgrind())
        self.assert_answer(result, expected_lines([RANGE]))


if __name__ == "__main__":
    harness.main()
