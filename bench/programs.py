"""Runs parsum-cl and the measuring programs, and reads what they print."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

TIMEOUT_SECONDS = 600


class BenchError(Exception):
    """The bench cannot go on; the message says what to do."""


def last_line(text):
    return text.strip().splitlines()[-1] if text.strip() else ""


class Programs:
    """The programs in one build folder, run on chosen CPUs' affinity (inherited) and in chosen environments."""

    def __init__(self, build_folder):
        self.build_folder = Path(build_folder)
        self.parsum = self.build_folder / "parsum-cl"
        self.process_cost = self._bench_program("process_cost")
        self.multiply_limit = self._bench_program("multiply_limit")
        self.multiply_limit_opencl = self._bench_program("multiply_limit_opencl")
        self.read_limit = self._bench_program("read_limit")
        self.small_lists = self._bench_program("small_lists")  # built only where the library has what it calls

    def _bench_program(self, name):
        return self.build_folder / "bench" / name

    def build_missing(self):
        """Build the measuring programs where they are not there yet; say so where parsum-cl is not."""
        if not self.parsum.exists():
            raise BenchError(f"{self.parsum} is not there: build the project first, or name its folder by --build=DIR")
        if all(program.exists() for program in (self.process_cost, self.multiply_limit, self.read_limit)):
            return
        command = ["cmake", "--build", str(self.build_folder), "--target", "parsum_bench"]
        try:
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError) as error:
            raise BenchError(f"{' '.join(command)} failed: {error}") from error

    def json_of(self, command, environment=None):
        """The JSON object that a command prints; an object with `error` and `status` where it prints none.

        The exit status alone is no failure: compare prints its table and then exits by the worst of its rows."""
        try:
            process = subprocess.run(
                [str(part) for part in command],
                env={**os.environ, **(environment or {})},
                capture_output=True,
                text=True,
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return {"error": str(error), "status": 1}
        try:
            return json.loads(process.stdout)
        except json.JSONDecodeError:
            ended = f"ended by signal {-process.returncode}" if process.returncode < 0 else "no JSON on standard output"
            sentence = last_line(process.stderr) or ended
            return {"error": sentence, "status": process.returncode}

    def run_parsum(self, arguments, environment=None):
        return self.json_of([self.parsum, *arguments], environment)

    def whole_process(self, command, environment=None):
        """Wall time, peak memory and what was printed by one run of a command, from its start to its end."""
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "cost.json"
            try:
                process = subprocess.run(
                    [str(self.process_cost), str(report), *map(str, command)],
                    env={**os.environ, **(environment or {})},
                    capture_output=True,
                    text=True,
                    timeout=TIMEOUT_SECONDS,
                    check=False,
                )
            except (OSError, subprocess.TimeoutExpired) as error:
                return {"error": str(error)}
            if not report.exists() or process.returncode != 0:
                return {"error": last_line(process.stderr) or f"exit status {process.returncode}"}
            cost = json.loads(report.read_text())
        values = dict(line.split("\t", 1) for line in process.stdout.splitlines() if "\t" in line)
        return {
            "output": process.stdout,
            "answer": values.get("sumsq"),
            "compute_seconds": float(values["seconds"]) if "seconds" in values else None,
            "wall_seconds": cost["wall_seconds"],
            "peak_bytes": cost["peak_bytes"],
        }

    def loaded_libraries(self, command):
        """The names of all shared libraries a command loads, from the dynamic loader itself; empty: it cannot say."""
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "LD_DEBUG": "files", "LD_DEBUG_OUTPUT": f"{folder}/loader"}
            words = [str(part) for part in command]
            subprocess.run(words, env=environment, capture_output=True, timeout=TIMEOUT_SECONDS, check=False)
            text = "".join(path.read_text(errors="replace") for path in Path(folder).iterdir())
        marker = "calling init: "
        return {Path(line.split(marker, 1)[1].strip()).name for line in text.splitlines() if marker in line}
