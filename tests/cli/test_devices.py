"""Choosing OpenCL devices: selectors, what happens where nothing matches, fallbacks, failing devices."""
import re
import shutil
import unittest

import harness
from harness import expected_lines, run

RANGE = "1:1001"
ANSWER = "sumsq\t333833500\n"
PROJECT_KERNELS = harness.KERNELS


class Devices(harness.ProgramTest):
    def assert_chosen(self, selector, env, names, *options):
        """The selector runs on exactly the devices with these names, and the answer is right."""
        result = run(["--json", f"--device={selector}", *options, RANGE], env)
        self.assert_status(result, 0)
        report = result.json()
        self.assertEqual(report["engine"]["name"], "opencl")
        self.assertEqual(sorted(device["name"] for device in report["engine"]["devices"]), sorted(names))
        self.assertEqual(report["results"]["sumsq"]["value"], "333833500")
        return report["engine"]["devices"]

    def assert_no_match(self, result, listed):
        """Exit 4, nothing on stdout, and every device there is on stderr, with its selector."""
        self.assert_status(result, 4)
        self.assertEqual(result.stdout, "")
        for device in listed:
            self.assertIn(device["name"], result.stderr)
            self.assertIn(device["selector"], result.stderr)


class Selectors(Devices):
    @classmethod
    def setUpClass(cls):
        cls.env = harness.pocl()
        cls.device = harness.devices(cls.env)[0]
        cls.pair_env = harness.pocl_two_devices()
        cls.pair = harness.devices(cls.pair_env)
        cls.names = [device["name"] for device in cls.pair]
        cls.basic = next(name for name in cls.names if name.startswith("basic"))
        cls.threads = next(name for name in cls.names if name.startswith("pthread"))

    def test_types_and_numbers(self):
        for selector in ("auto", "all", "cpu", "cpu:0", "0:0"):
            with self.subTest(selector=selector):
                self.assert_chosen(selector, self.env, [self.device["name"]])

    def test_types_count_from_zero(self):
        for number, name in enumerate(self.names):
            self.assert_chosen(f"cpu:{number}", self.pair_env, [name])
            self.assert_chosen(f"0:{number}", self.pair_env, [name])

    def test_parts_of_platform_and_device_in_any_case(self):
        device = f"{self.device['platform']}/{self.device['name']}"
        for selector in ("portable", "PORTABLE", "portable computing language", self.device["name"], device,
                         device.upper(), device[5:-2].lower(), device[len(self.device["platform"]) - 3:][:6]):
            with self.subTest(selector=selector):
                self.assert_chosen(selector, self.env, [self.device["name"]])

    def test_parts_tell_two_devices_apart(self):
        for selector, name in (("basic", self.basic), ("BASIC", self.basic), ("Language/basic", self.basic),
                               ("pthread-", self.threads), (self.basic, self.basic), (self.threads, self.threads)):
            with self.subTest(selector=selector):
                self.assert_chosen(selector, self.pair_env, [name])

    def test_listed_selectors_work(self):
        for device in self.pair:
            chosen = self.assert_chosen(device["selector"], self.pair_env, [device["name"]])
            self.assertEqual(chosen[0]["selector"], device["selector"])

    def test_all_devices_share_the_work(self):
        self.assert_chosen("all", self.pair_env, self.names)
        for options in (["--chunk=1000"], ["--work-group-size=96"], ["--chunk=77777", "--work-group-size=7"]):
            inputs = ["-12345:65432", "18446744073709000000:18446744073709551616:3"]
            result = run(["--device=all", "--stat=all", *options, "--", *inputs], self.pair_env)
            self.assert_answer(result, expected_lines(inputs))
        result = run(["--device=all"], self.pair_env)
        self.assert_answer(result, harness.DEFAULT_ANSWER)
        for name in self.names:
            self.assertIn(name, result.stderr)

    def test_several_matches_are_listed(self):
        for selector in ("portable", "Portable Computing Language/", "-", "language"):
            with self.subTest(selector=selector):
                self.assert_no_match(run([f"--device={selector}", RANGE], self.pair_env), self.pair)
        twins_env = harness.pocl_twins()
        twins = harness.devices(twins_env)
        self.assertEqual(twins[0]["name"], twins[1]["name"])
        self.assert_no_match(run([f"--device={twins[0]['name']}", RANGE], twins_env), twins)

    def test_no_match_lists_the_devices(self):
        for selector in ("gpu:0", "accelerator", "cpu:1", "0:1", "1:0", "99:99", "nvidia", "0:-1"):
            with self.subTest(selector=selector):
                self.assert_no_match(run([f"--device={selector}", RANGE], self.env), [self.device])

    def test_no_gpu_says_how_to_use_one(self):
        result = run(["--device=gpu"], self.env)
        self.assert_no_match(result, [self.device])
        self.assertRegex(result.stderr, r"(?i)\b(driver|install)")
        self.assert_no_match(run(["--device=gpu:1"], self.env), [self.device])

    def test_compare_does_not_replace_a_device_either(self):
        result = run(["compare", "--device=gpu", "--runs=1", RANGE], self.env)
        self.assert_status(result, 4)
        self.assertIn(self.device["name"], result.stderr)

    def test_the_environment_sets_the_default(self):
        self.assert_no_match(run([RANGE], self.env | {"PARSUM_DEVICE": "gpu"}), [self.device])
        report = run(["--json", RANGE], self.pair_env | {"PARSUM_DEVICE": "basic"}).json()
        self.assertEqual([device["name"] for device in report["engine"]["devices"]], [self.basic])
        report = run(["--json", "--engine=opencl", RANGE], self.pair_env | {"PARSUM_DEVICE": "0:1"}).json()
        self.assertEqual([device["name"] for device in report["engine"]["devices"]], [self.names[1]])

    def test_options_win_over_the_environment(self):
        env = self.pair_env | {"PARSUM_DEVICE": "gpu"}
        self.assert_chosen("basic", env, [self.basic])
        report = run(["--json", "--engine=pthread", RANGE], env).json()
        self.assertEqual((report["engine"]["name"], report["engine"]["devices"]), ("pthread", []))

    def test_numbers_are_those_of_clinfo(self):
        if shutil.which("clinfo") is None:
            self.skipTest("clinfo is not installed")
        environments = [self.env, self.pair_env]
        try:
            environments.append(harness.vendors())
        except unittest.SkipTest:
            pass
        for env in environments:
            listing = run(["-l"], env, program=shutil.which("clinfo")).stdout
            platform, wanted = None, []
            for line in listing.splitlines():
                if found := re.match(r"Platform #(\d+): (.*)", line):
                    platform = found.groups()
                elif found := re.search(r"Device #(\d+): (.*)", line):
                    wanted.append((f"{platform[0]}:{found[1]}", platform[1], found[2]))
            self.assertEqual([(d["selector"], d["platform"], d["name"]) for d in harness.devices(env)], wanted)

    def test_the_list_as_text(self):
        result = run(["devices"], self.pair_env)
        self.assert_status(result, 0)
        for device in self.pair:
            lines = [line for line in result.stdout.splitlines() if device["selector"] in line]
            self.assertTrue(lines, result.stdout)
            for text in (device["name"], device["type"], device["driver"]):
                self.assertIn(text, result.stdout)

    def test_self_test(self):
        result = run(["devices", "--test"], self.pair_env)
        self.assert_status(result, 0)
        self.assertRegex(result.stdout, r"(?i)\b(pass|ok|good)")
        self.assertNotRegex(result.stdout, r"(?i)\bfail")


