"""The README's examples, run as they stand there: console blocks line by line, the C example compiled and run.

In a console block a line `$ parsum-cl ...` is a command and what follows is its standard output; `...` at the end of a
line stands for anything.
"""
import os
import pathlib
import re
import shlex
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
        for command, expected in examples:
            with self.subTest(command):
                program, *args = shlex.split(command)
                self.assertEqual(program, "parsum-cl")
                result = harness.run(args)
                self.assert_status(result, 0)
                found = result.stdout.splitlines()
                self.assertEqual(len(found), len(expected), str(result))
                for line, pattern in zip(found, expected):
                    if pattern.endswith("..."):
                        self.assertTrue(line.startswith(pattern[:-3]), str(result))
                    else:
                        self.assertEqual(line, pattern)

    def test_c_example(self):
        (source,), (expected,) = blocks("c"), blocks("text")
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
