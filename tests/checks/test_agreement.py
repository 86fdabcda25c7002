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
    assert (pair.raters, pair.spans) == (("one", "two"), len(scores))
    if len(set(one + two)) == 1:
        assert pair.quadratic_kappa is None
    else:
        expected = cohen_kappa_score(list(one), list(two), labels=list("0123"), weights="quadratic")
        assert pair.quadratic_kappa == pytest.approx(expected)


def test_only_spans_that_both_scored_count() -> None:
    found = measure_agreement(ratings(a="0123-", b="012-3", c="-----"))
    (pair,) = found.pairs
    assert (pair.spans, pair.same, pair.quadratic_kappa) == (3, 1.0, 1.0)
    assert (found.raters, found.fleiss_spans) == (("a", "b"), 3)


def test_other_frames_of_a_clip_are_another_span() -> None:
    found = measure_agreement([Rating("c", "a", 1, 0, 5), Rating("c", "b", 1, 5, 9)])
    assert found.pairs == ()
    assert found.fleiss_kappa is None


def test_nobody_agrees_with_nobody() -> None:
    assert measure_agreement(()).pairs == ()
