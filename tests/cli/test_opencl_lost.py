"""OpenCL devices that take their time, or are lost in the middle: the others finish what they had; alone it is a clear error.

The faults come from tests/opencl_layer.c; PoCL is two devices.
"""
import array
import signal

import harness
from harness import expected_lines, run
from harness_layer import COPYING, LONG, LayerTest


class SlowDevice(LayerTest):
    environment = staticmethod(harness.pocl_two_devices)

    def test_the_answer_is_right(self):
        for selector in ("basic", "all"):
            env = self.layered(call="clEnqueueNDRangeKernel", device="basic", phase="work", count=0, code=0, delay_ms=20)
            result = run([f"--device={selector}", *self.inputs["integers"]], env)
            self.assert_answer(result, self.answers["integers"])

    def test_its_launches_become_short(self):
        """Where each takes a second, whatever it reads: down to the least, which is 4 KiB."""
        options = ["--device=0:0", "--type=i64", self.integers]
        for layer in ({}, COPYING):
            result, log = self.run_logged(options, command_ns=10**9, **layer)
            self.assert_answer(result, f"sum\t{sum(i * 7919 - 10**6 for i in range(300000))}\n")
            self.assertEqual(log.count("clEnqueueNDRangeKernel", "work"), -(-300000 * 8 // 4096))

    def test_the_other_does_more_of_the_work(self):
        """Devices take blocks as they are done with one."""
        blocks = 60
        result, log = self.run_logged(["--device=all", "--stat=sum", "--chunk=1000", f"1:{blocks * 1000 + 1}"],
                                      call="clEnqueueNDRangeKernel", device="basic", phase="work", count=0, code=0,
                                      delay_ms=100)
        self.assert_answer(result, expected_lines([f"1:{blocks * 1000 + 1}"], ["sum"]))
        self.assertEqual(log.count("clEnqueueNDRangeKernel", "work"), blocks)
        self.assertLess(log.count("matching", "work"), blocks / 2)

    def test_an_interrupt_does_not_wait_for_it(self):
        """The delays add up to minutes; the limit of the harness is one."""
        for phase in ("setup", "work"):
            path = harness.scratch() / f"begun-{phase}"
            env = self.layered(call="clEnqueueReadBuffer", device="basic", phase=phase, count=0, code=0, delay_ms=60000,
                               begun=path)
            process = self.start(["--device=basic", "1:5001"], env)
            self.assertTrue(harness.wait_until(path.exists))
            process.send_signal(signal.SIGINT)
            self.assertEqual(harness.finish(process).status, -signal.SIGINT)
            self.assertEqual(harness.marked_processes(process.mark), [])


class LostDevice(LayerTest):
    environment = staticmethod(harness.pocl_two_devices)
    CHUNKS = ["--stat=all", "--chunk=2000", "1:1000001"]
    REDONE = "failed on {}.*its blocks are redone by another device"

    def lost(self, device, at, phase="work", **layer):
        """From its call number at of the phase on, every call for the device fails."""
        return {"call": "any", "device": device, "phase": phase, "at": at, "count": 0, "code": -2, **layer}

    def assert_redone(self, options, answer, device, at, **keywords):
        """The other device waits until this one is lost, lest it takes all blocks before."""
        result = run(options, self.layered(**self.lost(device, at, others_wait=1)), **keywords)
        self.assert_answer(result, answer)
        self.assertRegex(result.stderr, self.REDONE.format(device))

    def test_the_others_finish_its_spans(self):
        for device in ("basic", "pthread"):
            for at in (1, self.random.randrange(2, 500)):
                with self.subTest(device=device, at=at):
                    self.assert_redone(["--device=all", *self.CHUNKS], expected_lines(self.CHUNKS[-1:]), device, at)

    def test_of_a_list_they_finish_its_blocks(self):
        for at in (1, self.random.randrange(2, 50)):
            with self.subTest(at=at):
                self.assert_redone(["--device=all", *self.inputs["integers"]], self.answers["integers"], "basic", at)

    def test_of_a_pipe_they_finish_its_blocks(self):
        """Whose memory is used again once they are done."""
        data = array.array("q", range(-500000, 500000)).tobytes()
        for at in (1, self.random.randrange(2, 50)):
            with self.subTest(at=at):
                self.assert_redone(["--device=all", "--type=i64", "--chunk=3000", "-"], "sum\t-500000\n", "basic", at,
                                   input=data)

    def test_alone_it_is_an_error(self):
        for selector, at in (("basic", 1), ("0:0", 200), ("0:1", self.random.randrange(1, 1000))):
            env = self.layered(**self.lost("basic" if selector == "basic" else "-", at))
            result = run([f"--device={selector}", *self.CHUNKS], env)
            self.assert_clear_error(result, "CL_DEVICE_NOT_AVAILABLE (-2)")

    def test_all_of_them(self):
        for at in (1, 200):
            self.assert_clear_error(run(["--device=all", *self.CHUNKS], self.layered(**self.lost("-", at))),
                                    "CL_DEVICE_NOT_AVAILABLE (-2)")

    def test_at_any_call(self):
        """In the setup it is an error, in the middle a notice, at the end nothing."""
        options = ["--device=all", "--stat=all", "--chunk=1000", "1:20001"]
        answer = expected_lines(options[-1:])
        counts = self.counts(options, call="any", device="basic", code=0, count=0)
        for phase, tries in (("setup", 4), ("work", 4), ("end", 2)):
            # What the others take is not this device's.
            most = min(counts.count("matching", phase), 40) if phase == "work" else counts.count("matching", phase)
            numbers = range(1, most + 1) if LONG else self.random.sample(range(1, most + 1), min(tries, most))
            for at in numbers:
                wait = {"others_wait": 1} if phase == "work" else {}
                result, log = self.run_logged(options, **self.lost("basic", at, phase, **wait))
                with self.subTest(phase=phase, at=at):
                    if result.status != 0:
                        self.assertEqual(phase, "setup", str(result))
                        self.assert_clear_error(result, "CL_DEVICE_NOT_AVAILABLE (-2)")
                        continue
                    self.assert_answer(result, answer)
                    if phase == "work":
                        self.assertRegex(result.stderr, self.REDONE.format("basic"))
                    elif phase == "end":
                        self.assertGreater(log.failed, 0)
                        self.assertNotIn("failed on", result.stderr)


if __name__ == "__main__":
    harness.main()
