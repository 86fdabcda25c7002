import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lusscore.features.clock import Clock


@given(st.lists(st.floats(0, 10), min_size=1, max_size=100))
def test_any_times_come_back_to_within_a_millisecond(gaps: list[float]) -> None:
    times = np.cumsum(gaps)
    kept = Clock.of(times.tolist()).times(len(times))
    np.testing.assert_allclose(kept, times - times[0], atol=1.1e-3)


def test_a_regular_clock_is_one_number() -> None:
    clock = Clock.of([n / 30 for n in range(1000)])
    assert clock.seconds == ()
    assert clock.period == pytest.approx(1 / 30)


def test_an_irregular_clock_keeps_every_time() -> None:
    clock = Clock.of([5.0, 5.1, 5.5, 7.0])
    assert clock.times(4).tolist() == [0.0, 0.1, 0.5, 2.0]


@pytest.mark.parametrize("times", [[], [math.nan], [0.0, math.nan]])
def test_without_a_clock_there_is_no_time(times: list[float]) -> None:
    clock = Clock.of(times)
    assert np.isnan(clock.times(3)).all()


def test_a_single_frame_has_a_time() -> None:
    clock = Clock.of([3.0])
    assert clock.times(1).tolist() == [0.0]
