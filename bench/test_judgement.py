"""Proves that the bench finds a loop that was folded into the closed form, and accuses no honest one.

python -m unittest discover -s bench
"""

import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path

import run
from closed_form import sum_of_squares
from judgement import FOLDED, TOLERANCE, judge_rate
from limits import Limits
from rows import RIGHT, WRONG, add_compare, add_result, apply_limits, faults, median_round_ratio

BILLION = "1:1000000000"
ANSWER = str(sum_of_squares(1, 10**9))
CLOSED_FORM_RATE = 3e15  # elements a second of a loop that clang folded
HONEST_RATE = 2.5e10


def multiply_limit(threads, **rates):
    """What multiply_limit prints, with so many squares a second for each loop named."""
    loops = [
        {
            "name": name,
            "instruction": name,
            "square_bits": 32,
            "available": value is not None,
            "squares_per_second": {"samples": [value], "best": value, "median": value},
        }
        for name, value in rates.items()
    ]
    return {"threads": threads, "loops": loops, "read": None}


ONE_THREAD = multiply_limit(1, scalar_low=3e9, sse2=1e10, avx2=2e10, avx512ifma=None)
TWO_THREADS = multiply_limit(2, scalar_low=6e9, sse2=2e10, avx2=4e10, avx512ifma=None)
CPU_DEVICE = {"selector": "0:0", "type": "cpu", "name": "a CPU", "platform": "a platform", "driver": "1"}
GPU_DEVICE = {**CPU_DEVICE, "type": "gpu", "name": "a GPU"}


def engine(name, workers=1, isa=None, devices=()):
    return {"name": name, "workers": workers, "isa": isa, "devices": list(devices)}


def result(of_engine, rate, answer=ANSWER, samples=3, elements=10**9 - 1):
    """What parsum-cl prints of one engine that claims `rate` elements a second."""
    seconds = elements / rate
    return {
        "engine": of_engine,
        "results": {"sumsq": {"value": answer, "exact": True}},
        "verified": {"method": "none", "ok": None},
        "seconds": {"wall": seconds, "setup": 0.001, "transfer": 0.0, "compute": seconds},
        "samples": [seconds] * samples,
    }


def rows_of(*results, opencl_limits=()):
    table = {}
    add_compare(table, BILLION, {"rows": list(results)}, "pocl")
    apply_limits(table, Limits([ONE_THREAD, TWO_THREADS], 2, opencl_limits))
    return table


class JudgementTest(unittest.TestCase):
    def test_the_closed_form_is_flagged(self):
        judged = judge_rate(CLOSED_FORM_RATE, 4e10)
        self.assertTrue(judged.folded)
        self.assertEqual(judged.text, FOLDED)
        self.assertAlmostEqual(judged.share_of_limit, 75000)

    def test_honest_rates_are_not(self):
        for share in (0.01, 0.8, 1.0, 1.2, TOLERANCE):
            self.assertFalse(judge_rate(share * 4e10, 4e10).folded, share)

    def test_one_multiplication_for_two_elements_is_flagged(self):
        self.assertTrue(judge_rate(2 * 4e10, 4e10).folded)
        self.assertTrue(judge_rate(1.26 * 4e10, 4e10).folded)

    def test_no_time_at_all_is_flagged(self):
        self.assertTrue(judge_rate(float("inf"), 4e10).folded)

    def test_without_a_limit_nothing_is_said(self):
        judged = judge_rate(CLOSED_FORM_RATE, None)
        self.assertFalse(judged.folded)
        self.assertEqual(judged.text, "no limit measured")

    def test_a_limit_that_is_none_is_refused(self):
        for limit in (0, -1, float("nan")):
            with self.assertRaises(ValueError):
                judge_rate(1e9, limit)


