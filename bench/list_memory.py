"""The memory that a command has of its own: what it would take away from other programs. Pages of mapped files are not
counted, as the system takes them back at will; a peak by wait4 counts them."""

import subprocess
import time
from pathlib import Path

POLL_SECONDS = 0.001
OWN_FIELDS = ("RssAnon:", "RssShmem:")


def children_of(process_id):
    found = []
    for task in Path(f"/proc/{process_id}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


def own_bytes(process_id):
    """(anonymous, shared) bytes of one process; (0, 0) where it has ended."""
    fields = dict.fromkeys(OWN_FIELDS, 0)
    try:
        for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
            words = line.split()
            if words and words[0] in fields:
                fields[words[0]] = int(words[1]) * 1024
    except OSError:
        pass
    return tuple(fields.values())


def own_bytes_of_tree(process_id):
    """Anonymous memory of a process and all below it, and the largest shared memory of any: they share it."""
    anonymous, shared = own_bytes(process_id)
    try:
        children = children_of(process_id)
    except OSError:
        children = []
    for child in children:
        child_anonymous, child_shared = own_bytes_of_tree(child)
        anonymous, shared = anonymous + child_anonymous, max(shared, child_shared)
    return anonymous, shared


def peak_own_bytes(command, timeout_seconds):
    """The largest sum of both that polling saw while the command ran, or an error. A peak between two looks, a
    millisecond apart, is not seen; the command is to run long enough for hundreds of looks."""
    peak, deadline = 0, time.monotonic() + timeout_seconds
    words = [str(part) for part in command]
    try:
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError as error:
        return {"error": str(error)}
    with process:
        while process.poll() is None:
            peak = max(peak, sum(own_bytes_of_tree(process.pid)))
            if time.monotonic() > deadline:
                process.kill()
                return {"error": f"ran longer than {timeout_seconds} s"}
            time.sleep(POLL_SECONDS)
    return {"peak_bytes": peak} if process.returncode == 0 else {"error": f"exit status {process.returncode}"}
