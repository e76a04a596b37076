"""The words of a promise's row: what was promised, what was measured, whether it holds."""

from dataclasses import dataclass

HOLDS = "holds"
MISSED = "MISSED"
NOT_HERE = "not measurable here"
NOT_MEASURED = "not measured"


@dataclass(frozen=True)
class Verdict:
    what: str
    threshold: str
    measured: str
    verdict: str
    note: str = ""


def verdict_of(what, threshold, value, holds, note="", lacks=None, beside=""):
    """`value` is the text of what was measured, None where nothing was; `note` says why not, `beside` what else was measured; `lacks`
    is what this machine has not."""
    if lacks:
        return Verdict(what, threshold, value or "-", NOT_HERE, lacks)
    if value is None:
        return Verdict(what, threshold, "-", NOT_MEASURED, note)
    return Verdict(what, threshold, value, HOLDS if holds else MISSED, beside)


def at_least(what, threshold, value, note="", lacks=None, unit="times", beside=""):
    """A ratio, or a rate, that must reach a number."""
    text = None if value is None else f"{value:.3g} {unit}"
    holds = value is not None and value >= threshold
    return verdict_of(what, f"at least {threshold:g} {unit}", text, holds, note, lacks, beside)


def at_most(what, threshold, value, unit="times", note="", lacks=None):
    text = None if value is None else f"{value:.3g} {unit}"
    holds = value is not None and value <= threshold
    return verdict_of(what, f"at most {threshold:g} {unit}", text, holds, note, lacks)


def below(what, limit, value, unit, note=""):
    text = None if value is None else f"{value:.3g} {unit}"
    return verdict_of(what, f"under {limit:g} {unit}", text, value is not None and value < limit, note)
