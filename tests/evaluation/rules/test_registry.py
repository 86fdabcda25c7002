import pytest

from lusscore.errors import RunError
from lusscore.evaluation.rules import STANDARD_RULES, Rule, rule_forms
from lusscore.evaluation.rules.registry import register_rule


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("majority", "majority"),
        ("top-5", "top-5"),
        ("top-20%", "top-20%"),
        ("top-20.0%", "top-20%"),
        ("highest-in-12.5%", "highest-in-12.5%"),
        ("highest-in-100%", "highest-in-100%"),
    ],
)
def test_a_rule_is_written_in_one_way(text, name):
    rule = Rule.parse(text)
    assert str(rule) == rule.name == name
    assert Rule.parse(rule.name) == rule


def test_rules_are_equal_by_name_and_can_be_counted():
    assert Rule.parse("top-20%") == Rule.parse("top-20.0%") != Rule.parse("top-20")
    assert len(set(STANDARD_RULES)) == len(STANDARD_RULES)


@pytest.mark.parametrize(
    "text",
    ["", "Majority", "top", "top-0", "top--1", "top-1.5", "top-0%", "top-101%", "top-5% ", "best"],
)
def test_anything_else_is_refused_with_what_there_is(text):
    with pytest.raises(RunError) as raised:
        Rule.parse(text)
    assert repr(text) in str(raised.value)
    assert ", ".join(rule_forms()) in str(raised.value)


def test_the_papers_rule_stands_first():
    assert rule_forms()[0] == "majority"
    assert {"mean-probability", "expected", "worst", "top-K", "top-X%", "highest-in-X%"} < set(
        rule_forms()
    )


def test_a_form_is_registered_once():
    with pytest.raises(RunError, match="'worst' is registered twice"):
        register_rule("worst", "anything")(lambda frames: frames)


def test_a_rule_says_what_it_gives():
    assert Rule.parse("highest-in-20%").says == (
        "the highest score that at least 20 % of its frames reach"
    )
    assert "its 5 frames of highest" in Rule.parse("top-5").says
    assert "the 20 % of its frames with the highest" in Rule.parse("top-20%").says
