"""Prints which share of the lines of src/ ran, by folder and in all: coverage.py PROJECT BUILD LEAST. Fails below LEAST per cent.

Reads gcov's JSON itself: gcovr 5.2, Debian 12's, ends by an assertion where headers define functions of one name for several files.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys


def counts(project, build):
    """How often each line ran, by file: a line ran where it did in any object."""
    ran = collections.defaultdict(collections.Counter)
    for data in sorted(pathlib.Path(build).glob("CMakeFiles/parsum*.dir/**/*.gcda")):
        made = subprocess.run(["gcov", "--json-format", "--stdout", str(data)], cwd=build, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=True)
        for part in made.stdout.splitlines():
            for file in json.loads(part)["files"]:
                path = os.path.relpath(os.path.join(build, file["file"]), project)
                if path.startswith("src/"):
                    for line in file["lines"]:
                        ran[path][line["line_number"]] += line["count"]
    return ran


def main():
    project, build, least = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2]), float(sys.argv[3])
    folders = collections.defaultdict(lambda: [0, 0])
    for path, lines in counts(project, build).items():
        for name in (os.path.dirname(path), "src in all"):
            folders[name][0] += sum(count > 0 for count in lines.values())
            folders[name][1] += len(lines)
    for name, (ran, lines) in sorted(folders.items()):
        print(f"{name:12} {ran:6} of {lines:6} lines  {100 * ran / lines:5.1f} %")
    ran, lines = folders["src in all"]
    return 0 if lines and 100 * ran >= least * lines else 1


if __name__ == "__main__":
    sys.exit(main())
