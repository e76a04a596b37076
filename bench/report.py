"""The tables of one run, as text for a terminal and as Markdown: the same tables, two ways of drawing lines."""

import statistics

from cells import rate_text, runs_on, seconds_text, share_text, times_text
from judgement import TOLERANCE
from list_report import list_tables
from rows import RIGHT, median_round_ratio
from targets import verdicts

# A run that measured nothing, as RESULTS.md is before its first.
NOTHING = "No run is recorded here yet."


def machine_lines(machine):
    for key, value in machine.items():
        if isinstance(value, dict):
            value = ", ".join(f"{name} {version}" for name, version in value.items() if version)
        elif isinstance(value, list):
            value = "; ".join(map(str, value))
        if value not in (None, ""):
            yield f"{key}: {value}"


def targets_table(found):
    header = ["what", "promised", "measured", "verdict", "note"]
    rows = [[v.what, v.threshold, v.measured, v.verdict, v.note] for v in found]
    return "Promises", "", header, rows


def limits_table(limits):
    thread_counts = sorted({measurement["threads"] for measurement in limits.measurements})
    header = ["loop", "instruction", "elements below"]
    for threads in thread_counts:
        header += [f"{threads} thread{'s' * (threads > 1)}, best", "median"]
    rows = []
    for loop in limits.measurements[0]["loops"] if limits.measurements else []:
        cells = [loop["name"], loop["instruction"], f"2^{loop['square_bits']}"]
        for threads in thread_counts:
            medians = limits.median_squares_per_second(loop["name"], threads)
            best = limits.squares_per_second([loop["name"]], threads)
            cells += [rate_text(best), rate_text(statistics.median(medians))] if medians else ["not here", "-"]
        rows.append(cells)
    for device in limits.opencl_devices:
        measured = device.get("squares_per_second")
        cells = [device["name"], "wide multiply-add in OpenCL C", "2^32"]
        if measured:
            cells += [rate_text(measured["best"]), rate_text(measured["median"])]
        else:
            cells += [device.get("error", "-"), "-"]
        rows.append(cells + ["-"] * (len(header) - len(cells)))
    reads = [(threads, limits.read_bytes_per_second(threads)) for threads in thread_counts]
    note = "; ".join(f"reading memory, {threads} at once: {rate / 1e9:.3g} GB/s" for threads, rate in reads if rate)
    return "Multiply limit: squares a second of loops of nothing but multiplications", note, header, rows


def engine_cells(row):
    judged = row.judgement
    return [rate_text(row.elements_per_second), share_text(judged.share_of_limit), judged.text, row.answer_verdict]


def engines_table(engines, range_text):
    header = ["row", "runs on", "setup", "compute, best", "compute, median", "elements", "times reference",
              "share of limit", "judged", "answer"]  # fmt: skip
    rows = []
    for row in engines.values():
        if not row.measured:
            rows.append([row.name, runs_on(row.engine), f"error: {row.error}", *["-"] * 7])
            continue
        rows.append([
            row.name,
            runs_on(row.engine),
            seconds_text(statistics.median(row.setup_seconds)),
            seconds_text(row.best_seconds),
            seconds_text(row.median_seconds),
            engine_cells(row)[0],
            times_text(median_round_ratio(engines.get("reference"), row)),
            *engine_cells(row)[1:],
        ])  # fmt: skip
    note = f"Compute time alone. A share above {TOLERANCE:g} is no multiplying of every element."
    return f"Sum of squares of {range_text}", note, header, rows


def way_of(row):
    """The name of a row of the linear part, without its size."""
    return row.name.removesuffix(f" over {row.range_text}")


