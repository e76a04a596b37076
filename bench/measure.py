"""The measurements of one run, in the order in which they are taken."""

import sys
from dataclasses import dataclass
from pathlib import Path

import opencl_environments
from limits import PATHS_BEST_FIRST, Limits
from list_data import Lists
from list_parts import LIST_PARTS, apply_ceiling, can_measure, faults_of_part
from processes import PEERS, ProcessRow, measure_beside, process_faults
from programs import BenchError
from rows import add_compare, add_result, apply_limits, faults

PEERS_FOLDER = Path(__file__).parent / "peers"
OUR_PROCESSES = {"parsum": "--verify=none", "parsum verified": "--verify=reference"}


@dataclass(frozen=True)
class Settings:
    """How much is measured."""

    quick: bool
    engines_range: str
    rounds: int
    runs_a_round: int
    linear_ranges: tuple
    process_range: str
    pairs_for_targets: int
    pairs: int
    limit_run_seconds: float
    read_bytes: int
    list_count: int
    text_count: int
    full_range_count: int  # of exponents all over: several times slower for everyone, so fewer do
    gzip_count: int
    list_rounds: int
    list_runs: int
    list_turns: int


FULL = Settings(
    quick=False,
    engines_range="1:1000000000",
    rounds=5,
    runs_a_round=3,
    linear_ranges=tuple(f"1:{10**exponent}" for exponent in range(6, 11)),
    process_range="1:100000000",
    pairs_for_targets=5,
    pairs=3,
    limit_run_seconds=0.04,
    read_bytes=1 << 30,
    list_count=10**8,
    text_count=10**7,
    full_range_count=25 * 10**6,
    gzip_count=2 * 10**7,
    list_rounds=12,
    list_runs=7,
    list_turns=5,
)
QUICK = Settings(
    quick=True,
    engines_range="1:100000000",
    rounds=2,
    runs_a_round=3,
    linear_ranges=tuple(f"1:{10**exponent}" for exponent in range(6, 9)),
    process_range="1:10000000",
    pairs_for_targets=2,
    pairs=1,
    limit_run_seconds=0.01,
    read_bytes=1 << 28,
    list_count=10**7,
    text_count=10**6,
    full_range_count=5 * 10**6,
    gzip_count=5 * 10**6,
    list_rounds=2,
    list_runs=3,
    list_turns=2,
)


class Measurements:
    """Everything one run has measured."""

    def __init__(self, programs, settings, cpus, scratch_folder, data_folder):
        self.programs = programs
        self.settings = settings
        self.cpu_count = len(cpus)
        self.limit_measurements = []
        self.opencl_limits = []
        self.opencl_devices = []  # as `parsum-cl devices --json` lists them
        self.engines = {}  # tables: name to Row
        self.linear = {}
        self.processes = {}  # name to ProcessRow
        self.list_parts = {}  # name to ListPart
        self.lists = Lists(data_folder, say)
        self.probes = {}  # (way, data name) to why parsum-cl cannot do it, or None
        self.say = say
        self.loaded_drivers = None  # of a run with --engine=pthread; None: not looked at
        self.machine_of_parsum = {}
        self.pocl = opencl_environments.pocl_alone(scratch_folder, self.cpu_count)
        self.intel = opencl_environments.intel_alone(scratch_folder)

    @property
    def limits(self):
        return Limits(self.limit_measurements, self.cpu_count, self.opencl_limits)

    def finish(self):
        """Limits are applied at the end, as the best of the whole run binds every row. Returns the faults found."""
        for table in (self.engines, self.linear):
            apply_limits(table, self.limits)
        for part in self.list_parts.values():
            apply_ceiling(part)
        ours = [row for name, row in self.processes.items() if name in OUR_PROCESSES]
        of_lists = [sentence for part in self.list_parts.values() for sentence in faults_of_part(part)]
        return faults([self.engines, self.linear]) + process_faults(ours) + of_lists


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def measure_limits(m, read_bytes=0):
    """What the processor can multiply, on one thread and on all CPUs of this run."""
    for threads in sorted({1, m.cpu_count}):
        options = [
            f"--threads={threads}",
            "--runs=5",
            f"--run-seconds={m.settings.limit_run_seconds}",
            f"--read-bytes={read_bytes}",
        ]
        measurement = m.programs.json_of([m.programs.multiply_limit, *options])
        if "error" in measurement:
            raise BenchError(f"multiply_limit: {measurement['error']}; without a limit no rate can be judged")
        m.limit_measurements.append(measurement)


