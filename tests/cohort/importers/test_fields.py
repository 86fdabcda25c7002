from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort import read_score
from lusscore.cohort.importers.fields import (
    may_be_scores,
    name_exams,
    names_a_score,
    part_of,
    read_choice,
    read_choice_score,
)
from lusscore.errors import CohortError

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
    ["4", "-1", "score: -1", "score -1", "2.5", "B2", "1-2", "0/1", "12", "two", "score", "Zone 2"],
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


@pytest.mark.parametrize(
    ("words", "score"),
    [
        *(("2", 2), ("LUS 3", 3), ("score-1", 1), ("2: coalescent B-lines", 2), ("0 (A-lines)", 0)),
        *(
            ("1 - at least 3 B-lines", 1),
            ("Score 3 – consolidation", 3),
            ("", None),
            ("good", None),
        ),
    ],
)
def test_the_score_of_a_choice_may_be_followed_by_what_it_means(
    words: str, score: int | None
) -> None:
    assert read_choice_score(words) == score


@pytest.mark.parametrize("words", ["4", "-1", "1-2", "1 - 2", "2.5", "R1", "B2", "12", "2 or 3"])
def test_other_numbers_are_no_scores(words: str) -> None:
    with pytest.raises(ValueError, match="is not allowed; expected 0, 1, 2"):
        read_choice_score(words)


def test_names_and_values_that_a_score_has() -> None:
    assert all(map(names_a_score, ("score", "LUS", "lung_score", "Severity", "LUSS")))
    assert not any(map(names_a_score, ("zone", "quality", "patient", "0")))
    assert may_be_scores(["1", "not assessable"])
    assert not may_be_scores(["good", "bad"])
    assert not may_be_scores(["1", "4"])


@pytest.mark.parametrize(
    ("choice", "name", "text", "part"),
    [
        ("zone", "zone", " R1 ", "R1"),
        ("file~[LR][123]", "file", "p7_R1_x", "R1"),
        (r"file~p(\d+)", "file", "p7_R1_x", "7"),
        (r"file~q(\d+)", "file", "p7_R1_x", ""),
        ("file~p7(b)?", "file", "p7_R1", ""),
        ("file~_(.*)_", "file", "p7_ R1 _", "R1"),
        ("~a~b", "", "a~b", "a~b"),
        ("", "", "", ""),
    ],
)
def test_a_field_or_a_part_of_it_is_taken(choice: str, name: str, text: str, part: str) -> None:
    found, pattern = read_choice("zone", choice)
    assert (found, part_of(text, pattern)) == (name, part)


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.dates(date(2000, 1, 1), date(2030, 12, 31))),
        min_size=1,
    ),
    st.sampled_from(("", " 08:15")),
)
def test_visits_are_numbered_in_order_for_each_patient(
    visits: list[tuple[str, date]], time: str
) -> None:
    numbers = name_exams([(patient, f"{day}{time}") for patient, day in visits], "It")
    for patient in "ab":
        days = sorted({day for owner, day in visits if owner == patient})
        told = [numbers[patient, f"{day}{time}"] for day in days]
        assert told == [str(n + 1) for n in range(len(days))]


@pytest.mark.parametrize(
    "form", ["%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%Y%m%d", "%Y/%m/%d", "%m/%d/%Y"]
)
def test_usual_ways_of_writing_dates(form: str) -> None:
    days = [date(2026, 3, 28) + timedelta(days) for days in (0, 3, 30)]
    written = [("a", day.strftime(form)) for day in days]
    assert name_exams(written, "It") == dict(zip(written, "123", strict=True))


def test_day_and_month_that_can_be_taken_for_each_other_matter_only_for_the_order() -> None:
    with pytest.raises(CohortError, match="It: day and month .* write them as 2026-01-31"):
        name_exams([("a", "01/02/2026"), ("a", "02/01/2026")], "It")
    visits = [("a", "01/02/2026"), ("a", "02/03/2026")]
    assert name_exams(visits, "It") == dict(zip(visits, "12", strict=True))


@pytest.mark.parametrize("text", ["1", "baseline", "day 3", "V2", "12345678", "2026", "a-1-2"])
def test_other_names_of_visits_stay_as_they_are(text: str) -> None:
    assert name_exams([("a", text)], "It") == {("a", text): text}


@pytest.mark.parametrize("odd", ["baseline", "03.02.2026"])
def test_dates_beside_other_names_are_refused_without_showing_them(odd: str) -> None:
    with pytest.raises(CohortError, match="It holds dates, but") as caught:
        name_exams([("a", "2026-03-02"), ("a", odd)], "It")
    assert odd not in str(caught.value)
    assert "03-02" not in str(caught.value)
