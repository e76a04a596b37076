"""Changes one operator or constant of src/exact and src/fold at a time, and sees whether the tests of these modules notice.

    run.py BUILD LIBRARIES [--count=200] [--jobs=2] [--only=PART-OF-PATH]

BUILD is a folder where everything was built, with its compile_commands.json; LIBRARIES is what a test is linked with. Nothing
in BUILD is changed. A change that does not compile, or that gives the same machine code, does not count. A test that fails,
crashes or does not end kills the mutant. Those that are known to be no mistakes stand in harmless.txt, with the reason.
That file is compared with the sources in every run of the tests.
Code of instruction sets that this machine lacks counts, too: the tests run its templates emulated.
Fails where less than 90 % are killed. Environment: PARSUM_TEST_SEED, and PARSUM_TEST_LONG, without which nothing is done.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import mutants

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "cli"))
import harness      # noqa: E402

SKIPPED = 77
LEAST_SHARE = 0.90
MEMORY_BYTES = 8 << 30
MACHINE = pathlib.Path("/proc/cpuinfo").read_text().split()
# Which tests know most about a file, by the beginning of its name; the others follow, the fastest first.
OWN_TESTS = {
    "exact/binary": ["binary", "float_partial", "float_statistics"], "exact/closed_form": ["reference"],
    "exact/decimal": ["decimal", "decimal_partial", "decimal_statistics"],
    "exact/float_partial": ["float_partial", "float_statistics"], "exact/partial_codec": ["partial_codec"],
    "exact/partial_file": ["partial_file"], "exact/partial_check": ["partial_check", "partial_file"], "exact/partial": ["partial"],
    "exact/reference": ["reference"], "exact/rounding": ["rounding", "binary"],
    "exact/statistics": ["statistics", "float_statistics", "decimal_statistics"], "exact/wide": ["wide"],
    "fold/array": ["array", "array_blocks"], "fold/float": ["float_array", "float_slices", "float_tries"], "fold/fold": ["fold"],
    "fold/progression": ["fold"], "fold/short_number": ["text_parts", "text"], "fold/text_doubles": ["text_doubles"],
    "fold/text": ["text", "text_parts"],
}
# Objects that several tests are made of, compiled once.
SHARED = {"float_emulated": ["float_array", "float_slices", "float_tries"], "array_emulated": ["array", "array_blocks"]}
OTHER_TESTS = ["accumulator", "npy", "engines", "engine_runs", "engine_callbacks", "library", "library_manners"]
TESTS = sorted({name for names in OWN_TESTS.values() for name in names}) + OTHER_TESTS


class Unit:
    """One object file of the build, and how it is compiled."""

    def __init__(self, entry):
        words = shlex.split(entry["command"])
        self.folder, self.source = entry["directory"], os.path.relpath(entry["file"], PROJECT)
        self.object = os.path.join(self.folder, words[words.index("-o") + 1])
        self.file = entry["file"]
        at = words.index("-o")
        # Without warnings and without the lines' numbers, so that only what the change does to the code is seen.
        self.words = [word for word in words[:at] + words[at + 2:]
                      if word not in ("-c", "-g", "-Werror", "-Wall", "-Wextra", self.file)]

    def runs_here(self):
        """Not so for instruction sets that this machine lacks: their templates run emulated, in the tests."""
        return "-mavx512f" not in self.words or "avx512f" in MACHINE

    def includes(self):
        """The project's files that it is made of."""
        made = subprocess.run([*self.words, "-MM", self.file], cwd=self.folder, stdout=subprocess.PIPE, text=True, check=True)
        paths = made.stdout.replace("\\\n", " ").split()[1:]
        return {os.path.relpath(os.path.join(self.folder, path), PROJECT) for path in paths}

    def compile(self, overlay, target):
        """Whether it compiles, with the files of overlay in the place of the project's."""
        changed = os.path.join(overlay, self.source)
        source = changed if os.path.exists(changed) else self.file
        command = [*self.words, "-g0", "-w", "-Werror=incompatible-pointer-types", "-Werror=int-conversion",
                   f"-I{overlay}/src", f"-ffile-prefix-map={overlay}={PROJECT}", "-c", source, "-o", target]
        # The overlay's folder comes before the project's: first -I wins.
        command.insert(1, command.pop(command.index(f"-I{overlay}/src")))
        return subprocess.run(command, cwd=self.folder, stderr=subprocess.DEVNULL).returncode == 0


