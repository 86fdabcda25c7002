"""What must hold for rules whatever the frames are."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lusscore.evaluation.predictions import predicted_scores
from lusscore.evaluation.rules import STANDARD_RULES, GroupedFrames, Rule

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


@every_rule
@few
@given(st.integers(0, 3), st.integers(1, 9))
def test_frames_that_agree_without_doubt_are_followed(rule, score, frames):
    assert rule.score(np.eye(4)[[score] * frames])[0] == score


@few
@given(clips)
def test_no_frame_and_no_rule_of_frames_is_worse_than_the_worst(clip):
    worst = Rule.parse("worst").score(clip)[0]
    assert worst == predicted_scores(clip).max()
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


@few
@given(clips)
def test_a_share_that_one_frame_makes_up_is_the_worst(clip):
    assert Rule.parse("highest-in-1%").score(clip)[0] == Rule.parse("worst").score(clip)[0]
