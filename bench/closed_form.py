"""The exact answers every row is checked against, in Python's unbounded integers."""


def sum_of_squares(start, stop, step=1):
    """The sum of i*i for i in range(start, stop, step)."""
    count = max(0, -((start - stop) // step))
    # i = start + k * step for k below count: the sums of 1, k and k*k in closed form.
    sum_of_k = count * (count - 1) // 2
    sum_of_k_squared = count * (count - 1) * (2 * count - 1) // 6
    return start * start * count + 2 * start * step * sum_of_k + step * step * sum_of_k_squared


def count_of(start, stop, step=1):
    return len(range(start, stop, step))
