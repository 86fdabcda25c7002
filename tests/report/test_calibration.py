from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from lusscore.report.calibration import calibration, coverage


def _with_confidence(run, confidence):
    metrics = copy.deepcopy(run.metrics)
    entry = metrics["levels"]["frame"][run.models[0]]
    entry["pooled"]["accuracy"] = 0.8
    entry["reliability"] = [{"rows": entry["rows"], "confidence": confidence}]
    return replace(run, metrics=metrics)


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (0.9, "overconfident by 10.0 percentage points"),
        (0.7, "underconfident by 10.0 percentage points"),
        (0.81, "on average calibrated"),
    ],
)
def test_a_model_is_said_to_be_over_or_underconfident(clinical, labels, confidence, words):
    sentence = calibration(_with_confidence(clinical, confidence), labels)[0]
    assert words in sentence
    assert sentence.startswith("Xception: the mean probability of the predicted score is")
    assert "80.0\u00a0% of predictions are correct" in sentence


def test_every_model_has_a_sentence_with_its_error(clinical, labels):
    shown = calibration(clinical, labels)
    for model, sentence in zip(clinical.models, shown, strict=True):
        entry = clinical.metrics["levels"]["frame"][model]
        assert f"error {entry['pooled']['calibration_error']:.3f} [" in sentence


def test_every_model_has_three_metrics_at_every_share(clinical, labels):
    shown = coverage(clinical, labels)
    assert shown.shares == tuple(f"{share}\u00a0%" for share in (100, 90, 80, 70, 50))
    assert [row.model for row in shown.rows if row.first] == [
        *(labels[model] for model in clinical.models),
        "Majority baseline",
    ]
    assert [row.metric for row in shown.rows[:3]] == [
        "Accuracy",
        "Mean absolute error ↓",
        "Quadratic kappa",
    ]
    entry = clinical.metrics["coverage"][clinical.models[0]]["shares"][4]
    low, high = entry["interval"]["accuracy"]
    assert shown.rows[0].cells[4] == (
        f"{entry['pooled']['accuracy']:.3f}",
        f"[{low:.3f}, {high:.3f}]",
    )


def test_which_scores_are_left_out_is_told_of_each_model(clinical, labels):
    metrics = copy.deepcopy(clinical.metrics)
    metrics["coverage"][clinical.models[0]]["shares"][3]["kept"] = [1.0, 0.75, 0.5, None]
    sentence, *others = coverage(replace(clinical, metrics=metrics), labels).sentences
    assert sentence == (
        "At a coverage of 70\u00a0% of clips, Xception leaves out "
        "0.0\u00a0% of those with score 0, "
        "25.0\u00a0% of those with score 1 and 50.0\u00a0% of those with score 2."
    )
    assert len(others) == 2
