"""Confusion matrices normalised by true score, with counts: the paper's Fig. 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lusscore.evaluation import SCORES
from lusscore.report.canvas import model_panels
from lusscore.report.palette import INK, INK_ON_SHARE, MUTED, SCORE_COLOURS, SHARE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_confusion(
    level: Mapping[str, Any], models: Sequence[str], labels: Mapping[str, str]
) -> Figure:
    """Draw one matrix per model: rows are the truth and sum to 100 %.

    Parameters
    ----------
    level
        Models of one level of ``metrics.json``.
    models
        Which of them.
    labels
        What each model is called.
    """
    figure, panels = model_panels(models, labels, 2.6, 2.8)
    for axes, model in zip(panels, models, strict=True):
        _draw_matrix(axes, np.array(level[model]["confusion"]))
    return figure


def _draw_matrix(axes: Axes, counts: Any) -> None:
    from matplotlib.patches import Rectangle

    for truth in SCORES:
        total = counts[truth].sum()
        axes.add_patch(Rectangle((-0.64, truth - 0.46), 0.1, 0.92, color=SCORE_COLOURS[truth]))
        for predicted in SCORES:
            count = counts[truth, predicted]
            share = count / total if total else 0.0
            cell = Rectangle((predicted - 0.46, truth - 0.46), 0.92, 0.92, facecolor=SHARE)
            cell.set_alpha(0.06 + 0.94 * share)
            axes.add_patch(cell)
            ink = INK_ON_SHARE if share > 0.45 else INK
            text = f"{100 * share:.0f} %" if total else "n/a"
            axes.text(predicted, truth - 0.1, text, ha="center", va="center", color=ink)
            axes.text(
                predicted, truth + 0.22, f"{count:,}", ha="center", va="center", color=ink, size=7
            )
    axes.set_xlim(-0.66, 3.5)
    axes.set_ylim(3.5, -0.5)
    axes.set_aspect("equal")
    axes.set_xticks(SCORES)
    axes.set_yticks(SCORES)
    axes.tick_params(length=0)
    axes.set_xlabel("Predicted score", color=MUTED)
    axes.set_ylabel("True score", color=MUTED)
    for spine in axes.spines.values():
        spine.set_visible(False)
