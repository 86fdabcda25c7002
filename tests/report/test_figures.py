from __future__ import annotations

import copy

import numpy as np
import pytest

from lusscore.report.figures import (
    draw_bland_altman,
    draw_confusion,
    draw_coverage,
    draw_global_score,
    draw_intervals,
    draw_reliability,
    draw_roc,
    draw_zone_accuracy,
    mean_areas,
)


def _texts(figure):
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_zone_accuracy_has_every_zone_model_and_fold(clinical, labels):
    figure = draw_zone_accuracy(clinical.zone_accuracy, clinical.protocol, clinical.models, labels)
    texts = _texts(figure)
    assert set(clinical.protocol.zone_names) <= set(texts)
    assert set(labels.values()) <= set(texts)
    points = [line for line in figure.axes[0].lines if line.get_marker() in {"o", "s", "^"}]
    drawn = sum(len(line.get_xdata()) for line in points)
    models = clinical.zone_accuracy["model"].isin(clinical.models)
    assert drawn == models.sum()


def test_confusion_shows_counts_and_shares_of_each_true_score(clinical, labels):
    level = clinical.metrics["levels"]["zone"]
    texts = _texts(draw_confusion(level, clinical.models, labels))
    counts = np.array(level[clinical.models[0]]["confusion"])
    assert f"{counts[0, 0]:,}" in texts
    assert f"{100 * counts[0, 0] / counts[0].sum():.0f} %" in texts


def test_a_true_score_without_rows_is_not_a_share(clinical, labels):
    model = clinical.models[0]
    level = {model: {"confusion": [[3, 0, 0, 0], [0, 1, 0, 0], [0, 0, 2, 0], [0, 0, 0, 0]]}}
    assert _texts(draw_confusion(level, [model], labels)).count("n/a") == 4


def test_roc_has_a_panel_per_score_and_an_area_per_model(clinical, labels):
    areas = mean_areas(clinical)
    figure = draw_roc(clinical.roc, clinical.models, labels, areas)
    assert [axes.get_title() for axes in figure.axes] == [f"Score {score}" for score in range(4)]
    legend = [text.get_text() for text in figure.axes[2].get_legend().get_texts()]
    assert legend == [f"{areas[model][2]:.3f}" for model in clinical.models]
    (names,) = figure.legends
    assert [text.get_text() for text in names.get_texts()] == [
        labels[model] for model in clinical.models
    ]


def test_areas_beside_each_other_stay_under_the_diagonal_however_many_models(clinical, labels):
    models = [f"model {row}" for row in range(8)]
    named = dict.fromkeys(models, "a model with a rather long name")
    areas = dict.fromkeys(models, [0.5] * 4)
    figure = draw_roc(clinical.roc.iloc[:0], models, named, areas)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    box = axes.get_legend().get_window_extent().transformed(axes.transAxes.inverted())
    assert box.y1 < 0.62
    assert box.x0 > 0.2


def test_coverage_shows_every_model_and_the_baseline_at_every_share(clinical, labels):
    figure = draw_coverage(clinical.metrics["coverage"], labels)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["Accuracy", "Mean absolute error", "Quadratic kappa"]
    (names,) = figure.legends
    assert {text.get_text() for text in names.get_texts()} == set(labels.values())
    entry = clinical.metrics["coverage"][clinical.models[0]]
    drawn = [tuple(line.get_ydata()) for line in figure.axes[0].lines]
    assert tuple(point["accuracy"] for point in entry["curve"]) in drawn
    for share in entry["shares"]:
        assert tuple(share["interval"]["accuracy"]) in drawn


def test_what_is_undefined_at_a_coverage_is_not_drawn(clinical, labels):
    coverage = copy.deepcopy(clinical.metrics["coverage"])
    for entry in coverage.values():
        for share in entry["shares"]:
            share["pooled"]["quadratic_kappa"] = None
            share["interval"] = {}
        for point in entry["curve"]:
            point["quadratic_kappa"] = None
    figure = draw_coverage(coverage, labels)
    assert all(len(line.get_ydata()) == 0 for line in figure.axes[2].lines)


