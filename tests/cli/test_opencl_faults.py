"""OpenCL calls that fail, lie or find no memory: the right answer, or a clear error; never a wrong answer.

The faults come from tests/opencl_layer.c, which the loader puts between the program and PoCL. Every call is made to fail by
its phase and number; of all numbers and errors a sample is taken, the whole product with PARSUM_TEST_LONG=1.
"""
import concurrent.futures
import pathlib
import sys
from typing import NamedTuple

import harness
from harness import run
from harness_layer import (COPYING, IN_WAIT_LIST, LONG, NO_BUFFER, NO_HOST_MEMORY, NO_RESOURCES, PHASES, WANT_OF_MEMORY,
                           LayerTest)

# What a driver may answer, beside CL_OUT_OF_RESOURCES and CL_OUT_OF_HOST_MEMORY; -9999 is one vendor's own.
ERRORS = {
    "clGetPlatformIDs": (-1001, -30), "clGetPlatformInfo": (-30, -32), "clGetDeviceIDs": (-1, -2, -30, -32),
    "clGetDeviceInfo": (-30, -33), "clCreateContext": (-2, -30, -33), "clCreateCommandQueue": (-30, -34, -35),
    "clCreateProgramWithSource": (-30, -34), "clBuildProgram": (-2, -3, -11, -43, -59),
    "clCreateKernel": (-44, -45, -46, -47), "clGetKernelWorkGroupInfo": (-30, -48), "clCreateBuffer": (-4, -30, -37, -61),
    "clSetKernelArg": (-38, -48, -49, -50, -51), "clEnqueueNDRangeKernel": (-4, -36, -45, -52, -54, -55, -59, -9999),
    "clEnqueueReadBuffer": (-4, -14, -36, -38, -9999), "clEnqueueWriteBuffer": (-4, -14, -36, -38, -9999),
    "clEnqueueMapBuffer": (-4, -12, -30, -38), "clEnqueueUnmapMemObject": (-30, -36, -38), "clFlush": (-36,),
    "clFinish": (-36, -9999), "clWaitForEvents": (-14, -34, -58, -9999), "clGetEventProfilingInfo": (-7, -58),
    "clReleaseEvent": (-58,), "clReleaseMemObject": (-38,), "clReleaseKernel": (-48,), "clReleaseProgram": (-44,),
    "clReleaseCommandQueue": (-36,), "clReleaseContext": (-34,),
}
# Without these there is no answer from the device.
NEEDED = {"clCreateContext", "clCreateCommandQueue", "clCreateProgramWithSource", "clBuildProgram", "clCreateKernel",
          "clGetKernelWorkGroupInfo", "clCreateBuffer", "clSetKernelArg", "clEnqueueNDRangeKernel",
          "clEnqueueReadBuffer", "clEnqueueWriteBuffer", "clEnqueueMapBuffer", "clFlush", "clWaitForEvents"}
# These are made again, or name the device, or choose the grid: it depends on which of them it is.
LISTING = {"clGetPlatformIDs", "clGetDeviceIDs", "clGetDeviceInfo"}


class Fault(NamedTuple):
    call: str
    phase: str
    number: int
    error: int


