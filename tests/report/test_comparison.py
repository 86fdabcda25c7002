import copy
from dataclasses import replace

import pytest

from lusscore.report.comparison import comparison
from lusscore.report.run_files import model_labels


def _changed(run, **change):
    run = replace(run, metrics=copy.deepcopy(run.metrics))
    run.metrics["comparison"]["frame"][0].update(change)
    return run


def test_pairs_with_the_baseline_stand_apart(clinical, labels):
    shown = comparison(clinical, labels)
    assert len(shown.models) == 3 * 4
    assert len(shown.baseline) == 3 * 4
    assert all(pair["b"] == clinical.baseline for pair in shown.baseline)
    assert shown.left_out == ""


def test_a_single_model_has_no_pair_and_levels_are_those_compared(weak, images, clinical, labels):
    assert comparison(weak, model_labels(weak.models)).models == ()
    assert comparison(images, model_labels(images.models)).levels == ("frame", "clip")
    assert comparison(clinical, labels).levels == ("frame", "clip", "zone")


@pytest.mark.parametrize(
    ("p", "fold_p", "pooled", "reading"),
    [
        (0.2, 0.01, 0.1, "no difference shown"),
        (0.01, 0.01, 0.1, "Xception higher"),
        (0.01, 0.01, -0.1, "ResNet50 higher"),
        (0.01, 0.3, 0.1, "Xception higher over patients, not over folds"),
        (0.01, None, 0.1, "Xception higher over patients, not over folds"),
        (None, None, 0.1, "not tested"),
    ],
)
def test_a_reading_claims_no_more_than_the_tests(clinical, labels, p, fold_p, pooled, reading):
    run = _changed(clinical, p_holm=p, fold_p_holm=fold_p, pooled=pooled)
    assert comparison(run, labels).models[0]["reading"] == reading


@pytest.mark.parametrize(
    ("degrees", "words"),
    [(2, "almost no power"), (0, "there is nothing to test"), (29, "29 degrees of freedom")],
)
def test_the_caution_fits_the_number_of_folds(clinical, labels, degrees, words):
    caution = comparison(_changed(clinical, degrees=degrees), labels).caution
    assert words in caution
    assert ("almost no power" in caution) == (degrees == 2)


def test_every_pair_stands_in_the_page_with_its_p_values(clinical, clinical_page):
    rows = clinical.metrics["mcnemar"]["pairs"]
    assert len(rows) == 6
    for row in rows:
        assert f"<td>{row['only_a']}</td><td>{row['only_b']}</td>" in clinical_page
