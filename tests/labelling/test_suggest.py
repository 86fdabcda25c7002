from collections import Counter
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelling.pool_maker import FEATURES, in_other_order, make_pool, parts
from lusscore.cohort import Segment
from lusscore.labelling.pool import join_pool
from lusscore.labelling.suggest import Suggestion, choose_clips, suggest_clips, whiten


def corner(one: Suggestion) -> int:
    """The score by which the maker placed a clip."""
    return (int(one.segment.patient[1:]) + int(one.segment.clip[-5])) % 4


def test_only_unlabelled_clips_are_suggested_each_once_and_ranked() -> None:
    suggestions = suggest_clips(make_pool(noise=0.2), count=10)
    assert [one.rank for one in suggestions] == list(range(1, 11))
    assert all(one.segment.score is None for one in suggestions)
    assert len({one.segment.clip for one in suggestions}) == 10
    assert Counter(one.segment.patient for one in suggestions).most_common(1)[0][1] <= 3
    for one in suggestions:
        assert one.predicted == corner(one)
        assert sum(one.probabilities or ()) == pytest.approx(1)
        assert 0 <= (one.uncertainty or 0) <= 1


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("cold", [True, False])
def test_the_order_of_the_files_changes_nothing(seed: int, cold: bool) -> None:
    segments, file = parts(labelled=lambda segment: not cold and int(segment.patient[1:]) < 4)
    first = suggest_clips(join_pool(segments, file, FEATURES), count=6)
    assert (
        suggest_clips(join_pool(*in_other_order(segments, file, seed), FEATURES), count=6) == first
    )


def test_without_labels_clips_are_chosen_by_what_they_look_like() -> None:
    """The maker gives four corners, one per score: four clips are to show all of them."""
    pool = make_pool(8, noise=0.1, labelled=lambda segment: False)
    suggestions = suggest_clips(pool, count=4, per_patient=1)
    assert set(map(corner, suggestions)) == {0, 1, 2, 3}
    assert all(one.probabilities is None and one.uncertainty is None for one in suggestions)
    assert all(one.new_patient for one in suggestions)


def test_clips_of_unknown_looks_come_before_those_like_what_is_labelled() -> None:
    """Scores 0 and 1 alone are labelled: what looks like 2 and 3 is neither covered nor sure."""
    pool = make_pool(8, noise=0.1, labelled=lambda segment: segment.score in (0, 1))
    suggestions = suggest_clips(pool, count=4, per_patient=1)
    assert set(map(corner, suggestions)) == {2, 3}


SEGMENT = Segment("a.mp4", "p", "1", "R1", None)


@pytest.mark.parametrize(
    ("probabilities", "stands_for", "new", "told"),
    [
        ((0.1, 0.4, 0.35, 0.15), 7, True, "1 or 2, first of its patient and stands for 7 clips"),
        ((0.1, 0.7, 0.1, 0.1), 1, False, "unlike the others"),
        (None, 2, False, "stands for 2 clips"),
    ],
)
def test_the_reason_is_a_few_words(
    probabilities: tuple[float, float, float, float] | None,
    stands_for: int,
    new: bool,
    told: str,
) -> None:
    one = Suggestion(1, SEGMENT, probabilities, None, stands_for, new)
    assert one.reason == told
    assert one.predicted == (None if probabilities is None else 1)
    assert " or " not in one.blind_reason


def clusters(
    sizes: tuple[int, ...], seed: int = 0, apart: float = 20.0
) -> tuple[np.ndarray, np.ndarray]:
    """Points in clusters far from each other, and the cluster of each."""
    rng = np.random.default_rng(seed)
    own = np.repeat(np.arange(len(sizes)), sizes)
    points = rng.normal(0, 1, (len(own), 3)) + apart * own[:, None]
    return points.astype(np.float32), own


def choose(
    points: np.ndarray, labelled: np.ndarray, count: int, seed: int = 0, weights: Any = 1.0
) -> tuple[list[int], list[int]]:
    """Choose clips, each of a patient of its own: their rows, and how many each stands for."""
    weights = np.broadcast_to(weights, len(points))
    chosen = choose_clips(points, labelled, weights, np.arange(len(points)), count, 1, seed)
    return [row for row, _ in chosen], [size for _, size in chosen]


