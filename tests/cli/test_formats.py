"""The output formats: JSON parsum/1 of sum, compare and devices, and the tables of compare."""
import csv
import io
import statistics

import harness
from harness import CPU_ENGINES, ISAS, STATISTICS, expected, moments, run

COMPARED = ["--runs=3", "--warmup=1", "--workers=2", "1:4000001"]


class Shapes(harness.ProgramTest):
    """Assertions on the parts that several reports share."""

    def assert_keys(self, found, keys, where=""):
        self.assertIsInstance(found, dict, where)
        self.assertEqual(sorted(set(keys) - set(found)), [], f"keys missing {where}: {found}")

    def assert_text(self, value, pattern=r"\S"):
        self.assertIsInstance(value, str)
        self.assertRegex(value, pattern)

    def assert_number(self, value, least=0):
        self.assertIsInstance(value, (int, float))
        self.assertNotIsInstance(value, bool)
        self.assertGreaterEqual(value, least)

    def assert_input(self, found, sources):
        self.assert_keys(found, ["kind", "type", "count", "missing", "skipped_nan", "sources"])
        self.assertEqual((found["kind"], found["type"]), ("range", "integer"))
        self.assertEqual(found["count"], str(moments(sources).count))
        self.assertEqual((found["missing"], found["skipped_nan"]), ("0", "0"))
        self.assertEqual(found["sources"], sources)

    def assert_engine(self, found, name, devices=0):
        self.assert_keys(found, ["name", "workers", "isa", "devices"])
        self.assertEqual(found["name"], name)
        self.assertIsInstance(found["workers"], int)
        self.assert_number(found["workers"], 1)
        self.assertIsInstance(found["devices"], list)
        self.assertEqual(len(found["devices"]), devices)
        for device in found["devices"]:
            self.assert_device(device)
        if name == "opencl":
            self.assertIsNone(found["isa"])
        elif name in CPU_ENGINES:
            self.assertIn(found["isa"], ISAS)

    def assert_device(self, found):
        self.assert_keys(found, ["selector", "type", "name", "platform", "driver"])
        self.assert_text(found["selector"], r"^\d+:\d+$")
        self.assertIn(found["type"], ("gpu", "cpu", "accelerator"))
        for key in ("name", "platform", "driver"):
            self.assert_text(found[key])

    def assert_times(self, row, runs):
        self.assert_keys(row["seconds"], ["wall", "setup", "transfer", "compute"])
        for value in row["seconds"].values():
            self.assert_number(value)
        self.assertEqual(len(row["samples"]), runs)
        for sample in row["samples"]:
            self.assert_number(sample)
        self.assert_close(row["seconds"]["compute"], statistics.median(row["samples"]))

    def assert_close(self, found, wanted):
        """Equal but for the digits that a report may have left out."""
        self.assertLessEqual(abs(found - wanted), 0.01 * wanted + 2e-6)


