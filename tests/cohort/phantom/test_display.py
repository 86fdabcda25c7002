from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from lusscore.cohort.phantom.beams import PROBES, BeamGrid
from lusscore.cohort.phantom.display import (
    Display,
    ScanConverter,
    frame_noise,
    noise_bank,
    reduce_speckle,
    synthetic_mark,
)

DISPLAY = Display(white=30.0, dynamic_range=60.0, tilt=0.1, noise=-40.0)
SIZE, SPREAD = 256, 0.09


@pytest.mark.parametrize(
    ("level", "shown"), [(60, 1), (30, 1), (15, 0.75), (0, 0.5), (-30, 0), (-80, 0)]
)
def test_compression_is_linear_in_decibels_and_clips(level: float, shown: float) -> None:
    echoes = np.full((20, 20), 10 ** (level / 20), dtype=np.complex64)
    assert DISPLAY.compress(echoes, 1.0)[10, 10] == pytest.approx(shown, abs=1e-4)


def test_noise_grows_with_depth_and_frequency_up_to_a_limit() -> None:
    depths = np.linspace(1, 120, 50).astype(np.float32)
    curves = [20 * np.log10(DISPLAY.noise_curve(depths, probe)) for probe in PROBES]
    assert all((np.diff(curve) > 0).all() for curve in curves)
    assert all(curve.max() < -40 + 30 for curve in curves)
    assert curves[2][20] > curves[0][20]


def test_every_frame_has_other_noise_of_the_same_level(grid: BeamGrid) -> None:
    bank = noise_bank(np.random.default_rng(0), grid, DISPLAY)
    frames = [frame_noise(bank, number) for number in range(12)]
    for before, frame in pairwise(frames):
        assert abs(np.vdot(frame, before) / np.vdot(frame, frame)) < 0.1
    level = 20 * np.log10(np.abs(frames[0]).mean(axis=1))
    expected = 20 * np.log10(DISPLAY.noise_curve(grid.depths(), grid.probe))
    assert np.abs(level - expected - np.mean(level - expected)).mean() < 1


def test_speckle_loses_contrast_and_a_bright_line_keeps_it() -> None:
    level = (0.5 + SPREAD * np.random.default_rng(0).standard_normal((200, 120))).astype("f4")
    reduced = reduce_speckle(level, 0.4, SPREAD)
    assert reduced.std() == pytest.approx(0.4 * SPREAD, rel=0.1)
    assert reduced.mean() == pytest.approx(0.5, abs=0.01)
    assert reduce_speckle(level, 1.0, SPREAD) == pytest.approx(level, abs=1e-5)
    level = np.full((100, 60), 0.2, dtype=np.float32)
    level[50] = 0.9
    assert reduce_speckle(level, 0.4, SPREAD)[50].min() > 0.75


def drawn(grid: BeamGrid, image: np.ndarray) -> np.ndarray:
    converter = ScanConverter(grid, SIZE)
    frame = np.full((SIZE, SIZE), np.nan, dtype=np.float32)
    frame[converter.sector] = converter.convert(np.broadcast_to(image, (grid.rows, grid.beams)))
    return frame


def test_depth_runs_down_the_middle(grid: BeamGrid) -> None:
    column = drawn(grid, grid.depths()[:, None])[:, SIZE // 2]
    shown = column[np.isfinite(column)]
    assert np.diff(shown) == pytest.approx(grid.depth / len(shown), rel=0.05)
    assert shown[0] < 0.03 * grid.depth
    assert shown[-1] > 0.98 * grid.depth


def test_beams_keep_their_angle_or_their_distance(grid: BeamGrid) -> None:
    beam, depth = drawn(grid, np.arange(grid.beams)), drawn(grid, grid.depths()[:, None])
    rows, columns = np.nonzero(np.isfinite(beam))
    pixel = np.median(np.diff(depth[:, SIZE // 2][np.isfinite(depth[:, SIZE // 2])]))
    across = (columns + 0.5 - SIZE / 2) * pixel
    if grid.probe.convex:
        across = np.arcsin(across / (grid.probe.radius + depth[rows, columns]))
    expected = across / grid.beam_step + (grid.beams - 1) / 2
    assert np.abs(beam[rows, columns] - expected).max() < 0.1


def test_the_sector_is_a_fan_or_a_rectangle_inside_a_black_border(grid: BeamGrid) -> None:
    sector = ScanConverter(grid, SIZE).sector
    widths = sector.sum(axis=1)
    if grid.probe.convex:
        assert widths[60] < 0.9 * widths.max()
    else:
        assert set(widths) == {0, widths.max()}
    assert np.array_equal(sector, sector[:, ::-1])
    assert not sector[:, :2].any()
    assert not sector[-15:].any()


@pytest.mark.parametrize("size", [96, 128, 256, 320, 512])
def test_the_mark_lies_in_the_corner_outside_the_sector(grid: BeamGrid, size: int) -> None:
    rows, columns, pixels = synthetic_mark(size)
    assert pixels.shape == (rows.stop - rows.start, columns.stop - columns.start)
    assert rows.start > 0.9 * size
    assert columns.stop < 0.5 * size
    assert not ScanConverter(grid, size).sector[rows, columns].any()
