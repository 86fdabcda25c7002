from __future__ import annotations

import itertools

import numpy as np

from lusscore.cohort.phantom.keys import keyed_generator


def draw(seed: int, patient: int, *words: str) -> tuple[float, ...]:
    return tuple(keyed_generator(seed, patient, *words).random(4))


def test_the_same_key_gives_the_same_numbers() -> None:
    assert draw(3, 7, "R-ant-sup", "ribs") == draw(3, 7, "R-ant-sup", "ribs")


def test_every_part_of_a_key_counts() -> None:
    keys = itertools.product((0, 1), (1, 2), ("L-ant-sup", "R-ant-sup"), ("ribs", "wall"))
    drawn = {draw(seed, patient, *words) for seed, patient, *words in keys}
    assert len(drawn) == 16


def test_other_draws_do_not_matter() -> None:
    keyed_generator(1, 1, "ribs").random(100)
    np.random.default_rng(1).random(100)
    assert draw(1, 1, "wall") == draw(1, 1, "wall")
