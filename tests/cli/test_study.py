"""The study: every row beside an independent reading, its processes, its page, and what it is refused."""
import html.parser
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import struct
import subprocess
import time
import unittest
import xml.etree.ElementTree
import zlib

import harness
from harness import run, start, wait_until, workers_of

ROWS = ["count", "create", "memory", "handback", "isolation", "visibility", "scaling"]
KEYS = {"name", "thread", "process", "serial", "unit", "sentence"}
QUICK = ["--tasks=2", "--count=1000", "--workers=1"]
LONG = ["--count=1000000000000"]        # longer than any test waits
PRIVATE_BYTES = 8 << 20
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome", "headless_shell")


def rows_of(result):
    return {row["name"]: row for row in result.json()["rows"]}


def preloaded(**variables):
    """The environment in which the shim is loaded into the program; skips where it was not built."""
    shim = os.environ.get("PARSUM_STUDY_SHIM")
    if not shim:
        raise unittest.SkipTest("PARSUM_STUDY_SHIM names no library to preload")
    return harness.base_environment(LD_PRELOAD=shim, **variables)


class Study(harness.ProgramTest):
    def study(self, *options, **others):
        result = run(["study", "--json", *options], others.pop("env", harness.none()), **others)
        self.assert_status(result, 0)
        return rows_of(result)


class Report(Study):
    def test_json(self):
        begin = time.monotonic()
        result = run(["study", "--json"], harness.none())
        seconds = time.monotonic() - begin
        self.assert_status(result, 0)
        self.assertEqual(result.stderr, "")
        report = result.json()
        self.assertEqual((report["schema"], report["command"]), ("parsum/1", "study"))
        self.assertEqual([row["name"] for row in report["rows"]], ROWS)
        for row in report["rows"]:
            with self.subTest(row["name"]):
                self.assertLessEqual(KEYS, set(row))
                for side in ("thread", "process", "serial"):
                    self.assertIsInstance(row[side], dict)
                self.assertNotIn("error", row)
                self.assertTrue(row["thread"] and row["process"], row)
                self.assertRegex(row["sentence"], r"^[A-Z0-9].*\.$")
                self.assertNotIn("  ", row["sentence"])
                self.assertGreater(len(row["method"]), 40)
        # The contract's limit of the default settings, for a machine that does nothing else.
        self.assertLess(seconds, 10)

    def test_text(self):
        result = run(["study", *QUICK], harness.none())
        self.assert_status(result, 0)
        self.assertEqual(result.stderr, "")
        self.assertEqual(len(re.findall(r"^\d\. ", result.stdout, re.M)), len(ROWS))
        self.assertEqual(len(re.findall(r"^  => ", result.stdout, re.M)), len(ROWS))
        self.assertRegex(result.stdout, r"(?m)^ +1  #+ [\d.]+\n +=+ [\d.]+$")
        self.assertLessEqual(max(map(len, result.stdout.splitlines())), 110)

    def test_one_cpu(self):
        rows = self.study("--tasks=4", prefix=["taskset", "-c", str(min(os.sched_getaffinity(0)))])
        for name in ("count", "scaling"):
            self.assertIn("There is 1 CPU", rows[name]["sentence"])
        self.assertLess(rows["count"]["thread"]["cpus"], 1.05)
        self.assertLess(rows["count"]["process"]["cpus"], 1.05)

    def test_progress_is_shown_when_asked(self):
        self.assertNotEqual(run(["study", "--progress=always"], harness.none()).stderr, "")


