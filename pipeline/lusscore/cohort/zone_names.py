"""How people write a zone: a text that is one, or a name that holds one among other words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from lusscore.cohort.protocols import Protocol, get_protocol, protocol_names

_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_WORDS = {
    "right": ("right", "r", "rt"),
    "left": ("left", "lt"),
    "anterior": ("anterior", "ant", "a"),
    "lateral": ("lateral", "lat"),
    "posterior": ("posterior", "post", "p"),
    "superior": ("superior", "sup", "s", "upper", "up", "u"),
    "middle": ("middle", "mid", "m"),
    "inferior": ("inferior", "inf", "i", "lower", "low"),
}
_MEANING = {word: meaning for meaning, words in _WORDS.items() for word in words}
_SIDES = ("left", "right")
_FILLERS = frozenset(("zone", "lung", "field", "region", "point"))

_MOST_WORDS = 6
"""Words of the longest spelling of a zone: ``posterior lower lung zone, right lung``."""
# no name of a file is longer, and a text in a header has no end
_LONGEST = 400
_NAME_PART = re.compile(r"[^\W_]+")
# L1, l-1 and L_1, but not what begins a longer word or number: L1a, XL1, L12, L-1st
_NUMBERED = re.compile(r"(?<![^\W_])([LR])[ _.-]?(\d)(?![^\W_])", re.IGNORECASE)
# a probe by its frequencies (L3-12A, C5-1s), a frequency, a version: L3 of none of these is a zone
_DEVICE = re.compile(
    r"""
    (?<![^\W_])(?:
        [A-QS-Z][A-Z]?\d{1,2}-(?:[4-9]|[12]\d)[A-Z]{0,3}
      | [A-Z]?\d{1,2}(?:[.,-]\d{1,2})?[ _]?mhz
      | [A-Z]\d{1,2}(?:\.\d{1,3})+
    )(?![^\W_])
    """,
    re.VERBOSE | re.IGNORECASE,
)
_WITH_REPEAT = re.compile(r"([^\W\d_]{2,})\d{1,2}")
_CODE = re.compile(r"(?:[RL][ALP][SIMU]|[rl][alp][simu])(?=\d{0,2}$)")
# what may stand beside a zone of three letters, which could otherwise be a person's name
_BESIDE = """
    patient pat pt p case subject subj exam ex study series visit clip video vid cine loop image img
    im frame frames lus us lung zone scan v
"""
_BESIDE_A_CODE = frozenset(_BESIDE.split())
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
_SEPARATOR = "[-_./: ]"
_DATE = re.compile(
    rf"""
    (?<![^\W_])(?:
        (?:19|20)\d\d(?P<a>{_SEPARATOR})\d{{1,2}}(?P=a)\d{{1,2}}   # 2026-01-31
      | \d{{1,2}}(?P<b>{_SEPARATOR})\d{{1,2}}(?P=b)(?:\d\d){{1,2}} # 31.01.2026, 10-15-00
      | \d{{1,2}}{_SEPARATOR}?{_MONTH}                             # 31 Jan
      | {_MONTH}{_SEPARATOR}\d{{1,2}}                              # Jan 31
    )(?![^\W_])
    """,
    re.VERBOSE | re.IGNORECASE,
)


def find_zone(text: str, protocol: Protocol) -> str | None:
    """Find the zone of `protocol` that `text` names.

    Understood are the protocol's own names in any case (``l-ant-sup``, ``r2``) and its words in
    any order, whole or shortened (``left anterior superior``, ``Ant. sup. left``, ``L ant upper``,
    ``right lower BLUE point``, ``PLAPS left``). None where `text` names none, or may name several.
    """
    for name in protocol.zone_names:
        if name.lower() == text.strip().lower():
            return name
    return _spellings(protocol).get(_meaning(text))


def choose_protocol(zones: Iterable[str]) -> Protocol:
    """Choose the first protocol, in the order of their list, that knows all `zones`.

    Where none does, it is the first, whose zones are then asked for.
    """
    written = set(zones)
    protocols = [get_protocol(name) for name in protocol_names()]
    for protocol in protocols:
        if all(find_zone(zone, protocol) for zone in written):
            return protocol
    return protocols[0]


@lru_cache
def _spellings(protocol: Protocol) -> dict[tuple[str, ...], str]:
    """Map the meanings of each zone's name and label to its name."""
    spellings = {
        _meaning(text): zone.name
        for zone in protocol.zones
        for text in (zone.name, zone.label, f"{zone.side} {zone.name[1:]}")
    }
    spellings.pop((), None)
    return spellings