def test_mean_areas_leave_out_folds_without_the_score(clinical):
    model = clinical.models[0]
    folds = clinical.metrics["levels"]["frame"][model]["folds"]
    defined = [fold["per_class"][3]["auc"] for fold in folds if fold["fold"] != 2]
    assert mean_areas(clinical)[model][3] == pytest.approx(np.mean(defined))


def test_global_scores_are_one_point_per_place(clinical, labels):
    figure = draw_global_score(clinical.exams, clinical.models, labels, 36)
    mine = clinical.exams[clinical.exams["model"] == clinical.models[0]]
    drawn = sum(len(points.get_offsets()) for points in figure.axes[0].collections)
    complete = mine["zones_scored"] == mine["zones_of_protocol"]
    places = mine.assign(complete=complete)[["truth", "prediction", "complete"]]
    assert drawn == len(places.drop_duplicates())


def test_intervals_name_every_model_and_the_baseline(clinical, labels):
    level = clinical.metrics["levels"]["frame"]
    figure = draw_intervals(level, labels)
    names = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert names == [labels[model] for model in level]


def test_intervals_that_are_undefined_leave_their_place_empty(clinical, labels):
    model = clinical.models[0]
    nothing = {"pooled": dict.fromkeys(_METRICS), "interval": {}, "chance": {}}
    figure = draw_intervals({model: nothing}, labels)
    assert all(not axes.lines and not axes.patches for axes in figure.axes)


def test_chance_bands_stand_behind_the_models_but_not_the_baseline(clinical, labels):
    level = clinical.metrics["levels"]["frame"]
    (axes, *_) = draw_intervals(level, labels).axes
    assert len(axes.patches) == len(clinical.models)
    low, high = level[clinical.models[0]]["chance"]["accuracy"]
    assert axes.patches[0].get_x() == pytest.approx(low)
    assert axes.patches[0].get_width() == pytest.approx(high - low)


def test_reliability_shows_every_bin_and_its_share_of_rows(clinical, labels):
    level = clinical.metrics["levels"]["frame"]
    figure = draw_reliability(level, clinical.models, labels)
    for axes, model in zip(figure.axes, clinical.models, strict=True):
        bins = level[model]["reliability"]
        assert axes.get_title() == labels[model]
        assert sum(bar.get_height() for bar in axes.patches) == pytest.approx(1)
        drawn = [line for line in axes.lines if line.get_marker() not in ("None", None)]
        assert [line.get_ydata()[0] for line in drawn] == [each["accuracy"] for each in bins]


def test_bland_altman_shows_every_exam_bias_and_limits(clinical, labels):
    errors = clinical.metrics["exams"]
    figure = draw_bland_altman(clinical.exams, errors, clinical.models, labels)
    model = clinical.models[0]
    mine = clinical.exams[clinical.exams["model"] == model]
    complete = mine["zones_scored"] == mine["zones_of_protocol"]
    places = mine.assign(mean=mine["truth"] + mine["prediction"], complete=complete)
    points = sum(len(each.get_offsets()) for each in figure.axes[0].collections)
    assert points == len(places[["mean", "error", "complete"]].drop_duplicates())
    heights = {round(line.get_ydata()[0], 6) for line in figure.axes[0].lines}
    expected = {errors[model]["pooled"][name] for name in ("mean_error", "limit_low", "limit_high")}
    assert heights == {round(value, 6) for value in expected}


def test_a_single_exam_has_no_limits_to_draw(clinical, labels):
    model = clinical.models[0]
    one = clinical.exams[clinical.exams["model"] == model].iloc[:1]
    pooled = {"mean_error": 1.0, "limit_low": None, "limit_high": None}
    errors = {model: {"pooled": pooled, "interval": {}}}
    figure = draw_bland_altman(one, errors, [model], labels)
    assert len(figure.axes[0].lines) == 1


_METRICS = ("accuracy", "macro_f1", "macro_auc", "quadratic_kappa")
