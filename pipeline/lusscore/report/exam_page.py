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
from lusscore.scoring import ScoredExam
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
    places = lay_out(get_protocol(exam.protocol))
    predictions = [clip.prediction for clip in exam.clips if clip.prediction is not None]
    return render_page(
        "exam.html.j2",
        styles=("report.css", "exam.css"),
        script="exam.js",
        exam=exam,
        bundle=bundle,
        created=_date(created),
        places=places,
        aspects=_aspects(places),
        scored={zone.zone: zone for zone in exam.zones},
        zones_to_review=sum(bool(zone.review) for zone in exam.zones),
        clips_scored=len(predictions),
        clips_to_review=sum(bool(prediction.review) for prediction in predictions),
        bounds=bounds(exam),
        performance=model_performance(bundle.card),
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


def _aspects(places: tuple[Place, ...]) -> list[tuple[int, str]]:
    """Name the columns of the chest map that are of one aspect."""
    parts = {place.column: place.zone.split("-") for place in places}
    return sorted(
        (column, _ASPECTS[names[1]]) for column, names in parts.items() if len(names) == 3
    )


def bounds(exam: ScoredExam) -> str:
    """Say what the global score could be if all zones had a score."""
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
