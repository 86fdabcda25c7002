import copy
from dataclasses import replace

import pytest

from lusscore.report.sections.calibration import calibration


def _with_confidence(run, confidence):
    metrics = copy.deepcopy(run.metrics)
    entry = metrics["levels"]["frame"][run.models[0]]
    entry["pooled"]["accuracy"] = 0.8
    entry["reliability"] = [{"rows": entry["rows"], "confidence": confidence}]
    return replace(run, metrics=metrics)


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (0.9, "too sure by 10.0 percentage points"),
        (0.7, "too modest by 10.0 percentage points"),
        (0.81, "about as sure as it is right"),
    ],
)
def test_a_model_is_told_to_be_too_sure_or_too_modest(clinical, labels, confidence, words):
    sentence = calibration(_with_confidence(clinical, confidence), labels).sentences[0]
    assert words in sentence
    assert sentence.startswith("Xception gives the score it chooses for a frame a probability of")
    assert "right for 80.0\u00a0%" in sentence


def test_every_model_has_a_sentence_with_its_error(clinical, labels):
    shown = calibration(clinical, labels)
    assert shown.level == "frame"
    for model, sentence in zip(clinical.models, shown.sentences, strict=True):
        entry = clinical.metrics["levels"]["frame"][model]
        assert f"error {entry['pooled']['calibration_error']:.3f} [" in sentence
