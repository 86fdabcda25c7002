"""Bland-Altman plots of the global score, one panel per model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from lusscore.report.canvas import PANELS_PER_ROW, model_panels, quiet_axes
from lusscore.report.palette import INK, MUTED, model_style
from lusscore.wording import signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_bland_altman(
    exams: pd.DataFrame,
    errors: Mapping[str, Any],
    models: Sequence[str],
    labels: Mapping[str, str],
) -> Figure:
    """Draw prediction minus truth against the mean of both, with bias and limits of agreement.

    Points that fall together are drawn larger, by area; exams with unscored zones are hollow.

    Parameters
    ----------
    exams
        ``exams.csv``.
    errors
        ``exams`` of ``metrics.json``.
    models
        Models without the baseline.
    labels
        What each model is called.
    """
    figure, panels = model_panels(models, labels, 2.75, 2.6, sharex=True, sharey=True)
    for row, (axes, model) in enumerate(zip(panels, models, strict=True)):
        _draw_points(axes, exams[exams["model"] == model], model_style(row)[0])
        _draw_limits(axes, errors[model])
        axes.locator_params(integer=True, nbins=5)
        axes.set_xlabel("Mean of truth and prediction")
        axes.grid()
        quiet_axes(axes)
        if row % PANELS_PER_ROW == 0:
            axes.set_ylabel("Prediction − truth")
    return figure


def _draw_points(axes: Axes, exams: pd.DataFrame, colour: str) -> None:
    complete = exams["zones_scored"] == exams["zones_of_protocol"]
    mean = (exams["truth"] + exams["prediction"]) / 2
    for filled in (False, True):
        mine = pd.DataFrame({"mean": mean, "error": exams["error"]})[complete == filled]
        places = mine.groupby(["mean", "error"]).size()
        if not places.empty:
            axes.scatter(
                places.index.get_level_values("mean"),
                places.index.get_level_values("error"),
                s=20 * places.to_numpy(),
                facecolors=colour if filled else "none",
                edgecolors=colour,
                linewidths=1.1,
                alpha=0.75,
            )


def _draw_limits(axes: Axes, errors: Mapping[str, Any]) -> None:
    for metric, dash in (("mean_error", "-"), ("limit_low", "--"), ("limit_high", "--")):
        value, interval = errors["pooled"][metric], errors["interval"].get(metric)
        if value is None:
            continue
        if interval is not None:
            axes.axhspan(*interval, color=MUTED, alpha=0.14, linewidth=0)
        axes.axhline(value, color=INK, linewidth=1.1, linestyle=dash)
        axes.annotate(
            signed(value, 1),
            (1, value),
            xycoords=("axes fraction", "data"),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            size=7.5,
        )
