"""Measures the parts lists, text and floats: parsum-cl in rounds beside the reading that the machine can do, whole
processes by turns with each peer, pipes, memory, and library calls on short lists."""

import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import list_work as work
from exact_sums import np, same_number
from list_memory import peak_own_bytes
from list_rows import NOT_READ, ListRow, PeerRow
from programs import TIMEOUT_SECONDS, BenchError, last_line
from rows import WRONG

LIST_PEER = Path(__file__).parent / "peers" / "list_peer.py"
PROBE_COUNT = 1000
OUR_OPTIONS = ("--engine=pthread", "--workers=2", "--verify=none")
SMALL_COUNTS = (100, 10000)
NUMPY_SMALL = "numpy.sum"
NOT_BUILT = "not there: the library lacks the calls, or the program is not built (target parsum_bench)"


@dataclass
class MemoryRow:
    """A command's peak, and that of the same command over an empty list."""

    name: str
    how: str
    bytes: list = field(default_factory=list)
    empty_bytes: list = field(default_factory=list)
    error: str | None = None

    @property
    def more_bytes(self):
        return max(self.bytes) - min(self.empty_bytes) if self.bytes and self.empty_bytes else None


@dataclass
class ListPart:
    """Everything one part has measured."""

    name: str
    rows: dict = field(default_factory=dict)  # name to ListRow
    buffer_rates: dict = field(default_factory=dict)  # data name to bytes a second read of a buffer in large pages
    peers: list = field(default_factory=list)  # PeerRow, ours among them
    memory: list = field(default_factory=list)
    small: list = field(default_factory=list)  # rows as small_lists prints them, and NumPy's
    not_there: dict = field(default_factory=dict)  # (way, data name) to why parsum-cl cannot do it

    def row(self, statistic, data_label, way):
        return self.rows.get(work.row_name(statistic, data_label, way))

    def peer(self, name, data_name):
        return next((row for row in self.peers if (row.name, row.data_name) == (name, data_name)), None)

    def as_json(self):
        return {
            "rows": [row.as_json() for row in self.rows.values()],
            "buffer_bytes_per_second": self.buffer_rates,
            "peers": [row.as_json() for row in self.peers],
            "memory": [vars(row) | {"more_bytes": row.more_bytes} for row in self.memory],
            "small": self.small,
        }


def apply_ceiling(part):
    """Once everything is measured: the best reading of any list binds every row."""
    rates = [row.limit_bytes_per_second for row in part.rows.values() if row.limit_bytes_per_second]
    ceiling = max([*rates, *part.buffer_rates.values()], default=None)
    for row in part.rows.values():
        row.ceiling_bytes_per_second = ceiling


def faults_of_part(part):
    """The sentences for which the run fails: as for ranges, and what is not there at all, once for each way."""
    found = [f"{way}, {data_name}: not there: {why}" for (way, data_name), why in part.not_there.items()]
    for row in part.rows.values():
        if row.error is not None:
            found.append(f"{row.name}: {row.error}")
        if row.wrong_answers:
            found.append(f"{row.name}: {WRONG} answer {row.wrong_answers[-1]}")
        if row.measured and row.judgement.folded:
            share = row.judgement.share_of_limit
            found.append(f"{row.name}: {NOT_READ} {share:.3g} times the best reading of this run")
    for row in part.peers:
        if row.name in (work.OUR_WHOLE, work.OUR_PIPE):
            if row.error is not None and not part.not_there:
                found.append(f"{row.name}, {row.data_name}: {row.error}")
            found += [f"{row.name}, {row.data_name}: {WRONG} answer {answer}" for answer in row.answers
                      if not same_number(answer, row.expected)]  # fmt: skip
    found += [f"memory, {row.name}: {row.error}" for row in part.memory if row.error and not part.not_there]
    found += [f"{row['call']} on {row['count']}: {WRONG} answer {row['answer']}" for row in part.small
              if row.get("right") is False]  # fmt: skip
    found += [f"{row['call']} on {row['count']}: {row.get('error') or row.get('status')}" for row in part.small
              if row["call"] != NUMPY_SMALL and "best_seconds" not in row and not row.get("not_built")]  # fmt: skip
    return [f"{part.name}: {sentence}" for sentence in found]


