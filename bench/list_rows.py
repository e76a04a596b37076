"""One way of reducing one list, with its samples, its answers and its share of the reading that the machine can do."""

import statistics
from dataclasses import dataclass, field

from exact_sums import how_wrong, same_number
from judgement import judge_rate
from rows import RIGHT, WRONG, Timed, rate

READ = "read"
NOT_READ = "NOT READ?"


@dataclass
class ListRow(Timed):
    """size_bytes is what has to be read; expected has the answer of every statistic asked for."""

    name: str
    size_bytes: int
    count: int
    expected: dict
    engine: dict = field(default_factory=dict)
    rounds: list = field(default_factory=list)  # a list of compute seconds for each round
    read_rates: list = field(default_factory=list)  # for each round, what was read a second beside it
    setup_seconds: list = field(default_factory=list)
    wrong_answers: list = field(default_factory=list)
    ceiling_bytes_per_second: float | None = None  # the best reading of any list of this run
    not_there: str | None = None  # why parsum-cl cannot do this at all
    error: str | None = None

    @property
    def limit_bytes_per_second(self):
        return max((rate for rates in self.read_rates for rate in rates), default=None)

    @property
    def best_bytes_per_second(self):
        return rate(self.size_bytes, self.best_seconds)

    @property
    def judgement(self):
        """Of the best sample: more than this machine ever read was not read. A busy neighbour may have disturbed the
        reading of this list alone, so that it accuses nobody."""
        return judge_rate(self.best_bytes_per_second, self.ceiling_bytes_per_second or self.limit_bytes_per_second)

    @property
    def judged(self):
        if self.limit_bytes_per_second is None:
            return self.judgement.text
        return NOT_READ if self.judgement.folded else READ

    @property
    def share(self):
        """The best rate as a part of the best reading of this list: what either can do."""
        limit = self.limit_bytes_per_second
        return self.best_bytes_per_second / limit if limit else None

    @property
    def median_share(self):
        """The median over rounds of the ratio of medians: what an ordinary run reaches of ordinary reading."""
        shares = [
            rate(self.size_bytes, statistics.median(samples)) / statistics.median(rates)
            for samples, rates in zip(self.rounds, self.read_rates)
            if rates
        ]
        return statistics.median(shares) if shares else None

    @property
    def answer_verdict(self):
        return WRONG if self.wrong_answers else RIGHT

    @property
    def honest(self):
        """Fit to be compared: it ran every time, answered right and read everything."""
        return self.error is None and self.measured and not self.wrong_answers and not self.judgement.folded

    def add(self, result, read_rates, forced_isa=None):
        """One more round: what parsum-cl printed, and the reading measured beside it."""
        if "error" in result:
            self.error = result["error"]
            return
        self.engine = result["engine"]
        if forced_isa and self.engine.get("isa") != forced_isa:
            self.error = f"asked for {forced_isa}, ran {self.engine.get('isa')}"
        self.wrong_answers += wrong_answers(result["results"], self.expected)
        self.rounds.append(result.get("samples") or [result["seconds"]["compute"]])
        self.read_rates.append(read_rates)
        self.setup_seconds.append(result["seconds"]["setup"])

    def as_json(self):
        document = {"name": self.name, "bytes": self.size_bytes, "count": self.count, "engine": self.engine,
                    "not_there": self.not_there, "error": self.error}  # fmt: skip
        if self.measured:
            document |= {
                "verdict": self.answer_verdict,
                "wrong_answers": self.wrong_answers,
                "judgement": self.judged,
                "limit_bytes_per_second": self.limit_bytes_per_second,
                "ceiling_bytes_per_second": self.ceiling_bytes_per_second,
                "share_of_limit": self.share,
                "median_share": self.median_share,
                "best_seconds": self.best_seconds,
                "median_seconds": self.median_seconds,
                "setup_seconds": self.setup_seconds,
                "round_samples_seconds": self.rounds,
                "round_read_bytes_per_second": self.read_rates,
            }
        return document


def wrong_answers(results, expected):
    """A sentence for each statistic that is missing or not the expected number."""
    found = []
    for name, right in expected.items():
        answer = results.get(name, {}).get("value")
        if answer is None or not same_number(answer, right):
            found.append(f"{name}: {answer}")
    return found


@dataclass
class PeerRow:
    """A peer by turns with parsum-cl on the same list. times_whole and times_compute have the ratio of each turn: the
    peer's seconds to those of our whole process, and to our compute time alone."""

    name: str
    data_name: str
    expected: str
    seconds: list = field(default_factory=list)
    answers: list = field(default_factory=list)
    times_whole: list = field(default_factory=list)
    times_compute: list = field(default_factory=list)
    error: str | None = None

    @property
    def measured(self):
        return bool(self.seconds)

    @property
    def answer_text(self):
        wrong = [answer for answer in self.answers if not same_number(answer, self.expected)]
        return f"{WRONG}: {how_wrong(wrong[-1], self.expected)}" if wrong else RIGHT

    def median_times(self, which):
        ratios = getattr(self, which)
        return statistics.median(ratios) if ratios else None

    def as_json(self):
        document = {"name": self.name, "data": self.data_name, "error": self.error}
        if self.measured:
            document |= {
                "answer": self.answers[-1],
                "verdict": self.answer_text,
                "seconds": self.seconds,
                "times_our_whole_process": self.times_whole,
                "times_our_compute": self.times_compute,
            }
        return document