def linear_table(linear):
    header = ["row", "compute, best", "compute, median", "elements", "times the next smaller", "share of limit",
              "judged", "answer"]  # fmt: skip
    rows, smaller = [], {}
    ways = list(dict.fromkeys(way_of(row) for row in linear.values()))
    for row in sorted(linear.values(), key=lambda row: ways.index(way_of(row))):
        if not row.measured:
            rows.append([row.name, f"error: {row.error}", *["-"] * 6])
            continue
        way = way_of(row)
        growth = row.median_seconds / max(smaller[way], 1e-12) if way in smaller else None
        smaller[way] = row.median_seconds
        cells = engine_cells(row)
        seconds = [seconds_text(row.best_seconds), seconds_text(row.median_seconds)]
        rows.append([row.name, *seconds, cells[0], times_text(growth), *cells[1:]])
    note = "Ten times the elements should cost ten times the time; beyond 2^32 the offsets from a first element are multiplied, and added up besides."
    return "Cost by size", note, header, rows


def processes_table(processes, range_text):
    header = ["process", "wall, best", "wall, median", "computing", "peak memory", "times parsum",
              "times parsum verified", "answer"]  # fmt: skip
    rows = []
    for row in processes.values():
        if not row.measured:
            rows.append([row.name, f"error: {row.error}", *["-"] * 6])
            continue
        rows.append([
            row.name,
            seconds_text(min(row.wall_seconds)),
            seconds_text(statistics.median(row.wall_seconds)),
            seconds_text(statistics.median(row.compute_seconds)) if row.compute_seconds else "-",
            f"{max(row.peak_bytes) / 2**20:.1f} MiB",
            times_text(row.median_times("parsum")),
            times_text(row.median_times("parsum verified")),
            row.answer_verdict if row.answer_verdict == RIGHT else f"{row.answer_verdict}: {row.answers[-1]}",
        ])  # fmt: skip
    note = "By turns with parsum-cl --engine=pthread; times are medians of the turns' ratios of wall times."
    return f"Whole processes, sum of squares of {range_text}", note, header, rows


def tables_of(m):
    tables = [targets_table(verdicts(m)), limits_table(m.limits)]
    if m.engines:
        tables.append(engines_table(m.engines, m.settings.engines_range))
    if m.linear:
        tables.append(linear_table(m.linear))
    if m.processes:
        tables.append(processes_table(m.processes, m.settings.process_range))
    return tables + list_tables(m)


def as_text(machine, tables, faults):
    lines = list(machine_lines(machine))
    for title, note, header, rows in tables:
        lines += ["", title]
        widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
        for row in [header, *rows]:
            lines.append("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
        if note:
            lines.append(f"  ({note})")
    lines += ["", *(f"FAULT: {fault}" for fault in faults)]
    return "\n".join(lines).rstrip() + "\n"


def as_markdown(machine, tables, faults):
    lines = ["# Results of one run of the bench", ""]
    lines += ["Written by `python bench/run.py --markdown=bench/RESULTS.md`. How to read it: [README.md](README.md)."]
    lines += [""]
    lines += ["## Machine", "", *([f"- {line}" for line in machine_lines(machine)] or [NOTHING])]
    if faults:
        lines += ["", "## Faults", "", *(f"- {fault}" for fault in faults)]
    for title, note, header, rows in tables:
        lines += ["", f"## {title}", ""]
        for row in [header, ["---"] * len(header), *rows]:
            lines.append("| " + " | ".join(cell.replace("|", "\\|") or " " for cell in row) + " |")
        if note:
            lines += ["", note]
    return "\n".join(lines) + "\n"


def as_json(m, machine, faults):
    return {
        "schema": "parsum-bench/1",
        "quick": m.settings.quick,
        "machine": machine,
        "promises": [vars(verdict) for verdict in verdicts(m)],
        "faults": faults,
        "tolerance": TOLERANCE,
        "multiply_limits": m.limit_measurements,
        "opencl_multiply_limits": m.opencl_limits,
        "engines": [row.as_json() for row in m.engines.values()],
        "cost_by_size": [row.as_json() for row in m.linear.values()],
        "processes": [row.as_json() for row in m.processes.values()],
        "opencl_drivers_loaded_by_pthread": m.loaded_drivers,
        **{name: part.as_json() for name, part in m.list_parts.items()},
    }