def ways_of(m):
    """Name to (options, environment, forced instruction set) of the ways that this machine has."""
    pthread = ("--engine=pthread", "--workers=2")
    ways = {
        "pthread": (pthread, None, None),
        "fork": (("--engine=fork", "--workers=2"), None, None),
        "pthread 1": (("--engine=pthread", "--workers=1"), None, None),
    }
    if m.limits.best_path() != "portable":
        ways["pthread avx2"] = (pthread, {"PARSUM_ISA": "avx2"}, "avx2")
    for name, environment in (("opencl pocl", m.pocl), ("opencl intel", m.intel)):
        if environment:
            ways[name] = (("--engine=opencl", "--device=cpu"), environment, None)
    return ways


def data_of(m, name, full=True):
    """The list of a name in the size of this run, or the short one that finds out what there is."""
    if name in work.TEXT_DATA:
        return m.lists.text(name, m.settings.text_count if full else PROBE_COUNT)
    count = m.settings.full_range_count if name == "full-range" else m.settings.list_count
    return m.lists.array(name, count if full else PROBE_COUNT)


def json_arguments(options, statistic, paths, runs=1, warmup=1):
    return ["sum", "--json", "--verify=none", *options, f"--runs={runs}", f"--warmup={warmup}",
            f"--stat={statistic}", *map(str, paths)]  # fmt: skip


def why_not_there(m, part, way, data_name):
    """Why parsum-cl cannot sum a thousand such numbers this way; None: it can. Only a refusal or a crash counts: a
    wrong answer shows in the rows."""
    key = (way, data_name)
    if key not in m.probes:
        options, environment, _ = ways_of(m)[way]
        path = data_of(m, data_name, full=False).path
        result = m.programs.run_parsum(json_arguments(options, "sum", [path]), environment)
        m.probes[key] = result.get("error")
    if m.probes[key] is not None:
        part.not_there[key] = m.probes[key]
    return m.probes[key]


def measure_read_limit(m, part, data, with_buffer):
    """Rates of reading the mapped file on all CPUs of the run."""
    options = [f"--threads={m.cpu_count}", f"--runs={m.settings.list_runs}", *(["--buffer"] if with_buffer else [])]
    measured = m.programs.json_of([m.programs.read_limit, *options, data.path])
    if "error" in measured:
        raise BenchError(f"read_limit: {measured['error']}; without a limit no rate can be judged")
    if "buffer_bytes_per_second" in measured:
        part.buffer_rates[data.name] = max(measured["buffer_bytes_per_second"]["samples"])
    return measured["mapped_bytes_per_second"]["samples"]


def expected_of(m, statistic, data_sets):
    if statistic == "dot":
        return {"dot": m.lists.dot_answer(*data_sets)}
    return dict(data_sets[0].answers) if statistic == "all" else {statistic: data_sets[0].answers[statistic]}


def measure_rows(m, part, works):
    """Rounds of everything; in each, a list is read by read_limit right before it is reduced."""
    ways, s = ways_of(m), m.settings
    for number in range(1, s.list_rounds + 1):
        m.say(f"{part.name}, round {number} of {s.list_rounds}")
        for item in works:
            data_sets = [data_of(m, name) for name in item.data_names]
            read_rates = None
            for way in (way for way in item.ways if way in ways):
                name = item.row_name(way)
                if name not in part.rows:
                    size_bytes = sum(data.size_bytes for data in data_sets)
                    expected = expected_of(m, item.statistic, data_sets)
                    part.rows[name] = ListRow(name, size_bytes, data_sets[0].count, expected)
                row = part.rows[name]
                row.not_there = why_not_there(m, part, way, item.data_names[0])
                if row.not_there:
                    continue
                if read_rates is None:
                    measured = [measure_read_limit(m, part, data, number == 1) for data in data_sets]
                    read_rates = [rate for rates in measured for rate in rates]
                options, environment, forced_isa = ways[way]
                paths = [data.path for data in data_sets]
                arguments = json_arguments(options, item.statistic, paths, runs=s.list_runs)
                row.add(m.programs.run_parsum(arguments, environment), read_rates, forced_isa)


