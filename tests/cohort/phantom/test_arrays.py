from __future__ import annotations

import numpy as np
import pytest

from lusscore.cohort.phantom.arrays import amplitude


def test_twenty_decibels_are_a_factor_of_ten() -> None:
    levels = amplitude(np.asarray([-20.0, 0.0, 20.0, 40.0]))
    assert levels.dtype == np.float32
    assert levels == pytest.approx([0.1, 1, 10, 100], rel=1e-5)
