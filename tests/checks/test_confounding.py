import pytest

from lusscore.checks.confounding import cramers_v, tells


def test_a_property_that_gives_the_other_away_tells_it() -> None:
    assert tells([("x", "0"), ("x", "0"), ("y", "1"), ("z", "1")])
    assert tells([("0", "x"), ("0", "x"), ("1", "y"), ("1", "z")])
    assert not tells([("x", "0"), ("x", "1"), ("y", "0"), ("y", "1")])


def test_one_value_or_all_different_tell_nothing() -> None:
    assert not tells([("x", "0"), ("x", "1")])
    assert not tells([("x", "0"), ("y", "1")])
    assert not tells([])


def test_cramers_v_is_1_for_properties_that_are_one_and_0_for_independent_ones() -> None:
    assert cramers_v([("x", "0"), ("y", "1")] * 50) == pytest.approx(1, abs=0.01)
    assert cramers_v([("x", "0"), ("x", "1"), ("y", "0"), ("y", "1")] * 9) == 0
    assert cramers_v([("x", "0")] * 9) == cramers_v([("x", "0")]) == 0


def test_cramers_v_by_hand() -> None:
    pairs = [("x", "0")] * 30 + [("x", "1")] * 10 + [("y", "0")] * 10 + [("y", "1")] * 30
    # χ² = 20, φ² = 0.25; corrected by 1/79 each
    expected = ((0.25 - 1 / 79) / (2 - 1 / 79 - 1)) ** 0.5
    assert cramers_v(pairs) == pytest.approx(expected)