class EachCall(LayerTest):
    def judge(self, fault, result, name):
        """Whether the outcome is that of a device that was asked for."""
        wanting = fault.error in WANT_OF_MEMORY and fault.phase == "work" and name != "range"
        if fault.call in LISTING and result.status != 0:
            self.assert_clear_error(result, status=4 if result.status == 4 else 1)
        elif fault.call not in NEEDED or fault.phase == "end" or wanting:
            self.assert_answer(result, self.answers[name])
            self.assertEqual("halved" in result.stderr, wanting and fault.call in NEEDED, str(result))
        elif fault.call == "clBuildProgram":
            self.assert_clear_error(result, "do not build")
        else:
            self.assert_clear_error(result, fault.call, f"({fault.error})")

    def judge_automatic(self, fault, result, name):
        """As judge; but what fails in the setup is answered by threads, and said."""
        if fault.phase == "setup" and fault.call in NEEDED:
            self.assert_answer(result, self.answers[name])
            self.assertIn("using the engine pthread: ", result.stderr, str(result))
        else:
            self.judge(fault, result, name)

    def sample(self, counts, phases):
        for call, errors in ERRORS.items():
            errors = (*errors, NO_RESOURCES, NO_HOST_MEMORY)
            for phase in phases:
                count = counts.count(call, phase)
                if LONG:
                    numbers = range(1, count + 1) if count <= 40 else sorted(
                        {1, 2, count - 1, count, *self.random.sample(range(1, count + 1), 36)})
                    yield from (Fault(call, phase, number, error) for number in numbers for error in errors)
                elif count > 0:
                    yield Fault(call, phase, self.random.randint(1, count), self.random.choice(errors))

    def run_all(self, name, options, judge, phases=PHASES, **layer):
        counts = self.counts(options, **layer)
        called = {call for call, numbers in counts.calls.items() if any(numbers.values())}
        self.assertEqual(called - set(ERRORS), set(), "calls without errors")

        def one(fault):
            call, phase, number, error = fault
            return fault, *self.run_logged(options, call=call, phase=phase, at=number, code=error, **layer)

        faults = list(self.sample(counts, phases))
        missed = 0
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for fault, result, log in pool.map(one, faults):
                with self.subTest(fault=fault):
                    self.assertIn(log.failed, (0, 1), f"the program has not ended well: {result}")
                    if log.failed == 1:
                        judge(fault, result, name)
                    else:
                        self.assertEqual(fault.phase, "setup", str(result))
                        self.assert_answer(result, self.answers[name])
                        missed += 1
        self.assertLess(missed, len(faults) / 4)
        print(f"{name}: {len(faults)} faults, {missed} of them missed", file=sys.stderr)

    def test_of_a_range(self):
        self.run_all("range", ["--device=0:0", *self.inputs["range"]], self.judge)

    def test_of_lists(self):
        """Of their setup and end, the products that are copied are the sample."""
        for name in ("integers", "doubles"):
            self.run_all(name, ["--device=0:0", *self.inputs[name]], self.judge, PHASES if LONG else ("work",))

    def test_of_numbers_that_are_copied(self):
        for name in ("integers", "products"):
            options = ["--device=0:0", *self.inputs[name]]
            counts = self.counts(options, **COPYING)
            for call in ("clEnqueueWriteBuffer", "clEnqueueMapBuffer"):
                self.assertGreater(counts.count(call, "work"), 0, call)
            self.assertGreater(counts.count("clEnqueueUnmapMemObject", "end"), 0)
            phases = PHASES if LONG or name == "products" else ("work",)
            self.run_all(name, options, self.judge, phases, **COPYING)

    def test_of_a_range_where_no_device_was_asked_for(self):
        self.run_all("range", self.inputs["range"], self.judge_automatic, PHASES if LONG else ("setup", "work"))

    def test_a_row_of_compare(self):
        """The other rows are as ever."""
        result = run(["compare", "--json", "--runs=1", "--warmup=0", "1:5001"],
                     self.layered(call="clEnqueueReadBuffer", phase="work", code=-36))
        self.assert_status(result, 1)
        rows = {row["engine"]["name"]: row for row in result.json()["rows"]}
        self.assertIn("clEnqueueReadBuffer", rows["opencl"]["error"])
        for name in ("reference", *harness.CPU_ENGINES):
            self.assertEqual(rows[name]["results"]["sumsq"]["value"], "41679167500")


