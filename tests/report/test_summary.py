from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from lusscore.report.run_files import model_labels
from lusscore.report.summary import summarise
from run_maker import changed, with_metrics

FIRST, LAST = "xception/softmax", "vgg16/softmax"


def _with_accuracy(run, model, interval, pooled=None):
    def change(metrics):
        entry = metrics["levels"]["frame"][model]
        entry["interval"]["accuracy"] = interval
        entry["pooled"]["accuracy"] = pooled or entry["pooled"]["accuracy"]

    return with_metrics(run, change)


def _tiles(run):
    return summarise(run, model_labels(run.models)).tiles


def _sentences(run):
    return " ".join(summarise(run, model_labels(run.models)).sentences).replace("\u00a0", " ")


def test_it_opens_with_what_was_done_and_the_numbers_are_the_runs(clinical):
    text, entry = _sentences(clinical), clinical.entries[FIRST]
    assert f"were tested on {entry['rows']:,} frames of 12 patients (12 exams, cohort" in text
    assert f"true score of {100 * entry['pooled']['accuracy']:.1f} % of frames" in text
    assert "protocol maximum 36" in text
    assert f"ICC(A,1), is {clinical.metrics['exams'][FIRST]['pooled']['icc']:.3f}" in text


def test_no_winner_is_named_where_intervals_overlap(clinical):
    overlaps = "The accuracy interval of Xception overlaps that of ResNet50 and lies above that of"
    text = _sentences(clinical)
    assert f"{overlaps} VGG16. Where intervals overlap no winner is named" in text
    ahead = _sentences(_with_accuracy(clinical, FIRST, [0.98, 0.99]))
    assert "accuracy interval of Xception lies above those of ResNet50 and VGG16." in ahead
    assert "winner" not in ahead
    assert "picked" not in ahead


def test_the_summary_is_of_the_first_model_and_says_that_a_higher_one_was_picked(clinical):
    run = _with_accuracy(clinical, LAST, [0.98, 0.99], 0.987)
    text = _sentences(run)
    assert "Xception, the first model of the run, predicts" in text
    assert "overlaps that of ResNet50 and lies below that of VGG16." in text
    assert (
        "VGG16 has the highest accuracy, 98.7 % (95 % interval 98.0 to 99.0 %), but was picked "
        "from 3 models by this number"
    ) in text
    assert all(tile.label.endswith(", Xception") for tile in _tiles(run)[:4])


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ([0.01, 0.2], "is more accurate than the majority-class baseline"),
        ([-0.05, 0.2], "may be chance: this run does not show"),
        ([-0.3, -0.1], "is less accurate than the majority-class baseline"),
        (None, "no comparison with chance is made"),
    ],
)
def test_the_baseline_is_beaten_only_where_the_difference_shows_it(clinical, interval, words):
    def change(metrics):
        for row in metrics["comparison"]["frame"]:
            row["interval"] = interval

    assert words in _sentences(with_metrics(clinical, change))


def test_the_summary_has_the_permutation_test(clinical):
    entry = clinical.entries[FIRST]
    low, high = entry["chance"]["accuracy"]
    text = _sentences(clinical)
    assert f"an accuracy of {100 * low:.1f} to {100 * high:.1f} %" in text
    assert f"(kappa {entry['pooled']['quadratic_kappa']:.3f})" in text

    def change(metrics):
        metrics["levels"]["frame"][FIRST]["chance"] = {}

    assert "permutation" not in _sentences(with_metrics(clinical, change))


def test_weak_labels_are_summed_up_at_their_own_level(weak):
    text = _sentences(weak)
    assert "predicts the true score of" in text
    assert "in 3 folds, repeated 2 times" in text
    assert "winner" not in text


def test_without_zones_the_summary_is_of_clips_and_of_no_exam(images):
    text = _sentences(images)
    assert " % of clips (" in text
    assert "global score" not in text
    assert "of 12 patients (12 exams, cohort images)" in text
    assert [tile.label.split(",")[0] for tile in _tiles(images)] == [
        "Clip accuracy",
        "Macro-F1",
        "Quadratic kappa",
        "Patients",
    ]


def test_a_sum_over_some_zones_says_over_how_many(half):
    scored = half.exams.loc[half.exams["model"] == half.models[0], "zones_scored"].mean()
    text = _sentences(half)
    assert f"Summed over the zones scored, on average {scored:.1f} of 12, the global" in text
    tile = _tiles(half)[3]
    assert tile.notes[2] == f"{scored:.1f} of 12 zones scored"
    complete = replace(half, exams=half.exams.assign(zones_scored=12))
    assert "Summed over the zones of an exam, the global" in _sentences(complete)
    assert len(_tiles(complete)[3].notes) == 2


def test_tiles_stand_beside_the_baseline(clinical):
    tiles = _tiles(clinical)
    assert len(tiles) == 5
    assert tiles[0].label == "Frame accuracy, Xception"
    for tile in tiles[:4]:
        assert tile.notes[0].startswith("95\u00a0% ")
        assert tile.notes[1].startswith("baseline ")


def test_external_validation_says_whom_it_trained_on_and_whom_it_tested(external):
    text = _sentences(external)
    assert text.startswith(
        "External validation: Xception, ResNet50 and VGG16 were trained on 1,000 frames of 30 "
        "patients (cohort far) and tested on "
    )
    assert "nothing of clinic was used for training" in text
    assert "permutations within a cohort" in text
    assert "in 3 folds" not in text
    tiles = _tiles(external)
    assert tiles[-1].notes[1] == "trained on 30 others"


def test_leaving_out_each_device_is_said(clinical):
    run = changed(clinical, cross_validation={"leave_out": "device"})
    text = _sentences(run)
    assert "leaving out each of 3 devices in turn" in text
    assert "trained without its patient and without its device" in text
    tiles = _tiles(run)
    assert tiles[-1].notes[1] == "each of 3 devices left out"


def test_what_was_chosen_inside_is_told_with_its_interval_and_its_chance(weak):
    (model,) = weak.models
    labels = model_labels(weak.models)
    chosen = replace(weak, selection=pd.DataFrame({"model": [model, model]}))
    (sentence,) = (
        each
        for each in summarise(chosen, labels).sentences
        if "selected in every fold on its training patients alone" in each
    )
    entry = weak.metrics["levels"]["clip"][model]
    assert f"kappa is {entry['pooled']['quadratic_kappa']:.3f}".replace("-", "−") in sentence
    assert "permutations" in sentence
    assert not any("selected in every fold" in each for each in summarise(weak, labels).sentences)
