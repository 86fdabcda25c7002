import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort.rater_rules import parse_rule
from lusscore.errors import CohortError

SCORES = st.dictionaries(st.sampled_from("abcdefg"), st.integers(0, 3), min_size=1)


def test_no_rule_is_the_majority() -> None:
    assert parse_rule(None, {"a"}).name == parse_rule("majority", {"a"}).name == "majority"
    assert parse_rule("rater:a b", {"a b"}).rater == "a b"


@given(SCORES)
def test_the_majority_has_more_raters_than_any_other_score_or_is_none(
    scores: dict[str, int],
) -> None:
    values = list(scores.values())
    decided = parse_rule(None, scores).decide(scores)
    most = max(values.count(score) for score in range(4))
    winners = [score for score in range(4) if values.count(score) == most]
    assert winners == [decided] if decided is not None else len(winners) > 1


@given(SCORES)
def test_the_mean_is_nearest_and_the_higher_of_two_equally_near(scores: dict[str, int]) -> None:
    decided = parse_rule("mean", scores).decide(scores)
    assert decided is not None
    twice_off = 2 * (decided * len(scores) - sum(scores.values()))
    assert -len(scores) < twice_off <= len(scores)


@pytest.mark.parametrize("text", ["", "median", "rater", "Majority", "rater:"])
def test_an_unknown_rule_or_rater_gets_a_sentence(text: str) -> None:
    with pytest.raises(CohortError, match="expected (majority, mean or rater:|one of a, b)"):
        parse_rule(text, {"b", "a"})
