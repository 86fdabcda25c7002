from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lusscore.cohort.phantom.window import Window


@given(visible=st.lists(st.booleans(), min_size=8, max_size=60), reach=st.integers(0, 10))
def test_always_visible_beams_are_in_view_at_every_displacement(
    visible: list[bool], reach: int
) -> None:
    view = np.asarray(visible)
    window = Window(view, margin=reach + 2, reach=reach, beams_per_mm=1.0)
    wanted = [
        beam
        for beam in range(window.lung_beams)
        if all(
            0 <= beam - window.margin - shift < len(view) and view[beam - window.margin - shift]
            for shift in range(-reach, reach + 1)
        )
    ]
    assert window.always_visible().tolist() == wanted


def test_clearance_keeps_away_from_the_edge_where_there_is_room() -> None:
    view = np.zeros(40, dtype=bool)
    view[5:35] = True
    window = Window(view, margin=4, reach=2, beams_per_mm=2.0)
    without, kept = window.always_visible(), window.always_visible(clearance=3.0)
    assert (kept[0], kept[-1]) == (without[0] + 6, without[-1] - 6)
    assert window.always_visible(clearance=30.0).tolist() == without.tolist()