class NoPlatform(Devices):
    def test_auto_takes_threads_and_says_so(self):
        result = run(["--json", RANGE], harness.none())
        self.assert_status(result, 0)
        self.assertEqual(result.json()["engine"]["name"], "pthread")
        result = run([], harness.none())
        self.assert_answer(result, harness.DEFAULT_ANSWER)
        self.assertIn("pthread", result.stderr)
        self.assertRegex(result.stderr, r"(?i)opencl")

    def test_what_was_asked_for_is_never_replaced(self):
        for option in ("--engine=opencl", "--device=cpu", "--device=all", "--device=auto", "--device=0:0"):
            with self.subTest(option=option):
                result = run([option, RANGE], harness.none())
                self.assert_status(result, 4)
                self.assertEqual(result.stdout, "")
                self.assertRegex(result.stderr, r"(?i)install.*pocl|pocl.*install")

    def test_devices_says_what_to_install(self):
        for options in ([], ["--test"]):
            result = run(["devices", *options], harness.none())
            self.assertIn(result.status, (0, 4), result)
            said = result.stdout + result.stderr
            self.assertRegex(said, r"(?i)\binstall")
            self.assertIn("pocl-opencl-icd", said)
        result = run(["devices", "--json"], harness.none())
        self.assertIn(result.status, (0, 4), result)
        if result.stdout:
            self.assertEqual(result.json()["devices"], [])

    def test_cpu_engines_do_not_mind(self):
        for engine in harness.CPU_ENGINES:
            self.assert_answer(run([f"--engine={engine}", RANGE], harness.none()), ANSWER)


