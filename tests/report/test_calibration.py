import copy
from dataclasses import replace

import pytest

from lusscore.report.calibration import calibration, left_out_scores


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
    for model, sentence in zip(clinical.models, calibration(clinical, labels), strict=True):
        entry = clinical.metrics["levels"]["frame"][model]
        assert f"error {entry['pooled']['calibration_error']:.3f} [" in sentence


def test_every_model_has_its_metrics_at_every_coverage(clinical, clinical_page):
    for entry in clinical.metrics["coverage"].values():
        for share in entry["shares"]:
            low, high = share["interval"]["accuracy"]
            value = share["pooled"]["accuracy"]
            assert f"<td>{value:.3f}<small>[{low:.3f}, {high:.3f}]</small></td>" in clinical_page


def test_scores_that_are_left_out_are_named_for_each_model(clinical, labels):
    metrics = copy.deepcopy(clinical.metrics)
    metrics["coverage"][clinical.models[0]]["shares"][3]["kept"] = [1.0, 0.75, 0.5, None]
    sentence, *others = left_out_scores(replace(clinical, metrics=metrics), labels)
    assert sentence.replace("\u00a0", " ") == (
        "At a coverage of 70 % of clips, Xception leaves out 0.0 % of those with score 0, "
        "25.0 % of those with score 1 and 50.0 % of those with score 2."
    )
    assert len(others) == 2
