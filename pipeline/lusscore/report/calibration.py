"""Calibration of the models' probabilities, and selective prediction (risk-coverage)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lusscore.report.run_files import RunFiles
from lusscore.wording import bounds, listed, percent, points, three

_NOTABLE = 0.02
_COVERAGE_SHOWN = 0.7
_METRICS = {
    "accuracy": "Accuracy",
    "mean_absolute_error": "Mean absolute error ↓",
    "quadratic_kappa": "Quadratic kappa",
}


def calibration(run: RunFiles, labels: Mapping[str, str]) -> tuple[str, ...]:
    """Say of each model how confident it is on average, and how often it is right."""
    return tuple(_calibration(run, model, labels[model]) for model in run.models)


def _calibration(run: RunFiles, model: str, label: str) -> str:
    entry = run.entries[model]
    pooled, bins = entry["pooled"], entry["reliability"]
    confidence = sum(each["rows"] * each["confidence"] for each in bins) / entry["rows"]
    gap = confidence - pooled["accuracy"]
    reading = "on average calibrated"
    if abs(gap) >= _NOTABLE:
        kind = "overconfident" if gap > 0 else "underconfident"
        reading = f"{kind} by {points(gap)} percentage points"
    interval = bounds(entry["interval"].get("calibration_error"))
    error = f"{three(pooled['calibration_error'])} {interval}".rstrip()
    return (
        f"{label}: the mean probability of the predicted score is {percent(confidence)} per "
        f"{run.level}, and {percent(pooled['accuracy'])} of predictions are correct, so it is "
        f"{reading}. Expected calibration error {error}."
    )


@dataclass(frozen=True)
class CoverageRow:
    """One metric of one model: value and interval at each share of clips."""

    model: str
    metric: str
    first: bool
    baseline: bool
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Coverage:
    """All models at every share; `shares` head the columns, `sentences` say what is left out."""

    shares: tuple[str, ...]
    rows: tuple[CoverageRow, ...]
    sentences: tuple[str, ...]


def coverage(run: RunFiles, labels: Mapping[str, str]) -> Coverage:
    """Lay out risk at chosen coverages, and which scores are left out."""
    entries = run.metrics["coverage"]
    return Coverage(
        tuple(percent(share["coverage"], 0) for share in entries[run.models[0]]["shares"]),
        tuple(
            CoverageRow(
                labels[model],
                name,
                metric == "accuracy",
                model == run.baseline,
                tuple(
                    (three(share["pooled"][metric]), bounds(share["interval"].get(metric)))
                    for share in entry["shares"]
                ),
            )
            for model, entry in entries.items()
            for metric, name in _METRICS.items()
        ),
        tuple(_left_out(run, model, labels[model]) for model in run.models),
    )


def _left_out(run: RunFiles, model: str, label: str) -> str:
    shares = run.metrics["coverage"][model]["shares"]
    at = next(share for share in shares if share["coverage"] == _COVERAGE_SHOWN)
    parts = [
        f"{percent(1 - kept)} of those with score {score}"
        for score, kept in enumerate(at["kept"])
        if kept is not None
    ]
    share = percent(_COVERAGE_SHOWN, 0)
    return f"At a coverage of {share} of clips, {label} leaves out {listed(parts)}."
