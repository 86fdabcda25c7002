"""Which words say only a part of a zone: the side, the aspect or the level."""

from __future__ import annotations

from functools import lru_cache

from lusscore.cohort.importers.reading.zone_words import find_zone
from lusscore.cohort.protocols import Protocol, Zone, get_protocol

_SIDES = ("left", "right")
# Each word is tried where a spelling of a zone of the finest grid lacks just that part, so that
# the words are those that are understood elsewhere.
_GRID = get_protocol("lus-14")


@lru_cache(maxsize=4096)
def zone_part(word: str) -> str:
    """Return the part of a zone that a word in lower case means, else nothing.

    Returns
    -------
    str
        A side, an aspect or a level in full, as ``"left"``, ``"anterior"``, ``"superior"``.
    """
    if not word.isalpha():
        return ""
    for spelling, place in ((f"{word} posterior superior", 0), (f"right posterior {word}", 2)):
        zone = find_zone(spelling, _GRID)
        if zone is not None:
            return _words(zone, _GRID)[place]
    zone = find_zone(f"right {word} superior", _GRID)
    return "" if zone is None else _words(zone, _GRID)[1]


def contradicts(word: str, zone: str, protocol: Protocol) -> bool:
    """Tell whether a word beside a zone names another part: the other side, or a second level.

    One letter other than that of a side says nothing, and of a zone without an aspect and a level
    only the side can be contradicted.
    """
    part = zone_part(word.lower())
    if not part or (len(word) == 1 and part not in _SIDES):
        return False
    words = _words(zone, protocol)
    is_of_a_grid = zone in _GRID.zone_names
    return part not in words and (part in _SIDES or is_of_a_grid)


def _words(name: str, protocol: Protocol) -> tuple[str, ...]:
    zone: Zone = next(zone for zone in protocol.zones if zone.name == name)
    return tuple(zone.label.split())
