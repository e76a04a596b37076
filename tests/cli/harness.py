"""What the black-box tests of parsum-cl share: running the program, exact oracles, OpenCL environments.

The oracles use only Python's integers and fractions, so they share nothing with the program. test_oracles.py
checks them. Environment variables:
    PARSUM_CL               the program (default: build/parsum-cl of this project)
    PARSUM_CL_TEST_ENGINES  the program with the engines `null` and `wrong` (default: beside PARSUM_CL)
    PARSUM_TEST_SEED        the seed of the random tests
    PARSUM_TEST_VENDORS     a folder with vendors/intel-cpu.icd and lib/: a second OpenCL vendor
    PARSUM_TEST_DEVICE      a selector: the answers are also tested on that device of this machine
"""
import atexit
import json
import math
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
from fractions import Fraction
from typing import NamedTuple, Optional

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
KERNELS = pathlib.Path(os.environ.get("PARSUM_TEST_KERNELS") or PROJECT / "kernels")
PROGRAM = os.path.abspath(os.environ.get("PARSUM_CL") or PROJECT / "build" / "parsum-cl")
TEST_ENGINES_PROGRAM = os.path.abspath(os.environ.get("PARSUM_CL_TEST_ENGINES")
                                       or PROJECT / "build" / "parsum-cl-test-engines")
STATISTICS = ("count", "sum", "sumsq", "sumabs", "min", "max", "mean", "var", "pvar", "sd", "psd", "norm2")
DOUBLE_STATISTICS = ("mean", "var", "pvar", "sd", "psd", "norm2")
ISAS = ("portable", "avx2", "avx512", "avx512ifma")
CPU_ENGINES = ("serial", "pthread", "fork")
LOWEST, HIGHEST = -2**63, 2**64 - 1
DEFAULT_ANSWER = "sumsq\t333333328333333350000000\n"
MARK = "PARSUM_TEST_MARK"

# A shell starts background jobs with SIGINT ignored, and the programs under test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Workers are crashed on purpose: their core files would only fill the disk.
resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


# ---- running the program

class Result(NamedTuple):
    status: int     # negative: the signal that ended the program
    stdout: str
    stderr: str
    command: list

    def __str__(self):
        return f"{self.command}\nstatus {self.status}\nstdout: {self.stdout!r}\nstderr: {self.stderr}"

    def json(self):
        try:
            return json.loads(self.stdout)
        except json.JSONDecodeError as error:
            raise AssertionError(f"stdout is not one JSON value ({error}): {self}") from None


_scratch = None


def scratch():
    """The temporary folder of this test process."""
    global _scratch
    if _scratch is None:
        _scratch = pathlib.Path(tempfile.mkdtemp(prefix="parsum-test-"))
        atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
    return _scratch


