"""The promises of the project about speed and memory, each with what this run says about it."""

import statistics
from dataclasses import replace

from list_targets import list_targets
from promises import at_least, below, verdict_of
from rows import RIGHT, median_round_ratio

MULTIPLY_LOOP_OF_TARGET = "avx512ifma"


def share_of_multiply_limit(m, name):
    """The rate of pthread 2 as a share of one loop's rate, best against best: what either can do. Of medians, a
    neighbour that disturbed the short limit loops more than the row would flatter the row."""
    row = m.engines.get("pthread 2")
    limit = m.limits.squares_per_second([name], 2)
    if row is None or not row.honest or not limit:
        return None
    return row.elements / row.best_seconds / limit


def engine_targets(m):
    e = m.engines
    best_path = m.limits.best_path()
    reference = e.get("reference")
    lacks_ifma = None if best_path == "avx512ifma" else f"no AVX-512 IFMA: measured with {best_path}"
    lacks_cpus = None if m.cpu_count >= 2 else "one CPU"
    loop = MULTIPLY_LOOP_OF_TARGET if lacks_ifma is None else best_path
    if loop == "portable":
        loop = "scalar_low"

    def against_reference(what, name, threshold, note="", lacks=lacks_cpus):
        ratio = median_round_ratio(reference, e.get(name))
        return at_least(f"{what} against the reference loop", threshold, ratio, note, lacks)

    def between(what, threshold, slow, fast):
        return at_least(what, threshold, median_round_ratio(e.get(slow), e.get(fast)), lacks=lacks_cpus)

    def row_of_path(path):
        """Forcing the best path is what is measured anyway."""
        return "pthread 2" if path == best_path else f"pthread 2 {path}"

    lacks_avx2 = lacks_cpus or (None if best_path != "portable" else "no AVX2")
    no_pocl = "" if m.pocl else "PoCL is not installed"
    no_intel = "" if m.intel else "PARSUM_TEST_VENDORS names no folder with Intel's runtime"
    return [
        against_reference("pthread, 2 workers,", "pthread 2", 14, lacks=lacks_ifma or lacks_cpus),
        at_least(
            f"pthread, 2 workers, against the {loop} multiply loop",
            0.8,
            share_of_multiply_limit(m, loop),
            lacks=lacks_ifma or lacks_cpus,
        ),
        between("fork, 2 workers, against pthread", 0.9, "pthread 2", "fork 2"),
        between("pthread, 2 workers against 1", 1.8, "pthread 1", "pthread 2"),
        between("fork, 2 workers against 1", 1.8, "fork 1", "fork 2"),
        against_reference("AVX2 forced, pthread, 2 workers,", row_of_path("avx2"), 6, lacks=lacks_avx2),
        against_reference("portable C forced, pthread, 2 workers,", row_of_path("portable"), 2),
        against_reference("OpenCL on PoCL", "opencl pocl", 6, note=no_pocl),
        against_reference("OpenCL on Intel's runtime", "opencl intel", 6, note=no_intel),
    ]


def process_targets(m):
    p = m.processes
    pool, duckdb = p.get("Python Pool(4)"), p.get("DuckDB sum(i * i)")
    parsum = p.get("parsum")
    wall_ms = peak_mib = None
    if parsum is not None and parsum.measured:
        wall_ms = statistics.median(parsum.wall_seconds) * 1e3
        peak_mib = max(parsum.peak_bytes) / 2**20

    def times(peer, ours):
        """None unless both were right: a wrong answer is beaten by nothing."""
        rows = (peer, p.get(ours))
        return None if None in rows or any(row.answer_verdict != RIGHT for row in rows) else peer.median_times(ours)

    whole = f"whole process over {m.settings.process_range}"
    driver_names = None if m.loaded_drivers is None else ", ".join(m.loaded_drivers) or "none"
    return [
        at_least(f"{whole}, not verified, against Python Pool(4)", 100, times(pool, "parsum")),
        at_least(f"{whole}, not verified, against DuckDB", 15, times(duckdb, "parsum")),
        below(f"{whole}, not verified, wall time", 15, wall_ms, "ms"),
        below(f"{whole}, not verified, peak memory", 16, peak_mib, "MiB"),
        verdict_of(f"{whole}, OpenCL drivers it loads", "none", driver_names, not m.loaded_drivers),
        at_least(f"{whole}, verified by the reference, against Python Pool(4)", 10, times(pool, "parsum verified")),
    ]


def verdicts(m):
    found = (engine_targets(m) if m.engines else []) + (process_targets(m) if m.processes else []) + list_targets(m)
    if not m.settings.quick:
        return found
    # The promises name sizes that --quick does not measure, so it only hints at them.
    return [replace(v, verdict=f"hint: {v.verdict}") for v in found]