def _meaning(text: str) -> tuple[str, ...]:
    """Return what the words of a zone mean, in alphabetical order."""
    words = [word.lower() for word in _TOKEN.findall(text)]
    sided = any(_MEANING.get(word) in _SIDES for word in words)
    meaning = []
    for word in words:
        if word == "l":
            # alone it is the side; beside one it is short for lateral
            meaning.append("lateral" if sided else "left")
            sided = True
        elif word not in _FILLERS:
            meaning.append(_MEANING.get(word, word))
    return tuple(sorted(meaning))


@dataclass(frozen=True)
class NameReading:
    """What a name says of a zone."""

    zone: str | None = None  # the protocol's name of it; None where there is none, or it is unclear
    unclear: bool = False  # more than one zone is named, or one zone and the other side
    number: int = 0  # the highest one beside an L or R, as 2 in L2; 0 where there is none


def zone_in_name(text: str, protocol: Protocol) -> str | None:
    """Find the one zone of `protocol` that a name holds among other words and numbers.

    `text` is that of a file without its suffix, a folder, or a line. Zones are read in all
    spellings of :func:`find_zone`, and as three letters for side, aspect and level (``RAS``) where
    no other word stands beside them. None where there is no zone, two, or a zone and the other
    side.
    """
    return read_name(text, protocol).zone


@lru_cache(maxsize=4096)
def read_name(text: str, protocol: Protocol) -> NameReading:
    """Read what a name says of a zone; words in different lines of it may form one."""
    # a date or time is the number 0; six or more digits together are never read as a zone
    text = _DEVICE.sub(" ", _DATE.sub(" 00 ", text[:_LONGEST]))
    number = max((int(match[2]) for match in _NUMBERED.finditer(text)), default=0)
    parts = _NAME_PART.findall(_NUMBERED.sub(r"\1\2", text))
    found: dict[str, set[int]] = {}
    for first, last, zone in (*_spelled(parts, protocol), *_coded(parts, protocol)):
        found.setdefault(zone, set()).update(range(first, last))
    if not found:
        return NameReading(number=number)
    zone, places = next(iter(found.items()))
    others = [part for place, part in enumerate(parts) if place not in places]
    if len(found) > 1 or any(_contradicts(_bare(part), zone, protocol) for part in others):
        return NameReading(unclear=True, number=number)
    return NameReading(zone, number=number)


def sides_in(text: str) -> frozenset[str]:
    """Return the sides that a text names: ``"left"``, ``"right"``, both or none."""
    read = (_zone_part(part) for part in _NAME_PART.findall(text[:_LONGEST]))
    return frozenset(part for part in read if part in _SIDES)


def _spelled(parts: list[str], protocol: Protocol) -> Iterator[tuple[int, int, str]]:
    """Yield (first, after the last, zone) of the words that spell a zone."""
    for first in range(len(parts)):
        for last in range(first + 1, min(first + _MOST_WORDS, len(parts)) + 1):
            window = parts[first:last]
            if window[-1].isdecimal() or not window[-1].isascii():
                break
            if _is_spelling(window):
                zone = find_zone(" ".join(map(_bare, window)), protocol)
                if zone is not None:
                    yield first, last, zone


def _is_spelling(window: list[str]) -> bool:
    """Tell words from initials, and ``L2`` from ``left 2``, which may be a second clip."""
    if len(window) == 1 and _NUMBERED.fullmatch(window[0]):
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
            if zone is not None and all(map(_says_nothing, parts[:first] + parts[last:])):
                yield first, last, zone


def _says_nothing(part: str) -> bool:
    """Tell whether a word may stand beside three letters: a usual one, a number, more letters."""
    usual = part.lower() in _BESIDE_A_CODE
    return usual or any(map(str.isdecimal, part)) or _CODE.match(part) is not None


def _bare(part: str) -> str:
    """Return a word without the number of a repeat behind it: ``sup2`` is ``sup``."""
    match = _WITH_REPEAT.fullmatch(part)
    return part if match is None else match[1]


def _zone_part(word: str) -> str:
    """Return the side, aspect or level in full that a word means, else nothing."""
    return "left" if word.lower() == "l" else _MEANING.get(word.lower(), "")


def _contradicts(word: str, zone: str, protocol: Protocol) -> bool:
    """Tell whether a word beside a zone names another part: the other side, or a second level.

    One letter other than that of a side says nothing, and of a zone without an aspect and a level
    only the side can be contradicted.
    """
    part = _zone_part(word)
    label = next(one.label for one in protocol.zones if one.name == zone).split()
    if not part or part in label:
        return False
    in_a_grid = zone in get_protocol("lus-14").zone_names
    return part in _SIDES or (in_a_grid and len(word) > 1)