class CorruptedReads(LayerTest):
    INPUTS = ("range", "integers", "doubles")
    WORDS = range(0, 24, 1 if LONG else 4)

    def corrupt(self, name, word, *options, phase="work"):
        return run(["--device=0:0", *options, *self.inputs[name]], self.layered(corrupt=1, word=word, phase=phase))

    def test_verification_finds_them(self):
        for name in self.INPUTS:
            found = 0
            for word in self.WORDS:
                result = self.corrupt(name, word)
                with self.subTest(name=name, word=word):
                    if result.status == 0:      # what no statistic stands on
                        self.assertEqual(result.stdout, self.answers[name], str(result))
                    else:
                        self.assert_clear_error(result, status=3)
                        found += 1
            self.assertGreater(found, 0, f"of {name} no corrupted word made a difference")

    def test_without_verification_the_answer_would_be_wrong(self):
        """What the test above proves that verification is for."""
        result = self.corrupt("range", 0, "--verify=none")
        self.assert_status(result, 0)
        self.assertNotEqual(result.stdout, self.answers["range"])

    def test_without_verification_nothing_crashes(self):
        """Sums that belong to no list of numbers, such as a negative variance, are an error."""
        statuses = set()
        for word in range(12):
            result = self.corrupt("range", word + 12, "--verify=none")
            statuses.add(result.status)
            if result.status != 0:
                self.assert_clear_error(result, "belong to no list of numbers")
        self.assertIn(1, statuses)

    def test_the_self_test_finds_them(self):
        for name in self.INPUTS:
            self.assert_clear_error(self.corrupt(name, 0, phase="setup"), "self-test", status=6)

    def test_the_closed_form_finds_them(self):
        self.assert_clear_error(self.corrupt("range", 0, "--verify=closed-form"), "closed-form", status=3)

    def test_a_row_of_compare(self):
        result = run(["compare", "--json", "--runs=1", "--warmup=0", "--stat=all", "1:5001"],
                     self.layered(corrupt=1, phase="work"))
        self.assert_status(result, 3)
        rows = {row["engine"]["name"]: row for row in result.json()["rows"]}
        self.assertEqual(rows["opencl"]["status"], 3)
        self.assertNotIn("error", rows["serial"])


class WantOfMemory(LayerTest):
    def assert_halved(self, name, env, *options):
        result = run(["--device=0:0", *self.inputs[name], *options], env)
        self.assert_answer(result, self.answers[name])
        self.assertRegex(result.stderr, r"was out of memory, so its chunks were halved [1-9]\d* times, to \d+ KiB")

    def test_chunks_are_halved(self):
        for error in WANT_OF_MEMORY if LONG else WANT_OF_MEMORY[::3]:
            for name, most in (("integers", 300000), ("integers", 40000), ("doubles", 1150000)):
                with self.subTest(name=name, most=most, error=error):
                    self.assert_halved(name, self.layered(memory=most, code=error), "--chunk=160000")

    def test_of_a_device_that_numbers_are_copied_to(self):
        for kind in ("accelerator", "gpu"):
            self.assert_halved("integers", self.layered(memory=300000, code=NO_BUFFER, type=kind))
        self.assert_halved("products", self.layered(memory=100000, code=NO_BUFFER, **COPYING))

    def test_of_a_pipe(self):
        data = pathlib.Path(self.integers).read_bytes()
        result = run(["--device=0:0", "--stat=all", "--type=i64", "-"], self.layered(memory=40000, code=NO_BUFFER),
                     input=data)
        self.assert_answer(result, self.answers["integers"])
        self.assertIn("halved", result.stderr)

    def test_of_text_and_products(self):
        text = "".join(f"{i}.5\n" for i in range(60000))
        result = run(["--device=0:0", "-"], self.layered(memory=40000, code=NO_BUFFER), input=text.encode())
        self.assert_answer(result, f"sum\t{sum(range(60000)) + 30000}\n")
        self.assert_halved("products", self.layered(memory=100000, code=NO_BUFFER))

    def test_where_it_shows_late(self):
        """Drivers take memory when a launch runs: then its event says what was wrong, not the call."""
        for layer in ({}, COPYING):
            for call, error, status in (("clWaitForEvents", IN_WAIT_LIST, NO_BUFFER),
                                        ("clEnqueueNDRangeKernel", NO_RESOURCES, 0),
                                        ("clEnqueueReadBuffer", NO_HOST_MEMORY, 0)):
                with self.subTest(call=call, layer=layer):
                    self.assert_halved("integers", self.layered(call=call, phase="work", at=2, code=error,
                                                                status=status, **layer))

    def test_too_little_of_it(self):
        self.assert_clear_error(run(["--device=0:0", *self.inputs["integers"]],
                                    self.layered(memory=4000, code=NO_BUFFER)),
                                "clCreateBuffer", "CL_MEM_OBJECT_ALLOCATION_FAILURE (-4)")

    def test_one_device_of_two(self):
        env = harness.pocl_two_devices() | self.layered(memory=100000, code=NO_BUFFER, device="basic")
        env |= {"POCL_DEVICES": "pthread basic"}
        result = run(["--device=all", *self.inputs["integers"]], env)
        self.assert_answer(result, self.answers["integers"])


if __name__ == "__main__":
    harness.main()
