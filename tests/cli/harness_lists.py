"""What the black-box tests of lists share: files of numbers, pipes, and exact oracles of integers, floats and decimals.

Everything is written and computed by hand from Python's integers, fractions and bytes: it shares nothing with the
program. test_list_oracles.py checks the oracles.
"""
import gzip
import math
import os
import shutil
import struct
import subprocess
import sys
import threading
import time
import unittest
from fractions import Fraction

import harness
from harness import Expected, STATISTICS, brute_force, round_root_to_double, round_to_double, run, text_of_double

INTEGERS = {"i8": "b", "i16": "h", "i32": "i", "i64": "q", "u8": "B", "u16": "H", "u32": "I", "u64": "Q"}
FLOATS = {"f32": "f", "f64": "d"}
CODES = {**INTEGERS, **FLOATS}
SIZES = {name: struct.calcsize("=" + code) for name, code in CODES.items()}
NATIVE = "<" if sys.byteorder == "little" else ">"
SUMS = ("sum", "sumsq", "sumabs")


def bounds(name):
    """The least and the greatest value of an integer type."""
    bits = 8 * SIZES[name]
    return (0, 2**bits - 1) if name.startswith("u") else (-2**(bits - 1), 2**(bits - 1) - 1)


# ---- files

_file_number = 0


def new_path(ending=""):
    global _file_number
    _file_number += 1
    return str(harness.scratch() / f"list-{_file_number}{ending}")


def write(data, ending=""):
    """A new file with these bytes; its path."""
    path = new_path(ending)
    with open(path, "wb") as file:
        file.write(data)
    return path


def raw(name, values, order=NATIVE):
    return struct.pack(f"{order}{len(values)}{CODES[name]}", *values)


def npy_header(text, version=1):
    """A header with its prefix, padded as it should be; text is bytes."""
    prefix = 10 if version == 1 else 12
    padded = text + b" " * (-(prefix + len(text) + 1) % 64) + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", len(padded))
    return b"\x93NUMPY" + bytes([version, 0]) + length + padded


def npy(name, values, order=NATIVE, shape=None, fortran=False, version=1):
    """A .npy file of values, which lie in the file as they are given."""
    shape = (len(values),) if shape is None else shape
    mark = "|" if SIZES[name] == 1 else order
    descr = mark + name[0] + str(SIZES[name])
    text = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape!r}, }}"
    return npy_header(text.encode(), version) + raw(name, values, order)


def as_f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def zstd(data):
    """data compressed by the zstd program; skips the calling test where there is none."""
    path = shutil.which("zstd")
    if path is None:
        raise unittest.SkipTest("the program zstd is not installed")
    return subprocess.run([path, "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def gz(data):
    return gzip.compress(data, 6, mtime=0)


# ---- running

_takes = {}


def opencl_takes(kind):
    """Whether the OpenCL engine reduces lists of integers, floats or text here."""
    if kind not in _takes:
        args, data, wanted = {"integers": (["--type=i32"], raw("i32", range(-5, 7)), "6"),
                              "floats": (["--type=f64"], raw("f64", [0.5, 1.0]), "1.5"),
                              "text": ([], b"0.5 0.1\n", "0.6")}[kind]
        _takes[kind] = run(["--engine=opencl", "-q", *args, write(data)]).stdout == wanted + "\n"
    return _takes[kind]


def engines(kind="integers"):
    return [*harness.CPU_ENGINES, *(["opencl"] if opencl_takes(kind) else [])]


def feed(stream, pieces, pause=0.0):
    """Writes pieces to stream in a thread, then closes it; a reader that is gone is not its business."""
    def work():
        try:
            for piece in pieces:
                stream.write(piece)
                stream.flush()
                time.sleep(pause)
            stream.close()
        except (BrokenPipeError, ValueError):
            pass
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def run_slowly(args, pieces, pause=0.002, timeout=60):
    """The program, with pieces in its standard input, one by one."""
    process = harness.start(args, stdin=subprocess.PIPE)
    stream, process.stdin = process.stdin, None
    thread = feed(stream, pieces, pause)
    try:
        return harness.finish(process, timeout)
    finally:
        harness.end(process)
        thread.join(10)


def run_fifo(args, pieces, pause=0.0):
    """The program with a FIFO as its last input."""
    path = new_path()
    os.mkfifo(path)
    process = harness.start([*args, path])
    opened = []

    def work():
        stream = open(path, "wb")
        opened.append(feed(stream, pieces, pause))
    opener = threading.Thread(target=work, daemon=True)
    opener.start()
    try:
        return harness.finish(process, 60)
    finally:
        harness.end(process)
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))    # whoever still waits for a reader goes on
        opener.join(10)
        os.unlink(path)


