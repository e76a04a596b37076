"""NumPy as most people write it: int64 throughout, which wraps without a word.

numpy_dot.py START STOP
"""

import sys
import time

import numpy as np

start, stop = int(sys.argv[1]), int(sys.argv[2])
begin = time.perf_counter()
values = np.arange(start, stop, dtype=np.int64)
answer = int(np.dot(values, values))
seconds = time.perf_counter() - begin
print(f"sumsq\t{answer}\nseconds\t{seconds}")
