"""Risk against coverage: how well a model does on the clips it is surest of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lusscore.evaluation import BASELINE
from lusscore.report.canvas import legend_shape, new_figure, quiet_axes
from lusscore.report.palette import BASELINE_COLOUR, model_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SHOWN = {
    "accuracy": "Accuracy",
    "mean_absolute_error": "Mean absolute error",
    "quadratic_kappa": "Quadratic kappa",
}
_WIDTH = 10.4
_STEP = 0.007


def draw_coverage(coverage: Mapping[str, Any], labels: Mapping[str, str]) -> Figure:
    """Draw three metrics against the share of clips kept, models as lines with intervals.

    Parameters
    ----------
    coverage
        That of ``metrics.json``, models in order.
    labels
        What each model is called.
    """
    columns, more = legend_shape([labels[model] for model in coverage], _WIDTH)
    figure, grid = new_figure(_WIDTH, 3.4 + more, 1, len(_SHOWN))
    models = [model for model in coverage if model != BASELINE]
    for axes, (metric, title) in zip(grid, _SHOWN.items(), strict=True):
        for model, entry in coverage.items():
            row = models.index(model) if model in models else -1
            beside = (row - (len(models) - 1) / 2) * _STEP if row >= 0 else 0.0
            _draw_model(axes, entry, metric, row, beside, labels[model])
        axes.set_title(title)
        axes.set_xlim(0.06, 1.04)
        axes.set_xticks([0.1, 0.3, 0.5, 0.7, 0.9], ["10 %", "30 %", "50 %", "70 %", "90 %"])
        axes.grid()
        quiet_axes(axes)
    figure.supxlabel("Share of clips answered, the surest first", fontsize=9)
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper left", ncols=columns)
    return figure


def _draw_model(
    axes: Axes, entry: Mapping[str, Any], metric: str, row: int, beside: float, label: str
) -> None:
    colour, marker, dash = (BASELINE_COLOUR, "X", ":") if row < 0 else model_style(row)
    curve = [point for point in entry["curve"] if point[metric] is not None]
    axes.plot(
        [point["coverage"] for point in curve],
        [point[metric] for point in curve],
        color=colour,
        linewidth=1.4,
        linestyle=dash,
        label=label,
    )
    for share in entry["shares"]:
        place, interval = share["coverage"] + beside, share["interval"].get(metric)
        if interval is not None and row >= 0:
            axes.plot([place] * 2, interval, color=colour, linewidth=1.4, alpha=0.45)
        if share["pooled"][metric] is not None:
            axes.plot(place, share["pooled"][metric], marker, color=colour, markersize=4)
