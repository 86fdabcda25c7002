"""The page of one scored exam: one file that needs nothing else, not even a network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lusscore import __version__
from lusscore.cohort import get_protocol
from lusscore.models import Bundle
from lusscore.report.clip_cards import RAMP, clip_card
from lusscore.report.exams import Place, lay_out
from lusscore.report.page import render_page
from lusscore.scoring import ScoredExam, ScoredZone
from lusscore.wording import have, plural

_ASPECTS = {"ant": "anterior", "lat": "lateral", "post": "posterior"}
_LOWEST_HEADING = 6
_MEASURES = ("accuracy", "accuracy of the most frequent score", "quadratic kappa")


def exam_page(
    exam: ScoredExam, bundle: Bundle, *, created: str | None = None, show_names: bool = False
) -> str:
    """Write an exam's report as HTML.

    All text is escaped, and folders of absolute paths are cut from it. A content security policy
    forbids the page every request and every script but its own. The same input gives the same
    text.

    Parameters
    ----------
    exam, bundle
        What was scored, and by what.
    created
        When, to stand at the top: ISO 8601, or any text.
    show_names
        Whether clips carry the names of their files, which may be those of people. Names of
        folders are never shown.

    Raises
    ------
    CohortError
        If the exam's or the bundle's protocol is not known.
    """
    return render_page(
        "exam.html.j2",
        styles=("report.css", "exam.css"),
        script="exam.js",
        exam=exam,
        bundle=bundle,
        created=_date(created),
        result=lay_out_result(exam, bundle),
        clips=[clip_card(clip, bundle, show_names) for clip in exam.clips],
        show_names=show_names,
        card=list(card_blocks(bundle.card)),
        version=__version__,
        ramp=RAMP,
    )


def _date(created: str | None) -> str:
    """Write ISO 8601 for people; other text as it is."""
    if created is None:
        return ""
    try:
        moment = datetime.fromisoformat(re.sub("Z$", "+00:00", created))
    except ValueError:
        return created
    if "T" not in created and " " not in created:
        return created
    zone = " UTC" if moment.utcoffset() == timedelta(0) else moment.strftime(" %z")
    return f"{moment:%Y-%m-%d %H:%M}{zone.rstrip()}"


@dataclass(frozen=True)
class ZoneRow:
    """A zone of the protocol: its place on the chest map, its score or None, and both in words."""

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
        Of the chest map, the one between the sides among them.
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
    performance
        That of the model on held-out patients, as sentences; empty if its card says nothing.
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
    performance: str


def lay_out_result(exam: ScoredExam, bundle: Bundle) -> Result:
    """Lay out the zones of an exam and what they add up to."""
    places = lay_out(get_protocol(exam.protocol))
    scored = {zone.zone: zone for zone in exam.zones}
    predictions = [clip.prediction for clip in exam.clips if clip.prediction is not None]
    heads = {
        place.column: _ASPECTS[parts[1]]
        for place in places
        if len(parts := place.zone.split("-")) == 3
    }
    return Result(
        tuple(_zone_row(place, scored.get(place.zone)) for place in places),
        max(place.column for place in places),
        tuple(sorted(heads.items())),
        exam.total / len(exam.zones) if exam.zones else None,
        tuple(place.zone for place in places if place.zone not in scored),
        sum(1 for zone in exam.zones if zone.review),
        len(predictions),
        sum(1 for prediction in predictions if prediction.review),
        _bounds(exam),
        model_performance(bundle.card),
    )


def _zone_row(place: Place, zone: ScoredZone | None) -> ZoneRow:
    if zone is None:
        return ZoneRow(place, None, f"{place.label}: no score")
    review = ", to be reviewed" if zone.review else ""
    return ZoneRow(place, zone, f"{place.label}: score {zone.score}{review}")


def _bounds(exam: ScoredExam) -> str:
    missing = exam.zones_of_protocol - len(exam.zones)
    if not exam.zones:
        return "No zone has a score, so there is no global score."
    if not missing:
        return f"All {exam.zones_of_protocol} zones of the protocol were scored."
    return (
        f"{plural(missing, 'zone')} of the protocol {have(missing)} no score: with all zones the "
        f"global score would lie between {exam.lowest} and {exam.highest}. No score was imputed."
    )


def model_performance(card: Mapping[str, Any]) -> str:
    """Say how well a model did on held-out patients; empty if its card does not say it.

    `card` has any plain JSON values under any headings, of which those are read that
    ``lusscore train`` writes.
    """
    performance = card.get("Performance")
    if not isinstance(performance, Mapping):
        return ""
    rows = performance.get("Clips")
    by_measure = {
        str(row.get("measure")): row
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, Mapping)
    }
    found = [
        f"{name} {row.get('value', '')} {row.get('95 % interval', '')}".strip()
        for name in _MEASURES
        if (row := by_measure.get(name)) is not None
    ]
    if not found:
        return ""
    sentences = [f"On held-out clips of the training cohort: {', '.join(found)}."]
    interval = str(by_measure.get("quadratic kappa", {}).get("95 % interval", ""))
    if lowest := re.match(r"\[(-?[\d.]+),", interval):
        better = "is" if float(lowest[1]) > 0 else "is not shown to be"
        sentences.append(
            f"The model {better} better than the majority-class baseline, whose kappa is 0."
        )
    whole = performance.get("Global score")
    if isinstance(whole, str) and whole:
        sentences.append(f"Global score: {whole[0].lower()}{whole[1:]}")
    return " ".join(sentences)


@dataclass(frozen=True)
class Block:
    """A part of a model card.

    `kind` is ``"heading"`` (with `level` 3–6 and `text`), ``"entries"`` (rows of name and value),
    ``"list"`` (rows of one text) or ``"table"`` (with `head`).
    """

    kind: str
    level: int = 0
    text: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def card_blocks(card: Mapping[str, Any], level: int = 3) -> Iterator[Block]:
    """Lay out nested plain values, in their order: what is nested goes under a heading."""
    plain: list[tuple[str, ...]] = []
    for key, value in card.items():
        if not isinstance(value, (Mapping, list, tuple)):
            plain.append((str(key), written(value)))
            continue
        if plain:
            yield Block("entries", rows=tuple(plain))
            plain = []
        yield Block("heading", min(level, _LOWEST_HEADING), str(key))
        yield from _nested(value, level + 1)
    if plain:
        yield Block("entries", rows=tuple(plain))


def _nested(value: Any, level: int) -> Iterator[Block]:
    if not value:
        yield Block("list", rows=(("None.",),))
    elif isinstance(value, Mapping):
        yield from card_blocks(value, level)
    elif all(isinstance(row, Mapping) for row in value):
        head = tuple(dict.fromkeys(key for row in value for key in row))
        cells = tuple(tuple(written(row.get(key)) for key in head) for row in value)
        yield Block("table", head=tuple(map(str, head)), rows=cells)
    else:
        yield Block("list", rows=tuple((written(entry),) for entry in value))


def written(value: Any) -> str:
    """Write a plain value, or one nested in a cell, for people."""
    if value is None:
        return "n/a"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}".replace("-", "−")
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {written(entry)}" for key, entry in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(written, value))
    return str(value)
