from __future__ import annotations

import numpy as np

from lusscore.cohort.phantom.display import Display
from lusscore.cohort.phantom.grid import BeamGrid
from lusscore.cohort.phantom.noise import frame_noise, noise_bank

DISPLAY = Display(white=30.0, dynamic_range=60.0, grain=0.4, gamma=1.2, tilt=0.0, noise=-40.0)


def test_every_frame_has_other_noise_of_the_same_level(grid: BeamGrid) -> None:
    bank = noise_bank(np.random.default_rng(0), grid, DISPLAY)
    frames = [frame_noise(bank, number) for number in range(12)]
    for number, frame in enumerate(frames[1:]):
        same = np.vdot(frame, frames[number]) / np.vdot(frame, frame)
        assert abs(same) < 0.1
    level = 20 * np.log10(np.abs(frames[0]).mean(axis=1))
    expected = 20 * np.log10(DISPLAY.noise_curve(grid.depths(), grid.probe))
    assert np.abs(level - expected - np.mean(level - expected)).mean() < 1
