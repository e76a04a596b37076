"""The CPU engines under valgrind's memcheck: every access, every branch on memory that was never written, every block left.

memcheck knows no AVX-512, so it runs the AVX2 path (with PARSUM_TEST_LONG=1 the portable one, too). Workers of fork are traced.
"""
import os
import shutil
import sys

import harness
import harness_lists as lists
from harness_lists import gz, new_path, npy, raw, write

LONG = bool(os.environ.get("PARSUM_TEST_LONG"))
VALGRIND = shutil.which("valgrind")
CANARY = os.path.abspath(os.environ.get("PARSUM_VALGRIND_CANARY") or harness.PROJECT / "build" / "tests" / "valgrind_canary")
MISTAKES = 99       # no status of the program
OPTIONS = ["-q", f"--error-exitcode={MISTAKES}", "--trace-children=yes", "--leak-check=full", "--show-leak-kinds=definite",
           "--errors-for-leak-kinds=definite", "--track-origins=no"]


class Valgrind(lists.ListTest):
    def run_checked(self, args, isa, input=None):
        env = harness.base_environment(OCL_ICD_VENDORS="/nonexistent", PARSUM_ISA=isa)
        result = harness.run(args, env, 120, input, prefix=[VALGRIND, *OPTIONS])
        self.assertNotEqual(result.status, MISTAKES, str(result))
        self.assertNotRegex(result.stderr, r"(?m)^==\d+==", str(result))
        return result

    def isas(self):
        return [isa for isa in (("avx2", "portable") if LONG else ("avx2",))
                if harness.run(["--engine=serial", "1:3"], harness.base_environment(PARSUM_ISA=isa)).status == 0] or ["portable"]

    def test_answers(self):
        numbers = list(range(-500, 777))
        total = sum(numbers)
        text = "".join(f"{number}\n" for number in numbers).encode()
        table = write(b"a,b\n" + b"".join(b'"x,y",%d\n' % number for number in numbers), ".csv")
        packed = [write(gz(text), ".gz")]
        if shutil.which("zstd"):
            packed.append(write(lists.zstd(text), ".zst"))
        inputs = [["--", "-500:777"], [write(npy("i16", numbers))], [write(npy("f64", numbers))], [write(npy("f32", numbers))],
                  ["--type=i64", write(raw("i64", numbers))], [write(text)], ["--column=b", table], *([path] for path in packed)]
        for isa in self.isas():
            for i, engine in enumerate(harness.CPU_ENGINES):
                for args in inputs if LONG else inputs[i::3]:
                    with self.subTest(isa=isa, engine=engine, args=args):
                        result = self.run_checked([f"--engine={engine}", "--workers=2", "--chunk=300", "--stat=sum",
                                                   "--verify=reference", *args], isa)
                        self.assert_answer(result, f"sum\t{total}\n")
                with self.subTest(isa=isa, engine=engine, args="-"):
                    result = self.run_checked([f"--engine={engine}", "--workers=2", "-q", "--stat=all", "-"], isa, text)
                    self.assert_status(result, 0)

    def test_partials_reports_and_refusals(self):
        isa, partial, damaged = self.isas()[0], new_path(), write(b"1 2\n3 x\n")
        self.assert_status(self.run_checked(["--engine=serial", "--stat=all", f"--partial={partial}", "1:1001"], isa), 0)
        self.assert_status(self.run_checked(["merge", "--json", partial, partial], isa), 0)
        self.assert_status(self.run_checked(["--engine=pthread", "--stat=dot", *[write(npy("f64", [0.5] * 999))] * 2], isa), 0)
        for style in ("--json", "--csv", "--markdown") if LONG else ("--json",):
            self.assert_status(self.run_checked(["compare", "--engine=serial", "--runs=1", style, "1:1001"], isa), 0)
        for engine in harness.CPU_ENGINES if LONG else ("fork",):
            self.assert_status(self.run_checked([f"--engine={engine}", damaged], isa), 5)
        self.assert_status(self.run_checked(["--engien=serial"], isa), 2)
        self.assert_status(self.run_checked(["merge", damaged], isa), 5)

    def test_it_can_fail(self):
        """The mistake of a worker is seen, though the program that forked it ends well."""
        result = harness.run([], harness.base_environment(), program=CANARY, prefix=[VALGRIND, *OPTIONS])
        self.assertRegex(result.stderr, r"(?m)^==\d+== .*uninitialised")


if __name__ == "__main__":
    if VALGRIND is None:
        print("valgrind is not installed")
        sys.exit(77)
    harness.main()