class RowsTest(unittest.TestCase):
    def test_a_folded_engine_is_flagged_and_its_honest_neighbours_are_not(self):
        table = rows_of(
            result(engine("reference"), 1e9),
            result(engine("serial", 1, "avx2"), 1.5e10),
            result(engine("pthread", 2, "avx2"), CLOSED_FORM_RATE),
            result(engine("fork", 2, "avx2"), HONEST_RATE),
            result(engine("opencl", 1, None, [CPU_DEVICE]), HONEST_RATE),
        )
        folded = [name for name, row in table.items() if row.judgement.folded]
        self.assertEqual(folded, ["pthread 2"])
        found = faults([table])
        self.assertEqual(len(found), 1)
        self.assertIn(FOLDED, found[0])
        self.assertTrue(all(row.answer_verdict == RIGHT for row in table.values()))

    def test_a_folded_reference_serial_or_opencl_row_is_flagged(self):
        for one in (engine("reference"), engine("serial", 1, "portable"), engine("opencl", 1, None, [CPU_DEVICE])):
            (row,) = rows_of(result(one, CLOSED_FORM_RATE)).values()
            self.assertTrue(row.judgement.folded, one["name"])

    def test_each_row_is_judged_by_what_it_may_use(self):
        # 3e10 a second is honest for two workers with AVX2, and nothing that portable C or one worker can multiply.
        cases = ((engine("pthread", 2, "avx2"), False), (engine("pthread", 2, "portable"), True),
                 (engine("serial", 1, "avx2"), True), (engine("pthread", 64, "avx2"), False),
                 (engine("pthread", 2, "unheard-of"), False))  # fmt: skip
        for one, folded in cases:
            (row,) = rows_of(result(one, 3e10)).values()
            self.assertEqual(row.judgement.folded, folded, one)

    def test_a_limit_measured_beside_a_busy_neighbour_accuses_nobody(self):
        disturbed = multiply_limit(2, avx2=1.6e10)
        limits = Limits([ONE_THREAD, disturbed], 2)
        self.assertEqual(limits.of_engine(engine("pthread", 2, "avx2")), 4e10)

    def test_one_folded_sample_among_honest_ones_is_enough(self):
        mixed = result(engine("pthread", 2, "avx2"), HONEST_RATE)
        mixed["samples"].append((10**9 - 1) / CLOSED_FORM_RATE)
        (row,) = rows_of(mixed).values()
        self.assertTrue(row.judgement.folded)

    def test_other_devices_are_judged_by_their_own_limit(self):
        limit = {"platform": "a platform", "name": "a GPU", "squares_per_second": {"best": 1e12}}
        gpu = engine("opencl", 1, None, [GPU_DEVICE])
        for rate, folded in ((5e11, False), (CLOSED_FORM_RATE, True)):
            (row,) = rows_of(result(gpu, rate), opencl_limits=[limit]).values()
            self.assertEqual(row.judgement.folded, folded)
        (row,) = rows_of(result(gpu, 5e11)).values()
        self.assertEqual(row.judgement.text, "no limit measured")

    def test_a_wrong_answer_is_a_fault(self):
        table = rows_of(result(engine("pthread", 2, "avx2"), HONEST_RATE, answer="662921401752298880"))
        self.assertEqual(table["pthread 2"].answer_verdict, WRONG)
        self.assertEqual(len(faults([table])), 1)

    def test_a_folded_or_wrong_row_keeps_no_promise(self):
        reference = result(engine("reference"), 1e9)
        for rate, answer, ratio in ((2e10, ANSWER, 20), (CLOSED_FORM_RATE, ANSWER, None), (2e10, "1", None)):
            table = rows_of(reference, result(engine("pthread", 2, "avx2"), rate, answer))
            found = median_round_ratio(table["reference"], table["pthread 2"])
            self.assertEqual(found and round(found, 6), ratio)

    def test_a_forced_path_that_did_not_run_is_a_fault(self):
        table = {}
        add_result(table, "pthread 2 portable", BILLION, result(engine("pthread", 2, "avx2"), 2e10), "portable")
        self.assertIn("asked for portable, ran avx2", faults([table])[0])

    def test_an_engine_that_fails_is_a_fault_and_not_a_crash(self):
        table = rows_of({"engine": engine("opencl", 1, None, [GPU_DEVICE]), "error": "out of order", "status": 1})
        self.assertIn("out of order", faults([table])[0])