@pytest.mark.parametrize("seed", range(5))
def test_each_cluster_gets_a_clip_before_any_gets_a_second(seed: int) -> None:
    points, own = clusters((10, 10, 10, 10))
    rows, sizes = choose(points, np.zeros(40, bool), 4, seed)
    assert sorted(own[rows]) == [0, 1, 2, 3]
    assert sizes == [10, 10, 10, 10]


@pytest.mark.parametrize("seed", range(5))
def test_what_is_like_the_labelled_is_passed_over(seed: int) -> None:
    points, own = clusters((20, 10, 10))
    rows, sizes = choose(points, np.arange(40) < 4, 2, seed)
    assert sorted(own[rows]) == [1, 2]
    assert sizes == [10, 10]  # none of the 16 like the labelled


def test_a_clip_is_chosen_that_many_are_like_rather_than_the_farthest() -> None:
    """A recording that went wrong is far from everything and teaches nothing.

    It is drawn 29 times in 100, and chosen where both that are drawn are it, 8 times.
    """
    points, own = clusters((5, 40), apart=10)
    points[4] = -40  # on the other side of what is labelled, and farther from it than the many
    labelled = own == 0
    labelled[4] = False
    first = [choose(points, labelled, 1, seed)[0][0] for seed in range(100)]
    farthest = np.abs(points - points[labelled].mean(axis=0)).sum(axis=1).argmax()
    assert farthest == 4
    assert first.count(4) < 17


def test_uncertainty_decides_between_clusters_of_a_size() -> None:
    points, own = clusters((2, 10, 10), apart=0)
    points[own == 1] += 20
    points[own == 2] -= 20
    uncertainty = np.where(own == 1, 0.9, 0.01)
    for seed in range(5):
        (first,), _ = choose(points, own == 0, 1, seed, uncertainty)
        assert own[first] == 1


def test_no_patient_has_more_than_its_part_while_others_have_clips() -> None:
    points, own = clusters((6, 6, 6, 6, 6))
    patients = np.array([0, 0, 0, 1, 2])[own]  # the first one's clips are of three kinds
    for count, most, expected in ((5, 1, [2, 2, 1]), (3, 1, [1, 1, 1]), (5, 5, [3, 1, 1])):
        chosen = choose_clips(points, np.zeros(30, bool), np.ones(30), patients, count, most)
        found = np.bincount(patients[[row for row, _ in chosen]])
        assert sorted(found, reverse=True) == expected


@given(st.integers(1, 20), st.integers(1, 30), st.integers(1, 4), st.integers(0, 99), st.booleans())
def test_any_batch_is_of_unlabelled_clips_each_once_and_as_large_as_can_be(
    clips: int, count: int, per_patient: int, seed: int, alike: bool
) -> None:
    rng = np.random.default_rng(seed)
    points = np.zeros((clips, 2)) if alike else rng.normal(size=(clips, 2))
    labelled = rng.random(clips) < 0.3
    patients = rng.integers(0, 3, clips)
    chosen = choose_clips(
        points.astype(np.float32), labelled, rng.random(clips) + 0.01, patients, count, per_patient
    )
    rows = [row for row, _ in chosen]
    assert len(set(rows)) == len(rows) == min(count, int((~labelled).sum()))
    assert not labelled[rows].any()


def test_many_labelled_clips_are_looked_at_some_at_a_time() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(700, 4)).astype(np.float32)
    labelled = np.arange(700) < 600
    points[650] = 50
    assert choose(points, labelled, 1)[0] == [650]
    points[599] = 50  # the last of the labelled is like it
    assert choose(points, labelled, 1)[0] != [650]


def test_whitening_lets_no_direction_outweigh_the_others() -> None:
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(400, 20)) * np.geomspace(1, 1000, 20)).astype(np.float32)
    points = whiten(vectors)
    assert points.std(axis=0) == pytest.approx(1, abs=0.02)
    assert whiten(vectors[:3]).shape == (3, 1)
    assert np.isfinite(whiten(np.ones((5, 4), np.float32))).all()