class PythonPeer:
    """peers/list_peer.py in one mode: loaded once, then asked once a turn."""

    def __init__(self, mode, argument):
        command = [sys.executable, str(LIST_PEER), mode, str(argument)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)  # fmt: skip
        self.loading = self._read()

    def _read(self):
        answer, tab, seconds = self.process.stdout.readline().rstrip("\n").partition("\t")
        if answer == "error" or not tab:
            return {"error": seconds or "ended without an answer"}
        return {"answer": answer, "seconds": float(seconds)}

    def ask(self):
        if "error" in self.loading:
            return self.loading
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            return {"error": "ended without an answer"}
        return self._read()

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def run_shell(m, command):
    """A shell's command as a whole process: its wall time and what it printed last."""
    result = m.programs.whole_process(["sh", "-c", command])
    if "error" in result:
        return result
    return {"answer": last_line(result["output"]).split("\t")[-1], "seconds": result["wall_seconds"]}


def add_to(row, result):
    if "error" in result:
        row.error = result["error"]
        return None
    row.seconds.append(result["seconds"])
    row.answers.append(result["answer"])
    return result["seconds"]


def our_row(part, name, data, statistic):
    key = f"{statistic} of {data.name}"
    row = next((row for row in part.peers if (row.name, row.data_name) == (name, key)), None)
    if row is None:
        row = PeerRow(name, key, data.answers[statistic])
        part.peers.append(row)
    return row


def turn_of_ours(m, data, statistic, row):
    """One whole process, and the compute time of one with the file already mapped; (None, None) where it fails."""
    words = [m.programs.parsum, "sum", *OUR_OPTIONS, f"--stat={statistic}", data.path]
    result = m.programs.whole_process(words)
    if "error" not in result:
        result = {"answer": result["output"].strip().split("\t")[-1], "seconds": result["wall_seconds"]}
    whole = add_to(row, result)
    if whole is None:
        return None, None
    arguments = json_arguments(OUR_OPTIONS, statistic, [data.path], runs=3)
    return whole, m.programs.run_parsum(arguments).get("seconds", {}).get("compute")


def measure_peers(m, part, peers):
    for peer in peers:
        data = data_of(m, peer.data_name)
        m.lists.write_afresh(data)
        m.say(f"{part.name}: {peer.name} on {data.name}, {m.settings.list_turns} times by turns with parsum-cl")
        ours = our_row(part, work.OUR_WHOLE, data, peer.statistic)
        row = PeerRow(peer.name, f"{peer.statistic} of {data.name}", data.answers[peer.statistic])
        part.peers.append(row)
        there = why_not_there(m, part, "pthread", data.name) is None
        if not there:
            ours.error = "not there"
        python = PythonPeer(peer.mode, data.path) if peer.mode else None
        for _ in range(m.settings.list_turns):
            whole, compute = turn_of_ours(m, data, peer.statistic, ours) if there else (None, None)
            file = shlex.quote(str(data.path))
            seconds = add_to(row, python.ask() if python else run_shell(m, peer.shell.format(file=file)))
            if seconds is None:
                break
            if whole:
                row.times_whole.append(seconds / whole)
            if compute:
                row.times_compute.append(seconds / compute)
        if python:
            python.close()


def shell_of_ours(m, *options):
    return " ".join(shlex.quote(str(word)) for word in (m.programs.parsum, "sum", *OUR_OPTIONS, *options))


