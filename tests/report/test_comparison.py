from __future__ import annotations

import copy
from dataclasses import replace

import pytest

from lusscore.report.comparison import comparison
from lusscore.report.run_files import model_labels


def test_pairs_with_the_baseline_stand_apart(clinical, labels):
    shown = comparison(clinical, labels)
    assert len(shown.models) == 3 * 4
    assert len(shown.baseline) == 3 * 4
    assert all(pair.b == "Majority baseline" for pair in shown.baseline)
    assert shown.level == "frame"


def test_a_single_model_has_no_pair(weak):
    shown = comparison(weak, model_labels(weak.models))
    assert shown.models == ()
    assert shown.level == "clip"


def test_the_level_stands_in_where_no_zone_is_known(images, clinical, labels):
    shown = comparison(images, model_labels(images.models))
    assert shown.level == "clip"
    assert shown.levels == ("frame", "clip")
    assert comparison(clinical, labels).levels == ("frame", "clip", "zone")


@pytest.mark.parametrize(
    ("change", "reading"),
    [
        ({"p_holm": 0.2, "fold_p_holm": 0.01}, "no difference shown"),
        ({"p_holm": 0.01, "fold_p_holm": 0.01, "pooled": 0.1}, "Xception higher"),
        ({"p_holm": 0.01, "fold_p_holm": 0.01, "pooled": -0.1}, "ResNet50 higher"),
        (
            {"p_holm": 0.01, "fold_p_holm": 0.3, "pooled": 0.1},
            "Xception higher over patients, not over folds",
        ),
        (
            {"p_holm": 0.01, "fold_p_holm": None, "pooled": 0.1},
            "Xception higher over patients, not over folds",
        ),
        ({"p_holm": None, "fold_p_holm": None}, "not tested"),
    ],
)
def test_a_reading_claims_no_more_than_the_tests(clinical, labels, change, reading):
    run = replace(clinical, metrics=copy.deepcopy(clinical.metrics))
    run.metrics["comparison"]["frame"][0].update(change)
    assert comparison(run, labels).models[0].reading == reading


@pytest.mark.parametrize(
    ("degrees", "words"),
    [
        (2, "almost no power"),
        (0, "With one fold there is nothing to test"),
        (29, "29 degrees of freedom"),
    ],
)
def test_the_caution_fits_the_number_of_folds(clinical, labels, degrees, words):
    run = replace(clinical, metrics=copy.deepcopy(clinical.metrics))
    run.metrics["comparison"]["frame"][0]["degrees"] = degrees
    caution = comparison(run, labels).caution
    assert words in caution
    assert ("almost no power" in caution) == (degrees == 2)


def test_mcnemars_test_is_of_zones_and_of_clips_where_none_is_known(clinical, images, labels):
    shown = comparison(clinical, labels).mcnemar
    assert (shown.level, len(shown.pairs)) == ("zone", 6)
    assert shown.rows == clinical.metrics["levels"]["zone"][clinical.models[0]]["rows"]
    row = clinical.metrics["mcnemar"]["pairs"][0]
    assert (shown.pairs[0].only_a, shown.pairs[0].only_b) == (
        str(row["only_a"]),
        str(row["only_b"]),
    )
    assert comparison(images, model_labels(images.models)).mcnemar.level == "clip"
