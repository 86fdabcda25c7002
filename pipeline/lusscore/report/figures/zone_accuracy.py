"""Accuracy per zone over folds: the paper's Fig. 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from lusscore.cohort import Protocol
from lusscore.evaluation import BASELINE
from lusscore.report.canvas import legend_shape, new_figure, quiet_axes
from lusscore.report.palette import BASELINE_COLOUR, GRID, MUTED, model_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH = 10.4


def draw_zone_accuracy(
    table: pd.DataFrame, protocol: Protocol, models: Sequence[str], labels: Mapping[str, str]
) -> Figure:
    """Draw one box per zone and model over its folds, with every fold as a point.

    Parameters
    ----------
    table
        ``tables/zone_accuracy.csv``.
    protocol
        Gives the zones, in order.
    models
        Models without the baseline, whose mean is a grey line in each zone.
    labels
        What each model is called.
    """
    columns, more = legend_shape([labels[model] for model in (*models, BASELINE)], _WIDTH)
    figure, (axes,) = new_figure(_WIDTH, 3.5 + more, 1, 1)
    zones = protocol.zone_names
    values = {key: part["accuracy"].tolist() for key, part in table.groupby(["zone", "model"])}
    for place, zone in enumerate(zones):
        if place % 2 == 0:
            axes.axvspan(place - 0.5, place + 0.5, color=GRID, alpha=0.3, linewidth=0)
        baseline = values.get((zone, BASELINE), [])
        if baseline:
            mean = sum(baseline) / len(baseline)
            axes.plot([place - 0.42, place + 0.42], [mean, mean], color=BASELINE_COLOUR, lw=1.4)
    width = 0.8 / len(models)
    for row, model in enumerate(models):
        offset = (row - (len(models) - 1) / 2) * width
        for place, zone in enumerate(zones):
            if points := values.get((zone, model)):
                _draw_box(axes, place + offset, width, points, row)
    axes.set_xlim(-0.5, len(zones) - 0.5)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xticks(range(len(zones)), zones)
    axes.tick_params(axis="x", length=0)
    axes.set_ylabel("Frame accuracy")
    axes.grid(axis="y")
    sides = [zone.side for zone in protocol.zones]
    axes.axvline(sides.index("left") - 0.5, color=MUTED, linewidth=1)
    quiet_axes(axes)
    figure.legend(handles=_legend(models, labels), loc="outside upper left", ncols=columns)
    return figure


def _draw_box(axes: Axes, place: float, width: float, points: list[float], row: int) -> None:
    colour, marker, _ = model_style(row)
    line = {"color": colour, "linewidth": 1.1}
    axes.boxplot(
        [points],
        positions=[place],
        widths=width * 0.74,
        whis=(0, 100),
        manage_ticks=False,
        patch_artist=True,
        boxprops={"facecolor": colour, "edgecolor": colour, "alpha": 0.25},
        medianprops=line | {"linewidth": 1.8},
        whiskerprops=line,
        capprops=line,
    )
    places = [place] * len(points)
    axes.plot(places, points, marker, color=colour, markersize=3.4, linestyle="none")


def _legend(models: Sequence[str], labels: Mapping[str, str]) -> list[Any]:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour, marker=marker, linestyle="none", label=labels[model])
        for model, (colour, marker, _) in (
            (model, model_style(row)) for row, model in enumerate(models)
        )
    ]
    return [*handles, Line2D([], [], color=BASELINE_COLOUR, lw=1.4, label=labels[BASELINE])]
