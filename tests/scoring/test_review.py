from __future__ import annotations

import numpy as np
import pytest

from exam_maker import make_exam_bundle
from lusscore.evaluation.rules import Rule
from lusscore.scoring.review import MOST_OUTSIDE, reasons, rule_beside_probabilities
from lusscore.scoring.scored import Evidence

BUNDLE = make_exam_bundle(least_confidence=0.6)


def evidence(outside: float) -> Evidence:
    maps = np.zeros((1, 1, 1, 4), np.float32)
    return Evidence(maps, np.zeros(4), np.zeros((1, 4)), True, "", outside)


def asked(
    *, confidence: float = 0.9, distance: float = 0.5, outside: float = 0.1, sector: str = "motion"
) -> tuple[str, ...]:
    return reasons(BUNDLE, sure(confidence), distance, evidence(outside), sector)


def sure(confidence: float) -> tuple[int, np.ndarray]:
    """Score 1 with that probability, and no other score with a higher one."""
    rest = (1 - confidence) / 3
    return 1, np.array([rest, confidence, rest, rest])


def test_nothing_is_said_of_a_clip_that_is_usual_and_sure() -> None:
    assert asked() == ()
    assert asked(confidence=0.6, distance=1.0, outside=MOST_OUTSIDE) == ()


@pytest.mark.parametrize(
    ("doubt", "sentence"),
    [
        (
            {"distance": 1.01},
            "Unlike the training cohort: a distance of 1.01, and of its own held-out clips 1%",
        ),
        ({"confidence": 0.59}, "Unsure: the score has a probability of 0.59, below the 0.60"),
        ({"sector": "whole"}, "No sector was found"),
        ({"outside": 0.51}, "51% of what speaks for the score lies outside the sector."),
    ],
)
def test_each_doubt_is_told_by_itself(doubt: dict[str, float], sentence: str) -> None:
    (told,) = asked(**doubt)  # type: ignore[arg-type]
    assert told.startswith(sentence)


def test_all_doubts_are_told_the_weightiest_first() -> None:
    told = asked(confidence=0.3, distance=3, outside=0.9, sector="whole")
    assert [sentence.split()[0] for sentence in told] == ["Unlike", "Unsure:", "No", "90%"]


def test_evidence_that_is_not_known_is_no_doubt() -> None:
    assert asked(outside=float("nan")) == ()


def test_a_whole_image_is_no_doubt_where_the_scorer_was_trained_on_whole_images() -> None:
    from lusscore.cohort import ExtractionSettings

    whole = make_exam_bundle(extraction=ExtractionSettings(sector="none"))
    assert reasons(whole, sure(0.9), 0.5, evidence(0.1), "whole") == ()


def test_a_score_that_is_not_the_most_probable_one_is_a_doubt() -> None:
    close = np.array([0.0, 0.352, 0.355, 0.293])
    assert rule_beside_probabilities(BUNDLE.clip_rule, 1, close) == ""
    tied = np.array([0.207, 0.351, 0.288, 0.154])
    told = rule_beside_probabilities(Rule.parse("majority"), 2, tied)
    assert told == (
        "Not the most probable score: the rule majority gives 2, and 1 has the higher "
        "probability, 0.35."
    )
    reading = reasons(make_exam_bundle(least_confidence=0.1), (2, tied), 0.5, evidence(0), "motion")
    assert [sentence.partition(":")[0] for sentence in reading] == ["Not the most probable score"]
