"""Numbers as the cells of a table show them."""


def seconds_text(seconds):
    for unit, scale in (("s", 1), ("ms", 1e3), ("us", 1e6)):
        if seconds * scale >= 0.9995:  # which three digits show as 1
            return f"{seconds * scale:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def rate_text(per_second):
    return f"{per_second / 1e9:.3g} G/s"


def times_text(ratio):
    return "-" if ratio is None else f"{ratio:.3g}"


def share_text(share):
    return "-" if share is None else f"{share:.2f}"


def runs_on(engine):
    """The instruction set or the device that ran."""
    names = [device["name"] for device in engine.get("devices") or []]
    return ", ".join(names) or engine.get("isa") or "-"
