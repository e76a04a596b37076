"""The promises about lists of numbers, text and floats, each with what this run says about it."""

import list_work as work
from exact_sums import same_number
from list_parts import NUMPY_SMALL
from promises import at_least, at_most, below
from rows import RIGHT, median_round_ratio

LIMIT = "of the limit"
OPENCL_NAMES = {"opencl pocl": "OpenCL on PoCL", "opencl intel": "OpenCL on Intel's runtime"}
ALL_WAYS = ("pthread", "opencl pocl", "opencl intel")
MORE_MEMORY_MIB = 64
NO_READING = "no reading was measured"


class PartPromises:
    """The promises of one part, in one measured run."""

    def __init__(self, m, part):
        self.m, self.part = m, part
        self.lacks_cpus = None if m.cpu_count >= 2 else "one CPU"

    def why_not(self, row, way):
        """The note of a promise that was not measured: of a row that is not there or not honest."""
        if row is None and way == "opencl pocl":
            return "PoCL is not installed"
        if row is None and way == "opencl intel":
            return "PARSUM_TEST_VENDORS names no folder with Intel's runtime"
        if row is not None and (row.not_there or row.error):
            return f"not there: {row.not_there}" if row.not_there else row.error
        if row is None:
            return ""
        return "no right answer" if row.wrong_answers else row.judged

    def share(self, statistic, label, way, threshold, lacks=None):
        row = self.part.row(statistic, label, way)
        share = row.share if row is not None and row.honest else None
        note = NO_READING if row is not None and row.honest else self.why_not(row, way)
        what = f"{statistic} of {label}, {OPENCL_NAMES.get(way, way)}, against reading"
        beside = f"{row.median_share:.3g} by the median of rounds" if share is not None and row.median_share else ""
        return at_least(what, threshold, share, note, lacks or self.lacks_cpus, LIMIT, beside)

    def shares(self, statistic, label, ways, threshold):
        return [self.share(statistic, label, way, threshold) for way in ways]

    def fork_beside_pthread(self, statistic, label):
        rows = [self.part.row(statistic, label, way) for way in ("pthread", "fork")]
        return at_least(f"{statistic} of {label}, fork against pthread", 0.9, median_round_ratio(*rows),
                        self.why_not(rows[1], "fork"), self.lacks_cpus)  # fmt: skip

    def rate(self, statistic, label, threshold):
        """GB a second: a time of this machine, as the promise is."""
        row = self.part.row(statistic, label, "pthread")
        rate = row.size_bytes / row.best_seconds / 1e9 if row is not None and row.honest else None
        note = self.why_not(row, "pthread")
        return at_least(f"{statistic} of {label}, pthread, best", threshold, rate, note, self.lacks_cpus, "GB/s")

    def peer_times(self, name, data_name, which, statistic="sum", must_be_right=False):
        """(ratio, note): the peer's time to ours, or why there is none. A wrong answer of ours is beaten by nothing."""
        label = f"{statistic} of {data_name}"
        row, ours = self.part.peer(name, label), self.part.peer(work.OUR_WHOLE, label)
        if row is None or row.error:
            return None, row.error if row is not None else ""
        if ours is None or ours.error or not all(same_number(answer, ours.expected) for answer in ours.answers):
            return None, f"parsum-cl: {ours.error or 'no right answer'}" if ours is not None else ""
        if must_be_right and row.answer_text != RIGHT:
            return None, row.answer_text
        return row.median_times(which), ""

    def against_peer(self, name, data_name, which, threshold):
        ratio, note = self.peer_times(name, data_name, which)
        side = "whole process" if which == "times_whole" else "computing"
        return at_least(f"sum of {data_name}, {side}, against {name}", threshold, ratio, note, self.lacks_cpus)


def lists_promises(p):
    found = []
    for name in ("i64", "i32"):
        found += p.shares("sum", name, ALL_WAYS, 0.95)
        found += p.shares("sumsq", name, ("pthread",), 0.95)
        if name == "i64":
            found += p.shares("sumsq", name, work.OPENCL_WAYS, 0.6)
        found += p.shares("all", name, ("pthread",), 0.6)
        found += p.shares("all", name, work.OPENCL_WAYS, 0.4)
        found += [p.fork_beside_pthread(statistic, name) for statistic in ("sum", "sumsq", "all")]
    found.append(p.against_peer(work.NUMPY_MAPPED, "i64", "times_whole", 1))
    found.append(p.against_peer(work.DUCKDB_SUM, "i64", "times_whole", 2.5))
    found.append(pipe_promise(p))
    return found + [memory_promise(p, row) for row in p.part.memory]