class SumJson(Shapes):
    def assert_report(self, result, sources, engine, devices, statistics_asked, method, ok, runs=1):
        self.assert_status(result, 0)
        self.assertTrue(result.stdout.endswith("}\n"), result)
        report = result.json()
        self.assert_keys(report, ["schema", "command", "input", "engine", "results", "verified", "seconds",
                                  "samples"])
        self.assertEqual((report["schema"], report["command"]), ("parsum/1", "sum"))
        self.assert_input(report["input"], sources)
        self.assert_engine(report["engine"], engine, devices)
        answers = expected(moments(sources))
        self.assert_results(report["results"], {name: answers[name] for name in statistics_asked})
        self.assertEqual(report["verified"], {"method": method, "ok": ok})
        self.assert_times(report, runs)
        return report

    def test_default_input(self):
        result = run(["--json", "--engine=pthread", "--workers=2"])
        report = self.assert_report(result, ["1:100000000"], "pthread", 0, ["sumsq"], "reference", True)
        self.assertEqual(report["engine"]["workers"], 2)
        self.assertEqual(report["results"], {"sumsq": {"value": "333333328333333350000000", "exact": True}})

    def test_every_engine_and_statistic(self):
        sources = ["-1000:5000:7", "18446744073709551000:18446744073709551616:9"]
        for engine in (*CPU_ENGINES, "opencl"):
            with self.subTest(engine=engine):
                result = run(["sum", "--json", "--stat=all", f"--engine={engine}", "--runs=4", "--", *sources])
                report = self.assert_report(result, sources, engine, int(engine == "opencl"), STATISTICS,
                                            "reference", True, runs=4)
                if engine == "serial":
                    self.assertEqual(report["engine"]["workers"], 1)

    def test_rounded_results_say_so_and_carry_their_bits(self):
        results = run(["--json", "--engine=serial", "--stat=all", "1:11"]).json()["results"]
        self.assertEqual(results["mean"], {"value": "5.5", "exact": True, "hex": results["mean"]["hex"]})
        self.assertEqual(float.fromhex(results["mean"]["hex"]), 5.5)
        self.assertEqual((results["sd"]["value"], results["sd"]["exact"]), ("3.0276503540974917", False))
        self.assertEqual((results["pvar"]["value"], results["pvar"]["exact"]), ("8.25", True))
        self.assertEqual((results["norm2"]["value"], results["norm2"]["exact"]), ("19.621416870348583", False))
        self.assertEqual(results["max"], {"value": "10", "exact": True})
        # A root that is a double, and one that lies between two.
        norm = run(["--json", "--engine=serial", "--stat=norm2", "5:6"]).json()["results"]["norm2"]
        self.assertEqual((norm["value"], norm["exact"]), ("5", True))
        norm = run(["--json", "--engine=serial", "--stat=norm2", "9007199254740993:9007199254740994"]).json()
        self.assertEqual((norm["results"]["norm2"]["value"], norm["results"]["norm2"]["exact"]),
                         ("9007199254740992", False))

    def test_absent_values_are_null(self):
        for engine in (*CPU_ENGINES, "opencl"):
            result = run(["--json", "--stat=all", f"--engine={engine}", "5:1"])
            self.assert_report(result, ["5:1"], engine, int(engine == "opencl"), STATISTICS, "reference", True)
            results = result.json()["results"]
            absent = [name for name in STATISTICS if results[name]["value"] is None]
            self.assertEqual(absent, ["min", "max", "mean", "var", "pvar", "sd", "psd"])
        results = run(["--json", "--stat=var,sd,pvar", "--engine=serial", "7:8"]).json()["results"]
        self.assertEqual([results[name]["value"] for name in ("var", "sd", "pvar")], [None, None, "0"])

    def test_methods_of_verification(self):
        for method, ok in (("reference", True), ("closed-form", True), ("none", None)):
            result = run(["--json", "--engine=serial", f"--verify={method}", "1:1001"])
            self.assert_report(result, ["1:1001"], "serial", 0, ["sumsq"], method, ok)

    def test_times_fit_together(self):
        report = run(["--json", "--engine=serial", "--verify=none", "1:200000001"]).json()
        seconds = report["seconds"]
        self.assertGreater(seconds["compute"], 0)
        self.assertGreaterEqual(seconds["wall"] * 1.01 + 1e-5, seconds["compute"] + seconds["setup"])


class CompareJson(Shapes):
    @classmethod
    def setUpClass(cls):
        cls.result = run(["compare", "--json", "--stat=sum,sumsq,mean", *COMPARED])

    def test_report(self):
        self.assert_status(self.result, 0)
        report = self.result.json()
        self.assert_keys(report, ["schema", "command", "input", "machine", "rows"])
        self.assertEqual((report["schema"], report["command"]), ("parsum/1", "compare"))
        self.assert_input(report["input"], ["1:4000001"])
        self.assert_keys(report["machine"], ["cpu", "cores", "compiler", "version"])
        self.assertIsInstance(report["machine"]["cores"], int)
        self.assertGreaterEqual(report["machine"]["cores"], 1)
        for key in ("cpu", "compiler", "version"):
            self.assert_text(report["machine"][key])

    def test_rows(self):
        rows = self.result.json()["rows"]
        self.assertEqual([row["engine"]["name"] for row in rows],
                         ["reference", "serial", "pthread", "fork", "opencl"])
        answers = expected(moments(["1:4000001"]))
        for row in rows:
            name = row["engine"]["name"]
            with self.subTest(row=name):
                self.assert_keys(row, ["engine", "results", "verified", "seconds", "samples", "speedup"])
                self.assertNotIn("error", row)
                self.assert_engine(row["engine"], name, int(name == "opencl"))
                self.assert_results(row["results"], {key: answers[key] for key in ("sum", "sumsq", "mean")})
                self.assert_keys(row["verified"], ["method", "ok"])
                if name != "reference":
                    self.assertEqual(row["verified"], {"method": "reference", "ok": True})
                self.assert_times(row, 3)
        workers = {row["engine"]["name"]: row["engine"]["workers"] for row in rows}
        self.assertEqual([workers[name] for name in ("reference", "serial", "pthread", "fork")], [1, 1, 2, 2])

    def test_speedup_compares_medians_with_the_serial_row(self):
        rows = self.result.json()["rows"]
        serial = next(row for row in rows if row["engine"]["name"] == "serial")
        self.assertEqual(serial["speedup"], 1)
        for row in rows:
            wanted = statistics.median(serial["samples"]) / statistics.median(row["samples"])
            self.assertLessEqual(abs(row["speedup"] - wanted), 0.01 * wanted + 0.01, row["engine"]["name"])

    def test_five_runs_are_the_default(self):
        rows = run(["compare", "--json", "1:1001"]).json()["rows"]
        self.assertEqual([len(row["samples"]) for row in rows], [5] * 5)

    def test_each_device_has_a_row(self):
        env = harness.pocl_two_devices()
        rows = run(["compare", "--json", "--runs=1", "--stat=all", "--", "-500:1001"], env).json()["rows"]
        names = [row["engine"]["devices"][0]["name"] for row in rows if row["engine"]["name"] == "opencl"]
        self.assertEqual(names, [device["name"] for device in harness.devices(env)])
        for row in rows:
            self.assert_results(row["results"], expected(moments(["-500:1001"])), row["engine"]["name"])

    def test_without_a_platform_the_other_rows_stand(self):
        result = run(["compare", "--json", "--runs=1", "1:1001"], harness.none())
        self.assertIn(result.status, (0, 4), result)
        rows = result.json()["rows"]
        good = [row["engine"]["name"] for row in rows if "error" not in row]
        self.assertEqual(good, ["reference", "serial", "pthread", "fork"])
        for row in rows:
            if "error" in row:
                self.assertEqual((row["engine"]["name"], row["status"]), ("opencl", 4))
                self.assert_text(row["error"])


