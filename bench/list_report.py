"""The tables of the parts lists, text and floats."""

import statistics

from cells import runs_on, seconds_text, share_text, times_text
from judgement import TOLERANCE
from list_work import OUR_PIPE, OUR_WHOLE
from rows import RIGHT, WRONG

TITLES = {"lists": "Lists of integers", "text": "Numbers in text", "floats": "Lists of floating-point numbers"}


def bytes_rate_text(size_bytes, seconds):
    return f"{size_bytes / seconds / 1e9:.3g} GB/s" if seconds > 0 else "-"


def shortened(text, length=80):
    return text if text is None or len(text) <= length else text[: length - 3] + "..."


def mib_text(size_bytes):
    return f"{size_bytes / 2**20:.1f} MiB"


def row_cells(row):
    if row.not_there or not row.measured:
        why = f"not there: {shortened(row.not_there)}" if row.not_there else f"error: {shortened(row.error)}"
        return [row.name, why, *["-"] * 9]
    limit = row.limit_bytes_per_second
    return [
        row.name,
        runs_on(row.engine),
        seconds_text(statistics.median(row.setup_seconds)),
        seconds_text(row.best_seconds),
        seconds_text(row.median_seconds),
        bytes_rate_text(row.size_bytes, row.best_seconds),
        f"{limit / 1e9:.3g} GB/s" if limit else "-",
        share_text(row.share),
        share_text(row.median_share),
        row.judged,
        f"{WRONG}: {row.wrong_answers[-1]}" if row.wrong_answers else RIGHT,
    ]


def rows_table(part):
    header = ["row", "runs on", "setup", "compute, best", "compute, median", "bytes, best", "read limit",
              "share of limit, best", "median", "judged", "answer"]  # fmt: skip
    note = "Compute time alone. The limit is the best reading of the same mapped file on all CPUs; "
    note += f"above {TOLERANCE:g} times the best reading of any list, not every element was read."
    buffers = ", ".join(f"{name} {rate / 1e9:.3g} GB/s" for name, rate in part.buffer_rates.items())
    if buffers:
        note += f" For comparison, reading a copy in large pages: {buffers}."
    return TITLES[part.name], note, header, [row_cells(row) for row in part.rows.values()]


def peers_table(part):
    header = ["process or peer", "what", "seconds, best", "median", "times parsum-cl, whole process",
              "times its compute", "answer"]  # fmt: skip
    rows = []
    for row in part.peers:
        if not row.measured:
            rows.append([row.name, row.data_name, f"error: {shortened(row.error)}", *["-"] * 4])
            continue
        rows.append([
            row.name,
            row.data_name,
            seconds_text(min(row.seconds)),
            seconds_text(statistics.median(row.seconds)),
            times_text(row.median_times("times_whole")),
            times_text(row.median_times("times_compute")),
            row.answer_text,
        ])  # fmt: skip
    note = "By turns with parsum-cl --engine=pthread; ratios are medians over turns. "
    note += "Python peers are timed inside a running Python that has loaded."
    if any(row.name == OUR_PIPE for row in part.peers):
        note += f" wc is beside {OUR_PIPE}."
    return f"{TITLES[part.name]}: peers by turns with {OUR_WHOLE}", note, header, rows


def memory_table(part):
    header = ["command", "peak", "over an empty list", "more", "counted"]
    rows = []
    for row in part.memory:
        if row.more_bytes is None:
            rows.append([row.name, f"error: {row.error}", "-", "-", row.how])
            continue
        cells = [mib_text(size_bytes) for size_bytes in (max(row.bytes), min(row.empty_bytes), row.more_bytes)]
        rows.append([row.name, *cells, row.how])
    note = "The largest of all runs, less the smallest over an empty list."
    return f"{TITLES[part.name]}: memory", note, header, rows


def small_table(part):
    """A line for each call and count, of all rounds."""
    header = ["call", "doubles", "best", "median", "answer"]
    rounds = {}
    for row in part.small:
        rounds.setdefault((row["call"], row["count"]), []).append(row)
    rows = []
    for (call, count), found in rounds.items():
        best = [row["best_seconds"] for row in found if "best_seconds" in row]
        medians = [row["median_seconds"] for row in found if "median_seconds" in row]
        wrong = [row.get("answer") for row in found if row.get("right") is False]
        errors = [row.get("error") or f"status {row.get('status')}" for row in found if "best_seconds" not in row]
        if errors or not best:
            rows.append([call, str(count), shortened(f"error: {errors[-1]}"), "-", "-"])
            continue
        checked = any("right" in row for row in found)
        answer = f"{WRONG}: {wrong[-1]}" if wrong else RIGHT if checked else "-"
        median = seconds_text(statistics.median(medians)) if medians else "-"
        rows.append([call, str(count), seconds_text(min(best)), median, answer])
    return f"{TITLES[part.name]}: library calls on short lists", "", header, rows


def list_tables(m):
    tables = []
    for part in m.list_parts.values():
        tables += [rows_table(part), peers_table(part)]
        tables += [memory_table(part)] if part.memory else []
        tables += [small_table(part)] if part.small else []
    return tables
