"""Proves that the parts lists, text and floats find wrong answers, unread elements and broken promises, and that the
exact answers they check against are exact.

python -m unittest discover -s bench
"""

import math
import random
import sys
import tempfile
import unittest
from fractions import Fraction
from pathlib import Path
from unittest import mock

import exact_sums
import list_data
import list_memory
import list_work as work
import measure
from exact_sums import answers_of, how_wrong, is_rounded, nearest_double, nearest_root, np, same_number
from list_parts import ListPart, MemoryRow, PythonPeer, apply_ceiling, faults_of_part
from list_report import list_tables
from list_rows import NOT_READ, READ, ListRow, PeerRow
from list_targets import PROMISES, PartPromises, list_targets
from programs import BenchError
from promises import HOLDS, MISSED, NOT_MEASURED
from rows import RIGHT, WRONG

needs_numpy = unittest.skipIf(np is None, "NumPy is not installed")
SEED = 20250101


def exact(values):
    numbers = [Fraction(value) for value in values]
    squares = sum(number * number for number in numbers)
    return sum(numbers), squares, sum(map(abs, numbers)), min(numbers), max(numbers)


def of_sums(sums):
    return sums.sum, sums.sumsq, sums.sumabs, sums.minimum, sums.maximum


@needs_numpy
class ExactSumsTest(unittest.TestCase):
    def setUp(self):
        self.random = np.random.default_rng(SEED)
        self.block, exact_sums.BLOCK = exact_sums.BLOCK, 64  # several blocks, the last one short

    def tearDown(self):
        exact_sums.BLOCK = self.block

    def test_integers_of_every_type_with_their_extremes(self):
        for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"):
            bounds = np.iinfo(name)
            values = self.random.integers(bounds.min, bounds.max, 301, dtype=name, endpoint=True)
            values[:4] = bounds.min, bounds.max, bounds.max, bounds.min
            self.assertEqual(of_sums(exact_sums.sums_of_integers(values)), exact(map(int, values)), name)

    def test_a_whole_block_of_the_largest_magnitude(self):
        """The bound of a block: 2^20 halves of 32 bits in 64."""
        exact_sums.BLOCK = self.block
        values = np.full(self.block + 1, -(2**63), np.int64)
        sums = exact_sums.sums_of_integers(values)
        self.assertEqual(sums.sum, len(values) * -(2**63))
        self.assertEqual(sums.sumsq, len(values) << 126)

    def test_doubles_of_all_exponents_and_signs(self):
        bits = self.random.integers(0, 2**64 - 1, 500, dtype=np.uint64, endpoint=True)
        values = bits.view(np.float64)
        extremes = [0.0, -0.0, 5e-324, -5e-324, 2.0**-1022, 1.7976931348623157e308]
        values = np.concatenate([values[np.isfinite(values)], extremes])
        self.assertEqual(of_sums(exact_sums.sums_of_doubles(values)), exact(map(float, values)))
        other = self.random.permutation(values)
        dot = sum(Fraction(float(a)) * Fraction(float(b)) for a, b in zip(values, other))
        self.assertEqual(exact_sums.dot_of_doubles(values, other), dot)

    def test_a_whole_block_of_full_mantissas(self):
        """The bound of a bin: 2^20 halves of 27 bits are exact in a double."""
        exact_sums.BLOCK = self.block
        value = float(2**53 - 1)
        values = np.full(self.block + 1, value)
        sums = exact_sums.sums_of_doubles(values)
        self.assertEqual((sums.sum, sums.sumsq), (len(values) * int(value), len(values) * int(value) ** 2))
        self.assertEqual(exact_sums.dot_of_doubles(values, values), sums.sumsq)

    def test_floats_are_widened(self):
        values = self.random.standard_normal(200, dtype=np.float32)
        self.assertEqual(of_sums(exact_sums.sums_of_doubles(values)), exact(map(float, values)))

    def test_specials_are_refused(self):
        for special in (np.nan, np.inf, -np.inf):
            with self.assertRaises(ValueError):
                exact_sums.sums_of_doubles(np.array([1.0, special]))

    def test_statistics_of_a_small_list(self):
        answers = answers_of(exact_sums.sums_of_integers(np.array([2, 4, 4, 4, 5, 5, 7, 9])), rounds_sums=False)
        right_answers = {"count": 8, "sum": 40, "sumsq": 232, "min": 2, "max": 9, "mean": 5, "pvar": 4, "psd": 2}
        for name, right in right_answers.items():
            self.assertTrue(same_number(str(right), answers[name]), name)
        self.assertEqual(float.fromhex(answers["var"]), 32 / 7)


