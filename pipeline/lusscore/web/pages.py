"""The pages' HTML, filled from templates, and the drawing of the chest on them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from lusscore import Model
from lusscore.cohort import Protocol, get_protocol
from lusscore.report import lay_out
from lusscore.web.settings import Limits
from lusscore.web.views import fields

WIDTH, HEIGHT = 200.0, 120.0
"""Of the chest map; the patient's right is on the left, as on a radiograph."""

_FACTS = ("id", "name", "created", "digest", "protocol", "rubric", "synthetic", "card")
_MIDDLE = 6.0
_EDGE = 4.0
_GAP = 3.0
_BLUE = {"1": (8.0, 8.0, 38.0, 30.0), "2": (20.0, 44.0, 42.0, 30.0), "3": (46.0, 80.0, 46.0, 32.0)}
"""BLUE points: from the midline outwards, from the top, width and height. The upper one lies near
the breastbone, the lower one beside the nipple, the PLAPS point behind, as far down as lung is."""


class Pages:
    """Fills templates with what is known of `model`; all text is escaped.

    `post_token` is for the page's scripts to send back; they refuse early what `limits` would
    have the server refuse late.
    """

    def __init__(self, model: Model, post_token: str, limits: Limits) -> None:
        self._environment = Environment(
            loader=PackageLoader("lusscore.web", "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        bundle, protocol = model.bundle, model.bundle.zones()
        self._shared: dict[str, Any] = {
            "model": bundle,
            "protocol": protocol,
            "post_token": post_token,
            "page_data": {
                "limits": asdict(limits),
                "chest": chest_layout(bundle.protocol),
                "model": fields(bundle, *_FACTS)
                | {"whole_clips": bundle.scores_whole_clips, "verdict": model.verdict},
                "protocol": {
                    "name": protocol.name,
                    "maximum": protocol.maximum,
                    "zones": [asdict(zone) for zone in protocol.zones],
                },
            },
        }

    def render(self, page: str) -> HTMLResponse:
        """Fill ``<page>.html.j2``, which knows its own name as ``page``."""
        template = self._environment.get_template(f"{page}.html.j2")
        return HTMLResponse(template.render(self._shared | {"page": page}))


def chest_layout(protocol: str) -> list[dict[str, Any]]:
    """Return a box for each zone of a protocol, in its order.

    Each has ``zone``, ``label``, ``side`` (of the patient), and ``x, y, width, height`` in a
    drawing of 200 × 120.
    """
    known = get_protocol(protocol)
    boxes = _points(known) if known.name == "blue-6" else _grid(known)
    return [
        {"zone": zone.name, "label": zone.label, "side": zone.side}
        | dict(zip(("x", "y", "width", "height"), box, strict=True))
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
    per_side = max(place.column for place in places) // 2
    wide = (WIDTH / 2 - _MIDDLE - _EDGE) / per_side
    high = (HEIGHT - 2 * _EDGE) / max(place.row for place in places)
    boxes: list[tuple[float, ...]] = []
    for place in places:
        on_left = place.column > per_side
        start = WIDTH / 2 + _MIDDLE if on_left else _EDGE
        column = place.column - per_side - 2 if on_left else place.column - 1
        left, top = start + column * wide + _GAP / 2, _EDGE + (place.row - 1) * high + _GAP / 2
        boxes.append(tuple(round(each, 2) for each in (left, top, wide - _GAP, high - _GAP)))
    return boxes
