import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.labelling.spread import choose_clips, whiten


def clusters(
    sizes: tuple[int, ...], seed: int = 0, apart: float = 20.0
) -> tuple[np.ndarray, np.ndarray]:
    """Points in clusters far from each other, and the cluster of each."""
    rng = np.random.default_rng(seed)
    own = np.repeat(np.arange(len(sizes)), sizes)
    points = rng.normal(0, 1, (len(own), 3)) + apart * own[:, None]
    return points.astype(np.float32), own


def alone(points: np.ndarray) -> np.ndarray:
    """A patient for each point."""
    return np.arange(len(points))


@pytest.mark.parametrize("seed", range(5))
def test_each_cluster_gets_a_clip_before_any_gets_a_second(seed: int) -> None:
    points, own = clusters((10, 10, 10, 10))
    none = np.zeros(40, bool)
    chosen = choose_clips(points, none, np.ones(40), alone(points), 4, 1, seed)
    assert sorted(own[[one.row for one in chosen]]) == [0, 1, 2, 3]
    assert [one.stands_for for one in chosen] == [10, 10, 10, 10]


@pytest.mark.parametrize("seed", range(5))
def test_what_is_like_the_labelled_is_passed_over(seed: int) -> None:
    points, own = clusters((20, 10, 10))
    labelled = np.zeros(40, bool)
    labelled[:4] = True
    chosen = choose_clips(points, labelled, np.ones(40), alone(points), 2, 1, seed)
    assert sorted(own[[one.row for one in chosen]]) == [1, 2]
    assert [one.stands_for for one in chosen] == [10, 10]  # none of the 16 like the labelled


def test_a_clip_is_chosen_that_many_are_like_rather_than_the_farthest() -> None:
    """A recording that went wrong is far from everything and teaches nothing.

    It is drawn 29 times in 100, and chosen where both that are drawn are it, 8 times.
    """
    points, own = clusters((5, 40), apart=10)
    points[4] = -40  # on the other side of what is labelled, and farther from it than the many
    labelled = own == 0
    labelled[4] = False
    first = [
        choose_clips(points, labelled, np.ones(45), alone(points), 1, 1, seed)[0].row
        for seed in range(100)
    ]
    farthest = np.abs(points - points[labelled].mean(axis=0)).sum(axis=1).argmax()
    assert farthest == 4
    assert first.count(4) < 17


def test_doubt_decides_between_clusters_of_a_size() -> None:
    points, own = clusters((2, 10, 10), apart=0)
    points[own == 1] += 20
    points[own == 2] -= 20
    labelled = own == 0
    doubt = np.where(own == 1, 0.9, 0.01)
    for seed in range(5):
        (first,) = choose_clips(points, labelled, doubt, alone(points), 1, 1, seed)
        assert own[first.row] == 1


def test_no_patient_has_more_than_its_part_while_others_have_clips() -> None:
    points, own = clusters((6, 6, 6, 6, 6))
    patients = np.array([0, 0, 0, 1, 2])[own]  # the first one's clips are of three kinds
    none = np.zeros(30, bool)
    chosen = choose_clips(points, none, np.ones(30), patients, 5, 1)
    assert np.bincount(patients[[one.row for one in chosen]]).max() == 2
    chosen = choose_clips(points, none, np.ones(30), patients, 3, 1)
    assert np.bincount(patients[[one.row for one in chosen]]).tolist() == [1, 1, 1]
    chosen = choose_clips(points, none, np.ones(30), patients, 5, 5)
    assert np.bincount(patients[[one.row for one in chosen]]).tolist() == [3, 1, 1]


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
    rows = [one.row for one in chosen]
    assert len(set(rows)) == len(rows) == min(count, int((~labelled).sum()))
    assert not labelled[rows].any()


def test_the_seed_decides_what_is_drawn() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(60, 4)).astype(np.float32)
    chosen = [
        choose_clips(points, np.zeros(60, bool), np.ones(60), alone(points), 5, 1, seed)
        for seed in (0, 0, 1)
    ]
    assert chosen[0] == chosen[1] != chosen[2]


def test_many_labelled_clips_are_looked_at_some_at_a_time() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(700, 4)).astype(np.float32)
    labelled = np.arange(700) < 600
    points[650] = 50
    (first,) = choose_clips(points, labelled, np.ones(700), alone(points), 1, 1)
    assert first.row == 650
    points[599] = 50  # the last of the labelled is like it
    (first,) = choose_clips(points, labelled, np.ones(700), alone(points), 1, 1)
    assert first.row != 650


def test_whitening_lets_no_direction_outweigh_the_others() -> None:
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(400, 20)) * np.geomspace(1, 1000, 20)).astype(np.float32)
    points = whiten(vectors)
    assert points.std(axis=0) == pytest.approx(1, abs=0.02)
    assert whiten(vectors[:3]).shape == (3, 1)
    assert np.isfinite(whiten(np.ones((5, 4), np.float32))).all()
