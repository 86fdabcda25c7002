"""Pooled metrics with their intervals, models under each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lusscore.evaluation import BASELINE
from lusscore.report.canvas import fold_name, new_figure, quiet_axes
from lusscore.report.palette import BASELINE_COLOUR, model_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SHOWN = {
    "accuracy": "Accuracy",
    "macro_f1": "Macro-F1",
    "macro_auc": "Macro ROC-AUC",
    "quadratic_kappa": "Quadratic kappa",
}
_LETTERS = 34
_LINE = 0.16


def draw_intervals(level: Mapping[str, Any], labels: Mapping[str, str]) -> Figure:
    """Draw four metrics as points with 95 % intervals, one row per model, baseline last.

    A grey bar behind each model is its chance band.

    Parameters
    ----------
    level
        Models of one level of ``metrics.json``.
    labels
        What each model is called.
    """
    models = list(level)
    names = [fold_name(labels[model], _LETTERS) for model in models]
    row_height = max(0.32, _LINE * max(name.count("\n") + 1 for name in names))
    figure, grid = new_figure(10.4, 0.75 + row_height * len(models), 1, len(_SHOWN), sharey=True)
    for axes, (metric, title) in zip(grid, _SHOWN.items(), strict=True):
        lowest = 0.0
        for row, model in enumerate(models):
            colour, marker = _style(model, row)
            value = level[model]["pooled"][metric]
            interval = level[model]["interval"].get(metric)
            chance = level[model]["chance"].get(metric)
            if chance is not None:
                axes.barh(
                    row,
                    chance[1] - chance[0],
                    left=chance[0],
                    height=0.62,
                    color=BASELINE_COLOUR,
                    alpha=0.3,
                    linewidth=0,
                )
                lowest = min(lowest, chance[0])
            if interval is not None:
                axes.plot(interval, [row, row], color=colour, linewidth=2.2, alpha=0.55)
                lowest = min(lowest, interval[0])
            if value is not None:
                axes.plot([value], [row], marker, color=colour, markersize=6)
                lowest = min(lowest, value)
        axes.set_title(title)
        axes.set_xlim(lowest - 0.03, 1.03)
        axes.set_ylim(len(models) - 0.4, -0.6)
        axes.set_yticks(range(len(models)), names)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        quiet_axes(axes)
    return figure


def _style(model: str, row: int) -> tuple[str, str]:
    if model == BASELINE:
        return BASELINE_COLOUR, "X"
    colour, marker, _ = model_style(row)
    return colour, marker