class RoundingTest(unittest.TestCase):
    def test_nearest_double(self):
        for value, right in ((Fraction(2**53 + 1), 2.0**53), (Fraction(2**53 + 3), 2.0**53 + 4),
                             (Fraction(10) ** 400, float("inf")), (-(Fraction(10) ** 400), float("-inf")),
                             (Fraction(1, 2**1075), 0.0), (Fraction(3, 2**1075), 1e-323)):  # fmt: skip
            self.assertEqual(nearest_double(value), right)

    def test_nearest_root_lies_between_its_half_neighbours(self):
        numbers = random.Random(SEED)
        for _ in range(300):
            value = Fraction(numbers.getrandbits(200) + 1, numbers.getrandbits(150) + 1)
            root = Fraction(nearest_root(value))
            half = Fraction(math.ulp(float(root))) / 2
            self.assertTrue((root - half) ** 2 <= value <= (root + half) ** 2)
        self.assertEqual((nearest_root(Fraction(0)), nearest_root(Fraction(9, 4))), (0.0, 1.5))
        # One above the square of a midpoint between two doubles: only the sticky bit tells it from the tie.
        midpoint = 2**53 + 1
        self.assertEqual(nearest_root(Fraction(midpoint**2)), 2.0**53)
        for bits in (120, 400):  # within the scaled integer, and in the rest of the division
            self.assertEqual(nearest_root(midpoint**2 + Fraction(1, 2**bits)), 2.0**53 + 2)

    def test_same_number(self):
        self.assertTrue(same_number("55.5", "111/2"))
        self.assertTrue(same_number("0.1", (0.1).hex()))
        self.assertFalse(same_number("0.1", "3602879701896397/36028797018963968"))
        for answer in (None, "none", "", "NaN"):
            self.assertFalse(same_number(answer, "1"), answer)
        self.assertTrue(is_rounded((0.1).hex()))

    def test_how_wrong(self):
        right = 3**60
        self.assertIn("wrapped", how_wrong(str(right % 2**64), str(right)))
        self.assertIn("lost digits: 1", how_wrong(repr(float(right)), str(right)))
        self.assertIn("1 ulp", how_wrong("1.0000000000000002", (1.0).hex()))
        self.assertIn("answered nan", how_wrong("nan", "1"))


@needs_numpy
class DataTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.said = []

    def lists(self):
        return list_data.Lists(self.folder.name, self.said.append)

    def test_every_array_fits_its_answers(self):
        for name, (type_name, _) in list_data.ARRAYS.items():
            data = self.lists().array(name, 2000)
            values = np.load(data.path)
            self.assertEqual((values.dtype.str, len(values)), (type_name, 2000))
            numbers = [Fraction(value.item()) for value in values]
            total = sum(numbers)
            right = str(total) if values.dtype.kind == "i" else nearest_double(total).hex()
            self.assertEqual(data.answers["sum"], right, name)

    def test_a_list_written_afresh_is_the_same_in_a_new_file(self):
        data = self.lists().array("i64", 2000)
        before, bytes_before = data.path.stat(), data.path.read_bytes()
        with open(data.path, "rb") as kept:  # so that its inode is not given away again
            self.lists().write_afresh(data)
            self.assertNotEqual(data.path.stat().st_ino, before.st_ino)
            self.assertEqual((data.path.read_bytes(), kept.read()), (bytes_before, bytes_before))
        self.assertEqual(sorted(path.suffix for path in data.path.parent.iterdir()), [".json", ".npy"])

    def test_doubles_have_all_their_bits_and_spans(self):
        mixed = np.load(self.lists().array("mixed60", 5000).path)
        exponents = np.frexp(mixed)[1]
        self.assertEqual((int(exponents.min()), int(exponents.max())), (0, 59))
        self.assertGreater(int((mixed.view(np.uint64) & np.uint64(1)).sum()), 2000)
        whole = np.load(self.lists().array("full-range", 5000).path)
        self.assertTrue(np.isfinite(whole).all())
        self.assertGreater(int(np.frexp(whole)[1].max()) - int(np.frexp(whole)[1].min()), 1900)

    def test_every_text_fits_its_answers(self):
        for name, digits in (("integers", 19), ("decimals", 17)):
            data = self.lists().text(name, 2000)
            lines = data.path.read_text().split()
            self.assertEqual(len(lines), 2000)
            self.assertEqual(max(len(line.replace(".", "")) for line in lines), digits)
            self.assertEqual(sum(map(Fraction, lines)), Fraction(data.answers["sum"]))
            self.assertEqual(sum(Fraction(line) ** 2 for line in lines), Fraction(data.answers["sumsq"]))

    def test_a_file_is_made_once_and_made_anew_where_it_was_changed(self):
        path = self.lists().array("i64", 100).path
        self.lists().array("i64", 100)
        self.assertEqual(self.said, [f"making {path.name}, once"])
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        path.write_bytes(content)
        self.lists().array("i64", 100)
        self.assertEqual(len(self.said), 2)
        content[-1] ^= 1
        self.assertEqual(path.read_bytes(), bytes(content))

    def test_dot(self):
        lists = self.lists()
        left, right = lists.array("uniform", 500), lists.array("normal", 500)
        terms = zip(np.load(left.path).tolist(), np.load(right.path).tolist())
        exact_dot = sum(Fraction(a) * Fraction(b) for a, b in terms)
        self.assertEqual(lists.dot_answer(left, right), nearest_double(exact_dot).hex())


