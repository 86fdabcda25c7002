"""Where the zones of a protocol lie on the drawing of a chest."""

from __future__ import annotations

from typing import Any

from lusscore.cohort import Protocol, get_protocol
from lusscore.report import lay_out

WIDTH, HEIGHT = 200.0, 120.0
"""Of the drawing; the patient's right is on the left, as on a radiograph."""

_MIDDLE = 6.0
_EDGE = 4.0
_GAP = 3.0
_BLUE = {"1": (8.0, 8.0, 38.0, 30.0), "2": (20.0, 44.0, 42.0, 30.0), "3": (46.0, 80.0, 46.0, 32.0)}
"""BLUE points: from the midline outwards, from the top, width and height. The upper one lies near
the breastbone, the lower one beside the nipple, the PLAPS point behind, as far down as lung is."""


def chest_layout(protocol: str) -> list[dict[str, Any]]:
    """Return a box for each zone of a protocol, in its order.

    Returns
    -------
    list of dict
        ``zone``, ``label``, ``side`` (of the patient), and ``x, y, width, height`` in a drawing of
        200 × 120.

    Raises
    ------
    CohortError
        If no protocol has that name.
    """
    known = get_protocol(protocol)
    boxes = _points(known) if known.name == "blue-6" else _grid(known)
    return [
        {
            "zone": zone.name,
            "label": zone.label,
            "side": zone.side,
            **dict(zip(("x", "y", "width", "height"), box, strict=True)),
        }
        for zone, box in zip(known.zones, boxes, strict=True)
    ]


def _points(protocol: Protocol) -> list[tuple[float, ...]]:
    boxes: list[tuple[float, ...]] = []
    for zone in protocol.zones:
        outwards, top, width, height = _BLUE[zone.name[1:]]
        left = WIDTH / 2 + outwards if zone.side == "left" else WIDTH / 2 - outwards - width
        boxes.append((left, top, width, height))
    return boxes


def _grid(protocol: Protocol) -> list[tuple[float, ...]]:
    """Lay a column for each aspect, anterior at the midline, and a row for each level."""
    places = lay_out(protocol)
    columns, rows = max(place.column for place in places), max(place.row for place in places)
    per_side = columns // 2
    wide = (WIDTH / 2 - _MIDDLE - _EDGE) / per_side
    high = (HEIGHT - 2 * _EDGE) / rows
    boxes: list[tuple[float, ...]] = []
    for place in places:
        on_left = place.column > per_side
        start = WIDTH / 2 + _MIDDLE if on_left else _EDGE
        column = place.column - per_side - 2 if on_left else place.column - 1
        boxes.append(
            tuple(
                round(number, 2)
                for number in (
                    start + column * wide + _GAP / 2,
                    _EDGE + (place.row - 1) * high + _GAP / 2,
                    wide - _GAP,
                    high - _GAP,
                )
            )
        )
    return boxes
