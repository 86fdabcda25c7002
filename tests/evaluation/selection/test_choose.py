import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.evaluation.rules import MAJORITY, STANDARD_RULES, Rule
from lusscore.evaluation.selection.choose import HeldInside, choose
from lusscore.evaluation.selection.criteria import CRITERIA

KAPPA = CRITERIA["quadratic_kappa"]


def sure(scores: np.ndarray, share: float = 0.7) -> np.ndarray:
    """Probabilities that favour these scores."""
    rest = (1 - share) / 3
    return np.where(scores[:, None] == np.arange(4), share, rest)


def clips_of_three(scores: list[int]) -> HeldInside:
    return HeldInside(np.repeat(scores, 3), np.repeat(np.arange(len(scores)), 3))


def test_the_candidate_that_is_right_is_chosen_wherever_it_stands() -> None:
    rows = clips_of_three([0, 1, 2, 3, 1, 2])
    right, wrong = sure(rows.truth), sure((rows.truth + 1) % 4)
    for place in (0, 1, 2):
        answers = {number: right if number == place else wrong for number in range(3)}
        assert choose(rows, answers, STANDARD_RULES, KAPPA, 1).candidates == (place,)


def test_of_equal_candidates_and_rules_the_first_is_chosen() -> None:
    rows = clips_of_three([0, 1, 2, 3])
    found = choose(rows, dict.fromkeys(range(3), sure(rows.truth)), STANDARD_RULES, KAPPA, 1)
    assert found.candidates == (0,)
    assert found.rule == MAJORITY


def test_a_rule_is_chosen_that_scores_better_than_the_majority() -> None:
    # one frame in three shows the score of the clip, the others nothing
    rows = clips_of_three([0, 1, 2, 3, 2, 3, 0, 1])
    seen = rows.truth.copy()
    seen[np.arange(len(seen)) % 3 > 0] = 0
    found = choose(rows, {0: sure(seen)}, STANDARD_RULES, KAPPA, 1)
    assert found.rule == Rule.parse("worst") or found.rule.name.startswith(("highest", "top"))
    assert found.value == pytest.approx(1)


def test_frames_are_scored_by_themselves_where_each_has_a_label() -> None:
    rows = HeldInside(np.array([0, 1, 2, 3, 3, 2]), None)
    found = choose(rows, {0: sure(rows.truth)}, STANDARD_RULES, KAPPA, 1)
    assert found.rule == MAJORITY
    assert found.value == pytest.approx(1)


def test_the_best_are_averaged_and_calibrated_together() -> None:
    rng = np.random.default_rng(0)
    rows = HeldInside(rng.integers(0, 4, 400), None)
    answers = {}
    for number, share in enumerate((0.3, 0.9, 0.6)):
        wrong = rng.random(400) > share
        answers[number] = sure(np.where(wrong, rng.integers(0, 4, 400), rows.truth), 0.97)
    found = choose(rows, answers, STANDARD_RULES, KAPPA, 2)
    assert found.candidates == (1, 2)
    combined = found.combine([answers[1], answers[2]])
    np.testing.assert_allclose(combined.sum(1), 1)
    own = np.arange(400), rows.truth
    alone = found.temperatures[1].apply(answers[2])
    assert -np.log(combined[own]).mean() < -np.log(alone[own]).mean()


@pytest.mark.slow
@given(st.permutations(range(12)))
def test_the_order_of_frames_changes_nothing(order: list[int]) -> None:
    rng = np.random.default_rng(1)
    rows = HeldInside(np.repeat([0, 1, 2, 3], 3), np.repeat(np.arange(4), 3))
    answers = {number: rng.dirichlet(np.ones(4), 12) for number in range(4)}
    moved = HeldInside(rows.truth[order], rows.clip[order])
    one = choose(rows, answers, STANDARD_RULES, KAPPA, 1)
    other = choose(
        moved, {number: each[order] for number, each in answers.items()}, STANDARD_RULES, KAPPA, 1
    )
    assert (one.candidates, one.rule) == (other.candidates, other.rule)
    assert one.value == pytest.approx(other.value)


@pytest.mark.parametrize("name", CRITERIA)
def test_more_of_every_criterion_is_better(name: str) -> None:
    truth = np.array([0, 1, 2, 3] * 5)
    good, bad = sure(truth), sure((truth + 2) % 4)
    measure = CRITERIA[name]
    assert measure(truth, truth, good) > measure(truth, (truth + 2) % 4, bad)
    assert measure(truth[truth < 3], truth[truth < 3], good[truth < 3]) <= 1
