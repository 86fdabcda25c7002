"""All figures of a run's report, in its order, saved beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from lusscore.errors import RunError
from lusscore.evaluation import SCORES
from lusscore.report.canvas import MODELS_DRAWN, figure_settings, save_figure
from lusscore.report.exam_figures import draw_bland_altman, draw_global_score, draw_zone_accuracy
from lusscore.report.model_figures import (
    draw_confusion,
    draw_coverage,
    draw_intervals,
    draw_reliability,
    draw_roc,
)
from lusscore.report.run_files import RunFiles, model_labels, read_run_files

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def save_figures(run: RunFiles, folder: Path, labels: Mapping[str, str]) -> dict[str, Markup]:
    """Write every figure as PNG and SVG into `folder` and return the SVGs for inlining by name.

    Where no zone is known there are none of zones and exams. All figures but that of intervals
    show the run's first `MODELS_DRAWN` models.
    """
    drawings = _drawings(run, labels)
    return {name: Markup(save_figure(folder, name, draw)) for name, draw in drawings.items()}


def draw_figure(folder: Path, name: str) -> Figure:
    """Draw one figure of the run in `folder`, such as ``"roc"``: named as in its ``figures``.

    Raises
    ------
    RunError
        If `folder` is no run folder, or the run has no such figure; those it has are named.
    """
    run = read_run_files(folder)
    drawings = _drawings(run, model_labels(run.models))
    if name not in drawings:
        raise RunError(
            f"there is no figure {name!r}; expected one of {', '.join(drawings)}", path=folder
        )
    with figure_settings(name):
        return drawings[name]()


def _drawings(run: RunFiles, labels: Mapping[str, str]) -> dict[str, Callable[[], Figure]]:
    levels, models, protocol = run.metrics["levels"], run.models[:MODELS_DRAWN], run.protocol
    coverage = {
        model: entry
        for model, entry in run.metrics["coverage"].items()
        if model in models or model not in run.models
    }
    drawings: dict[str, Callable[[], Figure]] = {
        "intervals": lambda: draw_intervals(run.entries, labels),
        "zone_accuracy": lambda: draw_zone_accuracy(run.zone_accuracy, protocol, models, labels),
        "roc": lambda: draw_roc(run.roc, models, labels, mean_areas(run)),
        "confusion_frame": lambda: draw_confusion(levels["frame"], models, labels),
        "confusion_zone": lambda: draw_confusion(levels["zone"], models, labels),
        "reliability": lambda: draw_reliability(run.entries, models, labels),
        "coverage": lambda: draw_coverage(coverage, labels),
        "global_score": lambda: draw_global_score(run.exams, models, labels, protocol.maximum),
        "bland_altman": lambda: draw_bland_altman(run.exams, run.metrics["exams"], models, labels),
    }
    if not levels["zone"]:
        for name in ("zone_accuracy", "confusion_zone", "global_score", "bland_altman"):
            del drawings[name]
    return drawings


def mean_areas(run: RunFiles) -> dict[str, Sequence[float | None]]:
    """Mean ROC-AUC over the folds that define it, per model and score, at the level of frames."""
    means: dict[str, Sequence[float | None]] = {}
    for model in run.models:
        folds = run.metrics["levels"]["frame"][model]["folds"]
        areas = [[fold["per_class"][score]["auc"] for fold in folds] for score in SCORES]
        defined = [[area for area in row if area is not None] for row in areas]
        means[model] = [sum(row) / len(row) if row else None for row in defined]
    return means
