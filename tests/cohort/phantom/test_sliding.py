from __future__ import annotations

import numpy as np
import pytest

from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.lung import ABOVE, LungCanvas, canvas_depths
from lusscore.cohort.phantom.motion import Motion
from lusscore.cohort.phantom.pleura import Pleura
from lusscore.cohort.phantom.sliding import cut_beams, make_depth_lookup, slide
from lusscore.cohort.phantom.window import Window


@pytest.mark.parametrize("start", [0.0, 2.0, 3.25])
def test_a_cut_interpolates_between_beams(start: float) -> None:
    ramp = np.arange(20, dtype=np.float32)[None, :].repeat(3, axis=0)
    assert cut_beams(ramp, start, 5)[1] == pytest.approx(start + np.arange(5))


def test_the_canvas_starts_at_the_pleura_of_every_beam(grid: BeamGrid) -> None:
    depth = np.linspace(12, 22, grid.beams).astype(np.float32)
    lookup = make_depth_lookup(grid, Pleura(depth, np.ones_like(depth)))
    below = canvas_depths(grid)
    canvas = (below + ABOVE)[:, None].repeat(grid.beams, axis=1).astype(np.complex64)
    placed = lookup.place(canvas).real
    expected = grid.depths()[:, None] - depth[None, :] + ABOVE
    inside = expected > 0
    assert np.abs(placed[inside] - expected[inside]).max() < 1e-3
    assert not placed[~inside].any()


def test_the_lung_moves_by_what_breathing_says_and_interfaces_keep_their_strength() -> None:
    window = Window(np.ones(60, dtype=bool), margin=10, reach=8, beams_per_mm=2.0)
    motion = Motion(4.0, 0.25, 0.0, 0.0, 0.5, 0.0)
    image = np.zeros((4, 80), dtype=np.complex64)
    image[:, 40] = 1
    canvas = LungCanvas(image, 1j * image, np.abs(image[0]))
    for time in (0.0, 0.4, 1.0):
        echoes, erased = slide(canvas, window, motion, time)
        place = 40 - 10 - 2 * motion.sliding(time)
        strength = np.abs(echoes[0])
        assert (strength @ np.arange(60)) / strength.sum() == pytest.approx(place, abs=1e-3)
        assert strength.sum() == pytest.approx(1, abs=1e-3)
        assert erased == pytest.approx(strength, abs=1e-5)
