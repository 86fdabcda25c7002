"""ROC curves, one panel per score: the paper's Fig. 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from lusscore.evaluation import SCORES
from lusscore.report.canvas import legend_shape, new_figure, quiet_axes
from lusscore.report.palette import MUTED, model_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WIDTH = 10.4
_ROWS = 4  # of areas; more would reach the curves


def draw_roc(
    table: pd.DataFrame,
    models: Sequence[str],
    labels: Mapping[str, str],
    areas: Mapping[str, Sequence[float | None]],
) -> Figure:
    """Draw each score against the others: mean curve over folds bold, folds thin.

    Models are named once above the panels, which have no room for names beside the areas.

    Parameters
    ----------
    table
        ``tables/roc.csv``.
    models
        Models without the baseline.
    labels
        What each model is called.
    areas
        Mean AUC over folds of each model for scores 0–3, None where undefined.
    """
    columns, more = legend_shape([labels[model] for model in models], _WIDTH)
    figure, grid = new_figure(_WIDTH, 3.45 + more, 1, len(SCORES), sharex=True, sharey=True)
    for axes, score in zip(grid, SCORES, strict=True):
        axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)))
        for row, model in enumerate(models):
            colour, _, dash = model_style(row)
            curves = table[(table["model"] == model) & (table["score"] == score)]
            for _, curve in curves.groupby(["repeat", "fold"]):
                rates = curve["false_positive_rate"], curve["true_positive_rate"]
                axes.plot(*rates, color=colour, linewidth=0.6, alpha=0.35)
            mean = curves.groupby("false_positive_rate")["true_positive_rate"].mean()
            area = areas[model][score]
            label = "n/a" if area is None else f"{area:.3f}"
            axes.plot(mean.index, mean, color=colour, linewidth=1.8, linestyle=dash, label=label)
        axes.set_title(f"Score {score}")
        axes.set_aspect("equal")
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xticks([0, 0.5, 1])
        axes.set_yticks([0, 0.5, 1])
        axes.grid()
        quiet_axes(axes)
        axes.legend(
            loc="lower right",
            handlelength=1.6,
            borderaxespad=0.2,
            title="Mean AUC",
            ncols=1 if len(models) <= _ROWS else 2,
            columnspacing=1.0,
        )
    figure.legend(
        grid[0].get_legend_handles_labels()[0],
        [labels[model] for model in models],
        loc="outside upper left",
        ncols=columns,
    )
    figure.supxlabel("False positive rate (1 − specificity)", fontsize=9)
    grid[0].set_ylabel("True positive rate (sensitivity)")
    return figure