GB = 10**9
EXPECTED = {"sum": "12345678901234567890123"}
ENGINE = {"name": "pthread", "workers": 2, "isa": "avx2", "devices": []}


def printed(rate, answer=EXPECTED["sum"], engine=None, samples=3):
    """What parsum-cl prints that claims `rate` bytes a second of a list of 1 GB."""
    return {
        "engine": engine or ENGINE,
        "results": {"sum": {"value": answer, "exact": True}},
        "seconds": {"wall": GB / rate, "setup": 0.001, "transfer": 0.0, "compute": GB / rate},
        "samples": [GB / rate] * samples,
    }


def row_of(result, name="sum of i64, pthread", read=3e10, forced_isa=None):
    row = ListRow(name, GB, GB // 8, dict(EXPECTED))
    row.add(result, [read] * 3, forced_isa)
    return row


def part_of(name, *rows):
    part = ListPart(name, rows={row.name: row for row in rows})
    apply_ceiling(part)
    return part


class Run:
    """What the promises and tables ask of a run."""

    def __init__(self, *parts):
        self.cpu_count = 2
        self.limits = self
        self.list_parts = {part.name: part for part in parts}

    def best_path(self):
        return "avx2"


class ListRowsTest(unittest.TestCase):
    def test_an_honest_row_is_no_fault(self):
        row = row_of(printed(2.9e10))
        self.assertEqual((row.judged, row.answer_verdict, row.honest), (READ, RIGHT, True))
        self.assertAlmostEqual(row.share, 2.9 / 3)
        self.assertAlmostEqual(row.median_share, 2.9 / 3)
        self.assertEqual(faults_of_part(part_of("lists", row)), [])

    def test_what_was_not_read_is_a_fault(self):
        for rate, folded in ((3.6e10, False), (3.8e10, True), (1e15, True)):
            row = row_of(printed(rate))
            self.assertEqual(row.judged, NOT_READ if folded else READ)
            self.assertEqual(len(faults_of_part(part_of("lists", row))), folded)
            self.assertEqual(row.honest, not folded)

    def test_reading_beside_a_busy_neighbour_accuses_nobody(self):
        disturbed, calm = row_of(printed(2.9e10), "a", read=1e10), row_of(printed(2.9e10), "b")
        self.assertEqual(disturbed.judged, NOT_READ)
        self.assertEqual(faults_of_part(part_of("lists", disturbed, calm)), [])

    def test_a_wrong_or_missing_answer_is_a_fault(self):
        nothing = printed(1e10)
        nothing["results"] = {}
        for result in (printed(1e10, answer="12345678901234567890122"), nothing):
            row = row_of(result)
            self.assertEqual((row.answer_verdict, row.honest), (WRONG, False))
            self.assertEqual(len(faults_of_part(part_of("lists", row))), 1)

    def test_one_wrong_round_among_right_ones_is_enough(self):
        row = row_of(printed(1e10, answer="1"))
        row.add(printed(1e10), [3e10])
        self.assertEqual(row.answer_verdict, WRONG)

    def test_a_forced_path_that_did_not_run_is_a_fault(self):
        row = row_of(printed(1e10), forced_isa="portable")
        self.assertIn("asked for portable, ran avx2", faults_of_part(part_of("lists", row))[0])

    def test_what_is_not_there_is_one_fault_and_no_crash(self):
        part = ListPart("floats")
        for statistic in ("sum", "sumsq"):
            row = ListRow(work.row_name(statistic, "normal", "pthread"), GB, GB // 8, dict(EXPECTED))
            row.not_there = "ended by signal 11"
            part.rows[row.name] = row
        part.not_there[("pthread", "normal")] = "ended by signal 11"
        self.assertEqual(len(faults_of_part(part)), 1)
        run = Run(part)
        found = [v for v in list_targets(run) if v.what.startswith("sum of normal, pthread, against r")]
        self.assertEqual([(v.verdict, v.note) for v in found], [(NOT_MEASURED, "not there: ended by signal 11")])
        self.assertIn("not there: ended by signal 11", str(list_tables(run)))


class ListPromisesTest(unittest.TestCase):
    def verdict_about(self, part, start):
        verdicts = PROMISES[part.name](PartPromises(Run(part), part))
        (found,) = [verdict for verdict in verdicts if verdict.what.startswith(start)]
        return found.verdict

    def test_shares_of_reading(self):
        for rate, verdict in ((2.86e10, HOLDS), (2.84e10, MISSED), (1e15, NOT_MEASURED)):
            part = part_of("lists", row_of(printed(rate)))
            self.assertEqual(self.verdict_about(part, "sum of i64, pthread, against reading"), verdict)
        part = part_of("lists", row_of(printed(2.9e10, answer="1")))
        self.assertEqual(self.verdict_about(part, "sum of i64, pthread, against reading"), NOT_MEASURED)

    def test_the_median_stands_beside_the_best(self):
        """One round in which reading had the machine to itself, and two in which neither had."""
        row = row_of(printed(2e10), read=2e10)
        row.add(printed(2e10), [2e10] * 3)
        row.add(printed(2e10), [4e10] * 3)
        part = part_of("lists", row)
        (found,) = [v for v in PROMISES["lists"](PartPromises(Run(part), part)) if v.what.startswith("sum of i64, pthread, ag")]
        self.assertEqual((found.measured, found.verdict, found.note), ("0.5 of the limit", MISSED, "1 by the median of rounds"))

    def test_fork_beside_pthread(self):
        for rate, verdict in ((1.81e10, HOLDS), (1.79e10, MISSED)):
            fork = row_of(printed(rate), "sum of i64, fork")
            part = part_of("lists", row_of(printed(2e10)), fork)
            self.assertEqual(self.verdict_about(part, "sum of i64, fork"), verdict)

    def peers(self, name, ratio, answer=EXPECTED["sum"], ours=EXPECTED["sum"]):
        our_name = work.OUR_PIPE if name == work.WC_PIPE else work.OUR_WHOLE
        expected = EXPECTED["sum"]
        return [PeerRow(our_name, "sum of i64", expected, [0.1], [ours]),
                PeerRow(name, "sum of i64", expected, [0.1 * ratio], [answer], [ratio], [ratio])]  # fmt: skip

    def test_peers(self):
        start = f"sum of i64, whole process, against {work.DUCKDB_SUM}"
        for ratio, verdict in ((2.6, HOLDS), (2.4, MISSED)):
            part = ListPart("lists", peers=self.peers(work.DUCKDB_SUM, ratio))
            self.assertEqual(self.verdict_about(part, start), verdict)
        part = ListPart("lists", peers=self.peers(work.DUCKDB_SUM, 9, ours="1"))
        self.assertEqual(self.verdict_about(part, start), NOT_MEASURED)
        self.assertEqual(len(faults_of_part(part)), 1)
        part.peers[0].answers.append(EXPECTED["sum"])  # one wrong turn among right ones is enough
        self.assertEqual(self.verdict_about(part, start), NOT_MEASURED)
        # A wrong peer is a row, and may be measured against: NumPy wraps.
        part = ListPart("lists", peers=self.peers(work.NUMPY_MAPPED, 1.1, answer="1"))
        self.assertEqual(self.verdict_about(part, f"sum of i64, whole process, against {work.NUMPY_MAPPED}"), HOLDS)
        self.assertEqual(faults_of_part(part), [])

    def test_the_pipe_may_take_half_again_as_long(self):
        for ratio, verdict in ((0.7, HOLDS), (0.6, MISSED)):
            part = ListPart("lists", peers=self.peers(work.WC_PIPE, ratio))
            self.assertEqual(self.verdict_about(part, work.OUR_PIPE), verdict)

    def test_memory(self):
        for more_mib, verdict in ((64, HOLDS), (65, MISSED)):
            row = MemoryRow(work.FROM_PIPE, "", [(3 + more_mib) << 20, 1 << 20], [3 << 20, 4 << 20])
            self.assertEqual(self.verdict_about(ListPart("lists", memory=[row]), "peak memory"), verdict)

    def test_short_lists(self):
        def small(hundred, ten_thousand, right=True):
            ours = {"call": "accumulator", "right": right, "answer": 1}
            return [{**ours, "count": 100, "best_seconds": hundred},
                    {**ours, "count": 10000, "best_seconds": ten_thousand},
                    {"call": "numpy.sum", "count": 10000, "best_seconds": 3e-6}]  # fmt: skip

        start = "a library call on 100 "
        for seconds, verdict in ((0.9e-6, HOLDS), (1.1e-6, MISSED)):
            self.assertEqual(self.verdict_about(ListPart("floats", small=small(seconds, 1e-6)), start), verdict)
        start = "a library call on 10000"
        for seconds, verdict in ((5.9e-6, HOLDS), (6.1e-6, MISSED)):
            self.assertEqual(self.verdict_about(ListPart("floats", small=small(1e-6, seconds)), start), verdict)
        wrong = ListPart("floats", small=small(1e-7, 1e-7, right=False))
        self.assertEqual(self.verdict_about(wrong, start), NOT_MEASURED)
        self.assertEqual(len(faults_of_part(wrong)), 2)

    def test_every_promise_is_about_something_that_is_measured(self):
        """A typing error in a name would read as `not measured` for ever."""
        every = {"lists": work.LIST_WORK, "text": work.TEXT_WORK, "floats": work.FLOAT_WORK}
        for name, works in every.items():
            asked = []

            class Asking(ListPart):
                def row(self, *key):
                    asked.append(work.row_name(*key))

                def peer(self, peer_name, label):
                    asked.append((peer_name, label))

            PROMISES[name](PartPromises(Run(), Asking(name)))
            there = {item.row_name(way) for item in works for way in item.ways}
            peers = {"lists": work.LIST_PEERS, "text": work.TEXT_PEERS, "floats": work.FLOAT_PEERS}[name]
            there |= {(peer.name, f"{peer.statistic} of {peer.data_name}") for peer in peers}
            there |= {(our_name, label) for our_name in (work.OUR_WHOLE, work.OUR_PIPE, work.WC_PIPE)
                      for _, label in [(0, f"{peer.statistic} of {peer.data_name}") for peer in peers]}  # fmt: skip
            self.assertEqual([key for key in asked if key not in there], [], name)
            self.assertTrue(asked)


class MemoryTest(unittest.TestCase):
    @unittest.skipUnless(Path("/proc/self/status").exists(), "no /proc")
    def test_a_process_that_takes_memory_is_seen_and_one_that_maps_a_file_is_not(self):
        script = "import sys, time; text = b'x' * int(sys.argv[1]); time.sleep(0.2)"
        commands = [[sys.executable, "-c", script, str(size)] for size in (1, 100 << 20)]
        small, large = (list_memory.peak_own_bytes(command, 60)["peak_bytes"] for command in commands)
        self.assertGreater(large - small, 90 << 20)
        with tempfile.NamedTemporaryFile() as file:
            file.truncate(100 << 20)
            script = "import mmap, sys, time; f = open(sys.argv[1], 'rb')\n"
            script += "m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)\n"
            script += "sum(m[i] for i in range(0, len(m), 4096)); time.sleep(0.2)"
            mapped = list_memory.peak_own_bytes([sys.executable, "-c", script, file.name], 60)["peak_bytes"]
        self.assertLess(mapped - small, 30 << 20)

    def test_a_command_that_fails_is_an_error(self):
        self.assertIn("error", list_memory.peak_own_bytes([sys.executable, "-c", "import sys; sys.exit(3)"], 60))
        self.assertIn("error", list_memory.peak_own_bytes(["/no/such/program"], 60))


class WithoutNumPyTest(unittest.TestCase):
    def test_it_says_what_to_do(self):
        with mock.patch("measure.can_measure", return_value=False):
            for name in ("lists", "text", "floats"):
                with self.assertRaisesRegex(BenchError, "pip install"):
                    measure.measure_list_part(None, name)


class PeerTest(unittest.TestCase):
    def test_a_peer_that_is_not_installed_or_fails_says_so(self):
        """Whether the package or the file is missing: an error, never a hang."""
        peer = PythonPeer("duckdb-sum", "/no/such/file.npy")
        self.addCleanup(peer.close)
        self.assertRegex(peer.ask()["error"], "NotFound")

    @needs_numpy
    def test_a_peer_answers_once_a_turn(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "numbers.npy"
            np.save(path, np.array([2**62, 2**62, 5], np.int64))
            peer = PythonPeer("numpy-mapped", path)
            self.addCleanup(peer.close)
            for _ in range(2):
                result = peer.ask()
                self.assertEqual(result["answer"], str(-(2**63) + 5))
                self.assertGreaterEqual(result["seconds"], 0)


if __name__ == "__main__":
    unittest.main()
