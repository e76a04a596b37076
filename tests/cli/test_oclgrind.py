"""The check by the simulator oclgrind can fail: kernels with a race, an uninitialised read or a stray write are caught.

Each runs through with_opencl.py, as the device tests do. Its exit status 1 means that the simulator complained; a wrong
answer alone would end with the program's own status, 3 or 6.
"""
import array
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys

import harness

KERNELS = harness.KERNELS
LONG = os.environ.get("PARSUM_TEST_LONG") == "1"
# Every kernel, in its file, and what the program must be asked for to launch it.
KERNEL_OPTIONS = {
    "range_narrow": ("range.cl", ["1:101"]), "range_moments": ("range.cl", ["--stat=all", "1:101"]),
    "array_sum": ("array_sum.cl", ["--type=i32", "i32"]),
    "array_squares_narrow": ("array_squares.cl", ["--stat=sumsq", "--type=i32", "i32"]),
    "array_squares_wide": ("array_squares.cl", ["--stat=sumsq", "--type=i64", "i64"]),
    "array_moments_narrow": ("array_moments.cl", ["--stat=all", "--type=i32", "i32"]),
    "array_moments_wide": ("array_moments.cl", ["--stat=all", "--type=i64", "i64"]),
    "array_products_narrow": ("array_products.cl", ["--stat=dot", "--type=i32", "i32", "i32"]),
    "array_products_wide": ("array_products.cl", ["--stat=dot", "--type=i64", "i64", "i64"]),
    "float_sum": ("float_tiles.cl", ["--stat=sum", "--type=f64", "f64"]),
    "float_squares": ("float_tiles.cl", ["--stat=sumsq", "--type=f64", "f64"]),
    "float_products": ("float_tiles.cl", ["--stat=dot", "--type=f64", "f64", "f64"]),
    "float_moments": ("float_moments.cl", ["--stat=all", "--type=f64", "f64"]),
}
# Statements that are wrong in any kernel, whatever it sums, and do not change its answer: the bins are written over.
BUGS = {
    "race": ("bins[0] = (ulong)get_global_id(0);", "race"),
    "uninitialised": ("if (scratch[get_local_id(0)] == 12345UL) bins[0] = 1UL;", "uninitialized"),
    "stray": ("bins[1000000] = 0UL;", "invalid write"),
}


class Oclgrind(harness.ProgramTest):
    @classmethod
    def setUpClass(cls):
        harness.oclgrind()      # skips where there is none

    def run_checked(self, name, replacements, *options):
        """A sum of squares of 1 to 100, with the kernels changed as replacements say: {file: [(from, to), ...]}."""
        return self.run_inputs(name, replacements, [*options, "1:101"])

    def run_inputs(self, name, replacements, options):
        folder = harness.scratch() / name
        shutil.copytree(KERNELS, folder)
        for file, changes in replacements.items():
            text = (folder / file).read_text()
            for old, new in changes:
                self.assertEqual(text.count(old), 1, f"{file} was to have one place of {old!r}")
                text = text.replace(old, new)
            (folder / file).write_text(text)
        environment = "oclgrind" if re.search(r"^\d+:\d+$", options[-1]) else "oclgrind-threads"
        command = [sys.executable, harness.HERE / "with_opencl.py", environment, harness.PROGRAM, "--device=gpu",
                   "--work-group-size=4", "--json", f"--kernel-dir={folder}", *options]
        return subprocess.run(command, capture_output=True, text=True, timeout=120)

    def assert_caught(self, result, complaint):
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        self.assertRegex(result.stdout, f"(?i){complaint}")

    def test_the_kernels_as_they_are(self):
        for name, options in (("as-is-all", ["--stat=all"]), ("as-is-squares", [])):
            result = self.run_checked(name, {}, *options)
            self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
            self.assertIn('"338350"', result.stdout)

    def lists(self, options):
        """Options with the names of types as files of a few numbers."""
        codes = {"i32": "i", "i64": "q", "f64": "d"}
        for type, code in codes.items():
            values = [7 * i - 90 if type != "f64" else 0.375 * i - 20 for i in range(100)]
            (harness.scratch() / type).write_bytes(array.array(code, values).tobytes())
        return [str(harness.scratch() / option) if option in codes else option for option in options]

    def test_each_kernel_as_it_is(self):
        for name, (_, options) in KERNEL_OPTIONS.items():
            if LONG or name in ("array_moments_wide", "float_products"):    # the device tests have them all
                result = self.run_inputs(f"as-is-{name}", {}, self.lists(options))
                self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def plant(self, name, file, bug):
        """The kernel with the bug as its first statement."""
        text = (KERNELS / file).read_text()
        if file == "float_tiles.cl":        # the kernels of one term are one macro
            place = "clear_float_bins(own_bins, PS_FLOAT_BINS_ONE);"
        else:
            place = re.search(name + r"(\) |\([^{]*)\{\n", text).group()
        return {file: [(place, place.rstrip("\n") + " " + bug + "\n" * place.endswith("\n"))]}

    def test_a_bug_in_any_kernel(self):
        """The report names the kernel: so each of them is run under the checks."""
        cases = []
        for turn, (name, (file, options)) in enumerate(KERNEL_OPTIONS.items()):
            bugs = list(BUGS) if file == "range.cl" else ["race", "stray"]     # with_opencl.py says why
            for bug in bugs if LONG or file == "range.cl" else [bugs[turn % 2]]:
                cases.append((name, bug, self.plant(name, file, BUGS[bug][0]), self.lists(options)))

        def one(case):
            name, bug, replacements, options = case
            return case, self.run_inputs(f"planted-{name}-{bug}", replacements, options)

        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for (name, bug, *_), result in pool.map(one, cases):
                with self.subTest(kernel=name, bug=bug):
                    self.assert_caught(result, BUGS[bug][1])
                    self.assertIn(f"Kernel: {name}", result.stdout)

    def test_every_kernel_is_here(self):
        names = set()
        for file in KERNELS.glob("*.cl"):
            text = file.read_text()
            names |= set(re.findall(r"^\w*KERNEL\w*\((\w+)[),]", text, re.M))
            names |= set(re.findall(r"^__kernel .*void (\w+)\(", text, re.M))
        self.assertEqual(names, set(KERNEL_OPTIONS))

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
