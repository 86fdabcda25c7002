"""Zones and exams of a run: what has no zone, the map of zones, and every exam by every model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lusscore.cohort import Protocol, Zone
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

    `known` tells whether any frame has a known zone. `left_out` counts clips and frames without,
    `beside` does so in few words for a heading, `counted` for the list of facts about the cohort;
    `without_exam` counts exams without, and `empty_folds` names folds without.
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


def exams(run: RunFiles) -> list[dict[Any, Any]]:
    """Lay out the exams of the first repeat, by patient and exam.

    Each is the row of the first model in ``exams.csv``, with the patient's `group` and, as
    `predictions`, the rows of the run's first `MODELS_DRAWN` models; each of these has the rows of
    its `zones` in the protocol's order, and how many have their true score (`matched`).
    """
    models = run.models[:MODELS_DRAWN]
    first, zones = (
        table[(table["repeat"] == 1) & table["model"].isin(models)]
        for table in (run.exams, run.zones)
    )
    order = list(run.protocol.zone_names)
    zones = zones.sort_values("zone", key=lambda column: column.map(order.index), kind="stable")
    by_prediction = dict(iter(zones.groupby(["model", "patient", "exam"])))
    groups = dict(zip(run.folds["patient"], run.folds["group"], strict=True))
    found: list[dict[Any, Any]] = []
    for (patient, exam), rows in first.groupby(["patient", "exam"]):
        by_model = {row["model"]: row for row in rows.to_dict("records")}
        predictions = []
        for model in models:
            mine = by_prediction[model, patient, exam]
            matched = int((mine["truth"] == mine["prediction"]).sum())
            zone_rows = mine.to_dict("records")
            predictions.append(by_model[model] | {"zones": zone_rows, "matched": matched})
        group = groups.get(patient, "")
        found.append(by_model[models[0]] | {"group": group, "predictions": predictions})
    return sorted(found, key=lambda exam: (_natural(exam["patient"]), _natural(exam["exam"])))


def _natural(name: str) -> tuple[bool, int, str]:
    """Order names that are numbers as numbers, before all others."""
    return not name.isdecimal(), int(name) if name.isdecimal() else 0, name
