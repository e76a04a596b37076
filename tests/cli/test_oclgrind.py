"""The check by the simulator oclgrind can fail: kernels with a race, an uninitialised read or a stray write are caught.

Each runs through with_opencl.py, as the device tests do. Its exit status 1 means that the simulator complained; a wrong
answer alone would end with the program's own status, 3 or 6.
"""
import os
import pathlib
import shutil
import subprocess
import sys

import harness

KERNELS = pathlib.Path(os.environ.get("PARSUM_TEST_KERNELS") or harness.PROJECT / "kernels")


class Oclgrind(harness.ProgramTest):
    @classmethod
    def setUpClass(cls):
        harness.oclgrind()      # skips where there is none

    def run_checked(self, name, replacements, *options):
        """The program on the simulator, with the kernels changed as replacements say: {file: [(from, to), ...]}."""
        folder = harness.scratch() / name
        shutil.copytree(KERNELS, folder)
        for file, changes in replacements.items():
            text = (folder / file).read_text()
            for old, new in changes:
                self.assertEqual(text.count(old), 1, f"{file} was to have one place of {old!r}")
                text = text.replace(old, new)
            (folder / file).write_text(text)
        command = [sys.executable, harness.HERE / "with_opencl.py", "oclgrind", harness.PROGRAM, "--device=gpu",
                   "--work-group-size=4", "--json", f"--kernel-dir={folder}", *options, "1:101"]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    def assert_caught(self, result, complaint):
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertRegex(result.stdout, f"(?i){complaint}")

    def test_the_kernels_as_they_are(self):
        for name, options in (("as-is-all", ["--stat=all"]), ("as-is-squares", [])):
            result = self.run_checked(name, {}, *options)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            self.assertIn('"338350"', result.stdout)

    def test_no_barrier_in_the_tree(self):
        end_of_loop = "        }\n        barrier(CLK_LOCAL_MEM_FENCE);\n    }\n}"
        result = self.run_checked("no-barrier-in-tree",
                                  {"reduction.cl": [(end_of_loop, "        }\n    }\n}")]}, "--stat=all")
        self.assert_caught(result, "race")

    def test_no_barrier_before_the_tree(self):
        before = "    barrier(CLK_LOCAL_MEM_FENCE);\n    for (uint width"
        result = self.run_checked("no-barrier-before-tree", {"reduction.cl": [(before, "    for (uint width")]})
        self.assert_caught(result, "race")

    def test_an_uninitialised_read(self):
        """Zeros happen to be there on the simulator: the answer is right, and it is caught all the same."""
        result = self.run_checked("uninitialised", {"range.cl": [("        own_bins[bin] = 0UL;", "        ;")]})
        self.assert_caught(result, "uninitialized")
        self.assertIn('"338350"', result.stdout)

    def test_a_write_beyond_the_buffer(self):
        store = "bins[get_group_id(0) * PS_BINS + bin] = scratch[bin];"
        stray = store + " bins[get_num_groups(0) * PS_BINS * 1000] = 0UL;"
        result = self.run_checked("stray-write", {"range.cl": [(store, "{ " + stray + " }")]})
        self.assert_caught(result, "invalid write")
        self.assertIn('"338350"', result.stdout)


if __name__ == "__main__":
    harness.main()