# ---- oracles

def decimal_text(value):
    """A Fraction that is a decimal number, in full: no exponent, no trailing zeros."""
    denominator, twos, fives = value.denominator, 0, 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    assert denominator == 1, "no decimal number"
    places = max(twos, fives)
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    whole, fraction = digits[:len(digits) - places], digits[len(digits) - places:]
    return ("-" if value < 0 else "") + whole + ("." + fraction if fraction else "")


def _rounded(value, present=True):
    if not present:
        return Expected("none", None, None)
    double = round_to_double(value)
    return Expected(text_of_double(double), math.isfinite(double) and Fraction(double) == value, double)


def _root(value, present=True):
    if not present:
        return Expected("none", None, None)
    if value >= (2**1024 - 2**970)**2:      # beyond the doubles, which the plain oracle does not know
        return Expected("inf", False, math.inf)
    double, exact = round_root_to_double(value)
    return Expected(text_of_double(double), exact, double)


def _derived(moments):
    """The statistics that are doubles whatever was summed."""
    count, total, squares = moments.count, Fraction(moments.sum), Fraction(moments.sumsq)
    spread = count * squares - total * total
    return {"mean": _rounded(total / max(count, 1), count > 0),
            "var": _rounded(spread / max(count * (count - 1), 1), count > 1),
            "pvar": _rounded(spread / max(count * count, 1), count > 0),
            "sd": _root(spread / max(count * (count - 1), 1), count > 1),
            "psd": _root(spread / max(count * count, 1), count > 0),
            "norm2": _root(squares)}


def _in_order(answers):
    return {name: answers[name] for name in STATISTICS}


def expected_integers(values):
    return harness.expected(brute_force(values))


def expected_decimals(values):
    """Every statistic of a list of Fractions that text wrote."""
    moments = brute_force(Fraction(value) for value in values)

    def exact(value):
        return Expected("none", None, None) if value is None else Expected(decimal_text(Fraction(value)), True, None)
    return _in_order({"count": Expected(str(moments.count), True, None), "sum": exact(moments.sum),
                      "sumsq": exact(moments.sumsq), "sumabs": exact(moments.sumabs),
                      "min": exact(moments.minimum), "max": exact(moments.maximum), **_derived(moments)})


def _special(double):
    return Expected({math.inf: "inf", -math.inf: "-inf"}.get(double, "nan"), None, double)


def _special_sum(terms):
    """What terms sum up to where they decide it: NaN, an infinity, or None."""
    infinite = {term for term in terms if math.isinf(term)}
    if any(math.isnan(term) for term in terms) or len(infinite) == 2:
        return math.nan
    return infinite.pop() if infinite else None


