from __future__ import annotations

import numpy as np
import pytest

from lusscore.cohort.phantom.speckle_reduction import reduce_speckle

SPREAD = 0.09


def test_speckle_loses_contrast_and_keeps_its_mean() -> None:
    rng = np.random.default_rng(0)
    level = (0.5 + SPREAD * rng.standard_normal((200, 120))).astype(np.float32)
    reduced = reduce_speckle(level, 0.4, SPREAD)
    assert reduced.std() == pytest.approx(0.4 * SPREAD, rel=0.1)
    assert reduced.mean() == pytest.approx(0.5, abs=0.01)


def test_a_bright_line_keeps_most_of_its_contrast() -> None:
    level = np.full((100, 60), 0.2, dtype=np.float32)
    level[50] = 0.9
    assert reduce_speckle(level, 0.4, SPREAD)[50].min() > 0.75


def test_grain_of_one_changes_nothing() -> None:
    level = np.random.default_rng(1).random((50, 40), dtype=np.float32)
    assert reduce_speckle(level, 1.0, SPREAD) == pytest.approx(level, abs=1e-5)
