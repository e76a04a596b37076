"""The study leaves no process and no file, wherever it is interrupted."""
import os
import pathlib
import signal
import time

import harness
from harness import wait_until
from harness_study import LONG, OLD_MODE, StudyTest, wait_for_workers, watched

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


def is_python(pid):
    try:
        return b"python3" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False    # it ended meanwhile


class Interrupted(StudyTest):
    def assert_nothing_is_left(self, process):
        self.assertTrue(wait_until(lambda: not harness.marked_processes(process.mark)),
                        f"left behind: {harness.marked_processes(process.mark)}")

    def assert_ends(self, process, number, group=False):
        (os.killpg if group else os.kill)(process.pid, number)
        result = harness.finish(process)
        self.assertEqual(result.status, -number, str(result))
        self.assertEqual(result.stdout, "")
        self.assert_nothing_is_left(process)

    def test_in_the_counting_row(self):
        for tasks, least in ((3, 1), (1, 1)):
            for number in SIGNALS:
                with self.subTest(tasks=tasks, signal=number):
                    process = self.start(["study", f"--tasks={tasks}", *LONG], harness.none())
                    self.assertTrue(wait_for_workers(process, least))
                    self.assert_ends(process, number)

    def test_at_random_moments(self):
        """From the start to the end of a study, also by the terminal's signal to all of its processes. Several at once, which
        disturb each other: the more moments there are between which nothing was expected."""
        random = harness.seeded_random("interrupted studies")
        folder = harness.scratch() / "interrupted"
        folder.mkdir()
        env = harness.none() | {name: str(folder) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
        for _ in range(2):
            running = [self.start(["study", "--python", "--tasks=4", "--count=100000", "--workers=2", "--html=page.html"],
                                  env, cwd=folder) for _ in range(5)]
            moments = sorted((random.uniform(0, 4), process) for process in running)
            begin = time.monotonic()
            for moment, process in moments:
                number, group = random.choice(SIGNALS), random.random() < 0.5
                with self.subTest(moment=moment, signal=number, group=group):
                    time.sleep(max(0, begin + moment - time.monotonic()))
                    if process.poll() is None:
                        self.assert_ends(process, number, group and number == signal.SIGINT)
        self.assertLessEqual(set(os.listdir(folder)), {"page.html"})

    def test_among_processes_that_count(self):
        """Those of the row's own process, besides it."""
        process = self.start(["study", "--tasks=3", "--count=400000000"], harness.none())
        self.assertTrue(wait_for_workers(process, 4), "the processes were never seen")
        self.assert_ends(process, signal.SIGKILL)

    def test_in_python(self):
        for number in SIGNALS:
            with self.subTest(signal=number):
                process = self.start(["study", "--python", "--tasks=3", "--count=30000000"], harness.none())
                # Python and its workers, besides the study's own process for the row.
                self.assertTrue(wait_for_workers(process, 4, is_python), "its processes were never seen")
                self.assert_ends(process, number)

    def test_no_page_is_begun(self):
        folder = harness.scratch() / "empty"
        folder.mkdir()
        process = self.start(["study", *LONG, "--html=page.html"], harness.none(), cwd=folder)
        self.assertTrue(wait_for_workers(process, 1))
        self.assert_ends(process, signal.SIGTERM)
        self.assertEqual(os.listdir(folder), [])


class Normal(StudyTest):
    def test_no_process_is_left(self):
        self.assertEqual(watched().left, [])

    def test_no_file_is_written_but_the_page(self):
        self.assertEqual(watched().files, ["page.html"])

    def test_an_old_page_is_replaced_as_a_whole(self):
        text = watched().page.read_text()
        self.assertTrue(text.startswith("<!DOCTYPE html>"))
        self.assertTrue(text.endswith("</html>\n"))
        self.assertEqual(watched().page_mode, OLD_MODE)


if __name__ == "__main__":
    harness.main()
