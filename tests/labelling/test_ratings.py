import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort import Segment, read_ratings
from lusscore.labelling.csv_table import CsvTable
from lusscore.labelling.ratings import Rows, decide_again, deciders, rate, scores_of

HEADER = ("clip", "rater", "score", "frame_start", "frame_end")


def segment(start: int = 0, end: int | None = None) -> Segment:
    return Segment("a.mp4", "p", "1", "", None, start, end)


@pytest.mark.parametrize(
    ("rater", "scores", "expected"),
    [
        ("tie of 2", {"a": 1, "b": 2, "c": 2}, (2, "majority of 3")),
        ("tie of 2", {"a": 1, "b": 2, "c": 3, "d": 0}, (None, "tie of 4")),
        ("majority of 2", {"a": 1, "b": 1, "c": 2}, (1, "majority of 3")),
        ("majority of 2", {"a": 1, "b": 2}, (None, "tie of 2")),
        ("mean of 2", {"a": 1, "b": 2, "c": 3}, (2, "mean of 3")),
    ],
)
def test_the_rule_that_made_a_score_makes_it_again(
    rater: str, scores: dict[str, int], expected: tuple[int | None, str]
) -> None:
    assert deciders(rater) == int(rater[-1])
    assert decide_again(rater, scores) == expected


def test_people_are_no_rules() -> None:
    assert not any(deciders(name) for name in ("", "anna", "majority", "mean of men", "tie"))


def test_an_opinion_takes_the_place_of_what_its_rater_said_of_these_frames_alone() -> None:
    ratings: Rows = []
    rate(ratings, segment(), "anna", 1)
    rate(ratings, segment(), "ben", 0)
    rate(ratings, segment(10, 20), "anna", 3)
    assert scores_of(ratings, segment(10, 20)) == {"anna": 3, "ben": 0}
    assert scores_of(ratings, segment(0, 10)) == {"anna": 1, "ben": 0}
    assert scores_of(ratings, segment(20)) == {"anna": 1, "ben": 0}
    assert scores_of(ratings, segment(5, 15)) == {"ben": 0}


@given(
    st.lists(
        st.tuples(
            st.sampled_from("ab"),
            st.integers(0, 3),
            st.integers(0, 9),
            st.integers(1, 5) | st.none(),
        ),
        max_size=8,
    )
)
def test_no_rater_ever_has_two_scores_of_a_frame_and_the_last_one_stands(
    tmp_path_factory: pytest.TempPathFactory,
    said: list[tuple[str, int, int, int | None]],
) -> None:
    path = tmp_path_factory.mktemp("rated") / "ratings.csv"
    ratings = CsvTable(path, HEADER)
    expected: dict[tuple[str, int], int] = {}
    for rater, score, start, length in said:
        rate(ratings.rows, segment(start, None if length is None else start + length), rater, score)
        for frame in range(start, 30 if length is None else start + length):
            expected[rater, frame] = score
    ratings.write()
    found = {
        (one.rater, frame): one.score
        for one in read_ratings(path)  # refuses frames that a rater scored twice
        for frame in range(one.frame_start, 30 if one.frame_end is None else one.frame_end)
    }
    assert found == expected
