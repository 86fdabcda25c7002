"""What the models' probabilities are worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lusscore.report.run_files import RunFiles
from lusscore.wording import bounds, percent, points, three

_WORTH_TELLING = 0.02


@dataclass(frozen=True)
class Calibration:
    """Per model one sentence, at the level that sums the run up; `level` names it."""

    level: str
    sentences: tuple[str, ...]


def calibration(run: RunFiles, labels: Mapping[str, str]) -> Calibration:
    """Say how sure each model is on average, how often it is right, and how far these differ."""
    level = run.level
    entries = run.metrics["levels"][level]
    return Calibration(
        level, tuple(_sentence(labels[model], level, entries[model]) for model in run.models)
    )


def _sentence(label: str, level: str, entry: Mapping[str, Any]) -> str:
    bins, rows = entry["reliability"], entry["rows"]
    confidence = sum(each["rows"] * each["confidence"] for each in bins) / rows
    accuracy = entry["pooled"]["accuracy"]
    gap = confidence - accuracy
    if abs(gap) < _WORTH_TELLING:
        reading = "about as sure as it is right"
    else:
        reading = f"too {'sure' if gap > 0 else 'modest'} by {points(gap)} percentage points"
    error = entry["pooled"]["calibration_error"]
    interval = bounds(entry["interval"].get("calibration_error"))
    return (
        f"{label} gives the score it chooses for a {level} a probability of {percent(confidence)} "
        f"on average and is right for {percent(accuracy)}: {reading}. Expected calibration error "
        f"{three(error)} {interval}".rstrip()
        + "."
    )
