import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.models import Bundle, OODDetector, bundle_facts, distances, split_distance


def test_facts_are_plain_and_tell_a_bundle_from_others(tiny: Bundle) -> None:
    facts = bundle_facts(replace(tiny, digest="0" * 64))
    assert json.loads(json.dumps(facts)) == facts
    assert facts["digest"] == "0" * 64
    assert (facts["id"], facts["name"], facts["synthetic"]) == (tiny.id, "tiny", True)
    assert facts["backbones"] == ["tiny"]
    assert facts["heads"] == [{"head": "logistic", "sees": [tiny.members[0].features[0].name]}]
    assert facts["clip_rule"] == "mean-probability"


def test_facts_name_no_place_on_this_machine(tiny: Bundle) -> None:
    text = json.dumps(bundle_facts(tiny))
    assert "/" not in text
    assert "\\" not in text


MEAN = np.array([1.0, 2.0, 3.0], np.float32)
# along the first axis 2, along the second 0.5, and the third is what is left
FAMILIAR = OODDetector(
    MEAN,
    np.eye(3, 2, dtype=np.float32),
    np.array([2.0, 0.5], np.float32),
    rest=0.25,
    limit=3.0,
    share=0.01,
)


def test_each_part_counts_in_its_own_measure_and_the_larger_one_is_taken() -> None:
    away = np.array([[0, 0, 0], [6, 0, 0], [0, 1.5, 0], [0, 0, 0.25], [6, 0, 0.5], [12, 0, 0.5]])
    np.testing.assert_allclose(distances(FAMILIAR, MEAN + away), [0, 1, 1, 1, 2, 2])


@given(st.integers(0, 2**16), st.floats(0.1, 10))
def test_twice_as_far_is_twice_the_distance_on_either_side(seed: int, times: float) -> None:
    away = np.random.default_rng(seed).normal(size=(5, 3))
    once, more = (distances(FAMILIAR, MEAN + size * away) for size in (1, times))
    np.testing.assert_allclose(more, times * once, rtol=1e-6)
    np.testing.assert_allclose(distances(FAMILIAR, MEAN - away), once, rtol=1e-6)


def test_both_parts_make_up_the_whole() -> None:
    rng = np.random.default_rng(0)
    clips = rng.normal(size=(20, 6)).astype(np.float16)
    directions = np.linalg.qr(rng.normal(size=(6, 3)))[0].astype(np.float32)
    along, left = split_distance(clips, np.zeros(6, np.float32), directions, np.ones(3, np.float32))
    whole = np.linalg.norm(clips.astype(np.float64), axis=1)
    np.testing.assert_allclose(np.hypot(along, left), whole, rtol=1e-5)


def test_half_precision_does_not_overflow() -> None:
    clips = np.full((1, 3), 60000, np.float16)
    assert distances(FAMILIAR, clips)[0] == pytest.approx(59997 / 0.25)
