"""The program of a tutorial on multiprocessing: a Python loop over the whole range, or over four chunks in a pool.

pool.py loop|pool START STOP
"""

import sys
import time
from multiprocessing import Pool

CHUNKS = 4


def sum_of_squares(start, stop):
    total = 0
    for i in range(start, stop):
        total += i * i
    return total


def in_a_pool(start, stop):
    inner = [stop * k // CHUNKS for k in range(1, CHUNKS)]
    bounds = [start, *inner, stop]
    with Pool(CHUNKS) as pool:
        return sum(pool.starmap(sum_of_squares, zip(bounds, bounds[1:])))


if __name__ == "__main__":
    compute = {"loop": sum_of_squares, "pool": in_a_pool}[sys.argv[1]]
    start, stop = int(sys.argv[2]), int(sys.argv[3])
    begin = time.perf_counter()
    answer = compute(start, stop)
    seconds = time.perf_counter() - begin
    print(f"sumsq\t{answer}\nseconds\t{seconds}")
