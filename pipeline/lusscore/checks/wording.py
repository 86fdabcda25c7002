"""Numbers in sentences."""

from __future__ import annotations

from collections.abc import Sequence


def number_of(count: int, noun: str, plural: str = "") -> str:
    """Return e.g. ``"1 clip"`` or ``"3 clips"``."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def are(count: int) -> str:
    """Return the verb that follows a number of things."""
    return "is" if count == 1 else "are"


def have(count: int) -> str:
    """Return the verb that follows a number of things."""
    return "has" if count == 1 else "have"


def shared_amount(stretches: int, frames: int | None) -> str:
    """Return what an agreement rests on: frames, or stretches where frames are not known."""
    if frames is None:
        return number_of(stretches, "stretch", "stretches")
    return number_of(frames, "frame")


def percent(share: float) -> str:
    """Return a share from 0 to 1 as whole percent."""
    return f"{100 * share:.0f} %"


def listed(words: Sequence[str]) -> str:
    """Join words by commas and a last 'and'."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
