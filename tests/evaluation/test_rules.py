import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lusscore.errors import RunError
from lusscore.evaluation.predictions import predicted_scores
from lusscore.evaluation.rules import STANDARD_RULES, GroupedFrames, Rule, register_rule, rule_forms


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("majority", "majority"),
        ("top-5", "top-5"),
        ("top-20.0%", "top-20%"),
        ("highest-in-12.5%", "highest-in-12.5%"),
        ("highest-in-100%", "highest-in-100%"),
    ],
)
def test_a_rule_is_written_in_one_way_and_equal_by_it(text, name):
    rule = Rule.parse(text)
    assert str(rule) == rule.name == name
    assert Rule.parse(rule.name) == rule != Rule.parse("top-20")


@pytest.mark.parametrize(
    "text",
    ["", "Majority", "top", "top-0", "top--1", "top-1.5", "top-0%", "top-101%", "top-5% ", "best"],
)
def test_anything_else_is_refused_with_what_there_is(text):
    with pytest.raises(RunError) as raised:
        Rule.parse(text)
    assert repr(text) in str(raised.value)
    assert ", ".join(rule_forms()) in str(raised.value)


def test_a_form_is_registered_once():
    assert rule_forms()[0] == "majority"
    with pytest.raises(RunError, match="'worst' is registered twice"):
        register_rule("worst", "anything")(lambda frames: frames)


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


@pytest.mark.parametrize(
    ("frames", "score"), [([0, 1], 1), ([2, 3], 3), ([0, 0, 1], 0), ([0, 2], 1)]
)
def test_halves_of_the_expected_score_are_rounded_upwards(frames, score):
    assert _score("expected", _certain(frames))[0] == score


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


RULES = (*STANDARD_RULES, Rule.parse("top-1"), Rule.parse("highest-in-50%"))
few = settings(max_examples=25)
every_rule = pytest.mark.parametrize("rule", RULES, ids=str)

_weights = st.lists(st.integers(0, 9), min_size=4, max_size=4).filter(any)


def _shares(rows):
    return np.array(rows) / np.sum(rows, axis=1, keepdims=True)


clips = st.lists(_weights, min_size=1, max_size=12).map(_shares)
scores = st.lists(st.integers(0, 3), min_size=1, max_size=12)


@every_rule
@few
@given(clips)
def test_a_score_is_a_score_and_probabilities_sum_to_1(rule, clip):
    score, probabilities = rule.score(clip)
    assert score in (0, 1, 2, 3)
    assert probabilities.sum() == pytest.approx(1, abs=1e-8)


@every_rule
@few
@given(clips, st.randoms(use_true_random=False))
def test_the_order_of_frames_changes_nothing(rule, clip, random):
    order = list(range(len(clip)))
    random.shuffle(order)
    score, probabilities = rule.score(clip)
    again, same = rule.score(clip[order])
    assert score == again
    assert np.array_equal(probabilities, same)


@every_rule
@few
@given(st.lists(clips, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_many_clips_at_once_are_scored_as_each_alone(rule, several, random):
    group = np.repeat(np.arange(len(several)), [len(clip) for clip in several])
    order = list(range(len(group)))
    random.shuffle(order)
    frames = GroupedFrames.of(np.concatenate(several)[order], group[order])
    together, probabilities = rule.decide(frames)
    for place, clip in enumerate(several):
        score, alone = rule.score(clip)
        assert together[place] == score
        assert np.array_equal(probabilities[place], alone)


@few
@given(_weights)
def test_of_one_frame_all_rules_but_the_expected_score_say_what_it_is(weights):
    frame = _shares([weights])
    said = {rule.score(frame)[0] for rule in RULES if rule.name != "expected"}
    assert said == {int(predicted_scores(frame)[0])}
    for rule in RULES:
        assert np.allclose(rule.score(frame)[1], frame[0], atol=1e-9)


@few
@given(clips)
def test_no_frame_and_no_rule_of_frames_is_worse_than_the_worst(clip):
    worst = Rule.parse("worst").score(clip)[0]
    assert worst == predicted_scores(clip).max() == Rule.parse("highest-in-1%").score(clip)[0]
    for name in ("majority", "highest-in-20%", "highest-in-50%"):
        assert Rule.parse(name).score(clip)[0] <= worst


@pytest.mark.parametrize("name", ["worst", "highest-in-20%", "highest-in-50%", "expected", "top-2"])
@few
@given(scores, st.data())
def test_raising_a_frame_never_lowers_the_score(name, frames, data):
    place = data.draw(st.integers(0, len(frames) - 1))
    raised = list(frames)
    raised[place] = data.draw(st.integers(frames[place], 3))
    rule = Rule.parse(name)
    assert rule.score(np.eye(4)[raised])[0] >= rule.score(np.eye(4)[frames])[0]


@few
@given(clips)
def test_all_frames_as_the_top_ones_are_the_mean_probability(clip):
    score, probabilities = Rule.parse("mean-probability").score(clip)
    for name in ("top-100%", "top-12"):
        same, means = Rule.parse(name).score(clip)
        assert same == score
        assert np.allclose(means, probabilities, atol=1e-9)
