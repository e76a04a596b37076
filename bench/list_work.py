"""What the parts lists, text and floats measure: tables, one line a thing."""

from dataclasses import dataclass

CPU_WAYS = ("pthread", "fork")
OPENCL_WAYS = ("opencl pocl", "opencl intel")
ONE_CORE = ("pthread 1",)  # no promise speaks of it; it is what peers on one core compare with
AVX2 = ("pthread avx2",)

RAW_DATA = {"i64", "i32", "uniform", "normal", "same-sign", "mixed60", "full-range", "f32"}
TEXT_DATA = {"integers", "decimals"}


@dataclass(frozen=True)
class Work:
    """A statistic of one list (dot: of two) in several ways."""

    statistic: str
    data_names: tuple
    ways: tuple

    @property
    def data_label(self):
        return "·".join(self.data_names)

    def row_name(self, way):
        return row_name(self.statistic, self.data_label, way)


def row_name(statistic, data_label, way):
    return f"{statistic} of {data_label}, {way}"


@dataclass(frozen=True)
class ListPeer:
    """A peer by turns with parsum-cl: a mode of peers/list_peer.py, or a shell command, {file} in it."""

    name: str
    data_name: str
    statistic: str
    mode: str | None = None
    shell: str | None = None


LIST_WORK = tuple(
    Work(statistic, (name,), CPU_WAYS + OPENCL_WAYS) for name in ("i64", "i32") for statistic in ("sum", "sumsq", "all")
)
TEXT_WORK = tuple(
    Work(statistic, (name,), CPU_WAYS) for name in ("integers", "decimals") for statistic in ("sum", "all")
)
FLOAT_WORK = (
    Work("sum", ("uniform",), CPU_WAYS + ONE_CORE + AVX2 + OPENCL_WAYS),
    Work("sum", ("normal",), CPU_WAYS + ONE_CORE + AVX2 + OPENCL_WAYS),
    Work("sum", ("same-sign",), ("pthread", *AVX2, *OPENCL_WAYS)),
    Work("sum", ("mixed60",), ("pthread", *OPENCL_WAYS)),
    Work("sum", ("full-range",), ("pthread", *ONE_CORE, *OPENCL_WAYS)),
    Work("sum", ("f32",), ("pthread", *OPENCL_WAYS)),
    Work("sumsq", ("normal",), CPU_WAYS + OPENCL_WAYS),
    Work("all", ("normal",), CPU_WAYS + OPENCL_WAYS),
    Work("dot", ("uniform", "normal"), ("pthread", *OPENCL_WAYS)),
)

NUMPY_MAPPED = "NumPy np.load(mmap_mode='r').sum()"
DUCKDB_SUM = "DuckDB sum(x), table in memory"
LIST_PEERS = (
    ListPeer(NUMPY_MAPPED, "i64", "sum", "numpy-mapped"),
    ListPeer("Polars Series.sum()", "i64", "sum", "polars-series"),
    ListPeer(DUCKDB_SUM, "i64", "sum", "duckdb-sum"),
    ListPeer("chDB sum(x) over the file", "i64", "sum", "chdb-file"),
    ListPeer("NumPy dot", "i64", "sumsq", "numpy-dot"),
    ListPeer("DuckDB sum(x::HUGEINT * x)", "i64", "sumsq", "duckdb-sumsq"),
    ListPeer(NUMPY_MAPPED, "i32", "sum", "numpy-mapped"),
    ListPeer(DUCKDB_SUM, "i32", "sum", "duckdb-sum"),
)

POLARS_TEXT = "Polars scan_csv(...).sum()"
DUCKDB_TEXT = "DuckDB sum over read_csv"
DATAMASH = "datamash sum 1"
AWK = "awk s += $1"
TEXT_PEERS = tuple(
    peer
    for name in ("integers", "decimals")
    for peer in (
        ListPeer(POLARS_TEXT, name, "sum", "polars-text"),
        ListPeer(DUCKDB_TEXT, name, "sum", "duckdb-text"),
        ListPeer(DATAMASH, name, "sum", shell="datamash --format '%.21g' sum 1 <{file}"),
        ListPeer(AWK, name, "sum", shell="awk '{{ s += $1 }} END {{ printf \"%.17g\\n\", s }}' {file}"),
    )
)

NUMPY_SUM = "NumPy sum, in memory"
XSUM_LARGE, XSUM_SMALL = "xsum large, one core", "xsum small, one core"
DUCKDB_FSUM = "DuckDB fsum(x), table in memory"
FLOAT_PEERS = (
    *(ListPeer(NUMPY_SUM, name, "sum", "numpy-doubles") for name in ("uniform", "normal")),
    *(ListPeer(XSUM_LARGE, name, "sum", "xsum-large") for name in ("uniform", "normal", "full-range")),
    *(ListPeer(XSUM_SMALL, name, "sum", "xsum-small") for name in ("uniform", "normal")),
    *(ListPeer(DUCKDB_SUM, name, "sum", "duckdb-sum") for name in ("uniform", "normal")),
    *(ListPeer(DUCKDB_FSUM, name, "sum", "duckdb-fsum") for name in ("uniform", "normal")),
    ListPeer("Polars Series.sum()", "normal", "sum", "polars-series"),
)

OUR_WHOLE = "parsum-cl, whole process"
OUR_PIPE = "cat FILE | parsum-cl -"
WC_PIPE = "cat FILE | wc -c"
FROM_PIPE, FROM_GZIP, MAPPED = "from a pipe", "from a gzip", "a mapped file"
MAPPED_FORK = "a mapped file, fork"
