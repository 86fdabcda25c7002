"""The global score and the zones it is the sum of."""

from __future__ import annotations

from dataclasses import dataclass

from lusscore.cohort import get_protocol
from lusscore.models import Bundle
from lusscore.report.chest_map import Place, lay_out
from lusscore.report.exam.performance import model_performance
from lusscore.scoring import ScoredExam, ScoredZone
from lusscore.wording import plural

_ASPECTS = {"ant": "anterior", "lat": "lateral", "post": "posterior"}


@dataclass(frozen=True)
class ZoneRow:
    """A zone of the protocol.

    Attributes
    ----------
    place
        On the chest map.
    scored
        None if the zone has no score.
    aria
        The zone and its score in words.
    """

    place: Place
    scored: ScoredZone | None
    aria: str


@dataclass(frozen=True)
class Result:
    """What the first part of the page shows.

    Attributes
    ----------
    zones
        All of the protocol, in its order.
    columns
        Of the chest map, the one that parts the sides among them.
    heads
        (column, word) for the map's columns that are of one aspect; empty where none is.
    mean
        Score per scored zone; None without any.
    missing
        Names of the zones without a score.
    to_review
        How many zones are marked for review.
    clips, clips_to_review
        Scored clips, and how many of them are marked.
    bounds
        What the global score could be, as a sentence.
    worth
        How well the scorer did on held-out patients, as sentences; empty if its card says nothing.
    """

    zones: tuple[ZoneRow, ...]
    columns: int
    heads: tuple[tuple[int, str], ...]
    mean: float | None
    missing: tuple[str, ...]
    to_review: int
    clips: int
    clips_to_review: int
    bounds: str
    worth: str


def result(exam: ScoredExam, bundle: Bundle) -> Result:
    """Lay out the zones of an exam and what they add up to."""
    places = lay_out(get_protocol(exam.protocol))
    scored = {zone.zone: zone for zone in exam.zones}
    readings = [clip.prediction for clip in exam.clips if clip.prediction is not None]
    zones = tuple(ZoneRow(place, scored.get(place.zone), _aria(place, scored)) for place in places)
    return Result(
        zones,
        max(place.column for place in places),
        _heads(places),
        exam.total / len(exam.zones) if exam.zones else None,
        tuple(row.place.zone for row in zones if row.scored is None),
        sum(1 for zone in exam.zones if zone.review),
        len(readings),
        sum(1 for reading in readings if reading.review),
        _bounds(exam),
        model_performance(bundle.card),
    )


def _aria(place: Place, scored: dict[str, ScoredZone]) -> str:
    if place.zone not in scored:
        return f"{place.label}: no score"
    zone = scored[place.zone]
    return f"{place.label}: score {zone.score}{', to be reviewed' if zone.review else ''}"


def _heads(places: tuple[Place, ...]) -> tuple[tuple[int, str], ...]:
    found = {
        place.column: _ASPECTS[parts[1]]
        for place in places
        if len(parts := place.zone.split("-")) == 3
    }
    return tuple(sorted(found.items()))


def _bounds(exam: ScoredExam) -> str:
    missing = exam.zones_of_protocol - len(exam.zones)
    if not exam.zones:
        return "No zone has a score, so there is no global score."
    if not missing:
        return f"All {exam.zones_of_protocol} zones of the protocol were scored."
    return (
        f"{plural(missing, 'zone')} of the protocol {'has' if missing == 1 else 'have'} no score: "
        f"with all zones the global score would lie between {exam.lowest} and {exam.highest}. "
        "Nothing was filled in."
    )