class ClosedFormTest(unittest.TestCase):
    def test_against_the_loop(self):
        for numbers in ((1, 100), (0, 1), (5, 1), (-7, 9, 3), (3, 50, 7), (2**63, 2**63 + 5, 2)):
            self.assertEqual(sum_of_squares(*numbers), sum(i * i for i in range(*numbers)))


FAKE_PROGRAM = """#!{python}
import json, os, sys
RATE, CHEATER = {rate!r}, {cheater!r}
def result(name, workers, text, isa=os.environ.get("PARSUM_ISA", "avx2")):
    start, stop = map(int, text.split(":"))
    answer = (stop - 1) * stop * (2 * stop - 1) // 6
    rate = RATE if name == CHEATER else (1e9 if name == "reference" else 1e10)
    seconds = (stop - start) / rate
    return dict(engine=dict(name=name, workers=workers, isa=isa, devices=[]),
                results=dict(sumsq=dict(value=str(answer), exact=True)),
                seconds=dict(wall=seconds, setup=0.0, transfer=0.0, compute=seconds), samples=[seconds] * 3)
if sys.argv[1] == "devices":
    print(json.dumps(dict(devices=[])))
elif sys.argv[1] == "compare":
    names = (("reference", 1), ("serial", 1), ("pthread", 2), ("fork", 2))
    print(json.dumps(dict(rows=[result(name, workers, sys.argv[-1]) for name, workers in names], machine={{}})))
else:
    options = dict(argument[2:].split("=") for argument in sys.argv if "=" in argument)
    workers = int(options.get("workers", 1))
    print(json.dumps(result(options["engine"], workers, sys.argv[-1])))
"""


class WholeRunTest(unittest.TestCase):
    """run.py itself, with a parsum-cl that prints what it is told to."""

    def run_with(self, rate, cheater="pthread", part="engines"):
        with tempfile.TemporaryDirectory() as folder:
            programs = {
                "parsum-cl": FAKE_PROGRAM.format(python=sys.executable, rate=rate, cheater=cheater),
                "bench/multiply_limit": f"#!{sys.executable}\nimport sys\n"
                f"print({json.dumps(json.dumps(ONE_THREAD))} if '--threads=1' in sys.argv"
                f" else {json.dumps(json.dumps(TWO_THREADS))})\n",
                "bench/process_cost": "#!/bin/false\n",
                "bench/read_limit": "#!/bin/false\n",
            }
            for name, text in programs.items():
                path = Path(folder) / name
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
                path.chmod(0o755)
            printed, markdown = io.StringIO(), Path(folder) / "results.md"
            arguments = ["--quick", f"--only={part}", f"--build={folder}", f"--markdown={markdown}",
                         f"--json={folder}/results.json"]  # fmt: skip
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
                status = run.main(arguments)
            document = json.loads((Path(folder) / "results.json").read_text())
            return status, printed.getvalue(), markdown.read_text(), document

    def test_an_honest_program_passes(self):
        status, printed, markdown, document = self.run_with(rate=1e10)
        self.assertEqual(status, 0, printed)
        self.assertNotIn(FOLDED, printed + markdown)
        self.assertEqual(document["faults"], [])

    def test_a_folded_program_fails_the_run(self):
        for part, cheater in (("engines", "pthread"), ("engines", "reference"), ("linear", "fork")):
            status, printed, markdown, document = self.run_with(CLOSED_FORM_RATE, cheater, part)
            self.assertEqual(status, 1, printed)
            self.assertIn(FOLDED, printed)
            self.assertIn(FOLDED, markdown)
            self.assertTrue(any(FOLDED in fault for fault in document["faults"]))

    def test_without_programs_it_says_what_to_do(self):
        errors = io.StringIO()
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(errors):
            self.assertEqual(run.main([f"--build={folder}"]), 2)
        self.assertIn("build the project first", errors.getvalue())


if __name__ == "__main__":
    unittest.main()
