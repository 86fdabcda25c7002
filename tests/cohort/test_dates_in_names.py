import pytest

from lusscore.cohort.zone_names import without_dates


@pytest.mark.parametrize(
    "date",
    [
        *("2026-01-31", "2026_1_3", "31.01.2026", "3.1.26", "10-15-00", "31 Jan", "31jan"),
        *("January 31", "Dec-3"),
    ],
)
def test_dates_and_times_are_taken_out(date: str) -> None:
    assert without_dates(f"a_{date}_b").split() == ["a_", "00", "_b"]


@pytest.mark.parametrize("text", ["L1_2", "R-1", "1-2", "IM_0001", "L1-2-3", "patient_3_R1_2"])
def test_what_is_no_date_stays(text: str) -> None:
    assert without_dates(text) == text
