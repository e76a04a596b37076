"""Polars, streamed (its fastest way): int64 throughout, which wraps without a word.

polars_range.py START STOP
"""

import sys
import time

import polars as pl

start, stop = int(sys.argv[1]), int(sys.argv[2])
begin = time.perf_counter()
numbers = pl.LazyFrame().select(i=pl.int_range(start, stop))
answer = numbers.select((pl.col("i") * pl.col("i")).sum()).collect(engine="streaming").item()
seconds = time.perf_counter() - begin
print(f"sumsq\t{answer}\nseconds\t{seconds}")
