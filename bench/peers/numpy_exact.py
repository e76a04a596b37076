"""NumPy made exact for elements below 2^32: the 32-bit halves of each square are summed apart, block by block.

numpy_exact.py START STOP
"""

import sys
import time

import numpy as np

BLOCK = 1 << 16  # three arrays of this many words stay in the cache of one core
LOW_HALF = np.uint64(0xFFFFFFFF)

start, stop = int(sys.argv[1]), int(sys.argv[2])
if not 0 <= start <= stop <= 1 << 32:
    sys.exit("numpy_exact.py: only elements from 0 to 2^32-1, whose squares fit 64 bits")
begin = time.perf_counter()
low = high = 0
for block_start in range(start, stop, BLOCK):
    values = np.arange(block_start, min(block_start + BLOCK, stop), dtype=np.uint64)
    squares = values * values
    low += int((squares & LOW_HALF).sum())
    high += int((squares >> np.uint64(32)).sum())
answer = (high << 32) + low
seconds = time.perf_counter() - begin
print(f"sumsq\t{answer}\nseconds\t{seconds}")