class DevicesJson(Shapes):
    def assert_listing(self, args, env, count, self_test):
        result = run(["devices", "--json", *args], env)
        self.assert_status(result, 0)
        report = result.json()
        self.assertEqual((report["schema"], report["command"]), ("parsum/1", "devices"))
        self.assertEqual(len(report["devices"]), count)
        for device in report["devices"]:
            self.assert_device(device)
            self.assert_keys(device, ["compute_units", "memory_bytes", "fp64", "self_test"])
            self.assertIsInstance(device["compute_units"], int)
            self.assertGreaterEqual(device["compute_units"], 1)
            self.assert_text(device["memory_bytes"], r"^[1-9]\d*$")
            self.assertIsInstance(device["fp64"], bool)
            self.assertIs(device["self_test"], self_test)

    def test_listing(self):
        self.assert_listing([], harness.pocl(), 1, None)
        self.assert_listing([], harness.pocl_two_devices(), 2, None)

    def test_self_test(self):
        self.assert_listing(["--test"], harness.pocl_two_devices(), 2, True)


class Tables(Shapes):
    """The same comparison as a table, CSV and Markdown: the same rows in the same order."""
    ROWS = ["reference", "serial", "pthread", "fork", "opencl"]
    HEADINGS = [("engine",), ("workers", "device"), ("setup",), ("best",), ("median",),
                ("elements", "rate", "/s"), ("speedup",), ("verified",)]

    def assert_headings(self, line):
        for names in self.HEADINGS:
            self.assertTrue(any(name in line.lower() for name in names), f"no {names} in {line!r}")

    def compare(self, *options):
        result = run(["compare", *options, *COMPARED])
        self.assert_status(result, 0)
        return result.stdout

    def test_table(self):
        lines = [line for line in self.compare().splitlines() if line.strip()]
        rows = [line for line in lines if line.split()[0] in self.ROWS]
        self.assertEqual([row.split()[0] for row in rows], self.ROWS)
        self.assert_headings(" ".join(lines[:lines.index(rows[0])]))

    def test_csv(self):
        table = list(csv.reader(io.StringIO(self.compare("--csv"))))
        self.assert_headings(",".join(table[0]))
        self.assertEqual([row[0] for row in table[1:]], self.ROWS)
        self.assertEqual({len(row) for row in table}, {len(table[0])})
        speedup = next(i for i, name in enumerate(table[0]) if "speedup" in name.lower())
        self.assertEqual(float(table[2][speedup]), 1.0)
        for row in table[1:]:
            self.assertGreater(float(row[speedup]), 0)

    def test_markdown(self):
        lines = [line for line in self.compare("--markdown").splitlines() if line.startswith("|")]
        self.assert_headings(lines[0])
        self.assertRegex(lines[1], r"^\|( *:?-+:? *\|)+$")
        rows = [[cell.strip(" `*") for cell in line.strip().strip("|").split("|")] for line in lines[2:]]
        self.assertEqual([row[0] for row in rows], self.ROWS)
        self.assertEqual({len(row) for row in rows}, {lines[1].count("|") - 1})

    def test_tables_name_the_device(self):
        name = harness.devices(harness.pocl())[0]["name"]
        for option in ("--csv", "--markdown"):
            self.assertIn(name, self.compare(option))


if __name__ == "__main__":
    harness.main()
