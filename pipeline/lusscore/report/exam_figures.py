"""Figures of zones and exams: accuracy per zone, global scores, Bland-Altman plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from lusscore.cohort import Protocol
from lusscore.evaluation import BASELINE
from lusscore.report.canvas import (
    BASELINE_COLOUR,
    FULL_WIDTH,
    GRID,
    INK,
    MUTED,
    PANELS_PER_ROW,
    legend_shape,
    model_panels,
    model_style,
    new_figure,
    quiet_axes,
)
from lusscore.wording import signed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_zone_accuracy(
    table: pd.DataFrame, protocol: Protocol, models: Sequence[str], labels: Mapping[str, str]
) -> Figure:
    """Draw one box per zone and model over its folds, with every fold as a point.

    `table` is ``tables/zone_accuracy.csv``; the baseline's mean is a grey line in each zone.
    """
    from matplotlib.lines import Line2D

    columns, more = legend_shape([labels[model] for model in (*models, BASELINE)], FULL_WIDTH)
    figure, (axes,) = new_figure(FULL_WIDTH, 3.5 + more, 1, 1)
    zones = protocol.zone_names
    values = {key: part["accuracy"].tolist() for key, part in table.groupby(["zone", "model"])}
    width = 0.8 / len(models)
    handles = []
    for place, zone in enumerate(zones):
        if place % 2 == 0:
            axes.axvspan(place - 0.5, place + 0.5, color=GRID, alpha=0.3, linewidth=0)
        if baseline := values.get((zone, BASELINE)):
            mean = sum(baseline) / len(baseline)
            axes.plot([place - 0.42, place + 0.42], [mean, mean], color=BASELINE_COLOUR, lw=1.4)
    for row, model in enumerate(models):
        colour, marker, _ = model_style(row)
        style: dict[str, Any] = {"color": colour, "marker": marker, "linestyle": "none"}
        handles.append(Line2D([], [], label=labels[model], **style))
        offset = (row - (len(models) - 1) / 2) * width
        for place, zone in enumerate(zones):
            if points := values.get((zone, model)):
                _draw_box(axes, place + offset, width, points, colour)
                axes.plot([place + offset] * len(points), points, markersize=3.4, **style)
    handles.append(Line2D([], [], color=BASELINE_COLOUR, lw=1.4, label=labels[BASELINE]))
    axes.set_xlim(-0.5, len(zones) - 0.5)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xticks(range(len(zones)), zones)
    axes.tick_params(axis="x", length=0)
    axes.set_ylabel("Frame accuracy")
    axes.grid(axis="y")
    sides = [zone.side for zone in protocol.zones]
    axes.axvline(sides.index("left") - 0.5, color=MUTED, linewidth=1)
    quiet_axes(axes)
    figure.legend(handles=handles, loc="outside upper left", ncols=columns)
    return figure


def _draw_box(axes: Axes, place: float, width: float, points: list[float], colour: str) -> None:
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


def draw_global_score(
    exams: pd.DataFrame, models: Sequence[str], labels: Mapping[str, str], maximum: int
) -> Figure:
    """Draw every exam (``exams.csv``) as a point; exams with unscored zones are hollow.

    Points that fall together are drawn larger, by area. `maximum` is the protocol's.
    """
    figure, panels = model_panels(models, labels, 2.6, 2.9)
    shown = exams[exams["model"].isin(models)]
    top = min(maximum, int(shown[["truth", "prediction"]].to_numpy().max()) + 1)
    for row, (axes, model) in enumerate(zip(panels, models, strict=True)):
        axes.plot([0, top], [0, top], color=MUTED, linewidth=0.9, linestyle=(0, (3, 2)))
        mine = shown[shown["model"] == model]
        _draw_exams(axes, mine, ("truth", "prediction"), model_style(row)[0], 24, 1.2)
        axes.set_aspect("equal")
        axes.set_xlim(-top * 0.04, top * 1.04)
        axes.set_ylim(-top * 0.04, top * 1.04)
        axes.locator_params(integer=True, nbins=5)
        axes.set_xlabel(f"True global score (of {maximum})")
        axes.set_ylabel("Predicted global score")
        axes.grid()
        quiet_axes(axes)
    return figure


def _draw_exams(
    axes: Axes, exams: pd.DataFrame, places: tuple[str, str], colour: str, size: float, line: float
) -> None:
    complete = exams["zones_scored"] == exams["zones_of_protocol"]
    for filled in (False, True):
        points = exams[complete == filled].groupby([*places]).size()
        if not points.empty:
            x, y = (points.index.get_level_values(place) for place in places)
            axes.scatter(
                x,
                y,
                s=size * points.to_numpy(),
                facecolors=colour if filled else "none",
                edgecolors=colour,
                linewidths=line,
                alpha=0.75,
            )


def draw_bland_altman(
    exams: pd.DataFrame,
    errors: Mapping[str, Any],
    models: Sequence[str],
    labels: Mapping[str, str],
) -> Figure:
    """Draw prediction minus truth against the mean of both, with bias and limits of agreement.

    `exams` is ``exams.csv``, `errors` are the exams of ``metrics.json``. Points as in
    :func:`draw_global_score`.
    """
    figure, panels = model_panels(models, labels, 2.75, 2.6, sharex=True, sharey=True)
    exams = exams.assign(mean=(exams["truth"] + exams["prediction"]) / 2)
    for row, (axes, model) in enumerate(zip(panels, models, strict=True)):
        mine = exams[exams["model"] == model]
        _draw_exams(axes, mine, ("mean", "error"), model_style(row)[0], 20, 1.1)
        _draw_limits(axes, errors[model])
        axes.locator_params(integer=True, nbins=5)
        axes.set_xlabel("Mean of truth and prediction")
        axes.grid()
        quiet_axes(axes)
        if row % PANELS_PER_ROW == 0:
            axes.set_ylabel("Prediction − truth")
    return figure


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
