"""Was every element really multiplied? The one judgement that a fast wrong loop cannot talk its way out of."""

import math
from dataclasses import dataclass

# A rate may read up to this many times the limit before it is called folded. The two are measured at different
# moments of one run, and on a shared machine the clock and the neighbours move them apart by a fifth at most.
# The mildest fold there is, one multiplication for two elements at full speed, reads 2; the closed form, 100000.
TOLERANCE = 1.25

FOLDED = "FOLDED?"


@dataclass(frozen=True)
class Judgement:
    share_of_limit: float | None  # None: no limit was measured for this device
    folded: bool

    @property
    def text(self):
        if self.folded:
            return FOLDED
        return "no limit measured" if self.share_of_limit is None else "multiplied"


def judge_rate(elements_per_second, limit_elements_per_second, tolerance=TOLERANCE):
    """Compare a rate with the most multiplications a second that the same device did in the same run."""
    if limit_elements_per_second is None:
        return Judgement(None, False)
    if math.isnan(elements_per_second) or not limit_elements_per_second > 0:
        raise ValueError(f"no judgement of {elements_per_second} against {limit_elements_per_second}")
    share = elements_per_second / limit_elements_per_second
    return Judgement(share, share > tolerance)