def measure_opencl_limits(m):
    """The limits and the list of devices that are not CPUs; those that are, are bound by multiply_limit."""
    if m.programs.multiply_limit_opencl.exists():
        m.opencl_limits = m.programs.json_of([m.programs.multiply_limit_opencl]).get("devices", [])
    for environment in (None, m.pocl, m.intel):
        for device in m.programs.run_parsum(["devices", "--json"], environment).get("devices", []):
            known = [(d["platform"], d["name"], d["driver"]) for d in m.opencl_devices]
            if (device["platform"], device["name"], device["driver"]) not in known:
                m.opencl_devices.append(device)


def sum_arguments(runs, range_text, *options):
    """One engine alone. The bench checks every answer itself, so parsum-cl need not."""
    return ["sum", "--json", "--verify=none", f"--runs={runs}", "--warmup=1", *options, range_text]


def measure_engines(m):
    """Rounds of everything side by side, so that a slow moment of the machine falls on all rows."""
    s = m.settings
    for number in range(1, s.rounds + 1):
        say(f"engines over {s.engines_range}, round {number} of {s.rounds}")
        measure_limits(m, s.read_bytes if number == 1 else 0)
        compare_options = ["--json", "--verify=none", "--workers=2", f"--runs={s.runs_a_round}", "--warmup=1"]
        compare = m.programs.run_parsum(["compare", *compare_options, s.engines_range], m.pocl)
        if "rows" in compare:
            m.machine_of_parsum = compare.get("machine", {})
            add_compare(m.engines, s.engines_range, compare, "pocl" if m.pocl else "default")
        else:
            add_result(m.engines, "compare", s.engines_range, compare)
        for name, options, environment in single_engines(m):
            result = m.programs.run_parsum(sum_arguments(s.runs_a_round, s.engines_range, *options), environment)
            add_result(m.engines, name, s.engines_range, result, (environment or {}).get("PARSUM_ISA"))


def single_engines(m):
    """The rows that `compare` has not: (name, options, environment) each."""
    lower_paths = PATHS_BEST_FIRST[PATHS_BEST_FIRST.index(m.limits.best_path()) + 1 :]
    singles = [
        ("pthread 1", ["--engine=pthread", "--workers=1"], None),
        ("fork 1", ["--engine=fork", "--workers=1"], None),
        *((f"pthread 2 {path}", ["--engine=pthread", "--workers=2"], {"PARSUM_ISA": path}) for path in lower_paths),
    ]
    if m.intel:
        singles.append(("opencl intel", ["--engine=opencl", "--device=cpu"], m.intel))
    for device in m.opencl_devices:
        if device["type"] != "cpu":
            name = f"opencl {device['selector']} {device['name']}"
            singles.append((name, [f"--device={device['selector']}"], None))
    return singles


def measure_linear(m):
    """Ten times the elements must cost ten times the time: a closed form would cost the same."""
    if not m.limit_measurements:
        measure_limits(m)
    ways = [(f"{name} 2", [f"--engine={name}", "--workers=2"], None) for name in ("pthread", "fork")]
    if m.pocl:
        ways.append(("opencl pocl", ["--engine=opencl", "--device=cpu"], m.pocl))
    for range_text in m.settings.linear_ranges:
        say(f"cost over {range_text}")
        for name, options, environment in ways:
            result = m.programs.run_parsum(sum_arguments(3, range_text, *options), environment)
            add_result(m.linear, f"{name} over {range_text}", range_text, result)
    measure_limits(m)


def measure_processes(m):
    """Whole processes, parsum-cl and each peer by turns."""
    s = m.settings
    pthread = [m.programs.parsum, "--engine=pthread"]
    ours = {
        name: ProcessRow(name, [*pthread, option, s.process_range], s.process_range)
        for name, option in OUR_PROCESSES.items()
    }
    for row in ours.values():
        m.programs.whole_process(row.command)  # once unmeasured, so that the file is in memory
    m.processes = dict(ours)
    start, stop = s.process_range.split(":")
    for peer in PEERS:
        pairs = s.pairs_for_targets if peer.in_targets else s.pairs
        say(f"whole processes: {peer.name}, {pairs} times by turns with parsum-cl")
        command = [sys.executable, PEERS_FOLDER / peer.program, *peer.mode, start, stop]
        m.processes[peer.name] = measure_beside(m.programs, peer, command, s.process_range, ours, pairs)
    m.loaded_drivers = find_loaded_drivers(m, ours["parsum"].command)


def find_loaded_drivers(m, command):
    libraries = m.programs.loaded_libraries(command)
    return opencl_environments.loaded_drivers(libraries) if libraries else None


def measure_list_part(m, name):
    """One of the parts lists, text and floats; the numbers are made by NumPy."""
    if not can_measure():
        raise BenchError("lists are made by NumPy: pip install -r bench/requirements.txt, or choose a part by --only")
    if not m.limit_measurements:
        measure_limits(m)
    LIST_PARTS[name](m)