def pipe_promise(p):
    label = "sum of i64"
    ours, wc = p.part.peer(work.OUR_PIPE, label), p.part.peer(work.WC_PIPE, label)
    ratio = None
    if ours is not None and wc is not None and wc.times_whole and ours.answer_text == RIGHT:
        ratio = 1 / wc.median_times("times_whole")
    note = ours.error or "" if ours is not None else ""
    return at_most(f"{work.OUR_PIPE} takes, against {work.WC_PIPE}", 1.5, ratio, note=note)


def memory_promise(p, row):
    more_mib = None if row.error or row.more_bytes is None else row.more_bytes / 2**20
    what = f"peak memory, {row.name}, more than for an empty list"
    return at_most(what, MORE_MEMORY_MIB, more_mib, "MiB", row.error or "")


def text_promises(p):
    found = [p.rate("sum", "integers", 2.5), p.rate("sum", "decimals", 1.6)]
    for name in ("integers", "decimals"):
        for peer, threshold in ((work.POLARS_TEXT, 2), (work.DUCKDB_TEXT, 4), (work.DATAMASH, 10)):
            found.append(p.against_peer(peer, name, "times_whole", threshold))
    return found


def floats_promises(p):
    lacks_avx2 = None if p.m.limits.best_path() != "portable" else "no AVX2"
    found = []
    for name in ("uniform", "normal", "same-sign"):
        found += p.shares("sum", name, ALL_WAYS, 0.9)
    found += p.shares("sum", "mixed60", ALL_WAYS, 0.85)
    found += p.shares("sum", "f32", ALL_WAYS, 0.9)
    found += [p.share("sum", name, "pthread avx2", 0.75, lacks_avx2) for name in ("uniform", "normal", "same-sign")]
    found += p.shares("sumsq", "normal", ("pthread",), 0.8)
    found += p.shares("sumsq", "normal", work.OPENCL_WAYS, 0.6)
    found += p.shares("dot", "uniform·normal", ("pthread",), 0.75)
    found += p.shares("all", "normal", ("pthread",), 0.4)
    for name in ("uniform", "normal"):
        found.append(numpy_promise(p, name))
    for name, threshold in (("uniform", 5), ("normal", 3)):
        found.append(xsum_promise(p, name, threshold))
    found.append(p.against_peer(work.XSUM_LARGE, "full-range", "times_compute", 1.7))
    found.append(p.against_peer(work.DUCKDB_SUM, "uniform", "times_compute", 2))
    found.append(p.against_peer(work.DUCKDB_FSUM, "uniform", "times_compute", 10))
    return found + small_promises(p.part.small)


def numpy_promise(p, name):
    ratio, note = p.peer_times(work.NUMPY_SUM, name, "times_compute")
    what = f"sum of {name}, computing takes, against {work.NUMPY_SUM} (inexact)"
    return at_most(what, 1.1, None if ratio is None else 1 / ratio, note=note, lacks=p.lacks_cpus)


def xsum_promise(p, name, threshold):
    """The faster of its two accumulators is the one to beat."""
    found = [p.peer_times(peer, name, "times_compute") for peer in (work.XSUM_LARGE, work.XSUM_SMALL)]
    ratios = [ratio for ratio, _ in found if ratio is not None]
    what = f"sum of {name}, computing, against the faster of xsum's, one core"
    return at_least(what, threshold, min(ratios, default=None), found[0][1], p.lacks_cpus)


def small_promises(rows):
    """The best call of the library; a wrong answer is fast for nothing."""
    best, errors = {}, [row["error"] for row in rows if row.get("error")]
    for row in rows:
        side = "numpy" if row["call"] == NUMPY_SMALL else "library"
        if row.get("right", True) and "best_seconds" in row:
            key = (side, row["count"])
            best[key] = min(best.get(key, row["best_seconds"]), row["best_seconds"])
    note = errors[0] if errors else ""
    hundred, ten_thousand, numpy = (best.get(key) for key in (("library", 100), ("library", 10000), ("numpy", 10000)))
    ratio = ten_thousand / numpy if ten_thousand and numpy else None
    return [
        below("a library call on 100 doubles", 1, hundred and hundred * 1e6, "us", note),
        at_most("a library call on 10000 doubles takes, against numpy.sum", 2, ratio, note=note),
    ]


PROMISES = {"lists": lists_promises, "text": text_promises, "floats": floats_promises}


def list_targets(m):
    return [verdict for name, part in m.list_parts.items() for verdict in PROMISES[name](PartPromises(m, part))]
