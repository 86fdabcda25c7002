from dataclasses import replace

import pytest

from dataset_maker import make_labelled
from lusscore.cohort import ExtractionSettings
from lusscore.errors import CohortError
from lusscore.evaluation.external_checks import (
    check_comparable,
    check_no_shared_recording,
    notes_on,
)


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
def test_embeddings_of_another_kind_are_refused_with_what_differs(
    change: dict[str, object], told: str
) -> None:
    training = make_labelled(2, name="here", **change)
    tested = make_labelled(2, name="there", seed=1)
    with pytest.raises(CohortError) as caught:
        check_comparable([training], tested)
    assert told in str(caught.value)
    assert "run 'lusscore features here --backbone efficientnet_lite0'" in str(caught.value)


def test_cohorts_trained_on_together_have_equally_many_variants() -> None:
    one, two, three = (
        make_labelled(2, name=name, seed=variants, extraction=ExtractionSettings(variants=variants))
        for name, variants in (("one", 1), ("two", 2), ("three", 0))
    )
    check_comparable([one], three)
    check_comparable([two], three)
    with pytest.raises(CohortError, match="variants is 2 in two and 1 in one"):
        check_comparable([one, two], three)


def test_a_cohort_named_twice_is_refused() -> None:
    one, two = make_labelled(2, name="one"), make_labelled(2, name="two")
    with pytest.raises(CohortError, match="Cohort one is named 2 times"):
        check_comparable([one], one)
    with pytest.raises(CohortError, match="Cohort one is named 2 times"):
        check_comparable([one, one], two)


def test_shared_recordings_are_named_and_counted() -> None:
    one = make_labelled(3, name="one", digest=lambda patient, zone: f"{patient} {zone}")
    two = make_labelled(2, name="two", digest=lambda patient, zone: f"{patient + 1} {zone}")
    with pytest.raises(CohortError) as caught:
        check_no_shared_recording(one, two)
    told = str(caught.value)
    assert "one and two share 4 recordings, byte for byte: p1_0.mp4 = p0_0.mp4" in told
    assert "p2_0.mp4 = p1_0.mp4 and 1 more." in told


def test_other_rubrics_labels_protocols_and_rounding_are_told() -> None:
    training = make_labelled(
        2, name="here", rubric="bouhemad-2011", label_level="frame", protocol="lus-12",
        extraction=ExtractionSettings(variants=1, dtype="float32"),
    )  # fmt: skip
    tested = make_labelled(2, name="there", seed=1)
    told = " ".join(notes_on([training], tested))
    assert "another rubric in here (bouhemad-2011) than in there (soldati-2020)" in told
    assert "given per frame in here and per clip in there" in told
    assert "zones and the global score are those of blue-6" in told
    assert "were stored as float32 in here and float16 in there" in told


def test_clips_that_could_not_be_trained_on_are_counted() -> None:
    training, tested = make_labelled(2, name="here"), make_labelled(2, name="there", seed=1)
    holes = replace(training, dataset=replace(training.dataset, skipped={"a.mp4": "broken"}))
    assert "1 labelled clip of here could not be used for training." in notes_on([holes], tested)
