"""What the tests of OpenCL's faults share: PoCL behind tests/opencl_layer.c, and what its log says.

Calls are counted by phase: `setup` may measure the device, in as many calls as it finds it needs; `work` and `end` make as
many in every run of one device, as events take as long as the layer says and blocks are as long as --chunk says. A run is
judged by what the layer says it has done to it.
Environment: PARSUM_TEST_MODULES, the folder of opencl_layer.so and opencl_driver.so.
"""
import array
import itertools
import os
import pathlib

import harness
from harness import run

MODULES = pathlib.Path(os.environ.get("PARSUM_TEST_MODULES") or harness.PROJECT / "build" / "tests")
LONG = os.environ.get("PARSUM_TEST_LONG") == "1"
PHASES = ("setup", "work", "end")

NOT_AVAILABLE, NO_BUFFER, NO_RESOURCES, NO_HOST_MEMORY, IN_WAIT_LIST = -2, -4, -5, -6, -14
WANT_OF_MEMORY = (NO_BUFFER, NO_RESOURCES, NO_HOST_MEMORY, -61)
# Layers that make PoCL a device with memory of its own, which numbers are copied to.
COPYING = {"type": "accelerator"}

_log_numbers = itertools.count()


def write_list(name, code, values):
    path = harness.scratch() / name
    path.write_bytes(array.array(code, values).tobytes())
    return str(path)


class Log:
    """What the layer wrote as the program ended."""
    def __init__(self, path):
        self.calls, self.failed = {}, None
        if path.exists():
            for name, *numbers in (line.split() for line in path.read_text().splitlines()):
                if name == "failed":
                    self.failed = int(numbers[0])
                else:
                    self.calls[name] = dict(zip(PHASES, map(int, numbers)))

    def count(self, call, phase):
        return self.calls[call][phase]


class LayerTest(harness.ProgramTest):
    environment = staticmethod(harness.pocl)

    @classmethod
    def setUpClass(cls):
        cls.random = harness.seeded_random(cls.__name__)
        cls.integers = write_list("integers.i64", "q", [i * 7919 - 10**6 for i in range(300000)])
        cls.doubles = write_list("doubles.f64", "d", [i * 0.375 - 1e3 for i in range(160000)])
        cls.inputs = {
            "range": ["--stat=all", "--chunk=1000", "1:4001"],
            "integers": ["--stat=all", "--chunk=50000", "--type=i64", cls.integers],
            "doubles": ["--stat=sum,min", "--chunk=20000", "--type=f64", cls.doubles],
            "products": ["--stat=dot", "--chunk=50000", "--type=i64", cls.integers, cls.integers],
        }
        cls.answers = {name: run(["--engine=serial", *options]).stdout for name, options in cls.inputs.items()}

    def layered(self, **settings):
        """The environment with the layer and its settings: call="clFinish", at=3 ..."""
        settings = {"command_ns": 10**6, **settings}
        return self.environment() | {"OPENCL_LAYERS": str(MODULES / "opencl_layer.so")} | {
            f"PARSUM_LAYER_{name.upper()}": str(value) for name, value in settings.items()}

    def run_logged(self, options, **settings):
        """A run, and what the layer did to it."""
        path = harness.scratch() / f"layer-log-{next(_log_numbers)}"
        result = run(options, self.layered(log=path, **settings))
        return result, Log(path)

    def counts(self, options, **settings):
        """The calls of a run without a fault."""
        result, log = self.run_logged(options, **settings)
        self.assert_status(result, 0)
        self.assertGreater(log.count("clEnqueueNDRangeKernel", "work"), 0, "the loader takes no layers: is it ocl-icd?")
        return log

    def assert_clear_error(self, result, *words, status=1):
        """A documented exit status, no answer, and a sentence with these words."""
        self.assert_status(result, status)
        self.assertEqual(result.stdout, "", str(result))
        self.assertRegex(result.stderr, r"^parsum-cl: ", str(result))
        for word in words:
            self.assertIn(word, result.stderr, str(result))
