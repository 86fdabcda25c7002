"""Calibration of the models' probabilities, and selective prediction (risk-coverage)."""

from __future__ import annotations

from collections.abc import Mapping

from lusscore.report.run_files import RunFiles
from lusscore.wording import bounds, listed, percent, points, three

_NOTABLE = 0.02
_COVERAGE_SHOWN = 0.7


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


def left_out_scores(run: RunFiles, labels: Mapping[str, str]) -> tuple[str, ...]:
    """Say of each model which scores are left out at a coverage of 70 %."""
    sentences = []
    for model in run.models:
        shares = run.metrics["coverage"][model]["shares"]
        at = next(share for share in shares if share["coverage"] == _COVERAGE_SHOWN)
        parts = [
            f"{percent(1 - kept)} of those with score {score}"
            for score, kept in enumerate(at["kept"])
            if kept is not None
        ]
        coverage = percent(_COVERAGE_SHOWN, 0)
        sentences.append(
            f"At a coverage of {coverage} of clips, {labels[model]} leaves out {listed(parts)}."
        )
    return tuple(sentences)
