"""The zone that the name of a file or folder, or a line of text, holds among other words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from lusscore.cohort.importers.reading.zone_words import find_zone
from lusscore.cohort.protocols import Protocol
from lusscore.scoring.zones_from.dates import without_dates
from lusscore.scoring.zones_from.zone_parts import contradicts, zone_part

MOST_WORDS = 6
"""Words of the longest spelling of a zone: ``posterior lower lung zone, right lung``."""

_PART = re.compile(r"[^\W_]+")
# L1, l-1 and L_1, but not what begins a longer word or number: L1a, XL1, L12, L-1st
_NUMBERED = re.compile(r"(?<![^\W_])([LR])[ _.-]?(\d)(?![^\W_])", re.IGNORECASE)
_WITH_REPEAT = re.compile(r"([^\W\d_]{2,})\d{1,2}")
_CODE = re.compile(r"(?:[RL][ALP][SIMU]|[rl][alp][simu])(?=\d{0,2}$)")
# What may stand beside a zone of three letters, which could otherwise be a person's name.
_BESIDE = """
    patient pat pt p case subject subj exam ex study series visit clip video vid cine loop image img
    im frame frames lus us lung zone scan v
"""
_BESIDE_A_CODE = frozenset(_BESIDE.split())
_LONGEST = 400


@dataclass(frozen=True)
class NameReading:
    """What a name says of a zone.

    Attributes
    ----------
    zone
        The protocol's name of it; None where the name tells none, or is unclear.
    unclear
        Whether it names more than one zone, or one zone and the other side.
    number
        The highest number that stands beside an L or R, as 2 in ``L2``; 0 where none does.
    """

    zone: str | None = None
    unclear: bool = False
    number: int = 0


def zone_in_name(text: str, protocol: Protocol) -> str | None:
    """Find the one zone of `protocol` that a name holds among other words and numbers.

    Parameters
    ----------
    text
        Of a file without its suffix, a folder, or a line of text.
    protocol
        Whose zones are looked for, in all spellings of
        :func:`~lusscore.cohort.importers.reading.zone_words.find_zone`, and as three letters for
        side, aspect and level (``RAS``) where no other word stands beside them.

    Returns
    -------
    str or None
        None where it holds no zone, two, or a zone and the other side.
    """
    return read_name(text, protocol).zone


@lru_cache(maxsize=4096)
def read_name(text: str, protocol: Protocol) -> NameReading:
    """Tell what a name says of a zone; words that lie in different lines of it may form one."""
    # no name of a file is longer, and a text in a header has no end
    text = without_dates(text[:_LONGEST])
    numbers = [int(match[2]) for match in _NUMBERED.finditer(text)]
    parts = _PART.findall(_NUMBERED.sub(r"\1\2", text))
    found: dict[str, set[int]] = {}
    for first, last, zone in (*_spelled(parts, protocol), *_coded(parts, protocol)):
        found.setdefault(zone, set()).update(range(first, last))
    number = max(numbers, default=0)
    if not found:
        return NameReading(number=number)
    if len(found) > 1:
        return NameReading(unclear=True, number=number)
    ((zone, places),) = found.items()
    others = [part for place, part in enumerate(parts) if place not in places]
    if any(contradicts(_bare(part), zone, protocol) for part in others):
        return NameReading(unclear=True, number=number)
    return NameReading(zone, number=number)


def sides_in(text: str) -> frozenset[str]:
    """Return the sides that a text names: ``"left"``, ``"right"``, both or none."""
    read = (zone_part(part.lower()) for part in _PART.findall(text[:_LONGEST]))
    return frozenset(part for part in read if part in ("left", "right"))


def _spelled(parts: list[str], protocol: Protocol) -> Iterator[tuple[int, int, str]]:
    """Yield (first, after the last, zone) of the words that spell a zone."""
    for first in range(len(parts)):
        for last in range(first + 1, min(first + MOST_WORDS, len(parts)) + 1):
            window = parts[first:last]
            if window[-1].isdecimal() or not window[-1].isascii():
                break
            if not _is_spelling(window):
                continue
            zone = find_zone(" ".join(map(_bare, window)), protocol)
            if zone is not None:
                yield first, last, zone


def _is_spelling(window: list[str]) -> bool:
    """Tell words from initials, and ``L2`` from ``left 2``, which may be a second clip."""
    if _NUMBERED.fullmatch(window[0]) and len(window) == 1:
        return True
    return any(len(_bare(part)) > 1 and _bare(part).isalpha() for part in window)


def _coded(parts: list[str], protocol: Protocol) -> Iterator[tuple[int, int, str]]:
    """Yield the same of a zone in three letters, together or each by itself."""
    for first in range(len(parts)):
        for last in (first + 1, first + 3):
            letters = parts[first:last]
            if last - first == 3 and any(len(letter) > 1 for letter in letters):
                continue
            written = letters[0] if len(letters) == 1 else "".join(letters).lower()
            match = _CODE.match(written)
            zone = find_zone(" ".join(match[0]), protocol) if match is not None else None
            if zone is not None and all(map(_tells_nothing, parts[:first] + parts[last:])):
                yield first, last, zone


def _tells_nothing(part: str) -> bool:
    """Tell whether a word may stand beside three letters: a usual one, a number, more letters."""
    usual = part.lower() in _BESIDE_A_CODE
    return usual or any(map(str.isdecimal, part)) or _CODE.match(part) is not None


def _bare(part: str) -> str:
    """Return a word without the number of a repeat behind it: ``sup2`` is ``sup``."""
    match = _WITH_REPEAT.fullmatch(part)
    return part if match is None else match[1]
