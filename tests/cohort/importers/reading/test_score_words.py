import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort.importers.reading.score_words import read_score

SPELLINGS = (
    "{}", "{}.0", "{},0", " {} ", "Score {}", "score_{}", "SCORE={}", "LUS {}", "LUS-{}", "LUSS{}",
    "lung score {}", "Lung Ultrasound Score: {}", "severity {}", "Severity Score {}.00",
)  # fmt: skip


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("score", range(4))
def test_usual_spellings_are_read(spelling: str, score: int) -> None:
    assert read_score(spelling.format(score)) == score


@pytest.mark.parametrize("text", ["", "  ", "NA", "n/a", "NaN", "-", "none", "unlabelled"])
def test_no_score_is_none(text: str) -> None:
    assert read_score(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "4",
        "-1",
        "score: -1",
        "score -1",
        "2.5",
        "B2",
        "1-2",
        "0/1",
        "12",
        "two",
        "score",
        "2 or 3",
        "Zone 2",
        "²",
    ],
)
def test_nothing_is_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="is not allowed; expected 0, 1, 2, 3 or nothing"):
        read_score(text)


@given(st.text(max_size=12))
def test_any_text_is_a_score_or_none_or_refused(text: str) -> None:
    try:
        score = read_score(text)
    except ValueError:
        return
    assert score in (None, 0, 1, 2, 3)
    assert score is None or str(score) in text
