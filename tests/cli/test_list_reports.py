"""What is said of lists: JSON, verification, compare, where a list goes, progress."""
import harness
import harness_lists as lists
from harness import run
from harness_lists import gz, npy, write


class Reports(lists.ListTest):
    def test_json(self):
        array, text = write(npy("f32", [1.5, float("nan")]), ".npy"), write(b"a;b\n1;NA\n2;0.5\n")
        wide, narrow = write(npy("i64", [1] * 3)), write(npy("u8", [2] * 4))
        cases = (
            ("floats", ["--skip-nan", array], "array", "f32", "1", "0", "1", [array]),
            ("floats", [array], "array", "f32", "2", "0", "0", [array]),
            ("text", ["--column=b", text], "text", "decimal", "1", "1", "0", [text]),
            ("integers", [wide], "array", "i64", "3", "0", "0", [wide]),
            ("integers", [wide, wide], "array", "i64", "6", "0", "0", [wide, wide]),
            ("integers", [wide, narrow], "array", "integer", "7", "0", "0", [wide, narrow]),
            ("integers", [narrow, "1:3"], "array", "integer", "6", "0", "0", [narrow, "1:3"]),
            ("text", ["--column=a", text, "1:3"], "text", "decimal", "4", "0", "0", [text, "1:3"]))
        keys = ("kind", "type", "count", "missing", "skipped_nan", "sources")
        for taken, args, *wanted in cases:
            for engine in lists.engines(taken):
                with self.subTest(engine=engine, args=args):
                    report = run(["--json", f"--engine={engine}", *args]).json()
                    self.assertEqual((report["schema"], report["command"]), ("parsum/1", "sum"))
                    self.assertEqual([report["input"][key] for key in keys], wanted)
                    self.assertEqual(report["engine"]["name"], engine)
                    if engine != "opencl":
                        self.assertEqual(report["verified"], {"method": "none", "ok": None})
                    else:
                        self.assertEqual(report["verified"], {"method": "reference", "ok": True})

    def test_verification(self):
        integers = write(npy("i16", [-32768, 5] * 999))
        cases = (("integers", integers), ("floats", write(npy("f64", [0.1, -1e300, 5e-324] * 99))),
                 ("text", write(b"0.1 2e-9 -5\n" * 99, ".txt")), ("text", write(gz(b"7 8\n"))))
        for engine, path in [(engine, path) for kind, path in cases for engine in lists.engines(kind)]:
            with self.subTest(engine=engine, input=path):
                result = run([f"--engine={engine}", "--verify=reference", "--stat=all", "--json", path])
                self.assert_status(result, 0)
                self.assertEqual(result.json()["verified"], {"method": "reference", "ok": True})
                self.assertIn("verified by the reference", result.stderr)
                result = run([f"--engine={engine}", "--verify=none", "--json", path])
                self.assertEqual(result.json()["verified"], {"method": "none", "ok": None})
        self.assertIn("not verified", run(["--engine=serial", integers]).stderr)
        result = run(["--verify=reference", "--json", "-"], input=b"0.1 0.2")
        self.assertEqual(result.json()["verified"], {"method": "reference", "ok": True}, str(result))
        left = write(npy("f64", [0.1, 3.0]))
        self.assertEqual(run(["--stat=dot", "--verify=reference", "--json", left, left]).json()["verified"],
                         {"method": "reference", "ok": True})

    def test_compare(self):
        for kind, path in (("integers", write(npy("i32", range(-500, 5000)))),
                           ("floats", write(npy("f64", [0.1, -7.5, 1e200]))),
                           ("text", write(b"0.1 0.2 NA\n" * 50)), ("text", write(gz(b"1 2 3")))):
            report = run(["compare", "--json", "--runs=2", "--warmup=0", "--stat=sum,sumsq,min", path]).json()
            rows = report["rows"]
            self.assertEqual([row["engine"]["name"] for row in rows][:4], ["reference", *harness.CPU_ENGINES])
            for row in rows if lists.opencl_takes(kind) else rows[:4]:
                with self.subTest(path=path, engine=row["engine"]["name"]):
                    self.assertEqual(row["results"], rows[0]["results"])
                    self.assertEqual(len(row["samples"]), 2)
                    if row is not rows[0]:
                        self.assertEqual(row["verified"], {"method": "reference", "ok": True})

    def test_opencl_takes_lists(self):
        for kind in ("integers", "floats", "text"):
            with self.subTest(kind=kind):
                self.assertTrue(lists.opencl_takes(kind), "the other tests leave the engine opencl out")

    def test_where_a_list_goes(self):
        """It lies in host memory, which a CPU reads faster than a bus carries it."""
        for path in (write(npy("i8", [1])), write(b"1 2")):
            self.assertEqual(run(["--json", path]).json()["engine"]["name"], "pthread")
            self.assertEqual(run(["--json", "1:3", path]).json()["engine"]["name"], "pthread")

    def test_progress_of_a_pipe(self):
        """What is done and how fast; how much is to come nobody knows."""
        for args, piece in ((["--type=i32"], bytes(100_000)), ([], b"12 34 56\n" * 11000)):
            result = lists.run_slowly(["--progress=always", "--engine=pthread", *args, "-"], [piece] * 60, 0.03)
            self.assert_status(result, 0)
            said = [line for line in result.stderr.split("\r") if "/s" in line and "total" not in line]
            self.assertGreater(len(said), 2, repr(result.stderr))
            self.assertNotIn("%", result.stderr)
            self.assertNotIn("left", result.stderr)
            self.assertTrue(any(float(line.removeprefix("\x1b[K").split()[0]) > 0 for line in said), said)
            result = lists.run_slowly(["--progress=never", *args, "-"], [piece] * 30, 0.03)
            self.assertNotIn("\r", result.stderr)


if __name__ == "__main__":
    harness.main()