def base_environment(**overrides):
    """This process's environment without anything that would change what the program does."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("PARSUM_", "POCL_", "OCL_ICD_", "OPENCL_LAYERS", "LC_", "OCLGRIND_"))
            and name not in ("NO_COLOR", "LD_DEBUG", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR")}
    kept["LC_ALL"] = "C"
    kept.update(overrides)
    return kept


def start(args, env=None, program=None, prefix=(), **options):
    """Starts the program in a session of its own, marked so that every process it leaves can be found."""
    command = [*prefix, program or PROGRAM, *args]
    environment = dict(pocl() if env is None else env)
    mark = environment[MARK] = uuid.uuid4().hex
    options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
               "start_new_session": True, **options}
    process = subprocess.Popen(command, env=environment, **options)
    process.mark = mark
    return process


def finish(process, timeout=60, input=None):
    """Waits for a started program; one that does not end is a failed test, not a hung one."""
    try:
        stdout, stderr = process.communicate(input, timeout)
    except subprocess.TimeoutExpired:
        end(process)
        raise AssertionError(f"no end after {timeout} s: {process.args}") from None
    return Result(process.returncode, (stdout or b"").decode(), (stderr or b"").decode(errors="replace"),
                  process.args)


def end(process):
    """Kills what is left of a started program, its workers included."""
    for pid in marked_processes(process.mark):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    if process.poll() is None:
        process.kill()
    process.wait()
    for stream in (process.stdout, process.stderr, process.stdin):
        if stream is not None:
            stream.close()


def run(args, env=None, timeout=60, input=None, program=None, prefix=(), **options):
    if input is not None:
        options["stdin"] = subprocess.PIPE
    return finish(start(args, env, program, prefix, **options), timeout, input)


def marked_processes(mark):
    """The living processes that carry a mark in their environment: the program and all that it made."""
    needle = f"{MARK}={mark}".encode()
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            try:
                with open(f"/proc/{entry}/environ", "rb") as file:
                    if needle in file.read().split(b"\0"):
                        found.append(int(entry))
            except OSError:
                pass    # it ended meanwhile, or is a zombie
    return sorted(found)


def workers_of(process):
    return [pid for pid in marked_processes(process.mark) if pid != process.pid]


def wait_until(condition, timeout=20, interval=0.005):
    """The first true value of condition, or its last false one."""
    limit = time.monotonic() + timeout
    while True:
        value = condition()
        if value or time.monotonic() > limit:
            return value
        time.sleep(interval)


# ---- OpenCL environments

_environments = {}


def _environment(name, icd_files, **variables):
    """One folder of .icd files, kept for all tests of this process, and one kernel cache, or that of PARSUM_TEST_KERNEL_CACHE, which
    several tests have."""
    if name not in _environments:
        vendors = scratch() / name / "vendors"
        cache = pathlib.Path(os.environ.get("PARSUM_TEST_KERNEL_CACHE") or scratch() / "cache")
        vendors.mkdir(parents=True)
        cache.mkdir(parents=True, exist_ok=True)
        for file_name, content in icd_files.items():
            (vendors / file_name).write_text(content)
        _environments[name] = base_environment(OCL_ICD_VENDORS=str(vendors), POCL_CACHE_DIR=str(cache),
                                               **variables)
    return dict(_environments[name])


def _pocl_icd():
    return {"pocl.icd": pathlib.Path("/etc/OpenCL/vendors/pocl.icd").read_text()}


def pocl():
    return _environment("pocl", _pocl_icd())


def pocl_two_devices():
    return _environment("pocl-two-devices", _pocl_icd(), POCL_DEVICES="pthread basic")


def pocl_twins():
    """Two devices with the same name, which no name can tell apart."""
    return _environment("pocl-twins", _pocl_icd(), POCL_DEVICES="pthread pthread")


def none():
    return _environment("none", {})


def vendors():
    """PoCL and Intel's runtime together; skips the calling test where the second is not there."""
    folder = os.environ.get("PARSUM_TEST_VENDORS")
    if not folder:
        raise unittest.SkipTest("PARSUM_TEST_VENDORS names no second OpenCL vendor")
    folder = pathlib.Path(folder).resolve()
    library = folder.joinpath("vendors", "intel-cpu.icd").read_text().strip()
    if not os.path.exists(library):
        library = os.path.basename(library)     # a wheel's .icd names the folder it was built in
    path = os.pathsep.join(filter(None, [str(folder / "lib"), os.environ.get("LD_LIBRARY_PATH")]))
    return _environment("vendors", {**_pocl_icd(), "intel-cpu.icd": library}, LD_LIBRARY_PATH=path)


def oclgrind(*options):
    """The command prefix that simulates a GPU; skips the calling test where oclgrind is not installed."""
    path = shutil.which("oclgrind")
    if path is None:
        raise unittest.SkipTest("oclgrind is not installed")
    return [path, *options]


def devices(env):
    return run(["devices", "--json"], env).json()["devices"]


# ---- exact oracles

class Moments(NamedTuple):
    """What every statistic follows from: exact integers; minimum and maximum are None for no elements."""
    count: int
    sum: int
    sumsq: int
    sumabs: int
    minimum: Optional[int]
    maximum: Optional[int]


def parse_range(text):
    parts = [int(part) for part in text.split(":")]
    return range(parts[0], parts[1], parts[2] if len(parts) > 2 else 1)


def brute_force(elements):
    """Every element, one by one."""
    count = total = squares = magnitudes = 0
    low = high = None
    for x in elements:
        count += 1
        total += x
        squares += x * x
        magnitudes += abs(x)
        low = x if low is None else min(low, x)
        high = x if high is None else max(high, x)
    return Moments(count, total, squares, magnitudes, low, high)


