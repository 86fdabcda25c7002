from dataclasses import replace

import numpy as np
import pytest

from dataset_maker import BACKBONE, make_labelled
from lusscore.backbones import get_backbone
from lusscore.cohort import ExtractionSettings, FramesPolicy, write_cohort
from lusscore.errors import CohortError, FeatureFileError
from lusscore.evaluation.crossval import cross_validate
from lusscore.evaluation.dataset import JoinedDatasets, join_cohorts, join_labels
from lusscore.evaluation.models import FeatureSet, HeadChoice
from lusscore.features import extract_features, read_features


@pytest.fixture
def extract(tiny_backbone, tmp_path):
    def run(cohort):
        spec = get_backbone(str(tiny_backbone))
        (outcome,) = extract_features(cohort, [spec], tmp_path / "features")
        return read_features(outcome.path)

    return run


def test_every_labelled_frame_meets_its_embedding(make_cohort, extract):
    cohort = make_cohort(3, frames=4)
    features = extract(cohort)
    dataset = join_labels(cohort, [features])
    assert len(dataset.frames) == 24
    for row, frame in zip(dataset.rows["tiny"], dataset.frames.itertuples(), strict=True):
        assert features.paths[features.clip[row]] == frame.clip
        assert features.frame[row] == frame.frame
    scores = {segment.clip: segment.score for segment in cohort.segments}
    assert (dataset.frames["clip"].map(scores) == dataset.frames["truth"]).all()


def test_segments_label_their_frames_and_no_others(make_cohort, extract):
    cohort = make_cohort(1, frames=6)
    first = cohort.segments[0]
    segments = [
        replace(first, score=0, frame_start=1, frame_end=3),
        replace(first, score=2, frame_start=4),
        replace(cohort.segments[1], score=None),
    ]
    cohort = write_cohort(cohort.folder, cohort.card, segments)
    frames = join_labels(cohort, [extract(cohort)]).frames
    assert list(zip(frames["frame"], frames["truth"], strict=True)) == [
        (1, 0), (2, 0), (4, 2), (5, 2),
    ]  # fmt: skip


def test_two_backbones_are_joined_on_the_frames_that_both_have(make_cohort, extract):
    cohort = make_cohort(2)
    one = extract(cohort)
    rows = np.flatnonzero(one.frame != 1)
    other = replace(
        one, recipe={**one.recipe, "backbone": "other"}, clip=one.clip[rows], frame=one.frame[rows]
    )
    dataset = join_labels(cohort, [one, other])
    assert len(dataset.frames) == 16
    for file in (one, other):
        own = dataset.rows[file.backbone]
        np.testing.assert_array_equal(file.frame[own], dataset.frames["frame"])


def test_a_clip_that_failed_is_skipped_and_told(make_cohort, extract):
    cohort = make_cohort(2)
    cohort.clip_path(cohort.clips()[2]).write_bytes(b"x")
    dataset = join_labels(cohort, [extract(cohort)])
    assert list(dataset.skipped) == [cohort.clips()[2]]
    assert len(dataset.frames) == 15


def test_a_file_that_lacks_clips_and_a_cohort_without_labels_are_refused(make_cohort, extract):
    with pytest.raises(FeatureFileError, match=r"lacks 2 labelled clips, the first 'clips/p1_R1"):
        join_labels(make_cohort(2), [extract(make_cohort(1))])
    cohort = make_cohort(1, score=lambda patient, zone: None)
    with pytest.raises(CohortError, match="has no labelled frames with embeddings"):
        join_labels(cohort, [extract(cohort)])


HEAD = HeadChoice("logistic")


def test_one_split_trains_on_all_of_one_cohort_and_tests_on_all_of_the_other():
    training, tested = make_labelled(8, name="here"), make_labelled(5, name="there", seed=1)
    joined, splits = join_cohorts([training], tested)
    (split,) = splits
    frames = joined.frames
    assert set(frames["patient"][split.train]) == {f"here/p{n}" for n in range(8)}
    assert set(frames["patient"][split.test]) == {f"p{n}" for n in range(5)}
    result = cross_validate(joined, splits, [HEAD])
    rows = result.predictions[result.predictions["model"] == f"{BACKBONE}/logistic"]
    assert len(rows) == len(tested.dataset.frames)
    predicted = rows[["p0", "p1", "p2", "p3"]].to_numpy().argmax(axis=1)
    assert (predicted == rows["truth"]).mean() > 0.9
    (row,) = result.training.itertuples()
    assert (row.train_patients, row.train_frames, row.test_patients, row.test_frames) == (
        8, 48, 5, 30,
    )  # fmt: skip


def test_the_baseline_is_that_of_the_cohort_trained_on():
    training = make_labelled(6, name="here", score=lambda patient, zone: 2 * (zone == 0))
    training.dataset.frames.loc[:3, "truth"] = 0
    tested = make_labelled(4, name="there", seed=1, score=lambda patient, zone: 2)
    joined, splits = join_cohorts([training], tested)
    rows = cross_validate(joined, splits, [HEAD]).predictions
    baseline = rows[rows["model"] == "baseline/majority"]
    share = (training.dataset.frames["truth"] == 0).mean()
    assert baseline["p0"].unique() == pytest.approx(share)
    assert share > 0.5


def test_patients_and_clips_of_one_name_stay_apart_in_two_cohorts_trained_on():
    one, two = make_labelled(4, name="one"), make_labelled(4, name="two", seed=1)
    joined, splits = join_cohorts([one, two], make_labelled(4, name="three", seed=2))
    (row,) = cross_validate(joined, splits, [HEAD]).training.itertuples()
    assert row.train_patients == 8
    assert joined.frames["clip"].nunique() == 24


def test_rows_of_several_cohorts_come_in_the_order_asked_for():
    one, two = (make_labelled(3, name=f"c{n}", seed=n).dataset for n in (1, 2))
    joined = JoinedDatasets((one, two), ("a", ""))
    rows = np.array([30, 2, 18, 17, 35, 0])
    told = joined.embeddings((FeatureSet(BACKBONE),), rows)
    for row, embedding in zip(rows, told, strict=True):
        part, own = (one, row) if row < 18 else (two, row - 18)
        np.testing.assert_array_equal(
            embedding, part.embeddings((FeatureSet(BACKBONE),), np.array([own]))[0]
        )
    assert joined.embeddings((FeatureSet(BACKBONE),), rows, 1).shape == (6, 1, 12)


def test_variants_and_frames_may_be_others_in_the_cohort_tested_on():
    training = make_labelled(6, name="here", extraction=ExtractionSettings(variants=3))
    tested = make_labelled(
        6, name="there", extraction=ExtractionSettings(variants=0, frames=FramesPolicy("every", 2))
    )
    joined, splits = join_cohorts([training], tested)
    settings = {"variants": True, "test_variants": True}
    result = cross_validate(joined, splits, [HeadChoice("logistic", settings)])
    assert len(result.predictions) == 2 * len(tested.dataset.frames)
