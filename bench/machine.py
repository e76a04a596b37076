"""What the numbers were taken on: recorded beside them, because a time means nothing without it."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

PEER_PACKAGES = ("numpy", "duckdb", "chdb", "polars", "xsum")


def field_of(file_path, name):
    try:
        for line in Path(file_path).read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == name:
                return value.strip()
    except OSError:
        pass
    return None


def choose_cpus(wanted=2):
    """Keep this process, and so all it starts, on CPUs of different cores: the targets are for two of them.

    Returns the CPUs in use: fewer than wanted where the machine has fewer."""
    allowed, chosen, taken = sorted(os.sched_getaffinity(0)), [], set()
    for cpu in allowed:
        topology = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        core = topology.read_text().strip() if topology.exists() else str(cpu)
        if core not in taken and len(chosen) < wanted:
            taken.add(core)
            chosen.append(cpu)
    os.sched_setaffinity(0, chosen)
    return chosen


def first_line_of(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return None


def package_versions():
    versions = {}
    for name in PEER_PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = None
    return versions


def describe(cpus, allowed_count, best_path):
    memory_kib = field_of("/proc/meminfo", "MemTotal")
    return {
        "cpu": field_of("/proc/cpuinfo", "model name") or platform.machine(),
        "cpu_family_model": [field_of("/proc/cpuinfo", "cpu family"), field_of("/proc/cpuinfo", "model")],
        "cpus_of_this_run": len(cpus),
        "cpus_allowed": allowed_count,
        "best_isa": best_path,
        "memory_bytes": int(memory_kib.split()[0]) * 1024 if memory_kib else None,
        "system": f"{platform.system()} {platform.release()}",
        "compiler": None,  # parsum-cl says which one made it
        "parsum_version": None,
        "system_compiler": first_line_of(["cc", "--version"]),
        "datamash": first_line_of(["datamash", "--version"]),
        "python": platform.python_version(),
        "packages": package_versions(),
        "opencl_devices": [],
        # Above 0 before the run: something else was using the machine.
        "load_average_before": None,
        "load_average_after": round(os.getloadavg()[0], 2),
    }