class TwoVendors(Devices):
    def setUp(self):
        self.env = harness.vendors()
        self.devices = harness.devices(self.env)

    def test_each_device_answers(self):
        self.assertEqual(len({device["platform"] for device in self.devices}), 2, self.devices)
        for device in self.devices:
            for size in (1, 7, 96):
                result = run([f"--device={device['selector']}", "--stat=all", f"--work-group-size={size}", "--",
                              "-4321:123456"], self.env)
                self.assert_answer(result, expected_lines(["-4321:123456"]))

    def test_an_exact_name_wins_over_a_part(self):
        whole = [device["name"] for device in self.devices if any(
            device["name"].lower() in f"{other['platform']}/{other['name']}".lower()
            for other in self.devices if other is not device)]
        if not whole:
            self.skipTest("no device's name is part of another's here")
        self.assert_chosen(whole[0], self.env, whole[:1])

    def test_all(self):
        self.assert_chosen("all", self.env, [device["name"] for device in self.devices])
        self.assert_answer(run(["--device=all"], self.env), harness.DEFAULT_ANSWER)

    def test_self_tests(self):
        listed = run(["devices", "--test", "--json"], self.env).json()["devices"]
        self.assertEqual([device["self_test"] for device in listed], [True] * len(self.devices))


class SimulatedGpu(Devices):
    """Oclgrind says it is a device of every type, and reports what kernels do wrong. It is slow."""

    def test_a_gpu_is_found(self):
        prefix = harness.oclgrind()
        result = run(["--json", "--device=gpu", "--stat=sum,sumsq", "1:301"], harness.none(), 120, prefix=prefix)
        self.assert_status(result, 0)
        report = result.json()
        self.assertEqual(report["results"]["sumsq"]["value"], "9045050")
        self.assertIn("Oclgrind", report["engine"]["devices"][0]["name"])

    def test_no_race_no_api_error_no_uninitialised_read(self):
        for options in ([], ["--work-group-size=7"]):
            log = harness.scratch() / f"oclgrind{len(options)}.log"
            prefix = harness.oclgrind("--data-races", "--check-api", "--uninitialized", "--log", str(log))
            result = run(["--device=gpu", "--stat=all", *options, "--", "-50:251"], harness.none(), 180,
                         prefix=prefix)
            self.assert_answer(result, expected_lines(["-50:251"]))
            self.assertEqual(log.read_text().strip() if log.exists() else "", "")
            self.assertNotRegex(result.stderr, r"(?i)data race|uninitialized|invalid (read|write)|oclgrind -")


