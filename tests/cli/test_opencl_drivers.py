"""OpenCL drivers that are missing, empty, broken, that end the program which lists them, or never answer: the others are still there.

The drivers that misbehave are tests/opencl_driver.c.
"""
import os
import pathlib
import signal
import subprocess
import tempfile
import unittest

import harness
from harness import run
from harness_layer import LONG, MODULES

# How each ends the program, in the words of the notice.
ENDING = {"load-abort": "Aborted", "list-abort": "Aborted", "list-crash": "Segmentation fault",
          "list-exit": "it exits", "devices-abort": "Aborted"}
RANGE, ANSWER = "1:1001", "sumsq\t333833500\n"


class Drivers(harness.ProgramTest):
    def vendors(self, *names, pocl=True):
        """An environment with these .icd files, which name the driver, and PoCL's. Its folders are its own, as others may be read
        at the time."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix="vendors-", dir=harness.scratch()))
        (folder / "tmp").mkdir()
        for name in names:
            (folder / f"{name}.icd").write_text(f"{MODULES / 'opencl_driver.so'}\n")
        if pocl:
            (folder / "pocl.icd").write_text(pathlib.Path("/etc/OpenCL/vendors/pocl.icd").read_text())
        return harness.pocl() | {"OCL_ICD_VENDORS": str(folder), "TMPDIR": str(folder / "tmp")}

    def assert_named(self, result, env, name, why):
        path = os.path.join(env["OCL_ICD_VENDORS"], name)
        self.assertEqual(result.stderr.count("is left out"), 1, str(result))
        self.assertRegex(result.stderr, f"parsum-cl: the OpenCL driver .*/opencl_driver.so \\({path}\\.icd\\) .*{why}")
        self.assertEqual(os.listdir(env["TMPDIR"]), [])


class EndingTheProgram(Drivers):
    def test_the_others_are_listed_and_used(self):
        """Whether it comes before them or after them."""
        commands = (["devices", "--json"], ["--json", "--device=0:0", RANGE], ["--json", RANGE],
                    ["compare", "--json", "--runs=1", "--warmup=0", "--device=cpu", RANGE])
        for turn, (behaviour, why) in enumerate(ENDING.items()):
            for name in ("a-bad", "z-bad"):
                env = self.vendors(name) | {"PARSUM_TEST_DRIVER": behaviour}
                for arguments in commands if LONG else (commands[0], commands[1 + turn % 3]):
                    with self.subTest(behaviour=behaviour, name=name, arguments=arguments):
                        result = run(arguments, env)
                        self.assert_status(result, 0)
                        self.assert_named(result, env, name, why)
                        self.assertIn("Portable Computing Language", result.stdout)

    def test_alone_it_leaves_no_device(self):
        for behaviour, why in ENDING.items():
            env = self.vendors("bad", pocl=False) | {"PARSUM_TEST_DRIVER": behaviour}
            with self.subTest(behaviour=behaviour):
                for arguments in (["devices"], ["--device=cpu", RANGE]):
                    result = run(arguments, env)
                    self.assert_status(result, 4)
                    self.assertEqual(result.stdout, "")
                    self.assert_named(result, env, "bad", why)
                result = run([RANGE], env)
                self.assert_answer(result, ANSWER)
                self.assert_named(result, env, "bad", why)
                self.assertIn("using the engine pthread", result.stderr)

    def test_two_of_them(self):
        env = self.vendors("bad", "worse") | {"PARSUM_TEST_DRIVER": "list-abort"}
        result = run(["devices"], env)
        self.assert_status(result, 0)
        for name in ("bad.icd", "worse.icd"):
            self.assertIn(name, result.stderr)
        self.assertIn("Portable Computing Language", result.stdout)

    def test_named_by_the_environment_itself(self):
        for path in (MODULES / "opencl_driver.so", pathlib.Path(self.vendors("bad")["OCL_ICD_VENDORS"]) / "bad.icd"):
            env = self.vendors() | {"PARSUM_TEST_DRIVER": "list-abort", "OCL_ICD_VENDORS": str(path)}
            result = run([RANGE], env)
            self.assert_answer(result, ANSWER)
            self.assertIn("is left out", result.stderr)

    def test_no_input_is_lost(self):
        env = self.vendors("bad") | {"PARSUM_TEST_DRIVER": "list-abort"}
        result = run(["--device=0:0", "-"], env, input=b"1 2 3.5\n" * 1000)
        self.assert_answer(result, "sum\t6500\n")
        self.assertIn("is left out", result.stderr)

    def test_the_cpu_engines_do_not_load_it(self):
        env = self.vendors("bad") | {"PARSUM_TEST_DRIVER": "load-abort"}
        for arguments in (["--engine=pthread", RANGE], ["compare", "--engine=fork", "--runs=1", RANGE], ["--help"]):
            result = run(arguments, env)
            self.assert_status(result, 0)
            self.assertNotIn("OpenCL driver", result.stderr)

    def test_it_runs_itself_again_in_the_same_process(self):
        """No second process that a signal would not reach."""
        env = self.vendors("bad") | {"PARSUM_TEST_DRIVER": "list-abort"}
        process = self.start(["--device=0:0", "--type=i64", "-"], env, stdin=subprocess.PIPE)
        ready = lambda: "libpocl" in pathlib.Path(f"/proc/{process.pid}/maps").read_text()
        self.assertTrue(harness.wait_until(ready))
        self.assertEqual(harness.workers_of(process), [])
        self.assertEqual(harness.finish(process, input=b"\1" + bytes(7)).status, 0)


class NeverAnswering(Drivers):
    def hanging(self, behaviour, seconds, pocl=True):
        return self.vendors("bad", pocl=pocl) | {"PARSUM_TEST_DRIVER": behaviour, "PARSUM_DRIVER_SECONDS": str(seconds)}

    def assert_left_out(self, result, env):
        self.assert_named(result, env, "bad", f"does not answer within {env['PARSUM_DRIVER_SECONDS']} seconds")

    def test_the_others_are_listed_and_used(self):
        """PoCL answers within the limit even on a busy machine."""
        started = []
        for behaviour, arguments in (("load-hang", ["devices", "--json"]), ("list-hang", ["--json", "--device=0:0", RANGE]),
                                     ("devices-hang", ["--json", RANGE])):
            env = self.hanging(behaviour, 5)
            started.append((behaviour, env, self.start(arguments, env)))
        for behaviour, env, process in started:
            with self.subTest(behaviour=behaviour):
                result = harness.finish(process)
                self.assert_status(result, 0)
                self.assert_left_out(result, env)
                self.assertIn("Portable Computing Language", result.stdout)

    def test_alone_it_leaves_no_device(self):
        env = self.hanging("list-hang", 2, pocl=False)
        for arguments, status in ((["--device=cpu", RANGE], 4), ([RANGE], 0)):
            result = run(arguments, env)
            self.assert_status(result, status)
            self.assert_left_out(result, env)

    def test_one_that_only_the_loader_waits_for(self):
        """It answers when it is tried: leaving it out by itself is not possible."""
        result = run(["devices"], self.hanging("later-hang", 5))
        self.assert_status(result, 1)
        self.assertEqual((result.stdout, result.stderr),
                         ("", "parsum-cl: an OpenCL driver does not answer while it is listed; "
                              "OCL_ICD_VENDORS names those to take\n"))

    def test_one_that_takes_its_time(self):
        result = run([RANGE], self.vendors("slow") | {"PARSUM_TEST_DRIVER": "list-slow"})
        self.assert_answer(result, ANSWER)
        self.assertNotIn("left out", result.stderr)

    def test_it_can_be_interrupted(self):
        for behaviour in ("load-hang", "list-hang", "later-hang"):
            process = self.start(["devices"], self.vendors("bad") | {"PARSUM_TEST_DRIVER": behaviour})
            loaded = lambda: "opencl_driver.so" in pathlib.Path(f"/proc/{process.pid}/maps").read_text()
            self.assertTrue(harness.wait_until(loaded))
            process.send_signal(signal.SIGINT)
            self.assertEqual(harness.finish(process).status, -signal.SIGINT)

    def test_the_limit(self):
        for seconds in ("0", "-1", "5s", "1e3", "86401"):
            result = run(["devices"], harness.pocl() | {"PARSUM_DRIVER_SECONDS": seconds})
            self.assert_status(result, 2)
            self.assertEqual(result.stderr, f"parsum-cl: '{seconds}' is no PARSUM_DRIVER_SECONDS; it is a whole number from "
                                            "1 to 86400\n")


class WithoutDevices(Drivers):
    def test_a_platform_without_devices(self):
        env = self.vendors("empty") | {"PARSUM_TEST_DRIVER": "none"}
        self.assertEqual([device["platform"] for device in harness.devices(env)], ["Portable Computing Language"])
        env = self.vendors("empty", pocl=False) | {"PARSUM_TEST_DRIVER": "none"}
        for arguments, status in ((["devices"], 4), (["--device=cpu", RANGE], 4), ([RANGE], 0)):
            result = run(arguments, env)
            self.assert_status(result, status)
            self.assertIn("there is no OpenCL device here", result.stderr)

    def test_a_platform_that_cannot_list_its_devices(self):
        said = "the OpenCL platform Misbehaving Driver cannot list its devices: clGetDeviceIDs failed: " \
               "CL_OUT_OF_HOST_MEMORY (-6)"
        env = self.vendors("failing") | {"PARSUM_TEST_DRIVER": "devices-fail"}
        for arguments in (["devices"], [RANGE], ["compare", "--runs=1", RANGE]):
            result = run(arguments, env)
            self.assert_status(result, 0)
            self.assertIn(said, result.stderr)
        env = self.vendors("failing", pocl=False) | {"PARSUM_TEST_DRIVER": "devices-fail"}
        for arguments, status in ((["devices"], 4), (["--device=cpu", RANGE], 4), ([RANGE], 0)):
            result = run(arguments, env)
            self.assert_status(result, status)
            self.assertIn(said, result.stderr)

    def test_broken_icd_files(self):
        """The loader passes over them; the list of devices, and who finds no device, say why."""
        env = self.vendors(pocl=False)
        folder = pathlib.Path(env["OCL_ICD_VENDORS"])
        (folder / "empty.icd").write_text("")
        (folder / "missing.icd").write_text("/nowhere/libnothing.so\n")
        (folder / "garbage.icd").write_bytes(bytes(range(1, 256)))
        (folder / "no-driver.icd").write_text("libm.so.6\n")
        (folder / "folder.icd").mkdir()
        for arguments, status in ((["devices"], 4), (["--device=cpu", RANGE], 4), ([RANGE], 0)):
            result = run(arguments, env)
            self.assert_status(result, status)
            for file in ("empty", "missing", "garbage", "no-driver", "folder"):
                self.assertRegex(result.stderr, f"(?m)^parsum-cl: the OpenCL driver of .*/{file}.icd cannot be used: ")
        (folder / "pocl.icd").write_text(pathlib.Path("/etc/OpenCL/vendors/pocl.icd").read_text())
        result = run(["devices"], env)
        self.assert_status(result, 0)
        self.assertEqual(result.stderr.count("cannot be used"), 5, str(result))
        result = run([RANGE], env)
        self.assert_answer(result, ANSWER)
        self.assertNotIn("cannot be used", result.stderr)


if __name__ == "__main__":
    harness.main()
