"""Zones laid out as on the chest, as a radiograph is read: the patient's right is on the left."""

from __future__ import annotations

from dataclasses import dataclass

from lusscore.cohort import Protocol, Zone

_LEVELS = {"sup": 0, "mid": 1, "inf": 2}
_ASPECTS = {"ant": 0, "lat": 1, "post": 2}


@dataclass(frozen=True)
class Place:
    """Where one zone is drawn.

    Attributes
    ----------
    zone
        The zone's name.
    label
        The zone in full words.
    row, column
        From 1, as CSS grids count.
    """

    zone: str
    label: str
    row: int
    column: int


def lay_out(protocol: Protocol) -> tuple[Place, ...]:
    """Place every zone of `protocol`, in protocol order.

    Zones named by aspect and level (``R-lat-inf``) stand in a column per aspect, anterior towards
    the midline, and a row per level. Other zones stand below each other on their side. One empty
    column parts the sides.
    """
    places = {zone.name: _place(zone, protocol) for zone in protocol.zones}
    half = 1 + max(column for _, column in places.values())
    rows = {
        row: number for number, row in enumerate(sorted({row for row, _ in places.values()}), 1)
    }
    return tuple(
        Place(
            zone.name,
            zone.label,
            rows[places[zone.name][0]],
            half - places[zone.name][1]
            if zone.side == "right"
            else half + 2 + places[zone.name][1],
        )
        for zone in protocol.zones
    )


def _place(zone: Zone, protocol: Protocol) -> tuple[int, int]:
    """Row from the top and column from the midline, both from 0."""
    parts = zone.name.split("-")
    if len(parts) == 3 and parts[1] in _ASPECTS and parts[2] in _LEVELS:
        return _LEVELS[parts[2]], _ASPECTS[parts[1]]
    same_side = [other.name for other in protocol.zones if other.side == zone.side]
    return same_side.index(zone.name), 0
