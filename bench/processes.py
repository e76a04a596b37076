"""Whole processes: from start to end, with their start-up and their memory."""

import statistics
from dataclasses import dataclass, field

from closed_form import sum_of_squares
from rows import RIGHT, WRONG, parse_range


@dataclass(frozen=True)
class Peer:
    name: str
    program: str
    mode: tuple = ()
    in_targets: bool = False  # a target speaks of it: measured more often


PEERS = (
    Peer("Python loop", "pool.py", ("loop",)),
    Peer("Python Pool(4)", "pool.py", ("pool",), in_targets=True),
    Peer("DuckDB sum(i * i)", "duckdb_range.py", in_targets=True),
    Peer("chDB sum(number * number)", "chdb_range.py", ("plain",)),
    Peer("chDB sum(toUInt128(number * number))", "chdb_range.py", ("widened",)),
    Peer("NumPy dot, int64", "numpy_dot.py"),
    Peer("NumPy, 32-bit halves", "numpy_exact.py"),
    Peer("Polars sum(i * i)", "polars_range.py"),
)


@dataclass
class ProcessRow:
    name: str
    command: list
    range_text: str
    wall_seconds: list = field(default_factory=list)
    compute_seconds: list = field(default_factory=list)
    peak_bytes: list = field(default_factory=list)
    answers: list = field(default_factory=list)
    times_ours: dict = field(default_factory=dict)  # name of our row to its ratio in each turn
    error: str | None = None

    def add(self, result):
        if "error" in result:
            self.error = result["error"]
            return
        self.wall_seconds.append(result["wall_seconds"])
        self.peak_bytes.append(result["peak_bytes"])
        self.answers.append(result["answer"])
        if result["compute_seconds"] is not None:
            self.compute_seconds.append(result["compute_seconds"])

    @property
    def measured(self):
        return bool(self.wall_seconds)

    @property
    def answer_verdict(self):
        expected = str(sum_of_squares(*parse_range(self.range_text)))
        return RIGHT if self.answers and all(answer == expected for answer in self.answers) else WRONG

    def median_times(self, ours):
        """How many times as long as our row, the median over turns; None: not measured."""
        ratios = self.times_ours.get(ours)
        return statistics.median(ratios) if ratios else None

    def as_json(self):
        document = {"name": self.name, "range": self.range_text, "error": self.error}
        if self.measured:
            document |= {
                "answer": self.answers[-1],
                "verdict": self.answer_verdict,
                "best_wall_seconds": min(self.wall_seconds),
                "median_wall_seconds": statistics.median(self.wall_seconds),
                "wall_seconds": self.wall_seconds,
                "compute_seconds": self.compute_seconds,
                "peak_bytes": self.peak_bytes,
                "times_ours": self.times_ours,
            }
        return document


def process_faults(ours):
    """The sentences for which the run fails; a wrong peer is a row, not a fault."""
    found = [f"{row.name}: {row.error}" for row in ours if row.error is not None]
    wrong = [row for row in ours if row.measured and row.answer_verdict != RIGHT]
    return found + [f"{row.name}: {WRONG} answer {row.answers[-1]}" for row in wrong]


def measure_beside(programs, peer, command, range_text, ours, pairs):
    """Run each of our rows and the peer by turns (A B A B), and keep the ratio of every turn."""
    row = ProcessRow(peer.name, command, range_text)
    for _ in range(pairs):
        for our_row in ours.values():
            our_row.add(programs.whole_process(our_row.command))
        result = programs.whole_process(command)
        row.add(result)
        if row.error is not None:
            break  # a peer that is not installed will not be in the next turn either
        for name, our_row in ours.items():
            if our_row.error is None:
                row.times_ours.setdefault(name, []).append(result["wall_seconds"] / our_row.wall_seconds[-1])
    return row