def closed_form(elements):
    """The moments of a Python range with a positive step, without a loop."""
    first, step = elements.start, elements.step
    # len() of a range refuses more than 2^63 elements.
    count = max(0, -((first - elements.stop) // step))
    if count == 0:
        return Moments(0, 0, 0, 0, None, None)
    last = first + step * (count - 1)

    def total(first, count):
        return count * first + step * (count * (count - 1) // 2)

    squares = (count * first * first + first * step * count * (count - 1)
               + step * step * ((count - 1) * count * (2 * count - 1) // 6))
    negative = min(count, max(0, -(first // step)))     # elements below zero: ceil(-first / step)
    magnitudes = total(first, count) - 2 * total(first, negative)
    return Moments(count, total(first, count), squares, magnitudes, first, last)


def join(parts):
    parts = [part for part in parts if part.count]
    return Moments(sum(p.count for p in parts), sum(p.sum for p in parts), sum(p.sumsq for p in parts),
                   sum(p.sumabs for p in parts), min((p.minimum for p in parts), default=None),
                   max((p.maximum for p in parts), default=None))


def moments(inputs):
    """The moments of the list that several ranges, given as text, make together."""
    return join([closed_form(parse_range(text)) for text in inputs])


def round_to_double(value):
    """The double nearest to a Fraction, ties to even, by integer arithmetic alone."""
    if value == 0:
        return 0.0
    sign, value = (-1.0, -value) if value < 0 else (1.0, value)
    exponent = value.numerator.bit_length() - value.denominator.bit_length()
    if value < Fraction(2) ** exponent:
        exponent -= 1                               # now 2^exponent <= value < 2^(exponent + 1)
    unit = max(exponent - 52, -1074)                # the weight of the double's last bit
    quotient, rest = divmod(value / Fraction(2) ** unit, 1)
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and quotient % 2):
        quotient += 1
    try:
        return sign * math.ldexp(quotient, unit)
    except OverflowError:
        return sign * math.inf


def round_root_to_double(value):
    """The double nearest to the square root of a Fraction, and whether it is that root exactly."""
    if value == 0:
        return 0.0, True
    # Scale by 4^shift so that the integer root has at least 60 bits; what is cut off becomes one sticky bit.
    shift = max(0, 64 + (value.denominator.bit_length() - value.numerator.bit_length() + 1) // 2)
    scaled = value * 4**shift
    root = math.isqrt(scaled.numerator // scaled.denominator)
    sticky = int(root * root != scaled)
    double = round_to_double(Fraction(2 * root + sticky, 2 ** (shift + 1)))
    return double, Fraction(double) ** 2 == value


def text_of_double(double):
    text = repr(double)
    return text[:-2] if text.endswith(".0") else text


class Expected(NamedTuple):
    text: str                   # as printed; `none` for an absent value
    exact: Optional[bool]       # whether the printed value is the result itself
    double: Optional[float]     # for the floating results


def expected(moments):
    """Every statistic of a list with these moments."""
    count, total, squares = moments.count, moments.sum, moments.sumsq

    def integer(value):
        return Expected("none", None, None) if value is None else Expected(str(value), True, None)

    def rounded(value):
        double = round_to_double(value)
        return Expected(text_of_double(double), Fraction(double) == value, double)

    def root(value):
        double, exact = round_root_to_double(value)
        return Expected(text_of_double(double), exact, double)

    spread = count * squares - total * total        # n^2 times the population's variance
    absent = Expected("none", None, None)
    return {
        "count": integer(count), "sum": integer(total), "sumsq": integer(squares),
        "sumabs": integer(moments.sumabs), "min": integer(moments.minimum), "max": integer(moments.maximum),
        "mean": rounded(Fraction(total, count)) if count else absent,
        "var": rounded(Fraction(spread, count * (count - 1))) if count > 1 else absent,
        "pvar": rounded(Fraction(spread, count * count)) if count else absent,
        "sd": root(Fraction(spread, count * (count - 1))) if count > 1 else absent,
        "psd": root(Fraction(spread, count * count)) if count else absent,
        "norm2": root(Fraction(squares)),
    }


def expected_lines(inputs, statistics=STATISTICS):
    answers = expected(moments(inputs))
    return "".join(f"{name}\t{answers[name].text}\n" for name in statistics)


# ---- assertions and random numbers

def seeded_random(topic):
    """A generator whose seed is printed and can be given, so that a failure can be repeated."""
    seed = os.environ.get("PARSUM_TEST_SEED") or str(random.SystemRandom().randrange(10**9))
    print(f"{topic}: PARSUM_TEST_SEED={seed}", file=sys.stderr)
    return random.Random(f"{seed} {topic}")


class ProgramTest(unittest.TestCase):
    maxDiff = None

    def assert_status(self, result, status):
        self.assertEqual(result.status, status, str(result))

    def assert_answer(self, result, stdout):
        self.assert_status(result, 0)
        self.assertEqual(result.stdout, stdout, str(result))

    def assert_results(self, results, answers, context=""):
        """The `results` object of the JSON against Expected values, in the order asked."""
        self.assertEqual(list(results), list(answers), context)
        for name, answer in answers.items():
            found = results[name]
            where = f"{name} {found} {context}"
            if answer.text == "none":
                self.assertIsNone(found["value"], where)
                self.assertIsNone(found.get("hex"), where)
                continue
            self.assertEqual(found["value"], answer.text, where)
            self.assertIs(found["exact"], answer.exact, where)
            if answer.double is None:
                self.assertNotIn("hex", found, where)
            else:
                self.assertRegex(found["hex"], r"^-?0x[01](\.[0-9a-f]+)?p[+-]\d+$", where)
                self.assertEqual(float.fromhex(found["hex"]), answer.double, where)

    def start(self, *args, **options):
        process = start(*args, **options)
        self.addCleanup(end, process)
        return process


def main():
    if not os.access(PROGRAM, os.X_OK):
        sys.exit(f"{PROGRAM}: no such program; build it, or name it in PARSUM_CL")
    unittest.main(module="__main__", verbosity=2)
