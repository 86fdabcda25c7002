import numpy as np
import pytest

from lusscore.evaluation.rules import Rule


def _score(name, clip):
    return Rule.parse(name).score(clip)


def _certain(scores):
    return np.eye(4)[scores]


@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("majority", 0),
        ("mean-probability", 0),
        ("worst", 3),
        ("expected", 1),
        ("top-1", 3),
        ("top-3", 2),
        ("top-5", 2),
        ("top-50%", 2),
        ("highest-in-10%", 3),
        ("highest-in-11%", 2),
        ("highest-in-40%", 2),
        ("highest-in-41%", 0),
    ],
)
def test_ten_frames_by_every_rule(name, score):
    assert _score(name, _certain([0, 0, 0, 0, 0, 0, 2, 2, 2, 3]))[0] == score


def test_a_tie_gives_the_higher_score():
    tie = _certain([0, 2])
    assert _score("majority", tie)[0] == 2
    assert _score("mean-probability", tie)[0] == 2
    assert _score("top-2", tie)[0] == 2


def test_halves_of_the_expected_score_are_rounded_upwards():
    assert _score("expected", _certain([0, 1]))[0] == 1
    assert _score("expected", _certain([2, 3]))[0] == 3
    assert _score("expected", _certain([0, 0, 1]))[0] == 0


def test_the_expected_score_may_be_one_that_no_frame_has():
    assert _score("expected", _certain([0, 2]))[0] == 1


def test_probabilities_a_little_above_1_give_no_score_above_3():
    assert _score("expected", np.array([[0.0, 0.0, 0.0, 1.2]]))[0] == 3


def test_majority_and_mean_probability_differ_where_few_frames_are_sure():
    clip = np.array([[0.52, 0.48, 0, 0]] * 3 + [[0, 1, 0, 0]] * 2)
    assert _score("majority", clip)[0] == 0
    assert _score("mean-probability", clip)[0] == 1


def test_a_share_is_rounded_up_to_whole_frames():
    clip = _certain([0, 0, 0, 0, 3])
    assert _score("top-20%", clip)[1].tolist() == [0, 0, 0, 1]
    assert _score("top-21%", clip)[1].tolist() == [0.5, 0, 0, 0.5]


def test_probabilities_are_of_the_top_frames_for_top_rules_and_of_all_for_the_others():
    clip = _certain([0, 0, 0, 3])
    assert _score("top-2", clip)[1].tolist() == [0.5, 0, 0, 0.5]
    for name in ("majority", "mean-probability", "expected", "worst", "highest-in-20%"):
        assert _score(name, clip)[1].tolist() == [0.75, 0, 0, 0.25]
