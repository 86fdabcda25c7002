from __future__ import annotations

import numpy as np
import pytest

from lusscore.cohort.phantom.haze import Haze


def test_the_haze_fades_by_its_decay_and_has_a_rim_under_the_pleura() -> None:
    haze = Haze(level=-4.0, decay=12.0, stand_out=-2.0, white=3.0, pleura=20.0)
    below = np.asarray([-1.0, 0.5, 40.0, 80.0], dtype=np.float32)
    power = haze.power(below, reach=80.0)
    assert power[0] == 0
    assert 10 * np.log10(power[2:]) == pytest.approx([-10, -16], abs=0.01)
    assert 10 * np.log10(power[1]) > -4 + 5