class Usage(Study):
    def test_bad_options(self):
        for args, word in (
                (["--tasks=0"], "'0'"), (["--tasks=-1"], "'-1'"), (["--tasks=x"], "'x'"), (["--tasks=1000001"], "1000000"),
                (["--tasks="], "--tasks=N"), (["--count=0"], "'0'"), (["--count=1e6"], "'1e6'"),
                (["--count=99999999999999999999"], "99999999999999999999"), (["--workers=0"], "'0'"),
                (["--html="], "--html=FILE"), (["--python=3"], "--python"), (["--taks=3"], "--tasks"),
                (["1:100"], "'1:100'"), (["--stat=sum"], "--stat"), (["--csv"], "--csv"), (["--device=gpu"], "--device")):
            with self.subTest(args):
                result = run(["study", *args], harness.none())
                self.assert_status(result, 2)
                self.assertEqual(result.stdout, "")
                self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
                self.assertIn(word, result.stderr)

    def test_its_options_go_with_no_other_command(self):
        for option in ("--tasks=2", "--count=2", "--python", "--html=x"):
            for command in ("sum", "compare", "devices"):
                result = run([command, option], harness.none())
                self.assert_status(result, 2)
                self.assertIn("parsum-cl study", result.stderr)

    def test_the_tables_name_it(self):
        self.assertRegex(run(["--help"], harness.none()).stdout, r"parsum-cl study +\[OPTIONS\]")
        for args in (["study", "--help"], ["--generate=man"], ["--generate=bash"]):
            text = run(args, harness.none()).stdout.replace("\\-", "-")
            for word in ("study", "--tasks", "--count", "--python", "--html"):
                self.assertIn(word, text, args)

    def test_streams(self):
        for redirection in (">/dev/full", ">&-"):
            result = run(["study", *QUICK], harness.none(),
                         prefix=["sh", "-c", f'exec "$@" {redirection}', "sh"])
            self.assert_status(result, 1)


