from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort.importers.reading.visits import (
    AmbiguousDatesError,
    looks_like_date,
    name_exams,
    number_visits,
)
from lusscore.errors import CohortError

DAYS = st.dates(date(2000, 1, 1), date(2030, 12, 31))


@given(st.lists(st.tuples(st.sampled_from("ab"), DAYS), min_size=1), st.booleans())
def test_visits_are_numbered_in_order_for_each_patient(
    visits: list[tuple[str, date]], with_time: bool
) -> None:
    written = [(patient, f"{day}{' 08:15' if with_time else ''}") for patient, day in visits]
    numbers = number_visits(written)
    assert numbers is not None
    for patient in "ab":
        days = sorted({day for owner, day in visits if owner == patient})
        told = [
            numbers[text]
            for day in days
            for text in written
            if text == (patient, f"{day}{' 08:15' if with_time else ''}")
        ]
        assert list(dict.fromkeys(told)) == [str(n + 1) for n in range(len(days))]


@pytest.mark.parametrize(
    "form", ["%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%Y%m%d", "%Y/%m/%d", "%m/%d/%Y"]
)
def test_usual_ways_of_writing_dates(form: str) -> None:
    days = [date(2026, 3, 28) + timedelta(days) for days in (0, 3, 30)]
    written = [("a", day.strftime(form)) for day in days]
    assert number_visits(written) == dict(zip(written, "123", strict=True))
    assert all(looks_like_date(text) for _, text in written)


def test_day_and_month_that_can_be_taken_for_each_other_are_refused() -> None:
    with pytest.raises(AmbiguousDatesError, match="write them as 2026-01-31"):
        number_visits([("a", "01/02/2026"), ("a", "02/01/2026")])
    assert number_visits([("a", "01/02/2026"), ("a", "02/03/2026")]) == {
        ("a", "01/02/2026"): "1",
        ("a", "02/03/2026"): "2",
    }


def test_dates_that_are_not_all_written_in_one_way_are_none() -> None:
    assert number_visits([("a", "2026-01-31"), ("a", "31.01.2026")]) is None
    assert number_visits([("a", "2026-01-31"), ("a", "first")]) is None


@pytest.mark.parametrize("text", ["1", "baseline", "day 3", "V2", "12345678", "2026", "a-1-2"])
def test_other_names_of_visits_are_no_dates(text: str) -> None:
    assert not looks_like_date(text)


def test_exams_are_named_as_written_or_numbered_where_they_are_dates() -> None:
    plain = [("a", "baseline"), ("a", "2")]
    assert name_exams(plain, "It") == {("a", "baseline"): "baseline", ("a", "2"): "2"}
    dated = [("a", "2026-03-02"), ("a", "2026-01-31")]
    assert name_exams(dated, "It") == dict(zip(dated, "21", strict=True))
    for odd, expected in (("baseline", "It holds dates, but"), ("03.02.2026", "It holds dates")):
        with pytest.raises(CohortError, match=expected) as caught:
            name_exams([*dated, ("a", odd)], "It")
        assert odd not in str(caught.value)
    with pytest.raises(CohortError, match="It: day and month"):
        name_exams([("a", "01/02/2026"), ("a", "02/01/2026")], "It")
