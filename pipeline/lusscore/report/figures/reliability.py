"""Reliability diagrams: how often a model is right, by how sure it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lusscore.report.canvas import model_panels, quiet_axes
from lusscore.report.palette import MUTED, model_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_RARE = 0.01


def draw_reliability(
    level: Mapping[str, Any], models: Sequence[str], labels: Mapping[str, str]
) -> Figure:
    """Draw accuracy against confidence in bins, with intervals and the share of rows in each.

    Bins with under 1 % of the rows are faint and left out of the line.

    Parameters
    ----------
    level
        Models of one level of ``metrics.json``.
    models
        Which of them.
    labels
        What each model is called.
    """
    figure, panels = model_panels(models, labels, 2.6, 2.75)
    for row, (axes, model) in enumerate(zip(panels, models, strict=True)):
        _draw_bins(axes, level[model]["reliability"], row)
    return figure


def _draw_bins(axes: Axes, bins: Sequence[Mapping[str, Any]], row: int) -> None:
    colour, marker, _ = model_style(row)
    total = sum(each["rows"] for each in bins)
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.9, linestyle=(0, (3, 2)))
    axes.bar(
        [each["low"] for each in bins],
        [each["rows"] / total for each in bins],
        width=[each["high"] - each["low"] for each in bins],
        align="edge",
        color=colour,
        alpha=0.18,
        linewidth=0,
    )
    for each in bins:
        if each["interval"] is not None:
            place = [each["confidence"]] * 2
            axes.plot(place, each["interval"], color=colour, linewidth=1.6, alpha=0.55)
    common = [each for each in bins if each["rows"] >= _RARE * total]
    axes.plot(
        [each["confidence"] for each in common],
        [each["accuracy"] for each in common],
        color=colour,
        linewidth=1.0,
    )
    for each in bins:
        faint = each["rows"] < _RARE * total
        axes.plot(
            each["confidence"],
            each["accuracy"],
            marker,
            color=colour,
            markersize=3.5 if faint else 4.5,
            alpha=0.4 if faint else 1.0,
        )
    axes.set_aspect("equal")
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xticks([0, 0.5, 1])
    axes.set_yticks([0, 0.5, 1])
    axes.set_xlabel("Probability of the score chosen")
    axes.set_ylabel("Share that is right")
    axes.grid()
    quiet_axes(axes)
