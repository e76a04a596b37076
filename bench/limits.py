"""Which multiply limit binds which row: the best of the instructions that the row may use, on its processors."""

# What a path may use: its own instructions and those of every lower path. Portable C is compiled for a plain
# x86-64, so a compiler may use SSE2 in it.
PORTABLE = ("scalar_low", "scalar", "sse2")
INSTRUCTIONS_OF_PATH = {
    "portable": PORTABLE,
    "avx2": (*PORTABLE, "avx2"),
    "avx512": (*PORTABLE, "avx2", "avx512"),
    "avx512ifma": (*PORTABLE, "avx2", "avx512", "avx512ifma"),
}
# PARSUM_ISA, best first.
PATHS_BEST_FIRST = ("avx512ifma", "avx512", "avx2", "portable")


class Limits:
    """The limits of one run. Each measurement is one JSON of multiply_limit; there may be several per thread count."""

    def __init__(self, measurements, cpu_count, opencl_devices=()):
        self.measurements = list(measurements)
        self.cpu_count = cpu_count
        self.opencl_devices = list(opencl_devices)

    def best_path(self):
        """The best PARSUM_ISA that this machine runs."""
        return next((path for path in PATHS_BEST_FIRST if self.squares_per_second([path], 1)), "portable")

    def squares_per_second(self, names, thread_count):
        """The best rate of the named loops on so many threads; None where none of them runs here.

        Never less than one thread's best times the threads: a neighbour on one CPU is enough to halve what was measured
        on two, and a limit read too low would accuse an honest loop."""
        thread_count = max(1, min(thread_count, self.cpu_count))  # more threads than CPUs multiply no faster
        rates = [
            loop["squares_per_second"]["best"] * thread_count / measurement["threads"]
            for measurement in self.measurements
            if measurement["threads"] in (1, thread_count)
            for loop in measurement["loops"]
            if loop["available"] and (names is None or loop["name"] in names)
        ]
        return max(rates, default=None)

    def median_squares_per_second(self, name, thread_count):
        """The medians of one loop, one for each time it was measured."""
        return [
            loop["squares_per_second"]["median"]
            for measurement in self.measurements
            if measurement["threads"] == thread_count
            for loop in measurement["loops"]
            if loop["available"] and loop["name"] == name
        ]

    def read_bytes_per_second(self, thread_count):
        reads = [m["read"] for m in self.measurements if m["threads"] == thread_count and m["read"]]
        return max((read["bytes_per_second"]["best"] for read in reads if "bytes_per_second" in read), default=None)

    def of_engine(self, engine):
        """The limit of a row by its `engine` object, as parsum-cl prints it; None where none was measured."""
        if engine["name"] == "opencl":
            of_devices = [self._of_device(device) for device in engine.get("devices") or []]
            return None if not of_devices or None in of_devices else sum(of_devices)
        if engine["name"] == "reference":
            return self.squares_per_second(PORTABLE, 1)
        # An unknown path may use anything: the highest limit is the fair one.
        names = INSTRUCTIONS_OF_PATH.get(engine.get("isa"))
        return self.squares_per_second(names, engine.get("workers") or 1)

    def _of_device(self, device):
        if device.get("type") == "cpu":
            return self.squares_per_second(None, self.cpu_count)
        rates = [
            measured["squares_per_second"]["best"]
            for measured in self.opencl_devices
            if "squares_per_second" in measured
            and (measured["platform"], measured["name"]) == (device.get("platform"), device.get("name"))
        ]
        return max(rates, default=None)