@unittest.skipUnless(any(PROJECT_KERNELS.glob("*.cl")), f"no kernels in {PROJECT_KERNELS.name}/")
class BrokenKernels(Devices):
    """Kernels from a folder (--kernel-dir) that do not build, or that build and answer wrongly."""
    # Every work-item takes itself for the first: it builds, and adds up the wrong elements.
    WRONG = ("#define get_global_id(d) ((size_t)0)\n#define get_local_id(d) ((size_t)0)\n"
             "#define get_group_id(d) ((size_t)0)\n")

    def kernels(self, name, change):
        folder = harness.scratch() / name
        if not folder.exists():
            shutil.copytree(PROJECT_KERNELS, folder)
            for file in folder.glob("*.cl"):
                file.write_text(change(file.read_text()))
        return folder

    def unchanged(self):
        return self.kernels("kernels", lambda text: text)

    def not_building(self):
        return self.kernels("kernels-broken", lambda text: text.rstrip("\n") + "\nthis is no_opencl_c;\n")

    def wrong(self):
        return self.kernels("kernels-wrong", lambda text: self.WRONG + text)

    def test_kernels_from_a_folder(self):
        result = run(["--device=cpu", f"--kernel-dir={self.unchanged()}", "--stat=all", RANGE])
        self.assert_answer(result, expected_lines([RANGE]))

    def test_a_folder_without_kernels(self):
        result = run(["--device=cpu", f"--kernel-dir={harness.scratch() / 'nothing'}", RANGE])
        self.assertNotEqual(result.status, 0)
        self.assertEqual(result.stdout, "")
        self.assertIn("nothing", result.stderr)

    def test_a_build_failure_shows_the_log_with_the_files_own_lines(self):
        folder = self.not_building()
        result = run(["--device=cpu", f"--kernel-dir={folder}", RANGE])
        self.assert_status(result, 1)
        self.assertEqual(result.stdout, "")
        lines = {file.name: len(file.read_text().splitlines()) for file in folder.glob("*.cl")}
        self.assertTrue(any(f"{name}:{count}:" in result.stderr for name, count in lines.items()),
                        f"none of {lines} in: {result}")

    def test_auto_goes_on_without_a_device_that_does_not_build(self):
        result = run([f"--kernel-dir={self.not_building()}", RANGE])
        self.assert_answer(result, ANSWER)
        self.assertIn("pthread", result.stderr)

    def test_a_wrong_kernel_fails_the_self_test(self):
        for option in ("--device=cpu", "--engine=opencl"):
            result = run([option, f"--kernel-dir={self.wrong()}", "--verify=none", RANGE])
            self.assert_status(result, 6)
            self.assertEqual(result.stdout, "")
            self.assertRegex(result.stderr, r"(?i)self[- ]test")

    def test_auto_goes_on_without_a_device_that_fails_the_self_test(self):
        result = run([f"--kernel-dir={self.wrong()}", RANGE])
        self.assert_answer(result, ANSWER)
        self.assertRegex(result.stderr, r"(?i)self[- ]test")
        self.assertIn("pthread", result.stderr)

    def test_compare_keeps_its_other_rows(self):
        for folder, status in ((self.not_building(), 1), (self.wrong(), 6)):
            result = run(["compare", "--json", "--runs=1", f"--kernel-dir={folder}", RANGE])
            self.assert_status(result, status)
            rows = {row["engine"]["name"]: row for row in result.json()["rows"]}
            self.assertEqual(rows["opencl"]["status"], status)
            self.assertTrue(rows["opencl"]["error"])
            for name in ("reference", *harness.CPU_ENGINES):
                self.assertEqual(rows[name]["results"]["sumsq"]["value"], "333833500")


if __name__ == "__main__":
    harness.main()
