from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backbone_maker import write_tiny_backbone
from lusscore.backbones import get_backbone
from lusscore.cohort import Cohort, write_cohort
from lusscore.errors import CohortError, FeatureFileError
from lusscore.evaluation.dataset import join_labels
from lusscore.features import Features, extract_features, read_features


@pytest.fixture
def extract(tiny_backbone: Path, tmp_path: Path) -> Callable[[Cohort], Features]:
    def run(cohort: Cohort) -> Features:
        spec = get_backbone(str(tiny_backbone))
        (outcome,) = extract_features(cohort, [spec], tmp_path / "features")
        return read_features(outcome.path)

    return run


def test_every_labelled_frame_meets_its_embedding(
    make_cohort: Callable[..., Cohort], extract: Callable[[Cohort], Features]
) -> None:
    cohort = make_cohort(3, frames=4)
    features = extract(cohort)
    dataset = join_labels(cohort, [features])
    assert len(dataset.frames) == 24
    for row, frame in zip(dataset.rows["tiny"], dataset.frames.itertuples(), strict=True):
        assert features.paths[features.clip[row]] == frame.clip
        assert features.frame[row] == frame.frame
    scores = {segment.clip: segment.score for segment in cohort.segments}
    assert (dataset.frames["clip"].map(scores) == dataset.frames["truth"]).all()


def test_segments_label_their_frames_and_no_others(
    make_cohort: Callable[..., Cohort], extract: Callable[[Cohort], Features]
) -> None:
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


def test_two_backbones_are_joined_on_the_same_frames(
    make_cohort: Callable[..., Cohort], extract: Callable[[Cohort], Features], tmp_path: Path
) -> None:
    cohort = make_cohort(2)
    wide = get_backbone(str(write_tiny_backbone(tmp_path / "wide.onnx", size=32)))
    (outcome,) = extract_features(cohort, [wide], tmp_path / "features")
    files = [extract(cohort), read_features(outcome.path)]
    dataset = join_labels(cohort, files)
    assert len(dataset.frames) == 20
    for file in files:
        rows = dataset.rows[file.backbone]
        np.testing.assert_array_equal(file.frame[rows], dataset.frames["frame"])


def test_a_clip_that_failed_is_skipped_and_told(
    make_cohort: Callable[..., Cohort], extract: Callable[[Cohort], Features]
) -> None:
    cohort = make_cohort(2)
    cohort.clip_path(cohort.clips()[2]).write_bytes(b"x")
    dataset = join_labels(cohort, [extract(cohort)])
    assert list(dataset.skipped) == [cohort.clips()[2]]
    assert len(dataset.frames) == 15


def test_a_file_that_lacks_clips_gets_a_sentence(
    make_cohort: Callable[..., Cohort], extract: Callable[[Cohort], Features]
) -> None:
    features = extract(make_cohort(1))
    with pytest.raises(FeatureFileError, match=r"lacks 2 labelled clips, the first 'clips/p1_R1"):
        join_labels(make_cohort(2), [features])


def test_one_recording_of_two_patients_is_refused(
    make_cohort: Callable[..., Cohort], extract: Callable[[Cohort], Features]
) -> None:
    cohort = make_cohort(2)
    one, two = cohort.clip_path(cohort.clips()[0]), cohort.clip_path(cohort.clips()[2])
    two.write_bytes(one.read_bytes())
    with pytest.raises(CohortError, match="1 recordings are given to more than one patient"):
        join_labels(cohort, [extract(cohort)])


def test_a_cohort_without_labels_gets_a_sentence(
    make_cohort: Callable[..., Cohort], extract: Callable[[Cohort], Features]
) -> None:
    cohort = make_cohort(1, score=lambda patient, zone: None)
    with pytest.raises(CohortError, match="has no labelled frames with embeddings"):
        join_labels(cohort, [extract(cohort)])
