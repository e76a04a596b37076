"""From what parsum-cl prints to the rows of the table: answer checked, rate taken, limit applied."""

import statistics
from dataclasses import dataclass, field

from closed_form import sum_of_squares
from judgement import judge_rate

RIGHT = "right"
WRONG = "WRONG"


def parse_range(text):
    """The numbers of A:B or A:B:STEP."""
    return tuple(int(part) for part in text.split(":"))


def rate(elements, seconds):
    return elements / seconds if seconds > 0 else float("inf")  # no time at all is the purest fold


class Timed:
    """What has rounds: a list of compute seconds for each."""

    @property
    def samples(self):
        return [seconds for samples in self.rounds for seconds in samples]

    @property
    def measured(self):
        return bool(self.samples)

    @property
    def best_seconds(self):
        return min(self.samples)

    @property
    def median_seconds(self):
        return statistics.median(self.samples)


@dataclass
class Row(Timed):
    """One way of computing, with the samples of every round it ran in."""

    name: str
    range_text: str
    engine: dict = field(default_factory=dict)
    rounds: list = field(default_factory=list)  # a list of compute seconds for each round
    setup_seconds: list = field(default_factory=list)
    answers: list = field(default_factory=list)
    error: str | None = None
    limit_squares_per_second: float | None = None

    @property
    def elements(self):
        return len(range(*parse_range(self.range_text)))

    @property
    def elements_per_second(self):
        return rate(self.elements, self.median_seconds)

    @property
    def answer_verdict(self):
        expected = str(sum_of_squares(*parse_range(self.range_text)))
        return RIGHT if self.answers and all(answer == expected for answer in self.answers) else WRONG

    @property
    def honest(self):
        """Fit to be compared: it ran every time, answered right and multiplied."""
        return self.error is None and self.measured and self.answer_verdict == RIGHT and not self.judgement.folded

    @property
    def judgement(self):
        """Of the best sample: a loop that folded even once is found."""
        return judge_rate(rate(self.elements, self.best_seconds), self.limit_squares_per_second)

    def as_json(self):
        document = {"name": self.name, "range": self.range_text, "engine": self.engine, "error": self.error}
        if self.measured:
            document |= {
                "answer": self.answers[-1],
                "verdict": self.answer_verdict,
                "judgement": self.judgement.text,
                "share_of_limit": self.judgement.share_of_limit,
                "limit_elements_per_second": self.limit_squares_per_second,
                "elements_per_second": self.elements_per_second,
                "best_seconds": self.best_seconds,
                "median_seconds": self.median_seconds,
                "setup_seconds": self.setup_seconds,
                "round_samples_seconds": self.rounds,
            }
        return document


def add_result(table, name, range_text, result, forced_isa=None):
    """Put one engine's result (a row of `compare`, or the whole of `sum`) as one more round into the table."""
    row = table.setdefault(name, Row(name, range_text))
    if "error" in result:
        row.error = result["error"]
        row.engine = result.get("engine", row.engine)
        return row
    row.engine = result["engine"]
    if forced_isa and row.engine.get("isa") != forced_isa:
        row.error = f"asked for {forced_isa}, ran {row.engine.get('isa')}"
    row.answers.append(result["results"]["sumsq"]["value"])
    row.rounds.append(result.get("samples") or [result["seconds"]["compute"]])
    row.setup_seconds.append(result["seconds"]["setup"])
    return row


def name_of_result(engine, opencl_name):
    """The row's name for one row of `compare`."""
    if engine["name"] in ("reference", "serial"):
        return engine["name"]
    if engine["name"] == "opencl":
        return f"opencl {opencl_name}"
    return f"{engine['name']} {engine['workers']}"


def add_compare(table, range_text, compare, opencl_name):
    """Put every row of one `parsum-cl compare --json` into the table; two devices of one name are numbered."""
    seen = {}
    for result in compare["rows"]:
        name = name_of_result(result["engine"], opencl_name)
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name = f"{name} #{seen[name]}"
        add_result(table, name, range_text, result)


def apply_limits(table, limits):
    """Once everything is measured: limits are the best of the whole run."""
    for row in table.values():
        if row.measured:
            row.limit_squares_per_second = limits.of_engine(row.engine)


def median_round_ratio(slow, fast):
    """How many times faster `fast` is: the median over rounds of the ratio of its medians. None: not to be had.

    Within a round the two ran seconds apart, so what the machine does to one it mostly does to the other."""
    if slow is None or fast is None or not slow.honest or not fast.honest:
        return None
    ratios = [
        statistics.median(slow_samples) / max(statistics.median(fast_samples), 1e-12)
        for slow_samples, fast_samples in zip(slow.rounds, fast.rounds)
    ]
    return statistics.median(ratios)


def faults(tables):
    """The sentences for which the run fails: what did not run, wrong answers, and rates no multiplication reaches."""
    found = []
    for row in (row for table in tables for row in table.values()):
        label = f"{row.name} over {row.range_text}"
        if row.error is not None:
            found.append(f"{label}: {row.error}")
        if not row.measured:
            continue
        judged = row.judgement
        if judged.folded:
            found.append(f"{label}: {judged.text} {judged.share_of_limit:.3g} times the multiply limit of this run")
        if row.answer_verdict != RIGHT:
            found.append(f"{label}: {WRONG} answer {row.answers[-1]}")
    return found
