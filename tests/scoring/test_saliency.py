from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax

from bundle_maker import SIZE, make_bundle
from clip_maker import write_video
from lusscore.cohort.phantom import PhantomSettings, write_phantom
from lusscore.models import Bundle, builtin_bundle_path, read_bundle
from lusscore.scoring import ExamClip, LoadedModel
from lusscore.scoring.exam import ClipPrediction
from lusscore.scoring.saliency import NEVER, SaliencyMapper, _refine, centred, share_outside


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Six frames of noise that grow brighter, in 32 × 32 pixels."""
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 60, (6, SIZE, SIZE, 1)).repeat(3, axis=3)
    steps = 35 * np.arange(6)[:, None, None, None]
    return write_video(tmp_path / "clip.mp4", (noise + steps).astype(np.uint8))


def read(bundle: Bundle, clip: Path) -> ClipPrediction:
    with LoadedModel(bundle) as model:
        prediction = model.score([ExamClip(clip)]).clips[0].prediction
    assert prediction is not None
    return prediction


def from_maps(prediction: ClipPrediction) -> np.ndarray:
    """What the maps alone say of each frame: the mean over their cells, and the bias."""
    evidence = prediction.evidence
    return softmax(evidence.maps.mean(axis=(1, 2), dtype=np.float64) + evidence.bias, axis=1)


@pytest.mark.parametrize(
    ("head", "settings"),
    [
        ("softmax", {"epochs": 3}),
        ("softmax", {"epochs": 3, "components": 4}),
        ("logistic", {}),
        ("logistic", {"components": 4}),
    ],
)
def test_the_mean_of_a_map_and_the_bias_are_the_logits_of_the_frame(
    tmp_path: Path, clip: Path, head: str, settings: dict[str, Any]
) -> None:
    prediction = read(make_bundle(tmp_path, head=head, settings=settings), clip)
    assert prediction.evidence.exact
    assert prediction.evidence.note == ""
    assert np.ptp(prediction.frame_probabilities, axis=0).max() > 0.1
    np.testing.assert_allclose(from_maps(prediction), prediction.frame_probabilities, atol=1e-5)


def test_it_holds_for_a_head_that_sees_two_networks(tmp_path: Path, clip: Path) -> None:
    prediction = read(make_bundle(tmp_path, backbones=("first", "second")), clip)
    assert prediction.evidence.exact
    np.testing.assert_allclose(from_maps(prediction), prediction.frame_probabilities, atol=1e-5)


@pytest.mark.slow
def test_it_holds_for_the_bundle_that_comes_with_lusscore_and_its_bands(tmp_path: Path) -> None:
    cohort = write_phantom(tmp_path / "phantom", PhantomSettings(patients=1, frames=3), jobs=1)
    prediction = read(read_bundle(builtin_bundle_path()), cohort.folder / cohort.segments[0].clip)
    assert prediction.evidence.exact
    assert prediction.evidence.maps.shape[1:] == (14, 14, 4)
    np.testing.assert_allclose(from_maps(prediction), prediction.frame_probabilities, atol=1e-5)


def test_of_whole_clips_the_mean_over_frames_is_the_logits_of_the_clip(
    tmp_path: Path, clip: Path
) -> None:
    prediction = read(make_bundle(tmp_path, settings={"pooling": "mean"}), clip)
    assert prediction.evidence.exact
    clip_logits = prediction.evidence.logits.mean(axis=0)
    np.testing.assert_allclose(softmax(clip_logits), prediction.probabilities, atol=1e-5)


@pytest.mark.parametrize(
    ("head", "settings"),
    [
        ("svm", {}),
        ("ordinal", {}),
        ("mil", {"epochs": 2}),
        ("logistic", {"pooling": "mean-std"}),
        ("logistic", {"context": "exam", "pooling": "mean"}),
    ],
)
def test_heads_for_which_it_does_not_hold_say_why(
    tmp_path: Path, clip: Path, head: str, settings: dict[str, Any]
) -> None:
    prediction = read(make_bundle(tmp_path, head=head, settings=settings), clip)
    assert not prediction.evidence.exact
    assert prediction.evidence.note
    assert np.isfinite(prediction.evidence.maps).all()


def test_several_heads_say_that_their_maps_are_averaged(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path)
    both = SaliencyMapper(replace(bundle, members=bundle.members * 2))
    assert not both.exact
    assert "2 heads" in both.note


def test_two_equal_heads_have_the_map_of_one(tmp_path: Path, clip: Path) -> None:
    bundle = make_bundle(tmp_path)
    one, two = read(bundle, clip), read(replace(bundle, members=bundle.members * 2), clip)
    np.testing.assert_allclose(two.evidence.maps, one.evidence.maps, rtol=1e-6, atol=1e-6)


def test_a_score_that_training_lacked_is_never_spoken_for(tmp_path: Path, clip: Path) -> None:
    bundle = make_bundle(tmp_path)
    member = bundle.members[0]
    frames = np.random.default_rng(0).normal(0, 1, (60, 12)).astype(np.float32)
    member.head.fit(frames, np.repeat([0, 1, 3], 20))
    prediction = read(bundle, clip)
    assert prediction.evidence.bias[2] == NEVER
    assert (prediction.frame_probabilities[:, 2] == 0).all()
    np.testing.assert_allclose(from_maps(prediction), prediction.frame_probabilities, atol=1e-5)


maps = arrays(np.float32, (2, 3, 5, 4), elements=st.floats(-9, 9, width=32))


@given(maps, st.integers(0, 3), st.floats(-9, 9))
def test_what_speaks_for_all_scores_alike_speaks_for_none(
    values: np.ndarray, score: int, shift: float
) -> None:
    np.testing.assert_allclose(
        centred(values + np.float32(shift), score), centred(values, score), atol=1e-4
    )


@given(maps, st.sampled_from([(3, 5), (6, 10), (7, 5), (14, 14)]))
def test_a_map_brought_to_a_finer_grid_keeps_its_means(
    values: np.ndarray, grid: tuple[int, int]
) -> None:
    fine = _refine(values, grid)
    assert fine.shape == (2, *grid, 4)
    np.testing.assert_allclose(fine.mean(axis=(1, 2)), values.mean(axis=(1, 2)), atol=1e-5)


def test_the_share_outside_counts_what_speaks_for_the_score_alone() -> None:
    values = np.zeros((1, 2, 2, 4), np.float32)
    values[0, 0, 0, 3] = 4  # speaks for 3, inside
    values[0, 1, 1, 3] = 12  # for 3, outside
    values[0, 1, 0, 0] = 99  # for another score
    inside = np.array([[1.0, 1.0], [1.0, 0.0]])
    assert share_outside(values, 3, inside) == pytest.approx(0.75)
    assert share_outside(values, 0, inside) == pytest.approx(0.0)


def test_the_share_outside_is_unknown_where_nothing_speaks_for_the_score() -> None:
    assert np.isnan(share_outside(np.zeros((3, 2, 2, 4), np.float32), 1, np.ones((2, 2))))


@pytest.fixture
def subset(shared: Path) -> Callable[[int], list[Path]]:
    """Pick a few of the real clips, far from each other in the list."""

    def pick(count: int) -> list[Path]:
        clips = sorted((shared / "covid-blues" / "lus_videos").glob("*.mp4"))
        return clips[:: len(clips) // count][:count]

    return pick


@pytest.mark.slow
@pytest.mark.shared
def test_real_clips_are_shown_what_the_shipped_bundle_sees_in_them(
    subset: Callable[[int], list[Path]],
) -> None:
    bundle = read_bundle(builtin_bundle_path())
    for path in subset(2):
        prediction = read(bundle, path)
        np.testing.assert_allclose(from_maps(prediction), prediction.frame_probabilities, atol=1e-5)
        assert 0 <= prediction.evidence.outside <= 1