def expected_floats(values):
    """Every statistic of a list of floats, by the rules for terms that are NaN or infinite."""
    finite = [Fraction(value) for value in values if math.isfinite(value)]
    moments = brute_force(finite)
    answers = {**_derived(moments), "count": Expected(str(len(values)), True, None), "sum": _rounded(moments.sum),
               "sumsq": _rounded(moments.sumsq), "sumabs": _rounded(moments.sumabs),
               "min": _rounded(moments.minimum or Fraction(0), bool(finite)),
               "max": _rounded(moments.maximum or Fraction(0), bool(finite))}
    if len(finite) == len(values):
        return _in_order(answers)
    total, magnitude = _special_sum(values), _special_sum([abs(value) for value in values])
    nan = any(math.isnan(value) for value in values)
    answers.update(sum=_special(total), mean=_special(total), sumsq=_special(magnitude),
                   sumabs=_special(magnitude), norm2=_special(magnitude),
                   pvar=_special(math.nan), psd=_special(math.nan))
    for name in ("var", "sd"):
        answers[name] = _special(math.nan) if len(values) > 1 else Expected("none", None, None)
    for name, choose in (("min", min), ("max", max)):
        extreme = math.nan if nan else choose(values)
        answers[name] = _rounded(Fraction(extreme)) if math.isfinite(extreme) else _special(extreme)
    return _in_order(answers)


def expected_dot(left, right):
    """The dot product of two lists of floats, as printed."""
    terms = [x * y if not (math.isfinite(x) and math.isfinite(y)) else 0.0 for x, y in zip(left, right)]
    special = _special_sum(terms)
    if special is not None:
        return _special(special).text
    exact = sum((Fraction(x) * Fraction(y) for x, y in zip(left, right)
                 if math.isfinite(x) and math.isfinite(y)), Fraction(0))
    double = round_to_double(exact)
    return text_of_double(-0.0 if double == 0 and exact < 0 else double)


def lines(answers, statistics=STATISTICS):
    return "".join(f"{name}\t{answers[name].text}\n" for name in statistics)


# ---- assertions

class ListTest(harness.ProgramTest):
    def assert_results(self, results, answers, context=""):
        """As for ranges, but of doubles that may be NaN or infinite, too."""
        self.assertEqual(list(results), list(answers), context)
        for name, answer in answers.items():
            found, where = results[name], f"{name} {results[name]} {context}"
            if answer.text == "none":
                self.assertEqual((found["value"], found.get("hex")), (None, None), where)
                continue
            self.assertEqual(found["value"], answer.text, where)
            if answer.exact is not None:
                self.assertIs(found["exact"], answer.exact, where)
            if answer.double is None:
                self.assertNotIn("hex", found, where)
            else:
                self.assertEqual(str(float.fromhex(found["hex"])), str(answer.double), where)

    def assert_lists(self, args, answers, statistics=STATISTICS, how=run):
        """The program with these arguments prints these statistics."""
        result = how([f"--stat={','.join(statistics)}", *args])
        self.assert_answer(result, lines(answers, statistics))
        return result

    def assert_refused(self, result, status, *patterns, left=None):
        """One sentence on stderr, nothing on stdout; patterns are what the sentence says."""
        self.assert_status(result, status)
        self.assertEqual(result.stdout, "", str(result))
        said = [line for line in result.stderr.splitlines() if line.strip()]
        self.assertEqual(len(said), 1, f"one sentence: {result}")
        self.assertTrue(said[0].startswith("parsum-cl: "), str(result))
        self.assertNotRegex(said[0], "[\x00-\x1f\x7f-\x9f]", "control characters")
        for pattern in patterns:
            self.assertRegex(said[0], pattern)

    def refuse(self, args, status, *patterns, how=None, **options):
        """Runs the program, which refuses, and leaves no process behind."""
        if how is not None:
            result = how(args, **options)
            self.assert_refused(result, status, *patterns)
            return result
        given = options.pop("input", None)
        process = harness.start(args, **({"stdin": subprocess.PIPE} if given is not None else {}), **options)
        try:
            result = harness.finish(process, 60, given)
            self.assert_refused(result, status, *patterns)
            with self.assertRaises(ProcessLookupError, msg=f"left behind: {args}"):
                os.killpg(process.pid, 0)
        finally:
            harness.end(process)
        return result
