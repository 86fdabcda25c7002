"""What is gained where the least sure answers are left to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lusscore.report.run_files import RunFiles
from lusscore.wording import bounds, listed, percent, three

_METRICS = {
    "accuracy": "Accuracy",
    "mean_absolute_error": "Mean absolute error ↓",
    "quadratic_kappa": "Quadratic kappa",
}
_TOLD = 0.7


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
    first = entries[run.models[0]]["shares"]
    return Coverage(
        tuple(f"{100 * share['coverage']:.0f}\u00a0%" for share in first),
        tuple(
            CoverageRow(
                labels[model],
                name,
                metric == next(iter(_METRICS)),
                model == run.metrics["baseline"],
                tuple(
                    (three(share["pooled"][metric]), bounds(share["interval"].get(metric)))
                    for share in entry["shares"]
                ),
            )
            for model, entry in entries.items()
            for metric, name in _METRICS.items()
        ),
        tuple(_left_out(labels[model], entries[model]["shares"]) for model in run.models),
    )


def _left_out(label: str, shares: list[Mapping[str, Any]]) -> str:
    at = next(share for share in shares if share["coverage"] == _TOLD)
    parts = [
        f"{percent(1 - kept)} of those with score {score}"
        for score, kept in enumerate(at["kept"])
        if kept is not None
    ]
    share = f"{100 * _TOLD:.0f}\u00a0%"
    return f"Answering {share} of clips, {label} leaves out {listed(parts)}."
