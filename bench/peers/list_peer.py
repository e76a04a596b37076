"""A peer that reduces a list inside a running Python: loads first, unmeasured, then reduces once for each line it reads
and answers `ANSWER<TAB>SECONDS`, or `error<TAB>SENTENCE`.

list_peer.py MODE FILE
"""

import sys
import time


def numpy_mapped(path):
    import numpy as np

    return lambda: int(np.load(path, mmap_mode="r").sum())


def numpy_dot(path):
    import numpy as np

    values = np.load(path)
    return lambda: int(np.dot(values, values))


def numpy_doubles(path):
    import numpy as np

    values = np.load(path)
    return lambda: float(values.sum())


def polars_series(path):
    import numpy as np
    import polars as pl

    values = pl.Series(np.load(path))
    return values.sum


def polars_text(path):
    import polars as pl

    return lambda: pl.scan_csv(path, has_header=False).sum().collect().item()


def duckdb_table(path, expression):
    import os

    import duckdb
    import numpy as np

    connection = duckdb.connect()
    connection.execute(f"SET threads = {len(os.sched_getaffinity(0))}")
    numbers = np.load(path, mmap_mode="r")
    connection.register("loaded", {"x": numbers})
    connection.execute("CREATE TABLE numbers AS SELECT x FROM loaded")
    connection.unregister("loaded")
    return lambda: connection.execute(f"SELECT {expression} FROM numbers").fetchall()[0][0]


def duckdb_text(path):
    import os

    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {len(os.sched_getaffinity(0))}")
    return lambda: connection.execute("SELECT sum(column0) FROM read_csv(?, header = false)", [path]).fetchall()[0][0]


def chdb_file(path):
    import chdb

    return lambda: int(str(chdb.query(f"SELECT sum(x) FROM file('{path}', 'Npy', 'x Int64')", "TSV")).strip())


def xsum_of(path, accumulator_name):
    import numpy as np
    import xsum

    values = np.load(path)

    def add_up():
        accumulator = getattr(xsum, accumulator_name)()
        xsum.xsum_add(accumulator, values)
        return float(xsum.xsum_round(accumulator))

    return add_up


def numpy_small(count):
    """Seconds of one numpy.sum of so many doubles: the best of many short loops of calls. It is its own clock."""
    import timeit

    import numpy as np

    values = np.random.default_rng(1).random(int(count))
    calls = max(10, 2_000_000 // (int(count) + 1000))
    return lambda: min(timeit.repeat(lambda: np.sum(values), number=calls, repeat=20)) / calls


MODES = {
    "chdb-file": chdb_file,
    "numpy-mapped": numpy_mapped,
    "numpy-dot": numpy_dot,
    "numpy-doubles": numpy_doubles,
    "numpy-small": numpy_small,
    "polars-series": polars_series,
    "polars-text": polars_text,
    "duckdb-sum": lambda path: duckdb_table(path, "sum(x)"),
    "duckdb-sumsq": lambda path: duckdb_table(path, "sum(x::HUGEINT * x)"),
    "duckdb-fsum": lambda path: duckdb_table(path, "fsum(x)"),
    "duckdb-text": duckdb_text,
    "xsum-large": lambda path: xsum_of(path, "xsum_large_accumulator"),
    "xsum-small": lambda path: xsum_of(path, "xsum_small_accumulator"),
}


def answer(text):
    print(text.splitlines()[0], flush=True)


def main():
    try:
        compute = MODES[sys.argv[1]](sys.argv[2])
    except Exception as error:  # whatever a peer raises is its row
        answer(f"error\t{type(error).__name__}: {error}")
        return
    answer("ready\t0")
    for _ in sys.stdin:
        begin = time.perf_counter()
        try:
            value = compute()
        except Exception as error:
            answer(f"error\t{type(error).__name__}: {error}")
            continue
        seconds = time.perf_counter() - begin
        answer(f"{value!r}\t{seconds!r}")


main()
