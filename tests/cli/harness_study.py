"""What the tests of the study share: its rows, the shim that is preloaded into it, and one run that is looked at from all sides."""
import os
import pathlib
import re
import signal
import unittest
from typing import NamedTuple

import harness
from harness import run, start, wait_until, workers_of

ROWS = ["count", "create", "memory", "handback", "isolation", "visibility", "scaling"]
ROWS_WITH_PYTHON = [ROWS[0], "count_python", *ROWS[1:]]
QUICK = ["--tasks=2", "--count=1000", "--workers=1"]
LONG = ["--count=1000000000000"]        # longer than any test waits
OLD_MODE = 0o640
WATCHED_TASKS, WATCHED_COUNT, WATCHED_WORKERS = 3, 300000, 2
# A row that reads the memory of its family stops before each of these.
MOMENTS = [(side, moment) for side in ("thread", "process") for moment in ("before", "untouched", "written")]


def rows_of(result):
    return {row["name"]: row for row in result.json()["rows"]}


def preloaded(**variables):
    """The environment in which the shim is loaded into the program; skips where it was not built."""
    shim = os.environ.get("PARSUM_STUDY_SHIM")
    if not shim:
        raise unittest.SkipTest("PARSUM_STUDY_SHIM names no library to preload")
    return harness.base_environment(LD_PRELOAD=shim, **variables)


class End(NamedTuple):
    """The end of a process, as its parent was told it by the system."""
    parent: int
    child: int
    status: int
    cpu_seconds: float


def read_ends(log):
    fields = (map(int, line.split()) for line in log.read_text().splitlines())
    return [End(parent, child, status, microseconds / 1e6) for parent, child, status, microseconds in fields]


class StudyTest(harness.ProgramTest):
    def study(self, *options, **others):
        result = run(["study", "--json", *options], others.pop("env", harness.none()), **others)
        self.assert_status(result, 0)
        return rows_of(result)


# ---- one run, watched

class Watched(NamedTuple):
    rows: dict
    pid: int
    ends: list          # of its processes
    set_sizes: dict     # of MOMENTS: bytes of the whole family
    left: list          # processes that were there after its end
    files: list         # names in its working folder, which was its home and place for temporary files as well
    page: pathlib.Path
    page_mode: int


_watched = None


def watched():
    """One run of all rows with a page in place of an old file. The tests of a module share it."""
    global _watched
    if _watched is None:
        _watched = _watch()
    return _watched


def _watch():
    folder, log = harness.scratch() / "watched", harness.scratch() / "ends"
    folder.mkdir()
    page = folder / "page.html"
    page.write_text("x" * 10**6)
    page.chmod(OLD_MODE)
    homes = {name: str(folder) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    env = preloaded(PARSUM_SHIM_LOG=str(log), PARSUM_SHIM_STOP="1", **homes)
    # A crash would leave a core file where one is allowed.
    process = start(["study", "--json", "--python", f"--tasks={WATCHED_TASKS}", f"--count={WATCHED_COUNT}",
                     f"--workers={WATCHED_WORKERS}", "--html=page.html"], env, cwd=folder,
                    prefix=["sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh"])
    try:
        set_sizes = {moment: _set_size_when_stopped(process) for moment in MOMENTS if has_smaps_rollup()}
        result = harness.finish(process)
        left = harness.marked_processes(process.mark)
    finally:
        harness.end(process)
    assert result.status == 0, str(result)
    return Watched(rows_of(result), process.pid, read_ends(log), set_sizes, left, os.listdir(folder), page,
                   page.stat().st_mode & 0o777)


def has_smaps_rollup():
    return os.access("/proc/self/smaps_rollup", os.R_OK)


def _state_of(pid):
    """One letter, as proc(5) has it; "" where the process has gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def _set_size_when_stopped(process):
    """Waits until a process of the study stops itself, adds up what smaps_rollup says of each, and lets it go on."""
    stopped = wait_until(lambda: [pid for pid in workers_of(process) if _state_of(pid) == "T"] or process.poll() is not None, 60)
    assert isinstance(stopped, list) and stopped, "the study never stopped to read its memory"
    family = [process.pid, *workers_of(process)]
    texts = [pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in family]
    os.kill(stopped[0], signal.SIGCONT)     # it is not stopped any more when this returns
    return sum(1024 * int(kilobytes) for text in texts for kilobytes in re.findall(r"^Pss_(?:Anon|Shmem): +(\d+)", text, re.M))


def wait_for_workers(process, least, of=lambda pid: True):
    """Waits until the study has so many processes besides its first; false where that was never seen."""
    return wait_until(lambda: len([pid for pid in workers_of(process) if of(pid)]) >= least)
