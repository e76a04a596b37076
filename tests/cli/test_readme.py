"""The README's examples, run as they stand there: console blocks line by line, the C examples compiled and run.

In a console block a line `$ ...` is a command of the shell and what follows is its standard output; `...` at the end of a
line stands for anything. All commands run in one folder, one after another.
"""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

import harness

README = (harness.PROJECT / "README.md").read_text()


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def console_examples():
    """Pairs of a command and its expected lines."""
    examples = []
    for block in blocks("console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                examples.append((line[2:], []))
            else:
                examples[-1][1].append(line)
    return examples


class Readme(harness.ProgramTest):
    def test_console_examples(self):
        examples = console_examples()
        self.assertGreater(len(examples), 4)
        folder = harness.scratch()
        environment = dict(harness.pocl())
        environment["PATH"] = f"{pathlib.Path(harness.PROGRAM).parent}:{environment['PATH']}"
        for command, expected in examples:
            with self.subTest(command):
                self.assertIn("parsum-cl", command + " parsum-cl" * ("printf" in command))
                result = harness.run(["-c", command], program="/bin/sh", cwd=folder, env=environment)
                self.assert_status(result, 0)
                found = result.stdout.splitlines()
                self.assertEqual(len(found), len(expected), str(result))
                for line, pattern in zip(found, expected):
                    if pattern.endswith("..."):
                        self.assertTrue(line.startswith(pattern[:-3]), str(result))
                    else:
                        self.assertEqual(line, pattern)

    def test_c_examples(self):
        sources, outputs = blocks("c"), blocks("text")
        self.assertEqual(len(sources), len(outputs))
        for source, expected in zip(sources, outputs):
            with self.subTest(expected):
                self.run_c_example(source, expected)

    def run_c_example(self, source, expected):
        compiler = os.environ.get("CC") or shutil.which("cc")
        folder = harness.scratch()
        library = pathlib.Path(harness.PROGRAM).parent
        (folder / "example.c").write_text(source)
        subprocess.run([compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-I", harness.PROJECT / "src",
                        folder / "example.c", "-L", library, "-lparsum", f"-Wl,-rpath,{library}",
                        "-o", folder / "example"], check=True)
        # The library alone, without the program's command line.
        result = subprocess.run([folder / "example"], capture_output=True, text=True, env=harness.none())
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, expected, ""))

    def test_commands_of_the_first_lines(self):
        first = blocks("sh")[0]
        self.assertEqual([line.split("#")[0].strip() for line in first.splitlines()], ["./dev run", "./dev test"])
        self.assertTrue(os.access(harness.PROJECT / "dev", os.X_OK))


if __name__ == "__main__":
    unittest.main()