class Rows(Study):
    """Each row against a reading that shares nothing with it."""

    def cpu_of_program(self, count):
        """CPU seconds of the whole program by the system's own account, and those that the row tells."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        row = self.study("--tasks=3", f"--count={count}", "--workers=1")["count"]
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        sides = [row[side] for side in ("serial", "thread", "process")]
        self.assertEqual([len(side["samples"]) for side in sides], [1, 1, 1], "repeated: the count is too short")
        return used, [side["cpu"] for side in sides]

    def test_count(self):
        count = 10**8
        while len(self.study("--tasks=3", f"--count={count}", "--workers=1")["count"]["serial"]["samples"]) > 1:
            count *= 2
        once, told_once = self.cpu_of_program(count)
        more, told_more = self.cpu_of_program(8 * count)
        for few, many in zip(told_once, told_more):
            self.assertTrue(4 < many / few < 16, f"eight times the count, {many / few} times the CPU time")
        told = sum(told_more) - sum(told_once)
        self.assertAlmostEqual((more - once) / told, 1, delta=0.4)

    def test_create(self):
        """The unit test has the times; here are the numbers of rounds, and who is the quicker by the sentence."""
        row = self.study(*QUICK)["create"]
        for side in ("thread", "process"):
            self.assertGreater(row[side]["rounds"], 5)
            self.assertLessEqual(row[side]["best"], row[side]["median"])
        ratio = row["process"]["median"] / row["thread"]["median"]
        if ratio > 1.3:
            self.assertRegex(row["sentence"], rf"A process takes .*, {ratio:.1f} times as long as a thread")

    def read_set_sizes(self, process):
        """What smaps_rollup says of every process of the study, again and again until it ends."""
        readings = []
        while process.poll() is None:
            sizes = {}
            for pid in [process.pid, *descendants(process.pid)]:
                try:
                    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
                    sizes[pid] = 1024 * int(re.search(r"^Pss: +(\d+)", text, re.M)[1])
                except (OSError, TypeError):
                    pass
            readings.append(sizes)
        return readings

    def test_memory(self):
        if not os.access("/proc/self/smaps_rollup", os.R_OK):
            self.skipTest("no smaps_rollup here")
        for _ in range(8):      # it may be over between two looks
            process = self.start(["study", "--json", *QUICK], harness.none())
            readings = self.read_set_sizes(process)
            row = rows_of(harness.finish(process))["memory"]
            workers = row["process"]["workers"]
            sums = [sum(sizes.values()) for sizes in readings if sum(size > PRIVATE_BYTES for size in sizes.values()) == workers]
            threads = [max(sizes.values()) for sizes in readings if sizes and max(sizes.values()) > workers * PRIVATE_BYTES]
            if sums and threads:
                break
        self.assertTrue(sums and threads, "never seen while it held its memory")
        self.assertAlmostEqual(max(sums) / workers, row["process"]["written"], delta=PRIVATE_BYTES / 8)
        self.assertAlmostEqual(max(threads) / workers, row["thread"]["written"], delta=PRIVATE_BYTES / 8)
        for side in ("thread", "process"):
            self.assertAlmostEqual(row[side]["written"] - row[side]["untouched"], PRIVATE_BYTES, delta=PRIVATE_BYTES / 16)

    def test_memory_without_smaps_rollup(self):
        hidden = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /proc && exec "$@"', "sh"]
        if run(["-c", "true"], harness.none(), program="/bin/sh", prefix=hidden).status != 0:
            self.skipTest("/proc cannot be hidden here")
        rows = self.study(*QUICK, prefix=hidden)
        self.assertIn("smaps_rollup", rows["memory"]["error"])
        self.assertIn("could not be measured", rows["memory"]["sentence"])
        self.assertEqual([name for name, row in rows.items() if "error" in row], ["memory"])

    def test_isolation(self):
        """The exit statuses as a witness in the program sees them come from the system."""
        log = harness.scratch() / "ends"
        row = self.study(*QUICK, env=preloaded(PARSUM_SHIM_LOG=str(log)))["isolation"]
        ends = [tuple(map(int, line.split())) for line in log.read_text().splitlines()]
        crashed = [end for end in ends if end[2] == signal.SIGSEGV]
        self.assertEqual(len(crashed), 2, ends)
        (holder, thread_program, _), (process_program, bad_process, _) = crashed
        by_child = {child: (parent, status) for parent, child, status in ends}
        # One was a program of threads: it died without having waited for anyone.
        self.assertEqual([end for end in ends if end[0] == thread_program], [])
        self.assertEqual(row["thread"]["program_status"], signal.SIGSEGV)
        self.assertEqual(row["thread"]["finished"], 0)
        # The other was a process: its program saw it and two sound neighbours, and ended soundly itself.
        self.assertEqual(by_child[process_program], (holder, 0))
        self.assertEqual(sorted(status for parent, child, status in ends if parent == process_program), [0, 0, signal.SIGSEGV])
        self.assertEqual((row["process"]["program_status"], row["process"]["worker_status"]), (0, signal.SIGSEGV))
        self.assertEqual((row["process"]["finished"], row["process"]["neighbours"]), (2, 2))
        self.assertIn("took its whole program with it, which was killed by signal 11", row["sentence"])
        self.assertIn("all 2 neighbours finished", row["sentence"])

    def test_visibility(self):
        row = self.study(*QUICK)["visibility"]
        seen = [0]
        child = os.fork()
        if child == 0:
            seen[0] = 1
            os._exit(0)
        os.waitpid(child, 0)
        self.assertEqual(row["process"]["seen"], row["process"]["others"] * seen[0])
        self.assertEqual(row["thread"]["seen"], row["thread"]["others"])
        self.assertEqual(row["process"]["seen_in_shared_memory"], row["process"]["others"])

    def test_scaling(self):
        row = self.study("--tasks=1", "--count=1", "--workers=11")["scaling"]
        expected = sorted({*range(1, 9), 11})
        elements = row["serial"]["elements"]
        self.assertEqual(int(row["serial"]["sumsq"]), harness.closed_form(range(1, elements + 1)).sumsq)
        for side, engine in (("thread", "pthread"), ("process", "fork")):
            self.assertEqual([n for n in row[side]["workers"] if n in expected], expected)
            self.assertEqual(row[side]["engine"], engine)
            self.assertEqual(len(row[side]["seconds"]), len(row[side]["workers"]))
            for seconds, speedup in zip(row[side]["seconds"], row[side]["speedup"]):
                self.assertAlmostEqual(speedup, row["serial"]["seconds"] / seconds, places=9)
        # The same sum by the program itself: within what a busy machine may make of it.
        alone = run(["--engine=serial", "--verify=none", "--json", "--runs=3", f"1:{elements + 1}"], harness.none()).json()
        self.assertTrue(1 / 6 < row["serial"]["seconds"] / alone["seconds"]["compute"] < 6)


def descendants(pid):
    found = []
    for task in ("children",):
        try:
            children = [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/{task}").read_text().split()]
        except OSError:
            return found
        for child in children:
            found += [child, *descendants(child)]
    return found


class Python(Study):
    def test_beside_the_own_tasks(self):
        rows = self.study("--python", "--tasks=3", "--count=300000", "--workers=1")
        self.assertEqual(list(rows), [ROWS[0], "count_python", *ROWS[1:]])
        row = rows["count_python"]
        self.assertNotIn("error", row)
        version = subprocess.run(["python3", "-c", "import sys; print(sys.version.split()[0])"],
                                 capture_output=True, text=True, check=True).stdout.strip()
        self.assertIn(version, row["method"])
        for side in ("serial", "thread", "process"):
            self.assertGreater(row[side]["wall"], 0)
        self.assertLess(row["serial"]["cpus"], 1.1)
        if "without its lock" not in row["method"]:
            self.assertLess(row["thread"]["cpus"], 1.15)
            self.assertNotIn("do run at once", row["sentence"])

    def test_doubling_the_count(self):
        few, many = (self.study("--python", "--tasks=1", f"--count={count}", "--workers=1")["count_python"]
                     for count in (10**6, 4 * 10**6))
        self.assertTrue(2 < many["serial"]["cpu"] / few["serial"]["cpu"] < 8)

    def test_no_python(self):
        folder = harness.scratch() / "nothing"
        folder.mkdir(exist_ok=True)
        rows = self.study("--python", *QUICK, env=harness.none() | {"PATH": str(folder)})
        self.assertIn("no python3 on PATH", rows["count_python"]["sentence"])
        self.assertEqual([name for name, row in rows.items() if "error" in row], ["count_python"])

    def test_a_python_that_fails(self):
        folder = harness.scratch() / "broken"
        folder.mkdir(exist_ok=True)
        (folder / "python3").write_text("#!/bin/sh\nexit 9\n")
        (folder / "python3").chmod(0o755)
        rows = self.study("--python", *QUICK, env=harness.none() | {"PATH": f"{folder}:{os.environ['PATH']}"})
        self.assertIn("ended with status 9", rows["count_python"]["sentence"])


class Refusals(Study):
    def test_no_more_threads_and_processes(self):
        """A system that gives nine of each to every process."""
        rows = self.study("--tasks=12", "--count=1000", "--workers=12", env=preloaded(PARSUM_SHIM_MOST="9"))
        count = rows["count"]
        for side in ("thread", "process"):
            self.assertEqual(count[side]["started"], 9)
            self.assertNotIn("wall", count[side])
            self.assertIn(f"After 9 of 12 a further {side} could not be started (Resource temp", count["sentence"])
        self.assertGreater(count["serial"]["wall"], 0)
        self.assertIn("joining a thread", rows["handback"]["error"])
        for name in ("create", "memory", "isolation", "visibility"):
            self.assertNotIn("error", rows[name], name)
        self.assertIn("could be started", rows["scaling"]["sentence"])

    def test_no_processes_at_all(self):
        rows = self.study(*QUICK, env=preloaded(PARSUM_SHIM_MOST="0"))
        self.assertEqual([name for name, row in rows.items() if "error" in row], ROWS)

    @unittest.skipUnless(os.environ.get("PARSUM_TEST_LONG"), "long: as many processes as the system gives")
    def test_a_hundred_thousand_tasks(self):
        process = self.start(["study", "--json", "--tasks=100000", "--count=100"], harness.none())
        result = harness.finish(process, 600)
        self.assert_status(result, 0)
        self.assertEqual(harness.marked_processes(process.mark), [])


class Processes(Study):
    NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)

    def assert_ends(self, process, number, group=False):
        (os.killpg if group else os.kill)(process.pid, number)
        result = harness.finish(process, 10)
        self.assertEqual(result.status, -number, str(result))
        self.assertEqual(result.stdout, "")
        self.assertTrue(wait_until(lambda: not harness.marked_processes(process.mark), 3),
                        f"left behind: {harness.marked_processes(process.mark)}")
        return result

    def test_in_the_counting_row(self):
        for tasks, least in ((3, 1), (1, 1)):
            for number in self.NUMBERS:
                with self.subTest(tasks=tasks, signal=number):
                    process = self.start(["study", f"--tasks={tasks}", *LONG], harness.none())
                    self.assertTrue(wait_until(lambda: len(workers_of(process)) >= least))
                    self.assert_ends(process, number)

    def test_at_any_time(self):
        """From the start to the end of a study, also by the terminal's signal to all of its processes."""
        for step in range(12):
            for number in self.NUMBERS:
                with self.subTest(step=step, signal=number):
                    process = self.start(["study", "--tasks=4", "--count=1000000"], harness.none())
                    time.sleep(0.01 + 0.11 * step)
                    if process.poll() is None:
                        self.assert_ends(process, number, group=number == signal.SIGINT and step % 2 == 0)

    def test_among_processes_that_count(self):
        """Counting processes of the holder's: serial first, so a count that takes a second."""
        process = self.start(["study", "--tasks=3", "--count=400000000"], harness.none())
        self.assertTrue(wait_until(lambda: len(workers_of(process)) >= 4), "the processes were never seen")
        self.assert_ends(process, signal.SIGKILL)

    def test_in_python(self):
        for number in self.NUMBERS:
            with self.subTest(signal=number):
                process = self.start(["study", "--python", "--tasks=3", "--count=3000000"], harness.none())
                # The study's own process for the row, Python, and Python's workers.
                self.assertTrue(wait_until(lambda: len(pythons(process)) >= 4), "its processes were never seen")
                self.assert_ends(process, number)

    def test_nothing_is_left_by_a_normal_run(self):
        process = start(["study", "--python", *QUICK], harness.none())
        self.assertEqual(harness.finish(process).status, 0)
        self.assertEqual(harness.marked_processes(process.mark), [])

    def test_no_file_is_written_but_the_page(self):
        folder = harness.scratch() / "empty"
        folder.mkdir(exist_ok=True)
        env = harness.none() | {name: str(folder) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
        # A crash would leave a core file where one is allowed.
        prefix = ["sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh"]
        result = run(["study", "--python", *QUICK, "--html=page.html"], env, cwd=folder, prefix=prefix)
        self.assert_status(result, 0)
        self.assertEqual(os.listdir(folder), ["page.html"])
        (folder / "page.html").unlink()
        process = self.start(["study", *LONG, "--html=page.html"], env, cwd=folder, prefix=prefix)
        wait_until(lambda: workers_of(process))
        self.assert_ends(process, signal.SIGTERM)
        self.assertEqual(os.listdir(folder), [])


def pythons(process):
    found = []
    for pid in workers_of(process):
        try:
            if b"python3" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
        except OSError:
            pass    # it ended meanwhile
    return found


class PageParser(html.parser.HTMLParser):
    """What a page refers to, and whether its elements are closed in order."""
    VOID = {"meta", "br", "hr", "img", "link", "input", "circle", "rect", "path"}

    def __init__(self):
        super().__init__()
        self.open, self.names, self.references = [], [], []

    def handle_starttag(self, tag, attributes):
        self.names.append(tag)
        self.references += [value for name, value in attributes if name in ("src", "href", "xlink:href", "action") or name.startswith("on")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert tag in self.VOID or self.open.pop() == tag, f"</{tag}> closes nothing"


class Page(Study):
    def write_page(self, *options, name="page.html"):
        path = harness.scratch() / name
        result = run(["study", "--json", *options, f"--html={path}"], harness.none())
        self.assert_status(result, 0)
        return path, rows_of(result)

    def test_one_file_that_needs_nothing(self):
        path, rows = self.write_page(*QUICK)
        text = path.read_text()
        parser = PageParser()
        parser.feed(text)
        self.assertEqual(parser.open, [])
        self.assertEqual(parser.references, [])
        self.assertEqual(parser.names.count("section"), len(ROWS))
        self.assertEqual(parser.names.count("svg"), len(ROWS))
        for word in ("<script", "http:", "https:", "url(", "@import", "javascript"):
            self.assertNotIn(word, text)
        self.assertIn("prefers-color-scheme: dark", text)
        for row in rows.values():
            self.assertIn(row["sentence"].replace('"', "&quot;"), text)
        for picture in re.findall(r"<svg.*?</svg>", text, re.S):
            self.assertTrue(list(xml.etree.ElementTree.fromstring(picture)))

    def test_bars_are_as_long_as_the_numbers(self):
        path, rows = self.write_page("--tasks=3", "--count=3000000", "--workers=1")
        section = re.search(r'<section id="create">.*?</section>', path.read_text(), re.S)[0]
        widths = {name: float(width) for width, name in re.findall(r'<rect [^>]*width="([\d.]+)"[^>]*class="(\w+)"', section)}
        ratio = rows["create"]["process"]["median"] / rows["create"]["thread"]["median"]
        self.assertAlmostEqual(widths["processes"] / widths["threads"], ratio, delta=0.05 * ratio)

    def test_a_page_that_cannot_be_written(self):
        for path, why in ((harness.scratch() / "no" / "page.html", "No such file"), (pathlib.Path("/dev/null"), "regular")):
            result = run(["study", *QUICK, f"--html={path}"], harness.none())
            self.assert_status(result, 1)
            self.assertEqual(result.stdout, "")
            self.assertIn(why, result.stderr)
            self.assertEqual(len(result.stderr.splitlines()), 1)

    def test_an_old_page_is_replaced_as_a_whole(self):
        path = harness.scratch() / "old.html"
        path.write_text("x" * 10**6)
        path.chmod(0o640)
        self.write_page(*QUICK, name="old.html")
        self.assertTrue(path.read_text().startswith("<!DOCTYPE html>"))
        self.assertEqual(path.stat().st_mode & 0o777, 0o640)


class Browser(Study):
    """The page in headless Chromium, where there is one: no network, light and dark."""

    def photograph(self, page, scheme, width=700, height=1400):
        browser = next(filter(None, map(shutil.which, CHROMIUMS)), None)
        if browser is None:
            self.skipTest("no Chromium here")
        picture = harness.scratch() / f"{scheme}.png"
        command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
                   "--force-device-scale-factor=1", "--host-resolver-rules=MAP * ~NOTFOUND",
                   f"--blink-settings=preferredColorScheme={0 if scheme == 'dark' else 1}",
                   f"--user-data-dir={harness.scratch() / 'browser'}", f"--window-size={width},{height}",
                   f"--screenshot={picture}", page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        self.assertTrue(picture.exists(), done.stderr[-2000:])
        return read_png(picture.read_bytes())

    def test_light_and_dark(self):
        page = harness.scratch() / "browser.html"
        self.assert_status(run(["study", *QUICK, f"--html={page}"], harness.none()), 0)
        schemes = {"light": (b"\xfb\xfb\xf9", b"\x1f\x5f\xd0", b"\xc4\x50\x0a"),
                   "dark": (b"\x12\x14\x17", b"\x82\xaa\xff", b"\xf2\xa0\x5c")}
        for scheme, (ground, threads, processes) in schemes.items():
            with self.subTest(scheme):
                lines = self.photograph(page, scheme)
                pixels = [line[i:i + 3] for line in lines for i in range(0, len(line), 3)]
                self.assertEqual(pixels[0], ground)
                # Bars of both colours, and letters on the raised ground.
                self.assertGreater(pixels.count(threads), 1000)
                self.assertGreater(pixels.count(processes), 1000)
                self.assertGreater(len(set(pixels)), 100)
                # Nothing runs over the edge of the page.
                self.assertEqual({line[-3:] for line in lines}, {ground})

    def test_a_narrow_screen(self):
        page = harness.scratch() / "narrow.html"
        self.assert_status(run(["study", *QUICK, f"--html={page}"], harness.none()), 0)
        lines = self.photograph(page, "light", width=500)
        self.assertEqual({line[-3:] for line in lines}, {b"\xfb\xfb\xf9"})


def read_png(data):
    """The lines of a picture of 8-bit colours, three bytes a pixel."""
    at, packed = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at:at + 8])
        body = data[at + 8:at + 8 + size]
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack(">IIBB", body[:10])
            assert depth == 8 and colour in (2, 6), (depth, colour)
            channels = 3 if colour == 2 else 4
        elif kind == b"IDAT":
            packed += body
        at += 12 + size
    raw, stride = zlib.decompress(packed), width * channels
    lines, above = [], bytearray(stride)
    for y in range(height):
        start_at = y * (stride + 1)
        line = unfilter(raw[start_at], bytearray(raw[start_at + 1:start_at + 1 + stride]), above, channels)
        above = line
        lines.append(bytes(line) if channels == 3 else
                     b"".join(line[i:i + 3] for i in range(0, stride, 4)))
    return lines


def unfilter(kind, line, above, step):
    """One line of a PNG, by the filters of its specification (section 9.2)."""
    for i in range(len(line)):
        left = line[i - step] if i >= step else 0
        up = above[i]
        corner = above[i - step] if i >= step else 0
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = up
        elif kind == 3:
            guess = (left + up) // 2
        elif kind == 4:
            distance = {way: abs(left + up - corner - way) for way in (corner, up, left)}
            guess = min((left, up, corner), key=distance.get)
        else:
            return line
        line[i] = (line[i] + guess) & 255
    return line


if __name__ == "__main__":
    harness.main()
