"""Figures of models: metrics, ROC curves, confusion, reliability and selective prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lusscore.evaluation import BASELINE, SCORES
from lusscore.report.canvas import (
    BASELINE_COLOUR,
    FULL_WIDTH,
    INK,
    INK_ON_SHARE,
    MUTED,
    SCORE_COLOURS,
    SHARE,
    fold_name,
    legend_shape,
    model_panels,
    model_style,
    new_figure,
    quiet_axes,
    unit_square,
)
from lusscore.report.run_files import METRIC_NAMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Labels = Mapping[str, str]
_DASHES = (0, (3, 2))
_BASELINE_STYLE = (BASELINE_COLOUR, "X", ":")
_INTERVALS = ("accuracy", "macro_f1", "macro_auc", "quadratic_kappa")
_COVERAGE = ("accuracy", "mean_absolute_error", "quadratic_kappa")
_LETTERS = 34
_LINE = 0.16
_ONE_COLUMN = 4  # of areas in a ROC panel; more would reach the curves
_RARE = 0.01
_STEP = 0.007


def draw_intervals(level: Mapping[str, Any], labels: Labels) -> Figure:
    """Draw four metrics as points with 95 % intervals, one row per model, baseline last.

    `level` is one level of ``metrics.json``. A grey bar behind each model is its chance band.
    """
    names = [fold_name(labels[model], _LETTERS) for model in level]
    row_height = max(0.32, _LINE * max(name.count("\n") + 1 for name in names))
    height = 0.75 + row_height * len(level)
    figure, grid = new_figure(FULL_WIDTH, height, 1, len(_INTERVALS), sharey=True)
    for axes, metric in zip(grid, _INTERVALS, strict=True):
        lowest = 0.0
        for row, (model, entry) in enumerate(level.items()):
            colour, marker, _ = (
                (BASELINE_COLOUR, "X", "") if model == BASELINE else model_style(row)
            )
            value, interval = entry["pooled"][metric], entry["interval"].get(metric)
            chance = entry["chance"].get(metric)
            if chance is not None:
                left, width = chance[0], chance[1] - chance[0]
                bar: Any = {"color": BASELINE_COLOUR, "alpha": 0.3, "linewidth": 0, "height": 0.62}
                axes.barh(row, width, left=left, **bar)
            if interval is not None:
                axes.plot(interval, [row, row], color=colour, linewidth=2.2, alpha=0.55)
            if value is not None:
                axes.plot([value], [row], marker, color=colour, markersize=6)
            starts = [value, *(interval or ())[:1], *(chance or ())[:1]]
            lowest = min([lowest, *(start for start in starts if start is not None)])
        axes.set_title(METRIC_NAMES[metric].removesuffix(" ↓"))
        axes.set_xlim(lowest - 0.03, 1.03)
        axes.set_ylim(len(level) - 0.4, -0.6)
        axes.set_yticks(range(len(level)), names)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        quiet_axes(axes)
    return figure


def draw_roc(
    table: pd.DataFrame,
    models: Sequence[str],
    labels: Labels,
    areas: Mapping[str, Sequence[float | None]],
) -> Figure:
    """Draw each score against the others: mean curve over folds bold, folds thin.

    `table` is ``tables/roc.csv``; `areas` are the mean AUC over folds of each model for scores
    0–3, None where undefined. Models are named once above the panels, which lack room for names.
    """
    columns, more = legend_shape([labels[model] for model in models], FULL_WIDTH)
    figure, grid = new_figure(FULL_WIDTH, 3.45 + more, 1, len(SCORES), sharex=True, sharey=True)
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
        unit_square(axes)
        axes.legend(
            loc="lower right",
            handlelength=1.6,
            borderaxespad=0.2,
            title="Mean AUC",
            ncols=1 if len(models) <= _ONE_COLUMN else 2,
            columnspacing=1.0,
        )
    handles = grid[0].get_legend_handles_labels()[0]
    names = [labels[model] for model in models]
    figure.legend(handles, names, loc="outside upper left", ncols=columns)
    figure.supxlabel("False positive rate (1 − specificity)", fontsize=9)
    grid[0].set_ylabel("True positive rate (sensitivity)")
    return figure


def draw_confusion(level: Mapping[str, Any], models: Sequence[str], labels: Labels) -> Figure:
    """Draw one matrix per model: rows are the truth and sum to 100 %."""
    figure, panels = model_panels(models, labels, 2.6, 2.8)
    for axes, model in zip(panels, models, strict=True):
        _draw_matrix(axes, np.array(level[model]["confusion"]))
    return figure


def _draw_matrix(axes: Axes, counts: Any) -> None:
    from matplotlib.patches import Rectangle

    centred: dict[str, Any] = {"ha": "center", "va": "center"}
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
            axes.text(predicted, truth - 0.1, text, color=ink, **centred)
            axes.text(predicted, truth + 0.22, f"{count:,}", color=ink, size=7, **centred)
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


def draw_reliability(level: Mapping[str, Any], models: Sequence[str], labels: Labels) -> Figure:
    """Draw accuracy against confidence in bins, with intervals and the share of rows in each.

    Bins with under 1 % of the rows are faint and left out of the line.
    """
    figure, panels = model_panels(models, labels, 2.6, 2.75)
    for row, (axes, model) in enumerate(zip(panels, models, strict=True)):
        _draw_bins(axes, level[model]["reliability"], row)
    return figure


def _draw_bins(axes: Axes, bins: Sequence[Mapping[str, Any]], row: int) -> None:
    colour, marker, _ = model_style(row)
    table = pd.DataFrame(bins)
    share = table["rows"] / table["rows"].sum()
    axes.plot([0, 1], [0, 1], color=MUTED, linewidth=0.9, linestyle=_DASHES)
    width = table["high"] - table["low"]
    axes.bar(table["low"], share, width, align="edge", color=colour, alpha=0.18, linewidth=0)
    for each in bins:
        if each["interval"] is not None:
            place = [each["confidence"]] * 2
            axes.plot(place, each["interval"], color=colour, linewidth=1.6, alpha=0.55)
    common = table[share >= _RARE]
    axes.plot(common["confidence"], common["accuracy"], color=colour, linewidth=1.0)
    for each, is_common in zip(bins, share >= _RARE, strict=True):
        size, alpha = (4.5, 1.0) if is_common else (3.5, 0.4)
        x, y = each["confidence"], each["accuracy"]
        axes.plot(x, y, marker, color=colour, markersize=size, alpha=alpha)
    unit_square(axes)
    axes.set_xlabel("Probability of the predicted score")
    axes.set_ylabel("Share that is correct")


def draw_coverage(coverage: Mapping[str, Any], labels: Labels) -> Figure:
    """Draw three metrics against the share of clips kept, models as lines with intervals.

    `coverage` is that of ``metrics.json``, models in order.
    """
    columns, more = legend_shape([labels[model] for model in coverage], FULL_WIDTH)
    figure, grid = new_figure(FULL_WIDTH, 3.4 + more, 1, len(_COVERAGE))
    models = [model for model in coverage if model != BASELINE]
    for axes, metric in zip(grid, _COVERAGE, strict=True):
        for model, entry in coverage.items():
            row = models.index(model) if model in models else -1
            beside = (row - (len(models) - 1) / 2) * _STEP if row >= 0 else 0.0
            _draw_curve(axes, entry, metric, row, beside, labels[model])
        axes.set_title(METRIC_NAMES[metric].removesuffix(" ↓"))
        axes.set_xlim(0.06, 1.04)
        axes.set_xticks([0.1, 0.3, 0.5, 0.7, 0.9], ["10 %", "30 %", "50 %", "70 %", "90 %"])
        axes.grid()
        quiet_axes(axes)
    figure.supxlabel("Coverage: share of clips kept, the most confident first", fontsize=9)
    handles, names = grid[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper left", ncols=columns)
    return figure


def _draw_curve(
    axes: Axes, entry: Mapping[str, Any], metric: str, row: int, beside: float, label: str
) -> None:
    colour, marker, dash = _BASELINE_STYLE if row < 0 else model_style(row)
    curve = [point for point in entry["curve"] if point[metric] is not None]
    x, y = [point["coverage"] for point in curve], [point[metric] for point in curve]
    axes.plot(x, y, color=colour, linewidth=1.4, linestyle=dash, label=label)
    for share in entry["shares"]:
        place, interval = share["coverage"] + beside, share["interval"].get(metric)
        if interval is not None and row >= 0:
            axes.plot([place] * 2, interval, color=colour, linewidth=1.4, alpha=0.45)
        if share["pooled"][metric] is not None:
            axes.plot(place, share["pooled"][metric], marker, color=colour, markersize=4)
