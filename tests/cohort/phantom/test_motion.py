from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort.phantom.motion import Motion, draw_motion


@given(seed=st.integers(0, 2**32), time=st.floats(0, 60))
def test_nothing_moves_further_than_it_says(seed: int, time: float) -> None:
    motion = draw_motion(np.random.default_rng(seed))
    assert abs(motion.sliding(time)) <= motion.reach
    assert abs(motion.drift(time)) <= motion.tremor
    assert motion.tremor < 0.5 * motion.reach


def test_breathing_repeats() -> None:
    motion = Motion(4.0, 0.25, 0.3, 0.2, 0.5, 0.0)
    assert motion.sliding(1.0) == pytest.approx(motion.sliding(5.0))
    assert motion.sliding(1.0) == pytest.approx(4 * np.sin(np.pi / 2 + 0.3))
