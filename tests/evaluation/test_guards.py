from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dataset_maker import make_labelled
from lusscore.cohort import ExtractionSettings, Split, leave_one_out
from lusscore.errors import CohortError, FoldError
from lusscore.evaluation import HeadChoice
from lusscore.evaluation.crossval import cross_validate
from lusscore.evaluation.guards import check_apart, check_comparable, check_learnable, notes_on


def frames(truth):
    rows = [(patient, f"{patient} {n}", score) for patient, own in truth.items()
            for n, score in enumerate(own)]  # fmt: skip
    return pd.DataFrame(rows, columns=["patient", "digest", "truth"])


@pytest.mark.parametrize("left_out", ["", "device: iQ"])
@pytest.mark.parametrize(("column", "what"), [("patient", "patient"), ("digest", "recording")])
def test_nothing_is_trained_and_tested_on_however_the_split_was_made(left_out, column, what):
    rows = frames({"a": [0, 1], "b": [0, 1]})
    split = Split(1, 1, np.array([0, 1]), np.array([2, 3]), left_out)
    check_apart(rows, [split])
    rows.loc[[0, 2], column] = "same"
    with pytest.raises(FoldError, match=f"{split.where}, {what} 'same' is both trained and tested"):
        check_apart(rows, [split])


def test_a_score_that_nobody_trained_on_has_is_refused_in_folds_and_noted_where_given():
    rows = frames({"a": [0, 1, 0], "b": [1, 3, 3]})
    train, test = np.arange(3), np.arange(3, 6)
    with pytest.raises(FoldError, match="no patient left for training has score 3"):
        check_learnable(rows, [Split(1, 1, train, test)])
    assert check_learnable(rows, [Split(1, 1, train, test, "group: b")]) == [
        "No labelled frame has score 2.",
        "With group: b left out, nobody trained on has score 3, so it is never predicted; the 2 "
        "held-out frames that have it count as wrong.",
        "With group: b left out, no held-out frame has score 0; metrics of that score are not "
        "defined there.",
    ]


def test_a_single_score_to_train_on_is_refused_even_where_splits_are_given():
    rows = frames({"healthy": [0, 0], "covid": [0, 1, 3]})
    healthy, covid = np.arange(2), np.arange(2, 5)
    with pytest.raises(
        FoldError, match=r"With group: covid left out, all frames to train on have score 0"
    ):
        check_learnable(rows, [Split(1, 1, healthy, covid, "group: covid")])
    notes = check_learnable(rows, [Split(1, 1, covid, healthy, "group: healthy")])
    assert notes[1].startswith("With group: healthy left out, no held-out frame has score 1 or 3")


def test_frames_of_a_second_device_are_in_no_split_and_told():
    """p0's second zone was examined with the device of p1."""
    dataset = make_labelled(
        8,
        zones=3,
        device=lambda patient, zone: f"d{1 if (patient, zone) == (0, 1) else patient % 2}",
    ).dataset
    result = cross_validate(
        dataset, leave_one_out(dataset.frames, "device"), [HeadChoice("logistic")]
    )
    assert result.notes[0].startswith(
        "1 of 8 patients was examined with more than one device and counts with that of most of "
        "the frames; 3 frames of another are neither trained nor tested on"
    )
    assert len(result.predictions) == 2 * (8 * 9 - 3)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"weights": "v"}, "weights is v in here and w in there"),
        ({"extraction": ExtractionSettings(variants=1, sector="none")}, "sector is none in here"),
        (
            {"extraction": ExtractionSettings(variants=1, contrast="clahe")},
            "contrast is clahe in here and none in there",
        ),
    ],
)
def test_embeddings_of_another_kind_are_refused_with_what_differs(change, told):
    training = make_labelled(2, name="here", **change)
    tested = make_labelled(2, name="there", seed=1)
    with pytest.raises(CohortError) as caught:
        check_comparable([training], tested)
    assert told in str(caught.value)
    assert "run 'lusscore features here --backbone efficientnet_lite0'" in str(caught.value)


def test_cohorts_trained_on_together_have_equally_many_variants():
    one, two, three = (
        make_labelled(2, name=name, seed=variants, extraction=ExtractionSettings(variants=variants))
        for name, variants in (("one", 1), ("two", 2), ("three", 0))
    )
    check_comparable([one], three)
    check_comparable([two], three)
    with pytest.raises(CohortError, match="variants is 2 in two and 1 in one"):
        check_comparable([one, two], three)


def test_a_cohort_named_twice_is_refused():
    one, two = make_labelled(2, name="one"), make_labelled(2, name="two")
    with pytest.raises(CohortError, match="cohort one is named 2 times"):
        check_comparable([one], one)
    with pytest.raises(CohortError, match="cohort one is named 2 times"):
        check_comparable([one, one], two)


def test_shared_recordings_are_named_and_counted():
    one = make_labelled(3, name="one", digest=lambda patient, zone: f"{patient} {zone}")
    two = make_labelled(2, name="two", digest=lambda patient, zone: f"{patient + 1} {zone}")
    with pytest.raises(CohortError) as caught:
        check_comparable([one], two)
    told = str(caught.value)
    assert "one and two share 4 recordings, byte for byte: p1_0.mp4 = p0_0.mp4" in told
    assert "p2_0.mp4 = p1_0.mp4 and 1 more;" in told


def test_what_sets_cohorts_apart_is_told():
    training = make_labelled(
        2, name="here", rubric="bouhemad-2011", label_level="frame", protocol="lus-12",
        extraction=ExtractionSettings(variants=1, dtype="float32"),
    )  # fmt: skip
    holes = replace(training, dataset=replace(training.dataset, skipped={"a.mp4": "broken"}))
    told = " ".join(notes_on([holes], make_labelled(2, name="there", seed=1)))
    assert "another scoring system in here (bouhemad-2011) than in there (soldati-2020)" in told
    assert "given per frame in here and per clip in there" in told
    assert "zones and the global score are those of blue-6" in told
    assert "were stored as float32 in here and float16 in there" in told
    assert "1 labelled clip of here could not be used for training." in told


def test_a_patient_of_one_name_in_both_cohorts_is_two_patients_and_told():
    training, tested = make_labelled(3, name="here"), make_labelled(2, name="there", seed=1)
    (note,) = notes_on([training], tested)
    assert note.startswith("2 patient names of there, the first 'p0', are also in here.")
    renamed = replace(tested.dataset, frames=tested.dataset.frames.copy())
    renamed.frames["patient"] = "x" + renamed.frames["patient"]
    assert notes_on([training], replace(tested, dataset=renamed)) == ()
