import pytest

from lusscore.cohort.importers.label_studio.words import may_be_scores, score_of
from lusscore.cohort.importers.reading.score_words import names_a_score


@pytest.mark.parametrize(
    ("words", "score"),
    [
        ("2", 2),
        ("2.0", 2),
        ("LUS 3", 3),
        ("score-1", 1),
        ("2: coalescent B-lines", 2),
        ("0 (A-lines)", 0),
        ("1 - at least 3 B-lines", 1),
        ("Score 3 – consolidation", 3),
        ("", None),
        ("not assessable", None),
    ],
)
def test_a_score_may_be_followed_by_what_it_means(words: str, score: int | None) -> None:
    assert score_of(words) == score


@pytest.mark.parametrize("words", ["4", "-1", "1-2", "1 - 2", "2.5", "R1", "B2", "12", "2 or 3"])
def test_other_numbers_are_no_scores(words: str) -> None:
    with pytest.raises(ValueError, match="is not allowed; expected 0, 1, 2"):
        score_of(words)


def test_names_and_values_that_a_score_has() -> None:
    assert all(map(names_a_score, ("score", "LUS", "lung_score", "Severity", "LUSS")))
    assert not any(map(names_a_score, ("zone", "quality", "patient", "0")))
    assert may_be_scores(["1", "not assessable"])
    assert not may_be_scores(["good", "bad"])
    assert not may_be_scores(["1", "4"])
