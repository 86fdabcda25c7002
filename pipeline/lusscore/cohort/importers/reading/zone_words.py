"""How people write a zone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lusscore.cohort.protocols import Protocol, get_protocol, protocol_names

_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_WORDS = {
    "right": ("right", "r", "rt"),
    "left": ("left", "lt"),
    "anterior": ("anterior", "ant", "a"),
    "lateral": ("lateral", "lat"),
    "posterior": ("posterior", "post", "p"),
    "upper": ("superior", "sup", "s", "upper", "up", "u"),
    "middle": ("middle", "mid", "m"),
    "lower": ("inferior", "inf", "i", "lower", "low"),
}
_MEANING = {word: meaning for meaning, words in _WORDS.items() for word in words}
_FILLERS = frozenset(("zone", "lung", "field", "region", "point"))


def find_zone(text: str, protocol: Protocol) -> str | None:
    """Find the zone of `protocol` that `text` names.

    Understood are the protocol's own names in any case (``l-ant-sup``, ``r2``) and its words in
    any order, whole or shortened (``left anterior superior``, ``Ant. sup. left``, ``L ant upper``,
    ``right lower BLUE point``, ``PLAPS left``).

    Returns
    -------
    str or None
        The protocol's name of the zone; None where `text` names none, or may name several.
    """
    for name in protocol.zone_names:
        if name.lower() == text.strip().lower():
            return name
    return _readings(protocol).get(_meaning(text))


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


def _readings(protocol: Protocol) -> dict[tuple[str, ...], str]:
    """Map the meanings of each zone's name and label to its name."""
    readings = {}
    for zone in protocol.zones:
        for text in (zone.name, zone.label, f"{zone.side} {zone.name[1:]}"):
            readings[_meaning(text)] = zone.name
    readings.pop((), None)
    return readings


def _meaning(text: str) -> tuple[str, ...]:
    """Return what the words of a zone mean, in alphabetical order."""
    words = [word.lower() for word in _TOKEN.findall(text)]
    sides = {"right", "r", "rt", "left", "lt"}
    meaning = []
    sided = bool(sides & set(words))
    for word in words:
        if word == "l":
            # alone it is the side; beside one it is short for lateral
            meaning.append("lateral" if sided else "left")
            sided = True
        elif word not in _FILLERS:
            meaning.append(_MEANING.get(word, word))
    return tuple(sorted(meaning))
