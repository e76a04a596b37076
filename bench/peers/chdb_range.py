"""chDB (ClickHouse in the process): sum(number * number) as first written wraps at 2^64; widened, it is exact
while the squares themselves stay below 2^64.

chdb_range.py plain|widened START STOP
"""

import sys
import time

import chdb

term = {"plain": "number * number", "widened": "toUInt128(number * number)"}[sys.argv[1]]
start, stop = int(sys.argv[2]), int(sys.argv[3])
if sys.argv[1] == "widened" and stop > 1 << 32:
    sys.exit("chdb_range.py: only elements below 2^32, whose squares fit 64 bits")
begin = time.perf_counter()
answer = str(chdb.query(f"SELECT sum({term}) FROM numbers_mt({start}, {stop - start})", "CSV")).strip()
seconds = time.perf_counter() - begin
print(f"sumsq\t{answer}\nseconds\t{seconds}")
