from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort.importers.cvat.runs import runs_of


@given(st.dictionaries(st.integers(0, 30), st.integers(0, 3)))
def test_expanding_the_runs_gives_the_scores_of_the_frames_back(scores: dict[int, int]) -> None:
    runs = runs_of(scores)
    assert [(f, score) for a, b, score in runs for f in range(a, b)] == sorted(scores.items())


@given(st.dictionaries(st.integers(0, 30), st.integers(0, 3)))
def test_no_two_runs_could_be_one(scores: dict[int, int]) -> None:
    for (_, end, score), (start, _, following) in pairwise(runs_of(scores)):
        assert end < start or score != following
