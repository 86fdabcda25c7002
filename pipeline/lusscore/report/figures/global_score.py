"""Predicted against true global score, one panel per model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from lusscore.report.canvas import model_panels, quiet_axes
from lusscore.report.palette import MUTED, model_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_global_score(
    exams: pd.DataFrame, models: Sequence[str], labels: Mapping[str, str], maximum: int
) -> Figure:
    """Draw every exam as a point; exams with unscored zones are hollow.

    Points that fall together are drawn larger, by area.

    Parameters
    ----------
    exams
        ``exams.csv``.
    models
        Models without the baseline.
    labels
        What each model is called.
    maximum
        The protocol's maximum.
    """
    figure, panels = model_panels(models, labels, 2.6, 2.9)
    shown = exams[exams["model"].isin(models)]
    top = min(maximum, int(shown[["truth", "prediction"]].to_numpy().max()) + 1)
    for row, (axes, model) in enumerate(zip(panels, models, strict=True)):
        colour, _, _ = model_style(row)
        mine = shown[shown["model"] == model]
        complete = mine["zones_scored"] == mine["zones_of_protocol"]
        axes.plot([0, top], [0, top], color=MUTED, linewidth=0.9, linestyle=(0, (3, 2)))
        for filled in (False, True):
            points = mine[complete == filled].groupby(["truth", "prediction"]).size()
            if not points.empty:
                axes.scatter(
                    points.index.get_level_values("truth"),
                    points.index.get_level_values("prediction"),
                    s=24 * points.to_numpy(),
                    facecolors=colour if filled else "none",
                    edgecolors=colour,
                    linewidths=1.2,
                    alpha=0.75,
                )
        axes.set_aspect("equal")
        axes.set_xlim(-top * 0.04, top * 1.04)
        axes.set_ylim(-top * 0.04, top * 1.04)
        axes.locator_params(integer=True, nbins=5)
        axes.set_xlabel(f"True global score (of {maximum})")
        axes.set_ylabel("Predicted global score")
        axes.grid()
        quiet_axes(axes)
    return figure
