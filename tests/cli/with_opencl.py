"""Runs a program in one of the OpenCL environments of the tests: with_opencl.py ENVIRONMENT PROGRAM [ARGS...].

Environments: pocl, pocl-two-devices, vendors (two vendors together), oclgrind (a simulated GPU that reports races,
wrong API use and uninitialised reads, each of which fails), oclgrind-threads (without the last, during which oclgrind 21.10
itself crashes where a thread beside the first one writes to a buffer, as the engine's do with lists), here (the machine's own devices, those that
PARSUM_TEST_DEVICE selects). Exit status 77: the environment cannot be had here.
"""
import os
import subprocess
import sys
import unittest

import harness

SKIPPED = 77


def environment_of(name):
    """The command prefix and the environment variables."""
    if name == "here":
        if not os.environ.get("PARSUM_TEST_DEVICE"):
            raise unittest.SkipTest("PARSUM_TEST_DEVICE names no device of this machine")
        return [], harness.base_environment(PARSUM_TEST_DEVICE=os.environ["PARSUM_TEST_DEVICE"])
    if name in ("oclgrind", "oclgrind-threads"):
        log = harness.scratch() / "oclgrind.log"
        options = ["--data-races", "--check-api", "--log", str(log)]
        if name == "oclgrind":
            options.append("--uninitialized")
        return harness.oclgrind(*options), harness.none() | {"PARSUM_TEST_SMALL": "1"}
    environments = {"pocl": harness.pocl, "pocl-two-devices": harness.pocl_two_devices,
                    "vendors": harness.vendors}
    return [], environments[name]()


def main():
    name, *command = sys.argv[1:]
    try:
        prefix, environment = environment_of(name)
    except unittest.SkipTest as reason:
        print(f"skipped: {reason}")
        return SKIPPED
    environment |= {name: os.environ[name] for name in ("PARSUM_TEST_LONG", "PARSUM_TEST_SEED") if name in os.environ}
    status = subprocess.run([*prefix, *command], env=environment, stdin=subprocess.DEVNULL).returncode
    log = harness.scratch() / "oclgrind.log"
    if log.exists() and log.read_text().strip():
        print(log.read_text())
        return 1
    return status if status >= 0 else 1


if __name__ == "__main__":
    sys.exit(main())
