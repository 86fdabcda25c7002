from itertools import combinations, groupby, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from lusscore.checks import fleiss_kappa, measure_agreement
from lusscore.cohort import Rating

# The worked example that is printed with the definition in most texts: 10 subjects, 14 raters.
WORKED = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def ratings(**scores: str) -> list[Rating]:
    return [
        Rating(f"{number}.mp4", rater, int(score))
        for rater, given_scores in scores.items()
        for number, score in enumerate(given_scores)
        if score != "-"
    ]


def test_fleiss_kappa_of_the_worked_example() -> None:
    assert fleiss_kappa(np.array(WORKED)) == pytest.approx(0.210, abs=5e-4)


def test_perfect_agreement_is_1_and_of_a_single_category_not_defined() -> None:
    assert fleiss_kappa(np.array([[3, 0], [0, 3]])) == pytest.approx(1)
    assert fleiss_kappa(np.array([[3, 0], [3, 0]])) is None


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 2), min_size=2, max_size=30))
def test_pairs_have_the_quadratic_kappa_of_scikit_learn(scores: list[tuple[int, int]]) -> None:
    one, two = ("".join(map(str, column)) for column in zip(*scores, strict=True))
    (pair,) = measure_agreement(ratings(one=one, two=two)).pairs
    assert (pair.raters, pair.segments) == (("one", "two"), len(scores))
    if len(set(one + two)) == 1:
        assert pair.quadratic_kappa is None
    else:
        expected = cohen_kappa_score(list(one), list(two), labels=list("0123"), weights="quadratic")
        assert pair.quadratic_kappa == pytest.approx(expected)


def test_only_what_both_scored_counts() -> None:
    found = measure_agreement(ratings(a="0123-", b="012-3", c="-----"))
    (pair,) = found.pairs
    assert (pair.segments, pair.same, pair.quadratic_kappa) == (3, 1.0, 1.0)
    assert (found.raters, found.fleiss_segments) == (("a", "b"), 3)


def test_other_frames_of_a_clip_are_not_compared() -> None:
    found = measure_agreement([Rating("c", "a", 1, 0, 5), Rating("c", "b", 1, 5, 9)])
    assert found.pairs == ()
    assert found.fleiss_kappa is None


def test_nobody_agrees_with_nobody() -> None:
    assert measure_agreement(()).pairs == ()


def rows_of(clip: str, rater: str, given_scores: str, joined: bool) -> list[Rating]:
    """One row per frame, or per run of frames of one score; none where there is a dash."""
    rows, start = [], 0
    for score, run in groupby(given_scores):
        end = start + len(list(run))
        edges = [start, end] if joined else range(start, end + 1)
        if score != "-":
            rows += [Rating(clip, rater, int(score), *edge) for edge in pairwise(edges)]
        start = end
    return rows


def test_frames_count_however_raters_divided_the_clips() -> None:
    segments = [("anna", 1, 0, 50), ("anna", 2, 50, 100), ("bob", 0, 0, 30), ("bob", 3, 30, 100)]
    found = [Rating(f"{n}.mp4", *segment) for n in range(10) for segment in segments]
    found += [Rating(f"whole{n}.mp4", rater, n) for n in range(2) for rater in ("anna", "bob")]
    lengths = {f"{n}.mp4": 100 for n in range(10)} | {"whole0.mp4": 60, "whole1.mp4": 40}
    (pair,) = measure_agreement(found, lengths).pairs
    # Frame by frame: 30 of (1, 0), 20 of (1, 3), 50 of (2, 3) in each of 10, then 60 of 0, 40 of 1
    anna = 10 * ([1] * 50 + [2] * 50) + [0] * 60 + [1] * 40
    bob = 10 * ([0] * 30 + [3] * 70) + [0] * 60 + [1] * 40
    expected = cohen_kappa_score(anna, bob, labels=range(4), weights="quadratic")
    assert (pair.segments, pair.frames) == (32, 1100)
    assert pair.same == pytest.approx(100 / 1100)
    assert pair.quadratic_kappa == pytest.approx(expected)
    (quick,) = measure_agreement(found).pairs
    assert (quick.segments, quick.frames, quick.same) == (32, None, pytest.approx(2 / 32))


@given(
    st.lists(
        st.integers(2, 12).flatmap(
            lambda n: st.tuples(*[st.text("0123-", min_size=n, max_size=n)] * 3)
        ),
        min_size=1,
        max_size=4,
    ),
    st.tuples(*[st.booleans()] * 3),
)
def test_agreement_is_that_of_single_frames(
    clips: list[tuple[str, str, str]], joined: tuple[bool, bool, bool]
) -> None:
    found = [
        row
        for number, clip in enumerate(clips)
        for rater, given_scores, rows in zip("abc", clip, joined, strict=True)
        for row in rows_of(f"{number}.mp4", rater, given_scores, rows)
    ]
    agreement = measure_agreement(found, {f"{n}.mp4": len(clip[0]) for n, clip in enumerate(clips)})
    frames = [frame for clip in clips for frame in zip(*clip, strict=True)]
    pairs = {pair.raters: pair for pair in agreement.pairs}
    for one, other in combinations(range(3), 2):
        both = [(f[one], f[other]) for f in frames if "-" not in (f[one], f[other])]
        pair = pairs.get(("abc"[one], "abc"[other]))
        assert (pair.frames if pair else 0) == len(both)
        if pair is not None and pair.quadratic_kappa is not None:
            expected = cohen_kappa_score(
                *zip(*both, strict=True), labels=list("0123"), weights="quadratic"
            )
            assert pair.quadratic_kappa == pytest.approx(expected)
    everybody = [frame for frame in frames if "-" not in frame]
    if len(agreement.raters) == 3:
        assert agreement.fleiss_frames == len(everybody)
        counts = np.array([[frame.count(score) for score in "0123"] for frame in everybody])
        expected = fleiss_kappa(counts) if everybody else None
        assert agreement.fleiss_kappa == (None if expected is None else pytest.approx(expected))


@given(st.text("0123-", min_size=1, max_size=12), st.text("0123-", min_size=1, max_size=12))
def test_rows_and_other_raters_change_no_segment(one: str, two: str) -> None:
    def pairs(joined: bool) -> object:
        rows = rows_of("c", "a", one, joined) + rows_of("c", "b", two, joined)
        third = rows_of("c", "z", "01230123", True) if not joined else []
        return [p for p in measure_agreement(rows + third).pairs if p.raters == ("a", "b")]

    assert pairs(True) == pairs(False)


def test_an_end_left_open_is_the_end_of_the_clip() -> None:
    found = [Rating("c", "a", 1), Rating("c", "b", 1, 0, 4), Rating("c", "b", 2, 4, 99)]
    (pair,) = measure_agreement(found, {"c": 10}).pairs
    assert (pair.segments, pair.frames, pair.same) == (2, 10, 0.4)
    unknown = [Rating("gone", rater, 1) for rater in "ab"]
    assert measure_agreement(unknown, {"c": 10}).pairs == ()
