from __future__ import annotations

import copy
from dataclasses import replace

import pandas as pd
import pytest

from lusscore.report.run_files import model_labels
from lusscore.report.summary import summarise
from run_maker import changed


def _with(run, change):
    metrics = copy.deepcopy(run.metrics)
    change(metrics)
    return replace(run, metrics=metrics)


def _sentences(run):
    return " ".join(summarise(run, model_labels(run.models)).sentences).replace("\u00a0", " ")


def test_it_opens_with_what_was_done_and_the_numbers_are_the_runs(clinical):
    text = _sentences(clinical)
    frames = clinical.metrics["levels"]["frame"]["xception/softmax"]["rows"]
    assert f"were tested on {frames:,} frames of 12 patients (12 exams, cohort clinic)" in text
    accuracy = clinical.metrics["levels"]["frame"]["xception/softmax"]["pooled"]["accuracy"]
    assert f"predicts the true score of {100 * accuracy:.1f} % of frames" in text
    assert "protocol maximum 36" in text


def test_no_winner_is_named_where_intervals_overlap(clinical):
    text = _sentences(clinical)
    assert (
        "The accuracy interval of Xception overlaps that of ResNet50 and lies above that of "
        "VGG16. Where intervals overlap no winner is named"
    ) in text


def test_a_first_model_far_ahead_is_told_without_a_caution(clinical):
    def change(metrics):
        frame = metrics["levels"]["frame"]
        frame["xception/softmax"]["interval"]["accuracy"] = [0.98, 0.99]

    text = _sentences(_with(clinical, change))
    assert "accuracy interval of Xception lies above those of ResNet50 and VGG16." in text
    assert "winner" not in text
    assert "picked" not in text


def test_the_summary_speaks_of_the_first_model_and_says_that_a_higher_one_was_picked(clinical):
    def change(metrics):
        frame = metrics["levels"]["frame"]
        frame["vgg16/softmax"]["pooled"]["accuracy"] = 0.987
        frame["vgg16/softmax"]["interval"]["accuracy"] = [0.98, 0.99]

    changed = _with(clinical, change)
    text = _sentences(changed)
    assert "Xception, the first model of the run, predicts" in text
    assert "overlaps that of ResNet50 and lies below that of VGG16." in text
    assert (
        "VGG16 has the highest accuracy, 98.7 % (95 % interval 98.0 to 99.0 %), but was picked "
        "from 3 models by this number"
    ) in text
    tiles = summarise(changed, model_labels(changed.models)).tiles
    assert all(tile.label.endswith(", Xception") for tile in tiles[:4])


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

    assert words in _sentences(_with(clinical, change))


def test_the_summary_has_the_permutation_test(clinical):
    entry = clinical.metrics["levels"]["frame"]["xception/softmax"]
    low, high = entry["chance"]["accuracy"]
    text = _sentences(clinical)
    assert f"an accuracy of {100 * low:.1f} to {100 * high:.1f} %" in text
    assert f"(kappa {entry['pooled']['quadratic_kappa']:.3f})" in text

    def change(metrics):
        metrics["levels"]["frame"]["xception/softmax"]["chance"] = {}

    assert "permutation" not in _sentences(_with(clinical, change))


def test_weak_labels_are_summed_up_at_their_own_level(weak):
    text = _sentences(weak)
    assert "predicts the true score of" in text
    assert "in 3 folds, repeated 2 times" in text
    assert "winner" not in text


def test_without_zones_the_summary_is_of_clips_and_of_no_exam(images):
    summary = summarise(images, model_labels(images.models))
    text = _sentences(images)
    assert " % of clips (" in text
    assert "global score" not in text
    assert "of 12 patients (12 exams, cohort images)" in text
    assert [tile.label.split(",")[0] for tile in summary.tiles] == [
        "Clip accuracy",
        "Macro-F1",
        "Quadratic kappa",
        "Patients",
    ]


def test_a_sum_over_some_zones_says_over_how_many(half):
    scored = half.exams.loc[half.exams["model"] == half.models[0], "zones_scored"].mean()
    text = _sentences(half)
    assert f"Summed over the zones scored, on average {scored:.1f} of 12, the global" in text
    tile = summarise(half, model_labels(half.models)).tiles[3]
    assert tile.notes[2] == f"{scored:.1f} of 12 zones scored"
    complete = replace(half, exams=half.exams.assign(zones_scored=12))
    assert "Summed over the zones of an exam, the global" in _sentences(complete)
    assert len(summarise(complete, model_labels(half.models)).tiles[3].notes) == 2


def test_tiles_stand_beside_the_baseline(clinical):
    tiles = summarise(clinical, model_labels(clinical.models)).tiles
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
    tiles = summarise(external, model_labels(external.models)).tiles
    assert tiles[-1].notes[1] == "trained on 30 others"


def test_leaving_out_each_device_is_said(clinical):
    run = changed(clinical, cross_validation={"leave_out": "device"})
    text = _sentences(run)
    assert "leaving out each of 3 devices in turn" in text
    assert "trained without its patient and without its device" in text
    tiles = summarise(run, model_labels(run.models)).tiles
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
