"""Fuzzes one target by libFuzzer, under the address and undefined-behaviour sanitizers: run.py FOLDER TARGET.

FOLDER is where clang's build goes, and what was found: found/ holds inputs that broke a law (the test fails; put them into
corpus/ beside this file, by make_corpus.py, once they are understood), grown/ those that reach new code, from which the next run
starts. Environment: PARSUM_TEST_LONG, without which nothing is done; PARSUM_FUZZ_SECONDS (600). Exit status 77: not here.
"""
import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SKIPPED = 77
LONGEST_INPUT = {"options": 2000, "range": 400, "raw": 5000}


def skip(reason):
    print(f"skipped: {reason}")
    return SKIPPED


def has_libfuzzer():
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "target.c"
        source.write_text("int LLVMFuzzerTestOneInput(const unsigned char *data, unsigned long size)"
                          " { return (void)data, (int)(size - size); }\n")
        command = ["clang", "-fsanitize=fuzzer", str(source), "-o", str(source.with_suffix(""))]
        return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


def build(folder, target):
    """One build for all targets: one at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for command in (["cmake", "-S", str(HERE.parent.parent), "-B", str(folder / "build"), "-G", "Ninja",
                         "-DCMAKE_C_COMPILER=clang", "-DPARSUM_FUZZ=ON", "-DPARSUM_SANITIZE=address,undefined",
                         "-DPARSUM_BENCH=OFF", "-DBUILD_TESTING=ON"],
                        ["cmake", "--build", str(folder / "build"), "--target", f"fuzz_{target}"]):
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            if done.returncode != 0:
                sys.exit(f"{done.stdout}\n{' '.join(command)}: failed")
    return folder / "build" / "tests" / f"fuzz_{target}"


def main():
    folder, target = pathlib.Path(sys.argv[1]), sys.argv[2]
    if not os.environ.get("PARSUM_TEST_LONG"):
        return skip("it takes minutes: only with PARSUM_TEST_LONG=1")
    if shutil.which("clang") is None or not has_libfuzzer():
        return skip("there is no clang with libFuzzer")
    program = build(folder, target)
    grown, found = folder / "grown" / target, folder / "found" / target
    for made in (grown, found):
        made.mkdir(parents=True, exist_ok=True)
    seconds = os.environ.get("PARSUM_FUZZ_SECONDS", "600")
    length = LONGEST_INPUT.get(target)
    status = subprocess.run([str(program), str(grown), str(HERE / "corpus" / target), f"-max_total_time={seconds}",
                             f"-artifact_prefix={found}/", "-timeout=25", "-rss_limit_mb=3000", "-print_final_stats=1",
                             "-verbosity=0", *([f"-max_len={length}"] if length else [])]).returncode
    if status != 0:
        print(f"what breaks {program.name} lies in {found}")
    return 1 if status != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
