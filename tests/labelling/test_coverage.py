import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.labelling import coverage
from lusscore.labelling.coverage import choose_clips, whiten


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


def test_each_cluster_gets_a_clip_before_any_gets_a_second() -> None:
    points, own = clusters((10, 10, 10, 10))
    none = np.zeros(40, bool)
    chosen = choose_clips(points, none, np.ones(40), alone(points), 4, 1)
    assert sorted(own[[one.row for one in chosen]]) == [0, 1, 2, 3]
    assert all(5 <= one.stands_for <= 10 for one in chosen)


def test_what_is_labelled_is_covered_already() -> None:
    points, own = clusters((20, 10, 10))
    labelled = np.zeros(40, bool)
    labelled[:4] = True
    chosen = choose_clips(points, labelled, np.ones(40), alone(points), 2, 1)
    assert sorted(own[[one.row for one in chosen]]) == [1, 2]
    assert not labelled[[one.row for one in chosen]].any()


def test_a_clip_like_no_other_covers_itself_alone_and_does_not_come_first() -> None:
    """Farthest points would be taken first: a broken recording teaches nothing."""
    points, own = clusters((12, 12, 1), apart=50)
    chosen = choose_clips(points, np.zeros(25, bool), np.ones(25), alone(points), 3, 1)
    assert sorted(own[[one.row for one in chosen[:2]]]) == [0, 1]


def test_doubt_decides_between_clusters_of_a_size() -> None:
    points, own = clusters((10, 10, 10))
    doubt = np.where(own == 1, 0.9, 0.1)
    first = choose_clips(points, np.zeros(30, bool), doubt, alone(points), 3, 1)[0]
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


def test_the_greedy_choice_is_within_its_bound_of_the_best_one() -> None:
    from itertools import combinations

    rng = np.random.default_rng(1)
    points = rng.normal(size=(11, 2)).astype(np.float32)
    weights = rng.random(11) + 0.1
    chosen = choose_clips(points, np.zeros(11, bool), weights, alone(points), 3, 1)
    width = coverage._width(points, 3)
    alike = coverage.similarities(points, points, width)

    def covered(rows: tuple[int, ...]) -> float:
        return float(weights @ alike[:, rows].max(axis=1))

    best = max(covered(rows) for rows in combinations(range(11), 3))
    own = covered(tuple(one.row for one in chosen))
    assert (1 - 1 / np.e) * best <= own <= best * (1 + 1e-6)


def test_very_many_clips_are_looked_at_in_a_sample_that_the_seed_decides(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(coverage, "MOST_CLIPS", 30)
    points, own = clusters((40, 40, 40))
    labelled = np.zeros(120, bool)
    labelled[:35] = True  # more than fit into memory at once, too
    for seed in range(3):
        first, again = (
            choose_clips(points, labelled, np.ones(120), alone(points), 2, 1, seed)
            for _ in range(2)
        )
        assert first == again
        assert sorted(own[[one.row for one in first]]) == [1, 2]


def test_whitening_lets_no_direction_outweigh_the_others() -> None:
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(400, 20)) * np.geomspace(1, 1000, 20)).astype(np.float32)
    points = whiten(vectors)
    assert points.std(axis=0) == pytest.approx(1, abs=0.02)
    assert whiten(vectors[:3]).shape == (3, 1)
    assert np.isfinite(whiten(np.ones((5, 4), np.float32))).all()
