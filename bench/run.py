"""The bench: parsum-cl and its peers in one run, side by side, as ratios.

python bench/run.py [--quick] [--only=PART] [--list-rounds=N] [--json=FILE] [--markdown=FILE] [--build=DIR] [--data=DIR]

Exit status: 0 everything measured is honest; 1 a rate above the multiply or the read limit, or a wrong or no answer of
parsum-cl; 2 usage or a missing program. A promise missed on this machine is printed, and no failure.
"""

import argparse
import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import machine
import report
from measure import (
    FULL,
    QUICK,
    Measurements,
    measure_engines,
    measure_limits,
    measure_linear,
    measure_list_part,
    measure_opencl_limits,
    measure_processes,
    say,
)
from programs import BenchError, Programs
from promises import MISSED
from targets import verdicts

# The engines first: each of their rounds measures the multiply limit beside them.
PARTS = {
    "limits": lambda m: measure_limits(m, m.settings.read_bytes),
    "engines": measure_engines,
    "linear": measure_linear,
    "processes": measure_processes,
    "lists": lambda m: measure_list_part(m, "lists"),
    "text": lambda m: measure_list_part(m, "text"),
    "floats": lambda m: measure_list_part(m, "floats"),
}


def positive(text):
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"'{text}' is no number from 1 up")
    return int(text)


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(prog="run.py", description="Measures parsum-cl beside its peers.")
    parser.add_argument("--quick", action="store_true", help="smaller ranges, fewer rounds: a look, not a result")
    parser.add_argument("--only", choices=PARTS, metavar="PART", help=f"one part alone: {', '.join(PARTS)}")
    parser.add_argument("--list-rounds", type=positive, metavar="N",
                        help=f"rounds over each list ({FULL.list_rounds}): more where neighbours disturb")  # fmt: skip
    parser.add_argument("--json", metavar="FILE", help="everything measured, with all samples")
    parser.add_argument("--markdown", metavar="FILE", help="the tables, as in bench/RESULTS.md")
    parser.add_argument("--build", metavar="DIR", help="the build folder (build beside bench)",
                        default=Path(__file__).resolve().parent.parent / "build")  # fmt: skip
    parser.add_argument("--data", metavar="DIR", help="the folder of lists, 6 GB (bench-data in the build folder)")
    return parser.parse_args(arguments)


def describe_machine(m, cpus, allowed_count):
    description = machine.describe(cpus, allowed_count, m.limits.best_path())
    description["compiler"] = m.machine_of_parsum.get("compiler")
    description["parsum_version"] = m.machine_of_parsum.get("version")
    description["opencl_devices"] = [f"{d['platform']}, {d['name']}, {d['driver']}" for d in m.opencl_devices]
    return description


def settings_of(options):
    settings = QUICK if options.quick else FULL
    return replace(settings, list_rounds=options.list_rounds or settings.list_rounds)


def run(options):
    programs = Programs(options.build)
    programs.build_missing()
    load_before = round(os.getloadavg()[0], 2)
    allowed_count = len(os.sched_getaffinity(0))
    cpus = machine.choose_cpus()
    with tempfile.TemporaryDirectory(prefix="parsum-bench-") as scratch_folder:
        data_folder = options.data or programs.build_folder / "bench-data"
        m = Measurements(programs, settings_of(options), cpus, scratch_folder, data_folder)
        if options.only in (None, "engines"):
            measure_opencl_limits(m)
        # Without --only, the engines measure the limits themselves, round by round.
        for name in [options.only] if options.only else [name for name in PARTS if name != "limits"]:
            PARTS[name](m)
        found_faults = m.finish()
    description = describe_machine(m, cpus, allowed_count)
    description["load_average_before"] = load_before
    tables = report.tables_of(m)
    print(report.as_text(description, tables, found_faults), end="")
    if options.json:
        Path(options.json).write_text(json.dumps(report.as_json(m, description, found_faults), indent=1) + "\n")
    if options.markdown:
        Path(options.markdown).write_text(report.as_markdown(description, tables, found_faults))
    missed = sum(verdict.verdict == MISSED for verdict in verdicts(m))
    if missed:
        say(f"{missed} promises missed on this machine")
    return 1 if found_faults else 0


def main(arguments=None):
    options = parse_arguments(arguments)
    try:
        return run(options)
    except BenchError as error:
        say(str(error))
        return 2


if __name__ == "__main__":
    sys.exit(main())
