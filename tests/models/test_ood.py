from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataset_maker import BACKBONE, make_labelled
from lusscore.errors import HeadError
from lusscore.models import OODDetector
from lusscore.models.ood import clip_vectors, fit_ood


def cloud(patients: int, seed: int, *, dim: int = 40, shift: float = 0.0) -> tuple[np.ndarray, ...]:
    """Clips of patients who differ, mostly along five directions that are always the same."""
    rng = np.random.default_rng(seed)
    axes = np.random.default_rng(99).normal(0, 1, (5, dim))
    owners = np.repeat(np.arange(patients), 6)
    own = rng.normal(0, 1, (patients, 5))[owners] + rng.normal(0, 1, (len(owners), 5))
    clips = own @ axes + rng.normal(0, 0.2, (len(owners), dim)) + shift
    return clips.astype(np.float32), owners


def test_few_clips_of_new_patients_of_the_same_kind_lie_beyond_the_limit() -> None:
    detector = fit_ood(*cloud(60, 0), share=0.05)
    new, _ = cloud(200, 1)
    assert 0.01 < np.mean(detector.scores(new) > 1) < 0.12


def test_clips_of_another_kind_lie_beyond_it() -> None:
    detector = fit_ood(*cloud(60, 0))
    other = np.random.default_rng(2).normal(0, 3, (50, 40))
    shifted, _ = cloud(20, 3, shift=3.0)
    assert np.all(detector.scores(other) > 1)
    assert np.all(detector.scores(shifted) > 1)


def test_a_clip_that_is_odd_in_one_way_is_far_off_however_usual_it_is_in_the_other() -> None:
    detector = fit_ood(*cloud(60, 0))
    along = detector.mean + 30 * detector.deviations[0] * detector.directions[:, 0]
    usual = detector.directions @ detector.directions.T
    left = np.random.default_rng(4).normal(0, 2, 40)
    out = detector.mean + left - usual @ left
    assert np.all(detector.scores(np.stack([along, out])) > 1)
    assert detector.scores(detector.mean[None])[0] < 0.1


def test_too_few_patients_are_refused_and_constant_embeddings_survived() -> None:
    with pytest.raises(HeadError, match="at least 3"):
        fit_ood(*cloud(2, 0))
    detector = fit_ood(np.ones((12, 5), np.float32), np.repeat(np.arange(6), 2))
    assert np.isfinite(detector.limit)


def test_clips_are_pooled_over_their_clean_frames() -> None:
    dataset = make_labelled(4, zones=2).dataset
    vectors, patients = clip_vectors(dataset, [BACKBONE])
    assert vectors.shape == (8, 12)
    assert sorted(np.unique(patients, return_counts=True)[1].tolist()) == [2, 2, 2, 2]
    rows = np.flatnonzero(dataset.frames["clip"] == sorted(set(dataset.frames["clip"]))[0])
    clean = dataset.features[BACKBONE].embeddings[rows, 0]
    np.testing.assert_allclose(vectors[0], clean.mean(axis=0), rtol=1e-5)


MEAN = np.array([1.0, 2.0, 3.0], np.float32)
# along the first axis 2, along the second 0.5, and the third is what is left
DETECTOR = OODDetector(
    MEAN,
    np.eye(3, 2, dtype=np.float32),
    np.array([2.0, 0.5], np.float32),
    rest=0.25,
    limit=3.0,
    share=0.01,
)


def test_each_part_counts_in_its_own_measure_and_the_larger_one_is_taken() -> None:
    away = np.array([[0, 0, 0], [6, 0, 0], [0, 1.5, 0], [0, 0, 0.25], [6, 0, 0.5], [12, 0, 0.5]])
    np.testing.assert_allclose(DETECTOR.scores(MEAN + away), [0, 1, 1, 1, 2, 2])


@given(st.integers(0, 2**16), st.floats(0.1, 10))
def test_twice_as_far_is_twice_the_score_on_either_side(seed: int, times: float) -> None:
    away = np.random.default_rng(seed).normal(size=(5, 3))
    once, more = (DETECTOR.scores(MEAN + size * away) for size in (1, times))
    np.testing.assert_allclose(more, times * once, rtol=1e-6)
    np.testing.assert_allclose(DETECTOR.scores(MEAN - away), once, rtol=1e-6)