class Build:
    """The objects of the library and of the module tests, and the tests' times as they are."""

    def __init__(self, folder, libraries, scratch):
        with open(os.path.join(folder, "compile_commands.json"), encoding="utf-8") as file:
            units = [Unit(entry) for entry in json.load(file)]
        self.libraries, self.scratch, self.folder = libraries, scratch, folder
        self.library = [unit for unit in units if "/parsum_objects.dir/" in unit.object and unit.source.startswith("src/")]
        self.archive = os.path.join(folder, "libparsum.a")
        self.tests = {name: self.units_of(name, units) for name in TESTS}
        self.base, self.lock = {}, threading.Lock()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            every = {unit.object: unit for some in [self.library, *self.tests.values()] for unit in some}
            self.includes = dict(zip(every, pool.map(Unit.includes, every.values())))
        self.seconds = {}
        for name in TESTS:
            begin = time.monotonic()
            if self.run(os.path.join(folder, "tests", f"test_{name}"), 600) != 0:
                raise SystemExit(f"test_{name} fails before anything was changed")
            self.seconds[name] = time.monotonic() - begin

    @staticmethod
    def units_of(name, units):
        """What a test is made of beside the library."""
        folders = [f"test_{name}", "parsum_test_engines", *(shared for shared, names in SHARED.items() if name in names)]
        return [unit for unit in units if any(f"/{folder}.dir/" in unit.object for folder in folders)]

    def run(self, program, limit_s):
        """The exit status of a test, which no assertion survives; None where it did not end in time."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as folder:
            process = subprocess.Popen(
                [program], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True, preexec_fn=limit_memory,
                env=harness.base_environment(CMOCKA_TEST_ABORT="1", TMPDIR=folder, PARSUM_TEST_SEED="1",
                                             OCL_ICD_VENDORS="/nonexistent"))
            try:
                return process.wait(limit_s)
            except subprocess.TimeoutExpired:
                return None
            finally:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                process.wait()

    def base_object(self, unit):
        """What it compiles to where nothing is changed, in the same way as with a change."""
        target = os.path.join(self.scratch, f"base-{unit.object.replace('/', '-')}")
        with self.lock:
            if target not in self.base:
                self.base[target] = threading.Lock()
        with self.base[target]:
            if not os.path.exists(target):
                # The change lies in a copy; so does what it is compared with.
                overlay = os.path.join(self.scratch, "base")
                lay_over(overlay, unit.source, (PROJECT / unit.source).read_text())
                if not unit.compile(overlay, target):
                    raise SystemExit(f"{unit.source} does not compile")
        return pathlib.Path(target).read_bytes()

    def order(self, path):
        name = path.removeprefix("src/")
        own = max((begin for begin in OWN_TESTS if name.startswith(begin)), key=len, default=None)
        first = OWN_TESTS.get(own, [])
        return first + sorted(set(TESTS) - set(first), key=self.seconds.get)

    def link(self, name, changed, folder):
        """The test, with the changed objects in the place of the library's: an archive's member that nothing misses stays out."""
        program = os.path.join(folder, f"test_{name}")
        objects = [changed.get(unit.object, unit.object) for unit in self.tests[name]]
        library = [changed[unit.object] for unit in self.library if unit.object in changed]
        subprocess.run([self.tests[name][0].words[0], "-o", program, *objects, *library, self.archive, *self.libraries],
                       check=True)
        return program


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def lay_over(overlay, path, text):
    target = pathlib.Path(overlay) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)


def try_mutant(build, site):
    """None where it does not count, else the name of the test that killed it, or ''."""
    folder = tempfile.mkdtemp(dir=build.scratch)
    try:
        lay_over(folder, site.path, site.apply((PROJECT / site.path).read_text()))
        changed, differs = {}, False

        def compiled(unit):
            target = os.path.join(folder, f"{len(changed)}.o")
            if site.path not in build.includes[unit.object] or unit.object in changed:
                return True
            if not unit.compile(folder, target):
                return False
            changed[unit.object] = target
            return True

        for unit in sorted(build.library, key=Unit.runs_here, reverse=True):
            if differs and not unit.runs_here():
                continue
            if not compiled(unit):
                return None
            if unit.object in changed and not differs:
                differs = pathlib.Path(changed[unit.object]).read_bytes() != build.base_object(unit)
        if not differs:
            return None

        def fails(name):
            return build.run(build.link(name, changed, folder), 10 + 5 * build.seconds[name]) != 0

        order = build.order(site.path)
        # The objects that a template makes share nothing, so that the test needs not be compiled with the change to meet it.
        if site.path.endswith("_template.h") and fails(order[0]):
            return order[0]
        for name in order:
            if not all(compiled(unit) for unit in build.tests[name]):
                return None
            if fails(name):
                return name
        return ""
    finally:
        shutil.rmtree(folder)


def known_harmless():
    """The changes of harmless.txt, each a file and its line with the change in it."""
    rows = (line.split(" :: ") for line in (HERE / "harmless.txt").read_text().splitlines() if line and line[0] != "#")
    return {(path, marked) for path, marked, _ in rows}


def all_sites(part):
    paths = sorted(path for folder in ("exact", "fold") for path in (PROJECT / "src" / folder).glob("*.[ch]"))
    harmless = known_harmless()
    every = [site for path in paths for site in mutants.sites(str(path.relative_to(PROJECT)), path.read_text())]
    stale = harmless - {(site.path, site.marked) for site in every}
    if stale:
        raise SystemExit(f"harmless.txt names what is not there any more: {sorted(stale)}")
    return [site for site in every if part in site.path and (site.path, site.marked) not in harmless]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build")
    parser.add_argument("libraries")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    places = all_sites(given.only)
    if not os.environ.get("PARSUM_TEST_LONG"):
        print("takes minutes: only with PARSUM_TEST_LONG=1")
        return SKIPPED
    if not os.path.exists(os.path.join(given.build, "compile_commands.json")):
        print("the build keeps no compile_commands.json: CMAKE_EXPORT_COMPILE_COMMANDS")
        return SKIPPED
    harness.seeded_random("mutation").shuffle(places)
    killed, survivors, waiting = 0, [], iter(places)
    with tempfile.TemporaryDirectory(prefix="parsum-mutation-") as scratch, \
            concurrent.futures.ThreadPoolExecutor(given.jobs) as pool:
        build = Build(os.path.abspath(given.build), shlex.split(given.libraries), scratch)
        while killed + len(survivors) < given.count:
            wanted = given.count - killed - len(survivors)
            some = [site for _, site in zip(range(wanted), waiting)]
            if not some:
                break
            for site, killer in zip(some, pool.map(lambda site: try_mutant(build, site), some)):
                if killer is None:
                    continue
                killed += killer != ""
                if killer == "":
                    survivors.append(site)
                    print(f"survived: {site}", flush=True)
                else:
                    print(f"killed by test_{killer}: {site}", flush=True)
    counted = killed + len(survivors)
    share = killed / counted if counted else 0
    print(f"{killed} of {counted} mutants killed: {100 * share:.1f} %; of {len(places)} places. Survivors:")
    print("".join(f"  {site}\n" for site in survivors), end="")
    return 0 if share >= LEAST_SHARE else 1


if __name__ == "__main__":
    sys.exit(main())