def measure_pipe(m, part):
    """The numbers of a list through a pipe, by turns with wc, which only reads them."""
    data = data_of(m, "i64")
    file = shlex.quote(str(data.path))
    ours = our_row(part, work.OUR_PIPE, data, "sum")
    row = PeerRow(work.WC_PIPE, ours.data_name, str(data.size_bytes))
    part.peers.append(row)
    for _ in range(m.settings.list_turns):
        ours_seconds = add_to(ours, run_shell(m, f"cat {file} | {shell_of_ours(m, '-')}"))
        seconds = add_to(row, run_shell(m, f"cat {file} | wc -c"))
        if ours_seconds and seconds:
            row.times_whole.append(seconds / ours_seconds)


def measure_memory(m, part):
    """Peaks over a list and over an empty one, by the same command."""
    data = data_of(m, "i64")
    packed = m.lists.compressed(m.lists.array("i64", m.settings.gzip_count))
    empty, empty_packed = m.lists.empty(data), m.lists.empty(data, compressed=True)
    parsum = [m.programs.parsum, "sum", *OUR_OPTIONS]
    fork = [m.programs.parsum, "sum", "--engine=fork", "--workers=2", "--verify=none", "--runs=10"]

    def piped(path):
        return ["sh", "-c", f"cat {shlex.quote(str(path))} | {shell_of_ours(m, '-')}"]

    def by_wait(command):
        return m.programs.whole_process(command)

    def by_looking(command):
        return peak_own_bytes(command, TIMEOUT_SECONDS)

    whole, own = "largest process, all pages (wait4)", "all processes, RssAnon + RssShmem, seen by looking"
    for name, how, measure, full_command, empty_command in (
        (work.FROM_PIPE, whole, by_wait, piped(data.path), piped(empty)),
        (work.FROM_GZIP, whole, by_wait, [*parsum, packed.path], [*parsum, empty_packed]),
        (work.MAPPED, own, by_looking, [*parsum, "--runs=10", data.path], [*parsum, "--runs=10", empty]),
        (work.MAPPED_FORK, own, by_looking, [*fork, data.path], [*fork, empty]),
    ):
        row = MemoryRow(name, how)
        part.memory.append(row)
        for command, found in ((full_command, row.bytes), (empty_command, row.empty_bytes)):
            for _ in range(m.settings.list_rounds):
                result = measure(command)
                if "error" in result:
                    row.error = result["error"]
                    break
                found.append(result["peak_bytes"])


def measure_small(m, part):
    """Calls on lists so short that starting costs more than adding, and numpy.sum's time on the same counts."""
    if not m.programs.small_lists.exists():
        part.small.append({"call": "small_lists", "count": 0, "not_built": True, "error": NOT_BUILT})
        return
    for _ in range(m.settings.list_rounds):
        measured = m.programs.json_of([m.programs.small_lists])
        part.small += measured.get("rows", [{"call": "small_lists", "count": 0, "error": measured.get("error")}])
        for count in SMALL_COUNTS:
            peer = PythonPeer("numpy-small", count)
            result = peer.ask()
            peer.close()
            row = {"call": NUMPY_SMALL, "count": count}
            part.small.append(row | ({"best_seconds": float(result["answer"])} if "answer" in result else result))


def measure_lists(m):
    part = m.list_parts["lists"] = ListPart("lists")
    measure_rows(m, part, work.LIST_WORK)
    measure_peers(m, part, work.LIST_PEERS)
    measure_pipe(m, part)
    measure_memory(m, part)


def measure_text(m):
    part = m.list_parts["text"] = ListPart("text")
    measure_rows(m, part, work.TEXT_WORK)
    measure_peers(m, part, work.TEXT_PEERS)


def measure_floats(m):
    part = m.list_parts["floats"] = ListPart("floats")
    measure_rows(m, part, work.FLOAT_WORK)
    measure_peers(m, part, work.FLOAT_PEERS)
    measure_small(m, part)


LIST_PARTS = {"lists": measure_lists, "text": measure_text, "floats": measure_floats}


def can_measure():
    return np is not None
