"""DuckDB: sum(i * i) over range(START, STOP); its sum of BIGINT is a HUGEINT, so this is exact.

duckdb_range.py START STOP
"""

import sys
import time

import duckdb

start, stop = int(sys.argv[1]), int(sys.argv[2])
connection = duckdb.connect()
begin = time.perf_counter()
answer = connection.execute(f"SELECT sum(i * i) FROM range({start}, {stop}) numbers(i)").fetchall()[0][0]
seconds = time.perf_counter() - begin
print(f"sumsq\t{answer}\nseconds\t{seconds}")
