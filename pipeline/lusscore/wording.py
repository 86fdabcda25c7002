"""How numbers and lists read in sentences; None is "n/a" everywhere."""

from __future__ import annotations

from collections.abc import Sequence

UNDEFINED = "n/a"


def three(value: float | None) -> str:
    """Write three decimals, with a true minus sign: ``0.948``."""
    return UNDEFINED if value is None else f"{value:.3f}".replace("-", "−")


def decimals(value: float | None, places: int) -> str:
    """Write so many decimals, with a true minus sign: ``2.81``."""
    return UNDEFINED if value is None else f"{value:.{places}f}".replace("-", "−")


def percent(value: float | None, places: int = 1) -> str:
    """Write a share of 1 in per cent, kept on one line: ``94.8 %``."""
    return UNDEFINED if value is None else f"{100 * value:.{places}f}\u00a0%"


def points(value: float) -> str:
    """Write a difference of shares in percentage points, without sign: ``3.1``."""
    return f"{abs(100 * value):.1f}"


def signed(value: float | None, decimals: int = 3) -> str:
    """Write with sign, none on zero: ``+0.020``, ``−0.020``, ``0.000``."""
    if value is None:
        return UNDEFINED
    rounded = round(value, decimals)
    return f"{rounded:+.{decimals}f}".replace("-", "−") if rounded else f"{0:.{decimals}f}"


def span(interval: Sequence[float] | None, decimals: int = 3) -> str:
    """Write both ends of an interval for a sentence: ``0.812 to 0.852``."""
    return _ends(interval, decimals, " to ")


def bounds(interval: Sequence[float] | None, decimals: int = 3) -> str:
    """Write both ends of an interval for a table: ``[0.812, 0.852]``, empty without one."""
    return "" if interval is None else f"[{_ends(interval, decimals, ', ')}]"


def percent_span(interval: Sequence[float] | None) -> str:
    """Write both ends of an interval of shares in per cent: ``81.2 to 85.2 %``."""
    if interval is None:
        return UNDEFINED
    return f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}\u00a0%"


def p_value(value: float | None) -> str:
    """Write as precisely as matters, never 0: ``0.49``, ``0.031``, ``< 0.001``."""
    if value is None:
        return UNDEFINED
    return "< 0.001" if value < 0.001 else f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def count(value: float | None) -> str:
    """Write a whole number with thousands set apart: ``23,732``."""
    return UNDEFINED if value is None else f"{round(value):,}"


def duration(seconds: float | None) -> str:
    """Write seconds, or minutes and seconds from two minutes on."""
    if seconds is None:
        return UNDEFINED
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {seconds % 60:.0f} s"


def large(value: float | None) -> str:
    """Write parameters or FLOPs with a unit prefix: ``20.9 M``, ``16.8 G``."""
    if value is None:
        return UNDEFINED
    for size, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.1f} {prefix}"
    return f"{value:.0f}"


def plural(number: int, noun: str, nouns: str = "") -> str:
    """Write a count and its noun: ``1 exam``, ``49 exams``."""
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def are(count: int) -> str:
    """Return the verb that follows a number of things."""
    return "is" if count == 1 else "are"


def have(count: int) -> str:
    """Return the verb that follows a number of things."""
    return "has" if count == 1 else "have"


def some(names: Sequence[str], most: int = 5) -> str:
    """Join names by commas; of many, the first and how many more."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def listed(words: Sequence[str], joint: str = "and") -> str:
    """Join as in prose: ``a``, ``a and b``, ``a, b and c``."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"


def _ends(interval: Sequence[float] | None, decimals: int, between: str) -> str:
    if interval is None:
        return UNDEFINED
    return between.join(f"{end:.{decimals}f}".replace("-", "−") for end in interval)
