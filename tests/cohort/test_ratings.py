from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort import (
    RATINGS_NAME,
    Cohort,
    Rating,
    read_cohort,
    read_ratings,
    write_cohort,
    write_ratings,
)
from lusscore.errors import CohortError, InvalidCohortError

TEXT = (
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1)
    .map(str.strip)
    .filter(bool)
)


@given(st.dictionaries(st.tuples(TEXT, TEXT, st.integers(0, 9)), st.integers(0, 3), max_size=8))
def test_ratings_read_back(
    tmp_path_factory: pytest.TempPathFactory, scores: dict[tuple[str, str, int], int]
) -> None:
    path = tmp_path_factory.getbasetemp() / RATINGS_NAME
    ratings = tuple(Rating(c, r, s, 5 * n, 5 * n + 5) for (c, r, n), s in scores.items())
    write_ratings(path, ratings)
    assert read_ratings(path) == ratings


def test_a_cohort_without_ratings_has_none(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(1)
    assert not (cohort.folder / RATINGS_NAME).exists()
    assert read_ratings(cohort.folder / RATINGS_NAME) == ()


def test_ratings_lie_beside_the_manifest_and_go_with_it(make_cohort: Callable[..., Cohort]) -> None:
    cohort = make_cohort(1)
    ratings = (Rating(cohort.clips()[0], "anna", 2), Rating(cohort.clips()[0], "bert", 1, 3))
    write_cohort(cohort.folder, cohort.card, cohort.segments, ratings)
    assert read_ratings(cohort.folder / RATINGS_NAME) == ratings
    assert read_cohort(cohort.folder).segments == cohort.segments
    write_cohort(cohort.folder, cohort.card, cohort.segments)
    assert read_ratings(cohort.folder / RATINGS_NAME) == ()


def write(path: Path, *rows: str, header: str = "clip,rater,score,frame_start,frame_end") -> Path:
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def test_all_bad_rows_are_named_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path / RATINGS_NAME,
        "a.mp4,anna,4,,",
        ",,2,,",
        f"a.mp4,anna,2,x,{'9' * 5000}",
        "a.mp4,anna,2,7,7",
        "a.mp4,anna,2",
        "a.mp4,bert,2,,",
        "a.mp4,bert,2,3,5",
    )
    with pytest.raises(InvalidCohortError) as caught:
        read_ratings(path)
    assert [problem.where for problem in caught.value.problems] == [
        "line 2, column score",
        "line 3, column clip",
        "line 3, column rater",
        "line 4, column frame_start",
        "line 4, column frame_end",
        "line 5, column frame_end",
        "line 6",
        "line 8, column frame_start",
    ]
    assert "a rater gives a frame one score" in str(caught.value)


def test_a_file_without_its_columns_gets_a_sentence(tmp_path: Path) -> None:
    path = write(tmp_path / RATINGS_NAME, header="clip,score")
    with pytest.raises(CohortError, match="its header 'clip,score' lacks the column rater"):
        read_ratings(path)


def test_columns_may_stand_in_any_order_with_blank_lines(tmp_path: Path) -> None:
    path = write(tmp_path / RATINGS_NAME, "2, a.mp4 ,anna", ",,", header=" score,clip,rater")
    assert read_ratings(path) == (Rating("a.mp4", "anna", 2),)
