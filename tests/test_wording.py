import pytest

from lusscore import wording


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        (wording.three, 0.94849, "0.948"),
        (wording.three, -0.05, "−0.050"),
        (wording.three, None, "n/a"),
        (wording.percent, 0.9484, "94.8\u00a0%"),
        (wording.percent, None, "n/a"),
        (wording.points, -0.0314, "3.1"),
        (wording.signed, 0.02, "+0.020"),
        (wording.signed, -0.02, "−0.020"),
        (wording.signed, -0.0001, "0.000"),
        (wording.signed, None, "n/a"),
        (wording.span, [0.812, 0.8524], "0.812 to 0.852"),
        (wording.span, None, "n/a"),
        (wording.bounds, [-0.1, 0.2], "[−0.100, 0.200]"),
        (wording.bounds, None, ""),
        (wording.percent_span, [0.812, 0.8524], "81.2 to 85.2\u00a0%"),
        (wording.percent_span, None, "n/a"),
        (wording.p_value, 0.4949, "0.49"),
        (wording.p_value, 0.0314, "0.031"),
        (wording.p_value, 0.0, "< 0.001"),
        (wording.p_value, None, "n/a"),
        (wording.count, 23732, "23,732"),
        (wording.count, None, "n/a"),
        (wording.duration, 3.456, "3.5 s"),
        (wording.duration, 125.0, "2 min 5 s"),
        (wording.duration, None, "n/a"),
        (wording.large, 20_861_480, "20.9 M"),
        (wording.large, 16_800_000_000, "16.8 G"),
        (wording.large, 2_500, "2.5 k"),
        (wording.large, 12, "12"),
        (wording.large, None, "n/a"),
        (wording.listed, ["a", "b", "c"], "a, b and c"),
        (wording.listed, ["a", "b"], "a and b"),
        (wording.listed, ["a"], "a"),
        (wording.listed, [], ""),
    ],
)
def test_numbers_read_as_told(function, value, expected):
    assert function(value) == expected


def test_one_has_no_plural():
    assert wording.plural(1, "exam") == "1 exam"
    assert wording.plural(1200, "exam") == "1,200 exams"


def test_decimals_are_as_many_as_asked_for():
    assert wording.decimals(-2.806, 2) == "−2.81"
    assert wording.decimals(None, 2) == "n/a"
