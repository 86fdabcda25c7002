"""Every exam: global score, map of zones, and the paper's Fig. 4 table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from lusscore.evaluation import PREDICTED_COUNTS, TRUE_COUNTS
from lusscore.report.canvas import MODELS_DRAWN
from lusscore.report.chest_map import Place, lay_out
from lusscore.report.run_files import RunFiles

_READING = ("model", "patient", "exam")


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
class Reading:
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
    """One exam with what every model made of it.

    Attributes
    ----------
    patient, exam, group
        Whose; group is empty when unknown.
    fold
        Where it was held out.
    truth, true_mean, true_highest
        True global score, the same per zone scored, and what it would be if every unscored zone
        had score 3.
    zones_scored
        Zones with at least one frame.
    readings
        One per model, of the run's first `MODELS_DRAWN`.
    """

    patient: str
    exam: str
    group: str
    fold: int
    truth: int
    true_mean: float
    true_highest: int
    zones_scored: int
    readings: tuple[Reading, ...]


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
    first = run.exams[(run.exams["repeat"] == 1) & run.exams["model"].isin(models)]
    zones = run.zones[(run.zones["repeat"] == 1) & run.zones["model"].isin(models)]
    groups = dict(zip(run.folds["patient"], run.folds["group"], strict=True))
    zones_of = {key: _zone_rows(part, run) for key, part in zones.groupby([*_READING])}
    for key, part in first.groupby(["patient", "exam"]):
        patient, name = map(str, key)
        by_model = {row["model"]: row for row in part.to_dict("records")}
        one = by_model[models[0]]
        yield Exam(
            patient=patient,
            exam=name,
            group=groups.get(patient, ""),
            fold=one["fold"],
            truth=one["truth"],
            true_mean=one["true_mean_per_zone"],
            true_highest=one["true_highest"],
            zones_scored=one["zones_scored"],
            readings=tuple(
                Reading(
                    model=model,
                    prediction=by_model[model]["prediction"],
                    predicted_mean=by_model[model]["predicted_mean_per_zone"],
                    predicted_highest=by_model[model]["predicted_highest"],
                    error=by_model[model]["error"],
                    zones=zones_of[model, patient, name],
                )
                for model in models
            ),
        )


def _natural(name: str) -> tuple[bool, int, str]:
    """Order names that are numbers as numbers, before all others."""
    return not name.isdecimal(), int(name) if name.isdecimal() else 0, name


def _zone_rows(table: pd.DataFrame, run: RunFiles) -> tuple[ZoneRow, ...]:
    labels = {zone.name: zone.label for zone in run.protocol.zones}
    place = {name: row for row, name in enumerate(labels)}
    rows = [
        ZoneRow(
            zone=row["zone"],
            label=labels[row["zone"]],
            truths=tuple(row[name] for name in TRUE_COUNTS),
            predictions=tuple(row[name] for name in PREDICTED_COUNTS),
            truth=row["truth"],
            prediction=row["prediction"],
        )
        for row in table.to_dict("records")
    ]
    return tuple(sorted(rows, key=lambda row: place[row.zone]))
