import pytest

from lusscore.report import numbers


@pytest.mark.parametrize(
    ("function", "value", "expected"),
    [
        (numbers.three, 0.94849, "0.948"),
        (numbers.three, -0.05, "−0.050"),
        (numbers.three, None, "n/a"),
        (numbers.percent, 0.9484, "94.8\u00a0%"),
        (numbers.percent, None, "n/a"),
        (numbers.points, -0.0314, "3.1"),
        (numbers.signed, 0.02, "+0.020"),
        (numbers.signed, -0.02, "−0.020"),
        (numbers.signed, -0.0001, "0.000"),
        (numbers.signed, None, "n/a"),
        (numbers.span, [0.812, 0.8524], "0.812 to 0.852"),
        (numbers.span, None, "n/a"),
        (numbers.bounds, [-0.1, 0.2], "[−0.100, 0.200]"),
        (numbers.bounds, None, ""),
        (numbers.percent_span, [0.812, 0.8524], "81.2 to 85.2\u00a0%"),
        (numbers.percent_span, None, "n/a"),
        (numbers.p_value, 0.4949, "0.49"),
        (numbers.p_value, 0.0314, "0.031"),
        (numbers.p_value, 0.0, "< 0.001"),
        (numbers.p_value, None, "n/a"),
        (numbers.count, 23732, "23,732"),
        (numbers.count, None, "n/a"),
        (numbers.duration, 3.456, "3.5 s"),
        (numbers.duration, 125.0, "2 min 5 s"),
        (numbers.duration, None, "n/a"),
        (numbers.large, 20_861_480, "20.9 M"),
        (numbers.large, 16_800_000_000, "16.8 G"),
        (numbers.large, 2_500, "2.5 k"),
        (numbers.large, 12, "12"),
        (numbers.large, None, "n/a"),
        (numbers.listed, ["a", "b", "c"], "a, b and c"),
        (numbers.listed, ["a", "b"], "a and b"),
        (numbers.listed, ["a"], "a"),
        (numbers.listed, [], ""),
    ],
)
def test_numbers_read_as_told(function, value, expected):
    assert function(value) == expected


def test_one_has_no_plural():
    assert numbers.plural(1, "exam") == "1 exam"
    assert numbers.plural(1200, "exam") == "1,200 exams"


def test_decimals_are_as_many_as_asked_for():
    assert numbers.decimals(-2.806, 2) == "−2.81"
    assert numbers.decimals(None, 2) == "n/a"
