"""Zones and exams of a run: what has no zone, the map of zones, and every exam by every model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from lusscore.cohort import Protocol, Zone
from lusscore.evaluation import PREDICTED_COUNTS, TRUE_COUNTS
from lusscore.report.canvas import MODELS_DRAWN
from lusscore.report.run_files import RunFiles
from lusscore.wording import are, have, listed, plural

_LEVELS = {"sup": 0, "mid": 1, "inf": 2}
_ASPECTS = {"ant": 0, "lat": 1, "post": 2}
_NONE_KNOWN = (
    "No clip of this run has a zone on record, so there is nothing to show per zone or exam: no "
    "accuracy or confusion of zones, no global score and no exam zone by zone."
)


@dataclass(frozen=True)
class Place:
    """Where one zone is drawn: `row` and `column` count from 1, as CSS grids do."""

    zone: str
    label: str
    row: int
    column: int


def lay_out(protocol: Protocol) -> tuple[Place, ...]:
    """Place every zone of `protocol`, in its order, as a radiograph is read: right on the left.

    Zones named by aspect and level (``R-lat-inf``) stand in a column per aspect, anterior towards
    the midline, and a row per level. Other zones stand below each other on their side. One empty
    column separates the sides.
    """
    places = {zone.name: _place(zone, protocol) for zone in protocol.zones}
    rows = sorted({row for row, _ in places.values()})
    middle = 2 + max(column for _, column in places.values())
    laid_out = []
    for zone in protocol.zones:
        row, column = places[zone.name]
        side = -1 if zone.side == "right" else 1
        place = Place(zone.name, zone.label, rows.index(row) + 1, middle + side * (column + 1))
        laid_out.append(place)
    return tuple(laid_out)


def _place(zone: Zone, protocol: Protocol) -> tuple[int, int]:
    """Row from the top and column from the midline, both from 0."""
    parts = zone.name.split("-")
    if len(parts) == 3 and parts[1] in _ASPECTS and parts[2] in _LEVELS:
        return _LEVELS[parts[2]], _ASPECTS[parts[1]]
    same_side = [other.name for other in protocol.zones if other.side == zone.side]
    return same_side.index(zone.name), 0


@dataclass(frozen=True)
class Zones:
    """Sentences about clips whose zone is unknown; each is empty where there is nothing to say.

    Attributes
    ----------
    known
        Whether any frame has a known zone, so that there is something to show per zone and exam.
    left_out
        How many clips, frames and exams have none, and what they do not count for.
    beside
        The same in few words, to stand in a heading.
    counted
        The clips and frames without, of all, for the list of facts about the cohort.
    without_exam
        How many exams have no known zone and therefore no global score.
    empty_folds
        Which folds have no known zone.
    """

    known: bool = True
    left_out: str = ""
    beside: str = ""
    counted: str = ""
    without_exam: str = ""
    empty_folds: str = ""


def zones(run: RunFiles) -> Zones:
    """Count what has no zone on record."""
    clips = run.first_clips
    without = clips[clips["zone"] == ""]
    number = len(without)
    if not number:
        return Zones()
    of_clips = f"{number:,} of {plural(len(clips), 'clip')}"
    of_frames = f"{int(without['frames'].sum()):,} of {plural(int(clips['frames'].sum()), 'frame')}"
    beside, counted = (
        f"without {plural(number, 'clip')} of unknown zone",
        f"{of_clips}, {of_frames}",
    )
    if number == len(clips):
        return Zones(False, _NONE_KNOWN, beside, counted)
    they = "it counts" if number == 1 else "they count"
    return Zones(
        True,
        f"{of_clips} ({of_frames}) {have(number)} no zone on record: {they} for frames and clips "
        f"and {are(number)} left out of everything per zone and exam.",
        beside,
        counted,
        _without_exam(run),
        _empty_folds(run),
    )


def _without_exam(run: RunFiles) -> str:
    all_exams, scored = (
        len(table[["patient", "exam"]].drop_duplicates()) for table in (run.clips, run.exams)
    )
    lacking = all_exams - scored
    if not lacking:
        return ""
    return (
        f"{lacking:,} of {plural(all_exams, 'exam')} {have(lacking)} no clip with a zone on record,"
        " and so no global score."
    )


def _empty_folds(run: RunFiles) -> str:
    with_frames, with_zones = (
        {
            (entry["repeat"], entry["fold"])
            for entry in run.metrics["levels"][level][run.models[0]]["folds"]
        }
        for level in ("frame", "zone")
    )
    empty = sorted(with_frames - with_zones)
    if not empty:
        return ""
    repeated = run.config.cross_validation.repeats > 1
    names = [f"{fold}{f' of repeat {repeat}' if repeated else ''}" for repeat, fold in empty]
    return (
        f"Fold{'' if len(empty) == 1 else 's'} {listed(names)} {have(len(empty))} no zone on "
        "record; means of zones are over the other folds."
    )


@dataclass(frozen=True)
class ZoneRow:
    """One zone of one exam: frames per score 0–3 by truth and by prediction, and both scores."""

    zone: str
    label: str
    truths: tuple[int, ...]
    predictions: tuple[int, ...]
    truth: int
    prediction: int

    @property
    def difference(self) -> int:
        """Predicted minus true score."""
        return self.prediction - self.truth


@dataclass(frozen=True)
class ExamPrediction:
    """One exam by one model."""

    model: str
    prediction: int
    predicted_mean: float
    predicted_highest: int
    error: int
    zones: tuple[ZoneRow, ...]

    @property
    def matched(self) -> int:
        """Zones given their true score."""
        return sum(zone.difference == 0 for zone in self.zones)


@dataclass(frozen=True)
class Exam:
    """One exam with the predictions of the run's first `MODELS_DRAWN` models.

    Attributes
    ----------
    patient, exam, group
        Whose; group is empty when unknown.
    fold
        In which it was held out.
    truth, true_mean, true_highest
        True global score, the same per zone scored, and what it would be if every unscored zone
        had score 3.
    zones_scored
        Zones with at least one frame.
    """

    patient: str
    exam: str
    group: str
    fold: int
    truth: int
    true_mean: float
    true_highest: int
    zones_scored: int
    predictions: tuple[ExamPrediction, ...]


@dataclass(frozen=True)
class Exams:
    """All exams of the first repeat, and where zones are drawn."""

    exams: tuple[Exam, ...]
    places: tuple[Place, ...]

    @property
    def columns(self) -> int:
        """Columns of a map, the one between the sides included."""
        return max(place.column for place in self.places)


def exams(run: RunFiles) -> Exams:
    """Lay out the exams of the first repeat, by patient and exam."""
    found = sorted(_exams(run), key=lambda exam: (_natural(exam.patient), _natural(exam.exam)))
    return Exams(tuple(found), lay_out(run.protocol))


def _exams(run: RunFiles) -> Iterator[Exam]:
    models = run.models[:MODELS_DRAWN]
    first, zones = (
        table[(table["repeat"] == 1) & table["model"].isin(models)]
        for table in (run.exams, run.zones)
    )
    groups = dict(zip(run.folds["patient"], run.folds["group"], strict=True))
    by_exam = zones.groupby(["model", "patient", "exam"])
    zones_of = {key: _zone_rows(part, run.protocol) for key, part in by_exam}
    for key, part in first.groupby(["patient", "exam"]):
        patient, name = map(str, key)
        by_model = {row["model"]: row for row in part.to_dict("records")}
        one = by_model[models[0]]
        predictions = tuple(
            ExamPrediction(
                model,
                row["prediction"],
                row["predicted_mean_per_zone"],
                row["predicted_highest"],
                row["error"],
                zones_of[model, patient, name],
            )
            for model, row in ((model, by_model[model]) for model in models)
        )
        yield Exam(
            patient,
            name,
            groups.get(patient, ""),
            one["fold"],
            one["truth"],
            one["true_mean_per_zone"],
            one["true_highest"],
            one["zones_scored"],
            predictions,
        )


def _zone_rows(table: pd.DataFrame, protocol: Protocol) -> tuple[ZoneRow, ...]:
    rows = {row["zone"]: row for row in table.to_dict("records")}
    return tuple(
        ZoneRow(
            zone.name,
            zone.label,
            tuple(row[name] for name in TRUE_COUNTS),
            tuple(row[name] for name in PREDICTED_COUNTS),
            row["truth"],
            row["prediction"],
        )
        for zone in protocol.zones
        if (row := rows.get(zone.name)) is not None
    )


def _natural(name: str) -> tuple[bool, int, str]:
    """Order names that are numbers as numbers, before all others."""
    return not name.isdecimal(), int(name) if name.isdecimal() else 0, name
