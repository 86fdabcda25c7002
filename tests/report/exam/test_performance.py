from __future__ import annotations

from typing import Any

import pytest

from exam_maker import CARD
from lusscore.report.exam.performance import model_performance


def test_the_measures_of_clips_are_told_in_one_order_with_their_intervals() -> None:
    rows = [
        {"measure": "quadratic kappa", "value": "0.222", "95 % interval": "[0.100, 0.330]"},
        {"measure": "accuracy", "value": "0.359", "95 % interval": "[0.300, 0.420]"},
        {"measure": "accuracy of the most frequent score", "value": "0.335"},
    ]
    card = {"Performance": {"Clips": rows, "Global score": "Off by 3.200 points on average."}}
    assert model_performance(card) == (
        "On clips of held-out patients of its training cohort: accuracy 0.359 [0.300, 0.420], "
        "accuracy of the most frequent score 0.335, quadratic kappa 0.222 [0.100, 0.330]. It is "
        "better than always giving the most frequent score, whose kappa is 0. Global score: off by "
        "3.200 points on average."
    )


def test_a_model_that_may_be_no_better_than_the_most_frequent_score_is_told_so() -> None:
    rows = [
        {"measure": "accuracy", "value": "0.569", "95 % interval": "[0.347, 0.792]"},
        {"measure": "quadratic kappa", "value": "0.188", "95 % interval": "[-0.010, 0.394]"},
    ]
    told = model_performance({"Performance": {"Clips": rows}})
    assert "not shown to be better than always giving the most frequent score" in told


def test_what_a_card_lacks_is_left_out() -> None:
    assert "accuracy 0.71" in model_performance(CARD)
    assert "accuracy of the most frequent" not in model_performance(CARD)


@pytest.mark.parametrize(
    "card",
    [
        {},
        {"Performance": "good"},
        {"Performance": {}},
        {"Performance": {"Clips": "good"}},
        {"Performance": {"Clips": [["accuracy", 1]]}},
        {"Performance": {"Clips": [{"measure": "speed", "value": 1}], "Global score": "Off."}},
    ],
)
def test_a_card_that_does_not_say_it_says_nothing(card: dict[str, Any]) -> None:
    assert model_performance(card) == ""
